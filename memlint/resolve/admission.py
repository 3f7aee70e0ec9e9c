"""What LimitRanges and ResourceQuotas of a namespace add to a pod, and why they would turn it away.

Source: kubernetes plugin/pkg/admission/limitranger/admission.go, pkg/quota/v1/evaluator/core/pods.go (container.md 3.2).
"""

from typing import Final

from memlint.model import Amount, Known, Note, Observation, Severity, Span
from memlint.quantity import human
from memlint.records import NamedTuple
from memlint.resolve import qos, quantities
from memlint.resolve.objects import Objects
from memlint.resolve.qos import Defaults, Pod, Value
from memlint.sources.kubernetes import Object, mappings
from memlint.sources.tree import Mapping

_FIELDS: Final = ("default", "defaultRequest", "min", "max", "maxLimitRequestRatio")


class Range(NamedTuple):
    """One entry of a LimitRange; its own defaults are filled in as the API does it."""

    owner: str
    kind: str  # "Container" | "Pod" | …
    defaults: Defaults
    min: Value | None  # of memory
    max: Value | None
    ratio: Value | None  # thousandths


class Admission:
    """Reads every LimitRange and ResourceQuota once."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self.seen: list[
            Observation
        ] = []  # about the amounts of the LimitRanges and quotas that were read; taken by the first pod they bound
        self._ranges: dict[int, list[Range]] = {}
        self._quotas: dict[int, dict[str, Value]] = {}

    def fill(self, pod: Pod, place: Object) -> None:
        """Give the containers of a pod at `place` what the LimitRanges of its namespace say."""
        for entry in self._of(place):
            if entry.kind == "Container":
                qos.apply_range(pod, entry.defaults)

    def judge(self, pod: Pod, place: Object, request: Amount, limit: Amount, replicas: Amount, at: Span) -> list[Observation]:
        """Return why the pod would be refused."""
        found: list[Observation] = []
        for entry in self._of(place):
            if entry.kind == "Container":
                for container in pod.counted:
                    own = container.requests.get("memory"), container.limits.get("memory")
                    found += _outside(entry, f"container {container.name}", *own)
            elif entry.kind == "Pod":
                found += _outside(entry, "the pod", request, limit)
        for thing in self._objects.bounding("ResourceQuota", place):
            found += self._over_quota(thing, pod, request, limit, replicas, at)
        return found

    def _of(self, place: Object) -> list[Range]:
        return [entry for thing in self._objects.bounding("LimitRange", place) for entry in self._read(thing)]

    def _read(self, thing: Object) -> list[Range]:
        known = self._ranges.get(id(thing))
        if known is None:
            known = [self._range(thing, item) for item in mappings(thing.node.sequence("spec", "limits"))]
            self._ranges[id(thing)] = known
        return known

    def _range(self, thing: Object, item: Mapping) -> Range:
        lists = {name: self._values(item.mapping(name), f"LimitRange {name}", thing) for name in _FIELDS[:-1]}
        # pkg/apis/core/v1/defaults.go SetDefaults_LimitRangeItem: default from max, defaultRequest from default, then from min.
        if item.text("type") == "Container":
            lists["default"] = {**lists["max"], **lists["default"]}
            lists["defaultRequest"] = {**lists["min"], **lists["default"], **lists["defaultRequest"]}
        ratio = item.mapping("maxLimitRequestRatio")
        ratio_node = ratio.get("memory") if ratio is not None else None
        return Range(
            thing.name,
            item.text("type") or "",
            Defaults(lists["default"], lists["defaultRequest"]),
            lists["min"].get("memory"),
            lists["max"].get("memory"),
            quantities.read(ratio_node, "maxLimitRequestRatio", self.seen, thing.parameters, 1000) if ratio_node else None,
        )

    def _values(self, values: Mapping | None, how: str, thing: Object) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for key, node in values.items() if values is not None else ():
            if key.value in ("cpu", "memory"):
                scale = 1000 if key.value == "cpu" else 1
                found[key.value] = quantities.read(node, f"{how}.{key.value}", self.seen, thing.parameters, scale)
        return found

    def _quota(self, thing: Object) -> dict[str, Value]:
        known = self._quotas.get(id(thing))
        if known is None:
            known = {}
            hard = thing.node.mapping("spec", "hard")
            for key, node in hard.items() if hard is not None else ():
                name = "requests.memory" if key.value == "memory" else key.value
                if name in ("requests.memory", "limits.memory"):
                    known[name] = quantities.read(node, f"ResourceQuota {key.value}", self.seen, thing.parameters)
            self._quotas[id(thing)] = known
        return known

    def _over_quota(self, thing: Object, pod: Pod, request: Amount, limit: Amount, replicas: Amount, at: Span) -> list[Observation]:
        spec = thing.node.mapping("spec")
        if spec is None or spec.get("scopes") is not None or spec.get("scopeSelector") is not None:
            return []  # which pods a scope takes in depends on priorities and deadlines
        found = []
        copies = replicas.value if isinstance(replicas, Known) else 1
        for name, hard in self._quota(thing).items():
            which = name.partition(".")[0]
            bare = [container.name for container in pod.counted if "memory" not in getattr(container, which)]
            if bare and pod.whole is None:
                names = ", ".join(bare)
                message = (
                    f"ResourceQuota {thing.name} bounds {name}, so a pod without one is refused: "
                    f"{'containers' if len(bare) > 1 else 'container'} {names} {'set' if len(bare) > 1 else 'sets'} no {which[:-1]}, and no LimitRange fills it in"
                )
                found.append(_rejected(message, at, hard, f"{name} bounded here"))
                continue
            whole = request if which == "requests" else limit
            if isinstance(hard, Known) and isinstance(whole, Known) and whole.value * copies > hard.value:
                times = f"{copies} x {human(whole.value)}" if copies > 1 else human(whole.value)
                told = "no pod of it starts" if whole.value > hard.value else f"only {hard.value // whole.value} of {copies} pods start"
                message = f"{name} of {times} is more than the {human(hard.value)} of ResourceQuota {thing.name}: {told}"
                found.append(_rejected(message, whole.origin.span, hard, "the quota"))
        return found


def _outside(entry: Range, who: str, request: Amount, limit: Amount) -> list[Observation]:
    found = []
    for name, value in (("limit", limit), ("request", request)):
        if not isinstance(value, Known) or value.value <= 0:
            continue
        place = value.origin.span
        if isinstance(entry.max, Known) and value.value > entry.max.value:
            message = f"{who} has a memory {name} of {human(value.value)}, but LimitRange {entry.owner} allows at most {human(entry.max.value)}: the pod is refused"
            found.append(_rejected(message, place, entry.max, "the maximum"))
        if isinstance(entry.min, Known) and value.value < entry.min.value:
            message = f"{who} has a memory {name} of {human(value.value)}, but LimitRange {entry.owner} demands at least {human(entry.min.value)}: the pod is refused"
            found.append(_rejected(message, place, entry.min, "the minimum"))
    ratio = entry.ratio
    if not (isinstance(ratio, Known) and isinstance(limit, Known) and isinstance(request, Known)):
        return found
    if request.value > 0 and limit.value * 1000 > ratio.value * request.value:
        message = (
            f"{who} has a memory limit of {human(limit.value)}, {limit.value / request.value:.1f} times its request of {human(request.value)}, "
            f"but LimitRange {entry.owner} allows {ratio.value / 1000:g} times: the pod is refused"
        )
        found.append(_rejected(message, limit.origin.span, ratio, "the largest ratio"))
    return found


def _rejected(message: str, at: Span, bound: Value, what: str) -> Observation:
    notes = (Note(bound.origin.span, what),) if bound.origin is not None else ()
    return Observation("quota-rejects-pod", message, at, notes, severity=Severity.WARNING)
