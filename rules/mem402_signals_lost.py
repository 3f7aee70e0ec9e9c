"""SIGTERM never reaches the program, so every stop ends in SIGKILL after the grace time.

A shell that is PID 1 and does not `exec` the program keeps SIGTERM to itself: the kernel ignores it for a PID 1 without a handler.
`docker stop` waits ten seconds, Kubernetes thirty, and then everything is killed: open requests, unsaved sessions, and the heap dump or
snapshot that was being written. Which `/bin/sh` the image has decides: dash (Debian, Ubuntu) stays, bash and busybox replace themselves by
a single command given with `-c`. An init in front does not mend it: `tini -- sh -c 'java …'` ends at once, and the program is killed.

This is about stops that somebody asks for. No SIGTERM ever comes before an OOM kill, neither from Docker nor from the kubelet nor from the kernel:
what a handler would save at that moment has to be saved before.

When it is a false alarm: where the program needs no orderly end.

How to mend: `exec` in front of the program, or the exec form `["java", "-jar", "app.jar"]`. A script with programs in the background needs a trap that
passes the signal on and waits, or a container for each program.

Bad:

```dockerfile
FROM debian:12-slim
COPY server /server
CMD /server --port 80
```

Good:

```dockerfile
FROM debian:12-slim
COPY server /server
CMD exec /server --port 80
```

Sources: Linux kernel/signal.c:92 (SIGNAL_UNKILLABLE); dash 0.5.12, bash 5.2, busybox 1.35, tini 0.19 measured in a PID namespace.
"""

from memlint.api import Container, Context, Edit, Finding, Findings, Fix, Safety, Severity, rule


@rule("MEM402", Severity.WARNING, needs="pid1:shell pid1:script")
def signals_lost(container: Container, context: Context) -> Findings:
    pid1, workload = container.process.pid1, context.workload_of(container)
    shell = pid1.inner if pid1 is not None and pid1.kind == "init" else pid1
    if shell is None or shell.kind not in ("shell", "script") or shell.forwards_signals is not False or shell.origin is None:
        return
    if container.interactive or container.role == "init" or (workload is not None and not workload.service):
        return
    behind = f"{pid1.name} ends the shell, and the program is killed with it" if shell is not pid1 and pid1 is not None else shell.why
    fix = None
    at = shell.program_at
    if at is not None and at.start < at.end:
        fix = Fix("exec in front of the program", Safety.SAFE, (Edit(at.path, at.start, at.start, "exec "),))
    # With programs in the background exec would leave these without anybody who passes the signal on.
    advice = "have it pass SIGTERM on (trap), or run one program a container" if shell.background else "put exec in front of the program"
    yield Finding(f"a stop is not graceful: {behind}; {advice}", at=shell.origin.span, fix=fix)
