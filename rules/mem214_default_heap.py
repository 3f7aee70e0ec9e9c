"""No flag sets the heap, so the JVM takes a quarter of the limit, or of the host's memory where there is no limit.

With a limit the default is 25 % of it, 50 % below about 250 MiB and a constant 126 MiB between 250 and 500 MiB: three quarters of the
container stay unused. Without a limit it is 25 % of the host, for every such container: a warning.

When it is a false alarm: where the quarter is what you want.

How to mend: `-XX:MaxRAMPercentage=` with what the rest of the process leaves, or `-Xmx`.

Bad:

```compose
services:
  api:
    image: eclipse-temurin:21-jre
    command: java -jar app.jar
    mem_limit: 2g
```

Good:

```compose
services:
  api:
    image: eclipse-temurin:21-jre
    command: java -XX:MaxRAMPercentage=70 -jar app.jar
    mem_limit: 2g
```

Sources: JDK 17 arguments.cpp:1636 set_heap_size, gcArguments.cpp:110; 2,184 recorded starts of eight JDKs.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM214", Severity.INFO)
def default_heap(container: Container) -> Findings:
    for seen in container.observed("default-heap"):
        yield seen.finding()
