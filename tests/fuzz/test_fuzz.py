"""Every target on its seeds, on what once broke it, and on some mutations; the same ones each time. `make fuzz` takes its time."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz import targets

FAST = sorted(set(targets.TARGETS) - {"whole", "reporters"})
KEPT = sorted(path for path in targets.KEPT.glob("*/*") if path.is_file())
RELAXED = settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a text names is not there."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_once_broke_it(path: Path) -> None:
    targets.TARGETS[path.parent.name](path.read_bytes().decode("utf-8", "replace"))


@pytest.mark.parametrize("target", FAST)
def test_seeds(target: str) -> None:
    for seed in targets.seeds(target):
        targets.TARGETS[target](seed)


@pytest.mark.slow
@pytest.mark.parametrize("target", ["reporters", "whole"])
def test_seeds_of_the_whole(target: str) -> None:
    for seed in targets.seeds(target):
        targets.TARGETS[target](seed)


@pytest.mark.parametrize("target", FAST)
@given(number=st.integers(0, 1 << 32))
@settings(RELAXED, max_examples=150)
def test_mutations(target: str, number: int) -> None:
    random = Random(number)
    targets.TARGETS[target](targets.mutate(random.choice(targets.seeds(target)), random, target))


@pytest.mark.slow
@pytest.mark.parametrize("target", ["reporters", "whole"])
@given(number=st.integers(0, 1 << 32))
@settings(RELAXED, max_examples=60)
def test_mutations_of_the_whole(target: str, number: int) -> None:
    random = Random(number)
    targets.TARGETS[target](targets.mutate(random.choice(targets.seeds(target)), random, target))


@pytest.mark.parametrize("target", FAST)
@given(text=st.text(max_size=300))
@settings(RELAXED, max_examples=100)
def test_any_text(target: str, text: str) -> None:
    targets.TARGETS[target](text)
