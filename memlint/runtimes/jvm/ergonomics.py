"""The collector and the heap that a JVM gives itself, to the byte.

HotSpot: Arguments::set_heap_size and GCArguments::initialize_heap_flags_and_sizes (8u arguments.cpp:1792, 11u:1730, 17u:1636, 26u:1522;
17u gcArguments.cpp:110), held against starts of eight JDKs in memory cgroups (jvm.md 1.1). OpenJ9: GCExtensions.cpp:247
computeDefaultMaxHeapForJava and its manual. Native image: graal docs MemoryManagement.md (jvm.md 7).
"""

from memlint.api import GIB, KIB, MIB, human
from memlint.records import NamedTuple
from memlint.runtimes.jvm.arguments import Arguments, Setting
from memlint.runtimes.jvm.options import Version

DEFAULT_HEAP = 96 * MIB * 13 // 10 // 8 * 8  # what MaxHeapSize is before ergonomics (17u gc_globals.hpp:600)
_OLD_SIZE = 4 * MIB * 13 // 10 // 8 * 8
_NEW_SIZE = MIB * 13 // 10 // 8 * 8
_SERVER_MEMORY = 1792 * MIB  # with less, or with one processor, no server: Serial (17u os.cpp:1668)
_ADDRESSES = 1 << 47  # what a process can address on x86-64
_LARGEST_RAM = 128 * GIB  # the default of MaxRAM before 26 (x86-64, aarch64)

_COLLECTORS = {
    "UseSerialGC": "Serial", "UseParallelGC": "Parallel", "UseParallelOldGC": "Parallel", "UseG1GC": "G1", "UseConcMarkSweepGC": "CMS",
    "UseParNewGC": "ParNew", "UseZGC": "Z", "UseShenandoahGC": "Shenandoah", "UseEpsilonGC": "Epsilon",
}  # fmt: skip
_FLAG_OF = {"Serial": "UseSerialGC", "Parallel": "UseParallelGC", "G1": "UseG1GC"}


class Sizes(NamedTuple):
    """What one JVM of a known version does on a known machine; bytes. `by` is the flag that decides the largest heap, "" the default."""

    collector: str
    maximum: int
    initial: int
    by: str
    small: bool  # the rule for little memory: MinRAMPercentage decides, not MaxRAMPercentage


# ---- the collector


def collector(arguments: Arguments, memory: int | None, cpus: int) -> str:
    """Return the collector; notes the refusals of conflicting ones. `memory` None: not known, taken for large."""
    major = arguments.major
    chosen: dict[str, Setting] = {}
    for name, kind in _COLLECTORS.items():
        setting = arguments.values.get(name)
        if setting is not None and setting.value:
            chosen.setdefault(kind, setting)
    if _aggressive(arguments):
        chosen.setdefault("Parallel", arguments.values["AggressiveHeap"])
    if "ParNew" in chosen and ("CMS" in chosen or len(chosen) == 1):
        par_new = chosen.pop("ParNew")
        chosen.setdefault("CMS" if "CMS" in chosen else "Serial", par_new)
    if len(chosen) > 1:
        first, *others = list(chosen.values())
        last = others[-1]
        message = (
            "Conflicting collector combinations in option list; please refer to the release notes for the combinations allowed"
            if major <= 8
            else "Multiple garbage collectors selected"
        )
        related = tuple((setting.flag.at, f"{setting.flag.text} here") for setting in (first, *others[:-1]))
        arguments.refuse(message, last.flag, "keep one of " + " and ".join(one.flag.text for one in (first, *others)), None, related)
        return next(reversed(chosen))
    if chosen:
        return next(iter(chosen))
    kind = _default_collector(arguments, memory, cpus)
    off = arguments.values.get(_FLAG_OF[kind])
    if off is not None and not off.value and major >= 9:
        arguments.refuse("Garbage collector not selected (default collector explicitly disabled)", off.flag, "name a collector instead")
    return kind


def _default_collector(arguments: Arguments, memory: int | None, cpus: int) -> str:
    major = arguments.major
    if major >= 27:
        return "G1"  # JEP 523
    if arguments.on("NeverActAsServerClassMachine"):
        return "Serial"
    server = cpus >= 2 and (memory is None or memory >= _SERVER_MEMORY)
    if not server and not arguments.on("AlwaysActAsServerClassMachine"):
        return "Serial"
    return "Parallel" if major <= 8 else "G1"


def _aggressive(arguments: Arguments) -> bool:
    return arguments.on("AggressiveHeap")


# ---- the heap


def heap(arguments: Arguments, kind: str, memory: int) -> Sizes:
    """Return the sizes of the heap on a machine (or in a container) of `memory` bytes; notes what the JVM refuses."""
    major = arguments.major
    given_maximum = arguments.values.get("MaxHeapSize")
    initial_flag, minimum_flag = arguments.values.get("InitialHeapSize"), arguments.values.get("MinHeapSize")
    initial = initial_flag.number if initial_flag is not None else None
    minimum = minimum_flag.number if minimum_flag is not None else None
    new = arguments.number("NewSize")
    by, small = "MaxHeapSize", False
    if _aggressive(arguments):
        if memory < 256 * MIB:
            flag = arguments.values["AggressiveHeap"].flag
            arguments.refuse("You need at least 256mb of memory to use -XX:+AggressiveHeap", flag)
        if given_maximum is None:
            whole = max(min(memory // 2, memory - 160 * MIB), 0)
            aligned = _up(whole, 2 * MIB)
            return Sizes(kind, aligned, aligned, "AggressiveHeap", small=False)
        new = new if new is not None else given_maximum.number // 8 * 3
    ram = _ram(arguments, memory)
    if given_maximum is not None:
        maximum = given_maximum.number
    else:
        maximum, by, small = _ergonomic(arguments, kind, ram)
        floor = initial if initial is not None else minimum
        if floor is not None and floor > maximum:
            maximum, by = floor, "InitialHeapSize" if initial is not None else "MinHeapSize"
    old = arguments.number("OldSize") or _OLD_SIZE
    reasonable = min(old + (new if new is not None else _NEW_SIZE), maximum)
    if initial is None:
        share = int(ram * _share(arguments, "Initial", 1.5625 if major < 26 else 0.0) / 100)
        start = min(max(share, reasonable, minimum or 0), maximum)
    else:
        start = initial
    _refuse_sizes(arguments, maximum, initial_flag, minimum_flag)
    step = _alignment(arguments, kind, maximum, start)
    largest, start = _up(maximum, step), _up(start, step)
    _refuse_layout(arguments, kind, largest, step)
    if initial is not None or given_maximum is None:
        largest = max(largest, start)
    if given_maximum is None and kind in ("Serial", "Parallel", "CMS"):
        bounded = major >= 9 or "MaxNewSize" in arguments.values
        largest = _room_for_old(largest, new, arguments.number("OldSize"), major, bounded)
    return Sizes(kind, largest, min(start, largest), by, small)


def _ram(arguments: Arguments, memory: int) -> int:
    """Return what the percentages are taken of."""
    major = arguments.major
    most = arguments.number("MaxRAM")
    if major >= 26:
        if most is None and arguments.on("NeverActAsServerClassMachine") and major == 26:
            return GIB  # the emulated client machine
        return most if most is not None else memory
    if most is not None:
        return most
    return memory if major >= 13 and _has_ram_flag(arguments) else min(memory, _LARGEST_RAM)


_RAM_FLAGS = [f"{which}RAM{unit}" for which in ("Max", "Min", "Initial") for unit in ("Percentage", "Fraction")] + ["MaxRAM"]


def _has_ram_flag(arguments: Arguments) -> bool:
    return any(name in arguments.values for name in _RAM_FLAGS)


def _share(arguments: Arguments, which: str, default: float) -> float:
    """Return a percentage; a fraction counts only where no percentage is given."""
    percentage = arguments.share(f"{which}RAMPercentage")
    if percentage is not None:
        return percentage
    fraction = arguments.number(f"{which}RAMFraction")
    return 100.0 / fraction if fraction else default


def _ergonomic(arguments: Arguments, kind: str, ram: int) -> tuple[int, str, bool]:
    """Return the largest heap without -Xmx, the flag that decides it, and whether the rule for little memory does."""
    least = int(ram * _share(arguments, "Min", 50.0) / 100)
    share = int(ram * _share(arguments, "Max", 25.0) / 100)
    small = least < DEFAULT_HEAP
    maximum = least if small else max(share, DEFAULT_HEAP)
    which = "Min" if small else "Max"
    by = next((name for name in (f"{which}RAMPercentage", f"{which}RAMFraction", "MaxRAM") if name in arguments.values), "")
    bound = arguments.number("ErgoHeapSizeLimit")
    if bound and bound < maximum:
        maximum, by = bound, "ErgoHeapSizeLimit"
    oops = arguments.values.get("UseCompressedOops")
    if oops is None or oops.value:
        ceiling = _compressed_ceiling(arguments, kind)
        keep = arguments.major >= 13 and _has_ram_flag(arguments) and oops is None
        if maximum > ceiling and not keep:
            maximum = ceiling
    return maximum, by, small


def _compressed_ceiling(arguments: Arguments, kind: str) -> int:
    """Return the largest heap that starts at address 2 GiB and can be reached with 32-bit references."""
    step = arguments.number("ObjectAlignmentInBytes") or 8
    guard = (512 * MIB if 18 <= arguments.major <= 24 else 32 * MIB) if kind == "G1" else 2 * MIB
    return 4 * GIB * step - guard - 2 * GIB


def _refuse_sizes(arguments: Arguments, maximum: int, initial: Setting | None, minimum: Setting | None) -> None:
    given = arguments.values.get("MaxHeapSize")
    if given is not None and initial is not None and initial.number > given.number:
        arguments.refuse(
            "Initial heap size set to a larger value than the maximum heap size",
            initial.flag,
            f"{initial.flag.text} is above {given.flag.text}",
            _same_size(initial, given),
            ((given.flag.at, f"{given.flag.text} here"),),
        )
        return
    if given is not None and minimum is not None and minimum.number > given.number:
        message = "Incompatible minimum and maximum heap sizes specified"
        advice = f"{minimum.flag.text} is above {given.flag.text}"
        arguments.refuse(message, minimum.flag, advice, None, ((given.flag.at, f"{given.flag.text} here"),))
        return
    if initial is not None and minimum is not None and initial.number < minimum.number:
        message = "Incompatible minimum and initial heap sizes specified"
        arguments.refuse(message, minimum.flag, f"{minimum.flag.text} is above {initial.flag.text}")
    least = MIB if arguments.major <= 8 else 2 * MIB
    if maximum > _ADDRESSES and given is not None:
        arguments.refuse(f"Could not reserve enough space for {maximum // KIB}KB object heap", given.flag)
    deciding = given or initial
    if maximum < least and deciding is not None:
        arguments.refuse("Too small maximum heap", deciding.flag, _unit_advice(deciding))
    elif maximum < MIB:
        fallback = next((arguments.values[name] for name in _RAM_FLAGS if name in arguments.values), None)
        if fallback is not None:
            arguments.refuse("Too small maximum heap", fallback.flag)
    elif initial is not None and initial.number < MIB:
        arguments.refuse("Too small initial heap", initial.flag, _unit_advice(initial))


def _refuse_layout(arguments: Arguments, kind: str, maximum: int, step: int) -> None:
    """Note heaps too small for their own parts: regions of G1 and Shenandoah, an old generation above Serial's whole heap."""
    old = arguments.values.get("OldSize")
    absolute = arguments.values.get("MaxHeapSize")
    deciding = absolute or arguments.values.get("G1HeapRegionSize")
    message = "GC triggered before VM initialization completed"
    region = max(arguments.number("G1HeapRegionSize") or 0, MIB, step // 2)
    if kind == "G1" and maximum <= 2 * region and deciding is not None and arguments.major >= 9:
        arguments.refuse(message, deciding.flag, f"{human(maximum)} is too little for G1 with regions of {human(region)}")
    elif kind == "Shenandoah" and maximum < 10 * 256 * KIB and absolute is not None:
        text = f"Max heap size ({maximum // KIB}K) is too low to afford the minimum number of regions (10) of minimum region size (256K)"
        arguments.refuse(text, absolute.flag)
    elif old is not None and absolute is None and old.number > maximum and kind == "Serial" and 9 <= arguments.major <= 21:
        arguments.refuse(message, old.flag, f"without -Xmx the heap is {human(maximum)}")


def _unit_advice(setting: Setting) -> str:
    bare = setting.flag.text[-1:].isdigit()
    return f"without a unit it is {setting.number} bytes; {setting.flag.text}m would be MiB" if bare else f"it is {human(setting.number)}"


def _same_size(initial: Setting, maximum: Setting) -> str | None:
    """Return -Xms with the size of -Xmx, where both are written that way."""
    text = maximum.flag.text
    return f"-Xms{text[4:]}" if text.startswith("-Xmx") and initial.flag.text.startswith("-Xms") else None


def _alignment(arguments: Arguments, kind: str, maximum: int, initial: int) -> int:
    if kind == "G1":
        return max(2 * MIB, region_size(arguments.version, arguments.number("G1HeapRegionSize"), maximum, initial))
    if kind == "Shenandoah":
        return min(max(_power_below(maximum // 2048), 256 * KIB), 32 * MIB)
    if kind == "Epsilon":
        return 4 * KIB
    return 2 * MIB


def region_size(version: Version, given: int | None, maximum: int, initial: int) -> int:
    """Return the size of a G1 region: a power of two, rounded up from JDK 15 on (JDK-8241670), down before."""
    recent = version.major >= 15
    if given:
        size = max(given, MIB)
        most = 512 * MIB if version.major >= 18 else 32 * MIB
    else:
        size = max((maximum if recent else (maximum + initial) // 2) // 2048, MIB)
        most = 32 * MIB
    power = _power_below(size)
    if recent and power < size:
        power *= 2
    return min(power, most)


def _power_below(size: int) -> int:
    return 1 << (size.bit_length() - 1) if size > 0 else 0


def _room_for_old(maximum: int, new: int | None, old: int | None, major: int, bounded: bool) -> int:
    """Return the largest heap of a collector with two generations, which grows where the young one leaves the old one no room."""
    if new is None and old is None:
        return maximum
    young = new if new is not None else 1536 * KIB if major <= 8 else _NEW_SIZE
    young = (min(young, maximum - 512 * KIB) if bounded else young) // (512 * KIB) * (512 * KIB)
    least = old or (_OLD_SIZE if major <= 21 else 512 * KIB)
    return max(maximum, _up(young + least, 2 * MIB))


def _up(amount: int, step: int) -> int:
    return -(-amount // step) * step


def commit_refusal(arguments: Arguments, sizes: Sizes, host: int) -> None:
    """Note a heap that the kernel will not promise: what is committed at the start is above the host's memory.

    Parallel commits the bitmaps of its full collection for the whole heap: 1/32 of it up to 21, 1/64 from 25 on.
    """
    deciding = arguments.values.get("InitialHeapSize") or arguments.values.get("MaxHeapSize")
    if deciding is None:
        return
    tables = sizes.maximum // (32 if arguments.major <= 21 else 64) if sizes.collector == "Parallel" else 0
    for amount in (sizes.initial, tables):
        if amount > host:
            message = f"os::commit_memory failed for {amount} bytes; error='Cannot allocate memory'"
            arguments.refuse(message, deciding.flag, f"the host has {human(host)}")
            return


# ---- processors


def processors(version: Version, vendor: str, quota: int | None, shares: int | None, cgroup: int | None, online: int) -> int:
    """Return how many processors a JVM sees. `quota` in thousandths of a CPU, `shares` as the runtime sets cpu.shares; None: not set.

    Shares count up to 11.0.16, 17.0.4, and always in 8, where no quota is set (JDK-8281181).
    """
    from memlint.runtimes.jvm.versions import counts_shares

    if quota is not None and quota > 0:
        return max(1, min(online, -(-quota // 1000)))
    if shares is None or vendor != "hotspot" or not counts_shares(version):
        return online
    if cgroup == 1 and shares == 1024:
        return online  # 1024 is the default, read as "not set"
    if cgroup != 1:
        weight = 1 + (shares - 2) * 9999 // 262142
        shares = _shares_of_weight(weight)
        if weight == 100:
            return online
    return max(1, min(online, -(-shares // 1024)))


def _shares_of_weight(weight: int) -> int:
    """Return the CPU shares that a JVM makes of a cgroup v2 weight (17u cgroupV2Subsystem_linux.cpp)."""
    shares = (262142 * weight - 1) // 9999 + 2
    if shares <= 1024:
        return 1024
    below = shares // 1024 * 1024
    return below if shares - below <= below + 1024 - shares else below + 1024


# ---- OpenJ9 and native images


def openj9_heap(limit: int | None, host: int | None, share: float | None) -> int | None:
    """Return OpenJ9's largest heap without -Xmx, None where it depends on a host that is not known."""
    seen = limit if limit is not None and (host is None or limit < host) else None
    memory = seen if seen is not None else host
    if memory is None:
        return None
    if share is not None:
        return _percent(memory, share)
    if seen is not None:
        return min(max(seen // 2, seen - 512 * MIB), seen * 3 // 4)
    return min(max(min(memory // 2, 512 * MIB), memory // 4), 25 * GIB)


def native_image_heap(memory: int, percent: float) -> int:
    """Return a native image's largest heap: a share of memory, 80 % where nobody says otherwise."""
    return _percent(memory, percent)


def _percent(memory: int, percent: float) -> int:
    from fractions import Fraction  # few JVMs of few runs ask for it

    return int(memory * Fraction(str(percent)) / 100)
