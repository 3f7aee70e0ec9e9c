"""What data stores read as an amount of memory, and what they refuse."""

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memlint import quantity
from memlint.quantity import GIB, KIB, MIB, QuantityError

PAGE = 8 * KIB


def pages(text: str) -> int:
    return quantity.postgres(text, PAGE)


def kilobytes(text: str) -> int:
    return quantity.postgres(text, KIB)


@pytest.mark.parametrize(
    ("read", "text", "amount"),
    [
        (quantity.redis, "1gb", GIB),
        (quantity.redis, "1g", 1_000_000_000),
        (quantity.redis, "100mb", 100 * MIB),
        (quantity.redis, "100M", 100_000_000),
        (quantity.redis, "1k", 1000),
        (quantity.redis, "1KB", KIB),
        (quantity.redis, "512", 512),
        (quantity.redis, "512b", 512),
        (pages, "512", 4 * MIB),
        (pages, "65536", 512 * MIB),
        (pages, "128MB", 128 * MIB),
        (pages, "1.5GB", 1536 * MIB),
        (pages, " 1 GB ", GIB),
        (pages, "9kB", PAGE),
        (pages, "-1", -1),
        (pages, "0x10", 16 * PAGE),
        (kilobytes, "64", 64 * KIB),
        (kilobytes, "4MB", 4 * MIB),
        (quantity.mysql, "1G", GIB),
        (quantity.mysql, "128m", 128 * MIB),
        (quantity.mysql, "128MB", 128 * MIB),
        (quantity.mysql, "1048576", MIB),
        (quantity.memcached, "64", 64 * MIB),
        (quantity.memcached, "512m", 512 * MIB),
        (quantity.memcached, "1g", MIB),
        (quantity.memcached, "x", 0),
        (quantity.mongodb, "0.25", 256 * MIB),
        (quantity.mongodb, "2", 2 * GIB),
        (quantity.rabbitmq, "300MiB", 300 * MIB),
        (quantity.rabbitmq, "300Mi", 300 * MIB),
        (quantity.rabbitmq, "300M", 300 * MIB),
        (quantity.rabbitmq, "300MB", 300_000_000),
        (quantity.rabbitmq, "2Gb", 2_000_000_000),
        (quantity.rabbitmq, "1000", 1000),
        (quantity.clickhouse, "500Mi", 500 * MIB),
        (quantity.clickhouse, "2G", 2 * GIB),
        (quantity.clickhouse, "5368709120", 5 * GIB),
        (quantity.spark, "512m", 512 * MIB),
        (quantity.spark, "512", 512 * MIB),
        (quantity.spark, "2GB", 2 * GIB),
        (quantity.flink, "1728m", 1728 * MIB),
        (quantity.flink, "2 gb", 2 * GIB),
        (quantity.flink, "2048", 2048),
    ],
)
def test_read(read: Callable[[str], int], text: str, amount: int) -> None:
    assert read(text) == amount


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (quantity.redis, "512MiB"),
        (quantity.redis, "1.5gb"),
        (quantity.redis, "-1"),
        (quantity.redis, "50%"),
        (pages, "512mb"),
        (pages, "1Gi"),
        (pages, "1g"),
        (pages, ""),
        (quantity.mysql, "1.5G"),
        (quantity.mysql, "50%"),
        (quantity.mysql, "G"),
        (quantity.mongodb, "1GB"),
        (quantity.mongodb, "nan"),
        (quantity.rabbitmq, "1 GB"),
        (quantity.rabbitmq, "0.5GB"),
        (quantity.clickhouse, "0.5G"),
        (quantity.spark, "1.5g"),
        (quantity.spark, "1Gi"),
        (quantity.flink, "2Gi"),
    ],
)
def test_refused(read: Callable[[str], int], text: str) -> None:
    with pytest.raises(QuantityError):
        read(text)


@pytest.mark.parametrize(
    "read",
    [
        quantity.redis,
        pages,
        quantity.mysql,
        quantity.memcached,
        quantity.mongodb,
        quantity.rabbitmq,
        quantity.clickhouse,
        quantity.spark,
        quantity.flink,
    ],
)
@given(text=st.one_of(st.text(max_size=200), st.from_regex(r"\A[0-9.eExX+-]{1,80} ?[kKmMgGtTiBb]{0,3}\Z")))
def test_any_text_is_read_or_refused(read: Callable[[str], int], text: str) -> None:
    with contextlib.suppress(QuantityError):
        assert isinstance(read(text), int)
