"""A server starts as many workers as the host has CPUs, while its memory is limited.

`multiprocessing.cpu_count()`, `nproc`, uWSGI's `%k`, pm2's `-i max`, Puma's `WEB_CONCURRENCY=auto` and Celery without `--concurrency` all count the CPUs
of the machine, not the CPUs that the container may use. What runs with 3 workers on a laptop starts 65 on a server, in the same memory.

When it is a false alarm: where the container is pinned to CPUs (`cpuset`), or the host's size never changes.

How to mend: set the number, from the memory: (limit - 25 MiB) / what a worker holds.

Bad:

```compose
services:
  worker:
    image: python:3.12
    command: celery -A shop worker
    mem_limit: 512m
```

Good:

```compose
services:
  worker:
    image: python:3.12
    command: celery -A shop worker --concurrency 2
    mem_limit: 512m
```

Sources: celery/bin/worker.py:195-204; pm2 lib/God.js:140; gunicorn's advice of 2 x CPUs + 1; puma configuration.rb:243.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM250", Severity.WARNING)
def workers_from_host_cpus(container: Container) -> Findings:
    for seen in container.observed("workers-from-host-cpus"):
        yield seen.finding()
