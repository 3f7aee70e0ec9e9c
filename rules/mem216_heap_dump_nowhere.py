"""A heap dump is asked for, but it lands where it is lost or where it costs memory.

`-XX:+HeapDumpOnOutOfMemoryError` writes up to the size of the heap to `HeapDumpPath`, by default the working directory: the container's
own layer, gone with the container. The JVM does not create the folder. PID 1 always writes `java_pid1.hprof` and does not overwrite it.
On a tmpfs the dump is charged as memory, and the dump of a full heap kills the container that it should explain.

When it is a false alarm: where something collects the file before the container goes.

How to mend: `-XX:HeapDumpPath=` on a volume with room for the whole heap.

Bad:

```compose
services:
  api:
    image: eclipse-temurin:21-jre
    command: java -Xmx512m -XX:+HeapDumpOnOutOfMemoryError -jar app.jar
    mem_limit: 1g
```

Good:

```compose
services:
  api:
    image: eclipse-temurin:21-jre
    command: java -Xmx512m -XX:+HeapDumpOnOutOfMemoryError -XX:HeapDumpPath=/dumps -jar app.jar
    mem_limit: 1g
    volumes: ["dumps:/dumps"]
volumes:
  dumps: {}
```

Sources: JDK 17 heapDumper.cpp, debug.cpp:342; measured on 8 to 28.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM216", Severity.INFO)
def heap_dump_nowhere(container: Container) -> Findings:
    for seen in container.observed("heap-dump-nowhere"):
        yield seen.finding()
