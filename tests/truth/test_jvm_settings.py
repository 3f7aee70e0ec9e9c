"""The settings of JVMs against what real JVMs of eight versions made of the same flags in memory cgroups (v1, 2 CPUs)."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from memlint.api import Known, Program, Reading
from memlint.quantity import docker
from memlint.runtimes.jvm import Model, settings
from memlint.runtimes.jvm.settings import Settings
from unit.runtimes.jvm.build import heap_high, known, surroundings

# The memory of the machine that made the records, as its JVMs saw it (sysconf: 6170914 pages). `host_ram` of the case file is four times the
# default heap, which the JVM had rounded up to 2 MiB: it is 6.9 MiB too much, and with it 75 % of the host comes out 4 to 16 MiB too large.
HOST = 25276063744
MIB = 1 << 20


def image(jdk: str) -> str:
    if jdk.endswith("ea"):
        return f"openjdk:{jdk.removesuffix('ea').rstrip('-')}-ea-jdk"
    return f"eclipse-temurin:{jdk}-b01-jdk" if "u" in jdk else f"eclipse-temurin:{jdk}_1-jdk"


def read(jdk: str, limit: int | None, flags: str, words: tuple[str, ...] = ()) -> Reading:
    env = {"JAVA_TOOL_OPTIONS": known(flags, 100)} if flags else {}
    program = Program(tuple(known(word) for word in ("java", *words, "-jar", "app.jar")), env)
    reading = Model().read(program, surroundings(limit, image(jdk), host=HOST))
    assert reading is not None
    return reading


def joined(jdk: str, limit: int | None, words: tuple[str, ...]) -> Settings:
    program = Program(tuple(known(word) for word in ("java", *words, "-jar", "app.jar")), {})
    found = settings.read(program, surroundings(limit, image(jdk), host=HOST, cgroup=1))
    assert found is not None
    return found


def refuses(reading: Reading) -> bool:
    return any(observation.topic == "jvm-will-not-start" for observation in reading.observations)


def test_every_recorded_start_gets_its_heap_to_the_byte(shared: Path) -> None:
    cases: list[dict[str, Any]] = json.loads((shared / "cases" / "jvm-heap-cases.json").read_text())["cases"]
    wrong = []
    for case in cases:
        reading = read(case["jdk"], case["limit"], " ".join(case["flags"]))
        if "error" in case:
            if not refuses(reading):
                wrong.append((case["jdk"], case["limit"], case["flags"], "should refuse"))
        elif refuses(reading) or reading.budget is None or heap_high(reading) != case["max"]:
            wrong.append((case["jdk"], case["limit"], case["flags"], case["max"]))
    assert len(cases) > 1500
    assert wrong == []


def test_the_collector_and_the_initial_heap_are_the_recorded_ones(shared: Path) -> None:
    cases: list[dict[str, Any]] = json.loads((shared / "cases" / "jvm-heap-cases.json").read_text())["cases"]
    wrong = []
    for case in cases:
        if "error" in case:
            continue
        found = joined(case["jdk"], case["limit"], tuple(case["flags"])).main
        sizes = found.sizes[1]
        if sizes is None or (sizes.collector, sizes.initial) != (case["gc"], case["init"]):
            wrong.append((case, sizes))
    assert wrong == []


def blocks(text: str) -> Iterator[tuple[str, str, bool, str]]:
    """Yield (flags, jdk, accepted, the rest of the line) of a file of recorded starts."""
    flags = ""
    for line in text.splitlines():
        if line.startswith("## "):
            flags = line[3:]
        elif match := re.match(r"\s+(\S+) => (OK|FAIL) ?(.*)", line):
            for jdk in match[1].split(","):
                yield flags, jdk, match[2] == "OK", match[3]


def flag_words(flags: str) -> tuple[str, ...]:
    """Return a block's flags as the words they were given as: a value with a blank in it is one word."""
    words = re.split(r" (?=-)", flags)
    return tuple(words)


def test_every_recorded_set_of_flags_is_accepted_or_refused_as_the_jvm_did(shared: Path) -> None:
    text = (shared / "cases" / "jvm-flags.txt").read_text()
    wrong = []
    count = 0
    for flags, jdk, accepted, rest in blocks(text):
        count += 1
        found = joined(jdk, 4096 * MIB, flag_words(flags))
        candidate = found.main
        if candidate.fails == accepted:
            wrong.append((flags, jdk, rest, [refusal.message for refusal in candidate.refusals]))
            continue
        match = re.search(r"max=(\S+)M init=\S+M gc=(\S+)", rest) if accepted else None
        if match is not None:
            sizes = candidate.sizes[1]
            assert sizes is not None
            collectors = {"ConcMarkSweep": "CMS", "?": sizes.collector}
            if f"{sizes.maximum / MIB:.5g}" != f"{float(match[1]):.5g}" or sizes.collector != collectors.get(match[2], match[2]):
                wrong.append((flags, jdk, rest, sizes))
    assert count > 900
    assert wrong == []


def test_refusals_are_told_in_the_words_of_the_jvm(shared: Path) -> None:
    text = (shared / "cases" / "jvm-flags.txt").read_text()
    told = count = 0
    for flags, jdk, accepted, rest in blocks(text):
        words = rest.split(" | ")[0].strip().removeprefix("Error: ")
        if accepted or not words or words.startswith(("Error occurred", "warning: INFO")):
            continue
        count += 1
        messages = [refusal.message for refusal in joined(jdk, 4096 * MIB, flag_words(flags)).main.refusals]
        told += any(message.removeprefix("Error: ") in words or words in message for message in messages)
    assert told >= count * 0.95


def test_the_ergonomics_of_17_and_25_in_the_lab(shared: Path) -> None:
    wrong = []
    for line in (shared / "truth" / "jvm-ergonomics.jsonl").read_text().splitlines():
        row = json.loads(line)
        limit = docker(row["limit"])
        found = joined({"17": "17.0.15", "25": "25.0.3"}[row["jdk"]], limit, tuple(row["flags"].split()))
        sizes = found.main.sizes[1]
        if (row["rc"] != 0) != found.main.fails:
            wrong.append((row["jdk"], row["limit"], row["flags"], row["message"][:200]))
        elif row["rc"] == 0 and (
            sizes is None or sizes.maximum != row["MaxHeapSize"] or (row.get("gc") or sizes.collector) != sizes.collector
        ):
            wrong.append((row["jdk"], row["limit"], row["flags"], row["MaxHeapSize"], sizes))
    assert wrong == []


STARTS = Path(__file__).parent / "data" / "jvm-starts.jsonl"
JDKS = {"8": "8u504", "11": "11.0.33", "17": "17.0.21", "21": "21.0.13", "25": "25.0.5", "26": "26.0.2", "27": "27.0.1", "28": "28ea"}


def test_a_thousand_more_sets_of_flags_on_eight_jdks() -> None:
    """Hold the reading of flags against 8,000 starts: grammar, sources, collectors and sizes, half of them drawn at random.

    Recorded in 2026-11 with Debian's builds of 8u504, 11.0.33, 17.0.21, 21.0.13, 25.0.5, 26.0.2, 27.0.1 and 28-ea+18, each in a memory
    cgroup (v1) of `limit` MiB (0: none) on 2 CPUs: `java FLAGS -XX:+PrintFlagsFinal -version`. An answer is the collector, MaxHeapSize and
    InitialHeapSize, or that the JVM refused to start. Left out: files and agents that were not there, and what the kernel killed.
    """
    wrong = []
    count = 0
    for line in STARTS.read_text().splitlines():
        row = json.loads(line)
        for versions, answer in row["answers"].items():
            for version in versions.split(","):
                count += 1
                words = tuple(known(word) for word in ("java", *row["flags"], "-version"))
                program = Program(words, {name: known(value) for name, value in row.get("env", {}).items()})
                limit = row["limit"] * MIB or None
                found = settings.read(program, surroundings(limit, image(JDKS[version]), host=HOST, cgroup=1))
                assert found is not None
                sizes = found.main.sizes[1]
                assert sizes is not None
                said = "refuses" if found.main.fails else f"{sizes.collector} {sizes.maximum} {sizes.initial}"
                recorded = answer.replace("ConcMarkSweep", "CMS").replace("?", sizes.collector)
                if said != recorded:
                    wrong.append((version, row["flags"], row.get("env"), row["limit"], recorded, said))
    assert count > 8000
    assert wrong == []


@pytest.mark.parametrize("jdk", ["8u504", "11.0.33", "17.0.15", "21.0.13", "25.0.5"])
def test_flags_mean_the_same_in_every_source(jdk: str) -> None:
    in_variable = read(jdk, 1024 * MIB, "-XX:MaxRAMPercentage=60.0")
    on_line = read(jdk, 1024 * MIB, "", ("-XX:MaxRAMPercentage=60.0",))
    assert heap_high(in_variable) == heap_high(on_line)
    assert isinstance(in_variable.options["max heap"], Known)
