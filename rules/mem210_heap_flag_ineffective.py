"""A heap flag never reaches the JVM, so the heap is not what this file says.

Only `JAVA_TOOL_OPTIONS`, `JDK_JAVA_OPTIONS` (launcher of JDK 9 and later) and `_JAVA_OPTIONS` are read by the JVM itself. `JAVA_OPTS` and its
like are read by start scripts: where the image runs `java` directly, nothing expands them. A flag behind `-jar app.jar` or the main
class is an argument of the program. `-XX:MaxRAMPercentage` is ignored beside `-Xmx`, and below a limit of about 250 MiB.

When it is a false alarm: where the program itself reads the variable and starts another JVM with it.

How to mend: put the flag into `JAVA_TOOL_OPTIONS`, or in front of `-jar`.

Bad:

```compose
services:
  api:
    image: eclipse-temurin:21-jre
    command: java -jar app.jar -Xmx512m
    mem_limit: 1g
```

Good:

```compose
services:
  api:
    image: eclipse-temurin:21-jre
    command: java -Xmx512m -jar app.jar
    mem_limit: 1g
```

Sources: JDK 17 arguments.cpp:2119-2160, 3780-3905; JVMs 8 to 28 measured.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM210", Severity.ERROR)
def heap_flag_ineffective(container: Container) -> Findings:
    for seen in container.observed("heap-flag-ineffective"):
        yield seen.finding()
