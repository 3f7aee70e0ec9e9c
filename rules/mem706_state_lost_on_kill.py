"""Sessions live in the memory of a process, so a kill, a restart or a deploy ends all of them.

A program that goes over its limit is killed with SIGKILL. No SIGTERM comes before an OOM kill, so "save the sessions on shutdown" does not help:
what is to survive has to be outside the process before. The same sessions are lost with every deploy, and with two replicas each knows only its
own. Nor is a bigger limit the answer: sessions in the heap are what fills it.

Reported with evidence only: a package.json in the image or mounted into it that depends on express-session, koa-generic-session or @fastify/session
(whose default store is the process) and on no store; Django with the cache session engine over LocMemCache; Spring Boot's
`SPRING_SESSION_STORE_TYPE=none`; and a Redis that is named after sessions and writes nothing to disk. koa-session and cookie-session keep them in
the cookie. Silent where a store is configured (connect-redis, connect-pg-simple, …).

A warning where the bill expects the kill, or where several replicas run; information otherwise.

When it is a false alarm: a store of your own that no package tells of; sessions that may be lost, with one replica.

How to mend: a store outside the process. What it costs in latency: one round trip a request, 0.2 to 1 ms in one network, where the process took
none. Redis with `appendonly yes` survives its own restart, and `appendfsync` chooses the price. `everysec`, the default, answers before the disk
has it: about no cost, and a crash of the machine loses a second, two where the disk is busy, as Redis then waits up to two seconds before it
blocks. `always` syncs before it answers: nothing that was acknowledged is lost, and every write waits for the disk, tens of microseconds on a drive
with a protected cache, milliseconds on others and on network volumes, with all clients behind it. Where only the process is killed next to
nothing is lost with either, as the kernel holds what was written. Save points alone lose minutes. That Redis needs a bill of its own: `maxmemory`, `noeviction`, and headroom for the rewrite of its file,
which forks (MEM601, MEM602).

Bad:

```dockerfile
FROM redis:7.4
CMD ["redis-server", "--maxmemory", "300mb", "--save", "", "--appendonly", "no"]
```

```compose
services:
  sessions:
    build: .
    mem_limit: 512m
```

Good:

```dockerfile
FROM redis:7.4
CMD ["redis-server", "--maxmemory", "200mb", "--appendonly", "yes", "--maxmemory-policy", "noeviction"]
```

```compose
services:
  sessions:
    build: .
    mem_limit: 512m
    volumes: ["sessions:/data"]
volumes:
  sessions: {}
```

Sources: express-session README (MemoryStore), koa-generic-session and @fastify/session READMEs, koajs/session README (cookie); Django
contrib/sessions/backends/cache.py; redis aof.c flushAppendOnlyFile and redis.conf (appendfsync); Linux mm/oom_kill.c (SIGKILL at once).
"""

import re

from memlint.api import Confidence, Container, Context, Finding, Findings, Known, Severity, Span, Verdict, Workload, human, pattern, rule

_SESSIONS = pattern(r"session", re.IGNORECASE)
_KILLED = (Verdict.OVER, Verdict.LIKELY_OVER, Verdict.MARGINAL)


@rule("MEM706", Severity.WARNING, needs="state-lost-on-kill runtime:redis")
def state_lost_on_kill(container: Container, context: Context) -> Findings:
    workload = context.workload_of(container)
    if workload is None or container.role != "main" or container.interactive or not workload.service:
        return
    severity, why = _weight(container, workload)
    for seen in container.observed("state-lost-on-kill"):
        yield Finding(
            f"{seen.message}: every kill, restart and deploy ends them all{why}", seen.at, seen.notes, seen.confidence, severity=severity
        )
    at = _unwritten(container, workload)
    if at is not None:
        yield Finding(
            f"{container.name} holds sessions and writes nothing to disk (save '' and no appendonly): every kill and restart ends them all{why}; "
            "--appendonly yes loses a second at most",
            at,
            confidence=Confidence.MEDIUM,
            severity=severity,
        )


def _weight(container: Container, workload: Workload) -> tuple[Severity, str]:
    """Return how loud to be, and why: the kill is expected, or several replicas do not share the sessions."""
    budget, limit = container.process.budget, container.limit
    copies = workload.replicas.value if isinstance(workload.replicas, Known) else 1
    why = f", and each of {copies} replicas has its own" if copies > 1 else ""
    if budget is not None and isinstance(limit, Known) and container.verdict in _KILLED:
        why += f"; the kill is expected, as {human(budget.expected)} do not fit into {human(limit.value)}"
    return (Severity.WARNING if why else Severity.INFO), why


def _unwritten(container: Container, workload: Workload) -> Span | None:
    """Return where a Redis that is named after sessions is told to write nothing."""
    if not any(_SESSIONS.search(name) for name in (container.name, workload.name)):
        return None
    for reading in container.process.readings:
        save, log = reading.options.get("save"), reading.options.get("appendonly")
        off = log is None or (isinstance(log, Known) and log.value == "no")
        if reading.runtime == "redis" and isinstance(save, Known) and save.value == "" and off:
            return save.origin.span
    return None
