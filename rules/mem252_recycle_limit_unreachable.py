"""Workers may grow to a size that they cannot reach together below the container's limit.

A threshold of 250 MiB for each of 8 workers allows 2 GiB. In a container of 1 GiB the kernel kills one of them before any is replaced in good order;
the master starts it again, and the container shows nothing.

When it is a false alarm: where never more than one worker grows at a time.

How to mend: a threshold of (limit x 0.85 - the rest) / workers, or fewer workers.

Bad:

```compose
services:
  worker:
    image: python:3.12
    command: celery -A shop worker --concurrency 8 --max-memory-per-child 250000
    mem_limit: 1g
```

Good:

```compose
services:
  worker:
    image: python:3.12
    command: celery -A shop worker --concurrency 4 --max-memory-per-child 180000
    mem_limit: 1g
```

Sources: Celery looks after a task has ended, pm2 every 30 s (lib/constants.js); 80000 KiB a child still peaked at 554 MiB in 4 children (measured 2026-11).
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM252", Severity.WARNING)
def recycle_limit_unreachable(container: Container) -> Findings:
    for seen in container.observed("recycle-limit-unreachable"):
        yield seen.finding()
