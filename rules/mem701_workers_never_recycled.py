"""What a program leaks is never given back, because nothing replaces its workers before the kernel does.

A worker that leaks 10 MiB an hour is at its end after two days in a container with 500 MiB to spare, and so is the next one. Where the leak cannot
be mended (it is in a library), it can be contained: a worker that is replaced after so many requests gives everything back, and the container
lives on. Where there is no worker to replace, a bound that ends the program at a time of your choosing (a restart at night) is better than
the kernel's choice in the busiest hour.

What looks like a leak may be none. glibc keeps up to eight arenas a CPU for a threaded program, and what was freed in one is of no use to the
others: 32 Ruby threads ended at 1324 MiB, and at 343 MiB with `MALLOC_ARENA_MAX=2`; jemalloc helps likewise, and musl (Alpine) has no arenas to
bound. A cache without a bound grows as steadily. The page cache grows too, and is reclaimed before anything is killed.

Information for a server whose workers are never replaced. With a footprint `leak: 10MiB/h` in the configuration it is a warning, for every
program with a bill, and tells how long the headroom (the limit less what is expected) lasts: time to the kill = headroom / rate. `memlint budget`
prints the same time under the bill.

When it is a false alarm: where the workers do not leak. That is why this is information.

How to mend: gunicorn `--max-requests 1000 --max-requests-jitter 100` (without jitter all workers end at once), Celery `--max-tasks-per-child` or
`--max-memory-per-child` (KiB, looked at after a task), uWSGI `max-requests` or `reload-on-rss` (MiB), PHP-FPM `pm.max_requests`, pm2
`max_memory_restart`; and a restart policy for the container itself. A limit for each worker, not only for all of them, keeps one from taking the
room of the others.

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

Sources: gunicorn/config.py (max_requests is 0); celery/bin/worker.py:233-248; uWSGI 2.0.30 --help; PHP-FPM's www.conf (pm.max_requests is 0);
glibc malloc/arena.c; Ruby 3.1 with 32 threads on 2 CPUs (measured 2026-11).
"""

from memlint.api import Container, Context, Finding, Findings, Known, Note, Severity, Unknown, human, lasting, rule


@rule("MEM701", Severity.INFO, needs="workers-never-recycled leak")
def workers_never_recycled(container: Container, context: Context) -> Findings:
    seen = container.observed("workers-never-recycled")
    for one in seen:
        yield one.finding()
    hours, leak, limit, budget = container.hours_to_kill, container.process.leak, container.limit, container.process.budget
    if seen or not hours or leak is None or budget is None or not isinstance(limit, Known) or container.role == "init":
        return
    workload = context.workload_of(container)
    policy = container.restart if container.restart is not None or workload is None else workload.restart
    after = ""
    if policy is None and workload is not None and not workload.pod:
        after = " and nothing starts it again"
    elif not isinstance(policy, Unknown) and (policy is None or policy.value.lower() not in ("no", "never")):
        after = ", and again after every restart"
    yield Finding(
        f"{container.name} leaks {human(leak.value)} an hour: the {human(limit.value - budget.expected)} between the {human(budget.expected)} that it is "
        f"expected to hold and its limit of {human(limit.value)} last about {lasting(hours)}, then the kernel kills it{after}; bound what grows, or "
        "restart it before",
        at=limit.origin.span,
        notes=(Note(leak.origin.span, "the leak, by this footprint"),),
        confidence=budget.confidence,
        severity=Severity.WARNING,
    )
