"""The arithmetic of servers that run several copies of one application: what they hold, and what is said of it.

Bills of such servers are ranges: what an application holds is not written anywhere. `low` is what the bare server was measured to
need, `expected` a modest application (80 MiB a process), and nothing bounds the rest unless a footprint says what a worker holds.
"""

from memlint.api import GIB, MIB, Confidence, Known, Observation, Origin, Part, Severity, Span, Surroundings, Words, human, lasting
from memlint.records import NamedTuple
from memlint.runtimes.common import Value, mib, part, rearrange, size_of

Amounts = tuple[int, int, int | None]
APPLICATION = 80  # MiB of a small real application in one process: the lower end of the prior 80/150/300 (runtimes.md 4.4)


class Count(NamedTuple):
    """How many workers run. `high` None: nothing in the files bounds it; `host_cpus`: it follows the CPUs of the host."""

    low: int
    expected: int
    high: int | None
    origin: Origin | None
    how: str
    host_cpus: bool = False

    def times(self, each: Amounts) -> Amounts:
        low, expected, high = each
        return self.low * low, self.expected * expected, None if high is None or self.high is None else self.high * high


def exactly(number: int, origin: Origin | None, how: str) -> Count:
    return Count(number, number, number, origin, how)


def on_host_cpus(origin: Origin | None, how: str, least: int = 1) -> Count:
    """Return a count that follows the host's CPUs: `least` is what a host of one CPU gives, and all that is certain."""
    return Count(least, least, None, origin, how, host_cpus=True)


def unknown(how: str, origin: Origin | None = None) -> Count:
    return Count(1, 1, None, origin, how)


def parts(around: Surroundings, base: Part, count: Count, each: Amounts, basis: str, shared: Amounts | None = None) -> tuple[Part, ...]:
    """Return the bill of a server: its own process, what the workers share, and each worker. A footprint replaces both guesses."""
    measured = around.footprint.number("workers", "each")
    common = around.footprint.number("workers", "shared")
    known = around.footprint.origin
    if common is not None:
        # What is measured as shared holds the interpreter that the parent and the workers have in common.
        low, likely, most = mib(5, 8, 20)
        base = base._replace(low=min(base.low, low), expected=min(base.expected, likely), high=most)
    bill: list[Part] = []
    if common is not None:
        # Reading shared objects writes their reference counts: 150 MiB preloaded in 4 workers ended anywhere from 185 to 414 MiB.
        copied = None if count.high is None else common * (1 + count.high)
        bill.append(
            part(
                "shared by the workers",
                (common * 85 // 100, common, copied),
                "footprint workers.shared; copied where reference counts are written (measured on CPython 3.11, 2026-11)",
                known,
            )
        )
    elif shared is not None:
        bill.append(part("shared by the workers", shared, "a preloaded application of unknown size; " + basis))
    if measured is not None:
        each = (measured, measured + MIB, measured * 11 // 10 + 2 * MIB)
        basis = "footprint workers.each, with the 1 to 2 MiB that a fork costs (measured on CPython 3.11, 2026-11)"
    crew = part("worker memory", count.times(each), f"{_number(count)} ({count.how}); {basis}", count.origin)
    return (crew, *bill, base)


def confidence(around: Surroundings, count: Count) -> Confidence:
    measured = around.footprint.number("workers", "each") is not None
    return Confidence.HIGH if measured and count.low == count.high else Confidence.LOW


def _number(count: Count) -> str:
    if count.low == count.high:
        return f"{count.low} process{'es' if count.low != 1 else ''}"
    return f"{count.low} or more processes" if count.high is None else f"{count.low} to {count.high} processes"


def place(around: Surroundings, origin: Origin | None) -> Span:
    """Return where a fault of a setting is shown: at the setting, else at the limit, else at the container."""
    if origin is not None:
        return origin.span
    return around.limit.origin.span if isinstance(around.limit, Known) else around.at


def workers_option(around: Surroundings, count: Count) -> Known[int]:
    return Known(count.expected, count.origin or Origin(around.at, count.how))


def recycling(setting: str, value: Value) -> Value:
    """Return what stands in `Reading.options["recycle"]`: the setting by which workers are replaced, so that a leak ends with them."""
    return Known(f"{setting} {value.value}", value.origin) if isinstance(value, Known) else value


def from_host_cpus(
    around: Surroundings,
    server: str,
    count: Count,
    setting: str,
    certainty: Confidence = Confidence.HIGH,
    each: int = APPLICATION * MIB,
) -> list[Observation]:
    """Say that the number of workers follows the host while the memory does not. Only where a limit is known."""
    limit = size_of(around.limit)
    if not count.host_cpus or limit is None:
        return []
    each = around.footprint.number("workers", "each") or each
    fit = max(1, (limit - 25 * MIB) // each)
    return [
        Observation(
            "workers-from-host-cpus",
            f"{server} starts as many workers as the host's CPUs tell it ({count.how}), whatever the limits of the container: a host of 16 CPUs"
            f" makes that {human(25 * MIB + 16 * each)}, at {human(each)} a worker, of {human(limit)}; set {setting} {fit}",
            place(around, count.origin),
            confidence=certainty,
        )
    ]


def never_recycled(
    around: Surroundings, server: str, count: Count, missing: str, change: str, expected: int, words: Words = ()
) -> list[Observation]:
    """Say that no worker is ever replaced, so that a leak ends in a kill. Only where a limit is known.

    `change` goes behind the first of `words`, where they are given.
    """
    limit = size_of(around.limit)
    rate = around.footprint.number("leak", "rate")
    if limit is None:
        return []
    one = "one of them" if count.high is None else "its worker" if count.high == 1 else f"one of {count.expected}"
    message = (
        f"{server} never replaces a worker ({missing}), so what {one} leaks stays until the kernel kills at {human(limit)}; add {change}"
    )
    if rate:
        hours = max(0, limit - expected) // rate
        message = f"at {human(rate)} an hour the {human(max(0, limit - expected))} of headroom last about {lasting(hours)}: {message}"
    severity = Severity.WARNING if rate else None
    first = [word.value for word in words[:2] if isinstance(word, Known)]
    fix = rearrange(words[:2], [*first[:1], *change.split(), *first[1:]], f"add {change}") if words else None
    return [Observation("workers-never-recycled", message, place(around, count.origin), severity=severity, fix=fix)]


def unshared(around: Surroundings, count: Count, message: str) -> Observation:
    """Say that workers keep copies of what they could share since a fork."""
    return Observation("sharing-missed", message, place(around, count.origin), confidence=Confidence.MEDIUM)


class Threshold(NamedTuple):
    """The size at which a server replaces a worker: `each` bytes, written as `written` behind `setting`."""

    setting: str
    written: Known[str]
    each: int
    unit: int  # bytes that the number counts in
    suffix: str = ""  # what follows a number that is written anew
    unit_name: str = "bytes"

    def text(self, amount: int) -> str:
        return f"{amount // self.unit}{self.suffix}"


def recycle_threshold(around: Surroundings, server: str, threshold: Threshold, count: Count, rest: int) -> list[Observation]:
    """Judge the size at which a worker is replaced; `rest` is what the server holds beside its workers, in bytes.

    Nonsense sizes (below an idle worker, above any machine) are "recycle-units-wrong"; sizes that the workers together cannot reach
    below the limit are "recycle-limit-unreachable".
    """
    limit, each = size_of(around.limit), threshold.each
    shown = f"{threshold.setting} {threshold.written.value}"
    at = threshold.written.origin.span
    if each < 10 * MIB:
        message = (
            f"{shown} counts in {threshold.unit_name}: that is {human(each)}, less than an idle worker of {server} holds, so each is replaced "
            f"at every check; for 200 MiB write {threshold.text(200 * MIB)}"
        )
        return [Observation("recycle-units-wrong", message, at)]
    if each >= max(64 * GIB, 16 * (limit or 64 * GIB)):
        message = (
            f"{shown} counts in {threshold.unit_name}: that is {human(each)}, which no worker reaches, so none is ever replaced; "
            f"for 200 MiB write {threshold.text(200 * MIB)}"
        )
        return [Observation("recycle-units-wrong", message, at)]
    if limit is None or rest + count.low * each <= limit:
        return []
    fit = max(MIB, (limit * 85 // 100 - rest) // count.low)
    message = (
        f"{count.low} worker{'s' if count.low != 1 else ''} of {server} may hold {human(each)} each before one is replaced ({shown}), "
        f"{human(rest + count.low * each)} in all with {human(rest)} for the rest: the limit of {human(limit)} is reached first, and the kernel "
        f"kills; use {threshold.setting} {threshold.text(fit)} or fewer workers"
    )
    return [Observation("recycle-limit-unreachable", message, at, confidence=Confidence.MEDIUM)]


def base(name: str, low: float, expected: float, high: float | None, basis: str) -> Part:
    return part(name, mib(low, expected, high), basis)
