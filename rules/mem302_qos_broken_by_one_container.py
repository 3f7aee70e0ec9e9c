"""One container keeps a pod from the QoS class Guaranteed that all its others are made for.

The class is that of the whole pod: one init container or sidecar without resources, or one amount that differs from its limit, makes it Burstable.
The kernel's OOM score of every container then rises from -997 to what its request earns, and the pod may use swap where the node has some.

A warning where a single field decides; information where the container has no resources at all, as injected sidecars and init containers often
do. Silent for jobs, and for pods that were never meant to be Guaranteed.

When it is a false alarm: where the class does not matter; eviction looks at usage and requests, not at it.

How to mend: set the field that the finding names. `1Gi` and `1024Mi` are equal, `1G` and `1Gi` are not.

Bad:

```kubernetes
apiVersion: v1
kind: Pod
metadata: {name: api}
spec:
  initContainers:
    - name: migrate
      image: example.org/api:1
  containers:
    - name: api
      image: example.org/api:1
      resources:
        limits: {cpu: 500m, memory: 512Mi}
```

Good:

```kubernetes
apiVersion: v1
kind: Pod
metadata: {name: api}
spec:
  initContainers:
    - name: migrate
      image: example.org/api:1
      resources:
        limits: {cpu: 500m, memory: 256Mi}
  containers:
    - name: api
      image: example.org/api:1
      resources:
        limits: {cpu: 500m, memory: 512Mi}
```

Sources: kubectl pkg/util/qos/qos.go:41, kubernetes pkg/kubelet/qos/policy.go; 14 pods of 119 public repositories are Burstable by an init container alone.
"""

from memlint.api import Context, Finding, Findings, Note, Severity, Workload, rule


@rule("MEM302", Severity.WARNING)
def qos_broken_by_one_container(workload: Workload, context: Context) -> Findings:
    broken = {name for name, _ in workload.qos_broken_by}
    counted = [container for container in workload.containers if container.role != "ephemeral"]
    if workload.qos != "Burstable" or not workload.service or len(broken) != 1 or len(counted) < 2:
        return
    guilty = [container for container in counted if container.name in broken]
    fields = [field for _, field in workload.qos_broken_by]
    # Requests below limits in both resources are somebody's intent.
    if len(guilty) != 1 or (len(fields) > 1 and all(field.startswith("resources.requests.") for field in fields)):
        return
    if context.expected("qos", workload) is not None:
        return
    role = {"init": "init container", "sidecar": "sidecar"}.get(guilty[0].role, "container")
    others = [container for container in counted if container is not guilty[0]]
    fault = f"its {fields[0]} is missing or differs" if len(fields) == 1 else f"it sets neither {fields[0]} nor {fields[1]}"
    yield Finding(
        f"{workload.name} is Burstable only because of {role} {guilty[0].name}: {fault}, while the other "
        f"{f'{len(others)} containers' if len(others) > 1 else 'container'} would make the pod Guaranteed",
        at=guilty[0].at,
        notes=tuple(Note(container.at, f"{container.name} has equal requests and limits") for container in others),
        severity=Severity.WARNING if len(fields) == 1 else Severity.INFO,
    )
