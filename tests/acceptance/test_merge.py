"""memlint merge as a CI job uses it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Answer

Memlint = Callable[..., Answer]
BAD = "services:\n  api:\n    image: eclipse-temurin:21-jre\n    command: java -Xmx512m -jar app.jar\n    mem_limit: 512m\n"
FILES = {f"{name}/compose.yaml": BAD for name in "abcde"}


@pytest.fixture
def parts(memlint: Memlint, tmp_path: Path) -> list[str]:
    for number in (1, 2):
        memlint("check", ".", "--shard", f"{number}/2", "--output", f"json={number}.json", "--output", f"sarif={number}.sarif", files=FILES)
    return ["1.json", "2.json"]


def test_the_status_is_that_of_the_whole(memlint: Memlint, parts: list[str]) -> None:
    assert memlint("merge", *parts).status == 1
    assert memlint("merge", "--fail-on", "never", *parts).status == 0
    assert memlint("merge", "1.sarif", "2.sarif").status == 1
    assert memlint("merge", "1.json").status == 2


def test_the_result_goes_out_and_the_words_beside_it(memlint: Memlint, parts: list[str]) -> None:
    answer = memlint("merge", *parts)
    assert json.loads(answer.out)["summary"]["errors"] == 5
    assert answer.err == "memlint: 5 errors, 10 infos in 2 results\n"
    assert memlint("merge", "-q", *parts).err == ""


def test_budget_and_show_are_cut_and_joined_as_well(memlint: Memlint) -> None:
    for verb, name in (("budget", "containers"), ("show", "workloads")):
        whole = memlint(verb, ".", "--output", "json", files=FILES).json
        for number in (1, 2, 3):
            memlint(verb, ".", "--shard", f"{number}/3", "--output", f"json=part{number}.json")
        assert memlint("merge", "part1.json", "part2.json", "part3.json").json[name] == whole[name]


def test_a_file_that_is_not_there_or_no_result_is_named(memlint: Memlint, parts: list[str]) -> None:
    answer = memlint("merge", "none.json", *parts)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err == "none.json:1:1: problem no such file or folder\n"
    answer = memlint("merge", *parts, "a/compose.yaml")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("a/compose.yaml:1:1: problem is no JSON")


def test_a_part_of_nothing_is_whole(memlint: Memlint) -> None:
    memlint("check", ".", "--shard", "1/1", "--output", "json=1.json", files={"a/b.txt": "x"})
    answer = memlint("merge", "1.json")
    assert (answer.status, answer.json["findings"]) == (0, [])


def test_a_broken_file_in_one_part_makes_the_whole_incomplete(memlint: Memlint) -> None:
    for number in (1, 2):
        memlint("check", ".", "--shard", f"{number}/2", "--output", f"json={number}.json", files={**FILES, "b/compose.yaml": "services: ["})
    answer = memlint("merge", "1.json", "2.json")
    assert answer.status == 2
    assert [problem["path"] for problem in answer.json["problems"]] == ["b/compose.yaml"]
