"""Validation against our own JSON Schemas (the only user of jsonschema, imported only when there is something to validate)."""

from typing import Any

from memlint.sources import packaged

Path = tuple[str | int, ...]


def text(name: str) -> str:
    """Return the JSON text of one of our schemas."""
    return packaged.text(f"{name}.schema.json")


def errors(name: str, value: Any) -> list[tuple[Path, str]]:
    """Return (path to the faulty key or item, message) for everything that the schema `name` does not allow, in order."""
    from jsonschema import Draft202012Validator

    found: list[tuple[Path, str]] = []
    for error in Draft202012Validator(packaged.data(f"{name}.schema.json")).iter_errors(value):
        path: Path = tuple(error.absolute_path)
        if error.validator == "additionalProperties" and isinstance(error.instance, dict) and isinstance(error.schema, dict):
            known = error.schema.get("properties", {})
            unknown = [key for key in error.instance if key not in known]
            found.extend(((*path, key), f"unknown key '{str(key)[:60]}'{_meant(key, known)}") for key in unknown)
        else:
            found.append((path, _message(error.message)))
    return sorted(found, key=lambda item: [str(part) for part in item[0]])


def _meant(key: str, known: Any) -> str:
    from difflib import get_close_matches

    near = get_close_matches(str(key), list(known), 1)
    return f": did you mean '{near[0]}'?" if near else f": known are {', '.join(known)}"


def _message(message: str) -> str:
    return message if len(message) < 200 else message[:197] + "…"
