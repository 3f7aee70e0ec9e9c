"""Reads a baseline: the fingerprints of findings that were there before."""

import json

from memlint.model import Problem
from memlint.sources.text import Source


def read(source: Source) -> tuple[frozenset[str], list[Problem]]:
    """Return the fingerprints of a baseline file, or what is wrong with it."""
    try:
        body = json.loads(source.text)
    except (ValueError, RecursionError) as error:
        line, column = getattr(error, "lineno", 1), getattr(error, "colno", 1)
        return frozenset(), [Problem(source.path, f"is no baseline: {getattr(error, 'msg', error)}", line, column)]
    if not isinstance(body, dict) or body.get("version") != 1 or not isinstance(body.get("findings"), list):
        return frozenset(), [Problem(source.path, "is no baseline of version 1: write it with --write-baseline")]
    return frozenset(
        entry["fingerprint"] for entry in body["findings"] if isinstance(entry, dict) and isinstance(entry.get("fingerprint"), str)
    ), []
