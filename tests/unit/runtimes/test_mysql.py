"""MySQL and MariaDB: buffer pool, option files, connections, and which version sees a container's limit."""

import pytest

from memlint.api import MIB, Mount, Origin, Span, Unknown
from stores import run

ORIGIN = Origin(Span("run.sh", 1, 1, 1, 2, 0, 1), "volume")


@pytest.mark.parametrize(
    ("line", "topic"),
    [
        ("-m 256m mysql:8.4 mysqld", "likely-over-limit"),
        ("-m 1g mariadb:11 mariadbd --innodb-buffer-pool-size=1G", "cache-larger-than-limit"),
        ("-m 1g mysql:8.4 --innodb_buffer_pool_size=1G", "cache-larger-than-limit"),
        ("-m 1g mysql:8.4 mysqld --innodb-buffer-pool-size 1024MB", "cache-larger-than-limit"),
        ("-m 2g mysql:8.0 --innodb-dedicated-server=ON", "not-container-aware"),
        ("-m 2g mysql:8.4 mysqld --innodb-dedicated-server", "not-container-aware"),
        ("-m 2g mysql:8.0 --max_connections=2000 --sort_buffer_size=16M", "likely-over-limit"),
        ("-m 2g mysql:8.4 --innodb-buffer-pool-size=1.5G", "invalid-quantity"),
        ("-m 2g mysql:8.4 --innodb-buffer-pool-size=512", "bytes-without-unit"),
        ("-m 400m -e MARIADB_EXTRA_FLAGS=--innodb-buffer-pool-size=512M bitnami/mariadb:11.4", "cache-larger-than-limit"),
    ],
)
def test_flagged(line: str, topic: str) -> None:
    assert topic in run(line).faults


@pytest.mark.parametrize(
    "line",
    [
        "-m 256m mariadb:11 mariadbd",
        "-m 512m mysql:8.0.32",
        "-m 1g mariadb:11 mariadbd --innodb-buffer-pool-size=512M",
        "-m 1536m mysql:8.4 --innodb-buffer-pool-size=512M",
        "-m 2g mysql:9.3 --innodb-dedicated-server=ON",
        "-m 2g mysql:9 --innodb-dedicated-server=ON",
        "-m 2g mysql:8.0 --innodb-dedicated-server=OFF",
        "-m 2g mysql:8.0 --max_connections=200",
        "mysql:8.4 --innodb-buffer-pool-size=8G",
    ],
)
def test_near_miss_is_silent(line: str) -> None:
    assert run(line).faults == set()


def test_clients_are_not_billed() -> None:
    assert run("mysql:8.4 mysql -h db").reading is None
    assert run("mariadb:11 mariadb-dump --all-databases").reading is None


CNF = """\
[client]
innodb_buffer_pool_size = 9G
[mysqld]
; innodb_buffer_pool_size = 8G
innodb-buffer-pool-size = 1G  # most of it
max_connections=300
skip-name-resolve
[mysqldump]
max_connections = 1
"""


def brought(target: str) -> Mount:
    return Mount(target, "./file", False, None, ORIGIN, "bind")


def test_option_file_is_read_with_its_places() -> None:
    path = "/etc/mysql/conf.d/memory.cnf"
    case = run("-m 1g mysql:8.4", files={path: CNF}, mounts=(brought(path),))
    (seen,) = case.seen("cache-larger-than-limit")
    assert (seen.at.path, seen.at.line, seen.at.column) == (path, 5, 27)
    assert case.fixed("cache-larger-than-limit") == CNF.replace("size = 1G", "size = 512M")
    assert case.bill["connections"][2] is not None


def test_command_line_speaks_after_the_files() -> None:
    path = "/etc/mysql/conf.d/memory.cnf"
    case = run("-m 1g mysql:8.4 --innodb-buffer-pool-size=256M", files={path: CNF}, mounts=(brought(path),))
    assert case.faults == set()


@pytest.mark.parametrize("target", ["/etc/mysql/conf.d", "/etc/mysql", "/etc/mysql/conf.d/memory.cnf", "/etc/my.cnf"])
def test_files_that_cannot_be_seen_leave_the_rest_unknown(target: str) -> None:
    case = run("-m 1g mysql:8.4", mounts=(brought(target),))
    assert case.reading
    assert isinstance(case.reading.options["innodb-buffer-pool-size"], Unknown)
    assert case.bill["buffer pool"] == (0, 0, None)


def test_a_data_volume_hides_no_option_file() -> None:
    case = run("-m 1g mysql:8.4", mounts=(brought("/var/lib/mysql"),))
    assert case.bill["buffer pool"][1] == int(128 * MIB * 1.05)


def test_decimal_point_has_a_fix() -> None:
    assert run("-m 4g mysql:8.4 --innodb-buffer-pool-size=1.5G").fixed("invalid-quantity").endswith("=1536M")
