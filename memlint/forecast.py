"""Who dies first: the kubelet's eviction order, the kernel's choice on a node or host, and its choice inside one container.

Sources: Kubernetes pkg/kubelet/eviction/helpers.go rankMemoryPressure and pkg/kubelet/qos/policy.go; Linux mm/oom_kill.c:203-262
oom_badness. Usage is what the bills expect, never more than the limit: a container at its limit dies by its own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from memlint.config import Config, Host, matches
from memlint.model import Amount, Candidate, Container, Forecast, Known, Project, Reading, Span, Unknown, Workload
from memlint.quantity import MIB, human
from memlint.records import NamedTuple
from memlint.resolve import qos

# The kubelet's default `memory.available<100Mi` (pkg/kubelet/apis/config/v1beta1/defaults_linux.go).
EVICTION_HARD: Final = 100 * MIB
# From this priority on a pod is critical, and the kubelet evicts it under no pressure (pkg/apis/scheduling/types.go SystemCriticalPriority,
# pkg/kubelet/types/pod_update.go IsCriticalPod).
CRITICAL: Final = 2_000_000_000
_STEP: Final = 16 * MIB  # requests that are proposed are rounded up to this


def forecasts(project: Project, config: Config) -> tuple[Forecast, ...]:
    """Return every forecast that the given machines allow: nodes, hosts by project and profile, and containers of several processes."""
    running = [workload for workload in project.workloads if not workload.partial and _count(workload) > 0]
    pods = [workload for workload in running if workload.pod]
    # A swarm spreads its tasks over nodes, so nobody knows which of them meet.
    services = [workload for workload in running if workload.kind in ("compose", "docker-run")]
    found: list[Forecast] = []
    for machine in _machines(config.nodes, config.node_memory, "node"):
        here = _on(pods, machine)
        if here:
            found += [_eviction(here, machine), _node_oom(here, machine)]
    for machine in _machines(config.hosts, config.host_memory, "host"):
        here = _on(services, machine)
        # Without a word from the user, what one project or one script starts is what shares a machine.
        for together in [here] if config.host_memory is None else _projects(here):
            for profile, active in _profiles(together):
                found.append(_host_oom(active, machine, profile))
    for workload in running:
        for container in workload.containers:
            processes = list(_processes(container))
            if container.limit is not None and container.role != "init" and sum(process.copies for process in processes) > 1:
                found.append(_inside(workload, container, processes))
    return tuple(found)


# ---- machines, and what runs together


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


def _projects(services: Iterable[Workload]) -> list[list[Workload]]:
    together: dict[tuple[str, str], list[Workload]] = {}
    for service in services:
        together.setdefault((service.kind, service.project or service.at.path), []).append(service)
    return list(together.values())


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


def _count(workload: Workload) -> int:
    return workload.replicas.value if isinstance(workload.replicas, Known) else 1


def _running(workload: Workload) -> list[Container]:
    return [container for container in workload.containers if container.role in ("main", "sidecar") and not container.interactive]


# ---- what they hold


def _value(amount: Amount) -> int | None:
    return amount.value if isinstance(amount, Known) else None


def usage(container: Container) -> int | None:
    """Return what a container is expected to hold in bytes, at most its limit; None where no bill tells."""
    budget = container.process.budget
    return None if budget is None else _capped(budget.expected, container)


def _capped(amount: int, container: Container) -> int:
    limit = _value(container.limit)
    return amount if limit is None else min(amount, limit)


def pod_usage(workload: Workload) -> int | None:
    """Return the sum over the containers that run side by side; None where one has no bill."""
    total = 0
    for container in _running(workload):
        amount = usage(container)
        if amount is None:
            return None
        total += amount
    return total


def _demand(workloads: Sequence[Workload]) -> int | None:
    total = 0
    for workload in workloads:
        amount = pod_usage(workload)
        if amount is None:
            return None
        total += amount * _count(workload)
    return total


class _Process(NamedTuple):
    """Processes of one kind in a container: what each holds, and how many there are."""

    name: str
    each: int
    copies: int
    at: Span
    master: bool = False  # it looks after the others of its kind


def _processes(container: Container) -> Iterator[_Process]:
    """Yield the processes of a container as the kernel sees them: each worker of a server is one of its own."""
    for reading in container.process.readings:
        if reading.budget is not None:
            yield from _of_reading(reading, container)


def _of_reading(reading: Reading, container: Container) -> Iterator[_Process]:
    budget, copies = reading.budget, max(reading.program.copies, 1)
    assert budget is not None
    origin = reading.program.words[0].origin if reading.program.words else None
    at = origin.span if origin is not None else container.at
    name, told = reading.program.name or reading.runtime, reading.options.get("workers")
    workers = told.value if isinstance(told, Known) and isinstance(told.value, int) else 1
    crew = sum(part.expected for part in budget.parts if part.name == "worker memory")
    if workers > 1 and crew:
        # A page that processes share counts for each of them.
        shared = sum(part.expected for part in budget.parts if part.name == "shared by the workers")
        yield _Process(f"{name} worker", _capped(crew // (workers * copies) + shared, container), workers * copies, at)
        yield _Process(name, _capped((budget.expected - crew) // copies, container), copies, at, master=True)
    else:
        yield _Process(name, _capped(budget.expected // (copies * max(workers, 1)), container), copies * max(workers, 1), at)


def _largest(container: Container) -> _Process | None:
    """Return the largest process of a container: the kernel takes processes, not containers."""
    return max(_processes(container), key=lambda process: process.each, default=None)


# ---- eviction by the kubelet


class _Standing(NamedTuple):
    """A pod under node pressure. `exceeds`: whether it uses more than it requests, None where that cannot be known."""

    pod: Workload
    used: int | None
    request: int | None  # 0: none; None: it cannot be known
    exceeds: bool | None
    priority: int

    @property
    def critical(self) -> bool:
        return self.priority >= CRITICAL

    @property
    def excess(self) -> int | None:
        return None if self.used is None or self.request is None else self.used - self.request


def _standing(pod: Workload) -> _Standing:
    used, request = pod_usage(pod), 0 if pod.request is None else _value(pod.request)
    exceeds: bool | None = None
    if request == 0:
        exceeds = True  # with its first byte
    elif request is not None and used is not None:
        exceeds = used > request
    elif request is not None and not pod.exceeds_request and all(_value(container.limit) is not None for container in _running(pod)):
        exceeds = False
    return _Standing(pod, used, request, exceeds, _value(pod.priority) or 0)


def _eviction_rank(standing: _Standing) -> tuple[int, int, bool, int, str]:
    """Order as rankMemoryPressure does: usage above the request, then the lower priority, then the larger excess; what is not known is last."""
    group = 3 if standing.critical else 2 if standing.exceeds is None else 0 if standing.exceeds else 1
    excess = standing.excess
    return (group, standing.priority, excess is None, -(excess or 0), standing.pod.name)


def _why(standing: _Standing) -> str:
    pod, excess = standing.pod, standing.excess
    if standing.critical:
        return f"never: priority {standing.priority} is critical, and the kubelet does not evict it"
    if excess is not None:
        told = f"{human(excess)} above its request" if excess > 0 else f"{human(-excess)} below its request"
    elif standing.exceeds:
        told = "requests nothing, so it is above its request with its first byte"
    elif standing.exceeds is False:
        told = "cannot exceed its request, which is its limit"
    elif standing.request is None:
        told = "its request cannot be known"
    else:
        told = "usage not known: no bill for all of its containers"
    priority = f"priority {standing.priority}"
    if isinstance(pod.priority, Unknown):
        priority = f"priority not known ({pod.priority.why}), taken as 0"
    return f"{told}, {priority}" + (f", {_count(pod)} replicas" if _count(pod) > 1 else "")


def _eviction(pods: Sequence[Workload], node: Host) -> Forecast:
    ranked = sorted((_standing(pod) for pod in pods), key=_eviction_rank)
    return Forecast(
        "eviction",
        f"{node.name}: eviction by the kubelet when less than {human(EVICTION_HARD)} is available",
        node.memory - node.reserved,
        _demand(pods),
        tuple(
            Candidate(
                standing.pod.name,
                None,
                standing.pod.at,
                standing.used,
                _value(standing.pod.request),
                _value(standing.pod.limit),
                standing.priority,
                standing.excess,
                _why(standing),
            )
            for standing in ranked
        ),
        _eviction_advice(ranked),
    )


def _eviction_advice(ranked: Sequence[_Standing]) -> str:
    """Name one change that moves the first victim down, tried by ranking again."""
    first, *others = ranked
    if first.exceeds is None or first.critical:
        return "no pod has a bill, so nothing can be said about the order"
    if not others:
        return "one pod alone: nothing else could go first"
    for changed, told in _changes(first, others):
        after = sorted([changed, *others], key=_eviction_rank)
        if after[0].pod is not first.pod and not after[0].critical:
            return f"{told}: then {after[0].pod.name} goes first"
    return f"nothing else can go before {first.pod.name}: the others are critical, or not known"


def _changes(first: _Standing, others: Sequence[_Standing]) -> Iterator[tuple[_Standing, str]]:
    name, limit = first.pod.name, _value(first.pod.limit)
    if first.exceeds and first.used is not None:
        request = _up(first.used) if limit is None else min(_up(first.used), limit)
        told = f"a request of {human(request)} for {name} (now {human(first.request) if first.request else 'none'}) keeps it within its request"
        yield first._replace(request=request, exceeds=False), told
    if limit is not None and first.request is not None and limit > first.request:
        told = f"a request equal to its limit of {human(limit)} keeps {name} from ever exceeding it"
        yield first._replace(request=limit, exceeds=False), told
    rival = min(others, key=_eviction_rank)
    yield first._replace(priority=rival.priority + 1), f"a PriorityClass above {rival.priority} moves {name} behind {rival.pod.name}"


def _up(amount: int) -> int:
    return -(-amount // _STEP) * _STEP


# ---- the kernel's choice on a machine


class _Target(NamedTuple):
    """A container whose largest process the kernel weighs. `points` are those of oom_badness times 1000, in bytes; None: not known."""

    workload: Workload
    container: Container
    process: _Process | None
    adjustment: int | None
    points: int | None

    def score(self, memory: int) -> int | None:
        return None if self.points is None else self.points // memory


def _target(workload: Workload, container: Container, adjustment: int | None, memory: int) -> _Target:
    process = _largest(container)
    points = None
    if process is not None and adjustment is not None and adjustment > -1000:
        points = process.each * 1000 + adjustment * memory
    return _Target(workload, container, process, adjustment, points)


def _ranked(targets: Iterable[_Target]) -> list[_Target]:
    """Order by badness; what has no bill comes after: first what nothing bounds, then the larger limit."""
    return sorted(
        targets,
        key=lambda target: (
            target.points is None,
            -(target.points or 0),
            target.container.limit is not None,
            -(_value(target.container.limit) or 0),
            target.workload.name,
            target.container.name,
        ),
    )


def _candidate(target: _Target, memory: int, why: str) -> Candidate:
    container, process = target.container, target.process
    if process is not None and process.copies > 1:
        why += f"; the largest of its processes holds {human(process.each)}"
    if process is None:
        limit = _value(container.limit)
        why += f"; no bill, at most {human(limit)}" if limit is not None else "; no bill"
    return Candidate(
        target.workload.name,
        container.name,
        container.at,
        usage(container),
        _value(container.request),
        _value(container.limit),
        None,
        target.score(memory),
        why,
    )


def _node_oom(pods: Sequence[Workload], node: Host) -> Forecast:
    targets = _ranked(
        _target(pod, container, _adjustment(pod, container, node.memory), node.memory) for pod in pods for container in _running(pod)
    )
    return Forecast(
        "node-oom",
        f"{node.name}: the kernel's choice when the node itself runs out",
        node.memory,
        _demand(pods),
        tuple(
            _candidate(
                target,
                node.memory,
                f"oom_score_adj {target.adjustment if target.adjustment is not None else 'not known'}, {target.workload.qos or 'QoS not known'}",
            )
            for target in targets
        ),
        _node_advice(targets, node.memory),
    )


def _adjustment(pod: Workload, container: Container, memory: int) -> int | None:
    """Return what the kubelet of a node of this size writes; the model holds it for one size at most."""
    claimants = [qos.Claimant(one.name, one.role, one.at, requests=_claims(one.request)) for one in pod.containers]
    whole = qos.Claimant(pod.name, "pod", pod.at, requests=_claims(pod.request)) if pod.pod_level else None
    own = next(claimant for claimant, one in zip(claimants, pod.containers, strict=True) if one is container)
    name = pod.priority_class.value if isinstance(pod.priority_class, Known) else None
    return qos.oom_score_adj(qos.Pod(claimants, whole), own, pod.qos, memory, name)


def _claims(request: Amount) -> qos.Claims:
    return {} if request is None else {"memory": request}


def _node_advice(targets: Sequence[_Target], memory: int) -> str:
    known = [target for target in targets if target.points is not None]
    if not known:
        return "no container has a bill, so nothing can be said about the order"
    if len(known) == 1:
        return "one container alone has a bill: nothing else can be said to go first"
    first, second = known[0], known[1]
    assert first.process is not None
    assert second.points is not None
    name = f"{first.workload.name}/{first.container.name}"
    wanted = (second.points - first.process.each * 1000 - 1) // memory  # the adjustment with which it has fewer points
    request, limit = _up(-(-memory * (1000 - wanted) // 1000)), _value(first.container.limit)
    if wanted >= 3 and (limit is None or request <= limit) and not first.workload.pod_level:
        now = _value(first.container.request)
        return (
            f"a memory request of {human(request)} for {name} (now {human(now) if now else 'none'}) lowers its oom_score_adj from {first.adjustment} to "
            f"{max(1000 - 1000 * request // memory, 3)}: then {second.workload.name}/{second.container.name} is taken first"
        )
    if wanted >= -997 and first.workload.qos != "Guaranteed":
        return (
            f"requests equal to the limits, of CPU and memory in every container, make {first.workload.name} Guaranteed with oom_score_adj -997: then "
            f"{second.workload.name}/{second.container.name} is taken first"
        )
    return f"{name} holds the most, and no request changes that: a lower limit would"


def _host_oom(services: Sequence[Workload], host: Host, profile: str) -> Forecast:
    targets = _ranked(_target(service, container, _host_adjustment(container), host.memory) for service, container in _once(services))
    about = ", ".join(filter(None, (_project(services), profile)))
    title = f"{host.name}: the kernel's choice when the host runs out" + (f" ({about})" if about else "")
    return Forecast(
        "host-oom",
        title,
        host.memory - host.reserved,
        _demand(services),
        tuple(_candidate(target, host.memory, _host_why(target)) for target in targets),
        _host_advice(targets, host.memory),
    )


def _once(services: Sequence[Workload]) -> Iterator[tuple[Workload, Container]]:
    """Yield containers; a script that runs a name twice has stopped the first in between, so the last counts."""
    latest: dict[tuple[str, str, str], tuple[Workload, Container]] = {}
    for service in services:
        for container in _running(service):
            latest[(service.project or service.at.path, service.name, container.name)] = (service, container)
    yield from latest.values()


def _project(services: Sequence[Workload]) -> str:
    names = {service.project or service.at.path for service in services}
    return names.pop() if len(names) == 1 else ""


def _host_adjustment(container: Container) -> int | None:
    return 0 if container.oom_score_adj is None else _value(container.oom_score_adj)


def _host_why(target: _Target) -> str:
    if target.adjustment is None:
        return "oom_score_adj not known"
    if target.adjustment <= -1000:
        return "never: oom_score_adj is -1000"
    count = _count(target.workload)
    return (
        f"oom_score_adj {target.adjustment}"
        + ("" if target.container.limit is not None else ", no limit")
        + (f", {count} replicas" if count > 1 else "")
    )


def _host_advice(targets: Sequence[_Target], memory: int) -> str:
    known = [target for target in targets if target.points is not None]
    if not known:
        return "no container has a bill, so nothing can be said about the order"
    first, *others = known
    if not others:
        return "one container alone has a bill: nothing else can be said to go first"
    # What can be started anew without loss goes before a data store.
    spare = next((target for target in others if target.container.data_store is None), others[0])
    assert first.points is not None
    assert spare.process is not None
    value = (first.points - spare.process.each * 1000) // memory + 1
    if value > 1000:
        return f"no oom_score_adj gets another container taken before {first.workload.name}: lower its own"
    return f"oom_score_adj {value} (--oom-score-adj {value}) on {spare.workload.name} lets the kernel take it before {first.workload.name}"


# ---- inside one container


def _inside(workload: Workload, container: Container, processes: Sequence[_Process]) -> Forecast:
    """Rank the processes of one container: the kernel takes the largest, not the one that grew."""
    ranked = sorted(processes, key=lambda process: (-process.each, process.name))
    return Forecast(
        "container-oom",
        f"{workload.name}/{container.name}: the kernel's choice at the limit",
        _value(container.limit),
        None,
        tuple(
            Candidate(
                workload.name,
                process.name,
                process.at,
                process.each,
                None,
                None,
                None,
                process.each,
                f"expected in each of {process.copies} processes" if process.copies > 1 else "expected",
            )
            for process in ranked
        ),
        _inside_advice(workload, container, ranked[0], any(process.master for process in ranked)),
    )


def _inside_advice(workload: Workload, container: Container, first: _Process, mastered: bool) -> str:
    pid1 = container.process.pid1
    if pid1 is not None and pid1.name == first.name and first.copies == 1:
        return f"{first.name} is PID 1: the container ends with it, and the restart policy acts"
    if workload.pod:
        return (
            f"{first.name} is taken, and with memory.oom.group (Kubernetes 1.28 on cgroup v2) the whole container with it; before that, or with "
            "singleProcessOOMKill, it alone"
        )
    if mastered and not first.master:
        return f"one {first.name} is taken and replaced; PID 1 lives on, and nobody notices but memory.events and the log of its master"
    if pid1 is not None and pid1.kind == "supervisor":
        return f"{first.name} is taken alone, and {pid1.name} starts it again; the container is not restarted"
    if pid1 is not None and pid1.waits_for_any:
        return f"{first.name} is taken, PID 1 notices and ends, and the restart policy acts"
    return f"{first.name} is taken alone; PID 1 lives on, and nothing restarts the container: one program a container, or a script that ends with the first that ends"
