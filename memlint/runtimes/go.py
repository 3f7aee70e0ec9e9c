"""What Go programs hold: a heap that grows to twice what lives in it, and the soft limit that GOMEMLIMIT is.

Measured on go1.19.8 and go1.27.3 under memory cgroups, 2026-11 (runtimes.md 2). No version looks at the container's limit.
"""

import re
from typing import Final

from memlint.api import (
    MIB,
    Confidence,
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
    Unknown,
    human,
)
from memlint.quantity import QuantityError
from memlint.quantity import go as go_size
from memlint.runtimes.common import Value, copies, flag, has_image, mib, part, rewrite, size_of, text_of, variable, version_of

_MEASURED: Final = "measured on go1.19.8 and go1.27.3, 2026-11"
_UNSEEN: Final = 8  # MiB of an idle program


class Model:
    """Go programs, told by their variables, their image or their name in the catalogue."""

    name = "go"

    def read(self, program: Program, around: Surroundings) -> Reading | None:
        ours = any(name in program.env for name in ("GOMEMLIMIT", "GOGC", "AUTOMEMLIMIT"))
        ours = ours or (around.image is not None and around.image.runtime == "go") or has_image(around, ("prometheus",))
        if not ours and program.name != "prometheus":
            return None
        value = variable(program, "GOMEMLIMIT")
        seen: list[Observation] = []
        bound: int | None = None
        if isinstance(value, Known):
            try:
                bound = go_size(value.value)
            except QuantityError:
                seen.append(_malformed(value))
        automatic = _automatic(program, around) if value is None else None
        if isinstance(value, Known) and bound is not None:
            seen += _against_limit(value, bound, around)
        elif automatic is None and not seen and not isinstance(value, Unknown):
            seen += _collector_off(program, around)
        origin = value.origin if isinstance(value, Known) else None
        parts = _parts(program, around, bound or automatic, origin, value)
        live = around.footprint.number("go", "live") is not None
        budget = MemoryBudget("go", copies(parts, program.copies), Confidence.HIGH if live else Confidence.LOW)
        return Reading("go", program, budget, tuple(seen), options={"GOMEMLIMIT": value, "GOGC": variable(program, "GOGC")})


def _automatic(program: Program, around: Surroundings) -> int | None:
    """Return the limit that the program takes from the container by itself: Prometheus 3, the automemlimit library."""
    limit = size_of(around.limit)
    if limit is None:
        return None
    if program.name == "prometheus" or has_image(around, ("prometheus",)):
        known = version_of(program, around, ("prometheus",))
        on = known is None or known.at_least(3)
        return limit * 9 // 10 if on and flag(program.words, "--no-auto-gomemlimit") is None else None
    share = text_of(variable(program, "AUTOMEMLIMIT"))
    if share is not None and re.fullmatch(r"0?\.\d{1,6}|1(?:\.0{1,6})?", share):
        return limit * int(float(share) * 1000) // 1000
    return None


def _collector_off(program: Program, around: Surroundings) -> list[Observation]:
    collector = variable(program, "GOGC")
    limit = size_of(around.limit)
    if not isinstance(collector, Known) or not _is_off(collector.value) or limit is None:
        return []
    return [
        Observation(
            "go-gogc-off-unbounded",
            f"GOGC={collector.value} turns the collector off and no GOMEMLIMIT turns it on again: every byte ever allocated stays until the kernel "
            f"kills at {human(limit)}; set GOMEMLIMIT={max(1, limit * 9 // 10 // MIB)}MiB beside it",
            collector.origin.span,
        )
    ]


def _is_off(text: str) -> bool:
    return text == "off" or re.fullmatch(r"-\d{1,9}", text) is not None


def _malformed(value: Known[str]) -> Observation:
    better = _legal(value.value)
    hint = f"write {better}" if better else "it takes whole bytes, or B, KiB, MiB, GiB, TiB"
    return Observation(
        "go-memlimit-malformed",
        f"the Go runtime ends with status 2 on GOMEMLIMIT={value.value} (malformed GOMEMLIMIT): {hint}",
        value.origin.span,
        fix=_fix(value, better),
    )


def _fix(value: Known[str], better: str | None) -> Fix | None:
    return rewrite(value, better, f"write {better}") if better else None


def _legal(text: str) -> str | None:
    """Return how Go would take what was meant, None where that is not plain."""
    bare = text.strip()
    if bare.lower() == "off" or bare == "-1":
        return "off"
    match = re.fullmatch(r"(\d{1,12})(?:\.(\d{1,3}))?\s*([kKmMgGtT])(?:i?[bB]?)", bare)
    if match is None:
        return None
    number, fraction, unit = match[1], match[2], match[3].upper()
    if fraction is None or not fraction.strip("0"):
        return f"{number}{unit}iB"
    amount = int(number + fraction) * 1024
    whole, rest = divmod(amount, 10 ** len(fraction))
    smaller = " KMGT"["KMGT".index(unit)]
    return f"{whole}{smaller}iB" if smaller != " " and rest == 0 else None


def _against_limit(value: Known[str], bound: int, around: Surroundings) -> list[Observation]:
    limit = size_of(around.limit)
    if limit is None:
        return []
    better = f"{max(1, limit * 9 // 10 // MIB)}MiB"
    if bound * 100 > limit * 95:
        if "limits.memory" in value.origin.how:
            message = (
                f"GOMEMLIMIT is the whole limit ({human(bound)}) through the downward API: it is a soft limit and leaves nothing for what Go does not "
                f"count; set it to {better}"
            )
            return [Observation("heap-equals-limit-by-reference", message, value.origin.span, severity=Severity.WARNING)]
        told = "above" if bound > limit else "all of" if bound == limit else "nearly all of"
        return [
            Observation(
                "go-memlimit-at-limit",
                f"GOMEMLIMIT {human(bound)} is {told} the limit of {human(limit)}: Go collects harder only near it and counts neither cgo nor mapped "
                f"files, so the kernel kills first; set GOMEMLIMIT={better}",
                value.origin.span,
                fix=rewrite(value, better, f"set GOMEMLIMIT to {better}", Safety.UNSAFE),
            )
        ]
    if bound * 4 < limit:
        return [
            Observation(
                "go-memlimit-stale",
                f"GOMEMLIMIT {human(bound)} is {bound * 100 // limit} % of the limit of {human(limit)}: if more than that lives, the collector runs all "
                f"the time (254 to 447 collections in 6 s were measured) while most of the container stays free; set GOMEMLIMIT={better}",
                value.origin.span,
            )
        ]
    return []


def _parts(program: Program, around: Surroundings, bound: int | None, origin: Origin | None, value: Value) -> tuple[Part, ...]:
    runtime = part("runtime and stacks", mib(1, 8, 20), f"1.2 MiB for a program that does nothing, 8 MiB beside a heap, {_MEASURED}")
    collector = text_of(variable(program, "GOGC")) or "100"
    off = _is_off(collector)
    percent = int(collector) if re.fullmatch(r"\d{1,5}", collector) else 100
    live = around.footprint.number("go", "live")
    if live is not None:
        basis = f"footprint go.live; 1.07 times live x (1 + GOGC/100), {_MEASURED}"
        grown = live * (100 + percent) * 107 // 10000
        least = live * 11 // 10  # with less above what lives the collector would run all the time, and Go lets go of the limit
        held = grown if bound is None else min(grown, max(bound - _UNSEEN * MIB, least))
        if off:
            held = max(bound - _UNSEEN * MIB, least) if bound is not None else live
        return (part("heap", (live, held, None if off and bound is None else held * 11 // 10), basis, origin), runtime)
    if bound is not None and off:
        basis = f"GOGC=off lets the heap grow to GOMEMLIMIT before it is collected, {_MEASURED}"
        return (part("heap", (0, max(0, bound - _UNSEEN * MIB), bound), basis, origin), runtime)
    if bound is not None:
        basis = f"what lives is not known; GOMEMLIMIT holds the rest down as long as less than that lives, {_MEASURED}"
        return (part("heap", (0, min(_UNSEEN * MIB, bound), bound), basis, origin), runtime)
    why = value.why if isinstance(value, Unknown) else "GOMEMLIMIT is not set"
    basis = f"twice what lives and more ({why}), {_MEASURED}; what lives is not known"
    return (part("heap", (0, _UNSEEN * MIB, None), basis, origin), runtime)
