"""The swap limit contradicts the memory limit, and Docker refuses to create the container.

`--memory-swap` and `memswap_limit` are the total of memory and swap, not the swap alone: a total below the memory limit makes no sense,
and neither does one without a memory limit.

When it is a false alarm: never for `docker run` and Compose. In `docker service create` the flag counts swap alone; memlint knows.

How to mend: memory limit plus the swap that is wanted; the memory limit itself where none is.

Bad:

```sh
docker run -d --memory 1g --memory-swap 512m redis:7
```

Good:

```sh
docker run -d --memory 1g --memory-swap 1536m redis:7
```

Sources: moby daemon/daemon_unix.go:421, 424; daemon/cluster/executor/container/container.go:524-530.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM504", Severity.ERROR)
def swap_limit_invalid(container: Container) -> Findings:
    for seen in container.observed("swap-limit-invalid"):
        yield seen.finding()
