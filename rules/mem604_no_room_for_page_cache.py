"""A store that reads its files through the page cache is left no room for it inside its limit.

The page cache of a container's files is charged to the container. It never kills: it is reclaimed before the kernel kills anything. But what is
reclaimed has to be read again, and Elasticsearch, OpenSearch, Solr, Kafka and PostgreSQL are built on the assumption that it stays. A heap or a
buffer pool that takes most of the limit turns every read into a disk read, and the container sits at its limit, reclaiming, all day.

That is also why `docker stats` and the working set of such a container are high and say little: `active_file` pages are in them, and are
worth their memory where they are hit (`workingset_refault_file` in memory.stat tells: it grows where the cache is too small).

A warning: Elasticsearch, OpenSearch and Solr with a heap above half of the limit; PostgreSQL with shared_buffers above two fifths of it.
Information: Kafka with a heap above half of the limit, as consumers that keep up need little of the log.

When it is a false alarm: where the index or the data base is smaller than what is left.

How to mend: Lucene's stores want a heap of at most half of the limit, PostgreSQL shared_buffers of a quarter.

Bad:

```compose
services:
  db:
    image: postgres:16
    command: postgres -c shared_buffers=3GB
    shm_size: 256m
    mem_limit: 4g
```

Good:

```compose
services:
  db:
    image: postgres:16
    command: postgres -c shared_buffers=1GB
    shm_size: 256m
    mem_limit: 4g
```

Sources: Elasticsearch MachineDependentHeap.java (half of the memory, at most 31 GiB); the PostgreSQL manual on shared_buffers; reading and
mapping 512 MB of file in 64 MiB never killed (2026-11).
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM604", Severity.WARNING)
def no_room_for_page_cache(container: Container) -> Findings:
    for seen in container.observed("no-room-for-page-cache"):
        yield seen.finding()
