"""A file system in memory may grow to the container's limit or beyond, and what lies in it is never reclaimed.

A tmpfs (`tmpfs:`, `--tmpfs`, `emptyDir` with `medium: Memory`) is memory of the container that wrote to it. Unlike the page cache it cannot be
dropped, and it outlives the process: an OOM-killed container comes back into a pod whose tmpfs is as full as before, and is killed again.
Without a size Docker's tmpfs may take half of the *host*, and Kubernetes' volume the pod's limit or, without one, the node's allocatable memory.

An error where the sizes reach the limit: filling the volumes kills the container. A warning where a volume has no size in a container with a
limit, or where full volumes and the process together exceed it. Information where the container has no limit either.

When it is a false alarm: where only a few files are ever written. Then a small size costs nothing.

How to mend: set `sizeLimit`, `size=` or `tmpfs-size`, and count it in the limit. The unsafe fix gives it what the bill leaves.

Bad:

```kubernetes
apiVersion: v1
kind: Pod
metadata: {name: render}
spec:
  containers:
    - name: render
      image: nginx:1.27
      resources: {limits: {memory: 256Mi}}
      volumeMounts: [{name: scratch, mountPath: /scratch}]
  volumes:
    - name: scratch
      emptyDir: {medium: Memory, sizeLimit: 256Mi}
```

Good:

```kubernetes
apiVersion: v1
kind: Pod
metadata: {name: render}
spec:
  containers:
    - name: render
      image: nginx:1.27
      resources: {limits: {memory: 512Mi}}
      volumeMounts: [{name: scratch, mountPath: /scratch}]
  volumes:
    - name: scratch
      emptyDir: {medium: Memory, sizeLimit: 64Mi}
```

Sources: KEP-1967 (size of memory-backed volumes), Linux Documentation/filesystems/tmpfs.rst:79, kubernetes issue 128339; writing 100 MiB into a
tmpfs under a limit of 64 MiB was killed, and 62 MiB stayed charged (2026-11).
"""

from collections.abc import Iterator

from memlint.api import MIB, Confidence, Container, Finding, Findings, Fix, Known, Mount, Note, Safety, Severity, Workload, human, rule


@rule("MEM106", Severity.WARNING)
def memory_volume_unbounded(workload: Workload) -> Findings:
    told: set[tuple[int, int]] = set()
    for container in workload.containers:
        if container.role in ("main", "sidecar"):
            for mount, message, severity in _judged(container, workload.pod):
                # A volume that several containers mount is one place to mend.
                place = mount.origin.span.start, mount.origin.span.end
                if place not in told:
                    told.add(place)
                    notes = (Note(container.limit.origin.span, "the limit"),) if isinstance(container.limit, Known) else ()
                    confidence = Confidence.HIGH if severity is Severity.ERROR else Confidence.MEDIUM
                    yield Finding(message, mount.origin.span, notes, confidence, _fix(container, mount), severity)


def _fix(container: Container, mount: Mount) -> Fix | None:
    """Return the fix that gives a file system its share of what the process is expected to leave of the limit."""
    budget, limit = container.process.budget, container.limit
    if budget is None or not isinstance(limit, Known) or mount.bound is None or container.editor is None:
        return None
    others = [other for other in container.mounts if other.memory and other is not mount]
    room = limit.value * 19 // 20 - budget.expected - sum(other.size.value for other in others if isinstance(other.size, Known))
    each = room // (1 + sum(other.size is None for other in others))
    size = each // (16 * MIB) * 16 * MIB or each // MIB * MIB
    edits = mount.bound(container.editor.amount(size)) if size > 0 else None
    return Fix(f"bound {mount.target} to {human(size)}", Safety.UNSAFE, edits) if edits else None


def _judged(container: Container, pod: bool) -> Iterator[tuple[Mount, str, Severity]]:
    mounts = [mount for mount in container.mounts if mount.memory]
    limit = container.limit
    if not isinstance(limit, Known):
        if limit is None and pod:
            for mount in mounts:
                if mount.size is None:
                    yield (
                        mount,
                        f"{mount.target} lies in memory without a sizeLimit, and {container.name} has no limit: it may fill the node",
                        Severity.INFO,
                    )
        return
    sized = {mount: mount.size.value for mount in mounts if isinstance(mount.size, Known)}
    total = sum(sized.values())
    if sized and total >= limit.value:
        largest = max(sized, key=lambda mount: sized[mount])
        what = (
            f"{largest.target} in memory may hold {human(total)}"
            if len(sized) == 1
            else f"{len(sized)} file systems in memory may hold {human(total)}"
        )
        yield (
            largest,
            f"{what}, but {container.name} may use {human(limit.value)} in all: it is killed while it writes there",
            Severity.ERROR,
        )
    elif sized and (budget := container.process.budget) is not None and budget.expected <= limit.value < budget.expected + total:
        largest = max(sized, key=lambda mount: sized[mount])
        message = f"{largest.target} in memory ({human(total)}) and the process ({human(budget.expected)}) together exceed the {human(limit.value)} of {container.name}"
        yield largest, message, Severity.WARNING
    for mount in mounts:
        if mount.size is None:
            bound = "the pod's limit" if pod else "half of the host's memory"
            message = (
                f"{mount.target} lies in memory without a size: it may grow to {bound}, is charged to {container.name} with its "
                f"{human(limit.value)}, and is not emptied by a restart of the container"
                if pod
                else f"{mount.target} lies in memory without a size: it may grow to {bound}, and is charged to {container.name} with its {human(limit.value)}"
            )
            yield mount, message, Severity.WARNING
