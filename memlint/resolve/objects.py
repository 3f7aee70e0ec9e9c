"""The Kubernetes objects of a run, and which of them belong together.

Objects are joined over the whole run, but only where they plausibly share a cluster and a namespace: a repository may hold fifty
applications that all say namespace `default`, and a LimitRange among the examples must not bound the others. Two objects belong
together when their namespaces agree and the folder of one holds the other; or, wherever they stand, when both name the same namespace
other than `default` and the run does not define any object of that namespace twice in different folders (as environments and
alternatives do).

What could join an object with one of another folder is noted in `Inputs.ties`. Folders that hold each other are judged together anyway.
"""

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from memlint.model import Confidence, Observation, Problem, Span, Text
from memlint.patterns import pattern
from memlint.records import NamedTuple
from memlint.resolve.inputs import Inputs
from memlint.resolve.qos import Value
from memlint.sources import kubernetes, scalars, tree
from memlint.sources.kubernetes import BY_NAME, POD_SPECS, PODLESS, SUPPORT, Object
from memlint.sources.text import Source

if TYPE_CHECKING:
    from memlint.resolve.custom_resources import Command

_MANY = 500  # of one name: only those of the same folder or above it are looked at, so that thousands of twins stay linear
MAX_BOUNDING = 50  # LimitRanges, or quotas, that hold for one pod
_BOUNDING = frozenset(("LimitRange", "ResourceQuota"))
_CLUSTER_WIDE = frozenset(("PriorityClass", "RuntimeClass"))
_NAMESPACE = pattern(r"""namespace["']?[ \t]*:[ \t]*["']?([\w.-]+)""")


class Made(NamedTuple):
    """The container that an operator makes: `limits` and `requests` are what it computes, beside those of `resources`."""

    container: str
    at: Span
    node: tree.Mapping
    resources: tree.Mapping | None = None
    resources_how: str = "resources"
    limits: Mapping[str, Value] = MappingProxyType({})
    requests: Mapping[str, Value] = MappingProxyType({})
    defaults: tuple[Mapping[str, Value], Mapping[str, Value]] = (MappingProxyType({}), MappingProxyType({}))
    replaces: bool = False  # the pod template's own resources are ignored
    image: Text = None
    observations: tuple[Observation, ...] = ()
    command: "Command | None" = None


class PodSource(NamedTuple):
    """Where one pod of an object is described: by a PodSpec, by containers that stand alone, or by what an operator makes it of."""

    name: str
    at: Span
    spec: tree.Mapping | None = None
    metadata: tree.Mapping | None = None
    replicas: tree.Node | None = None
    containers: tuple[tuple[tree.Mapping, tree.Mapping | None], ...] = ()  # each with its resources
    made: Made | None = None
    confidence: Confidence = Confidence.HIGH


class Objects:
    """Everything that the Kubernetes files define. A file without a pod or an object about pods is parsed only when its name is asked for."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        self._ties = inputs.ties
        self._kinds: dict[str, list[Object]] = {}
        # (kind, name), and (kind, "") for all of a kind -> folder -> objects: most of what an object means stands in its folder or above.
        self._folders: dict[tuple[str, str], dict[str, list[Object]]] = {}
        self._spaces: dict[tuple[str, str], list[Object]] = {}  # (kind, namespace) -> objects
        self._here: dict[tuple[str, str, str], list[Object]] = {}  # (kind, folder, namespace) -> what may bound pods
        self._bounds: dict[tuple[str, str, str, int], list[Object]] = {}
        self._waiting: dict[str, list[Source]] = {}  # name -> files that are parsed once somebody asks for it
        self._woken: set[Source] = set()
        self._mixed: set[str] | None = None
        self.all: list[Object] = []
        for source in sorted(inputs.sources("kubernetes"), key=lambda source: source.path):
            named = kubernetes.kinds(source.text)
            if self._concerns(named, source.text):
                self._read(source)
            elif not named.isdisjoint(BY_NAME):
                spaces = _spaces(source.text)
                for name in kubernetes.names(source.text):
                    self._waiting.setdefault(name, []).append(source)
                    self._ties.has.update(("waiting", name, space) for space in spaces)
        self._given = len(self.all)

    def _concerns(self, named: set[str], text: str) -> bool:
        if not named or not named.isdisjoint(POD_SPECS) or not named.isdisjoint(SUPPORT):
            return True  # without any kind only the parser can tell what is wrong
        others = named - PODLESS - BY_NAME
        if "serving.knative.dev" in text:  # Knative's Service has pods, the other one has none
            others |= named & {"Service"}
        from memlint.resolve import custom_resources

        return bool(others) and (custom_resources.knows(others, self._inputs.config.resources) or "containers" in text)

    def _read(self, source: Source) -> None:
        read = tree.read(source)
        things = list(kubernetes.objects(read))
        if read.problems:
            if kubernetes.is_template(source.text):
                self._inputs.joined.append(f"{source.path}: a template, not read; render it first")
            else:
                self._inputs.problems.extend(read.problems)
        for thing in things:
            self.all.append(thing)
            self._kinds.setdefault(thing.kind, []).append(thing)
            for name in {thing.name, ""}:
                self._folders.setdefault((thing.kind, name), {}).setdefault(_folder(thing), []).append(thing)
            if thing.kind in _BOUNDING:
                self._here.setdefault((thing.kind, _folder(thing), thing.namespace or "default"), []).append(thing)
            if thing.namespace:
                self._spaces.setdefault((thing.kind, thing.namespace), []).append(thing)
                space = thing.namespace
                self._ties.has.update((("space", space), ("bound", space, thing.kind), ("named", space, thing.kind, thing.name)))
            self._ties.has.add(("named", "", thing.kind, thing.name))
            if thing.kind == "PriorityClass" and scalars.is_true(thing.node.get("globalDefault")):
                self._ties.has.add(("default", "PriorityClass"))

    def of(self, kind: str) -> list[Object]:
        return self._kinds.get(kind, [])

    def named(self, kind: str, name: str, place: Object) -> Object | None:
        """Return the object that `place` means by a name: the nearest; None where there is none or two are equally near."""
        if kind in BY_NAME:
            self._wake(name)
        folders = self._folders.get((kind, name), {})
        best = self._nearest((thing for folder in _upwards(_folder(place)) for thing in folders.get(folder, ())), place)
        if best:
            return best[0] if len(best) == 1 else None
        if kind in _CLUSTER_WIDE:
            self._ties.asked.add(("named", "", kind, name))
        elif space := telling(place.namespace):
            self._ties.asked.update((("named", space, kind, name), ("waiting", name, space), ("waiting", name, "?")))
        if len(folders) <= _MANY:
            best = self._nearest((thing for things in folders.values() for thing in things), place)
            if best:  # with twins in further folders there could be too many
                self._ties.asked.update((("named", "", kind, name), ("waiting", name, "")))
        return best[0] if len(best) == 1 else None

    def _nearest(self, things: Iterable[Object], place: Object) -> list[Object]:
        best: list[Object] = []
        nearest = 1000
        for thing in things:
            distance = self._distance(thing, place, strict=False)
            if distance is not None and distance <= nearest:
                best = [*best, thing] if distance == nearest else [thing]
                nearest = distance
        return best

    def bounding(self, kind: str, place: Object) -> list[Object]:
        """Return the objects of `kind` that hold for every pod of a namespace, that of `place` among them; by name."""
        space = telling(place.namespace)
        if space:
            self._ties.asked.add(("bound", space, kind))
        if kind not in self._kinds:
            return []
        key = kind, _folder(place), place.namespace or "default", len(self.all)
        if key not in self._bounds:
            own = place.namespace or "default"
            near = {id(thing): thing for folder in _upwards(_folder(place)) for thing in self._here.get((kind, folder, own), ())}
            elsewhere = self._spaces.get((kind, space), ())
            if elsewhere and space and self._one_environment(space):
                near.update((id(thing), thing) for thing in elsewhere)
            found = [thing for thing in near.values() if self._distance(thing, place, strict=True) is not None]
            found.sort(key=lambda thing: thing.name)
            if len(found) > MAX_BOUNDING:
                at = found[MAX_BOUNDING].at
                what = f"more than {MAX_BOUNDING} objects {kind} hold for one pod: memlint looks at no more of them"
                self._inputs.problems.append(Problem(at.path, what, at.line, at.column))
            self._bounds[key] = found[:MAX_BOUNDING]
        return self._bounds[key]

    def together(self, one: Object, other: Object) -> bool:
        return self._distance(one, other, strict=False) is not None

    def _wake(self, name: str) -> None:
        """Parse the waiting files that hold an object of this name."""
        for source in self._waiting.pop(name, ()):
            if source not in self._woken:
                self._woken.add(source)
                self._read(source)

    def _distance(self, thing: Object, place: Object, strict: bool) -> int | None:
        """Return how far `thing` is from `place`, None where they do not belong together."""
        same = _folder(thing), _folder(place)
        if thing.kind in _CLUSTER_WIDE:
            return 0 if thing.source is place.source else 1 if _holds(*same) or _holds(*same[::-1]) else 100
        given, wanted = thing.namespace, place.namespace
        space = telling(given) if given == wanted else ""
        agree = (given or "default") == (wanted or "default") or (not strict and (given is None or wanted is None))
        if not agree:
            return None
        if thing.source is place.source:
            return 0
        if _holds(*same):
            return 1 + _depth(same[1]) - _depth(same[0])
        if _holds(*same[::-1]):
            # A LimitRange deep in a tree of examples does not bound what stands above it, unless both say so.
            return None if strict and not (space and self._one_environment(space)) else 200 + _depth(same[0]) - _depth(same[1])
        return 500 if space and self._one_environment(space) else None

    def _one_environment(self, namespace: str) -> bool:
        """Say that no object of a namespace is defined in two folders: that would stand for several clusters or alternatives.

        What is parsed only when it is asked for does not count: the answer must not hang on who asked before.
        """
        self._ties.asked.add(("space", namespace))
        if self._mixed is None:
            folders: dict[tuple[str, str, str], str] = {}
            self._mixed = set()
            for thing in self.all[: self._given]:
                if thing.namespace and thing.name:
                    folder = _folder(thing)
                    if folders.setdefault((thing.namespace, thing.kind, thing.name), folder) != folder:
                        self._mixed.add(thing.namespace)
        return namespace not in self._mixed


def telling(namespace: str | None) -> str:
    """Return a namespace that joins objects wherever they stand; "" for none, and for the one that everybody has."""
    return "" if namespace is None or namespace == "default" else namespace


def _spaces(text: str) -> set[str]:
    """Return the namespaces that a text names, without parsing it; "?" where not every one can be read so, "" for any."""
    found = _NAMESPACE.findall(text)
    return {"", *found, "?"} if len(found) < text.count("namespace") else {"", *found}


def _upwards(folder: str) -> Iterator[str]:
    """Yield a folder and those that hold it, the nearest first."""
    while True:
        yield folder
        if folder in ("", ".", "/"):
            return
        folder = _above(folder)


def _folder(thing: Object) -> str:
    return _above(thing.source.path)


@lru_cache(maxsize=4096)
def _above(path: str) -> str:
    return posixpath.dirname(path)


def _holds(outer: str, inner: str) -> bool:
    return outer in ("", ".", inner) or inner.startswith(outer + "/")


def _depth(folder: str) -> int:
    return folder.count("/") + 1 if folder else 0


def values(things: Iterable[Object]) -> Iterator[tuple[Object, tree.Mapping]]:
    """Yield each object with its `spec`."""
    for thing in things:
        spec = thing.node.mapping("spec")
        if spec is not None:
            yield thing, spec
