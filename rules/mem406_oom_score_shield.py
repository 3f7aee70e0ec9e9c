"""A container is shielded from the OOM killer by its score, so that something else dies in its place.

A negative `oom_score_adj` takes part of the machine's memory off what the killer sees of each process; -1000 exempts it altogether. It
changes who dies when the *host* is out of memory. Inside the container's own limit all of its processes have the same score, so it
protects nothing there: and with -1000 the kernel finds nobody to kill when the limit is reached.

An error at -1000, a warning below 0.

When it is a false alarm: an agent that the host cannot live without (the kubelet has -999, dockerd -500).

How to mend: set limits that fit instead, and raise the score of what may die first: that is free, lowering needs a capability.

Bad:

```sh
docker run -d --memory 1g --oom-score-adj -1000 redis:7
```

Good:

```sh
docker run -d --memory 1g --oom-score-adj 500 worker:1
```

Sources: Linux 6.12 mm/oom_kill.c:203-262; moby contrib/init/systemd/docker.service:35; moby daemon/daemon_unix.go:669.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM406", Severity.WARNING)
def oom_score_shield(container: Container) -> Findings:
    for seen in container.observed("oom-score-shield"):
        yield seen.finding()
