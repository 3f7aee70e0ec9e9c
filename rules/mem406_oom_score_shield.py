"""A container is shielded from the OOM killer by its score, so that something else dies in its place.

The killer takes the process with the most points: its resident pages, its swap and its page tables, plus a thousandth of the total for each point of
`oom_score_adj`, and nothing for age, owner or children. The total is the machine's memory and swap when the *host* is out of memory, and the
container's limit when the container is. A negative value takes points off, -1000 exempts a process altogether. Set for the container
(`--oom-score-adj`, `oom_score_adj:`) it is the same for all of its processes: inside its own limit it protects nothing, and with -1000 the kernel
finds nobody to kill there. PID 1 needs no shield either: the largest process is the right victim, and what is missing is somebody who notices (MEM407).

A process may raise a score freely. Lowering it takes CAP_SYS_RESOURCE, which is not among the 14 capabilities of a container: `echo -500 >
/proc/1/oom_score_adj` in a start script fails with "Permission denied" unless it is added. Children inherit the value, so a master that raises its
workers' gets them killed first. `/proc/PID/oom_score` is reckoned against the whole machine always and tells nothing of the distance to the limit.
In Kubernetes the kubelet sets the value from the QoS class and the request; a manifest cannot.

An error at -1000, a warning below 0, also where a start script writes it.

When it is a false alarm: an agent that the host cannot live without (the kubelet has -999, dockerd -500).

How to mend: set limits that fit instead, and raise the score of what may die first: that is free.

Bad:

```sh
docker run -d --memory 1g --oom-score-adj -1000 redis:7
```

Good:

```sh
docker run -d --memory 1g --oom-score-adj 500 worker:1
```

Sources: Linux 6.12 mm/oom_kill.c:203-262, fs/proc/base.c:585, 1130 (EACCES reproduced); moby daemon/pkg/oci/caps/defaults.go, daemon/daemon_unix.go:669,
contrib/init/systemd/docker.service:35; kubernetes pkg/kubelet/qos/policy.go; processes with and without a score in a cgroup of 64 MiB (measured 2026-11).
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM406", Severity.WARNING)
def oom_score_shield(container: Container) -> Findings:
    for seen in container.observed("oom-score-shield"):
        yield seen.finding()
