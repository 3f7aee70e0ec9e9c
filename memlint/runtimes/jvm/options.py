"""The settings that a JVM will really run with, after every source of flags was read in its true precedence."""

from collections.abc import Mapping
from types import MappingProxyType

from memlint.api import Confidence, Known, Origin, Unknown
from memlint.records import NamedTuple


class Version(NamedTuple):
    """A JDK. `major` 8, 11, …; `update` is (interim, update, patch) as far as written: 17.0.4.1 is (0, 4, 1), 8u342 is (0, 342, 0)."""

    major: int
    update: tuple[int, int, int] | None
    origin: Origin | None
    why: str  # how it is known: "tag of eclipse-temurin", "assumed …"


class Heap(NamedTuple):
    """Bounds of the Java heap in bytes. `low` and `high` differ only where the JDK's version or the host is not known."""

    low: int
    expected: int
    high: int
    initial: int
    origin: Origin | None  # where the deciding flag stands; None: the JVM's own default
    how: str  # "-Xmx512m", "MaxRAMPercentage=75 of 1 GiB", "default: 25 % of 1 GiB"


class JvmOptions(NamedTuple):
    """What the bill is made from. Sizes in bytes; a value is None where no flag sets it (the JVM's default applies)."""

    vendor: str  # "hotspot" | "openj9" | "native-image"
    versions: tuple[Version, ...]  # one where known, the candidates (ascending) where not
    cpus: int  # active processors that the JVM will see
    collectors: tuple[str, ...]  # "Serial", "Parallel", "G1", "Z", "Shenandoah", "CMS"; several where the version decides
    heap: Heap | Unknown
    sees_limit: bool | None  # whether it sizes itself from the container's limit; None: depends on the host's cgroup version
    max_metaspace: Known[int] | None = None
    compressed_class_space: Known[int] | None = None
    reserved_code_cache: Known[int] | None = None
    max_direct: Known[int] | None = None
    thread_stack: Known[int] | None = None
    new_size: Known[int] | None = None
    always_pre_touch: bool = False
    tiered_stop_at: int | None = None  # 1: C1 only; 0: -Xint
    generational_z: bool = True
    native_memory_tracking: bool = False
    agents: tuple[str, ...] = ()  # -javaagent jars
    properties: Mapping[str, str] = MappingProxyType({})  # -D
    main: str | None = None  # main class, jar or module
    confidence: Confidence = (
        Confidence.HIGH
    )  # LOW: taken from variables that some script of the image expands by custom; MEDIUM: a variable from outside may change all
    condition: str = ""  # what the files do not tell and all of it hangs on
    heap_given: bool = False  # a flag that somebody wrote bounds the heap: neither the JVM's default nor that of a known script
