"""Nobody reaps the children that this container leaves behind, and they stay as zombies until no process can be started.

A process that ends stays a zombie until its parent asks for it; orphans become children of PID 1. A shell, an init or a server that is made
for it reaps them; a plain program (java, node, python, a Go binary) does not. A zombie holds no memory of its own but a slot in the PID limit and
some 9 KiB of the kernel's.

Most containers start no children at all, so this is a warning only with evidence: a program in the image that is known to leave
children (a browser, for one). Without evidence it is information of the strict profile.

When it is a false alarm: where the program waits for its own children.

How to mend: `init: true` in Compose, `--init` for `docker run`, tini in the image for Kubernetes.

Bad:

```dockerfile
FROM node:22
RUN apt-get update && apt-get install -y chromium
COPY . .
CMD ["node", "render.js"]
```

Good:

```dockerfile
FROM node:22
RUN apt-get update && apt-get install -y chromium tini
COPY . .
ENTRYPOINT ["tini", "--"]
CMD ["node", "render.js"]
```

Sources: Linux kernel/exit.c; java, node, python, sleep, dash, bash, tini and dumb-init measured with orphans in a PID namespace.
"""

from memlint.api import Confidence, Container, Context, Finding, Findings, Fix, Safety, Severity, rule

# Programs that leave children behind, by the names of the packages that bring them.
_SPAWNERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "puppeteer", "playwright", "firefox-esr", "xvfb")
_DO_NOT_REAP = ("java", "node", "nodejs", "python", "python3", "deno", "bun", "dotnet")


@rule("MEM401", Severity.WARNING, needs="pid1:direct pid1:package-manager")
def no_init(container: Container, context: Context) -> Findings:
    pid1, workload, image = container.process.pid1, context.workload_of(container), container.process.image
    if pid1 is None or pid1.kind not in ("direct", "package-manager") or pid1.origin is None or pid1.reaps:
        return
    if container.interactive or container.role != "main" or (workload is not None and not workload.service):
        return
    stage = image.stage if image is not None else None
    evidence = [name for name in (stage.installs if stage is not None else ()) if name in _SPAWNERS]
    if evidence:
        told = (
            f"{pid1.name} is PID 1 and does not reap; the image brings {evidence[0]}, whose orphans stay as zombies: run it under an init"
        )
    elif context.profile == "strict" and pid1.name in _DO_NOT_REAP:
        told = f"{pid1.name} is PID 1 and does not reap: if it starts children that start children, put an init in front"
    else:
        return
    edits = container.editor.set("init", "true") if container.editor is not None and workload is not None and not workload.pod else None
    yield Finding(
        told,
        at=pid1.origin.span,
        confidence=Confidence.MEDIUM if evidence else Confidence.LOW,
        fix=Fix("run it under an init", Safety.UNSAFE, edits) if edits else None,
        severity=Severity.WARNING if evidence else Severity.INFO,
    )
