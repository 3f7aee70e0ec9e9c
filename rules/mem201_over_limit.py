"""A process cannot use the memory that it is configured to use without being killed.

The sum of what the process certainly holds once its heap (or its equivalent: Node's old space, a buffer pool) is full is larger
than the limit of its container. The kernel kills it with SIGKILL, exit status 137, at the page fault that goes over the limit; no
SIGTERM comes first, and the runtime's own "out of memory" error never appears.

The heap counts in full: a heap that may grow to `-Xmx` will, between two collections, long before the program "needs" it. That the kill so often
falls into a collection has its reasons: the collector is the first to write to pages that were committed long ago and never touched, the heap is
enlarged right after a collection, and the collector's threads touch their own tables. All of this is within `-Xmx` and the collector's part of the
bill, so there are no "kills caused by GC timing": tuning pauses, `MaxGCPauseMillis` or a scheduled `System.gc()` does not help, the sum has to
fit. `-Xms` equal to `-Xmx` with `-XX:+AlwaysPreTouch` makes the same failure appear at the start.

The page cache is charged to the container too, but it is reclaimed first and kills nobody, so it does not count. What is committed and never
touched does not count either: 400 MiB used of a heap of 512 MiB are 400 MiB today.

A warning where the bill hangs on something that the files do not tell, which the message then names: that a script of the image hands a variable
on to a JVM, or that a heap in a values file belongs to the limit beside it.

When it is a false alarm: where the program never fills its heap. Then the heap is set too large, and a smaller one costs nothing.

How to mend: lower the heap or raise the limit; `memlint budget` prints the bill part by part. The unsafe fix raises the limit to what the bill
needs (a swap limit and an equal request with it; the heap where the limit cannot be edited); `rules: {MEM201: {mend: heap}}` in the configuration lowers the heap instead, and
`mend: percentage` makes it a share of the limit, so that the two stay in step.

Bad:

```compose
services:
  api:
    image: eclipse-temurin:21-jre
    command: java -Xmx1g -jar app.jar
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

Sources: JDK 17 arguments.cpp (the JVM never compares -Xmx with the container's limit); JVMs measured under memory cgroups v1 and v2;
Linux mm/memcontrol.c.
"""

from memlint.api import MIB, Confidence, Container, Context, Finding, Findings, Known, Severity, Verdict, human, rule


@rule("MEM201", Severity.ERROR, needs="verdict:over")
def over_limit(container: Container, context: Context) -> Findings:
    limit, budget = container.limit, container.process.budget
    if budget is None or not isinstance(limit, Known) or container.verdict is not Verdict.OVER or limit.value < MIB:
        return  # below a MiB the number itself is wrong, which MEM002, 003 and 104 tell
    if budget.low > limit.value:
        told = f"needs at least {human(budget.low)} ({budget.bill(least=True)})"
    else:
        told = f"may grow a heap of {human(budget.heap)}, and is expected to hold {human(budget.expected)} ({budget.bill()}),"
    what = budget.parts[0].name
    image = container.process.image
    guess = bool(budget.condition) or container.confidence is Confidence.LOW or (image is not None and image.confidence is Confidence.LOW)
    yield Finding(
        f"{f'if {budget.condition}: ' if budget.condition else ''}{container.name} {told} but may use {human(limit.value)}: it is killed when"
        f" the {what} fill{'' if what.endswith('s') else 's'}",
        at=limit.origin.span,
        notes=budget.notes(),
        # The heap alone decides here, and how much the rest takes matters little.
        confidence=Confidence.LOW if guess else max(budget.confidence, Confidence.MEDIUM, key=list(Confidence).index),
        severity=Severity.WARNING if guess else None,
        fix=container.fitting_fix(context.parameters.get("mend", "")),
    )
