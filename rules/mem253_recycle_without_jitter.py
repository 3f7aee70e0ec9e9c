"""All workers are replaced after the same number of requests, so about at the same time.

`--max-requests` without `--max-requests-jitter` ends workers that share the load evenly within seconds of each other. For a moment old and new ones
overlap, and the memory of both is needed.

When it is a false alarm: where workers begin at different times.

How to mend: `--max-requests-jitter` with a tenth of `--max-requests`.

Bad:

```compose
services:
  web:
    image: python:3.12
    command: gunicorn --workers 4 --max-requests 1000 app:app
    mem_limit: 1g
```

Good:

```compose
services:
  web:
    image: python:3.12
    command: gunicorn --workers 4 --max-requests 1000 --max-requests-jitter 100 app:app
    mem_limit: 1g
```

Sources: gunicorn/config.py: max_requests_jitter "to avoid all workers restarting at the same time".
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM253", Severity.INFO)
def recycle_without_jitter(container: Container) -> Findings:
    for seen in container.observed("recycle-without-jitter"):
        yield seen.finding()
