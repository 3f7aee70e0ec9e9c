"""JUnit XML, as Jenkins, GitLab and Azure read it: a suite a file, a failing case a finding that fails a run, a passing one a hint."""

from typing import Final
from xml.sax.saxutils import escape, quoteattr

from memlint.model import Diagnostic, Problem, Report, Severity
from memlint.patterns import pattern
from memlint.records import NamedTuple

# XML 1.0 has no way to write these, not even escaped.
_FORBIDDEN: Final = pattern("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _Case(NamedTuple):
    outcome: str  # "failure" | "error" | "": it passes
    xml: str


def render(report: Report) -> str:
    """Return the XML text of a check; a file with nothing to report is one case that passes."""
    suites: dict[str, list[_Case]] = {path: [] for path in report.files}
    for item in report.active:
        suites.setdefault(item.finding.at.path, []).append(_finding(item))
    for problem in report.problems:
        suites.setdefault(problem.path, []).append(_problem(problem))
    for path, cases in suites.items():
        if not cases:
            cases.append(_Case("", f"  <testcase classname={_attribute(path)} name={_attribute('nothing to report')}/>\n"))
    every = [case for cases in suites.values() for case in cases]
    body = "".join(
        f" <testsuite name={_attribute(path)} {_counts(cases)}>\n{''.join(case.xml for case in cases)} </testsuite>\n"
        for path, cases in sorted(suites.items())
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="memlint" {_counts(every)}>\n{body}</testsuites>\n'


def _counts(cases: list[_Case]) -> str:
    failures, errors = (sum(case.outcome == outcome for case in cases) for outcome in ("failure", "error"))
    return f'tests="{len(cases)}" failures="{failures}" errors="{errors}"'


def _finding(item: Diagnostic) -> _Case:
    at = item.finding.at
    name = " ".join(part for part in (item.rule, item.name, item.container or item.workload or "", f"line {at.line}") if part)
    told = "\n".join(
        [
            f"{at.path}:{at.line}:{at.column}: {item.severity}: {item.finding.message}",
            *(f"{note.at.path}:{note.at.line}:{note.at.column}: {note.text}" for note in item.finding.notes),
        ]
    )
    if item.severity is Severity.INFO:
        return _Case("", _case(at.path, at.line, name, f"<system-out>{_text(told)}</system-out>"))
    failure = f"<failure type={_attribute(str(item.severity))} message={_attribute(item.finding.message)}>{_text(told)}</failure>"
    return _Case("failure", _case(at.path, at.line, name, failure))


def _problem(problem: Problem) -> _Case:
    error = f'<error type="problem" message={_attribute(problem.message)}/>'
    return _Case("error", _case(problem.path, problem.line, f"could not be judged, line {problem.line}", error))


def _case(path: str, line: int, name: str, inside: str) -> str:
    where = f'classname={_attribute(path)} name={_attribute(name)} file={_attribute(path)} line="{line}"'
    return f"  <testcase {where}>\n   {inside}\n  </testcase>\n"


def _text(text: str) -> str:
    return escape(_FORBIDDEN.sub("�", text), {"\r": "&#13;"})


def _attribute(text: str) -> str:
    return quoteattr(_FORBIDDEN.sub("�", text), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
