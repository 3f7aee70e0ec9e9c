"""What a pod may claim: the defaults that the API fills in, the QoS class, the effective request and limit, the kernel's OOM score.

Pure arithmetic over what the containers claim. Sources: kubernetes pkg/apis/core/v1/defaults.go, plugin/pkg/admission/limitranger,
kubectl pkg/util/qos/qos.go:41, component-helpers resource/helpers.go:152-388, pkg/kubelet/qos/policy.go (container.md 3.2 to 3.5).
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

from memlint.model import Amount, Known, Origin, Span, Unknown
from memlint.records import NamedTuple

# A value that is written, 0 included: a written 0 sets no limit, but keeps a default away.
Value: TypeAlias = Known[int] | Unknown
Claims: TypeAlias = dict[str, Value]  # by resource: bytes, or thousandths of a CPU

_COUNTED: Final = ("cpu", "memory")
_NODE_CRITICAL: Final = "system-node-critical"


class Claimant:
    """A container, or the pod itself, with what it requests and what limits it. `role`: "main", "init", "sidecar" or "ephemeral"."""

    __slots__ = ("at", "limits", "name", "requests", "role")

    def __init__(self, name: str, role: str, at: Span, limits: Claims | None = None, requests: Claims | None = None) -> None:
        self.name = name
        self.role = role
        self.at = at
        self.limits: Claims = {} if limits is None else limits
        self.requests: Claims = {} if requests is None else requests


class Pod:
    """The claimants of a pod in the order in which they start. `whole` is `spec.resources`, None where the pod has none."""

    __slots__ = ("containers", "overhead", "whole")

    def __init__(self, containers: list[Claimant], whole: Claimant | None = None, overhead: Claims | None = None) -> None:
        self.containers = containers
        self.whole = whole
        self.overhead: Claims = {} if overhead is None else overhead

    @property
    def steady(self) -> list[Claimant]:
        return [container for container in self.containers if container.role == "main"]

    @property
    def counted(self) -> list[Claimant]:
        return [container for container in self.containers if container.role != "ephemeral"]

    @property
    def starting(self) -> list[Claimant]:
        return [container for container in self.containers if container.role in ("init", "sidecar")]


class Defaults(NamedTuple):
    """What a LimitRange fills in for containers that leave it out: resource -> value."""

    limits: Mapping[str, Value]
    requests: Mapping[str, Value]


def requests_from_limits(pod: Pod) -> None:
    """Give every container that limits a resource without requesting it a request of the limit, as the API does on a Pod's creation."""
    for container in pod.counted:
        for resource, limit in container.limits.items():
            if resource not in container.requests and _overcommitted(resource):
                container.requests[resource] = _defaulted(limit, f"resources.limits.{resource}, as no request is set")


def apply_range(pod: Pod, defaults: Defaults) -> None:
    """Fill in what a LimitRange gives to containers; it comes after `requests_from_limits`."""
    for container in pod.counted:
        for values, wanted, key in (
            (container.limits, defaults.limits, "default"),
            (container.requests, defaults.requests, "defaultRequest"),
        ):
            for resource, value in wanted.items():
                if resource not in values:
                    values[resource] = _at(value, container.at, f"LimitRange {key}")


def _overcommitted(resource: str) -> bool:
    return resource in _COUNTED or resource.startswith("hugepages-")


def _defaulted(value: Value, how: str) -> Value:
    if isinstance(value, Unknown):
        return value
    return Known(value.value, Origin(value.origin.span, how, (value.origin,)))


def _at(value: Value, at: Span, how: str) -> Value:
    if isinstance(value, Unknown):
        return Unknown(value.why, Origin(at, how, (value.origin,) if value.origin else ()))
    return Known(value.value, Origin(at, how, (value.origin,)))


def pod_defaults(pod: Pod) -> None:
    """Fill in the pod-level requests: the sum of the containers' requests where there is one, else the pod-level limit."""
    if pod.whole is None:
        return
    for resource in _COUNTED:
        if resource in pod.whole.requests:
            continue
        claimed = aggregate(pod, "requests", resource)
        limit = pod.whole.limits.get(resource)
        if claimed is not None:
            pod.whole.requests[resource] = claimed
        elif limit is not None:
            pod.whole.requests[resource] = _defaulted(limit, f"spec.resources.limits.{resource}, as no request is set")


def aggregate(pod: Pod, which: str, resource: str) -> Value | None:
    """Return the sum over the containers, or the largest start-up demand where that is more; None where none has a value.

    Sidecars count with the containers, and with every init container that starts after them.
    """
    values: list[Value] = []
    steady = starting = beside = 0
    for container in pod.steady:
        steady += _number(getattr(container, which).get(resource), values)
    for container in pod.starting:
        own = _number(getattr(container, which).get(resource), values)
        if container.role == "sidecar":
            steady += own
            beside += own
            starting = max(starting, beside)
        else:
            starting = max(starting, beside + own)
    if not values:
        return None
    for value in values:
        if isinstance(value, Unknown):
            return value
    known = [value for value in values if isinstance(value, Known)]
    origins = tuple(value.origin for value in known)
    total = max(steady, starting)
    return Known(total, Origin(origins[0].span, f"the containers' {which}.{resource}", origins if len(origins) > 1 else origins[0].via))


def _number(value: Value | None, seen: list[Value]) -> int:
    if value is None:
        return 0
    seen.append(value)
    return value.value if isinstance(value, Known) else 0


def effective(pod: Pod, which: str, resource: str = "memory") -> Amount:
    """Return what the pod as a whole requests or is limited to (the sum of the limits that exist), with its overhead; None: nothing."""
    value = aggregate(pod, which, resource)
    if pod.whole is not None:
        value = getattr(pod.whole, which).get(resource, value)
    overhead = pod.overhead.get(resource)
    if isinstance(value, Unknown) or overhead is None:
        return value if isinstance(value, Unknown) else _set(value)
    if which == "limits" and _set(value) is None:
        return None
    if isinstance(overhead, Unknown):
        return overhead
    if value is None:
        return _set(overhead)
    return _set(
        Known(
            value.value + overhead.value,
            Origin(value.origin.span, f"{value.origin.how} with the overhead", (value.origin, overhead.origin)),
        )
    )


def _set(value: Value | None) -> Amount:
    return None if isinstance(value, Known) and value.value <= 0 else value


def quality(pod: Pod) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """Return the QoS class, None where it cannot be known, and the (container, field) that keep the pod from being Guaranteed.

    A claimant of the pod level is named "".
    """
    claimants = [pod.whole] if pod.whole is not None else pod.counted
    states: set[str] = set()
    broken: list[tuple[str, str]] = []
    for claimant in claimants:
        for resource in _COUNTED:
            request, limit = _set(claimant.requests.get(resource)), _set(claimant.limits.get(resource))
            state = _state(request, limit)
            states.add(state)
            if state in ("Burstable", "BestEffort"):
                field_name = f"resources.limits.{resource}" if limit is None else f"resources.requests.{resource}"
                broken.append((claimant.name if claimant is not pod.whole else "", field_name))
    if "Burstable" in states or {"Guaranteed", "BestEffort"} <= states:
        return "Burstable", tuple(broken)
    if "" in states:
        return None, tuple(broken)
    return (states.pop() if states else "BestEffort"), tuple(broken)


def _state(request: Amount, limit: Amount) -> str:
    """Return the class that one resource of one container asks for, "" where it cannot be known."""
    if request is None and limit is None:
        return "BestEffort"
    if request is None or limit is None:
        return "Burstable"
    if isinstance(request, Unknown) or isinstance(limit, Unknown):
        return "Guaranteed" if request is limit else ""  # a request that was defaulted from its limit equals it, whatever it is
    return "Guaranteed" if request.value == limit.value else "Burstable"


def oom_score_adj(pod: Pod, container: Claimant, qos: str | None, node_memory: int, priority_class: str | None) -> int | None:
    """Return what the kubelet writes for a container's processes on a node of `node_memory` bytes; None where it cannot be known.

    The constants -997, 1000 and the clamp to 3..999 are those of pkg/kubelet/qos/policy.go.
    """
    if priority_class == _NODE_CRITICAL or qos == "Guaranteed":
        return -997
    if qos == "BestEffort":
        return 1000
    if qos is None or node_memory <= 0:
        return None
    share = 0
    if pod.whole is not None:
        asked, claimed = pod.whole.requests.get("memory"), aggregate(pod, "requests", "memory")
        if isinstance(asked, Unknown) or isinstance(claimed, Unknown):
            return None
        if asked is not None and pod.counted:
            share = (asked.value - (claimed.value if claimed else 0)) // len(pod.counted)
    own = _score(container, share, node_memory)
    if own is None:
        return None
    if container.role == "sidecar":
        smallest = [_score(main, share, node_memory) for main in pod.steady]
        known = [score for score in smallest if score is not None]
        if len(known) != len(smallest):
            return None
        own = min(own, max(known, default=own))
    return min(max(own, 3), 999)


def _score(container: Claimant, share: int, node_memory: int) -> int | None:
    request = container.requests.get("memory")
    if isinstance(request, Unknown):
        return None
    return 1000 - (1000 * ((request.value if request else 0) + share)) // node_memory
