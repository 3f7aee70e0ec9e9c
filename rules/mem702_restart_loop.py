"""A container that cannot live within its limit is restarted for ever.

The bill says that the process is killed whenever its heap fills, and the restart policy starts it again without end: Docker waits 100 ms,
doubling, and begins anew after ten seconds of life; Kubernetes backs off to five minutes. Each round loses what was in memory, and the
restarts hide the fault: the service is "up" in every list. A memory file system of a pod outlives its containers and stays charged, so that a
container that filled one is killed sooner each time.

When it is a false alarm: where the kill never comes because the heap never fills.

How to mend: mend the limit (MEM201); `on-failure:5` makes the loop end where somebody sees it.

Bad:

```compose
services:
  api:
    image: eclipse-temurin:21-jre
    command: java -Xmx1g -jar app.jar
    mem_limit: 512m
    restart: always
```

Good:

```compose
services:
  api:
    image: eclipse-temurin:21-jre
    command: java -Xmx1g -jar app.jar
    mem_limit: 512m
    restart: on-failure:5
```

Sources: moby restartmanager/restartmanager.go (100 ms, doubling, reset after 10 s); Kubernetes pod lifecycle (back-off up to 5 minutes).
"""

from memlint.api import Container, Context, Finding, Findings, Known, Severity, Verdict, human, rule


@rule("MEM702", Severity.INFO, needs="verdict:over")
def restart_loop(container: Container, context: Context) -> Findings:
    workload = context.workload_of(container)
    restart, budget, limit = container.restart, container.process.budget, container.limit
    if container.verdict is not Verdict.OVER or budget is None or not isinstance(limit, Known) or workload is None or workload.pod:
        return
    if isinstance(restart, Known) and restart.value in ("always", "unless-stopped", "any", "on-failure"):
        yield Finding(
            f"{container.name} needs {human(budget.low if budget.low > limit.value else budget.expected)} with a full {budget.parts[0].name}, is killed at "
            f"its limit of {human(limit.value)} and restarted for ever by '{restart.value}': mend the limit, or end the loop with on-failure:5",
            at=restart.origin.span,
        )
