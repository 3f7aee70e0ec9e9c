"""A limit is so low that the container is not created, or that its program cannot even start.

Docker refuses a limit or a reservation below 6 MiB. Above it, a runtime has a floor of its own: a JVM needs its heap's minimum, metaspace,
code cache and stacks before the first line of the application runs.

When it is a false alarm: podman has no floor; memlint knows.

How to mend: raise the limit. `memlint budget` prints what the process needs.

Bad:

```sh
docker run -d --memory 4m redis:7
```

Good:

```sh
docker run -d --memory 6m redis:7
```

Sources: moby daemon/daemon_unix.go:68, 409, 441; the floors of runtimes stand in the finding with their basis.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM104", Severity.ERROR)
def limit_below_floor(container: Container) -> Findings:
    for seen in container.observed("limit-below-floor"):
        yield seen.finding()
