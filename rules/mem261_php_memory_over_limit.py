"""One PHP script may take more memory than the whole container has.

PHP stops a script at memory_limit with a readable error. Where memory_limit is above the container's limit the kernel is first, and what dies is a
child in the middle of its work, with signal 9.

When it is a false alarm: where no script comes near.

How to mend: a memory_limit of a quarter of the container, or a larger container. nextcloud and phpmyadmin set 512M, matomo 256M by themselves.

Bad:

```compose
services:
  cloud:
    image: nextcloud:29
    environment:
      PHP_MEMORY_LIMIT: 2G
    mem_limit: 1g
```

Good:

```compose
services:
  cloud:
    image: nextcloud:29
    environment:
      PHP_MEMORY_LIMIT: 512M
    mem_limit: 2g
```

Sources: PHP-FPM 8.2 under a limit (measured 2026-11); the images' Dockerfiles (PHP_MEMORY_LIMIT, MEMORY_LIMIT).
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM261", Severity.WARNING)
def php_memory_over_limit(container: Container) -> Findings:
    for seen in container.observed("php-memory-over-limit"):
        yield seen.finding()
