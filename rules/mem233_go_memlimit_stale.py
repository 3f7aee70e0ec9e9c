"""GOMEMLIMIT is a small part of the limit, as if the limit had grown and it had not.

When more lives than GOMEMLIMIT, the collector runs without end for a heap that it cannot make smaller: 254 to 447 collections in six seconds were
measured, while three quarters of the container stay free.

When it is a false alarm: where the rest of the container is for cgo, mapped files or another program.

How to mend: 90 % of the limit.

Bad:

```compose
services:
  api:
    image: example/api:1
    environment:
      GOMEMLIMIT: 100MiB
    mem_limit: 1g
```

Good:

```compose
services:
  api:
    image: example/api:1
    environment:
      GOMEMLIMIT: 700MiB
    mem_limit: 1g
```

Sources: go1.19.8 and go1.27.3 with 240 MiB alive and GOMEMLIMIT=230MiB (measured 2026-11).
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM233", Severity.INFO)
def go_memlimit_stale(container: Container) -> Findings:
    for seen in container.observed("go-memlimit-stale"):
        yield seen.finding()
