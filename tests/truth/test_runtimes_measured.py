"""The bills of Node, Go, Python, PHP, Ruby and .NET against processes that were measured under a real memory limit.

A run is covered where its application is known: it fills its heap, or what it holds goes into a footprint as a user would write it.
Runs that leave a heap empty which a flag lets grow say nothing about the verdict: the heap counts in full.
"""

import json
import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bills import ask, topics
from memlint.api import MIB, Verdict, verdict
from memlint.model import Known, Origin, Span
from memlint.quantity import docker

HERE = Origin(Span("run.sh", 1, 1, 1, 2, 0, 1), "-m")


@dataclass
class Run:
    name: str
    command: str
    limit: str | None
    peak: float | None  # MiB; None where the application grows until it ends
    killed: bool | None  # None: the run was not made to fill what it may use
    extra: dict[str, Any] = field(default_factory=dict)


def measured(shared: Path) -> Iterator[Run]:
    data = json.loads((shared / "cases" / "runtimes-measured.json").read_text())
    yield from node(data)
    yield from python(data)
    yield from php(data)
    yield from go(data)
    for row in data["pid1_redis_maxmemory_puma_nginx_tmpfs"]:
        if row["test"].startswith("puma"):
            yield Run(row["test"], "puma " + " ".join(row["args"]), None, row["usage"], None)
    for row in data["dotnet_3_1_heap_limit"]:
        if not row["env"]:
            yield Run(f"dotnet {row['limit']}", "dotnet App.dll", row["limit"], row["peak"], None)
    yield from laboratory([json.loads(line) for line in (shared / "truth" / "other-runs.jsonl").read_text().splitlines()])


def node(data: dict[str, Any]) -> Iterator[Run]:
    for row in data["node_real_oom"]:
        known = {"node": {"buffers": 448 * MIB}} if row["mode"] == "buf" else None
        command = " ".join(["node", *row["flags"], "app.js"])
        extra = {"image": f"node:{row['node']}", "footprint": known}
        yield Run(
            f"node {row['node']} {row['mode']} {row['flags']} in {row['limit']}",
            command,
            row["limit"],
            row["peak_MiB"],
            row["oom_kill"] > 0,
            extra,
        )
    for row in data["node_default_heap_limit"]:
        if row["limit_set"] != "64m":  # there the binary's page cache filled the limit
            name = f"node {row['ver']} idle in {row['limit_set']}"
            yield Run(name, "node app.js", row["limit_set"], row["peak"] / MIB, None, {"image": f"node:{row['ver'][1:]}"})
    for row in data["node_server_cold_cache_gunicorn_oom"]:
        if row["test"].startswith("node http"):
            name = f"node {row['node']} server in {row['limit']}"
            yield Run(name, "node app.js", row["limit"], row["peak_usage"], False, {"image": f"node:{row['node']}"})
    for row in data["node_softlimit_v1mount_workers_cluster"]:
        if row["test"].startswith("cluster"):
            extra = {"image": f"node:{row['node']}", "footprint": {"node": {"processes": row["n"]}}}
            yield Run(f"node {row['node']} cluster of {row['n']}", "node app.js", None, row["peak"], None, extra)


def python(data: dict[str, Any]) -> Iterator[Run]:
    for row in data["python_servers"]:
        yield Run(row["label"], row["argv"], None, row["peak"], None)
    for row in data["celery"]:
        known = {"workers": {"each": 300 * MIB}} if row["limit"] else None
        killed = row["oom"] > 0 if row["limit"] else None
        yield Run(
            f"celery {row['label']}",
            " ".join(["celery -A app worker", *row["args"]]),
            row["limit"],
            row["peak"],
            killed,
            {"footprint": known},
        )


def php(data: dict[str, Any]) -> Iterator[Run]:
    for row in data["php_fpm"]:
        text = f"[www]\npm.max_children = {row['max_children']}\nphp_admin_value[memory_limit] = {row['memory_limit']}\n"
        known = {"workers": {"each": 100 * MIB}} if row["limit"] else None
        extra = {"files": {"/usr/local/etc/php-fpm.d/www.conf": text}, "footprint": known}
        yield Run(f"php-fpm {row['label']}", "php-fpm", row["limit"], row["peak"], row["oom"] > 0 if row["limit"] else None, extra)


def go(data: dict[str, Any]) -> Iterator[Run]:
    for row in data["go"]:
        if row["args"][0] == "live":  # the leaking ones end under any limit
            extra = {"env": {"GOGC": "100", **(row["env"] or {})}, "footprint": {"go": {"live": int(row["args"][1]) * MIB}}}
            yield Run(f"{row['bin']} {row['label']}", "/app", row["limit"], row["peak_MiB"], row["oom"] > 0, extra)


def laboratory(rows: list[dict[str, Any]]) -> Iterator[Run]:
    for row in rows:
        limit, killed = f"{row.get('limit_mb')}m", row.get("oom_kills", 0) > 0
        name = f"{row['experiment']}: {row.get('case', '')}"
        if row["experiment"] == "prefork":
            known = {"workers": {"each": row["private_mb"] * MIB, "shared": row["shared_mb"] * MIB}}
            yield Run(name, f"gunicorn --preload -w {row['workers']} app:app", limit, row["hard_peak_mb"], killed, {"footprint": known})
        elif row["experiment"] == "node-fill":
            flag = f"--max-old-space-size={row['old_space_mb']} " if "old_space_mb" in row else ""
            yield Run(name, f"node {flag}app.js", limit, row["hard_peak_mb"], killed, {"image": "node:20.20.2"})
        elif row["experiment"] == "node-default-heap":
            yield Run(name, "node app.js", limit, row["hard_peak_mb"], None, {"image": "node:20.20.2"})


def told_killed(run: Run, reading: Any) -> bool:
    """Read the verdict as `truth/score` does: marginal is a kill where more than the limit is expected."""
    size = docker(run.limit or "")
    judged = verdict(reading.budget, Known(size, HERE))
    if judged is Verdict.MARGINAL:
        return bool(reading.budget.expected > size)
    return judged in (Verdict.OVER, Verdict.LIKELY_OVER) or "go-gogc-off-unbounded" in topics(reading)


def mib(amount: int | None) -> str:
    return "unbounded" if amount is None else f"{amount / MIB:.0f}"


def test_verdicts_and_peaks_agree_with_what_the_kernel_did(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = list(measured(shared))
    wrong, outside = [], []
    judged = inside = 0
    for run in runs:
        reading = ask(run.command, run.limit, **run.extra)
        assert reading is not None, run.name
        assert reading.budget is not None, run.name
        budget = reading.budget
        line = f"{run.name}: {mib(budget.low)}..{mib(budget.expected)}..{mib(budget.high)} MiB, limit {run.limit}, peak {run.peak}"
        if run.killed is not None and run.limit is not None:
            judged += 1
            if told_killed(run, reading) != run.killed:
                wrong.append(f"  {'killed' if run.killed else 'lived'}, told otherwise: {line}")
        if run.peak is not None:
            # Where the kernel killed, the peak is the limit and not what the program would have taken.
            too_low = run.peak * MIB < budget.low and not run.killed
            too_high = budget.high is not None and run.peak * MIB > budget.high
            inside += not (too_low or too_high)
            if too_low or too_high:
                outside.append(f"  peak outside: {line}")
    peaks = sum(run.peak is not None for run in runs)
    with capsys.disabled():
        first = f"\nruns {len(runs)}: verdict right {judged - len(wrong)} of {judged}, peak inside low..high {inside} of {peaks}"
        sys.stdout.write("\n".join([first, *wrong, *outside]) + "\n")
    assert judged >= 55
    assert len(wrong) <= judged * 5 // 100
    assert peaks - inside <= peaks * 5 // 100


def test_every_command_is_what_was_run(shared: Path) -> None:
    """The lines above are made of the measured argv: no option of a run is lost on the way."""
    data = json.loads((shared / "cases" / "runtimes-measured.json").read_text())
    for row in data["python_servers"]:
        number = re.search(r"(?:-w|--workers|--processes) (\d+)", row["argv"])
        reading = ask(row["argv"])
        assert reading is not None
        assert number is not None
        assert reading.options["workers"].value == int(number[1]), shlex.join([row["argv"]])
