"""The memory of a container is changed while it runs, but its heap keeps the size that it was started with.

A JVM or Node fixes its heap when it starts, from a flag or from the limit of that moment. An in-place resize with `restartPolicy: NotRequired` gives
it more memory that it will not use, and a smaller limit kills it. The same holds for a VerticalPodAutoscaler over a heap of a fixed size: the request
and the limit move, the heap does not.

Silent where no resizePolicy is written: `NotRequired` is the default, and says nothing about whether anybody resizes.

When it is a false alarm: where only the memory beside the heap (metaspace, direct buffers) needs room.

How to mend: `resizePolicy` with `restartPolicy: RestartContainer` for memory, and a heap in percent of the limit (`-XX:MaxRAMPercentage`).

Bad:

```kubernetes
apiVersion: v1
kind: Pod
metadata: {name: api}
spec:
  containers:
    - name: api
      image: eclipse-temurin:21-jre
      command: ["java", "-Xmx512m", "-jar", "app.jar"]
      resources: {requests: {memory: 1Gi}, limits: {memory: 1Gi}}
      resizePolicy:
        - {resourceName: memory, restartPolicy: NotRequired}
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
      command: ["java", "-XX:MaxRAMPercentage=60", "-jar", "app.jar"]
      resources: {requests: {memory: 1Gi}, limits: {memory: 1Gi}}
      resizePolicy:
        - {resourceName: memory, restartPolicy: RestartContainer}
```

Sources: KEP-1287 (in-place resize, NotRequired by default); JDK arguments.cpp (the heap is sized once, at start).
"""

from memlint.api import Container, Context, Finding, Findings, Known, Note, Part, Severity, human, rule


@rule("MEM309", Severity.WARNING, needs="budget")
def resize_ignored_by_heap(container: Container, context: Context) -> Findings:
    heap = _fixed_heap(container)
    if heap is None or heap.origin is None:
        return
    policy = container.resize_policy
    if isinstance(policy, Known) and policy.value == "NotRequired":
        yield Finding(
            f"{container.name} may be resized without a restart, but its heap stays at {human(heap.expected)}: ask for RestartContainer",
            at=policy.origin.span,
            notes=(Note(heap.origin.span, "heap set here"),),
        )
        return
    workload = context.workload_of(container)
    for scaler in context.project.autoscalers:
        if scaler.kind == "VerticalPodAutoscaler" and scaler.controls_memory and scaler.acts and scaler.workload is workload is not None:
            yield Finding(
                f"{scaler.name} changes the memory of {container.name}, but its heap stays at {human(heap.expected)}: set it in percent of the limit",
                at=heap.origin.span,
                notes=(Note(scaler.at, "changes the memory"),),
            )


def _fixed_heap(container: Container) -> Part | None:
    """Return the heap of a size that a flag fixes."""
    budget = container.process.budget
    heaps = [part for part in budget.parts if part.origin is not None and part.name in ("heap", "old space")] if budget is not None else []
    flags = [part for part in heaps if part.origin is not None and "Percentage" not in part.origin.how]
    return flags[0] if flags else None
