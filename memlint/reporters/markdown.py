"""Markdown for a pull-request comment or a job summary."""

import re
from typing import Final

from memlint.model import Container, Diagnostic, Known, Report, Severity, Workload
from memlint.patterns import pattern
from memlint.quantity import human
from memlint.reporters.terminal import harmless

MAX_COMMENT: Final = 65_000  # GitHub refuses a comment of more than 65,536 characters
MAX_SUMMARY: Final = (1 << 20) - 4096  # and a job summary of more than 1 MiB a step
_SIGN: Final = {Severity.ERROR: "🔴", Severity.WARNING: "🟠", Severity.INFO: "🔵"}
_MOST_NOTES: Final = 3
_MOST_PROBLEMS: Final = 50
_MARKUP: Final = pattern(r"([\\`*_{}\[\]|~!$])")
_LINK: Final = pattern(r"(?<=[@#])(?=\w)|(?<=:)(?=//)|(?<=\bwww)(?=\.)|(?<=\bGH-)(?=\d)", re.IGNORECASE)  # what GitHub would make a link of


def render(report: Report, room: int = MAX_COMMENT) -> str:
    """Return the problems, the findings as a table with the worst first, and the bills folded away; cut at `room` bytes."""
    lines = [f"### memlint: {_headline(report)}", ""]
    if report.problems:
        lines += ["**Not everything could be judged:**", ""]
        lines += [f"- {_code(f'{problem.path}:{problem.line}')} {_cell(problem.message)}" for problem in report.problems[:_MOST_PROBLEMS]]
        if len(report.problems) > _MOST_PROBLEMS:
            lines.append(f"- and {len(report.problems) - _MOST_PROBLEMS} more")
        lines.append("")
    if report.active:
        lines += ["| | rule | where | what |", "|---|---|---|---|"]
        lines += [_row(item) for item in sorted(report.active, key=lambda item: list(_SIGN).index(item.severity))]
        lines.append("")
    return _cut([*lines, *_bills(report)], room)


def _headline(report: Report) -> str:
    counts = [(report.tally(Severity.ERROR), "error"), (report.tally(Severity.WARNING), "warning"), (report.tally(Severity.INFO), "info")]
    found = ", ".join(f"{count} {word}{'s' if count != 1 else ''}" for count, word in counts if count)
    told = found or ("nothing to report" if not report.problems else "no finding")
    suppressed = len(report.diagnostics) - len(report.active)
    return f"{told} ({suppressed} suppressed)" if suppressed else told


def _row(item: Diagnostic) -> str:
    finding = item.finding
    notes = "".join(f"<br>↳ {_code(f'{note.at.path}:{note.at.line}')} {_cell(note.text)}" for note in finding.notes[:_MOST_NOTES])
    more = f"<br>↳ and {len(finding.notes) - _MOST_NOTES} more places" if len(finding.notes) > _MOST_NOTES else ""
    where = _code(f"{finding.at.path}:{finding.at.line}")
    return f"| {_SIGN[item.severity]} | {_cell(f'{item.rule} {item.name}')} | {where} | {_cell(finding.message)}{notes}{more} |"


def _bills(report: Report) -> list[str]:
    rows = [
        _bill(workload, container)
        for workload in report.project.workloads
        for container in workload.containers
        if container.process.budget is not None
    ]
    if not rows:
        return []
    head = ["<details><summary>Bills</summary>", "", "| container | limit | low | expected | high | verdict |", "|---|---|---|---|---|---|"]
    return [*head, *rows, "", "</details>"]


def _bill(workload: Workload, container: Container) -> str:
    budget = container.process.budget
    assert budget is not None
    limit = human(container.limit.value) if isinstance(container.limit, Known) else "none" if container.limit is None else "unknown"
    high = human(budget.high) if budget.high is not None else "unbounded"
    name = workload.name if workload.name == container.name else f"{workload.name}/{container.name}"
    return f"| {_cell(name)} | {limit} | {human(budget.low)} | {human(budget.expected)} | {high} | {container.verdict} |"


def _cell(text: str) -> str:
    """Return a text that stays in its cell and is no markup, mention or link."""
    flat = " ".join(harmless(text).split())
    escaped = _MARKUP.sub(r"\\\1", _LINK.sub("\u200b", flat).replace("&", "&amp;"))
    return escaped.replace("<", "&lt;").replace(">", "&gt;")


def _code(text: str) -> str:
    return "`" + " ".join(harmless(text).replace("`", "'").split()).replace("|", "\\|") + "`"


def _cut(lines: list[str], room: int) -> str:
    size = 200  # for the words that tell of the cut
    kept: list[str] = []
    for line in lines:
        size += len(line.encode("utf-8", "replace")) + 1
        if size > room:
            if "<details><summary>Bills</summary>" in kept:
                kept += ["", "</details>"]
            kept += ["", f"… {len(lines) - len(kept)} more lines do not fit here: see the full report."]
            break
        kept.append(line)
    return "\n".join(kept) + "\n"
