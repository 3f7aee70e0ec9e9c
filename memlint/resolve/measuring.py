"""How what runs in a container reads memory figures, and what it tries to tell the kernel: paths of cgroup v1, the host's memory in place of the
container's, a score that it may not lower.

Sources: Linux Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst; Kubernetes KEP-5573 (the kubelet refuses cgroup v1
by default from 1.35); /proc/meminfo is not namespaced; fs/proc/base.c:1130 (lowering oom_score_adj takes CAP_SYS_RESOURCE) and moby
daemon/pkg/oci/caps/defaults.go (which is not among a container's).
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from memlint.model import Confidence, Observation, Span
from memlint.patterns import pattern

_V1: Final = pattern(
    r"/sys/fs/cgroup/(?:memory/)(?:[^\s\"'`;|)]{0,300}/)?(memory\.(?:limit_in_bytes|usage_in_bytes|max_usage_in_bytes|stat|memsw\.[a-z_]+|oom_control|failcnt|soft_limit_in_bytes))"
)
_V2: Final = pattern(r"/sys/fs/cgroup/(?:[^\s\"'`;|)]{0,300}/)?(?:memory\.(?:max|current|peak|high|events)|cgroup\.controllers)|cgroup2?fs")
_SUCCESSOR: Final = {
    "memory.limit_in_bytes": "memory.max",
    "memory.usage_in_bytes": "memory.current",
    "memory.max_usage_in_bytes": "memory.peak",
    "memory.stat": "memory.stat in another folder, with other names (anon, file, inactive_file)",
    "memory.oom_control": "memory.events",
    "memory.failcnt": "memory.events (max)",
    "memory.soft_limit_in_bytes": "memory.low",
}
_HOST: Final = pattern(r"/proc/meminfo|(?<![\w./-])free(?=\s+-[bkmgtwh]+\b|\s*\|)")
_LOWERS: Final = pattern(
    r"""\b(?:echo|printf)[ \t]+(?:-n[ \t]+)?["']?(-[1-9]\d{0,3})\b[^\n|;&]{0,20}>{1,2}[ \t]*["']?(/proc/[^\s"'/]{1,40}/oom_score_adj)"""
)
_COMMENT: Final = pattern(r"^[ \t]*#.*$", re.MULTILINE)

Locate = Callable[[int, int], Span]


def observe(text: str, locate: Locate) -> Iterator[Observation]:
    """Yield what a script of a container reads wrongly. `locate` gives the place of characters of `text`."""
    if not any(word in text for word in ("/sys/fs/cgroup/", "meminfo", "free", "oom_score_adj")):
        return
    live = _COMMENT.sub(lambda match: " " * len(match[0]), text)
    lowers = _LOWERS.search(live)
    if lowers:
        yield Observation(
            "oom-score-shield",
            f"writing {lowers[1]} to {lowers[2]} fails with 'Permission denied' unless CAP_SYS_RESOURCE is added, which is not among the capabilities of a "
            "container by default; raising the score of what may die first is free",
            locate(lowers.start(), lowers.end()),
            confidence=Confidence.MEDIUM,
        )
    if not _V2.search(live):
        for match in _V1.finditer(live):
            name = match[1]
            now = _SUCCESSOR.get(name, "memory.swap.*")
            yield Observation(
                "cgroup-v1-path",
                f"{match[0]} exists on cgroup v1 only: on v2 it is {now}; read both, or the container sees no limit on a current host",
                locate(match.start(), match.end()),
            )
            break
    reads_limit = _V1.search(live) or _V2.search(live)
    host = _HOST.search(live)
    if host and not reads_limit:
        yield Observation(
            "reads-host-memory",
            f"{host[0].strip()} tells the host's memory, not the container's limit: what is sized from it does not fit; read /sys/fs/cgroup/memory.max",
            locate(host.start(), host.end()),
            confidence=Confidence.MEDIUM,
        )
