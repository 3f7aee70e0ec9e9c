"""Redis, Valkey, KeyDB and Dragonfly: the data set, what a snapshot copies while clients write, and the buffers beside both.

A snapshot (RDB save, AOF rewrite, full synchronisation of a replica) forks: every page that is written before it ends exists twice.
"""

import math
import re
from collections.abc import Iterator

from memlint import quantity
from memlint.api import (
    GIB,
    MIB,
    Amount,
    Confidence,
    Fix,
    Known,
    Note,
    Origin,
    Part,
    Program,
    Reading,
    Safety,
    Severity,
    Surroundings,
    Text,
    Unknown,
    Word,
    Words,
    human,
)
from memlint.patterns import pattern
from memlint.records import NamedTuple
from memlint.runtimes.common import Version, has_image, inside, references, rewrite, text_of, variable, version_of
from memlint.runtimes.common import split as name_and_tag
from memlint.runtimes.conf import redis_conf, redis_words
from memlint.runtimes.settings import Setting, Store, arguments, gnu, part, split

_SERVERS = ("redis-server", "valkey-server", "keydb-server")
_SENTINELS = ("redis-sentinel", "valkey-sentinel")
_IMAGES = frozenset(("redis", "valkey", "keydb", "redis-stack", "redis-stack-server", "redis-cluster", "valkey-cluster"))
# Variables whose words the image's own script puts behind the program. Sources: docker-library/valkey docker-entrypoint.sh,
# bitnami/containers redis run.sh, redis-stack entrypoint.sh.
_EXTRA = {"VALKEY_EXTRA_FLAGS": ("valkey",), "REDIS_EXTRA_FLAGS": ("bitnami",), "REDIS_ARGS": ("redis-stack",)}
_OFFICIAL_TAG = pattern(r"^(?:\d+(?:\.\d+)*(?:-.*)?|latest|alpine|bookworm|trixie|bullseye|unstable|)$", re.ASCII)

_SERVER = 4 * MIB
_FRAGMENTATION = 0.035  # resident less data, over data, with values of one size
_MIXED = 0.35
_BACKLOG = {"valkey": 10 * MIB}
_BASIS_DATA = (
    "resident = 1.035 x maxmemory + 4 MiB after filling with values of one size (11 runs of Redis 7.0.15 under a memory cgroup, 2026-11; "
    "1.02-1.05), up to 1.35 x with mixed sizes"
)
_BASIS_SNAPSHOT = (
    "pages written while the child saves exist twice: nothing when idle (measured 1.00 x), all of them under steady random writes "
    "(measured 1.96 x); half is assumed where the write rate is not known (Redis 7.0.15, 2026-11)"
)
_BASIS_BUFFERS = (
    "replication backlog 1 MiB (Valkey 10 MiB) and 256 MiB of output a replica, outside maxmemory (redis evict.c "
    "freeMemoryGetNotCountedMemory, config.c:149-153); 16 MiB for clients"
)


class _Forks(NamedTuple):
    """Whether a snapshot is ever taken: `why` names what takes it; None: it cannot be known."""

    sure: bool | None
    why: str
    origin: Origin | None = None


class Model:
    name = "redis"

    def read(self, program: Program, around: Surroundings) -> Reading | None:
        if program.name == "dragonfly" or has_image(around, ("dragonfly",)):
            return _dragonfly(program, around)
        if program.name in _SENTINELS:
            return _sentinel(program, around)
        words = arguments(program, around, _SERVERS, _IMAGES)
        if words is None:
            return None
        if any(text_of(word) in ("--sentinel", "--version", "-v", "--help", "-h") for word in words):
            return _sentinel(program, around)
        return _server(program, around, words)


def _server(program: Program, around: Surroundings, words: Words) -> Reading:
    flavour = _flavour(program, around)
    store = Store({"valkey": "Valkey", "keydb": "KeyDB"}.get(flavour, "Redis"), program, around)
    known = version_of(program, around, _IMAGES, ("REDIS_VERSION", "VALKEY_VERSION"))
    saves = _settings(store, words, known, flavour)

    maxmemory = store.amount("maxmemory", quantity.redis, _redis_size)
    if isinstance(maxmemory, Known):
        if maxmemory.value == 0:
            maxmemory = None
        elif maxmemory.value < MIB:
            store.observe(
                "bytes-without-unit",
                f"maxmemory {maxmemory.value} is {maxmemory.value} bytes: {store.name} refuses every write; write {maxmemory.value}mb",
                maxmemory.origin.span,
                fix=_lower(store, f"{maxmemory.value}mb"),
            )
    forks = _forks(store, saves)
    parts = _parts(store, maxmemory, forks, flavour)
    _judge(store, maxmemory, forks)
    confidence = Confidence.HIGH if maxmemory is not None and forks.sure is not None else Confidence.MEDIUM
    if isinstance(maxmemory, Unknown) or store.rest is not None:
        confidence = Confidence.LOW
    options: dict[str, Text | Amount] = {
        "maxmemory": maxmemory,
        **{name: store.text(name) for name in ("maxmemory-policy", "save", "appendonly", "oom-score-adj", "replicaof")},
    }
    best = int(store.limit.value * _share(forks)) // MIB if store.limit is not None and isinstance(maxmemory, Known) else 0
    heap = _lower(store, f"{best}mb") if isinstance(maxmemory, Known) and 0 < best * MIB < maxmemory.value else None
    return store.reading("redis", parts, confidence, known.text if known else None, options, heap)


def _flavour(program: Program, around: Surroundings) -> str:
    told = " ".join((program.name, *references(around)))
    return next((name for name in ("valkey", "keydb") if name in told), "redis")


def _settings(store: Store, words: Words, known: Version | None, flavour: str) -> Setting | None:
    """Collect what is set, in the order in which the server reads it, and return the save points: the defaults are None."""
    program, around = store.program, store.around
    lines: list[tuple[str, Setting]] = []
    told = " ".join(references(around))
    if "bitnami" in told and not _named(program):
        lines += _bitnami(store, "VALKEY" if flavour == "valkey" else "REDIS")
    elif not _named(program) and not _official(around):
        store.rest = Unknown("the image's own script starts the server")

    first = words[0] if words else None
    if first is not None and not (isinstance(first, Known) and first.value.startswith("-")):
        words = words[1:]
        if isinstance(first, Known):
            lines += _file(store, first.value)
        else:
            store.rest = first
    for name, images in _EXTRA.items():
        value = variable(program, name)
        if value is not None and any(image in told for image in images):
            words += split(value) if isinstance(value, Known) else (value,)
    lines += _options(store, words)

    # Before 6.2 any argument drops the default save points (redis #7092).
    saves: Setting | None = None
    if known is not None and flavour == "redis" and not known.at_least(6, 2) and (first is not None or words):
        saves = Known("", first.origin if isinstance(first, Known) else Origin(store.at, "arguments before Redis 6.2"))
    for name, value in lines:
        if name == "save":
            more = isinstance(value, Known) and isinstance(saves, Known) and value.value and saves.value
            saves = (
                Known(f"{saves.value} {value.value}", value.origin)
                if more and isinstance(saves, Known) and isinstance(value, Known)
                else value
            )
        else:
            store.values["replicaof" if name == "slaveof" else name] = value
    if saves is not None:
        store.values["save"] = saves
    return saves if saves is not None else store.rest


def _named(program: Program) -> bool:
    """Say whether a file writes the server's own name: then its arguments are all that it gets."""
    return any(isinstance(word, Known) and word.value.rsplit("/", 1)[-1] in _SERVERS for word in program.words[:4])


def _official(around: Surroundings) -> bool:
    """Say whether the image is, by its tag, the official one or a mirror of it, whose script adds nothing to the arguments."""
    named = (name_and_tag(reference) for reference in references(around))
    return any(_OFFICIAL_TAG.match(tag) for name, tag in named if name in _IMAGES)


def _bitnami(store: Store, prefix: str) -> Iterator[tuple[str, Setting]]:
    """The settings that Bitnami's images bring: no save points, an append-only file. Source: bitnami/containers postunpack.sh, libredis.sh (2026)."""
    program, brought = store.program, Origin(store.at, "default of Bitnami's image")
    yield "save", Known("", brought)
    mounted = f"/opt/bitnami/{prefix.lower()}/mounted-etc"
    found = [_file(store, f"{mounted}/{name}") for name in ("redis.conf", "overrides.conf") if _readable(store, f"{mounted}/{name}")]
    if not found and store.hidden(f"{mounted}/overrides.conf"):
        store.rest = Unknown(f"{mounted} is mounted and its files are not known")
    yield "appendonly", variable(program, f"{prefix}_AOF_ENABLED") or Known("yes", brought)
    policy = variable(program, f"{prefix}_RDB_POLICY")
    if isinstance(policy, Unknown):
        yield "save", policy
    elif policy is not None and policy.value:
        yield "save", Known(policy.value.replace("#", " "), policy.origin)
    for lines in found:
        yield from lines


def _readable(store: Store, path: str) -> bool:
    return store.around.files is not None and store.around.files.text(path) is not None


def _file(store: Store, path: str, depth: int = 0) -> list[tuple[str, Setting]]:
    files = store.around.files
    text = files.text(path) if files is not None else None
    if files is None or text is None or not store.may_read(depth):
        store.rest = Unknown(f"{path} is not among the files that were read")
        return []
    found: list[tuple[str, Setting]] = []
    for line in redis_conf(text):
        if line.name == "include":
            found += _file(store, line.value, depth + 1)
        else:
            found.append((line.name, Known(line.value, Origin(files.span(path, line.start, line.end), f"{line.name} in {path}"))))
    return found


def _options(store: Store, words: Words) -> Iterator[tuple[str, Setting]]:
    """Read `--name value …` as the server does: a name takes the words up to the next `--`. Source: redis server.c main()."""
    position = 0
    while position < len(words):
        word = words[position]
        position += 1
        if not isinstance(word, Known):
            store.rest = word
            continue
        if not word.value.startswith("--"):
            continue
        own = redis_words(word.value[2:])
        values: list[Word] = []
        while position < len(words) and not _starts_option(words[position]):
            values.append(words[position])
            position += 1
        name = own[0].lower() if own else ""
        if len(own) > 1 and not values:
            blank = word.value.index(" ") + 1 if " " in word.value else 0
            yield name, Known(" ".join(own[1:]), inside(word, blank, len(word.value)).origin)
        elif len(values) == 1:
            yield name, values[0]
        elif values:
            unknown = next((value for value in values if isinstance(value, Unknown)), None)
            last = values[-1]
            yield (
                name,
                unknown if unknown is not None else Known(" ".join(text_of(value) or "" for value in values), last.origin or word.origin),
            )
        else:
            yield name, Known("", word.origin)


def _starts_option(word: Word) -> bool:
    return isinstance(word, Known) and word.value.startswith("--")


def _forks(store: Store, saves: Setting | None) -> _Forks:
    """Say what makes the server fork, by its own settings; a replica that connects makes it fork too, but is not seen here."""
    append = store.text("appendonly")
    rewrites = store.word("auto-aof-rewrite-percentage", "100") != "0"
    if isinstance(append, Known) and append.value.lower() == "yes" and rewrites:
        return _Forks(True, "appendonly yes rewrites its file", append.origin)
    if isinstance(saves, Known) and saves.value.strip():
        return _Forks(True, f"save {saves.value}", saves.origin)
    if saves is None:
        return _Forks(True, "the default save points (3600 1 300 100 60 10000) are on")
    if isinstance(saves, Unknown) or isinstance(append, Unknown):
        return _Forks(None, "whether snapshots are taken cannot be known")
    return _Forks(False, "no save points and no AOF rewrite")


def _parts(store: Store, maxmemory: Amount, forks: _Forks, flavour: str) -> list[Part]:
    facts = store.around.footprint.values.get("redis", {})
    spread = float(facts["fragmentation"]) - 1 if "fragmentation" in facts else None
    data: int | None = facts.get("data")
    origin = maxmemory.origin if isinstance(maxmemory, Known) else None
    basis = _BASIS_DATA
    if data is not None:
        size, bounded, origin, basis = (
            int(data),
            isinstance(maxmemory, Known),
            store.around.footprint.origin,
            "footprint of the configuration",
        )
    elif isinstance(maxmemory, Known):
        size, bounded = maxmemory.value, True
    else:
        size, bounded = 0, False
        basis = "no maxmemory: the data set grows as clients write" if maxmemory is None else f"maxmemory: {maxmemory.why}"
    low = size if data is None else size * (1 + (_FRAGMENTATION if spread is None else spread))
    expected = size * (1 + (_FRAGMENTATION if spread is None else spread))
    high = size * (1 + (_MIXED if spread is None else spread))

    share = _dirty_share(store)
    if share is not None:
        copied = (low * share, expected * share, high * share if bounded else None)
        told = f"dirty_share {share} of the configuration"
    elif forks.sure is False:
        copied, told = (0.0, 0.0, 0.0), f"{forks.why}: nothing forks"
    elif forks.sure:
        copied, told = (0.0, expected / 2, high if bounded else None), _BASIS_SNAPSHOT
    else:
        copied, told = (0.0, 0.0, high if bounded else None), f"{forks.why}; {_BASIS_SNAPSHOT}"
    snapshot_origin = store.around.footprint.origin if share is not None else forks.origin

    backlog, backlog_origin = store.bytes("repl-backlog-size", quantity.redis, _BACKLOG.get(flavour, MIB))
    replicas = _count(store.word("min-replicas-to-write", store.word("min-slaves-to-write", "0") or "0"))
    buffers = 16 * MIB + (backlog or 0) + replicas * 256 * MIB
    return [
        part("data set", low, expected, high if bounded else None, basis, origin),
        part("snapshot copy-on-write", *copied, told, snapshot_origin),
        part("buffers", 0, backlog or 0 if replicas else 0, buffers, _BASIS_BUFFERS, backlog_origin),
        part("server", MIB, _SERVER, 10 * MIB, "an empty server; the constant of the fit of the data set", None),
    ]


def _dirty_share(store: Store) -> float | None:
    """Return which share of its pages is written during a save, 0 … 1, where the configuration tells."""
    share = store.around.footprint.values.get("redis", {}).get("dirty_share")
    return min(max(float(share), 0.0), 1.0) if share is not None else None


def _count(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() and len(text) < 4 else 0


def _judge(store: Store, maxmemory: Amount, forks: _Forks) -> None:
    """Note what stands between the settings and the limit."""
    limit = store.limit
    if maxmemory is None and store.text("replicaof") is None and not isinstance(store.around.limit, Unknown):
        _no_maxmemory(store, forks, limit)
    if limit is None or not isinstance(maxmemory, Known) or maxmemory.value < MIB:
        return
    resident = int(maxmemory.value * (1 + _FRAGMENTATION)) + _SERVER
    room = max(int(limit.value * _share(forks)) // MIB, 1)
    best = f"{room}mb"
    if resident >= limit.value:
        store.observe(
            "cache-larger-than-limit",
            f"maxmemory {_written(store)}, {human(resident)} when resident, is not below the limit {human(limit.value)}: the kernel kills "
            f"{store.name} before it evicts or refuses anything; set maxmemory to {best}",
            maxmemory.origin.span,
            notes=store.limit_note(),
            fix=_lower(store, best) if int(room * MIB * (1 + _FRAGMENTATION)) + _SERVER < limit.value else None,
        )
    elif forks.sure:
        _headroom(store, maxmemory, forks, limit, resident, best)
    elif maxmemory.value * 10 > limit.value * 9:
        store.observe(
            "cache-larger-than-limit",
            f"maxmemory {_written(store)} leaves {human(limit.value - maxmemory.value)} of the limit {human(limit.value)} for fragmentation: "
            f"{store.name} holds {human(resident)} when values are of one size and up to {human(int(maxmemory.value * (1 + _MIXED)))} when they "
            f"are mixed; set maxmemory to {best}",
            maxmemory.origin.span,
            notes=store.limit_note(),
            severity=Severity.WARNING,
            fix=_lower(store, best),
        )


def _share(forks: _Forks) -> float:
    """Return which share of a limit the data set may take: resident 1.1 x, twice where snapshots are taken; 0.75 otherwise (runtimes.md 8)."""
    return 0.45 if forks.sure else 0.75


def _written(store: Store) -> str:
    return text_of(store.text("maxmemory")) or ""


def _no_maxmemory(store: Store, forks: _Forks, limit: Known[int] | None) -> None:
    zero = store.values.get("maxmemory")
    at = zero.origin.span if isinstance(zero, Known) else None
    if limit is None:
        store.observe(
            "no-maxmemory",
            f"{store.name} has neither maxmemory nor a memory limit: its data set may grow until the host has no memory left; set both",
            at,
            severity=Severity.INFO,
        )
        return
    reason = f"; {forks.why}, and a snapshot may need as much again" if forks.sure else ""
    best = max(int(limit.value * _share(forks)) // MIB, 1)
    store.observe(
        "no-maxmemory",
        f"{store.name} has no maxmemory: its data set grows until the kernel kills it at the limit {human(limit.value)}, and nothing is ever "
        f"evicted{reason}; set maxmemory to {best}mb, and a maxmemory-policy",
        at,
        notes=store.limit_note(),
    )


def _headroom(store: Store, maxmemory: Known[int], forks: _Forks, limit: Known[int], resident: int, best: str) -> None:
    """Compare the limit with what a snapshot may need: resident x 1 (idle) … x 2 (every page rewritten before the child has saved it)."""
    share = _dirty_share(store)
    head = max(limit.value - resident, 0)
    if share is not None:
        need = int(resident * (1 + share))
        if need <= limit.value:
            return
        severity = Severity.ERROR
        told = f"{human(need)} with the known {round(share * 100)} % of its pages written"
    elif limit.value < resident * 2:
        severity = (
            Severity.ERROR if limit.value * 4 < resident * 5 else Severity.WARNING if limit.value * 2 < resident * 3 else Severity.INFO
        )
        told = f"{human(resident)} when idle, {human(resident * 3 // 2)} with half of its pages written, {human(resident * 2)} with all"
    else:
        return
    protected = store.word("oom-score-adj", "no") not in ("no", None)
    victim = "takes the saving child and the snapshot fails" if protected else "kills the server (not the saving child)"
    if protected and severity is Severity.ERROR:
        severity = Severity.WARNING
    # About 1.2 fresh pages of 4 KiB a write of 1 KB, of which ever more were copied before (Redis 7.0.15, 14 saves under limits).
    writes = int(-resident / (1.2 * 4096) * math.log(1 - head / resident))
    writes = round(writes, 2 - len(str(writes)))
    advice = "" if protected else "; --oom-score-adj yes lets the saving child die in its place"
    notes = [Note(forks.origin.span, "snapshots are switched on here")] if forks.origin else []
    notes.append(Note(maxmemory.origin.span, f"without snapshots (save '' and no appendonly) no such room is needed{advice}"))
    store.observe(
        "snapshot-headroom",
        f"a snapshot ({forks.why}) makes {store.name} need {told}, but the limit {human(limit.value)} leaves {human(head)}: after about "
        f"{writes:,} writes to different keys the kernel {victim}; set maxmemory to {best} or the limit to {human(_round_up(resident * 2))}",
        maxmemory.origin.span,
        notes=(*notes, *store.limit_note()),
        severity=severity,
        fix=_lower(store, best),
    )


def _round_up(amount: int) -> int:
    step = 64 * MIB if amount < GIB else 256 * MIB
    return -(-amount // step) * step


def _lower(store: Store, size: str) -> Fix | None:
    value = store.text("maxmemory")
    return rewrite(value, size, f"set maxmemory to {size}", Safety.UNSAFE) if isinstance(value, Known) else None


def _redis_size(text: str) -> str | None:
    """Return what was meant by a size that Redis refuses: `512MiB` and `512Mi` are `512mb`."""
    match = re.fullmatch(r"\s*(\d+)\s*([kKmMgG])i?[bB]?\s*", text)
    return f"{match[1]}{match[2].lower()}b" if match else None


def _sentinel(program: Program, around: Surroundings) -> Reading:
    """A sentinel keeps no data."""
    store = Store("Redis Sentinel", program, around)
    return store.reading("redis", [part("server", MIB, _SERVER, 32 * MIB, "an empty server of Redis 7.0.15; a sentinel keeps no data set")])


def _dragonfly(program: Program, around: Surroundings) -> Reading | None:
    """Dragonfly sizes itself to 0.8 of what the cgroup allows and snapshots without fork. Source: dfly_main.cc:557-640, 1172 (2026-08)."""
    words = arguments(program, around, ("dragonfly",), ("dragonfly",))
    if words is None:
        return None
    store = Store("Dragonfly", program, around)
    store.values, store.rest = gnu(words, {})
    maxmemory = store.amount("maxmemory", _absl_size)
    limit = store.limit
    size, origin = None, None
    if isinstance(maxmemory, Known) and maxmemory.value:
        size, origin = maxmemory.value, maxmemory.origin
        if limit is not None and size >= limit.value:
            best = f"{limit.value * 8 // 10 // MIB}mb"
            value = store.text("maxmemory")
            store.observe(
                "cache-larger-than-limit",
                f"maxmemory {human(size)} is not below the limit {human(limit.value)}: the kernel kills Dragonfly before it evicts or refuses "
                f"anything; leave it out (80 % of the limit) or set {best}",
                origin.span,
                notes=store.limit_note(),
                fix=rewrite(value, best, f"set maxmemory to {best}", Safety.UNSAFE) if isinstance(value, Known) else None,
            )
    elif not isinstance(maxmemory, Unknown) and limit is not None:
        size, origin = limit.value * 8 // 10, limit.origin
    parts = [
        part("data set", size or 0, (size or 0) * 1.05, (size or 0) * 1.2 if size else None, "maxmemory, by default 0.8 of the cgroup's limit (dfly_main.cc:1172)", origin),
        part("server", 10 * MIB, 40 * MIB, 100 * MIB, "not measured; threads and their buffers"),
    ]  # fmt: skip
    return store.reading("dragonfly", parts, Confidence.MEDIUM if size else Confidence.LOW)


def _absl_size(text: str) -> int:
    """Return the bytes of Dragonfly's memory flags: a decimal number with an optional unit, 1024-based."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", text.strip().lower())
    if match is None or len(text) > 40:
        raise quantity.QuantityError(f"'{text[:40]}' is no size")
    return quantity.configured(f"{match[1]}{match[2].upper()}{'iB' if match[2] else ''}")
