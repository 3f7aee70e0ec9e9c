"""The limits of what runs on one host add up to more memory than the host has.

Docker hands out limits without looking at their sum. As long as nobody fills his limit nothing happens; when several do, the host is out
of memory, and the kernel kills the process that looks largest, in whichever container.

A sum below the memory of the host is no promise either: the kernel, the daemon and the page cache need some of it, which is what `reserved` is for.
And a sum above it is not an error in itself: 3.5 GiB of limits on 8 GiB are no overcommitment, 12 GiB are. Who is killed is decided by the size of
each process and its `oom_score_adj`, 0 for containers, -500 for dockerd; a reservation warns of nothing. `memlint forecast` prints that order.

Counted are limit times replicas of all services that run together: those without a profile, and those of one profile at a time, as
profiles are alternatives. A container without a limit makes the sum unknown and is named as such. The machine is the one that
`--host-memory` or `hosts:` in the configuration names, less what is reserved there for the system; without either this rule is silent.

When it is a false alarm: services that never peak together may be overcommitted on purpose. Say so in a suppression.

How to mend: lower limits to what `memlint budget` says the processes need, run fewer replicas, or move some to another host.

Options: --host-memory 8g

Bad:

```sh
docker run -d --name a --memory 6g redis:7
docker run -d --name b --memory 6g redis:7
```

Good:

```sh
docker run -d --name a --memory 2g redis:7
docker run -d --name b --memory 1536m redis:7
```

Sources: moby daemon/daemon_unix.go (no check across containers); Linux 6.12 mm/oom_kill.c.
"""

from collections.abc import Iterable, Iterator, Sequence

from memlint.api import Container, Context, Finding, Findings, Known, Note, Project, Severity, Span, Unknown, Workload, human, rule

_Claims = list[tuple[Container, int]]


@rule("MEM501", Severity.WARNING, needs="host")
def host_overcommitted(project: Project, context: Context) -> Findings:
    for host in context.hosts:
        yield from _judge(f"host {host.name}", host.memory, host.reserved, host.workloads)
    if context.host_memory is not None and not context.hosts:
        # Without a word from the user, what is started by one project or one script is what shares a machine.
        together: dict[tuple[str, str], list[Workload]] = {}
        for workload in project.workloads:
            together.setdefault((workload.kind, workload.project or workload.at.path), []).append(workload)
        for workloads in together.values():
            yield from _judge("the host", context.host_memory, 0, workloads)


def _judge(host: str, memory: int, reserved: int, workloads: Iterable[Workload]) -> Findings:
    # A swarm spreads its tasks over nodes, so nobody knows which of them meet.
    local = [workload for workload in workloads if workload.kind in ("compose", "docker-run") and not workload.partial]
    room = memory - reserved
    has = f"{human(memory)} less {human(reserved)} reserved" if reserved else human(memory)
    for profile, running in _together(local):
        claims, unlimited = _claims(running)
        total = sum(amount for _, amount in claims)
        if total > room:
            largest = max(claims, key=lambda claim: claim[1])[0]
            yield Finding(
                f"the limits of {len(claims)} containers{f' with profile {profile}' if profile else ''} add up to {human(total)} "
                f"({_bill(claims)}), {host} has {has}{_besides(unlimited)}",
                at=_place(largest),
                notes=tuple(
                    Note(_place(container), f"{container.name}: {human(amount)}")
                    for container, amount in claims
                    if container is not largest
                ),
            )
            if profile is None:
                return  # with any profile it is more still
        elif unlimited and profile is None:
            yield Finding(
                f"the sum of the limits on {host} ({has}) cannot be known: {_names(unlimited)} may take all of it; "
                f"the others add up to {human(total)}",
                at=unlimited[0].at,
                notes=tuple(Note(container.at, f"{container.name} has no limit") for container in unlimited[1:]),
                severity=Severity.INFO,
            )


def _together(workloads: Sequence[Workload]) -> Iterator[tuple[str | None, list[Workload]]]:
    """Yield the workloads that run at the same time: those without a profile, then with each profile."""
    always = [workload for workload in workloads if not workload.profiles]
    yield None, always
    for profile in sorted({profile for workload in workloads for profile in workload.profiles}):
        yield profile, always + [workload for workload in workloads if profile in workload.profiles]


def _claims(workloads: Iterable[Workload]) -> tuple[_Claims, list[Container]]:
    """Return what each container may take with all of its replicas, and the containers that nothing bounds."""
    claims: dict[tuple[str, str, str], tuple[Container, int]] = {}
    unlimited = []
    for workload in workloads:
        copies = workload.replicas.value if isinstance(workload.replicas, Known) else 1
        for container in workload.containers:
            if container.interactive or copies == 0 or isinstance(container.limit, Unknown):
                continue
            if container.limit is None:
                unlimited.append(container)
                continue
            # A script that runs a name twice has stopped the first in between.
            key = (workload.project or workload.at.path, workload.name, container.name)
            amount = container.limit.value * copies
            if key not in claims or claims[key][1] < amount:
                claims[key] = (container, amount)
    return list(claims.values()), unlimited


def _bill(claims: _Claims) -> str:
    ordered = sorted(claims, key=lambda claim: -claim[1])
    shown = [f"{container.name} {human(amount)}" for container, amount in ordered[:6]]
    rest = sum(amount for _, amount in ordered[6:])
    return " + ".join(shown + ([f"the rest {human(rest)}"] if rest else []))


def _names(containers: Sequence[Container]) -> str:
    names = list(dict.fromkeys(container.name for container in containers))
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


def _besides(unlimited: Sequence[Container]) -> str:
    return f"; without a limit and on top of it: {_names(unlimited)}" if unlimited else ""


def _place(container: Container) -> Span:
    return container.limit.origin.span if isinstance(container.limit, Known) else container.at
