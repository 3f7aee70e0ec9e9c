"""Many Ruby threads on glibc get malloc arenas of their own, which hold on to what was freed.

glibc gives threads up to 8 arenas for every CPU of the host, and memory that is freed in one arena is of no use to the others. 32 Ruby threads ended
at 1324 MiB with the default, at 343 MiB with `MALLOC_ARENA_MAX=2`. It looks like a leak and is none. musl (Alpine) has no arenas.

When it is a false alarm: where the jobs allocate little, or jemalloc is preloaded by the image.

How to mend: `MALLOC_ARENA_MAX=2`, or jemalloc through LD_PRELOAD with its package installed.

Bad:

```compose
services:
  jobs:
    image: ruby:3.3
    command: bundle exec sidekiq -c 50
    mem_limit: 512m
```

Good:

```compose
services:
  jobs:
    image: ruby:3.3
    command: bundle exec sidekiq -c 50
    environment:
      MALLOC_ARENA_MAX: "2"
    mem_limit: 512m
```

Sources: glibc malloc/arena.c (narenas); Ruby 3.1 with 32 threads on 2 CPUs (measured 2026-11); Sidekiq's own systemd example sets MALLOC_ARENA_MAX=2.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM263", Severity.WARNING)
def malloc_arenas_unbounded(container: Container) -> Findings:
    for seen in container.observed("malloc-arenas-unbounded"):
        yield seen.finding()
