"""A swappiness is set for a container, which cgroup v2 does not know.

`--memory-swappiness` and `mem_swappiness` are a knob of cgroup v1. On v2, the default of every distribution since 2021, Docker discards
it with a warning in its log; Compose does not even send a 0.

When it is a false alarm: on a host that still runs cgroup v1.

How to mend: to forbid swap, set the swap limit equal to the memory limit. To make the whole host swap less, set `vm.swappiness` there.

Bad:

```sh
docker run -d --memory 1g --memory-swappiness 0 redis:7
```

Good:

```sh
docker run -d --memory 1g --memory-swap 1g redis:7
```

Sources: moby daemon/daemon_unix.go:427-434, pkg/sysinfo/cgroup2_linux.go:87; docker/compose pkg/compose/create.go.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM505", Severity.INFO)
def swappiness_ineffective(container: Container) -> Findings:
    for seen in container.observed("swappiness-ineffective"):
        yield seen.finding()
