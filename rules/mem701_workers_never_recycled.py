"""No worker of a server is ever replaced, so that what one of them leaks stays until the kernel kills.

A worker that leaks 10 MiB an hour is at its end after two days in a container with 500 MiB to spare, and the next one too. Where the leak cannot be
mended (it is in a library), it can be contained: a worker that is replaced after so many requests gives everything back. What looks like a
leak may be fragmentation: `MALLOC_ARENA_MAX=2` or jemalloc for threaded programs on glibc, and caches with a bound.

With a footprint `leak: 10MiB/h` the finding is a warning and tells how long the headroom lasts.

When it is a false alarm: where the workers do not leak. That is why this is information.

How to mend: gunicorn `--max-requests 1000 --max-requests-jitter 100`, Celery `--max-tasks-per-child` or `--max-memory-per-child` (KiB), uWSGI
`max-requests` or `reload-on-rss` (MiB), PHP-FPM `pm.max_requests`; and a restart policy for the container itself.

Bad:

```compose
services:
  web:
    image: python:3.12
    command: gunicorn --workers 4 app:app
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

Sources: gunicorn/config.py (max_requests is 0); celery/bin/worker.py:233-248; uWSGI 2.0.30 --help; PHP-FPM's www.conf (pm.max_requests is 0).
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM701", Severity.INFO)
def workers_never_recycled(container: Container) -> Findings:
    for seen in container.observed("workers-never-recycled"):
        yield seen.finding()
