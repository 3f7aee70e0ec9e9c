"""The size at which a worker is replaced is in another unit than was meant.

Celery counts `--max-memory-per-child` in KiB, uWSGI `reload-on-rss` in MiB, pm2 `max_memory_restart` in bytes unless a letter follows. 200 is
therefore 200 KiB, 200 MiB or 200 bytes: too small, and a worker is replaced after every task; too large, and never.

When it is a false alarm: never below the size of an idle worker, nor above 64 GiB.

How to mend: the finding names the number for 200 MiB.

Bad:

```compose
services:
  worker:
    image: python:3.12
    command: celery -A shop worker --concurrency 2 --max-memory-per-child 200
    mem_limit: 1g
```

Good:

```compose
services:
  worker:
    image: python:3.12
    command: celery -A shop worker --concurrency 2 --max-memory-per-child 200000
    mem_limit: 1g
```

Sources: celery/bin/worker.py:233-248; uWSGI 2.0.30 --help; pm2 lib/API/schema.json:110. An idle Celery child holds 23 MiB (measured 2026-11).
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM251", Severity.WARNING)
def recycle_units_wrong(container: Container) -> Findings:
    for seen in container.observed("recycle-units-wrong"):
        yield seen.finding()
