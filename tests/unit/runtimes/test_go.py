"""Go: the cases of runtimes.md 2, and the grammar of GOMEMLIMIT as measured."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bills import ask, flagged, judged, topics
from memlint.api import MIB, Confidence, Verdict
from memlint.quantity import QuantityError, go


def seen(reading, topic):
    return next(item for item in reading.observations if item.topic == topic)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("512MiB", 512 * MIB),
        ("536870912", 512 * MIB),
        ("536870912B", 512 * MIB),
        ("1GiB", 1024 * MIB),
        ("1KiB", 1024),
        ("off", None),
        ("", None),
    ],
)
def test_what_go_takes(text, amount):
    assert go(text) == amount


@pytest.mark.parametrize("text", ["512Mi", "512M", "512MB", "0.5GiB", "512mib", "512 MiB", "OFF", "-1", "512m", "1G", "9999999TiB"])
def test_what_go_ends_on(text):
    with pytest.raises(QuantityError):
        go(text)
    reading = ask("/app", "1g", env={"GOMEMLIMIT": text})
    assert "go-memlimit-malformed" in topics(reading)


@pytest.mark.parametrize(
    ("topic", "limit", "env"),
    [
        ("go-memlimit-malformed", "1g", {"GOMEMLIMIT": "512Mi"}),
        ("go-memlimit-malformed", None, {"GOMEMLIMIT": "450M"}),
        ("go-memlimit-at-limit", "1g", {"GOMEMLIMIT": "1GiB"}),
        ("go-memlimit-at-limit", "1g", {"GOMEMLIMIT": "2GiB"}),
        ("go-gogc-off-unbounded", "1g", {"GOGC": "off"}),
        ("go-gogc-off-unbounded", "1g", {"GOGC": "-1"}),
        ("go-gogc-off-unbounded", "1g", {"GOGC": "off", "GOMEMLIMIT": "off"}),
        ("go-memlimit-stale", "1g", {"GOMEMLIMIT": "100MiB"}),
    ],
)
def test_faults_are_found(topic, limit, env):
    assert topic in topics(ask("/app", limit, env=env))


@pytest.mark.parametrize(
    ("limit", "env"),
    [
        ("1g", {"GOMEMLIMIT": "450MiB"}),
        ("1g", {"GOMEMLIMIT": "471859200"}),
        ("1g", {"GOMEMLIMIT": "900MiB"}),
        ("1g", {"GOMEMLIMIT": "700MiB"}),
        ("1g", {"GOGC": "off", "GOMEMLIMIT": "900MiB"}),
        (None, {"GOGC": "off"}),
        ("1g", {"GOGC": "50"}),
        ("1g", {"GOGC": "100%"}),
        ("20m", {"GOMEMLIMIT": "16MiB"}),
        ("1g", {"GOMEMLIMIT": "?"}),
        ("1g", {"AUTOMEMLIMIT": "0.9"}),
    ],
)
def test_near_misses_are_silent(limit, env):
    reading = ask("/app", limit, env=env)
    assert reading is not None
    assert topics(reading) == set()
    assert not flagged(reading, limit)


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("512Mi", "512MiB"),
        ("450M", "450MiB"),
        ("1G", "1GiB"),
        ("0.5GiB", "512MiB"),
        ("512 MiB", "512MiB"),
        ("512mb", "512MiB"),
        ("OFF", "off"),
        ("-1", "off"),
    ],
)
def test_a_malformed_limit_is_mended_in_place(text, fixed):
    fix = seen(ask("/app", "1g", env={"GOMEMLIMIT": text}), "go-memlimit-malformed").fix
    [edit] = fix.edits
    assert edit.text == fixed
    assert f"GOMEMLIMIT={text}\n"[edit.start : edit.end] == text


@pytest.mark.parametrize(("text", "fix"), [("half", None), ("1.5", None), ("0.3KiB", None)])
def test_what_was_meant_is_not_guessed(text, fix):
    assert seen(ask("/app", "1g", env={"GOMEMLIMIT": text}), "go-memlimit-malformed").fix is fix


def test_prometheus_3_takes_its_limit_by_itself():
    new = ask("", "1g", image="prom/prometheus:v3.1.0")
    assert new.budget.high is not None
    old = ask("", "1g", image="prom/prometheus:v2.45.0")
    assert old.budget.high is None
    assert ask("prometheus --no-auto-gomemlimit", "1g", image="prom/prometheus:v3.1.0").budget.high is None


def test_an_unknown_program_has_a_wide_bill_that_warns_of_nothing():
    reading = ask("", "40m", image="example/operator:1", runtime="go")
    assert judged(reading, "40m") is Verdict.TIGHT
    assert reading.budget.confidence is Confidence.LOW


@pytest.mark.parametrize(
    ("env", "limit", "peak", "killed"),
    [
        ({}, "1g", 329, False),
        ({}, "256m", None, True),
        ({"GOMEMLIMIT": "230MiB"}, "256m", 223, False),
        ({"GOMEMLIMIT": "230MiB"}, "256m", 230, False),
        ({"GOMEMLIMIT": "256MiB"}, "256m", 254, False),
        ({"GOMEMLIMIT": "230MiB", "GOGC": "off"}, "256m", 226, False),
    ],
)
def test_the_bill_holds_what_was_measured_with_150_mib_alive(env, limit, peak, killed):
    budget = ask("/app", limit, env={"GOGC": "100", **env}, footprint={"go": {"live": 150 * MIB}}).budget
    size = int(limit[:-1]) * MIB * (1024 if limit.endswith("g") else 1)
    assert (budget.expected > size) is killed
    assert peak is None or budget.low <= peak * MIB <= budget.high


@given(st.text(max_size=20), st.text(max_size=8), st.sampled_from(["64m", None]))
def test_no_text_makes_it_raise(limit, collector, container):
    ask("/app", container, env={"GOMEMLIMIT": limit, "GOGC": collector, "AUTOMEMLIMIT": collector})
