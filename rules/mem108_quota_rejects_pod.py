"""A LimitRange or a ResourceQuota of the namespace refuses the pod.

Admission happens when a pod is created: of a Deployment only the ReplicaSet's events tell that nothing starts. A quota on `limits.memory`
demands that every container sets a limit; a LimitRange refuses amounts outside its bounds and a limit that is too many times the request.

The objects are joined where they plausibly share a namespace: the same one, in one folder or below it, or the same named one anywhere.

When it is a false alarm: where the quota of the files is not that of the cluster.

How to mend: set what is asked for, add a LimitRange that fills it in, or change the bound.

Bad:

```kubernetes
apiVersion: v1
kind: ResourceQuota
metadata: {name: memory}
spec:
  hard: {limits.memory: 4Gi}
---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: nginx:1.27
      resources: {requests: {memory: 64Mi}}
```

Good:

```kubernetes
apiVersion: v1
kind: ResourceQuota
metadata: {name: memory}
spec:
  hard: {limits.memory: 4Gi}
---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: nginx:1.27
      resources: {requests: {memory: 64Mi}, limits: {memory: 128Mi}}
```

Sources: kubernetes plugin/pkg/admission/limitranger/admission.go, pkg/quota/v1/evaluator/core/pods.go.
"""

from memlint.api import Findings, Severity, Workload, rule


@rule("MEM108", Severity.WARNING)
def quota_rejects_pod(workload: Workload) -> Findings:
    for seen in workload.observed("quota-rejects-pod"):
        yield seen.finding()
