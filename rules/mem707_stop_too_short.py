"""A data store is killed before it has written what it holds in memory.

Docker sends SIGKILL ten seconds after SIGTERM. A store with gigabytes in buffers needs longer for a clean end: PostgreSQL's checkpoint, InnoDB's
flush, Redis' last snapshot, Kafka's segments. The next start then recovers from its log, for minutes, with more memory than usual.

When it is a false alarm: where the store is small. So it is information of the strict profile.

How to mend: `stop_grace_period: 1m`, `--stop-timeout 60`, `terminationGracePeriodSeconds`.

Bad:

```compose
services:
  db:
    image: postgres:17
    mem_limit: 2g
```

Good:

```compose
services:
  db:
    image: postgres:17
    mem_limit: 2g
    stop_grace_period: 1m
```

Sources: docker CLI `docker stop` (10 s); PostgreSQL "Shutting Down the Server"; MySQL innodb_fast_shutdown; Kafka controlled.shutdown.
"""

from memlint.api import Container, Context, Finding, Findings, Known, Severity, Unknown, rule

_STORES = ("postgres", "mysql", "mariadb", "mongodb", "cassandra", "kafka", "elasticsearch", "opensearch", "clickhouse", "redis")


@rule("MEM707", Severity.INFO, profiles=("strict",))
def stop_too_short(container: Container, context: Context) -> Findings:
    workload = context.workload_of(container)
    runtimes = [reading.runtime for reading in container.process.readings]
    store = next((name for name in runtimes if name in _STORES), None)
    if store is None or workload is None or container.role != "main" or container.interactive:
        return
    grace = container.stop_timeout if container.stop_timeout is not None else workload.grace
    if isinstance(grace, Unknown) or (grace is None and workload.kind not in ("compose", "docker-run")):
        return
    seconds = grace.value if isinstance(grace, Known) else 10
    if seconds <= 10:
        how = "Docker's default" if grace is None else "set here"
        yield Finding(
            f"{container.name} ({store}) gets {seconds} s to write what it holds ({how}), then it is killed: give it a minute",
            at=grace.origin.span if isinstance(grace, Known) else container.at,
        )
