"""A PodDisruptionBudget stands before a data store that memory pressure can evict all the same.

A PodDisruptionBudget holds back the eviction *API*: a drain, an upgrade of the node, the cluster autoscaler. The kubelet's eviction under memory
pressure and the kernel's OOM killer do not ask it, nor do they respect the termination grace period under a hard threshold.

Reported for stores whose memory limit is above their request, where somebody took care of disruptions but not of this one.

When it is a false alarm: where the budget is there for drains alone, as it should be. Information only.

How to mend: keep the budget, and set the memory request to the limit.

Bad:

```kubernetes
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: db}
spec:
  minAvailable: 1
  selector: {matchLabels: {app: db}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers:
        - name: postgres
          image: postgres:17
          resources: {requests: {memory: 256Mi}, limits: {memory: 1Gi}}
```

Good:

```kubernetes
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: db}
spec:
  minAvailable: 1
  selector: {matchLabels: {app: db}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers:
        - name: postgres
          image: postgres:17
          resources: {requests: {memory: 1Gi}, limits: {memory: 1Gi}}
```

Sources: Kubernetes documentation "Node-pressure Eviction" (PodDisruptionBudget and terminationGracePeriodSeconds are not respected).
"""

from memlint.api import Finding, Findings, Note, Project, Severity, rule


@rule("MEM305", Severity.INFO, needs="disruption-budget")
def pdb_is_no_shield(project: Project) -> Findings:
    told: set[int] = set()
    for budget in project.disruption_budgets:
        for workload in budget.workloads:
            if id(workload) in told:  # of two budgets for the same pods the API itself complains
                continue
            told.add(id(workload))
            store = next(
                (container.data_store for container in workload.containers if container.role == "main" and container.data_store), None
            )
            if store is not None and not workload.partial and workload.exceeds_request:
                yield Finding(
                    f"{budget.name} does not keep the kubelet from evicting {workload.name} ({store}) under memory pressure, "
                    "as its memory may exceed its request; "
                    f"{'set the request to the limit' if workload.limit is not None else 'set a memory limit, and the request to the same'}",
                    at=budget.at,
                    notes=(Note(workload.at, f"{workload.name} may exceed its memory request"),),
                )
