"""Stores that run on a JVM: what they want or take beside it. The JVM's own bill comes from its model."""

import re

from memlint import quantity
from memlint.api import (
    GIB,
    MIB,
    Amount,
    Confidence,
    Fix,
    Known,
    Origin,
    Part,
    Program,
    Reading,
    Safety,
    Severity,
    Surroundings,
    Unknown,
    Word,
    human,
)
from memlint.quantity import QuantityError
from memlint.runtimes.common import base_name, has_image, read_text, rewrite, text_of, variable
from memlint.runtimes.conf import rabbitmq_conf, yaml_values
from memlint.runtimes.jvm import Model as Jvm
from memlint.runtimes.settings import Setting, Store, part, split

_LUCENE = {
    "elasticsearch": ("Elasticsearch", "ES_JAVA_OPTS"),
    "eswrapper": ("Elasticsearch", "ES_JAVA_OPTS"),
    "opensearch": ("OpenSearch", "OPENSEARCH_JAVA_OPTS"),
    "solr": ("Solr", "SOLR_JAVA_MEM"),
    "solr-foreground": ("Solr", "SOLR_JAVA_MEM"),
    "kafka": ("Kafka", "KAFKA_HEAP_OPTS"),
    "cp-kafka": ("Kafka", "KAFKA_HEAP_OPTS"),
    "kafka-server-start.sh": ("Kafka", "KAFKA_HEAP_OPTS"),
}
_IMAGES = ("elasticsearch", "opensearch", "solr", "kafka", "cp-kafka", "cassandra", "neo4j", "flink")
_OOPS = 31 * GIB


class Model:
    name = "jvm_stores"

    def __init__(self) -> None:
        self._jvm = Jvm()

    def read(self, program: Program, around: Surroundings) -> Reading | None:
        names = [base_name(word) for word in program.words[:4]]
        images = [name for name in _IMAGES if has_image(around, (name,))]
        told = next((name for name in names if name in _LUCENE or name in ("cassandra", "neo4j")), None)
        kind = told or (images[0] if images else None)
        if kind == "neo4j":
            return self._neo4j(program, around)
        if kind == "flink" or any(name in ("jobmanager", "taskmanager", "standalone-job") for name in names):
            return _flink(program, around, names)
        reading = self._jvm.read(program, around)
        if reading is None or kind is None:
            return reading
        if kind in _LUCENE:
            return _lucene(reading, program, around, *_LUCENE[kind])
        return _cassandra(reading, program, around)

    def _neo4j(self, program: Program, around: Surroundings) -> Reading | None:
        """Neo4j's launcher turns its own settings into -Xms and -Xmx. Source: neo4j docker-entrypoint.sh:560."""
        store = Store("Neo4j", program, around)
        for path in ("/conf/neo4j.conf", "/var/lib/neo4j/conf/neo4j.conf"):
            if read_text(around, path) is not None:
                store.config(path, rabbitmq_conf)  # the same grammar
        for name in list(store.values):
            store.values[name.replace("dbms.memory.", "server.memory.")] = store.values.pop(name)
        for key in ("heap.max_size", "heap.initial_size", "pagecache.size"):
            for prefix in ("dbms", "server"):
                value = variable(program, f"NEO4J_{prefix}_memory_{key.replace('_', '__').replace('.', '_')}")
                if value is not None:
                    store.values[f"server.memory.{key}"] = value
        words: list[Word] = [Known("java", Origin(store.at, "Neo4j's launcher"))]
        for flag, key in (("-Xms", "server.memory.heap.initial_size"), ("-Xmx", "server.memory.heap.max_size")):
            told = store.values.get(key)
            if isinstance(told, Known):
                words.append(Known(flag + told.value, told.origin))
            elif told is not None:
                words.append(told)
        words.append(Known("org.neo4j.server.CommunityEntryPoint", Origin(store.at, "Neo4j's launcher")))
        reading = self._jvm.read(Program(tuple(words), program.env, program.copies), around)
        if reading is None:
            return None
        cache = store.amount("server.memory.pagecache.size", _neo4j_size)
        heap = _heap(reading)
        size, origin = _page_cache(store, cache, heap)
        limit = store.limit
        text = store.values.get("server.memory.pagecache.size")
        if limit is not None and isinstance(text, Known) and size is not None and heap is not None and size + _size(heap) >= limit.value:
            best = f"{max((limit.value - _size(heap) - 350 * MIB) * 3 // 4 // MIB, 8)}m"
            store.observe(
                "cache-larger-than-limit",
                f"heap {human(_size(heap))} and page cache {human(size)} of Neo4j add up to {human(_size(heap) + size)} of the limit "
                f"{human(limit.value)}, and 350 MiB of metaspace, threads and transactions come on top; set the page cache to {best}",
                text.origin.span,
                notes=store.limit_note(),
                fix=rewrite(text, best, f"set the page cache to {best}", Safety.UNSAFE),
            )
        basis = "server.memory.pagecache.size, off the heap and filled as the store is read; by default half of what the heap leaves (neo4j.conf)"
        extra = part("page cache", 0, size or 0, size, basis, origin)
        # What the JVM would do without flags is not what Neo4j's launcher and its own configuration make of it.
        seen = tuple(seen for seen in reading.observations if seen.topic not in ("default-heap", "survives-oom-error"))
        return _with(reading._replace(observations=seen), program, store, (extra,))


def _heap(reading: Reading) -> Part | None:
    parts = reading.budget.parts if reading.budget is not None else ()
    return next((part for part in parts if part.name == "heap"), None)


def _size(heap: Part | None) -> int:
    """Return what a heap may grow to."""
    return 0 if heap is None else heap.high if heap.high is not None else heap.expected


def _with(reading: Reading, program: Program, store: Store, extra: tuple[Part, ...] = ()) -> Reading:
    budget = reading.budget
    if budget is not None and extra:
        budget = budget._replace(parts=budget.parts[:1] + extra + budget.parts[1:])
    return reading._replace(program=program, budget=budget, observations=(*reading.observations, *store.observations))


def _lucene(reading: Reading, program: Program, around: Surroundings, name: str, variable_name: str) -> Reading:
    store = Store(name, program, around)
    heap, limit = _heap(reading), store.limit
    size = _size(heap)
    # Half is the rule of thumb; a little above it is no fault that anyone would notice.
    if heap is not None and limit is not None and limit.value * 6 < size * 10 < limit.value * 10:
        half = f"{limit.value // 2 // MIB}m"
        store.observe(
            "no-room-for-page-cache",
            f"{name} reads its {'log' if name == 'Kafka' else 'index'} through the page cache, and a heap of {human(size)} leaves {human(limit.value - size)} of {human(limit.value)} for "
            f"that and for the rest of the JVM: set the heap to half, -Xms{half} -Xmx{half}",
            heap.origin.span if heap.origin is not None else None,
            notes=store.limit_note(),
            severity=Severity.INFO if name == "Kafka" else Severity.WARNING,  # consumers at the head of a log need little of it
        )
    if name in ("Elasticsearch", "OpenSearch"):
        _bounds(store, variable_name)
    return _with(reading, program, store)


def _bounds(store: Store, name: str) -> None:
    """Note a heap that Elasticsearch or OpenSearch will not start with, or does not run well with."""
    value = variable(store.program, name)
    if not isinstance(value, Known):
        return
    flags: dict[str, Known[str]] = {}
    for word in split(value):
        match = re.match(r"-Xm[sx]", word.value) if isinstance(word, Known) else None
        if match and isinstance(word, Known):
            flags[match[0]] = word
    most, least = flags.get("-Xmx"), flags.get("-Xms")
    size, start = _jvm_size(most), _jvm_size(least)
    if most is None or size is None:
        return
    if start != size and (least is None or start is not None):
        single = any(text_of(variable(store.program, key)) == "single-node" for key in ("discovery.type", "ES_SETTING_DISCOVERY_TYPE"))
        has = f"-Xms is {least.value[4:]}" if least is not None else "-Xms is not set"
        store.observe(
            "search-heap-misfit",
            f"{store.name} wants a heap of one size, but {has} and -Xmx is {most.value[4:]}: "
            + ("the heap is resized while it serves" if single else "its bootstrap checks refuse to start in production")
            + f"; set -Xms{most.value[4:]}",
            (least or most).origin.span,
            severity=Severity.INFO if single else Severity.WARNING,
            fix=rewrite(least, f"-Xms{most.value[4:]}", f"set -Xms{most.value[4:]}", Safety.UNSAFE) if least is not None else None,
        )
    if size > _OOPS:
        store.observe(
            "search-heap-misfit",
            f"a heap of {human(size)} is above the 31 GiB up to which object pointers are compressed: it holds no more than one of 31 GiB; set "
            f"{'-Xms31g ' if least is not None else ''}-Xmx31g and leave the rest to the page cache",
            most.origin.span,
            severity=Severity.WARNING,
            fix=_largest(least, most),
        )


def _largest(least: Known[str] | None, most: Known[str]) -> Fix | None:
    """Return the fix that sets the heap to 31 GiB, first and largest size alike: a JVM with a larger -Xms would not start."""
    high = rewrite(most, "-Xmx31g", "set -Xmx31g", Safety.UNSAFE)
    if least is None or high is None:
        return high
    low = rewrite(least, "-Xms31g", "", Safety.UNSAFE)
    return None if low is None else Fix("set -Xms31g -Xmx31g", Safety.UNSAFE, (*low.edits, *high.edits))


def _jvm_size(flag: Known[str] | None) -> int | None:
    try:
        return quantity.jvm(flag.value[4:]) if flag is not None else None
    except QuantityError:
        return None


def _cassandra(reading: Reading, program: Program, around: Surroundings) -> Reading:
    """Cassandra reckons its heap from `free -m`, the host's memory: max(min(half, 1 GiB), min(a quarter, 8 GiB)). Source: cassandra-env.sh."""
    store = Store("Cassandra", program, around)
    limit = store.limit
    told = [variable(program, name) for name in ("MAX_HEAP_SIZE", "JVM_OPTS", "JVM_EXTRA_OPTS", "CASSANDRA_HEAP_SIZE")]
    words = (*told, *program.words)
    set_somewhere = told[0] is not None or any(
        isinstance(value, Unknown) or "-Xmx" in (text_of(value) or "") for value in words if value is not None
    )
    host = around.host_memory
    most = 8 * GIB if host is None else max(min(host // 2, GIB), min(host // 4, 8 * GIB))
    if limit is None or set_somewhere or store.hidden("/etc/cassandra/cassandra-env.sh", "/etc/cassandra/jvm-server.options"):
        return _with(reading, program, store)
    if most + 512 * MIB > limit.value:
        heap = human(most) + ("" if host else " on a host of 32 GiB and more")
        best = max(limit.value // 2 // MIB, 256)
        store.observe(
            "not-container-aware",
            f"Cassandra reckons its heap from the host's memory, not from the limit {human(limit.value)}: {heap}; set MAX_HEAP_SIZE={best}M and "
            f"HEAP_NEWSIZE={best // 4}M",
            notes=store.limit_note(),
            severity=Severity.WARNING,
        )
    return _with(reading, program, store)


def _neo4j_size(text: str) -> int:
    """Return the bytes of a Neo4j size: 1024-based `k`, `m`, `g`, `t`, with or without `b` or `ib`."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?", text.strip().lower())
    if match is None or len(text) > 40:
        raise QuantityError(f"'{text[:40]}' is no size")
    return quantity.configured(f"{match[1]}{match[2].upper()}{'iB' if match[2] else ''}")


def _page_cache(store: Store, cache: Amount, heap: Part | None) -> tuple[int | None, Origin | None]:
    if isinstance(cache, Known):
        return cache.value, cache.origin
    limit = store.limit
    if cache is None and limit is not None and heap is not None:
        return max(limit.value - _size(heap), 0) // 2, limit.origin
    return None, None


_PROCESS = "{role}.memory.process.size"
_FLINK = "{role}.memory.flink.size"


def _flink(program: Program, around: Surroundings, names: list[str]) -> Reading | None:
    """Flink's JVM flags are reckoned from one total: the process size, in which heap, managed memory, metaspace and overhead lie."""
    role = "taskmanager" if "taskmanager" in names else "jobmanager" if {"jobmanager", "standalone-job"} & set(names) else None
    if role is None:
        return None
    store = Store("Flink", program, around)
    for path in ("/opt/flink/conf/flink-conf.yaml", "/opt/flink/conf/config.yaml"):
        if read_text(around, path) is not None:
            store.config(path, yaml_values)
        elif store.hidden(path):
            store.rest = Unknown("Flink's configuration is mounted and not among the files that were read")
    properties = variable(program, "FLINK_PROPERTIES")
    if isinstance(properties, Known):
        store.values.update(_properties(properties))
    elif properties is not None:
        store.rest = properties
    total = store.amount(_PROCESS.format(role=role), quantity.flink)
    flink = store.amount(_FLINK.format(role=role), quantity.flink)
    size, origin = (total.value, total.origin) if isinstance(total, Known) else (None, None)
    if size is None and isinstance(flink, Known):
        size, origin = flink.value + 256 * MIB + min(max(flink.value // 10, 192 * MIB), GIB), flink.origin
    elif size is None and not isinstance(total, Unknown) and not isinstance(flink, Unknown):
        size = (1728 if role == "taskmanager" else 1600) * MIB
    limit = store.limit
    told = store.values.get(_PROCESS.format(role=role))
    if limit is not None and size is not None and size > limit.value:
        best = f"{limit.value // MIB}m"
        store.observe(
            "cache-larger-than-limit",
            f"Flink lays out {human(size)} for the {role} ({role}.memory.process.size{'' if origin else ', the default'}), the limit is "
            f"{human(limit.value)}: set it to {best}, which already holds metaspace and overhead",
            origin.span if origin else None,
            notes=store.limit_note(),
            fix=rewrite(told, best, f"set it to {best}", Safety.UNSAFE) if isinstance(told, Known) and origin is not None else None,
        )
    basis = f"{role}.memory.process.size holds everything by its own reckoning, a tenth of it kept as overhead (Flink documentation; 1728m and 1600m by default)"
    parts = [part("Flink process", (size or 0) * 0.4, (size or 0) * 0.9, size * 1.05 if size is not None else None, basis, origin)]
    return store.reading("jvm", parts, Confidence.MEDIUM if size is not None else Confidence.LOW)


def _properties(value: Known[str]) -> dict[str, Setting]:
    """Read FLINK_PROPERTIES: `key: value` a line."""
    found: dict[str, Setting] = {}
    for line in value.value.split("\n"):
        key, colon, text = line.partition(":")
        if colon and text.strip():
            found[key.strip()] = Known(text.strip(), Origin(value.origin.span, f"{key.strip()} in FLINK_PROPERTIES", (value.origin,)))
    return found
