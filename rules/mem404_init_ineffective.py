"""An init is asked for, but it cannot do its work here.

s6-overlay and systemd demand to be PID 1 themselves: with `--init` or `init: true` the container ends with "can only run as pid 1". `--init`
together with the host's or another container's PID namespace is silently ignored. An init that a shell starts (`sh -c 'tini -- app; …'`) is
not PID 1 and reaps nothing. `--entrypoint "tini -- app"` is one word: there is no program of that name.

When it is a false alarm: where tini runs with `-s` as a subreaper on purpose.

How to mend: one init, as PID 1.

Bad:

```compose
services:
  home:
    image: homeassistant/home-assistant:2026.1
    init: true
    mem_limit: 1g
```

Good:

```compose
services:
  home:
    image: homeassistant/home-assistant:2026.1
    mem_limit: 1g
```

Sources: moby daemon/oci_linux.go:731-734; docker CLI 28.2.2; tini 0.19 README and measurement; s6-overlay's own message.
"""

from memlint.api import Container, Finding, Findings, Known, Severity, rule


@rule("MEM404", Severity.ERROR, needs="init-ineffective init words")
def init_ineffective(container: Container) -> Findings:
    for seen in container.observed("init-ineffective"):
        yield seen.finding()
    image, words = container.process.image, container.process.words or ()
    first = words[0] if words else None
    own = first.value if isinstance(first, Known) else ""
    demands = own in ("/init", "/sbin/init", "/usr/sbin/init", "/lib/systemd/systemd") or (
        image is not None and (image.pid1 or "").startswith("init:s6")
    )
    if isinstance(container.init, Known) and container.init.value and demands:
        yield Finding(
            f"{own or 'the image'} has to be PID 1 itself and fails behind docker-init: leave the init setting out",
            at=container.init.origin.span,
        )
    if isinstance(first, Known) and " " in own and own.split()[0].rsplit("/", 1)[-1] in ("tini", "dumb-init", "catatonit"):
        yield Finding(f"'{own}' is taken as the name of one program, which does not exist: give its words one by one", at=first.origin.span)
