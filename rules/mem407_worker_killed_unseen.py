"""The kernel takes one of several processes, and nobody notices: the container lives on, crippled.

When a container reaches its limit the kernel kills its largest process, which is rarely PID 1. Docker restarts a container when PID 1 ends,
not when a worker does. Kubernetes since 1.28 on cgroup v2 kills all processes of the container together, so there the pod restarts; on
cgroup v1 and before it does not. A script that starts programs in the background and waits for the last one sees nothing; a
master that forks workers replaces them, again and again, with exit status 0 and without a word in `docker ps`.

When it is a false alarm: where something outside looks at the work that is done, not at PID 1.

How to mend: one program a container; or a script that ends when any of its programs ends (`wait -n`); or an alert on `memory.events`.

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

Sources: Linux mm/oom_kill.c:203-262; kubernetes/kubernetes#117793; pre-fork servers, PostgreSQL and PHP-FPM measured under a memory cgroup.
"""

from memlint.api import Container, Context, Finding, Findings, Severity, rule


@rule("MEM407", Severity.WARNING)
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
    if pod or container.limit is None:
        return
    for program in process.programs:
        if program.count > 1:
            word = program.words[0] if program.words else None
            yield Finding(
                f"{program.name} runs {program.count} workers: one that is killed at the limit is replaced, PID 1 lives on and the container never "
                "restarts; watch memory.events, or its logs for SIGKILL",
                at=word.origin.span if word is not None and word.origin is not None else container.at,
                severity=Severity.INFO,
            )
