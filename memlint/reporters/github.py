"""Annotations for GitHub Actions: workflow commands, which nothing from a file may forge."""

from typing import Final

from memlint.model import Report, Severity

_COMMAND: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(report: Report) -> str:
    """Return one workflow command a finding and problem."""
    lines = []
    for item in report.active:
        at = item.finding.at
        where = f"file={_property(at.path)},line={at.line},endLine={at.end_line},col={at.column},endColumn={at.end_column}"
        told = item.finding.message + "".join(f"\n{note.at.path}:{note.at.line}: {note.text}" for note in item.finding.notes[:10])
        lines.append(f"::{_COMMAND[item.severity]} {where},title={_property(f'{item.rule} {item.name}')}::{_data(told)}")
    lines += [
        f"::error file={_property(problem.path)},line={problem.line},col={problem.column},title=memlint could not judge this::{_data(problem.message)}"
        for problem in report.problems
    ]
    return "".join(line + "\n" for line in lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
