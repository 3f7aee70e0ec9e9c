"""The same limit is set in two places with different values, and Compose refuses the file.

`mem_limit` and `deploy.resources.limits.memory` are one setting. Compose compares them as soon as `deploy.resources.limits` is there at
all: with only `cpus` below it, its memory counts as 0, which is not what `mem_limit` says. The same goes for `mem_reservation` and
`deploy.resources.reservations`, for example one that only asks for devices.

When it is a false alarm: never with Compose 2 or newer. Compose 1 took `deploy` for swarm's own and ignored it.

How to mend: set the memory in one of the two places, next to the CPUs.

Bad:

```compose
services:
  api:
    image: eclipse-temurin:21-jre
    mem_limit: 1g
    deploy:
      resources:
        limits:
          cpus: "1"
```

Good:

```compose
services:
  api:
    image: eclipse-temurin:21-jre
    deploy:
      resources:
        limits:
          cpus: "1"
          memory: 1g
```

Sources: compose-go loader/validate.go:153-164, checked with docker-compose 5.6.1.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM005", Severity.ERROR)
def conflicting_limits(container: Container) -> Findings:
    for seen in container.observed("conflicting-limits"):
        yield seen.finding()
