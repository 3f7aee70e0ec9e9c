"""A data store refuses to start with its memory settings.

RabbitMQ's official image exits with status 1 when it finds `RABBITMQ_VM_MEMORY_HIGH_WATERMARK`: the variable was dropped, and its entrypoint says so
and stops. The settings belong into rabbitmq.conf, where a mounted file of two lines does.

When it is a false alarm: an image of your own whose script still reads the variable. Bitnami's does, and is not reported.

How to mend: as the finding says.

Bad:

```compose
services:
  mq:
    image: rabbitmq:4-management
    environment:
      RABBITMQ_VM_MEMORY_HIGH_WATERMARK: "0.4"
    mem_limit: 1g
```

Good:

```compose
services:
  mq:
    image: rabbitmq:4-management
    environment:
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-rabbit vm_memory_high_watermark {absolute,"600MiB"}'
    mem_limit: 1g
```

Sources: docker-library/rabbitmq docker-entrypoint.sh of 4.2.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM607", Severity.ERROR)
def store_will_not_start(container: Container) -> Findings:
    for seen in container.observed("store-will-not-start"):
        yield seen.finding()
