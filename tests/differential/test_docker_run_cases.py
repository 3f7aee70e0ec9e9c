"""Every recorded answer of the Docker CLI: what it sends to the daemon memlint reads too, what it refuses memlint reports."""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from memlint.config import Config
from memlint.model import Amount, Container, Known, Severity, Text, Unknown, Words
from memlint.resolve import docker_run
from memlint.resolve.inputs import Inputs
from memlint.sources.text import Source

# The recording was made with `docker create`, which has no -d; `docker run` takes it.
ONLY_CREATE_REFUSES = {("-dm512m", "img")}


def cases(folder: Path) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = json.loads((folder / "cases" / "docker-run-cases.json").read_text())["cases"]
    return found


def read(argv: list[str], verb: str = "run") -> tuple[Container | None, bool]:
    """Return the container that a line makes, and whether memlint says that it is refused."""
    source = Source("run.sh", f"#!/bin/sh\ndocker {verb} {shlex.join(argv)}\n")
    inputs = Inputs({"shell": (source,)}, lambda _path: None, Config(), ())
    workloads = docker_run.workloads(inputs)
    seen = [seen for workload in workloads for container in workload.containers for seen in container.observations]
    refused = bool(inputs.problems) or any(one.topic == "invalid-quantity" and one.severity in (None, Severity.ERROR) for one in seen)
    return (workloads[0].containers[0] if workloads else None), refused


def value(field: Amount | Text | Known[bool]) -> object:
    return f"unknown: {field.why}" if isinstance(field, Unknown) else None if field is None else field.value


def words(field: Words | None) -> list[object] | None:
    return None if field is None else [value(word) for word in field]


def test_memlint_reads_what_docker_reads(shared: Path) -> None:
    differing = []
    for case in cases(shared):
        container, refused = read(case["argv"])
        if case["rc"]:
            if tuple(case["argv"]) not in ONLY_CREATE_REFUSES and not refused:
                differing.append((case["argv"], f"docker refuses it: {case['error']}"))
            continue
        assert container is not None
        made = case["create"]
        wanted = {
            "image": made["Image"],
            "limit": made.get("Memory") or None,
            "reservation": made.get("MemoryReservation") or None,
            "swap": made.get("MemorySwap") or None,
            "shm_size": made.get("ShmSize") or None,
            "swappiness": made.get("MemorySwappiness"),
            "oom_score_adj": made.get("OomScoreAdj") or None,
            "oom_kill_disable": bool(made.get("OomKillDisable")),
            "init": bool(made.get("Init")),
            "command": made.get("Cmd"),
            "entrypoint": made.get("Entrypoint"),
        }
        got = {
            "image": value(container.image),
            "limit": value(container.limit),
            "reservation": value(container.reservation),
            "swap": value(container.swap),
            "shm_size": value(container.shm_size),
            "swappiness": value(container.swappiness),
            "oom_score_adj": value(container.oom_score_adj) or None,
            "oom_kill_disable": bool(value(container.oom_kill_disable)),
            "init": bool(value(container.init)),
            "command": words(container.command),
            "entrypoint": words(container.entrypoint),
        }
        if got != wanted:
            differing.append((case["argv"], {key: (wanted[key], got[key]) for key in wanted if wanted[key] != got[key]}))
    assert not differing


@pytest.mark.parametrize("argv", sorted(ONLY_CREATE_REFUSES))
def test_create_has_no_detach(argv: tuple[str, ...]) -> None:
    assert read(list(argv), "create")[1]
    assert not read(list(argv), "run")[1]
