"""Runs helm and kubectl over charts and overlays, without a network, within a time, and tells for every place of the result where it came from.

A chart of a pull request is a stranger's: what is run are the two programs' own template engines, which start nothing. Plugins, post-renderers,
functions that run programs, schemas of other hosts, remote bases and links out of a chart are shut out or refused; memory, time and output
are bounded. `--no-render` runs nothing.

A rendered manifest is a `Source` whose spans point into the files that a person edits: the key of a values file, the line of a template,
the base or the patch of an overlay. So readers, joins and rules need not know that anything was rendered.
"""

import json
import os
import posixpath
import re
import shutil
import signal
import subprocess
import tempfile
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Container, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from threading import Timer
from time import monotonic
from typing import Final

from memlint.config import Config, Render
from memlint.model import Problem, Span
from memlint.patterns import pattern
from memlint.records import NamedTuple
from memlint.sources import kubernetes, tree
from memlint.sources.text import Source

Read = Callable[[str], Source | None]

MAX_OUTPUT: Final = 32 << 20  # bytes of one rendering
MAX_SECONDS: Final = 60.0  # of one rendering
_SOURCE: Final = pattern(r"^# Source: ([^\n]+)$", re.MULTILINE)
_SIZE: Final = pattern(r"^[0-9]+(?:\.[0-9]+)?(?:[kKMGT]i?B?|[mgt]b?)$")
_OPTIONS: Final = pattern(r"-Xm[xsn]|-XX:|--max[-_]old[-_]space")
_ADDRESS: Final = pattern(r"://|^git@|^git::|[?&]ref=|^[\w.-]+\.[a-z]{2,}/[\w.-]+/[\w.-]+(?:/|$|\?|//)")
_KEY: Final = pattern(r"(?:- )?[\w./-]+:")
_MAX_MARKS: Final = 400
_MAX_MEMORY: Final = 4 << 30  # bytes that helm or kubectl may take: a template can ask for any amount
_NO_SCHEMA: Final = "--skip-schema-validation"
_NOWHERE: Final = "http://127.0.0.1:9"  # the discard port: whatever tries to fetch fails at once


class Rendered(NamedTuple):
    """The manifests of one chart or overlay."""

    sources: tuple[Source, ...]
    with_program: str


class Failure(NamedTuple):
    """Why nothing could be rendered, in one line."""

    path: str
    why: str


class Traced(Source):
    """A rendered text. Offsets are of the rendered text, spans of the files that it was made from.

    Nothing here can be edited: the spans tell a line and columns, and hold no character.
    """

    __slots__ = ("_places", "_starts_at")

    editable = False

    def __init__(self, path: str, text: str, places: Sequence[tuple[int, Span]]) -> None:
        """`places`: from which offset on the text came from which place, ascending."""
        super().__init__(path, text)
        self._places = [place._replace(end=place.start) for _, place in places]
        self._starts_at = [start for start, _ in places]

    def span(self, start: int, end: int) -> Span:
        index = bisect_right(self._starts_at, start) - 1
        return self._places[index] if index >= 0 else super().span(end, end)


def available(program: str) -> bool:
    return shutil.which(program) is not None


# ---- helm


def helm(
    chart: str,
    read: Read,
    values: Sequence[str] = (),
    name: str = "release",
    namespace: str | None = None,
    timeout: float = MAX_SECONDS,
    program: str = "helm",
    base: str = "",
) -> Rendered | Failure:
    """Render a chart with value files on top of its own. A second rendering with marked amounts tells which values key each number came from.

    `base`: the folder that `chart` and `values` are relative to, where it is not the current one.
    """
    found = shutil.which(program)
    if found is None:
        return Failure(chart, f"is a Helm chart, and {program} is not there to render it")
    if any(document.text("type") == "library" for document in _documents(chart, read)):
        return Rendered((), "helm")  # it has nothing to install of its own
    link = _link_out(os.path.join(base, chart))  # noqa: PTH118  # strings all through
    if link is not None:
        return Failure(chart, f"is not rendered: {link} is a link that leads out of the chart, and helm would follow it")
    # A schema may refer to other hosts, and whether values are valid is helm's business.
    command = [found, "template", name, chart, "--skip-tests", _NO_SCHEMA, *(f"--values={path}" for path in values)]
    if namespace:
        command.append(f"--namespace={namespace}")
    text, why = _run(command, timeout, base)
    if text is None and _NO_SCHEMA in why:  # helm before 3.16 does not know it
        command.remove(_NO_SCHEMA)
        text, why = _run(command, timeout, base)
    if text is None:
        return Failure(chart, f"cannot be rendered by helm: {why}")
    leaves = _leaves(chart, values, read)
    traced = _marked(command, text, leaves, timeout, base) if leaves else {}
    sources: list[Source] = []
    for path, begin, part in _templates(chart, text):
        template = read(path) or _packed(chart, path, read)
        first = text.count("\n", 0, begin)
        sources.append(Traced(template.path, part, list(_lines(part, first, traced, template))))
    return Rendered(tuple(sources), "helm")


def _packed(chart: str, path: str, read: Read) -> Source:
    """Return what stands for a template that is not there as a file, as in a packed subchart: the chart's own description."""
    description = posixpath.join(chart, "Chart.yaml")
    return read(description) or Source(path, "")


def _link_out(folder: str) -> str | None:
    """Return a link below a folder that leads out of it; helm reads through links."""
    root = os.path.realpath(folder)
    for current, folders, names in os.walk(root):
        for name in (*folders, *names):
            path = os.path.join(current, name)  # noqa: PTH118
            if os.path.islink(path) and not os.path.realpath(path).startswith(root + os.sep):  # noqa: PTH114
                return os.path.relpath(path, root)
    return None


def stream(name: str, text: str, read: Read, whole: Source | None = None) -> tuple[Source, ...]:
    """Return what came through a stream as sources: documents of `helm template` whose template is here are traced to it by `# Source:`."""
    found: list[Source] = []
    for path, begin, part in _templates("", text):
        template = next(
            (source for candidate in (path, path.partition("/")[2]) if candidate and (source := read(candidate)) is not None), None
        )
        if template is None or not template.editable:
            return (whole or Source(name, text),)
        found.append(Traced(template.path, part, list(_lines(part, text.count("\n", 0, begin), {}, template))))
    return tuple(found)


def traced(by_kind: Mapping[str, Sequence[Source]], read: Read) -> Mapping[str, Sequence[Source]]:
    """Return the files of a run with what came through a stream traced, as far as its templates are here."""
    found: list[Source] = []
    for source in by_kind.get("kubernetes", ()):
        found += [source] if source.editable else stream(source.path, source.text, read, source)
    return {**by_kind, "kubernetes": found}


def _templates(chart: str, text: str) -> Iterator[tuple[str, int, str]]:
    """Yield (template file, offset, text) of every document; `# Source:` names the file below the chart's name."""
    marks = list(_SOURCE.finditer(text))
    if not marks:
        yield chart, 0, text
        return
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        end = following.start() if following is not None else len(text)
        below = mark[1].strip().partition("/")[2] if chart else mark[1].strip()
        yield posixpath.normpath(posixpath.join(chart, below)), mark.start(), text[mark.start() : end].removesuffix("---\n")


class _Leaf(NamedTuple):
    """An amount or options of a values file, and the path of keys that overrides it."""

    path: tuple[str, ...]
    value: str
    span: Span
    mark: str
    token: str  # what the marked rendering holds, and nothing else does


def _leaves(chart: str, values: Sequence[str], read: Read) -> list[_Leaf]:
    """Return what the value files set about memory; the last file wins. Lists are left out, as helm replaces them whole."""
    found: dict[tuple[str, ...], tree.Scalar] = {}
    for prefix, path in (*_dependencies(chart, read), ((), posixpath.join(chart, "values.yaml")), *(((), path) for path in values)):
        source = read(path)
        for document in tree.read(source).documents[:1] if source is not None else ():
            for keys, scalar in _scalars(document, prefix):
                if _SIZE.match(scalar.value) or _OPTIONS.search(scalar.value):
                    found[keys] = scalar
                else:
                    found.pop(keys, None)
    leaves = []
    for number, (keys, scalar) in enumerate(list(found.items())[:_MAX_MARKS]):
        if _SIZE.match(scalar.value):
            # As many bytes as no file sets; every reader of sizes takes a number of bytes.
            mark = token = str(7_340_000_000 + number * 4096 + 1)
        else:
            token = f"-Dmemlint.trace.{number}."
            mark = f"{scalar.value.rstrip()} {token}"
        leaves.append(_Leaf(keys, scalar.value, scalar.span, mark, token))
    return leaves


def _dependencies(chart: str, read: Read) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the values files of the unpacked subcharts, each with the key below which the parent overrides it."""
    for document in _documents(chart, read):
        for item in kubernetes.mappings(document.sequence("dependencies")):
            name = item.text("name")
            if name:
                yield (item.text("alias") or name,), posixpath.join(chart, "charts", name, "values.yaml")


def _documents(chart: str, read: Read) -> list[tree.Mapping]:
    """Return the content of Chart.yaml, nothing where it has none."""
    source = read(posixpath.join(chart, "Chart.yaml"))
    documents = tree.read(source).documents[:1] if source is not None else []
    return [document for document in documents if isinstance(document, tree.Mapping)]


def _scalars(node: tree.Node, path: tuple[str, ...], depth: int = 0) -> Iterator[tuple[tuple[str, ...], tree.Scalar]]:
    if isinstance(node, tree.Scalar):
        yield path, node
    elif isinstance(node, tree.Mapping) and depth < 20:
        for key, value in node.items():
            yield from _scalars(value, (*path, key.value), depth + 1)


def _marked(command: list[str], text: str, leaves: list[_Leaf], timeout: float, base: str) -> dict[int, Span]:
    """Return line number (from 0) -> values key, from a second rendering with every amount replaced by one of its own."""
    override: dict[str, object] = {}
    for leaf in leaves:
        holder = override
        for key in leaf.path[:-1]:
            inner = holder.setdefault(key, {})
            if not isinstance(inner, dict):
                break
            holder = inner
        else:
            holder[leaf.path[-1]] = leaf.mark
    with tempfile.TemporaryDirectory() as folder:
        marks = posixpath.join(folder, "marks.yaml")
        with open(marks, "w", encoding="utf-8") as file:  # noqa: PTH123  # strings all through
            json.dump(override, file)
        marked, _ = _run([*command, f"--values={marks}"], timeout, base)
    before, after = text.split("\n"), (marked or "").split("\n")
    if len(before) != len(after):
        return {}  # an amount decides about the shape of the result: nothing can be told line by line
    found = {}
    for number, (line, other) in enumerate(zip(before, after, strict=True)):
        if line != other:
            source = next((leaf for leaf in leaves if leaf.token in other), None)
            if source is not None:
                found[number] = source.span
    return found


def _lines(part: str, first: int, traced: Mapping[int, Span], template: Source) -> Iterator[tuple[int, Span]]:
    """Yield (offset, place) for every line: the values key that made it, else the line of the template that holds the same text or key."""
    own: dict[str, list[int]] = {}
    for number, line in enumerate(template.text.split("\n"), 1):
        text, action, _ = line.partition("{{")
        own.setdefault(text.strip() if action and _KEY.fullmatch(text.strip()) else line.strip(), []).append(number)
    last = template.line_span(1)
    offset = 0
    for number, line in enumerate(part.split("\n")):
        place = traced.get(first + number)
        if place is None:
            text = line.strip()
            key = _KEY.match(text)
            same = own.get(text) or (own.get(key[0]) if key is not None else None) or ()
            if len(same) == 1:
                last = template.line_span(same[0])
            place = last
        yield offset, place
        offset += len(line) + 1


# ---- kustomize


def kustomize(folder: str, read: Read, timeout: float = MAX_SECONDS, program: str = "kubectl", base: str = "") -> Rendered | Failure:
    """Render an overlay with `kubectl kustomize` (or `kustomize build`); what refers to other hosts is refused before."""
    remote = _remote(folder, read)
    if remote is not None:
        fetched = _ADDRESS.search(remote) is not None or " " in remote
        told = "which memlint does not fetch: render it and check the result" if fetched else "which is not among the files of the project"
        return Failure(folder, f"refers to {remote}, {told}")
    own = shutil.which("kustomize")
    found = own or shutil.which(program)
    if found is None:
        return Failure(folder, f"is a kustomization, and neither kustomize nor {program} is there to render it")
    absolute = os.path.realpath(os.path.join(base, folder))  # noqa: PTH118
    with tempfile.TemporaryDirectory() as wrapper:
        # A kustomization around it asks for the origin of every object without a change to the user's files.
        below = os.path.relpath(absolute, os.path.realpath(wrapper))
        with open(posixpath.join(wrapper, "kustomization.yaml"), "w", encoding="utf-8") as file:  # noqa: PTH123
            json.dump({"resources": [below], "buildMetadata": ["originAnnotations"]}, file)
        text, why = _run([found, "build" if own else "kustomize", wrapper], timeout)
        if text is None:
            return Failure(folder, f"cannot be rendered by {posixpath.basename(found)}: {why}")
        sources = tuple(_overlaid(text, wrapper, folder, absolute, read))
    return Rendered(sources, posixpath.basename(found))


def _remote(folder: str, read: Read) -> str | None:
    """Return what a kustomization or one below it would fetch, or read outside of the project."""
    for current, document in _reached(folder, read):
        if document.get("helmCharts") is not None or document.get("helmChartInflationGenerator") is not None:
            return "a Helm chart (helmCharts)"
        for name in _named(document, _TREES):
            path = posixpath.normpath(posixpath.join(current, name))
            if read(path) is None and _kustomization(path, read) is None:
                return name  # an address, or a place that may not be read
        for name in _files(document):
            if "://" in name or read(posixpath.normpath(posixpath.join(current, name))) is None:
                return name
        for name in _named(document, _PLUGINS):
            source = read(posixpath.normpath(posixpath.join(current, name)))
            if "://" in (source.text if source is not None else name):
                return f"an address in {name.strip().partition(chr(10))[0][:60]}"
    return None


_TREES: Final = ("resources", "bases", "components")
_PLUGINS: Final = ("generators", "transformers", "validators")


def _reached(folder: str, read: Read) -> Iterator[tuple[str, tree.Mapping]]:
    """Yield (folder, kustomization) of an overlay and all that it builds on."""
    pending, seen = [folder], set[str]()
    while pending and len(seen) < 500:
        current = pending.pop(0)
        document = _kustomization(current, read) if current not in seen else None
        seen.add(current)
        if document is not None:
            yield current, document
            pending.extend(posixpath.normpath(posixpath.join(current, name)) for name in _named(document, _TREES))


def _files(document: tree.Mapping) -> Iterator[str]:
    """Yield the names of the files that a kustomization reads beside its resources; those of generators may have a key in front."""
    yield from _named(document, ("crds", "configurations"))
    for patch in _named(document, ("patchesStrategicMerge",)):
        if "\n" not in patch:
            yield patch
    for key in ("patches", "patchesJson6902", "replacements"):
        for item in kubernetes.mappings(document.sequence(key)):
            if path := item.text("path"):
                yield path
    if path := document.text("openapi", "path"):
        yield path
    for key in ("configMapGenerator", "secretGenerator"):
        for item in kubernetes.mappings(document.sequence(key)):
            for name in (*_named(item, ("files", "envs")), item.text("env") or ""):
                if name:
                    yield name.partition("=")[2] or name


def _kustomization(folder: str, read: Read) -> tree.Mapping | None:
    for name in ("kustomization.yaml", "kustomization.yml", "Kustomization"):
        source = read(posixpath.join(folder, name))
        if source is not None:
            documents = tree.read(source).documents
            return documents[0] if documents and isinstance(documents[0], tree.Mapping) else None
    return None


def _named(document: tree.Mapping, keys: Sequence[str]) -> Iterator[str]:
    for key in keys:
        for item in document.sequence(key) or ():
            if isinstance(item, tree.Scalar):
                yield item.value


@dataclass(slots=True)
class _Known:
    """The objects of the user's files: (kind, name) -> path of keys -> place and text."""

    read: Read
    files: dict[str, list[kubernetes.Object]] = field(default_factory=dict)

    def objects(self, path: str) -> list[kubernetes.Object]:
        if path not in self.files:
            source = self.read(path)
            self.files[path] = list(kubernetes.objects(tree.read(source))) if source is not None else []
        return self.files[path]


def _overlaid(text: str, wrapper: str, folder: str, absolute: str, read: Read) -> Iterator[Source]:
    """Yield every object as a source of its own, traced to the patch or the base that holds the same value at the same keys."""
    known = _Known(read)
    patches = list(_patches(folder, read))
    for part in re.split(r"^---\n", text, flags=re.MULTILINE):
        rendered = Source(folder, part)
        things = list(kubernetes.objects(tree.read(rendered)))
        if not things:
            continue
        thing = things[0]
        origin = thing.node.text("metadata", "annotations", "config.kubernetes.io/origin") or ""
        named = re.search(r"^path: (.+)$", origin, re.MULTILINE)
        place = os.path.relpath(os.path.realpath(os.path.join(wrapper, named[1])), absolute) if named else ""  # noqa: PTH118
        path = posixpath.normpath(posixpath.join(folder, place.replace(os.sep, "/")))
        candidates = [
            *(other for patch in patches for other in known.objects(patch) if _same(other, thing)),
            *_base(thing, known.objects(path)),
        ]
        fallback = candidates[-1].at if candidates else Source(path, "").span(0, 0)
        yield Traced(path, part, list(_places(thing, candidates, fallback)))


def _patches(folder: str, read: Read) -> Iterator[str]:
    """Yield the patch files of an overlay and of those below it, the outermost first."""
    for current, document in _reached(folder, read):
        names = [*_named(document, ("patchesStrategicMerge",)), *_named(document, ("patches",))]
        names += [path for item in kubernetes.mappings(document.sequence("patches")) if (path := item.text("path"))]
        yield from (posixpath.normpath(posixpath.join(current, name)) for name in names)


def _same(other: kubernetes.Object, thing: kubernetes.Object) -> bool:
    """Say whether a patch is meant for an object; prefixes and suffixes may stand around its name."""
    return other.kind == thing.kind and bool(other.name) and other.name in thing.name


def _base(thing: kubernetes.Object, things: list[kubernetes.Object]) -> list[kubernetes.Object]:
    named = [other for other in things if _same(other, thing)]
    return sorted(named, key=lambda other: len(other.name))[-1:]


def _places(thing: kubernetes.Object, candidates: list[kubernetes.Object], fallback: Span) -> Iterator[tuple[int, Span]]:
    tables = [dict(_paths(candidate.node, ())) for candidate in candidates]
    last, before = fallback, -1
    yield 0, fallback
    for keys, (start, text, _) in sorted(_paths(thing.node, ()), key=lambda item: item[1][0]):
        # A patch decides about values; where a key stands is told by the base.
        ordered = reversed(tables) if keys[-1:] == ("",) else tables
        found = next((table[keys] for table in ordered if keys in table and table[keys][1] == text), None)
        last = found[2] if found is not None else last
        if start != before:  # kustomize sorts keys: where an item begins its first key does not tell
            yield start, last
        before = start


def _paths(node: tree.Node, path: tuple[str, ...], depth: int = 0) -> Iterator[tuple[tuple[str, ...], tuple[int, str, Span]]]:
    """Yield (keys, (offset, text, place)) of every key, scalar and item of a list, which is named by its `name`, else by its number."""
    if isinstance(node, tree.Scalar):
        yield path, (node.start, node.value, node.span)
    elif isinstance(node, tree.Mapping) and depth < 60:
        if path and path[-1].startswith("["):
            yield (*path, ""), (node.start, "", node.span)
        for key, value in node.items():
            yield (*path, key.value, ""), (key.start, key.value, key.span)
            yield from _paths(value, (*path, key.value), depth + 1)
    elif isinstance(node, tree.Sequence) and depth < 60:
        for number, item in enumerate(node.items):
            name = item.text("name") if isinstance(item, tree.Mapping) else None
            yield from _paths(item, (*path, f"[{name or number}]"), depth + 1)


# ---- a whole run


class Outcome(NamedTuple):
    """The files of a run with renderings in place of what they were made from. `skipped`: why -> files; `notes`: one line each."""

    by_kind: Mapping[str, Sequence[Source]]
    skipped: Mapping[str, Sequence[str]]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]


Memory = MutableMapping[object, "Rendered | Failure"]
_ALL: Final = 300.0  # seconds for all charts and overlays of a run together


def run(
    by_kind: Mapping[str, Sequence[Source]],
    skipped: Mapping[str, Sequence[str]],
    read: Read,
    config: Config,
    base: str = "",
    memory: Memory | None = None,
) -> Outcome:
    """Render every chart and overlay of a run, as the configuration says or with the chart's own values.

    What cannot be rendered stays as it is: values and bases are then read as they stand. A rendering that the configuration names and
    that fails is a problem. `memory` keeps renderings between runs over the same files.
    """
    home = posixpath.dirname(config.path) if config.path else ""
    jobs = [*_charts(by_kind, skipped, config, home), *_overlays(by_kind, config, home, read)]
    memory = {} if memory is None else memory
    missing = [job for job in jobs if not job.plain and (base, job.entry, job.folder) not in memory]
    memory.update(zip(((base, job.entry, job.folder) for job in missing), _in_parallel(missing, read, base), strict=True))
    sources: list[Source] = []
    used: set[str] = set()
    kept: set[str] = set()
    problems: list[Problem] = []
    notes: list[str] = []
    failed: dict[str, list[str]] = {}
    for job in jobs:
        if job.plain:
            notes.append(f"{job.folder} changes nothing that memlint reads: what it lists is judged as it stands")
            kept.update(job.covers)
            continue
        result = memory[base, job.entry, job.folder]
        named = f" ({job.entry.name})" if job.entry.name else ""
        if isinstance(result, Failure):
            notes.append(f"{result.path}{named} {result.why}")
            if job.entry.name and _there(job.entry.kind):
                problems.append(Problem(job.at, f"render {job.entry.name}: {result.path} {result.why}"))
            why = _REFUSED[job.entry.kind] if _there(job.entry.kind) else _ABSENT[job.entry.kind]
            failed.setdefault(why, []).append(job.at)
            continue
        notes.append(f"{job.folder}{named} is rendered by {result.with_program}")
        sources += result.sources
        used.update(job.covers)
    used -= kept
    stays = {kind: [source for source in found if source.path not in used] for kind, found in by_kind.items()}
    stays["kubernetes"] = [*stays.get("kubernetes", ()), *sources]
    left = {why: [path for path in paths if path not in used] for why, paths in skipped.items()}
    return Outcome(stays, {**left, **failed}, tuple(problems), tuple(notes))


_ABSENT: Final = {
    "helm": "Helm charts, of which the values alone are read (helm is not on the PATH to render them)",
    "kustomize": "kustomizations (neither kustomize nor kubectl is on the PATH to render them)",
}
_REFUSED: Final = {
    "helm": "Helm charts that could not be rendered, of which the values alone are read (-v says why)",
    "kustomize": "kustomizations that could not be rendered (-v says why)",
}


def _there(kind: str) -> bool:
    return available("helm") if kind == "helm" else available("kustomize") or available("kubectl")


class _Job(NamedTuple):
    """One rendering. `covers`: the files that are not judged by themselves once it is done. `plain`: there is no need for it."""

    entry: Render
    folder: str
    at: str
    values: tuple[str, ...]
    covers: tuple[str, ...]
    plain: bool = False


# A kustomization of these alone hands its resources on with more labels and annotations at most.
_PLAIN: Final = frozenset((
    "apiVersion", "kind", "metadata", "resources", "bases", "labels", "commonLabels", "commonAnnotations", "buildMetadata", "sortOptions",
))  # fmt: skip


def _charts(by_kind: Mapping[str, Sequence[Source]], skipped: Mapping[str, Sequence[str]], config: Config, home: str) -> Iterator[_Job]:
    found = {posixpath.dirname(source.path) or ".": source.path for source in by_kind.get("helm-chart", ())}
    files = sorted(
        [source.path for sources in by_kind.values() for source in sources] + [path for paths in skipped.values() for path in paths]
    )
    for folder, at in sorted(found.items()):
        if _packed_in(folder, found):
            continue  # its parent renders it
        own: list[str] = []
        for name in ("templates", "charts"):
            start = posixpath.normpath(posixpath.join(folder, name)) + "/"
            own += files[bisect_left(files, start) : bisect_left(files, start[:-1] + "0")]  # the character behind the slash
        own += [posixpath.normpath(posixpath.join(folder, "values.yaml"))]
        for entry, values in _entries("helm", folder, config, home):
            yield _Job(entry, folder, at, values, (*own, *values))


def _overlays(by_kind: Mapping[str, Sequence[Source]], config: Config, home: str, read: Read) -> Iterator[_Job]:
    """Yield the kustomizations that no other one builds on."""
    found = {posixpath.dirname(source.path) or ".": source.path for source in by_kind.get("kustomization", ())}
    reached = {folder: list(_reached(folder, read)) for folder in found}
    below = {other for folder, documents in reached.items() for other, _ in documents if other != folder}
    judged = {source.path for sources in by_kind.values() for source in sources}
    for folder, at in sorted(found.items()):
        documents = reached[folder]
        if folder in below or not documents or documents[0][1].text("kind") == "Component":
            continue
        covers = [
            posixpath.normpath(posixpath.join(current, name))
            for current, document in documents
            for name in (*_named(document, _TREES), *_files(document))
        ]
        plain = all(_PLAIN.issuperset(document.entries) for _, document in documents) and all(
            path in judged or path in found for path in covers
        )
        covers += [found[current] for current, _ in documents if current in found]
        for entry, _ in _entries("kustomize", folder, config, home):
            yield _Job(entry, folder, at, (), tuple(covers), plain and not entry.name)


def _entries(kind: str, folder: str, config: Config, home: str) -> Iterator[tuple[Render, tuple[str, ...]]]:
    """Yield the renderings that the configuration names for a folder, else the one without value files."""
    named = [entry for entry in config.render if entry.kind == kind and posixpath.normpath(posixpath.join(home, entry.path)) == folder]
    for entry in named or [Render("", folder, kind)]:
        yield entry, tuple(posixpath.normpath(posixpath.join(home, path)) for path in entry.values)


def _packed_in(folder: str, charts: Container[str]) -> bool:
    """Say whether a chart lies in the folder `charts` of another one."""
    names = folder.split("/")
    return any(name == "charts" and ("/".join(names[:index]) or ".") in charts for index, name in enumerate(names[:-1]))


def _in_parallel(jobs: Sequence[_Job], read: Read, base: str) -> Iterator[Rendered | Failure]:
    if not jobs:
        return
    from concurrent.futures import ThreadPoolExecutor

    end = monotonic() + _ALL

    def render(job: _Job) -> Rendered | Failure:
        left = min(MAX_SECONDS, end - monotonic())
        if left <= 0:
            return Failure(job.folder, f"is not rendered: all charts and overlays together took longer than {_ALL:g} s")
        if job.entry.kind == "kustomize":
            return kustomize(job.folder, read, left, base=base)
        name = re.sub(r"[^a-z0-9-]+", "-", job.entry.name.lower()).strip("-")[:40] or "release"
        return helm(job.folder, read, job.values, name, job.entry.namespace, left, base=base)

    with ThreadPoolExecutor(min(os.cpu_count() or 1, len(jobs))) as pool:
        yield from pool.map(render, jobs)


# ---- programs


def _run(command: Sequence[str], timeout: float, base: str = "") -> tuple[str | None, str]:
    """Return the standard output of a program, or None and why: it failed, took too long, or wrote too much.

    The program finds no home with plugins, no cluster, and no way to another host, not by git either.
    """
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryFile() as errors:
        environment = {
            "PATH": os.environ.get("PATH", ""), "HOME": home, "XDG_CONFIG_HOME": home, "XDG_CACHE_HOME": home, "XDG_DATA_HOME": home,
            "KUBECONFIG": os.devnull, "GIT_ALLOW_PROTOCOL": "none", "TMPDIR": tempfile.gettempdir(), "LC_ALL": "C",
            "HTTP_PROXY": _NOWHERE, "HTTPS_PROXY": _NOWHERE, "http_proxy": _NOWHERE, "https_proxy": _NOWHERE, "NO_PROXY": "", "no_proxy": "",
        }  # fmt: skip
        try:
            process = subprocess.Popen(  # noqa: S603  # a fixed program with our own arguments; no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
                cwd=base or None,
                start_new_session=True,
            )
        except OSError as error:
            return None, (error.strerror or str(error)).lower()
        _confine(process.pid)
        late: list[bool] = []

        def stop() -> None:
            late.append(True)
            _end(process.pid)

        timer = Timer(timeout, stop)
        timer.start()
        try:
            assert process.stdout is not None
            output = process.stdout.read(MAX_OUTPUT + 1)
            if len(output) > MAX_OUTPUT:
                _end(process.pid)
            process.wait()
        finally:
            timer.cancel()
            if process.stdout is not None:
                process.stdout.close()
        if late:
            return None, f"it took longer than {timeout:g} s"
        if len(output) > MAX_OUTPUT:
            return None, f"it writes more than {MAX_OUTPUT >> 20} MiB"
        if process.returncode != 0:
            errors.seek(0)
            told = " ".join(line for line in errors.read(20_000).decode("utf-8", "replace").split("\n") if line and "--debug" not in line)
            told = (
                re.sub(r'^.*?(?:"command failed" err=(?:"|< ?)|Error: )|"$', "", re.sub(r"\s+", " ", told))
                or f"exit status {process.returncode}"
            )
            if "out of memory" in told[:300]:
                told = f"it wants more than {_MAX_MEMORY >> 30} GiB of memory"
            return None, told[:300]
        return output.decode("utf-8", "replace"), ""


def _confine(pid: int) -> None:
    try:
        import resource

        resource.prlimit(pid, resource.RLIMIT_DATA, (_MAX_MEMORY, _MAX_MEMORY))
    except (ImportError, AttributeError, OSError, ValueError):
        return  # not Linux, or the program has ended


def _end(pid: int) -> None:
    """End a program and what it started."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (OSError, AttributeError):
        return  # it has ended, or the system knows no groups of processes
