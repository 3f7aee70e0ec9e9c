"""MySQL, MariaDB and Percona Server: buffer pool, what the server itself takes, and what every connection may add."""

import posixpath
import re
from fractions import Fraction

from memlint import quantity
from memlint.api import GIB, KIB, MIB, Confidence, Known, Origin, Part, Program, Reading, Safety, Severity, Surroundings, Unknown, human
from memlint.runtimes.common import Version, brought, references, rewrite, variable, version_of
from memlint.runtimes.conf import my_cnf
from memlint.runtimes.settings import Store, arguments, gnu, part, split

_PROGRAMS = ("mysqld", "mariadbd", "mysqld_safe", "mariadbd-safe")
_MYSQL = frozenset(("mysql", "percona-server", "percona", "percona-xtradb-cluster", "mysql-server"))
_MARIADB = frozenset(("mariadb", "mariadb-galera"))
_IMAGES = _MYSQL | _MARIADB
_GROUPS = frozenset(("mysqld", "server", "mariadb", "mariadbd", "mysqld_safe"))
_FOLDERS = ("/etc/mysql/conf.d", "/etc/mysql/mysql.conf.d", "/etc/mysql/mariadb.conf.d", "/etc/my.cnf.d")
_FILES = ("/etc/my.cnf", "/etc/mysql/my.cnf", "/opt/bitnami/mariadb/conf/my_custom.cnf", "/opt/bitnami/mysql/conf/my_custom.cnf")

_BASIS_POOL = "innodb_buffer_pool_size (128 MiB by default) + 5 % of control blocks; touched as pages are read: a pool of 1 GiB took 92 MiB idle (MariaDB 10.11, 2026-11)"
_BASIS_MARIADB = (
    "75 MiB anonymous idle, 169 MiB with performance_schema on, + 4 MiB for 50 connections (MariaDB 10.11 under a memory cgroup, 2026-11)"
)
_BASIS_MYSQL = "data dictionary and performance_schema (on by default): 350-450 MiB idle are commonly seen of MySQL 8, not measured here"
_BASIS_SESSIONS = (
    "a tenth of the connections work at once, each with sort, join and read buffers and its stack; all with temporary tables at most; "
    "20 connections assumed where max_connections is the default 151"
)


class Model:
    name = "mysql"

    def read(self, program: Program, around: Surroundings) -> Reading | None:
        words = arguments(program, around, _PROGRAMS, _IMAGES)
        if words is None:
            return None
        maria = _is_mariadb(program, around)
        store = Store("MariaDB" if maria else "MySQL", program, around)
        _files(store)
        told = " ".join(references(around))
        if "bitnami" in told:
            extra = variable(program, "MARIADB_EXTRA_FLAGS" if maria else "MYSQL_EXTRA_FLAGS")
            if extra is not None:
                words = (*words, *(split(extra) if isinstance(extra, Known) else (extra,)))
        values, rest = gnu(words, {})
        store.rest = rest or store.rest
        store.take({name.removeprefix("loose-"): value for name, value in values.items()})
        known = version_of(program, around, _MARIADB if maria else _MYSQL, ("MARIADB_VERSION",) if maria else ("MYSQL_VERSION",))

        pool, pool_origin = store.bytes("innodb-buffer-pool-size", quantity.mysql, 128 * MIB, _mysql_size)
        dedicated = _dedicated(store, known) if not maria else None
        if dedicated is not None and "innodb-buffer-pool-size" not in store.values:
            pool, pool_origin = dedicated, None
        _judge(store, pool)
        parts = [
            part("buffer pool", 0, (pool or 0) * 1.05, (pool or 0) * 1.05 if pool is not None else None, _BASIS_POOL, pool_origin),
            *_server(store, maria, known),
            _sessions(store),
        ]
        confidence = Confidence.MEDIUM if pool is not None else Confidence.LOW
        names = ("innodb-buffer-pool-size", "innodb-dedicated-server", "max-connections", "performance-schema")
        return store.reading(
            "mariadb" if maria else "mysql", parts, confidence, known.text if known else None, {name: store.text(name) for name in names}
        )


def _is_mariadb(program: Program, around: Surroundings) -> bool:
    return program.name.startswith("mariadbd") or any("mariadb" in reference for reference in references(around))


def _files(store: Store) -> None:
    """Read the option files that a mount or a COPY is known to bring; a whole folder that cannot be looked into leaves the rest unknown."""
    around = store.around
    if around.files is None:
        return
    brought_in = [path for folder in _FOLDERS for path in sorted(brought(around, folder, ".cnf"))]
    paths = [path for path in (*_FILES, *brought_in) if around.files.text(path) is not None]
    for path in paths:
        _option_file(store, path)
    if len(paths) < len(brought_in) or (not paths and store.hidden(*_FILES, *(f"{folder}/server.cnf" for folder in _FOLDERS))):
        store.rest = Unknown("option files are mounted that are not among the files that were read")


def _option_file(store: Store, path: str, depth: int = 0) -> None:
    files = store.around.files
    text = files.text(path) if files is not None else None
    if files is None or text is None or not store.may_read(depth):
        store.rest = Unknown(f"{path} is not among the files that were read")
        return
    for line in my_cnf(text, _GROUPS):
        if line.name == "include":
            _option_file(store, posixpath.join(posixpath.dirname(path), line.value), depth + 1)
        elif line.name != "includedir":
            store.values[line.name] = Known(line.value, Origin(files.span(path, line.start, line.end), f"{line.name} in {path}"))


def _dedicated(store: Store, known: Version | None) -> int | None:
    """Return the pool that innodb_dedicated_server picks, where it can be known. Source: MySQL reference manual, innodb-dedicated-server."""
    value = store.values.get("innodb-dedicated-server")
    if not isinstance(value, Known) or value.value.upper() not in ("ON", "1", "TRUE", ""):
        return None
    aware = known is not None and known.at_least(9, 3)
    limit = store.limit
    if aware:
        seen = limit.value if limit is not None else store.around.host_memory
    else:
        seen = store.around.host_memory
        if limit is not None:
            store.observe(
                "not-container-aware",
                f"innodb_dedicated_server sizes the buffer pool from the host's memory, not from the limit {human(limit.value)}: container limits "
                f"are read from MySQL 9.3.0 on; set innodb_buffer_pool_size to {_fitting(limit.value) // MIB}M",
                value.origin.span,
                notes=store.limit_note(),
                severity=Severity.WARNING,
            )
    if seen is None:
        return None
    return 128 * MIB if seen < GIB else seen // 2 if seen <= 4 * GIB else seen * 3 // 4


def _mysql_size(text: str) -> str | None:
    """Return what was meant by a size with a decimal point: `1.5G` is `1536M`."""
    match = re.fullmatch(r"(\d{1,6}\.\d{1,3})([kKmMgG])[bB]?", text)
    units = "KMG"
    if match is None or match[2].upper() == "K":
        return None
    return f"{int(Fraction(match[1]) * 1024)}{units[units.index(match[2].upper()) - 1]}"


def _fitting(limit: int) -> int:
    """Return the pool that a limit has room for (runtimes.md 11)."""
    return limit // 2 if limit <= 2 * GIB else int(limit * 0.7) - 256 * MIB


def _judge(store: Store, pool: int | None) -> None:
    limit, value = store.limit, store.values.get("innodb-buffer-pool-size")
    if pool is None or not isinstance(value, Known):
        return
    if value.value.strip().isdecimal() and 0 < pool < MIB:
        better = f"{value.value.strip()}M"
        store.observe(
            "bytes-without-unit",
            f"innodb_buffer_pool_size {value.value} is {pool} bytes, and {store.name} takes its minimum of 5 MiB in its place; write {better}",
            value.origin.span,
            fix=rewrite(value, better, f"write {better}", Safety.UNSAFE),
        )
    elif limit is not None and pool >= limit.value:
        room = _fitting(limit.value) // MIB
        best = f"{room}M" if room >= 5 else None  # the smallest pool that there is
        store.observe(
            "cache-larger-than-limit",
            f"innodb_buffer_pool_size {human(pool)} is not below the limit {human(limit.value)}: the kernel kills {store.name} as the pool fills; "
            + (f"set it to {best}" if best else "raise the limit"),
            value.origin.span,
            notes=store.limit_note(),
            fix=rewrite(value, best, f"set innodb_buffer_pool_size to {best}", Safety.UNSAFE) if best else None,
        )


def _server(store: Store, maria: bool, known: Version | None) -> list[Part]:
    schema = (store.word("performance-schema", "OFF" if maria else "ON") or "").upper() in ("ON", "1", "TRUE", "")
    log, log_origin = store.bytes("innodb-log-buffer-size", quantity.mysql, 16 * MIB)
    keys, keys_origin = store.bytes("key-buffer-size", quantity.mysql, 128 * MIB if maria else 8 * MIB)
    aria, _ = store.bytes("aria-pagecache-buffer-size", quantity.mysql, 128 * MIB) if maria else (0, None)
    caches = (keys or 0) + (aria or 0)
    raised = keys if keys_origin is not None and keys is not None else 0
    if maria or (known is not None and not known.at_least(8)):
        low, expected, high, basis = (80, 169, 250, _BASIS_MARIADB) if schema else (60, 75, 160, _BASIS_MARIADB)
    else:
        low, expected, high, basis = (180, 300, 450, _BASIS_MYSQL) if schema else (120, 200, 330, _BASIS_MYSQL)
    return [
        part("server", low * MIB, expected * MIB, high * MIB, basis),
        part("log buffer", 0, log or 0, log, "innodb_log_buffer_size, 16 MiB by default", log_origin),
        part(
            "MyISAM and Aria caches",
            0,
            raised,
            caches,
            "key_buffer_size and aria_pagecache_buffer_size: touched by tables of those engines only",
        ),
    ]


def _sessions(store: Store) -> Part:
    text = store.word("max-connections", "151")
    connections = int(text) if text is not None and text.strip().isdecimal() and len(text) < 8 else 151
    footprint = store.around.footprint.number("mysql", "connections")
    told = footprint or (20 if connections == 151 else connections)
    each = 0
    for name, default in (
        ("sort-buffer-size", 2 * MIB if store.name == "MariaDB" else 256 * KIB),
        ("join-buffer-size", 256 * KIB),
        ("read-buffer-size", 128 * KIB),
        ("read-rnd-buffer-size", 256 * KIB),
        ("thread-stack", 292 * KIB if store.name == "MariaDB" else MIB),
    ):
        each += store.bytes(name, quantity.mysql, default)[0] or 0
    table, _ = store.bytes("tmp-table-size", quantity.mysql, 16 * MIB)
    origin = store.values.get("max-connections") or store.values.get("sort-buffer-size")
    return part(
        "connections",
        0,
        told * 80 * KIB + told * each // 10,
        (footprint or connections) * (each + (table or 0)),
        _BASIS_SESSIONS,
        origin.origin if isinstance(origin, Known) else None,
    )
