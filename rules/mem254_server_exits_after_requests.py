"""The server ends itself after a number of requests, and nothing starts it again.

With one worker there is no parent that replaces it: `uvicorn --limit-max-requests 1000` ends the whole process after the thousandth request, with
exit status 0. Docker starts it again only with a restart policy.

When it is a false alarm: where something outside (systemd, an orchestrator) starts the container again.

How to mend: `restart: unless-stopped`, or two workers.

Bad:

```compose
services:
  web:
    image: python:3.12
    command: uvicorn --limit-max-requests 1000 app:app
    mem_limit: 512m
```

Good:

```compose
services:
  web:
    image: python:3.12
    command: uvicorn --limit-max-requests 1000 app:app
    mem_limit: 512m
    restart: unless-stopped
```

Sources: uvicorn 0.35 to 0.54 --help and main.py; Docker's restart policies.
"""

from memlint.api import Container, Context, Findings, Severity, Unknown, rule


@rule("MEM254", Severity.WARNING, needs="server-exits-after-requests")
def server_exits_after_requests(container: Container, context: Context) -> Findings:
    workload = context.workload_of(container)
    policy = container.restart if container.restart is not None or workload is None else workload.restart
    # A pod is started again unless it says Never; a policy that cannot be known is no evidence.
    again = isinstance(policy, Unknown) or (policy is not None and policy.value.lower() not in ("no", "never"))
    if again or (policy is None and workload is not None and workload.kind not in ("compose", "docker-run")):
        return
    for seen in container.observed("server-exits-after-requests"):
        yield seen.finding()
