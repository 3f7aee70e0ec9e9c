"""A package manager starts the program and loses the graceful stop.

`npm start`, `yarn start` and `pnpm start` run the program through a shell. On SIGTERM npm passes the signal to the shell, the shell ends, npm
ends, and the kernel kills the program in the middle of its handler. An init in front does not mend it. npm itself holds about 59 MiB
beside the program.

When it is a false alarm: where npm's script-shell is bash or busybox, or the script itself begins with `exec`.

How to mend: start the program itself: `CMD ["node", "server.js"]`.

Bad:

```dockerfile
FROM node:22
COPY . .
CMD ["npm", "start"]
```

Good:

```dockerfile
FROM node:22
COPY . .
CMD ["node", "server.js"]
```

Sources: npm 6 to 11 with Node 20 measured in a PID namespace; Linux kernel/pid_namespace.c:170 zap_pid_ns_processes.
"""

from memlint.api import Container, Context, Finding, Findings, Severity, rule


@rule("MEM403", Severity.WARNING, needs="pid1:package-manager")
def package_manager_as_pid1(container: Container, context: Context) -> Findings:
    pid1, workload = container.process.pid1, context.workload_of(container)
    manager = pid1.inner if pid1 is not None and pid1.kind == "init" else pid1
    if manager is None or manager.kind != "package-manager" or manager.origin is None:
        return
    if container.interactive or container.role == "init" or (workload is not None and not workload.service):
        return
    also = f"; {pid1.name} in front does not change that" if pid1 is not None and pid1 is not manager else ""
    yield Finding(
        f"{manager.name} loses the graceful stop: it passes SIGTERM to a shell and the program is killed in its handler{also}. Start the program itself",
        at=manager.origin.span,
    )
