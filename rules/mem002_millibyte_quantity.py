"""A Kubernetes amount of memory is in thousandths of a byte, or is not a whole number of bytes.

`m` is milli in every Kubernetes quantity: right for `cpu: 500m`, but `memory: 512m` is 0.512 byte. The API server accepts it with a
warning that few see, and rounds it up to 1 byte. As a limit it lets nothing start; as a request it asks for nothing, so the pod is
scheduled onto a full node and is among the first to be evicted. An amount such as `0.1Gi` is rounded up to whole bytes as well; that
does no harm, so it is only mentioned.

When it is a false alarm: Spark and Flink resources, where `512m` is 512 MiB, are read in their own units and are not reported.

How to mend: write `Mi`. For a limit the fix is safe, as a limit of one byte works for nothing.

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
        limits: {cpu: 500m, memory: 512m}
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
        limits: {cpu: 500m, memory: 512Mi}
```

Sources: apimachinery resource/quantity.go:40-60 and suffix.go, kubernetes pkg/api/pod/warnings.go; kubectl 1.32.4 was asked.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM002", Severity.ERROR)
def millibyte_quantity(container: Container) -> Findings:
    for seen in container.observed("millibyte-quantity"):
        yield seen.finding()
