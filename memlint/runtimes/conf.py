"""The configuration files of data stores: text -> settings with the characters where each value stands. No text makes a reader raise."""

import re
from collections.abc import Collection, Iterator

from memlint.patterns import pattern
from memlint.runtimes.ini import entries
from memlint.runtimes.settings import Line

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "a": "\a"}
_CONTENT = pattern(r"[^\n]+")


def redis_conf(text: str) -> Iterator[Line]:
    """Read redis.conf: a name and its arguments a line; `#` begins a comment only where the line begins.

    The value is the arguments, unquoted and joined by one blank. Source: redis config.c loadServerConfigFromString, sdssplitargs.
    """
    for start, line in _lines(text):
        content = line.strip(" \t\r")
        if not content or content.startswith("#"):
            continue
        words = redis_words(content)
        if not words or not words[0]:
            continue
        blank = re.search(r"\s", content)
        name = words[0].lower()
        begin = start + line.index(content)
        if len(words) > 1 and blank:
            arguments = content[blank.end() :]
            value_start = begin + blank.end() + len(arguments) - len(arguments.lstrip())
            yield Line(name, " ".join(words[1:]), value_start, begin + len(content))
        else:
            yield Line(name, "", begin, begin + len(content))


def redis_words(text: str) -> list[str]:
    """Split a line as sdssplitargs does: double quotes with escapes, single quotes; [] where quotes do not close."""
    words: list[str] = []
    position, size = 0, len(text)
    while True:
        while position < size and text[position].isspace():
            position += 1
        if position >= size:
            return words
        word: list[str] = []
        quote = ""
        while position < size and (quote or not text[position].isspace()):
            character = text[position]
            if not quote and character in "\"'":
                quote = character
            elif quote and character == quote:
                quote = ""
            elif quote == '"' and character == "\\" and position + 1 < size:
                position += 1
                word.append(_ESCAPES.get(text[position], text[position]))
            else:
                word.append(character)
            position += 1
        if quote:
            return []
        words.append("".join(word))


_UNQUOTE = pattern(r"''|\\(.)")
_GUC = pattern(r"[ \t\r\f\v]*([A-Za-z_][\w.]*)(?:[ \t]*=[ \t]*|[ \t]+)('(?:[^'\\\n]|''|\\.)*'|[^\s#']+)")


def postgresql_conf(text: str) -> Iterator[Line]:
    """Read postgresql.conf: `name = value # comment`, `=` optional, names in any case, values plain or in single quotes.

    Source: guc-file.l. `include` and `include_if_exists` come out as `include`.
    """
    for start, line in _lines(text):
        match = _GUC.match(line)
        if match is None:
            continue
        value, begin = match[2], start + match.start(2)
        if value.startswith("'"):
            value, begin = value[1:-1], begin + 1
        name = match[1].lower()
        yield Line(
            "include" if name == "include_if_exists" else name,
            _UNQUOTE.sub(lambda match: match[1] or "'", value),
            begin,
            begin + len(value),
        )


def my_cnf(text: str, groups: Collection[str]) -> Iterator[Line]:
    """Read an option file of MySQL or MariaDB: the settings of the groups that the server reads. `_` in a name is `-`.

    Source: mysys/my_default.c. `!include` and `!includedir` come out as `include` and `includedir`.
    """
    for entry in entries(text):
        directive, space, path = entry.key.partition(" ")
        if space and directive in ("!include", "!includedir"):
            yield Line(directive[1:], path.strip(), entry.start + len(directive), entry.end)
        elif entry.key and (entry.section in groups or entry.section.rpartition("-")[0] in groups):  # [mysqld-8.0] is read by that version
            name = entry.key.replace("_", "-").lower().removeprefix("loose-")
            yield Line(name, entry.value or "", entry.start, entry.end)


def rabbitmq_conf(text: str) -> Iterator[Line]:
    """Read rabbitmq.conf: `name = value`, `#` begins a comment. Source: cuttlefish conf grammar."""
    for entry in entries(text, "#"):
        if entry.key and entry.value:
            yield Line(entry.key, entry.value, entry.start, entry.end)


_YAML_KEY = pattern(r"[ \t]*(?:- )?['\"]?([\w.]+)['\"]?[ \t]*:[ \t]+['\"]?([^\s'\"#]+)")


def yaml_values(text: str) -> Iterator[Line]:
    """Read the scalars of a YAML file by the last part of their key, for files whose memory settings have names of their own (mongod.conf)."""
    for start, line in _lines(text):
        match = _YAML_KEY.match(line)
        if match:
            yield Line(match[1], match[2], start + match.start(2), start + match.end(2))


_ELEMENT = pattern(r"<(\w+)>\s*([^<>\s]+)\s*</\1>")
_COMMENT = pattern(r"<!--.*?(?:-->|\Z)", re.DOTALL)


def xml_values(text: str) -> Iterator[Line]:
    """Read the elements of an XML file that hold one word, by their name (ClickHouse's config.xml)."""
    blanked = _COMMENT.sub(lambda match: " " * len(match[0]), text)
    for match in _ELEMENT.finditer(blanked):
        yield Line(match[1], match[2], match.start(2), match.end(2))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for match in _CONTENT.finditer(text):
        yield match.start(), match[0]
