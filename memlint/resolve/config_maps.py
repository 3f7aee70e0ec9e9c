"""What stands in ConfigMaps and Secrets: those among the manifests, and those that a kustomization generates from files and literals."""

import posixpath
from collections.abc import Iterator
from typing import TypeAlias

from memlint.model import Known, Origin, Unknown
from memlint.resolve import quantities
from memlint.resolve.inputs import Inputs
from memlint.resolve.objects import Objects
from memlint.sources import tree
from memlint.sources.kubernetes import Object, mappings
from memlint.sources.tree import Mapping, Scalar

Entries: TypeAlias = dict[str, Known[str] | Unknown]

_GENERATORS = {"ConfigMap": "configMapGenerator", "Secret": "secretGenerator"}


class ConfigMaps:
    """Finds the entries that an object means by a name."""

    def __init__(self, objects: Objects, inputs: Inputs) -> None:
        self._objects = objects
        self._inputs = inputs
        self._kustomizations: dict[str, Mapping] | None = None
        self._known: dict[int, Entries] = {}

    def entries(self, kind: str, name: str, place: Object) -> Entries | None:
        """Return what a ConfigMap or Secret holds, None where it is not among the files. A Secret's values are never known."""
        thing = self._objects.named(kind, name, place)
        if thing is not None:
            if id(thing) not in self._known:
                self._known[id(thing)] = _written(thing)
            return self._known[id(thing)]
        folder = posixpath.dirname(place.source.path)
        while True:
            kustomization = self._generating(folder)
            for generator in mappings(kustomization.sequence(_GENERATORS[kind])) if kustomization is not None else ():
                if generator.text("name") == name:
                    if id(generator) not in self._known:
                        self._known[id(generator)] = dict(self._generated(generator, kind, name))
                    return self._known[id(generator)]
            if folder in ("", ".", "/", ".."):
                return None
            folder = posixpath.dirname(folder)

    def affords(self, count: int, place: Object) -> bool:
        """Count variables that a container takes in; False when all containers take in too many."""
        return self._inputs.variables.take(count, place.source.path)

    def _generating(self, folder: str) -> Mapping | None:
        if self._kustomizations is None:
            self._kustomizations = {}
            for source in self._inputs.sources("kustomization"):
                if "Generator" in source.text:
                    for document in tree.read(source).documents[:1]:
                        if isinstance(document, Mapping):
                            self._kustomizations[posixpath.dirname(source.path)] = document
        return self._kustomizations.get(folder)

    def _generated(self, generator: Mapping, kind: str, name: str) -> Iterator[tuple[str, Known[str] | Unknown]]:
        def value(key: str, text: str, origin: Origin) -> tuple[str, Known[str] | Unknown]:
            return key, Unknown(f"from Secret {name}", origin) if kind == "Secret" else Known(text, origin)

        how = f"{kind} {name}"
        path = generator.source.path
        for item in _texts(generator, "literals"):
            key, equals, text = item.value.partition("=")
            if equals:
                at = item.part(len(key) + 1, len(item.value))
                yield value(key, text.strip("\"'"), Origin(at, f"{how} {key}"))
        for item in _texts(generator, "files"):
            key, equals, file = item.value.partition("=")
            source = self._inputs.beside(path, file if equals else key)
            key = key if equals else posixpath.basename(key)
            if source is not None:
                yield value(key, source.text, Origin(source.line_span(1), f"{how} {key}", (item.origin(how),)))
            else:
                yield key, Unknown(f"{file or item.value} is not there", item.origin(f"{how} {key}"))
        single = generator.scalar("env")
        for item in (*_texts(generator, "envs"), *([single] if single is not None else [])):
            source = self._inputs.beside(path, item.value)
            position = 0
            for line in source.text.split("\n") if source is not None else ():
                key, equals, text = line.strip().partition("=")
                if source is not None and equals and not key.startswith("#"):
                    begin = position + line.index("=") + 1
                    yield value(key, text, Origin(source.span(begin, begin + len(text)), f"{how} {key}", (item.origin(how),)))
                position += len(line) + 1


def _texts(holder: Mapping, key: str) -> list[Scalar]:
    sequence = holder.sequence(key)
    return [item for item in sequence.items if isinstance(item, Scalar)] if sequence is not None else []


def _written(thing: Object) -> Entries:
    found: Entries = {}
    for section in ("data",) if thing.kind == "ConfigMap" else ("data", "stringData"):
        values = thing.node.mapping(section)
        for key, value in values.items() if values is not None else ():
            if thing.kind == "Secret":
                found[key.value] = Unknown(f"from Secret {thing.name}", Origin(key.span, f"Secret {thing.name} {key.value}"))
            elif isinstance(value, Scalar):
                origin = Origin(value.span, f"ConfigMap {thing.name} {key.value}")
                why = quantities.templated(value.value, thing.parameters)
                found[key.value] = Unknown(why, origin) if why else Known(value.value, origin)
    return found
