"""This runtime does not see the container's limit and sizes itself from the host's memory.

A JVM before 8u191 knows no limits at all, one before 8u372 or 11.0.16 none of cgroup v2; Node before 20.3 likewise (18.18.0 aside); RabbitMQ and
Cassandra read the host's memory in every version. On a node of 64 GiB a default heap of a quarter is 16 GiB, whatever the limit says: the
container is killed when the heap passes the limit, with the runtime convinced that there is room.

When it is a false alarm: where the hosts still run cgroup v1 (`cgroup: 1` in the configuration) and the version knows that.

How to mend: a newer image, or an absolute size (`-Xmx`, `--max-old-space-size`).

Bad:

```compose
services:
  api:
    image: openjdk:8-jre
    command: java -jar app.jar
    mem_limit: 1g
```

Good:

```compose
services:
  api:
    image: eclipse-temurin:8u412-b08-jre
    command: java -jar app.jar
    mem_limit: 1g
```

Sources: JDK-8146115, JDK-8230305 and the tags that carry them; libuv 1.45.0 ChangeLog; measured with simulated and real cgroup trees.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM213", Severity.WARNING)
def not_container_aware(container: Container) -> Findings:
    for seen in container.observed("not-container-aware"):
        yield seen.finding()
