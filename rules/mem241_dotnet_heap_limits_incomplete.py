"""Limits are set for some of .NET's heaps only, and the runtime does not start.

The limits for single heaps (`GCHeapHardLimitSOH`, `LOH`, `POH`, and their `Percent` forms) come together: with one of them set, those of the small
and of the large object heap are required. They override `GCHeapHardLimit` and `GCHeapHardLimitPercent`.

When it is a false alarm: where the missing one stands in `runtimeconfig.json`.

How to mend: set the others as well, or use `GCHeapHardLimit` for all of them.

Bad:

```compose
services:
  api:
    image: mcr.microsoft.com/dotnet/aspnet:8.0
    command: dotnet Api.dll
    environment:
      DOTNET_GCHeapHardLimitSOH: "0x10000000"
    mem_limit: 512m
```

Good:

```compose
services:
  api:
    image: mcr.microsoft.com/dotnet/aspnet:8.0
    command: dotnet Api.dll
    environment:
      DOTNET_GCHeapHardLimitSOH: "0x10000000"
      DOTNET_GCHeapHardLimitLOH: "0x4000000"
    mem_limit: 512m
```

Sources: dotnet/docs garbage-collector.md at 0412a40, per-object-heap limits.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM241", Severity.ERROR)
def dotnet_heap_limits_incomplete(container: Container) -> Findings:
    for seen in container.observed("dotnet-heap-limits-incomplete"):
        yield seen.finding()
