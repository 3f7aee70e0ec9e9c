"""A Redis that is full refuses writes, because nobody chose what to evict.

`maxmemory-policy` is `noeviction` by default: at maxmemory every write is answered with an OOM error, while reads go on. That is right for a
queue, for sessions and for a data base, where losing a key is worse than an error. It is wrong for a cache, which is there to forget.

A warning where the workload's, the container's or the image's name or a label says that it is a cache; information where nothing tells what it
is. A policy that is written down is a decision and is not questioned, and neither are queues, brokers, sessions and stores.

When it is a false alarm: where every key has an expiry that keeps the data set below maxmemory.

How to mend: `--maxmemory-policy allkeys-lru` (or `allkeys-lfu`) for a cache; `--maxmemory-policy noeviction` to say that errors are wanted.

Bad:

```compose
services:
  page-cache:
    image: redis:7.4
    command: redis-server --maxmemory 300mb --save ""
    mem_limit: 512m
```

Good:

```compose
services:
  page-cache:
    image: redis:7.4
    command: redis-server --maxmemory 300mb --maxmemory-policy allkeys-lru --save ""
    mem_limit: 512m
  celery-broker:
    image: redis:7.4
    command: redis-server --maxmemory 300mb --save ""
    mem_limit: 512m
```

Sources: redis config.c (maxmemory-policy noeviction); Redis 7.0.15 with 200mb and noeviction in 256 MiB stayed at 211 MiB and refused writes
(2026-11).
"""

import re

from memlint.api import Confidence, Container, Context, Finding, Findings, Known, Severity, human, pattern, rule

_CACHE = pattern(r"cache", re.IGNORECASE)
_KEEPER = pattern(r"queue|broker|celery|sidekiq|resque|bull|session|job|task|stream|database|store|persist|-db\b|_db\b", re.IGNORECASE)


@rule("MEM603", Severity.INFO, needs="runtime:redis")
def eviction_policy(container: Container, context: Context) -> Findings:
    for reading in container.process.readings:
        size, policy = reading.options.get("maxmemory"), reading.options.get("maxmemory-policy")
        if reading.runtime != "redis" or not isinstance(size, Known) or not isinstance(size.value, int) or policy is not None:
            continue
        if size.origin.how.endswith("as the operator sets it"):
            continue  # the operator's object has further settings, and the policy may be one of them
        workload = context.workload_of(container)
        told = " ".join((container.name, *((workload.name, *workload.labels.values()) if workload else ())))
        if _KEEPER.search(told):
            continue
        cache = _CACHE.search(told)
        why = f"{container.name} is named a cache" if cache else "nothing says whether that is meant"
        yield Finding(
            f"no maxmemory-policy is set, so at {human(size.value)} every write is refused (noeviction) and nothing is evicted; {why}: set "
            "--maxmemory-policy allkeys-lru for a cache, or noeviction to say that it is",
            at=size.origin.span,
            confidence=Confidence.MEDIUM,
            severity=Severity.WARNING if cache else Severity.INFO,
        )
