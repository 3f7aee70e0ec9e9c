"""What the joins work on: the files of a run by kind, a way to look at files beside them, and where they note what they did."""

import posixpath
from collections.abc import Callable, Mapping, Sequence

from memlint.api import Runtime
from memlint.config import Config
from memlint.model import Observation, Problem
from memlint.sources.text import Source

Lookup = Callable[[str], Source | None]


class Inputs:
    """The texts of one run. Paths are posix, normalised, relative to where memlint runs.

    `by_kind`: kind ("dockerfile", "compose", "kubernetes", "shell", …) -> the files that were given.
    `root` is the name of the folder where memlint runs. `lookup`: any file of the project, None where there is none or it may not be read (outside the project, too big, not a file).
    """

    def __init__(
        self,
        by_kind: Mapping[str, Sequence[Source]],
        lookup: Lookup,
        config: Config,
        runtimes: Sequence[Runtime],
        host_memory: int | None = None,
        node_memory: int | None = None,
        root: str = "",
    ) -> None:
        from memlint.resolve.images import Images  # images look files up too

        self.by_kind = by_kind
        self.lookup = lookup
        self.config = config
        self.runtimes = runtimes
        self.host_memory = host_memory
        self.node_memory = node_memory
        self.root = root
        self.problems: list[Problem] = []
        self.observations: list[Observation] = []
        self.joined: list[str] = []
        folder = posixpath.dirname(config.path) if config.path else ""
        self.images = Images(lookup, self.sources("dockerfile"), config.images, folder)

    def sources(self, kind: str) -> Sequence[Source]:
        return self.by_kind.get(kind, ())

    def beside(self, path: str, name: str) -> Source | None:
        """Return the file that `name` means in a file at `path`, None where there is none."""
        return self.lookup(resolve(path, name))


def resolve(path: str, name: str) -> str:
    """Return the path that `name`, written in the file `path`, points at."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
