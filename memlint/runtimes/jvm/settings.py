"""The join of a program's flags with its surroundings: what each JVM that may run there makes of them, and what that comes to."""

import re
from collections.abc import Iterable, Sequence

from memlint.api import GIB, KIB, MIB, Confidence, Known, Origin, Program, Surroundings, Unknown, Word, human
from memlint.patterns import pattern
from memlint.quantity import QuantityError
from memlint.quantity import jvm as size_in_bytes
from memlint.records import NamedTuple
from memlint.runtimes.common import base_name, references
from memlint.runtimes.jvm import ergonomics
from memlint.runtimes.jvm.arguments import Arguments, Refusal, check, parse
from memlint.runtimes.jvm.ergonomics import DEFAULT_HEAP, Sizes
from memlint.runtimes.jvm.flags import Flag, Gap, Launch, grammar, heap_flags, launch, limits_heap, split
from memlint.runtimes.jvm.options import Heap, JvmOptions, Version
from memlint.runtimes.jvm.variables import Script, given, option_like, script_of, size_like
from memlint.runtimes.jvm.versions import Jdk, clamps_limit, find, sees_limit

_JAVA = frozenset(["java", "java.exe", "javaw"])
OWN_VARIABLES = frozenset(["JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "OPENJ9_JAVA_OPTIONS", "IBM_JAVA_OPTIONS"])
_ONLINE = 4  # processors of a host that nobody named


class Start(NamedTuple):
    """How the JVM is started. `kind`: "direct" (argv is java itself), "script" (a known one), "assumed" (some script of a Java image)."""

    kind: str
    words: tuple[Word, ...] = ()  # from java on, where argv shows it
    script: Script | None = None
    before: tuple[Flag | Gap, ...] = ()


class Candidate:
    """One version that may run, and what it makes of everything."""

    __slots__ = ("_arguments", "_twin", "collector", "cpus", "launch", "memory", "sees", "sizes", "version")

    def __init__(
        self, version: Version, launch: Launch, arguments: Arguments | None, collector: str, cpus: int, sees: dict[int, bool]
    ) -> None:
        self.version = version
        self.launch = launch
        self._arguments = arguments
        self._twin: Candidate | None = None
        self.collector = collector
        self.cpus = cpus
        self.sees = sees  # cgroup version -> whether it reads the limit
        self.sizes: dict[int, Sizes | None] = {}  # None: depends on a memory that is not known
        self.memory: dict[int, int | None] = {}  # what it takes for the machine's memory

    def of(self, version: Version, launch: Launch) -> "Candidate":
        """Return the same of another launch with the same texts, and no refusals."""
        made = Candidate(version, launch, None, self.collector, self.cpus, self.sees)
        made.sizes, made.memory, made._twin = self.sizes, self.memory, self
        return made

    @property
    def arguments(self) -> Arguments:
        """What the version makes of the flags."""
        if self._arguments is None:
            assert self._twin is not None
            pairs = zip(self._twin.launch.flags, self.launch.flags, strict=True)
            self._arguments = self._twin.arguments.of({id(theirs): ours for theirs, ours in pairs})
        return self._arguments

    @property
    def refusals(self) -> list[Refusal]:
        return self.arguments.refusals if self._twin is None else []

    @property
    def fails(self) -> bool:
        return bool(self.refusals or self.launch.faults)


_Key = tuple[object, ...]
_CANDIDATES: dict[_Key, Candidate] = {}  # those that start: many containers have the same flags under the same limits
_MOST_CANDIDATES = 4096


class Settings(NamedTuple):
    jdk: Jdk
    start: Start
    candidates: tuple[Candidate, ...]
    options: JvmOptions

    @property
    def main(self) -> Candidate:
        """The newest version that starts, else the newest."""
        return next((one for one in reversed(self.candidates) if not one.fails), self.candidates[-1])


def read(program: Program, around: Surroundings) -> Settings | None:
    """Return the settings of the JVM that a program is or starts, None where it is none."""
    jdk = find(program, around)
    start = _start(program, around, jdk)
    if start is None:
        return None
    launches: dict[int, tuple[Launch, _Key]] = {}
    surroundings = _key(jdk, around)
    candidates: list[Candidate] = []
    for version in jdk.versions:
        oldest = grammar(version.major)
        if oldest not in launches:
            found = _launch(version, jdk, start, program, around)
            launches[oldest] = found, tuple((flag.text, flag.source, flag.joined, flag.passed) for flag in found.flags)
        candidates.append(_known(version, jdk, *launches[oldest], around, surroundings))
    options = _options(jdk, start, candidates, around)
    return Settings(jdk, start, tuple(candidates), options)


# ---- how it starts


def _start(program: Program, around: Surroundings, jdk: Jdk) -> Start | None:
    words = program.words
    script = script_of(program, around)
    for index, word in enumerate(words[:4]):
        name = base_name(word)
        if name in _JAVA:
            before = tuple(given(script, program, around, jdk.versions[-1].major)) if script is not None and index else ()
            return Start("direct", words[index:], script if index else None, before)
        if not _passes_on(word, name):
            break
    if script is not None:
        return Start("script", (), script, tuple(given(script, program, around, jdk.versions[-1].major)))
    if _evident(program, around, jdk) and _may_start(program, around):
        return Start("assumed", (), None, (*_assumed(program), *_calculated(program, around)))
    return None


def _passes_on(word: Word, name: str) -> bool:
    """Return whether a word only starts what follows it: an init, an entrypoint, `env A=b`, an option of one of these."""
    return (
        name.endswith(".sh")
        or "entrypoint" in name
        or name in ("tini", "dumb-init", "env", "exec", "gosu", "su-exec", "catchsegv")
        or name.startswith("-")
        or (isinstance(word, Known) and re.match(r"^[A-Za-z_]\w*=", word.value) is not None)
    )


def _evident(program: Program, around: Surroundings, jdk: Jdk) -> bool:
    """Return whether something says that a JVM runs here, though the command does not."""
    image = around.image
    if image is not None and image.runtime is not None and image.runtime.startswith(("jvm", "java", "openj9")):
        return True
    if any(name in program.env for name in ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")):
        return True
    if any(isinstance(value, Known) and name not in _BUILD_TOOLS and heap_flags(value) for name, value in program.env.items()):
        return True
    return jdk.known and any(version.why.startswith("image ") for version in jdk.versions)


_BUILD_TOOLS = frozenset(("MAVEN_OPTS", "GRADLE_OPTS", "SBT_OPTS", "ANT_OPTS", "LEIN_JVM_OPTS"))  # of a JVM that a build may start
_ELSEWHERE = pattern(r"^(?:/usr/local/s?bin|/usr/s?bin|/s?bin|/usr/lib)/[^/]*$", re.ASCII)

# What runs these words starts no JVM, whatever the variables say.
_TOOLS = frozenset((
    "awk", "cat", "chmod", "chown", "cp", "curl", "echo", "false", "git", "grep", "helm", "kubectl", "ls", "mkdir", "mv", "mysql", "nc", "nginx",
    "node", "npm", "perl", "php", "ping", "psql", "python", "python3", "redis-cli", "rm", "ruby", "sed", "sleep", "sysctl", "tail", "tar", "test",
    "touch", "true", "wget", "yarn",
))  # fmt: skip


def _may_start(program: Program, around: Surroundings) -> bool:
    """Return whether a program that is no java may start one: the image's own entrypoint, or a script of the application.

    Of an image that nobody knows the words may be arguments for its entrypoint.
    """
    if not program.words:
        return True
    first = program.words[0]
    if isinstance(first, Unknown):
        return False
    name = base_name(first)
    if name.endswith(".sh") or "entrypoint" in name or (around.image is None and "/" not in first.value and name not in _TOOLS):
        return True
    return "/" in first.value and _ELSEWHERE.match(first.value) is None and not name.endswith((".py", ".js", ".rb", ".pl", ".php"))


def _assumed(program: Program) -> Iterable[Flag | Gap]:
    """Yield the options in variables that a start script expands by custom."""
    for name, value in program.env.items():
        if name in OWN_VARIABLES or name in _BUILD_TOOLS:
            continue
        if isinstance(value, Unknown):
            if option_like(name) or size_like(name):
                yield Gap(f"{name} cannot be known: {value.why}", name, value.origin, value.optional)
        elif value is not None and (option_like(name) or heap_flags(value)):
            for token in split(value):
                yield Flag(token.text, token.known, name, spaced=True)
        elif value is not None and size_like(name) and _plain_size(value.value):
            yield Gap(f"{name}={value.value} may size the heap: the image's script is not known", name, value.origin)


def _calculated(program: Program, around: Surroundings) -> Iterable[Gap]:
    """Yield that Paketo's images reckon -Xmx when they start, from the limit and the classes in the image, unless it is given."""
    paketo = any(name.startswith("BPL_JVM_") for name in program.env) or any("paketo" in reference for reference in references(around))
    given_size = program.env.get("JAVA_TOOL_OPTIONS")
    if paketo and not (isinstance(given_size, Known) and any(token.text.startswith("-Xmx") for token in split(given_size))):
        yield Gap("Paketo's memory calculator sizes the heap when the container starts", "the memory calculator", None)


def _plain_size(text: str) -> bool:
    return re.fullmatch(r"\d+(?:\.\d+)?\s*[kKmMgG]?[iI]?[bB]?|\d{1,3}%", text.strip(), re.ASCII) is not None


# ---- one version


def _launch(version: Version, jdk: Jdk, start: Start, program: Program, around: Surroundings) -> Launch:
    before: Sequence[Flag | Gap] = start.before
    if jdk.vendor == "openj9":
        before = (*_openj9_variables(program), *before)
    words: Sequence[Word] = start.words or (Known("java", Origin(around.at, "assumed")),)
    found = launch(words, program, around, version.major, before)
    if start.script is not None and found.main is None and start.script.main:
        found.main = Known(start.script.main, Origin(around.at, start.script.who))
    return found


def _key(jdk: Jdk, around: Surroundings) -> _Key:
    """Return what beside the flags and its version decides about a JVM."""
    amounts = (around.limit, around.cpu_limit, around.cpu_request)
    told = (amount.value if isinstance(amount, Known) else "unknown" if amount is not None else None for amount in amounts)
    return (jdk.vendor, around.platform, around.cgroup, around.host_memory, *told)


def _known(version: Version, jdk: Jdk, found: Launch, flags: _Key, around: Surroundings, surroundings: _Key) -> Candidate:
    key = version.major, version.update, surroundings, flags
    twin = _CANDIDATES.get(key)
    if twin is not None:
        return twin.of(version, found)
    made = _candidate(version, jdk, found, around)
    if not made.refusals and len(_CANDIDATES) < _MOST_CANDIDATES:
        _CANDIDATES[key] = made
    return made


def _candidate(version: Version, jdk: Jdk, found: Launch, around: Surroundings) -> Candidate:
    arguments = parse(version, found.flags) if jdk.vendor == "hotspot" else _parse_openj9(version, found.flags)
    cgroups = (around.cgroup,) if around.cgroup in (1, 2) else (1, 2)
    aware = arguments.on("UseContainerSupport", default=True)
    sees = {cgroup: aware and _sees(arguments, version, cgroup, jdk.vendor) for cgroup in cgroups}
    cpus = _processors(version, jdk.vendor, arguments, around, aware)
    candidate = Candidate(version, found, arguments, "", cpus, sees)
    for cgroup in cgroups:
        candidate.memory[cgroup] = _memory(version, cgroup, around, sees=sees[cgroup])
    known = [memory for memory in candidate.memory.values() if memory is not None]
    smallest = min(known) if len(known) == len(cgroups) else None
    if jdk.vendor == "openj9":
        candidate.collector = "OpenJ9"
        _size_openj9(candidate, around)
        return candidate
    candidate.collector = ergonomics.collector(arguments, smallest, cpus)
    check(arguments, candidate.collector, cpus)
    _size(candidate, around)
    return candidate


def _sees(arguments: Arguments, version: Version, cgroup: int, vendor: str) -> bool:
    if vendor == "hotspot" and cgroup == 1 and arguments.on("UseCGroupMemoryLimitForHeap"):
        return True
    return sees_limit(version, cgroup, vendor)


def _memory(version: Version, cgroup: int, around: Surroundings, *, sees: bool) -> int | None:
    """Return what a JVM takes for the machine's memory, None where that cannot be known."""
    if not sees or not isinstance(around.limit, Known):
        return around.host_memory  # of a limit that cannot be known it is the bound
    limit: int = around.limit.value
    host = around.host_memory
    if host is not None and host < limit and clamps_limit(version, cgroup):
        return host
    return limit


def _processors(version: Version, vendor: str, arguments: Arguments, around: Surroundings, aware: bool) -> int:
    said = arguments.number("ActiveProcessorCount") or 0
    if said > 0:
        return said
    quota = around.cpu_limit.value if isinstance(around.cpu_limit, Known) and around.cpu_limit.value > 0 else None
    online = max(_ONLINE, -(-(quota or 0) // 1000))
    if not aware:
        return online
    shares = None
    if around.platform == "kubernetes" and not isinstance(around.cpu_request, Unknown) and quota is None and around.cpu_limit is None:
        shares = max(2, around.cpu_request.value * 1024 // 1000) if around.cpu_request is not None else 2
    return ergonomics.processors(version, vendor, quota, shares, around.cgroup, online)


def _size(candidate: Candidate, around: Surroundings) -> None:
    arguments = candidate.arguments
    absolute = "MaxHeapSize" in arguments.values
    before = len(arguments.refusals)
    made: dict[int, ergonomics.Sizes] = {}
    for cgroup, memory in candidate.memory.items():
        seen = memory if memory is not None else 4 * GIB
        if seen not in made:
            del arguments.refusals[before:]  # each version of cgroups would note the same words
            made[seen] = ergonomics.heap(arguments, candidate.collector, seen)
        candidate.sizes[cgroup] = made[seen] if absolute or memory is not None else None
    largest = max((one.maximum for one in candidate.sizes.values() if one is not None), default=None)
    soft = arguments.values.get("SoftMaxHeapSize")
    if soft is not None and largest is not None and soft.number > largest:
        advice = f"the heap is {human(largest)} at most"
        arguments.refuse("SoftMaxHeapSize must be less than or equal to the maximum heap size", soft.flag, advice)
    first = next((one for one in candidate.sizes.values() if one is not None), None)
    if around.host_memory is not None and first is not None and not arguments.refusals:
        ergonomics.commit_refusal(arguments, first, around.host_memory)


# ---- OpenJ9


def _openj9_variables(program: Program) -> Iterable[Flag | Gap]:
    for name in ("IBM_JAVA_OPTIONS", "OPENJ9_JAVA_OPTIONS"):
        value = program.env.get(name)
        if isinstance(value, Unknown):
            yield Gap(f"{name} cannot be known: {value.why}", name, value.origin)
        elif value is not None:
            for token in split(value):
                yield Flag(token.text, token.known, name, spaced=True)


_OPENJ9_SIZES = {
    "-Xmx": "MaxHeapSize", "-Xms": "InitialHeapSize", "-Xmn": "NewSize", "-Xss": "ThreadStackSize", "-Xsoftmx": "SoftMaxHeapSize",
    "-Xcodecachetotal": "ReservedCodeCacheSize", "-XX:MaxDirectMemorySize=": "MaxDirectMemorySize",
}  # fmt: skip


def _parse_openj9(version: Version, flags: Iterable[Flag]) -> Arguments:
    """Read what bears on memory; OpenJ9 passes over -XX options that it does not know."""
    arguments = Arguments(version)
    for flag in flags:
        text = flag.text
        if text.startswith("-D"):
            key, _, value = text[2:].partition("=")
            arguments.properties[key] = value
        elif text.startswith("-javaagent:"):
            arguments.agents.append(text[11:].partition("=")[0])
        elif text in ("-XX:-UseContainerSupport", "-XX:+UseContainerSupport"):
            arguments.set("UseContainerSupport", text[4] == "+", flag)
        elif text.startswith(("-XX:MaxRAMPercentage=", "-XX:InitialRAMPercentage=")):
            name, _, value = text[4:].partition("=")
            if re.fullmatch(r"\d{1,3}(?:\.\d{1,6})?", value, re.ASCII):
                arguments.set(name, float(value), flag)
        else:
            _openj9_size(arguments, flag, text)
    most, least = arguments.values.get("MaxHeapSize"), arguments.values.get("InitialHeapSize")
    if most is not None and least is not None and least.number > most.number:
        message = f"{least.flag.text} is above {most.flag.text}"
        arguments.refuse(message, least.flag, "", None, ((most.flag.at, f"{most.flag.text} here"),))
    return arguments


def _openj9_size(arguments: Arguments, flag: Flag, text: str) -> None:
    for prefix, name in _OPENJ9_SIZES.items():
        if text.startswith(prefix):
            try:
                amount = size_in_bytes(text[len(prefix) :])
            except QuantityError:
                return
            arguments.set(name, amount // KIB if name == "ThreadStackSize" else amount, flag)
            return


def _size_openj9(candidate: Candidate, around: Surroundings) -> None:
    arguments = candidate.arguments
    for cgroup, sees in candidate.sees.items():
        maximum, by = arguments.number("MaxHeapSize"), "MaxHeapSize"
        if maximum is None:
            by = "MaxRAMPercentage" if "MaxRAMPercentage" in arguments.values else ""
            if sees and isinstance(around.limit, Unknown):
                candidate.sizes[cgroup] = None
                continue
            limit = around.limit.value if sees and isinstance(around.limit, Known) else None
            maximum = ergonomics.openj9_heap(limit, around.host_memory, arguments.share("MaxRAMPercentage"))
        if maximum is None:
            candidate.sizes[cgroup] = None
        else:
            initial = arguments.number("InitialHeapSize") or 8 * MIB
            candidate.sizes[cgroup] = Sizes("OpenJ9", maximum, min(initial, maximum), by, small=False)


# ---- all versions together


def _options(jdk: Jdk, start: Start, candidates: Sequence[Candidate], around: Surroundings) -> JvmOptions:
    alive = [one for one in candidates if not one.fails] or list(candidates)
    main = alive[-1]
    arguments = main.arguments
    heap = _heap(jdk, start, alive, main, around)
    sees = {seen for one in alive for seen in one.sees.values()}
    return JvmOptions(
        vendor=jdk.vendor,
        versions=jdk.versions,
        cpus=main.cpus,
        collectors=tuple(dict.fromkeys(one.collector for one in reversed(alive))),
        heap=heap,
        sees_limit=next(iter(sees)) if len(sees) == 1 else None,
        max_metaspace=_bytes(arguments, "MaxMetaspaceSize"),
        compressed_class_space=_bytes(arguments, "CompressedClassSpaceSize"),
        reserved_code_cache=_code_cache(arguments),
        max_direct=_bytes(arguments, "MaxDirectMemorySize"),
        thread_stack=_stack(arguments),
        new_size=_bytes(arguments, "MaxNewSize") or _bytes(arguments, "NewSize"),
        always_pre_touch=arguments.on("AlwaysPreTouch"),
        tiered_stop_at=0 if arguments.interpreted else arguments.number("TieredStopAtLevel"),
        generational_z=main.version.major >= 24 or arguments.on("ZGenerational", main.version.major >= 23),
        native_memory_tracking=_tracks(arguments),
        agents=tuple(arguments.agents),
        properties=dict(arguments.properties),
        main=main.launch.main.value if main.launch.main is not None else None,
        condition=_condition(start),
        confidence=_confidence(start, main),
        heap_given=any(item.given and limits_heap(item.text) for item in main.launch.flags),
    )


def _condition(start: Start) -> str:
    if start.kind != "assumed":
        return ""
    names = dict.fromkeys(item.source for item in start.before if isinstance(item, Flag) and limits_heap(item.text))
    return f"a script of the image hands {' and '.join(names)} to a JVM" if names else "the image starts a JVM"


def _confidence(start: Start, main: Candidate) -> Confidence:
    if start.kind == "assumed":
        return Confidence.LOW
    return Confidence.MEDIUM if any(gap.optional for gap in main.launch.gaps) else Confidence.HIGH


def _bytes(arguments: Arguments, name: str) -> Known[int] | None:
    setting = arguments.values.get(name)
    return Known(setting.number, setting.flag.origin) if setting is not None and setting.number >= 0 else None


def _code_cache(arguments: Arguments) -> Known[int] | None:
    given_size = _bytes(arguments, "ReservedCodeCacheSize")
    tiered = arguments.values.get("TieredCompilation")
    if given_size is None and tiered is not None and not tiered.value:
        return Known(48 * MIB, tiered.flag.origin)
    return given_size


def _stack(arguments: Arguments) -> Known[int] | None:
    setting = arguments.values.get("ThreadStackSize")
    return Known(setting.number * KIB, setting.flag.origin) if setting is not None and setting.number > 0 else None


def _tracks(arguments: Arguments) -> bool:
    setting = arguments.values.get("NativeMemoryTracking")
    return setting is not None and setting.value in ("summary", "detail")


def _heap(jdk: Jdk, start: Start, alive: Sequence[Candidate], main: Candidate, around: Surroundings) -> Heap | Unknown:
    gap = open_gap(main.launch)
    if gap is not None:
        return Unknown(gap.why, gap.origin)
    answers: list[Sizes] = []
    for one in alive:
        for cgroup, sizes in one.sizes.items():
            if sizes is None:
                return _unknowable(one, cgroup, jdk, around)
            answers.append(sizes)
    latest = main.sizes[max(main.sizes)]
    assert latest is not None
    low, high = min(one.maximum for one in answers), max(one.maximum for one in answers)
    if start.kind == "assumed" and latest.by:
        low = min(low, _without_assumed(main))
    setting = main.arguments.values.get(latest.by) if latest.by else None
    if isinstance(around.limit, Unknown) and latest.by != "MaxHeapSize" and main.sees[max(main.sizes)]:
        low = min(low, latest.initial)  # a share of a limit that may be anything up to the host's memory
    return Heap(low, latest.maximum, high, latest.initial, setting.flag.origin if setting is not None else None, _how(latest, main, jdk))


def open_gap(found: Launch) -> Gap | None:
    """Return what cannot be known and may still decide the heap: nothing after it sets an absolute size.

    A variable that is handed on from a shell is taken for empty, as it most often is; the bill is less sure then.
    """
    for item in reversed(found.items):
        if isinstance(item, Gap):
            if item.optional:
                continue
            return item
        if item.text.startswith(("-Xmx", "-mx", "-XX:MaxHeapSize=")):
            return None
    return None


def _unknowable(one: Candidate, cgroup: int, jdk: Jdk, around: Surroundings) -> Unknown:
    if isinstance(around.limit, Unknown) and one.sees[cgroup]:
        return Unknown(f"the heap is a share of the limit, and the limit cannot be known: {around.limit.why}", around.limit.origin)
    if around.limit is not None and not one.sees[cgroup]:
        on = f" on cgroup v{cgroup}" if len(one.sees) > 1 and not all(seen is one.sees[cgroup] for seen in one.sees.values()) else ""
        return Unknown(
            f"JDK {jdk.text} does not see the limit{on} and takes a share of the host's memory, which is not known (--host-memory)"
        )
    return Unknown("without a limit the heap is a share of the host's memory, which is not known (--host-memory)")


def _without_assumed(main: Candidate) -> int:
    """Return the heap that there is if no script reads the variables after all."""
    own = [flag for flag in main.launch.flags if flag.source in OWN_VARIABLES]
    bare = parse(main.version, own)
    memory = main.memory[max(main.memory)]
    if memory is None:
        return max(sizes.maximum for sizes in main.sizes.values() if sizes is not None)
    return ergonomics.heap(bare, main.collector, memory).maximum


def _how(sizes: Sizes, main: Candidate, jdk: Jdk) -> str:
    memory = main.memory[max(main.memory)]
    of = f" of {human(memory)}" if memory is not None else ""
    if sizes.by:
        flag = main.arguments.values[sizes.by].flag
        whose = "" if flag.given else f", the {flag.origin.how}"
        return f"{flag.text}{of if 'RAMPercentage' in sizes.by or 'RAMFraction' in sizes.by else ''}{whose}"
    if jdk.vendor == "openj9":
        return f"default of OpenJ9{of}"
    if sizes.small:
        return f"default: 50 %{of}"
    if memory is not None and memory // 4 < DEFAULT_HEAP:
        return f"default: {human(DEFAULT_HEAP)}, the least above 250 MiB of memory"
    return f"default: 25 %{of}"
