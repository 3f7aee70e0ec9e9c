"""What CI servers read: GitHub's commands, GitLab's Code Quality, JUnit, and Markdown within its limits."""

import io
import json

import cmarkgfm
import jsonschema
from junitparser import Failure, JUnitXml

from memlint.model import Problem, Severity
from memlint.reporters import github, gitlab, junit, markdown
from reports import Words, diagnostic, report, span

# What GitLab's documentation asks of a Code Quality report: the fields, and the words for severity.
CODE_QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": r"^(?!\./)[^/]"},
                    "lines": {"type": "object", "required": ["begin"], "properties": {"begin": {"type": "integer", "minimum": 1}}},
                },
            },
        },
    },
}


def test_github_shows_the_worst_first_with_its_places() -> None:
    lines = github.render(report()).splitlines()
    assert [line.split()[0] for line in lines] == ["::error", "::error", "::warning", "::notice"]
    assert lines[0] == "::error file=compose.yaml,line=3,col=7,title=memlint could not judge this::is not UTF-8"
    assert lines[1] == (
        "::error file=compose.yaml,line=4,endLine=4,col=16,endColumn=18,title=MEM201 over-limit::"
        "api may use 1 GiB%0Acompose.yaml:5: heap set here"
    )


def test_github_refuses_columns_over_several_lines() -> None:
    item = diagnostic()
    wide = item._replace(finding=item.finding._replace(at=span()._replace(end_line=6)))
    (line,) = github.render(report(diagnostics=(wide,), problems=())).splitlines()
    assert "line=4,endLine=6,title=" in line


def test_code_quality_is_what_gitlab_asks_for() -> None:
    twice = (Problem("a.yaml", "same", 1), Problem("a.yaml", "same", 2))
    issues = json.loads(gitlab.render(report(problems=twice)))
    jsonschema.validate(issues, CODE_QUALITY)
    assert [issue["severity"] for issue in issues] == ["critical", "major", "info", "blocker", "blocker"]
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    assert issues[0]["location"] == {"path": "compose.yaml", "lines": {"begin": 4, "end": 4}}


def test_junit_counts_what_fails_a_run() -> None:
    xml = JUnitXml.fromroot(JUnitXml.fromfile(io.StringIO(junit.render(report(files=("compose.yaml", "clean.yaml")))))._elem)
    assert (xml.tests, xml.failures, xml.errors) == (5, 2, 1)
    clean, dirty = xml
    assert (clean.name, clean.tests, clean.failures) == ("clean.yaml", 1, 0)
    assert (dirty.name, dirty.tests, dirty.failures, dirty.errors) == ("compose.yaml", 4, 2, 1)
    cases = list(dirty)
    assert isinstance(cases[0].result[0], Failure)
    assert cases[0].result[0].message == "api may use 1 GiB"
    assert "compose.yaml:5:19: heap set here" in cases[0].result[0].text
    assert (cases[0].classname, cases[0].name) == ("compose.yaml", "MEM201 over-limit api line 4")
    assert cases[2].result == [], "a hint passes"
    assert "info: api may use 1 GiB" in cases[2].system_out


def test_markdown_is_a_table_with_the_bills_folded_away() -> None:
    page = cmarkgfm.github_flavored_markdown_to_html(markdown.render(report()))
    assert page.startswith("<h3>memlint: 1 error, 1 warning, 1 info (1 suppressed)</h3>")
    assert page.count("<table>") == 2
    assert "<code>compose.yaml:5</code> heap set here" in page
    assert "<td>unbounded</td>" in page


def test_markdown_ends_where_github_would_refuse_it() -> None:
    items = tuple(diagnostic(Words(message=f"finding {number} " + "ä" * 300), number=number) for number in range(5000))
    comment, summary = markdown.render(report(diagnostics=items)), markdown.render(report(diagnostics=items), markdown.MAX_SUMMARY)
    assert 60_000 < len(comment.encode()) < 65_536
    assert 1_000_000 < len(summary.encode()) < 1 << 20
    for text in (comment, summary):
        assert text.count("<details>") == text.count("</details>")
        assert text.endswith("more lines do not fit here: see the full report.\n")
        assert text.rstrip().splitlines()[-3].endswith("|"), "a row is whole or not there"


def test_markdown_is_cut_inside_the_bills_with_the_fold_closed() -> None:
    base = report(diagnostics=(), problems=())
    many = base._replace(project=base.project._replace(workloads=base.project.workloads * 3000))
    text = markdown.render(many)
    assert text.count("<details>") == text.count("</details>") == 1
    assert len(text.encode()) < 65_536


def test_markdown_names_problems_even_where_findings_fill_it() -> None:
    items = tuple(diagnostic(severity=Severity.INFO, number=number) for number in range(3000))
    problems = tuple(Problem(f"p{number}.yaml", "is broken") for number in range(60))
    text = markdown.render(report(diagnostics=items, problems=problems))
    assert "p0.yaml" in text
    assert "and 10 more" in text
