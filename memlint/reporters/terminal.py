"""What a terminal can show: width and colour, and text made harmless."""

import re
from typing import NamedTuple

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_CODES = {"red": "31", "yellow": "33", "blue": "34", "green": "32", "cyan": "36", "dim": "2", "bold": "1", "magenta": "35"}


def harmless(text: str) -> str:
    """Return a text from a file so that it cannot move the cursor, colour the rest or begin a new line."""
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text.replace("\n", "\\n").replace("\t", " "))


class Style(NamedTuple):
    """How to write: `width` in columns, `colour` off when the output is no terminal."""

    width: int = 100
    colour: bool = False

    def paint(self, text: str, *names: str) -> str:
        if not self.colour or not text:
            return text
        return f"\x1b[{';'.join(_CODES[name] for name in names)}m{text}\x1b[0m"
