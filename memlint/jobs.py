"""Several processes for one run: how its files are cut into parts, which parts have to be judged together, and the processes.

A part is judged as a run of its own, which notes what could join its files with others: names that it asked for and names that it has.
Parts of which one asked for what another one has are judged again, together. So the result is that of one process, whatever is cut.
"""

import gc
import os
import posixpath
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, Any, Final, Self

from memlint.model import Report
from memlint.records import NamedTuple
from memlint.resolve.inputs import Ties

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

FORKS: Final = sys.platform == "linux"  # a copy of this process saves each its start; elsewhere that is not safe or not there
_PARTS: Final = 6  # for each process: one that gets large files is not waited for
_LARGEST: Final = 500  # files of a part, where folders allow: what bounds the memory of a process
_EARLY, _LATE = 0.75, 1.5  # of that number
_FAMILIES: Final = (frozenset(("kubernetes", "helm-values", "helm-chart", "kustomization")), frozenset(("compose",)))


class JobError(ChildProcessError):
    """A process that did not end as it should; the message says so to the user."""


class Judged(NamedTuple):
    """What a process says of some files. `beside`: further files that it read; `kinds`: of the judged ones."""

    report: Report
    ties: Ties
    beside: frozenset[str]
    kinds: frozenset[str]


Judge = Callable[[Sequence[str]], Judged]


class Cut(NamedTuple):
    """The files of a run in parts. `owners`: folder -> the part that has all that is in it. `loose`: the part with the files, owners too, that are
    in no such folder.
    """

    parts: list[list[str]]
    owners: Mapping[str, int]
    loose: int | None

    def owner(self, path: str) -> int | str:
        """Return the part that a file belongs to, the path itself where it belongs to none."""
        place = path
        while place not in self.owners:
            if place in ("", ".", "/", ".."):
                return path
            place = posixpath.dirname(place)
        return self.owners[place]


def available() -> int:
    """Return how many processes can run at the same time."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cut(paths: Iterable[str], folders: Sequence[str], jobs: int) -> Cut:
    """Cut files between the folders below `folders`; one that holds no files itself is cut further. Hidden folders belong to no part.

    The higher up two folders part, the less they have to do with each other: a part ends early there, and late elsewhere.
    """
    found = list(paths)
    holding = {posixpath.dirname(path) for path in found}
    units: dict[str, list[str]] = {}
    loose: list[str] = []
    for path in found:
        unit = _unit(path, folders, holding)
        (loose if unit is None else units.setdefault(unit, [])).append(path)
    least = min(len(found) / (jobs * _PARTS), _LARGEST)
    parts: list[list[str]] = [loose] if loose else []
    owners = dict.fromkeys(loose, 0)
    current: list[str] = []
    ways = [unit.split("/") for unit in units]
    shared = [sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(*pair, strict=False))) for pair in pairwise(ways)]
    highest = min(shared, default=0)
    for (unit, files), depth in zip(units.items(), [highest, *shared], strict=False):
        if not current or len(current) >= least * (_EARLY if depth == highest else _LATE):
            current = []
            parts.append(current)
        current += files
        owners[unit] = len(parts) - 1
    return Cut(parts, owners, 0 if loose else None)


def _unit(path: str, folders: Sequence[str], holding: set[str]) -> str | None:
    """Return the first folder on the way to a file that holds files itself, None where it is a given one."""
    given = next(folder for folder in folders if folder == "." or path.startswith(folder + "/"))
    folder, below = ("", path) if given == "." else (given + "/", path[len(given) + 1 :])
    *names, _ = below.split("/")
    if not names or names[0].startswith("."):
        return None
    for name in names:
        folder += name
        if folder in holding:
            return folder
        folder += "/"
    return None


def run(judge: Judge, cutting: Cut, jobs: int) -> list[Report] | None:
    """Judge all parts by several processes; None where they belong together. Raises JobError."""
    wholes = [frozenset((number,)) for number in range(len(cutting.parts))]
    if len(wholes) < 2:
        return None
    done: dict[frozenset[int], Judged] = {}
    with _Crew(judge, min(jobs, len(wholes))) if jobs > 1 else _Alone(judge) as crew:
        while True:
            missing = [whole for whole in wholes if whole not in done]
            tasks = [[path for number in sorted(whole) for path in cutting.parts[number]] for whole in missing]
            for number, answer in crew.answers(tasks):
                done[missing[number]] = answer
                # Where everything hangs together, little is judged twice if that is seen early.
                if len(done) == max(3, len(cutting.parts) // 4) and len(_joined(done, cutting)) <= len(done) // 2:
                    return None
            joined = _joined({whole: done[whole] for whole in wholes}, cutting)
            if len(joined) == len(wholes):
                break
            wholes = joined
            if len(wholes) == 1:
                return None
    results = [done[whole] for whole in wholes]
    for bound in {bound for result in results for bound in result.ties.spent}:
        counts = [result.ties.spent[bound] for result in results if bound in result.ties.spent]
        if sum(spent for spent, _ in counts) > counts[0][1]:
            return None  # only one process meets the bound where it would be met
    return [result.report for result in results]


def _joined(results: Mapping[frozenset[int], Judged], cutting: Cut) -> list[frozenset[int]]:
    """Return the parts that have to be judged together, as far as is known."""
    leaders: dict[object, object] = {}

    def leader(node: object) -> object:
        while (above := leaders.get(node, node)) != node:
            node = above
        return node

    def tie(one: object, other: object) -> None:
        leaders[leader(one)] = leader(other)

    having: dict[tuple[str, ...], list[frozenset[int]]] = {}
    of_part = {number: whole for whole in results for number in whole}
    for whole, result in results.items():
        for name in result.ties.has:
            having.setdefault(name, []).append(whole)
        for path in result.beside:
            owner = cutting.owner(path)
            tie(whole, of_part.get(owner, owner) if isinstance(owner, int) else owner)
        # What stands above all folders holds for each of them.
        loose = of_part.get(cutting.loose) if cutting.loose is not None else None
        if loose is not None and any(family & result.kinds and family & results[loose].kinds for family in _FAMILIES):
            tie(whole, loose)
    for whole, result in results.items():
        for name in result.ties.asked & having.keys():
            for other in having[name]:
                tie(whole, other)
    groups: dict[object, set[int]] = {}
    for whole in results:
        groups.setdefault(leader(whole), set()).update(whole)
    return [frozenset(group) for group in groups.values()]


class _Alone:
    """This process, part by part."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    def __enter__(self) -> Self:
        gc.freeze()
        return self

    def __exit__(self, *_: object) -> None:
        gc.unfreeze()

    def answers(self, tasks: Sequence[Sequence[str]]) -> Iterator[tuple[int, Judged]]:
        for number, task in enumerate(tasks):
            yield number, self._judge(task)
            gc.collect()  # what points at itself in a model would stay until the end
            gc.freeze()  # what was found stays


class _Crew:
    """Processes that judge parts. They end when the pipe to them does, so none outlives the run however it ends."""

    def __init__(self, judge: Judge, count: int) -> None:
        import multiprocessing
        import signal

        context: Any = multiprocessing.get_context("fork" if FORKS else "spawn")
        self._processes: list[Any] = []
        self._pipes: list[Connection] = []
        # An interrupt from the keyboard goes to all: the first of them must not meet it before it is ready to ignore it.
        blocking = hasattr(signal, "pthread_sigmask")
        before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,)) if blocking else None
        try:
            for _ in range(count):
                ours, theirs = context.Pipe()
                inherited = (*self._pipes, ours) if FORKS else ()
                process = context.Process(target=_serve, args=(judge, theirs, inherited), daemon=True)
                process.start()
                theirs.close()
                self._processes.append(process)
                self._pipes.append(ours)
        finally:
            if before is not None:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join()

    def answers(self, tasks: Sequence[Sequence[str]]) -> Iterator[tuple[int, Judged]]:
        """Have all tasks done and yield the number of each with what came of it."""
        from multiprocessing.connection import wait

        waiting = list(enumerate(tasks))[::-1]
        busy: dict[Connection, int] = {}
        for pipe in self._pipes:
            self._hand(pipe, waiting, busy)
        while busy:
            ready = wait(list(busy))
            for pipe in [pipe for pipe in busy if pipe in ready]:
                try:
                    answer = pipe.recv()
                except (EOFError, OSError):
                    raise JobError(self._ended()) from None
                if isinstance(answer, str):
                    raise JobError(answer)
                number = busy.pop(pipe)
                self._hand(pipe, waiting, busy)
                yield number, answer

    def _hand(self, pipe: "Connection", waiting: list[tuple[int, Sequence[str]]], busy: "dict[Connection, int]") -> None:
        if waiting:
            number, task = waiting.pop()
            try:
                pipe.send(task)
            except OSError:
                raise JobError(self._ended()) from None
            busy[pipe] = number

    def _ended(self) -> str:
        """Say how the process ended whose pipe is closed."""
        import signal

        for process in self._processes:
            process.join(0.2)
        code = next((process.exitcode for process in self._processes if process.exitcode is not None), 0)
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
        return f"one of its processes {how}, so nothing can be told; fewer --jobs take less memory"


def _serve(judge: Judge, pipe: "Connection", inherited: "Iterable[Connection]") -> None:
    """Judge what comes through the pipe until it is closed."""
    import pickle
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process ends this one
    for other in inherited:
        other.close()
    gc.disable()
    gc.freeze()
    for files in _received(pipe):
        try:
            answer = pickle.dumps(judge(files))
        except Exception as error:  # noqa: BLE001  # the first process tells it
            answer = pickle.dumps(str(error) if isinstance(error, JobError) else f"{type(error).__name__}: {error}")
        try:
            pipe.send_bytes(answer)
        except OSError:  # nobody listens any more
            return
        gc.collect()  # as above


def _received(pipe: "Connection") -> Iterator[Sequence[str]]:
    while True:
        try:
            yield pipe.recv()
        except (EOFError, OSError):
            return
