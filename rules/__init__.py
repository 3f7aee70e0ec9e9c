"""The rules that memlint brings, one file each: `memNNN_name.py`, whose docstring is the manual."""

from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules

from memlint.api import Rule, hookimpl


@hookimpl
def memlint_rules() -> Sequence[Rule]:
    """Return every rule of this folder: a new file is found, nothing lists it."""
    found: list[Rule] = []
    for info in iter_modules(__path__):
        module = import_module(f"{__name__}.{info.name}")
        found.extend(mark for mark in (getattr(value, "memlint_rule", None) for value in vars(module).values()) if isinstance(mark, Rule))
    return found
