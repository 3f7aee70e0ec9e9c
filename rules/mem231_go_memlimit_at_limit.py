"""GOMEMLIMIT is the whole limit of the container or more, so it holds nothing back.

GOMEMLIMIT is a soft limit: near it the collector works harder, and when more than that lives Go lets go of it. It counts neither what cgo
allocates nor mapped files. At the container's limit it acts when the kernel already does.

When it is a false alarm: for a small live heap in pure Go, which was measured to end just below an equal limit.

How to mend: 90 % of the limit, 80 % with cgo.

Bad:

```compose
services:
  api:
    image: example/api:1
    environment:
      GOMEMLIMIT: 1GiB
    mem_limit: 1g
```

Good:

```compose
services:
  api:
    image: example/api:1
    environment:
      GOMEMLIMIT: 900MiB
    mem_limit: 1g
```

Sources: runtime/extern.go; go1.19.8 and go1.27.3 under memory cgroups: a leak with GOMEMLIMIT below the limit is killed all the same (measured 2026-11).
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM231", Severity.WARNING)
def go_memlimit_at_limit(container: Container) -> Findings:
    for seen in container.observed("go-memlimit-at-limit"):
        yield seen.finding()
