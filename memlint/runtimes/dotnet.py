"""What .NET processes hold: the collector's heap up to its hard limit, and the native rest.

The numbers of a limit were measured on .NET 3.1.23 under memory cgroups, 2026-11; the settings are those of dotnet/docs
garbage-collector.md (runtimes.md 3). Variables are hexadecimal, runtimeconfig.json is decimal.
"""

import re
from typing import Final

from memlint.api import (
    MIB,
    Amount,
    Confidence,
    Known,
    MemoryBudget,
    Observation,
    Part,
    Program,
    Reading,
    Severity,
    Surroundings,
    Text,
    Unknown,
    human,
)
from memlint.quantity import QuantityError, dotnet_hex
from memlint.runtimes import package_json
from memlint.runtimes.common import (
    Value,
    Version,
    base_name,
    copies,
    has_image,
    in_container,
    launched,
    mib,
    part,
    placed,
    read_text,
    rewrite,
    size_of,
    text_of,
    variable,
    version_of,
)

_IMAGES: Final = ("aspnet", "runtime", "runtime-deps", "sdk")
_MEASURED: Final = ".NET 3.1.23, measured 2026-11"
_SMALL: Final = 280 * MIB  # below it three quarters of the limit and the native rest of an ASP.NET program do not fit together


class Model:
    """.NET processes."""

    name = "dotnet"

    def read(self, program: Program, around: Surroundings) -> Reading | None:
        if not _is_dotnet(program, around):
            return None
        limit = size_of(around.limit)
        known = version_of(program, around, _IMAGES, ("DOTNET_VERSION", "ASPNET_VERSION"))
        seen: list[Observation] = []
        hard, percent = _setting(program, "GCHeapHardLimit"), _setting(program, "GCHeapHardLimitPercent")
        amount = _hard_limit(hard, limit, seen)
        share = _percent(percent, seen) if hard is None else None
        seen += _incomplete(program)
        seen += _server(program, around, known)
        config, told = _runtime_config(program, around)
        seen += config
        origin = None
        if amount is not None and isinstance(hard, Known):
            heap, how, origin = (amount, amount, amount), f"GCHeapHardLimit={hard.value}", hard.origin
        elif share is not None and limit is not None and isinstance(percent, Known):
            most = limit * share // 100
            heap, how, origin = (most, most, most), f"GCHeapHardLimitPercent={percent.value} ({share} % of {human(limit)})", percent.origin
        elif isinstance(told, Known) and hard is None and percent is None:
            heap, how, origin = (told.value, told.value, told.value), "runtimeconfig.json", told.origin
        elif limit is not None and hard is None and told is None:
            most = max(20 * MIB, limit * 75 // 100)
            heap, how = (0, min(40 * MIB, most), most), f"no setting: three quarters of the limit, {_MEASURED}"
            seen += _small(around, most)
        else:
            return self._reading(
                program, known, seen, (part("managed heap", (0, 40 * MIB, None), "its bound is not known", origin),), Confidence.LOW
            )
        confidence = Confidence.HIGH if heap[0] else Confidence.LOW
        return self._reading(program, known, seen, (part("managed heap", heap, how, origin),), confidence)

    def _reading(
        self, program: Program, known: Version | None, seen: list[Observation], parts: tuple[Part, ...], confidence: Confidence
    ) -> Reading:
        native = part(
            "runtime, code and threads",
            mib(15, 60, 120),
            f"24 MiB in all for a program that does nothing ({_MEASURED}); 60 to 120 MiB for an application, runtimes.md 3",
        )
        options: dict[str, Text] = {name: _setting(program, name) for name in ("GCHeapHardLimit", "GCHeapHardLimitPercent")}
        budget = MemoryBudget("dotnet", copies((*parts, native), program.copies), confidence)
        return Reading("dotnet", program, budget, tuple(seen), known.text if known is not None else None, options)


def _is_dotnet(program: Program, around: Surroundings) -> bool:
    if launched(program.words, ("dotnet",)):
        return True
    if any(_setting(program, name) is not None for name in ("GCHeapHardLimit", "GCHeapHardLimitPercent", "gcServer")):
        return True
    image = around.image
    base = (image is not None and image.runtime == "dotnet") or any("/dotnet/" in reference for reference in _names(around))
    first = program.words[0] if program.words else None
    # An application's own host program has a path; what has none is a tool of the image.
    return base and (first is None or (isinstance(first, Known) and ("/" in first.value or first.value.endswith(".dll"))))


def _names(around: Surroundings) -> tuple[str, ...]:
    return (around.image_reference, *(around.image.bases if around.image is not None else ()))


def _setting(program: Program, name: str) -> Value:
    """Return a runtime setting: `DOTNET_` beats the older `COMPlus_`."""
    return variable(program, f"DOTNET_{name}") or variable(program, f"COMPlus_{name}")


def _hard_limit(value: Value, limit: int | None, seen: list[Observation]) -> int | None:
    if not isinstance(value, Known):
        return None
    try:
        amount = dotnet_hex(value.value)
    except QuantityError:
        return None
    digits = value.value.strip()
    if limit is not None and amount > limit and digits.isdigit() and int(digits) <= limit:
        better = f"0x{int(digits):X}"
        seen.append(
            Observation(
                "dotnet-number-is-hex",
                f"GCHeapHardLimit={digits} is read as hexadecimal: {human(amount)}, more than the limit of {human(limit)}; {human(int(digits))} is {better}",
                value.origin.span,
                fix=rewrite(value, better, f"write {better}"),
            )
        )
    return amount


def _percent(value: Value, seen: list[Observation]) -> int | None:
    if not isinstance(value, Known):
        return None
    digits = value.value.strip()
    try:
        share = dotnet_hex(digits)
    except QuantityError:
        return None
    meant = int(digits) if digits.isdigit() else None
    better = f"0x{meant:X}" if meant is not None else None
    if share > 100:
        hint = f": {meant} % is {better}" if meant is not None and meant <= 100 else ""
        seen.append(
            Observation(
                "dotnet-number-is-hex",
                f"GCHeapHardLimitPercent={digits} is read as hexadecimal: {share} %, which is out of range and ignored{hint}",
                value.origin.span,
                fix=rewrite(value, better, f"write {better}") if better and meant is not None and meant <= 100 else None,
            )
        )
        return None
    # 32, 46 or 64 are how someone writes who knows that it is hexadecimal; round decimal numbers are not.
    if meant is not None and meant >= 10 and meant % 10 == 0:
        seen.append(
            Observation(
                "dotnet-number-is-hex",
                f"GCHeapHardLimitPercent={digits} is read as hexadecimal: {share} % of the limit; {meant} % is {better}, and {share} % is clearer as "
                f"0x{share:X}",
                value.origin.span,
                severity=Severity.WARNING,
                confidence=Confidence.MEDIUM,
            )
        )
    return share


def _incomplete(program: Program) -> list[Observation]:
    for tail in ("", "Percent"):
        heaps = {name: _setting(program, f"GCHeapHardLimit{name}{tail}") for name in ("SOH", "LOH", "POH")}
        given = [(name, value) for name, value in heaps.items() if value is not None]
        missing = [name for name in ("SOH", "LOH") if heaps[name] is None]
        name, value = given[0] if given else ("", None)
        if missing and isinstance(value, Known):
            return [
                Observation(
                    "dotnet-heap-limits-incomplete",
                    f"GCHeapHardLimit{name}{tail} is set without {' and '.join(f'GCHeapHardLimit{other}{tail}' for other in missing)}: the runtime does "
                    "not start with limits for some heaps only",
                    value.origin.span,
                )
            ]
    return []


def _server(program: Program, around: Surroundings, known: Version | None) -> list[Observation]:
    value = _setting(program, "gcServer") or _setting(program, "GCServer")
    limit = size_of(around.limit)
    if not isinstance(value, Known) or value.value.strip() != "1" or limit is None or limit > 512 * MIB:
        return []
    if known is None or known.at_least(9) or _setting(program, "GCHeapCount") is not None:
        return []
    return [
        Observation(
            "dotnet-server-gc-small",
            f"gcServer=1 gives .NET {known.text} a heap for every CPU it sees, in a container of {human(limit)}: each keeps room of its own; leave the "
            "workstation collector, set GCHeapCount=1, or use .NET 9, which adapts",
            value.origin.span,
            confidence=Confidence.MEDIUM,
        )
    ]


def _small(around: Surroundings, most: int) -> list[Observation]:
    limit = around.limit
    if not isinstance(limit, Known) or limit.value >= _SMALL or not has_image(around, ("aspnet",)):
        return []
    fitting = max(20 * MIB, limit.value - 100 * MIB)
    return [
        Observation(
            "dotnet-default-heap",
            f"the heap may grow to three quarters of the limit ({human(most)}), and about 70 MiB of runtime, code and threads do not fit beside it in "
            f"{human(limit.value)}: set DOTNET_GCHeapHardLimit=0x{fitting:X} ({human(fitting)}) or a limit of 280 MiB and more",
            limit.origin.span,
            confidence=Confidence.MEDIUM,
        )
    ]


def _runtime_config(program: Program, around: Surroundings) -> tuple[list[Observation], Amount]:
    """Judge X.runtimeconfig.json beside X.dll, and return the hard limit that it sets in bytes."""
    assembly = next((word for word in program.words[:4] if base_name(word).endswith(".dll")), None)
    path = in_container(around, re.sub(r"\.dll$", ".runtimeconfig.json", text_of(assembly) or "")) if isinstance(assembly, Known) else None
    text = read_text(around, path)
    options = package_json.load(text).get("runtimeOptions") if text is not None else None
    properties = options.get("configProperties") if isinstance(options, dict) else None
    if path is None or text is None or not isinstance(properties, dict):
        return [], None
    seen: list[Observation] = []
    found: Amount = None
    for name in ("System.GC.HeapHardLimitPercent", "System.GC.HeapHardLimit"):
        value = properties.get(name)
        if value is None:
            continue
        start, end = package_json.place(text, name, value)
        known = placed(around, path, str(value), start, end, name)
        limit = size_of(around.limit)
        amount = value if name.endswith("Limit") else None if limit is None or not isinstance(value, int) else limit * value // 100
        sound = isinstance(amount, int) and not isinstance(amount, bool) and amount > 0
        found = Known(amount, known.origin) if sound and isinstance(amount, int) else Unknown(f"{name} is no number", known.origin)
        if isinstance(value, str) and value.lower().startswith("0x"):
            seen.append(
                Observation(
                    "dotnet-number-is-hex",
                    f'{name} is "{value}", but runtimeconfig.json takes decimal numbers: write {_decimal(value)}',
                    known.origin.span,
                    severity=Severity.WARNING,
                    confidence=Confidence.MEDIUM,
                )
            )
    return seen, found


def _decimal(text: str) -> str:
    try:
        return str(dotnet_hex(text))
    except QuantityError:
        return "a decimal number"
