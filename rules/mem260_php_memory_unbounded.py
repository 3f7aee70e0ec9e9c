"""PHP's memory_limit is switched off for what serves the web.

With `memory_limit = -1` one request may take everything the container has, and the kernel's kill takes the requests of other children with it, or the
whole container. The setting is for scripts: `php -d memory_limit=-1 composer install` in a build is not reported.

When it is a false alarm: where every request is known to be small.

How to mend: 128M to 512M, and pm.max_children by (limit - 160 MiB) / memory_limit.

Bad:

```compose
services:
  web:
    image: php:8.3-fpm
    environment:
      PHP_MEMORY_LIMIT: "-1"
    command: php-fpm
    mem_limit: 512m
```

Good:

```compose
services:
  web:
    image: php:8.3-fpm
    environment:
      PHP_MEMORY_LIMIT: 128M
    command: php-fpm
    mem_limit: 512m
```

Sources: main/main.c memory_limit; PHP-FPM 8.2: one child peaks at memory_limit + 3 MiB, 4 children of 100 MiB in 256 MiB are killed again and again (measured 2026-11).
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM260", Severity.WARNING)
def php_memory_unbounded(container: Container) -> Findings:
    for seen in container.observed("php-memory-unbounded"):
        yield seen.finding()
