"""A container with a memory limit may use the host's swap without bound.

With `--memory-swap -1` nothing stops the container at its limit: it goes on growing into the swap, until the swap of the host is full
and everything on it is slow. A leak then takes hours of bad service to show instead of one restart.

When it is a false alarm: a batch job on a host of its own that must end however long it takes.

How to mend: `--memory-swap` equal to `--memory` forbids swap; a larger value allows the difference.

Bad:

```sh
docker run -d --memory 1g --memory-swap -1 redis:7
```

Good:

```sh
docker run -d --memory 1g --memory-swap 1536m redis:7
```

Sources: moby daemon/daemon_unix.go:94; opencontainers/cgroups fs2/memory.go.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM503", Severity.WARNING)
def swap_unlimited(container: Container) -> Findings:
    for seen in container.observed("swap-unlimited"):
        yield seen.finding()
