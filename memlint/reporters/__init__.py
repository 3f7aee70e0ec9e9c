"""The output formats that memlint brings, one module each, imported when a run asks for one."""

from collections.abc import Sequence
from importlib import import_module

from memlint.api import Report, Reporter, hookimpl

_FORMATS = ("text", "json", "sarif", "github", "gitlab", "junit", "markdown", "html")


class OnDemand:
    """A format whose module is imported when it renders."""

    def __init__(self, name: str) -> None:
        self.name = name

    def render(self, report: Report) -> str:
        module = import_module(f"memlint.reporters.{self.name}")
        rendered: str = module.render(report)
        return rendered


@hookimpl
def memlint_reporters() -> Sequence[Reporter]:
    """Return the formats that memlint brings."""
    return tuple(OnDemand(name) for name in _FORMATS)
