"""A chart's values without helm: a heap-like key beside `resources.limits.memory` of the same component.

Heap flags stand in values files more often than anywhere else. Which template uses a key cannot be seen here, so a component is
taken for what it looks like, at low confidence, and nothing that is absent is held against it.
"""

import re
from collections.abc import Iterator
from typing import Final

from memlint.model import Confidence, Container, Known, Observation, Origin, Problem, Span, Text, Unknown, Word, Workload
from memlint.patterns import pattern
from memlint.quantity import QuantityError
from memlint.quantity import jvm as jvm_size
from memlint.resolve import quantities
from memlint.resolve.custom_resources import split
from memlint.resolve.doubt import doubted
from memlint.resolve.inputs import Inputs
from memlint.resolve.process import RunSpec, join
from memlint.resolve.qos import Value
from memlint.sources import scalars, tree
from memlint.sources.kubernetes import mappings
from memlint.sources.tree import Mapping, Node, Scalar, Sequence

_SIZE_KEY: Final = pattern(
    r"^(?:xmx|max_?heap(?:_?size)?|(?:jvm|java|es|solr)?_?heap(?:_?(?:size|max|memory))?|java_?xmx|jvm_?xmx)$", re.IGNORECASE
)
_HEAP_FLAG: Final = pattern(r"-Xmx\S|-XX:MaxRAMPercentage=")
_NODE_FLAG: Final = pattern(r"--max[-_]old[-_]space[-_]size[= ]\d")
MAX_COMPONENTS: Final = 500  # of one file of values
MAX_MAPPINGS: Final = 20_000
_MAX_DEPTH: Final = 4  # how far below its `resources` a component's settings stand


def workloads(inputs: Inputs) -> list[Workload]:
    """Return the components of the run's values files that have both a memory limit and a heap."""
    found: list[Workload] = []
    for source in sorted(inputs.sources("helm-values"), key=lambda source: source.path):
        if "memory" not in source.text:
            continue
        read = tree.read(source)
        inputs.problems.extend(read.problems)
        for document in read.documents:
            if isinstance(document, Mapping):
                found.extend(components(document, _chart(source.path), inputs))
    return found


def _chart(path: str) -> str:
    folders = path.split("/")
    return folders[-2] if len(folders) > 1 else "values"


def components(values: Mapping, chart: str, inputs: Inputs) -> Iterator[Workload]:
    """Yield what looks like a container in a mapping of values."""
    stack: list[tuple[Mapping, tuple[str, ...], Span]] = [(values, (), values.span)]
    seen: set[int] = set()
    count = 0
    while stack:
        node, path, at = stack.pop()
        if count >= MAX_COMPONENTS or len(seen) >= MAX_MAPPINGS:
            what = f"has values of more than {MAX_COMPONENTS} components, or more than {MAX_MAPPINGS} mappings: memlint looks at no more of them"
            inputs.problems.append(Problem(at.path, what, at.line, at.column))
            return
        if id(node) in seen:
            continue
        seen.add(id(node))
        limit = node.get("resources")
        memory = limit.mapping("limits") if isinstance(limit, Mapping) else None
        if memory is not None and memory.get("memory") is not None:
            workload = _component(node, path, at, chart, inputs)
            if workload is not None:
                count += 1
                yield workload
        stack.extend((value, (*path, key.value), key.span) for key, value in reversed(list(node.items())) if isinstance(value, Mapping))


def _component(node: Mapping, path: tuple[str, ...], at: Span, chart: str, inputs: Inputs) -> Workload | None:
    words, env = _program(node)
    if not words:
        return None
    seen: list[Observation] = []
    resources = node.mapping("resources")
    limits = resources.mapping("limits") if resources is not None else None
    limit = _memory(limits, "resources.limits.memory", seen)
    if not isinstance(limit, Known) or limit.value <= 0:
        return None
    requests = resources.mapping("requests") if resources is not None else None
    request = _memory(requests, "resources.requests.memory", seen)
    name = "-".join((chart, *path))
    image = _image(node)
    claimed = request if isinstance(request, Unknown) or (request is not None and request.value > 0) else limit
    process = join(
        RunSpec(
            platform="kubernetes",
            name=path[-1] if path else chart,
            workload=name,
            path=node.source.path,
            at=at,
            image_reference=image,
            image=None,
            entrypoint=words,
            command=None,
            env=env,
            limit=limit,
            request=claimed,
        ),
        inputs,
    )
    container = Container(
        name=path[-1] if path else chart,
        at=at,
        role="main",
        image=image,
        entrypoint=None,
        command=None,
        process=doubted(process, Confidence.LOW),
        env=env,
        limit=limit,
        request=claimed,
        confidence=Confidence.LOW,
        observations=tuple(seen),
    )
    return Workload(name=name, kind="helm-values", at=at, containers=(container,), partial=True)


def _memory(claims: Mapping | None, how: str, seen: list[Observation]) -> Value | None:
    node = claims.get("memory") if claims is not None else None
    return quantities.read(node, how, seen) if node is not None else None


def _image(node: Mapping) -> Text:
    image = node.get("image")
    if isinstance(image, Scalar) and not scalars.is_null(image):
        return image.known("image")
    if isinstance(image, Mapping):
        repository, tag = image.scalar("repository") or image.scalar("name"), image.text("tag")
        if repository is not None and repository.value:
            return Known(f"{repository.value}:{tag}" if tag else repository.value, Origin(repository.span, "image"))
    return None


def _program(node: Mapping) -> tuple[tuple[Word, ...], dict[str, Text]]:
    """Return the process that the heap settings of a component speak of; nothing where they speak of several."""
    java: list[Word] = []
    nodejs: list[Word] = []
    heaps: set[str] = set()
    for key, value in _settings(node, 0):
        text = value.value
        if quantities.placeholder(text) is not None:
            continue
        if _HEAP_FLAG.search(text):
            java += split(value, key)
            heaps.add(text)
        elif _NODE_FLAG.search(text):
            nodejs += split(value, key)
            heaps.add(text)
        elif _SIZE_KEY.match(key) and _is_size(text):
            java.append(Known(f"-Xmx{text}", Origin(value.span, key)))
            heaps.add(text)
    if len(heaps) != 1:
        return (), {}
    program, flags = ("node", nodejs) if nodejs else ("java", java)
    return (Known(program, flags[0].origin or Origin(node.span, "values")), *flags), {}


def _is_size(text: str) -> bool:
    """Say whether a text is a heap size; a bare number may be anything."""
    try:
        jvm_size(text)
    except QuantityError:
        return False
    return not text.isdigit()


def _settings(node: Mapping, depth: int) -> Iterator[tuple[str, Scalar]]:
    """Yield every text below a component with its key, or its name in a list of variables; other components are left out."""
    for key, value in node.items():
        if isinstance(value, Scalar):
            yield key.value, value
        elif isinstance(value, Sequence):
            for item in mappings(value):
                name, text = item.scalar("name"), item.scalar("value")
                if name is not None and text is not None:
                    yield name.value, text
        elif isinstance(value, Mapping) and depth < _MAX_DEPTH and not _is_component(value):
            yield from _settings(value, depth + 1)


def _is_component(node: Node) -> bool:
    return isinstance(node, Mapping) and any(node.get(key) is not None for key in ("resources", "image", "replicas", "replicaCount"))
