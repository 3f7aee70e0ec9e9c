"""The JVM refuses these flags and exits before the first line of Java.

Removed flags (`MaxPermSize` from 17 on, `UseConcMarkSweepGC` from 14 on, `MaxRAMFraction` from 25 on), sizes that it cannot read (`-Xmx512mb`,
`-Xmx 512m`), an initial heap larger than the maximum, two collectors at once, `MaxRAMPercentage=75` without a decimal point on JDK 8. The
container ends with exit status 1 and is restarted for ever. The message is the JVM's own.

When it is a false alarm: where another JDK runs than the image's tag says; tell memlint with `images` in the configuration.

How to mend: the finding names the flag and, where there is one, its successor.

Bad:

```compose
services:
  api:
    image: eclipse-temurin:21-jre
    command: java -Xmx512mb -jar app.jar
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

Sources: flag sets measured on JDK 8u504, 11, 17, 21, 25, 26, 27 and 28.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM212", Severity.ERROR)
def jvm_will_not_start(container: Container) -> Findings:
    for seen in container.observed("jvm-will-not-start"):
        yield seen.finding()
