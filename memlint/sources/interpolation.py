"""Compose's `$VAR` and `${VAR:-default}`: the grammar of compose-go's template package, with the place of every part kept.

A variable that nobody in the project sets is not empty: its place in the result is taken by HOLE, and the Use says so.
Source: compose-go template/template.go at v2.16; equal to docker-compose 5.6.1 on random texts (tests/differential/test_compose.py).
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from itertools import accumulate
from typing import Final, TypeAlias

from memlint.model import Origin
from memlint.patterns import pattern
from memlint.records import NamedTuple

HOLE: Final = "\0"  # stands in a result where something from outside stands; no program's argument can hold it
MAX_NESTED: Final = 100  # defaults within defaults
MAX_GROWTH: Final = 131_072  # characters that variables may add to one text

_START = pattern(r"\$(?:(?P<escaped>\$)|(?P<named>[_a-z][_a-z0-9]*)|\{(?P<braced>[_a-z][_a-z0-9]*)?(?P<operator>:?[-+?])?)", re.IGNORECASE)


class InterpolationError(ValueError):
    """What Compose refuses: the message is why, `start` and `end` are the place in the text."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.start = start
        self.end = end


class Variable(NamedTuple):
    """A variable that the project sets: its text and where it is written."""

    text: str
    origin: Origin | None
    outside: str | None = None  # the name of a variable from outside that the text depends on


class Use(NamedTuple):
    """One variable in a text. `state`: "set" by the project, its "default", or from "outside" and so unknown."""

    name: str
    state: str
    start: int
    end: int
    braced: bool
    origin: Origin | None = None


Places: TypeAlias = tuple[tuple[int, int], ...]


class Piece(NamedTuple):
    """A part of the result that came from the characters `start`..`end` of the text; `literal`: copied one to one.

    `within`: the places of the variables that it is a default of, the outermost first.
    """

    text: str
    start: int
    end: int
    literal: bool
    within: Places = ()


class Result:
    """A text with its variables replaced. A command of many words asks for the place of each, so nothing here looks at all pieces."""

    __slots__ = ("_around", "_stops", "pieces", "text", "uses")

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.pieces: list[Piece] = []
        self.uses: list[Use] = []  # in the order in which they begin; one is inside another or beside it
        self._stops: list[int] = []  # of the pieces, in the result
        self._around: list[int] = []  # for each use the one that it is a default of, -1 for none

    def written(self, start: int, end: int) -> tuple[int, int]:
        """Return where the characters `start`..`end` of the result stand in the text as written."""
        if len(self._stops) != len(self.pieces):
            self._stops = list(accumulate(len(piece.text) for piece in self.pieces))
        place = bisect_right(self._stops, start)
        if place == len(self.pieces):
            last_end = self.pieces[-1].end if self.pieces else 0
            return last_end, last_end
        final = bisect_left(self._stops, max(end, start + 1), place, len(self.pieces) - 1)
        (first, before), (last, above) = ((self.pieces[at], self._stops[at] - len(self.pieces[at].text)) for at in (place, final))
        begin = first.start + max(start - before, 0) if first.literal else first.start
        finish = last.start + min(end - above, len(last.text)) if last.literal else last.end
        # Where the part goes beyond a default it begins, or ends, with the whole variable.
        common = sum(one == other for one, other in zip(first.within, last.within, strict=False))
        begin = first.within[common][0] if len(first.within) > common else begin
        finish = last.within[common][1] if len(last.within) > common else finish
        return begin, max(begin, finish)

    def used(self, start: int, end: int) -> list[Use]:
        """Return the variables at the characters `start`..`end` of the text as written."""
        if len(self._around) != len(self.uses):
            self._around = []
            open_uses: list[int] = []
            for number, use in enumerate(self.uses):
                while open_uses and self.uses[open_uses[-1]].end <= use.start:
                    open_uses.pop()
                self._around.append(open_uses[-1] if open_uses else -1)
                open_uses.append(number)
        first = bisect_left(self.uses, start, key=lambda use: use.start)
        last = bisect_left(self.uses, end, key=lambda use: use.start)
        around = []
        number = first - 1
        while number >= 0:
            if self.uses[number].start < end and self.uses[number].end > start:
                around.append(self.uses[number])
            number = self._around[number]
        return [*reversed(around), *(use for use in self.uses[first:last] if use.end > start)]


Lookup = Callable[[str], Variable | None]


def interpolate(text: str, lookup: Lookup) -> Result:
    """Replace the variables of a text. `lookup` returns None for what the project does not set.

    Raises InterpolationError where Compose refuses the text, whatever the environment.
    """
    result = Result()
    _expand(text, 0, len(text), lookup, result, 0)
    if sum(len(piece.text) for piece in result.pieces) > len(text) + MAX_GROWTH:
        raise InterpolationError(f"variables make it more than {MAX_GROWTH} characters longer, which memlint does not read", 0, len(text))
    result.text = "".join(piece.text for piece in result.pieces)
    return result


def _expand(text: str, position: int, end: int, lookup: Lookup, result: Result, depth: int, within: Places = ()) -> None:
    if depth > MAX_NESTED:
        raise InterpolationError(f"defaults are nested deeper than {MAX_NESTED}, which memlint does not read", position, end)
    add = result.pieces.append
    last_brace = (-1, -1)  # the line's end and its last closing brace
    while position < end:
        found = text.find("$", position, end)
        if found < 0:
            break
        match = _START.match(text, found, end)
        if match is None:  # `$1`, `$-`, a dollar at the end: left as it is
            add(Piece(text[position : found + 1], position, found + 1, True, within))
            position = found + 1
            continue
        if found > position:
            add(Piece(text[position:found], position, found, True, within))
        if match["escaped"]:
            add(Piece("$", found, found + 2, False, within))
            position = found + 2
        elif match["named"] is not None:
            position = match.end()
            _plain(match["named"], found, position, False, lookup, result, within)
        else:
            name = match["braced"]
            stop = match.end()
            if not name:
                raise _invalid(text, found, end)
            if match["operator"] is None:
                if stop >= end or text[stop] != "}":
                    raise _invalid(text, found, end)
                position = stop + 1
                _plain(name, found, position, True, lookup, result, within)
                continue
            line_end = last_brace[0]
            if stop > line_end:
                line_end = text.find("\n", stop, end)
                line_end = end if line_end < 0 else line_end
                last_brace = (line_end, text.rfind("}", stop, line_end))
            if last_brace[1] < stop:
                raise _invalid(text, found, end)
            closing = _closing(text, found, last_brace[1])
            _operate(text, found, match.start("operator"), stop, closing, lookup, result, depth, within)
            position = closing + 1
    if position < end:
        add(Piece(text[position:end], position, end, True, within))


def _closing(text: str, start: int, last: int) -> int:
    """Return the brace that ends the reference at `start`, as Compose counts: the character behind each `{` is passed over."""
    open_braces = 0
    position = start
    while position <= last:
        character = text[position]
        if character == "}":
            open_braces -= 1
            if open_braces == 0:
                return position
        elif character == "{":
            open_braces += 1
            position += 1
        position += 1
    return last


def _invalid(text: str, start: int, end: int) -> InterpolationError:
    stop = text.find("}", start, end)
    stop = end if stop < 0 else stop + 1
    return InterpolationError(
        f"'{text[start:stop][:60]}' is no variable that Compose can read: write $$ for a dollar that is meant literally", start, stop
    )


def _plain(name: str, start: int, stop: int, braced: bool, lookup: Lookup, result: Result, within: Places) -> None:
    variable = lookup(name)
    if variable is None:
        result.uses.append(Use(name, "outside", start, stop, braced))
        result.pieces.append(Piece(HOLE, start, stop, False, within))
        return
    _use(name, variable, start, stop, braced, result)
    result.pieces.append(Piece(variable.text, start, stop, False, within))


def _use(name: str, variable: Variable, start: int, stop: int, braced: bool, result: Result) -> None:
    if variable.outside is not None:
        result.uses.append(Use(variable.outside, "outside", start, stop, braced, variable.origin))
    else:
        result.uses.append(Use(name, "set", start, stop, braced, variable.origin))


def _operate(
    text: str,
    start: int,
    operator: int,
    operand: int,
    closing: int,
    lookup: Lookup,
    result: Result,
    depth: int,
    within: Places,
) -> None:
    name, kind = text[start + 2 : operator], text[operator:operand]
    stop = closing + 1
    variable = lookup(name)
    present = variable is not None and (kind[0] != ":" or variable.text != "")
    if variable is not None and variable.outside is not None:
        # Whether it is empty depends on the outside.
        _use(name, variable, start, stop, True, result)
        result.pieces.append(Piece(HOLE, start, stop, False, within))
    elif kind[-1] == "+":
        if present:
            assert variable is not None
            _use(name, variable, start, stop, True, result)
            _expand(text, operand, closing, lookup, result, depth + 1, (*within, (start, stop)))
        else:
            result.uses.append(Use(name, "default", start, stop, True))
            result.pieces.append(Piece("", start, stop, False, within))
    elif present:
        assert variable is not None
        _use(name, variable, start, stop, True, result)
        result.pieces.append(Piece(variable.text, start, stop, False, within))
    elif kind[-1] == "-":
        result.uses.append(Use(name, "default", start, stop, True))
        _expand(text, operand, closing, lookup, result, depth + 1, (*within, (start, stop)))
    elif variable is None:
        result.uses.append(Use(name, "outside", start, stop, True))
        result.pieces.append(Piece(HOLE, start, stop, False, within))
    else:
        raise InterpolationError(
            f"required variable {name} is missing a value{': ' + text[operand:closing] if closing > operand else ''}", start, stop
        )
