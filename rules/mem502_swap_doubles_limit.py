"""A memory limit without a swap limit lets Docker's container use as much swap again.

`-m 1g` alone means 1 GiB of memory and, where the host has swap, 1 GiB of swap: the default of `--memory-swap` is twice the limit. A
process that outgrows its limit is then not killed but slowed down by orders of magnitude, and its neighbours with it. The limit alone is therefore no
hard limit, whatever is said of it. Where the kernel has no swap accounting Docker writes no swap limit at all, with a warning. In Kubernetes a
container swaps only where the node allows it (`LimitedSwap`, cgroup v2) and only in Burstable pods.

An info. In the strict profile a warning for what suffers most from swap: a JVM (every collection touches the whole heap) and data stores.

When it is a false alarm: where the host has no swap (`swapon --show` prints nothing), or where swapping is wanted.

How to mend: set the swap limit equal to the memory limit. The value is the *total* of memory and swap, so equal means none.

Bad:

```sh
docker run -d --memory 1g redis:7
```

Good:

```sh
docker run -d --memory 1g --memory-swap 1g redis:7
```

Sources: moby daemon/daemon_unix.go:321-323 adaptContainerSettings; opencontainers/cgroups utils.go:447.
"""

from memlint.api import Container, Context, Findings, Severity, rule

# A garbage collector walks all of its heap, and a data store promises answers within milliseconds.
_SLOWED = frozenset(("jvm", "redis", "memcached", "postgres", "mysql", "mongodb", "clickhouse", "rabbitmq"))


@rule("MEM502", Severity.INFO, needs="swap-doubles-limit")
def swap_doubles_limit(container: Container, context: Context) -> Findings:
    loud = context.profile == "strict" and not _SLOWED.isdisjoint((container.process.runtime or "").split("+"))
    for seen in container.observed("swap-doubles-limit"):
        yield seen.finding()._replace(severity=Severity.WARNING if loud else Severity.INFO)
