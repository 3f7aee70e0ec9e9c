"""MongoDB: the WiredTiger cache, which sizes itself from the memory that mongod sees, connections and aggregations beside it."""

from memlint import quantity
from memlint.api import GIB, MIB, Confidence, Known, Origin, Program, Reading, Safety, Severity, Surroundings, Unknown, human
from memlint.runtimes.common import Version, rewrite, variable, version_of
from memlint.runtimes.conf import yaml_values
from memlint.runtimes.settings import Store, arguments, gnu, part, split

_IMAGES = frozenset(
    ("mongo", "mongodb", "percona-server-mongodb", "mongodb-community-server", "mongodb-enterprise-server", "mongodb-sharded")
)
_CACHE = "wiredtigercachesizegb"
_BASIS_CACHE = "wiredTigerCacheSizeGB, by default the larger of 256 MiB and half of (memory - 1 GiB); up to 20 % above while it evicts (MongoDB manual, SERVER-16571)"
_BASIS_SERVER = "150 MiB of server, 1 MiB a connection (20 assumed), 100 MiB a blocking aggregation stage and 200 MiB an index build at most; not measured here"


class Model:
    name = "mongodb"

    def read(self, program: Program, around: Surroundings) -> Reading | None:
        words = arguments(program, around, ("mongod",), _IMAGES)
        if words is None:
            return None
        store = Store("MongoDB", program, around)
        extra = variable(program, "MONGODB_EXTRA_FLAGS")
        if extra is not None and any("bitnami" in reference for reference in (around.image_reference,)):
            words = (*words, *(split(extra) if isinstance(extra, Known) else (extra,)))
        values, rest = gnu(words, {"f": "config"}, _FLAGS)
        path = values.get("config")
        if isinstance(path, Known):
            store.config(path.value, yaml_values)
            if "cacheSizeGB" in store.values:
                store.values[_CACHE] = store.values["cacheSizeGB"]
        elif path is not None:
            store.rest = path
        store.rest = rest or store.rest
        store.take(values)
        known = version_of(program, around, _IMAGES, ("MONGO_VERSION",))

        cache = store.amount(_CACHE, quantity.mongodb)
        size, origin = (cache.value, cache.origin) if isinstance(cache, Known) else (None, None)
        if cache is None:
            size, origin = _default(store, known)
        if size is not None:
            _judge(store, size)
        connections = around.footprint.number("mongodb", "connections") or 20
        parts = [
            part("WiredTiger cache", 0, size or 0, (size or 0) * 1.2 if size is not None else None, _BASIS_CACHE, origin),
            part("server", 60 * MIB, (150 + connections) * MIB, (500 + 10 * connections) * MIB, _BASIS_SERVER),
        ]
        confidence = Confidence.MEDIUM if size is not None else Confidence.LOW
        return store.reading("mongodb", parts, confidence, known.text if known else None, {"wiredTigerCacheSizeGB": cache})


_FLAGS = frozenset(
    ("auth", "noauth", "ipv6", "bind-ip-all", "quiet", "journal", "nojournal", "shardsvr", "configsvr", "fork", "directoryperdb")
)


def _default(store: Store, known: Version | None) -> tuple[int | None, Origin | None]:
    """Return the cache that mongod picks itself. Releases before 5.0 do not see a limit of cgroup v2 (SERVER-60412)."""
    limit = store.limit
    blind = known is not None and not known.at_least(5) and store.around.cgroup != 1
    if blind and limit is not None:
        best = f"{_fitting(limit.value):g}"
        store.observe(
            "not-container-aware",
            f"MongoDB {known.text if known else ''} does not see a limit of cgroup v2 (5.0 and newer do): it sizes its cache from the host's "
            f"memory, half of what is above 1 GiB, not from {human(limit.value)}; set --wiredTigerCacheSizeGB {best}",
            notes=store.limit_note(),
            confidence=Confidence.MEDIUM,
            severity=Severity.WARNING,
        )
        seen, origin = store.around.host_memory, None
    elif limit is not None:
        seen, origin = limit.value, limit.origin
    else:
        seen, origin = (None if isinstance(store.around.limit, Unknown) else store.around.host_memory), None
    return (None if seen is None else max((seen - GIB) // 2, 256 * MIB)), origin


def _fitting(limit: int) -> float:
    """Return the cache in GiB that a limit has room for (runtimes.md 12); 0.25 is the least that mongod takes."""
    return max(0.25, round((limit / GIB - 1) / 2, 2))


def _too_large(size: int, limit: int) -> bool:
    return size * 10 >= limit * 9


def _judge(store: Store, size: int) -> None:
    limit, value = store.limit, store.values.get(_CACHE)
    if limit is None:
        return
    if isinstance(value, Known):
        if not _too_large(size, limit.value):
            return
        fitting = _fitting(limit.value)
        best = f"{fitting:g}"
        meant = (
            f" (the unit is GiB: {value.value} MiB would be {int(value.value) / 1024:.2g})"
            if value.value.isdecimal() and size >= 64 * GIB
            else ""
        )
        store.observe(
            "cache-larger-than-limit",
            f"wiredTigerCacheSizeGB {value.value} is {human(size)}{meant}, the limit {human(limit.value)}: the kernel kills mongod as the cache fills, "
            f"with 150 MiB of server beside it; set it to {best}" + ("" if limit.value >= GIB else " and the limit to 1 GiB"),
            value.origin.span,
            notes=store.limit_note(),
            # Where not even the least has room, only another limit helps.
            fix=None
            if _too_large(int(fitting * GIB), limit.value)
            else rewrite(value, best, f"set the cache to {best} GiB", Safety.UNSAFE),
        )
    elif size >= limit.value:
        store.observe(
            "cache-larger-than-limit",
            f"the WiredTiger cache is never smaller than 256 MiB, and mongod needs about 150 MiB beside it: the limit {human(limit.value)} is "
            f"passed as soon as the cache fills; set it to 1 GiB",
            limit.origin.span,
        )
