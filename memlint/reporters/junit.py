"""JUnit XML, as Jenkins, GitLab and Azure read it: a suite a file, a failing case a finding."""

import re
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from memlint.model import Diagnostic, Problem, Report

# XML 1.0 has no way to write these, not even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report) -> str:
    """Return the XML text of a check; a file with nothing to report is one case that passes."""
    suites: dict[str, list[str]] = {path: [] for path in report.files}
    failures = errors = 0
    for item in report.active:
        failures += 1
        suites.setdefault(item.finding.at.path, []).append(_finding(item))
    for problem in report.problems:
        errors += 1
        suites.setdefault(problem.path, []).append(_problem(problem))
    body = "".join(_suite(path, cases) for path, cases in sorted(suites.items()))
    tests = failures + errors + sum(not cases for cases in suites.values())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites name="memlint" tests="{tests}" failures="{failures}" errors="{errors}">\n{body}</testsuites>\n'
    )


def _suite(path: str, cases: list[str]) -> str:
    failures = sum("<failure" in case for case in cases)
    errors = sum("<error" in case for case in cases)
    inside = "".join(cases) or f'  <testcase classname={_attribute(path)} name="memlint"/>\n'
    return f' <testsuite name={_attribute(path)} tests="{max(len(cases), 1)}" failures="{failures}" errors="{errors}">\n{inside} </testsuite>\n'


def _finding(item: Diagnostic) -> str:
    at = item.finding.at
    name = f"{item.rule} {item.name} {item.container or item.workload or ''} line {at.line}".replace("  ", " ")
    told = "\n".join([f"{at.path}:{at.line}:{at.column}: {item.finding.message}", *_notes(item)])
    return (
        f"  <testcase classname={_attribute(at.path)} name={_attribute(name)}>\n"
        f"   <failure type={_attribute(str(item.severity))} message={_attribute(item.finding.message)}>{_text(told)}</failure>\n  </testcase>\n"
    )


def _notes(item: Diagnostic) -> Iterable[str]:
    return (f"{note.at.path}:{note.at.line}: {note.text}" for note in item.finding.notes)


def _problem(problem: Problem) -> str:
    return (
        f"  <testcase classname={_attribute(problem.path)} name={_attribute(f'problem line {problem.line}')}>\n"
        f'   <error type="problem" message={_attribute(problem.message)}/>\n  </testcase>\n'
    )


def _text(text: str) -> str:
    return escape(_FORBIDDEN.sub("�", text))


def _attribute(text: str) -> str:
    return quoteattr(_FORBIDDEN.sub("�", text), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
