"""A complete plugin: one rule and one memory model. memlint finds it by its entry point in the group `memlint`."""

from collections.abc import Sequence

from memlint.api import Rule, Runtime, hookimpl
from memlint_plugin_example import erlang, team_label


@hookimpl
def memlint_rules() -> Sequence[Rule]:
    return [team_label.team_label_missing.memlint_rule]


@hookimpl
def memlint_runtimes() -> Sequence[Runtime]:
    return [erlang.Model()]
