"""Nothing keeps a process below its container's limit, although it fits as expected.

A part of the bill has no bound of its own (metaspace, direct buffers), or the sum of all bounds is larger than the limit. A bound does
not make the program smaller, it changes the kind of death: an `OutOfMemoryError` that names the part, with a stack trace and a heap
dump, in place of a SIGKILL that leaves nothing.

When it is a false alarm: where the part is known to stay small. That is why this is information, not a warning.

How to mend: set the bound that the finding names, with room above what is expected.

Bad:

```compose
services:
  api:
    image: eclipse-temurin:21-jre
    command: java -Xmx512m -jar app.jar
    mem_limit: 1g
```

Good:

```compose
services:
  api:
    image: eclipse-temurin:21-jre
    command: java -Xmx300m -XX:MaxMetaspaceSize=160m -XX:MaxDirectMemorySize=32m -XX:ReservedCodeCacheSize=96m -Xss512k -jar app.jar
    mem_limit: 2g
```

Sources: JDK 17 globals.hpp (MaxMetaspaceSize unlimited), jdk/internal/misc/VM.java:250 (MaxDirectMemorySize defaults to the heap).
"""

from memlint.api import Container, Finding, Findings, Known, Severity, Verdict, human, rule


@rule("MEM203", Severity.INFO)
def unbounded_part(container: Container) -> Findings:
    limit, budget = container.limit, container.process.budget
    if budget is None or not isinstance(limit, Known) or container.verdict is not Verdict.TIGHT:
        return
    free = [part.name for part in budget.parts if part.high is None]
    if free:
        told = f"nothing bounds its {' and '.join(free)}"
    else:
        widest = max(budget.parts, key=lambda part: (part.high or 0) - part.expected)
        told = f"its bounds add up to {human(budget.high or 0)}, of which {widest.name} may take {human(widest.high or 0)}"
    yield Finding(
        f"{container.name} is expected to hold {human(budget.expected)} of {human(limit.value)}, but {told}",
        at=limit.origin.span,
        confidence=budget.confidence,
    )
