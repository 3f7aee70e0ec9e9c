"""memcached: its own unit of -m, and what fits a limit."""

import pytest

from memlint.api import MIB
from stores import run


@pytest.mark.parametrize(
    ("line", "topic"),
    [
        ("-m 1g memcached:1.6 memcached -m 1024", "cache-larger-than-limit"),
        ("-m 256m memcached:1.6 memcached -m 256", "cache-larger-than-limit"),
        ("-m 1g memcached:1.6 -m 1024", "cache-larger-than-limit"),
        ("-m 1g memcached:1.6 memcached --memory-limit=1000", "cache-larger-than-limit"),
        ("-m 1g memcached:1.6 memcached -m1024", "cache-larger-than-limit"),
        ("-m 64m memcached:1.6 memcached", "cache-larger-than-limit"),
        ("-m 1g memcached:1.6 memcached -m 1g", "invalid-quantity"),
        ("-m 1g memcached:1.6 memcached -m 1073741824", "cache-larger-than-limit"),
        ("-m 256m -e MEMCACHED_CACHE_SIZE=256 bitnami/memcached:1.6", "cache-larger-than-limit"),
    ],
)
def test_flagged(line: str, topic: str) -> None:
    assert topic in run(line).faults


@pytest.mark.parametrize(
    "line",
    [
        "-m 1g memcached:1.6 memcached -m 900",
        "-m 300m memcached:1.6 memcached -m 256",
        "-m 1g memcached:1.6 memcached -m 512m",
        "-m 1g memcached:1.6 memcached -vv -m 900 -c 2048",
        "-m 128m memcached:1.6",
        "memcached:1.6 memcached -m 8192",
    ],
)
def test_near_miss_is_silent(line: str) -> None:
    assert run(line).faults == set()


def test_fix_fits() -> None:
    fixed = run("-m 1g memcached:1.6 memcached -m 1024").fixed("cache-larger-than-limit")
    assert fixed == "-m 1g memcached:1.6 memcached -m 929"
    assert run(fixed).faults == set()


def test_a_size_that_is_not_known_bounds_nothing() -> None:
    case = run("-m 1g memcached:1.6 memcached -m 900 -c 1024")
    assert case.bill["connections"][2] == 1024 * MIB // 50
    assert run("-m 1g -e MEMCACHED_CACHE_SIZE= bitnami/memcached:1.6").bill["cache"][0] == 0
