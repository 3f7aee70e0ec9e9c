"""Which command lines build an image of which name: `docker build -t NAME -f FILE …` and its kin in scripts, Makefiles and workflows."""

import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from memlint.model import Confidence, Known, Origin, Text, Unknown
from memlint.resolve.images import Build
from memlint.sources.carriers import Line
from memlint.sources.docker_run import Arg
from memlint.sources.interpolation import HOLE

# Flags without a value; every other one takes one (docker build, buildx build and podman build --help).
_BARE: Final = frozenset((
    "all-platforms", "check", "compress", "debug", "disable-compression", "disable-content-trust", "force-compression", "force-rm", "help",
    "http-proxy", "identity-label", "layers", "load", "logsplit", "no-cache", "no-hostname", "no-hosts", "omit-history", "pull", "pull-always",
    "pull-never", "push", "quiet", "rm", "save-stages", "skip-unused-stages", "squash", "squash-all", "stdin", "tls-verify",
))  # fmt: skip
_BARE_LETTERS: Final = "qD"
_LETTERS: Final = {"t": "tag", "f": "file"}
_GLOBAL: Final = frozenset(("-c", "-H", "-l", "--config", "--connection", "--context", "--host", "--log-level", "--root", "--url"))
_GROUPS: Final = frozenset(("builder", "buildx", "image"))


def builds(lines: Iterable[Line], exists: Callable[[str], bool]) -> Iterator[tuple[str, Build]]:
    """Yield (reference, build) for every name that a command line gives to an image which a Dockerfile of the project builds.

    A reference without tag: any tag. Where a script's paths begin is not known, so the folder of the script and that of the project
    are tried; `exists` says which files there are.
    """
    for line in lines:
        yield from _builds(line, exists)


def _builds(line: Line, exists: Callable[[str], bool]) -> Iterator[tuple[str, Build]]:
    words = _behind_build(line.words)
    if words is None or HOLE in line.folder:
        return
    flags: list[tuple[str, Arg]] = []
    places: list[Arg] = []
    certain = True
    position = 0
    while position < len(words):
        word = words[position]
        position += 1
        if word.text == HOLE and word.splits:
            certain = False  # it may hold any flags
        elif word.text.startswith("--"):
            name, equals, _ = word.text[2:].partition("=")
            if equals:
                flags.append((name, word.part(len(name) + 3)))
            elif name not in _BARE and position < len(words):
                flags.append((name, words[position]))
                position += 1
        elif word.text.startswith("-") and len(word.text) > 1:
            letters = word.text[1:].lstrip(_BARE_LETTERS)
            begin = len(word.text) - len(letters) + 1
            name = _LETTERS.get(letters[:1], letters[:1])
            if len(letters) > 1:
                flags.append((name, word.part(begin + (word.text[begin : begin + 1] == "="))))
            elif letters and position < len(words):
                flags.append((name, words[position]))
                position += 1
        else:
            places.append(word)
    if not places or not places[-1].whole or "://" in places[-1].text or places[-1].text.startswith(("git@", "-")):
        return
    given = {name: value for name, value in flags if name in ("file", "target")}
    if any(not value.whole for value in given.values()):
        return
    found = _dockerfile(line, places[-1].text, given["file"].text if "file" in given else None, exists)
    if found is None:
        return
    path, context = found
    target = given["target"].text if "target" in given else None
    args = dict(_argument(value) for name, value in flags if name == "build-arg")
    for name, value in flags:
        reference = _reference(value.text) if name == "tag" else None
        if reference:
            confidence = Confidence.HIGH if certain else Confidence.MEDIUM
            yield reference, Build(path, target, args, context, confidence, Origin(value.at, "docker build -t", value.via))


def _behind_build(words: Sequence[Arg]) -> Sequence[Arg] | None:
    """Return the words behind `docker build`, None where the command does something else."""
    position = 1
    while position < len(words):
        text = words[position].text
        position += 1
        if text == "build" or (text == "b" and words[position - 2].text == "buildx"):
            return words[position:]
        if text in _GLOBAL:
            position += 1
        elif not text.startswith("-") and text not in _GROUPS:
            return None
    return None


def _dockerfile(line: Line, context: str, name: str | None, exists: Callable[[str], bool]) -> tuple[str, str] | None:
    """Return the paths of the Dockerfile and of the context in the project."""
    for start in dict.fromkeys((posixpath.dirname(line.at.path), "")):
        folder = posixpath.normpath(posixpath.join(start, line.folder, context))
        if folder.startswith(".."):
            continue
        names = (posixpath.join(start, line.folder, name),) if name else (f"{folder}/Dockerfile", f"{folder}/Containerfile")
        for path in map(posixpath.normpath, names):
            if exists(path):
                return path, "" if folder == "." else folder
    return None


def _reference(text: str) -> str | None:
    """Return a name without what is not known of its tag, None where the name itself is not known."""
    if HOLE not in text:
        return text
    name, colon, _ = text.rpartition(":")
    return name if colon and HOLE not in name and "/" not in text[len(name) :] else None


def _argument(value: Arg) -> tuple[str, Text]:
    name, equals, text = value.text.partition("=")
    if not equals:
        return name, None
    origin = Origin(value.at, f"--build-arg {name}", value.via)
    return name, Unknown(value.why or f"build argument {name}", origin) if HOLE in text else Known(text, origin)
