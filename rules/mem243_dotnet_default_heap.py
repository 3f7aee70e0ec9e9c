"""ASP.NET's default heap and the rest of the process do not fit a container of less than 280 MiB together.

Without a setting the collector may use three quarters of the limit. Runtime, compiled code and threads take some 70 MiB more, so below 280 MiB the
kernel can kill before .NET throws `OutOfMemoryException`.

When it is a false alarm: for a small or ahead-of-time compiled program whose heap stays far below the three quarters.

How to mend: `DOTNET_GCHeapHardLimit` with the limit less 100 MiB, in hexadecimal, or a larger limit.

Bad:

```compose
services:
  api:
    image: mcr.microsoft.com/dotnet/aspnet:8.0
    command: dotnet Api.dll
    mem_limit: 200m
```

Good:

```compose
services:
  api:
    image: mcr.microsoft.com/dotnet/aspnet:8.0
    command: dotnet Api.dll
    mem_limit: 512m
```

Sources: dotnet/docs garbage-collector.md at 0412a40; .NET 3.1.23: 768 of 1024 MiB, 384 of 512 MiB (measured 2026-11).
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM243", Severity.INFO)
def dotnet_default_heap(container: Container) -> Findings:
    for seen in container.observed("dotnet-default-heap"):
        yield seen.finding()
