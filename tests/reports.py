"""Reports made by hand: values of the model, no files."""

from dataclasses import dataclass, replace
from typing import Any

from memlint.model import (
    Confidence,
    Container,
    Diagnostic,
    Edit,
    Finding,
    Fix,
    Known,
    MemoryBudget,
    Note,
    Origin,
    Part,
    Problem,
    Process,
    Project,
    Report,
    RuleInfo,
    Safety,
    Severity,
    Span,
    Suppression,
    Verb,
    Workload,
)

TEXT = "services:\n  api:\n    image: java\n    mem_limit: 1g\n    command: java -Xmx1g\n"


def span(path: str = "compose.yaml", line: int = 4, column: int = 16, width: int = 2) -> Span:
    start = sum(len(row) + 1 for row in TEXT.split("\n")[: line - 1]) + column - 1
    return Span(path, line, column, line, column + width, start, start + width)


def known(value: Any, how: str = "environment", at: Span | None = None) -> Known[Any]:
    return Known(value, Origin(at or span(), how))


@dataclass
class Words:
    """Every text of a report that may come from a file or a stranger's rule."""

    message: str = "api may use 1 GiB"
    note: str = "heap set here"
    path: str = "compose.yaml"
    workload: str = "api"
    container: str = "api"
    problem: str = "is not UTF-8"
    reason: str = "measured"
    title: str = "raise the limit to 2 GiB"
    part: str = "heap"
    how: str = "command"
    source: str = TEXT

    def but(self, **more: str) -> "Words":
        return replace(self, **more)


def diagnostic(words: Words | None = None, severity: Severity = Severity.ERROR, number: int = 0, suppressed: bool = False) -> Diagnostic:
    words = words or Words()
    fix = Fix(words.title, Safety.UNSAFE, (Edit(words.path, span().start, span().end, "2g"),))
    notes = (Note(span(words.path, 5, 19, 5), words.note),)
    finding = Finding(words.message, span(words.path), notes, Confidence.MEDIUM, fix)
    why = Suppression("inline", words.reason, "2027-03-01") if suppressed else None
    return Diagnostic("MEM201", "over-limit", severity, finding, words.workload, words.container, f"f{number}", why)


def report(words: Words | None = None, diagnostics: tuple[Diagnostic, ...] | None = None, **more: Any) -> Report:
    words = words or Words()
    budget = MemoryBudget(
        "jvm",
        (
            Part(words.part, 1 << 30, 1 << 30, 1 << 30, Origin(span(words.path, 5, 19, 5), words.how), "-Xmx"),
            Part("metaspace", 10 << 20, 90 << 20, None, None, "measured, 2026-11"),
        ),
    )
    process = Process(None, "", {}, None, (), None, ())
    container = Container(words.container, span(words.path, 2, 3, 3), "main", known("java"), None, None, process, {}, limit=known(1 << 30))
    container = container._replace(process=_reading(process, budget))
    workload = Workload(words.workload, "compose", span(words.path, 2, 3, 3), (container,))
    if diagnostics is None:
        diagnostics = (
            diagnostic(words),
            diagnostic(words, Severity.WARNING, 1),
            diagnostic(words, Severity.INFO, 2),
            diagnostic(words, number=3, suppressed=True),
        )
    return Report(
        verb=Verb.CHECK,
        version="1.2.3",
        project=Project((workload,)),
        diagnostics=diagnostics,
        problems=(Problem(words.path, words.problem, 3, 7),),
        files=(words.path,),
        rules=(RuleInfo("MEM201", "over-limit", Severity.ERROR, "A process outgrows its limit.\n\nIt is killed."),),
        texts={words.path: words.source},
    )._replace(**more)


def _reading(process: Process, budget: MemoryBudget) -> Process:
    from memlint.model import Program, Reading

    return process._replace(readings=(Reading("jvm", Program((), {}), budget),))
