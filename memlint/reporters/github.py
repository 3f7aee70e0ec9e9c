"""Annotations for GitHub Actions: workflow commands, which nothing from a file may forge."""

from typing import Final

from memlint.model import Report, Severity, Span
from memlint.reporters.terminal import harmless

_COMMAND: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_ORDER: Final = tuple(_COMMAND)
_MOST_NOTES: Final = 10


def render(report: Report) -> str:
    """Return one workflow command a problem and finding, the worst first: GitHub shows the first ten of a kind in a step."""
    lines = [
        f"::error file={_property(problem.path)},line={problem.line},col={problem.column},title=memlint could not judge this::{_data(problem.message)}"
        for problem in report.problems
    ]
    for item in sorted(report.active, key=lambda item: _ORDER.index(item.severity)):
        told = [harmless(item.finding.message)]
        told += [harmless(f"{note.at.path}:{note.at.line}: {note.text}") for note in item.finding.notes[:_MOST_NOTES]]
        title = _property(f"{item.rule} {item.name}")
        lines.append(f"::{_COMMAND[item.severity]} {_where(item.finding.at)},title={title}::{_encoded(chr(10).join(told))}")
    return "".join(line + "\n" for line in lines)


def _where(at: Span) -> str:
    """Columns only where they are of one line: GitHub refuses them otherwise."""
    columns = f",col={at.column},endColumn={at.end_column}" if at.line == at.end_line else ""
    return f"file={_property(at.path)},line={at.line},endLine={at.end_line}{columns}"


def _data(text: str) -> str:
    return _encoded(harmless(text))


def _encoded(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
