"""The heap alone is larger than what the pod requests, so under node pressure this pod is among the first to be evicted.

The kubelet ranks pods for eviction by whether their usage exceeds their request, then by priority, then by the excess. A JVM fills its heap
sooner or later, so a request below `-Xmx` is exceeded in normal work, and the scheduler has placed the pod where there may be no room for it.

When it is a false alarm: where the pod may be evicted, as a batch worker may.

How to mend: request what the bill expects (`memlint budget`), or lower the heap.

Bad:

```kubernetes
apiVersion: v1
kind: Pod
metadata: {name: api}
spec:
  containers:
    - name: api
      image: eclipse-temurin:21-jre
      command: ["java", "-Xmx1g", "-jar", "app.jar"]
      resources:
        requests: {memory: 512Mi}
        limits: {memory: 2Gi}
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
      command: ["java", "-Xmx1g", "-jar", "app.jar"]
      resources:
        requests: {memory: 1536Mi}
        limits: {memory: 2Gi}
```

Sources: Kubernetes pkg/kubelet/eviction/helpers.go rankMemoryPressure.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM219", Severity.INFO)
def heap_above_request(container: Container) -> Findings:
    for seen in container.observed("heap-above-request"):
        yield seen.finding()
