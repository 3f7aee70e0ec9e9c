"""The memory model of the JVM: HotSpot, OpenJ9 and GraalVM native images."""

from memlint.api import Amount, Known, MemoryBudget, Observation, Origin, Program, Reading, Surroundings, Text, Unknown, Verdict, verdict
from memlint.runtimes import sessions
from memlint.runtimes.common import copies
from memlint.runtimes.jvm.options import JvmOptions


class Model:
    """Reads one program: which JVM it is, the settings it runs with, what it will hold, and what is wrong with them."""

    name = "jvm"

    def read(self, program: Program, around: Surroundings) -> Reading | None:
        from memlint.runtimes.jvm import native, notices, settings

        image = native.read(program, around)
        if image is not None:
            return _reading(program, around, image, "native image", ())
        found = settings.read(program, around)
        if found is None or not found.main.launch.serves:
            return None
        observations = () if around.trial else (*notices.of(found, program, around), *sessions.of_spring(program))
        reading = _reading(program, around, found.options, found.jdk.text, observations)
        if around.trial or verdict(reading.budget, around.limit) not in (Verdict.OVER, Verdict.LIKELY_OVER, Verdict.MARGINAL):
            return reading
        from memlint.runtimes.jvm import mends

        return reading._replace(mends=mends.mends(found, program, around))


def _reading(program: Program, around: Surroundings, options: JvmOptions, version: str, observations: tuple[Observation, ...]) -> Reading:
    from memlint.runtimes.jvm.applications import detect
    from memlint.runtimes.jvm.bill import bill

    application = detect(program, around, options)
    budget = bill(options, around, application)
    return Reading("jvm", program, _times(budget, program.copies), observations, version, {} if around.trial else _shown(options, around))


def _times(budget: MemoryBudget | None, count: int) -> MemoryBudget | None:
    return budget if budget is None or count == 1 else budget._replace(parts=copies(budget.parts, count))


def _shown(options: JvmOptions, around: Surroundings) -> dict[str, Text | Amount]:
    """Return the effective settings by the names that people know."""
    shown: dict[str, Text | Amount] = {}
    heap = options.heap
    if isinstance(heap, Unknown):
        shown["max heap"] = heap
    else:
        origin = heap.origin or Origin(around.at, "")
        by = f" in {origin.how}" if origin.how and origin.how not in heap.how else ""
        shown["max heap"] = Known(heap.expected, origin._replace(how=f"{heap.how}{by}"))
    sizes = {
        "max metaspace": options.max_metaspace,
        "reserved code cache": options.reserved_code_cache,
        "max direct memory": options.max_direct,
        "thread stack": options.thread_stack,
        "new size": options.new_size,
    }
    shown.update({name: size for name, size in sizes.items() if size is not None})
    return shown
