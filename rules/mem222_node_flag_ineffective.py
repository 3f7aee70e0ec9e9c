"""A heap flag for Node stands where V8 never sees it, so V8 picks its own heap.

What stands behind the script is the script's own argument: `node app.js --max-old-space-size=400` sets nothing. Package managers keep such flags
for themselves. In `NODE_OPTIONS` only words that begin with `-` are read, and single quotes are letters there, so that
`- NODE_OPTIONS='--max-old-space-size=400'` in a Compose list, quotes and all, is passed over in silence. An empty value is the default.

When it is a false alarm: where the script itself reads the flag and starts a second node with it.

How to mend: put the flag before the script, or into `NODE_OPTIONS` without single quotes.

Bad:

```compose
services:
  api:
    image: node:22
    command: node app.js --max-old-space-size=400
    mem_limit: 1g
```

Good:

```compose
services:
  api:
    image: node:22
    command: node --max-old-space-size=400 app.js
    mem_limit: 1g
```

Sources: node.cc ParseNodeOptionsEnvVar; Node 20.20.2, every form measured 2026-11.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM222", Severity.WARNING)
def node_flag_ineffective(container: Container) -> Findings:
    for seen in container.observed("node-flag-ineffective"):
        yield seen.finding()
