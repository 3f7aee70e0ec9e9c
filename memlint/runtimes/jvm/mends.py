"""The edits of a JVM's own flags that make its bill fit the limit: a smaller constant, or a share of the limit."""

from memlint.api import MIB, Edit, Fix, Known, Program, Safety, Surroundings, human
from memlint.runtimes.common import rewrite
from memlint.runtimes.jvm.applications import detect
from memlint.runtimes.jvm.arguments import Setting
from memlint.runtimes.jvm.bill import largest_heap
from memlint.runtimes.jvm.flags import Flag
from memlint.runtimes.jvm.settings import Settings

_SWITCH = 256 * MIB  # below it MinRAMPercentage decides, at 250 MiB or so (jvm.md 4.3)


def mends(settings: Settings, program: Program, around: Surroundings) -> dict[str, Fix]:
    """Return "heap" and "percentage", as far as the deciding flag stands in a file and a smaller heap fits."""
    values = settings.main.arguments.values
    absolute, relative = values.get("MaxHeapSize"), values.get("MaxRAMPercentage")
    deciding = absolute or relative
    if deciding is None or not deciding.flag.given or not isinstance(around.limit, Known) or program.copies > 1:
        return {}
    limit: int = around.limit.value
    heap = largest_heap(settings.options, around, detect(program, around, settings.options), limit)
    if not heap:
        return {}
    share = heap * 100 // limit
    initial = values.get("InitialHeapSize")
    shares = _knows_shares(settings) and limit >= _SWITCH and share > 0
    by_share = f"take {share} % of the limit for the heap"
    found: dict[str, Fix | None] = {}
    if absolute is not None:
        size = f"{heap // MIB}m"
        found["heap"] = _both(f"lower the heap to {human(heap)}", absolute.flag, size, initial, heap, size)
        if shares:
            found["percentage"] = _both(by_share, absolute.flag, f"-XX:MaxRAMPercentage={share}.0", initial, heap, "")
    elif shares:
        found["percentage"] = _written(deciding.flag, f"-XX:MaxRAMPercentage={share}.0", by_share)
    return {kind: fix for kind, fix in found.items() if fix is not None}


def _knows_shares(settings: Settings) -> bool:
    """Say whether every version that may run has MaxRAMPercentage: JDK 10, and 8u191."""
    return all(version.major >= 10 or (version.update is not None and version.update[1] >= 191) for version in settings.options.versions)


def _both(title: str, flag: Flag, text: str, initial: Setting | None, heap: int, initial_size: str) -> Fix | None:
    """Return the fix of the largest heap, and of the initial one where that would no longer fit: the JVM does not start then."""
    fix = _written(flag, text if text.startswith("-") else f"{_name(flag)}{text}", title)
    if fix is None or initial is None or initial.number <= heap:
        return fix
    if not initial.flag.given:
        return None
    smaller = f"{_name(initial.flag)}{initial_size}" if initial_size else text.replace("MaxRAM", "InitialRAM")
    other = _written(initial.flag, smaller, title)
    edits: tuple[Edit, ...] = fix.edits
    return None if other is None else fix._replace(edits=(*edits, *other.edits))


def _name(flag: Flag) -> str:
    """Return what stands before the amount: `-Xmx`, or `-XX:MaxHeapSize=`."""
    before, equals, _ = flag.text.partition("=")
    return before + equals if equals else flag.text[:4]


def _written(flag: Flag, text: str, title: str) -> Fix | None:
    return rewrite(flag.word, text, title, Safety.UNSAFE) if flag.word.value == flag.text else None
