"""LD_PRELOAD names an allocator that the image does not hold, so malloc stays as it was.

The loader only warns (`object … cannot be preloaded: ignored`) and starts the program with the C library's malloc. The memory that jemalloc was to
save is not saved.

When it is a false alarm: where the library comes into the image in a way that memlint cannot read, as from a script of the build.

How to mend: install the package in the stage that runs (`libjemalloc2` on Debian, `jemalloc` on Alpine).

Bad:

```dockerfile
FROM ruby:3.3-slim
ENV LD_PRELOAD=/usr/lib/x86_64-linux-gnu/libjemalloc.so.2
WORKDIR /app
COPY . .
CMD ["bundle", "exec", "puma"]
```

```compose
services:
  web:
    build: .
    mem_limit: 512m
```

Good:

```dockerfile
FROM ruby:3.3-slim
RUN apt-get update && apt-get install -y libjemalloc2
ENV LD_PRELOAD=/usr/lib/x86_64-linux-gnu/libjemalloc.so.2
WORKDIR /app
COPY . .
CMD ["bundle", "exec", "puma"]
```

```compose
services:
  web:
    build: .
    mem_limit: 512m
```

Sources: ld.so(8), LD_PRELOAD; glibc elf/rtld.c.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM264", Severity.WARNING)
def preload_missing(container: Container) -> Findings:
    for seen in container.observed("preload-missing"):
        yield seen.finding()
