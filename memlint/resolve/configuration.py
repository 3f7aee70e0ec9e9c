"""Reads `.memlint.yaml` or `[tool.memlint]`: the text becomes a validated Config, errors name file, line and key."""

from typing import Any

from memlint import config
from memlint.config import Config
from memlint.model import Origin, Problem, Span
from memlint.quantity import QuantityError
from memlint.sources import scalars, schema, tree
from memlint.sources.text import Source

Place = tuple[str | int, ...]


def read(source: Source) -> tuple[Config | None, list[Problem]]:
    """Return the configuration of a file; None where it is not valid."""
    if source.path.endswith(".toml"):
        return _toml(source)
    parsed = tree.read(source)
    if parsed.problems:
        return None, parsed.problems
    if not parsed.documents:
        return Config(path=source.path), []
    places: dict[Place, Span] = {}
    data = _plain(parsed.documents[0], (), places)
    if data is None:
        return Config(path=source.path), []
    return _build(source, data, places)


def _plain(node: tree.Node, path: Place, places: dict[Place, Span], depth: int = 0) -> Any:
    places.setdefault(path, node.span)
    if isinstance(node, tree.Scalar):
        return scalars.compose(node)
    if depth > 20:
        return None
    if isinstance(node, tree.Sequence):
        return [_plain(item, (*path, number), places, depth + 1) for number, item in enumerate(node.items)]
    assert isinstance(node, tree.Mapping)
    found = {}
    for key, value in node.items():
        places[(*path, key.value)] = key.span
        found[key.value] = _plain(value, (*path, key.value), places, depth + 1)
    return found


def _toml(source: Source) -> tuple[Config | None, list[Problem]]:
    import re
    import tomllib

    try:
        data = tomllib.loads(source.text).get("tool", {}).get("memlint")
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+), column (\d+)", str(error))
        line, column = (int(place[1]), int(place[2])) if place else (1, 1)
        return None, [Problem(source.path, f"cannot be parsed as TOML: {error}", line, column)]
    if data is None:
        return None, []
    # TOML gives no marks: a key is looked for below its table's header.
    header = re.search(r"^\[tool\.memlint\b.*$", source.text, re.MULTILINE)
    begin = header.start() if header else 0
    places: dict[Place, Span] = {(): source.span(begin, begin + 1)}

    def locate(value: Any, path: Place, start: int) -> int:
        """Place what lies below `path`, looked for from `start` on; return the end of the last key that was found."""
        end = start
        if isinstance(value, dict):
            for key, inner in value.items():
                found = re.compile(rf"^[ \t\[]*(?:tool\.memlint\.)?[\w.\"'-]*?({re.escape(str(key))})\b", re.MULTILINE).search(
                    source.text, start
                )
                position = found.start(1) if found else start
                places[(*path, key)] = source.span(position, position + len(str(key)))
                end = max(end, position + len(str(key)), locate(inner, (*path, key), position))
        elif isinstance(value, list):
            for number, item in enumerate(value):
                before = len(places)
                end = locate(item, (*path, number), end)
                inside = list(places.values())[before:]
                if inside:  # an entry stands where the first of its keys does
                    places[(*path, number)] = min(inside, key=lambda span: span.start)
        return end

    locate(data, (), begin)
    return _build(source, data, places)


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
