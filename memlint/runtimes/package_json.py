"""The scripts of a package.json and the applications of a pm2 ecosystem.config.json, with the places they stand at."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from memlint.patterns import pattern

_STRING = pattern(r'"((?:[^"\\\n]|\\.)*)"')


def load(text: str) -> Mapping[str, Any]:
    """Return a JSON object, an empty one where the text is no such thing."""
    import json

    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def script(text: str, name: str) -> tuple[str, int, int] | None:
    """Return the command line of a package.json script with the offsets it stands at; None where there is no such script."""
    scripts = load(text).get("scripts")
    value = scripts.get(name) if isinstance(scripts, dict) else None
    if not isinstance(value, str):
        return None
    after = text.find('"scripts"')
    start, end = place(text, name, value, after)
    return value, start, end


def place(text: str, key: str, value: Any, after: int = 0) -> tuple[int, int]:
    """Return the offsets of the first `"key": value` behind `after`, without the quotes of a string; of the first character where it is not found."""
    import json

    for match in _STRING.finditer(text, max(after, 0)):
        if match[1] != key and _decoded(json, match[0]) != key:
            continue
        follower = re.compile(r'\s*:\s*("(?:[^"\\\n]|\\.)*"|[^\s,}\]]+)').match(text, match.end())
        if follower is None:
            continue
        if _decoded(json, follower[1]) == value:
            quoted = follower[1].startswith('"')
            return follower.start(1) + quoted, follower.end(1) - quoted
    return 0, min(1, len(text))


def _decoded(json: Any, raw: str) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None


def applications(text: str) -> Iterator[Mapping[str, Any]]:
    """Yield the applications of a pm2 ecosystem file in JSON."""
    data = load(text)
    apps = data.get("apps", data if "script" in data else [])
    for application in apps if isinstance(apps, list) else [apps]:
        if isinstance(application, dict):
            yield application
