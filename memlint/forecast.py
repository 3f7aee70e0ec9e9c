"""Who dies first: the kubelet's eviction order, the kernel's choice on a node or host, and its choice inside one container.

Sources: Kubernetes pkg/kubelet/eviction/helpers.go rankMemoryPressure and pkg/kubelet/qos/policy.go; Linux mm/oom_kill.c:203-262
oom_badness. Usage is what the bills expect, never more than the limit: a container at its limit dies by its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from memlint.config import Config, Host, matches
from memlint.model import Amount, Candidate, Container, Forecast, Known, Project, Workload
from memlint.quantity import MIB, human

# The kubelet's default `memory.available<100Mi` (pkg/kubelet/apis/config/v1beta1/defaults_linux.go).
EVICTION_HARD: Final = 100 * MIB


def forecasts(project: Project, config: Config) -> tuple[Forecast, ...]:
    """Return every forecast that the given machines allow: nodes, hosts by profile, and containers that run several programs."""
    pods = [workload for workload in project.workloads if workload.pod]
    services = [workload for workload in project.workloads if not workload.pod]
    found: list[Forecast] = []
    for machine in _machines(config.nodes, config.node_memory, "node"):
        here = _on(pods, machine)
        if here:
            found += [_eviction(here, machine), _node_oom(here, machine)]
    for machine in _machines(config.hosts, config.host_memory, "host"):
        here = _on(services, machine)
        for title, together in _profiles(here):
            found.append(_host_oom(together, machine, title))
    found += [_inside(workload, container) for workload in project.workloads for container in workload.containers if _several(container)]
    return tuple(found)


def _machines(named: Sequence[Host], memory: int | None, kind: str) -> list[Host]:
    if memory is not None:
        return [Host(kind, memory, 0, {})]
    return list(named)


def _on(workloads: Iterable[Workload], machine: Host) -> list[Workload]:
    return [workload for workload in workloads if not machine.match or matches(machine.match, _facts(workload))]


def _facts(workload: Workload) -> Mapping[str, str]:
    return {
        "name": workload.name,
        "workload": workload.name,
        "kind": workload.kind,
        "namespace": workload.namespace or "",
        "project": workload.project or "",
        "path": workload.at.path,
    }


def _profiles(services: Sequence[Workload]) -> list[tuple[str, list[Workload]]]:
    """Return the sets of services that run together: those of no profile, and these with each profile; profiles are alternatives."""
    if not services:
        return []
    always = [service for service in services if not service.profiles]
    names = sorted({name for service in services for name in service.profiles})
    sets = [("", always)] if always or not names else []
    return sets + [
        (f"profile {name}", [service for service in services if not service.profiles or name in service.profiles]) for name in names
    ]


def _value(amount: Amount) -> int | None:
    return amount.value if isinstance(amount, Known) else None


def usage(container: Container) -> int | None:
    """Return what a container is expected to hold in bytes, at most its limit; None where no bill tells."""
    budget = container.process.budget
    if budget is None:
        return None
    limit = _value(container.limit)
    return budget.expected if limit is None else min(budget.expected, limit)


def _running(workload: Workload) -> list[Container]:
    return [container for container in workload.containers if container.role in ("main", "sidecar")]


def pod_usage(workload: Workload) -> int | None:
    """Return the sum over the containers that run side by side; None where one has no bill."""
    amounts = [usage(container) for container in _running(workload)]
    return None if not amounts or None in amounts else sum(amount for amount in amounts if amount is not None)


def _count(workload: Workload) -> int:
    return workload.replicas.value if isinstance(workload.replicas, Known) else 1


def _demand(workloads: Sequence[Workload]) -> int | None:
    total = 0
    for workload in workloads:
        amount = pod_usage(workload)
        if amount is None:
            return None
        total += amount * _count(workload)
    return total


def _eviction(pods: Sequence[Workload], node: Host) -> Forecast:
    candidates = []
    for pod in pods:
        used, request, priority = pod_usage(pod), _value(pod.request) or 0, _value(pod.priority) or 0
        excess = None if used is None else used - request
        if excess is None:
            why = "usage not known: no bill for all of its containers"
        elif excess > 0:
            why = f"{human(excess)} above its request, priority {priority}"
        else:
            why = f"{human(-excess)} below its request, priority {priority}"
        candidates.append((pod, Candidate(pod.name, None, pod.at, used, _value(pod.request), _value(pod.limit), priority, excess, why)))
    ranked = sorted(candidates, key=lambda item: _eviction_rank(item[1]))
    return Forecast(
        "eviction",
        f"{node.name}: eviction by the kubelet when less than {human(EVICTION_HARD)} is available",
        node.memory - node.reserved,
        _demand(pods),
        tuple(candidate for _, candidate in ranked),
        _eviction_advice([candidate for _, candidate in ranked]),
    )


def _eviction_rank(candidate: Candidate) -> tuple[bool, bool, int, int, str]:
    excess = candidate.score
    return (excess is None, excess is not None and excess <= 0, candidate.priority or 0, -(excess or 0), candidate.workload)


def _eviction_advice(ranked: Sequence[Candidate]) -> str:
    known = [candidate for candidate in ranked if candidate.score is not None]
    if not known:
        return "no pod has a bill, so nothing can be said about the order"
    first = known[0]
    assert first.usage is not None
    assert first.score is not None
    if first.score > 0:
        return f"a request of {human(_up(first.usage))} for {first.workload} keeps it within its request, behind every pod that exceeds its own"
    if len(known) > 1:
        return f"no pod exceeds its request; a higher PriorityClass moves {first.workload} behind {known[1].workload}"
    return "one pod alone: nothing else could go first"


def _up(amount: int) -> int:
    return -(-amount // (16 * MIB)) * 16 * MIB


def _node_oom(pods: Sequence[Workload], node: Host) -> Forecast:
    candidates = []
    for pod in pods:
        for container in _running(pod):
            adjustment, used = _value(container.oom_score_adj), usage(container)
            score = None if adjustment is None or used is None else used * 1000 // node.memory + adjustment
            why = f"oom_score_adj {adjustment if adjustment is not None else 'not known'}, {pod.qos or 'QoS not known'}"
            candidates.append(
                Candidate(
                    pod.name, container.name, container.at, used, _value(container.request), _value(container.limit), None, score, why
                )
            )
    ranked = sorted(candidates, key=_badness)
    first = next((candidate for candidate in ranked if candidate.score is not None), None)
    advice = "no container has a bill, so nothing can be said about the order"
    if first is not None:
        advice = (
            f"a larger memory request lowers the oom_score_adj of {first.workload}/{first.container} by 1 for every "
            f"{human(node.memory // 1000)}; it cannot be set in a manifest"
        )
    return Forecast(
        "node-oom", f"{node.name}: the kernel's choice when the node itself runs out", node.memory, _demand(pods), tuple(ranked), advice
    )


def _badness(candidate: Candidate) -> tuple[bool, int, str, str]:
    return (candidate.score is None, -(candidate.score or 0), candidate.workload, candidate.container or "")


def _host_oom(services: Sequence[Workload], host: Host, profile: str) -> Forecast:
    candidates = []
    for service in services:
        for container in _running(service):
            adjustment, used = _value(container.oom_score_adj) or 0, usage(container)
            score = None if used is None else used * 1000 // host.memory + adjustment
            never = adjustment <= -1000
            why = (
                "never: oom_score_adj is -1000"
                if never
                else f"oom_score_adj {adjustment}" + ("" if container.limit is not None else ", no limit")
            )
            candidates.append(
                Candidate(
                    service.name, container.name, container.at, used, None, _value(container.limit), None, None if never else score, why
                )
            )
    ranked = sorted(candidates, key=_badness)
    first = next((candidate for candidate in ranked if candidate.score is not None), None)
    following = next((candidate for candidate in ranked if candidate.score is not None and candidate is not first), None)
    advice = "no container has a bill, so nothing can be said about the order"
    if first is not None and following is not None and first.score is not None and following.score is not None:
        step = max(first.score - following.score + 1, 1)
        advice = f"--oom-score-adj {step} (oom_score_adj: {step}) on {following.workload} lets the kernel take it before {first.workload}"
    elif first is not None:
        advice = "one container alone: nothing else could go first"
    title = f"{host.name}: the kernel's choice when the host runs out" + (f" ({profile})" if profile else "")
    return Forecast("host-oom", title, host.memory - host.reserved, _demand(services), tuple(ranked), advice)


def _several(container: Container) -> bool:
    process = container.process
    return sum(program.copies for program in process.programs) > 1 and sum(reading.budget is not None for reading in process.readings) > 1


def _inside(workload: Workload, container: Container) -> Forecast:
    """Rank the programs of one container: the kernel takes the largest, not the one that grew."""
    candidates = []
    for reading in container.process.readings:
        if reading.budget is None:
            continue
        each = reading.budget.expected // max(reading.program.copies, 1)
        origin = reading.program.words[0].origin if reading.program.words else None
        name = reading.program.name or reading.runtime
        candidates.append(
            Candidate(workload.name, name, origin.span if origin else container.at, each, None, None, None, each, f"{human(each)} expected")
        )
    ranked = tuple(sorted(candidates, key=lambda candidate: (-(candidate.usage or 0), candidate.container or "")))
    pid1 = container.process.pid1
    first = ranked[0].container
    if pid1 is not None and pid1.name == first:
        advice = f"{first} is PID 1: the container ends with it, and the restart policy acts"
    elif workload.pod:
        advice = f"{first} is taken, and with memory.oom.group (Kubernetes 1.28 on cgroup v2) the whole container with it"
    else:
        advice = f"{first} is taken alone; PID 1 lives on, and nothing restarts the container: one program a container, or a supervisor that exits"
    return Forecast(
        "container-oom",
        f"{workload.name}/{container.name}: the kernel's choice at the limit",
        _value(container.limit),
        None,
        ranked,
        advice,
    )
