"""What a terminal can show: width and colour, and text made harmless."""

import re

from memlint.patterns import pattern
from memlint.records import NamedTuple

# Controls, separators that some terminals take for a new line, and marks that turn the direction of writing.
_CONTROL = pattern(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
# What a CI runner would take for a command in its log: "::error::" at the begin of a line, "##[error]" and "##vso[" anywhere.
_COMMAND = pattern(r"^(\s*):(?=:)|#(?=#\w*\[)")
_CODES = {"red": "31", "yellow": "33", "blue": "34", "green": "32", "cyan": "36", "dim": "2", "bold": "1", "magenta": "35"}


def harmless(text: str) -> str:
    """Return a text from a file so that it cannot move the cursor, colour the rest, begin a new line or command a CI runner."""
    if not text.isprintable():
        text = _CONTROL.sub(_code, text.replace("\n", "\\n").replace("\t", " "))
    if "#" in text or "::" in text:
        text = _COMMAND.sub(lambda match: (match[1] or "") + _code(match[0].lstrip()), text)
    return text


def _code(character: re.Match[str] | str) -> str:
    number = ord(character[0])
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"


class Style(NamedTuple):
    """How to write: `width` in columns; `colour` and `wrap` off when the output is no terminal, so that a finding is one line to grep."""

    width: int = 100
    colour: bool = False
    wrap: bool = False

    def paint(self, text: str, *names: str) -> str:
        if not self.colour or not text:
            return text
        return f"\x1b[{';'.join(_CODES[name] for name in names)}m{text}\x1b[0m"
