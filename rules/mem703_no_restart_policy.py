"""A killed container stays down, because nothing says that it should be started again.

A container that goes over its limit ends with SIGKILL. Docker's default is not to restart it; Kubernetes' default is to restart.

When it is a false alarm: where something else starts it: a systemd unit, an orchestrator, a developer. So it is information of the strict
profile.

How to mend: `restart: unless-stopped`, or `on-failure:5` where an endless loop would hide the fault.

Bad:

```compose
services:
  cache:
    image: redis:7
    mem_limit: 1g
```

Good:

```compose
services:
  cache:
    image: redis:7
    mem_limit: 1g
    restart: unless-stopped
```

Sources: Docker "Start containers automatically"; Compose specification `restart`.
"""

from memlint.api import Container, Context, Finding, Findings, Severity, rule


@rule("MEM703", Severity.INFO, profiles=("strict",))
def no_restart_policy(container: Container, context: Context) -> Findings:
    workload = context.workload_of(container)
    if workload is None or workload.kind not in ("compose", "docker-run") or container.interactive or container.limit is None:
        return
    if container.restart is None:
        yield Finding(f"{container.name} has a limit but no restart policy: once it is killed it stays down", at=container.at)
