"""A setting stands in the file and never reaches the container: the program that reads the file drops it without a word.

Compose drops `mem_limit: 1.5e9`, because a YAML float is no amount to it, and starts the container without any limit. It drops
`mem_swappiness: 0`. A `command:` that is a string is split into words without a shell: an unquoted `;`, `&`, `|`, `<` or `>` ends it and
the rest is thrown away, and `$JAVA_OPTS` is replaced from Compose's own environment, by nothing when it is not set there.

When it is a false alarm: where the dropped part does not matter. Then delete it.

How to mend: quote the amount and give it a unit, give the command a shell (`sh -c "…"`), and write `$$` for a dollar that the container's
shell shall see.

Bad:

```compose
services:
  api:
    image: eclipse-temurin:21-jre
    mem_limit: 1.5e9
```

Good:

```compose
services:
  api:
    image: eclipse-temurin:21-jre
    mem_limit: "1500000000"
```

Sources: compose-go types/bytes.go, loader and mattn/go-shellwords, checked with docker-compose 5.6.1; docker/compose
pkg/compose/create.go.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM004", Severity.ERROR)
def setting_silently_dropped(container: Container) -> Findings:
    for seen in container.observed("setting-silently-dropped"):
        yield seen.finding()
