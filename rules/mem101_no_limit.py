"""Containers have no memory limit, so each of them may take the whole machine.

A container without a limit grows until the host or the node is out of memory. Then the kernel kills whatever looks largest, which is
often another container, and on Kubernetes the pod is the first to be evicted. A runtime that sizes itself by its limit (JVM, Node, .NET)
sizes itself by the machine instead.

One finding a file: its first container without a limit is the place, the others are named with it. A warning on Kubernetes and for a
`docker run` that is meant to last (`-d`, `--restart`, a systemd unit, a service), an info in Compose and for a `docker run` in the
foreground. Silent for `docker run --rm` and `-it`, where a limit cannot be known, where a LimitRange or the pod sets one, and for Compose in
the profile `dev`.

When it is a false alarm: a machine that runs this one container and nothing else.

How to mend: `memlint budget` prints what the process needs; set the limit a little above. The unsafe fix does so where a setting of the
file (`-Xmx`, `maxmemory`) decides how much that is.

Bad:

```kubernetes
apiVersion: v1
kind: Pod
metadata:
  name: api
spec:
  containers:
    - name: api
      image: nginx:1.27
```

Good:

```kubernetes
apiVersion: v1
kind: Pod
metadata:
  name: api
spec:
  containers:
    - name: api
      image: nginx:1.27
      resources:
        limits:
          memory: 64Mi
```

Sources: Linux 6.12 mm/oom_kill.c; kubernetes pkg/kubelet/qos/policy.go and eviction/helpers.go.
"""

from collections import Counter
from collections.abc import Iterator

from memlint.api import (
    Confidence,
    Container,
    Context,
    Edit,
    Finding,
    Findings,
    Fix,
    Note,
    Project,
    Safety,
    Severity,
    Workload,
    human,
    rule,
)


@rule("MEM101", Severity.WARNING)
def no_limit(project: Project, context: Context) -> Findings:
    files: dict[str, list[tuple[Container, Severity]]] = {}
    lasting = [workload for workload in project.workloads if not workload.partial]
    for workload in lasting:
        for container, severity in _unlimited(workload, context):
            files.setdefault(container.at.path, []).append((container, severity))
    written = {(container.at.begin, container.name) for workload in lasting for container in workload.containers}
    counts = Counter(path for (path, _, _), _ in written)
    for path, several in files.items():
        found = list({(container.at.begin, container.name): (container, severity) for container, severity in several}.values())
        count = counts[path]
        found.sort(key=lambda item: item[0].at.start)
        names = list(dict.fromkeys(container.name for container, _ in found))
        shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
        yield Finding(
            f"{names[0]} has no memory limit"
            if len(found) == 1
            else f"{len(found)} of {count} containers of this file have no memory limit: {shown}",
            at=found[0][0].at,
            notes=tuple(Note(container.at, f"{container.name} has no memory limit") for container, _ in found[1:]),
            severity=min((severity for _, severity in found), key=tuple(reversed(Severity)).index),
            fix=_fix([container for container, _ in found]),
        )


def _fix(containers: list[Container]) -> Fix | None:
    """Return the fix that limits those containers whose bill follows from a setting: another bill is no reason for a number."""
    edits: list[Edit] = []
    told: list[str] = []
    for container in containers:
        size = container.fitting_limit if container.editor is not None and container.bounded else None
        change = container.limit_edits(size) if size is not None else None
        if size is not None and change and not any(edit in edits for edit in change):
            edits += change
            told.append(f"{container.name} to {human(size)}")
    return Fix(f"limit {', '.join(told)}", Safety.UNSAFE, tuple(edits)) if edits else None


def _unlimited(workload: Workload, context: Context) -> Iterator[tuple[Container, Severity]]:
    """Yield the containers that nothing bounds, each with how loudly to say so."""
    if workload.kind in ("docker-run", "docker-service"):
        # Whether such a command is meant to last stands in its flags, so its reader judges that.
        for seen in workload.observed("no-limit"):
            yield workload.containers[0], seen.severity or Severity.WARNING
        return
    if workload.kind == "compose" and context.profile == "dev":
        return
    for container in workload.containers:
        if container.limit is None and container.role in ("main", "sidecar"):
            guessed = workload.kind == "compose" or container.confidence is Confidence.LOW
            yield container, Severity.INFO if guessed else Severity.WARNING
