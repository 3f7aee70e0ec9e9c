"""A horizontal and a vertical autoscaler both act on the memory of one workload.

The HorizontalPodAutoscaler compares usage with the request that the VerticalPodAutoscaler changes: more memory a pod lowers the utilisation, pods are
taken away, usage per pod rises, and the vertical one raises the request again. The project says not to combine them on the same resource.

Silent where the vertical autoscaler only recommends (`updateMode: "Off"`), and where the two act on different resources.

When it is a false alarm: never on the same resource.

How to mend: scale horizontally on CPU or on a metric of the application, or restrict the vertical autoscaler with `controlledResources: [cpu]`.

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
apiVersion: autoscaling.k8s.io/v1
kind: VerticalPodAutoscaler
metadata: {name: web}
spec:
  targetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
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
      resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}
---
apiVersion: autoscaling.k8s.io/v1
kind: VerticalPodAutoscaler
metadata: {name: web}
spec:
  targetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  resourcePolicy:
    containerPolicies: [{containerName: "*", controlledResources: [memory]}]
```

Sources: kubernetes/autoscaler vertical-pod-autoscaler docs/known-limitations.md.
"""

from memlint.api import Autoscaler, Finding, Findings, Known, Note, Project, Severity, rule


@rule("MEM307", Severity.WARNING, needs="autoscaler")
def hpa_vpa_conflict(project: Project) -> Findings:
    acting = [scaler for scaler in project.autoscalers if scaler.controls_memory and scaler.target[1]]
    vertical: dict[tuple[str, str], list[Autoscaler]] = {}
    for scaler in acting:
        if scaler.kind == "VerticalPodAutoscaler" and scaler.acts:
            vertical.setdefault(scaler.target, []).append(scaler)
    for horizontal in acting:
        if horizontal.kind == "VerticalPodAutoscaler":
            continue
        for other in vertical.get(horizontal.target, ()):
            if horizontal.beside(other):
                mode = other.update_mode.value if isinstance(other.update_mode, Known) else "its default mode"
                yield Finding(
                    f"{horizontal.name} scales {horizontal.target[1]} by its memory while {other.name} ({mode}) changes its memory request: they work against each other",
                    at=horizontal.at,
                    notes=(Note(other.at, "changes the memory request"),),
                )
