"""Nothing sets Node's heap, so V8 picks one that need not fit the container.

V8 takes half of the memory it sees, never less than 256 MiB and never more than 2 GiB (4 GiB from 15 GiB on). In 256 MiB and less the kernel
therefore kills before V8 gives up with a readable `JavaScript heap out of memory`, and in 8 GiB three quarters of the container stay unused.

When it is a false alarm: where a start script passes `--max-old-space-size`, which memlint cannot see.

How to mend: `NODE_OPTIONS=--max-old-space-size=` with three quarters of the limit, less what Buffers take; from Node 22.21 and 24.6 on
`--max-old-space-size-percentage=75`.

Bad:

```compose
services:
  api:
    image: node:22
    command: node app.js
    mem_limit: 256m
```

Good:

```compose
services:
  api:
    image: node:22
    command: node app.js
    environment:
      NODE_OPTIONS: --max-old-space-size=160
    mem_limit: 256m
```

Sources: v8.getHeapStatistics().heap_size_limit of Node 18 to 26 under limits of 64 MiB to 16 GiB, and runs to the end of the heap (measured 2026-11).
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM223", Severity.INFO)
def node_default_heap(container: Container) -> Findings:
    for seen in container.observed("node-default-heap"):
        yield seen.finding()
