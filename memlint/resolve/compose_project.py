"""Compose projects: which files make one, and their merged model, in the order of steps of compose-go's loader.

For each document of each file: interpolate, include, reset, extend, merge, check (compose-go loader/loader.go processRawYaml at v2.16).
"""

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from memlint.model import Origin, Problem, Span
from memlint.records import NamedTuple
from memlint.resolve.inputs import Inputs
from memlint.sources import compose, compose_schema, dotenv, tree
from memlint.sources.compose import EMPTY, WORKLOADS, Entry, Fault, Leaf, Map, Seq, Value, span_of
from memlint.sources.interpolation import HOLE, InterpolationError, Variable, interpolate
from memlint.sources.text import Source

BASES: Final = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
OVERRIDES: Final = ("compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml")
MAX_INCLUDES: Final = 64  # files within files
MAX_INCLUDED: Final = 500  # files that a project includes in all
MAX_EXTENDS: Final = 100  # services upon services
_REMOTE: Final = ("https://", "http://", "git://", "ssh://", "github.com/", "git@", "oci://")
_RESOURCES: Final = ("services", "volumes", "networks", "secrets", "configs", "models")


class Environment:
    """The variables that the project sets; the shell that runs Compose comes before them and is not known."""

    __slots__ = ("key", "variables")

    def __init__(self, variables: Mapping[str, Variable]) -> None:
        self.variables = variables
        self.key = tuple(sorted((name, variable.text, variable.outside or "") for name, variable in variables.items()))

    def get(self, name: str) -> Variable | None:
        return self.variables.get(name)

    def below(self, others: Mapping[str, Variable]) -> "Environment":
        """Return these variables and, where they say nothing, `others`."""
        return Environment({**others, **self.variables})

    def text(self, name: str) -> str | None:
        """Return the text of a variable, None where it is not set or not known."""
        variable = self.get(name)
        return variable.text if variable is not None and variable.outside is None else None


class Loaded(NamedTuple):
    """A project as Compose sees it. Paths in `root` are relative to where memlint runs."""

    files: tuple[str, ...]
    folder: str
    name: str | None
    root: Map
    environment: Environment
    faults: list[Fault]
    parts: set[str]  # files that it includes

    def workloads(self) -> Iterable[tuple[str, str, Entry]]:
        """Yield (section, name, entry) of every service and job."""
        for section in WORKLOADS:
            holder = self.root.get(section)
            if type(holder) is Map:
                for name, entry in holder.entries.items():
                    yield section, name, entry

    def keys(self) -> set[compose.Path]:
        return {(section, name) for section, name, _ in self.workloads()}

    @property
    def incomplete(self) -> list[Fault]:
        """What further files of a `-f` list could bring."""
        return [fault for fault in self.faults if fault.missing]


def join(folder: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path))


def is_remote(path: str) -> bool:
    return path.startswith(_REMOTE) or "://" in path


def is_outside(path: str) -> bool:
    """Say whether a path is not one of the project's files by its form alone."""
    return path.startswith(("/", "~")) or (len(path) > 1 and path[1] == ":" and path[0].isalpha())


def normal_name(name: str) -> str:
    """Return a project's name as Compose writes it."""
    kept = "".join(character for character in name.lower() if character in "abcdefghijklmnopqrstuvwxyz0123456789_-")
    return kept.lstrip("_-")


class Loader:
    """Loads projects. Files are read once; `extended` collects which files hold services that others extend."""

    def __init__(self, inputs: Inputs) -> None:
        self._given = {source.path: source for source in inputs.sources("compose")}
        self._lookup = inputs.lookup
        self._root = inputs.root
        self._trees: dict[str, tree.Tree | None] = {}
        self._budget = compose.Budget()
        self._documents: dict[tuple[str, object], tuple[list[tuple[Map, list[compose.Path]]], list[Fault]]] = {}
        self._dotenvs: dict[str, tuple[dict[str, Variable], list[Fault]]] = {}
        self.extended: set[str] = set()

    @property
    def spent(self) -> tuple[int, int]:
        return self._budget.spent, compose.MAX_INTERPOLATED

    def source(self, path: str) -> Source | None:
        return self._given.get(path) or self._lookup(path)

    def tree(self, path: str) -> tree.Tree | None:
        if path not in self._trees:
            source = self.source(path)
            self._trees[path] = tree.read(source) if source is not None else None
        return self._trees[path]

    def dotenv(self, folder: str) -> tuple[dict[str, Variable], list[Fault]]:
        """Return the variables of the `.env` of a folder, and what Compose refuses in it."""
        if folder not in self._dotenvs:
            source = self.source(join(folder, ".env"))
            found: tuple[dict[str, Variable], list[Fault]] = ({}, [])
            if source is not None:
                variables, problem = dotenv.read(source, lambda _name: None, {}, "in .env")
                found = (variables, [] if problem is None else [fault_of(source, problem)])
            self._dotenvs[folder] = found
        return self._dotenvs[folder]

    def documents(self, path: str, environment: Environment) -> tuple[list[tuple[Map, list[compose.Path]]], list[Fault]]:
        """Return the documents of a file, interpolated and in canonical form, with the paths that they reset; and what is refused."""
        key = (path, environment.key)
        if key not in self._documents:
            faults: list[Fault] = []
            self._documents[key] = (list(self._read(path, environment, faults)), faults)
        return self._documents[key]

    def _read(self, path: str, environment: Environment, faults: list[Fault]) -> Iterator[tuple[Map, list[compose.Path]]]:
        read = self.tree(path)
        if read is None:
            faults.append(Fault("no such file, or none that memlint may read", _start_of(path, None)))
            return
        faults += [fault_of(read.source, problem) for problem in read.problems]
        text = read.source.text
        for document in read.documents:
            reading = compose.Reading(text, environment.get, self._budget)
            value = reading.value(document)
            faults += reading.faults
            if type(value) is not Map:
                faults.append(Fault("a compose file must be a mapping", document.span))
                continue
            changed = {}
            for section in WORKLOADS:
                entry = value.entries.get(section)
                if entry is not None and type(entry.value) is Map:
                    services = {
                        name: Entry(service.key, compose.canonical(service.value, (section, name), faults), service.via)
                        for name, service in entry.value.entries.items()
                    }
                    changed[section] = Entry(entry.key, Map(services, entry.value.node), entry.via)
            yield value.with_entries(changed), compose.resets(document, text)

    def load(self, files: tuple[str, ...], outer: Mapping[str, Variable] | None = None) -> Loaded:
        """Return the project of a list of files, the first of which says where it is at home. `outer` goes before its own `.env`."""
        folder = posixpath.dirname(files[0])
        variables, faults = self.dotenv(folder)
        variables = {**variables, **(outer or {})}
        name = self._name(files, folder, Environment(variables))
        if name is not None:
            variables["COMPOSE_PROJECT_NAME"] = Variable(name, None)
        environment = Environment(variables)
        run = _Run(self, list(faults))
        root = run.model(files, folder, environment, (), 0)
        if not root.entries and not run.faults:
            source = self.source(files[0])
            run.faults.append(Fault("this compose file is empty, which Compose refuses", _start_of(files[0], source), missing=True))
        run.faults += compose_schema.consistency(root, environment.text("COMPOSE_PROFILES") or "")
        return Loaded(files, folder, name, run.rebased(root, folder), environment, run.faults, run.parts)

    def _name(self, files: tuple[str, ...], folder: str, environment: Environment) -> str | None:
        given = environment.text("COMPOSE_PROJECT_NAME")
        if given:
            return given
        named = ""
        for path in files:
            read = self.tree(path)
            for document in read.documents if read is not None else ():
                if type(document) is tree.Mapping:
                    named = document.text("name") or named
        if named:
            try:
                named = interpolate(named, environment.get).text
            except InterpolationError:
                return None
            return None if HOLE in named else normal_name(named) or None
        return normal_name(posixpath.basename(folder) or self._root) or None


def fault_of(source: Source, problem: Problem) -> Fault:
    """Return a problem of a text as a fault at its place."""
    starts = source.starts
    start = starts[min(problem.line, len(starts)) - 1] + problem.column - 1
    return Fault(problem.message, source.span(start, start))


def _start_of(path: str, source: Source | None) -> Span:
    return source.span(0, 0) if source is not None else Span(path, 1, 1, 1, 1, 0, 0)


class _Run:
    """The loading of one project: the files, and what is refused on the way."""

    def __init__(self, loader: Loader, faults: list[Fault]) -> None:
        self.loader = loader
        self.faults = faults
        self.parts: set[str] = set()
        self._merger = compose.Merger(faults)
        self._included_files = 0
        self._opened: dict[tuple[object, ...], tuple[dict[str, Entry], list[compose.Path]]] = {}

    def model(self, files: Iterable[str], folder: str, environment: Environment, stack: tuple[str, ...], depth: int) -> Map:
        """Return the merged model of a list of files, with paths relative to `folder`."""
        model = EMPTY
        for path in files:
            model = self._file(path, folder, environment, model, (*stack, path), depth)
        return self._settled(model, environment)

    def _settled(self, model: Map, environment: Environment) -> Map:
        """Return a model with Compose's default build context and the listed variables that take their value from the environment."""
        changed = {}
        for section in WORKLOADS:
            holder = model.get(section)
            if type(holder) is not Map:
                continue
            services = {}
            for name, entry in holder.entries.items():
                if type(entry.value) is Map:
                    settled = _settled_service(entry.value, environment)
                    if settled is not entry.value:
                        services[name] = Entry(entry.key, settled, entry.via)
            if services:
                changed[section] = Entry(model.entries[section].key, holder.with_entries(services))
        return model.with_entries(changed) if changed else model

    def _documents(self, path: str, environment: Environment) -> Iterable[tuple[Map, list[compose.Path]]]:
        """Yield the documents of a file, interpolated and in canonical form, with the paths that they reset."""
        documents, faults = self.loader.documents(path, environment)
        self.faults += faults
        return documents

    def _file(self, path: str, folder: str, environment: Environment, model: Map, stack: tuple[str, ...], depth: int) -> Map:
        for document, resets in self._documents(path, environment):
            current = document
            if "include" in current.entries:
                current = self._include(current, folder, environment, resets, stack, depth)
            if resets:
                model = compose.without(model, resets)
            current = self._extend_all(current, path, folder, environment, resets)
            model = self._merger.files(model, current) if model.entries else current
            model = self._unique(model)
            model = Map(
                {name: entry for name, entry in model.entries.items() if name != "version" or not _is_text(entry.value)}, model.node
            )
            self.faults += compose_schema.check(model)
        return model

    def _unique(self, model: Map) -> Map:
        changed = {}
        for section in WORKLOADS:
            entry = model.entries.get(section)
            if entry is not None and type(entry.value) is Map:
                services = {
                    name: Entry(service.key, compose.unique(service.value), service.via) for name, service in entry.value.entries.items()
                }
                changed[section] = Entry(entry.key, Map(services, entry.value.node), entry.via)
        return model.with_entries(changed)

    # ---- include

    def _include(
        self, model: Map, folder: str, environment: Environment, resets: list[compose.Path], stack: tuple[str, ...], depth: int
    ) -> Map:
        included = model.get("include")
        rest = Map({name: entry for name, entry in model.entries.items() if name != "include"}, model.node)
        if type(included) is not Seq:
            if not compose.is_null(included):
                assert included is not None
                self.faults.append(Fault("include must be a list", span_of(included), ("include",)))
            return rest
        for item in included.items:
            paths = _texts(item if type(item) is Leaf else item.get("path") if type(item) is Map else None)
            brought = self._included(paths, item, folder, environment, stack, depth)
            if brought is None:
                continue
            step = (Origin(span_of(item), f"include {paths[0].value}"),)
            rest = self._import(brought, rest, resets, step)
        return rest

    def _included(
        self, paths: list[Leaf], item: Value, folder: str, environment: Environment, stack: tuple[str, ...], depth: int
    ) -> Map | None:
        files = []
        for leaf in paths:
            text = compose.text_of(leaf.value)
            if leaf.outside is not None:
                self.faults.append(Fault(f"include depends on ${{{leaf.outside}}}, which is set outside the project", leaf.span))
                return None
            if is_remote(text):
                self.faults.append(Fault(f"include of {text[:80]} lies elsewhere: memlint reads only files of the project", leaf.span))
                return None
            path = text if is_outside(text) else join(folder, text)
            if self.loader.tree(path) is None:
                self.faults.append(Fault(f"included file {text[:80]} is not there", leaf.span))
                return None
            files.append(path)
        if not files:
            self.faults.append(Fault("include needs a path", span_of(item)))
            return None
        if files[0] in stack or depth >= MAX_INCLUDES:
            why = "is included within itself" if files[0] in stack else f"is included deeper than {MAX_INCLUDES} files"
            self.faults.append(Fault(f"{files[0]} {why}", paths[0].span))
            return None
        self._included_files += len(files)
        if self._included_files > MAX_INCLUDED:
            if self._included_files - len(files) <= MAX_INCLUDED:
                self.faults.append(
                    Fault(f"the project includes more than {MAX_INCLUDED} files: memlint reads no more of them", paths[0].span)
                )
            return None
        home = item.leaf("project_directory") if type(item) is Map else None
        own = join(folder, compose.text_of(home.value)) if home is not None and home.value else posixpath.dirname(files[0])
        inner = self._include_environment(item, folder, own, environment)
        self.parts.update(files)
        loaded = self.model(files, own, inner, stack, depth + 1)
        return self.rebased(loaded, posixpath.relpath(own or ".", folder or "."))

    def _include_environment(self, item: Value, folder: str, own: str, environment: Environment) -> Environment:
        listed = _texts(item.get("env_file")) if type(item) is Map else []
        if not listed:
            variables, faults = self.loader.dotenv(own)
            self.faults += faults
            return environment.below(variables)
        variables = {}
        for leaf in listed:
            text = compose.text_of(leaf.value)
            if text == "/dev/null" or HOLE in text:
                continue
            source = self.loader.source(join(folder, text))
            if source is None:
                self.faults.append(Fault(f"env file {text[:80]} is not there", leaf.span))
                continue
            found, problem = dotenv.read(source, environment.get, variables, f"in {text}")
            variables = {**variables, **found}
            if problem is not None:
                self.faults.append(fault_of(source, problem))
        return environment.below(variables)

    def _import(self, brought: Map, model: Map, resets: list[compose.Path], step: tuple[Origin, ...]) -> Map:
        """Return a model with the resources of an included one; where both define one, this file's is merged onto the included."""
        changed: dict[str, Entry] = {}
        for section in (*_RESOURCES, "jobs"):
            entry = brought.entries.get(section)
            if entry is None or type(entry.value) is not Map:
                continue
            own = model.entries.get(section)
            local = own.value if own is not None and type(own.value) is Map else EMPTY
            merged = dict(local.entries)
            for name, resource in entry.value.entries.items():
                arrived = Entry(resource.key, resource.value, step + resource.via)
                mine = merged.get(name)
                if mine is None:
                    merged[name] = arrived
                elif type(resource.value) is Map and type(mine.value) is Map:
                    base = compose.without(resource.value, resets, (section, name)) if resets else resource.value
                    merged[name] = Entry(mine.key, self._merger.included(base, mine.value, (section, name)), mine.via)
            changed[section] = Entry(own.key if own is not None else entry.key, Map(merged, local.node or entry.value.node))
        return model.with_entries(changed)

    # ---- extends

    def _extend_all(self, model: Map, path: str, folder: str, environment: Environment, resets: list[compose.Path]) -> Map:
        changed = {}
        for section in WORKLOADS:
            entry = model.entries.get(section)
            if entry is None or type(entry.value) is not Map:
                continue
            if not any(type(service.value) is Map and "extends" in service.value.entries for service in entry.value.entries.values()):
                continue
            services = dict(entry.value.entries)
            for name in list(services):
                self._extend(name, services, section, path, path, folder, environment, resets, ())
            changed[section] = Entry(entry.key, Map(services, entry.value.node), entry.via)
        return model.with_entries(changed) if changed else model

    def _extend(
        self,
        name: str,
        services: dict[str, Entry],
        section: str,
        main: str,
        path: str,
        folder: str,
        environment: Environment,
        resets: list[compose.Path],
        track: tuple[tuple[str, str], ...],
    ) -> Map | None:
        """Return a service with what it extends beneath it, and put it in its place in `services`."""
        entry = services[name]
        service = entry.value
        if type(service) is not Map:
            return None
        extends = service.get("extends")
        if extends is None:
            return service
        reference = extends if type(extends) is Leaf else extends.leaf("service") if type(extends) is Map else None
        if reference is None or type(reference.value) is not str or HOLE in reference.value:
            if reference is not None and reference.outside is not None:
                self.faults.append(Fault(f"extends depends on ${{{reference.outside}}}, which is set outside the project", reference.span))
            return service
        base = reference.value
        file = extends.leaf("file") if type(extends) is Map else None
        where, target, others, inner = main, path, services, resets
        if file is not None:
            opened = self._extended_file(file, section, path, folder, environment)
            if opened is None:
                return service
            where, target, others, inner = opened
        if base not in others:
            self.faults.append(Fault(f"service '{base}', which this one extends, is not there", reference.span, (), missing=file is None))
            return service
        here = (where, name)
        if here in track or len(track) >= MAX_EXTENDS:
            why = "is a circle" if here in track else f"is longer than {MAX_EXTENDS} services"
            self.faults.append(Fault(f"the chain of extends {why}", reference.span))
            return service
        source = self._extend(base, others, section, main, target, folder, environment, inner, (*track, here))
        if source is None:
            return service
        if resets:
            source = compose.without(source, resets, (section, name))
        step = (Origin(reference.span, f"extends {base}"),)
        merged = self._merger.service(source, service, step, name)
        merged = Map({key: value for key, value in merged.entries.items() if key != "extends"}, merged.node)
        services[name] = Entry(entry.key, merged, entry.via)
        return merged

    def _extended_file(
        self, file: Leaf, section: str, path: str, folder: str, environment: Environment
    ) -> tuple[str, str, dict[str, Entry], list[compose.Path]] | None:
        text = compose.text_of(file.value)
        if file.outside is not None or is_remote(text):
            why = f"depends on ${{{file.outside}}}" if file.outside is not None else "lies elsewhere"
            self.faults.append(Fault(f"the file that is extended {why}: memlint reads only files of the project", file.span))
            return None
        target = text if is_outside(text) else join(folder, text)
        if self.loader.tree(target) is None:
            self.faults.append(Fault(f"extended file {text[:80]} is not there", file.span))
            return None
        if target != path:
            self.loader.extended.add(target)
        key = (section, target, folder, environment.key)
        if key in self._opened:
            return text, target, *self._opened[key]
        model = EMPTY
        resets: list[compose.Path] = []
        for document, found in self._documents(target, environment):
            model = self._merger.files(compose.without(model, found), document) if model.entries else document
            model = self._unique(model)
            resets = found
        services = self.rebased(model, posixpath.relpath(posixpath.dirname(target) or ".", folder or ".")).map(section)
        if services is None:
            self.faults.append(Fault(f"{text[:80]} has no {section} to extend", file.span))
            return None
        self._opened[key] = (dict(services.entries), resets)
        return text, target, *self._opened[key]

    # ---- paths

    def rebased(self, model: Map, folder: str) -> Map:
        """Return a model whose relative paths go out from where `folder` is relative to."""
        if folder in ("", "."):
            return model
        changed = {}
        for section in WORKLOADS:
            entry = model.entries.get(section)
            if entry is not None and type(entry.value) is Map:
                services = {name: _rebased_service(service, folder) for name, service in entry.value.entries.items()}
                changed[section] = Entry(entry.key, Map(services, entry.value.node), entry.via)
        configs = model.entries.get("configs")
        if configs is not None and type(configs.value) is Map:
            moved = {name: Entry(one.key, _moved(one.value, folder, ("file",)), one.via) for name, one in configs.value.entries.items()}
            changed["configs"] = Entry(configs.key, Map(moved, configs.value.node), configs.via)
        return model.with_entries(changed)


def _is_text(value: Value) -> bool:
    return type(value) is Leaf and type(value.value) is str


def _texts(value: Value | None) -> list[Leaf]:
    items = value.items if type(value) is Seq else [value]
    return [item for item in items if type(item) is Leaf and type(item.value) is str]


def _settled_service(service: Map, environment: Environment) -> Map:
    changed: dict[str, Entry] = {}
    build = service.entries.get("build")
    if build is not None and type(build.value) is Map and "context" not in build.value.entries:
        node = build.key or next((entry.key for entry in build.value.entries.values() if entry.key is not None), None)
        if node is not None:
            changed["build"] = Entry(build.key, build.value.with_entries({"context": Entry(None, Leaf(node, "."))}), build.via)
    variables = service.entries.get("environment")
    if variables is not None and type(variables.value) is Map:
        taken = {}
        for name, entry in variables.value.entries.items():
            # In the list form the key is the item itself; the mapping form is resolved later, and by the outermost project.
            if type(entry.value) is Leaf and entry.value.value is None and entry.key is entry.value.node:
                variable = environment.get(name)
                if variable is not None:
                    text = HOLE if variable.outside is not None else variable.text
                    via = entry.via if variable.origin is None else (*entry.via, variable.origin)
                    taken[name] = Entry(entry.key, Leaf(entry.value.node, text), via)
        if taken:
            changed["environment"] = Entry(variables.key, variables.value.with_entries(taken), variables.via)
    return service.with_entries(changed) if changed else service


def _rebased_service(entry: Entry, folder: str) -> Entry:
    service = entry.value
    if type(service) is not Map:
        return entry
    changed = {}
    for name, move in _MOVES.items():
        own = service.entries.get(name)
        if own is not None:
            value = move(own.value, folder)
            if value is not own.value:
                changed[name] = Entry(own.key, value, own.via)
    return Entry(entry.key, service.with_entries(changed), entry.via) if changed else entry


def _move(leaf: Leaf, folder: str) -> Leaf:
    text = leaf.value
    if type(text) is not str or not text or is_outside(text) or is_remote(text) or text.startswith((HOLE, "service:")):
        return leaf
    return Leaf(leaf.node, join(folder, text), leaf.result, leaf.begin, leaf.finish)


def _moved(value: Value, folder: str, keys: tuple[str, ...]) -> Value:
    if type(value) is not Map:
        return value
    changed = {
        key: Entry(entry.key, _move(entry.value, folder), entry.via)
        for key in keys
        if (entry := value.entries.get(key)) is not None and type(entry.value) is Leaf
    }
    return value.with_entries(changed) if changed else value


def _moved_build(value: Value, folder: str) -> Value:
    return _moved(value, folder, ("context",))


def _moved_extends(value: Value, folder: str) -> Value:
    return _moved(value, folder, ("file",))


def _moved_env_files(value: Value, folder: str) -> Value:
    if type(value) is not Seq:
        return value
    return Seq([_move(item, folder) if type(item) is Leaf else _moved(item, folder, ("path",)) for item in value.items], value.node)


def _moved_volumes(value: Value, folder: str) -> Value:
    if type(value) is not Seq:
        return value
    return Seq(
        [_moved(item, folder, ("source",)) if type(item) is Map and item.text("type") == "bind" else item for item in value.items],
        value.node,
    )


_MOVES: Final = {"build": _moved_build, "extends": _moved_extends, "env_file": _moved_env_files, "volumes": _moved_volumes}
