"""PostgreSQL: shared buffers, backends, the memory of sorts and hashes, autovacuum, and the /dev/shm of parallel queries."""

import re

from memlint import quantity
from memlint.api import (
    KIB,
    MIB,
    Amount,
    Confidence,
    Known,
    Note,
    Origin,
    Part,
    Program,
    Reading,
    Safety,
    Severity,
    Surroundings,
    Text,
    Unknown,
    Words,
    human,
)
from memlint.runtimes.common import inside, references, rewrite, text_of, variable, version_of
from memlint.runtimes.conf import postgresql_conf
from memlint.runtimes.settings import Setting, Store, arguments, part, split

_IMAGES = frozenset(
    (
        "postgres",
        "postgresql",
        "postgis",
        "pgvector",
        "timescaledb",
        "timescaledb-ha",
        "postgresql-repmgr",
        "spilo",
        "pgvecto-rs",
        "postgres-pgvector",
    )
)
_PAGE = 8 * KIB
_BASE = {"shared_buffers": _PAGE, "temp_buffers": _PAGE, "wal_buffers": _PAGE}
_SHM = 64 * MIB  # of /dev/shm where nothing sets it: Docker's default and the kubelet's
_TUNED = 256 * MIB

_BASIS_SHARED = (
    "shared memory, charged when first touched and not reclaimable without swap: pg_prewarm of 512 MB was killed at 390 MiB in 400 MiB, an idle "
    "server had touched 12 MiB (PostgreSQL 15 under a memory cgroup, 2026-11)"
)
_BASIS_BACKENDS = "1.2 MiB a trivial backend measured, 3 MiB assumed, 8 MiB with full catalogue caches; 20 connections assumed where max_connections is the default 100"
_BASIS_WORK = (
    "a tenth of the connections sort or hash at once; one hash join with sort took 3.1 x work_mem at 64 MB, hash_mem_multiplier counted "
    "(PostgreSQL 15, 2026-11)"
)
_BASIS_VACUUM = (
    "autovacuum_max_workers (3) x autovacuum_work_mem, maintenance_work_mem where it is -1; counted as expected only where it was raised"
)
_BASIS_SERVER = "postmaster and its helpers: 5.5 MiB anonymous when idle, 20 MiB with all (PostgreSQL 15, 2026-11)"


class Model:
    name = "postgres"

    def read(self, program: Program, around: Surroundings) -> Reading | None:
        words = arguments(program, around, ("postgres", "postmaster"), _IMAGES)
        if words is None:
            return None
        store = Store("PostgreSQL", program, around)
        _settings(store, words)
        known = version_of(program, around, _IMAGES, ("PG_MAJOR", "PG_VERSION"))
        shared = _amount(store, "shared_buffers")
        work = _bytes(store, "work_mem", 4 * MIB)
        hashes = _factor(store.word("hash_mem_multiplier", "2"), 2.0)
        maintenance = _bytes(store, "maintenance_work_mem", 64 * MIB)
        own = store.word("autovacuum_work_mem", "-1")
        vacuum = maintenance if own is not None and own.strip() == "-1" else _bytes(store, "autovacuum_work_mem", 64 * MIB)
        raised = vacuum is not None and vacuum > 64 * MIB
        workers = _whole(store.word("autovacuum_max_workers", "3"), 3)
        parallel = _whole(store.word("max_parallel_workers_per_gather", "2"), 2)
        footprint = around.footprint.number("postgres", "connections")
        connections = footprint or _whole(store.word("max_connections", "100"), 100)
        if footprint is None and connections == 100:  # initdb writes the default into every postgresql.conf: it says nothing
            connections = 20

        buffers = 128 * MIB if shared is None else shared.value if isinstance(shared, Known) else None
        _judge(store, shared, work, hashes, parallel, vacuum or 0, raised, workers)
        parts = _parts(store, shared, buffers, connections, work, hashes, parallel, vacuum, raised, workers)
        confidence = Confidence.MEDIUM if buffers is not None and work is not None else Confidence.LOW
        names = ("shared_buffers", "work_mem", "max_connections", "maintenance_work_mem", "max_parallel_workers_per_gather")
        options: dict[str, Text | Amount] = {name: store.text(name) for name in names}
        return store.reading("postgres", parts, confidence, known.text if known else None, options)


def _settings(store: Store, words: Words) -> None:
    told = " ".join(references(store.around))
    if "timescaledb" in told and text_of(variable(store.program, "NO_TS_TUNE")) is None:
        # Tuned to a quarter of the container's memory when the database is first made. Source: timescaledb-docker 001_timescaledb_tune.sh.
        store.values["shared_buffers"] = Unknown("timescaledb-tune sets a quarter of the memory that it sees")
    if "bitnami" in told:
        extra = variable(store.program, "POSTGRESQL_EXTRA_FLAGS")
        if extra is not None:
            words = (*words, *(split(extra) if isinstance(extra, Known) else (extra,)))
    told_on_line, rest = _command_line(words)
    path = told_on_line.get("config_file")
    folder = told_on_line.get("data_directory") or variable(store.program, "PGDATA")
    if isinstance(path, Known):
        store.config(path.value, postgresql_conf)
    elif path is not None:
        store.rest = path
    elif store.around.files is not None:
        default = f"{text_of(folder) or '/var/lib/postgresql/data'}/postgresql.conf"
        for candidate in (default, "/bitnami/postgresql/conf/postgresql.conf", "/opt/bitnami/postgresql/conf/postgresql.conf"):
            if store.around.files.text(candidate) is not None:
                store.config(candidate, postgresql_conf)
    if rest is not None:
        store.rest = rest
    store.take(told_on_line)


def _command_line(words: Words) -> tuple[dict[str, Setting], Unknown | None]:
    """Read `-c name=value`, `--name=value`, -B, -S, -N, -D. Source: postgres(1)."""
    values: dict[str, Setting] = {}
    rest: Unknown | None = None
    position = 0
    while position < len(words):
        word = words[position]
        position += 1
        if isinstance(word, Unknown):
            rest = word
            continue
        text, start = word.value, 0
        letter = text[1:2] if text.startswith("-") and not text.startswith("--") else ""
        if text.startswith("--") or letter == "c":
            if text in ("-c", "--"):
                if position >= len(words):
                    break
                value = words[position]
                position += 1
                if isinstance(value, Unknown):
                    rest = value
                    continue
                word, text = value, value.value
            else:
                start = 2
            name, equals, content = text[start:].partition("=")
            if equals:
                at = start + len(name) + 1
                values[name.strip().lower().replace("-", "_")] = inside(word, at, len(text)) if content else Known("", word.origin)
        elif letter and letter in _SHORT:
            if len(text) > 2:
                values[_SHORT[letter]] = inside(word, 2, len(text))
            elif position < len(words):
                values[_SHORT[letter]] = words[position]
                position += 1
    return values, rest


_SHORT = {"B": "shared_buffers", "S": "work_mem", "N": "max_connections", "D": "data_directory"}


def _amount(store: Store, name: str) -> Amount:
    return store.amount(name, lambda text: quantity.postgres(text, _BASE.get(name, KIB)), _postgres_size)


def _bytes(store: Store, name: str, default: int) -> int | None:
    value = _amount(store, name)
    return default if value is None else value.value if isinstance(value, Known) else None


def _postgres_size(text: str) -> str | None:
    """Return what was meant by a size that PostgreSQL refuses: `512mb` and `1Gi` are `512MB` and `1GB`."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kKmMgGtT])(?:i?[bB]?)\s*", text)
    return f"{match[1]}{'k' if match[2].lower() == 'k' else match[2].upper()}B" if match else None


def _whole(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.strip().isdecimal() and len(text) < 8 else default


def _factor(text: str | None, default: float) -> float:
    return float(text) if text is not None and re.fullmatch(r"\d{1,4}(\.\d{1,6})?", text.strip()) else default


def _parts(
    store: Store,
    shared: Amount,
    buffers: int | None,
    connections: int,
    work: int | None,
    hashes: float,
    parallel: int,
    vacuum: int | None,
    raised: bool,
    workers: int,
) -> list[Part]:
    origin = shared.origin if isinstance(shared, Known) else None
    active = max(connections // 10, 1)
    sort = work or 0
    size = buffers or 0
    memory = store.values.get("work_mem")
    most = active * sort * (1 + hashes) * (1 + parallel)
    return [
        part("shared buffers", min(size, 12 * MIB), size, size if buffers is not None else None, _BASIS_SHARED, origin),
        part("backends", 0, connections * 3 * MIB, connections * 8 * MIB, _BASIS_BACKENDS, _origin(store.values.get("max_connections"))),
        part("sorts and hashes", 0, connections * sort // 10, most if work is not None else None, _BASIS_WORK, _origin(memory)),
        part(
            "autovacuum",
            0,
            workers * (vacuum or 0) if raised else 0,
            workers * vacuum if vacuum is not None else None,
            _BASIS_VACUUM,
            _origin(store.values.get("autovacuum_work_mem") or store.values.get("maintenance_work_mem")),
        ),
        part("server", 5 * MIB, 25 * MIB, 60 * MIB, _BASIS_SERVER),
    ]


def _origin(value: Setting | None) -> Origin | None:
    return value.origin if isinstance(value, Known) else None


def _judge(store: Store, shared: Amount, work: int | None, hashes: float, parallel: int, vacuum: int, raised: bool, workers: int) -> None:
    limit = store.limit
    text = store.text("shared_buffers")
    if isinstance(shared, Known) and isinstance(text, Known):
        if text.value.strip().isdecimal() and shared.value < 16 * MIB:
            better = f"{text.value.strip()}MB"
            store.observe(
                "bytes-without-unit",
                f"shared_buffers {text.value} counts pages of 8 kB: {human(shared.value)}; write {better}",
                text.origin.span,
                severity=Severity.WARNING,
                fix=rewrite(text, better, f"write {better}", Safety.UNSAFE),
            )
        if limit is not None and shared.value >= limit.value:
            best = f"{max(limit.value // 4 // MIB, 16)}MB"
            store.observe(
                "cache-larger-than-limit",
                f"shared_buffers {human(shared.value)} is not below the limit {human(limit.value)}: as the buffers fill, the kernel kills a backend, "
                f"and PostgreSQL then ends every session; set shared_buffers to a quarter, {best}",
                text.origin.span,
                notes=store.limit_note(),
                fix=rewrite(text, best, f"set shared_buffers to {best}", Safety.UNSAFE),
            )
        elif limit is not None and shared.value * 5 > limit.value * 2:
            best = f"{max(limit.value // 4 // MIB, 16)}MB"
            store.observe(
                "no-room-for-page-cache",
                f"shared_buffers {human(shared.value)} is {shared.value * 100 // limit.value} % of the limit {human(limit.value)}: what it leaves, "
                f"{human(limit.value - shared.value)}, holds the backends, their sorts and the page cache that PostgreSQL reads its files "
                f"through; a quarter is {best}",
                text.origin.span,
                notes=store.limit_note(),
                confidence=Confidence.MEDIUM,
                fix=rewrite(text, best, f"set shared_buffers to {best}", Safety.UNSAFE),
            )
    if raised and limit is not None and workers * vacuum > limit.value:
        value = store.values.get("autovacuum_work_mem") or store.values.get("maintenance_work_mem")
        at = value.origin.span if isinstance(value, Known) else None
        store.observe(
            "cache-larger-than-limit",
            f"{workers} autovacuum workers may take {human(vacuum)} each, {human(workers * vacuum)} of the limit {human(limit.value)}: set "
            f"autovacuum_work_mem to {max(limit.value // 16 // MIB, 16)}MB",
            at,
            notes=store.limit_note(),
            severity=Severity.WARNING,
        )
    _dev_shm(store, shared, work, hashes, parallel)


def _dev_shm(store: Store, shared: Amount, work: int | None, hashes: float, parallel: int) -> None:
    """Note where parallel hash joins do not fit /dev/shm. Measured: 64 MiB fails with "could not resize shared memory segment", 256 MiB works."""
    if work is None or parallel == 0 or store.word("dynamic_shared_memory_type", "posix") != "posix":
        return
    mounted = next((mount for mount in store.around.mounts if mount.target.rstrip("/") == "/dev/shm"), None)  # noqa: S108  # the container's
    size = store.around.shm_size if mounted is None or mounted.size is None else mounted.size
    if isinstance(size, Unknown) or (mounted is not None and mounted.size is None):
        return
    have = size.value if isinstance(size, Known) else _SHM
    need = int(work * hashes * (parallel + 1))
    wanted = max(-(-2 * need // (64 * MIB)) * 64 * MIB, _TUNED)
    remedy = (
        f"mount an emptyDir with medium: Memory and sizeLimit {wanted // MIB}Mi at /dev/shm"
        if store.around.platform == "kubernetes"
        else f"set shm_size to {wanted // MIB}m"
    )
    notes: tuple[Note, ...] = ()
    value = store.values.get("work_mem")
    at = size.origin.span if isinstance(size, Known) else value.origin.span if isinstance(value, Known) else None
    if need > have:
        if isinstance(size, Known) and isinstance(value, Known):
            notes = (Note(value.origin.span, "work_mem stands here"),)
        store.observe(
            "shared-memory-too-small",
            f"a parallel hash join may put work_mem {human(work)} x {hashes:g} x {parallel + 1} processes = {human(need)} into /dev/shm, which has "
            f'{human(have)}: it fails with "could not resize shared memory segment"; {remedy}',
            at,
            notes=notes,
            confidence=Confidence.MEDIUM,
            severity=Severity.WARNING if need > 4 * have else Severity.INFO,
        )
    elif size is None and isinstance(shared, Known) and shared.value > _TUNED:
        text = store.text("shared_buffers")
        store.observe(
            "shared-memory-too-small",
            f"shared_buffers is tuned to {human(shared.value)} but /dev/shm has the default {human(have)}: {have // max(need, 1) + 1} parallel hash "
            f'joins at once need more and fail with "could not resize shared memory segment"; {remedy}',
            text.origin.span if isinstance(text, Known) else None,
            confidence=Confidence.LOW,
            severity=Severity.INFO,
        )
