"""An autoscaler watches memory in percent of the request, and a container has no request, so it never scales.

`Utilization` is usage divided by the sum of the containers' requests. If one of them has none the metric is undefined: the HorizontalPodAutoscaler
reports FailedGetResourceMetric and does nothing, at any load. A container with only a limit is fine, as its request defaults to the limit.

When it is a false alarm: where a LimitRange outside these files fills in the request.

How to mend: set `resources.requests.memory` in every container, sidecars included, or let the metric look at one container
(`type: ContainerResource`).

Bad:

```kubernetes
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 5
  metrics:
    - type: Resource
      resource: {name: memory, target: {type: Utilization, averageUtilization: 80}}
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
```

Good:

```kubernetes
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 5
  metrics:
    - type: Resource
      resource: {name: memory, target: {type: Utilization, averageUtilization: 80}}
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
          resources: {requests: {memory: 64Mi}}
```

Sources: Kubernetes documentation "Horizontal Pod Autoscaling"; pkg/controller/podautoscaler/replica_calculator.go calculatePodRequests.
"""

from memlint.api import Finding, Findings, Note, Project, Severity, Unknown, rule


@rule("MEM306", Severity.ERROR, needs="autoscaler")
def hpa_without_request(project: Project) -> Findings:
    for scaler in project.autoscalers:
        target, goal = scaler.workload, scaler.memory_utilization
        if goal is None or target is None or target.pod_level or goal.origin is None:
            continue
        watched = [
            container
            for container in target.containers
            if container.role in ("main", "sidecar") and scaler.container in (None, container.name)
        ]
        bare = [container for container in watched if container.request is None]
        if bare:
            names = ", ".join(container.name for container in bare)
            percent = "" if isinstance(goal, Unknown) else f" {goal.value} %"
            yield Finding(
                f"{scaler.name} scales {target.name} at{percent} of the memory request, but {names} {'have' if len(bare) > 1 else 'has'} none: it never scales",
                at=goal.origin.span,
                notes=tuple(Note(container.at, f"{container.name} requests no memory") for container in bare),
            )
