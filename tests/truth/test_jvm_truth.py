"""memlint's verdict on a JVM is what the kernel did, over runs of real JVMs under real limits."""

import json
import statistics
from pathlib import Path
from typing import Any

import pytest

from memlint.api import MIB, Known, MemoryBudget, Program
from memlint.runtimes.jvm.applications import detect
from memlint.runtimes.jvm.bill import bill
from memlint.runtimes.jvm.options import Heap, JvmOptions, Version
from truth.runs import ORIGIN, Run, Score, collector, counted, load, rates, read, score, surroundings

DATA = Path(__file__).parent / "data" / "jvm-runs.jsonl"


@pytest.fixture(scope="module")
def runs(shared: Path) -> list[Run]:
    return load(shared / "truth" / "jvm-runs.jsonl")


@pytest.fixture(scope="module")
def judged(runs: list[Run]) -> Score:
    return score(runs, read)


def say(line: str) -> None:
    print(line)  # pytest -rP shows the figures


def told(name: str, found: Score) -> str:
    return (
        f"{name}: {found.runs} runs, {found.killed} killed; precision {found.precision:.3f}, recall {found.recall:.3f}; marginal {found.marginal:.0%}, "
        f"else {found.decided_precision:.3f} and {found.decided_recall:.3f}; median error {found.error:.3f}; "
        f"outside low..high {len(found.outside)} of {found.alive}; wrong {', '.join(found.wrong) or 'none'}"
    )


def thumb(runs: list[Run], name: str, rule: Any) -> tuple[float, float]:
    known = [(run, rule(run)) for run in counted(runs) if run.get("xmx")]
    precision, recall = rates(known)
    say(f"{name}: precision {precision:.3f}, recall {recall:.3f} on {len(known)} runs")
    return precision, recall


def test_the_open_runs_are_judged_as_the_kernel_did(judged: Score) -> None:
    say(told("memlint", judged))
    assert judged.precision >= 0.92
    assert judged.recall >= 0.97
    assert min(judged.decided_precision, judged.decided_recall) >= 0.98
    assert judged.marginal <= 0.25
    assert judged.error <= 0.03
    assert len(judged.outside) <= 0.02 * judged.alive


def test_rules_of_thumb_are_clearly_worse(runs: list[Run], judged: Score) -> None:
    share = thumb(runs, "-Xmx > 75 % of the limit", lambda run: run["xmx"] > 0.75 * run["limit_bytes"])
    constant = thumb(runs, "-Xmx + 300 MiB > limit", lambda run: run["xmx"] + 300 * MIB > run["limit_bytes"])
    for precision, _ in (share, constant):
        assert judged.precision > precision + 0.15


def stunted(run: Run) -> bool:
    """Serial on JDK 25: whether the heap was filled depends on how long the run took (two seconds are too short), so it is judged apart."""
    return collector(run) == "Serial" and run["jdk"] == "25"


def test_runs_that_nothing_was_fitted_to_are_judged_as_the_kernel_did() -> None:
    found = score([run for run in load(DATA) if run["group"] in ("held", "random") and not stunted(run)], read)
    say(told("memlint, own runs", found))
    assert found.runs > 100
    assert found.killed > 25
    assert found.precision >= 0.92
    assert found.recall >= 0.97
    assert min(found.decided_precision, found.decided_recall) >= 0.98
    assert found.marginal <= 0.25
    assert found.error <= 0.02
    assert not found.outside


def test_a_kill_of_serial_on_jdk_25_is_foreseen_or_called_marginal() -> None:
    killed = [run for run in load(DATA) if stunted(run) and run["outcome"] == "oom-killed"]
    assert len(killed) >= 4
    for run in killed:
        assert read(run).expected * 20 >= run["limit_bytes"] * 19, run["name"]


def test_cgroup_v2_kills_the_same(shared: Path) -> None:
    own = [run for run in load(DATA) if run["group"] == "cgroup-v2"]
    found = score(load(shared / "truth" / "jvm-runs-cgroup-v2.jsonl") + own, read)
    say(told("memlint, cgroup v2", found))
    assert found.recall == 1
    assert found.decided_precision == found.decided_recall == 1
    assert found.error <= 0.03


def test_minutes_of_load_fill_what_seconds_do_not() -> None:
    long = [
        run
        for run in load(DATA)
        if run["group"] == "long" and run["load"]["seconds"] >= 45 and run["outcome"] == "survived" and not stunted(run)
    ]
    assert len(long) >= 5
    for run in long:
        assert read(run).expected == pytest.approx(run["peak"]["hard"], rel=0.05), run["name"]


# ---- real programs (jvm.md 8)


def programs(shared: Path) -> list[dict[str, Any]]:
    """Return the programs whose heap was measured apart; vnu-servlet had not started when it was sampled."""
    rows: list[dict[str, Any]] = json.loads((shared / "cases" / "jvm-calibration.json").read_text())["programs"]
    return [row for row in rows if row["nonheap_rss_kb"] and row["program"] != "vnu-servlet"]


def bill_of(row: dict[str, Any], footprint: dict[str, int] | None) -> MemoryBudget:
    heap = int(row["heap_max"])
    options = JvmOptions(
        "hotspot",
        (Version(int(row["jdk"].split(".")[0]), None, None, "test"),),
        2,
        (row["gc"],),
        Heap(heap, heap, heap, 16 * MIB, ORIGIN, "-Xmx"),
        True,
    )
    around = surroundings(row["limit"], footprint, image_reference=row["program"].partition("-")[0])
    application = None if footprint else detect(Program((Known("java", ORIGIN),), {}), around, options)
    budget = bill(options, around, application)
    assert budget is not None
    return budget


def beside_the_heap(budget: MemoryBudget) -> tuple[int, int, int | None]:
    parts = [part for part in budget.parts if part.name != "heap"]
    highs = [part.high for part in parts]
    return sum(part.low for part in parts), sum(part.expected for part in parts), None if None in highs else sum(filter(None, highs))


def test_classes_and_threads_of_real_programs_give_their_memory_beside_the_heap(shared: Path) -> None:
    errors = []
    for row in programs(shared):
        measured = row["nonheap_rss_kb"] * 1024
        _, expected, _ = beside_the_heap(bill_of(row, {"classes": row["classes_loaded"], "threads": row["threads"]}))
        errors.append(abs(expected - measured) / measured)
        assert errors[-1] <= 0.25, (row["program"], row["jdk"], expected // MIB, measured // MIB)
    say(f"beside the heap: median error {statistics.median(errors):.3f}, largest {max(errors):.3f} over {len(errors)} programs")
    assert statistics.median(errors) <= 0.12


def test_the_name_of_a_real_program_gives_a_range_that_holds_it(shared: Path) -> None:
    for row in programs(shared):
        measured = row["nonheap_rss_kb"] * 1024
        low, _, high = beside_the_heap(bill_of(row, None))
        assert low <= measured, (row["program"], row["jdk"])
        assert high is None or measured <= high
