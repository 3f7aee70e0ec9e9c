"""Compose's env files: `.env` and `env_file`, quotes, escapes and variables as compose-go's dotenv package reads them.

Source: compose-go dotenv/parser.go at v2.16; `raw` is docker/cli's kvfile, which neither quotes nor interpolates.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from memlint.model import Origin, Problem
from memlint.patterns import pattern
from memlint.sources.interpolation import InterpolationError, Result, Variable, interpolate
from memlint.sources.text import Source

MAX_EXPANDED: Final = 1 << 20  # characters of all values of a file with variables in them
_SPACES = "\t\v\f\r \x85\xa0"  # a line's end is none
_ESCAPES = pattern(r'\\(?:[abcfnrtv$"\\]|0\d{0,3})')
_EXPORT = pattern(r"export\s+")
_NAMED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", '"': '"', "\\": "\\"}

Lookup = Callable[[str], Variable | None]


class _DotenvError(ValueError):
    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


def read(source: Source, lookup: Lookup, known: Mapping[str, Variable], how: str) -> tuple[dict[str, Variable], Problem | None]:
    """Return the variables of an env file, and what Compose refuses in it.

    A variable in a value is looked up with `lookup` first, then among those before it in this file and in `known`.
    """
    found: dict[str, Variable] = {}

    def look(name: str) -> Variable | None:
        return lookup(name) or found.get(name) or known.get(name)

    try:
        _statements(source, found, lookup, look, how)
    except (_DotenvError, InterpolationError) as error:
        at = error.at if isinstance(error, _DotenvError) else error.start
        place = source.span(at, at)
        return found, Problem(source.path, str(error), place.line, place.column)
    return found, None


def read_raw(source: Source, lookup: Lookup, how: str) -> tuple[dict[str, Variable], Problem | None]:
    """Return the variables of an env file of `format: raw`, as `docker run --env-file` reads it."""
    found: dict[str, Variable] = {}
    position = 0
    for row in source.text.split("\n"):
        line = row.removesuffix("\r").lstrip()
        start = position + len(row) - len(row.lstrip())
        position += len(row) + 1
        if not line or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not name or any(character.isspace() for character in name):
            place = source.span(start, start)
            return found, Problem(source.path, f"'{name}' is no name of a variable", place.line, place.column)
        if equals:
            begin = start + len(name) + 1
            found[name] = Variable(value, Origin(source.span(begin, begin + len(value)), f"{name} {how}"))
        else:
            _inherit(name, source, start, found, lookup, how)
    return found, None


def _inherit(name: str, source: Source, start: int, found: dict[str, Variable], lookup: Lookup, how: str) -> None:
    outer = lookup(name)
    origin = Origin(source.span(start, start + len(name)), f"{name} {how}")
    found[name] = outer if outer is not None else Variable("\0", origin, name)


def _statements(source: Source, found: dict[str, Variable], lookup: Lookup, look: Lookup, how: str) -> None:
    text = source.text
    grown = 0
    position = 1 if text.startswith("\ufeff") else 0
    while True:
        position = _statement(text, position)
        if position >= len(text):
            return
        start, name, position, inherited = _key(text, position)
        if " " in name:
            raise _DotenvError(f"'{name}' is no name of a variable: it holds a space", start)
        if inherited:
            if name:
                _inherit(name, source, start, found, lookup, how)
            continue
        begin = position
        if text[position : position + 1] in ('"', "'"):
            raw, position = _quoted(text, position)
            end = position
            # Inside double quotes a variable's place is that of the whole value: escapes move the characters.
            result = _expanded(_unescape(raw), look, begin) if text[begin] == '"' else None
            value = raw if result is None else result.text
        else:
            end = text.find("\n", position)
            line_end = len(text) if end < 0 else end
            raw = text[position:line_end].partition(" #")[0].rstrip()
            end = position + len(raw)
            position = line_end + 1
            result = _expanded(raw, look, begin)
            value = result.text
        grown += len(value) if result is not None and result.uses else 0
        if grown > MAX_EXPANDED:
            raise _DotenvError(f"its variables expand to more than {MAX_EXPANDED} characters, which memlint does not read", start)
        if not name:  # a last line without `=` and without a line end: Compose takes it for a value of no name
            continue
        uses = result.uses if result is not None else ()
        outside = next((use.name for use in uses if use.state == "outside"), None)
        via = tuple(use.origin for use in uses if use.origin is not None)
        found[name] = Variable(value, Origin(source.span(begin, max(end, begin)), f"{name} {how}", via), outside)


def _expanded(text: str, look: Lookup, at: int) -> Result:
    if "$" not in text:
        return Result(text)
    try:
        return interpolate(text, look)
    except InterpolationError as error:
        raise _DotenvError(str(error), at) from None


def _statement(text: str, position: int) -> int:
    """Return where the next statement begins, past blank lines and comments."""
    while position < len(text):
        if text[position].isspace():
            position += 1
        elif text[position] == "#":
            position = text.find("\n", position)
            if position < 0:
                return len(text)
        else:
            break
    return position


def _key(text: str, position: int) -> tuple[int, str, int, bool]:
    """Return (start, name, where the value begins, whether the line has no value)."""
    if _EXPORT.match(text, position):
        position = _skip(text, position + len("export"))
    start = position
    if start >= len(text):
        raise _DotenvError("export names no variable", start)
    while position < len(text):
        character = text[position]
        if character in "=:\n":
            name = text[start:position].rstrip()
            return start, name, _skip(text, position + 1), character == "\n"
        if character not in _SPACES and character not in "_.-[]" and not (character.isalpha() or character.isnumeric()):
            raise _DotenvError(f"unexpected character {character!r} in the name of a variable", position)
        position += 1
    return start, "", _skip(text, start), False


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in _SPACES:
        position += 1
    return position


def _quoted(text: str, position: int) -> tuple[str, int]:
    """Return what stands between the quotes, and the position behind them. Only the quote itself loses its backslash."""
    quote, start = text[position], position
    characters: list[str] = []
    escaped = False
    for index in range(position + 1, len(text)):
        character = text[index]
        if character == quote and not escaped:
            return "".join(characters), index + 1
        if character != quote:
            if not escaped and character == "\\":
                escaped = True
                continue
            if escaped:
                characters.append("\\")
        escaped = False
        characters.append(character)
    raise _DotenvError("the value's quote is not closed", start)


def _unescape(text: str) -> str:
    return _ESCAPES.sub(_character, text) if "\\" in text else text


def _character(match: re.Match[str]) -> str:
    escape = match[0]
    if escape == "\\$":
        return "$$"  # the interpolation that follows makes one of it
    if escape[1] == "0":
        digits = escape[2:]
        if len(digits) == 3 and all(digit in "01234567" for digit in digits) and int(digits, 8) < 256:
            return chr(int(digits, 8))
        return escape
    return _NAMED.get(escape[1], escape)
