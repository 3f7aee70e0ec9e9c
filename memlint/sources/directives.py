"""Comments to memlint: `# memlint: ignore[MEM201] reason until=2027-03-01` and facts such as `# memlint: jvm.threads=200`.

A comment at the end of a line speaks of that line and of everything below it that is indented deeper; alone on its line it
speaks of the next line in the same way. So it can stand on a value, above it, or on a parent key for the whole subtree.
"""

import re
from typing import Final, NamedTuple

from memlint.model import Span
from memlint.patterns import pattern
from memlint.sources.text import Source

MARK: Final = "memlint:"
_COMMENT: Final = pattern(r"(?:^|[ \t])(?:#|//)[ \t]*memlint:[ \t]*(?P<body>.*?)[ \t]*(?:-->)?[ \t]*\r?$")
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

    def covers(self, line: int) -> bool:
        return self.lines[0] <= line <= self.lines[1]


def read(source: Source) -> tuple[Directive, ...]:
    """Return every comment to memlint in a text, in order. Never raises; one that cannot be read says so in `fault`."""
    if MARK not in source.text:
        return ()
    rows = source.text.split("\n")
    found = []
    for number, row in enumerate(rows, 1):
        if MARK not in row:
            continue
        comment = _COMMENT.search(row)
        if comment is None:
            continue
        alone = not row[: comment.start()].strip()
        start = source.starts[number - 1] + row.index("memlint:", comment.start())
        at = source.span(start, source.starts[number - 1] + len(row.rstrip()))
        found.append(_directive(comment["body"], at, _scope(rows, number, alone)))
    return tuple(found)


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
        if until and not _valid(until["date"]):
            return Directive("ignore", at, lines, codes, reason, fault=f"'{until['date']}' is no date: write until=2027-03-01")
        return Directive("ignore", at, lines, codes, reason, until["date"] if until else None)
    facts = tuple((match["section"], match["key"] or "", match["value"]) for match in _FACT.finditer(body))
    if not facts or _FACT.sub("", body).strip(" ,"):
        return Directive("fact", at, lines, fault="is neither ignore[…] nor a fact such as jvm.threads=200")
    return Directive("fact", at, lines, facts=facts)


def _valid(date: str) -> bool:
    from datetime import date as day

    if not _DATE.fullmatch(date):
        return False
    try:
        day.fromisoformat(date)
    except ValueError:
        return False
    return True


def _scope(rows: list[str], number: int, alone: bool) -> tuple[int, int]:
    first = number
    if alone:
        first += 1
        while first <= len(rows) and (not rows[first - 1].strip() or rows[first - 1].lstrip().startswith(("#", "//"))):
            first += 1
    return (first, block_end(rows, first)) if first <= len(rows) else (number, number)


def block_end(rows: list[str], first: int) -> int:
    """Return the last line of what begins at line `first`: its continuation lines, and all lines that are indented deeper."""
    row = rows[first - 1]
    indent = _indent(row)
    last = first
    while last < len(rows) and rows[last - 1].rstrip("\r").endswith("\\"):
        last += 1
    opens = row.split(" #")[0].rstrip().endswith(":")
    for number in range(last + 1, len(rows) + 1):
        following = rows[number - 1]
        if not following.strip():
            continue
        depth = _indent(following)
        # A sequence may stand at the indentation of its key.
        if depth > indent or (opens and depth == indent and following.lstrip().startswith("- ")):
            last = number
        else:
            break
    return last


def _indent(row: str) -> int:
    return len(row) - len(row.lstrip(" \t"))
