"""A size without a unit counts bytes, and so few bytes cannot be meant.

`-m 512` and `mem_limit: 512` are 512 bytes, `memory: 512` in Kubernetes is 512 bytes. Docker refuses to create a container with less
than 6 MiB; Kubernetes accepts the pod, and the container runtime fails to start it.

When it is a false alarm: a number without a unit below 1 MiB is never a limit that works, for anything.

How to mend: add the unit. The unsafe fix adds `m`, MiB, which is what people mean most of the time.

Bad:

```sh
docker run -d --memory 512 redis:7
```

Good:

```sh
docker run -d --memory 536870912 redis:7
```

Sources: docker/go-units size.go RAMInBytes; moby daemon/daemon_unix.go:68 linuxMinMemory; apimachinery resource/quantity.go.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM003", Severity.ERROR)
def bytes_without_unit(container: Container) -> Findings:
    for seen in container.observed("bytes-without-unit"):
        yield seen.finding()
