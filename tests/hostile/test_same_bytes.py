"""The same bytes come out whatever the order in which files are given or lie on the disk, and whatever Python's hash seed."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conftest import ROOT, Answer

pytestmark = pytest.mark.skipif(not (ROOT / "fixtures").is_dir(), reason="looks at the source tree, and this run tests the wheel")
Memlint = Callable[..., Answer]
FORMATS = ("text", "json", "sarif", "github", "gitlab", "junit", "markdown", "html")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One tree with all scenarios, and every second fixture of a rule."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "fixtures" / "scenarios", folder / "scenarios")
    for path in sorted((ROOT / "fixtures").glob("MEM*/bad"))[::2]:
        shutil.copytree(path, folder / path.parent.name)
    for path in folder.rglob(".memlint.yaml"):
        path.unlink()  # the first path that is given decides whose configuration holds
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["check", "budget", "show", "forecast"])
def test_hash_seeds(project: Path, tmp_path: Path, verb: str) -> None:
    found = set()
    outputs = [word for name in FORMATS for word in ("--output", f"{name}={tmp_path / name}")]
    for seed in ("0", "1", "4242"):
        done = subprocess.run(
            [sys.executable, "-m", "memlint", verb, "--no-render", "-v", ".", *outputs, "--output", "text"],
            cwd=project,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=False,
        )
        found.add((done.returncode, done.stdout, done.stderr, *((tmp_path / name).read_bytes() for name in FORMATS)))
    assert len(found) == 1


@pytest.mark.slow
def test_the_order_of_the_disk(memlint: Memlint, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir
    usual = memlint("check", "--no-render", "--output", "json", ".", cwd=project)

    @contextmanager
    def shuffled(path: str) -> Iterator[list[os.DirEntry[str]]]:
        with scandir(path) as entries:
            found = list(entries)
        random.shuffle(found)
        yield found

    monkeypatch.setattr(os, "scandir", shuffled)
    for _ in range(2):
        assert memlint("check", "--no-render", "--output", "json", ".", cwd=project) == usual


@pytest.mark.slow
def test_the_order_of_the_arguments(memlint: Memlint, project: Path) -> None:
    paths = sorted(str(path.relative_to(project)) for path in project.rglob("*") if path.is_file() and path.suffix in (".yaml", ".sh"))
    paths += ["scenarios", "./scenarios", "scenarios/../scenarios"]
    found = set()
    for seed in range(3):
        random.Random(seed).shuffle(paths)
        answer = memlint("check", "--no-render", "--output", "json", *paths, cwd=project)
        found.add((answer.status, answer.out))
    assert len(found) == 1
