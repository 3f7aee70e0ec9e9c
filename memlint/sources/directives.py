"""Comments to memlint: `# memlint: ignore[MEM201] reason until=2027-03-01` and facts such as `# memlint: jvm.threads=200`.

A comment at the end of a line speaks of that line and of everything below it that is indented deeper; alone on its line it
speaks of the next line in the same way. So it can stand on a value, above it, or on a parent key for the whole subtree.
"""

import re
from bisect import bisect_right
from functools import lru_cache
from typing import Final

from memlint.model import Span
from memlint.patterns import pattern
from memlint.records import NamedTuple
from memlint.sources.text import Source

MARK: Final = "memlint:"
MAX_CODES: Final = 200  # rules that one comment or annotation may name
_COMMENT: Final = pattern(r"(?:^|[ \t])(?:#|//)[ \t]*memlint:(?P<body>.*)$")
_IGNORE: Final = pattern(r"ignore(?:\[(?P<codes>[^\]\n]*)\])?(?P<rest>.*)$")
_UNTIL: Final = pattern(r"(?:^|\s)until=(?P<date>\S*)")
_DATE: Final = pattern(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_FACT: Final = pattern(r"(?<![a-z])(?P<section>[a-z]++)(?:\.(?P<key>[a-z_]++))?=(?P<value>[^\s,]+)")


class Directive(NamedTuple):
    """One comment. `codes` empty: all rules. `lines`: first and last line that it speaks of. `fault`: why it cannot be read, "" if it can."""

    kind: str  # "ignore" | "fact"
    at: Span
    lines: tuple[int, int]
    codes: tuple[str, ...] = ()
    reason: str | None = None
    until: str | None = None
    facts: tuple[tuple[str, str, str], ...] = ()  # section, key, value
    fault: str = ""


def read(source: Source) -> tuple[Directive, ...]:
    """Return every comment to memlint in a text, in order. Never raises; one that cannot be read says so in `fault`."""
    if MARK not in source.text:
        return ()
    rows = source.text.split("\n")
    blocks = _Blocks(rows)
    found = []
    for place, number in enumerate(blocks.filled):
        row = rows[number - 1]
        comment = _COMMENT.search(row) if MARK in row else None
        if comment is None:
            continue
        alone = not row[: comment.start()].strip()
        start = source.starts[number - 1] + row.index(MARK, comment.start())
        at = source.span(start, source.starts[number - 1] + len(row.rstrip()))
        first = blocks.following[place] if alone else place
        lines = (blocks.filled[first], blocks.end(first)) if first < len(blocks.filled) else (number, number)
        body = comment["body"].rstrip("\r").strip(" \t").removesuffix("-->").rstrip(" \t")
        found.append(_directive(body, at, lines))
    return tuple(found)


@lru_cache(maxsize=8)
def _told(source: Source) -> "tuple[list[Directive], _Blocks]":
    """Return the facts of a file and its blocks: read once, however many containers ask."""
    if "memlint:" not in source.text:
        return [], _Blocks([])
    return [directive for directive in read(source) if directive.facts], _Blocks(source.text.split("\n"))


def facts(source: Source, line: int) -> list[Directive]:
    """Return the facts that speak of what begins at `line`: those on a parent key, and those inside it, in order."""
    found, blocks = _told(source)
    if not found:
        return []
    place = bisect_right(blocks.filled, line) - 1
    last = blocks.end(place) if place >= 0 else line
    return [item for item in found if item.lines[0] <= line <= item.lines[1] or line <= item.lines[0] <= last]


def _directive(body: str, at: Span, lines: tuple[int, int]) -> Directive:
    ignore = _IGNORE.match(body)
    if ignore:
        if ignore["codes"] is None:
            return Directive("ignore", at, lines, fault="names no rule: write ignore[MEM201], or ignore[all]")
        codes = tuple(code.strip() for code in ignore["codes"].split(",") if code.strip())
        rest = ignore["rest"]
        until = _UNTIL.search(rest)
        reason = " ".join(_UNTIL.sub(" ", rest).split()).lstrip(":-— ") or None
        if not codes:
            return Directive("ignore", at, lines, fault="names no rule: write ignore[MEM201], or ignore[all]")
        if len(codes) > MAX_CODES:
            return Directive("ignore", at, lines, fault=f"names more than {MAX_CODES} rules: write ignore[all]")
        if until and not valid(until["date"]):
            return Directive("ignore", at, lines, codes, reason, fault=f"'{until['date']}' is no date: write until=2027-03-01")
        return Directive("ignore", at, lines, codes, reason, until["date"] if until else None)
    facts = tuple((match["section"], match["key"] or "", match["value"]) for match in _FACT.finditer(body))
    if not facts or _FACT.sub("", body).strip(" ,"):
        return Directive("fact", at, lines, fault="is neither ignore[…] nor a fact such as jvm.threads=200")
    from memlint import config, quantity

    for section, key, value in facts:
        try:
            config.stated(section, key, value)
        except quantity.QuantityError as error:
            return Directive("fact", at, lines, fault=f"cannot be read: {error}")
    return Directive("fact", at, lines, facts=facts)


def valid(date: str) -> bool:
    """Say whether a text is a day as 2027-03-01."""
    from datetime import date as day

    if not _DATE.fullmatch(date):
        return False
    try:
        day.fromisoformat(date)
    except ValueError:
        return False
    return True


class _Blocks:
    """How far what begins at a line goes. Takes no longer than the text is long, however the lines are indented."""

    def __init__(self, rows: list[str]) -> None:
        self._rows = rows
        self.filled = [number for number, row in enumerate(rows, 1) if row and not row.isspace()]
        self.following: list[int] = []  # for each place in `filled` that of the next line that is no comment
        self._continued: dict[int, int] = {}  # line that ends in a backslash -> the last line that continues it
        self._ends: dict[tuple[int, int, bool], int] = {}
        following = len(self.filled)
        for place in range(len(self.filled) - 1, -1, -1):
            self.following.append(following)
            number = self.filled[place]
            row = rows[number - 1]
            if not row.lstrip().startswith(("#", "//")):
                following = place
            if row.rstrip("\r").endswith("\\") and number < len(rows):
                self._continued[number] = self._continued.get(number + 1, number + 1)
        self.following.reverse()

    def end(self, place: int) -> int:
        """Return the last line of what begins at `filled[place]`: its continuation lines, and all lines that are indented deeper."""
        number = self.filled[place]
        row = self._rows[number - 1]
        last, indent, opens = self._continued.get(number, number), _indent(row), row.split(" #")[0].rstrip().endswith(":")
        key = (last, indent, opens)
        if key not in self._ends:
            for inner in range(bisect_right(self.filled, last), len(self.filled)):
                following = self._rows[self.filled[inner] - 1]
                depth = _indent(following)
                # A sequence may stand at the indentation of its key.
                if depth > indent or (opens and depth == indent and following.lstrip().startswith("- ")):
                    last = self.filled[inner]
                else:
                    break
            self._ends[key] = last
        return self._ends[key]


def _indent(row: str) -> int:
    return len(row) - len(row.lstrip(" \t"))
