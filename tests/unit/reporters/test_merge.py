"""Results of several runs become one, and what is missing is told."""

import json
from typing import Any

import pytest

from memlint.model import Report, Severity, Verb
from memlint.reporters import json as machine
from memlint.reporters import sarif
from memlint.reporters.merge import MergeError, merge
from reports import Words, diagnostic, report


def part(path: str, number: int, of: int, severity: Severity = Severity.WARNING, **more: Any) -> Report:
    words = Words(path=path)
    return report(words, (diagnostic(words, severity, number),), problems=(), shard=(number, of), **more)


def parts(*made: Report, form: Any = machine) -> list[tuple[str, str]]:
    return [(f"part{number}.json", form.render(made)) for number, made in enumerate(made, 1)]


def test_json_is_sorted_counted_and_whole() -> None:
    merged = merge(parts(part("b.yaml", 2, 2, Severity.ERROR), part("a.yaml", 1, 2)))
    body = json.loads(merged.text)
    assert [finding["path"] for finding in body["findings"]] == ["a.yaml", "b.yaml"]
    assert body["summary"] == {"files": 2, "containers": 2, "errors": 1, "warnings": 1, "infos": 0, "suppressed": 0, "not_judged": {}}
    assert "shard" not in body
    assert merged.complete
    assert merged.severities == {Severity.ERROR, Severity.WARNING}
    assert merged.summary == "1 error, 1 warning in 2 results"


def test_a_finding_that_two_results_hold_counts_once() -> None:
    merged = merge(parts(part("a.yaml", 1, 2), part("a.yaml", 1, 2)._replace(shard=(2, 2))))
    assert len(json.loads(merged.text)["findings"]) == 1


def test_suppressed_findings_do_not_count() -> None:
    made = report(diagnostics=(diagnostic(suppressed=True),), problems=())
    merged = merge(parts(made))
    assert merged.severities == frozenset()
    assert json.loads(merged.text)["summary"]["suppressed"] == 1
    assert merge(parts(made, form=sarif)).severities == frozenset()


@pytest.mark.parametrize("form", [machine, sarif])
def test_a_missing_part_is_a_problem(form: Any) -> None:
    merged = merge(parts(part("a.yaml", 1, 3), part("b.yaml", 3, 3), form=form))
    assert merged.missing == ("shard 2 of 3 is missing: not everything was judged",)
    assert not merged.complete
    assert merged.missing[0] in merged.text


def test_a_part_that_comes_twice_is_a_problem() -> None:
    merged = merge(parts(part("a.yaml", 1, 2), part("a.yaml", 1, 2), part("b.yaml", 2, 2)))
    assert merged.missing == ("part2.json is shard 1 of 2 once more, after part1.json",)


def test_parts_of_different_runs_are_a_problem() -> None:
    assert "of 2, 3 parts" in merge(parts(part("a.yaml", 1, 2), part("b.yaml", 2, 3))).missing[-1]


def test_problems_of_a_part_are_problems_of_the_whole() -> None:
    merged = merge(parts(part("a.yaml", 1, 2), part("b.yaml", 2, 2)._replace(problems=report().problems)))
    assert not merged.complete
    assert merged.missing == ()


def test_sarif_keeps_one_run_whose_rules_fit() -> None:
    rules = report().rules
    other = rules[0]._replace(code="MEM002", name="millibyte-quantity")
    two = part("b.yaml", 2, 2)._replace(rules=(other, *rules))
    log = json.loads(merge(parts(part("a.yaml", 1, 2), two, form=sarif)).text)
    (run,) = log["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["MEM002", "MEM201"]
    assert [result["ruleIndex"] for result in run["results"]] == [1, 1]
    assert run["invocations"][0]["executionSuccessful"] is True


def test_bills_and_what_memlint_sees_are_joined_too() -> None:
    for verb, name in ((Verb.BUDGET, "containers"), (Verb.SHOW, "workloads")):
        made = [part(path, number, 2)._replace(verb=verb) for number, path in ((1, "a.yaml"), (2, "b.yaml"))]
        assert [entry["path"] for entry in json.loads(merge(parts(*made)).text)[name]] == ["a.yaml", "b.yaml"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is no JSON"),
        ("[]", "is no result of memlint"),
        ('{"version": 2, "tool": {}, "problems": [], "findings": []}', "is neither a JSON result"),
        ('{"version": 1, "tool": {"name": "memlint"}, "problems": 3, "findings": []}', "is neither a JSON result"),
        ('{"version": "2.1.0", "runs": []}', "is neither a JSON result"),
        ('{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "other"}}, "results": []}]}', "is neither a JSON result"),
        ('{"version": 1, "tool": {"name": "memlint", "version": "1.2.3"}, "problems": [], "forecasts": []}', "is neither a JSON result"),
        ("[" * 100_000, "is no JSON"),
    ],
)
def test_what_is_no_result_is_named(text: str, told: str) -> None:
    with pytest.raises(MergeError, match=told) as caught:
        merge([("good.json", machine.render(part("a.yaml", 1, 1))), ("bad.json", text)])
    assert caught.value.path == "bad.json"


def test_formats_and_versions_do_not_mix() -> None:
    one = machine.render(part("a.yaml", 1, 2))
    with pytest.raises(MergeError, match="is a SARIF file"):
        merge([("a.json", one), ("b.json", sarif.render(part("b.yaml", 2, 2)))])
    with pytest.raises(MergeError, match=r"is of memlint 9, and a.json of 1\.2\.3"):
        merge([("a.json", one), ("b.json", machine.render(part("b.yaml", 2, 2)._replace(version="9")))])
