"""Sizes as Node, .NET and pm2 read them; those of Go and PHP stand with their models."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memlint.api import GIB, MIB
from memlint.quantity import QuantityError, dotnet_hex, go, node, php, pm2


@pytest.mark.parametrize(
    ("text", "amount"), [("400", 400 * MIB), ("010", 10 * MIB), ("+300", 300 * MIB), ("", 0), ("0", 0), ("536870912", 536870912 * MIB)]
)
def test_node_counts_mebibytes(text, amount):
    assert node(text) == amount


@pytest.mark.parametrize("text", ["512m", "0.5", "0x100", "-1", "400MB", "300;", "99999999999999999999"])
def test_node_refuses(text):
    with pytest.raises(QuantityError):
        node(text)


@pytest.mark.parametrize(
    ("text", "number"), [("C800000", 200 * MIB), ("0xC800000", 200 * MIB), ("200000000", 8 * GIB), ("4B", 75), ("50", 80)]
)
def test_dotnet_is_hexadecimal(text, number):
    assert dotnet_hex(text) == number


@pytest.mark.parametrize(("text", "amount"), [("300M", 300 * MIB), ("1G", GIB), ("300", 300), ("5K", 5120)])
def test_pm2(text, amount):
    assert pm2(text) == amount


@pytest.mark.parametrize("text", ["300MB", "1.5G", "m", ""])
def test_pm2_refuses(text):
    with pytest.raises(QuantityError):
        pm2(text)


@given(st.text(max_size=70), st.sampled_from([node, go, dotnet_hex, php, pm2]))
def test_no_text_raises_anything_else(text, read):
    with suppress(QuantityError):
        read(text)
