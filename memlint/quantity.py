"""What "512m" means to Docker, Kubernetes, the JVM and the others, in bytes.

Every reader returns an integer of bytes and raises QuantityError with the program's own complaint where the program
refuses the text. No floats: amounts are exact until the one rounding that the program itself does.
"""

import re
from fractions import Fraction

KIB = 1 << 10
MIB = 1 << 20
GIB = 1 << 30
MAX_INT64 = (1 << 63) - 1


class QuantityError(ValueError):
    """A text that the program would refuse as an amount of memory; the message is why."""


_BINARY = {"": 1, "k": KIB, "m": MIB, "g": GIB, "t": 1 << 40, "p": 1 << 50}
_DOCKER = re.compile(r"^(?P<number>[^ ]*?)(?P<space> ?)(?P<suffix>[a-zA-Z]*)$", re.ASCII)
_GO_DECIMAL = re.compile(r"^[+-]?(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)([eE][+-]?\d+)?$", re.ASCII)
_GO_HEX = re.compile(r"^[+-]?0[xX]([0-9a-fA-F_]*)\.?([0-9a-fA-F_]*)[pP]([+-]?\d+)$", re.ASCII)


def docker(text: str) -> int:
    """Return the bytes of a size as `docker run -m`, Compose and podman read it.

    Units are binary in every spelling: `512m`, `512MB` and `512MiB` are the same; `512Mi` is refused.
    Source: docker/go-units size.go RAMInBytes; docker CLI 28.2.2 (container.md 1.1).
    """
    number, suffix = _split_docker(text)
    lower = suffix.lower()
    unit = lower[:1] if lower not in ("b", "") else ""
    if lower not in ("", "b", unit, unit + "b", unit + "ib") or unit not in _BINARY:
        raise QuantityError(f"invalid suffix: '{lower}'")
    amount = int(number * _BINARY[unit])
    if amount < 0:
        raise QuantityError(f"invalid size: '{text}'")
    if amount > MAX_INT64:
        raise QuantityError(f"'{text}' is more than any machine has")
    return amount


def _split_docker(text: str) -> tuple[Fraction, str]:
    end = len(text)
    while end and (text[end - 1].isalpha() and text[end - 1].isascii()):
        end -= 1
    # A hexadecimal float keeps letters inside the number (`0x1p4m`); the suffix begins behind the last digit.
    number, suffix = text[:end], text[end:]
    number = number.removesuffix(" ")
    if not number or not any(character.isdigit() for character in number):
        raise QuantityError(f"invalid size: '{text}'")
    if len(number) > 400:
        raise QuantityError(f"invalid size: '{text[:40]}…'")
    return _go_float(number), suffix


def _go_float(text: str) -> Fraction:
    hexadecimal = _GO_HEX.match(text)
    if hexadecimal:
        whole, part, power = (item.replace("_", "") for item in hexadecimal.groups())
        if abs(int(power)) > 1100 or not whole + part:
            raise QuantityError(f'parsing "{text}": invalid syntax')
        mantissa = Fraction(int(whole + part, 16), 16 ** len(part))
        return (-mantissa if text.startswith("-") else mantissa) * Fraction(2) ** int(power)
    if not _GO_DECIMAL.match(text):
        raise QuantityError(f'parsing "{text}": invalid syntax')
    return _decimal(text.replace("_", ""))


def _decimal(text: str) -> Fraction:
    mantissa, _, exponent = text.lower().partition("e")
    power = int(exponent or 0)
    if abs(power) > 400:
        raise QuantityError(f"'{text}' is out of range")
    return Fraction(mantissa) * Fraction(10) ** power


_KUBERNETES = re.compile(r"^(?P<sign>[+-]?)(?P<number>\d*\.?\d*)(?P<suffix>[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+|)$", re.ASCII)
_KUBERNETES_UNITS = {
    "n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000), "": Fraction(1),
    "k": Fraction(10**3), "M": Fraction(10**6), "G": Fraction(10**9), "T": Fraction(10**12), "P": Fraction(10**15), "E": Fraction(10**18),
    "Ki": Fraction(1 << 10), "Mi": Fraction(1 << 20), "Gi": Fraction(1 << 30), "Ti": Fraction(1 << 40), "Pi": Fraction(1 << 50), "Ei": Fraction(1 << 60),
}  # fmt: skip


def kubernetes_exact(text: str) -> Fraction:
    """Return a Kubernetes quantity exactly, in bytes; `512m` is 0.512 byte.

    Source: apimachinery resource/quantity.go:40-60; kubectl 1.32.4 (container.md 3.1).
    """
    match = _KUBERNETES.match(text)
    if match is None or text == "":
        raise QuantityError(
            f"'{text}' is no Kubernetes quantity: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        )
    suffix = match["suffix"]
    digits = match["number"].strip(".") and match["number"]
    if len(digits) > 400:
        raise QuantityError(f"'{text[:40]}…' is no Kubernetes quantity")
    number = Fraction(f"{digits}0" if digits.endswith(".") else digits) if digits else Fraction(0)
    if len(suffix) > 1 and suffix[0] in "eE":
        if abs(int(suffix[1:])) > 400:
            raise QuantityError(f"'{text}' is out of range")
        amount = number * Fraction(10) ** int(suffix[1:])
    else:
        amount = number * _KUBERNETES_UNITS[suffix]
    return -amount if match["sign"] == "-" else amount


def kubernetes(text: str) -> int:
    """Return a Kubernetes quantity in whole bytes, rounded up as Quantity.Value() does."""
    amount = kubernetes_exact(text)
    whole = -(-amount.numerator // amount.denominator)
    return min(whole, MAX_INT64) if text.endswith("i") else whole


_JVM = re.compile(r"^(?:(\d+)|0[xX]([0-9a-fA-F]+))([kKmMgGtT]?)$", re.ASCII)


def jvm(text: str) -> int:
    """Return the bytes of a HotSpot size (`-Xmx`, `size` flags): powers of 1024, no suffix means bytes.

    Source: 17u arguments.cpp:742 atojulong, measured on nine JDKs (jvm.md 4.3).
    """
    match = _JVM.match(text)
    if match is None or len(text) > 60:
        raise QuantityError(f"invalid size: '{text[:60]}'")
    decimal, hexadecimal, suffix = match.groups()
    amount = (int(hexadecimal, 16) if hexadecimal else int(decimal)) * _BINARY[suffix.lower()]
    if amount >= 1 << 64:
        raise QuantityError(f"invalid size: '{text}'")
    return amount


_PLAIN = re.compile(r"^(\d+(?:\.\d+)?) ?(|B|[kKMGT]i?B?)$", re.ASCII)


def configured(text: str | int) -> int:
    """Return the bytes of an amount in memlint's own configuration: `32MiB`, `1g`, `1.5 GiB`, `200MB`, or plain bytes.

    Units are binary in every spelling but `kB`, `MB`, `GB`, `TB`, which are decimal as the SI says.
    """
    if isinstance(text, int):
        return text
    match = _PLAIN.match(text.strip()) or _PLAIN.match(text.strip().upper())
    if match is None or len(text) > 40:
        raise QuantityError(f"'{text[:40]}' is no amount of memory: write it as 512MiB or 2GiB")
    number, unit = match.groups()
    decimal = len(unit) == 2 and unit.endswith("B") and unit[0] in "kMGT"
    power = " kmgt".index(unit[0].lower()) if unit and unit != "B" else 0
    return int(Fraction(number) * (1000 if decimal else 1024) ** power)


def human(amount: int) -> str:
    """Return an amount of bytes as people read it: exact in MiB or GiB where it is whole, else to one decimal."""
    if amount < 0:
        return f"-{human(-amount)}"
    for unit, name in ((1 << 40, "TiB"), (GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if amount >= unit and (amount % unit == 0 or amount >= 10 * unit or unit in (KIB, MIB)):
            tenths = (amount * 10 + unit // 2) // unit
            whole, rest = divmod(tenths, 10)
            return f"{whole} {name}" if rest == 0 or whole >= 100 else f"{whole}.{rest} {name}"
    return f"{amount} B"
