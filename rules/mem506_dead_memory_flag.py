"""A flag about memory does nothing, so what it was meant to bound is unbounded.

`--kernel-memory` is an empty stub since Docker 23: kernel memory is charged to the container's limit anyway. `--memory-swap -1` without a
memory limit, `--ulimit rss=…` and `--shm-size` beside `--ipc host` have no effect either.

When it is a false alarm: on a Docker older than 23 with cgroup v1.

How to mend: remove the flag, and set `--memory`.

Bad:

```sh
docker run -d --memory 1g --kernel-memory 50m redis:7
```

Good:

```sh
docker run -d --memory 1g redis:7
```

Sources: docker/cli docs/deprecated.md:83 and cli/command/container/opts.go:323; setrlimit(2) RLIMIT_RSS; moby daemon/daemon_unix.go:94.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM506", Severity.WARNING)
def dead_memory_flag(container: Container) -> Findings:
    for seen in container.observed("dead-memory-flag"):
        yield seen.finding()
