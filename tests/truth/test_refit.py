"""The coefficients of the bill are fitted again from the open runs, and agree.

Least squares over runs that survived a filled heap: the peak is what the heap holds (a share of -Xmx for each collector) plus the JVM itself, classes,
compiled code and threads; direct buffers and the collectors' fixed tables are taken as they are. Every run weighs the same in per cent.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from memlint.api import KIB, MIB
from memlint.runtimes.jvm import bill
from truth.runs import Run, collector, counted, load, maximum_heap

DATA = Path(__file__).parent / "data" / "jvm-runs.jsonl"
COLLECTORS = ("Parallel", "Parallel before JDK 21", "G1", "Z", "generational Z", "Shenandoah")
UNKNOWNS = ("base", "class", "code", "thread", *COLLECTORS)


def named(run: Run) -> str:
    name = collector(run)
    if name == "Parallel" and int(run["jdk"]) < 21:
        return "Parallel before JDK 21"
    return "generational Z" if name == "Z" and (int(run["jdk"]) >= 23 or "-XX:+ZGenerational" in run["flags"]) else name


def fittable(runs: Sequence[Run]) -> list[Run]:
    """Leave out what the linear model does not claim to explain: bounds that bite, deep stacks, heaps that were not filled, and JDK 11's JIT.

    Serial on JDK 25 fills its heap only after some time, so short runs say nothing of it; JDK 11 compiled in bursts whose arenas were the peak.
    """
    return [
        run
        for run in counted(runs)
        if run["outcome"] == "survived"
        and run["group"] not in ("bounds", "serialxms", "held", "cgroup-v2")
        and run["load"].get("stack_depth", 0) <= 1_000
        and run["load"].get("churn_mb_s")
        and run["jdk"] != "11"
        and not (collector(run) == "Serial" and run["jdk"] == "25")
    ]


def equation(run: Run) -> tuple[list[float], float]:
    """Return one weighted equation: factors of UNKNOWNS, and what they have to make, as shares of the peak."""
    name, work, peak = named(run), run["load"], run["peak"]["hard"]
    heap = maximum_heap(run)
    tables = bill._COLLECTORS[name]
    known = work.get("direct_mb", 0) * MIB + tables.flat
    if name == "Serial":
        known += (tables.touched[1] + tables.tables) * heap  # its survivor space is arithmetic, not fitted
    factors = [1.0, work.get("classes", 0), max(work.get("codecache_mb", 0), 2) * MIB, work.get("threads", 0)]
    factors += [float(heap) if name == other else 0.0 for other in COLLECTORS]
    return [factor / peak for factor in factors], (peak - known) / peak


def least_squares(equations: Sequence[tuple[list[float], float]]) -> list[float]:
    """Solve the normal equations by elimination; columns are scaled, as bytes and counts differ by six orders."""
    size = len(equations[0][0])
    scale = [max(abs(row[column]) for row, _ in equations) or 1.0 for column in range(size)]
    rows = [([value / unit for value, unit in zip(row, scale, strict=True)], target) for row, target in equations]
    matrix = [
        [sum(row[i] * row[j] for row, _ in rows) for j in range(size)] + [sum(row[i] * target for row, target in rows)] for i in range(size)
    ]
    for column in range(size):
        pivot = max(range(column, size), key=lambda line: abs(matrix[line][column]))
        matrix[column], matrix[pivot] = matrix[pivot], matrix[column]
        for line in range(size):
            if line != column:
                factor = matrix[line][column] / matrix[column][column]
                matrix[line] = [value - factor * above for value, above in zip(matrix[line], matrix[column], strict=True)]
    return [matrix[column][size] / matrix[column][column] / scale[column] for column in range(size)]


@pytest.fixture(scope="module")
def runs(shared: Path) -> list[Run]:
    return fittable(load(shared / "truth" / "jvm-runs.jsonl") + load(DATA))


def written() -> dict[str, float]:
    """Return the coefficients as the bill has them."""
    thread = bill.THREAD + bill.FRAME * bill.USUAL_DEPTH
    held = {name: bill._COLLECTORS[name].touched[1] + bill._COLLECTORS[name].tables for name in COLLECTORS}
    return {"base": bill.JVM_ITSELF, "class": bill.CLASS, "code": bill.CODE, "thread": thread, **held}


# How far a refit may lie from what is written: about two standard errors of the fit, and for Parallel and G1 what a minute of load adds to
# the runs of some seconds (measured: up to 0.05 of the heap).
TOLERANCE = {
    "base": 5 * MIB,
    "class": 0.6 * KIB,
    "code": 0.3,
    "thread": 15 * KIB,
    "Parallel": 0.02,
    "Parallel before JDK 21": 0.05,
    "G1": 0.02,
    "Z": 0.015,
    "generational Z": 0.02,
    "Shenandoah": 0.015,
}


def test_every_coefficient_is_what_the_runs_say(runs: list[Run]) -> None:
    assert len(runs) > 120
    found = dict(zip(UNKNOWNS, least_squares([equation(run) for run in runs]), strict=True))
    for name, value in written().items():
        assert found[name] == pytest.approx(value, abs=TOLERANCE[name]), name


def test_each_half_of_the_runs_predicts_the_other(runs: list[Run]) -> None:
    ordered = sorted(runs, key=lambda run: str(run["name"]))
    for fitted, judged in ((ordered[::2], ordered[1::2]), (ordered[1::2], ordered[::2])):
        solution = least_squares([equation(run) for run in fitted])
        errors = [
            abs(target - sum(factor * value for factor, value in zip(row, solution, strict=True))) for row, target in map(equation, judged)
        ]
        assert sum(errors) / len(errors) < 0.03


def test_what_is_written_predicts_the_runs_that_nothing_was_fitted_to() -> None:
    held = [run for run in counted(load(DATA)) if run["group"] == "held" and not (collector(run) == "Serial" and run["jdk"] == "25")]
    coefficients = list(written().values())
    errors = []
    for run in held:
        if run["outcome"] == "survived":
            row, target = equation(run)
            errors.append(abs(target - sum(factor * value for factor, value in zip(row, coefficients, strict=True))))
    assert len(errors) > 20
    assert sum(errors) / len(errors) < 0.03
