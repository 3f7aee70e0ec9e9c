"""Reports of running JVMs and containers become footprints, or are refused with the line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memlint.config import from_mapping
from memlint.quantity import KIB, MIB
from memlint.sources.measurements import Measurement, MeasurementError, read

# Shortened from jcmd's output on OpenJDK 17.0.15 and 25.0.3, 2026-11.
SUMMARY = """
Native Memory Tracking:

(Omitting categories weighting less than 1KB)

Total: reserved=1481383KB, committed=109611KB
       malloc: 23063KB #5500
       mmap:   reserved=1458320KB, committed=86548KB

-                 Java Heap (reserved=65536KB, committed=65536KB)
                            (mmap: reserved=65536KB, committed=65536KB)

-                     Class (reserved=1048648KB, committed=2000KB)
                            (classes #8514)
                            (  instance classes #8427, array classes #87)
                            (malloc=72KB #564) (at peak)
                            (  Metadata:   )
                            (    waste=119KB =46.33%)

-                    Thread (reserved=14375KB, committed=795KB)
                            (thread #14)
                            (stack: reserved=14336KB, committed=756KB)

-                      Code (reserved=247727KB, committed=24576KB)
-                        GC (reserved=226KB, committed=226KB)
-                  Internal (reserved=186KB, committed=1024KB)
-                     Other (reserved=20480KB, committed=20480KB)
-                    Symbol (reserved=1166KB, committed=3072KB)
-    Native Memory Tracking (reserved=90KB, committed=90KB)
-        Shared class space (reserved=16384KB, committed=11968KB, readonly=0KB)
-                    Module (reserved=155KB, committed=1024KB)
-                 Metaspace (reserved=65546KB, committed=40960KB)
-      String Deduplication (reserved=1KB, committed=1KB)
"""
DIFF = """Native Memory Tracking:

Total: reserved=1481005KB +456KB, committed=112085KB +624KB

-                 Java Heap (reserved=65536KB, committed=65536KB +100KB)
-                     Class (reserved=1056877KB, committed=4973KB +10KB)
                            (classes #506 +5)
-                    Thread (reserved=12343KB +1028KB, committed=783KB)
                            (threads #12 +1)
-                      Code (reserved=247719KB, committed=7579KB -3KB)
-                  Internal (reserved=186KB, committed=8192KB)
"""
V1 = "cache 64782336\nrss 1000\nshmem 0\nhierarchical_memory_limit 1073741824\ntotal_cache 64782336\ntotal_rss 88834048\ntotal_shmem 1048576\n"
V2 = "anon 104857600\nfile 52428800\nkernel 4194304\nkernel_stack 1048576\npagetables 2097152\nshmem 1048576\nslab_reclaimable 999999\nslab_unreclaimable 524288\n"
STATS = """CONTAINER ID   NAME        CPU %     MEM USAGE / LIMIT     MEM %     NET I/O           BLOCK I/O   PIDS
9c76f7834ae2   shop-api    0.07%     731.5MiB / 1GiB       71.44%    788B / 648B       0B / 0B     46
4bda148efbc0   shop-db     0.04%     1.25GiB / 7.7GiB      16.23%    0B / 0B           0B / 0B     12
64e1bf0bc1f2   stopped     --        -- / --               --        --                --          --
"""
TOP = """NAMESPACE   POD                    NAME      CPU(cores)   MEMORY(bytes)
shop        api-7d4b9c6f5d-x2x9z   api       12m          731Mi
shop        api-7d4b9c6f5d-8k2lw   api       10m          650Mi
shop        api-7d4b9c6f5d-x2x9z   istio     2m           64Mi
shop        db-0                   postgres  5m           1Gi
"""


def one(text: str) -> Measurement:
    (measurement,) = read(text)
    return measurement


def test_native_memory_of_a_jvm_becomes_its_footprint() -> None:
    facts = one(SUMMARY).facts["jvm"]
    assert facts == {
        "classes": 8_514,
        "threads": 14,
        "metaspace": (40_960 + 2_000) * KIB,  # class space and metadata
        "code_cache": 24 * MIB,
        "direct": 20 * MIB,
        "native": (1_024 + 3_072 + 1_024 + 1) * KIB + 10 * MIB,
    }


def test_a_difference_says_what_is_held_now() -> None:
    measurement = one(DIFF)
    assert measurement.facts["jvm"]["classes"] == 506
    assert measurement.facts["jvm"]["threads"] == 12
    assert measurement.facts["jvm"]["code_cache"] == 7_579 * KIB
    assert measurement.facts["jvm"]["direct"] == 8 * MIB  # JDK 8 has no Other: direct buffers are Internal
    assert any("growth" in note for note in measurement.notes)


@pytest.mark.parametrize(("unit", "scale"), [("KB", 1), ("MB", 1_024), ("GB", 1 << 20)])
def test_the_scale_of_the_report_is_read(unit: str, scale: int) -> None:
    assert one(SUMMARY.replace("KB", unit)).facts["jvm"]["code_cache"] == 24_576 * KIB * scale


def test_memory_stat_counts_what_cannot_be_reclaimed() -> None:
    assert one(V1).facts == {"measured": {"resident": 88_834_048 + MIB}}
    assert one(V2).facts == {"measured": {"resident": 104_857_600 + 1_048_576 + 1_048_576 + 2_097_152 + 524_288}}
    assert (one(V1).report, one(V2).report) == ("memory.stat (cgroup v1)", "memory.stat (cgroup v2)")


def test_docker_stats_names_its_containers() -> None:
    entries = [measurement.entry() for measurement in read(STATS)]
    assert entries == [
        {"match": {"container": "shop-api"}, "measured": {"working_set": "732MiB"}},
        {"match": {"container": "shop-db"}, "measured": {"working_set": "1280MiB"}},
    ]


def test_docker_stats_that_keeps_printing_gives_the_most_that_was_seen() -> None:
    measurements = read("\x1b[2J\x1b[H" + STATS + "\x1b[2J\x1b[H" + STATS.replace("731.5MiB", "800MiB"))
    assert measurements[0].facts["measured"]["working_set"] == 800 * MIB
    assert len(measurements) == 2


def test_docker_stats_as_json_lines() -> None:
    text = '{"BlockIO":"0B / 0B","CPUPerc":"0.1%","ID":"9c76","MemUsage":"148.3MiB / 1GiB","Name":"api"}\n{"MemUsage":"512kB / 1GiB","Name":"b"}'
    assert [measurement.match["container"] for measurement in read(text)] == ["api", "b"]
    assert read(text)[1].facts["measured"]["working_set"] == 512_000


def test_kubectl_top_names_workload_and_container_and_takes_the_largest_replica() -> None:
    entries = [measurement.entry() for measurement in read(TOP)]
    assert entries == [
        {"match": {"workload": "api", "container": "api"}, "measured": {"working_set": "731MiB"}},
        {"match": {"workload": "api", "container": "istio"}, "measured": {"working_set": "64MiB"}},
        {"match": {"workload": "db", "container": "postgres"}, "measured": {"working_set": "1024MiB"}},
    ]


@pytest.mark.parametrize("text", [SUMMARY, DIFF, V1, V2, STATS, TOP])
def test_the_entry_is_one_that_the_configuration_reads(text: str) -> None:
    measurement = read(text)[0]
    entry = measurement.entry({"container": "api"})
    footprint = from_mapping({"footprints": [entry]}).footprint({"container": "api"})
    for section, facts in measurement.facts.items():
        for key, value in facts.items():
            kept = footprint.number(section, key)
            assert kept is not None
            assert value <= kept <= value + MIB


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "nothing"),
        ("hello\nworld\n", 1, "none of the reports"),
        ("1234:\nNative memory tracking is not enabled\n", 2, "NativeMemoryTracking=summary"),
        (SUMMARY.replace("-                      Code (reserved=247727KB, committed=24576KB)\n", ""), 32, "Code"),
        (SUMMARY.replace("committed=24576KB", "committed=many"), 24, "category"),
        (SUMMARY.replace("Total: reserved=1481383KB", "Total: reserved=?"), 6, "total"),
        (SUMMARY.replace("Total:", "Sum:"), 2, "total"),
        (V2 + "inactive file 12\n", 9, "inactive file"),
        ("anon 1\n", 1, "file"),
        ("rss 1\n", 1, "cache"),
        (STATS.replace("1.25GiB", "1.25 parsecs"), 3, "parsecs"),
        (STATS.splitlines()[0], 1, "no running container"),
        ('{"MemUsage":"1MiB / 1GiB","Name":"a"}\n{"Name":"b"}', 2, "MemUsage"),
        ('{"MemUsage":"1MiB / 1GiB","Name":"a"}\nnot json', 2, "json"),
        ("NAME    CPU(cores)   MEMORY(bytes)\napi-0   1m           20Mi\n", 1, "--containers"),
        (TOP.replace("650Mi", "650MB"), 3, "650MB"),
        (TOP + "shop  lonely\n", 6, "columns"),
        (TOP.splitlines()[0], 1, "no container"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(MeasurementError) as refused:
        read(text)
    assert refused.value.line == line
    assert words in str(refused.value)


@given(
    st.text(alphabet=st.sampled_from("-: #()=,KMGB0129abPODNAMEory\n\x1b[{}\"' .%/"), max_size=200),
    st.sampled_from((SUMMARY, DIFF, V1, V2, STATS, TOP)),
    st.integers(0, 600),
)
def test_no_text_makes_it_raise_anything_else(noise: str, report: str, at: int) -> None:
    for text in (noise, report[:at] + noise + report[at:]):
        assert 1 <= refused_at(text) <= text.count("\n") + 1


def refused_at(text: str) -> int:
    """Return the line that a report is refused at, 1 where it is read."""
    try:
        read(text)
    except MeasurementError as refused:
        return refused.line
    return 1
