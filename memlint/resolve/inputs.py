"""What the joins work on: the files of a run by kind, a way to look at files beside them, and where they note what they did."""

import posixpath
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from memlint.api import Runtime
from memlint.config import Config
from memlint.model import Observation, Problem
from memlint.records import NamedTuple
from memlint.sources.text import Source

Lookup = Callable[[str], Source | None]

MAX_VARIABLES: Final = 200_000
MAX_READ: Final = 256 << 20  # characters


class Ties(NamedTuple):
    """What could join the files of a run with others that it was not given: the names that it asked for, and those that it has.

    Files may be judged apart where neither asks for what the other has. A name is a tuple of words, of which the first says of what.
    `spent`: what a bound of the whole run counts -> how much of it, and the bound.
    """

    asked: set[tuple[str, ...]]
    has: set[tuple[str, ...]]
    spent: dict[str, tuple[int, int]]


class Allowance:
    """What all containers together may take in from files that each of them names: one large file would else be read a thousand times.

    `free` of it each time costs nothing, so that many small files are no large one.
    """

    def __init__(self, most: int, free: int, what: str, problems: list[Problem]) -> None:
        self.most = most
        self._left = most
        self._free = free
        self._what = what
        self._problems = problems

    def take(self, count: int, path: str) -> bool:
        """Take `count` for a container at `path`; False when there is no more, with a problem the first time."""
        before = self._left
        self._left -= max(0, count - self._free)
        if self._left < 0 <= before:
            self._problems.append(Problem(path, f"the containers of this run {self._what}: memlint reads no more of them"))
        return self._left >= 0

    @property
    def spent(self) -> int:
        return self.most - self._left


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
        self.ties = Ties(set(), set(), {})
        # What a path of an image is in the project: id of its copies -> (the copies, (context, path) -> file).
        self.copied: dict[int, tuple[Sequence[tuple[str, str]], dict[tuple[str, str], Source | None]]] = {}
        self.variables = Allowance(MAX_VARIABLES, 50, f"take in more than {MAX_VARIABLES} variables from files and images", self.problems)
        self.reading = Allowance(MAX_READ, 16 << 10, f"read more than {MAX_READ >> 20} MiB of files", self.problems)
        folder = posixpath.dirname(config.path) if config.path else ""
        self.images = Images(lookup, self.sources("dockerfile"), config.images, folder)

    def tied(self) -> Ties:
        """Return what could join these files with others; complete when the project is built."""
        self.ties.asked.update(("image", name) for name in self.images.asked)
        self.ties.has.update(("image", name) for name in self.images.names())
        self.ties.spent.update(variables=(self.variables.spent, MAX_VARIABLES), reading=(self.reading.spent, MAX_READ))
        return self.ties

    def sources(self, kind: str) -> Sequence[Source]:
        return self.by_kind.get(kind, ())

    def beside(self, path: str, name: str) -> Source | None:
        """Return the file that `name` means in a file at `path`, None where there is none."""
        return self.lookup(resolve(path, name))


def resolve(path: str, name: str) -> str:
    """Return the path that `name`, written in the file `path`, points at."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
