"""The OOM killer is switched off for a container: cgroup v2 ignores that, and on v1 the container hangs at its limit.

On cgroup v1 a process that needs one page more than the limit sleeps until somebody frees memory; usually nobody does, health checks
time out, and `docker stop` has to kill it. Without a limit there is nothing to reach before the host itself is out of memory, and the
host may not kill what filled it. On cgroup v2 the setting is discarded with a warning.

When it is a false alarm: where a supervisor outside watches `memory.oom_control` on v1 and raises the limit.

How to mend: remove it. What helps against kills is a bill that fits the limit: `memlint budget`.

Bad:

```sh
docker run -d --oom-kill-disable redis:7
```

Good:

```sh
docker run -d --memory 1g --oom-kill-disable=false redis:7
```

Sources: moby daemon/daemon_unix.go:447-455, pkg/sysinfo/cgroup2_linux.go:86; Linux Documentation/admin-guide/cgroup-v1/memory.rst
section 10.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM405", Severity.ERROR)
def oom_kill_disabled(container: Container) -> Findings:
    for seen in container.observed("oom-kill-disabled"):
        yield seen.finding()
