"""The heap is set to the whole limit through the downward API, which leaves nothing for the rest of the process.

`resourceFieldRef: limits.memory` hands the container its limit (without a limit: the node's allocatable memory). Used as `-Xmx$(LIMIT)` the
heap alone is the whole container; metaspace, code cache, threads and direct buffers come on top. The same holds for `GOMEMLIMIT` and
`--max-old-space-size`: the reference hands over 100 %, and whoever uses it has to leave room. The finding proposes the share that fits the bill.

When it is a false alarm: where a script subtracts from the value before it is used.

How to mend: `-XX:MaxRAMPercentage=`, which follows the limit and leaves room; 90 % of the limit for Go.

Bad:

```kubernetes
apiVersion: v1
kind: Pod
metadata: {name: api}
spec:
  containers:
    - name: api
      image: eclipse-temurin:21-jre
      command: ["java", "-Xmx$(LIMIT)m", "-jar", "app.jar"]
      env:
        - name: LIMIT
          valueFrom:
            resourceFieldRef: {resource: limits.memory, divisor: 1Mi}
      resources:
        requests: {memory: 1Gi}
        limits: {memory: 1Gi}
```

Good:

```kubernetes
apiVersion: v1
kind: Pod
metadata: {name: api}
spec:
  containers:
    - name: api
      image: eclipse-temurin:21-jre
      command: ["java", "-XX:MaxRAMPercentage=70", "-jar", "app.jar"]
      resources:
        requests: {memory: 1Gi}
        limits: {memory: 1Gi}
```

Sources: Kubernetes pkg/api/v1/resource (resourceFieldRef, divisor, allocatable without a limit).
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM217", Severity.ERROR)
def heap_equals_limit_by_reference(container: Container) -> Findings:
    for seen in container.observed("heap-equals-limit-by-reference"):
        yield seen.finding()
