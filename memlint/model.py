"""The neutral model: what memlint knows of workloads, containers and their memory, and where each value was written.

Frozen values, no formats, no files. Amounts are integers of bytes. Three states are kept apart everywhere:
`Known(value, origin)`, `Unknown(why, origin)` (set, but it cannot be known before the deploy) and `None` (not set).
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar

from memlint.quantity import MIB, human
from memlint.records import NamedTuple

T_co = TypeVar("T_co", covariant=True)


class Span(NamedTuple):
    """A place in a file. Lines and columns count from 1; `start` and `end` are character offsets from 0; ends are exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    start: int
    end: int

    @property
    def begin(self) -> tuple[str, int, int]:
        """Path, line and column: the same for all that several overlays render from one place of a file."""
        return self.path, self.line, self.column


class Origin(NamedTuple):
    """How a value came to be (`how`: "mem_limit", "ENV JAVA_OPTS", "LimitRange default") and through which other places."""

    span: Span
    how: str
    via: tuple["Origin", ...] = ()


class Known(NamedTuple, Generic[T_co]):
    value: T_co
    origin: Origin


class Unknown(NamedTuple):
    """A value that is set but cannot be known: `why` says what decides it."""

    why: str
    origin: Origin | None = None
    optional: bool = False  # it may as well not be set: a name that is handed on from a shell


Amount: TypeAlias = Known[int] | Unknown | None  # bytes
Word: TypeAlias = Known[str] | Unknown
Text: TypeAlias = Known[str] | Unknown | None
Words: TypeAlias = tuple[Word, ...]
Environment: TypeAlias = Mapping[str, Text]  # None: the name is declared without a value


class Footprint(NamedTuple):
    """What the user measured or knows of an application, from the configuration. Amounts are bytes; keys as in product.md."""

    values: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
    origin: Origin | None = None

    def number(self, runtime: str, key: str) -> int | None:
        value = self.values.get(runtime, {}).get(key)
        return int(value) if value is not None else None


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Confidence(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Verb(StrEnum):
    """What a run was asked for."""

    CHECK = "check"
    BUDGET = "budget"
    SHOW = "show"
    FORECAST = "forecast"


class Safety(StrEnum):
    SAFE = "safe"
    UNSAFE = "unsafe"


class Edit(NamedTuple):
    """Replace the characters `start`..`end` (offsets in the decoded text) of `path` by `text`.

    `old`: what must stand there now, from one who knows the words but not the file; the edit is dropped where it does not.
    """

    path: str
    start: int
    end: int
    text: str
    old: str | None = None


class Fix(NamedTuple):
    title: str
    safety: Safety
    edits: tuple[Edit, ...]


class Note(NamedTuple):
    """A further place that makes a finding true."""

    at: Span
    text: str


class Finding(NamedTuple):
    """One fault. Code and severity belong to the rule; `severity` is set only where a rule knows two (E/W)."""

    message: str
    at: Span
    notes: tuple[Note, ...] = ()
    confidence: Confidence = Confidence.HIGH
    fix: Fix | None = None
    severity: Severity | None = None


class Observation(NamedTuple):
    """Something that a reader, a join or a memory model noticed while it worked, for the rule that owns `topic` to report.

    `topic` is the name of the rule ("invalid-quantity", "heap-flag-ineffective"); `message` carries the numbers.
    """

    topic: str
    message: str
    at: Span
    notes: tuple[Note, ...] = ()
    confidence: Confidence = Confidence.HIGH
    severity: Severity | None = None
    fix: Fix | None = None

    def finding(self) -> Finding:
        return Finding(self.message, self.at, self.notes, self.confidence, self.fix, self.severity)


class Part(NamedTuple):
    """One item of a bill, in bytes. `high` None: nothing bounds it. `basis` cites source and version; it is never empty."""

    name: str
    low: int
    expected: int
    high: int | None
    origin: Origin | None
    basis: str


class MemoryBudget(NamedTuple):
    """What a process will hold, item by item. `confidence` is that of `expected`."""

    runtime: str
    parts: tuple[Part, ...]
    confidence: Confidence = Confidence.HIGH
    condition: str = ""  # what the files do not tell and all of it hangs on: "a script of the image hands JAVA_OPTS to a JVM"

    @property
    def low(self) -> int:
        return sum(part.low for part in self.parts)

    @property
    def expected(self) -> int:
        return sum(part.expected for part in self.parts)

    @property
    def high(self) -> int | None:
        total = 0
        for part in self.parts:
            if part.high is None:
                return None
            total += part.high
        return total

    def notes(self) -> tuple[Note, ...]:
        """Return where the parts were set, through which other places, and how large they may get by that."""
        found = []
        for part in self.parts:
            if part.origin is not None and part.high != 0:
                found.append(
                    Note(part.origin.span, f"{part.name} of up to {human(part.high)} set here" if part.high else f"{part.name} set here")
                )
                found += [Note(step.span, f"{part.name} by {step.how}") for step in part.origin.via if step.span != part.origin.span]
        return tuple(found)

    @property
    def heap(self) -> int:
        """How large the heaps may grow together, in bytes."""
        return sum(part.high or 0 for part in self.parts if part.name == "heap")

    def bill(self, least: bool = False) -> str:
        """Return the parts that matter in one line, as expected or at least: "heap 512 MiB + metaspace 96 MiB + …"."""
        amounts = sorted(((part.low if least else part.expected, part.name) for part in self.parts), reverse=True)
        shown = [f"{name} {human(amount)}" for amount, name in amounts[:4] if amount]
        rest = sum(amount for amount, _ in amounts[4:])
        return " + ".join(shown + ([f"the rest {human(rest)}"] if rest else []))


class Verdict(StrEnum):
    """What the limit does to a bill (product.md "Verdicts")."""

    OVER = "over"
    LIKELY_OVER = "likely-over"
    MARGINAL = "marginal"
    TIGHT = "tight"
    FITS = "fits"
    UNLIMITED = "unlimited"
    UNKNOWN = "unknown"


def verdict(budget: MemoryBudget | None, limit: Amount) -> Verdict:
    """Judge a bill against a limit; within 5 % of it the same program ends now this way, now that way (lab.md 1).

    A heap that alone may grow to the limit is over it, whatever of it a given run touches: the rest of the process comes on top.
    """
    if limit is None:
        return Verdict.UNLIMITED
    if budget is None or isinstance(limit, Unknown):
        return Verdict.UNKNOWN
    if budget.low > limit.value or (budget.expected > limit.value and budget.heap >= limit.value):
        return Verdict.OVER
    if budget.expected * 20 > limit.value * 21:
        return Verdict.LIKELY_OVER
    if budget.expected * 20 >= limit.value * 19:
        return Verdict.MARGINAL
    if budget.high is None or budget.high > limit.value:
        return Verdict.TIGHT
    return Verdict.FITS


class Image(NamedTuple):
    """What is known of an image: its configuration, and what its base brings. From a Dockerfile stage, the configuration or the catalogue."""

    reference: str
    source: str  # "dockerfile" | "catalog" | "configuration"
    entrypoint: Words | None = None
    cmd: Words | None = None
    env: Environment = MappingProxyType({})
    user: Text = None
    workdir: Text = None
    shell: tuple[str, ...] = ("/bin/sh", "-c")
    stop_signal: Text = None
    healthcheck: Words | None = None
    bases: tuple[str, ...] = ()  # references of the FROM chain, nearest first
    runtime: str | None = None  # "jvm", "node", … where the base tells
    sh: str | None = None  # what /bin/sh is: "dash", "busybox", "bash"
    libc: str | None = None  # "glibc" | "musl"
    pid1: str | None = None  # how the image's own entrypoint runs the main process: "exec-script", "direct", "init", "shell" …
    main_process: str | None = None  # what runs in the end, by the catalogue
    origin: Origin | None = None
    dockerfile: str | None = None
    context: str | None = None  # folder that COPY copies from
    stage: "Stage | None" = None
    confidence: Confidence = Confidence.HIGH


class Program(NamedTuple):
    """One program that runs in a container after shells, wrappers and inits are unwrapped.

    `words` begins with the program itself; empty where only the image tells what runs (its own entrypoint script).
    `copies` is how many of it run side by side.
    """

    words: Words
    env: Environment
    copies: int = 1

    @property
    def name(self) -> str:
        """The base name of the program, "" where it cannot be known."""
        if not self.words or isinstance(self.words[0], Unknown):
            return ""
        return self.words[0].value.rsplit("/", 1)[-1]

    def argv(self) -> tuple[str | None, ...]:
        return tuple(word.value if isinstance(word, Known) else None for word in self.words)


class Reading(NamedTuple):
    """What one memory model says of one program. `options` are the effective settings, for `show` and for rules.

    `mends`: edits that make the bill fit the limit: "heap" writes a constant, "percentage" a share of the limit.
    """

    runtime: str
    program: Program
    budget: MemoryBudget | None
    observations: tuple[Observation, ...] = ()
    version: str | None = None
    options: Mapping[str, Text | Amount] = MappingProxyType({})
    mends: Mapping[str, Fix] = MappingProxyType({})


class Init(NamedTuple):
    """PID 1 of a container. `kind`: "init" (tini …), "shell", "script", "package-manager", "direct", "supervisor", "pause"."""

    kind: str
    name: str
    origin: Origin | None
    forwards_signals: bool | None  # None: cannot be known
    reaps: bool | None
    why: str
    inner: "Init | None" = None  # a shell, script or package manager that stays between an init and the program
    program_at: Span | None = None  # where a shell text starts the program, if `exec` in front of it would hand over
    background: int = 0  # programs that a script leaves in the background
    waits_for_any: bool = False  # it notices when one of them ends


class Process(NamedTuple):
    """What runs in a container after the join. `words` is the full argv of PID 1, None where it cannot be known (`why`)."""

    words: Words | None
    why: str
    env: Environment
    image: Image | None
    programs: tuple[Program, ...]
    pid1: Init | None
    readings: tuple[Reading, ...]
    observations: tuple[Observation, ...] = ()
    leak: Known[int] | None = None  # bytes an hour, as the footprint tells
    at_limit: Callable[[int], MemoryBudget | None] | None = None  # the bill as it would be at another limit, in bytes

    @property
    def budget(self) -> MemoryBudget | None:
        """The sum of the bills of all programs; None where none has one."""
        budgets = [reading.budget for reading in self.readings if reading.budget is not None]
        if len(budgets) < 2:
            return budgets[0] if budgets else None
        order = list(Confidence)
        return MemoryBudget(
            "+".join(dict.fromkeys(budget.runtime for budget in budgets)),
            tuple(part for budget in budgets for part in budget.parts),
            min((budget.confidence for budget in budgets), key=order.index),
            " and ".join(dict.fromkeys(budget.condition for budget in budgets if budget.condition)),
        )

    @property
    def runtime(self) -> str | None:
        return "+".join(dict.fromkeys(reading.runtime for reading in self.readings)) or None


class Editor(Protocol):
    """Writes a neutral setting into the file that a container came from. None: this place cannot be edited safely."""

    def set(self, setting: str, text: str) -> tuple[Edit, ...] | None:
        """Return the edits that give `setting` ("limit", "request", "init", …) the value `text`."""

    def amount(self, size: int) -> str:
        """Return bytes as this file writes amounts: `768m` for Docker, `768Mi` for Kubernetes."""


class Probe(NamedTuple):
    kind: str  # "health", "liveness", "readiness", "startup"
    words: Words | None  # None: not an exec probe
    origin: Origin
    shell: bool = False
    disabled: bool = False


class Mount(NamedTuple):
    """A file system that a container sees. `memory`: it is a tmpfs, and what is written there is charged as memory."""

    target: str
    source: str | None
    memory: bool
    size: Amount
    origin: Origin
    kind: str = "volume"  # "volume" | "bind" | "tmpfs" | "emptyDir" | "configMap" | "secret" | "pvc" | "hostPath" …
    bound: Callable[[str], tuple[Edit, ...] | None] | None = (
        None  # the edits that give a file system in memory a size, as its file writes it
    )


class Container(NamedTuple):
    """A container as its file sets it, after defaulting. `at` is its name or first line; all amounts in bytes."""

    name: str
    at: Span
    role: str  # "main" | "init" | "sidecar" | "ephemeral"
    image: Text
    entrypoint: Words | None
    command: Words | None
    process: Process
    env: Environment
    limit: Amount = None
    request: Amount = None
    reservation: Amount = None
    swap: Amount = None  # Docker's total of memory and swap; -1 unlimited
    swappiness: Amount = None
    shm_size: Amount = None
    cpu_limit: Amount = None  # thousandths of a CPU
    cpu_request: Amount = None  # thousandths of a CPU
    oom_kill_disable: Known[bool] | Unknown | None = None
    oom_score_adj: Amount = None
    init: Known[bool] | Unknown | None = None
    mounts: tuple[Mount, ...] = ()
    probes: tuple[Probe, ...] = ()
    restart: Text = None
    stop_timeout: Amount = None  # seconds
    interactive: bool = False  # `docker run -it` or `--rm`: short-lived by intent
    resize_policy: Text = None  # Kubernetes: what an in-place change of memory does, "NotRequired" | "RestartContainer", where written
    confidence: Confidence = (
        Confidence.HIGH
    )  # LOW: guessed from a shape (a values file, an unknown kind), no errors then; MEDIUM: more may be set elsewhere
    observations: tuple[Observation, ...] = ()
    editor: Editor | None = None

    @property
    def verdict(self) -> Verdict:
        return verdict(self.process.budget, self.limit)

    @property
    def bounded(self) -> bool:
        """Whether something in the files decides how much the largest part of the bill may be."""
        budget = self.process.budget
        largest = max(budget.parts, key=lambda part: part.expected, default=None) if budget is not None else None
        return largest is not None and largest.origin is not None and largest.high is not None

    @property
    def fitting_limit(self) -> int | None:
        """The smallest limit in bytes, in steps of 64 MiB, at which the bill fits and is not marginal; None where none up to 16 times does."""
        budget = self.process.budget
        if budget is None:
            return None
        step = 64 * MIB
        least = -(-max(budget.low, budget.expected * 20 // 19 + 1) // step)
        if self._holds(least * step):
            now = self.process.at_limit(least * step) if self.process.at_limit is not None and isinstance(self.limit, Known) else None
            if now is None or now.expected >= budget.expected:
                return least * step
            # The bill shrinks with a larger limit where a heap that goes beyond its limit counts in full.
            return self._least_that_holds(now.expected // step, least, step)
        # The bill grows with the limit: a heap that is a share of it.
        size, most = least, 16 * least
        while not self._holds(size * step):
            if size > most:
                return None
            least, size = size, size + max(1, size // 4)
        return self._least_that_holds(least, size, step)

    def _least_that_holds(self, low: int, high: int, step: int) -> int:
        """Return, in bytes, the smallest number of steps at which the bill fits: more than `low`, at most `high`, where it does."""
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._holds(middle * step) else (middle, high)
        return high * step

    def _holds(self, size: int) -> bool:
        budget = self.process.at_limit(size) if self.process.at_limit is not None else self.process.budget
        return verdict(budget, Known(size, Origin(self.at, ""))) in (Verdict.TIGHT, Verdict.FITS)

    @property
    def recycled(self) -> Text | Amount:
        """The setting by which a server replaces its workers from time to time, so that what they leak is given back."""
        found = (reading.options.get("recycle") for reading in self.process.readings)
        return next((value for value in found if value is not None), None)

    @property
    def hours_to_kill(self) -> int | None:
        """How long the headroom lasts at the leak of the footprint, in whole hours; None without a leak or where workers are replaced."""
        budget, limit, leak = self.process.budget, self.limit, self.process.leak
        if budget is None or leak is None or leak.value <= 0 or not isinstance(limit, Known) or self.recycled is not None:
            return None
        headroom: int = max(0, limit.value - budget.expected)
        return headroom // leak.value

    def limit_edits(self, size: int) -> tuple[Edit, ...] | None:
        """Return the edits that raise the limit to `size` bytes, with what must stay in step: a swap limit, an equal request."""
        if self.editor is None:
            return None
        found = self.editor.set("limit", self.editor.amount(size))
        limit, swap, request = self.limit, self.swap, self.request
        if found is None:
            return None
        if isinstance(swap, Known) and 0 < swap.value < size:
            more = self.editor.set("swap", self.editor.amount(size))
        elif isinstance(limit, Known) and isinstance(request, Known) and limit.value == request.value and limit.origin != request.origin:
            more = self.editor.set("request", self.editor.amount(size))  # else a Guaranteed pod would no longer be one
        else:
            more = ()
        return None if more is None else (*found, *(edit for edit in more if edit not in found))

    def fitting_fix(self, mend: str = "") -> Fix | None:
        """Return the fix that makes the bill fit, by what the user wants changed: "limit", "heap" or "percentage"; "": what can be."""
        if mend in ("", "limit"):
            size = self.fitting_limit
            edits = self.limit_edits(size) if size is not None else None
            if size is not None and edits is not None:
                return Fix(f"raise the limit to {human(size)}", Safety.UNSAFE, edits)
        billed = [reading for reading in self.process.readings if reading.budget is not None]
        if len(billed) != 1:
            return None
        wanted = ("percentage", "heap") if mend == "percentage" else ("heap", "percentage")
        return next((fix for kind in wanted if (fix := billed[0].mends.get(kind)) is not None), None)

    @property
    def data_store(self) -> str | None:
        """The data store that runs here, by the name of the image or of the program; None for all else, exporters and consoles too."""
        reference = self.image.value if isinstance(self.image, Known) else ""
        image = reference.partition("@")[0].rsplit("/", 1)[-1].partition(":")[0].lower()
        return next(
            (DATA_STORES[name] for name in (image, *(program.name for program in self.process.programs)) if name in DATA_STORES), None
        )

    def topics(self) -> set[str]:
        """Return every topic that `observed` has something about, and which of the things are there that rules look at."""
        process = self.process
        seen = [*self.observations, *process.observations]
        for reading in process.readings:
            seen += reading.observations
        found = {observation.topic for observation in seen}
        found.update(f"runtime:{reading.runtime}" for reading in process.readings)
        pid1 = process.pid1
        while pid1 is not None:
            found.add(f"pid1:{pid1.kind}")
            pid1 = pid1.inner
        there = {
            f"verdict:{self.verdict}": True,
            "budget": process.budget is not None,
            "leak": process.leak is not None,
            "probe": self.probes,
            "program": process.programs,
            "words": process.words,
            "init": isinstance(self.init, Known),
        }
        found.update(name for name, there in there.items() if there)
        return found

    def observed(self, topic: str) -> list[Observation]:
        """Everything that was noticed about `topic` while this container was read, joined and billed."""
        found = [seen for seen in self.observations if seen.topic == topic]
        found += [seen for seen in self.process.observations if seen.topic == topic]
        for reading in self.process.readings:
            found += [seen for seen in reading.observations if seen.topic == topic]
        return found


class Workload(NamedTuple):
    """A compose service, a `docker run`, a pod or what makes pods. `at` is its name in the file."""

    name: str
    kind: str  # "compose" | "docker-run" | "docker-service" | "Pod" | "Deployment" | …
    at: Span
    containers: tuple[Container, ...]
    project: str | None = None
    namespace: str | None = None
    labels: Mapping[str, str] = MappingProxyType({})
    annotations: Mapping[str, str] = MappingProxyType({})
    replicas: Amount = None  # None: one
    profiles: tuple[str, ...] = ()
    qos: str | None = None  # Kubernetes only; None where it cannot be known
    qos_broken_by: tuple[tuple[str, str], ...] = ()  # (container, field) that keep the pod from being Guaranteed
    request: Amount = None
    limit: Amount = None
    priority: Amount = None
    priority_class: Text = None
    share_processes: bool = False  # shareProcessNamespace or hostPID
    restart: Text = None
    grace: Amount = None  # seconds before SIGKILL
    depends_on: tuple[str, ...] = ()
    partial: bool = False  # a patch or a fragment: what is absent here may stand elsewhere
    observations: tuple[Observation, ...] = ()

    @property
    def pod(self) -> bool:
        return self.kind not in DOCKER_KINDS and self.kind != IMAGE_KIND

    @property
    def pod_level(self) -> bool:
        """Whether `spec.resources` of the pod as a whole decides its request."""
        return isinstance(self.request, Known) and self.request.origin.how.startswith("spec.resources")

    @property
    def exceeds_request(self) -> bool:
        """Whether a main container may use more memory than it requests; False where that cannot be known."""
        if self.pod_level:
            return isinstance(self.request, Known) and (
                self.limit is None or (isinstance(self.limit, Known) and self.limit.value > self.request.value)
            )
        pairs = [(container.request, container.limit) for container in self.containers if container.role == "main"]
        known = [(request, limit) for request, limit in pairs if not isinstance(request, Unknown) and not isinstance(limit, Unknown)]
        return any(limit is None or request is None or limit.value > request.value for request, limit in known)

    def beside(self, other: "Workload") -> bool:
        """Whether two pods plausibly share nodes: one namespace, and one folder, or one below the other."""
        return _beside(self.namespace, self.at.path, other.namespace, other.at.path)

    @property
    def service(self) -> bool:
        """Whether it is meant to run until it is stopped."""
        return self.kind not in ("Job", "CronJob", "ScaledJob")

    def topics(self) -> set[str]:
        return {observation.topic for observation in self.observations}

    def observed(self, topic: str) -> list[Observation]:
        return [seen for seen in self.observations if seen.topic == topic]


# Names of images and programs -> the store: what is lost when it dies is data, or the cache that everything leans on.
DATA_STORES: Final = {
    "redis": "Redis", "redis-server": "Redis", "redis-stack-server": "Redis", "redis-cluster": "Redis", "valkey": "Valkey",
    "valkey-server": "Valkey", "keydb": "KeyDB", "keydb-server": "KeyDB", "dragonfly": "Dragonfly", "memcached": "memcached",
    "postgres": "PostgreSQL", "postgresql": "PostgreSQL", "postgresql-repmgr": "PostgreSQL", "postgis": "PostgreSQL", "timescaledb": "PostgreSQL",
    "timescaledb-ha": "PostgreSQL", "pgvector": "PostgreSQL", "spilo-17": "PostgreSQL", "spilo-16": "PostgreSQL",
    "mysql": "MySQL", "mysql-server": "MySQL", "mysqld": "MySQL", "percona": "MySQL", "percona-server": "MySQL", "percona-xtradb-cluster": "MySQL",
    "mariadb": "MariaDB", "mariadb-galera": "MariaDB", "mariadbd": "MariaDB", "mongo": "MongoDB", "mongodb": "MongoDB", "mongod": "MongoDB",
    "mongodb-community-server": "MongoDB", "percona-server-mongodb": "MongoDB", "kafka": "Kafka", "cp-kafka": "Kafka", "cp-server": "Kafka",
    "elasticsearch": "Elasticsearch", "opensearch": "OpenSearch", "cassandra": "Cassandra", "scylla": "ScyllaDB", "etcd": "etcd",
    "rabbitmq": "RabbitMQ", "rabbitmq-server": "RabbitMQ", "clickhouse": "ClickHouse", "clickhouse-server": "ClickHouse", "neo4j": "Neo4j",
    "influxdb": "InfluxDB", "cockroach": "CockroachDB", "couchdb": "CouchDB", "zookeeper": "ZooKeeper", "cp-zookeeper": "ZooKeeper", "solr": "Solr",
}  # fmt: skip

DOCKER_KINDS: Final = ("compose", "docker-run", "docker-service")
IMAGE_KIND: Final = "image"  # an image that no workload of the project runs: it has no limit that could be known


class Stage(NamedTuple):
    """One stage of a Dockerfile, as written; `image` is what it builds."""

    name: str | None
    number: int  # from 0
    at: Span
    path: str
    base: Text
    last: bool
    cmd_form: str | None = None  # "shell" | "exec"
    entrypoint_form: str | None = None
    cmd_at: Span | None = None
    entrypoint_at: Span | None = None
    installs: tuple[str, ...] = ()  # packages and files that RUN and COPY bring, as far as they can be read
    copies: tuple[tuple[str, str], ...] = ()  # (source in the context, target in the image)


class Autoscaler(NamedTuple):
    kind: str  # "HorizontalPodAutoscaler" | "VerticalPodAutoscaler"
    name: str
    namespace: str | None
    target: tuple[str, str]  # kind, name
    at: Span
    memory_utilization: Amount = None  # percent of the request
    controls_memory: bool = False
    controls_cpu: bool = False
    max_replicas: Amount = None
    update_mode: Text = None
    memory_average: Amount = None  # bytes a pod, where the target is an average value
    container: str | None = None  # the one container that the memory metric looks at; None: all of them
    workload: Workload | None = None  # the target, where it is among the files

    @property
    def acts(self) -> bool:
        """Whether it changes pods; False for a vertical autoscaler that only recommends, and where that cannot be known."""
        return self.update_mode is None or (isinstance(self.update_mode, Known) and self.update_mode.value.lower() != "off")

    def beside(self, other: "Autoscaler") -> bool:
        """Whether two autoscalers plausibly act in one namespace."""
        return _beside(self.namespace, self.at.path, other.namespace, other.at.path)


def _beside(namespace: str | None, path: str, other_namespace: str | None, other_path: str) -> bool:
    one, other = path.rpartition("/")[0], other_path.rpartition("/")[0]
    near = one == other or not one or not other or one.startswith(other + "/") or other.startswith(one + "/")
    return near and (namespace or "default") == (other_namespace or "default")


class Host(NamedTuple):
    """A machine that containers share, as the user named it, and what runs there. Amounts in bytes."""

    name: str
    memory: int
    reserved: int
    workloads: tuple[Workload, ...]


class DisruptionBudget(NamedTuple):
    name: str
    namespace: str | None
    selector: Mapping[str, str]
    at: Span
    workloads: tuple[Workload, ...] = ()  # those of the files that it selects


class AlertRule(NamedTuple):
    """A Prometheus alert's or recording rule's expression."""

    name: str
    expression: str
    at: Span


class Script(NamedTuple):
    """A shell command or script of the tree that reads memory figures: one command's words and where it stands."""

    text: str
    at: Span


class Problem(NamedTuple):
    """Something that memlint was given and could not judge. `at` None: the whole file, or no file at all."""

    path: str
    message: str
    line: int = 1
    column: int = 1


class Project(NamedTuple):
    """Everything that one run looked at, joined."""

    workloads: tuple[Workload, ...] = ()
    images: tuple[Image, ...] = ()
    autoscalers: tuple[Autoscaler, ...] = ()
    disruption_budgets: tuple[DisruptionBudget, ...] = ()
    alerts: tuple[AlertRule, ...] = ()
    scripts: tuple[Script, ...] = ()
    observations: tuple[Observation, ...] = ()
    problems: tuple[Problem, ...] = ()
    joined: tuple[str, ...] = ()  # one line a join, for `-v`

    def topics(self) -> set[str]:
        """Return every topic that `observed` has something about, and which of the things are there that rules look at."""
        there = {"autoscaler": self.autoscalers, "disruption-budget": self.disruption_budgets, "alert": self.alerts}
        return {*(seen.topic for seen in self.observations), *(name for name, there in there.items() if there)}

    def observed(self, topic: str) -> list[Observation]:
        return [seen for seen in self.observations if seen.topic == topic]


class Suppression(NamedTuple):
    """Why a finding is not counted: `kind` "inline", "annotation", "configuration", "baseline", "diff-base"."""

    kind: str
    reason: str | None
    until: str | None = None
    at: Span | None = None


class Diagnostic(NamedTuple):
    """A finding with what the engine added: the rule, the effective severity, whose it is, and whether it is suppressed."""

    rule: str
    name: str
    severity: Severity
    finding: Finding
    workload: str | None
    container: str | None
    fingerprint: str
    suppressed: Suppression | None = None


class RuleInfo(NamedTuple):
    """What a report tells of a rule: `manual` is Markdown, its first line the fault as a sentence."""

    code: str
    name: str
    severity: Severity
    manual: str


class Candidate(NamedTuple):
    """One that may die. `usage` is what is expected of it, in bytes, None where no bill tells; `score` is what the kernel compares."""

    workload: str
    container: str | None
    at: Span
    usage: int | None
    request: int | None
    limit: int | None
    priority: int | None
    score: int | None
    why: str


class Forecast(NamedTuple):
    """Who dies first, and next. `kind`: "eviction", "node-oom", "host-oom" or "container-oom"; `advice`: one change that moves the first down."""

    kind: str
    title: str
    memory: int | None  # bytes of the machine, or of the container's limit
    demand: int | None  # bytes that all of them are expected to hold; None where one has no bill
    candidates: tuple[Candidate, ...]
    advice: str


class Apart(NamedTuple):
    """What is left of the workloads that another process looked at, once their findings are known."""

    containers: int = 0
    names: frozenset[str] = frozenset()  # of workloads and containers
    secrets: frozenset[str] = frozenset()  # values that no report may tell
    masked: frozenset[str] = frozenset()  # files whose texts hold none any more


class Report(NamedTuple):
    """Everything that one run has to tell. `skipped`: why a file was not judged -> the files."""

    verb: Verb
    version: str
    project: Project
    diagnostics: tuple[Diagnostic, ...] = ()
    problems: tuple[Problem, ...] = ()
    files: tuple[str, ...] = ()  # judged
    skipped: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    rules: tuple[RuleInfo, ...] = ()
    texts: Mapping[str, str] = MappingProxyType({})  # path -> decoded text, of every file that a span points into
    host_memory: int | None = None  # bytes
    node_memory: int | None = None  # bytes
    forecasts: tuple[Forecast, ...] = ()
    shard: tuple[int, int] | None = None  # (2, 4): the second of four parts of what was given
    apart: Apart = Apart()

    @property
    def active(self) -> tuple[Diagnostic, ...]:
        return tuple(diagnostic for diagnostic in self.diagnostics if diagnostic.suppressed is None)

    def tally(self, severity: Severity) -> int:
        """Return how many active findings have a severity."""
        return sum(1 for diagnostic in self.active if diagnostic.severity is severity)

    @property
    def containers(self) -> int:
        return self.apart.containers + sum(len(workload.containers) for workload in self.project.workloads)
