"""A heap flag is overridden by another one, so one of the two numbers is wrong.

The order is `JAVA_TOOL_OPTIONS`, `JDK_JAVA_OPTIONS`, the command line, `_JAVA_OPTIONS`: the later wins, and within one source the last.
`-Xmx` beats every `RAMPercentage` wherever either comes from. Who reads only one of the places expects another heap than the one that runs.

When it is a false alarm: where the base image sets a default on purpose and the workload replaces it.

How to mend: keep one of the two.

Bad:

```compose
services:
  api:
    image: eclipse-temurin:21-jre
    command: java -Xmx512m -jar app.jar
    environment:
      JAVA_TOOL_OPTIONS: -Xmx768m
    mem_limit: 1536m
```

Good:

```compose
services:
  api:
    image: eclipse-temurin:21-jre
    command: java -jar app.jar
    environment:
      JAVA_TOOL_OPTIONS: -Xmx768m
    mem_limit: 1536m
```

Sources: JDK 17 arguments.cpp:2119-2160; measured on 8, 17 and 28.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM211", Severity.WARNING)
def heap_flag_overridden(container: Container) -> Findings:
    for seen in container.observed("heap-flag-overridden"):
        yield seen.finding()
