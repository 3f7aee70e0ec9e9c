"""What the memory models share: words, variables, versions, files and bills, looked up with the places they stand at."""

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise

from memlint.api import Amount, Edit, Fix, Known, Origin, Part, Program, Safety, Span, Surroundings, Text, Unknown, Word, Words
from memlint.patterns import pattern
from memlint.quantity import MIB
from memlint.records import NamedTuple

Value = Known[str] | Unknown | None


def variable(program: Program, name: str) -> Value:
    """Return what an environment variable holds; a name declared without a value takes it from outside, so it is unknown."""
    if name not in program.env:
        return None
    value = program.env[name]
    return Unknown(f"{name} is taken from the shell that starts the container", optional=True) if value is None else value


def text_of(value: Text) -> str | None:
    return value.value if isinstance(value, Known) else None


def count_of(value: Value) -> int | None:
    """Return a plain whole number, None for anything else."""
    text = text_of(value)
    return int(text) if text is not None and re.fullmatch(r"\s*\d{1,9}\s*", text, re.ASCII) else None


def size_of(value: Amount) -> int | None:
    return value.value if isinstance(value, Known) else None


def base_name(word: Word) -> str:
    return word.value.rsplit("/", 1)[-1] if isinstance(word, Known) else ""


def inside(known: Known[str], start: int, end: int) -> Known[str]:
    """Return characters `start`..`end` of a known text, placed exactly where the file holds the text as it is, else at the whole."""
    origin = known.origin
    offset = _verbatim(known)
    if offset is not None and 0 <= start < end <= len(known.value):
        whole = origin.span
        column = whole.column + offset + start
        at = Span(
            whole.path,
            whole.line,
            column,
            whole.line,
            column + end - start,
            whole.start + offset + start,
            whole.start + offset + end,
        )
        origin = origin._replace(span=at)
    return Known(known.value[start:end], origin)


def _verbatim(known: Known[str]) -> int | None:
    """Return at which offset of its span the text stands letter by letter, None where the file writes it in another way."""
    span = known.origin.span
    extra = span.end - span.start - len(known.value)
    if known.origin.via or span.line != span.end_line or extra not in (0, 2) or "\n" in known.value:
        return None
    return extra // 2  # a pair of quotes


def rewrite(known: Known[str], text: str, title: str, safety: Safety = Safety.SAFE) -> Fix | None:
    """Return the fix that puts `text` in a value's place, None where the file does not hold the value as it is."""
    offset = _verbatim(known)
    if offset is None:
        return None
    span = known.origin.span
    return Fix(title, safety, (Edit(span.path, span.start + offset, span.end - offset, text, known.value),))


def rearrange(words: Words, wanted: Iterable[str], title: str, safety: Safety = Safety.UNSAFE) -> Fix | None:
    """Return the fix that writes `wanted` in place of words that stand side by side in one line: blanks between them, or a list in quotes."""
    known = [word for word in words if isinstance(word, Known)]
    quoted = {_verbatim(word) for word in known}
    if len(known) < max(len(words), 2) or len(quoted) != 1 or None in quoted:
        return None
    spans = [word.origin.span for word in known]
    gaps = {after.start - before.end for before, after in pairwise(spans)}
    if len(gaps) != 1 or len({(span.path, span.line) for span in spans}) != 1:
        return None
    quote, gap = ('"', gaps.pop()) if quoted == {1} else ("", gaps.pop())
    # A separator that is something else than these is noticed where the text is at hand.
    separator = {1: ",", 2: ", "}.get(gap) if quote else {1: " ", 3: '","', 4: '", "'}.get(gap)
    texts = list(wanted)
    if separator is None or any(_NOT_BARE.search(text) for text in texts):
        return None
    old, new = (separator.join(f"{quote}{text}{quote}" for text in side) for side in ([word.value for word in known], texts))
    return Fix(title, safety, (Edit(spans[0].path, spans[0].start, spans[-1].end, new, old),))


_NOT_BARE = pattern(r"""[\s"'\\$`;&|<>(){}#*?!]""")


def option(words: Words, *names: str) -> Value:
    """Return the value of the last of `names` on a command line: `--name=v`, `--name v`, `-n v`, `-nv`. None: not there."""
    found: Value = None
    for index, word in enumerate(words):
        if not isinstance(word, Known):
            continue
        for name in names:
            if word.value == name:
                follower = words[index + 1] if index + 1 < len(words) else None
                found = follower
            elif word.value.startswith(f"{name}="):
                found = inside(word, len(name) + 1, len(word.value))
            elif len(name) == 2 and word.value.startswith(name) and not word.value.startswith("--"):
                found = inside(word, 2, len(word.value))
    return found


_TOKEN = pattern(r"""(?:[^\s"']|"[^"]*"|'[^']*')+""")


def split_words(known: Known[str]) -> Words:
    """Return the words of a text as a shell takes them apart, without its quotes."""
    words = []
    for match in _TOKEN.finditer(known.value):
        word = inside(known, *match.span())
        bare = re.sub(r"""(["'])(.*?)\1""", r"\2", word.value)
        words.append(word if bare == word.value else Known(bare, word.origin))
    return tuple(words)


def flag(words: Words, *names: str) -> Known[str] | None:
    """Return the last word that is one of `names`."""
    return next((word for word in reversed(words) if isinstance(word, Known) and word.value in names), None)


def opaque(words: Words) -> Unknown | None:
    """Return the first unknown word that is not plainly the value of an option: it may hold any flag."""
    for index, word in enumerate(words):
        before = words[index - 1] if index else None
        value = isinstance(before, Known) and before.value.startswith("-") and "=" not in before.value
        if isinstance(word, Unknown) and not value:
            return word
    return None


_LAUNCHERS = frozenset(
    [
        "bundle",
        "bundler",
        "exec",
        "poetry",
        "pipenv",
        "uv",
        "uvx",
        "rye",
        "pdm",
        "hatch",
        "run",
        "env",
        "ddtrace-run",
        "newrelic-admin",
        "run-program",
        "opentelemetry-instrument",
        "opentelemetry-bootstrap",
        "honcho",
        "foreman",
        "bin",
    ]
)
_PYTHON = pattern(r"^(?:python|pypy)[\d.]*$")


def launched(words: Words, names: Collection[str]) -> Words:
    """Return the words from the program in `names` on, past what only starts it (`bundle exec`, `python -m`, `env A=b`, a script)."""
    for index, word in enumerate(words[:10]):
        if not isinstance(word, Known):
            return ()
        name = base_name(word)
        if name in names:
            return words[index:]
        starter = (
            name in _LAUNCHERS
            or _PYTHON.match(name)
            or name.startswith("-")
            or "=" in name
            or (index == 0 and (name.endswith(".sh") or "entrypoint" in name))
        )
        if not starter:
            return ()
    return ()


class Version(NamedTuple):
    """A version as far as it is written: `18` means the newest 18, as a moving tag does."""

    parts: tuple[int, ...]
    text: str
    why: str

    def at_least(self, *wanted: int) -> bool:
        for index, number in enumerate(wanted):
            if index >= len(self.parts):
                return True
            if self.parts[index] != number:
                return self.parts[index] > number
        return True

    @property
    def major(self) -> int:
        return self.parts[0]


_TAG = pattern(r"^v?(\d+(?:\.\d+)*)", re.ASCII)


def version_of(program: Program, around: Surroundings, images: Collection[str], variables: Iterable[str] = ()) -> Version | None:
    """Return the version that a variable of the image or a tag in its FROM chain tells, None where neither does."""
    for name in variables:
        known = version(text_of(variable(program, name)) or "", f"{name} of the image")
        if known is not None:
            return known
    for reference in references(around):
        repository, tag = split(reference)
        if repository in images:
            known = version(tag, f"tag of {reference}")
            if known is not None:
                return known
    return None


def version(text: str, why: str) -> Version | None:
    match = _TAG.match(text.strip())
    if match is None or len(match[1]) > 30:
        return None
    return Version(tuple(int(number) for number in match[1].split(".")), match[1], why)


def references(around: Surroundings) -> Iterator[str]:
    """Yield the image's reference and those of its FROM chain, nearest first."""
    if around.image_reference:
        yield around.image_reference
    if around.image is not None:
        yield around.image.reference
        yield from around.image.bases


def split(reference: str) -> tuple[str, str]:
    """Return the last part of an image's name and its tag: `ghcr.io/a/node:18-alpine@sha256:…` is (`node`, `18-alpine`)."""
    repository, _, tag = reference.partition("@")[0].rsplit("/", 1)[-1].partition(":")
    return repository, tag


def has_image(around: Surroundings, names: Collection[str]) -> bool:
    return any(split(reference)[0] in names for reference in references(around))


def in_container(around: Surroundings, path: str) -> str | None:
    """Return a path as the container sees it; None for a relative one where the working directory is not known."""
    if path.startswith("/"):
        return posixpath.normpath(path)
    folder = text_of(around.workdir if around.workdir is not None else around.image.workdir if around.image is not None else None)
    return posixpath.normpath(posixpath.join(folder, path)) if folder and folder.startswith("/") else None


def read_text(around: Surroundings, path: str | None) -> str | None:
    return around.files.text(path) if around.files is not None and path is not None else None


def placed(around: Surroundings, path: str, value: str, start: int, end: int, how: str) -> Known[str]:
    """Return a value that stands at the offsets `start`..`end` of a file that `read_text` gave."""
    span = around.files.span(path, start, end) if around.files is not None else around.at
    return Known(value, Origin(span, how))


def brought(around: Surroundings, folder: str, ending: str) -> Iterator[str]:
    """Yield paths below `folder` that end in `ending` and that a mount or a COPY is known to put into the container."""
    targets = [mount.target for mount in around.mounts]
    stage = around.image.stage if around.image is not None else None
    for source, target in stage.copies if stage is not None else ():
        name = source.rstrip("/").rsplit("/", 1)[-1]
        targets.append(posixpath.join(target, name) if target.endswith("/") else target)
    seen = set()
    for target in targets:
        if target.startswith(f"{folder}/") and target.endswith(ending) and target not in seen:
            seen.add(target)
            yield target


def mib(low: float, expected: float | None = None, high: float | None = None) -> tuple[int, int, int | None]:
    """Return amounts given in MiB as bytes; `high` None stays unbounded."""
    likely = low if expected is None else expected
    return int(low * MIB), int(likely * MIB), None if high is None else int(high * MIB)


def part(name: str, amounts: tuple[int, int, int | None], basis: str, origin: Origin | None = None) -> Part:
    low, expected, high = amounts
    return Part(name, low, expected, high, origin, basis)


def copies(parts: Iterable[Part], count: int) -> tuple[Part, ...]:
    """Return a bill for `count` programs of a kind side by side."""
    if count == 1:
        return tuple(parts)
    return tuple(
        one._replace(low=one.low * count, expected=one.expected * count, high=None if one.high is None else one.high * count)
        for one in parts
    )
