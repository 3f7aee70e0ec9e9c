"""What is wrong with the settings of a JVM, each with its place, its numbers and, where one can be proposed, the edit that mends it."""

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from memlint.api import (
    KIB,
    MIB,
    Confidence,
    Edit,
    Fix,
    Known,
    Mount,
    Note,
    Observation,
    Origin,
    Program,
    Safety,
    Severity,
    Span,
    Surroundings,
    Unknown,
    Words,
    human,
)
from memlint.patterns import pattern
from memlint.runtimes.common import in_container, rearrange, references, rewrite
from memlint.runtimes.jvm.arguments import Refusal, Setting
from memlint.runtimes.jvm.ergonomics import DEFAULT_HEAP
from memlint.runtimes.jvm.flag_table import known_anywhere
from memlint.runtimes.jvm.flags import JAVA_TOOL_OPTIONS, JDK_JAVA_OPTIONS, Flag, Gap, heap_flags, limits_heap, sets_heap
from memlint.runtimes.jvm.options import Heap
from memlint.runtimes.jvm.settings import OWN_VARIABLES, Candidate, Settings, open_gap
from memlint.runtimes.jvm.variables import option_like, reads
from memlint.runtimes.jvm.versions import name as version_name

BY_REFERENCE = "resourceFieldRef limits.memory"


def of(settings: Settings, program: Program, around: Surroundings) -> Iterator[Observation]:
    """Yield everything that is wrong with a JVM's settings. Never raises."""
    yield from _will_not_start(settings, around)
    yield from _literal_variable(settings)
    yield from _overridden(settings)
    yield from _from_outside(settings)
    yield from _ineffective(settings, program, around)
    yield from _not_aware(settings, around)
    yield from _default_heap(settings, program, around)
    yield from _survives(settings)
    yield from _dump(settings, around)
    yield from _by_reference(settings, program, around)
    yield from _above_request(settings, around)
    yield from _stack_unit(settings)
    yield from _floor(settings, around)
    yield from _unshared(settings)


def _mend(flag: Flag, text: str, title: str, safety: Safety = Safety.UNSAFE) -> Fix | None:
    """Return the edit that puts `text` in a flag's place; a flag is dropped only from a string that holds others."""
    if flag.word.value != flag.text or (not text and not flag.spaced):
        return None
    return rewrite(flag.word, text, title, safety)


def _heap_now(settings: Settings) -> str:
    heap = settings.options.heap
    return f"the heap is {human(heap.expected)} ({heap.how})" if isinstance(heap, Heap) else "the heap cannot be known"


def _sure(settings: Settings) -> Confidence:
    return Confidence.MEDIUM if settings.start.kind == "assumed" else Confidence.HIGH


# ---- MEM212


def _will_not_start(settings: Settings, around: Surroundings) -> Iterator[Observation]:
    failing = [one for one in settings.candidates if one.fails]
    if not failing:
        return
    confidence, severity = _sure(settings), Severity.ERROR if settings.start.kind != "assumed" else Severity.WARNING
    who = f"JDK {settings.jdk.text} does not start" if settings.jdk.known else "no JDK starts"
    if len(failing) < len(settings.candidates):
        # The flag itself says that somebody runs a version which takes it: worth a word only where the next update of Java refuses it.
        if settings.start.kind == "assumed" or not {17, 21} <= {one.version.major for one in failing} or not settings.candidates[-1].fails:
            return
        confidence, severity = Confidence.LOW, Severity.INFO
        some = ", ".join(version_name(one.version) for one in failing[:-1])
        who = f"JDK {some} and {version_name(failing[-1].version)} do not start (which one the image has is not known)"
    worst = failing[-1]
    for fault in worst.launch.faults:
        yield Observation("jvm-will-not-start", f"{who}: {fault.message}", fault.word.origin.span, (), confidence, severity)
    seen: set[Span] = set()
    for refusal in worst.refusals:
        flag = _written(refusal)
        if flag is None or flag.at in seen or _foreign(refusal, around):
            continue
        seen.add(flag.at)
        yield _refusal(refusal, flag, who, settings, confidence, severity)


def _refusal(refusal: Refusal, flag: Flag, who: str, settings: Settings, confidence: Confidence, severity: Severity) -> Observation:
    advice = f"; {refusal.advice}" if refusal.advice else ""
    if "$" in flag.text and settings.start.kind == "direct":
        advice += "; no shell expands it here"
    message = f"{who} with {flag.text}: {refusal.message}{advice}"
    fix = None
    if refusal.replacement is not None and flag is refusal.flag:
        title = f"write {refusal.replacement}" if refusal.replacement else f"drop {flag.text}"
        fix = _mend(flag, refusal.replacement, title)
    notes = tuple(Note(at, text) for at, text in refusal.related if at != flag.at)
    return Observation("jvm-will-not-start", message, flag.at, notes, confidence, severity, fix)


def _written(refusal: Refusal) -> Flag | None:
    """Return the flag to blame: one that somebody wrote, not the default of a script."""
    return refusal.flag if refusal.flag.given else None


_OTHER_BUILDS = pattern(r"graalvm|zing|prime|dragonwell|sapmachine|kona|jbr|bisheng")


def _foreign(refusal: Refusal, around: Surroundings) -> bool:
    """Return whether another vendor's build may know the flag."""
    match = re.match(r"Unrecognized VM option '(\w+)", refusal.message)
    if match is None or known_anywhere(match[1]):
        return False
    return any(_OTHER_BUILDS.search(reference.lower()) for reference in references(around))


_LITERAL = pattern(r"^\$(?:\w+|\{\w+\}|\(\w+\))$", re.ASCII)


def _literal_variable(settings: Settings) -> Iterator[Observation]:
    found = settings.main.launch
    if settings.start.kind == "direct" and not found.jar and found.main is not None and _LITERAL.match(found.main.value):
        text = found.main.value
        message = (
            f"java gets {text} as it is, for the exec form has no shell to expand it: it is taken for the main class, and the JVM ends with"
            f' "Could not find or load main class {text}"; write the flags out or use JAVA_TOOL_OPTIONS'
        )
        yield Observation("heap-flag-ineffective", message, found.main.origin.span, severity=Severity.ERROR)


# ---- MEM211


def _from_outside(settings: Settings) -> Iterator[Observation]:
    """Yield that a variable which the shell hands on would override the heap that is set here."""
    items = settings.main.launch.items
    for index, gap in enumerate(items):
        if not isinstance(gap, Gap) or not gap.optional or gap.origin is None or open_gap(settings.main.launch) is not None:
            continue
        before = [item for item in items[:index] if isinstance(item, Flag) and item.given and limits_heap(item.text)]
        if before and not any(isinstance(item, Flag) and limits_heap(item.text) for item in items[index:]):
            message = (
                f"{gap.source} is handed on from the shell that starts the container: a heap flag in it would override {before[-1].text},"
                " and nothing here tells of it; give it a value, or drop it"
            )
            note = Note(before[-1].at, f"{before[-1].text} here")
            yield Observation("heap-flag-overridden", message, gap.origin.span, (note,), severity=Severity.INFO)


_ONE_SETTING = ("MaxHeapSize", "InitialHeapSize", "MaxRAMPercentage", "MinRAMPercentage")


def _overridden(settings: Settings) -> Iterator[Observation]:
    given = settings.main.arguments.given
    for name in _ONE_SETTING:
        assignments = [setting for other, setting in given if other == name]
        if len(assignments) < 2:
            continue
        winner = assignments[-1]
        for loser in assignments[:-1]:
            if loser.value == winner.value or not loser.flag.given or loser.flag.at == winner.flag.at:
                continue
            if settings.start.kind == "assumed" and not {loser.flag.source, winner.flag.source} <= OWN_VARIABLES:
                continue  # in which order a script puts its variables is not known
            where = (
                "the last one wins" if loser.flag.source == winner.flag.source else f"{winner.flag.source} comes after {loser.flag.source}"
            )
            message = f"{loser.flag.text} has no effect: {winner.flag.text} overrides it ({where}); {_heap_now(settings)}"
            yield Observation(
                "heap-flag-overridden",
                message,
                loser.flag.at,
                (Note(winner.flag.at, f"{winner.flag.text} here"),),
                fix=_mend(loser.flag, "", f"drop {loser.flag.text}"),
            )


# ---- MEM210


def _ineffective(settings: Settings, program: Program, around: Surroundings) -> Iterator[Observation]:
    yield from _after_main(settings)
    yield from _percentages(settings, around)
    yield from _unread_variables(settings, program)
    yield from _ignored(settings)
    yield from _soft_maximum(settings)


def _seriousness(settings: Settings) -> Severity:
    """Return the severity of a heap flag that does nothing: worse where no other flag sizes the heap."""
    return Severity.WARNING if settings.options.heap_given else Severity.ERROR


_MOST_BEHIND: Final = 20  # flags of one command that are told: every fix writes all words between


def _after_main(settings: Settings) -> Iterator[Observation]:
    found = settings.main.launch
    if settings.start.kind != "direct" or found.main is None or found.main.value.endswith("start.jar"):
        return  # Jetty's start.jar takes options for the JVM that it starts itself
    what = "-jar" if found.jar else "the main class"
    behind = [word for word in found.rest if isinstance(word, Known) and sets_heap(word.value)]
    for word in behind[:_MOST_BEHIND]:
        message = (
            f"{word.value} stands behind {what} {found.main.value}, so the program gets it and not the JVM: {_heap_now(settings)};"
            f" put it before {what}"
        )
        note = Note(found.main.origin.span, "options of the JVM end here")
        fix = _moved(settings.start.words, found.main, word, found.jar)
        yield Observation("heap-flag-ineffective", message, word.origin.span, (note,), severity=_seriousness(settings), fix=fix)


def _moved(words: Words, main: Known[str], flag: Known[str], jar: bool) -> Fix | None:
    """Return the edit that puts a flag in front of the jar or the main class."""
    begin = next((index for index, word in enumerate(words) if word is main), 0) - jar
    end = next((index for index, word in enumerate(words) if word is flag), 0)
    moved = words[begin : end + 1]
    texts = [word.value for word in moved if isinstance(word, Known)]
    what = "-jar" if jar else "the main class"
    return rearrange(moved, [*texts[-1:], *texts[:-1]], f"put {flag.value} before {what}") if 0 <= begin < end else None


def _percentages(settings: Settings, around: Surroundings) -> Iterator[Observation]:
    values = settings.main.arguments.values
    absolute = values.get("MaxHeapSize")
    share = values.get("MaxRAMPercentage") or values.get("MaxRAMFraction")
    least = values.get("MinRAMPercentage")
    small = [sizes.small for sizes in settings.main.sizes.values() if sizes is not None]
    gap = open_gap(settings.main.launch)
    if share is not None and share.flag.given:
        if absolute is not None:
            message = f"{share.flag.text} has no effect: {absolute.flag.text} sets the heap, and beats any share of the memory"
            yield Observation(
                "heap-flag-ineffective",
                message,
                share.flag.at,
                (Note(absolute.flag.at, "the heap is set here"),),
                severity=Severity.WARNING,
            )
        elif small and all(small) and gap is None and isinstance(around.limit, Known):
            yield from _below_the_switch(settings, share, around.limit.value)
        elif "MaxRAMPercentage" in values and 0 < float(share.value) <= 1:
            wanted = f"-XX:MaxRAMPercentage={float(share.value) * 100:.1f}"
            message = f"{share.flag.text} is {float(share.value):g} % of the memory, not {float(share.value) * 100:g} %: {_heap_now(settings)}; write {wanted}"
            fix = _mend(share.flag, wanted, f"write {wanted}")
            yield Observation("heap-flag-ineffective", message, share.flag.at, severity=Severity.WARNING, fix=fix)
    beside = least is not None and least.flag.given and absolute is None and small and not any(small) and gap is None
    if beside and least is not None and share is not None and isinstance(around.limit, Known):
        message = (
            f"{least.flag.text} has no effect at a limit of {human(around.limit.value)}: it decides below about 250 MiB of memory only, and here"
            f" {share.flag.text} does; {_heap_now(settings)}"
        )
        yield Observation("heap-flag-ineffective", message, least.flag.at, severity=Severity.INFO)
    elif beside and least is not None and share is None:
        wanted = f"-XX:MaxRAMPercentage={float(least.value):.1f}"
        message = (
            f"{least.flag.text} is no smallest heap: it is the largest one where there is little memory (its share below"
            f" {human(DEFAULT_HEAP)}) and has no effect here; {_heap_now(settings)}; write {wanted} if that is meant"
        )
        yield Observation(
            "heap-flag-ineffective", message, least.flag.at, severity=Severity.WARNING, fix=_mend(least.flag, wanted, f"write {wanted}")
        )


def _below_the_switch(settings: Settings, share: Setting, limit: int) -> Iterator[Observation]:
    least = settings.main.arguments.share("MinRAMPercentage")
    meant = float(share.value) if share.flag.text.startswith("-XX:MaxRAMPercentage") else 100 / float(share.value or 1)
    now = least if least is not None else 50.0
    if meant == now:
        return
    wanted = f"-XX:MinRAMPercentage={meant:.1f}"
    message = (
        f"{share.flag.text} is ignored at a limit of {human(limit)}: below about 250 MiB MinRAMPercentage ({now:g} %) decides, and"
        f" {_heap_now(settings)}; write {wanted} beside it or raise the limit"
    )
    fix = _mend(share.flag, f"{share.flag.text} {wanted}", f"add {wanted}") if share.flag.spaced else None
    yield Observation("heap-flag-ineffective", message, share.flag.at, severity=Severity.WARNING, fix=fix)


def _unread_variables(settings: Settings, program: Program) -> Iterator[Observation]:
    start = settings.start
    if start.kind == "assumed" or (start.kind == "direct" and len(start.words) != len(program.words)):
        return
    if any(isinstance(word, Unknown) for word in program.words):
        return  # the unknown word may be the variable
    if settings.jdk.known and settings.jdk.versions[0].major <= 8:
        yield from _launcher_variable_of_8(settings, program)
    script = start.script
    if script is not None and not script.complete:
        return
    words = {word.value for word in program.words if isinstance(word, Known)}
    starter = program.words[0].origin if program.words else None
    notes = (Note(starter.span, f"java is started here ({starter.how})"),) if script is None and starter is not None else ()
    for name, value in program.env.items():
        if name in OWN_VARIABLES or not isinstance(value, Known) or (script is not None and reads(script, name)):
            continue
        tokens = heap_flags(value)
        if not tokens or any(token.text in words for token in tokens) or value.value in words:
            continue
        text = " ".join(token.text for token in tokens)
        who = (
            f"{script.who} does not read it"
            if script is not None
            else "java is started directly, without a shell or script that expands it"
        )
        message = f"{name} never reaches the JVM: {who}, so {text} has no effect and {_heap_now(settings)}; use JAVA_TOOL_OPTIONS"
        confidence = Confidence.HIGH if option_like(name) and script is None else Confidence.MEDIUM
        yield Observation(
            "heap-flag-ineffective",
            message,
            tokens[0].known.origin.span,
            notes,
            confidence,
            severity=_seriousness(settings),
            fix=_renamed(name, value, program) if len(tokens) == len(value.value.split()) else None,
        )


# What stands between a variable's name and its value, by how it was read.
_JOINTS: Final = {"ENV": 1, "environment": 2, "-e": 1, "--env": 1}


def _renamed(name: str, value: Known[str], program: Program) -> Fix | None:
    """Return the edit that makes a variable one that the JVM itself reads; its name stands right before the value."""
    joint, span = _JOINTS.get(value.origin.how.partition(" ")[0]), value.origin.span
    if joint is None or value.origin.via or JAVA_TOOL_OPTIONS in program.env or span.start == span.end:
        return None
    end = span.start - joint
    edit = Edit(span.path, end - len(name), end, JAVA_TOOL_OPTIONS, name)
    return Fix(f"call it {JAVA_TOOL_OPTIONS}", Safety.UNSAFE, (edit,))


def _launcher_variable_of_8(settings: Settings, program: Program) -> Iterator[Observation]:
    value = program.env.get(JDK_JAVA_OPTIONS)
    tokens = heap_flags(value) if isinstance(value, Known) else []
    if tokens:
        text = " ".join(token.text for token in tokens)
        message = f"JDK 8 does not read JDK_JAVA_OPTIONS, which came with 9: {text} has no effect and {_heap_now(settings)}; use JAVA_TOOL_OPTIONS"
        yield Observation("heap-flag-ineffective", message, tokens[0].known.origin.span, severity=_seriousness(settings))


def _ignored(settings: Settings) -> Iterator[Observation]:
    if not settings.jdk.known:
        return
    for name, flag in settings.main.arguments.ignored:
        if name in ("MaxRAM", "AggressiveHeap") and flag.given:
            message = f"JDK {settings.jdk.text} ignores {flag.text}, support for it is gone: {_heap_now(settings)}"
            yield Observation(
                "heap-flag-ineffective", message, flag.at, severity=Severity.WARNING, fix=_mend(flag, "", f"drop {flag.text}")
            )
        elif name == "MaxPermSize" and flag.given:
            wanted = f"-XX:MaxMetaspaceSize={flag.text.partition('=')[2]}"
            message = f"JDK {settings.jdk.text} ignores {flag.text}: classes live in metaspace, which nothing bounds; {wanted} would"
            yield Observation("heap-flag-ineffective", message, flag.at, severity=Severity.INFO, fix=_mend(flag, wanted, f"write {wanted}"))


def _soft_maximum(settings: Settings) -> Iterator[Observation]:
    soft = settings.main.arguments.values.get("SoftMaxHeapSize")
    collectors = settings.options.collectors
    if soft is not None and soft.flag.given and not {"Z", "Shenandoah"} & set(collectors) and settings.jdk.vendor == "hotspot":
        message = f"{soft.flag.text} has no effect with the {' or '.join(collectors)} collector: only ZGC and Shenandoah heed it; {_heap_now(settings)}"
        yield Observation("heap-flag-ineffective", message, soft.flag.at, severity=Severity.WARNING)


# ---- MEM213


def _not_aware(settings: Settings, around: Surroundings) -> Iterator[Observation]:
    main = settings.main
    if around.limit is None or "MaxHeapSize" in main.arguments.values or open_gap(main.launch) is not None or main.fails:
        return
    limit = f"the limit of {human(around.limit.value)}" if isinstance(around.limit, Known) else "the limit"
    host = f"{human(around.host_memory)} of the host" if around.host_memory is not None else "the host's memory"
    share = main.arguments.share("MaxRAMPercentage")
    part = f"{share:g} %" if share is not None else "25 %"
    off = main.arguments.values.get("UseContainerSupport")
    if off is not None and not off.value:
        message = f"{off.flag.text} makes the JVM blind to {limit}: the heap is {part} of {host}; drop the flag or set -Xmx"
        fix = _mend(off.flag, "", f"drop {off.flag.text}")
        yield Observation("not-container-aware", message, off.flag.at, (), _sure(settings), Severity.ERROR, fix)
        return
    if not settings.jdk.known:
        return
    blind = [cgroup for cgroup, sees in main.sees.items() if not sees]
    if not blind:
        return
    version = main.version
    at = version.origin.span if version.origin is not None else around.at
    where = "" if len(blind) == len(main.sees) == 2 else f" on cgroup v{blind[0]}"
    since = _first_that_sees(main, settings.jdk.vendor, min(blind))
    message = f"JDK {version_name(version)} ({version.why}) does not see {limit}{where}: the heap is {part} of {host}; {since}, or set -Xmx"
    severity = Severity.ERROR if len(blind) == len(main.sees) else Severity.WARNING
    yield Observation("not-container-aware", message, at, (), _sure(settings), severity)


def _first_that_sees(main: Candidate, vendor: str, cgroup: int) -> str:
    major = main.version.major
    if vendor == "openj9":
        return "OpenJ9 0.33 (8u345, 11.0.16, 17.0.4) is the first that does"
    if major <= 8:
        return (
            f"8u{372 if cgroup == 2 else 191} is the first update that does"
            if cgroup == 2
            else "8u191 is the first update that does, 8u372 on cgroup v2"
        )
    if major == 11:
        return "11.0.16 is the first update that does"
    return "JDK 15 is the first that does" if cgroup == 2 else "JDK 10 is the first that does"


# ---- MEM214


def _default_heap(settings: Settings, program: Program, around: Surroundings) -> Iterator[Observation]:
    heap, main = settings.options.heap, settings.main
    if settings.start.kind == "assumed" or isinstance(around.limit, Unknown) or main.fails or main.launch.gaps:
        return
    if any(sets_heap(flag.text) for flag in main.launch.flags) or main.arguments.on("AggressiveHeap"):
        return
    if around.limit is None:
        size = f", {human(heap.expected)}" if isinstance(heap, Heap) else ""
        message = f"neither a heap flag nor a limit: the JVM takes a quarter of the host's memory for its heap{size}; set a limit, or -Xmx"
        severity = Severity.INFO if around.platform == "compose" else Severity.WARNING
        yield Observation("default-heap", message, around.at, severity=severity)
    elif isinstance(heap, Heap) and settings.options.sees_limit:
        rest = around.limit.value - heap.expected
        spread = f" to {human(heap.high)}" if heap.high != heap.low else ""
        share = _fitting_share(settings, program, around)
        advice = (
            f"-XX:MaxRAMPercentage={share} would use it"
            if share * around.limit.value > heap.high * 100
            else "-XX:MaxRAMPercentage says how much it shall be"
        )
        message = (
            f"no flag sizes the heap: of {human(around.limit.value)} the JVM takes {human(heap.low)}{spread} for it ({heap.how}) and leaves"
            f" {human(rest)} to everything else; {advice}"
        )
        yield Observation("default-heap", message, around.at, severity=Severity.INFO)


# ---- MEM215, MEM216


def _survives(settings: Settings) -> Iterator[Observation]:
    arguments, found = settings.main.arguments, settings.main.launch
    if settings.start.kind != "direct" or found.main is None or found.gaps or settings.main.fails or settings.jdk.vendor != "hotspot":
        return
    if (
        any(arguments.on(name) for name in ("ExitOnOutOfMemoryError", "CrashOnOutOfMemoryError"))
        or "OnOutOfMemoryError" in arguments.values
    ):
        return
    deciding = arguments.values.get("MaxHeapSize") or arguments.values.get("MaxRAMPercentage")
    if deciding is None or not deciding.flag.given:
        return
    message = (
        f"when the heap of {_size_of(settings)} is full, the thread that notices gets an OutOfMemoryError and the JVM goes on, crippled:"
        " with -XX:+ExitOnOutOfMemoryError it ends, and the container is started anew"
    )
    wanted = f"{deciding.flag.text} -XX:+ExitOnOutOfMemoryError"
    fix = _mend(deciding.flag, wanted, "add -XX:+ExitOnOutOfMemoryError") if deciding.flag.spaced else None
    yield Observation("survives-oom-error", message, deciding.flag.at, (), Confidence.MEDIUM, Severity.INFO, fix)


def _size_of(settings: Settings) -> str:
    heap = settings.options.heap
    return human(heap.expected) if isinstance(heap, Heap) else "a size that cannot be known"


def _dump(settings: Settings, around: Surroundings) -> Iterator[Observation]:
    arguments = settings.main.arguments
    dump = arguments.values.get("HeapDumpOnOutOfMemoryError")
    if dump is None or not dump.value or not dump.flag.given or settings.main.fails:
        return
    place = arguments.values.get("HeapDumpPath")
    written = str(place.value) if place is not None else ""
    path = in_container(around, written or ".")
    if path is None and written:
        return
    flag = place.flag if place is not None and place.flag.given else dump.flag
    mount = _mount_of(path, around.mounts) if path is not None else None
    size = ("up to " if isinstance(settings.options.heap, Heap) else "") + _size_of(settings)
    where = written or "the working directory"
    if mount is None:
        message = f"a heap dump of {size} goes to {where}, into the container's own layer, and is lost with it; mount a volume and name it in -XX:HeapDumpPath"
        yield Observation("heap-dump-nowhere", message, flag.at, (), _sure(settings), Severity.INFO)
    elif mount.memory:
        message = f"a heap dump of {size} goes to {where}, which is memory: it is charged to the limit, and the OOM killer ends the JVM while it writes"
        note = Note(mount.origin.span, f"{mount.target} is held in memory")
        yield Observation("heap-dump-nowhere", message, flag.at, (note,), _sure(settings), Severity.WARNING)


def _mount_of(path: str, mounts: tuple[Mount, ...]) -> Mount | None:
    """Return the mount that a path lies in: the longest target that is its beginning."""
    inside = [mount for mount in mounts if path == mount.target or path.startswith(mount.target.rstrip("/") + "/")]
    return max(inside, key=lambda mount: len(posixpath.normpath(mount.target)), default=None)


# ---- MEM217, MEM219


def _by_reference(settings: Settings, program: Program, around: Surroundings) -> Iterator[Observation]:
    absolute = settings.main.arguments.values.get("MaxHeapSize")
    if absolute is None or open_gap(settings.main.launch) is not None:
        return
    source = _reference(absolute.flag.origin)
    if source is None:
        return
    heap = absolute.number
    notes = (Note(source.span, "the limit is handed over here"),) if source.span != absolute.flag.at else ()
    if around.limit is None:
        message = f"{absolute.flag.text} comes from the container's limit, and there is none: the value is the node's whole memory"
        yield Observation("heap-equals-limit-by-reference", message, absolute.flag.at, notes, severity=Severity.ERROR)
    elif isinstance(around.limit, Unknown) or heap * 20 >= around.limit.value * 19:
        limit = f" of {human(around.limit.value)}" if isinstance(around.limit, Known) else ""
        share = _fitting_share(settings, program, around)
        advice = f"use -XX:MaxRAMPercentage={share}.0 instead" if share else "raise the limit, and take a share of it"
        message = f"{absolute.flag.text} is the container's own limit{limit}, by reference: nothing is left for metaspace, threads and buffers; {advice}"
        fix = _mend_expanded(absolute.flag, program, f"-XX:MaxRAMPercentage={share}.0", f"take {share} % of the limit") if share else None
        yield Observation("heap-equals-limit-by-reference", message, absolute.flag.at, notes, severity=Severity.ERROR, fix=fix)


def _mend_expanded(flag: Flag, program: Program, text: str, title: str) -> Fix | None:
    """Return the edit that puts `text` in the place of a flag that Kubernetes expands: only where the flag is a value of its own."""
    value = program.env.get(flag.source)
    if isinstance(value, Known):
        alone = value.value == flag.text
    else:
        alone = flag.word.value == flag.text and sum(word.origin is not None and word.origin.span == flag.at for word in program.words) == 1
    if not alone or flag.at.start == flag.at.end:
        return None
    return Fix(title, Safety.UNSAFE, (Edit(flag.at.path, flag.at.start, flag.at.end, f'"{text}"'),))


def _fitting_share(settings: Settings, program: Program, around: Surroundings) -> int:
    """Return the share of the limit in percent that a heap may take, 75 at most, 0 where none fits or the limit is not known."""
    from memlint.runtimes.jvm.applications import detect
    from memlint.runtimes.jvm.bill import largest_heap

    if not isinstance(around.limit, Known) or program.copies > 1:
        return 0
    options = settings.options
    limit: int = around.limit.value
    return min(75, largest_heap(options, around, detect(program, around, options), limit) * 100 // limit // 5 * 5)


def _reference(origin: Origin) -> Origin | None:
    """Return the place at which the downward API hands the limit over, where a value comes from it."""
    if BY_REFERENCE in origin.how:
        return origin
    return next((found for other in origin.via if (found := _reference(other)) is not None), None)


def _above_request(settings: Settings, around: Surroundings) -> Iterator[Observation]:
    heap, request, limit = settings.options.heap, around.request, around.limit
    if around.platform != "kubernetes" or not isinstance(heap, Heap) or not isinstance(request, Known) or request.value <= 0:
        return
    if heap.low <= request.value or (isinstance(limit, Known) and limit.value <= request.value):
        return
    at = heap.origin.span if heap.origin is not None else around.at
    message = (
        f"the heap may grow to {human(heap.expected)} ({heap.how}), but only {human(request.value)} are requested: what is above the request is"
        " first to be evicted when the node runs short"
    )
    yield Observation("heap-above-request", message, at, (Note(request.origin.span, "requested here"),), _sure(settings), Severity.INFO)


def _stack_unit(settings: Settings) -> Iterator[Observation]:
    stack = settings.main.arguments.values.get("ThreadStackSize")
    if stack is not None and stack.flag.text.startswith("-XX:ThreadStackSize=") and stack.number * KIB >= 64 * MIB:
        wanted = f"-Xss{stack.flag.text.partition('=')[2]}"
        message = f"{stack.flag.text} is {human(stack.number * KIB)} for each thread: the flag counts KiB; write {wanted}"
        fix = _mend(stack.flag, wanted, f"write {wanted}")
        yield Observation("bytes-without-unit", message, stack.flag.at, severity=Severity.WARNING, fix=fix)


# ---- MEM104

# With AlwaysPreTouch 448 MiB of heap lived in 512 MiB at 485, 512 MiB did not: some 35 MiB are there beside the heap before the program
# begins; 26 MiB is the JVM itself (measured on JDK 17 to 25 under memory cgroups, 2026-11).
_STARTED: Final = 30 * MIB


def _floor(settings: Settings, around: Surroundings) -> Iterator[Observation]:
    """Yield that the JVM is killed while it starts: AlwaysPreTouch writes to every page of the initial heap before the program begins."""
    heap, touch = settings.options.heap, settings.main.arguments.values.get("AlwaysPreTouch")
    if touch is None or not settings.options.always_pre_touch or settings.main.fails or not isinstance(heap, Heap):
        return
    if not isinstance(around.limit, Known) or heap.initial + _STARTED <= around.limit.value:
        return
    message = (
        f"{touch.flag.text} writes to all {human(heap.initial)} of the initial heap at the start, and the JVM itself holds some {human(_STARTED)}:"
        f" the container is killed at {human(around.limit.value)} before the first line of the program runs"
    )
    yield Observation(
        "limit-below-floor", message, around.limit.origin.span, (Note(touch.flag.at, "every page is written here"),), _sure(settings)
    )


# ---- MEM507


def _unshared(settings: Settings) -> Iterator[Observation]:
    """Yield that the class data archive is switched off."""
    told = [flag for flag in settings.main.launch.flags if flag.text.startswith("-Xshare:") and flag.given]
    if told and told[-1].text == "-Xshare:off" and settings.jdk.vendor == "hotspot" and not settings.main.fails:
        message = (
            "-Xshare:off switches the class data archive off: 12 to 17 MiB of classes that all JVMs of one image share as pages of one file, and that"
            " cost each its own metaspace now (measured on JDK 17); leave the flag out"
        )
        yield Observation("sharing-missed", message, told[-1].at, fix=_mend(told[-1], "", "drop -Xshare:off"))
