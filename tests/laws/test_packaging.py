"""The five traps of shipping `rules/` as `memlint_rules`, each with its guard."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from conftest import ROOT, run_memlint
from memlint import plugins

TREE = (ROOT / "memlint").is_dir()
needs_tree = pytest.mark.skipif(not TREE, reason="looks at the source tree, and this run tests the wheel")


@needs_tree
def test_only_the_entry_point_names_the_rules_package() -> None:
    named = []
    for path in (ROOT / "memlint").rglob("*.py"):
        tree = ast.parse(path.read_text())
        named += [
            path
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant | ast.Name)
            and "memlint_rules" in str(getattr(node, "value", getattr(node, "id", "")))
            and "hook" not in path.name
            and str(getattr(node, "value", "")) != "memlint_rules"
        ]
        named += [path for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom) and "memlint_rules" in ast.dump(node)]
    assert not named


@needs_tree
def test_every_folder_of_code_is_a_listed_package() -> None:
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    found = {"memlint_rules"} | {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "memlint").rglob("__init__.py")}
    assert listed == found


def test_no_rules_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plugins, "entry_points", lambda _group: [])
    answer = run_memlint("check", ".", "--output", "json")
    assert answer.status == 2
    assert "json" in answer.err or "no rules" in answer.err


@needs_tree
def test_the_wheel_is_tested_with_bare_pytest() -> None:
    script = (ROOT / "scripts" / "test-wheel").read_text()
    assert '/bin/pytest"' in script
    assert "-m pytest" not in script


@needs_tree
@pytest.mark.slow
@pytest.mark.xdist_group("build")
def test_the_sdist_carries_fixtures_tests_and_docs(tmp_path: Path) -> None:
    import tarfile

    subprocess.run([sys.executable, "-m", "build", "--sdist", "--outdir", str(tmp_path), str(ROOT)], check=True, capture_output=True)
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        inside = {name.split("/", 1)[1] for name in tar.getnames() if "/" in name}
    for folder in ("fixtures", "tests", "docs", "rules"):
        assert any(name.startswith(f"{folder}/") for name in inside), folder
