"""A container requests more memory than its limit allows, and Kubernetes refuses the pod.

The API server rejects a pod whose request is larger than its limit; of a Deployment the ReplicaSet retries for ever and no pod appears.
It happens where two notations meet, `limits: 64M` with `requests: 64Mi`, where an overlay lowers one of the two, and where a LimitRange's
default limit is below the request of a container that sets no limit.

Silent where the limit is a slip of the unit (`512m`, `512`), which MEM002 and MEM003 report.

When it is a false alarm: never; an equal amount is fine.

How to mend: raise the limit or lower the request. The unsafe fix lowers the request to the limit.

Bad:

```kubernetes
apiVersion: v1
kind: Pod
metadata: {name: agent}
spec:
  containers:
    - name: agent
      image: fluent/fluent-bit:3.1
      resources:
        requests: {memory: 64Mi}
        limits: {memory: 64M}
```

Good:

```kubernetes
apiVersion: v1
kind: Pod
metadata: {name: agent}
spec:
  containers:
    - name: agent
      image: fluent/fluent-bit:3.1
      resources:
        requests: {memory: 64Mi}
        limits: {memory: 64Mi}
```

Sources: kubernetes pkg/apis/core/validation ValidateContainerResourceRequirements; plugin/pkg/admission/limitranger.
"""

from memlint.api import Container, Context, Finding, Findings, Fix, Known, Note, Safety, Severity, human, rule


@rule("MEM103", Severity.ERROR)
def request_over_limit(container: Container, context: Context) -> Findings:
    request, limit = container.request, container.limit
    if not (isinstance(request, Known) and isinstance(limit, Known)) or request.value <= limit.value:
        return
    workload = context.workload_of(container)
    if workload is None or not workload.pod:
        return
    slips = [seen.at for topic in ("millibyte-quantity", "bytes-without-unit") for seen in container.observed(topic)]
    if limit.origin.span in slips:
        return  # the limit's unit is what is wrong
    edits = container.editor.set("request", container.editor.amount(limit.value)) if container.editor is not None else None
    yield Finding(
        f"{container.name} requests {human(request.value)} ({request.value} bytes) but is limited to {human(limit.value)} ({limit.value} bytes): "
        "Kubernetes refuses the pod",
        at=request.origin.span,
        notes=(Note(limit.origin.span, f"the limit, {limit.origin.how}"),),
        fix=Fix(f"lower the request to {human(limit.value)}", Safety.UNSAFE, edits) if edits else None,
    )
