"""A Redis without maxmemory grows until the kernel kills it.

The default of `maxmemory` is 0, no bound, and Redis, Valkey and KeyDB do not look at the container's limit. No policy ever evicts anything,
no write is ever refused: the data set grows to the limit, the kernel sends SIGKILL, and what was not saved is gone. With maxmemory the server
itself decides at the bound: it evicts, or answers writes with an error that the application can handle.

A warning where the container has a limit; information where it has none, as then the host is what runs full.

When it is a false alarm: where the data set is known to stay far below the limit. Then maxmemory costs nothing.

How to mend: `--maxmemory` at three quarters of the limit where nothing is saved, at 45 % where snapshots are on (they may need as much again),
and a `--maxmemory-policy`: `allkeys-lru` for a cache, `noeviction` for queues, sessions and a data base.

Bad:

```compose
services:
  cache:
    image: redis:7.4
    mem_limit: 512m
```

Good:

```compose
services:
  cache:
    image: redis:7.4
    command: redis-server --maxmemory 384mb --maxmemory-policy allkeys-lru --save ""
    mem_limit: 512m
```

Sources: redis config.c (maxmemory 0); Redis 7.0.15 filled without maxmemory in 256 MiB was killed, with 200mb it stayed at 211 MiB (2026-11).
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM602", Severity.WARNING)
def no_maxmemory(container: Container) -> Findings:
    for seen in container.observed("no-maxmemory"):
        yield seen.finding()
