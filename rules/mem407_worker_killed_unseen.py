"""The kernel takes one of several processes, and nobody notices: the container lives on, crippled.

When a container reaches its limit the kernel kills its largest process, which is rarely PID 1. That is the right victim: killing it frees the
most, and shielding PID 1 with a score would change nothing. The fault is that nobody notices. Docker restarts a container when PID 1 ends, not when
a worker does. Kubernetes since 1.28 on cgroup v2 kills all processes of the container together (`memory.oom.group`), so there the container
restarts, unless the kubelet is told `singleProcessOOMKill`; on cgroup v1 and before 1.28 it does not. A script that starts programs in the
background and waits for the last one sees nothing; a master that forks workers (gunicorn, Celery, PHP-FPM, pm2) replaces them, again and again,
without a word in `docker ps`. Exit status 137 is not seen either, as PID 1 has not ended; Docker's `OOMKilled` is set by any kill in the container.

No SIGTERM comes before the kill, so the worker cannot say goodbye, and the request or task that it held is lost.

When it is a false alarm: where something outside looks at the work that is done, not at PID 1.

How to mend: one program a container; or a script that ends when any of its programs ends (`wait -n`); or an alert on `memory.events` (`oom_kill`) or
`container_oom_events_total`.

Bad:

```dockerfile
FROM debian:12-slim
COPY start.sh /start.sh
CMD ["sh", "-c", "nginx & exec /server"]
```

Good:

```dockerfile
FROM debian:12-slim
CMD ["/server"]
```

Sources: Linux mm/oom_kill.c:203-262; kubernetes/kubernetes#117793, #126096 (singleProcessOOMKill, 1.32); moby daemon/monitor.go:190-200; gunicorn, Celery,
PHP-FPM and PostgreSQL under a memory cgroup: the worker was killed, the master lived (measured 2026-11).
"""

from memlint.api import Container, Context, Finding, Findings, Known, Reading, Severity, Span, rule


@rule("MEM407", Severity.WARNING, needs="program")
def worker_killed_unseen(container: Container, context: Context) -> Findings:
    process, workload = container.process, context.workload_of(container)
    pid1 = process.pid1
    if container.role != "main" or container.interactive or (workload is not None and not workload.service):
        return
    pod = workload is not None and workload.pod
    programs = [program.name for program in process.programs if program.name]
    if len(process.programs) > 1 and (pid1 is None or (pid1.kind != "supervisor" and not pid1.waits_for_any)):
        origin = process.programs[0].words[0].origin if process.programs[0].words else None
        yield Finding(
            f"{' and '.join(dict.fromkeys(programs)) or 'several programs'} share this container: the kernel kills the largest at the limit, and nothing "
            f"notices unless it is PID 1{' (Kubernetes 1.28 and later on cgroup v2 kills them all)' if pod else ''}; run one program a container, or end with the first that ends (wait -n)",
            at=origin.span if origin is not None else container.at,
            severity=Severity.INFO if pod else Severity.WARNING,
        )
        return
    if pod or not isinstance(container.limit, Known):
        return
    for reading in process.readings:
        count, at = _workers(reading)
        if count > 1:
            yield Finding(
                f"{reading.program.name or reading.runtime} runs {count} workers: one that is killed at the limit is replaced, PID 1 lives on and the "
                "container never restarts; watch memory.events, or its logs for SIGKILL",
                at=at or container.at,
                severity=Severity.INFO,
            )


def _workers(reading: Reading) -> tuple[int, Span | None]:
    """Return how many processes a master keeps or run side by side, and where that is said."""
    word = reading.program.words[0] if reading.program.words else None
    at = word.origin.span if word is not None and word.origin is not None else None
    told = reading.options.get("workers")
    if isinstance(told, Known) and isinstance(told.value, int) and told.value > reading.program.copies:
        return told.value, told.origin.span
    return reading.program.copies, at
