"""Node refuses a memory flag and ends with exit status 9 before the program begins.

V8's sizes are whole numbers of MiB behind an `=`: `--max-old-space-size 400`, `=512m`, `=0.5` and `=0x100` are start-up errors on every version, on
the command line and in `NODE_OPTIONS`. `--max-old-space-size-percentage` came with 22.21.0 and 24.6.0; older versions call it a bad option.
`--max-heap-size` may stand in `NODE_OPTIONS` from 24.15.0 on only.

When it is a false alarm: where the image's tag is older than the Node inside it.

How to mend: `--max-old-space-size=400`, a number of MiB. The fix writes the `=` and drops the unit.

Bad:

```compose
services:
  api:
    image: node:20
    command: node app.js
    environment:
      NODE_OPTIONS: --max-old-space-size=512m
    mem_limit: 1g
```

Good:

```compose
services:
  api:
    image: node:20
    command: node app.js
    environment:
      NODE_OPTIONS: --max-old-space-size=512
    mem_limit: 1g
```

Sources: Node 18.20.8, 20.20.2, 22.23.3, 24.21.0 and 26.10.0, every form measured 2026-11; Node's changelogs of 22.21.0, 24.6.0 and 24.15.0.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM220", Severity.ERROR)
def node_flag_refused(container: Container) -> Findings:
    for seen in container.observed("node-flag-refused"):
        yield seen.finding()
