"""An amount of memory is refused by the program that reads it, so the container is never created.

Every program has a grammar of its own. Docker, Compose and podman read `512m`, `512MB` and `512MiB`, all three as 512 MiB, and refuse
`512Mi`. Kubernetes reads `512Mi` and `512M`, and refuses `512MB`, `512mi` and `512g`. The same goes for the numbers beside them: a
swappiness outside 0 to 100, an `oom_score_adj` outside -1000 to 1000, a size that overflows 63 bits.

When it is a false alarm: never where the file goes to the program that memlint takes it for.

How to mend: write the amount as the finding says.

Bad:

```sh
docker run --memory 512Mi --memory-swap 512Mi redis:7
```

Good:

```sh
docker run --memory 512MiB --memory-swap 512m redis:7
```

Sources: docker/go-units size.go RAMInBytes, checked with the Docker CLI 28.2.2; compose-go types/bytes.go; apimachinery
resource/quantity.go, checked with kubectl 1.32.4; moby daemon/daemon_unix.go:427, 669.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM001", Severity.ERROR)
def invalid_quantity(container: Container) -> Findings:
    for seen in container.observed("invalid-quantity"):
        yield seen.finding()
