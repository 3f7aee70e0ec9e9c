"""A memory setting of .NET is hexadecimal where a decimal number was meant, or the other way round.

Environment variables of the .NET runtime are hexadecimal, with or without `0x`: `DOTNET_GCHeapHardLimit=400000000` is 16 GiB, and
`DOTNET_GCHeapHardLimitPercent=75` is 117 %, which is out of range and ignored; `50` is 80 %. `runtimeconfig.json` takes decimal numbers.

When it is a false alarm: where the hexadecimal number was meant. `0x` in front says so, and memlint is silent.

How to mend: `DOTNET_GCHeapHardLimit=0x17D78400`, `DOTNET_GCHeapHardLimitPercent=0x4B`.

Bad:

```compose
services:
  api:
    image: mcr.microsoft.com/dotnet/aspnet:8.0
    command: dotnet Api.dll
    environment:
      DOTNET_GCHeapHardLimit: "400000000"
    mem_limit: 512m
```

Good:

```compose
services:
  api:
    image: mcr.microsoft.com/dotnet/aspnet:8.0
    command: dotnet Api.dll
    environment:
      DOTNET_GCHeapHardLimit: "0x17D78400"
    mem_limit: 512m
```

Sources: dotnet/docs garbage-collector.md at 0412a40; .NET 3.1.23 under a memory cgroup (measured 2026-11).
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM240", Severity.ERROR)
def dotnet_number_is_hex(container: Container) -> Findings:
    for seen in container.observed("dotnet-number-is-hex"):
        yield seen.finding()
