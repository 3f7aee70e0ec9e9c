"""Files as the container sees them: a ConfigMap's keys, what is mounted from the project, what the image's Dockerfile copied."""

import posixpath
from collections.abc import Mapping, Sequence

from memlint.model import Image, Known, Span, Text
from memlint.resolve.inputs import Inputs
from memlint.sources.text import Source


class ContainerFiles:
    """Looks a path of the container up in the project. Implements `memlint.api.Files`."""

    def __init__(
        self, inputs: Inputs, image: Image | None, mounted: Mapping[str, str], inline: Mapping[str, tuple[str, Span]], workdir: Text = None
    ) -> None:
        self._inputs = inputs
        self._image = image
        self._workdir = workdir if workdir is not None else image.workdir if image is not None else None
        self._mounted = mounted
        self._inline = inline
        self._found: dict[str, Source | None] = {}
        self._taken: dict[str, bool] = {}

    def text(self, path: str) -> str | None:
        """Return the text of a file by its path in the container; a relative one is in the working directory."""
        path = self._absolute(path)
        if path in self._inline:
            text, at = self._inline[path]
            if path not in self._taken:
                self._taken[path] = self._inputs.reading.take(len(text), at.path)
            return text if self._taken[path] else None
        source = self.source(path)
        return source.text if source is not None else None

    def span(self, path: str, start: int, end: int) -> Span:
        """Return the place of characters of a file that `text` gave; within a ConfigMap it is exact in a literal block, else the whole value."""
        path = self._absolute(path)
        if path in self._inline:
            text, at = self._inline[path]
            return _in_block(self._inputs.lookup(at.path), at, text, start, end)
        source = self.source(path)
        if source is None:
            raise KeyError(path)
        return source.span(start, end)

    def source(self, path: str) -> Source | None:
        """Return the project's file behind a path of the container."""
        path = self._absolute(path)
        if path not in self._found:
            found = self._find(path)
            self._found[path] = found if found is not None and self._inputs.reading.take(len(found.text), found.path) else None
        return self._found[path]

    def _absolute(self, path: str) -> str:
        return _in(self._workdir, path)

    def _find(self, path: str) -> Source | None:
        for target, source in self._mounted.items():
            inside = _below(path, target)
            if inside is not None:
                found = self._inputs.lookup(posixpath.normpath(posixpath.join(source, inside)) if inside else source)
                if found is not None:
                    return found
        image = self._image
        if image is None or image.stage is None or image.context is None:
            return None
        copies, known = self._inputs.copied.setdefault(id(image.stage.copies), (image.stage.copies, {}))
        key = (image.context, path)
        if key not in known:
            known[key] = self._copied(image, copies, path)
        return known[key]

    def _copied(self, image: Image, copies: Sequence[tuple[str, str]], path: str) -> Source | None:
        for source, target in reversed(copies):
            for candidate in _copied(path, source, _in(image.workdir, target)):
                found = self._inputs.lookup(posixpath.normpath(posixpath.join(image.context or "", candidate)))
                if found is not None:
                    return found
        return None


def _in_block(source: Source | None, whole: Span, text: str, start: int, end: int) -> Span:
    """Return the place of characters of a value that a literal block (`|`) holds line by line, the whole value where it is written otherwise."""
    if source is None or source.text[whole.start : whole.start + 1] != "|" or "\n" in text[start:end]:
        return whole
    row = text.count("\n", 0, start)
    first = text.rfind("\n", 0, start) + 1
    content = text[first : len(text) if (stop := text.find("\n", first)) < 0 else stop]
    starts, number = source.starts, whole.line + row  # the block begins below the line of its indicator
    if number >= len(starts):
        return whole
    stop = source.text.find("\n", starts[number])
    raw = source.text[starts[number] : len(source.text) if stop < 0 else stop].rstrip("\r")
    indent = len(raw) - len(content)
    if not raw.endswith(content) or raw[:indent].strip():
        return whole
    offset = starts[number] + indent + start - first
    return source.span(offset, offset + end - start)


def _in(workdir: Text, path: str) -> str:
    if path.startswith("/"):
        return posixpath.normpath(path)
    return posixpath.normpath(posixpath.join(workdir.value if isinstance(workdir, Known) else "/", path))


def _below(path: str, folder: str) -> str | None:
    """Return `path` relative to `folder`, "" for the folder itself, None where it is elsewhere."""
    folder = folder.rstrip("/") or "/"
    if path == folder:
        return ""
    prefix = folder if folder == "/" else folder + "/"
    return path[len(prefix) :] if path.startswith(prefix) else None


def _copied(path: str, source: str, target: str) -> list[str]:
    """Return which files of the context COPY `source` `target` could have put at `path`."""
    inside = _below(path, target)
    if inside is None or source.startswith(("http://", "https://", "/proc/")):
        return []
    source = source.lstrip("/") or "."
    name = posixpath.basename(source.rstrip("/"))
    if inside == "":
        return [source]
    candidates = [posixpath.join(source, inside)]  # a folder's content goes into the target
    if inside == name:
        candidates.append(source)
    if any(character in name for character in "*?[") and "/" not in inside:
        candidates.append(posixpath.join(posixpath.dirname(source), inside))
    return candidates
