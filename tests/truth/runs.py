"""Runs of real JVMs under memory cgroups, as the bill sees them, and the score that the product is held to."""

import json
import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from memlint.api import MIB, Footprint, Known, MemoryBudget, Origin, Program, Span, Surroundings, Verdict, verdict
from memlint.runtimes.jvm.bill import bill
from memlint.runtimes.jvm.options import Heap, JvmOptions, Version

AT = Span("run.sh", 2, 1, 2, 2, 10, 11)
ORIGIN = Origin(AT, "test")
SIZES = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
Run = dict[str, Any]


def load(path: Path) -> list[Run]:
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def size(text: str) -> int:
    return int(text[:-1]) * SIZES[text[-1].lower()] if text[-1].lower() in SIZES else int(text)


def flag(run: Run, start: str) -> Known[int] | None:
    found = [size(word.removeprefix(start)) for word in run["flags"] if word.startswith(start)]
    return Known(found[-1], ORIGIN) if found else None


def collector(run: Run) -> str:
    for word, name in (("Serial", "Serial"), ("Parallel", "Parallel"), ("G1", "G1"), ("Z", "Z"), ("Shenandoah", "Shenandoah")):
        if f"-XX:+Use{word}GC" in run["flags"]:
            return name
    return "Serial" if run["limit_bytes"] < 1792 * MIB else "G1"


def maximum_heap(run: Run) -> int:
    """Return the maximum heap size of a run: its -Xmx, or what Runtime.maxMemory() said plus the survivor space that it leaves out."""
    if run.get("xmx"):
        return -(-int(run["xmx"]) // (2 * MIB)) * 2 * MIB
    return {"Serial": run["max_heap"] * 30 // 29, "Parallel": run["max_heap"] * 9 // 8}.get(collector(run), int(run["max_heap"]))


def options(run: Run) -> JvmOptions:
    most = maximum_heap(run)
    initial = flag(run, "-Xms")
    major = int(run["jdk"])
    return JvmOptions(
        vendor="hotspot",
        versions=(Version(major, None, None, "test"),),
        cpus=2,
        collectors=(collector(run),),
        heap=Heap(
            most, most, most, min(initial.value if initial else max(run["limit_bytes"] // 64, 8 * MIB), most), ORIGIN, f"-Xmx{most // MIB}m"
        ),
        sees_limit=True,
        max_metaspace=flag(run, "-XX:MaxMetaspaceSize="),
        reserved_code_cache=flag(run, "-XX:ReservedCodeCacheSize="),
        max_direct=flag(run, "-XX:MaxDirectMemorySize="),
        thread_stack=flag(run, "-Xss"),
        always_pre_touch="-XX:+AlwaysPreTouch" in run["flags"],
        generational_z=major >= 23 or "-XX:+ZGenerational" in run["flags"],
    )


def surroundings(limit: int, told: dict[str, Any] | None = None, **more: Any) -> Surroundings:
    settings: dict[str, Any] = {
        "platform": "docker",
        "limit": Known(limit, ORIGIN),
        "request": None,
        "cpu_limit": Known(2000, ORIGIN),
        "cpu_request": None,
        "image": None,
        "image_reference": "",
        "mounts": (),
        "footprint": Footprint({"jvm": told} if told else {}),
        "host_memory": None,
        "cgroup": None,
        "files": None,
        "at": AT,
    }
    return Surroundings(**{**settings, **more})


def footprint(run: Run) -> dict[str, int]:
    """Return what the score tells memlint of a run's application: nothing of stack depth or of how full the heap is."""
    work = run["load"]
    told = {
        "classes": work.get("classes"),
        "threads": work.get("threads"),
        "direct": None if work.get("direct_mb") is None else work["direct_mb"] * MIB,
        "code_cache": None if work.get("codecache_mb") is None else work["codecache_mb"] * MIB,
    }
    return {key: value for key, value in told.items() if value is not None}


def billed(run: Run) -> MemoryBudget:
    budget = bill(options(run), surroundings(run["limit_bytes"], footprint(run)), None)
    assert budget is not None
    return budget


@dataclass(frozen=True)
class Score:
    """The figures of ../shared/truth/score."""

    runs: int
    killed: int
    precision: float
    recall: float
    decided_precision: float
    decided_recall: float
    marginal: float
    error: float
    outside: tuple[str, ...]
    alive: int
    wrong: tuple[str, ...]


def counted(runs: Iterable[Run]) -> list[Run]:
    return [run for run in runs if run["mode"] == "full" and run["outcome"] in ("survived", "oom-killed")]


def rates(pairs: list[tuple[Run, bool]]) -> tuple[float, float]:
    """Return precision and recall of "will be OOM-killed"."""
    right = sum(said and run["outcome"] == "oom-killed" for run, said in pairs)
    said_so = sum(said for _, said in pairs)
    died = sum(run["outcome"] == "oom-killed" for run, _ in pairs)
    return right / said_so if said_so else 1.0, right / died if died else 1.0


def dies(budget: MemoryBudget, limit: int) -> tuple[bool, Verdict]:
    found = verdict(budget, Known(limit, ORIGIN))
    return (budget.expected > limit if found is Verdict.MARGINAL else found in (Verdict.OVER, Verdict.LIKELY_OVER)), found


def score(runs: Iterable[Run], judge: Callable[[Run], MemoryBudget] = billed) -> Score:
    judged = [(run, judge(run)) for run in counted(runs)]
    said = [(run, budget, *dies(budget, run["limit_bytes"])) for run, budget in judged]
    decided = [(run, death) for run, _, death, found in said if found is not Verdict.MARGINAL]
    alive = [(run, budget) for run, budget in judged if run["outcome"] == "survived"]
    hard = [run["peak"]["hard"] for run, _ in alive]
    return Score(
        len(said),
        sum(run["outcome"] == "oom-killed" for run, *_ in said),
        *rates([(run, death) for run, _, death, _ in said]),
        *rates(decided),
        1 - len(decided) / len(said),
        statistics.median(abs(budget.expected - peak) / peak for (_, budget), peak in zip(alive, hard, strict=True)),
        tuple(
            run["name"]
            for (run, budget), peak in zip(alive, hard, strict=True)
            if peak < budget.low or (budget.high is not None and peak > budget.high)
        ),
        len(alive),
        tuple(run["name"] for run, _, death, _ in said if death != (run["outcome"] == "oom-killed")),
    )


def read(run: Run) -> MemoryBudget:
    """Return the bill that memlint itself makes of a run, from the flags in JAVA_TOOL_OPTIONS and the tag of the image."""
    from memlint.runtimes.jvm import Model

    words = tuple(Known(word, ORIGIN) for word in ("java", "-jar", "app.jar"))
    program = Program(words, {"JAVA_TOOL_OPTIONS": Known(" ".join(run["flags"]), ORIGIN)})
    reading = Model().read(program, surroundings(run["limit_bytes"], footprint(run), image_reference=f"eclipse-temurin:{run['jdk']}"))
    assert reading is not None
    assert reading.budget is not None
    return reading.budget
