"""A start script sizes the program from the host's memory, not from the container's limit.

`/proc/meminfo` and `free` tell the memory of the machine, in every container; neither knows of cgroups. A heap of half of that is larger than the container on any
machine that was worth sharing.

When it is a false alarm: where the figure is only printed.

How to mend: read `/sys/fs/cgroup/memory.max`, or leave the share to the runtime (`-XX:MaxRAMPercentage`).

Bad:

```compose
services:
  api:
    image: debian:12-slim
    command: sh -c 'exec java -Xmx$$(free -m | awk "/Mem/ {print int(\\$$2/2)}")m -jar /app.jar'
    mem_limit: 1g
```

Good:

```compose
services:
  api:
    image: debian:12-slim
    command: sh -c 'exec java -XX:MaxRAMPercentage=70 -jar /app.jar'
    mem_limit: 1g
```

Sources: Linux fs/proc/meminfo.c (not namespaced); Cassandra's cassandra-env.sh as the well-known case.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM802", Severity.WARNING)
def reads_host_memory(container: Container) -> Findings:
    for seen in container.observed("reads-host-memory"):
        yield seen.finding()
