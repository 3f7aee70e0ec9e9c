"""The JVM's bill: what flags, footprints and the kind of application make of it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memlint.api import GIB, MIB, Confidence, Footprint, Known, MemoryBudget, Part, Unknown, Verdict, verdict
from memlint.runtimes.jvm.applications import CASSANDRA, ELASTICSEARCH, NETTY_SERVICE, SPRING_BOOT, Application
from memlint.runtimes.jvm.bill import bill, largest_heap
from memlint.runtimes.jvm.options import Heap, JvmOptions, Version
from truth.runs import ORIGIN, surroundings


def jvm(heap: int = 512, major: int = 17, collector: str = "Serial", initial: int = 16, **more: Any) -> JvmOptions:
    size = heap * MIB
    settings: dict[str, Any] = {
        "vendor": "hotspot",
        "versions": (Version(major, None, None, "test"),),
        "cpus": 2,
        "collectors": (collector,),
        "heap": Heap(size, size, size, min(initial * MIB, size), ORIGIN, f"-Xmx{heap}m"),
        "sees_limit": True,
    }
    return JvmOptions(**{**settings, **more})


def known(size: int) -> Known[int]:
    return Known(size * MIB, ORIGIN)


def billed(options: JvmOptions, application: Application | None = None, limit: int = GIB, **footprint: int) -> MemoryBudget:
    budget = bill(options, surroundings(limit, footprint), application)
    assert budget is not None
    return budget


def part(budget: MemoryBudget, name: str) -> Part:
    return next(one for one in budget.parts if one.name == name)


def test_every_part_has_its_name_and_the_heap_its_exact_bound() -> None:
    budget = billed(jvm(512))
    assert [one.name for one in budget.parts] == ["heap", "GC", "metaspace", "code cache", "threads", "direct", "native"]
    assert part(budget, "heap").high == 512 * MIB
    assert part(budget, "heap").origin == ORIGIN


@pytest.mark.parametrize(
    ("collector", "major", "held"),
    [("Serial", 17, (0.96, 0.97)), ("G1", 21, (0.98, 1.0)), ("Z", 21, (1.0, 1.0)), ("Shenandoah", 17, (1.0, 1.0))],
)
def test_a_full_heap_is_held_as_far_as_the_collector_can_fill_it(collector: str, major: int, held: tuple[float, float]) -> None:
    heap = part(billed(jvm(1000, major, collector)), "heap")
    assert held[0] * 1000 * MIB <= heap.expected <= held[1] * 1000 * MIB + 1
    assert heap.low < 1000 * MIB


def test_a_fixed_young_generation_decides_how_much_of_a_serial_heap_stays_empty() -> None:
    heap = part(billed(jvm(1000, new_size=known(600))), "heap")
    assert heap.expected == pytest.approx(940 * MIB, rel=0.001)  # one survivor space of a tenth of 600 MiB


def test_serial_on_jdk_25_fills_less_of_a_heap_that_starts_small() -> None:
    grown = part(billed(jvm(1024, 25), limit=2 * GIB), "heap")
    fixed = part(billed(jvm(1024, 25, initial=1024), limit=2 * GIB), "heap")
    assert grown.low <= 0.62 * 1024 * MIB < fixed.low
    assert grown.expected < fixed.expected
    assert part(billed(jvm(1024, 21)), "heap").low == fixed.low


def test_pre_touch_holds_the_initial_heap_from_the_start() -> None:
    heap = part(billed(jvm(512, initial=512, always_pre_touch=True)), "heap")
    assert (heap.low, heap.expected, heap.high) == (512 * MIB,) * 3


def test_a_heap_that_cannot_be_known_has_no_bill() -> None:
    assert bill(jvm(heap=64), surroundings(GIB), None) is not None
    assert bill(jvm()._replace(heap=Unknown("${HEAP} from outside")), surroundings(GIB), None) is None


def test_candidates_of_an_unknown_version_span_the_bill() -> None:
    options = jvm(collectors=("Serial", "G1"), versions=(Version(8, None, None, ""), Version(27, None, None, "")))
    options = options._replace(heap=Heap(126 * MIB, 256 * MIB, 512 * MIB, 8 * MIB, None, "default"))
    heap = part(billed(options), "heap")
    assert heap.low < 126 * MIB < heap.expected < 256 * MIB < (heap.high or 0)
    assert heap.high == 512 * MIB
    assert billed(options, SPRING_BOOT, classes=9000, threads=40).confidence is Confidence.MEDIUM


def test_classes_and_compiled_code_make_the_metaspace() -> None:
    few, many = (part(billed(jvm(), classes=count, code_cache=24 * MIB), "metaspace") for count in (5_000, 25_000))
    assert many.expected - few.expected == pytest.approx(20_000 * 6.2 * 1024, rel=0.01)
    assert few.high is None
    assert "MaxMetaspaceSize" in few.basis


def test_a_metaspace_bound_turns_a_kill_into_an_error_and_caps_the_part() -> None:
    budget = billed(jvm(640, max_metaspace=known(64)), classes=15_000, threads=60, direct=32 * MIB, code_cache=24 * MIB)
    metaspace = part(budget, "metaspace")
    assert metaspace.expected == metaspace.high == 64 * MIB
    assert "OutOfMemoryError" in metaspace.basis
    assert budget.high is not None


def test_a_footprint_replaces_a_guess_and_never_a_flag() -> None:
    options = jvm(max_metaspace=known(128), max_direct=known(16))
    budget = billed(options, metaspace=150 * MIB, direct=200 * MIB, code_cache=40 * MIB)
    assert part(budget, "metaspace").expected == 128 * MIB
    assert part(budget, "direct").expected == part(budget, "direct").high == 16 * MIB
    assert part(budget, "code cache").expected == 40 * MIB


def test_scenario_1_with_its_own_numbers_is_what_the_kernel_measured() -> None:
    # lab.md 2: -m 1g -Xmx512m, 150 MB of metaspace, 50 threads, 200 MB direct: 884 to 890 MiB, survived; with 400 MB direct it was killed.
    told = {"metaspace": 150 * MIB, "threads": 50, "code_cache": 2 * MIB}
    alive, dead = (billed(jvm(512), direct=size * MIB, **told) for size in (200, 400))
    assert alive.expected == pytest.approx(887 * MIB, rel=0.02)
    assert part(alive, "metaspace").expected == 150 * MIB
    assert part(alive, "direct").expected == 200 * MIB
    assert verdict(alive, known(1024)) is Verdict.TIGHT
    assert dead.expected > 1024 * MIB


def test_threads_cost_what_they_touch_and_xss_only_bounds_them() -> None:
    small, large = (billed(jvm(thread_stack=known(size)), threads=1_000) for size in (1, 8))
    assert part(small, "threads").expected == part(large, "threads").expected == pytest.approx(83 * MIB, rel=0.1)
    assert part(large, "threads").high > 8_000 * MIB > (part(small, "threads").high or 0)  # type: ignore[operator]  # threads are bounded by their count
    deep = part(billed(jvm(), threads=1_000, stack_depth=2_500), "threads")
    assert deep.expected > 500 * MIB


def test_direct_memory_follows_the_heap_unless_a_flag_bounds_it() -> None:
    assert part(billed(jvm(700)), "direct").high == 700 * MIB
    assert part(billed(jvm(700, max_direct=known(64))), "direct").high == 64 * MIB
    assert part(billed(jvm(800), ELASTICSEARCH), "direct").high == 400 * MIB
    assert part(billed(jvm(700, 8, vendor="openj9")), "direct").high == 700 * MIB * 7 // 8


@pytest.mark.parametrize(
    ("properties", "bound"), [({}, 512), ({"io.netty.maxDirectMemory": str(64 * MIB)}, 64), ({"io.netty.maxDirectMemory": "a lot"}, 512)]
)
def test_netty_has_a_second_pool_with_a_bound_of_its_own(properties: dict[str, str], bound: int) -> None:
    pool = part(billed(jvm(512, properties=properties), NETTY_SERVICE), "direct (netty)")
    assert pool.high == bound * MIB
    assert 0 < pool.expected < pool.high


def test_netty_within_the_limit_of_the_jdk_has_no_second_pool() -> None:
    names = [one.name for one in billed(jvm(properties={"io.netty.maxDirectMemory": "0"}), NETTY_SERVICE).parts]
    assert "direct (netty)" not in names


def test_measured_direct_memory_counts_once() -> None:
    assert part(billed(jvm(), NETTY_SERVICE, direct=90 * MIB), "direct (netty)").expected == 0


@pytest.mark.parametrize(
    ("more", "bound"),
    [
        ({}, 240),
        ({"tiered_stop_at": 1}, 48),
        ({"tiered_stop_at": 0}, 48),
        ({"reserved_code_cache": known(64)}, 64),
        ({"vendor": "openj9"}, 256),
    ],
)
def test_the_reserved_code_cache_is_a_bound_and_never_the_cost(more: dict[str, Any], bound: int) -> None:
    code = part(billed(jvm(**more)), "code cache")
    assert code.high == bound * MIB
    assert code.expected <= 32 * MIB


def test_what_is_known_of_the_application_changes_the_confidence() -> None:
    assert billed(jvm()).confidence is Confidence.LOW
    assert billed(jvm(), SPRING_BOOT).confidence is Confidence.MEDIUM
    assert billed(jvm(), SPRING_BOOT, classes=12_000, threads=40).confidence is Confidence.HIGH
    assert billed(jvm(vendor="openj9"), classes=12_000, threads=40).confidence is Confidence.LOW


def test_native_libraries_of_an_application_are_counted() -> None:
    assert part(billed(jvm(), CASSANDRA), "native").expected > part(billed(jvm()), "native").expected + 50 * MIB


def test_a_native_image_has_neither_metaspace_nor_code_cache() -> None:
    budget = billed(jvm(400, vendor="native-image"))
    assert [one.name for one in budget.parts] == ["heap", "GC", "threads", "direct", "native"]
    assert 420 * MIB < budget.expected < 480 * MIB
    assert budget.high is not None
    assert budget.high > 2 * 400 * MIB  # its copying collector may need the heap twice


def test_a_measured_total_raises_the_native_part_and_never_lowers_it() -> None:
    def with_total(**measured: int) -> MemoryBudget:
        budget = bill(jvm(512), surroundings(2 * GIB, footprint=Footprint({"measured": measured})), None)
        assert budget is not None
        return budget

    plain = billed(jvm(512))
    resident, cached, small = with_total(resident=900 * MIB), with_total(working_set=900 * MIB), with_total(resident=300 * MIB)
    assert resident.expected == cached.expected == 900 * MIB
    assert plain.low + 200 * MIB < resident.low <= 900 * MIB
    assert cached.low == plain.low
    assert small == plain


def test_the_largest_heap_fits_and_the_next_one_does_not() -> None:
    options, around = jvm(900), surroundings(GIB, {"classes": 15_000, "threads": 60})
    heap = largest_heap(options, around, None, GIB)
    for size, fits in ((heap, True), (heap + 16 * MIB, False)):
        budget = bill(options._replace(heap=Heap(size, size, size, 8 * MIB, None, "")), around, None)
        assert (verdict(budget, Known(GIB, ORIGIN)) in (Verdict.FITS, Verdict.TIGHT)) is fits
    assert largest_heap(options, around, None, 64 * MIB) == 0


@given(
    heap=st.integers(1, 40_000),
    major=st.sampled_from((8, 11, 17, 21, 25, 27)),
    collector=st.sampled_from(("Serial", "Parallel", "G1", "Z", "Shenandoah", "CMS", "Epsilon")),
    vendor=st.sampled_from(("hotspot", "openj9", "native-image")),
    application=st.sampled_from((None, SPRING_BOOT, ELASTICSEARCH, CASSANDRA, NETTY_SERVICE)),
    bounds=st.lists(st.none() | st.integers(0, 4_000), min_size=5, max_size=5),
    footprint=st.dictionaries(
        st.sampled_from(("classes", "threads", "direct", "metaspace", "code_cache", "native", "stack_depth")), st.integers(-5, 1 << 34)
    ),
    stop=st.sampled_from((None, 0, 1, 4)),
)
def test_every_part_is_ordered_and_says_where_it_comes_from(
    heap: int,
    major: int,
    collector: str,
    vendor: str,
    application: Application | None,
    bounds: list[int | None],
    footprint: dict[str, int],
    stop: int | None,
) -> None:
    metaspace, code, direct, stack, young = (None if bound is None else known(bound) for bound in bounds)
    options = jvm(
        heap,
        major,
        collector,
        vendor=vendor,
        max_metaspace=metaspace,
        reserved_code_cache=code,
        max_direct=direct,
        thread_stack=stack,
        new_size=young,
        tiered_stop_at=stop,
    )
    for one in billed(options, application, **footprint).parts:
        assert 0 <= one.low <= one.expected
        assert one.high is None or one.expected <= one.high
        assert one.basis
