"""memcached: its item cache, which fills by design, with the hash table and the buffers of connections beside it."""

import re

from memlint import quantity
from memlint.api import MIB, Confidence, Known, Program, Reading, Safety, Surroundings, human
from memlint.runtimes.common import references, rewrite, variable, version_of
from memlint.runtimes.settings import Store, arguments, gnu, part

_IMAGES = frozenset(("memcached",))
_DEFAULT = 64 * MIB
_BASIS = (
    "-m mebibytes, 64 by default; 262 MiB peak for -m 256 with values of 1 KB, 275-283 MiB with values of 50 B (memcached 1.6.18 filled "
    "under a memory cgroup, 2026-11)"
)
# Options without a value, so that what follows them is not taken for one. Source: memcached.c, 1.6.
_FLAGS = frozenset(
    ("disable-cas", "enable-largepages", "enable-shutdown", "disable-flush-all", "disable-dumping", "disable-watch", "lock-memory")
)


class Model:
    name = "memcached"

    def read(self, program: Program, around: Surroundings) -> Reading | None:
        words = arguments(program, around, ("memcached",), _IMAGES)
        if words is None:
            return None
        store = Store("memcached", program, around)
        if any("bitnami" in reference for reference in references(around)):
            configured = variable(program, "MEMCACHED_CACHE_SIZE")
            if configured is not None:
                store.values["memory-limit"] = configured
        values, store.rest = gnu(words, {"m": "memory-limit", "c": "conn-limit"}, _FLAGS)
        store.take(values)
        known = version_of(program, around, _IMAGES, ("MEMCACHED_VERSION",))

        size, origin = store.bytes("memory-limit", quantity.memcached, _DEFAULT)
        connections = store.word("conn-limit", "1024") or ""
        clients = int(connections) if connections.isdecimal() and len(connections) < 8 else 1024
        if size is not None:
            _judge(store, size)
        cache = size or 0
        parts = [
            part("cache", cache, cache * 1.04, cache * 1.07 if size is not None else None, _BASIS, origin),
            part("connections", 0, MIB, clients * MIB // 50, "20 KiB of buffers a connection at most (-c, 1024 by default)"),
            part("server", MIB, 5 * MIB, 6 * MIB, "1.2 MiB idle, 6 MiB with its threads and hash table (memcached 1.6.18, 2026-11)"),
        ]
        confidence = Confidence.HIGH if size is not None else Confidence.LOW
        return store.reading("memcached", parts, confidence, known.text if known else None, {"memory-limit": store.text("memory-limit")})


def _judge(store: Store, size: int) -> None:
    value, limit = store.text("memory-limit"), store.limit
    if not isinstance(value, Known):
        if limit is not None and value is None and size >= limit.value:
            store.observe(
                "cache-larger-than-limit",
                f"memcached takes 64 MiB by default, the limit is {human(limit.value)}: set -m {_fitting(limit.value)}",
                limit.origin.span,
            )
        return
    suffix = re.search(r"[A-Za-z]", value.value)
    if size < 2 * MIB and suffix:
        meant = size // MIB * 1024 if suffix[0].lower() == "g" else 64
        better = str(min(meant, _fitting(limit.value)) if limit is not None else meant)
        store.observe(
            "invalid-quantity",
            f"memcached reads -m {value.value} as {size // MIB} MiB, its unit is mebibytes and the letter is ignored, and refuses to start "
            f"(item size limit above half of the memory): write {better}",
            value.origin.span,
            fix=rewrite(value, better, f"write {better}", Safety.UNSAFE),
        )
    elif limit is not None and _held(size) > limit.value:
        best = str(_fitting(limit.value))
        store.observe(
            "cache-larger-than-limit",
            f"memcached fills {human(size)} of items, {human(_held(size))} with its own structures, and is killed at the limit "
            f"{human(limit.value)}: set -m {best}",
            value.origin.span,
            notes=store.limit_note(),
            fix=rewrite(value, best, f"set -m {best}", Safety.UNSAFE) if _held(int(best) * MIB) <= limit.value else None,
        )


def _held(size: int) -> int:
    return int(size * 1.04) + 6 * MIB


def _fitting(limit: int) -> int:
    """Return the -m, in MiB, whose bill stays 5 % below a limit."""
    return max(int((limit * 0.95 - 6 * MIB) / 1.04) // MIB, 1)
