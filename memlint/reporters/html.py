"""One self-contained page: findings with their source lines, bills as bars, the forecast; readable without JavaScript, light and dark."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from html import escape
from typing import Final

from memlint.model import Amount, Container, Diagnostic, Forecast, Known, Part, Problem, Report, Severity, Span, Unknown, Verdict, Workload
from memlint.quantity import human
from memlint.reporters.secrets import CONTEXT
from memlint.reporters.terminal import harmless

_WIDEST: Final = 300  # characters of a source line
_ORDER: Final = (Severity.ERROR, Severity.WARNING, Severity.INFO)
_COLOURS: Final = 7

_STYLE: Final = """
:root{color-scheme:light dark;--bg:#f7f7f5;--card:#fff;--ink:#1d2125;--soft:#5c666f;--line:#e0e3e6;--accent:#1f5fd0;--error:#b92531;--warning:#8f5400;
--info:#1f5fd0;--ok:#157340;--mark:#fff3c4;--under:#c08a00;--p0:#3b6fd4;--p1:#7aa7ee;--p2:#7fb39b;--p3:#d4a35b;--p4:#a97cc6;--p5:#cc7a7a;--p6:#8b95a1;
--free:#e9ecef;--grow:#b9c0c7}
@media (prefers-color-scheme:dark){:root{--bg:#14171a;--card:#1c2024;--ink:#e6e8ea;--soft:#9aa4ad;--line:#2d3339;--accent:#78a6ff;--error:#ff7b82;
--warning:#f0b14a;--info:#78a6ff;--ok:#5fcf8d;--mark:#3d3512;--under:#e0b54a;--p0:#5d8ff0;--p1:#3f67b0;--p2:#5d8f77;--p3:#a87c3a;--p4:#8662a0;
--p5:#9c5c5c;--p6:#68727d;--free:#262b31;--grow:#4a525b}}
*{box-sizing:border-box}html{scroll-padding-top:12px}body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1080px;margin:0 auto;padding:24px 20px 64px}h1{font-size:22px;margin:0 0 2px}h2{font-size:17px;margin:36px 0 12px}a{color:var(--accent)}
.soft{color:var(--soft)}nav{display:flex;flex-wrap:wrap;gap:4px 18px;margin:14px 0 0}.counts{display:flex;flex-wrap:wrap;gap:10px;margin:16px 0 0}
.count{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:8px 14px}.count b{font-size:20px;margin-right:6px}
.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:13px 16px;margin:0 0 12px;overflow-wrap:anywhere;
content-visibility:auto;contain-intrinsic-size:auto 220px}.head{display:flex;flex-wrap:wrap;gap:0 10px;align-items:baseline;margin-bottom:3px}
.error{color:var(--error)}.warning{color:var(--warning)}.info{color:var(--info)}.ok{color:var(--ok)}
.tag{font-size:12px;font-weight:700;text-transform:uppercase;letter-spacing:.04em}.rule{font-weight:600}code,pre,.where{font:13px/1.55 ui-monospace,
"DejaVu Sans Mono",monospace}.where{color:var(--soft)}pre{margin:10px 0 0;padding:7px 0;border-radius:6px;background:var(--bg);overflow-x:auto}
pre span{display:block;padding:0 12px;white-space:pre;width:max-content;min-width:100%}pre .hit{background:var(--mark)}pre u{text-decoration:none;
border-bottom:2px solid var(--under)}pre i{display:inline-block;width:4ch;margin-right:1.5ch;text-align:right;color:var(--soft);font-style:normal;
user-select:none}pre.manual{white-space:pre-wrap;padding:10px 12px}ul{margin:10px 0 0;padding:0;list-style:none}li{margin:6px 0 0}li pre{margin-top:4px}
.fix{margin-top:9px}.bar{position:relative;display:flex;height:24px;border-radius:5px;overflow:hidden;background:var(--free);margin:10px 0 3px}
.bar div{height:100%}.grow{background:repeating-linear-gradient(135deg,var(--grow) 0 3px,transparent 3px 8px)}
.bar .over{position:absolute;bottom:0;right:0;height:5px;background:var(--error)}.bar .limit{position:absolute;top:0;bottom:0;width:3px;background:var(--ink)}
.scale{position:relative;height:20px;font-size:12.5px;color:var(--soft);margin-bottom:6px}.scale span{position:absolute;white-space:nowrap}
.p0{background:var(--p0)}.p1{background:var(--p1)}.p2{background:var(--p2)}.p3{background:var(--p3)}.p4{background:var(--p4)}.p5{background:var(--p5)}
.p6{background:var(--p6)}.key{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:7px}
table{border-collapse:collapse;width:100%;font-size:13.5px;overflow-wrap:normal}th{font-weight:500;color:var(--soft);text-align:right}
td,th{padding:4px 8px;border-top:1px solid var(--line);vertical-align:top;white-space:nowrap}td.n{text-align:right;font-variant-numeric:tabular-nums}
td:first-child,th:first-child{padding-left:0}td.w,th.w{white-space:normal;overflow-wrap:anywhere;width:99%;padding-left:16px}
th.t,td.t{text-align:left}tr:first-child th{border-top:0}tr.sum td{font-weight:600}tr.first td{color:var(--error)}.tools{display:none;gap:10px;
flex-wrap:wrap;align-items:center;margin:20px 0 0}.js .tools{display:flex}input,select{font:inherit;color:inherit;background:var(--card);
border:1px solid var(--line);border-radius:6px;padding:6px 10px}input{flex:1;min-width:220px}:focus-visible{outline:2px solid var(--accent);
outline-offset:2px}details>summary{cursor:pointer}details.card{content-visibility:visible}.hide,#shown:empty{display:none}
@media (max-width:640px){main{padding:16px 12px 48px}.card{padding:11px 12px}tr{display:grid;grid-template-columns:minmax(0,1fr) 5.2em 5.2em 6.8em;
border-top:1px solid var(--line)}tr:first-child{border-top:0}td,th{border:0;padding:3px 0}td.t{white-space:normal}td.w{grid-column:1/-1;padding:0 0 4px;
font-size:12.5px;line-height:1.4;width:auto}th.w,td.w:empty{display:none}table.rank tr{grid-template-columns:1.6em minmax(0,1fr) 6em}
table.rank .w{grid-column:2/-1}table.rank td.n:first-child,table.rank th:first-child{text-align:left}pre i{width:3ch;margin-right:1ch}pre span{padding:0 8px}}
@media print{.tools,nav{display:none!important}.card{break-inside:avoid;content-visibility:visible}body{background:#fff}}
"""

_SCRIPT: Final = """
document.documentElement.classList.add('js');
const text=document.getElementById('q'),level=document.getElementById('s'),shown=document.getElementById('shown'),cards=[];
for(const card of document.querySelectorAll('[data-card]')){const own=card.cloneNode(true);for(const line of own.querySelectorAll('.around'))line.remove();
cards.push([card,card.dataset.card,own.textContent.toLowerCase()])}
function filter(){const wanted=text.value.toLowerCase().split(/\\s+/).filter(Boolean);let kept=0,all=0;
for(const [card,kind,words] of cards){const keep=wanted.every(word=>words.includes(word))&&(!level||!level.value||kind===level.value||kind==='bill');
card.classList.toggle('hide',!keep);all++;kept+=keep}
shown.textContent=kept===all?'':kept+' of '+all+' shown'}
text.addEventListener('input',filter);if(level)level.addEventListener('change',filter);
if(text.value||level&&level.value)filter();
"""


def render(report: Report) -> str:
    """Return the page."""
    bills = [
        (workload, container)
        for workload in report.project.workloads
        for container in workload.containers
        if container.process.budget is not None
    ]
    body = [
        "<h1>memlint</h1>",
        f'<div class="soft">{_number(len(report.files), "file")}, {_number(report.containers, "container")}, {len(bills)} with a bill'
        f" · memlint {_text(report.version)}</div>",
        _counts(report),
        _navigation(report, len(bills)),
        _tools(report, len(bills)),
        *_problems(report.problems),
        *_findings(report),
        *_bills(bills),
        *_forecasts(report.forecasts),
        *_suppressed(report),
        *_rules(report),
    ]
    digest = b64encode(sha256(_SCRIPT.encode()).digest()).decode()
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'\">"
        f"<title>memlint</title><style>{_STYLE}</style></head>\n<body><main>\n"
        + "\n".join(part for part in body if part)
        + f"\n</main>{f'<script>{_SCRIPT}</script>' if report.active or bills else ''}</body></html>\n"
    )


def _text(text: str) -> str:
    """Return a text of a file or a rule as it may stand in the page."""
    return escape(harmless(text))


def _number(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _place(span: Span) -> str:
    return f'<span class="where">{_text(f"{span.path}:{span.line}:{span.column}")}</span>'


def _counts(report: Report) -> str:
    counts = "".join(
        f'<div class="count {severity}"><b>{report.tally(severity)}</b>{_number(report.tally(severity), str(severity)).partition(" ")[2]}</div>'
        for severity in _ORDER
    )
    suppressed = len(report.diagnostics) - len(report.active)
    if suppressed:
        counts += f'<div class="count soft"><b>{suppressed}</b>suppressed</div>'
    return f'<div class="counts">{counts}</div>'


def _navigation(report: Report, bills: int) -> str:
    links = [
        ("problems", "Problems", len(report.problems)),
        ("findings", "Findings", len(report.active)),
        ("bills", "Bills", bills),
        ("forecast", "Who dies first", len(report.forecasts)),
        ("rules", "Rules", len(report.rules)),
    ]
    shown = "".join(f'<a href="#{anchor}">{title} ({count})</a>' for anchor, title, count in links if count)
    return f"<nav>{shown}</nav>" if shown else ""


def _tools(report: Report, bills: int) -> str:
    if not report.active and not bills:
        return ""
    options = "".join(f'<option value="{severity}">{severity}s</option>' for severity in _ORDER if report.tally(severity))
    level = f'<select id="s" aria-label="Severity"><option value="">all severities</option>{options}</select>' if options else ""
    return (
        '<div class="tools"><input id="q" type="search" placeholder="Search findings and bills: rule, file, container, words"'
        f' aria-label="Search">{level}<span id="shown" class="soft" role="status"></span></div>'
    )


def _problems(problems: Sequence[Problem]) -> list[str]:
    if not problems:
        return []
    items = "".join(
        f'<li><span class="where">{_text(f"{problem.path}:{problem.line}:{problem.column}")}</span> {_text(problem.message)}</li>'
        for problem in problems
    )
    return [f'<h2 id="problems" class="error">Not everything could be judged</h2><div class="card"><ul>{items}</ul></div>']


def _findings(report: Report) -> list[str]:
    if not report.active:
        return ['<h2 id="findings">Findings</h2><div class="card ok">Nothing to report.</div>'] if not report.problems else []
    ordered = sorted(report.active, key=lambda item: _ORDER.index(item.severity))
    return ['<h2 id="findings">Findings</h2>', *(_finding(item, report) for item in ordered)]


def _finding(item: Diagnostic, report: Report) -> str:
    finding = item.finding
    known = any(info.code == item.rule for info in report.rules)
    rule = _text(f"{item.rule} {item.name}")
    whose = item.workload if item.container in (None, item.workload) else f"{item.workload or ''}/{item.container}"
    notes = "".join(
        f"<li>{_place(note.at)} {_text(note.text)}{_excerpt(note.at, report, 0) if note.at != finding.at else ''}</li>"
        for note in finding.notes
    )
    head = [
        f'<span class="tag {item.severity}">{item.severity}</span>',
        f'<a class="rule" href="#rule-{_text(item.rule)}">{rule}</a>' if known else f'<span class="rule">{rule}</span>',
        f"<span>{_text(whose)}</span>" if whose else "",
        "" if str(finding.confidence) == "high" else f'<span class="soft">{finding.confidence} confidence</span>',
        _place(finding.at),
    ]
    fix = f'<div class="fix ok">fix ({finding.fix.safety}): {_text(finding.fix.title)}</div>' if finding.fix else ""
    return (
        f'<div class="card" data-card="{item.severity}"><div class="head">{"".join(part for part in head if part)}</div>'
        f"<div>{_text(finding.message)}</div>{_excerpt(finding.at, report, CONTEXT)}{f'<ul>{notes}</ul>' if notes else ''}{fix}</div>"
    )


def _excerpt(span: Span, report: Report, context: int) -> str:
    text = report.texts.get(span.path)
    if text is None:
        return ""
    rows = text.removesuffix("\n").split("\n")
    first, last = max(span.line - context, 1), min(span.line + context, len(rows))
    shown = "".join(_line(rows[number - 1].rstrip("\r"), number, span, marked=context > 0) for number in range(first, last + 1))
    return f"<pre>{shown}</pre>" if shown else ""


def _line(row: str, number: int, span: Span, marked: bool) -> str:
    row = row[:_WIDEST]
    if number != span.line:
        return f'<span class="around"><i>{number}</i>{_source(row)}</span>'  # the search leaves it out
    begin = span.column - 1
    end = span.end_column - 1 if span.end_line == span.line else len(row)
    code = f"{_source(row[:begin])}<u>{_source(row[begin:end])}</u>{_source(row[end:])}"
    return f"<span{' class=hit' if marked else ''}><i>{number}</i>{code}</span>"


def _source(text: str) -> str:
    return escape("\t".join(harmless(part) for part in text.split("\t")))


def _bills(bills: Sequence[tuple[Workload, Container]]) -> list[str]:
    return ['<h2 id="bills">Bills</h2>', *(_bill(workload, container) for workload, container in bills)] if bills else []


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
    name = workload.name if workload.name == container.name else f"{workload.name}/{container.name}"
    replicas = workload.replicas.value if isinstance(workload.replicas, Known) else 1
    high = human(budget.high) if budget.high is not None else "unbounded"
    verdict = container.verdict
    rows = "".join(_part(number, part) for number, part in enumerate(budget.parts))
    confidence = "" if str(budget.confidence) == "high" else f' <span class="soft">({budget.confidence} confidence)</span>'
    return (
        f'<div class="card" data-card="bill"><div class="head"><b>{_text(name)}{f" × {replicas}" if replicas > 1 else ""}</b>'
        f'<span class="soft">{_text(workload.kind)}{f", {_text(workload.qos)}" if workload.qos else ""}</span>{_place(container.at)}</div>'
        f"<div>limit {_amount(container.limit)} · expected {human(budget.expected)} · "
        f'<b class="{_VERDICT_CLASS.get(verdict, "soft")}">{verdict}</b>{confidence}</div>{_bar(name, container)}'
        '<table><tr><th class="t">part</th><th>low</th><th>expected</th><th>high</th><th class="t w">where the number comes from</th></tr>'
        f'{rows}<tr class="sum"><td class="t">total</td><td class="n">{human(budget.low)}</td><td class="n">{human(budget.expected)}</td>'
        f'<td class="n">{high}</td><td class="t w"></td></tr></table></div>'
    )


def _bar(name: str, container: Container) -> str:
    """Draw the parts as expected, hatched what they may grow to, and the limit; what stands beyond the limit is underlined in red."""
    budget = container.process.budget
    assert budget is not None
    limit = container.limit.value if isinstance(container.limit, Known) else None
    base = max(limit or 0, budget.expected, 1)
    most = budget.high if budget.high is not None else base * 5 // 4
    full = max(base, min(most, base * 5 // 4))
    segments = "".join(
        f'<div class="p{min(number, _COLOURS - 1)}" style="width:{part.expected * 100 / full:.2f}%" title="{_text(part.name)} {human(part.expected)}"></div>'
        for number, part in enumerate(budget.parts)
    )
    grow = max(min(most, full) - budget.expected, 0)
    segments += f'<div class="grow" style="width:{grow * 100 / full:.2f}%" title="may grow to {human(most) if budget.high is not None else "any size"}"></div>'
    scale = ""
    if limit is not None and limit > 0:
        at = limit * 100 / full
        segments += f'<div class="over" style="left:{at:.2f}%"></div><div class="limit" style="left:calc({at:.2f}% - 3px)"></div>'
        side = f"right:{100 - at:.2f}%" if at > 50 else f"left:{at:.2f}%"
        scale = f'<div class="scale" aria-hidden="true"><span style="{side}">limit {human(limit)}</span></div>'
    label = f"{_text(name)}: {human(budget.expected)} expected, limit {_amount(container.limit)}"
    return f'<div class="bar" role="img" aria-label="{label}">{segments}</div>{scale}'


def _part(number: int, part: Part) -> str:
    where = (
        f'{_place(part.origin.span)} <span class="soft">{_text(part.origin.how)}</span>'
        if part.origin
        else f'<span class="soft">{_text(part.basis)}</span>'
    )
    high = human(part.high) if part.high is not None else "unbounded"
    return (
        f'<tr><td class="t"><span class="key p{min(number, _COLOURS - 1)}"></span>{_text(part.name)}</td><td class="n">{human(part.low)}</td>'
        f'<td class="n">{human(part.expected)}</td><td class="n">{high}</td><td class="t w" title="{_text(part.basis)}">{where}</td></tr>'
    )


def _amount(amount: Amount) -> str:
    return "none" if amount is None else f"unknown ({_text(amount.why)})" if isinstance(amount, Unknown) else human(amount.value)


def _forecasts(forecasts: Iterable[Forecast]) -> list[str]:
    cards = [_forecast(forecast) for forecast in forecasts]
    return ['<h2 id="forecast">Who dies first</h2>', *cards] if cards else []


def _forecast(forecast: Forecast) -> str:
    rows = "".join(
        f'<tr{" class=first" if number == 1 and candidate.score is not None else ""}><td class="n">{number}</td><td class="t">{_text(candidate.workload)}'
        f"{_text('/' + candidate.container) if candidate.container and candidate.container != candidate.workload else ''}</td>"
        f'<td class="n">{human(candidate.usage) if candidate.usage is not None else "?"}</td><td class="t w">{_text(candidate.why)}</td></tr>'
        for number, candidate in enumerate(forecast.candidates, 1)
    )
    facts = [
        f"{human(forecast.memory)} to share" if forecast.memory is not None else "",
        f"{human(forecast.demand)} expected" if forecast.demand is not None else "",
    ]
    return (
        f'<div class="card"><div class="head"><b>{_text(forecast.title)}</b><span class="soft">{", ".join(fact for fact in facts if fact)}</span></div>'
        f'<table class="rank"><tr><th>#</th><th class="t">workload</th><th>expected</th><th class="t w">why</th></tr>{rows}</table>'
        f'<div class="fix">→ {_text(forecast.advice)}</div></div>'
    )


def _suppressed(report: Report) -> list[str]:
    rows = "".join(
        f"<li>{_place(item.finding.at)} {_text(f'{item.rule} {item.name}')}"
        f'<span class="soft"> {item.suppressed.kind}: {_text(item.suppressed.reason or "no reason given")}'
        f"{_text(f' until {item.suppressed.until}') if item.suppressed.until else ''}</span></li>"
        for item in report.diagnostics
        if item.suppressed is not None
    )
    return [f'<h2>Suppressed</h2><details class="card"><summary>show</summary><ul>{rows}</ul></details>'] if rows else []


def _rules(report: Report) -> list[str]:
    # The id stands inside: a browser opens what a link leads into.
    cards = [
        f'<details class="card"><summary><b>{_text(f"{info.code} {info.name}")}</b> {_text(info.manual.partition(chr(10))[0])}</summary>'
        f'<pre class="manual" id="rule-{_text(info.code)}">{escape(info.manual)}</pre></details>'
        for info in report.rules
    ]
    return ['<h2 id="rules">Rules</h2>', *cards] if cards else []
