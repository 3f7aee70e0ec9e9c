"""The configuration files of data stores: text -> settings with the characters where each value stands. No text makes a reader raise."""

import re
from collections.abc import Collection, Iterator

from memlint.runtimes.settings import Line

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "a": "\a"}
_CONTENT = re.compile(r"[^\n]+")


def redis_conf(text: str) -> Iterator[Line]:
    """Read redis.conf: a name and its arguments a line; `#` begins a comment only where the line begins.

    The value is the arguments, unquoted and joined by one blank. Source: redis config.c loadServerConfigFromString, sdssplitargs.
    """
    for start, line in _lines(text):
        content = line.strip(" \t\r")
        if not content or content.startswith("#"):
            continue
        words = redis_words(content)
        if not words:
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


_GUC = re.compile(r"[ \t\r\f\v]*([A-Za-z_][\w.]*)(?:[ \t]*=[ \t]*|[ \t]+)('(?:[^'\\\n]|''|\\.)*'|[^\s#']+)")


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
            re.sub(r"''|\\(.)", r"\1", value) if "'" in value or "\\" in value else value,
            begin,
            begin + len(value),
        )


_OPTION = re.compile(r"[ \t]*([A-Za-z][\w.-]*)[ \t]*(?:=[ \t]*([^\r\n]*))?")


def my_cnf(text: str, groups: Collection[str]) -> Iterator[Line]:
    """Read an option file of MySQL or MariaDB: the settings of the groups that the server reads. `_` in a name is `-`.

    Comments begin with `#` or `;` at the start of a line, and with `#` behind a value. Source: mysys/my_default.c.
    """
    group = ""
    for start, line in _lines(text):
        content = line.strip()
        if not content or content[0] in "#;":
            continue
        if content[0] == "[":
            group = content[1:].partition("]")[0].strip()
            continue
        if content.startswith("!include"):
            directive, _, path = content.partition(" ")
            begin = start + line.index(content) + len(directive)
            yield Line("include" if directive == "!include" else "includedir", path.strip(), begin, start + len(line.rstrip()))
            continue
        match = _OPTION.match(line)
        if match is None or not _reads(group, groups):
            continue
        name = match[1].replace("_", "-").lower().removeprefix("loose-")
        raw = match[2] or ""
        value = re.sub(r"[ \t]+#.*$|^#.*$", "", raw).rstrip()
        begin = start + (match.start(2) if match[2] is not None else match.start(1))
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value, begin = value[1:-1], begin + 1
        yield Line(name, value, begin, begin + (len(value) if match[2] is not None else len(match[1])))


def _reads(group: str, groups: Collection[str]) -> bool:
    return group in groups or group.rpartition("-")[0] in groups  # [mysqld-8.0] is read by that version


_RABBIT = re.compile(r"[ \t]*([A-Za-z][\w.-]*)[ \t]*=[ \t]*([^\s#]+)")


def rabbitmq_conf(text: str) -> Iterator[Line]:
    """Read rabbitmq.conf: `name = value`, `#` begins a comment. Source: cuttlefish conf grammar."""
    for start, line in _lines(text):
        match = _RABBIT.match(line)
        if match:
            yield Line(match[1], match[2], start + match.start(2), start + match.end(2))


_YAML_KEY = re.compile(r"[ \t]*(?:- )?['\"]?([\w.]+)['\"]?[ \t]*:[ \t]+['\"]?([^\s'\"#]+)")


def yaml_values(text: str) -> Iterator[Line]:
    """Read the scalars of a YAML file by the last part of their key, for files whose memory settings have names of their own (mongod.conf)."""
    for start, line in _lines(text):
        match = _YAML_KEY.match(line)
        if match:
            yield Line(match[1], match[2], start + match.start(2), start + match.end(2))


_ELEMENT = re.compile(r"<(\w+)>\s*([^<>\s]+)\s*</\1>")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)


def xml_values(text: str) -> Iterator[Line]:
    """Read the elements of an XML file that hold one word, by their name (ClickHouse's config.xml)."""
    blanked = _COMMENT.sub(lambda match: " " * len(match[0]), text)
    for match in _ELEMENT.finditer(blanked):
        yield Line(match[1], match[2], match.start(2), match.end(2))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for match in _CONTENT.finditer(text):
        yield match.start(), match[0]
