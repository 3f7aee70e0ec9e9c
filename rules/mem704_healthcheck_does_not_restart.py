"""A failing health check restarts nothing under plain Docker.

Docker marks the container as unhealthy and leaves it running; a restart policy acts when PID 1 ends, not on health. Swarm replaces unhealthy
tasks, podman has `--health-on-failure`, Kubernetes has liveness probes; Docker and Compose have neither. So `--restart unless-stopped` beside a
`--health-cmd` restarts a program that ends, never one that hangs at its limit. A check that needs `curl` also fails for ever in images that have none
(slim and Alpine variants), and nobody is told.

When it is a false alarm: where the check only orders the start of others (`depends_on: service_healthy`) or feeds a load balancer. So it
is information of the strict profile.

How to mend: let the program end when it cannot work (for a JVM `-XX:+ExitOnOutOfMemoryError`).

Bad:

```compose
services:
  web:
    image: nginx:1.29
    restart: unless-stopped
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost/"]
```

Good:

```compose
services:
  web:
    image: nginx:1.29
    restart: unless-stopped
```

Sources: moby daemon/health.go; moby issues 28400, 42693, 49161.
"""

from memlint.api import Container, Context, Finding, Findings, Known, Severity, rule


@rule("MEM704", Severity.INFO, profiles=("strict",))
def healthcheck_does_not_restart(container: Container, context: Context) -> Findings:
    workload = context.workload_of(container)
    if workload is None or workload.kind not in ("compose", "docker-run") or not isinstance(container.restart, Known):
        return
    if container.restart.value in ("no", "none", "false"):
        return
    for probe in container.probes:
        if probe.kind == "health" and not probe.disabled:
            yield Finding(
                f"when this check fails {container.name} is marked unhealthy and runs on: restart '{container.restart.value}' acts only when PID 1 ends",
                at=probe.origin.span,
            )
