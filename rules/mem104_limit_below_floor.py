"""A limit is so low that the container is not created, or that its program cannot even start.

Docker refuses a limit or a reservation below 6 MiB. Above it, a runtime has a floor of its own: with `-XX:+AlwaysPreTouch` a JVM writes to every page
of its initial heap (`-Xms`) before the first line of the application runs, and a heap that does not fit kills it there and then.

That is no fault of the flag. `-Xms` equal to `-Xmx` with AlwaysPreTouch moves to the start, where it is seen, a failure that would otherwise come
when the heap has grown, in the middle of the night. Neither makes the JVM smaller: the heap that does not fit at the start does not fit later.

When it is a false alarm: podman has no floor; memlint knows.

How to mend: raise the limit, or lower the heap. `memlint budget` prints what the process needs.

Bad:

```sh
docker run -d --memory 4m redis:7
```

Good:

```sh
docker run -d --memory 6m redis:7
```

Sources: moby daemon/daemon_unix.go:68, 409, 441; JDK 17 with AlwaysPreTouch (measured 2026-11).
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM104", Severity.ERROR)
def limit_below_floor(container: Container) -> Findings:
    for seen in container.observed("limit-below-floor"):
        yield seen.finding()
