"""Markdown for a pull-request comment or a job summary."""

from typing import Final

from memlint.model import Container, Known, Report, Severity, Workload
from memlint.quantity import human

MAX_BYTES: Final = 900_000  # GitHub cuts a job summary off at 1 MiB
_SIGN: Final = {Severity.ERROR: "🔴", Severity.WARNING: "🟠", Severity.INFO: "🔵"}


def render(report: Report, room: int = MAX_BYTES) -> str:
    """Return the findings as a table, the problems, and the bills folded away; cut at `room` bytes."""
    lines = [f"### memlint: {_headline(report)}", ""]
    if report.active:
        lines += ["| | rule | where | what |", "|---|---|---|---|"]
        lines += [
            f"| {_SIGN[item.severity]} | {item.rule} {item.name} | {_code(f'{item.finding.at.path}:{item.finding.at.line}')} | {_cell(item.finding.message)} |"
            for item in report.active
        ]
        lines.append("")
    if report.problems:
        lines += ["**Not everything could be judged:**", ""]
        lines += [f"- {_code(f'{problem.path}:{problem.line}')} {_cell(problem.message)}" for problem in report.problems]
        lines.append("")
    lines += _bills(report)
    return _cut(lines, room)


def _headline(report: Report) -> str:
    counts = [(report.count(Severity.ERROR), "error"), (report.count(Severity.WARNING), "warning"), (report.count(Severity.INFO), "info")]
    told = ", ".join(f"{count} {word}{'s' if count != 1 else ''}" for count, word in counts if count)
    return told or "nothing to report"


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
    flat = " ".join(text.split())
    for character in "\\`*_{}[]<>|~!#":
        flat = flat.replace(character, f"\\{character}" if character != "<" else "&lt;")
    return flat.replace("@", "@\u200b").replace("://", ":\u200b//")


def _code(text: str) -> str:
    return "`" + " ".join(text.replace("`", "'").split()).replace("|", "\\|") + "`"


def _cut(lines: list[str], room: int) -> str:
    size = 0
    kept: list[str] = []
    for line in lines:
        size += len(line.encode("utf-8", "replace")) + 1
        if size > room:
            kept += ["", f"… {len(lines) - len(kept)} more lines: see the full report."]
            break
        kept.append(line)
    return "\n".join(kept) + "\n"
