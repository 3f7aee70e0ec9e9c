"""Reads `.memlint.yaml` or `[tool.memlint]`: the text becomes a validated Config, errors name file, line and key."""

import re
from bisect import bisect_left
from typing import Any, Final

from memlint import config
from memlint.config import Config
from memlint.model import Origin, Problem, Span
from memlint.patterns import pattern
from memlint.quantity import QuantityError
from memlint.sources import scalars, schema, tree
from memlint.sources.text import Source

Place = tuple[str | int, ...]

MAX_VALUES: Final = 20_000  # of a configuration, aliases expanded
MAX_DEPTH: Final = 20
_TOML_KEYS = pattern(r"^[ \t\[]*+([^=\]\n#]*)", re.MULTILINE)
_TOML_KEY = pattern(r"\"[^\"]*\"|'[^']*'|[\w-]+")


class _TooMuchError(Exception):
    pass


def read(source: Source) -> tuple[Config | None, list[Problem]]:
    """Return the configuration of a file; None where it is not valid, or holds none."""
    data, places, problems = _load(source)
    if problems or (data is None and source.path.endswith(".toml")):
        return None, problems
    return (Config(path=source.path), []) if data is None else _build(source, data, places)


def settings(source: Source) -> dict[str, list[tuple[str | int | None, Any, int]]]:
    """Return what a valid file says: key -> (key or number of the entry, value, line); one entry without a key for a plain value."""
    data, places, _ = _load(source)
    found: dict[str, list[tuple[str | int | None, Any, int]]] = {}
    for key, value in (data or {}).items():
        line = places[(key,)].line
        entries: list[tuple[str | int | None, Any]] = list(value.items()) if isinstance(value, dict) else []
        if isinstance(value, list) and any(isinstance(item, dict) for item in value):
            entries = list(enumerate(value))
        found[key] = [
            (inner, item, places[(key, inner)].line if (key, inner) in places else line) for inner, item in entries if inner is not None
        ]
        found[key] = found[key] or [(None, value, line)]
    return found


def _load(source: Source) -> tuple[Any, dict[Place, Span], list[Problem]]:
    """Return the plain data of a file, where each value of it stands, and what is wrong."""
    if source.path.endswith(".toml"):
        return _toml(source)
    parsed = tree.read(source)
    if parsed.problems or not parsed.documents:
        return None, {}, parsed.problems
    places: dict[Place, Span] = {}
    try:
        return _plain(parsed.documents[0], (), places), places, []
    except _TooMuchError:
        return None, {}, [Problem(source.path, f"holds more than {MAX_VALUES} values, or nests deeper than {MAX_DEPTH} levels")]


def _plain(node: tree.Node, path: Place, places: dict[Place, Span], depth: int = 0) -> Any:
    """Return the value of a node, and note where each value stands. Raises _TooMuchError, as aliases may make it endless."""
    places.setdefault(path, node.span)
    if len(places) > MAX_VALUES or depth > MAX_DEPTH:
        raise _TooMuchError
    if isinstance(node, tree.Scalar):
        return scalars.compose(node)
    if isinstance(node, tree.Sequence):
        return [_plain(item, (*path, number), places, depth + 1) for number, item in enumerate(node.items)]
    assert isinstance(node, tree.Mapping)
    found = {}
    for key, value in node.items():
        places[(*path, key.value)] = key.span
        found[key.value] = _plain(value, (*path, key.value), places, depth + 1)
    return found


def _toml(source: Source) -> tuple[Any, dict[Place, Span], list[Problem]]:
    import tomllib

    try:
        tool = tomllib.loads(source.text).get("tool")
    except (ValueError, RecursionError) as error:  # a number of too many digits is a ValueError of another kind
        place = re.search(r"line (\d+), column (\d+)", str(error))
        line, column = (int(place[1]), int(place[2])) if place else (1, 1)
        return None, {}, [Problem(source.path, f"cannot be parsed as TOML: {error}", line, column)]
    data = tool.get("memlint") if isinstance(tool, dict) else None
    if data is None:
        return None, {}, []
    try:
        return data, _toml_places(source, data), []
    except _TooMuchError:
        return None, {}, [Problem(source.path, f"holds more than {MAX_VALUES} values, or nests deeper than {MAX_DEPTH} levels")]


def _toml_places(source: Source, data: Any) -> dict[Place, Span]:
    """Return where the keys stand. TOML gives no marks: a key is looked for below the place of the one that holds it."""
    header = re.search(r"^\[tool\.memlint\b", source.text, re.MULTILINE)
    begin = header.start() if header else 0
    written: dict[str, list[int]] = {}
    for line in _TOML_KEYS.finditer(source.text, begin):
        for key in _TOML_KEY.finditer(line[1]):
            quoted = key[0][0] in "\"'"
            written.setdefault(key[0].strip("\"'"), []).append(line.start(1) + key.start() + quoted)
    places: dict[Place, Span] = {(): source.span(begin, begin + 1)}

    def locate(value: Any, path: Place, start: int) -> int:
        """Note the places of what stands behind `start`; return where the last of it begins."""
        if len(places) > MAX_VALUES or len(path) > MAX_DEPTH:
            raise _TooMuchError
        last = start
        if isinstance(value, dict):
            for key, inner in value.items():
                found = written.get(key, [])
                index = bisect_left(found, start)
                position = found[index] if index < len(found) else start
                places[(*path, key)] = source.span(position, position + len(key))
                last = max(last, locate(inner, (*path, key), position))
        elif isinstance(value, list):
            for number, item in enumerate(value):
                before = last
                last = locate(item, (*path, number), last + bool(number))
                if isinstance(item, dict):
                    first = min((places[(*path, number, key)].start for key in item), default=before)
                    places[(*path, number)] = source.span(first, first + 1)
        return last

    locate(data, (), begin)
    return places


def _build(source: Source, data: Any, places: dict[Place, Span]) -> tuple[Config | None, list[Problem]]:
    def place(path: Place) -> Span:
        while path and path not in places:
            path = path[:-1]
        return places.get(path) or source.span(0, 0)

    problems = []
    for path, message in schema.errors("config", data):
        at = place(path)
        problems.append(Problem(source.path, f"{'.'.join(str(part) for part in path) or 'configuration'}: {message}", at.line, at.column))
    if problems:
        return None, problems
    origins = {
        (str(path[0]), int(path[1])): Origin(span, f"{path[0]}[{path[1]}]")
        for path, span in places.items()
        if len(path) == 2 and isinstance(path[1], int)
    }
    try:
        return config.from_mapping(data, source.path, origins), []
    except (QuantityError, ValueError) as error:
        at = place(_holder(places, source, str(error)))
        return None, [Problem(source.path, str(error), at.line, at.column)]


def _holder(places: dict[Place, Span], source: Source, message: str) -> Place:
    """Return the path of the value that a message quotes."""
    quoted = message.split("'")[1] if message.count("'") >= 2 else ""
    found: Place = ()
    for path, span in places.items():
        line = source.text[span.start : source.starts[span.line] if span.line < len(source.starts) else len(source.text)]
        if quoted and quoted in line:
            found = path
    return found
