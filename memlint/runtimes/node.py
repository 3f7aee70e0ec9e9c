"""What Node processes hold: V8's heap by flag or by default, the young generation, and what V8 does not count.

Measured on Node 18.20.8, 20.20.2, 22.23.3, 24.21.0 and 26.10.0 under memory cgroups of version 1 and simulated version 2, 2026-11
(runtimes.md 1); libuv's view of a limit is linux.c uv_get_constrained_memory.
"""

import re
from collections.abc import Iterator
from typing import Final

from memlint.api import (
    GIB,
    MIB,
    Amount,
    Confidence,
    Edit,
    Fix,
    Known,
    MemoryBudget,
    Observation,
    Origin,
    Part,
    Program,
    Reading,
    Safety,
    Severity,
    Surroundings,
    Text,
    human,
)
from memlint.quantity import QuantityError
from memlint.quantity import node as node_size
from memlint.quantity import pm2 as pm2_size
from memlint.records import NamedTuple
from memlint.runtimes import node_command, sessions, workers
from memlint.runtimes.common import (
    Version,
    base_name,
    copies,
    has_image,
    launched,
    mib,
    part,
    references,
    rewrite,
    size_of,
    split,
    version,
    version_of,
)
from memlint.runtimes.node_command import Flag, Group, Launch
from memlint.runtimes.workers import Threshold

_IMAGES: Final = ("node",)
# Applications whose own start scripts decide about the heap.
_OWN_HEAP: Final = ("kibana", "opensearch-dashboards")
_APPLICATIONS: Final = ("n8n", "ghost", "uptime-kuma", "mongo-express", *_OWN_HEAP)
_MEASURED: Final = "measured on Node 20 to 26, 2026-11"
_BYTES_MEANT: Final = 1 << 40  # a heap of 1 TiB and more is a number of bytes or KiB where MiB are meant
_NO_LIMIT_SEEN: Final = (256 * MIB, 2048 * MIB, 4096 * MIB)  # default old space on hosts of 512 MiB, below 15 GiB, and above


class _Heap(NamedTuple):
    """V8's old space in bytes. `told`: a flag sets it, so it counts in full; else it is what V8 picks by itself."""

    low: int
    expected: int
    high: int | None
    origin: Origin | None
    how: str
    told: bool
    young: int  # three semi-spaces


class Model:
    """Node processes."""

    name = "node"

    def read(self, program: Program, around: Surroundings) -> Reading | None:
        start = _launch(program, around)
        if start is None:
            return None
        known = _version(program, around)
        seen: list[Observation] = []
        parts: list[Part] = []
        starts = True
        sure = True
        for group in start.groups:
            refused = list(_refused(group, known))
            seen += refused
            starts = starts and not refused
            heap = _restarted(_heap(group, around, known), group)
            sure = sure and heap.told and group.hidden is None and group.count.low == group.count.high
            parts += _parts(group, heap, around)
            seen += _stray(group)
            seen += _group_faults(group, heap, around, known)
        seen += sessions.of_node(program, around)
        for wrapper in start.wrappers:
            parts.append(_wrapper(wrapper))
        options: dict[str, Text | Amount] = {"workers": workers.workers_option(around, start.groups[0].count)}
        recycle = workers.recycling("max_memory_restart", start.groups[0].restart)
        if recycle is not None:
            options["recycle"] = recycle
        confidence = Confidence.HIGH if sure else Confidence.MEDIUM if known is not None else Confidence.LOW
        budget = MemoryBudget("node", copies(parts, program.copies), confidence) if starts else None
        mends = _mends(start, heap, budget, around) if budget is not None and program.copies == 1 else {}
        return Reading("node", program, budget, tuple(seen), known.text if known is not None else None, options, mends)


def _launch(program: Program, around: Surroundings) -> Launch | None:
    words = launched(program.words, node_command.PROGRAMS)
    if words:
        return node_command.launch(words, program, around)
    ours = has_image(around, (*_IMAGES, *_APPLICATIONS)) or (around.image is not None and around.image.runtime == "node")
    ours = ours or any(split(reference)[0].startswith("nodejs") for reference in references(around))
    first = program.words[0] if program.words else None
    name = base_name(first) if first is not None else ""
    # The image's entrypoint puts `node` in front of what is no command: `docker run node:22 app.js`.
    if ours and (name.startswith("-") or re.search(r"\.[cm]?[jt]s$", name)):
        return node_command.launch(program.words, program, around)
    unseen = not name or name.endswith(".sh") or "entrypoint" in name
    if unseen and (ours or "NODE_OPTIONS" in program.env):
        return node_command.launch((), program, around)
    return None


def _version(program: Program, around: Surroundings) -> Version | None:
    found = version_of(program, around, _IMAGES, ("NODE_VERSION",))
    if found is not None:
        return found
    for reference in references(around):
        match = re.match(r"nodejs-?(\d+)", split(reference)[0])
        if match:
            return version(match[1], f"name of {reference}")
    return None


# ---- the heap


def _sees_v1(known: Version | None) -> bool:
    return known is None or known.at_least(12)


def _sees_v2(known: Version | None) -> bool:
    """libuv 1.45 brought cgroup v2: Node 20.3, and 18.18.0, whose update 18.18.1 took back."""
    return known is None or known.at_least(20, 3) or known.parts[:3] == (18, 18, 0)


def _default(memory: int, known: Version | None) -> int:
    """Return the old space that V8 picks for so much memory: half of it, at least 256 MiB, at most 2 GiB (4 GiB from 15 GiB on)."""
    large = 16 if known is not None and known.major < 22 else 15
    most = 4 * GIB if memory >= large * GIB else 2 * GIB
    return min(max(memory // 2, 256 * MIB), most)


def _young(memory: int, known: Version | None) -> int:
    """Return three semi-spaces, as V8 sizes them by the memory it sees."""
    major = known.major if known is not None else 24
    share, least, most = (256, 1, 16) if major < 24 else (64, 1, 64) if major < 26 else (128, 2, 32)
    if memory <= 512 * MIB and major < 26:
        return 3 * MIB
    wanted, semi = -(-memory // (share * MIB)), least
    while semi < min(wanted, most):
        semi *= 2
    return 3 * semi * MIB


def _seen_memory(around: Surroundings, known: Version | None) -> list[int | None]:
    """Return what V8 may take for the machine's memory, one figure a cgroup version that comes into question; None: an unknown host's."""
    limit = size_of(around.limit)
    host = around.host_memory
    if limit is None:
        return [host if around.limit is None else None]
    figures: list[int | None] = []
    if around.cgroup in (None, 1):
        reserved = size_of(around.reservation) if around.cgroup == 1 else None
        figures.append(min(limit, reserved or limit) if _sees_v1(known) else host)
    if around.cgroup in (None, 2):
        figures.append(limit if _sees_v2(known) else host)
    return figures


def _heap(group: Group, around: Surroundings, known: Version | None) -> _Heap:
    figures = _seen_memory(around, known)
    largest = max((figure for figure in figures if figure is not None), default=0) if None not in figures else 16 * GIB
    young = _young(largest, known)
    semi = _last(group, "--max-semi-space-size")
    if semi is not None and _size(semi):
        young = 3 * _size(semi)
    share = _last(group, "--max-old-space-size-percentage")
    percent = _percent(share)
    if share is not None and percent is not None:
        if None not in figures:
            old = largest * percent // 100
            return _Heap(old, old, old, share.word.origin, f"{percent} % of {human(largest)}", True, young)
        return _Heap(0, 0, None, share.word.origin, f"{percent} % of the memory of an unknown host", False, young)
    total = _last(group, "--max-heap-size")
    if total is not None and _size(total):
        old = max(0, _size(total) - young)
        return _Heap(old, old, old, total.word.origin, f"--max-heap-size={total.value} less the young generation", True, young)
    flag = _last(group, "--max-old-space-size")
    if flag is not None and _size(flag):
        return _Heap(_size(flag), _size(flag), _size(flag), flag.word.origin, f"{flag.name}={flag.value} ({flag.source})", True, young)
    return _by_itself(group, around, known, figures, young)


def _by_itself(group: Group, around: Surroundings, known: Version | None, figures: list[int | None], young: int) -> _Heap:
    if group.hidden is not None or has_image(around, _OWN_HEAP):
        why = group.hidden.why if group.hidden is not None else "the image's start script sizes it"
        return _Heap(0, 20 * MIB, None, None, f"not known: {why}", False, young)
    ranges = [_NO_LIMIT_SEEN if figure is None else (_default(figure, known),) * 3 for figure in figures]
    # Where the cgroup version is not known, version 2 is what a machine of today has.
    return _Heap(0, ranges[-1][1], max(high for _, _, high in ranges), None, "V8's own choice", False, young)


def _restarted(heap: _Heap, group: Group) -> _Heap:
    """Bound a heap by pm2's max_memory_restart; as pm2 looks every 30 s only, the high end stays."""
    try:
        most = pm2_size(group.restart.value) if group.restart is not None else None
    except QuantityError:
        most = None
    return heap if most is None else heap._replace(low=min(heap.low, most), expected=min(heap.expected, most))


def _last(group: Group, name: str) -> Flag | None:
    flags = [flag for flag in group.flags if flag.name == name and flag.value]
    return flags[-1] if flags else None


def _size(flag: Flag) -> int:
    """Return a size flag's bytes, 0 where it says so or is refused."""
    try:
        return node_size(flag.value or "")
    except QuantityError:
        return 0


def _percent(flag: Flag | None) -> int | None:
    match = re.fullmatch(r"(\d{1,3})(?:\.\d*)?", flag.value or "") if flag is not None else None
    return int(match[1]) if match and 0 < int(match[1]) <= 100 else None


def _mends(start: Launch, heap: _Heap, budget: MemoryBudget, around: Surroundings) -> dict[str, Fix]:
    """Return the edit of --max-old-space-size that makes the bill fit the limit, in whole 16 MiB; nothing where another flag decides."""
    limit, flag = size_of(around.limit), _last(start.groups[0], "--max-old-space-size")
    processes = start.groups[0].count.high
    if limit is None or flag is None or flag.word.origin != heap.origin or len(start.groups) > 1 or not processes:
        return {}
    rest = budget.expected - sum(part.expected for part in budget.parts if part.origin == heap.origin)
    size = (limit * 19 // 20 - rest) // processes // (16 * MIB) * 16
    if size * MIB >= heap.expected or size < 32:
        return {}
    title = f"lower the old space to {size} MiB"
    if flag.follower is not None:
        fix = rewrite(flag.follower, str(size), title, Safety.UNSAFE)
    else:
        fix = rewrite(flag.word, f"{flag.name}={size}", title, Safety.UNSAFE)
    return {"heap": fix} if fix is not None else {}


# ---- the bill


def _parts(group: Group, heap: _Heap, around: Surroundings) -> Iterator[Part]:
    threads = around.footprint.number("node", "worker_threads") or 0
    processes = around.footprint.number("node", "processes")
    count = group.count if processes is None else workers.exactly(processes, around.footprint.origin, "footprint node.processes")
    isolates = 1 + threads
    known = "" if isolates == 1 else f", for the main thread and {threads} worker threads, each with a heap of its own"
    high = None if heap.high is None else heap.high * 106 // 100 * isolates
    old = (heap.low * isolates, heap.expected * 104 // 100 * isolates, high)
    basis = f"{heap.how}{known}; a full heap took 1.04 to 1.06 times its old space, {_MEASURED}"
    # Only a heap that a flag sets is certain to be wanted in full; by this name the verdict knows it.
    yield part("heap" if heap.told else "default heap", count.times(old), basis, heap.origin)
    young = (0, 0, heap.young * isolates)
    yield part("young generation", count.times(young), f"up to three semi-spaces of {human(heap.young // 3)}, {_MEASURED}")
    runtime = mib(6, 33 + 10 * threads, 40 + 20 * threads)
    yield part("V8, code and libuv", count.times(runtime), f"6 to 10 MiB for an idle server, about 33 beside a full heap, {_MEASURED}")
    outside = [around.footprint.number("node", key) for key in ("buffers", "native")]
    if outside == [None, None]:
        nothing = (
            "Buffers and native add-ons live outside V8's heap and no flag bounds them (448 MiB at --max-old-space-size=384, measured)"
        )
        yield part("buffers and native memory", (0, 0, None), nothing)
    else:
        amount = sum(item or 0 for item in outside)
        yield part(
            "buffers and native memory",
            count.times((amount, amount, amount)),
            "footprint node.buffers, node.native",
            around.footprint.origin,
        )


def _wrapper(name: str) -> Part:
    if name == "pm2":
        return part("pm2", mib(10, 30, 80), "the daemon beside the processes; 30 MiB for an idle cluster master and more, runtimes.md 1")
    return part(name, mib(8, 15, 30), f"{name} stays beside the program: 14.5 MiB of its own for npm, measured 2026-11")


# ---- faults


def _refused(group: Group, known: Version | None) -> Iterator[Observation]:
    """Yield the flags with which node ends at once, exit status 9."""
    for flag in group.flags:
        at = flag.word.origin.span
        if flag.value is None:
            number = flag.follower.value if flag.follower is not None and flag.follower.value.isdigit() else "384"
            yield Observation(
                "node-flag-refused",
                f"node refuses '{flag.name}' without '=' and ends with status 9 (illegal value for flag): write {flag.name}={number}",
                at,
                fix=_joined_fix(flag),
            )
        elif flag.name == "--max-old-space-size-percentage":
            yield from _refused_percentage(flag, known)
        elif flag.source == "NODE_OPTIONS" and flag.name == "--max-heap-size" and known is not None and not known.at_least(24, 15):
            yield Observation(
                "node-flag-refused",
                f"node {known.text} does not allow --max-heap-size in NODE_OPTIONS and ends with status 9 (from 24.15 on it does): "
                f"write --max-old-space-size={flag.value}",
                at,
            )
        else:
            try:
                node_size(flag.value)
            except QuantityError:
                yield _refused_size(flag)


def _refused_percentage(flag: Flag, known: Version | None) -> Iterator[Observation]:
    at = flag.word.origin.span
    has_it = known is None or known.at_least(24, 6) or (known.major == 22 and known.at_least(22, 21))
    if not has_it and known is not None:
        yield Observation(
            "node-flag-refused",
            f"node {known.text} does not know --max-old-space-size-percentage and ends with status 9 (it came with 22.21 and 24.6): "
            "use --max-old-space-size with a number of MiB",
            at,
        )
    elif _percent(flag) is None:
        message = f"node refuses --max-old-space-size-percentage={flag.value} and ends with status 9: it takes a number above 0 up to 100"
        yield Observation("node-flag-refused", message, at)


def _refused_size(flag: Flag) -> Observation:
    match = re.fullmatch(r"(\d{1,9})\s*([mMgG])(?:i?[bB])?", flag.value or "")
    amount = int(match[1]) * (1024 if match[2] in "gG" else 1) if match else None
    hint = f"write {flag.name}={amount}" if amount is not None else "it takes a whole number of MiB"
    fix = rewrite(flag.word, f"{flag.name}={amount}", f"write {flag.name}={amount}") if amount is not None else None
    return Observation(
        "node-flag-refused",
        f"node refuses {flag.name}={flag.value} and ends with status 9 (illegal value for flag): {hint}",
        flag.word.origin.span,
        fix=fix,
    )


def _joined_fix(flag: Flag) -> Fix | None:
    """Return the fix that puts `=` between a flag and the number behind it, where one blank stands there."""
    follower = flag.follower
    if follower is None or not follower.value.isdigit():
        return None
    first, second = flag.word.origin.span, follower.origin.span
    together = second.path == first.path and second.start == first.end + 1 and second.line == first.end_line
    if not together or first.end - first.start != len(flag.word.value):
        return None
    return Fix(f"write {flag.name}={follower.value}", Safety.SAFE, (Edit(first.path, first.end, second.start, "="),))


def _stray(group: Group) -> Iterator[Observation]:
    for word, reason in group.stray:
        yield Observation("node-flag-ineffective", f"'{word.value}' sets no heap: {reason}", word.origin.span)
    for flag in group.flags:
        if flag.value == "" and flag.name != "--max-old-space-size-percentage":
            yield Observation(
                "node-flag-ineffective",
                f"'{flag.word.value}' sets no heap: the number is missing, and V8 picks its own",
                flag.word.origin.span,
            )


def _group_faults(group: Group, heap: _Heap, around: Surroundings, known: Version | None) -> Iterator[Observation]:
    for flag in group.flags:
        if flag.name != "--max-old-space-size-percentage" and _size(flag) >= _BYTES_MEANT:
            yield _in_bytes(flag)
    if not heap.told and heap.high is not None:
        yield from _default_heap(group, heap, around, known)
    yield from workers.from_host_cpus(around, "pm2", group.count, "instances to", each=heap.expected + 33 * MIB)
    if group.restart is not None:
        try:
            each = pm2_size(group.restart.value)
        except QuantityError:
            return
        threshold = Threshold("max_memory_restart", group.restart, each, MIB, "M")
        yield from workers.recycle_threshold(around, "pm2", threshold, group.count, 30 * MIB)


def _in_bytes(flag: Flag) -> Observation:
    number = _size(flag) // MIB
    meant = number // MIB if number % MIB == 0 or number >= 64 * MIB else number // 1024
    return Observation(
        "node-heap-in-bytes",
        f"{flag.name}={flag.value} counts in MiB: that is {human(_size(flag))}, so the heap has no bound at all; {human(meant * MIB)} is "
        f"{flag.name}={meant}",
        flag.word.origin.span,
        fix=rewrite(flag.word, f"{flag.name}={meant}", f"write {flag.name}={meant}", Safety.UNSAFE) if meant else None,
    )


def _default_heap(group: Group, heap: _Heap, around: Surroundings, known: Version | None) -> Iterator[Observation]:
    limit = size_of(around.limit)
    if limit is None or not isinstance(around.limit, Known) or heap.high is None:
        return
    at = around.limit.origin.span
    advice = f"--max-old-space-size={_advised(limit, group, heap, around)}"
    blind = not _sees_v1(known) or (not _sees_v2(known) and around.cgroup != 1)
    if blind and known is not None and heap.expected > limit:
        means = "any limit" if not _sees_v1(known) else "a limit of cgroup v2"
        yield Observation(
            "not-container-aware",
            f"Node {known.text} does not see {means}: it sizes its heap from the host's memory, to {human(heap.expected)} or more, and the limit is "
            f"{human(limit)}; use Node 20.3 or newer, or set NODE_OPTIONS={advice}",
            at,
            severity=Severity.WARNING,
            confidence=Confidence.HIGH if around.cgroup == 2 else Confidence.MEDIUM,
        )
        return
    if heap.expected + 33 * MIB > limit:
        told = f"V8 picks {human(heap.expected)} by itself, as it never goes below 256 MiB, and the kernel kills at {human(limit)} before V8 gives up"
    else:
        told = f"V8 picks {human(heap.expected)} of the {human(limit)} by itself and ends with 'heap out of memory' there"
    yield Observation("node-default-heap", f"nothing sets the heap: {told}; set NODE_OPTIONS={advice}", at)


def _advised(limit: int, group: Group, heap: _Heap, around: Surroundings) -> int:
    """Return the old space in MiB that leaves room for the rest: at most three quarters of each process's share."""
    share = limit // max(1, group.count.expected)
    outside = sum(around.footprint.number("node", key) or 0 for key in ("buffers", "native"))
    return max(16, min(share * 3 // 4, (share - 40 * MIB - outside - heap.young) * 100 // 106) // MIB)
