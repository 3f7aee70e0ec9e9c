"""A snapshot of Redis may need as much memory again as the data set, and the limit does not hold it.

BGSAVE, the rewrite of the append-only file and the full synchronisation of a replica fork. The child shares all pages with the server until one
of them is written: then the kernel copies it. When nobody writes, a save costs nothing (measured 1.00 x the data). Under steady writes to
different keys it costs the whole data set (measured 1.96 x), whether the writes are few a second or many: what counts is how many pages are
written before the child is done. The extra is about `data x (1 - e^(-1.2 x writes x 4 KiB / data))`. The common claim that a save has "minimal
overhead" is true of an idle server only.

The page tables are copied as well, and on kernels before 5.8 with transparent huge pages a write of one byte may copy 2 MiB (Redis switches them off
for itself). A `--memory-swap` above the limit gives room where the host has swap, at the price of latency.

What dies is the server, not the child: it is the largest process of its cgroup. With `oom-score-adj yes` it is the child; the snapshot fails and
the server lives (measured both ways). That setting raises the scores of children, so it needs no capability.

An error where less than a quarter of the data may be written during a save, a warning below a half, information below all of it. A footprint
`redis: {dirty_share: 0.3}` in the configuration, the share of pages written during one of your saves (`rdb_last_cow_size` over
`used_memory_rss`), replaces the guess. Without save points, AOF and replicas nothing forks, and no room is needed.

The default save points (`3600 1 300 100 60 10000`) are on unless `save ""` is set; before Redis 6.2 any argument switched them off.

When it is a false alarm: where hardly anything is written while a save runs. Say so with `dirty_share`.

How to mend: lower maxmemory to 45 % of the limit or raise the limit to twice the data. In place that is `docker update --memory` with
`--memory-swap`, or a resize of the pod; a rolling update replaces the pod, and what was in memory only is gone. Or `--save "" --appendonly no` where
the data may be lost. `vm.overcommit_memory` is a setting of the host, not of a container: it decides whether fork is allowed, not whether there is
room.

Bad:

```compose
services:
  sessions:
    image: redis:7.4
    command: redis-server --maxmemory 5gb --appendonly yes
    mem_limit: 6g
```

Good:

```compose
services:
  sessions:
    image: redis:7.4
    command: redis-server --maxmemory 2700mb --appendonly yes --oom-score-adj yes
    mem_limit: 6g
  cache:
    image: redis:7.4
    command: redis-server --maxmemory 4gb --maxmemory-policy allkeys-lru --save ""
    mem_limit: 6g
```

Sources: 24 saves of Redis 7.0.15 under memory cgroups, 2026-11; redis config.c (save, appendonly, oom-score-adj), evict.c; redis pull
requests 7092 and 7767 (save points and arguments).
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM601", Severity.WARNING)
def snapshot_headroom(container: Container) -> Findings:
    for seen in container.observed("snapshot-headroom"):
        yield seen.finding()
