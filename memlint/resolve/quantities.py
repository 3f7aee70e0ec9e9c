"""Kubernetes quantities where they stand: a value with its place, what the API would refuse, and what it reads otherwise than meant."""

from typing import TYPE_CHECKING, Final

from memlint import quantity
from memlint.model import Confidence, Edit, Fix, Known, Observation, Origin, Safety, Severity, Span, Unknown
from memlint.patterns import pattern
from memlint.quantity import MIB, QuantityError, human
from memlint.sources import scalars
from memlint.sources.tree import Mapping, Node, Scalar

if TYPE_CHECKING:
    from fractions import Fraction

# Text that another program replaces before the API sees it: OpenShift, envsubst and Flux, Helm and Jinja, sed scripts.
_PLACEHOLDER: Final = pattern(
    r"\{\{|\{%|\$\{\{?[\w.-]*|\$\([\w.-]+\)|\$[A-Za-z_]\w*|<%|^<[\w .:-]+>$|^@[\w.-]+@$|^%[\w.-]+%$|^__\w+__$|^#\{[\w.-]+\}#?$|^\[\[.*\]\]$"
    r"|^[A-Z][A-Z0-9]*_[A-Z0-9_]+$"
)
_OPENSHIFT: Final = pattern(r"\$\{\{?(\w+)\}?\}")
_MISSPELT: Final = pattern(r"^([0-9]+(?:\.[0-9]+)?) ?([kmgtKMGT])(?:i?[bB]|i|)$")
_NUMBER: Final = pattern(r"^[0-9]+$")


def placeholder(text: str, parameters: dict[str, str | None] | None = None) -> str | None:
    """Return what decides a text that is not final yet, None where it is final."""
    if text.isalnum() or _PLACEHOLDER.search(text) is None:
        return None
    named = _OPENSHIFT.search(text)
    if parameters is not None and named:
        default = parameters.get(named[1])
        return f"the template parameter {named[1]} decides it" + (f" (its default is {default})" if default else "")
    if "{{" in text or "{%" in text or "<%" in text:
        return f"a template fills in {_short(text)}"
    return f"{_short(text)} is filled in by something else"


def templated(text: str, parameters: dict[str, str | None] | None) -> str | None:
    """Return what decides a text that a template holds; `${X}` outside of one is plain text to Kubernetes."""
    if "{{" in text or (parameters is not None and "${" in text):
        return placeholder(text, parameters)
    return None


def _short(text: str) -> str:
    line = text.strip().partition("\n")[0]
    return f"'{line[:60]}…'" if len(line) > 60 else f"'{line}'"


def read(
    node: Node,
    how: str,
    seen: list[Observation],
    parameters: dict[str, str | None] | None = None,
    scale: int = 1,
) -> Known[int] | Unknown:
    """Return a quantity times `scale`, rounded up (`scale` 1000 gives thousandths of a CPU). What is wrong with it goes to `seen`.

    A written null or 0 is a Known 0; a text that the API refuses and a negative amount are no limit at all: Unknown and Known 0.
    """
    origin = Origin(node.span, how)
    if not isinstance(node, Scalar):
        text = node.source.text[node.start : node.end]
        why = placeholder(text, parameters)
        if why is None:
            _refused(
                seen, node.span, f"{how} must be a quantity such as 512Mi, but holds a {'mapping' if isinstance(node, Mapping) else 'list'}"
            )
            why = "it is no quantity"
        return Unknown(why, origin)
    value = scalars.kubernetes(node)
    if value is None:
        return Known(0, origin)
    text = repr(value) if isinstance(value, float) else node.value if isinstance(value, str | bool) else str(value)
    why = placeholder(text, parameters) if isinstance(value, str) else None
    if why is not None:
        return Unknown(why, origin)
    if isinstance(value, bool):
        _refused(seen, node.span, f"{how} '{text}' is a boolean, which Kubernetes refuses: write an amount such as 512Mi")
        return Unknown("Kubernetes refuses it", origin)
    if scale == 1000 and text[:-1].isdecimal() and text.isascii() and text[-1] == "m" and len(text) < 10:
        return Known(int(text[:-1]), origin)  # `250m` of a CPU, as nearly everybody writes it
    try:
        exact = quantity.kubernetes_exact(text)
        whole = quantity.kubernetes(text)
    except QuantityError:
        _refused(seen, node.span, *_invalid(node, how, text))
        return Unknown(f"Kubernetes refuses '{_short(text)[1:-1]}'", origin)
    if exact < 0:
        _refused(seen, node.span, f"{how} '{text}' is negative, which Kubernetes refuses: it must be 0 or more")
        return Known(0, origin)
    if scale != 1:
        scaled = exact * scale
        return Known(-(-scaled.numerator // scaled.denominator), origin)
    if "memory" in how or "sizeLimit" in how:
        _doubtful(node, how, text, exact, whole, seen)
    return Known(whole, origin)


def _refused(seen: list[Observation], at: Span, message: str, fix: Fix | None = None) -> None:
    seen.append(Observation("invalid-quantity", message, at, severity=Severity.ERROR, fix=fix))


def _invalid(node: Scalar, how: str, text: str) -> tuple[str, Fix | None]:
    misspelt = _MISSPELT.match(text.strip())
    if misspelt is None:
        return f"{how} {_short(text)} is refused by Kubernetes: it is no quantity; write an amount such as 512Mi", None
    meant = f"{misspelt[1]}{misspelt[2].upper()}i"
    unit = text.strip()[len(misspelt[1]) :]
    fault = "a quantity holds no space" if " " in text else f"there is no unit '{unit}'"
    return f"{how} '{text}' is refused by Kubernetes, as {fault}: write {meant}", replacement(node, meant, Safety.UNSAFE)


def _doubtful(node: Scalar, how: str, text: str, exact: "Fraction | int", rounded: int, seen: list[Observation]) -> None:
    at = node.span
    if exact.denominator != 1:
        number = text[:-1]
        if rounded >= MIB:
            seen.append(
                Observation(
                    "millibyte-quantity",
                    f"{how} '{text}' is not a whole number of bytes: Kubernetes warns and rounds it up to {rounded} bytes ({human(rounded)})",
                    at,
                    severity=Severity.INFO,
                )
            )
            return
        if text.endswith("m") and _NUMBER.match(number):
            seen.append(
                Observation(
                    "millibyte-quantity",
                    f"{how} '{text}' is {float(exact):g} bytes, as m means thousandths: Kubernetes rounds it up to {rounded} byte{'s' if rounded != 1 else ''}; write {number}Mi",
                    at,
                    severity=Severity.ERROR,
                    # A limit of a byte starts nothing, so nothing that works is changed; a tiny request works, and a larger one may not be scheduled.
                    fix=replacement(node, f"{number}Mi", Safety.SAFE if ".limits." in how or how.startswith("limits.") else Safety.UNSAFE),
                )
            )
            return
        seen.append(
            Observation(
                "millibyte-quantity",
                f"{how} '{text}' is {float(exact):g} bytes: Kubernetes rounds it up to {rounded} byte{'s' if rounded != 1 else ''}; write an amount with a unit, such as 512Mi",
                at,
                severity=Severity.ERROR,
            )
        )
    elif 0 < rounded < MIB and not text.endswith(("i", "k", "M", "G")):
        number = text if _NUMBER.match(text) else str(rounded)
        seen.append(
            Observation(
                "bytes-without-unit",
                f"{how} '{text}' is {rounded} bytes, as a number without a unit counts bytes: write {number}Mi if mebibytes are meant",
                at,
                severity=Severity.ERROR,
                fix=replacement(node, f"{number}Mi", Safety.UNSAFE) if number == text else None,
            )
        )
    elif text[-1] in "kMGTPE" and rounded >= MIB:
        unit = "Ki" if text.endswith("k") else f"{text[-1]}i"
        meant = f"{text[:-1]}{unit}"
        more = quantity.kubernetes(meant) - rounded
        seen.append(
            Observation(
                "decimal-unit",
                f"{how} '{text}' is decimal: {human(rounded)}, {human(more)} less than {meant}; runtimes and `docker` count in powers of 1024",
                at,
                confidence=Confidence.MEDIUM,
                severity=Severity.INFO,
                fix=replacement(node, meant, Safety.UNSAFE),
            )
        )


def replacement(node: Scalar, text: str, safety: Safety) -> Fix | None:
    """Return the fix that writes `text` for a scalar, None where the place is shared or does not hold the value literally."""
    if node.anchored or not node.source.editable:
        return None
    place = node.part(0, len(node.value))
    if node.source.text[place.start : place.end] != node.value:
        return None
    return Fix(f"write {text} instead of {node.value}", safety, (Edit(place.path, place.start, place.end, text),))
