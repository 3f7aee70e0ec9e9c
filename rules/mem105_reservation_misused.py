"""A memory reservation is taken for a limit, or is as large as the limit or larger.

`--memory-reservation` and `mem_reservation` neither warn, nor throttle, nor swap, nor kill at their value. On cgroup v2 the value becomes
`memory.low`: while the host is short of memory, that much of the container is spared from reclaim. On v1 it is a soft limit that matters
only under pressure of the whole host.

An error where it is more than the limit (Docker refuses to create the container), a warning where it equals the limit (then all of the
container is shielded and its neighbours pay) and where Compose has no limit beside it, an info where `docker run` has none.

When it is a false alarm: a container that shall be shielded completely is a reason for an equal value. Say so in a suppression.

How to mend: keep the reservation at what the container needs in quiet times, below the limit. To be told before the limit is reached,
watch `memory.events` or the working set. The unsafe fix reserves what the bill expects, or sets the limit that is missing.

Bad:

```sh
docker run -d --memory 1g --memory-reservation 2g redis:7
```

Good:

```sh
docker run -d --memory 1g --memory-reservation 768m redis:7
```

Sources: moby daemon/daemon_unix.go:441-444; opencontainers/cgroups fs2/memory.go; Linux 6.12 mm/memcontrol.c, mm/vmscan.c:6219.
"""

from memlint.api import MIB, Container, Findings, Fix, Known, Safety, Severity, human, rule


@rule("MEM105", Severity.ERROR, needs="reservation-misused")
def reservation_misused(container: Container) -> Findings:
    for seen in container.observed("reservation-misused"):
        yield seen.finding()._replace(fix=_fix(container))


def _fix(container: Container) -> Fix | None:
    """Return the fix that the bill gives: a limit beside the reservation, or a reservation of what the process is expected to hold."""
    limit, reservation, budget = container.limit, container.reservation, container.process.budget
    if budget is None or container.editor is None or not isinstance(reservation, Known):
        return None
    if limit is None:
        size = container.fitting_limit
        if not container.bounded or size is None or size <= reservation.value:
            return None
        edits = container.limit_edits(size)
        return Fix(f"limit it to {human(size)}", Safety.UNSAFE, edits) if edits else None
    size = -(-budget.expected // (16 * MIB)) * 16 * MIB
    if not isinstance(limit, Known) or size >= limit.value:
        return None
    edits = container.editor.set("reservation", container.editor.amount(size))
    return Fix(f"reserve {human(size)}, what it is expected to hold", Safety.UNSAFE, edits) if edits else None
