"""What a data store is told: settings by name from its arguments, its environment and its configuration files, each with its place."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

from memlint.api import (
    Amount,
    Confidence,
    Fix,
    Known,
    MemoryBudget,
    Note,
    Observation,
    Origin,
    Part,
    Program,
    Reading,
    Safety,
    Severity,
    Span,
    Surroundings,
    Text,
    Unknown,
    Word,
    Words,
)
from memlint.quantity import QuantityError
from memlint.records import NamedTuple
from memlint.runtimes.common import base_name, copies, has_image, inside, rewrite

Setting = Known[str] | Unknown

MAX_INCLUDE_DEPTH: Final = 8
MAX_FILES: Final = 50  # that one store's configuration may include


class Store:
    """One data store in its container: what it is told, and what was noticed while its bill was made.

    `values` holds what is set, the last word for each name; `rest` says why a name that is not among them cannot be known.
    """

    __slots__ = ("_files", "around", "name", "observations", "program", "rest", "values")

    def __init__(self, name: str, program: Program, around: Surroundings, rest: Unknown | None = None) -> None:
        self.name = name  # as people call it: "Redis"
        self.program = program
        self.around = around
        self.values: dict[str, Setting] = {}
        self.rest = rest
        self.observations: list[Observation] = []
        self._files = 0

    @property
    def limit(self) -> Known[int] | None:
        """The container's limit where it is known."""
        return self.around.limit if isinstance(self.around.limit, Known) else None

    def text(self, name: str) -> Text:
        return self.values.get(name, self.rest)

    def word(self, name: str, default: str) -> str | None:
        """Return a setting or its default, None where it cannot be known."""
        value = self.text(name)
        return default if value is None else value.value if isinstance(value, Known) else None

    def amount(self, name: str, read: Callable[[str], int], fix: Callable[[str], str | None] | None = None) -> Amount:
        """Return a setting in bytes (or in whatever `read` counts); what the program refuses is noted, and unknown."""
        value = self.text(name)
        if value is None or isinstance(value, Unknown):
            return value
        try:
            size = read(value.value)
        except QuantityError as error:
            better = fix(value.value) if fix else None
            self.observe(
                "invalid-quantity",
                f"{self.name} refuses {name} '{value.value}' ({error}) and does not start" + (f": write {better}" if better else ""),
                value.origin.span,
                fix=rewrite(value, better, f"write {better}", Safety.SAFE) if better else None,
            )
            return Unknown(f"{self.name} refuses '{value.value}'", value.origin)
        return Known(size, value.origin) if size >= 0 else Unknown(f"{name} '{value.value}' is below zero", value.origin)

    def bytes(
        self, name: str, read: Callable[[str], int], default: int, fix: Callable[[str], str | None] | None = None
    ) -> tuple[int | None, Origin | None]:
        """Return a setting in bytes, or its default; None where it cannot be known."""
        value = self.amount(name, read, fix)
        if value is None:
            return default, None
        return (value.value, value.origin) if isinstance(value, Known) else (None, value.origin)

    def take(self, values: Mapping[str, Setting]) -> None:
        """Let `values` speak after everything that was said before."""
        self.values.update(values)

    def config(self, path: str, parse: Callable[[str], Iterable["Line"]], depth: int = 0) -> bool:
        """Read the configuration file that the container sees at `path`; a file that is not there leaves the rest unknown."""
        files = self.around.files
        text = files.text(path) if files is not None else None
        if files is None or text is None or not self.may_read(depth):
            self.rest = Unknown(f"{path} is not among the files that were read")
            return False
        for line in parse(text):
            if line.name == "include":
                self.config(line.value, parse, depth + 1)
            else:
                self.values[line.name] = Known(line.value, Origin(files.span(path, line.start, line.end), f"{line.name} in {path}"))
        return True

    def may_read(self, depth: int) -> bool:
        """Count a file that is read; False where files include each other deeper, or more of them, than anybody writes."""
        self._files += 1
        return depth <= MAX_INCLUDE_DEPTH and self._files <= MAX_FILES

    def hidden(self, *paths: str) -> bool:
        """Say whether a mount puts something over one of `paths` or over a folder that holds it."""
        targets = {mount.target.rstrip("/") for mount in self.around.mounts}
        return any(path == target or path.startswith(f"{target}/") for path in paths for target in targets if target)

    def observe(
        self,
        topic: str,
        message: str,
        at: Span | None = None,
        *,
        notes: Sequence[Note] = (),
        confidence: Confidence = Confidence.HIGH,
        severity: Severity | None = None,
        fix: Fix | None = None,
    ) -> None:
        self.observations.append(Observation(topic, message, at or self.at, tuple(notes), confidence, severity, fix))

    @property
    def at(self) -> Span:
        """Where a missing setting would be added: the program's word where the container's own file has it, else the container."""
        for word in self.program.words:
            if isinstance(word, Known) and word.origin.span.path == self.around.at.path and word.origin.span.start >= self.around.at.start:
                return word.origin.span
        return self.around.at

    def limit_note(self) -> tuple[Note, ...]:
        limit = self.limit
        return (Note(limit.origin.span, "the limit stands here"),) if limit else ()

    def reading(
        self,
        runtime: str,
        parts: Sequence[Part],
        confidence: Confidence = Confidence.HIGH,
        version: str | None = None,
        options: Mapping[str, Text | Amount] | None = None,
        heap: Fix | None = None,
    ) -> Reading:
        """Return what the model says; `heap` is the edit that makes the bill fit the limit."""
        budget = MemoryBudget(runtime, copies(parts, self.program.copies), confidence)
        mends = {"heap": heap} if heap is not None else {}
        return Reading(runtime, self.program, budget, tuple(self.observations), version, options or {}, mends)


class Line(NamedTuple):
    """A setting of a configuration file; `start` and `end` are the value's characters."""

    name: str
    value: str
    start: int
    end: int


def arguments(program: Program, around: Surroundings, programs: Collection[str], images: Collection[str]) -> Words | None:
    """Return what follows the program in its argv, None where something else runs.

    Official images run their program through an entrypoint script that adds it where the command begins with a flag.
    """
    words = program.words
    for number, word in enumerate(words[:4]):
        if base_name(word) in programs:
            return words[number + 1 :]
    if not has_image(around, images):
        return None
    while words and base_name(words[0]) in _SCRIPTS:
        words = words[1:]
    if len(words) > 1 and isinstance(words[0], Unknown) and _option(words[1]):
        return words[1:]  # the image's own entrypoint, which is its script
    first = words[0] if words else None
    return words if not isinstance(first, Known) or first.value.startswith("-") or first.value.endswith(".conf") else None


_SCRIPTS = frozenset(("docker-entrypoint.sh", "entrypoint.sh", "run.sh"))


def split(text: Known[str]) -> Words:
    """Return the words of a variable that a script expands without quotes."""
    if not set(text.value) & set("\"'\\"):
        return tuple(inside(text, match.start(), match.end()) for match in re.finditer(r"\S+", text.value))
    try:
        import shlex

        return tuple(Known(word, Origin(text.origin.span, text.origin.how, (text.origin,))) for word in shlex.split(text.value))
    except ValueError:
        return (Unknown("its quotes do not close", text.origin),)


def gnu(words: Words, short: Mapping[str, str], flags: Collection[str] = ()) -> tuple[dict[str, Setting], Unknown | None]:
    """Read `--name=value`, `--name value`, `-c value` and `-cvalue`; `_` in a name is `-`. `short` names one-letter options, `flags` take no value.

    A word that cannot be known, where an option could stand, leaves every name that is not set unknown.
    """
    values: dict[str, Setting] = {}
    rest: Unknown | None = None
    position = 0
    while position < len(words):
        word = words[position]
        position += 1
        if isinstance(word, Unknown):
            rest = word
            continue
        following = words[position] if position < len(words) else None
        if word.value.startswith("--"):
            name, equals, value = word.value[2:].partition("=")
            name = name.replace("_", "-").lower()
            if equals:
                values[name] = inside(word, word.value.index("=") + 1, len(word.value)) if value else Known("", word.origin)
            elif name not in flags and following is not None and not _option(following):
                values[name] = following
                position += 1
            else:
                values[name] = Known("", word.origin)
        elif word.value[:1] == "-" and word.value[1:2] in short and word.value[1:2]:
            name = short[word.value[1]]
            if len(word.value) > 2:
                start = 3 if word.value[2] == "=" else 2
                values[name] = inside(word, start, len(word.value))
            elif following is not None:
                values[name] = following
                position += 1
    return values, rest


def _option(word: Word) -> bool:
    return isinstance(word, Known) and word.value.startswith("-") and len(word.value) > 1


def part(name: str, low: float, expected: float, high: float | None, basis: str, origin: Origin | None = None) -> Part:
    """Return an item of a bill from amounts in bytes."""
    return Part(name, int(low), int(expected), None if high is None else int(high), origin, basis)
