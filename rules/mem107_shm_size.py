"""The shared memory of a container may grow to its memory limit or to most of it, and counts against it.

`--shm-size` is the size of a tmpfs, /dev/shm. Its pages are charged to the container like the heap is, cannot be reclaimed without swap, and stay
after the process that wrote them is gone. A /dev/shm as large as the limit gets a process killed where the program would have been told
"no space left on device".

An error from the limit upwards, a warning above half of it.

When it is a false alarm: a data base whose buffers live in shared memory needs most of its limit there. The limit still has to hold
the rest of it.

How to mend: raise the limit, or lower the size to what the program uses (`df /dev/shm` in the running container).

Bad:

```sh
docker run -d --memory 512m --shm-size 512m postgres:16
```

Good:

```sh
docker run -d --memory 4g --shm-size 1g postgres:16
```

Sources: Linux 6.12 mm/shmem.c and Documentation/filesystems/tmpfs.rst; a tmpfs filled to the limit under a memory cgroup, 2026-11.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM107", Severity.ERROR)
def shm_size(container: Container) -> Findings:
    for seen in container.observed("shm-size"):
        yield seen.finding()
