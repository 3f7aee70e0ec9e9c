"""One self-contained page: bills as bars, findings with their source lines, the forecast; readable without JavaScript, light and dark."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from memlint.model import Amount, Container, Diagnostic, Forecast, Known, Part, Problem, Report, Severity, Span, Unknown, Verdict, Workload
from memlint.quantity import human

_CONTEXT: Final = 2  # lines shown around a finding
_ORDER: Final = (Severity.ERROR, Severity.WARNING, Severity.INFO)

_STYLE: Final = """
:root{color-scheme:light dark;--bg:#fbfbfa;--card:#fff;--ink:#1d2125;--soft:#667079;--line:#e3e5e8;--accent:#2f6feb;--error:#c62f38;--warning:#a86300;
--info:#2f6feb;--ok:#1f8a4c;--mark:#fff3c4;--p0:#3b6fd4;--p1:#6a9be8;--p2:#8fb7a3;--p3:#d4a35b;--p4:#b087c9;--p5:#c97f7f;--p6:#8b95a1;--free:#eceef1}
@media (prefers-color-scheme:dark){:root{--bg:#14171a;--card:#1c2024;--ink:#e6e8ea;--soft:#9aa4ad;--line:#2d3339;--accent:#78a6ff;--error:#ff7b82;
--warning:#f0b14a;--info:#78a6ff;--ok:#5fcf8d;--mark:#4a3f12;--p0:#5d8ff0;--p1:#3f67b0;--p2:#5d8f77;--p3:#a87c3a;--p4:#8662a0;--p5:#9c5c5c;--p6:#68727d;
--free:#262b31}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1080px;margin:0 auto;padding:24px 20px 64px}h1{font-size:22px;margin:0 0 4px}h2{font-size:17px;margin:36px 0 12px}
.soft{color:var(--soft)}.counts{display:flex;flex-wrap:wrap;gap:10px;margin:16px 0}.count{background:var(--card);border:1px solid var(--line);
border-radius:8px;padding:8px 14px}.count b{font-size:20px;margin-right:6px}.card{background:var(--card);border:1px solid var(--line);border-radius:8px;
padding:14px 16px;margin:0 0 12px;overflow-wrap:anywhere}.error{color:var(--error)}.warning{color:var(--warning)}.info{color:var(--info)}.ok{color:var(--ok)}
.tag{font-size:12px;font-weight:600;text-transform:uppercase;letter-spacing:.03em}.rule{font-weight:600}code,pre,.where{font:13px/1.55 ui-monospace,monospace}
.where{color:var(--soft)}pre{margin:10px 0 0;padding:8px 0;border-radius:6px;background:var(--bg);overflow-x:auto}pre span{display:block;padding:0 12px;
white-space:pre}pre .hit{background:var(--mark)}pre i{display:inline-block;width:4ch;margin-right:1.5ch;text-align:right;color:var(--soft);font-style:normal;
user-select:none}ul{margin:8px 0 0;padding-left:20px}.bar{position:relative;display:flex;height:22px;border-radius:5px;overflow:hidden;background:var(--free);
margin:10px 0 6px}.bar div{height:100%}.limit{position:absolute;top:0;bottom:0;width:0;border-left:3px solid var(--ink)}.p0{background:var(--p0)}
.p1{background:var(--p1)}.p2{background:var(--p2)}.p3{background:var(--p3)}.p4{background:var(--p4)}.p5{background:var(--p5)}.p6{background:var(--p6)}
.key{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:6px}table{border-collapse:collapse;width:100%;font-size:13.5px}
th{font-weight:500;color:var(--soft);text-align:right}td,th{padding:3px 8px;border-top:1px solid var(--line)}td.n{text-align:right;white-space:nowrap;
font-variant-numeric:tabular-nums}th:first-child,td:first-child,th:last-child,td:last-child{text-align:left}tr:first-child th{border-top:0}
tr.sum td{font-weight:600}.scroll{overflow-x:auto}.tools{display:none;gap:10px;flex-wrap:wrap;margin:0 0 14px}.js .tools{display:flex}
input,select{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:6px;padding:6px 10px}input{flex:1;min-width:200px}
details>summary{cursor:pointer;color:var(--soft)}.hide{display:none}@media (max-width:600px){main{padding:16px 12px 48px}.opt{display:none}}
"""

_SCRIPT: Final = """
document.documentElement.classList.add('js');
const text=document.getElementById('q'),level=document.getElementById('s'),none=document.getElementById('none');
function filter(){let shown=0;const wanted=text.value.toLowerCase().split(/\\s+/).filter(Boolean);
for(const card of document.querySelectorAll('[data-level]')){const words=card.textContent.toLowerCase();
const keep=(!level.value||card.dataset.level===level.value)&&wanted.every(w=>words.includes(w));card.classList.toggle('hide',!keep);shown+=keep}
none.classList.toggle('hide',shown>0)}
text.addEventListener('input',filter);level.addEventListener('change',filter);
"""


def render(report: Report) -> str:
    """Return the page."""
    counts = "".join(
        f'<div class="count {severity}"><b>{report.tally(severity)}</b>{_plural(str(severity), report.tally(severity))}</div>'
        for severity in _ORDER
    )
    suppressed = len(report.diagnostics) - len(report.active)
    if suppressed:
        counts += f'<div class="count soft"><b>{suppressed}</b>suppressed</div>'
    bills = [
        (workload, container)
        for workload in report.project.workloads
        for container in workload.containers
        if container.process.budget is not None
    ]
    body = [
        "<h1>memlint</h1>",
        f'<div class="soft">{len(report.files)} {_plural("file", len(report.files))}, {report.containers} '
        f"{_plural('container', report.containers)}, {len(bills)} with a bill · memlint {escape(report.version)}</div>",
        f'<div class="counts">{counts}</div>',
        *_problems(report.problems),
        *_findings(report),
        *_bills(bills),
        *_forecasts(report.forecasts),
    ]
    script = f"<script>{_SCRIPT}</script>" if report.active else ""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">"
        f"<title>memlint</title><style>{_STYLE}</style></head>\n<body><main>\n" + "\n".join(body) + f"\n</main>{script}</body></html>\n"
    )


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"


def _place(span: Span) -> str:
    return escape(f"{span.path}:{span.line}:{span.column}")


def _problems(problems: Sequence[Problem]) -> list[str]:
    if not problems:
        return []
    items = "".join(
        f'<li><span class="where">{escape(f"{problem.path}:{problem.line}:{problem.column}")}</span> {escape(problem.message)}</li>'
        for problem in problems
    )
    return [f'<h2 class="error">Not everything could be judged</h2><div class="card"><ul>{items}</ul></div>']


def _findings(report: Report) -> list[str]:
    if not report.active:
        return ['<h2>Findings</h2><div class="card ok">Nothing to report.</div>']
    options = "".join(f'<option value="{severity}">{_plural(str(severity), 2)}</option>' for severity in _ORDER)
    tools = (
        '<div class="tools"><input id="q" type="search" placeholder="Filter by rule, file, container, words" aria-label="Filter findings">'
        f'<select id="s" aria-label="Severity"><option value="">all severities</option>{options}</select></div>'
    )
    ordered = sorted(report.active, key=lambda item: _ORDER.index(item.severity))
    cards = [_finding(item, report) for item in ordered]
    return ["<h2>Findings</h2>", tools, *cards, '<div id="none" class="card soft hide">No finding fits the filter.</div>']


def _finding(item: Diagnostic, report: Report) -> str:
    finding = item.finding
    notes = "".join(f'<li><span class="where">{_place(note.at)}</span> {escape(note.text)}</li>' for note in finding.notes)
    fix = f'<div class="ok">fix ({finding.fix.safety}): {escape(finding.fix.title)}</div>' if finding.fix else ""
    confidence = "" if str(finding.confidence) == "high" else f' <span class="soft">{finding.confidence} confidence</span>'
    return (
        f'<div class="card" data-level="{item.severity}"><span class="tag {item.severity}">{item.severity}</span> '
        f'<span class="rule">{escape(item.rule)} {escape(item.name)}</span>{confidence} <span class="where">{_place(finding.at)}</span>'
        f"<div>{escape(finding.message)}</div>{_excerpt(finding.at, report)}{f'<ul>{notes}</ul>' if notes else ''}{fix}</div>"
    )


def _excerpt(span: Span, report: Report) -> str:
    text = report.texts.get(span.path)
    if text is None:
        return ""
    rows = text.split("\n")
    first, last = max(span.line - _CONTEXT, 1), min(span.line + _CONTEXT, len(rows))
    shown = "".join(
        f"<span{' class=hit' if number == span.line else ''}><i>{number}</i>{escape(rows[number - 1].rstrip(chr(13))[:300])}</span>"
        for number in range(first, last + 1)
    )
    return f"<pre>{shown}</pre>"


def _bills(bills: Sequence[tuple[Workload, Container]]) -> list[str]:
    return ["<h2>Bills</h2>", *(_bill(workload, container) for workload, container in bills)] if bills else []


_VERDICT_CLASS: Final = {
    Verdict.OVER: "error",
    Verdict.LIKELY_OVER: "error",
    Verdict.MARGINAL: "warning",
    Verdict.TIGHT: "warning",
    Verdict.FITS: "ok",
}


def _bill(workload: Workload, container: Container) -> str:
    budget = container.process.budget
    assert budget is not None
    limit = container.limit.value if isinstance(container.limit, Known) else None
    name = workload.name if workload.name == container.name else f"{workload.name}/{container.name}"
    full = max(limit or 0, budget.expected) or 1
    segments = "".join(
        f'<div class="p{min(number, 6)}" style="width:{part.expected * 100 / full:.2f}%" title="{escape(part.name)} {human(part.expected)}"></div>'
        for number, part in enumerate(budget.parts)
    )
    mark = (
        f'<div class="limit" style="left:calc({min(limit * 100 / full, 100):.2f}% - 3px)" title="limit {human(limit)}"></div>'
        if limit
        else ""
    )
    high = human(budget.high) if budget.high is not None else "unbounded"
    verdict = container.verdict
    rows = "".join(_part(number, part) for number, part in enumerate(budget.parts))
    return (
        f'<div class="card"><b>{escape(name)}</b> <span class="soft">{escape(workload.kind)}</span> <span class="where">{_place(container.at)}</span>'
        f'<div>limit {escape(_amount(container.limit))} · expected {human(budget.expected)} · <b class="{_VERDICT_CLASS.get(verdict, "soft")}">{verdict}</b></div>'
        f'<div class="bar" role="img" aria-label="{escape(name)}: {human(budget.expected)} expected of {escape(_amount(container.limit))}">{segments}{mark}</div>'
        '<div class="scroll"><table><tr><th>part</th><th>low</th><th>expected</th><th>high</th><th class="opt">where</th></tr>'
        f'{rows}<tr class="sum"><td>total</td><td class="n">{human(budget.low)}</td><td class="n">{human(budget.expected)}</td>'
        f'<td class="n">{high}</td><td class="opt"></td></tr></table></div></div>'
    )


def _part(number: int, part: Part) -> str:
    where = f'<span class="where">{_place(part.origin.span)}</span>' if part.origin else f'<span class="soft">{escape(part.basis)}</span>'
    high = human(part.high) if part.high is not None else "unbounded"
    return (
        f'<tr><td><span class="key p{min(number, 6)}"></span>{escape(part.name)}</td><td class="n">{human(part.low)}</td>'
        f'<td class="n">{human(part.expected)}</td><td class="n">{high}</td><td class="opt">{where}</td></tr>'
    )


def _amount(amount: Amount) -> str:
    return "none" if amount is None else f"unknown ({amount.why})" if isinstance(amount, Unknown) else human(amount.value)


def _forecasts(forecasts: Iterable[Forecast]) -> list[str]:
    cards = []
    for forecast in forecasts:
        rows = "".join(
            f"<tr><td>{number}</td><td>{escape(candidate.workload)}{escape('/' + candidate.container) if candidate.container and candidate.container != candidate.workload else ''}</td>"
            f'<td class="n">{human(candidate.usage) if candidate.usage is not None else "?"}</td><td>{escape(candidate.why)}</td></tr>'
            for number, candidate in enumerate(forecast.candidates, 1)
        )
        cards.append(
            f'<div class="card"><b>{escape(forecast.title)}</b><div class="scroll"><table><tr><th>#</th><th>workload</th><th>expected</th><th>why</th></tr>'
            f"{rows}</table></div><div>→ {escape(forecast.advice)}</div></div>"
        )
    return ["<h2>Who dies first</h2>", *cards] if cards else []
