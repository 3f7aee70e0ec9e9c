"""Eighty containers of real files, judged by hand: limit, request, QoS class, heap, verdict, faults and PID 1, row by row.

A row counts only where the corpus holds the file that decides it; most Dockerfiles are not there. The tests print every row that differs.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import corpora
from memlint.api import MIB, Container, Known, Unknown, Verdict, Workload
from memlint.quantity import docker

Row = dict[str, Any]
Joined = tuple[Row, Workload, Container]

# Labels that are wrong or leave two answers, each with why. They are read as said here.
NOT_SURE = {
    "open-037": "may be a native image, which no heap flag concerns (labels/README)",
    "open-038": "may be a native image, which no heap flag concerns (labels/README)",
}
TWO_ANSWERS = {
    "open-006": "as written the heap is the limit; as it runs the variable reaches no JVM and the heap is a quarter",
    "open-007": "as written the heap is the limit; as it runs the variable reaches no JVM and the heap is a quarter",
}


@pytest.fixture(scope="module")
def rows(shared: Path) -> list[Joined]:
    found = []
    for line in (shared / "labels" / "labels.jsonl").read_text().splitlines():
        row = json.loads(line)
        there = corpora.containers().get(row["file"], [])
        name = row["container"].partition(" (")[0]
        exact = [pair for pair in there if pair[1].at.line == row["line"]]
        found += [(row, *pair) for pair in (exact or [pair for pair in there if name in (pair[0].name, pair[1].name)])[:1]]
    return found


def differences(rows: list[Joined], differs: Callable[[Row, Workload, Container], str]) -> list[str]:
    told = [f"{row['id']} {row['file']}:{row['line']} {row['container']}: {why}" for row, *pair in rows if (why := differs(row, *pair))]
    print("\n".join(told))
    return told


def test_every_row_whose_file_is_there_has_its_container(rows: list[Joined], shared: Path) -> None:
    lines = (shared / "labels" / "labels.jsonl").read_text().splitlines()
    there = [row for row in map(json.loads, lines) if (shared / "corpus" / row["file"]).is_file()]
    assert {row["id"] for row, *_ in rows} == {row["id"] for row in there}


def known(amount: object) -> object:
    return amount.value if isinstance(amount, Known) else amount


def test_limits_and_requests(rows: list[Joined]) -> None:
    def differs(row: Row, _: Workload, container: Container) -> str:
        request = row["mem_request_bytes"]
        if request is None and row["source"] == "k8s":
            request = row["mem_limit_bytes"]  # the label holds what is written; the API server copies the limit
        wanted = (row["mem_limit_bytes"], request)
        got = (known(container.limit), known(container.request))
        return "" if got == wanted else f"limit and request {got}, label {wanted}"

    assert not differences(rows, differs)


def test_qos_classes(rows: list[Joined]) -> None:
    def differs(row: Row, workload: Workload, _: Container) -> str:
        # A pod that an operator makes has no class in the label.
        return "" if row["qos"] is None or row["qos"] == workload.qos else f"{workload.qos}, label {row['qos']}"

    assert not differences(rows, differs)


# ---- the heap


def absent(row: Row, container: Container) -> bool:
    """Say whether what sets the heap is in a Dockerfile that the corpus does not hold."""
    heap = row["heap"]
    return heap is not None and (
        heap["source"].startswith("Dockerfile") or (container.process.image is None and heap["source"].endswith("default"))
    )


def option(container: Container, name: str) -> object:
    return next((reading.options[name] for reading in container.process.readings if name in reading.options), None)


def heap_of(row: Row, container: Container) -> float | str | None:
    """Return the heap setting that memlint sees, in the unit of the label."""
    kind, budget = row["heap"]["kind"], container.process.budget
    if kind == "GOMEMLIMIT":
        text = option(container, "GOMEMLIMIT")
        return docker(text.value.replace("iB", "")) / MIB if isinstance(text, Known) else None
    if kind == "redis-maxmemory":
        amount = option(container, "maxmemory")
        return amount.value / MIB if isinstance(amount, Known) else None
    if kind == "node-max-old-space":
        return budget.parts[0].low / MIB if budget is not None else None
    if kind == "wiredTiger-cache-default":
        return budget.parts[0].expected / MIB if budget is not None else None
    most = option(container, "max heap")
    if kind == "MaxRAMPercentage" and isinstance(most, Known) and isinstance(container.limit, Known):
        return round(most.value * 100 / container.limit.value, 1)
    if kind == "MaxRAMFraction" and isinstance(most, Unknown) and "share of the host" in most.why:
        return 1.0
    return most.value / MIB if isinstance(most, Known) else None


def test_heap_flags(rows: list[Joined]) -> None:
    def differs(row: Row, _: Workload, container: Container) -> str:
        heap = row["heap"]
        if heap is None or absent(row, container):
            return ""
        wanted = heap["value"]
        if isinstance(heap["effective"], dict) and row["id"] in TWO_ANSWERS:
            wanted = heap["effective"]["effective_heap_mib"]
        got = heap_of(row, container)
        # A heap that nobody set is rounded to regions and cards.
        near = isinstance(got, float) and abs(got - wanted) <= (
            2 if heap["kind"] == "default-ergonomics" or "m" in str(heap["where"]) else 0
        )
        return "" if near else f"heap {got}, label {heap['kind']} {wanted} ({heap['where']})"

    counted = [row for row, _, container in rows if row["heap"] is not None and not absent(row, container)]
    assert len(counted) >= 40
    assert not differences(rows, differs)


def test_whether_a_heap_flag_takes_effect(rows: list[Joined]) -> None:
    sure = [(row, workload, container) for row, workload, container in rows if row["heap"] is not None and row["id"] not in NOT_SURE]
    sure = [(row, workload, container) for row, workload, container in sure if not absent(row, container)]

    def differs(row: Row, _: Workload, container: Container) -> str:
        label = row["heap"]["effective"]
        wanted = label["effective"] if isinstance(label, dict) else label
        got = not container.observed("heap-flag-ineffective")
        return "" if got == wanted else f"takes effect: {got}, label {wanted}"

    assert len(differences(sure, differs)) <= len(sure) * 5 // 100


# ---- the verdict


def says(container: Container) -> str:
    """Return what memlint answers to "does it exceed the limit?": a marginal bill says yes where what it expects is above the limit."""
    budget, limit = container.process.budget, container.limit
    answers = {Verdict.OVER: "yes", Verdict.LIKELY_OVER: "yes", Verdict.TIGHT: "no", Verdict.FITS: "no", Verdict.UNLIMITED: "no_limit"}
    if container.verdict is Verdict.MARGINAL and budget is not None and isinstance(limit, Known):
        return "yes" if budget.expected > limit.value else "no"
    return answers.get(container.verdict, "unknown")


def test_verdicts_of_jvms(rows: list[Joined]) -> None:
    jvms = [
        joined
        for joined in rows
        if joined[0]["runtime"].startswith("JVM") and joined[0]["id"] not in NOT_SURE and not absent(joined[0], joined[2])
    ]

    def differs(row: Row, _: Workload, container: Container) -> str:
        label, got = row["exceeds_limit"], says(container)
        accepted = {"yes", "no"} if label == "borderline" or row["id"] in TWO_ANSWERS else {label}
        return "" if got in accepted else f"{got} ({container.verdict}), label {label}: {row['arithmetic']}"

    assert len(jvms) >= 28
    assert not differences(jvms, differs)


def test_verdicts_of_other_processes_never_contradict(rows: list[Joined]) -> None:
    """No bill, no verdict; but what is said is what the label says."""
    others = [joined for joined in rows if not joined[0]["runtime"].startswith("JVM")]

    def differs(row: Row, _: Workload, container: Container) -> str:
        label, got = row["exceeds_limit"], says(container)
        accepted = {"yes", "no", "unknown"} if label == "borderline" else {label, "unknown"}
        return "" if got in accepted else f"{got} ({container.verdict}), label {label}: {row['arithmetic']}"

    assert not differences(others, differs)


# ---- faults

# What a label says in its own words -> the rules that say so. A fault that no rule of memlint covers is not here: advice (no worker
# recycling without several workers, "very tight"), what stands in a Dockerfile that the corpus lacks, what is right as it is.
FAULTS = (
    (r"no (memory )?limit|with no memory limit|CPU limit only", {"MEM101"}),
    (r"no request|no memory limit or request", {"MEM102"}),
    (r"no maxmemory", {"MEM602"}),
    (r"nothing reads", {"MEM210"}),
    (r"request .* below|request .*Gi? leaves", {"MEM219", "MEM303", "MEM304"}),
    (r"limit 2.5x request", {"MEM303"}),
    (r"old-space cap equals|-Xmx is 1.5x", {"MEM201"}),
    (r"maxmemory .* is larger than", {"MEM606"}),
    (r"MinRAMPercentage does nothing", {"MEM210"}),
    (r"init container.* no resources", {"MEM302"}),
    (r"heap uses 25% of the limit", {"MEM214"}),
    (r"Xms != Xmx", {"MEM608"}),
)
# Faults of these rows cannot be seen in the corpus, or memlint says on purpose that they are none.
NO_FAULT = {
    ("open-075", "MEM602"): "registry.k8s.io/redis:v1 starts an own script, which may set maxmemory: memlint does not know it",
    ("open-001", "MEM219"): "the request is above the heap: what memlint says is that the limit is 2.5 times the request (MEM303)",
}


def test_faults(rows: list[Joined]) -> None:
    def differs(row: Row, workload: Workload, container: Container) -> str:
        here = corpora.findings().get(row["file"], [])
        found = {item.rule for item in here if (item.workload in (None, workload.name) and item.container in (None, container.name))}
        missed = [
            fault
            for fault in row["other_faults"]
            for text, rules in FAULTS
            if re.search(text, fault) and not rules & found and not any((row["id"], rule) in NO_FAULT for rule in rules)
        ]
        return f"missed {missed}; found {sorted(found)}" if missed else ""

    assert not differences(rows, differs)


# ---- PID 1


def test_inits(rows: list[Joined]) -> None:
    def differs(row: Row, _: Workload, container: Container) -> str:
        label, pid1 = row["init"].partition(" ")[0].rstrip(":,"), container.process.pid1
        if pid1 is None or label not in ("yes", "no"):
            return ""
        got = "yes" if pid1.kind == "init" or known(container.init) is True else "no"
        return "" if got == label else f"init {got} ({pid1.kind} {pid1.name}), label {row['init']}; {row['pid1']}"

    assert not differences(rows, differs)
