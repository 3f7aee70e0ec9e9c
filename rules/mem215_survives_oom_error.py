"""After an OutOfMemoryError this JVM lives on, in a state that nobody planned.

A thread that was handling a request dies, the others go on with what is left; a liveness probe on an idle endpoint still answers.
`-XX:+ExitOnOutOfMemoryError` ends the process with exit status 3, so that the restart policy can do its work. It acts on errors that the
VM throws (heap, metaspace), not on "Cannot reserve direct buffer memory", and not on the kernel's OOM killer: a kill is no Java error, nothing is
thrown, no hook runs and no dump is written. This flag and a heap that fits its container together make sure that it is the JVM that ends, with a
stack trace.

When it is a false alarm: where the framework itself exits on OutOfMemoryError, as Elasticsearch and Kafka brokers with their own handlers do.

How to mend: `-XX:+ExitOnOutOfMemoryError`.

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
    command: java -Xmx512m -XX:+ExitOnOutOfMemoryError -jar app.jar
    mem_limit: 1g
```

Sources: JDK 17 debug.cpp:342-370; measured on 8 to 28.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM215", Severity.INFO)
def survives_oom_error(container: Container) -> Findings:
    for seen in container.observed("survives-oom-error"):
        yield seen.finding()
