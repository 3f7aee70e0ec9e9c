"""A start script reads a path that only cgroup v1 has, so on a current host it sees no limit.

`/sys/fs/cgroup/memory/memory.limit_in_bytes` is `/sys/fs/cgroup/memory.max` on v2, with `max` in place of a huge number. A script that falls back to
a default where the file is missing sizes the heap as if there were no limit. Kubernetes refuses nodes with v1 by default from 1.35 on. The names
inside the files differ too: `memory.stat` has `anon`, `file` and `inactive_file` on v2 where v1 has `rss`, `cache` and `total_inactive_file`; the peak
is `memory.peak` in place of `memory.max_usage_in_bytes`, kills are counted in `memory.events` in place of `memory.oom_control`.

When it is a false alarm: where every host runs cgroup v1 for good.

How to mend: read both paths, v2 first.

Bad:

```compose
services:
  api:
    image: debian:12-slim
    command: sh -c 'exec java -Xmx$$(($$(cat /sys/fs/cgroup/memory/memory.limit_in_bytes) * 3 / 4)) -jar /app.jar'
    mem_limit: 1g
```

Good:

```compose
services:
  api:
    image: debian:12-slim
    command: sh -c 'exec java -Xmx$$(($$(cat /sys/fs/cgroup/memory.max) * 3 / 4)) -jar /app.jar'
    mem_limit: 1g
```

Sources: Linux Documentation/admin-guide/cgroup-v2.rst; Kubernetes KEP-5573.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM801", Severity.WARNING)
def cgroup_v1_path(container: Container) -> Findings:
    for seen in container.observed("cgroup-v1-path"):
        yield seen.finding()
