"""A health check succeeds whatever state the program is in.

`ps aux` succeeds as long as `ps` exists, `ps aux | grep app` finds the grep itself, `true` and `exit 0` always succeed, and `|| true` makes
any check succeed. A worker that was killed at the limit, or a heap that is full, is never seen.

When it is a false alarm: where the check is there to switch off the one of the base image; `disable: true` says that plainly.

How to mend: ask the program for its work: its health endpoint, `redis-cli ping`, `pg_isready`.

Bad:

```compose
services:
  web:
    image: node:22
    command: node server.js
    healthcheck:
      test: ps aux
```

Good:

```compose
services:
  web:
    image: node:22
    command: node server.js
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost:3000/health"]
```

Sources: procps ps(1): its exit status tells whether it could list; POSIX sh.
"""

from memlint.api import Container, Finding, Findings, Known, Severity, pattern, rule

_ALWAYS = pattern(r"^(?:/bin/)?(?:true|:|exit 0|echo\b[^|&;<>]*|ps(?: [^|&;<>]*)?|ls(?: [^|&;<>/]*)?|date|sleep [0-9.]+|uptime|hostname)$")
_OR_TRUE = pattern(r"\|\|\s*(?:true|:|exit 0)\s*$")
_FINDS_ITSELF = pattern(r"\bps\b[^|]*\|\s*grep\s+(?:-[a-zA-Z]+\s+)*[\"']?[\w./-]+[\"']?\s*$")


_CHECKS = ("health", "liveness", "readiness", "startup")


@rule("MEM705", Severity.WARNING, needs="probe")
def healthcheck_proves_nothing(container: Container) -> Findings:
    for probe in container.probes:
        if probe.kind not in _CHECKS or probe.disabled or not probe.words or not all(isinstance(word, Known) for word in probe.words):
            continue
        words = [word.value for word in probe.words if isinstance(word, Known)]
        text = words[-1] if len(words) >= 3 and words[-2] == "-c" else " ".join(words)
        if _ALWAYS.match(text.strip()):
            why = f"'{text.strip()}' succeeds whatever state the program is in"
        elif _OR_TRUE.search(text):
            why = "it ends in a command that always succeeds"
        elif _FINDS_ITSELF.search(text):
            why = f"'{text.strip()}' finds its own grep"
        else:
            continue
        yield Finding(f"this {probe.kind} check proves nothing: {why}; ask the program for its work", at=probe.origin.span)
