"""What a JVM will hold once its heap has filled, part by part.

The heap counts as far as its collector can fill it; nothing else follows from a flag but the bounds. What stands beside the heap was fitted
to runs of JDK 17, 21 and 25 under memory cgroups whose heap was filled: the peak of what the kernel cannot reclaim (anonymous, shared and
kernel memory). Mapped files (libjvm.so, the class data archive, jars) are charged too, but reclaimed before anybody is killed: they count nothing.
"""

from collections.abc import Mapping
from typing import Final

from memlint.api import KIB, MIB, Confidence, Known, MemoryBudget, Origin, Part, Surroundings, Unknown, human
from memlint.records import NamedTuple
from memlint.runtimes.jvm.applications import SERVICE, Application, Range
from memlint.runtimes.jvm.options import Heap, JvmOptions

_FITTED: Final = "fitted over runs of JDK 17, 21 and 25 with a filled heap under memory cgroups, 2026-11"

# ---- the fitted coefficients (tests/truth/test_refit.py fits them again from the open data)

JVM_ITSELF: Final = 26 * MIB
CLASS: Final = 6.2 * KIB
CODE: Final = 2.45  # bytes in all for a byte of compiled code, of which:
PROFILES: Final = 1.24  # the methods' profiles, in metaspace
THREAD: Final = 65 * KIB  # stack and kernel memory of a thread that waits
FRAME: Final = 20 * KIB / 100
USUAL_DEPTH: Final = 100  # frames
CODE_GUESS: Final = 2.5 * KIB  # compiled code of a class, where nothing tells; from 20 real programs (jvm.md 8)
CODE_GUESS_MOST: Final = 32 * MIB  # the largest of them, with 23 000 classes, had compiled 25 MiB


class Collector(NamedTuple):
    """What a collector makes of the heap.

    `touched`: the share of -Xmx that a full heap really holds, at least and usually. `tables` and `flat`: the collector's own memory, as a
    share of -Xmx and in bytes; `most_tables` and `most_flat` what it may grow to.
    """

    touched: tuple[float, float]
    tables: float
    flat: int
    most_tables: float
    most_flat: int
    why: str


_G1_WHY: Final = "within seconds its reserve of free regions pays for its tables, after a minute of load the tables come on top"
_COLLECTORS: Final[Mapping[str, Collector]] = {
    "Serial": Collector((0.93, 29 / 30), 0.0033, 0, 0.0033, MIB, "one of its two survivor spaces, a thirtieth of the heap, stays empty"),
    "CMS": Collector((0.93, 29 / 30), 0.03, 8 * MIB, 0.05, 40 * MIB, "one of its two survivor spaces stays empty"),
    "Parallel": Collector((0.88, 0.985), 0.0, 16 * MIB, 0.037, 24 * MIB, "its survivor spaces shrink and grow, both are seldom full"),
    "Parallel before JDK 21": Collector(
        (0.80, 0.90), 0.0, 16 * MIB, 0.037, 24 * MIB, "it grows slowly from a small -Xms, and one survivor space stays empty"
    ),
    "G1": Collector((0.88, 0.99), 0.0, 14 * MIB, 0.022, 48 * MIB, _G1_WHY),
    "G1 with two bitmaps": Collector((0.88, 0.99), 0.0, 14 * MIB, 0.042, 48 * MIB, _G1_WHY),
    "Z": Collector((0.93, 1.0), 0.036, 0, 0.10, 64 * MIB, "its pages fill wholly"),
    "generational Z": Collector((0.90, 1.0), 0.009, 28 * MIB, 0.12, 128 * MIB, "its pages fill wholly"),
    "Shenandoah": Collector((0.95, 1.0), 0.024, 6 * MIB, 0.035, 24 * MIB, "its regions fill wholly"),
    "OpenJ9": Collector((0.90, 1.0), 0.02, 4 * MIB, 0.05, 32 * MIB, "not measured: taken as filling wholly"),
}
# From JDK 24 on the young generation of Serial hardly grows from a small -Xms: more than two thirds of -Xmx alive is "Java heap space"
# (openjdk/jdk PR 20077 and 27513). Measured on 25.0.3 with 0.6 of the heap alive: 0.62 to 0.69 of -Xmx touched within seconds, 0.94 to 0.99
# after 8 to 45 s of load; heaps up to 512 MiB were filled at once.
_STUNTED_SERIAL: Final = 24
_STUNTED_TOUCHED: Final = (0.60, 0.90)
_STUNTED_ABOVE: Final = 512 * MIB


class _Load(NamedTuple):
    """What the application does to the JVM: counts, and bytes. `known` names what the footprint says."""

    application: Application
    classes: Range
    threads: Range
    code: Range
    direct: Range
    per_thread: int
    metaspace: int | None
    native: int | None
    known: frozenset[str]
    origin: Origin | None

    def basis(self, key: str, otherwise: str) -> str:
        return "footprint of the configuration" if key in self.known else otherwise

    def origin_of(self, *keys: str) -> Origin | None:
        return self.origin if self.known.intersection(keys) else None


def bill(options: JvmOptions, around: Surroundings, application: Application | None) -> MemoryBudget | None:
    """Return what the JVM will hold when its heap has filled, None where its heap cannot be known. Amounts are bytes.

    `expected` is what a service holds after days of load: on the runs it was fitted to it meets the peak within 2 % in the mean. `low` is
    certain once the heap is full, `high` is what the flags allow.
    """
    if isinstance(options.heap, Unknown):
        return None
    load = _load(options, around, application)
    if options.vendor == "native-image":
        parts = _native_image(options, options.heap, load)
    else:
        parts = (
            *_beyond(_heap(options, options.heap), options.heap, around),
            _metaspace(options, load),
            _code_cache(options, load),
            _threads(options, load),
            *_direct(options, options.heap, load),
            _native(options, load),
        )
    parts = _measured(parts, around)
    return MemoryBudget("jvm", parts, _confidence(options, load), options.condition)


def _confidence(options: JvmOptions, load: _Load) -> Confidence:
    heap = options.heap
    sure = not isinstance(heap, Unknown) and heap.low == heap.high
    if {"classes", "threads"} <= load.known or {"metaspace", "threads"} <= load.known:
        found = Confidence.HIGH
    else:
        found = Confidence.LOW if load.application.name == SERVICE.name else Confidence.MEDIUM
    if options.vendor != "hotspot" or options.confidence is Confidence.LOW:
        return Confidence.LOW
    sure = sure and options.confidence is Confidence.HIGH
    return found if sure or found is Confidence.LOW else Confidence.MEDIUM


# ---- what the application does


def _load(options: JvmOptions, around: Surroundings, application: Application | None) -> _Load:
    kind = application or SERVICE
    footprint = around.footprint

    def given(key: str) -> int | None:
        value = footprint.number("jvm", key)
        return value if value is not None and value >= 0 else None

    known = frozenset(key for key in ("classes", "threads", "direct", "metaspace", "code_cache", "native") if given(key) is not None)
    classes, metaspace = given("classes"), given("metaspace")
    if classes is None and metaspace is not None:
        classes = round(metaspace / CLASS)
    counted = kind.classes if classes is None else (classes, classes, classes)
    return _Load(
        kind,
        counted,
        _said(given("threads"), kind.threads),
        _said(given("code_cache"), _code(options, kind, counted)),
        _said(given("direct"), _direct_guess(options, kind, counted, application is None)),
        round(THREAD + FRAME * _or(given("stack_depth"), USUAL_DEPTH)),
        metaspace,
        given("native"),
        known,
        footprint.origin,
    )


def _or(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value


def _said(value: int | None, otherwise: Range) -> Range:
    return otherwise if value is None else (value, value, value)


def _code(options: JvmOptions, kind: Application, classes: Range) -> Range:
    """Guess the compiled code: what is hot grows with the classes, but not for ever."""
    if options.tiered_stop_at == 0:
        return MIB, 2 * MIB, 3 * MIB
    if kind.code_cache is not None:
        return kind.code_cache
    low, expected, high = (min(round(CODE_GUESS * number), CODE_GUESS_MOST) for number in classes)
    return low // 2, expected, 4 * high


def _direct_guess(options: JvmOptions, kind: Application, classes: Range, unknown_kind: bool) -> Range:
    heap = options.heap
    if kind.direct_of_heap is not None and not isinstance(heap, Unknown):
        most = round(kind.direct_of_heap * heap.expected)
        return min(kind.direct[0], most), max(min(kind.direct[1], most), most // 2), most
    if unknown_kind:
        return 0, classes[1] * KIB // 2, 8 * classes[2] * KIB
    return kind.direct


# ---- the parts


def _collectors(options: JvmOptions) -> list[tuple[Collector, str]]:
    """Return the candidates, the likeliest last."""
    if options.vendor == "openj9":
        return [(_COLLECTORS["OpenJ9"], "OpenJ9")]
    major = options.versions[-1].major if options.versions else 17
    found = []
    for name in options.collectors or ("G1",):
        key = name
        if name == "G1" and major < 20:
            key = "G1 with two bitmaps"
        elif name == "Parallel" and major < 21:
            key = "Parallel before JDK 21"
        elif name == "Z" and (major >= 24 or (major >= 21 and options.generational_z)):
            key = "generational Z"
        found.append((_COLLECTORS.get(key, _COLLECTORS["G1"]), name))
    return found


def _heap(options: JvmOptions, heap: Heap) -> tuple[Part, Part]:
    """Return the parts "heap" and "GC"; `high` of the heap is the maximum heap size to the byte."""
    candidates = _collectors(options)
    held = [_touched(collector, name, options, heap) for collector, name in candidates]
    low, expected = min(one[0] for one in held), held[-1][1]
    collector, name = candidates[-1]
    why = held[-1][2]
    part = Part(
        "heap", low, expected, heap.high, heap.origin, f"{heap.how}: {human(heap.expected)}, of which {name} holds {human(expected)}: {why}"
    )
    tables = Part(
        "GC",
        min(round(one.tables * heap.low + one.flat) * 2 // 3 for one, _ in candidates),
        round(collector.tables * heap.expected + collector.flat),
        max(round(one.most_tables * heap.high + one.most_flat) for one, _ in candidates),
        None,
        f"tables and threads of {name} over a heap of {human(heap.expected)}; {_FITTED}",
    )
    return part, tables


def _beyond(parts: tuple[Part, Part], heap: Heap, around: Surroundings) -> tuple[Part, Part]:
    """Count the heap in full where it may grow to the whole limit: what stays free between two collections is beyond the kill."""
    whole, tables = parts
    if not isinstance(around.limit, Known) or heap.expected < around.limit.value:
        return parts
    return whole._replace(expected=heap.expected, basis=f"{heap.how}: it may grow to the whole limit, so all of it counts"), tables


def _touched(collector: Collector, name: str, options: JvmOptions, heap: Heap) -> tuple[int, int, str]:
    """Return how much of the heap is really held when it is full, at least and usually, and why."""
    least, usual = collector.touched
    why = f"{collector.why}; {_FITTED}"
    major = options.versions[-1].major if options.versions else 0
    if options.always_pre_touch and heap.initial >= heap.high:
        return heap.low, heap.expected, "AlwaysPreTouch writes to every page at the start (measured on JDK 17)"
    if name == "Serial" and options.new_size is not None:
        usual = 1 - min(options.new_size.value / max(heap.expected, 1), 1) / 10
        least = min(least, usual)
    elif name == "Serial" and major >= _STUNTED_SERIAL and heap.initial < heap.expected:
        least = _STUNTED_TOUCHED[0]
        usual = _STUNTED_TOUCHED[1] if heap.expected > _STUNTED_ABOVE else usual
        why = "its young generation hardly grows from a small -Xms; 0.62 to 0.99 of -Xmx measured on JDK 25, by the time under load"
    low, expected = round(least * heap.low), round(usual * heap.expected)
    if options.always_pre_touch:
        low, expected = max(low, min(heap.initial, heap.low)), max(expected, heap.initial)
    return low, expected, why


def _metaspace(options: JvmOptions, load: _Load) -> Part:
    bound = options.max_metaspace if options.vendor == "hotspot" else None
    if load.metaspace is not None:
        low = expected = load.metaspace
        basis = "footprint of the configuration"
    else:
        low = round(0.85 * CLASS * load.classes[0])
        expected = round(CLASS * load.classes[1] + PROFILES * load.code[1])
        basis = f"{_number(load.classes[1])} classes at {CLASS / KIB:.1f} KiB with their symbols, and profiles of {human(load.code[1])} of compiled code; {_FITTED}"
        if "classes" not in load.known:
            basis += f"; classes: {load.application.basis}"
    if bound is None:
        return Part(
            "metaspace", low, expected, None, load.origin_of("metaspace", "classes"), f"{basis}; nothing bounds it without MaxMetaspaceSize"
        )
    if expected > bound.value:
        basis += f"; MaxMetaspaceSize={human(bound.value)} turns the rest into OutOfMemoryError: Metaspace (measured on JDK 17)"
    return Part("metaspace", min(low, bound.value), min(expected, bound.value), bound.value, bound.origin, basis)


def _code_bound(options: JvmOptions) -> int:
    """Return the reserved code cache: 48 MiB without the second compiler (17u compilerDefinitions.cpp:298), else 240 MiB; OpenJ9 256 MiB."""
    if options.reserved_code_cache is not None:
        return options.reserved_code_cache.value
    if options.vendor == "openj9":
        return 256 * MIB
    return 48 * MIB if options.tiered_stop_at in (0, 1) else 240 * MIB


def _code_cache(options: JvmOptions, load: _Load) -> Part:
    flag, bound = options.reserved_code_cache, _code_bound(options)
    guess = f"compiled code, guessed from {_number(load.classes[1])} classes at {CODE_GUESS / KIB:.2f} KiB, at most {human(CODE_GUESS_MOST)} (20 real programs)"
    basis = load.basis("code_cache", load.application.basis if load.application.code_cache else guess)
    origin = flag.origin if flag is not None else load.origin_of("code_cache")
    return Part(
        "code cache",
        min(load.code[0], bound),
        min(load.code[1], bound),
        bound,
        origin,
        f"{basis}; bound: ReservedCodeCacheSize {human(bound)}",
    )


def _threads(options: JvmOptions, load: _Load) -> Part:
    """Return the stacks: what they touch, not what they reserve."""
    low, expected, high = load.threads
    stack = options.thread_stack.value if options.thread_stack is not None else MIB
    each = min(load.per_thread, stack + 32 * KIB)
    basis = f"{_number(expected)} threads at {human(each)} touched of {human(stack)} reserved, kernel memory included; {_FITTED}"
    if "threads" not in load.known:
        basis += f"; threads: {load.application.basis}"
    origin = options.thread_stack.origin if options.thread_stack is not None else load.origin_of("threads")
    return Part("threads", min(each, 60 * KIB) * low, each * expected, (stack + 32 * KIB) * high, origin, basis)


def _direct(options: JvmOptions, heap: Heap, load: _Load) -> tuple[Part, ...]:
    """Return direct buffers, and Netty's second pool where the application has one.

    MaxDirectMemorySize is the maximum heap by default (17u jdk/internal/misc/VM.java:250); Netty takes as much again for itself.
    """
    flag = options.max_direct
    bound = flag.value if flag is not None else heap.high * 7 // 8 if options.vendor == "openj9" and _is_8(options) else heap.high
    own = load.application.direct_of_heap
    if flag is None and own is not None:
        bound = round(own * heap.high)
    basis = load.basis("direct", load.application.basis)
    said = f"MaxDirectMemorySize={human(bound)}" if flag is not None else f"by default {human(bound)}, which follows the heap"
    origin = flag.origin if flag is not None else load.origin_of("direct")
    low, expected, _ = load.direct
    parts = [Part("direct", min(low, bound), min(expected, bound), bound, origin, f"{basis}; bound: {said}")]
    pool = load.application.netty
    limit = _netty_bound(options, bound)
    if pool is not None and limit > 0:
        # A footprint counts all direct buffers; then nothing is guessed on top of it.
        usual = 0 if "direct" in load.known else min(pool[1], limit)
        parts.append(
            Part(
                "direct (netty)",
                0,
                usual,
                limit,
                None,
                f"Netty's own pool, beside the JDK's: bound {human(limit)} (io.netty.maxDirectMemory, as MaxDirectMemorySize by default)",
            )
        )
    return tuple(parts)


def _netty_bound(options: JvmOptions, otherwise: int) -> int:
    """Return io.netty.maxDirectMemory in bytes; 0 means that Netty counts with the JDK's own limit."""
    text = options.properties.get("io.netty.maxDirectMemory", "-1").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else otherwise


def _is_8(options: JvmOptions) -> bool:
    return bool(options.versions) and options.versions[-1].major == 8


def _native(options: JvmOptions, load: _Load) -> Part:
    extra = load.application.extra or (0, 0, 0)
    compiler = round((CODE - 1 - PROFILES) * load.code[1])
    threads = 3 if options.cpus > 4 else 2
    most = (96 if options.vendor == "hotspot" else 256) * MIB * threads
    if load.native is not None:
        return Part("native", load.native, load.native, load.native + most, load.origin, "footprint of the configuration")
    tracking = 3 * MIB if options.native_memory_tracking else 0
    expected = JVM_ITSELF + compiler + tracking + extra[1]
    basis = f"the JVM itself ({human(JVM_ITSELF)}) and its compilers' arenas ({human(compiler)}); {_FITTED}; at most 64 MiB of malloc's slack and {human(most)} of arenas more"
    if extra[1]:
        basis += f"; {human(extra[1])} of native libraries: {load.application.basis}"
    # A hello world with the Serial collector holds 15 to 20 MiB.
    return Part("native", 15 * MIB + extra[0], expected, expected - extra[1] + extra[2] + 64 * MIB + most, None, basis)


def _native_image(options: JvmOptions, heap: Heap, load: _Load) -> tuple[Part, ...]:
    """Return the parts of a GraalVM native image: no classes to load, nothing to compile (graal MemoryManagement.md; not measured)."""
    source = "GraalVM MemoryManagement.md"
    flag = options.max_direct
    bound = flag.value if flag is not None else heap.high
    return (
        Part("heap", round(0.9 * heap.low), heap.expected, heap.high, heap.origin, f"{heap.how}: {human(heap.expected)}; {source}"),
        Part(
            "GC",
            0,
            heap.expected // 20,
            heap.high,
            None,
            f"the serial collector copies what lives and may need the heap twice for a moment; {source}",
        ),
        _threads(options, load),
        Part(
            "direct",
            0,
            min(load.direct[1], bound),
            bound,
            flag.origin if flag is not None else load.origin_of("direct"),
            load.basis("direct", "network buffers: estimate"),
        ),
        Part(
            "native",
            10 * MIB,
            30 * MIB,
            60 * MIB,
            None,
            "image heap and runtime of a native executable, 20 to 60 MiB (estimate, no class loading and no compiler)",
        ),
    )


def _measured(parts: tuple[Part, ...], around: Surroundings) -> tuple[Part, ...]:
    """Raise "native" to a measured total: what was seen to be held is there, whatever the parts say.

    A total that was measured below the sum says nothing, as the heap may not have been full. The working set holds reclaimable page cache,
    so it raises no `low`.
    """
    resident = around.footprint.number("measured", "resident")
    total = max(resident or 0, around.footprint.number("measured", "working_set") or 0)
    missing = total - sum(part.expected for part in parts)
    if missing <= 0:
        return parts
    certain = max((resident or 0) - sum(part.low for part in parts), 0)
    return tuple(
        part._replace(
            low=min(part.low + certain, part.expected + missing),
            expected=part.expected + missing,
            high=None if part.high is None else max(part.high, part.expected + missing),
            basis=f"{part.basis}; raised by {human(missing)} to the {human(total)} that the footprint says were measured",
        )
        if part.name == "native"
        else part
        for part in parts
    )


def _number(count: int) -> str:
    return f"{count:,}".replace(",", " ")


# ---- numbers for fixes

_STEP: Final = 16 * MIB


def largest_heap(options: JvmOptions, around: Surroundings, application: Application | None, limit: int) -> int:
    """Return the largest maximum heap with which the bill is neither marginal nor over at `limit`, in whole 16 MiB; 0 where none is."""

    def billed(steps: int) -> MemoryBudget | None:
        heap = options.heap
        size = steps * _STEP
        initial = size if isinstance(heap, Heap) and heap.initial >= heap.high else min(heap.initial, size) if isinstance(heap, Heap) else 0
        return bill(options._replace(heap=Heap(size, size, size, initial, None, f"-Xmx{size // MIB}m")), around, application)

    low, high = 0, max(limit, 0) // _STEP + 1
    middle, step = high // 2, 0
    while high - low > 1:
        budget = billed(middle)
        fits = budget is not None and _fits(budget, limit)
        low, high = (middle, high) if fits else (low, middle)
        if step == 0 and budget is not None:
            # What is beside the heap hardly depends on it, so the answer lies near to where it would if it did not at all.
            beside = budget.expected - next((part.expected for part in budget.parts if part.name == "heap"), 0)
            middle, step = (limit * 19 // 20 - beside) // _STEP, 1
        else:
            middle, step = (middle + step if fits else middle - step), step * 2
        if not low < middle < high:
            middle, step = (low + high) // 2, 1
    return low * _STEP


def _fits(budget: MemoryBudget, limit: int) -> bool:
    return budget.low <= limit and budget.expected * 20 < limit * 19
