"""A container does not keep what the configuration's policy demands of it.

`expect` in the configuration says, by kind, name, namespace, labels, path, image or runtime, what must hold: `limit` and `request` (set or not),
`max_limit`, `min_headroom` (between what is expected and the limit), `init`, `restart` (a glob). The first entry that matches and names a key
decides about it. A class that `qos` asks for is MEM301's matter, and `max_limit_request_ratio` MEM303's. Every finding names the entry that it breaks
and points at it, with its `reason` where it has one.

When it is a false alarm: where the policy should not match; its `match` stands where the finding points.

How to mend: meet the policy, or except the workload with `overrides` and a reason.

Bad:

```memlint
expect:
  - name: room-to-breathe
    match: {kind: compose}
    min_headroom: 512MiB
```

```compose
services:
  api:
    image: eclipse-temurin:21-jre
    command: java -Xmx512m -jar app.jar
    mem_limit: 1g
```

Good:

```memlint
expect:
  - name: room-to-breathe
    match: {kind: compose}
    min_headroom: 512MiB
```

```compose
services:
  api:
    image: eclipse-temurin:21-jre
    command: java -Xmx512m -jar app.jar
    mem_limit: 2g
```

Sources: the configuration itself; every finding names the entry that it breaks.
"""

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import Any

from memlint.api import Container, Context, Finding, Findings, Known, Severity, Span, Unknown, Workload, configured, human, rule


@rule("MEM110", Severity.WARNING, needs="policy")
def policy_violated(container: Container, context: Context) -> Findings:
    workload = context.workload_of(container)
    if workload is None or container.role not in ("main", "sidecar") or not context.expect:
        return
    for key, check in _CHECKS.items():
        policy = context.expected(key, workload)
        if policy is not None:
            wanted = str(policy.wanted).lower() if isinstance(policy.wanted, bool) else policy.wanted
            for told, at in check(container, workload, policy.wanted):
                yield Finding(f"{container.name} {told}, and policy {policy.name} demands {key}: {wanted}", at=at, notes=policy.notes)


_Broken = Iterator[tuple[str, Span]]


def _limit(container: Container, _workload: Workload, wanted: bool) -> _Broken:
    if wanted != (container.limit is not None):
        yield ("has no limit" if wanted else "has a limit"), _at(container, container.limit)


def _request(container: Container, _workload: Workload, wanted: bool) -> _Broken:
    if wanted != (container.request is not None):
        yield ("has no request" if wanted else "has a request"), _at(container, container.request)


def _max_limit(container: Container, _workload: Workload, wanted: str | int) -> _Broken:
    if isinstance(container.limit, Known) and container.limit.value > configured(wanted):
        yield f"may use {human(container.limit.value)}", container.limit.origin.span


def _min_headroom(container: Container, _workload: Workload, wanted: str | int) -> _Broken:
    budget, limit = container.process.budget, container.limit
    if budget is not None and isinstance(limit, Known) and limit.value - budget.expected < configured(wanted):
        free = limit.value - budget.expected
        yield f"is expected to leave {human(free)} of {human(limit.value)}", limit.origin.span


def _init(container: Container, _workload: Workload, wanted: bool) -> _Broken:
    pid1 = container.process.pid1
    if pid1 is not None and wanted != (pid1.kind in ("init", "supervisor", "pause")):
        yield f"runs {pid1.name} as PID 1", _at(container, container.init)


def _restart(container: Container, workload: Workload, wanted: str) -> _Broken:
    restart = workload.restart if workload.pod else container.restart
    if isinstance(restart, Unknown):
        return
    policy = restart.value if restart is not None else "Always" if workload.pod else "no"
    if not fnmatchcase(policy, wanted):
        yield f"has restart policy '{policy}'", _at(container, restart)


def _at(container: Container, setting: Known[int] | Known[str] | Known[bool] | Unknown | None) -> Span:
    return setting.origin.span if setting is not None and setting.origin is not None else container.at


_CHECKS: dict[str, Callable[[Container, Workload, Any], _Broken]] = {
    "limit": _limit,
    "request": _request,
    "max_limit": _max_limit,
    "min_headroom": _min_headroom,
    "init": _init,
    "restart": _restart,
}
