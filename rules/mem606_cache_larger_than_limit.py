"""A cache or a buffer pool is configured as large as its container, or larger.

`maxmemory`, `-m` of memcached, `innodb_buffer_pool_size`, `shared_buffers`, the WiredTiger cache, RabbitMQ's watermark, ClickHouse's
`max_server_memory_usage`, Varnish's storage: each is filled by design, and none of the programs compares it with the container's limit. The
kernel does, at the page that goes over: SIGKILL, in place of the eviction or the error that the bound was meant to give.

Such sizes are a share of the limit, not constants: who changes the limit has to change them too. In Kubernetes the downward API hands a container
its limit, but 100 % of it, so a size that is taken from there needs the subtraction.

A warning where the size itself fits but what comes with it is known not to: fragmentation of Redis above 90 % of the limit, a queue of RabbitMQ
that doubles while it is collected, autovacuum workers that together take more than there is. Information for ClickHouse's default mark cache,
which is made for machines of 16 GiB.

When it is a false alarm: where the data never fill the cache. Then it is set too large, and a smaller one costs nothing.

How to mend: three quarters of the limit for Redis without snapshots (45 % with them), (0.95 x limit - 6 MiB) / 1.04 for memcached, half of the limit for
InnoDB up to 2 GiB, a quarter for shared_buffers, half of what is above 1 GiB for WiredTiger, 0.6 for RabbitMQ. The finding says the number.

Bad:

```compose
services:
  db:
    image: mariadb:11
    command: mariadbd --innodb-buffer-pool-size=1G
    mem_limit: 1g
```

Good:

```compose
services:
  db:
    image: mariadb:11
    command: mariadbd --innodb-buffer-pool-size=512M
    mem_limit: 1g
```

Sources: memcached 1.6.18 with -m 256 was killed in 256 MiB and lived in 300 MiB; Redis 7.0.15 with maxmemory at the limit was killed while filling;
PostgreSQL 15 with shared_buffers of 512 MB was killed in 400 MiB by pg_prewarm (all 2026-11); MongoDB SERVER-16571.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM606", Severity.ERROR)
def cache_larger_than_limit(container: Container) -> Findings:
    for seen in container.observed("cache-larger-than-limit"):
        yield seen.finding()
