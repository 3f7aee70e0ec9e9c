"""Huge pages are asked for in a way that Kubernetes refuses.

Huge pages are never overcommitted: the request must equal the limit, a request needs a limit, the amount is a multiple of the page size, and a
container that asks for them must also ask for CPU or ordinary memory. Anything else is rejected when the pod is created.

When it is a false alarm: never.

How to mend: write the same amount as request and limit (the limit alone is enough), and a memory request beside it.

Bad:

```kubernetes
apiVersion: v1
kind: Pod
metadata: {name: db}
spec:
  containers:
    - name: db
      image: example.org/db:1
      resources:
        limits: {hugepages-2Mi: 512Mi, memory: 1Gi}
        requests: {hugepages-2Mi: 256Mi, memory: 1Gi}
```

Good:

```kubernetes
apiVersion: v1
kind: Pod
metadata: {name: db}
spec:
  containers:
    - name: db
      image: example.org/db:1
      resources:
        limits: {hugepages-2Mi: 512Mi, memory: 1Gi}
        requests: {hugepages-2Mi: 512Mi, memory: 1Gi}
```

Sources: kubernetes pkg/apis/core/validation (ValidateResourceRequirements), documentation "Manage HugePages".
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM109", Severity.ERROR)
def hugepages(container: Container) -> Findings:
    for seen in container.observed("hugepages"):
        yield seen.finding()
