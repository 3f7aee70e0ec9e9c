"""Redis and its kin: the cases that must be told and the near misses that must not, the arithmetic of snapshots, and how settings are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memlint.api import MIB, Confidence, Known, Severity, Unknown, Verdict
from stores import run

FLAGGED = [
    ("-m 512m redis:7 redis-server", "no-maxmemory"),
    ("-m 512m redis:7", "no-maxmemory"),
    ("-m 512m redis:7 redis-server --maxmemory 0", "no-maxmemory"),
    ("-m 512m redis:7 redis-server --maxmemory 512mb --save ''", "cache-larger-than-limit"),
    ("-m 512m redis:7 redis-server --maxmemory 500mb --save ''", "cache-larger-than-limit"),
    ("-m 512m redis:7 redis-server --maxmemory 470mb --save ''", "cache-larger-than-limit"),
    ("-m 512m redis:7 redis-server --maxmemory 400mb --appendonly yes", "snapshot-headroom"),
    ("-m 512m redis:7 redis-server --maxmemory 400mb", "snapshot-headroom"),
    ("-m 512m redis:7 --maxmemory 400mb", "snapshot-headroom"),
    ("-m 512m redis:7 redis-server '--maxmemory 400mb'", "snapshot-headroom"),
    ("-m 512m redis:6.2 redis-server --maxmemory 400mb", "snapshot-headroom"),
    ("-m 512m redis:6.0 redis-server --maxmemory 400mb --save 900 1", "snapshot-headroom"),
    ("-m 6g redis:7 redis-server --maxmemory 5gb", "snapshot-headroom"),
    ("-m 512m redis:7 redis-server --maxmemory 512MiB", "invalid-quantity"),
    ("-m 512m redis:7 redis-server --maxmemory 0.5gb", "invalid-quantity"),
    ("-m 512m redis:7 redis-server --maxmemory 512", "bytes-without-unit"),
    ("-m 400m -e 'VALKEY_EXTRA_FLAGS=--maxmemory 500mb' bitnamilegacy/valkey:8.0", "cache-larger-than-limit"),
    ("-m 400m -e 'VALKEY_EXTRA_FLAGS=--maxmemory 500mb' valkey/valkey:8.0 valkey-server", "cache-larger-than-limit"),
    ("-m 400m -e 'REDIS_EXTRA_FLAGS=--maxmemory 350mb' bitnami/redis:7.2", "snapshot-headroom"),
    ("-m 1g docker.dragonflydb.io/dragonflydb/dragonfly dragonfly --maxmemory=1g", "cache-larger-than-limit"),
]
SILENT = [
    "-m 512m redis:7 redis-server --maxmemory 300mb --maxmemory-policy allkeys-lru",
    "-m 512m redis:7 redis-server --maxmemory 384mb --save ''",
    "-m 900m redis:7 redis-server --maxmemory 400mb --appendonly yes",
    "-m 512m redis:7 redis-server --maxmemory 400mb --save '' --appendonly no",
    "-m 512m redis:7 redis-server --maxmemory 400mb --save",
    "-m 512m redis:7 redis-server --save --maxmemory 400mb",
    "-m 512m redis:6.0 redis-server --maxmemory 400mb",
    "-m 512m redis:7 redis-server --maxmemory 384m --save ''",
    "-m 512m redis:7 redis-server --maxmemory 402653184 --save ''",
    "-m 512m redis:7 redis-server --replicaof master 6379",
    "-m 512m redis:7 redis-server /etc/redis.conf",
    "-m 512m registry.k8s.io/redis:v1 /run.sh",
    "-m 512m -e REDIS_AOF_ENABLED=no -e 'REDIS_EXTRA_FLAGS=--maxmemory 350mb' bitnami/redis:7.2",
    "-m 64m redis:7 redis-sentinel /etc/sentinel.conf",
    "-m 64m redis:7 redis-server /etc/sentinel.conf --sentinel",
    "-m 1g dragonflydb/dragonfly dragonfly --logtostderr",
    "redis:7 redis-server --maxmemory 8gb",
]


@pytest.mark.parametrize(("line", "topic"), FLAGGED)
def test_flagged(line: str, topic: str) -> None:
    assert topic in run(line).faults


@pytest.mark.parametrize("line", SILENT)
def test_near_miss_is_silent(line: str) -> None:
    assert run(line).faults == set()


def test_without_a_limit_it_is_information() -> None:
    (seen,) = run("redis:7 redis-server").seen("no-maxmemory")
    assert seen.severity is Severity.INFO


@pytest.mark.parametrize("line", ["redis:7 redis-cli ping", "redis:7 sh -c true", "redis_exporter:1 /redis_exporter", "-m 1g alpine redis"])
def test_other_programs_are_not_billed(line: str) -> None:
    assert run(line).reading is None


def test_snapshot_tells_its_arithmetic() -> None:
    case = run("-m 6g redis:7 redis-server --maxmemory 5gb")
    (seen,) = case.seen("snapshot-headroom")
    assert seen.severity is Severity.ERROR
    for number in (
        "5303 MiB when idle",
        "7954 MiB with half",
        "10.4 GiB with all",
        "limit 6 GiB leaves 840 MiB",
        "2764mb",
        "kills the server",
    ):
        assert number in seen.message
    assert case.fixed("snapshot-headroom").endswith("--maxmemory 2764mb")
    assert case.verdict is Verdict.LIKELY_OVER


@pytest.mark.parametrize(
    ("limit", "severity"), [("500m", Severity.ERROR), ("560m", Severity.WARNING), ("700m", Severity.INFO), ("900m", None)]
)
def test_snapshot_is_as_grave_as_little_room_is_left(limit: str, severity: Severity | None) -> None:
    assert [seen.severity for seen in run(f"-m {limit} redis:7 redis-server --maxmemory 400mb").seen("snapshot-headroom")] == (
        [severity] if severity else []
    )


def test_with_oom_score_adj_the_child_dies() -> None:
    (seen,) = run("-m 512m redis:7 redis-server --maxmemory 400mb --oom-score-adj yes").seen("snapshot-headroom")
    assert seen.severity is Severity.WARNING
    assert "takes the saving child" in seen.message
    assert "--oom-score-adj" not in seen.message


def test_known_writes_replace_the_guess() -> None:
    line = "-m 512m redis:7 redis-server --maxmemory 400mb"
    idle = run(line, footprint={"redis": {"dirty_share": 0.05}})
    assert idle.faults == set()
    assert idle.bill["snapshot copy-on-write"][1] == int(400 * MIB * 1.035 * 0.05)
    busy = run(line, footprint={"redis": {"dirty_share": 0.3}})
    assert "30 % of its pages" in busy.seen("snapshot-headroom")[0].message
    assert busy.verdict is Verdict.OVER


@pytest.mark.parametrize("share", [-1, 0, 1, 7.5])
def test_any_share_is_taken_as_one(share: float) -> None:
    low, expected, high = run("-m 512m redis:7 redis-server --maxmemory 400mb", footprint={"redis": {"dirty_share": share}}).bill[
        "snapshot copy-on-write"
    ]
    assert 0 <= low <= expected <= (high or 0) <= 400 * MIB * 1.35


def test_a_known_data_set_stands_in_for_maxmemory() -> None:
    case = run("-m 6g redis:7 redis-server --save ''", footprint={"redis": {"data": 5 << 30}})
    assert case.bill["data set"] == (int((5 << 30) * 1.035), int((5 << 30) * 1.035), None)


def test_without_maxmemory_only_the_empty_server_is_certain() -> None:
    case = run("-m 512m redis:7 redis-server")
    assert case.reading
    assert case.reading.budget
    assert case.reading.budget.low == MIB
    assert case.reading.budget.high is None
    assert case.verdict is Verdict.TIGHT


CONF = """\
# maxmemory 1gb
bind 127.0.0.1
include /etc/more.conf
maxmemory "400mb"
save 900 1
save 300 10
"""


def test_configuration_file_is_read_with_its_places() -> None:
    files = {"/etc/redis.conf": CONF, "/etc/more.conf": "appendonly yes\nmaxmemory 1mb\n"}
    case = run("-m 512m redis:7 redis-server /etc/redis.conf", files=files)
    (seen,) = case.seen("snapshot-headroom")
    assert (seen.at.path, seen.at.line) == ("/etc/redis.conf", 4)
    assert case.fixed("snapshot-headroom") == CONF.replace("400mb", "230mb")
    assert "appendonly yes" in seen.message


def test_arguments_speak_after_the_file() -> None:
    case = run("-m 512m redis:7 redis-server /etc/redis.conf --maxmemory 100mb", files={"/etc/redis.conf": "maxmemory 500mb\nsave ''\n"})
    assert case.bill["data set"][0] == 100 * MIB
    assert case.bill["snapshot copy-on-write"] == (0, 0, 0)


def test_a_file_that_is_not_there_leaves_everything_unknown() -> None:
    case = run("-m 512m redis:7 redis-server /etc/redis.conf --appendonly no")
    assert case.reading
    assert isinstance(case.reading.options["maxmemory"], Unknown)
    assert isinstance(case.reading.options["appendonly"], Known)
    assert case.reading.budget
    assert case.reading.budget.confidence is Confidence.LOW


def test_save_points_add_up_and_an_empty_one_drops_them() -> None:
    added = run("redis:7 redis-server --maxmemory 1mb --save 900 1 --save 300 10").reading
    dropped = run("redis:7 redis-server --maxmemory 1mb --save 900 1 --save ''").reading
    assert added
    assert dropped
    assert getattr(added.options["save"], "value", None) == "900 1 300 10"
    assert getattr(dropped.options["save"], "value", None) == ""


def test_fix_of_a_refused_size_is_safe_and_exact() -> None:
    assert run("-m 512m redis:7 redis-server --maxmemory 300MiB").fixed("invalid-quantity") == (
        "-m 512m redis:7 redis-server --maxmemory 300mb"
    )


def test_fix_inside_a_variable_touches_the_number_alone() -> None:
    line = "-m 400m -e 'VALKEY_EXTRA_FLAGS=--maxmemory 500mb --maxmemory-policy allkeys-lru' bitnamilegacy/valkey:8.0"
    case = run(line)
    assert case.seen("cache-larger-than-limit")[0].message.startswith("maxmemory 500mb")


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=20), max_size=6))
def test_no_arguments_make_it_raise(words: list[str]) -> None:
    quoted = " ".join("'" + word.replace("'", "") + "'" for word in words)
    run(f"-m 512m redis:7 redis-server {quoted}")
