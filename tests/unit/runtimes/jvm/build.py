"""Programs and surroundings for the tests of the JVM's model, written as a file would hold them."""

import shlex
from collections.abc import Mapping, Sequence

from memlint.api import Amount, Footprint, Image, Known, Mount, Origin, Program, Reading, Span, Surroundings, Text, Unknown, Word
from memlint.runtimes.jvm import Model

GIB = 1 << 30
MIB = 1 << 20


def span(start: int, length: int, line: int = 1, path: str = "run.sh") -> Span:
    return Span(path, line, start + 1, line, start + length + 1, start, start + length)


def known(text: str, start: int = 0, how: str = "test") -> Known[str]:
    return Known(text, Origin(span(start, len(text)), how))


def amount(value: int | None) -> Amount:
    return None if value is None else Known(value, Origin(span(900, 4), "limit"))


def surroundings(
    limit: Amount | int = None,
    image: str = "eclipse-temurin:21",
    *,
    request: int | None = None,
    cpus: int | None = 2000,
    cpu_request: int | None = None,
    host: int | None = None,
    cgroup: int | None = None,
    platform: str = "docker",
    joined: Image | None = None,
    mounts: tuple[Mount, ...] = (),
    files: object = None,
) -> Surroundings:
    return Surroundings(
        platform=platform,
        limit=amount(limit) if isinstance(limit, int) else limit,
        request=amount(request),
        cpu_limit=amount(cpus),
        cpu_request=amount(cpu_request),
        image=joined,
        image_reference=image,
        mounts=mounts,
        footprint=Footprint(),
        host_memory=host,
        cgroup=cgroup,
        files=files,  # type: ignore[arg-type]  # a test's own Files
        at=span(800, 3),
    )


def program(
    command: str | Sequence[str | Unknown] = "java -jar app.jar", env: Mapping[str, Text | str] | None = None, count: int = 1
) -> Program:
    """Return a program; the words stand one behind the other, the variables from character 1000 on."""
    words: list[Word] = []
    place = 0
    for item in shlex.split(command) if isinstance(command, str) else command:
        words.append(known(item, place) if isinstance(item, str) else item)
        place += len(item) + 1 if isinstance(item, str) else 2
    values: dict[str, Text] = {}
    place = 1000
    for name, value in (env or {}).items():
        values[name] = known(value, place, f"environment {name}") if isinstance(value, str) else value
        place += 500
    return Program(tuple(words), values, count)


def read(
    command: str | Sequence[str | Unknown] = "java -jar app.jar",
    env: Mapping[str, Text | str] | None = None,
    around: Surroundings | None = None,
) -> Reading:
    reading = Model().read(program(command, env), around or surroundings(GIB))
    assert reading is not None
    return reading


def heap_high(reading: Reading) -> int | None:
    assert reading.budget is not None
    return next(part for part in reading.budget.parts if part.name == "heap").high


def topics(reading: Reading) -> set[str]:
    return {observation.topic for observation in reading.observations}


def observed(reading: Reading, topic: str) -> list[str]:
    return [observation.message for observation in reading.observations if observation.topic == topic]
