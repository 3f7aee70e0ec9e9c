"""PostgreSQL: units, buffers, sorts, autovacuum and /dev/shm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memlint.api import MIB, Known, Mount, Origin, Severity, Span, Unknown, Verdict
from stores import run


@pytest.mark.parametrize(
    ("line", "topic"),
    [
        ("-m 1g postgres:16 postgres -c shared_buffers=1GB", "cache-larger-than-limit"),
        ("-m 1g postgres:16 -c shared_buffers=1GB", "cache-larger-than-limit"),
        ("-m 1g postgres:16 postgres --shared-buffers=1GB", "cache-larger-than-limit"),
        ("-m 512m postgres:16 postgres -B 65536", "cache-larger-than-limit"),
        ("-m 2g postgres:16 postgres -c work_mem=256MB -c max_connections=200", "likely-over-limit"),
        ("-m 4g postgres:16 postgres -c work_mem=64MB", "shared-memory-too-small"),
        ("-m 1g postgres:16 postgres -c shared_buffers=512", "bytes-without-unit"),
        ("-m 2g postgres:16 postgres -c maintenance_work_mem=1GB", "cache-larger-than-limit"),
        ("-m 1g postgres:16 postgres -c shared_buffers=512mb", "invalid-quantity"),
        ("-m 1g postgres:16 postgres -c shared_buffers=256Mi", "invalid-quantity"),
        ("-m 4g --shm-size 256m postgres:16 postgres -c shared_buffers=3GB", "no-room-for-page-cache"),
    ],
)
def test_flagged(line: str, topic: str) -> None:
    assert topic in run(line).faults


@pytest.mark.parametrize(
    "line",
    [
        "-m 1g postgres:16 postgres -c shared_buffers=256MB",
        "-m 2g postgres:16 postgres -c work_mem=16MB -c max_connections=50",
        "-m 2g --shm-size 256m postgres:16 postgres -c shared_buffers=512MB",
        "-m 4g --shm-size 512m postgres:16 postgres -c work_mem=64MB -c shared_buffers=1GB",
        "-m 4g postgres:16 postgres -c work_mem=64MB -c max_parallel_workers_per_gather=0",
        "-m 4g postgres:16 postgres -c work_mem=64MB -c dynamic_shared_memory_type=mmap",
        "-m 2g postgres:16 postgres -c shared_buffers=65536",
        "-m 2g postgres:16 postgres -c maintenance_work_mem=1GB -c autovacuum_work_mem=128MB",
        "-m 1g postgres:16 postgres -c effective_cache_size=8GB",
        "-m 256m postgres:16 postgres",
        "-m 256m postgres:16",
    ],
)
def test_near_miss_is_silent(line: str) -> None:
    assert run(line).faults == set()


def test_tuned_buffers_with_the_default_shm_are_information() -> None:
    (seen,) = run("-m 4g postgres:16 postgres -c shared_buffers=1GB").seen("shared-memory-too-small")
    assert seen.severity is Severity.INFO
    assert "shm_size to 256m" in seen.message


def test_other_programs_of_the_image_are_not_billed() -> None:
    assert run("postgres:16 psql -h db").reading is None
    assert run("postgres:16 pg_dump --format=c").reading is None


def test_buffers_are_no_certain_cost() -> None:
    case = run("-m 256m postgres:16 postgres -c shared_buffers=512MB")
    assert case.bill["shared buffers"] == (12 * MIB, 512 * MIB, 512 * MIB)
    assert case.verdict is Verdict.LIKELY_OVER


def test_memory_volume_at_dev_shm_counts_with_its_size() -> None:
    origin = Origin(Span("run.sh", 1, 1, 1, 2, 0, 1), "emptyDir")
    line = "-m 4g postgres:16 postgres -c work_mem=64MB"
    sized = Mount("/dev/shm", None, True, Known(1 << 30, origin), origin, "emptyDir")
    small = Mount("/dev/shm", None, True, Known(64 << 20, origin), origin, "emptyDir")
    unbounded = Mount("/dev/shm", None, True, None, origin, "emptyDir")
    assert run(line, mounts=(sized,)).topics == set()
    assert run(line, mounts=(unbounded,)).topics == set()
    assert run(line, mounts=(small,)).topics == {"shared-memory-too-small"}


CONF = """\
# shared_buffers = 8GB
listen_addresses = '*'
Shared_Buffers = 2GB		# min 128kB
work_mem 8MB
max_connections = 100
"""


def test_configuration_file_is_read_with_its_places() -> None:
    case = run("-m 2g postgres:16 postgres -c config_file=/etc/pg.conf", files={"/etc/pg.conf": CONF})
    (seen,) = case.seen("cache-larger-than-limit")
    assert (seen.at.path, seen.at.line, seen.at.column) == ("/etc/pg.conf", 3, 18)
    assert case.fixed("cache-larger-than-limit") == CONF.replace("2GB", "512MB")
    assert case.bill["backends"][1] == 20 * 3 * MIB


def test_a_file_in_the_data_folder_is_found() -> None:
    case = run("-m 1g postgres:16 postgres", files={"/var/lib/postgresql/data/postgresql.conf": "shared_buffers = 1GB\n"})
    assert case.seen("cache-larger-than-limit")


def test_a_configuration_file_that_is_not_there_leaves_the_rest_unknown() -> None:
    case = run("-m 1g postgres:16 postgres -c config_file=/etc/pg.conf -c work_mem=8MB")
    assert case.reading
    assert isinstance(case.reading.options["shared_buffers"], Unknown)
    assert case.bill["shared buffers"][2] is None
    assert not case.faults


def test_timescale_tunes_itself() -> None:
    case = run("-m 1g timescale/timescaledb:2.17.2-pg16 postgres")
    assert case.reading
    assert isinstance(case.reading.options["shared_buffers"], Unknown)
    tuned = run("-m 1g timescale/timescaledb:2.17.2-pg16 postgres -c shared_buffers=256MB")
    assert tuned.bill["shared buffers"][1] == 256 * MIB


def test_known_connections_replace_the_guess() -> None:
    case = run("-m 1g postgres:16 postgres -c max_connections=500", footprint={"postgres": {"connections": 40}})
    assert case.bill["backends"][1] == 120 * MIB


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=20), max_size=6))
def test_no_arguments_make_it_raise(words: list[str]) -> None:
    quoted = " ".join("'" + word.replace("'", "") + "'" for word in words)
    run(f"-m 512m postgres:16 postgres -c {quoted}")
