"""A memory target of an autoscaler lies above what the limits allow, so the containers are killed before it scales.

Utilisation is counted in percent of the request. With a request of 512 MiB and a limit of 768 MiB usage ends at 150 %: a target of 150 % or more is
never reached, the OOM killer comes first. The same holds for an average value at or above the limit.

When it is a false alarm: where the target is there to keep the autoscaler from acting on memory.

How to mend: a target well below 100 x limit / request, or a request nearer to the limit.

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
      resource: {name: memory, target: {type: Utilization, averageUtilization: 150}}
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
          resources: {requests: {memory: 512Mi}, limits: {memory: 768Mi}}
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
          resources: {requests: {memory: 512Mi}, limits: {memory: 768Mi}}
```

Sources: Kubernetes documentation "Horizontal Pod Autoscaling"; Linux mm/memcontrol.c.
"""

from memlint.api import Finding, Findings, Known, Note, Project, Severity, human, rule


@rule("MEM308", Severity.WARNING, needs="autoscaler")
def hpa_target_unreachable(project: Project) -> Findings:
    for scaler in project.autoscalers:
        target = scaler.workload
        if target is None or target.pod_level:
            continue
        watched = [
            container
            for container in target.containers
            if container.role in ("main", "sidecar") and scaler.container in (None, container.name)
        ]
        limits = [container.limit for container in watched if isinstance(container.limit, Known)]
        if not watched or len(limits) != len(watched):
            continue
        most = sum(limit.value for limit in limits)
        notes = tuple(Note(limit.origin.span, f"limit {human(limit.value)}") for limit in limits[:5])
        average, percent = scaler.memory_average, scaler.memory_utilization
        if isinstance(average, Known) and average.value >= most:
            yield Finding(
                f"{scaler.name} scales {target.name} at {human(average.value)} a pod, but its limits add up to {human(most)}: it is killed before",
                at=average.origin.span,
                notes=notes,
            )
        requests = [container.request for container in watched if isinstance(container.request, Known)]
        asked = sum(request.value for request in requests)
        if isinstance(percent, Known) and len(requests) == len(watched) and asked and percent.value * asked >= 100 * most:
            yield Finding(
                f"{scaler.name} scales {target.name} at {percent.value} % of the {human(asked)} that it requests, but usage ends at "
                f"{100 * most // asked} % ({human(most)}): it is killed before",
                at=percent.origin.span,
                notes=notes,
            )
