"""Lines of `key = value` under `[sections]`: php.ini, PHP-FPM pools, uwsgi.ini, supervisord.conf, rabbitmq.conf."""

import re
from collections.abc import Iterator

from memlint.patterns import pattern
from memlint.records import NamedTuple

_SECTION = pattern(r"\s*\[([^\]\n]*)\]")


class Entry(NamedTuple):
    """One setting. `start` and `end` are character offsets of the value, of the key where the line has no value."""

    section: str
    key: str
    value: str | None
    start: int
    end: int


def entries(text: str, comments: str = ";#") -> Iterator[Entry]:
    """Yield the settings of a file in order. Comments begin a line, or follow blanks behind a value; a value may stand in quotes."""
    section, position = "", 0
    inline = re.compile(rf"[ \t]+[{re.escape(comments)}]")
    for line in text.split("\n"):
        start = position
        position += len(line) + 1
        content = line.strip()
        if not content or content[0] in comments:
            continue
        heading = _SECTION.match(line)
        if heading:
            section = heading[1].strip()
            continue
        left, equals, right = line.rstrip().partition("=")
        key, value = left.strip(), right.lstrip(" \t")
        if not equals:
            at = start + len(line) - len(line.lstrip())
            yield Entry(section, key, None, at, at + len(key))
            continue
        at = start + len(left) + 1 + len(right) - len(value)
        if value[:1] in ('"', "'") and value.find(value[0], 1) > 0:
            value = value[1 : value.find(value[0], 1)]
            at += 1
        else:
            value = inline.split(value, maxsplit=1)[0].rstrip() if value[:1] not in comments else ""
        yield Entry(section, key, value, at, at + len(value))
