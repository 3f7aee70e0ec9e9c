"""What a HotSpot JVM of one version makes of its flags: the values it ends with, or the words with which it refuses to start.

Grammar and messages as in arguments.cpp of 8u, 11u, 17u and 26u, and held against JVMs of eight versions (jvm.md 4.3, 4.4).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from operator import add

from memlint.api import KIB, MIB, Span, human
from memlint.patterns import pattern
from memlint.quantity import QuantityError
from memlint.quantity import jvm as size_in_bytes
from memlint.records import NamedTuple
from memlint.runtimes.jvm.flag_table import FlagInfo, look_up, names
from memlint.runtimes.jvm.flags import JDK_JAVA_OPTIONS, Flag
from memlint.runtimes.jvm.options import Version

_EXABYTES = 1 << 64


class Setting(NamedTuple):
    """The value that a flag ends with, and the word that gave it."""

    value: int | float | bool | str
    flag: Flag

    @property
    def number(self) -> int:
        return int(self.value)


class Refusal(NamedTuple):
    """Why the JVM does not start. `replacement` is the text that would mend `flag`, "" to drop it, None where nobody can tell."""

    message: str  # the JVM's own words
    flag: Flag
    advice: str = ""
    replacement: str | None = None
    related: tuple[tuple[Span, str], ...] = ()


class Arguments:
    """The flags of one JVM after parsing. `given` keeps every assignment in order, `values` the last one of each flag."""

    __slots__ = ("agents", "given", "ignored", "interpreted", "properties", "refusals", "values", "version")

    def __init__(self, version: Version, interpreted: bool = False) -> None:
        self.version = version
        self.values: dict[str, Setting] = {}
        self.given: list[tuple[str, Setting]] = []
        self.refusals: list[Refusal] = []
        self.ignored: list[tuple[str, Flag]] = []
        self.properties: dict[str, str] = {}
        self.agents: list[str] = []
        self.interpreted = interpreted

    @property
    def major(self) -> int:
        return self.version.major

    def set(self, name: str, value: float | bool | str, flag: Flag) -> None:
        setting = Setting(value, flag)
        self.values[name] = setting
        self.given.append((name, setting))

    def refuse(
        self, message: str, flag: Flag, advice: str = "", replacement: str | None = None, related: tuple[tuple[Span, str], ...] = ()
    ) -> None:
        self.refusals.append(Refusal(message, flag, advice, replacement, related))

    def of(self, flags: Mapping[int, Flag]) -> "Arguments":
        """Return the same of other flags with the same texts; `flags` has them by the identity of those that were read."""
        made = Arguments(self.version, self.interpreted)
        made.values = {name: Setting(setting.value, flags[id(setting.flag)]) for name, setting in self.values.items()}
        made.given = [(name, Setting(setting.value, flags[id(setting.flag)])) for name, setting in self.given]
        made.refusals = self.refusals  # none: what is refused speaks of places
        made.ignored = [(name, flags[id(flag)]) for name, flag in self.ignored]
        made.properties, made.agents = self.properties, self.agents
        return made

    def number(self, name: str) -> int | None:
        setting = self.values.get(name)
        return setting.number if setting is not None else None

    def share(self, name: str) -> float | None:
        setting = self.values.get(name)
        return float(setting.value) if setting is not None else None

    def on(self, name: str, default: bool = False) -> bool:
        setting = self.values.get(name)
        return bool(setting.value) if setting is not None else default


def parse(version: Version, flags: Iterable[Flag]) -> Arguments:
    """Read flags in the order of their precedence, lowest first, as a JVM of this version does. Never raises."""
    arguments = Arguments(version)
    ordered = list(flags)
    lenient = _ignores_unknown(ordered, version.major)
    unlocked: set[str] = set()
    for flag in ordered:
        _one(arguments, flag, lenient, unlocked)
    return arguments


def _ignores_unknown(flags: Sequence[Flag], major: int) -> bool:
    """Return whether unknown options are passed over; JDK 8 looks for that on the command line only."""
    state = False
    for flag in flags:
        if major <= 8 and not flag.on_command_line:
            continue
        if flag.text == "-XX:+IgnoreUnrecognizedVMOptions":
            state = True
        elif flag.text == "-XX:-IgnoreUnrecognizedVMOptions":
            state = False
    return state


def _one(arguments: Arguments, flag: Flag, lenient: bool, unlocked: set[str]) -> None:
    text = flag.text
    launcher = flag.on_command_line or flag.source == JDK_JAVA_OPTIONS
    if launcher and text.startswith(("-mx", "-ms", "-ss")):
        text = "-X" + text[1:]  # the launcher's translation, java.c AddOption
    if text.startswith("-D"):
        name, _, value = text[2:].partition("=")
        arguments.properties[name] = value
    elif text.startswith("-javaagent:"):
        arguments.agents.append(text[11:].partition("=")[0])
    elif text.startswith(("-Xmx", "-XX:MaxHeapSize=")):
        _size(arguments, flag, text, "MaxHeapSize", "Invalid maximum heap size: {}", "-Xmx", least=1)
    elif text.startswith("-Xms"):
        _size(arguments, flag, text, "InitialHeapSize", "Invalid initial heap size: {}", "-Xms", also="MinHeapSize")
    elif text.startswith("-Xmn"):
        _size(arguments, flag, text, "NewSize", "Invalid initial young generation size: {}", "-Xmn", least=1, also="MaxNewSize")
    elif text.startswith("-Xss"):
        _stack(arguments, flag, text)
    elif text.startswith("-XX:ReservedCodeCacheSize=") or (text.startswith("-Xmaxjitcodesize") and arguments.major <= 26):
        prefix = "-Xmaxjitcodesize" if text.startswith("-Xm") else "-XX:ReservedCodeCacheSize="
        _size(arguments, flag, text, "ReservedCodeCacheSize", "Invalid maximum code cache size: {}.", prefix, least=1)
    elif text.startswith(("-Xmaxf", "-Xminf")):
        _ratio(arguments, flag, text)
    elif text.startswith("-XX:"):
        _flag(arguments, flag, text[4:], lenient, unlocked)
    else:
        _other(arguments, flag, text, lenient, launcher)


# ---- sizes


def _amount(text: str, major: int) -> int | None:
    """Return the bytes of a size, None where the JVM refuses it. JDK 8 takes no hexadecimal."""
    if major <= 8 and text[:2].lower() == "0x":
        return None
    try:
        return size_in_bytes(text)
    except QuantityError:
        return None


_ALMOST = pattern(r"^[=+]?\s*(\d+(?:[.,]\d+)?)\s*+([kKmMgGtT]?)(?:[iI]?[bB]?)\s*;?$", re.ASCII)


def mended_size(text: str) -> str | None:
    """Return what was meant by a size that the JVM refuses: `512MB` and `512Mi` are `512m`, `1.5g` is `1536m`."""
    match = _ALMOST.match(text)
    if match is None or len(text) > 30:
        return None
    number, unit = match[1].replace(",", "."), match[2].lower()
    if "." not in number:
        return number + unit
    smaller = {"g": "m", "m": "k", "t": "g"}.get(unit)
    exact = float(number) * 1024
    return f"{int(exact)}{smaller}" if smaller is not None and exact == int(exact) else None


def _size(
    arguments: Arguments, flag: Flag, text: str, name: str, message: str, prefix: str, *, least: int = 0, also: str | None = None
) -> None:
    prefix = "-XX:MaxHeapSize=" if text.startswith("-XX:MaxHeapSize=") else prefix
    written = text.removeprefix(prefix)
    amount = _amount(written, arguments.major)
    if amount is None or amount < least:
        arguments.refuse(message.format(text), flag, *_advice(flag, written, prefix))
        return
    if amount or name == "MaxHeapSize":
        arguments.set(name, amount, flag)
        if also is not None:
            arguments.set(also, amount, flag)


def _advice(flag: Flag, written: str, prefix: str) -> tuple[str, str | None]:
    share = re.match(r"^\s*(\d{1,3}(?:\.\d+)?)\s*%$", written, re.ASCII)
    if share is not None and prefix in ("-Xmx", "-XX:MaxHeapSize="):
        text = f"-XX:MaxRAMPercentage={float(share[1]):.1f}"
        return f"write {text}", text
    mended = mended_size(written)
    if mended is None or flag.text != prefix + written:
        return "a size is a whole number with k, m, g, t or nothing behind it", None
    return f"write {prefix}{mended}", prefix + mended


def _stack(arguments: Arguments, flag: Flag, text: str) -> None:
    written = text[4:]
    amount = _amount(written, arguments.major)
    least = 1000 if arguments.major <= 8 else 0
    if amount is None or amount < least:
        arguments.refuse(f"Invalid thread stack size: {text}", flag, *_advice(flag, written, "-Xss"))
    elif amount > 1 << 30:
        arguments.refuse(f"Invalid thread stack size: {text}", flag, "a stack is 1 GiB at most")
    else:
        arguments.set("ThreadStackSize", -(-amount // KIB), flag)


def _ratio(arguments: Arguments, flag: Flag, text: str) -> None:
    name = "MaxHeapFreeRatio" if text.startswith("-Xmaxf") else "MinHeapFreeRatio"
    share = _decimal(text[6:], 21)
    if share is None:
        arguments.refuse(f"Bad {'max' if text[2:5] == 'max' else 'min'} heap free ratio: {text}", flag)
    elif not 0 <= share <= 1:
        arguments.refuse(f"{text[:6]} value ({text[6:]}) is outside the allowed range [ 0.0 ... 1.0 ]", flag)
    else:
        arguments.set(name, int(share * 100), flag)


_DECIMAL_8 = pattern(r"^-?\d+\.\d+$", re.ASCII)
_DECIMAL_11 = pattern(r"^-?(?:\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|0[xX][0-9a-fA-F]+)$", re.ASCII)
_DECIMAL_21 = pattern(r"^[+-]?(?:0[xX][0-9a-fA-F]+|(?:\d++\.?\d*+|\.\d+)(?:[eE][+-]?\d+)?)$", re.ASCII)


def _decimal(text: str, major: int) -> float | None:
    """Return a percentage as a version reads it: 8 wants digits, a point and digits; 21 takes what strtod takes."""
    pattern = _DECIMAL_8 if major <= 8 else _DECIMAL_11 if major < 21 else _DECIMAL_21
    if not pattern.match(text) or len(text) > 60:
        return None
    number = float(int(text, 16)) if "x" in text.lower() else float(text)
    return number if abs(number) != float("inf") else None


# ---- -XX


_INTEGER = pattern(r"^(-?)(\d+|0[xX][0-9a-fA-F]+)([kKmMgGtT]?)$", re.ASCII)
_ALIASES = {"DefaultMaxRAMFraction": "MaxRAMFraction"}
_UNLOCKS = {"UnlockExperimentalVMOptions": "experimental", "UnlockDiagnosticVMOptions": "diagnostic"}


def _flag(arguments: Arguments, flag: Flag, text: str, lenient: bool, unlocked: set[str]) -> None:
    sign = text[:1] if text[:1] in ("+", "-") else ""
    name, equals, value = text[len(sign) :].partition("=")
    major = arguments.major
    update = arguments.version.update[1] if arguments.version.update is not None else None
    info = look_up(name, major, update)
    if name == "VMOptionsFile" and major <= 8:
        info = FlagInfo(name, "absent", "")
    if major <= 8 and info.kind == "absent" and _obsolete_prefix(name):
        return
    if info.kind in ("absent", "ignored", "unsure"):
        if info.kind == "absent" and not lenient:
            _unknown(arguments, flag, sign, text, name)
        elif info.kind == "ignored":
            arguments.ignored.append((name, flag))
        return
    if name in ("StartFlightRecording", "FlightRecorderOptions"):
        return
    if info.kind in ("experimental", "diagnostic") and info.kind not in unlocked and name not in _UNLOCKS:
        if not (lenient and major <= 8):
            unlock = f"-XX:+Unlock{info.kind.capitalize()}VMOptions"
            arguments.refuse(
                f"VM option '{name}' is {info.kind} and must be enabled via {unlock}.",
                flag,
                f"write {unlock} before it",
                f"{unlock} {flag.text}" if flag.spaced else None,
            )
        return
    parsed = _value(arguments, flag, info, sign, equals, value, text, lenient)
    if parsed is None:
        return
    if name in _UNLOCKS:
        if parsed:
            unlocked.add(_UNLOCKS[name])
        else:
            unlocked.discard(_UNLOCKS[name])
    if name in ("InitialHeapSize", "MinHeapSize") and parsed == 0:
        arguments.values.pop(name, None)  # zero asks for the default
        return
    arguments.set(_ALIASES.get(name, name), parsed, flag)


def _obsolete_prefix(name: str) -> bool:
    """Return whether JDK 8 takes a name for one of its obsolete flags: it compares no further than the flag's own length."""
    return name.startswith(("MaxPermSize", "PermSize", "MinPermHeapExpansion", "MaxPermHeapExpansion"))


def _value(
    arguments: Arguments, flag: Flag, info: FlagInfo, sign: str, equals: str, value: str, text: str, lenient: bool
) -> float | bool | str | None:
    """Return a flag's value, None where the JVM refuses it (noted) or passes it over."""
    fault, advice, replacement = _fault(arguments.major, info, sign, equals, value, text)
    if fault:
        if not (lenient and arguments.major <= 8):  # 8 then passes over whatever it cannot parse
            arguments.refuse(fault, flag, advice, replacement if flag.text.startswith("-XX:") else None)
        return None
    if info.type == "bool":
        return sign == "+"
    if info.type in ("ccstr", "ccstrlist", ""):
        return value
    if info.type == "double":
        return _decimal(value, arguments.major)
    return _integer(value, arguments.major)


def _fault(major: int, info: FlagInfo, sign: str, equals: str, value: str, text: str) -> tuple[str, str, str | None]:
    """Return the JVM's words against a value, advice and the mended flag; empty where it takes the value."""
    improper = f"Improperly specified VM option '{text.lstrip('+-')}'"
    name = info.name
    if info.type == "bool":
        if not sign:
            on = value.lower() not in ("false", "0", "no", "off")
            wanted = f"-XX:{'+' if on else '-'}{name}"
            return f"Missing +/- setting for VM option '{text}'", f"write {wanted}", wanted
        return (improper, f"write -XX:{sign}{name}", f"-XX:{sign}{name}") if equals else ("", "", None)
    if sign:
        plain = f"-XX:{name}={value}" if equals else None
        return f"Unexpected +/- setting in VM option '{name}{equals}{value}'", f"write -XX:{name}=…", plain
    if name == "NativeMemoryTracking" and value not in ("off", "summary", "detail") and (equals or major <= 11):
        return "Syntax error, expecting -XX:NativeMemoryTracking=[off|summary|detail]", "write summary", f"-XX:{name}=summary"
    if not equals:
        return improper, f"write -XX:{name}=…", None
    if info.type in ("ccstr", "ccstrlist", ""):
        return "", "", None
    if info.type == "double":
        return _double_fault(major, info, value, improper)
    return _integer_fault(major, info, value, improper)


def _double_fault(major: int, info: FlagInfo, value: str, improper: str) -> tuple[str, str, str | None]:
    number = _decimal(value, major)
    if number is None:
        meant = re.match(r"^\s*=?(\d{1,3}(?:[.,]\d*+)?)\s*+[%f;]*+\s*$", value, re.ASCII)
        if meant is None:
            return improper, "a percentage is written as 75.0", None
        wanted = f"-XX:{info.name}={float(meant[1].replace(',', '.')):.1f}"
        return improper, f"write {wanted}", wanted
    if info.low is not None and info.high is not None and not float(info.low) <= number <= float(info.high):
        text = f"double {info.name}={number:f} is outside the allowed range [ {float(info.low):f} ... {float(info.high):f} ]"
        return text, "", None
    return "", "", None


def _integer_fault(major: int, info: FlagInfo, value: str, improper: str) -> tuple[str, str, str | None]:
    number = _integer(value, major)
    if number is None or (number < 0 and info.type not in ("intx", "int")):
        if info.name == "MaxDirectMemorySize" and major <= 8:
            improper = f"Invalid maximum direct memory size: -XX:{info.name}={value}"
        mended = mended_size(value) if info.type in ("size_t", "uintx", "uint64_t") else None
        wanted = f"-XX:{info.name}={mended}" if mended is not None else None
        return improper, f"write {wanted}" if wanted else "", wanted
    if info.type in ("uint", "int") and major >= 21 and number >= 1 << (32 if info.type == "uint" else 31):
        return improper, "", None
    if info.low is not None and info.high is not None and not int(info.low) <= number <= int(info.high):
        return f"{info.type} {info.name}={number} is outside the allowed range [ {info.low} ... {info.high} ]", "", None
    return _range_of_8(info.name, number) if major <= 8 else "", "", None


def _integer(text: str, major: int) -> int | None:
    match = _INTEGER.match(text)
    if match is None or len(text) > 60 or (major <= 8 and text[:2].lower() == "0x"):
        return None
    minus, digits, unit = match.groups()
    number = (int(digits, 16) if digits[:2].lower() == "0x" else int(digits)) << {"": 0, "k": 10, "m": 20, "g": 30, "t": 40}[unit.lower()]
    if number >= _EXABYTES:
        return None
    return -number if minus else number


_RANGES_8 = {
    "CompressedClassSpaceSize": (MIB, 3 << 30), "MaxTenuringThreshold": (0, 15), "TargetSurvivorRatio": (0, 100),
    "MinHeapFreeRatio": (0, 100), "MaxHeapFreeRatio": (0, 100),
}  # fmt: skip


def _range_of_8(name: str, number: int) -> str:
    """Return the complaint of JDK 8 about a number out of its range (8u arguments.cpp check_vm_args_consistency)."""
    if name in _RANGES_8:
        low, high = _RANGES_8[name]
        if not low <= number <= high:
            if name.endswith("HeapFreeRatio"):
                return f"{name} must have a value between 0 and 100"
            return f"{name} of {number} is invalid; must be between {low} and {high}"
    if name in ("MaxRAMFraction", "DefaultMaxRAMFraction") and number < 1:
        return f"MaxRAMFraction of {number} is invalid; must be at least 1"
    return ""


def _unknown(arguments: Arguments, flag: Flag, sign: str, text: str, name: str) -> None:
    shown = text[len(sign) :]
    message = f"Unrecognized VM option '{shown}'"
    advice, replacement = _successor(arguments.major, text, name)
    if not advice:
        near = _similar(name, arguments.major)
        if near is not None:
            meant = f"-XX:{sign}{near}{text[len(sign) + len(name) :]}"
            advice, replacement = f"did you mean {meant}?", meant
    arguments.refuse(message, flag, advice, replacement if flag.text.startswith("-XX:") else None)


def _successor(major: int, text: str, name: str) -> tuple[str, str | None]:
    """Return what to write instead of a flag that is gone."""
    value = text.partition("=")[2]
    if name == "MaxPermSize":
        return (
            f"there is no permanent generation any more; metaspace is bounded by -XX:MaxMetaspaceSize={value}",
            f"-XX:MaxMetaspaceSize={value}",
        )
    if name == "PermSize":
        return "there is no permanent generation any more: drop it", ""
    if name == "UseCGroupMemoryLimitForHeap":
        return "the limit is read without it: drop it", ""
    if (
        name in ("MaxRAMFraction", "MinRAMFraction", "InitialRAMFraction")
        and re.fullmatch(r"[1-9]\d{0,3}", value, re.ASCII)
        and major >= 10
    ):
        wanted = f"-XX:{name.replace('Fraction', 'Percentage')}={100 / int(value):.1f}"
        return f"write {wanted}", wanted
    if name in ("UseConcMarkSweepGC", "UseParNewGC") or name.startswith(("CMS", "UseCMS")):
        return "CMS left with JDK 14; G1 is the default: drop it", ""
    if name == "UseParallelOldGC":
        return "write -XX:+UseParallelGC", "-XX:+UseParallelGC"
    if name == "ZGenerational":
        return "generational ZGC is the only one: drop it" if major >= 24 else "generational ZGC came with JDK 21: drop it", ""
    if name in ("AggressiveOpts", "UseBiasedLocking", "UseFastAccessorMethods", "UseSplitVerifier", "UseStringCache"):
        return "it is gone and needs no successor: drop it", ""
    if name.startswith(("PrintGC", "PrintTenuring", "PrintHeapAtGC", "UseGCLogFile", "NumberOfGCLogFiles", "GCLogFileSize")) and major >= 9:
        return "GC logging is -Xlog:gc* since JDK 9", None
    return "", None


@lru_cache(maxsize=256)
def _similar(name: str, major: int) -> str | None:
    """Return the flag that was probably meant, by the JVM's own measure: shared pairs of letters, at least 70 %."""
    if len(name) < 4 or len(name) > 80:
        return None
    lower = name.lower()
    best, score = None, 0.7
    pairs = frozenset(map(add, name, name[1:]))
    for other in names(major):
        if abs(len(other) - len(name)) > 12:
            continue
        if other.lower() == lower:
            return other
        alike = _alike(pairs, name, other)
        if alike > score:
            best, score = other, alike
    return best


def _alike(pairs: frozenset[str], one: str, other: str) -> float:
    """Return Dice's measure of two names over pairs of letters (17u stringUtils.cpp similarity); `pairs` are those of `one`."""
    hits = sum(map(pairs.__contains__, map(add, other, other[1:])))
    return 2.0 * hits / (len(one) + len(other))


# ---- the rest

_ANY = (8, 99)
# Options that are no -XX flags, by prefix: (first, last) major version that takes them; what needs no `=` or `:` must match as a whole.
_WHOLE = {
    "-Xint": _ANY, "-Xmixed": _ANY, "-Xcomp": _ANY, "-Xbatch": _ANY, "-Xrs": _ANY, "-Xdebug": _ANY, "-Xnoclassgc": _ANY, "-Xprof": _ANY,
    "-Xinternalversion": _ANY, "-Xshare:auto": _ANY, "-Xshare:off": _ANY, "-Xshare:on": _ANY, "-Xshare:dump": _ANY, "-Xfuture": (8, 24),
    "-Xconcgc": (8, 14), "-Xnoconcgc": (8, 14), "-Xincgc": (8, 8), "-Xnoincgc": (8, 8), "-Xusealtsigs": (8, 8), "-native": _ANY,
    "--enable-preview": (11, 99), "-Xlog": (9, 99), "-esa": _ANY, "-dsa": _ANY, "-enablesystemassertions": _ANY, "-disablesystemassertions": _ANY,
    "-ea": _ANY, "-da": _ANY, "-enableassertions": _ANY, "-disableassertions": _ANY, "-Xverify": _ANY, "-Xverify:all": _ANY,
    "-Xverify:remote": _ANY, "-Xverify:none": (8, 26), "-XX": (99, 99),
}  # fmt: skip
_STARTS = {
    "-verbose": _ANY, "-ea:": _ANY, "-da:": _ANY, "-enableassertions:": _ANY, "-disableassertions:": _ANY, "-Xloggc:": _ANY, "-Xlog:": (9, 99),
    "-Xrun": _ANY, "-Xcheck": _ANY, "-Xbootclasspath/a:": _ANY, "-Xbootclasspath/p:": (8, 8), "-Xbootclasspath:": (8, 8), "-Xoss": (8, 8),
    "-agentlib:": _ANY, "-agentpath:": _ANY, "-Xmaxjitcodesize": _ANY, "--add-reads=": (9, 99), "--add-exports=": (9, 99),
    "--add-opens=": (9, 99), "--add-modules=": (9, 99), "--limit-modules=": (9, 99), "--module-path=": (9, 99),
    "--upgrade-module-path=": (9, 99), "--patch-module=": (9, 99), "--illegal-access=": (9, 99), "--enable-native-access=": (16, 99),
    "--finalization=": (18, 99), "--sun-misc-unsafe-memory-access=": (23, 99), "--illegal-native-access=": (24, 99),
    "--enable-final-field-mutation=": (26, 99), "--illegal-final-field-mutation=": (26, 99),
}  # fmt: skip
# Options of the launcher alone: they work on the command line and in JDK_JAVA_OPTIONS, and are unknown in JAVA_TOOL_OPTIONS.
_LAUNCHER_WHOLE = {
    "-server": _ANY, "-client": _ANY, "-d64": (8, 9), "-Xdiag": _ANY, "-XshowSettings": _ANY, "-showversion": _ANY, "-version": _ANY,
    "--version": (9, 99), "--show-version": (9, 99), "-noverify": (8, 26), "-noclassgc": (8, 26), "--dry-run": (9, 99),
    "--validate-modules": (9, 99), "--show-module-resolution": (9, 99), "--list-modules": (9, 99), "-help": _ANY, "--help": (9, 99), "-h": _ANY,
    "-?": _ANY, "-X": _ANY, "--help-extra": (9, 99), "-fullversion": _ANY, "--full-version": (9, 99), "-jre-restrict-search": (8, 8),
    "-no-jre-restrict-search": (8, 8), "--disable-@files": (21, 99),
}  # fmt: skip
_LAUNCHER_STARTS = {
    "-splash:": _ANY,
    "-XshowSettings:": _ANY,
    "-Xdiag:": _ANY,
    "--class-path=": (9, 99),
    "--source=": (11, 99),
    "--describe-module=": (9, 99),
}


def _other(arguments: Arguments, flag: Flag, text: str, lenient: bool, launcher: bool) -> None:
    major = arguments.major
    if text == "-Xint":
        arguments.interpreted = True
    elif text in ("-Xmixed", "-Xcomp"):
        arguments.interpreted = False
    elif text == "-Xnoclassgc":
        arguments.set("ClassUnloading", False, flag)
    elif text in ("-Xconcgc", "-Xincgc") and _takes(_WHOLE, text, major):
        arguments.set("UseConcMarkSweepGC", True, flag)
    if _takes(_WHOLE, text, major) or _begins(_STARTS, text, major):
        return
    if launcher and (flag.joined or _takes(_LAUNCHER_WHOLE, text, major) or _begins(_LAUNCHER_STARTS, text, major)):
        return
    if text.startswith("-Xbootclasspath") and major >= 9:
        arguments.refuse(f"{text.partition(':')[0]} is no longer a supported option.", flag, "drop it", "")
    elif text.startswith("-green"):
        arguments.refuse("Green threads support not available", flag, "drop it", "")
    elif text.startswith("-Xverify"):
        if not lenient:
            arguments.refuse(f"Unrecognized verification option: {text}", flag, "drop it", "")
    elif text == "-d32" and major <= 9:
        arguments.refuse("This Java instance does not support a 32-bit JVM.", flag, "drop it", "")
    elif not lenient or (major <= 8 and not flag.on_command_line):
        advice, replacement = _meant(text, launcher, major)
        arguments.refuse(f"Unrecognized option: {text}", flag, advice, replacement)


def _takes(table: dict[str, tuple[int, int]], text: str, major: int) -> bool:
    first, last = table.get(text, (1, 0))
    return first <= major <= last


def _begins(table: dict[str, tuple[int, int]], text: str, major: int) -> bool:
    return any(text.startswith(start) and first <= major <= last for start, (first, last) in table.items())


def _meant(text: str, launcher: bool, major: int) -> tuple[str, str | None]:
    if re.match(r"^-xm[xsn]\d", text, re.IGNORECASE | re.ASCII):
        wanted = f"-X{text[2:4].lower()}{text[4:]}"
        return f"write {wanted}", wanted
    if text.startswith(("--X", "--D")):
        return f"write {text[1:]}", text[1:]
    if text.startswith(("-xx:", "-Xx:", "-xX:", "XX:", "Xmx", "Xms")):
        wanted = f"-{text.lstrip('-')[:2].upper()}{text.lstrip('-')[2:]}" if text[0] == "-" else f"-{text}"
        return f"write {wanted}", wanted
    if text in ("-d64", "-Xincgc"):
        return "drop it", ""
    if text.startswith("-Xlog") and major <= 8:
        return "JDK 8 logs collections with -Xloggc: and -XX:+PrintGCDetails", None
    if not launcher and (text in _LAUNCHER_WHOLE or text.startswith(("-cp", "-classpath", "-jar", "--add-", "@"))):
        return "it is an option of the java command; the variable takes those of the JVM only", None
    return "", None


# ---- what depends on several flags at once


def check(arguments: Arguments, collector: str, cpus: int) -> None:
    """Note what the JVM refuses once it has read all flags and chosen its collector (jvm.md 4.4); heap sizes are in `ergonomics`."""
    _check_stacks(arguments)
    _check_code_cache(arguments)
    _check_metaspace(arguments)
    _check_free_ratios(arguments, collector)
    _check_threads(arguments, collector, cpus)
    for name in ("NewRatio", "SurvivorRatio"):
        ratio = arguments.values.get(name)
        if ratio is not None and ratio.value == 0 and (collector != "G1" or name == "SurvivorRatio"):
            arguments.refuse("Invalid young gen ratio specified", ratio.flag)
    mode = arguments.values.get("ShenandoahGCMode")
    if mode is not None and mode.value == "generational" and collector == "Shenandoah" and arguments.major < 24:
        arguments.refuse("Unknown -XX:ShenandoahGCMode option", mode.flag, "generational Shenandoah came with JDK 24")
    interval = arguments.values.get("GCPauseIntervalMillis")
    pause = arguments.number("MaxGCPauseMillis") or 200
    if interval is not None and collector == "G1" and arguments.major >= 9 and interval.number <= pause:
        text = f"GCPauseIntervalMillis ({interval.number}) must be greater than MaxGCPauseMillis ({pause})"
        arguments.refuse(text, interval.flag)
    alignment = arguments.values.get("ObjectAlignmentInBytes")
    if alignment is not None and alignment.number & (alignment.number - 1):
        arguments.refuse(f"ObjectAlignmentInBytes={alignment.number} must be power of 2", alignment.flag)
    region = arguments.values.get("G1HeapRegionSize")
    if region is not None and 0 < region.number < MIB and arguments.major >= 28:
        text = f"G1HeapRegionSize ({region.number}) must be greater than or equal to ergonomic heap region minimum size (1M)"
        arguments.refuse(text, region.flag)
    archive = arguments.values.get("AutoCreateSharedArchive")
    if archive is not None and archive.value and "SharedArchiveFile" not in arguments.values:
        arguments.refuse("-XX:+AutoCreateSharedArchive requires -XX:SharedArchiveFile", archive.flag)


def _check_stacks(arguments: Arguments) -> None:
    stack = arguments.values.get("ThreadStackSize")
    least = 228 if arguments.major <= 8 else 136
    if stack is not None and 0 < stack.number < least:
        text = (
            f"The stack size specified is too small, Specify at least {least}k"
            if arguments.major <= 8
            else f"The Java thread stack size specified is too small. Specify at least {least}k"
        )
        unit = "" if stack.flag.text.startswith(("-Xss", "-ss")) else "-XX:ThreadStackSize counts KiB; "
        arguments.refuse(text, stack.flag, f"{unit}it is {human(stack.number * KIB)}")
    elif stack is not None and stack.number == 0 and arguments.major == 11 and stack.flag.text.startswith("-Xss"):
        arguments.refuse("Error occurred during initialization of VM", stack.flag)
    if arguments.major >= 11:
        for name, least in (("VMThreadStackSize", 64), ("CompilerThreadStackSize", 144)):
            other = arguments.values.get(name)
            if other is not None and 0 < other.number < least:
                arguments.refuse(f"The {name} specified is too small. Specify at least {least}k", other.flag)


def _check_code_cache(arguments: Arguments) -> None:
    reserved = arguments.values.get("ReservedCodeCacheSize")
    if reserved is None:
        return
    initial = arguments.number("InitialCodeCacheSize") or 2496 * KIB
    if reserved.number < initial:
        text = f"Invalid ReservedCodeCacheSize: {reserved.number // KIB}K. Must be at least InitialCodeCacheSize={initial // KIB}K."
        arguments.refuse(text, reserved.flag)
    elif reserved.number > 2048 * MIB:
        arguments.refuse(f"Invalid ReservedCodeCacheSize={reserved.number // MIB}M. Must be at most 2048M.", reserved.flag)


def _check_metaspace(arguments: Arguments) -> None:
    most = arguments.values.get("MaxMetaspaceSize")
    if most is None:
        return
    # 8 and 11 want room for the boot loader's first chunk (4 MiB and what goes with it); later ones die on the first classes.
    if arguments.major < 16 and most.number < 5 * MIB:
        arguments.refuse("MaxMetaspaceSize is too small.", most.flag, f"it is {human(most.number)}")
    elif most.number < 512 * KIB:
        arguments.refuse("OutOfMemoryError: Metaspace", most.flag, f"it is {human(most.number)}")


def _check_free_ratios(arguments: Arguments, collector: str) -> None:
    low, high = arguments.values.get("MinHeapFreeRatio"), arguments.values.get("MaxHeapFreeRatio")
    if low is None and high is None:
        return
    # The defaults are 40 and 70, but 0 and 100 for Parallel from 9 on and for G1 from 27 on.
    relaxed = (collector == "Parallel" and arguments.major >= 9) or (collector == "G1" and arguments.major >= 27)
    least = low.number if low is not None else 0 if relaxed else 40
    most = high.number if high is not None else 100 if relaxed else 70
    if least > most:
        setting = high or low
        assert setting is not None
        arguments.refuse(f"MinHeapFreeRatio ({least}) must be less than or equal to MaxHeapFreeRatio ({most})", setting.flag)


def _check_threads(arguments: Arguments, collector: str, cpus: int) -> None:
    parallel, concurrent = arguments.values.get("ParallelGCThreads"), arguments.values.get("ConcGCThreads")
    if parallel is not None and parallel.number == 0 and collector in ("Parallel", "G1"):
        arguments.refuse(f"{collector} GC can not use -XX:ParallelGCThreads=0", parallel.flag)
    elif concurrent is not None and collector == "G1" and arguments.major < 21:
        workers = parallel.number if parallel is not None and parallel.number else cpus if cpus <= 8 else 8 + (cpus - 8) * 5 // 8
        if concurrent.number > workers:
            text = f"ConcGCThreads ({concurrent.number}) must be less than or equal to ParallelGCThreads ({workers})"
            arguments.refuse(text, concurrent.flag)
    compilers = arguments.values.get("CICompilerCount")
    tiered = arguments.on("TieredCompilation", True) and arguments.number("TieredStopAtLevel") not in (0, 1) and not arguments.interpreted
    if compilers is not None and compilers.number < 2 and tiered:
        text = f"CICompilerCount of {compilers.number} is invalid; must be at least 2"
        arguments.refuse(text if arguments.major <= 8 else f"CICompilerCount ({compilers.number}) must be at least 2", compilers.flag)
