"""The only module that speaks pluggy's manager: finds plugins by entry point and hands on typed values.

Entry points are read from the `entry_points.txt` of installed distributions without importlib.metadata, whose import and scan
cost more than the whole check of a file. Nothing is ever loaded from the folder that memlint is run in.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from itertools import pairwise
from typing import Any

from memlint.api import Hooks, Reporter, Rule, Runtime

_OURS = "container_memlint"


class PluginError(Exception):
    """A plugin that cannot be loaded or that breaks the contract; the message names it."""


class Plugins:
    """What all installed plugins bring, ours among them."""

    def __init__(self) -> None:
        found = entry_points("memlint")
        self.strangers = not all(distribution.startswith(_OURS) for _, _, distribution in found)
        if not self.strangers:
            # Nothing of a stranger's: our own are called as they are, and the import of pluggy is saved.
            plugins = [_load(target) for _, target, _ in found]
            self._call: Callable[[str], Iterable[Iterable[Any]]] = lambda hook: [
                getattr(plugin, hook)() for plugin in plugins if hasattr(plugin, hook)
            ]
        else:
            self._call = _managed(found)

    def rules(self) -> list[Rule]:
        """Return all rules by code. Raises PluginError where there are none or two share a code."""
        rules = sorted(self._collect("memlint_rules"), key=lambda rule: rule.code)
        if not rules:
            raise PluginError("no rules are installed: run memlint from an installation, not from its source tree")
        for first, second in pairwise(rules):
            if first.code == second.code:
                raise PluginError(f"two rules claim {first.code}: {first.module} and {second.module}")
        return rules

    def runtimes(self) -> list[Runtime]:
        """Return the memory models; those of other distributions come first, so that they can be more special than ours."""
        return list(self._collect("memlint_runtimes"))

    def reporters(self) -> dict[str, Reporter]:
        return {reporter.name: reporter for reporter in reversed(list(self._collect("memlint_reporters")))}

    def _collect(self, hook: str) -> Iterator[Any]:
        try:
            for group in self._call(hook):
                yield from group
        except PluginError:
            raise
        except Exception as error:  # as above
            raise PluginError(f"a plugin failed in {hook}: {type(error).__name__}: {error}") from error


def _managed(found: Sequence[tuple[str, str, str]]) -> Callable[[str], Iterable[Iterable[Any]]]:
    """Register all plugins with pluggy; return how a hook is called."""
    import pluggy

    manager = pluggy.PluginManager("memlint")
    manager.add_hookspecs(Hooks)
    for name, target, distribution in found:
        try:
            manager.register(_load(target), name=f"{distribution}:{name}")
        except Exception as error:  # a stranger's code may raise anything; it is named and stops the run
            raise PluginError(f"plugin {name} of {distribution} cannot be loaded: {type(error).__name__}: {error}") from error
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise PluginError(str(error)) from error

    def call(hook: str) -> Iterator[Iterable[Any]]:
        # One by one, as pluggy would, last registered first: so that one that fails is named.
        for implementation in reversed(getattr(manager.hook, hook).get_hookimpls()):
            try:
                yield tuple(implementation.function())
            except Exception as error:
                raise PluginError(f"plugin {implementation.plugin_name} failed in {hook}: {type(error).__name__}: {error}") from error

    return call


def entry_points(group: str) -> list[tuple[str, str, str]]:
    """Return (name, target, distribution) of every entry point of `group`, ours first, in a stable order."""
    here = os.getcwd()  # noqa: PTH109
    found: dict[tuple[str, str], tuple[str, str, str]] = {}
    for folder in sys.path:
        if not folder or folder == here:
            continue
        try:
            names = sorted(os.listdir(folder))  # noqa: PTH208
        except OSError:
            continue
        for name in names:
            if name.endswith((".dist-info", ".egg-info")):
                distribution = name.rpartition(".")[0]
                for key, target in _read(f"{folder}/{name}/entry_points.txt", group):
                    found.setdefault((distribution.partition("-")[0], key), (key, target, distribution))
    return sorted(found.values(), key=lambda entry: (not entry[2].startswith(_OURS), entry))


def _read(path: str, group: str) -> Sequence[tuple[str, str]]:
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123
            text = file.read()
    except (OSError, ValueError):
        return ()
    if f"[{group}]" not in text:
        return ()
    entries, inside = [], False
    for line in text.splitlines():
        if line.startswith("["):
            inside = line.strip() == f"[{group}]"
        elif inside and "=" in line:
            key, _, target = line.partition("=")
            entries.append((key.strip(), target.strip()))
    return entries


def _load(target: str) -> object:
    module, _, attribute = target.partition(":")
    loaded: object = import_module(module)
    for name in attribute.split(".") if attribute else ():
        loaded = getattr(loaded, name)
    return loaded
