"""The .NET cases of runtimes.md 3: hexadecimal variables, decimal files, small containers."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bills import ask, flagged, judged, topics
from memlint.api import MIB, Verdict

NET8 = "mcr.microsoft.com/dotnet/aspnet:8.0"
NET9 = "mcr.microsoft.com/dotnet/aspnet:9.0"


def heap(reading):
    return next(item for item in reading.budget.parts if item.name == "managed heap")


def config(**properties):
    text = json.dumps(
        {"runtimeOptions": {"configProperties": {f"System.GC.{name}": value for name, value in properties.items()}}}, indent=2
    )
    return {"/app/App.runtimeconfig.json": text}


@pytest.mark.parametrize(
    ("topic", "limit", "env", "image"),
    [
        ("dotnet-number-is-hex", "512m", {"DOTNET_GCHeapHardLimit": "400000000"}, NET8),
        ("dotnet-number-is-hex", "512m", {"COMPlus_GCHeapHardLimit": "200000000"}, NET8),
        ("dotnet-number-is-hex", "512m", {"DOTNET_GCHeapHardLimitPercent": "75"}, NET8),
        ("dotnet-number-is-hex", "512m", {"DOTNET_GCHeapHardLimitPercent": "50"}, NET8),
        ("dotnet-server-gc-small", "256m", {"DOTNET_gcServer": "1"}, NET8),
        ("dotnet-heap-limits-incomplete", "512m", {"DOTNET_GCHeapHardLimitSOH": "0x8000000"}, NET8),
        ("dotnet-default-heap", "256m", {}, NET8),
    ],
)
def test_faults_are_found(topic, limit, env, image):
    assert topic in topics(ask("dotnet App.dll", limit, env=env, image=image))


@pytest.mark.parametrize(
    ("limit", "env", "image"),
    [
        ("512m", {"DOTNET_GCHeapHardLimit": "0x17800000"}, NET8),
        ("512m", {"DOTNET_GCHeapHardLimit": "C800000"}, NET8),
        ("512m", {"DOTNET_GCHeapHardLimit": "10000000"}, NET8),
        ("512m", {"DOTNET_GCHeapHardLimitPercent": "0x4B"}, NET8),
        ("512m", {"DOTNET_GCHeapHardLimitPercent": "4B"}, NET8),
        ("512m", {"DOTNET_GCHeapHardLimitPercent": "32"}, NET8),
        ("512m", {"DOTNET_gcServer": "1"}, NET9),
        ("512m", {"DOTNET_gcServer": "1", "DOTNET_GCHeapCount": "1"}, NET8),
        ("512m", {"DOTNET_GCHeapHardLimitSOH": "0x8000000", "DOTNET_GCHeapHardLimitLOH": "0x4000000"}, NET8),
        ("512m", {}, NET8),
        ("512m", {"DOTNET_GCHeapHardLimit": "?"}, NET8),
        (None, {"DOTNET_GCHeapHardLimit": "400000000"}, NET8),
    ],
)
def test_near_misses_are_silent(limit, env, image):
    reading = ask("dotnet App.dll", limit, env=env, image=image)
    assert reading is not None
    assert topics(reading) == set()
    assert not flagged(reading, limit)


@pytest.mark.parametrize(
    ("limit", "env", "amount"),
    [
        ("1g", {}, 768 * MIB),
        ("512m", {}, 384 * MIB),
        ("512m", {"COMPlus_GCHeapHardLimit": "200000000"}, 8192 * MIB),
        ("512m", {"COMPlus_GCHeapHardLimit": "C800000"}, 200 * MIB),
        ("512m", {"COMPlus_GCHeapHardLimitPercent": "50"}, 512 * MIB * 80 // 100),
        ("512m", {"COMPlus_GCHeapHardLimitPercent": "32"}, 256 * MIB),
    ],
)
def test_the_heaps_bound_is_what_was_measured(limit, env, amount):
    assert heap(ask("dotnet App.dll", limit, env=env)).high == amount


def test_a_file_takes_decimal_numbers():
    text = config(HeapHardLimit=200 * MIB)
    reading = ask("dotnet App.dll", "512m", files=text)
    assert heap(reading).low == 200 * MIB
    span = heap(reading).origin.span
    assert text[span.path][span.start : span.end] == str(200 * MIB)
    wrong = ask("dotnet App.dll", "512m", files=config(HeapHardLimit="0x10000000"))
    assert "dotnet-number-is-hex" in topics(wrong)
    assert not flagged(wrong, "512m")


def test_a_hex_mistake_is_mended_in_place():
    [seen] = ask("dotnet App.dll", "512m", env={"DOTNET_GCHeapHardLimit": "400000000"}).observations
    assert seen.fix.edits[0].text == "0x17D78400"
    assert "16 GiB" in seen.message


def test_an_explicit_heap_counts_in_full():
    assert judged(ask("dotnet App.dll", "256m", env={"DOTNET_GCHeapHardLimit": "0x10000000"}), "256m") is Verdict.OVER


@given(st.text(max_size=20), st.sampled_from(["64m", "1g", None]), st.text(max_size=40))
def test_no_text_makes_it_raise(text, limit, file):
    env = {
        "DOTNET_GCHeapHardLimit": text,
        "COMPlus_GCHeapHardLimitPercent": text,
        "DOTNET_gcServer": text,
        "DOTNET_GCHeapHardLimitLOH": text,
    }
    ask("dotnet App.dll", limit, env=env, files={"/app/App.runtimeconfig.json": file})
