"""What a plain scalar means to the program that reads it: sigs.k8s.io/yaml for Kubernetes, compose-go for Compose.

Measured against sigs.k8s.io/yaml 1.6.0 and Compose 5.6.1 (parsers.md 2.3): both read numbers as Go's YAML 1.1 does, they differ on booleans.
"""

import re

from memlint.patterns import pattern
from memlint.sources.tree import Node, Scalar

Value = str | int | float | bool | None

_INT = pattern(r"^[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*|0[0-9]+)$", re.ASCII)
_FLOAT = pattern(r"^[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?$", re.ASCII)
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_TRUE = frozenset(("true", "True", "TRUE"))
_FALSE = frozenset(("false", "False", "FALSE"))
_TRUE_11 = _TRUE | frozenset(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"))
_FALSE_11 = _FALSE | frozenset(("n", "N", "no", "No", "NO", "off", "Off", "OFF"))


def kubernetes(node: Scalar) -> Value:
    """Return a scalar as Kubernetes' API machinery types it."""
    return _value(node, _TRUE_11, _FALSE_11)


def compose(node: Scalar) -> Value:
    """Return a scalar as Compose types it."""
    return _value(node, _TRUE, _FALSE)


def _value(node: Scalar, true: frozenset[str], false: frozenset[str]) -> Value:
    text = node.value
    if not node.plain or node.tag == "tag:yaml.org,2002:str" or node.tag == "!":
        return text
    if text in _NULL:
        return None
    if text in true:
        return True
    if text in false:
        return False
    if text[0] in "0123456789+-.":
        if _INT.match(text):
            number = integer(text)
            if number is not None:
                return number
        if _FLOAT.match(text) and any(character.isdigit() for character in text):
            return float(text.replace("_", ""))
    return text


def integer(text: str) -> int | None:
    """Return an integer as Go's YAML reads it: `017` and `0o17` are 15, `0x1F`, `0b101`, `1_000`; `08` is 8."""
    digits = text.replace("_", "")
    sign = -1 if digits.startswith("-") else 1
    digits = digits.lstrip("+-")
    if len(digits) > 400:
        return None
    for prefix, base in (("0x", 16), ("0o", 8), ("0b", 2)):
        if digits.startswith(prefix):
            return sign * int(digits[2:], base) if len(digits) > 2 else None
    if len(digits) > 1 and digits.startswith("0"):
        return sign * (int(digits, 8) if all(digit in "01234567" for digit in digits) else int(digits))
    return sign * int(digits) if digits.isdigit() else None


def is_true(node: Node | None) -> bool:
    """Say whether a node is what Kubernetes takes for true."""
    return isinstance(node, Scalar) and kubernetes(node) is True


def is_null(node: Node | None) -> bool:
    """Say whether a node is absent or YAML's null."""
    return node is None or (isinstance(node, Scalar) and node.plain and node.value in _NULL)
