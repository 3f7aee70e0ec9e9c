"""The Kubernetes objects of a run, and which of them belong together.

Objects are joined over the whole run, but only where they plausibly share a cluster and a namespace: a repository may hold fifty
applications that all say namespace `default`, and a LimitRange among the examples must not bound the others. Two objects belong
together when their namespaces agree and the folder of one holds the other; or, wherever they stand, when both name the same namespace
other than `default` and the run does not define any object of that namespace twice in different folders (as environments and
alternatives do).
"""

import posixpath
from collections.abc import Iterable, Iterator

from memlint.resolve import custom_resources
from memlint.resolve.inputs import Inputs
from memlint.sources import kubernetes, tree
from memlint.sources.kubernetes import BY_NAME, POD_SPECS, PODLESS, SUPPORT, Object
from memlint.sources.text import Source

_CLUSTER_WIDE = frozenset(("PriorityClass", "RuntimeClass"))


class Objects:
    """Everything that the Kubernetes files define. A file without a pod or an object about pods is parsed only when its name is asked for."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        self._kinds: dict[str, list[Object]] = {}
        self._waiting: list[Source] = []
        self._mixed: set[str] | None = None
        self.all: list[Object] = []
        for source in sorted(inputs.sources("kubernetes"), key=lambda source: source.path):
            named = kubernetes.kinds(source.text)
            if self._concerns(named, source.text):
                self._read(source)
            elif not named.isdisjoint(BY_NAME):
                self._waiting.append(source)

    def _concerns(self, named: set[str], text: str) -> bool:
        if not named or not named.isdisjoint(POD_SPECS) or not named.isdisjoint(SUPPORT):
            return True  # without any kind only the parser can tell what is wrong
        others = named - PODLESS - BY_NAME
        if "serving.knative.dev" in text:  # Knative's Service has pods, the other one has none
            others |= named & {"Service"}
        return bool(others) and (custom_resources.knows(others, self._inputs.config.resources) or "containers" in text)

    def _read(self, source: Source) -> None:
        read = tree.read(source)
        if read.problems:
            if kubernetes.is_template(source.text):
                self._inputs.joined.append(f"{source.path}: a template, not read; render it first")
            else:
                self._inputs.problems.extend(read.problems)
        for thing in kubernetes.objects(read):
            self.all.append(thing)
            self._kinds.setdefault(thing.kind, []).append(thing)

    def of(self, kind: str) -> list[Object]:
        return self._kinds.get(kind, [])

    def named(self, kind: str, name: str, place: Object) -> Object | None:
        """Return the object that `place` means by a name: the nearest; None where there is none or two are equally near."""
        if kind in BY_NAME:
            self._wake(name)
        best: list[Object] = []
        nearest = 1000
        for thing in self._kinds.get(kind, ()):
            if thing.name != name:
                continue
            distance = self._distance(thing, place, strict=False)
            if distance is None:
                continue
            if distance < nearest:
                best, nearest = [thing], distance
            elif distance == nearest:
                best.append(thing)
        return best[0] if len(best) == 1 else None

    def bounding(self, kind: str, place: Object) -> list[Object]:
        """Return the objects of `kind` that hold for every pod of a namespace, that of `place` among them; by name."""
        found = [thing for thing in self._kinds.get(kind, ()) if self._distance(thing, place, strict=True) is not None]
        return sorted(found, key=lambda thing: thing.name)

    def together(self, one: Object, other: Object) -> bool:
        return self._distance(one, other, strict=False) is not None

    def _wake(self, name: str) -> None:
        """Parse the waiting files that hold `name`."""
        if self._waiting:
            asleep = []
            for source in self._waiting:
                if name in source.text:
                    self._read(source)
                else:
                    asleep.append(source)
            self._waiting = asleep

    def _distance(self, thing: Object, place: Object, strict: bool) -> int | None:
        """Return how far `thing` is from `place`, None where they do not belong together."""
        same = _folder(thing), _folder(place)
        if thing.kind in _CLUSTER_WIDE:
            return 0 if thing.source is place.source else 1 if _holds(*same) or _holds(*same[::-1]) else 100
        given, wanted = thing.namespace, place.namespace
        explicit = given is not None and given == wanted and given != "default"
        agree = (given or "default") == (wanted or "default") or (not strict and (given is None or wanted is None))
        if not agree:
            return None
        if thing.source is place.source:
            return 0
        if _holds(*same):
            return 1 + _depth(same[1]) - _depth(same[0])
        if _holds(*same[::-1]):
            # A LimitRange deep in a tree of examples does not bound what stands above it, unless both say so.
            return None if strict and not explicit else 200 + _depth(same[0]) - _depth(same[1])
        return 500 if explicit and given not in self._several_environments() else None

    def _several_environments(self) -> set[str]:
        """Return the namespaces in which an object is defined in two folders: they stand for several clusters or alternatives."""
        if self._mixed is None:
            folders: dict[tuple[str, str, str], str] = {}
            self._mixed = set()
            for thing in self.all:
                if thing.namespace and thing.name:
                    folder = _folder(thing)
                    if folders.setdefault((thing.namespace, thing.kind, thing.name), folder) != folder:
                        self._mixed.add(thing.namespace)
        return self._mixed


def _folder(thing: Object) -> str:
    return posixpath.dirname(thing.source.path)


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
