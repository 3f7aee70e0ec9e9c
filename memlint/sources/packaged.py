"""Data files that are part of memlint. importlib.resources would cost more than most of them."""

import os.path
from typing import Any, Final

_FOLDER: Final = os.path.dirname(__file__)  # noqa: PTH120  # pathlib costs more than the read


def text(name: str) -> str:
    """Return the text of a data file beside this module."""
    with open(f"{_FOLDER}/{name}", encoding="utf-8") as file:  # noqa: PTH123
        return file.read()


def data(name: str) -> Any:
    """Return the content of a JSON file beside this module."""
    import json

    return json.loads(text(name))
