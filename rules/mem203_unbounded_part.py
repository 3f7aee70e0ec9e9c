"""Nothing keeps a process below its container's limit, although it fits as expected.

A part of the bill has no bound of its own, or the sum of all bounds is larger than the limit. A JVM's metaspace is unbounded by default (there
is no share of the memory that it would keep to), and its direct buffers may grow as large as the heap (`MaxDirectMemorySize` defaults to about
`-Xmx`): a heap whose peak is at 400 MiB of 512 says nothing about either. A bound does not make the program smaller, it changes the kind of death:
an `OutOfMemoryError` that names the part, with a stack trace and a heap dump, in place of a SIGKILL that leaves nothing.

The page cache is no such part. It is charged to the container and makes its usage look full, but the kernel reclaims it before it kills. What
counts is what cannot be reclaimed: anonymous memory, shared memory and tmpfs, and the kernel's own.

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

from memlint.api import Container, Finding, Findings, Known, Part, Severity, Verdict, human, rule

# By the name of a part, what bounds it: below that the program itself ends with an error that names the part.
_BOUNDS = {
    "metaspace": "-XX:MaxMetaspaceSize",
    "direct": "-XX:MaxDirectMemorySize",
    "direct (netty)": "-Dio.netty.maxDirectMemory",
    "code cache": "-XX:ReservedCodeCacheSize",
    "threads": "-Xss and fewer threads",
    "managed heap": "DOTNET_GCHeapHardLimit",
    "data set": "maxmemory",
}


@rule("MEM203", Severity.INFO, needs="verdict:tight")
def unbounded_part(container: Container) -> Findings:
    limit, budget = container.limit, container.process.budget
    if budget is None or not isinstance(limit, Known) or container.verdict is not Verdict.TIGHT:
        return
    headroom = limit.value - budget.expected
    free = [part for part in budget.parts if part.high is None]
    wide = [part for part in budget.parts if part.high is not None and part.high - part.expected > headroom]
    if free:
        told = f"nothing bounds its {' and '.join(_named(part) for part in free)}"
        if wide:
            others = f" and {len(wide) - 2} other parts too much as well" if len(wide) > 3 else ""
            shown = sorted(wide, key=lambda part: -(part.high or 0))[:2] if others else wide
            told += f"; {', '.join(f'{_named(part)} may take {human(part.high or 0)}' for part in shown)}{others}"
    else:
        widest = max(budget.parts, key=lambda part: (part.high or 0) - part.expected)
        told = f"its bounds add up to {human(budget.high or 0)}, of which {_named(widest)} may take {human(widest.high or 0)}"
    yield Finding(
        f"{container.name} is expected to hold {human(budget.expected)} of {human(limit.value)}, but {told}",
        at=limit.origin.span,
        confidence=budget.confidence,
    )


def _named(part: Part) -> str:
    bound = _BOUNDS.get(part.name)
    return f"{part.name} ({bound})" if bound else part.name
