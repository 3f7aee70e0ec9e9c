""".NET's server collector runs in a small container, with a heap for every CPU.

The server collector keeps a heap, and room to allocate in, for every CPU that it sees. In 512 MiB and less that room is a large part of the limit.
From .NET 9 on the heaps adapt to the application.

When it is a false alarm: where the container may use one CPU only; .NET then falls back to the workstation collector.

How to mend: leave `gcServer` off, set `GCHeapCount=1`, or move to .NET 9.

Bad:

```compose
services:
  api:
    image: mcr.microsoft.com/dotnet/aspnet:8.0
    command: dotnet Api.dll
    environment:
      DOTNET_gcServer: "1"
    mem_limit: 256m
```

Good:

```compose
services:
  api:
    image: mcr.microsoft.com/dotnet/aspnet:9.0
    command: dotnet Api.dll
    environment:
      DOTNET_gcServer: "1"
    mem_limit: 256m
```

Sources: dotnet/docs garbage-collector.md at 0412a40 (GCHeapCount, GCgen0size); the default of .NET 9 is not measured here.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM242", Severity.WARNING)
def dotnet_server_gc_small(container: Container) -> Findings:
    for seen in container.observed("dotnet-server-gc-small"):
        yield seen.finding()
