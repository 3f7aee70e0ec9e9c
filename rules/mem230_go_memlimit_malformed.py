"""The Go runtime ends at once on a GOMEMLIMIT that it cannot read.

GOMEMLIMIT is no Kubernetes quantity and no Docker size: it takes whole bytes, or `B`, `KiB`, `MiB`, `GiB`, `TiB`, or `off`. `512Mi`, `512M`, `512MB`,
`0.5GiB`, `512 MiB` and `OFF` end every Go program in the container with `malformed GOMEMLIMIT` and status 2.

When it is a false alarm: where no program of the container is a Go program; nothing else reads the variable.

How to mend: `512Mi` becomes `512MiB`. The fix does that.

Bad:

```compose
services:
  api:
    image: example/api:1
    environment:
      GOMEMLIMIT: 450Mi
    mem_limit: 512m
```

Good:

```compose
services:
  api:
    image: example/api:1
    environment:
      GOMEMLIMIT: 450MiB
    mem_limit: 512m
```

Sources: runtime parseByteCount; go 1.27.3 with 17 spellings (measured 2026-11).
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM230", Severity.ERROR)
def go_memlimit_malformed(container: Container) -> Findings:
    for seen in container.observed("go-memlimit-malformed"):
        yield seen.finding()
