"""An amount of memory has a decimal unit, which is up to a tenth less than its binary namesake.

In Kubernetes `1G` is 1,000,000,000 bytes and `1Gi` is 1,073,741,824; the limit is 70 MiB smaller than most people expect. `-Xmx1g`, Node's
flags, Redis' `1gb` and `docker run -m 1g` are all binary, so a heap of `1g` in a limit of `1G` is larger than the limit. A request in one
notation and a limit in the other is how a pod gets a request above its limit, and how it loses the class Guaranteed.

When it is a false alarm: where the decimal amount is meant. Information only.

How to mend: write `Mi` or `Gi`, or keep the unit and lower the heap.

Bad:

```kubernetes
apiVersion: v1
kind: Pod
metadata: {name: api}
spec:
  containers:
    - name: api
      image: nginx:1.27
      resources:
        limits: {memory: 1G}
```

Good:

```kubernetes
apiVersion: v1
kind: Pod
metadata: {name: api}
spec:
  containers:
    - name: api
      image: nginx:1.27
      resources:
        limits: {memory: 1Gi}
```

Sources: apimachinery resource/quantity.go:40-60; docker/go-units size.go RAMInBytes.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM006", Severity.INFO)
def decimal_unit(container: Container) -> Findings:
    for seen in container.observed("decimal-unit"):
        yield seen.finding()
