"""Operators' custom resources: which pods an operator makes of an object, from a table (`sources/custom_resources.json`) and the configuration.

An entry names a kind and where its settings stand; the user adds entries of the same shape under `resources` in the configuration.
"""

import re
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Map
from collections.abc import Sequence as Seq
from functools import cache
from typing import Any, Final, TypeAlias

from memlint import quantity
from memlint.model import Amount, Confidence, Known, Observation, Origin, Problem, Severity, Span, Text, Unknown, Word, Words
from memlint.patterns import pattern
from memlint.quantity import MIB, QuantityError, human
from memlint.records import NamedTuple
from memlint.resolve import quantities
from memlint.resolve.inputs import Inputs
from memlint.resolve.objects import Made, PodSource
from memlint.resolve.qos import Claims
from memlint.sources import packaged, scalars
from memlint.sources.kubernetes import PODLESS, Object
from memlint.sources.tree import Mapping, Node, Scalar, Sequence

Entry: TypeAlias = Map[str, Any]
Path: TypeAlias = tuple[str, ...]

_HOLE: Final = pattern(r"\{([^{}]*)\}")
MAX_PODS: Final = 1000  # of one custom resource


@cache
def _table() -> dict[tuple[str, str], list[Entry]]:
    """Return the built-in entries by (group, kind)."""
    return _by_kind(packaged.data("custom_resources.json")["resources"])


def _by_kind(entries: Iterable[Entry]) -> dict[tuple[str, str], list[Entry]]:
    found: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        for group in _strings(entry.get("group")):
            for kind in _strings(entry.get("kind")):
                found.setdefault((group, kind), []).append(entry)
    return found


def _strings(value: object) -> list[str]:
    return (
        [value] if isinstance(value, str) else [item for item in value if isinstance(item, str)] if isinstance(value, list | tuple) else []
    )


def knows(kinds: Iterable[str], extra: Seq[Entry]) -> bool:
    """Say whether one of `kinds` has an entry, whatever its group."""
    wanted = set(kinds)
    return any(kind in wanted for _, kind in _table()) or any(kind in wanted for _, kind in _by_kind(extra))


def pods(thing: Object, inputs: Inputs) -> list[PodSource]:
    """Return the pods of a custom resource; of a kind that nobody described, whatever looks like a pod, at low confidence."""
    key = thing.group, thing.kind
    entries = _by_kind(inputs.config.resources).get(key) or _table().get(key)
    if entries is None:
        return [] if thing.kind in PODLESS else list(_guessed(thing))
    found: list[PodSource] = []
    for entry in entries:
        for place in _walk(thing.node, entry.get("at", "")):
            if len(found) >= MAX_PODS:
                what = f"holds more than {MAX_PODS} pods: memlint looks at no more of them"
                inputs.problems.append(Problem(thing.at.path, what, thing.at.line, thing.at.column))
                return found
            found.extend(_pod(thing, entry, place))
    return found


def _guessed(thing: Object) -> Iterator[PodSource]:
    """Yield what holds `containers: [{name, image}]` below the `spec` of an unknown kind."""
    stack: list[tuple[Node | None, int]] = [(thing.node.get("spec"), 0)]
    seen: set[int] = set()
    while stack and len(seen) < 10_000:
        node, depth = stack.pop()
        if node is None or id(node) in seen or depth > 30:
            continue
        seen.add(id(node))
        if isinstance(node, Mapping):
            containers = node.sequence("containers")
            if containers is not None and any(
                isinstance(item, Mapping) and item.text("name") and item.text("image") for item in containers.items
            ):
                yield PodSource(thing.name, thing.at, node, confidence=Confidence.LOW)
            stack.extend((value, depth + 1) for _, value in node.items())
        elif isinstance(node, Sequence):
            stack.extend((item, depth + 1) for item in node.items)


# ---- places


class _Place(NamedTuple):
    root: Mapping
    node: Mapping
    at: Span
    key: str  # of the last `*`


def _paths(path: object) -> list[Path]:
    """Return the alternatives of a path as tuples of keys; one that begins with "/" is meant from the object's root."""
    if isinstance(path, str):
        return [_split(one) for one in path.split("|")]
    if isinstance(path, list | tuple):
        if all(isinstance(item, str) for item in path):
            return [tuple(path)]
        return [tuple(str(key) for key in item) for item in path if isinstance(item, list | tuple)]
    return []


def _split(path: str) -> Path:
    rooted, rest = path.startswith("/"), path.lstrip("/")
    keys = tuple(key for key in rest.replace("[]", ".[]").split(".") if key)
    return ("/", *keys) if rooted else keys


def _walk(root: Mapping, at: object) -> Iterator[_Place]:
    """Yield every mapping at a path with `[]` and `*`."""
    for path in _paths(at) or [()]:
        stack: list[tuple[Node, Span, str, int]] = [(root, root.span, "", 0)]
        while stack:
            node, span, key, index = stack.pop()
            if index == len(path):
                if isinstance(node, Mapping):
                    yield _Place(root, node, span, key)
                continue
            step = path[index]
            if step == "[]" and isinstance(node, Sequence):
                stack.extend((item, item.span, key, index + 1) for item in reversed(node.items))
            elif step == "*" and isinstance(node, Mapping):
                stack.extend((value, name.span, name.value, index + 1) for name, value in reversed(list(node.items())))
            elif isinstance(node, Mapping):
                name_node, value = node.key(step), node.get(step)
                if name_node is not None and value is not None:
                    stack.append((value, name_node.span, step if len(path) > 1 and "*" not in path else key, index + 1))


def _find(place: _Place, path: object) -> Node | None:
    """Return the first node that one of the alternatives of a path leads to."""
    for keys in _paths(path):
        rooted = keys[:1] == ("/",)
        node: Node | None = place.root if rooted else place.node
        for key in keys[1:] if rooted else keys:
            node = node.get(key) if isinstance(node, Mapping) else None
        if node is not None and not scalars.is_null(node):
            return node
    return None


def _scalar(place: _Place, path: object) -> Scalar | None:
    node = _find(place, path)
    return node if isinstance(node, Scalar) else None


def _mapping(place: _Place, path: object) -> Mapping | None:
    node = _find(place, path)
    return node if isinstance(node, Mapping) else None


def _named(place: _Place, template: object) -> str:
    """Return a name with its holes filled: `{name}` from the place, `{*}` the key of the last wildcard."""
    if not isinstance(template, str):
        return ""

    def fill(hole: re.Match[str]) -> str:
        if hole[1] == "*":
            return place.key
        node = _scalar(place, hole[1])
        return node.value if node is not None else ""

    return _HOLE.sub(fill, template).lower() if template.startswith("{/kind}") else _HOLE.sub(fill, template)


# ---- pods


def _pod(thing: Object, entry: Entry, place: _Place) -> Iterator[PodSource]:
    if "when" in entry and _find(place, entry["when"]) is None:
        return
    if "enabled" in entry and (switch := _scalar(place, entry["enabled"])) is not None and scalars.kubernetes(switch) is False:
        return
    suffix = _named(place, entry.get("name", ""))
    name = f"{thing.name}-{suffix}" if suffix and suffix != thing.name else thing.name
    at = place.at if entry.get("at") else thing.at
    spec = _mapping(place, entry["pod"]) if "pod" in entry else None
    replicas = _find(place, entry["replicas"]) if "replicas" in entry else None
    if "containers" in entry:
        found: list[tuple[Mapping, Mapping | None]] = []
        for path in _strings(entry["containers"]):
            for inner in _walk(place.node, path):
                holder = _Place(place.root, inner.node, inner.at, "")
                found.append((inner.node, _mapping(holder, entry.get("resources", "resources"))))
        if found:
            yield PodSource(name, at, containers=tuple(found), replicas=replicas)
        return
    if "container" not in entry:
        if spec is not None:
            yield PodSource(name, at, spec, replicas=replicas)
        return
    yield PodSource(name, at, spec, replicas=replicas, made=_made(thing, entry, place))


def _made(thing: Object, entry: Entry, place: _Place) -> Made:
    seen: list[Observation] = []
    limits: Claims = {}
    requests: Claims = {}
    extra: Words = ()
    replaces = False
    model = entry.get("memory")
    if model == "spark":
        limits, requests, extra = _spark(place, thing, seen)
        replaces = True
    elif model in ("flink-jobmanager", "flink-taskmanager"):
        limits, requests, extra = _flink(place, thing, str(model), seen)
    resources = _mapping(place, entry["resources"]) if "resources" in entry else None
    image = _scalar(place, entry.get("image", "image")) if entry.get("image") else None
    given = entry.get("default_image")
    known_image: Text = image.known("image") if image is not None else None
    if known_image is None and isinstance(given, str):
        known_image = Known(_named(place, given).removesuffix(":"), Origin(place.at, f"the default image of {thing.kind}"))
    command = Command(entry, place, thing, extra)
    return Made(
        container=_named(place, entry["container"]),
        at=place.at if entry.get("at") else thing.at,
        node=place.node,
        resources=resources,
        limits=limits,
        requests=requests,
        defaults=_defaults(entry.get("defaults"), place, thing),
        replaces=replaces,
        image=known_image,
        observations=tuple(seen),
        command=command if command.words else None,
    )


def _defaults(given: object, place: _Place, thing: Object) -> tuple[Claims, Claims]:
    found: tuple[Claims, Claims] = ({}, {})
    if given == "operator":
        unknown = Unknown("the operator's configuration decides it", Origin(place.at, f"the default of {thing.kind}"))
        return {"memory": unknown, "cpu": unknown}, {"memory": unknown, "cpu": unknown}
    if isinstance(given, Map):
        for claims, key in zip(found, ("limits", "requests"), strict=True):
            values = given.get(key)
            for resource, text in values.items() if isinstance(values, Map) else ():
                try:
                    exact = quantity.kubernetes_exact(str(text)) * (1000 if resource == "cpu" else 1)
                except QuantityError:
                    continue
                claims[str(resource)] = Known(-(-exact.numerator // exact.denominator), Origin(place.at, f"the default of {thing.kind}"))
    return found


# ---- what runs


class Command:
    """The words of the container's process; some depend on the limit that the other settings give."""

    def __init__(self, entry: Entry, place: _Place, thing: Object, extra: Words = ()) -> None:
        self._entry = entry
        self._place = place
        self._thing = thing
        self._extra = extra

    @property
    def words(self) -> list[object]:
        given = self._entry.get("command")
        return given if isinstance(given, list) else []

    def under(self, limit: Amount) -> Words | None:
        """Return the command line of a container with this limit; None where a word that decides about memory cannot be known."""
        found: list[Word] = []
        program = "java" if "java" in self.words else self.words[0] if self.words else None
        for item in self.words:
            if isinstance(item, str):
                found.append(Known(item, Origin(self._place.at, f"what runs for {self._thing.kind}")))
                if item == program:
                    found.extend(self._extra)
                continue
            if not isinstance(item, Map):
                continue
            made = list(self._item(item, limit))
            if not made and item.get("required"):
                return None
            found.extend(made)
        return tuple(found)

    def _item(self, item: Map[str, Any], limit: Amount) -> Iterator[Word]:
        if "unless" in item and _find(self._place, item["unless"]) is not None:
            return
        if "when" in item and (
            (switch := _find(self._place, item["when"])) is None or (isinstance(switch, Scalar) and switch.value == "false")
        ):
            return
        if "split" in item:
            node = _scalar(self._place, item["split"])
            if node is not None:
                yield from split(node, self._how(item["split"]))
        elif "flags" in item:
            flags = _mapping(self._place, item["flags"])
            for key, value in flags.items() if flags is not None else ():
                if isinstance(value, Scalar):
                    yield Known(_flag(key.value, value.value), Origin(value.span, self._how(item["flags"])))
        elif "settings" in item:
            yield from self._settings(item["settings"])
        elif "of_limit" in item:
            word = self._share(item, limit)
            if word is not None:
                yield word
        elif "word" in item:
            word = self._filled(str(item["word"]))
            if word is not None:
                if "pair" in item:
                    yield Known(str(item["pair"]), word.origin if isinstance(word, Known) else Origin(self._place.at, "command"))
                yield word

    def _settings(self, path: object) -> Iterator[Word]:
        """Yield the lines of a list, `name value`, as options of the program."""
        lines = _find(self._place, path)
        for line in lines if isinstance(lines, Sequence) else ():
            if isinstance(line, Scalar):
                name, _, value = line.value.strip().partition(" ")
                origin = Origin(line.span, self._how(path))
                yield Known(f"--{name}", origin)
                yield Known(value.strip().strip("\"'"), origin)

    def _filled(self, template: str) -> Word | None:
        hole = _HOLE.search(template)
        if hole is None:
            return Known(template, Origin(self._place.at, f"what runs for {self._thing.kind}"))
        node = _scalar(self._place, hole[1])
        if node is None:
            return None
        origin = Origin(node.span, self._how(hole[1]))
        why = quantities.placeholder(node.value, self._thing.parameters)
        return Unknown(why, origin) if why else Known(template[: hole.start()] + node.value + template[hole.end() :], origin)

    def _share(self, item: Map[str, Any], limit: Amount) -> Word | None:
        percent = item["of_limit"]
        span = None
        if isinstance(percent, str):
            node = _scalar(self._place, percent)
            if node is None or not node.value.isdigit():
                return None
            percent, span = int(node.value), node.span
        if not isinstance(percent, int) or isinstance(percent, bool) or limit is None:
            return None
        word = str(item.get("word", "{}"))
        how = f"{percent} % of the limit, as the operator sets it"
        if isinstance(limit, Unknown):
            return Unknown(limit.why, limit.origin) if "{}" in word else Known(word, Origin(self._place.at, how))
        amount = limit.value * percent // 100
        try:
            amount = min(amount, quantity.configured(item["max"])) if "max" in item else amount
        except QuantityError:
            return None
        return Known(word.replace("{}", str(amount)), Origin(span or limit.origin.span, how, (limit.origin,)))

    def _how(self, path: object) -> str:
        paths = _paths(path)
        return ".".join(key for key in paths[0] if key != "/") if paths else "command"


def _flag(name: str, value: str) -> str:
    lower = value.lower()
    return f"-XX:+{name}" if lower == "true" else f"-XX:-{name}" if lower == "false" else f"-XX:{name}={value}"


def split(node: Scalar, how: str) -> Iterator[Word]:
    """Yield the words of a text with flags, each with its place; comments from `#` to the end of a line are left out."""
    for match in re.finditer(r"#[^\n]*|\S+", node.value):
        if not match[0].startswith("#"):
            yield Known(match[0], Origin(node.part(match.start(), match.end()), how))


# ---- amounts in the units of what runs


def _spark(place: _Place, thing: Object, seen: list[Observation]) -> tuple[Claims, Claims, Words]:
    """Return what Spark on Kubernetes requests: memory + max(factor x memory, 384 MiB), as request and as limit.

    Source: Spark running-on-kubernetes (spark.kubernetes.memoryOverheadFactor: 0.1, 0.4 for Python and R), runtimes.md 8.
    """
    memory = _amount(place, "memory", "spark", seen, thing)
    if memory is None:
        memory = Known(1024 * MIB, Origin(place.at, "Spark's default of 1g"))
    if isinstance(memory, Unknown):
        return {"memory": memory}, {"memory": memory}, (Unknown(memory.why, memory.origin),)
    overhead = _amount(place, "memoryOverhead", "spark", seen, thing)
    if overhead is None:
        factor = _factor(place)
        overhead = Known(
            max(memory.value * factor // 1000, 384 * MIB),
            Origin(memory.origin.span, f"memoryOverheadFactor {factor / 1000:g}, at least 384 MiB"),
        )
    heap = Known(f"-Xmx{memory.value}", Origin(memory.origin.span, memory.origin.how))
    if isinstance(overhead, Unknown):
        return {"memory": overhead}, {"memory": overhead}, (heap,)
    total = Known(memory.value + overhead.value, Origin(memory.origin.span, "memory + memoryOverhead", (memory.origin, overhead.origin)))
    limits: Claims = {"memory": total}
    override = _find(place, "memoryLimit")
    if override is not None:
        limits["memory"] = quantities.read(override, "memoryLimit", seen, thing.parameters)
    cores = _find(place, "coreLimit")
    if cores is not None:
        limits["cpu"] = quantities.read(cores, "coreLimit", seen, thing.parameters, 1000)
    requests: Claims = {"memory": total}
    requested = _find(place, "coreRequest|cores")
    if requested is not None:
        requests["cpu"] = quantities.read(requested, "cores", seen, thing.parameters, 1000)
    return limits, requests, (heap,)


def _factor(place: _Place) -> int:
    """Return the share of the overhead in thousandths."""
    node = _scalar(place, "/spec.memoryOverheadFactor|/spec.template.memoryOverheadFactor")
    if node is not None:
        try:
            return int(quantity.kubernetes_exact(node.value) * 1000)
        except QuantityError:
            return 100
    language = _scalar(place, "/spec.type|/spec.template.type")
    return 400 if language is not None and language.value in ("Python", "R") else 100


def _flink(place: _Place, thing: Object, model: str, seen: list[Observation]) -> tuple[Claims, Claims, Words]:
    """Return what the Flink operator sets: `memory` is the process size, the limit unless another is given, and Flink derives the heap from it.

    Source: Flink documentation "Set up JobManager/TaskManager Memory": metaspace 256 MiB; overhead a tenth, 192 MiB to 1 GiB; JobManager
    off-heap 128 MiB; TaskManager network a tenth (64 MiB or more), managed 0.4, framework heap and off-heap 128 MiB each.
    """
    process = _amount(place, "resource.memory|resources.requests.memory", "flink", seen, thing)
    if process is None:
        process = Unknown("Flink's own configuration decides it", Origin(place.at, f"the default of {thing.kind}"))
    bound = _amount(place, "resources.limits.memory", "flink", seen, thing) or process
    limits: Claims = {"memory": bound}
    requests: Claims = {"memory": process}
    cpu = _find(place, "resource.cpu|resources.requests.cpu")
    if cpu is not None:
        requests["cpu"] = limits["cpu"] = quantities.read(cpu, "resource.cpu", seen, thing.parameters, 1000)
    if isinstance(process, Unknown):
        return limits, requests, (Unknown(process.why, process.origin),)
    settings = _mapping(place, "/spec.flinkConfiguration|/spec.template.spec.flinkConfiguration")
    own = model.removeprefix("flink-")
    tuned = next((key for key, _ in settings.items() if key.value.startswith(f"{own}.memory.")), None) if settings is not None else None
    if tuned is not None:
        return limits, requests, (Unknown(f"{tuned.value} changes how Flink divides its memory", Origin(tuned.span, tuned.value)),)
    size = process.value
    overhead = min(max(size // 10, 192 * MIB), 1024 * MIB)
    flink = size - 256 * MIB - overhead
    if own == "jobmanager":
        heap, direct = flink - 128 * MIB, 128 * MIB
    else:
        network = max(flink // 10, 64 * MIB)
        heap, direct = flink - network - flink * 4 // 10 - 128 * MIB, 128 * MIB + network
    if heap <= 0:
        message = (
            f"{process.origin.how} of {human(size)} leaves no heap: Flink takes 256 MiB for metaspace, {human(overhead)} for overhead "
            f"and {human(direct)} off the heap, and does not start"
        )
        seen.append(Observation("limit-below-floor", message, process.origin.span, severity=Severity.ERROR))
        return limits, requests, ()
    how = f"derived by Flink from {human(size)}"
    origin = Origin(process.origin.span, how, (process.origin,))
    flags = (f"-Xmx{heap}", f"-Xms{heap}", f"-XX:MaxDirectMemorySize={direct}", f"-XX:MaxMetaspaceSize={256 * MIB}")
    return limits, requests, tuple(Known(flag, origin) for flag in flags)


def _amount(place: _Place, path: str, unit: str, seen: list[Observation], thing: Object) -> Known[int] | Unknown | None:
    node = _find(place, path)
    if node is None:
        return None
    how = path.partition("|")[0]
    origin = Origin(node.span, how)
    text = node.value if isinstance(node, Scalar) else node.source.text[node.start : node.end]
    why = quantities.placeholder(text, thing.parameters)
    if why is not None or not isinstance(node, Scalar):
        return Unknown(why or "it is no amount", origin)
    readers = {"spark": (quantity.spark,), "flink": (quantity.flink, quantity.kubernetes)}[unit]
    for reader in readers:
        try:
            return Known(reader(text), origin)
        except QuantityError as error:
            refusal = str(error)
    seen.append(Observation("invalid-quantity", f"{how}: {refusal}", node.span, severity=Severity.ERROR))
    return Unknown(f"{thing.kind} refuses it", origin)
