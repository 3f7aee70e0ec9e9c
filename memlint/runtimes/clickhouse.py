"""ClickHouse: one limit over all queries and caches, a share of the memory that it sees."""

import re

from memlint import quantity
from memlint.api import GIB, MIB, Confidence, Known, Program, Reading, Safety, Severity, Surroundings, Unknown, human
from memlint.runtimes.common import brought, read_text, rewrite, version_of
from memlint.runtimes.conf import xml_values, yaml_values
from memlint.runtimes.settings import Store, arguments, part

_IMAGES = frozenset(("clickhouse", "clickhouse-server"))
_FOLDER = "/etc/clickhouse-server"
_RATIO, _USAGE, _MARKS = "max_server_memory_usage_to_ram_ratio", "max_server_memory_usage", "mark_cache_size"
_BASIS = (
    "max_server_memory_usage, by default max_server_memory_usage_to_ram_ratio (0.9) of the memory that the cgroup allows; mark_cache_size 5 GiB "
    "and uncompressed caches lie inside it (ClickHouse documentation 2026-07)"
)


class Model:
    name = "clickhouse"

    def read(self, program: Program, around: Surroundings) -> Reading | None:
        words = arguments(program, around, ("clickhouse-server", "clickhouse"), _IMAGES)
        if words is None or any(isinstance(word, Known) and word.value in _OTHERS for word in words[:1]):
            return None
        store = Store("ClickHouse", program, around)
        extra = (*brought(around, f"{_FOLDER}/config.d", ".xml"), *brought(around, f"{_FOLDER}/config.d", ".yaml"))
        paths = [path for path in (f"{_FOLDER}/config.xml", *sorted(extra)) if read_text(around, path) is not None]
        for path in paths:
            store.config(path, yaml_values if path.endswith(".yaml") else xml_values)
        if not paths and store.hidden(f"{_FOLDER}/config.xml", f"{_FOLDER}/config.d/memory.xml"):
            store.rest = Unknown("the configuration is mounted and not among the files that were read")
        known = version_of(program, around, _IMAGES, ("CLICKHOUSE_VERSION",))
        limit = store.limit
        ratio = _ratio(store)
        usage, origin = store.bytes(_USAGE, quantity.clickhouse, 0)
        if usage == 0:
            usage = int(limit.value * ratio) if limit is not None and ratio is not None else None
            told = store.values.get(_RATIO)
            origin = told.origin if isinstance(told, Known) else limit.origin if limit is not None else None
        _judge(store, usage, ratio)
        parts = [
            part("queries and caches", 0, (usage or 0) * 0.5, usage, _BASIS, origin),
            part("server", 150 * MIB, 300 * MIB, 600 * MIB, "binary, threads and logs of an idle server; not measured here"),
        ]
        return store.reading(
            "clickhouse",
            parts,
            Confidence.LOW,
            known.text if known else None,
            {name: store.text(name) for name in (_RATIO, _USAGE, _MARKS)},
        )


_OTHERS = frozenset(("client", "local", "keeper", "benchmark", "copier", "format"))


def _ratio(store: Store) -> float | None:
    text = store.word(_RATIO, "0.9")
    return float(text) if text is not None and re.fullmatch(r"\d{1,3}(\.\d{1,6})?", text) else None


def _judge(store: Store, usage: int | None, ratio: float | None) -> None:
    limit, told = store.limit, store.values.get(_RATIO)
    if limit is None:
        return
    value = store.values.get(_USAGE)
    if isinstance(value, Known) and usage is not None and usage >= limit.value:
        best = str(limit.value * 8 // 10)
        store.observe(
            "cache-larger-than-limit",
            f"max_server_memory_usage {human(usage)} is not below the limit {human(limit.value)}: the kernel kills ClickHouse before it refuses a "
            f"query; set it to {best} (80 %)",
            value.origin.span,
            notes=store.limit_note(),
            fix=rewrite(value, best, f"set it to {best}", Safety.UNSAFE),
        )
    elif isinstance(told, Known) and ratio is not None and ratio >= 1:
        store.observe(
            "cache-larger-than-limit",
            f"max_server_memory_usage_to_ram_ratio {told.value} lets ClickHouse use the whole limit {human(limit.value)} and more: the kernel kills "
            "it before it refuses a query; set it to 0.8",
            told.origin.span,
            notes=store.limit_note(),
            fix=rewrite(told, "0.8", "set the ratio to 0.8", Safety.UNSAFE),
        )
    marks, origin = store.bytes(_MARKS, quantity.clickhouse, 5 * GIB)
    if marks is not None and marks >= limit.value:
        store.observe(
            "cache-larger-than-limit",
            f"mark_cache_size {human(marks)}{'' if origin else ' (the default)'} is not below the limit {human(limit.value)}: it leaves queries no "
            f"room; ClickHouse is made for 16 GiB and more, set it to {limit.value // 16 // MIB * MIB} ({human(limit.value // 16 // MIB * MIB)})",
            origin.span if origin else None,
            notes=store.limit_note(),
            severity=Severity.INFO,
        )
