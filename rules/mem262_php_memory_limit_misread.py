"""PHP reads a memory_limit as bytes, as it knows K, M and G only, and stops every script at 2 MiB.

PHP looks at the last letter: `128MB` ends in `B`, which it does not know, so it is 128 bytes, and `512Mi` likewise. What is below one chunk of the
memory manager becomes 2 MiB, and everything fails with "Allowed memory size of 2097152 bytes exhausted".

When it is a false alarm: where the image's script rewrites the value.

How to mend: `128M`. The fix does that.

Bad:

```compose
services:
  web:
    image: php:8.3-fpm
    environment:
      PHP_MEMORY_LIMIT: 256MB
    command: php-fpm
    mem_limit: 512m
```

Good:

```compose
services:
  web:
    image: php:8.3-fpm
    environment:
      PHP_MEMORY_LIMIT: 256M
    command: php-fpm
    mem_limit: 512m
```

Sources: the PHP manual, shorthand byte values; Zend/zend_ini.c, Zend/zend_alloc.c (ZEND_MM_CHUNK_SIZE).
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM262", Severity.ERROR)
def php_memory_limit_misread(container: Container) -> Findings:
    for seen in container.observed("php-memory-limit-misread"):
        yield seen.finding()
