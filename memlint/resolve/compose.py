"""Compose services become workloads: which files make a project, what each service sets, and what Compose drops or refuses of it."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from memlint.model import (
    Amount,
    Confidence,
    Container,
    Edit,
    Fix,
    Image,
    Known,
    Mount,
    Note,
    Observation,
    Origin,
    Probe,
    Problem,
    Safety,
    Severity,
    Span,
    Text,
    Unknown,
    Word,
    Words,
    Workload,
)
from memlint.quantity import MIB, QuantityError, human
from memlint.resolve import docker_settings, editing
from memlint.resolve.compose_project import BASES, OVERRIDES, Environment, Loaded, Loader, is_outside, is_remote, join
from memlint.resolve.docker_settings import Settings, written
from memlint.resolve.inputs import Inputs
from memlint.resolve.process import InlineFile, RunSpec
from memlint.resolve.process import join as join_process
from memlint.sources import dotenv, tree
from memlint.sources.compose import Entry, Fault, Leaf, Map, Seq, Value, duration, is_null, span_of, text_of
from memlint.sources.compose_schema import TOP_KEYS, cast
from memlint.sources.docker_run import size as read_size
from memlint.sources.interpolation import HOLE, Use, Variable
from memlint.sources.shellwords import split

if TYPE_CHECKING:
    from memlint.sources.dockerfile import Dockerfile

_MAX_INT64: Final = (1 << 63) - 1
_LIMITS: Final = ("deploy", "resources", "limits")
_RESERVATIONS: Final = ("deploy", "resources", "reservations")
# Fields whose wrong values are told by the reading below, each in its own words, and not as what the schema refuses.
_TOLD_HERE: Final = frozenset((
    ("mem_limit",), ("mem_reservation",), ("memswap_limit",), ("mem_swappiness",), ("shm_size",), ("oom_score_adj",), (*_LIMITS, "memory"),
    (*_RESERVATIONS, "memory"),
))  # fmt: skip


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
        given = [source.path for source in self.inputs.sources("compose")]
        given = [path for path in given if _is_compose_name(path) or self._plausible(path)]
        mains = self._mains(given)
        taken = {path for files in mains for path in files}
        done = [self.loader.load(files, outer) for files, outer in mains.items()]
        others = [self.loader.load((path,)) for path in given if path not in taken and not self._is_fragment(path)]
        # Only now is it known which files are parts of others.
        done = [loaded for loaded in done if loaded.files[0] not in self.loader.included]
        others = [loaded for loaded in others if loaded.files[0] not in self.loader.included and not self._is_template(loaded.files[0])]
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

    def _register(self, loaded: Loaded) -> None:
        """Tell the images that a project builds, so that every workload of that name is joined."""
        for _, name, entry in loaded.workloads():
            if type(entry.value) is not Map:
                continue
            build, reference = _build(entry.value, loaded.environment), _reference(entry.value, ())
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

    def _is_template(self, path: str) -> bool:
        return path in self.loader.extended and posixpath.basename(path) not in BASES

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
            if key is not None and type(entry.value) is Map:
                made = self._workload(_Service(self, merged, section, name, Entry(key, entry.value, entry.via)), project)
                if not _same(made, self.read_before.get((merged.files[0], name))):
                    found.append(made)
        return found

    def _project(self, loaded: Loaded, partial: bool = False) -> list[Workload]:
        self._faults(loaded, partial)
        project = self._project_name(loaded, loaded.files[0])
        unbuilt = {fault.path for fault in loaded.incomplete} if partial else ()
        return [
            self._workload(_Service(self, loaded, section, name, entry, (section, name) in unbuilt), project)
            for section, name, entry in loaded.workloads()
            if type(entry.value) is Map and entry.key is not None
        ]

    def _project_name(self, loaded: Loaded, path: str) -> str | None:
        """Compose's name of the project; a further file of the same name is an alternative, and shows which one it is."""
        if loaded.name is None:
            return None
        owner = self.names.setdefault(loaded.name, path)
        return loaded.name if owner == path or posixpath.dirname(owner) != posixpath.dirname(path) else f"{loaded.name} ({path})"

    def _faults(self, loaded: Loaded, partial: bool) -> None:
        for fault in loaded.faults:
            told = len(fault.path) > 2 and fault.path[2:] in _TOLD_HERE
            if not told and not (partial and fault.missing):
                self._problem(fault)

    def _problem(self, fault: Fault) -> None:
        self.report(Problem(fault.at.path, fault.message, fault.at.line, fault.at.column))

    def report(self, problem: Problem) -> None:
        """Note a problem, once."""
        if problem not in self.problems:
            self.problems.add(problem)
            self.inputs.problems.append(problem)

    def refused(self, message: str, at: Span) -> None:
        """Note what Compose refuses."""
        self._problem(Fault(message, at))

    def _workload(self, service: "_Service", project: str | None) -> Workload:
        made = service.read(project)
        container = made.containers[0]
        kept = []
        for seen in container.observations:
            # An anchor, an extended service or a base file is told once, however many services take it from there.
            identity = (seen.topic, seen.at, seen.message.replace(service.name, "\0"))
            if identity not in self.seen:
                self.seen.add(identity)
                kept.append(seen)
        if len(kept) == len(container.observations):
            return made
        return replace(made, containers=(replace(container, observations=tuple(kept)),))


def _is_compose_name(path: str) -> bool:
    name = posixpath.basename(path).lower()
    return name.startswith(("compose", "docker-compose"))


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


# ---- images


def _reference(service: Map, via: tuple[Origin, ...]) -> Text:
    """Return the image as the join may look it up: a tag from outside leaves the name known, as in `redis:${TAG}`."""
    leaf = service.leaf("image")
    if leaf is None or type(leaf.value) is not str or not leaf.value:
        return None
    origin = leaf.origin("image", via + service.via("image"))
    name = leaf.outside
    if name is None:
        return Known(leaf.value, origin)
    folder, slash, rest = leaf.value.rpartition("/")
    repository, colon, _ = rest.partition(":")
    if colon and HOLE not in folder + repository:
        return Known(f"{folder}{slash}{repository}:${{{name}}}", origin)
    return Unknown(f"${{{name}}} is set outside the project", origin)


@dataclass(frozen=True, slots=True)
class _Build:
    """What `build:` says, where it leads to a Dockerfile of the project."""

    dockerfile: str | None  # None: it is written in the compose file itself
    inline: Leaf | None
    context: str
    target: str | None
    args: dict[str, Text]
    at: Span


def _build(service: Map, environment: Environment) -> _Build | None:
    build = service.map("build")
    entry = service.entries.get("build")
    if build is None or entry is None:
        return None
    context, inline, target = build.text("context"), build.leaf("dockerfile_inline"), build.text("target")
    dockerfile = build.text("dockerfile") or "Dockerfile"
    at = entry.key.span if entry.key is not None else span_of(build)
    if (
        context is None
        or is_remote(context)
        or is_outside(context)
        or is_outside(dockerfile)
        or HOLE in context + dockerfile + (target or "")
    ):
        return None
    args: dict[str, Text] = {}
    listed = build.map("args")
    for name, argument in listed.entries.items() if listed is not None else ():
        leaf = argument.value
        if type(leaf) is not Leaf or HOLE in name:
            continue
        origin = leaf.origin(f"build argument {name}", argument.via)
        variable = environment.get(name) if leaf.value is None else None
        if leaf.outside is not None or (variable is not None and variable.outside is not None):
            args[name] = Unknown(f"${{{leaf.outside or name}}} is set outside the project", origin)
        elif leaf.value is not None or variable is not None:
            args[name] = Known(text_of(leaf.value) if variable is None else variable.text, origin)
        else:
            args[name] = None
    written_here = inline is not None and type(inline.value) is str and inline.value != ""
    return _Build(None if written_here else join(context, dockerfile), inline if written_here else None, context, target or None, args, at)


def _image(build: _Build | None, reference: Text, inputs: Inputs) -> Image | None:
    """Return what is known of the image of a service: what its own build makes, else what its name tells."""
    if build is not None:
        if build.dockerfile is not None:
            dockerfile = inputs.images.dockerfile(build.dockerfile)
        else:
            assert build.inline is not None
            dockerfile = _inline(build.inline)
        return inputs.images.from_dockerfile(dockerfile, build.target, build.args, build.context) if dockerfile is not None else None
    return inputs.images.find(reference.value, reference.origin.span) if isinstance(reference, Known) else None


def _inline(leaf: Leaf) -> "Dockerfile | None":
    """Return a Dockerfile that is written in the compose file, where its lines stand there as they are."""
    source = leaf.node.source
    if leaf.result is not None or leaf.node.style != "|":
        return None
    from memlint.sources import dockerfile

    # What stands before becomes blank, so that every instruction keeps its place in the compose file.
    begin, end = source.text.find("\n", leaf.node.start) + 1, leaf.node.end
    blank = "".join(character if character == "\n" else " " for character in source.text[:begin])
    return dockerfile.read(source.path, blank + source.text[begin:end])


# ---- one service


class _Service:
    """Reads one service of a merged project into the neutral model."""

    def __init__(self, projects: _Projects, loaded: Loaded, section: str, name: str, entry: Entry, partial: bool = False) -> None:
        assert type(entry.value) is Map
        assert entry.key is not None
        self.projects = projects
        self.inputs = projects.inputs
        self.loaded = loaded
        self.section = section
        self.name = name
        self.service = entry.value
        self.at = entry.key.span
        self.via = tuple(step for step in entry.via if step.how.startswith("include"))
        self.partial = partial
        self.editor = ComposeEditor(entry.value, entry.via)
        self.observations: list[Observation] = []
        self.bare: set[str] = set()

    def read(self, project: str | None) -> Workload:
        service = self.service
        env = self._environment()
        reference = _reference(service, self.via)
        image = _image(_build(service, self.loaded.environment), reference, self.inputs)
        limit, reservation = self._limit(), self._reservation()
        pid = self._text("pid")
        mounts = tuple(self._mounts())
        settings = Settings(
            name=self.name,
            at=self.at,
            engine="compose",
            limit=limit,
            reservation=reservation,
            swap=self._amount(("memswap_limit",), "swap"),
            swappiness=self._swappiness(),
            shm_size=self._amount(("shm_size",), "shm_size"),
            oom_kill_disable=self._bool("oom_kill_disable"),
            oom_score_adj=self._oom_score_adj(),
            init=self._bool("init"),
            pid=pid,
            ipc=self._text("ipc"),
            mounts=mounts,
            bare=frozenset(self.bare),
            editor=self.editor,
        )
        named = {**(image.env if image is not None else {}), **env}
        entrypoint = self._words("entrypoint", named)
        command = self._words("command", named)
        probes = tuple(self._probes(named))
        shared = isinstance(pid, Known) and (pid.value == "host" or pid.value.startswith(("service:", "container:")))
        cpu_limit, cpu_request = self._cpus()
        replicas = self._replicas()
        self._pids()
        self.observations.extend(docker_settings.observe(settings))
        config_files, inline_files = self._files()
        spec = RunSpec(
            platform="compose",
            name=self.name,
            workload=self.name,
            path=self.at.path,
            at=self.at,
            image_reference=reference,
            image=image,
            entrypoint=entrypoint,
            command=command,
            env=env,
            limit=limit,
            reservation=reservation,
            swap=settings.swap,
            cpu_limit=cpu_limit,
            cpu_request=cpu_request,
            shm_size=settings.shm_size,
            init=settings.init,
            share_processes=shared,
            mounts=mounts,
            config_files=config_files,
            inline_files=inline_files,
        )
        grace, restart = self._seconds("stop_grace_period"), self._restart()
        container = Container(
            name=self.name,
            at=self.at,
            role="main",
            image=self._text("image"),
            entrypoint=entrypoint,
            command=command,
            process=join_process(spec, self.inputs),
            env=env,
            limit=limit,
            reservation=reservation,
            swap=settings.swap,
            swappiness=settings.swappiness,
            shm_size=settings.shm_size,
            cpu_limit=cpu_limit,
            cpu_request=cpu_request,
            oom_kill_disable=settings.oom_kill_disable,
            oom_score_adj=settings.oom_score_adj,
            init=settings.init,
            mounts=mounts,
            probes=probes,
            restart=restart,
            stop_timeout=grace,
            observations=tuple(self.observations),
            editor=self.editor,
        )
        depends = service.map("depends_on")
        return Workload(
            name=self.name,
            kind="compose",
            at=self.at,
            containers=(container,),
            project=project,
            labels=self._labels(),
            replicas=replicas,
            profiles=tuple(text_of(leaf.value) for leaf in _leaves(service.get("profiles"))),
            limit=limit,
            share_processes=shared,
            restart=restart,
            grace=grace,
            depends_on=tuple(depends.entries) if depends is not None else (),
            partial=self.partial,
        )

    # ---- single values

    def _origin(self, leaf: Leaf, *keys: str, how: str | None = None) -> Origin:
        return leaf.origin(how or ".".join(keys), self.via + self.service.via(*keys))

    def _unknown(self, leaf: Leaf, *keys: str) -> Unknown:
        name = leaf.outside
        return Unknown(f"${{{name}}} is set outside the project", self._origin(leaf, *keys))

    def _observe(
        self,
        topic: str,
        message: str,
        at: Span,
        *notes: Note,
        fix: Fix | None = None,
        severity: Severity | None = None,
        confidence: Confidence = Confidence.HIGH,
    ) -> None:
        self.observations.append(Observation(topic, message, at, notes, confidence, severity, fix))

    def _text(self, *keys: str) -> Text:
        leaf = self.service.leaf(*keys)
        if leaf is None or not leaf.value or type(leaf.value) is not str:
            return None
        return self._unknown(leaf, *keys) if leaf.outside is not None else Known(leaf.value, self._origin(leaf, *keys))

    def _number(self, *keys: str) -> Amount:
        """Return an integer that Compose would make of a field, None where it is not set or not one."""
        leaf = self.service.leaf(*keys)
        if leaf is None or leaf.value is None:
            return None
        if leaf.outside is not None:
            return self._unknown(leaf, *keys)
        value = cast(leaf.value, "i") if type(leaf.value) is str else leaf.value
        if type(value) is float and value.is_integer():
            value = int(value)
        return Known(value, self._origin(leaf, *keys)) if type(value) is int else None

    def _bool(self, *keys: str) -> Known[bool] | Unknown | None:
        leaf = self.service.leaf(*keys)
        if leaf is None or leaf.value is None:
            return None
        if leaf.outside is not None:
            return self._unknown(leaf, *keys)
        value = cast(leaf.value, "b") if type(leaf.value) is str else leaf.value
        return Known(value, self._origin(leaf, *keys)) if type(value) is bool else None

    def _seconds(self, *keys: str) -> Amount:
        leaf = self.service.leaf(*keys)
        if leaf is None or type(leaf.value) is not str:
            return None
        if leaf.outside is not None:
            return self._unknown(leaf, *keys)
        amount = duration(leaf.value)
        if amount is None:
            self.projects.refused(f"{'.'.join(keys)} '{leaf.value[:40]}' is no duration: write 30s or 1m30s", leaf.span)
            return None
        return Known(amount // 10**9, self._origin(leaf, *keys))

    # ---- amounts

    def _amount(self, keys: tuple[str, ...], field: str) -> Amount:
        """Return the bytes of a field as Compose sends them; what is written but means none is None."""
        entry = _entry(self.service, keys)
        if entry is None:
            return None
        how, leaf = ".".join(keys), entry.value
        if type(leaf) is not Leaf:
            self._invalid(how, "it is no amount", span_of(leaf, entry.key), None)
            return None
        at = span_of(leaf, entry.key)
        if leaf.outside is not None:
            return self._unknown(leaf, *keys)
        value, text_only = leaf.value, keys[0] == "deploy"
        if value is None or type(value) is bool or value == "":
            written_ = f"'{leaf.node.value}'" if leaf.node.value else "empty"
            self._invalid(how, f"it is {written_}: write an amount such as 512m, or leave the key out", at, None)
            return self._refused(leaf, keys, "it is no amount")
        if type(value) is str:
            return self._sized(leaf, value, keys, field, at)
        if text_only:
            digits = text_of(value)
            meant = digits if type(value) is int and value >= docker_settings.FLOOR else f"{digits}m" if type(value) is int else None
            title = f'write "{meant}"' if meant is not None else ""
            safety = Safety.SAFE if meant == digits else Safety.UNSAFE
            fix = Fix(title, safety, (Edit(at.path, at.start, at.end, f'"{meant}"'),)) if meant is not None and _editable(leaf) else None
            self._invalid(how, f"the number {leaf.node.value} must be a string here: put it in quotes, with its unit", at, fix)
            return self._refused(leaf, keys, "a number must be in quotes here")
        if type(value) is int and -_MAX_INT64 - 1 <= value <= _MAX_INT64:
            self.bare.add(field)
            return Known(value, self._origin(leaf, *keys)) if value else None
        assert type(value) is int or type(value) is float
        if type(value) is float and field in ("reservation", "swappiness") and not value.is_integer():
            self._invalid(how, f"{leaf.node.value} must be an integer or a string", at, self._size_fix(leaf, at))
            return self._refused(leaf, keys, "it must be an integer or a string")
        self._observe(
            "setting-silently-dropped",
            f"{how}: {leaf.node.value} is a floating-point number to YAML, and Compose drops those without a word, "
            f"so the container gets no {how}; write an integer of bytes, or a string such as {_sized_text(value)}",
            at,
            fix=self._size_fix(leaf, at),
        )
        return None

    def _sized(self, leaf: Leaf, value: str, keys: tuple[str, ...], field: str, at: Span) -> Amount:
        how = ".".join(keys)
        number = cast(value, "i")
        if type(number) is int:
            amount = number
            self.bare.add(field)
        else:
            try:
                amount = read_size(value)
            except QuantityError as error:
                self._invalid(how, f"'{value[:60]}' is refused ({error}){_advice(value)}", at, self._unit_fix(leaf, value))
                return self._refused(leaf, keys, str(error))
        return Known(amount, self._origin(leaf, *keys)) if amount else None

    def _refused(self, leaf: Leaf, keys: tuple[str, ...], why: str) -> Unknown:
        return Unknown(f"Compose refuses it: {why}", self._origin(leaf, *keys))

    def _invalid(self, how: str, message: str, at: Span, fix: Fix | None) -> None:
        self._observe("invalid-quantity", f"{how}: {message}", at, fix=fix)

    def _unit_fix(self, leaf: Leaf, value: str) -> Fix | None:
        text = _kubernetes_unit(value)
        if text is None or not _editable(leaf):
            return None
        edits = editing.replace(leaf.node, text)
        return Fix(f"write {text}", Safety.SAFE, edits) if edits is not None else None

    def _size_fix(self, leaf: Leaf, at: Span) -> Fix | None:
        value = leaf.value
        if type(value) is not float or not value.is_integer() or value < 1 or value > _MAX_INT64 or not _editable(leaf):
            return None
        return Fix(f"write {int(value)}", Safety.SAFE, (Edit(at.path, at.start, at.end, str(int(value))),))

    def _limit(self) -> Amount:
        return self._either(("mem_limit",), _LIMITS, "memory", "limit")

    def _reservation(self) -> Amount:
        return self._either(("mem_reservation",), _RESERVATIONS, "memory", "reservation")

    def _either(self, short: tuple[str, ...], long: tuple[str, ...], key: str, field: str) -> Amount:
        """Return the amount that holds of two places that Compose wants to agree (compose-go loader/validate.go:153-164)."""
        first, second = self._amount(short, field), self._amount((*long, key), field)
        holder = self.service.map(*long)
        if isinstance(first, Known) and holder is not None and not isinstance(second, Unknown):
            amount = second.value if second is not None else 0
            if amount != first.value:
                self._conflict(first, second, short[0], long, key, human(abs(first.value)), human(amount))
        return second if second is not None else first

    def _conflict(
        self, first: Known[int], second: Known[int] | None, short: str, long: tuple[str, ...], key: str, one: str, other: str
    ) -> None:
        where = ".".join(long)
        note = Note(first.origin.span, f"{short} is {one}")
        if second is not None:
            self._observe(
                "conflicting-limits",
                f"{where}.{key} is {other}, but {short} is {one}: Compose refuses the project; keep one of them",
                second.origin.span,
                note,
            )
            return
        entry = _entry(self.service, long)
        at = entry.key.span if entry is not None and entry.key is not None else first.origin.span
        leaf = self.service.leaf(short)
        edits = self.editor.insert((*long, key), f'"{text_of(leaf.value)}"') if leaf is not None and leaf.result is None else None
        self._observe(
            "conflicting-limits",
            f"{where} says nothing of {key}, which Compose takes for 0 and so for other than {short} ({one}): it refuses the project; "
            f"write {key} there in place of {short}",
            at,
            note,
            fix=Fix(f"add {key} to {where}", Safety.SAFE, edits) if edits is not None else None,
        )

    def _swappiness(self) -> Amount:
        leaf = self.service.leaf("mem_swappiness")
        amount = self._amount(("mem_swappiness",), "swappiness")
        if leaf is not None and amount is None and (leaf.value == 0 or leaf.value == "0") and type(leaf.value) is not bool:
            self._observe(
                "setting-silently-dropped",
                "mem_swappiness: 0 never reaches Docker: Compose sends only other values than 0; to forbid swap set memswap_limit to mem_limit",
                leaf.span,
                severity=Severity.WARNING,
            )
        return amount

    def _oom_score_adj(self) -> Amount:
        leaf = self.service.leaf("oom_score_adj")
        amount = self._number("oom_score_adj")
        if leaf is not None and amount is None:
            self._invalid("oom_score_adj", f"'{leaf.node.value[:40]}' is no integer from -1000 to 1000", leaf.span, None)
        return amount

    def _cpus(self) -> tuple[Amount, Amount]:
        """Return the CPUs in thousandths: the limit, and the share that `cpu_shares` asks for."""
        first, second = self._cpu("cpus"), self._cpu(*_LIMITS, "cpus")
        holder = self.service.map(*_LIMITS)
        if isinstance(first, Known) and holder is not None and not isinstance(second, Unknown):
            amount = second.value if second is not None else 0
            if amount != first.value:
                self._conflict(first, second, "cpus", _LIMITS, "cpus", f"{first.value / 1000:g}", f"{amount / 1000:g}")
        limit = second if second is not None else first
        if limit is None:
            quota, period = self._number("cpu_quota"), self._number("cpu_period")
            every = period.value if isinstance(period, Known) and period.value > 0 else 100_000  # the kernel's default, in microseconds
            if isinstance(quota, Known) and quota.value > 0 and not isinstance(period, Unknown):
                limit = Known(quota.value * 1000 // every, quota.origin)
            elif isinstance(quota, Unknown):
                limit = quota
        shares = self._number("cpu_shares")
        if isinstance(shares, Known):
            shares = Known(max(shares.value, 0) * 1000 // 1024, shares.origin)  # 1024 shares stand for one CPU
        return limit, shares

    def _cpu(self, *keys: str) -> Amount:
        leaf = self.service.leaf(*keys)
        if leaf is None or leaf.value is None or type(leaf.value) is bool:
            return None
        if leaf.outside is not None:
            return self._unknown(leaf, *keys)
        number = cast(leaf.value, "n") if type(leaf.value) is str else leaf.value
        if (type(number) is not int and type(number) is not float) or not abs(number) < 1e9:
            return None
        amount = int(Fraction(number) * 1000 + Fraction(1, 2))
        return Known(amount, self._origin(leaf, *keys)) if amount else None

    def _pids(self) -> None:
        """Compose wants these two to agree as well."""
        first, second = self._number("pids_limit"), self._number(*_LIMITS, "pids")
        if isinstance(first, Known) and first.value and self.service.map(*_LIMITS) is not None and not isinstance(second, Unknown):
            other = second.value if second is not None else 0
            if other != first.value:
                self._conflict(first, second, "pids_limit", _LIMITS, "pids", str(first.value), str(other))

    def _replicas(self) -> Amount:
        scale, replicas = self._number("scale"), self._number("deploy", "replicas")
        if isinstance(scale, Known) and isinstance(replicas, Known) and scale.value != replicas.value:
            self._observe(
                "conflicting-limits",
                f"deploy.replicas is {replicas.value}, but scale is {scale.value}: Compose refuses the project; keep one of them",
                replicas.origin.span,
                Note(scale.origin.span, f"scale is {scale.value}"),
            )
        count = scale if scale is not None else replicas
        if isinstance(count, Known):
            if count.value < 0:
                self.projects.refused(f"{count.origin.how} must be 0 or more", count.origin.span)
            named = self.service.leaf("container_name")
            if count.value > 1 and named is not None and named.value:
                self.projects.refused(
                    f"container_name and {count.origin.how} {count.value} exclude each other: a name cannot be given twice", named.span
                )
        return count

    def _restart(self) -> Text:
        policy = self.service.map("deploy", "restart_policy")
        if policy is None:
            return self._text("restart")
        condition = self._text("deploy", "restart_policy", "condition")
        if not isinstance(condition, Known):
            return condition
        name = {"any": "always", "none": "no"}.get(condition.value, condition.value)
        attempts = self._number("deploy", "restart_policy", "max_attempts")
        if name == "on-failure" and isinstance(attempts, Known):
            name = f"{name}:{attempts.value}"
        return Known(name, condition.origin)

    # ---- what runs

    def _words(self, key: str, env: Mapping[str, Text]) -> Words | None:
        value = self.service.get(key)
        if value is None or is_null(value):
            return None
        if type(value) is Seq:
            self._eaten(key, value.items, env)
            return tuple(self._word(item, key) for item in value.items if type(item) is Leaf)
        if type(value) is not Leaf or type(value.value) is not str:
            return None
        text = value.value
        parts = split(text)
        if parts.error is not None:
            self.projects.refused(f"{key} is refused: {parts.error}", value.span)
        if parts.cut is not None:
            self._cut(key, value, text, parts.cut)
        self._eaten(key, [value], env)
        via = self.via + self.service.via(key)
        words: list[Word] = []
        for part in parts.words:
            leaf = value.cut(part.start, part.end)
            origin = Origin(value.part(part.start, part.end), key, via)
            name = leaf.outside if HOLE in part.text else None
            words.append(Known(part.text, origin) if name is None else Unknown(f"${{{name}}} is set outside the project", origin))
        return tuple(words)

    def _word(self, leaf: Leaf, key: str) -> Word:
        origin = leaf.origin(key, self.via + self.service.via(key))
        if leaf.outside is not None:
            return Unknown(f"${{{leaf.outside}}} is set outside the project", origin)
        return Known(text_of(leaf.value), origin)

    def _cut(self, key: str, leaf: Leaf, text: str, cut: int) -> None:
        rest = " ".join(text[cut:].split()).replace(HOLE, "…")
        kept = " ".join(text[:cut].split()).replace(HOLE, "…")
        self._observe(
            "setting-silently-dropped",
            f"{key} ends at '{text[cut]}': Compose runs no shell and drops '{rest[:60]}', so only '{kept[:60]}' runs; "
            f"write {key}: [sh, -c, '…'] if a shell is meant",
            leaf.part(cut, cut + 1),
            severity=Severity.ERROR,
        )

    def _eaten(self, key: str, items: Iterable[Value], env: Mapping[str, Text]) -> None:
        """Tell of variables that were meant for a shell in the container, and that Compose replaces before."""
        told: set[str] = set()
        for item in items:
            if type(item) is not Leaf:
                continue
            for use in item.uses:
                if use.state != "outside" or use.name in told:
                    continue
                inside = use.name in env
                if inside or not use.braced:
                    told.add(use.name)
                    self._eaten_one(key, item, use, inside)

    def _eaten_one(self, key: str, leaf: Leaf, use: Use, inside: bool) -> None:
        written_ = f"${{{use.name}}}" if use.braced else f"${use.name}"
        why = f"the container's own {use.name} is not used" if inside else f"if {use.name} of the container is meant, it is not used"
        self._observe(
            "setting-silently-dropped",
            f"{written_} in {key} is replaced by Compose before the container starts, by nothing where the shell that runs Compose "
            f"has no {use.name}: {why}; write ${written_} and let a shell in the container expand it",
            leaf.node.part(use.start, use.end),
            severity=Severity.ERROR if inside else Severity.WARNING,
            confidence=Confidence.HIGH if inside else Confidence.MEDIUM,
        )

    def _probes(self, env: Mapping[str, Text]) -> Iterator[Probe]:
        check = self.service.map("healthcheck")
        entry = self.service.entries.get("healthcheck")
        if check is None or entry is None:
            return
        for key in ("interval", "timeout", "start_period", "start_interval"):
            self._seconds("healthcheck", key)
        how = "healthcheck"
        at = entry.key.span if entry.key is not None else span_of(check)
        origin = Origin(at, how, self.via + entry.via)
        disabled = self._bool("healthcheck", "disable")
        test = check.get("test")
        if isinstance(disabled, Known) and disabled.value:
            yield Probe("health", None, origin, disabled=True)
        elif type(test) is Leaf and type(test.value) is str:
            self._eaten(f"{how}.test", [test], env)
            yield Probe("health", (self._word(test, f"{how}.test"),), test.origin(how, self.via + entry.via), True)
        elif type(test) is Seq and test.items:
            self._eaten(f"{how}.test", test.items, env)
            words = tuple(self._word(item, f"{how}.test") for item in test.items if type(item) is Leaf)
            first = words[0].value if words and isinstance(words[0], Known) else None
            if first == "NONE":
                yield Probe("health", None, origin, disabled=True)
            else:
                yield Probe("health", words[1:], origin, shell=first == "CMD-SHELL")

    # ---- environment

    def _environment(self) -> dict[str, Text]:
        own: dict[str, Text] = {}
        known: dict[str, Variable] = {}
        listed = self.service.map("environment")
        for name, entry in listed.entries.items() if listed is not None else ():
            if HOLE in name or type(entry.value) is not Leaf:
                continue
            value = self._variable(name, entry.value, entry)
            own[name] = value
            if isinstance(value, Known):
                known[name] = Variable(value.value, value.origin)
            else:
                known[name] = Variable(HOLE, None, name)
        return {**self._env_files(known), **own}

    def _variable(self, name: str, leaf: Leaf, entry: Entry) -> Known[str] | Unknown:
        how = f"environment {name}"
        origin = leaf.origin(how, self.via + self.service.via("environment") + entry.via)
        if leaf.value is None:
            if entry.key is not None:
                origin = Origin(entry.key.span, how, origin.via)
            variable = self.loaded.environment.get(name)
            if variable is None or variable.outside is not None:
                return Unknown(f"{name} comes from the environment that runs Compose", origin)
            step = (variable.origin,) if variable.origin is not None else ()
            return Known(variable.text, Origin(origin.span, how, origin.via + step))
        if leaf.outside is not None:
            return Unknown(f"${{{leaf.outside}}} is set outside the project", origin)
        return Known(text_of(leaf.value), origin)

    def _env_files(self, own: Mapping[str, Variable]) -> dict[str, Text]:
        """Return the variables of `env_file`: a later file goes before an earlier one, `environment` before both."""
        environment = self.loaded.environment
        found: dict[str, Variable] = {}

        def look(name: str) -> Variable | None:
            return environment.get(name) or own.get(name)

        files = self.service.get("env_file")
        for item in files.items if type(files) is Seq else ():
            path = item if type(item) is Leaf else item.leaf("path") if type(item) is Map else None
            if path is None or type(path.value) is not str or not path.value:
                continue
            if path.outside is not None:
                continue
            required = item.leaf("required") if type(item) is Map else None
            optional = required is not None and (cast(required.value, "b") if type(required.value) is str else required.value) is False
            source = None if path.value.startswith("~") else self.projects.loader.source(path.value)
            if source is None:
                if not optional and not self.partial:
                    self.projects.refused(f"env file {path.value[:80]} is not there", path.span)
                continue
            if type(item) is Map and item.text("format") == "raw":
                variables, problem = dotenv.read_raw(source, look, f"in {source.path}")
            else:
                variables, problem = dotenv.read(source, look, found, f"in {source.path}")
            found.update(variables)
            if problem is not None:
                self.projects.report(problem)
        result: dict[str, Text] = {}
        for name, variable in found.items():
            if variable.outside is not None:
                result[name] = Unknown(f"${{{variable.outside}}} is set outside the project", variable.origin)
            elif variable.origin is not None:
                result[name] = Known(variable.text, variable.origin)
        return result

    def _labels(self) -> dict[str, str]:
        labels = self.service.map("labels")
        if labels is None:
            return {}
        return {
            name: text_of(entry.value.value)
            for name, entry in labels.entries.items()
            if type(entry.value) is Leaf and HOLE not in name and entry.value.outside is None
        }

    # ---- file systems

    def _mounts(self) -> Iterator[Mount]:
        via = self.via + self.service.via("tmpfs")
        for leaf in _leaves(self.service.get("tmpfs")):
            text = text_of(leaf.value)
            target, _, options = text.partition(":")
            if HOLE not in target and target:
                origin = leaf.origin("tmpfs", via)
                yield Mount(target, None, True, _tmpfs_size(options, origin), origin, "tmpfs")
        volumes = self.service.get("volumes")
        via = self.via + self.service.via("volumes")
        for item in volumes.items if type(volumes) is Seq else ():
            if type(item) is Map:
                mount = self._mount(item, via)
                if mount is not None:
                    yield mount

    def _mount(self, volume: Map, via: tuple[Origin, ...]) -> Mount | None:
        target = volume.text("target")
        kind = volume.text("type") or "volume"
        if not target or HOLE in target:
            return None
        source = volume.text("source")
        at = span_of(volume)
        origin = Origin(at, "volumes", via)
        if kind == "tmpfs":
            return Mount(posixpath.normpath(target), None, True, self._volume_size(volume, via), origin, "tmpfs")
        name = None if source is None or HOLE in source else source
        options = self.loaded.root.map("volumes", name, "driver_opts") if name is not None and kind == "volume" else None
        if options is not None and options.text("type") == "tmpfs":
            leaf = options.leaf("o")
            size = _tmpfs_size(text_of(leaf.value), leaf.origin("driver_opts.o")) if leaf is not None else None
            return Mount(posixpath.normpath(target), name, True, size, origin, "tmpfs")
        return Mount(posixpath.normpath(target), name, False, None, origin, kind)

    def _volume_size(self, volume: Map, via: tuple[Origin, ...]) -> Amount:
        entry = _entry(volume, ("tmpfs", "size"))
        if entry is None or type(entry.value) is not Leaf:
            return None
        leaf = entry.value
        origin = leaf.origin("tmpfs.size", via)
        if leaf.outside is not None:
            return Unknown(f"${{{leaf.outside}}} is set outside the project", origin)
        value = leaf.value
        if type(value) is str:
            number = cast(value, "i")
            try:
                amount = number if type(number) is int else read_size(value)
            except QuantityError as error:
                self._invalid("tmpfs.size", f"'{value[:60]}' is refused ({error}){_advice(value)}", leaf.span, self._unit_fix(leaf, value))
                return Unknown(f"Compose refuses it: {error}", origin)
            return Known(amount, origin) if amount else None
        return Known(value, origin) if type(value) is int and value > 0 else None

    def _files(self) -> tuple[dict[str, str], dict[str, InlineFile]]:
        """Return what the container sees of the project's files: bind mounts and configs."""
        mounted: dict[str, str] = {}
        inline: dict[str, InlineFile] = {}
        volumes = self.service.get("volumes")
        for item in volumes.items if type(volumes) is Seq else ():
            if type(item) is Map and item.text("type") == "bind":
                source, target = item.text("source"), item.text("target")
                if source and target and HOLE not in source and HOLE not in target and not is_outside(source):
                    mounted[posixpath.normpath(target)] = source
        configs = self.service.get("configs")
        for item in configs.items if type(configs) is Seq else ():
            name = item.text("source") if type(item) is Map else text_of(item.value) if type(item) is Leaf else None
            if not name:
                continue
            target = (item.text("target") if type(item) is Map else None) or f"/{name}"
            file = self.loaded.root.text("configs", name, "file")
            content = self.loaded.root.leaf("configs", name, "content")
            if file and HOLE not in file and not is_outside(file):
                mounted[target] = file
            elif content is not None and type(content.value) is str and content.outside is None:
                inline[target] = InlineFile(content.value, content.span)
        return mounted, inline


def _entry(service: Map, keys: tuple[str, ...]) -> Entry | None:
    holder = service.map(*keys[:-1])
    return holder.entries.get(keys[-1]) if holder is not None else None


def _leaves(value: Value | None) -> Iterator[Leaf]:
    for item in value.items if type(value) is Seq else ():
        if type(item) is Leaf:
            yield item


def _editable(leaf: Leaf) -> bool:
    return leaf.result is None and not leaf.node.anchored and leaf.finish is None and leaf.node.style not in ("|", ">")


def _sized_text(value: float) -> str:
    """Return an amount as somebody may have meant a floating-point number of bytes."""
    whole = int(value) if abs(value) < 1e18 else 0
    return written(whole // MIB * MIB) if whole >= MIB else '"1.5g"'


def _kubernetes_unit(value: str) -> str | None:
    """Return `512m` for `512Mi`: the unit of Kubernetes as Compose writes it."""
    number, unit = value[:-2], value[-2:].lower()
    if unit not in ("ki", "mi", "gi", "ti", "pi") or not number.replace(".", "", 1).isdigit() or not number.isascii():
        return None
    return f"{number}{unit[0]}"


def _advice(value: str) -> str:
    text = _kubernetes_unit(value)
    return f": write {text} or {value[:-2]}{value[-2].upper()}iB" if text is not None else ": write an amount such as 512m"


_KERNEL_UNITS: Final = {"k": 10, "m": 20, "g": 30, "t": 40, "p": 50, "e": 60}


def _tmpfs_size(options: str, origin: Origin) -> Amount:
    """Return the `size=` of tmpfs options as the kernel reads it (Linux 6.12 lib/cmdline.c memparse, mm/shmem.c shmem_parse_one)."""
    size: Amount = None
    for option in options.split(","):
        name, equals, value = option.strip().partition("=")
        if name != "size" or not equals:
            continue
        if HOLE in value:
            size = Unknown("its size is set outside the project", origin)
        elif value.endswith("%"):
            size = Unknown(f"size={value} is a share of the host's memory", origin)
        else:
            shift = _KERNEL_UNITS.get(value[-1:].lower(), 0)
            digits = value[:-1] if shift else value
            if digits.isascii() and digits.isdigit() and len(digits) < 20:
                amount = int(digits) << shift
                size = Known(amount, origin) if amount else None
            else:
                size = Unknown(f"the kernel refuses size={value}", origin)
    return size


# ---- editing


_KEYS: Final = {
    "limit": "mem_limit", "reservation": "mem_reservation", "swap": "memswap_limit", "shm_size": "shm_size", "init": "init",
    "swappiness": "mem_swappiness", "oom_score_adj": "oom_score_adj", "cpu_limit": "cpus", "restart": "restart",
}  # fmt: skip
_LONG: Final = {"limit": (*_LIMITS, "memory"), "reservation": (*_RESERVATIONS, "memory"), "cpu_limit": (*_LIMITS, "cpus")}


@dataclass(frozen=True, slots=True)
class ComposeEditor:
    """Writes settings into a service: over the value where it stands, else as a new line of the service."""

    service: Map
    via: tuple[Origin, ...] = ()

    def set(self, setting: str, text: str) -> tuple[Edit, ...] | None:
        """Return the edits that give `setting` the value `text`; both places where Compose wants two to agree."""
        key = _KEYS.get(setting)
        if key is None or (setting == "restart" and self.service.map("deploy", "restart_policy") is not None):
            return None
        long = _LONG.get(setting)
        places: list[tuple[str, ...]] = [(key,)]
        if long is not None:
            if self.service.map(*long[:-1]) is not None:
                # Beside deploy.resources.limits a mem_limit alone would be refused.
                places = [long, (key,)] if key in self.service.entries else [long]
            elif is_null(self.service.get(key)) and _entry(self.service, long) is not None:
                places = [long]
        edits: list[Edit] = []
        for place in places:
            edit = self._put(place, text)
            if edit is None:
                return None
            edits += edit
        return tuple(edits)

    def amount(self, size: int) -> str:
        """Return bytes as Compose writes them."""
        return written(size)

    def insert(self, place: tuple[str, ...], text: str) -> tuple[Edit, ...] | None:
        """Return the edit that adds a key which is not there."""
        holder = self._own(place[:-1])
        node = holder.node if holder is not None else None
        return editing.insert_key(node, place[-1], text) if type(node) is tree.Mapping else None

    def _put(self, place: tuple[str, ...], text: str) -> tuple[Edit, ...] | None:
        holder = self._own(place[:-1])
        if holder is None:
            return None
        entry = holder.entries.get(place[-1])
        if entry is None:
            return self.insert(place, text)
        if entry.via or type(entry.value) is not Leaf or not _editable(entry.value):
            return None
        return editing.replace(entry.value.node, text)

    def _own(self, path: tuple[str, ...]) -> Map | None:
        """Return the mapping at a path, None where others share it."""
        if any(not step.how.startswith("include") for step in self.via):
            return None
        holder = self.service
        for key in path:
            if holder.node is None or holder.node.anchored:
                return None
            entry = holder.entries.get(key)
            if entry is None or entry.via or type(entry.value) is not Map:
                return None
            holder = entry.value
        return None if holder.node is None or holder.node.anchored else holder
