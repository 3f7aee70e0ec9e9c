"""Measurements of running containers and JVMs, read into what a footprint of the configuration can say.

`read` recognises the report by its own words and refuses what it does not understand with the line, rather than leave something out.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from memlint import quantity
from memlint.patterns import pattern
from memlint.quantity import KIB, MIB, QuantityError
from memlint.records import NamedTuple


class MeasurementError(ValueError):
    """A text that is none of the known reports, or is broken. `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class Measurement(NamedTuple):
    """What one report says of one process or container.

    `match` names the container where the report does, empty where it does not. `facts` are sections of a footprint; amounts in bytes.
    `notes` say what the numbers leave out.
    """

    report: str  # "jcmd VM.native_memory", "memory.stat (cgroup v2)", …
    match: Mapping[str, str]
    facts: Mapping[str, Mapping[str, int]]
    notes: tuple[str, ...] = ()

    def entry(self, match: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return the entry for `footprints`, ready to be written as YAML; `match` replaces what the report names."""
        sections = {section: {key: _written(key, value) for key, value in facts.items()} for section, facts in self.facts.items()}
        return {"match": dict(match or self.match), **sections}


_COUNTS: Final = frozenset(("classes", "threads"))
_NO_AMOUNT: Final = pattern(r"[0-9]{40}")
_ESCAPES: Final = pattern(r"\x1b\[[0-9;]*[A-Za-z]")


def _written(key: str, value: int) -> int | str:
    """Amounts are rounded up to whole MiB (small ones to KiB): no measurement is worth more digits."""
    if key in _COUNTS:
        return value
    return f"{-(-value // MIB)}MiB" if value >= 8 * MIB else f"{-(-value // KIB)}KiB"


def read(text: str) -> tuple[Measurement, ...]:
    """Return what a report says, one Measurement a process or container.

    Knows `jcmd PID VM.native_memory summary`, `summary.diff` and `detail`, memory.stat of cgroup v1 and v2, `docker stats` (as a table or
    as JSON lines) and `kubectl top pod --containers`. Raises MeasurementError with the line for anything else.
    """
    lines = [(number, _ESCAPES.sub("", line).rstrip()) for number, line in enumerate(text.split("\n"), 1)]
    lines = [(number, line) for number, line in lines if line.strip()]
    if not lines:
        raise MeasurementError("there is nothing in it", 1)
    for number, line in lines:
        if _NO_AMOUNT.search(line):
            raise MeasurementError("it holds a number that is none of any machine", number)
    for recognise, parse in _REPORTS:
        for number, line in lines:
            if recognise(line):
                return parse(lines, number)
    raise MeasurementError(
        "this is none of the reports that can be read: jcmd VM.native_memory summary, memory.stat, docker stats, kubectl top pod --containers",
        lines[0][0],
    )


Lines = list[tuple[int, str]]

# ---- jcmd VM.native_memory

_SIZE: Final = r"(\d+)(B|KB|MB|GB)?( [+-]\d+(?:B|KB|MB|GB)?)?"
_NMT_TOTAL: Final = pattern(rf"^Total: +reserved={_SIZE}, +committed={_SIZE}$")
_NMT_CATEGORY: Final = pattern(rf"^- +([A-Z][\w/]*+(?: ++[\w/]++)*+) +\(reserved={_SIZE}, +committed={_SIZE}(?:, readonly={_SIZE})?\)$")
_NMT_COUNT: Final = pattern(r"^ +\((classes|threads?) #(\d+)(?: [+-]\d+)?\)")
_NMT_REFUSED: Final = pattern(r"Native memory tracking is not enabled|No baseline")
_NMT_UNITS: Final = {None: 1, "B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}
# The heap and the collector's tables follow from flags; mapped class data is reclaimable; the tracking itself ends with the flag.
_NMT_OWN: Final = frozenset(
    (
        "Java Heap",
        "Class",
        "Metaspace",
        "Thread",
        "Code",
        "Other",
        "GC",
        "GCCardSet",
        "Shared class space",
        "Native Memory Tracking",
        "Unknown",
    )
)
_NMT_UNSEEN: Final = 10 * MIB
"""What the tracking does not see of a JVM (data of the libraries, unused ends of malloc's arenas): the difference between it and the
kernel's count over the runs under memory cgroups with the Serial collector, JDK 17 and 25, 2026-11."""


def _native_memory(lines: Lines, _found: int) -> tuple[Measurement, ...]:
    committed: dict[str, int] = {}
    counts: dict[str, int] = {}
    grown = False
    total = False
    for number, line in lines:
        if _NMT_REFUSED.search(line):
            raise MeasurementError(f"the JVM refused: {line.strip()}: start it with -XX:NativeMemoryTracking=summary", number)
        if line.startswith(("Virtual memory map", "Details:", "Virtual Memory Map")):
            break
        if line.startswith("Total:"):
            match = _NMT_TOTAL.match(line)
            if match is None:
                raise MeasurementError(f"cannot read the total: {line.strip()}", number)
            total = True
        elif line.startswith("-"):
            match = _NMT_CATEGORY.match(line)
            if match is None:
                raise MeasurementError(f"cannot read this category: {line.strip()}", number)
            committed[match[1]] = int(match[5]) * _NMT_UNITS[match[6]]
            grown = grown or match[7] is not None
        else:
            match = _NMT_COUNT.match(line)
            if match is not None:
                counts["threads" if match[1].startswith("thread") else match[1]] = int(match[2])
    last = lines[-1][0]
    for name in ("Java Heap", "Class", "Thread", "Code"):
        if name not in committed:
            raise MeasurementError(f"the report ends without the category {name}", last)
    if not total:
        raise MeasurementError("the report has no total", lines[0][0])
    # JDK 8 counts direct buffers as Internal; the category Other is there from JDK 11 on.
    direct = "Other" if "Other" in committed else "Internal" if "Module" not in committed else None
    if direct is not None and direct not in committed:
        raise MeasurementError("the report ends without the category Internal", last)
    facts = {
        **counts,
        "metaspace": committed["Class"] + committed.get("Metaspace", 0),
        "code_cache": committed["Code"],
        "native": sum(size for name, size in committed.items() if name not in _NMT_OWN and name != direct) + _NMT_UNSEEN,
    }
    if direct is not None:
        facts["direct"] = committed[direct]
    notes = [
        "measure after days of load: code, classes and buffers still grow after the start",
        "the heap and the collector's tables are left out, they follow from the flags",
    ]
    if grown:
        notes.append("the growth since the baseline is left out, as the report does not say since when")
    return (Measurement("jcmd VM.native_memory", {}, {"jvm": facts}, tuple(notes)),)


# ---- memory.stat

_STAT: Final = pattern(r"^([a-z][a-z0-9_]*) (\d+)$")
_KERNEL_PARTS: Final = ("kernel_stack", "pagetables", "sec_pagetables", "percpu", "vmalloc", "slab_unreclaimable", "sock")


def _memory_stat(lines: Lines, _found: int) -> tuple[Measurement, ...]:
    stat: dict[str, int] = {}
    for number, line in lines:
        match = _STAT.match(line)
        if match is None:
            raise MeasurementError(f"a line of memory.stat is a name and a number, this is not: {line.strip()[:80]}", number)
        stat[match[1]] = int(match[2])
    last = lines[-1][0]
    if "anon" in stat:
        for key in ("file", "shmem"):
            if key not in stat:
                raise MeasurementError(f"the file ends without {key}", last)
        kernel = sum(stat.get(key, 0) for key in _KERNEL_PARTS)
        resident = stat["anon"] + stat["shmem"] + kernel
        report, note = "memory.stat (cgroup v2)", "anonymous, shared and unreclaimable kernel memory; page cache is left out"
    else:
        prefix = "total_" if "total_rss" in stat else ""
        for key in ("rss", "cache"):
            if prefix + key not in stat:
                raise MeasurementError(f"the file ends without {prefix}{key}", last)
        resident = stat[f"{prefix}rss"] + stat.get(f"{prefix}shmem", 0)
        report, note = (
            "memory.stat (cgroup v1)",
            "anonymous and shared memory; kernel memory is in memory.kmem.usage_in_bytes, page cache is left out",
        )
    return (Measurement(report, {}, {"measured": {"resident": resident}}, (note, _MOMENT)),)


_MOMENT: Final = "a lower bound of the moment: what the heap or the cache had not yet filled is not in it"
_WORKING_SET: Final = "usage less inactive file pages: active page cache is in it, though it can be reclaimed"

# ---- docker stats

_COLUMNS: Final = pattern(r" {2,}")
_DOCKER_SIZE: Final = pattern(r"^\d+(?:\.\d+)?(?:B|kB|[KMGT]i?B)$", re.ASCII)


def _docker_table(lines: Lines, found: int) -> tuple[Measurement, ...]:
    seen: dict[str, int] = {}
    columns: list[str] = []
    for number, line in lines:
        if number < found:
            continue
        cells = _COLUMNS.split(line.strip())
        if "MEM USAGE / LIMIT" in cells:
            columns = cells
            continue
        row = dict(zip(columns, cells, strict=False))
        name = row.get("NAME") or row.get("CONTAINER") or row.get("CONTAINER ID") or ""
        _docker_row(name, row.get("MEM USAGE / LIMIT", ""), number, seen)
    return _containers("docker stats", seen, lines[-1][0])


def _docker_json(lines: Lines, _found: int) -> tuple[Measurement, ...]:
    import json

    seen: dict[str, int] = {}
    for number, line in lines:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise MeasurementError(f"not a line of docker stats --format json: {error}", number) from None
        if not isinstance(row, dict) or not isinstance(row.get("MemUsage"), str):
            raise MeasurementError("a line of docker stats --format json has a MemUsage, this has none", number)
        _docker_row(str(row.get("Name") or row.get("Container") or row.get("ID") or ""), row["MemUsage"], number, seen)
    return _containers("docker stats", seen, lines[-1][0])


def _docker_row(name: str, usage: str, number: int, seen: dict[str, int]) -> None:
    """Keep the most that was seen of a container: `docker stats` without --no-stream prints its table again and again."""
    used = usage.partition(" / ")[0].strip()
    if used == "--":
        return
    if not name or not _DOCKER_SIZE.match(used):
        raise MeasurementError(f"cannot read the memory of this row: {used or 'there is none'}", number)
    seen[name] = max(seen.get(name, 0), _docker_size(used))


def _docker_size(text: str) -> int:
    digits = text.rstrip("BiKkMGT")
    whole, _, part = digits.partition(".")
    unit = text[len(digits) :]
    scale = {"B": 1, "kB": 1000, "KB": 1 << 10, "KiB": 1 << 10, "MB": 1 << 20, "MiB": 1 << 20}.get(unit) or (
        1 << 30 if unit[0] == "G" else 1 << 40
    )
    return int(whole) * scale + (int(part) * scale // 10 ** len(part) if part else 0)


def _containers(report: str, seen: Mapping[str, int], last: int) -> tuple[Measurement, ...]:
    if not seen:
        raise MeasurementError("the report names no running container", last)
    return tuple(
        Measurement(report, {"container": name}, {"measured": {"working_set": used}}, (_WORKING_SET, _MOMENT))
        for name, used in seen.items()
    )


# ---- kubectl top

# Names that controllers make: <deployment>-<hash of the template>-<random>, <stateful set>-<number>, <daemon set or job>-<random>.
_SAFE: Final = "[bcdfghjklmnpqrstvwxz2456789]"
_POD: Final = pattern(rf"^(?P<workload>.+?)(?:-{_SAFE}{{6,10}})?(?:-{_SAFE}{{5}}|-\d+)$")


def _top(lines: Lines, found: int) -> tuple[Measurement, ...]:
    header = next(line for number, line in lines if number == found).split()
    if "POD" not in header or "NAME" not in header:
        raise MeasurementError("these are whole pods: run kubectl top pod --containers, as limits belong to containers", found)
    seen: dict[tuple[str, str], int] = {}
    for number, line in lines:
        cells = line.split()
        if number <= found or cells == header:
            continue
        if len(cells) != len(header):
            raise MeasurementError(f"expected {len(header)} columns ({' '.join(header)}), found {len(cells)}", number)
        row = dict(zip(header, cells, strict=True))
        try:
            used = quantity.kubernetes(row["MEMORY(bytes)"])
        except QuantityError as error:
            raise MeasurementError(str(error), number) from None
        workload = _POD.match(row["POD"])
        key = (workload["workload"] if workload else row["POD"], row["NAME"])
        seen[key] = max(seen.get(key, 0), used)
    if not seen:
        raise MeasurementError("the report names no container", found)
    return tuple(
        Measurement(
            "kubectl top pod", {"workload": workload, "container": container}, {"measured": {"working_set": used}}, (_WORKING_SET, _MOMENT)
        )
        for (workload, container), used in seen.items()
    )


def _is_stat(line: str) -> bool:
    match = _STAT.match(line)
    return match is not None and match[1] in ("anon", "rss", "cache", "total_rss")


_REPORTS: Final[tuple[tuple[Callable[[str], Any], Callable[[Lines, int], tuple[Measurement, ...]]], ...]] = (
    (lambda line: line.startswith("Native Memory Tracking:") or _NMT_REFUSED.search(line) or _NMT_CATEGORY.match(line), _native_memory),
    (lambda line: "MEM USAGE / LIMIT" in line, _docker_table),
    (lambda line: line.startswith("{") and '"MemUsage"' in line, _docker_json),
    (lambda line: "MEMORY(bytes)" in line.split(), _top),
    (_is_stat, _memory_stat),
)
