"""A container may use more than twice the memory that it requests, so its node is overcommitted by the difference.

The scheduler fills a node by requests; what lies between request and limit is promised to several pods at once. When they use it at the same
time the node runs out: pods above their request are evicted, and if that is too slow the kernel kills. Neither waits for a share of the node:
eviction begins when less than 100 MiB are available by default.

Information at more than 2 times (parameter `ratio`); a warning where `expect` sets `max_limit_request_ratio` and it is exceeded.

When it is a false alarm: short peaks of batch work on a node with room.

How to mend: raise the request to what the container uses when it is busy, or lower the limit.

Bad:

```kubernetes
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: nginx:1.27
      resources:
        requests: {memory: 64Mi}
        limits: {memory: 1Gi}
```

Good:

```kubernetes
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: nginx:1.27
      resources:
        requests: {memory: 64Mi}
        limits: {memory: 96Mi}
```

Sources: kubernetes pkg/kubelet/eviction/helpers.go; documentation "Node-pressure Eviction".
"""

from memlint.api import Container, Context, Finding, Findings, Known, Note, Severity, human, rule


@rule("MEM303", Severity.INFO)
def limit_request_ratio(container: Container, context: Context) -> Findings:
    request, limit = container.request, container.limit
    workload = context.workload_of(container)
    if workload is None or not workload.pod or not (isinstance(request, Known) and isinstance(limit, Known)):
        return
    policy = context.expected("max_limit_request_ratio", workload)
    allowed = float(policy.wanted if policy is not None else context.parameters.get("ratio", 2))
    if limit.value <= allowed * request.value:
        return
    asked = f"policy {policy.name} allows {allowed:g} times" if policy is not None else "what lies between is promised to other pods too"
    yield Finding(
        f"{container.name} may use {human(limit.value)}, {limit.value / request.value:.1f} times the {human(request.value)} that it requests: {asked}",
        at=limit.origin.span,
        notes=(Note(request.origin.span, "the request"), *(policy.notes if policy is not None else ())),
        severity=Severity.WARNING if policy is not None else Severity.INFO,
    )
