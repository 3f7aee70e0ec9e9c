"""What people read in a terminal: findings with their source line, bills as bars, what memlint saw."""

from collections.abc import Iterable, Iterator

from memlint.model import (
    Amount,
    Candidate,
    Container,
    Diagnostic,
    Known,
    MemoryBudget,
    Origin,
    Part,
    Problem,
    Report,
    Severity,
    Span,
    Unknown,
    Verb,
    Verdict,
    Words,
    Workload,
)
from memlint.quantity import MIB, human, lasting
from memlint.reporters.terminal import Style, harmless

_SEVERITY_COLOUR = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "blue"}
_VERDICT_COLOUR = {
    Verdict.OVER: "red",
    Verdict.LIKELY_OVER: "red",
    Verdict.MARGINAL: "yellow",
    Verdict.TIGHT: "yellow",
    Verdict.FITS: "green",
    Verdict.UNLIMITED: "magenta",
    Verdict.UNKNOWN: "dim",
}
_VERDICT_WORDS = {
    Verdict.OVER: "over: it will be killed when the {} fills",
    Verdict.LIKELY_OVER: "likely over: expect the kill when the {} fills",
    Verdict.MARGINAL: "marginal: within 5 % of the limit it ends now this way, now that way",
    Verdict.TIGHT: "tight: it fits as expected, but nothing keeps it below the limit",
    Verdict.FITS: "fits",
    Verdict.UNLIMITED: "unlimited: only the host's memory bounds it",
    Verdict.UNKNOWN: "whether it fits cannot be known",
}
_BLOCKS = {"heap": "█", "other": "▓", "high": "░"}


def render(report: Report, style: Style | None = None, quiet: bool = False, verbose: bool = False) -> str:
    """Return the text of a check, budget or show. `quiet`: no summary; `verbose`: what was read and joined too."""
    return "".join(f"{line}\n" for line in rendered(report, style or Style(), quiet, verbose))


def rendered(report: Report, style: Style, quiet: bool = False, verbose: bool = False) -> Iterator[str]:
    """Yield that text line by line: of a large tree it takes more memory than the findings."""
    if verbose:
        yield from _read(report, style)
    if report.verb is Verb.BUDGET:
        yield from _budget(report, style)
    elif report.verb is Verb.SHOW:
        yield from _show(report, style)
    elif report.verb is Verb.FORECAST:
        yield from _forecast(report, style)
    else:
        yield from _check(report, style, quiet)


def place(span: Span) -> str:
    """Return path:line:column."""
    return harmless(f"{span.path}:{span.line}:{span.column}")


def problem_lines(problems: Iterable[Problem], style: Style) -> list[str]:
    """Return one line a problem."""
    return [
        f"{style.paint(harmless(f'{problem.path}:{problem.line}:{problem.column}'), 'bold')}: {style.paint('problem', 'magenta')} {harmless(problem.message)}"
        for problem in problems
    ]


# --- check


def _read(report: Report, style: Style) -> list[str]:
    lines = [f"read {path}" for path in report.files]
    lines += [f"joined {line}" for line in report.project.joined]
    lines += [f"not judged {path} ({why})" for why, paths in sorted(report.skipped.items()) for path in paths]
    return [style.paint(harmless(line), "dim") for line in lines]


def _check(report: Report, style: Style, quiet: bool) -> Iterator[str]:
    for diagnostic in report.active:
        yield from _diagnostic(diagnostic, report, style)
        if style.wrap:
            yield ""
    yield from problem_lines(report.problems, style)
    if not quiet:
        yield _summary(report, style)


def _diagnostic(diagnostic: Diagnostic, report: Report, style: Style) -> list[str]:
    finding = diagnostic.finding
    severity = style.paint(str(diagnostic.severity), _SEVERITY_COLOUR[diagnostic.severity], "bold")
    head = f"{style.paint(place(finding.at), 'bold')}: {severity} {style.paint(diagnostic.rule, 'bold')}"
    told = f"{harmless(finding.message)} [{diagnostic.name}]"
    lines = _wrapped(head, f"{place(finding.at)}: {diagnostic.severity} {diagnostic.rule}", told, style)
    lines += _excerpt(finding.at, report, style, _SEVERITY_COLOUR[diagnostic.severity])
    for note in finding.notes[:12]:
        lines += _wrapped(f"  {style.paint('note:', 'cyan')}", "  note:", f"{place(note.at)}: {harmless(note.text)}", style)
    if len(finding.notes) > 12:
        lines.append(f"  {style.paint('note:', 'cyan')} and {len(finding.notes) - 12} more places")
    if finding.fix is not None:
        lines += _wrapped(f"  {style.paint('fix:', 'green')}", "  fix:", f"{harmless(finding.fix.title)} ({finding.fix.safety})", style)
    return lines


def _wrapped(head: str, plain: str, text: str, style: Style) -> list[str]:
    """Return `head text`, over several lines where the style wants that; `plain` is the head without its colours."""
    if not style.wrap or len(plain) + 1 + len(text) <= style.width:
        return [f"{head} {text}"]
    import textwrap

    first, *rest = textwrap.wrap(
        text, style.width, initial_indent=" " * (len(plain) + 1), subsequent_indent="      ", break_long_words=False, break_on_hyphens=False
    )
    return [f"{head} {first.strip()}", *rest]


def _excerpt(span: Span, report: Report, style: Style, colour: str) -> list[str]:
    text = report.texts.get(span.path)
    if text is None:
        return []
    rows = text.split("\n", span.line)
    if len(rows) < span.line:
        return []
    row = rows[span.line - 1].rstrip("\r")
    if not row.strip():
        return []
    number = f"{span.line:>5} │ "
    room = max(style.width - len(number), 20)
    first = 0 if span.column < room - 10 else span.column - room // 2
    shown = harmless(row[first : first + room])
    length = (span.end_column if span.end_line == span.line else len(row) + 1) - span.column
    marker = " " * (span.column - 1 - first) + "^" * max(1, min(length, room - (span.column - 1 - first)))
    return [style.paint(number, "dim") + shown, style.paint("      │ ", "dim") + style.paint(marker, colour)]


def _summary(report: Report, style: Style) -> str:
    counts = ((Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.INFO, "info"))
    found = [f"{report.tally(severity)} {_plural(name, report.tally(severity))}" for severity, name in counts if report.tally(severity)]
    judged = f"{len(report.files)} {_plural('file', len(report.files))}, {report.containers} {_plural('container', report.containers)}"
    line = f"{', '.join(found) if found else 'nothing to report'} in {judged}"
    suppressed = len(report.diagnostics) - len(report.active)
    if suppressed:
        line += f"; {suppressed} suppressed"
    if report.problems:
        line += f"; {len(report.problems)} {_plural('problem', len(report.problems))}: not everything could be judged"
    skipped = skipped_line(report)
    if skipped:
        line += f"\n{style.paint(skipped, 'dim')}"
    return line


def skipped_line(report: Report) -> str:
    """Return the one line that names what was not judged, "" where everything was."""
    words = {
        "helm-template": "Helm templates (render them: helm template … | memlint check -)",
        "template": "templates",
        "other-yaml": "other YAML files",
        "link": "links",
    }
    parts = [f"{len(paths)} {words.get(why, why)}" for why, paths in sorted(report.skipped.items()) if paths]
    return f"not judged: {', '.join(parts)}" if parts else ""


def _plural(word: str, count: int) -> str:
    return word if count == 1 else word + "s"


# --- budget


def _budget(report: Report, style: Style) -> list[str]:
    lines: list[str] = []
    for workload in report.project.workloads:
        for container in workload.containers:
            lines += [*_bill(workload, container, style), ""]
    if not lines:
        lines = ["no containers found", ""]
    lines += problem_lines(report.problems, style)
    skipped = skipped_line(report)
    if skipped:
        lines.append(style.paint(skipped, "dim"))
    return lines if report.problems or skipped else lines[:-1]


def _bill(workload: Workload, container: Container, style: Style) -> list[str]:
    process = container.process
    budget = process.budget
    title = container.name if container.name == workload.name else f"{workload.name}/{container.name}"
    where = place(container.at)
    kind = workload.kind if workload.qos is None else f"{workload.kind}, {workload.qos}"
    replicas = workload.replicas.value if isinstance(workload.replicas, Known) else 1
    many = f" × {replicas}" if replicas > 1 else ""
    lines = [f"{style.paint(harmless(title), 'bold')}{many}  {style.paint(f'{kind}  {where}', 'dim')}"]
    lines.append(f"  limit    {_amount(container.limit)}")
    if workload.qos is not None:
        lines.append(f"  request  {_amount(container.request)}")
    if budget is None:
        why = process.why or "no memory model knows this program"
        lines.append(f"  {style.paint('no bill: ' + harmless(why), 'dim')}")
        return lines
    lines += _table(budget, style)
    verdict = container.verdict
    limit = container.limit.value if isinstance(container.limit, Known) else None
    bar = _bar(budget, limit, style, verdict)
    if bar:
        lines.append(bar)
    told = _VERDICT_WORDS[verdict].format(budget.parts[0].name if budget.parts else "heap")
    if limit is None:
        told = f"{human(budget.expected)} expected: {told}"
    else:
        free = limit - budget.expected
        share = f" ({budget.expected * 100 // limit} %)" if limit >= MIB else ""  # below a MiB the number itself is wrong
        told = (
            f"{human(budget.expected)} of {human(limit)} expected{share}, {human(abs(free))} {'free' if free >= 0 else 'too much'}: {told}"
        )
    confidence = "" if str(budget.confidence) == "high" else f" ({budget.confidence} confidence)"
    from textwrap import wrap

    for number, line in enumerate(wrap(told + confidence, max(style.width - 4, 30))):
        lines.append(("  " if number == 0 else "    ") + style.paint(line, _VERDICT_COLOUR[verdict]))
    leak = _leak(container)
    if leak:
        lines.append(f"  leak     {harmless(leak)}")
    return lines


def _leak(container: Container) -> str:
    leak, recycled, hours = container.process.leak, container.recycled, container.hours_to_kill
    if leak is None:
        return ""
    rate = f"{human(leak.value)} an hour  {_traced(leak.origin)}: "
    if isinstance(recycled, Known):
        return f"{rate}given back by {recycled.value}"
    if recycled is not None:
        return f"{rate}whether workers are replaced is not known"
    return f"{rate}the headroom lasts about {lasting(hours)}, then it is killed" if hours is not None else f"{rate}no limit that ends it"


def _amount(amount: Amount) -> str:
    if amount is None:
        return "none"
    if isinstance(amount, Unknown):
        return harmless(f"unknown: {amount.why}")
    return harmless(f"{human(amount.value)}  {_traced(amount.origin)}")


def _traced(origin: Origin) -> str:
    via = "".join(f", via {step.how} {step.span.path}:{step.span.line}:{step.span.column}" for step in origin.via)
    return f"{origin.how} {origin.span.path}:{origin.span.line}:{origin.span.column}{via}"


def _table(budget: MemoryBudget, style: Style) -> list[str]:
    name_width = max((len(part.name) for part in budget.parts), default=4)
    wide = style.width >= 70
    header = f"  {'':<{name_width}}  {'low':>9}  {'expected':>9}  {'high':>9}"
    lines = [style.paint(header + ("  where" if wide else ""), "dim")]
    for part in budget.parts:
        row = f"  {harmless(part.name):<{name_width}}  {_short(part.low):>9}  {_short(part.expected):>9}  {_high(part.high):>9}"
        if wide:
            row += style.paint("  " + _where(part, style.width - len(row) - 2), "dim")
        lines.append(row)
    total = f"  {'total':<{name_width}}  {_short(budget.low):>9}  {_short(budget.expected):>9}  {_high(budget.high):>9}"
    lines.append(style.paint(total, "bold"))
    return lines


def _where(part: Part, room: int) -> str:
    text = harmless(_traced(part.origin) if part.origin else part.basis)
    return text if len(text) <= room else text[: max(room - 1, 0)] + "…"


def _short(amount: int) -> str:
    return human(amount)


def _high(amount: int | None) -> str:
    return "unbounded" if amount is None else _short(amount)


def _bar(budget: MemoryBudget, limit: int | None, style: Style, verdict: Verdict) -> str:
    """Draw the parts as shares of the limit: heap dense, the rest lighter, what `high` could add lightest; `│` is the limit."""
    width = max(min(style.width - 6, 72), 20)
    high = budget.high
    full = max(limit or 0, budget.expected, high if high is not None and limit is not None and high < 2 * limit else 0)
    if full == 0:
        return ""
    first = budget.parts[0]
    heap = first.expected * width // full
    expected = budget.expected * width // full
    most = width if high is None else min(high * width // full, width)
    colour = _VERDICT_COLOUR[verdict]
    bar = [*(_BLOCKS["heap"] * heap), *(_BLOCKS["other"] * (expected - heap)), *(_BLOCKS["high"] * max(most - expected, 0))]
    bar += " " * (width - len(bar))
    mark = min(limit * width // full, width - 1) if limit else None
    text = "".join(bar)
    if mark is None:
        return "  " + style.paint(text, colour)
    return "  " + style.paint(text[:mark], colour) + style.paint("│", "bold") + style.paint(text[mark + 1 :], "red")


# --- show


def _show(report: Report, style: Style) -> list[str]:
    lines: list[str] = []
    for workload in report.project.workloads:
        lines += _workload(workload, style)
        for container in workload.containers:
            lines += _container(container, style)
        lines.append("")
    lines += [style.paint(f"joined: {harmless(line)}", "dim") for line in report.project.joined]
    lines += problem_lines(report.problems, style)
    skipped = skipped_line(report)
    return [*lines, style.paint(skipped, "dim")] if skipped else lines


def _workload(workload: Workload, style: Style) -> list[str]:
    facts = [workload.kind]
    if workload.project:
        facts.append(f"project {workload.project}")
    if workload.namespace:
        facts.append(f"namespace {workload.namespace}")
    if workload.qos:
        facts.append(workload.qos)
    if workload.profiles:
        facts.append(f"profiles {', '.join(workload.profiles)}")
    return [f"{style.paint(harmless(workload.name), 'bold')}  {style.paint(harmless(', '.join(facts)), 'dim')}  {place(workload.at)}"]


def _container(container: Container, style: Style) -> list[str]:
    rows: list[tuple[str, str]] = [("image", _value(container.image))]
    process = container.process
    rows.append(("process", _words(process.words) if process.words is not None else f"unknown: {process.why}"))
    if process.pid1 is not None:
        rows.append(("pid 1", f"{process.pid1.name} ({process.pid1.kind}): {process.pid1.why}"))
    settings: tuple[tuple[str, Amount | Known[bool]], ...] = (
        ("limit", container.limit),
        ("request", container.request),
        ("reservation", container.reservation),
        ("swap", container.swap),
        ("shm_size", container.shm_size),
        ("oom_score_adj", container.oom_score_adj),
        ("init", container.init),
    )
    for name, value in settings:
        if value is not None:
            rows.append((name, _value(value, name not in ("oom_score_adj", "init"))))
    for reading in process.readings:
        rows.append(("runtime", f"{reading.runtime} {reading.version or ''}".strip()))
        rows += [(f"  {name}", _value(value, name != "workers")) for name, value in reading.options.items()]
    rows += [(f"env {name}", _value(value)) for name, value in process.env.items()]
    width = max(len(name) for name, _ in rows)
    head = f"  {style.paint(harmless(container.name), 'bold')} ({container.role})  {place(container.at)}"
    return [head, *(f"    {harmless(name):<{width}}  {harmless(text)}" for name, text in rows)]


def _words(words: Words) -> str:
    return " ".join(_quoted(word.value) if isinstance(word, Known) else "‹unknown›" for word in words)


def _quoted(word: str) -> str:
    return word if word and not any(character in word for character in " \t\n'\"") else "'" + word.replace("'", "'\\''") + "'"


def _value(value: Known[int] | Known[str] | Known[bool] | Unknown | None, amount: bool = False) -> str:
    if value is None:
        return "not set"
    if isinstance(value, Unknown):
        return f"unknown: {value.why}"
    shown = human(value.value) if amount and isinstance(value.value, int) else str(value.value)
    return f"{shown}  ← {_traced(value.origin)}"


# --- forecast


def _forecast(report: Report, style: Style) -> list[str]:
    lines: list[str] = []
    for forecast in report.forecasts:
        lines.append(style.paint(harmless(forecast.title), "bold"))
        if forecast.memory is not None:
            told = f"limit {human(forecast.memory)}" if forecast.kind == "container-oom" else _demand(forecast.memory, forecast.demand)
            lines.append(style.paint(f"  {told}", "dim"))
        width = max((len(_candidate(candidate)) for candidate in forecast.candidates), default=4)
        for number, candidate in enumerate(forecast.candidates, 1):
            used = human(candidate.usage) if candidate.usage is not None else "?"
            row = f"  {number:>3}  {harmless(_candidate(candidate)):<{width}}  {used:>9}  {harmless(candidate.why)}"
            lines.append(style.paint(row, "red") if number == 1 and candidate.score is not None else row)
        lines += [f"  {style.paint('→', 'green')} {harmless(forecast.advice)}", ""]
    if not lines:
        lines = ["nothing to rank: name the machine with --node-memory or --host-memory", ""]
    return [*lines, *problem_lines(report.problems, style)]


def _demand(memory: int, demand: int | None) -> str:
    if demand is None:
        return f"{human(memory)} to share, expected demand not known: a container has no bill"
    share = demand * 100 // memory if memory > 0 else 0
    return f"{human(memory)} to share, expected demand {human(demand)} ({share} %)" + (": more than there is" if demand > memory else "")


def _candidate(candidate: Candidate) -> str:
    return candidate.workload if candidate.container in (None, candidate.workload) else f"{candidate.workload}/{candidate.container}"
