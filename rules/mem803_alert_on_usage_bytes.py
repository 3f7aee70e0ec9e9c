"""An alert compares usage that contains reclaimable page cache with the limit, and fires on healthy containers.

`container_memory_usage_bytes` counts all page cache: a program that reads files sits at its limit for ever without danger.
`container_memory_working_set_bytes` leaves out inactive file pages, and is what the kubelet evicts by; it still holds active ones. What the
kernel cannot reclaim, and what therefore kills, is anonymous memory, tmpfs and kernel memory.

The tools disagree because they show different things. `docker stats` is usage less inactive file pages, a current value and not a peak, without
swap; `docker inspect` and the API give usage with all page cache; `kubectl top` and the working set are usage less inactive file pages too, so active
ones and tmpfs stay in; `container_memory_rss` is anonymous memory alone; `/proc/meminfo` is the host's. Each may be right, and only what cannot be
reclaimed has to be compared with the limit. Exit status 137 is any SIGKILL, also that of `docker stop` after its grace time.

When it is a false alarm: where the series is only drawn, not compared.

How to mend: alert on `container_memory_working_set_bytes`, or better on OOM events (`container_oom_events_total`, `memory.events`).

Bad:

```kubernetes
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: memory}
spec:
  groups:
    - name: memory
      rules:
        - alert: AlmostOut
          expr: container_memory_usage_bytes / container_spec_memory_limit_bytes > 0.9
```

Good:

```kubernetes
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: memory}
spec:
  groups:
    - name: memory
      rules:
        - alert: AlmostOut
          expr: container_memory_working_set_bytes / container_spec_memory_limit_bytes > 0.9
```

Sources: cadvisor lib/container/libcontainer/handler.go:876; page cache under a memory cgroup measured (thousands of reclaims, no kill).
"""

from memlint.api import Finding, Findings, Project, Severity, pattern, rule

_COMPARED = pattern(r"[<>]|/|\bpredict_linear\b")


@rule("MEM803", Severity.WARNING, needs="alert")
def alert_on_usage_bytes(project: Project) -> Findings:
    for alert in project.alerts:
        if "container_memory_usage_bytes" in alert.expression and _COMPARED.search(alert.expression):
            yield Finding(
                f"{alert.name} alerts on container_memory_usage_bytes, which counts page cache that is reclaimed before anything is killed: "
                "use container_memory_working_set_bytes, or OOM events",
                at=alert.at,
            )
