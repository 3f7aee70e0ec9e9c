"""MongoDB: the WiredTiger cache and what mongod sees of a limit."""

import pytest

from memlint.api import GIB, MIB, Unknown
from stores import run


@pytest.mark.parametrize(
    ("line", "topic"),
    [
        ("-m 1g mongo:4.4 mongod", "not-container-aware"),
        ("-m 1g mongo:7 mongod --wiredTigerCacheSizeGB 1", "cache-larger-than-limit"),
        ("-m 1g mongo:7 --wiredTigerCacheSizeGB=1", "cache-larger-than-limit"),
        ("-m 2g mongo:7 mongod --wiredTigerCacheSizeGB 512", "cache-larger-than-limit"),
        ("-m 256m mongo:7", "cache-larger-than-limit"),
        ("-m 200m mongo:5 mongod", "cache-larger-than-limit"),
        ("-m 2g mongo:7 mongod --wiredTigerCacheSizeGB 1GB", "invalid-quantity"),
    ],
)
def test_flagged(line: str, topic: str) -> None:
    assert topic in run(line).faults


@pytest.mark.parametrize(
    "line",
    [
        "-m 1g mongo:7 mongod --wiredTigerCacheSizeGB 0.4",
        "-m 2g mongo:7",
        "-m 1g mongo:4.4 mongod --wiredTigerCacheSizeGB 0.4",
        "-m 1g mongo mongod",
        "mongo:4.4 mongod",
    ],
)
def test_near_miss_is_silent(line: str) -> None:
    assert run(line).faults == set()


def test_old_releases_see_a_limit_of_cgroup_v1() -> None:
    assert run("-m 2g mongo:4.4 mongod", cgroup=1).faults == set()


def test_gigabytes_meant_as_megabytes_are_named() -> None:
    case = run("-m 2g mongo:7 mongod --wiredTigerCacheSizeGB 512")
    assert "512 MiB would be 0.5" in case.seen("cache-larger-than-limit")[0].message
    assert case.fixed("cache-larger-than-limit").endswith("--wiredTigerCacheSizeGB 0.5")


def test_default_is_half_of_what_is_above_a_gibibyte() -> None:
    assert run("-m 5g mongo:7").bill["WiredTiger cache"][1] == 2 * GIB
    assert run("-m 1g mongo:7").bill["WiredTiger cache"][1] == 256 * MIB


def test_configuration_file_is_read() -> None:
    text = "storage:\n  wiredTiger:\n    engineConfig:\n      cacheSizeGB: 1.5  # of 2\n"
    case = run("-m 1g mongo:7 mongod --config /etc/mongod.conf", files={"/etc/mongod.conf": text})
    (seen,) = case.seen("cache-larger-than-limit")
    assert (seen.at.path, seen.at.line) == ("/etc/mongod.conf", 4)


def test_a_configuration_file_that_is_not_there_leaves_the_cache_unknown() -> None:
    case = run("-m 1g mongo:7 mongod -f /etc/mongod.conf")
    assert case.reading
    assert isinstance(case.reading.options["wiredTigerCacheSizeGB"], Unknown)
    assert case.faults == set()


@pytest.mark.parametrize("line", ["mongo:7 mongosh", "mongo:7 mongos --configdb a", "mongo-express:1 node app"])
def test_other_programs_are_not_billed_as_mongod(line: str) -> None:
    reading = run(line).reading
    assert reading is None or reading.runtime != "mongodb"
