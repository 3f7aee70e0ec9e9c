"""The bills of data stores against real servers under real memory cgroups: outcome and peak of every measured run that a model covers."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from memlint.api import MIB, Verdict, human
from stores import Case, run

# The share of pages that overwriting keys during a whole save dirties: measured by the runs that no limit stopped.
STEADY_WRITES = 0.94


@dataclass(frozen=True)
class Run:
    """One measured run: the command as an engineer would have it, what is known of the load, and what the kernel did."""

    name: str
    line: str
    killed: bool | None  # None: nothing limited it
    peak: float | None  # MiB that reclaim cannot free; None where the limit cut it off
    footprint: dict[str, dict[str, Any]] = field(default_factory=dict)

    def case(self) -> Case:
        return run(self.line, footprint=self.footprint, cgroup=1, host=24105 * MIB)


def lab(shared: Path) -> Iterator[Run]:
    for text in (shared / "truth" / "other-runs.jsonl").read_text().splitlines():
        row = json.loads(text)
        killed = bool(row.get("oom_kills"))
        peak = None if killed else row.get("hard_peak_mb")
        if row["experiment"] == "redis-bgsave":
            share = 0.0 if row["load"] == "idle" else (row["last_cow_mb"] or 0) / row["dataset_mb"] or STEADY_WRITES
            line = f"-m {row['limit_mb']}m redis:7.0.15 redis-server --maxmemory {row['used_memory_mb']}mb --save ''"
            yield Run(row["case"], line, killed, peak, {"redis": {"dirty_share": share}})
        elif row["experiment"] == "redis-maxmemory":
            percent = int(row["case"].split("%")[0].split()[-1])
            size = row["limit_mb"] * MIB * percent // 100
            yield Run(row["case"], f"-m {row['limit_mb']}m redis:7.0.15 redis-server --maxmemory {size} --save ''", killed, peak)


def measured(shared: Path) -> Iterator[Run]:
    rows = json.loads((shared / "cases" / "runtimes-measured.json").read_text())
    for row in rows["redis_bgsave"]:
        limit = f"-m {row['limit']} " if row["limit"] else ""
        cow = row["cow_MiB"] or row["aof_cow_MiB"]
        share = 0.0 if not row["writers"] else cow / row["rss_before_MiB"] if cow else STEADY_WRITES
        words = " ".join(row["extra"])
        line = f"{limit}redis:7.0.15 redis-server --maxmemory {int(row['used_memory_MiB'] * MIB)} --save '' {words}"
        killed = bool(row["oom_kill"])
        yield Run(
            row["label"], line, killed if limit else None, None if killed else row["peak_anon_MiB"], {"redis": {"dirty_share": share}}
        )
    for row in rows["pid1_redis_maxmemory_puma_nginx_tmpfs"]:
        if row["test"] == "redis maxmemory":
            words = " ".join(word or "''" for word in row["args"])
            known: dict[str, Any] = {"dirty_share": 0.0}  # none of them saved while it was filled
            if "mixed" in row["label"]:
                known["fragmentation"] = 1.35  # what mixed value sizes cost: a fact of the load, not of the configuration
            killed = bool(row["oom"])
            line = f"-m {row['limit']} redis:7.0.15 redis-server {words}"
            yield Run(row["label"], line, killed, None if killed else row["peak"], {"redis": known})
        elif row["test"].startswith("nginx"):
            yield Run(row["test"], "nginx:1.22 nginx", None, row["usage"])
    for row in rows["memcached_mariadb"]:
        limit = f"-m {row['limit']} " if row.get("limit") else ""
        if row["test"] == "memcached" and row["fill_MB"] >= row["m"]:  # one run stored 1 MB only: its cache never filled
            killed = bool(row["oom"])
            line = f"{limit}memcached:1.6.18 memcached -m {row['m']}"
            yield Run(f"memcached {row['m']} {row['vsize']} B {limit}", line, killed if limit else None, None if killed else row["peak"])
        elif row["test"].startswith("mariadb"):
            line = f"mariadb:10.11 mariadbd {' '.join(row['args'])}"
            yield Run(row["test"], line, None, row["peak"])
    for row in rows["postgres"] + rows["postgres_2"]:
        yield from postgres(row)
    for row in rows["rabbitmq"]:
        limit = f"-m {row['limit']} " if row["limit"] else ""
        yield Run(f"rabbitmq {limit}", f"{limit}rabbitmq:3.10.8 rabbitmq-server", False if limit else None, row["peak"])


def postgres(row: dict[str, Any]) -> Iterator[Run]:
    name = row["test"]
    if "work_mem" in row:
        limit = f"-m {row['limit']} " if row["limit"] else ""
        killed = bool(row["oom"])
        line = f"{limit}postgres:15 postgres -c work_mem={row['work_mem']}"
        yield Run(f"{name} {row['n']} x {row['work_mem']}", line, killed if limit else None, None if killed else row["peak_anon_rss"])
    elif name.startswith("shared_buffers"):
        _, size, _, limit, *_ = name.split()
        killed = bool(row["oom"])
        peak = None if killed else row["cg_rss"] + row["shmem_mapped"]
        yield Run(name, f"-m {limit} postgres:15 postgres -c shared_buffers={size}", killed, peak)
    elif "usage" in row:
        yield Run(name, "postgres:15 postgres", None, row["cg_rss"] + row["shmem_mapped"])


def predicted(case: Case) -> bool:
    """Say whether the verdict is a kill: certain, likely, within 5 % but above the limit, or unbounded data in a store without maxmemory."""
    assert case.reading
    assert case.reading.budget
    limit = case.around.limit
    if case.verdict in (Verdict.OVER, Verdict.LIKELY_OVER) or case.seen("no-maxmemory"):
        return True
    return case.verdict is Verdict.MARGINAL and case.reading.budget.expected > getattr(limit, "value", 0)


def inside(case: Case, peak: float) -> bool:
    assert case.reading
    budget = case.reading.budget
    assert budget
    amount = int(peak * MIB)
    return budget.low <= amount and (budget.high is None or amount <= budget.high)


def report(figure: str, missed: list[str]) -> None:
    print(figure, *missed, sep="\n  missed: ")  # pytest -rP shows which runs were missed


def tell(one: Run, case: Case) -> str:
    assert case.reading
    budget = case.reading.budget
    assert budget
    high = "unbounded" if budget.high is None else human(budget.high)
    return f"{one.name}: {one.line}: {case.verdict}, {human(budget.low)} .. {human(budget.expected)} .. {high}, killed {one.killed}, peak {one.peak}"


@pytest.fixture(scope="module")
def runs(shared: Path) -> list[tuple[Run, Case]]:
    found = [(one, one.case()) for one in (*lab(shared), *measured(shared))]
    assert len(found) > 45
    assert not [one.name for one, case in found if case.reading is None]
    return found


def test_verdict_is_what_the_kernel_did(runs: list[tuple[Run, Case]]) -> None:
    limited = [(one, case) for one, case in runs if one.killed is not None]
    wrong = [tell(one, case) for one, case in limited if predicted(case) is not one.killed]
    report(f"{len(limited) - len(wrong)} of {len(limited)} right", wrong)
    assert len(wrong) * 20 <= len(limited)


def test_peak_lies_inside_the_bill(runs: list[tuple[Run, Case]]) -> None:
    seen = [(one, case) for one, case in runs if one.peak is not None]
    outside = [tell(one, case) for one, case in seen if one.peak is not None and not inside(case, one.peak)]
    report(f"{len(seen) - len(outside)} of {len(seen)} inside", outside)
    assert len(outside) * 20 <= len(seen)


def test_expected_is_near_the_peak_of_a_filled_redis(runs: list[tuple[Run, Case]]) -> None:
    errors = []
    for one, case in runs:
        if one.peak is not None and "redis" in one.line:
            assert case.reading
            assert case.reading.budget
            errors.append(abs(case.reading.budget.expected / MIB - one.peak) / one.peak)
    assert len(errors) > 15
    assert sorted(errors)[len(errors) // 2] < 0.02
    assert max(errors) < 0.07
