"""Ask the built-in memory models about one command line, as the joins would: every word and variable has its place in a file."""

import shlex
from collections.abc import Mapping
from typing import Any

from memlint.api import (
    Amount,
    Footprint,
    Image,
    Known,
    Mount,
    Origin,
    Program,
    Reading,
    Span,
    Stage,
    Surroundings,
    Text,
    Unknown,
    Verdict,
    verdict,
)
from memlint.quantity import docker
from memlint.runtimes import memlint_runtimes


def origin(path: str, text: str, start: int, end: int, how: str = "") -> Origin:
    line = text.count("\n", 0, start) + 1
    column = start - (text.rfind("\n", 0, start) + 1) + 1
    return Origin(Span(path, line, column, line, column + end - start, start, end), how)


class Tree:
    """Files by their path in the container."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = files

    def text(self, path: str) -> str | None:
        return self.files.get(path)

    def span(self, path: str, start: int, end: int) -> Span:
        text = self.files[path]
        assert 0 <= start <= end <= len(text)
        return origin(path, text, start, end).span


def words(command: str) -> tuple[Known[str] | Unknown, ...]:
    """Split a command; a word with a `$` is unknown, as it is where nothing tells the variable."""
    found: list[Known[str] | Unknown] = []
    position = 0
    for word in shlex.split(command):
        start = command.find(word, position)
        start = position if start < 0 else start
        position = start + len(word)
        place = origin("run.sh", command, start, position, "command")
        found.append(Unknown(f"{word} is set outside", place) if "$" in word else Known(word, place))
    return tuple(found)


def ask(
    command: str = "",
    limit: str | None = None,
    env: Mapping[str, str | None] | None = None,
    image: str = "",
    files: Mapping[str, str] | None = None,
    footprint: Mapping[str, Mapping[str, Any]] | None = None,
    platform: str = "docker",
    cgroup: int | None = None,
    cpus: int | None = None,
    host_memory: int | None = None,
    reservation: str | None = None,
    bases: tuple[str, ...] = (),
    runtime: str | None = None,
    installs: tuple[str, ...] | None = None,
    libc: str | None = None,
    mounts: tuple[str, ...] = (),
    workdir: str = "/app",
    count: int = 1,
) -> Reading | None:
    """Return what the first model that knows the program says of it."""
    program, around = _case(dict(locals()))
    return next(filter(None, (model.read(program, around) for model in memlint_runtimes())), None)


def _case(given: Mapping[str, Any]) -> tuple[Program, Surroundings]:
    at = origin("compose.yaml", "services:\n  app:\n", 12, 15).span
    text = "".join(f"{name}={value}\n" for name, value in (given["env"] or {}).items())
    variables: dict[str, Text] = {}
    for name, value in (given["env"] or {}).items():
        start = text.find(f"{name}={value}\n") + len(name) + 1
        known = None if value is None else Known(value, origin("app.env", text, start, start + len(value), f"environment {name}"))
        variables[name] = known if value != "?" else Unknown("from a Secret")

    def amount(size: str | None, how: str) -> Amount:
        return (
            None
            if size is None
            else Known(docker(size), origin("compose.yaml", f"{how}: {size}", len(how) + 2, len(how) + 2 + len(size), how))
        )

    stage = None
    if given["installs"] is not None:
        stage = Stage(None, 0, at, "Dockerfile", None, True, installs=given["installs"])
    picture = Image(
        given["image"] or "app",
        "dockerfile" if stage else "catalog",
        bases=given["bases"],
        runtime=given["runtime"],
        workdir=Known(given["workdir"], Origin(at, "WORKDIR")),
        libc=given["libc"],
        stage=stage,
    )
    around = Surroundings(
        platform=given["platform"],
        limit=amount(given["limit"], "mem_limit"),
        request=None,
        cpu_limit=None if given["cpus"] is None else Known(given["cpus"], Origin(at, "cpus")),
        cpu_request=None,
        image=picture,
        image_reference=given["image"],
        mounts=tuple(Mount(target, None, False, None, Origin(at, "volumes")) for target in given["mounts"]),
        footprint=Footprint(given["footprint"] or {}, Origin(at, "footprints") if given["footprint"] else None),
        host_memory=given["host_memory"],
        cgroup=given["cgroup"],
        files=Tree(given["files"] or {}),
        at=at,
        reservation=amount(given["reservation"], "mem_reservation"),
    )
    return Program(words(given["command"]), variables, given["count"]), around


def topics(reading: Reading | None) -> set[str]:
    return {seen.topic for seen in reading.observations} if reading is not None else set()


def judged(reading: Reading | None, limit: str) -> Verdict:
    place = Origin(Span("compose.yaml", 1, 1, 1, 2, 0, 1), "mem_limit")
    return verdict(reading.budget if reading is not None else None, Known(docker(limit), place))


def flagged(reading: Reading | None, limit: str | None) -> bool:
    """Say whether a warning or error would come of the bill."""
    return limit is not None and judged(reading, limit) in (Verdict.OVER, Verdict.LIKELY_OVER, Verdict.MARGINAL)
