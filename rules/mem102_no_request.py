"""A container in a pod requests no memory, so the scheduler counts it as nothing and the node evicts it first.

The request is what the scheduler subtracts from a node, what the kubelet compares usage with when memory runs short, and what the kernel's
OOM score is made from. A container without one can be put on a node that is full; its pod is above its request with its first byte, so it
is evicted before every pod that stays within its own, and its processes have a score of 999 or 1000: they are killed first.

One finding a file; the containers are listed. Silent where a limit is set, as the request then defaults to it, and where a LimitRange or the
pod as a whole sets one.

When it is a false alarm: batch work that may be killed at any time.

How to mend: set `resources.requests.memory` to what the container uses on an ordinary day; `memlint budget` tells what that is.

Bad:

```kubernetes
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
```

Good:

```kubernetes
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
          resources:
            requests: {memory: 64Mi}
```

Sources: kubernetes pkg/kubelet/eviction/helpers.go rankMemoryPressure, pkg/kubelet/qos/policy.go, pkg/apis/core/v1/defaults.go.
"""

from memlint.api import Confidence, Container, Finding, Findings, Note, Project, Severity, rule


@rule("MEM102", Severity.WARNING)
def no_request(project: Project) -> Findings:
    files: dict[str, list[Container]] = {}
    for workload in project.workloads:
        if workload.pod and not workload.partial and not workload.pod_level:
            for container in workload.containers:
                if container.request is None and container.role in ("main", "sidecar") and container.confidence is not Confidence.LOW:
                    files.setdefault(container.at.path, []).append(container)
    for several in files.values():
        found = list({(container.at.begin, container.name): container for container in several}.values())
        found.sort(key=lambda container: container.at.start)
        names = list(dict.fromkeys(container.name for container in found))
        shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
        yield Finding(
            f"{shown} {'request' if len(names) > 1 else 'requests'} no memory: scheduled as if needing nothing, evicted and killed first",
            at=found[0].at,
            notes=tuple(Note(container.at, f"{container.name} requests no memory") for container in found[1:]),
        )
