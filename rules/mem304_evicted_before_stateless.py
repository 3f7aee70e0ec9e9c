"""A data store would be evicted before, or as soon as, the stateless workloads beside it.

Under memory pressure the kubelet evicts pods that use more than they request, the lower priority first, then the larger excess. A store whose limit
is above its request, with a priority no higher than that of the stateless pods around it, competes with them by the size of its excess: and a
cache that has grown has the largest.

A warning where the store's priority is lower than that of a stateless workload; information where they are equal, which is the default.

When it is a false alarm: where the store runs on nodes of its own.

How to mend: memory request = limit for the store, so that it cannot exceed its request, and a PriorityClass above that of the stateless workloads
(`preemptionPolicy: Never` where it must not push others out). A PodDisruptionBudget does not help here.

Bad:

```kubernetes
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: cache}
spec:
  selector: {matchLabels: {app: cache}}
  template:
    metadata: {labels: {app: cache}}
    spec:
      containers:
        - name: redis
          image: redis:7.4
          resources: {requests: {memory: 256Mi}, limits: {memory: 1Gi}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx:1.27
          resources: {requests: {memory: 64Mi}, limits: {memory: 64Mi}}
```

Good:

```kubernetes
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: cache}
spec:
  selector: {matchLabels: {app: cache}}
  template:
    metadata: {labels: {app: cache}}
    spec:
      containers:
        - name: redis
          image: redis:7.4
          resources: {requests: {memory: 1Gi}, limits: {memory: 1Gi}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx:1.27
          resources: {requests: {memory: 64Mi}, limits: {memory: 64Mi}}
```

Sources: kubernetes pkg/kubelet/eviction/helpers.go rankMemoryPressure (usage above request, priority, excess).
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

from memlint.api import Finding, Findings, Known, Note, Project, Severity, Workload, rule


@rule("MEM304", Severity.WARNING)
def evicted_before_stateless(project: Project) -> Findings:
    pods = [workload for workload in project.workloads if workload.pod and workload.service and not workload.partial]
    stateless = [
        workload
        for workload in pods
        if workload.kind == "Deployment" and not any(container.data_store for container in workload.containers)
    ]
    below = _Folders(stateless)
    for store in pods:
        name = next((container.data_store for container in store.containers if container.role == "main" and container.data_store), None)
        own = _priority(store)
        if name is None or own is None or not store.exceeds_request:
            continue
        beside = [(other, rank) for other in below.beside(store) if (rank := _priority(other)) is not None and rank >= own]
        if not beside:
            continue
        above = [other for other, rank in beside if rank > own]
        named = list({other.at.begin: other for other in above or [other for other, _ in beside]}.values())
        how = "a lower priority than" if above else "no higher priority than"
        yield Finding(
            f"{store.name} ({name}) may exceed its memory request and has {how} {named[0].name}"
            f"{f' and {len(named) - 1} more' if len(named) > 1 else ''}, which can be replaced: the one with the largest excess is evicted first",
            at=store.at,
            notes=tuple(Note(other.at, f"{other.name} is stateless") for other in named[:5]),
            severity=Severity.WARNING if above else Severity.INFO,
        )


class _Folders:
    """Workloads by the folder that they stand in: of thousands only a few are beside another one."""

    def __init__(self, workloads: Sequence[Workload]) -> None:
        self._found: dict[str, list[tuple[int, Workload]]] = {}
        for place in enumerate(workloads):
            self._found.setdefault(_folder(place[1]), []).append(place)
        self._sorted = sorted(self._found)

    def beside(self, store: Workload) -> list[Workload]:
        """Return those in the folders of a workload, above and below, that it may share a node with, in their order."""
        folder = _folder(store)
        first, last = (bisect_left(self._sorted, folder + end) for end in ("/", "0")) if folder else (0, len(self._sorted))
        names = {folder, "", *accumulate(folder.split("/"), "{}/{}".format), *self._sorted[first:last]}
        near = sorted((place for name in names for place in self._found.get(name, ())), key=lambda place: place[0])
        return [other for _, other in near if store.beside(other)]


def _folder(workload: Workload) -> str:
    return workload.at.path.rpartition("/")[0]


def _priority(workload: Workload) -> int | None:
    """Return the priority, 0 where none is set, None where it cannot be known."""
    if workload.priority is None:
        return 0
    return workload.priority.value if isinstance(workload.priority, Known) else None
