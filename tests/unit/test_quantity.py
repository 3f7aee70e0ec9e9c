"""The same text means another amount to each program; all of them are read, or refused, as the program does."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memlint import quantity
from memlint.quantity import GIB, MIB, QuantityError


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("512m", 512 * MIB),
        ("512MiB", 512 * MIB),
        ("1 g", GIB),
        (".5g", GIB // 2),
        ("0x1p4m", 16 * MIB),
        ("1_000m", 1000 * MIB),
        ("1e3", 1000),
    ],
)
def test_docker(text: str, amount: int) -> None:
    assert quantity.docker(text) == amount


@pytest.mark.parametrize("text", ["512Mi", "1e", "1_", "1__0m", "15_m", "0x10", "", " 1g", "1  g", "-1", "m", "1g ", "١m"])
def test_docker_refuses(text: str) -> None:
    with pytest.raises(QuantityError):
        quantity.docker(text)


@pytest.mark.parametrize(
    ("text", "amount"), [("512m", 1), ("1500m", 2), ("512Mi", 512 * MIB), ("512M", 512_000_000), ("1e3", 1000), ("1E", 10**18)]
)
def test_kubernetes(text: str, amount: int) -> None:
    assert quantity.kubernetes(text) == amount


@pytest.mark.parametrize("text", ["512MB", "512mi", "1g", "1e", "", "1.2.3", "1e3Mi"])
def test_kubernetes_refuses(text: str) -> None:
    with pytest.raises(QuantityError):
        quantity.kubernetes(text)


def test_kubectl_agrees(shared: Path) -> None:
    for case in json.loads((shared / "cases" / "k8s-quantity-cases.json").read_text())["cases"]:
        try:
            told: int | None = quantity.kubernetes(case["input"])
        except QuantityError:
            told = None
        assert told == (case["bytes_rounded_up"] if case["valid"] else None), case


READERS = [quantity.docker, quantity.kubernetes, quantity.jvm, quantity.configured, quantity.go, quantity.php, quantity.redis]


@given(st.text(alphabet="0123456789.+-_eExXpPkKmMgGiIbBtT %", max_size=30), st.sampled_from(READERS))
def test_no_text_does_more_than_be_refused(text: str, reader: object) -> None:
    try:
        assert reader(text) is None or isinstance(reader(text), int)  # type: ignore[operator]  # None: Go is told not to bound
    except QuantityError as error:
        assert str(error)


@given(st.integers(0, 1 << 62))
def test_what_people_read_is_near(amount: int) -> None:
    shown = quantity.human(amount)
    number, unit = shown.split()
    scale = {"B": 1, "KiB": 1 << 10, "MiB": MIB, "GiB": GIB, "TiB": 1 << 40}[unit]
    assert abs(float(number) * scale - amount) <= max(scale * 0.06, amount * 1e-9) or float(number) >= 100
