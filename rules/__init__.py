"""The rules that memlint brings, one file each: `memNNN_name.py`, whose docstring is the manual."""

from collections.abc import Sequence
from importlib import import_module

from memlint.api import Rule, deferred, hookimpl, modules_in


@hookimpl
def memlint_rules() -> Sequence[Rule]:
    """Return every rule of this folder. A new file is found; `index.py` only saves the import of those that a run does not call."""
    rows = import_module(f"{__name__}.index").RULES
    modules = modules_in(__path__, "mem")
    if modules == {row[4] for row in rows}:
        return [deferred(__name__, row) for row in rows]
    found: list[Rule] = []
    for name in sorted(modules):
        module = import_module(f"{__name__}.{name}")
        found.extend(mark for mark in (getattr(value, "memlint_rule", None) for value in vars(module).values()) if isinstance(mark, Rule))
    return found
