"""Writes measured footprints as they stand in `.memlint.yaml`."""

import json
from collections.abc import Mapping, Sequence
from typing import Any


def render(entries: Sequence[Mapping[str, Any]]) -> str:
    """Return the YAML text of a `footprints` list."""
    lines = ["footprints:"]
    for entry in entries:
        for number, (section, facts) in enumerate(entry.items()):
            start = "  - " if number == 0 else "    "
            if not isinstance(facts, Mapping):
                lines.append(f"{start}{section}: {_scalar(facts)}")
            elif section == "match":
                lines.append(f"{start}match: {{{', '.join(f'{key}: {_scalar(value)}' for key, value in facts.items())}}}")
            else:
                lines.append(f"{start}{section}:")
                lines += [f"      {key}: {_scalar(value)}" for key, value in facts.items()]
    return "\n".join(lines) + "\n"


def _scalar(value: Any) -> str:
    """Return a value as YAML; text that could mean something else is quoted."""
    text = str(value)
    if isinstance(value, str) and not text.replace("-", "").replace("_", "").replace(".", "").replace("/", "").isalnum():
        return json.dumps(text)
    return text
