"""`memlint forecast` as its user runs it: on the scenarios, as a table and as JSON, and what following its advice does."""

import re
from typing import Any

import pytest

from conftest import ROOT, run_memlint
from memlint.quantity import GIB, MIB

SCENARIOS = ROOT / "fixtures" / "scenarios"


def forecast(folder: str, monkeypatch: pytest.MonkeyPatch, *options: str) -> dict[str, Any]:
    """Return the forecasts of a form by kind, or by title where a kind comes several times."""
    scenario, _, form = folder.rpartition("/")
    monkeypatch.chdir(SCENARIOS / scenario)
    answer = run_memlint("forecast", "--output", "json", *options, form)
    assert answer.status == 0, answer.err
    found = answer.json["forecasts"]
    kinds = [one["kind"] for one in found]
    return {one["kind"] if kinds.count(one["kind"]) == 1 else one["title"]: one for one in found}


def order(one: dict[str, Any]) -> list[str]:
    return [candidate["workload"] for candidate in one["candidates"]]


def test_s5_the_kubelet_ranks_by_usage_above_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    found = forecast("S5/bad/kubernetes", monkeypatch, "--node-memory", "8Gi")
    eviction = found["eviction"]
    assert order(eviction) == ["catalog", "carts", "gateway", "checkout"]
    first = eviction["candidates"][0]
    assert (first["request"], first["limit"], first["score"]) == (400 * MIB, GIB, first["usage"] - 400 * MIB)
    assert (first["path"], first["line"]) == ("kubernetes/shop.yaml", 5)
    assert eviction["memory"] == 8 * GIB
    assert "request" in eviction["advice"]
    assert "cannot be known" in eviction["candidates"][-1]["why"], "512MB is no amount"
    good = forecast("S5/good/kubernetes", monkeypatch, "--node-memory", "8Gi")["eviction"]
    assert all(candidate["score"] <= 0 for candidate in good["candidates"]), "nobody exceeds its request any more"


def test_s5b_the_cache_goes_last_when_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = forecast("S5b/bad/kubernetes", monkeypatch, "--node-memory", "4Gi")
    assert order(bad["eviction"]) == ["cache", "web"]
    assert bad["eviction"]["advice"] == "a request of 1600 MiB for cache (now 512 MiB) keeps it within its request: then web goes first"
    good = forecast("S5b/good/kubernetes", monkeypatch, "--node-memory", "4Gi")
    assert order(good["eviction"]) == ["web", "cache"]
    assert good["eviction"]["candidates"][1]["priority"] == 1000
    assert good["eviction"]["candidates"][1]["score"] <= 0
    scores = {candidate["workload"]: candidate["score"] for candidate in good["node-oom"]["candidates"]}
    assert scores["web"] > scores["cache"], "its request lowers the score of the cache too"


def test_s3_the_hosts_order_by_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    found = forecast("S3/bad/compose", monkeypatch, "--host-memory", "8g")
    (always,) = [one for title, one in found.items() if title.endswith("(compose)")]
    (night,) = [one for title, one in found.items() if title.endswith("(compose, profile night)")]
    assert order(always) == ["b", "a", "logs"]
    assert order(night) == ["report", "b", "a", "logs"]
    assert "6 replicas" in always["candidates"][0]["why"]
    assert "no limit" in always["candidates"][2]["why"]
    assert always["demand"] < night["demand"] < 8 * GIB
    docker = forecast("S3/bad/docker", monkeypatch, "--host-memory", "8g")["host-oom"]
    assert order(docker)[0] == "b"
    assert docker["candidates"][0]["usage"] == GIB, "a container holds no more than its limit"


def test_named_hosts_need_no_option(monkeypatch: pytest.MonkeyPatch) -> None:
    found = forecast("S3/good/docker", monkeypatch)["host-oom"]
    assert found["title"].startswith("docker-1:")
    assert found["memory"] == 7 * GIB, "less what is reserved"


def test_s2_inside_the_container_a_worker_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    found = forecast("S2/bad/docker", monkeypatch)["container-oom"]
    assert [candidate["container"] for candidate in found["candidates"]] == ["gunicorn worker", "gunicorn"]
    assert "PID 1 lives on" in found["advice"]
    assert "nobody notices" in found["advice"]
    pod = forecast("S2/bad/kubernetes", monkeypatch)["container-oom"]
    assert "memory.oom.group" in pod["advice"]
    assert forecast("S2/good/docker", monkeypatch) == {}, "one process a container leaves no choice"


def test_the_table_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SCENARIOS / "S5b" / "bad")
    answer = run_memlint("forecast", "--node-memory", "2Gi", "kubernetes")
    assert answer.status == 0
    lines = answer.out.split("\n")
    assert lines[0] == "node: eviction by the kubelet when less than 100 MiB is available"
    assert lines[1].strip().startswith("2 GiB to share, expected demand 2986 MiB (145 %): more than there is")
    assert re.match(r"    1  cache +1593 MiB  1081 MiB above its request, priority 0$", lines[2])
    assert re.match(r"    2  web +\d+ MiB  \d+ MiB above its request, priority 0, 3 replicas$", lines[3])
    assert lines[4].startswith("  → a request of")


def test_without_a_machine_it_says_what_to_name(memlint: Any) -> None:
    text = "services:\n  web:\n    image: node:22\n    command: node --max-old-space-size=256 a.js\n    mem_limit: 512m\n"
    answer = memlint("forecast", files={"compose.yaml": text})
    assert answer.status == 0
    assert "--node-memory or --host-memory" in answer.out


def test_a_machine_and_nothing_on_it(memlint: Any) -> None:
    answer = memlint("forecast", "--node-memory", "8Gi", "--output", "json", files={"README.md": "nothing\n"})
    assert answer.json["forecasts"] == []


def test_following_the_advice_about_a_score_gets_another_taken_first(memlint: Any) -> None:
    text = """services:
  api:
    image: node:22
    command: node --max-old-space-size=1024 api.js
    mem_limit: 2g
  worker:
    image: node:22
    command: node --max-old-space-size=256 worker.js
    mem_limit: 512m{more}
"""
    first = memlint("forecast", "--host-memory", "8g", "--output", "json", files={"compose.yaml": text.format(more="")}).json["forecasts"][
        0
    ]
    assert order(first) == ["api", "worker"]
    value = re.search(r"oom_score_adj (\d+)", first["advice"])
    assert value
    more = f"\n    oom_score_adj: {value[1]}"
    again = memlint("forecast", "--host-memory", "8g", "--output", "json", files={"compose.yaml": text.format(more=more)}).json[
        "forecasts"
    ][0]
    assert order(again) == ["worker", "api"]
