"""What people read: one line a finding in a pipe, wrapped and coloured in a terminal."""

import re

import pytest

from memlint.model import Unknown, Verb
from memlint.reporters import text
from memlint.reporters.terminal import Style
from reports import Words, report

LONG = Words(message="api needs a lot of memory " * 12 + "and is killed", note="the heap is set here " * 10)


def plain(shown: str) -> str:
    return re.sub(r"\x1b\[[\d;]*m", "", shown)


def test_in_a_pipe_a_finding_is_one_line() -> None:
    lines = text.render(report(LONG)).splitlines()
    assert lines[0] == f"compose.yaml:4:16: error MEM201 {LONG.message} [over-limit]"
    assert lines[1:3] == ["    4 │     mem_limit: 1g", "      │                ^^"]
    assert lines[3] == f"  note: compose.yaml:5:19: {LONG.note}"
    assert lines[4] == "  fix: raise the limit to 2 GiB (unsafe)"
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize("width", [40, 72, 100])
def test_in_a_terminal_nothing_is_wider_than_it(width: int) -> None:
    shown = text.render(report(LONG), Style(width, colour=True, wrap=True))
    findings = plain(shown).partition("problem")[0]
    assert max(len(line) for line in findings.splitlines()) <= width
    assert " ".join(findings.split()).count(" ".join(LONG.message.split())) == 3, "no word is lost"
    assert "\x1b[31;1merror\x1b[0m" in shown


def test_words_that_fit_nowhere_are_not_torn() -> None:
    shown = text.render(report(Words(message="x" * 90, path="p" * 60)), Style(40, wrap=True))
    assert "x" * 90 in shown
    assert "p" * 60 in shown


def test_quiet_says_nothing_where_there_is_nothing_to_say() -> None:
    assert text.render(report(diagnostics=(), problems=()), quiet=True) == ""
    assert text.render(report(diagnostics=(), problems=())) == "nothing to report in 1 file, 1 container\n"


def test_a_bill_tells_its_verdict_with_and_without_a_limit() -> None:
    base = report(verb=Verb.BUDGET, problems=())
    (workload,) = base.project.workloads
    (container,) = workload.containers

    def told(**more: object) -> str:
        changed = workload._replace(containers=(container._replace(**more),))
        return text.render(base._replace(project=base.project._replace(workloads=(changed,)))).splitlines()[-1].strip()

    assert told() == "1114 MiB of 1 GiB expected (108 %), 90 MiB too much: over: it will be killed when the heap fills"
    assert told(limit=None) == "1114 MiB expected: unlimited: only the host's memory bounds it"
    assert told(limit=Unknown("set outside")) == "1114 MiB expected: whether it fits cannot be known"
