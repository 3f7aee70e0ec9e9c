"""Files as the container sees them: a ConfigMap's keys, what is mounted from the project, what the image's Dockerfile copied."""

import posixpath
from collections.abc import Mapping

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

    def text(self, path: str) -> str | None:
        """Return the text of a file by its path in the container; a relative one is in the working directory."""
        path = self._absolute(path)
        if path in self._inline:
            return self._inline[path][0]
        source = self.source(path)
        return source.text if source is not None else None

    def span(self, path: str, start: int, end: int) -> Span:
        """Return the place of characters of a file that `text` gave; within a ConfigMap it is where the whole value stands."""
        path = self._absolute(path)
        if path in self._inline:
            return self._inline[path][1]
        source = self.source(path)
        if source is None:
            raise KeyError(path)
        return source.span(start, end)

    def source(self, path: str) -> Source | None:
        """Return the project's file behind a path of the container."""
        path = self._absolute(path)
        if path not in self._found:
            self._found[path] = self._find(path)
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
        for source, target in reversed(image.stage.copies):
            for candidate in _copied(path, source, _in(image.workdir, target)):
                found = self._inputs.lookup(posixpath.normpath(posixpath.join(image.context, candidate)))
                if found is not None:
                    return found
        return None


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
