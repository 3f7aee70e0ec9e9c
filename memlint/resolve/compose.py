"""Compose services become workloads: which files make a project, what each service sets, and what Compose drops or refuses of it."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from memlint.model import (
    Known,
    Origin,
    Problem,
    Span,
    Workload,
)
from memlint.patterns import pattern
from memlint.resolve.compose_images import build_of, reference_of
from memlint.resolve.compose_project import BASES, OVERRIDES, Loaded, Loader, is_outside, join
from memlint.resolve.compose_service import TOLD_HERE, Service
from memlint.resolve.inputs import Inputs
from memlint.sources import tree
from memlint.sources.compose import Entry, Fault, Map, span_of
from memlint.sources.compose_schema import TOP_KEYS
from memlint.sources.interpolation import HOLE, Variable

_RUNS: Final = pattern(r"^[ \t]+(?:image|build)[ \t]*:", re.MULTILINE)


def workloads(inputs: Inputs) -> list[Workload]:
    """Return every service of every Compose project among the inputs, those of inactive profiles too."""
    return [workload for _, found in projects(inputs) for workload in found]


def projects(inputs: Inputs) -> Iterator[tuple[Loaded, list[Workload]]]:
    """Yield every Compose project among the inputs with the services that it adds to those before it."""
    return _Projects(inputs).read()


def looks_like_compose(source: tree.Tree) -> bool:
    """Say whether a YAML file without a telling name is a compose file: nothing but Compose's keys, and services that can run."""
    document = source.documents[0] if source.documents else None
    services = document.mapping("services") if type(document) is tree.Mapping else None
    if services is None or type(document) is not tree.Mapping:
        return False
    if any(key.value not in TOP_KEYS and not key.value.startswith("x-") for key, _ in document.items()):
        return False
    own = [value for _, value in services.items() if type(value) is tree.Mapping]
    return bool(own) and all(any(service.get(key) is not None for key in ("image", "build", "extends")) for service in own)


# ---- projects


class _Projects:
    """Sorts the files into projects, loads them and reads their services; what two projects share is told once."""

    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs
        self.loader = Loader(inputs)
        self.problems = set(inputs.problems)
        self.seen: set[tuple[str, Span, str]] = set()
        self.names: dict[str, str] = {}
        self.mains: dict[str, tuple[str, ...]] = {}  # folder -> the files of its project
        self.read_before: dict[tuple[str, str], Workload] = {}

    def read(self) -> Iterator[tuple[Loaded, list[Workload]]]:
        given = sorted({source.path for source in self.inputs.sources("compose")})
        given = [path for path in given if _is_compose_name(path) or self._plausible(path)]
        mains = self._mains(given)
        taken = {path for files in mains for path in files}
        done = [self.loader.load(files, outer) for files, outer in mains.items()]
        others = [self.loader.load((path,)) for path in given if path not in taken and not self._is_fragment(path)]
        parts = _parts([*done, *others])  # only now is it known which files are included by others
        done = [loaded for loaded in done if loaded.files[0] not in parts]
        others = [loaded for loaded in others if loaded.files[0] not in parts and not self._is_template(loaded)]
        for loaded in (*done, *others):
            self._register(loaded)
        self.mains = {loaded.folder: loaded.files for loaded in done}
        for loaded in done:
            if len(loaded.files) > 1:
                self.inputs.joined.append(f"{' + '.join(loaded.files)}: one Compose project")
            found = self._project(loaded)
            self.read_before.update({(loaded.files[0], workload.name): workload for workload in found})
            yield loaded, found
        for loaded in others:
            yield self._further(loaded, others)
        self.inputs.ties.spent["interpolated"] = self.loader.spent

    def _register(self, loaded: Loaded) -> None:
        """Tell the images that a project builds, so that every workload of that name is joined."""
        for _, name, entry in loaded.workloads():
            if type(entry.value) is not Map:
                continue
            build, reference = build_of(entry.value, loaded.environment), reference_of(entry.value, ())
            if build is None or build.dockerfile is None or self.inputs.images.dockerfile(build.dockerfile) is None:
                continue
            self.inputs.joined.append(f"{build.at.path}: service {name} is built from {build.dockerfile}")
            if isinstance(reference, Known):
                origin = Origin(build.at, f"build of service {name}")
                self.inputs.images.register(
                    reference.value, build.dockerfile, build.target, build.args, origin=origin, context=build.context
                )

    def _plausible(self, path: str) -> bool:
        read = self.loader.tree(path)
        if read is not None and read.problems:
            return _RUNS.search(read.source.text) is not None
        return read is not None and looks_like_compose(read)

    def _mains(self, given: list[str]) -> dict[tuple[str, ...], Mapping[str, Variable]]:
        """Return the projects that Compose finds by itself: COMPOSE_FILE of a `.env`, else a default file with its override."""
        mains: dict[tuple[str, ...], Mapping[str, Variable]] = {}
        folders = dict.fromkeys(posixpath.dirname(path) for path in given)
        named: set[str] = set()
        for folder in dict.fromkeys(above for below in folders for above in _ancestors(below)):
            variables, _ = self.loader.dotenv(folder)
            listed = variables.get("COMPOSE_FILE")
            if listed is None or not listed.text or listed.outside is not None:
                continue
            separator = variables.get("COMPOSE_PATH_SEPARATOR")
            parts = listed.text.split(separator.text if separator is not None and separator.text else ":")
            files = tuple(part if is_outside(part) else join(folder, part) for part in parts)
            missing = [path for path in files if self.loader.source(path) is None]
            if missing:
                at = listed.origin.span if listed.origin is not None else None
                self._problem(Fault(f"COMPOSE_FILE names {missing[0]}, which is not there", at or _nowhere(join(folder, ".env"))))
                continue
            if any(path in given for path in files):
                mains[files] = variables
                named.update((folder, posixpath.dirname(files[0])))
        for folder in folders:
            if folder in named:
                continue
            base = self._first(folder, BASES)
            if base is not None:
                override = self._first(folder, OVERRIDES)
                files = (base,) if override is None else (base, override)
                if any(path in given for path in files):
                    mains[files] = {}
        return mains

    def _first(self, folder: str, names: Iterable[str]) -> str | None:
        return next((path for name in names if self.loader.source(path := join(folder, name)) is not None), None)

    def _is_fragment(self, path: str) -> bool:
        """A second override file beside the first is never read by Compose."""
        folder, name = posixpath.split(path)
        return name in OVERRIDES and self._first(folder, BASES) is not None and self._first(folder, OVERRIDES) != path

    def _is_template(self, loaded: Loaded) -> bool:
        """A file that others extend runs itself only where its name and its services say so."""
        path = loaded.files[0]
        return path in self.loader.extended and (bool(loaded.incomplete) or not _is_compose_name(path))

    def _further(self, loaded: Loaded, others: list[Loaded]) -> tuple[Loaded, list[Workload]]:
        """Return the services of a file that Compose does not find by itself: on its own, or laid over another one."""
        if not loaded.incomplete:
            return loaded, self._project(loaded)
        path = loaded.files[0]
        merged = next(filter(None, (self._laid(path, files) for files in self._beneath(loaded))), None)
        if merged is None:
            # Among files of equal rank only one that alone defines what is missing can be meant.
            unbuilt = {fault.path for fault in loaded.incomplete if len(fault.path) == 2}
            siblings = [other for other in others if other.folder == loaded.folder and not other.incomplete and unbuilt <= other.keys()]
            if unbuilt and len(siblings) == 1:
                merged = self._laid(path, siblings[0].files)
        if merged is None:
            return loaded, self._project(loaded, partial=True)
        self.inputs.joined.append(f"{path}: laid over {' + '.join(merged.files[:-1])}")
        return merged, self._overlay(loaded, merged)

    def _beneath(self, loaded: Loaded) -> Iterator[tuple[str, ...]]:
        """Yield the files that an overlay may be laid over: the projects that Compose finds in its folder and in those above."""
        for folder in _ancestors(loaded.folder):
            if folder in self.mains:
                yield tuple(name for name in self.mains[folder] if posixpath.basename(name) not in OVERRIDES)
            elif folder == loaded.folder and (found := self._first(folder, BASES)) is not None:
                yield (found,)

    def _laid(self, path: str, files: tuple[str, ...]) -> Loaded | None:
        merged = self.loader.load((*files, path)) if files else None
        return merged if merged is not None and not merged.incomplete else None

    def _overlay(self, own: Loaded, merged: Loaded) -> list[Workload]:
        """Return the services that an overlay changes, as they are when it is laid over its base."""
        keys = {(section, name): entry.key for section, name, entry in own.workloads()}
        self._faults(merged, partial=False)
        project = self._project_name(merged, own.files[0])
        found = []
        for section, name, entry in merged.workloads():
            key = keys.get((section, name))
            if key is not None and _runs(entry):
                made = self._workload(self._service(merged, name, Entry(key, entry.value, entry.via)), project)
                if not _same(made, self.read_before.get((merged.files[0], name))):
                    found.append(made)
        return found

    def _project(self, loaded: Loaded, partial: bool = False) -> list[Workload]:
        self._faults(loaded, partial)
        project = self._project_name(loaded, loaded.files[0])
        unbuilt = {fault.path for fault in loaded.incomplete} if partial else ()
        return [
            self._workload(self._service(loaded, name, entry, (section, name) in unbuilt), project)
            for section, name, entry in loaded.workloads()
            if _runs(entry)
        ]

    def _project_name(self, loaded: Loaded, path: str) -> str | None:
        """Compose's name of the project; a further file of the same name is an alternative, and shows which one it is."""
        if loaded.name is None:
            return None
        owner = self.names.setdefault(loaded.name, path)
        return loaded.name if owner == path or posixpath.dirname(owner) != posixpath.dirname(path) else f"{loaded.name} ({path})"

    def _faults(self, loaded: Loaded, partial: bool) -> None:
        for fault in loaded.faults:
            entry = loaded.root.at(*fault.path) if fault.path[2:] in TOLD_HERE else None
            told = entry is not None and fault.at == span_of(entry.value, entry.key)
            if not told and not (partial and fault.missing):
                self._problem(fault)

    def _problem(self, fault: Fault) -> None:
        self.report(Problem(fault.at.path, fault.message, fault.at.line, fault.at.column))

    def report(self, problem: Problem) -> None:
        """Note a problem, once."""
        problem = problem._replace(message=problem.message.replace(HOLE, "…"))
        if problem not in self.problems:
            self.problems.add(problem)
            self.inputs.problems.append(problem)

    def _service(self, loaded: Loaded, name: str, entry: Entry, partial: bool = False) -> Service:
        return Service(self.inputs, self.loader, loaded, name, entry, self.report, partial)

    def _workload(self, service: Service, project: str | None) -> Workload:
        made = service.read(project)
        container = made.containers[0]
        kept = []
        for seen, identity in zip(container.observations, service.identities, strict=True):
            # An anchor, an extended service or a base file is told once, however many services take it from there.
            if identity not in self.seen:
                self.seen.add(identity)
                kept.append(seen)
        if len(kept) == len(container.observations):
            return made
        return made._replace(containers=(container._replace(observations=tuple(kept)),))


def _runs(entry: Entry) -> bool:
    """Say whether a service is a container: a mapping, and nothing that a provider makes."""
    return type(entry.value) is Map and entry.key is not None and "provider" not in entry.value.entries


def _is_compose_name(path: str) -> bool:
    name = posixpath.basename(path).lower()
    return name.startswith(("compose", "docker-compose"))


def _parts(loaded: list[Loaded]) -> set[str]:
    """Return the files that belong to another project; of two that include each other the later one."""
    including = [(number, other) for number, other in enumerate(loaded) if other.parts]
    found = set()
    for number, one in enumerate(loaded):
        path = one.files[0]
        for place, other in including:
            if other is not one and path in other.parts and (place < number or other.files[0] not in one.parts):
                found.add(path)
    return found


def _ancestors(folder: str) -> list[str]:
    """Return a folder and those above it, down to where memlint runs."""
    found = [folder]
    while found[-1] not in ("", ".", "/") and not found[-1].endswith(".."):
        found.append(posixpath.dirname(found[-1]))
    return found


_COMPARED: Final = (
    "image", "entrypoint", "command", "env", "limit", "reservation", "swap", "swappiness", "shm_size", "cpu_limit", "cpu_request",
    "oom_kill_disable", "oom_score_adj", "init", "mounts", "probes", "restart", "stop_timeout",
)  # fmt: skip


def _same(one: Workload, other: Workload | None) -> bool:
    """Say whether an overlay changes nothing of a service that memlint looks at."""
    if other is None or one.replicas != other.replicas:
        return False
    return all(getattr(one.containers[0], name) == getattr(other.containers[0], name) for name in _COMPARED)


def _nowhere(path: str) -> Span:
    return Span(path, 1, 1, 1, 1, 0, 0)
