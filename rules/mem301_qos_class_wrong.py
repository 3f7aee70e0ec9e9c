"""A pod does not have the QoS class that was asked for, or a data store may exceed what it requests.

Two cases. Where `expect` in the configuration names a class for a workload, every other class is reported, with the fields that decide it. And
a data store (Redis, PostgreSQL, Kafka, …) whose memory limit is above its request, or which has a request and no limit, may use more than it
requests: when the node runs short of memory, pods above their request are evicted first, whatever their class. With `request = limit` for
*memory* a pod cannot exceed its request, so it is evicted late.

Two things are often taken for one. A container that reaches its own limit is killed inside its cgroup, however much memory the node has. Eviction
is about the node: by default it begins when `memory.available` is below 100 MiB (no 80 % anywhere), and ranks pods by whether they use more than they
request, then by priority, then by the excess. The class is not consulted. It decides about the score that the kernel goes by when the node runs out
faster than the kubelet looks, which is every ten seconds: -997 for Guaranteed, 1000 for BestEffort, in between by the request.

CPU plays no part in eviction: a data store with equal memory and no CPU limit is Burstable by name, and as safe. It is not reported. Nor is one
without request and limit, which the rules about those report.

When it is a false alarm: a cache that may be lost at any time.

How to mend: set the memory request to the limit. For an expected class Guaranteed every container, init containers and sidecars too, needs
equal requests and limits for both CPU and memory; the finding names the fields.

Bad:

```kubernetes
apiVersion: v1
kind: Pod
metadata: {name: cache}
spec:
  containers:
    - name: redis
      image: redis:7.4
      resources:
        requests: {memory: 256Mi}
        limits: {memory: 1Gi}
```

Good:

```kubernetes
apiVersion: v1
kind: Pod
metadata: {name: cache}
spec:
  containers:
    - name: redis
      image: redis:7.4
      resources:
        requests: {memory: 1Gi}
        limits: {memory: 1Gi}
```

Sources: kubernetes pkg/kubelet/eviction/helpers.go rankMemoryPressure, documentation "Node-pressure Eviction" (the QoS class is not used);
kubectl pkg/util/qos/qos.go:41.
"""

from memlint.api import Confidence, Container, Context, Finding, Findings, Fix, Known, Note, Safety, Severity, Workload, human, rule


@rule("MEM301", Severity.WARNING)
def qos_class_wrong(workload: Workload, context: Context) -> Findings:
    if not workload.pod or workload.partial:
        return
    expected = context.expected("qos", workload)
    if expected is not None:
        wanted = expected.wanted
        if workload.qos is not None and workload.qos != wanted:
            fields = ", ".join(f"{field} of {name}" if name else field for name, field in workload.qos_broken_by)
            because = (
                f": {fields} {'differ' if len(workload.qos_broken_by) > 1 else 'differs or is missing'}"
                if wanted == "Guaranteed" and fields
                else ""
            )
            yield Finding(
                f"{workload.name} is {workload.qos}, but policy {expected.name} expects {wanted}{because}", workload.at, expected.notes
            )
        return
    if not workload.service or workload.pod_level:
        return
    for container in workload.containers:
        store = container.data_store
        if store is not None and container.role == "main" and container.confidence is not Confidence.LOW:
            yield from _exceeding(container, store)


def _exceeding(container: Container, store: str) -> Findings:
    request, limit = container.request, container.limit
    if not isinstance(request, Known) or not (limit is None or (isinstance(limit, Known) and limit.value > request.value)):
        return
    may = f"may use {human(limit.value)}" if isinstance(limit, Known) else "has no limit"
    edits = None
    if isinstance(limit, Known) and container.editor is not None:
        edits = container.editor.set("request", container.editor.amount(limit.value))
    yield Finding(
        f"{container.name} ({store}) requests {human(request.value)} but {may}: above its request it is among the first to be evicted; "
        f"set {'the memory request to the limit' if isinstance(limit, Known) else 'a memory limit, and the request to the same'}",
        at=request.origin.span,
        notes=(Note(limit.origin.span, "the limit"),) if isinstance(limit, Known) else (),
        fix=Fix("request as much memory as the limit allows", Safety.UNSAFE, edits) if edits else None,
    )
