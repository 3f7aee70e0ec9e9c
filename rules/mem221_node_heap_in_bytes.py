"""A heap size for Node is written in bytes or KiB where V8 counts MiB, so that nothing bounds the heap.

`--max-old-space-size=536870912` is not 512 MiB but 512 TiB. V8 takes it without a word, and the heap grows until the kernel kills.

When it is a false alarm: never; no machine has a heap of 1 TiB and more under Node.

How to mend: divide by 1048576.

Bad:

```compose
services:
  api:
    image: node:22
    command: node --max-old-space-size=536870912 app.js
    mem_limit: 1g
```

Good:

```compose
services:
  api:
    image: node:22
    command: node --max-old-space-size=512 app.js
    mem_limit: 1g
```

Sources: Node 20.20.2 with that flag reports a heap limit of 536870960 MiB (measured 2026-11).
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM221", Severity.ERROR)
def node_heap_in_bytes(container: Container) -> Findings:
    for seen in container.observed("node-heap-in-bytes"):
        yield seen.finding()
