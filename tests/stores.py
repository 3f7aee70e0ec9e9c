"""Data stores put into containers by hand, for tests of their memory models: `run("-m 512m redis:7 --maxmemory 400mb")`."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from memlint.api import (
    Footprint,
    Image,
    Known,
    Mount,
    Origin,
    Program,
    Reading,
    Runtime,
    Severity,
    Span,
    Surroundings,
    Verdict,
    Word,
    verdict,
)
from memlint.quantity import docker
from memlint.runtimes import memlint_runtimes

LINE = "run.sh"


class Texts:
    """The files that a container sees, with their places."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = dict(files)

    def text(self, path: str) -> str | None:
        return self.files.get(path)

    def span(self, path: str, start: int, end: int) -> Span:
        text = self.files[path]
        before = text[:start]
        inner = text[:end]
        return Span(path, before.count("\n") + 1, start - before.rfind("\n"), inner.count("\n") + 1, end - inner.rfind("\n"), start, end)


@dataclass(frozen=True)
class Case:
    """A container as a `docker run` line says it; `reading` is what the models of memlint make of it."""

    reading: Reading | None
    around: Surroundings
    files: Texts

    @property
    def verdict(self) -> Verdict:
        return verdict(self.reading.budget if self.reading else None, self.around.limit)

    @property
    def bill(self) -> Mapping[str, tuple[int, int, int | None]]:
        assert self.reading
        assert self.reading.budget
        return {part.name: (part.low, part.expected, part.high) for part in self.reading.budget.parts}

    def seen(self, topic: str) -> list[Any]:
        return [seen for seen in self.reading.observations if seen.topic == topic] if self.reading else []

    @property
    def topics(self) -> set[str]:
        """Everything that was noticed, and what the rules over the bill would say."""
        found = {seen.topic for seen in self.reading.observations} if self.reading else set()
        return found | self._over()

    @property
    def faults(self) -> set[str]:
        """What a user is told as a warning or an error."""
        found = {seen.topic for seen in self.reading.observations if seen.severity is not Severity.INFO} if self.reading else set()
        return found | self._over()

    def _over(self) -> set[str]:
        return {Verdict.OVER: {"over-limit"}, Verdict.LIKELY_OVER: {"likely-over-limit"}, Verdict.MARGINAL: {"likely-over-limit"}}.get(
            self.verdict, set()
        )

    def fixed(self, topic: str) -> str:
        """Return the `docker run` line with the fix of the first observation of `topic`."""
        fix = self.seen(topic)[0].fix
        assert fix, f"{topic} has no fix"
        (edit,) = fix.edits
        text = self.files.files[edit.path]
        return text[: edit.start] + edit.text + text[edit.end :]


def run(
    line: str,
    *,
    files: Mapping[str, str] | None = None,
    footprint: Mapping[str, Mapping[str, Any]] | None = None,
    bases: tuple[str, ...] = (),
    runtime: str | None = None,
    cgroup: int | None = None,
    host: int | None = None,
    mounts: tuple[Mount, ...] = (),
    env: Mapping[str, str] | None = None,
    model: Runtime | None = None,
) -> Case:
    """Read `[-m LIMIT] [--shm-size SIZE] [-e NAME=VALUE …] IMAGE [WORDS …]`, the words as the process has them."""
    texts = Texts({**(files or {}), LINE: line})
    words = _words(line, texts)
    options: dict[str, Known[int]] = {}
    environment: dict[str, Known[str]] = {name: Known(value, _origin(texts, 0, 1)) for name, value in (env or {}).items()}
    while words and isinstance(words[0], Known) and words[0].value.startswith("-"):
        flag, value = words[0], words[1]
        words = words[2:]
        if flag.value == "-e":
            name, _, content = value.value.partition("=")
            span = value.origin.span
            start = span.end - len(content)
            environment[name] = Known(content, Origin(texts.span(LINE, start, span.end), f"env {name}"))
        else:
            options[flag.value] = Known(docker(value.value), value.origin)
    image, program = words[0].value, words[1:]
    around = Surroundings(
        platform="docker",
        limit=options.get("-m"),
        request=None,
        cpu_limit=None,
        cpu_request=None,
        image=Image(image, "catalog", bases=bases, runtime=runtime, env=environment) if bases or runtime else None,
        image_reference=image,
        mounts=mounts,
        footprint=Footprint(footprint or {}),
        host_memory=host,
        cgroup=cgroup,
        files=texts,
        at=texts.span(LINE, 0, len(line)),
        shm_size=options.get("--shm-size"),
    )
    return Case(_read(Program(program, environment), around, model), around, texts)


def _read(program: Program, around: Surroundings, model: Runtime | None) -> Reading | None:
    for one in (model,) if model else memlint_runtimes():
        reading = one.read(program, around)
        if reading is not None:
            return reading
    return None


def _words(line: str, texts: Texts) -> tuple[Word, ...]:
    found: list[Word] = []
    for match in re.finditer(r"""(?:[^\s"']+|"[^"]*"|'[^']*')+""", line):
        (value,) = shlex.split(match[0]) or [""]
        found.append(Known(value, _origin(texts, match.start(), match.end())))
    return tuple(found)


def _origin(texts: Texts, start: int, end: int) -> Origin:
    return Origin(texts.span(LINE, start, end), "docker run")
