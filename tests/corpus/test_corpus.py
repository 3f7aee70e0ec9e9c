"""The whole corpus in one run: it ends, loses no file, and what it cannot judge it says with a place that is there."""

import os
import re
from collections import Counter
from pathlib import Path

import pytest

import corpora
from memlint.model import Severity

pytestmark = pytest.mark.usefixtures("shared")

# Written apart from memlint's own table: what a person would expect it to look at.
_LOOKED_AT = re.compile(
    r"\.(ya?ml|sh|bash|mk|service)$|^(dockerfile|containerfile|makefile)(\.|$)|\.dockerfile$|^kustomization$", re.IGNORECASE
)


def seen(folder: Path) -> set[str]:
    """Return every file that memlint should look at, by a walk of its own."""
    found = set()
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") or name in (".github", ".gitlab", ".devcontainer", ".circleci")]
        found |= {
            f"{place}/{name}" for name in names if _LOOKED_AT.search(name) and (not name.startswith(".") or name.startswith(".gitlab-ci"))
        }
    return found


def test_every_file_is_judged_or_named() -> None:
    report = corpora.report()
    named = {path for paths in report.skipped.values() for path in paths}
    unread = {problem.path for problem in report.problems}
    lost = seen(corpora.CORPUS) - set(report.files) - named - unread
    assert not lost, sorted(lost)[:20]
    assert len(report.files) == len(set(report.files))
    for kind in ("other-yaml", "helm-template", "template"):
        assert not set(report.skipped.get(kind, ())) & set(report.files)


def test_every_problem_stands_in_its_file() -> None:
    for problem in corpora.report().problems:
        source = corpora.library().lookup(problem.path)
        if source is not None:
            lines = source.text.split("\n")
            assert 1 <= problem.line <= len(lines), problem
            assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1, problem


def test_templates_are_no_problems() -> None:
    for problem in corpora.report().problems:
        source = corpora.library().lookup(problem.path)
        assert source is None or not re.search(r"\{\{.*\}\}|\{%", source.text.split("\n")[problem.line - 1]), problem


def test_no_rule_fails() -> None:
    assert not [problem for problem in corpora.report().problems if re.match(r"rule MEM\d+ .* failed", problem.message)]


def test_findings_stand_in_their_files_and_hold_their_words() -> None:
    for item in corpora.report().diagnostics:
        for at in (item.finding.at, *(note.at for note in item.finding.notes)):
            source = corpora.library().lookup(at.path)
            assert source is not None, item
            assert 0 <= at.start <= at.end <= len(source.text), item
            assert source.text.count("\n", 0, at.start) == at.line - 1, item


def test_messages_are_short_and_of_one_line() -> None:
    told = {item.rule: item.finding.message for item in corpora.report().diagnostics if len(item.finding.message) > 360}
    assert not told
    assert not [item for item in corpora.report().diagnostics if "\n" in item.finding.message or item.finding.message.endswith(".")]


def test_noise_stays_within_the_budget() -> None:
    """At most one warning or error for four containers, apart from those on absent limits and requests, which come one a file."""
    loud = Counter(
        item.rule for item in corpora.report().active if item.severity is not Severity.INFO and item.rule not in ("MEM101", "MEM102")
    )
    assert sum(loud.values()) * 4 <= corpora.report().containers, loud


def test_nothing_unsure_is_an_error() -> None:
    assert not [item for item in corpora.report().active if item.severity is Severity.ERROR and item.finding.confidence == "low"]
