"""The recipes of docs/ci.md, run as far as they can be without the servers that they are for."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT, Answer
from memlint import __version__
from runner import Runner, read

TEXT = (ROOT / "docs" / "ci.md").read_text()
RECIPES = {kind.strip(): body for kind, body in re.findall(r"<!-- test: ([a-z ]+) -->\n```\w+\n(.*?)```", TEXT, re.DOTALL)}
BIN = Path(sys.executable).parent
BAD = "services:\n  api:\n    image: eclipse-temurin:21-jre\n    command: java -Xmx512m -jar app.jar\n    mem_limit: 512m\n    memswap_limit: 512m\n"


@pytest.fixture
def tools(tmp_path: Path) -> Iterator[Path]:
    """Installers that take only what exists under our name and version, and give the memlint under test."""
    folder = tmp_path / "tools"
    folder.mkdir()
    install = (
        "#!/bin/sh\n"
        'for word; do case "$word" in install|--quiet) ;; '
        f"container-memlint=={__version__}) echo installed >> {tmp_path}/installed ;; "
        '*) echo "unknown: $word" >&2; exit 1 ;; esac; done\n'
    )
    for name in ("pip", "pipx"):
        (folder / name).write_text(install)
    (folder / "memlint").symlink_to(BIN / "memlint")
    (folder / "python3").write_text(
        f'#!/bin/sh\n[ "$1 $2" = "-m venv" ] || exit 1\nmkdir -p "$3/bin"\nln -s {folder}/pip "$3/bin/pip"\nln -s {BIN}/memlint "$3/bin/memlint"\n'
    )
    (folder / "gh").write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/gh\n')
    for path in folder.iterdir():
        if not path.is_symlink():
            path.chmod(0o755)
    yield folder
    assert (tmp_path / "installed").read_text().startswith("installed\n")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clone with an old fault on main, and a new one on the branch that is checked out."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    git("init", "-q", "-b", "main", cwd=folder)
    put(folder, "old/compose.yaml")
    git("add", ".", cwd=folder)
    git("commit", "-qm", "old", cwd=folder)
    git("update-ref", "refs/remotes/origin/main", "HEAD", cwd=folder)
    put(folder, "new/compose.yaml")
    return folder


def put(folder: Path, *paths: str) -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(BAD)


def git(*words: str, cwd: Path) -> str:
    settings = ["-c", "user.name=x", "-c", "user.email=x@example.invalid", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *settings, *words], cwd=cwd, check=True, capture_output=True, text=True).stdout.strip()


def run(script: str, cwd: Path, tools: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    base = {"PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(cwd.parent), "CI": "true"}
    return subprocess.run(["bash", "-eo", "pipefail", "-c", script], cwd=cwd, env={**base, **environment}, capture_output=True, text=True)


def runner(tmp_path: Path, workspace: Path, tools: Path) -> Runner:
    temp = tmp_path / "temp"
    temp.mkdir(exist_ok=True)
    return Runner(workspace, temp, environment={"PATH": f"{tools}:{os.environ['PATH']}"})


def test_versions_are_those_of_this_release() -> None:
    assert set(re.findall(r"container-memlint==(\S+)", TEXT)) == {__version__}
    assert set(re.findall(r"memlint@v(\S+)", TEXT)) == {__version__}
    assert set(re.findall(r"rev: v(\S+)", TEXT)) == {__version__}


def test_the_inputs_of_the_action_are_described() -> None:
    action = read((ROOT / "action.yml").read_text())
    table = TEXT.partition("| input | default |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `([a-z-]+)`", table, re.MULTILINE) == list(action["inputs"])


@pytest.mark.parametrize("name", [name for name in RECIPES if name.startswith("workflow")])
def test_workflows_hold_to_their_schema_and_zizmor_finds_nothing(name: str, tmp_path: Path) -> None:
    path = tmp_path / ".github" / "workflows" / "memlint.yml"
    path.parent.mkdir(parents=True)
    path.write_text(RECIPES[name].replace(f"memlint@v{__version__} ", f"memlint@{'0' * 40} "))
    schema = [BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", path]
    zizmor = [BIN / "zizmor", "--offline", "--no-progress", "--color=never", "--min-severity=low", path]
    for command in (schema, zizmor):
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def test_the_action_is_given_inputs_that_it_has() -> None:
    (job,) = read(RECIPES["workflow action"])["jobs"].values()
    (step,) = [step for step in job["steps"] if step["uses"].startswith("container-memlint/")]
    assert set(step["with"]) <= set(read((ROOT / "action.yml").read_text())["inputs"])


def test_the_comment_is_written_and_the_step_fails(tmp_path: Path, checkout: Path, tools: Path) -> None:
    (job,) = read(RECIPES["workflow comment"])["jobs"].values()
    made = runner(tmp_path, checkout, tools)
    made.github = {"event": {"pull_request": {"base": {"sha": git("rev-parse", "HEAD", cwd=checkout)}, "number": 7}}, "token": "x"}
    assert not made.job(job), made.errors
    assert (tmp_path / "gh").read_text() == "pr comment 7 --edit-last --create-if-none --body-file memlint.md\n"
    comment = (checkout / "memlint.md").read_text()
    assert "`new/compose.yaml:5`" in comment
    assert "`old/compose.yaml" not in comment
    assert "file=new/compose.yaml,line=5" in made.log


def test_gitlab(checkout: Path, tools: Path, tmp_path: Path) -> None:
    path = tmp_path / ".gitlab-ci.yml"
    path.write_text(RECIPES["gitlab"])
    done = subprocess.run([BIN / "check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    job: Any = read(RECIPES["gitlab"])["memlint"]
    assert set(job["artifacts"]["reports"].values()) == {"gl-code-quality-report.json", "memlint.xml"}
    for environment, count in (({}, 2), ({"CI_MERGE_REQUEST_DIFF_BASE_SHA": git("rev-parse", "HEAD", cwd=checkout)}, 1)):
        done = run("\n".join(job["script"]), checkout, tools, **environment)
        assert done.returncode == 1, done.stderr
        issues = json.loads((checkout / "gl-code-quality-report.json").read_text())
        assert sum(issue["check_name"] == "MEM201 over-limit" for issue in issues) == count
        assert (checkout / "memlint.xml").read_text().count('<failure type="error"') == count


def test_jenkins(checkout: Path, tools: Path) -> None:
    text = RECIPES["jenkins"]
    scripts = re.findall(r"sh '''\n(.*?)'''", text, re.DOTALL)
    assert text.count("{") == text.count("}")
    for target, count in ((None, 2), ("main", 1)):
        shutil.rmtree(checkout / ".memlint", ignore_errors=True)
        # Groovy takes the backslash before a line end out of a text in three single quotes; so does the shell.
        done = [run(script, checkout, tools, **({"CHANGE_TARGET": target} if target else {})) for script in scripts]
        assert [one.returncode for one in done] == [0, 1], done
        written = re.findall(r"(?:testResults|pattern): '([^']+)'", text)
        assert written == ["memlint.xml", "memlint.sarif"]
        (sarif_run,) = json.loads((checkout / "memlint.sarif").read_text())["runs"]
        active = [result for result in sarif_run["results"] if result["ruleId"] == "MEM201" and "suppressions" not in result]
        assert len(active) == count
        assert (checkout / "memlint.xml").read_text().count('<failure type="error"') == count


def test_the_parts_of_a_monorepo_give_what_one_run_gives(
    tmp_path: Path, tools: Path, memlint: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = tmp_path / "mono"
    for number in range(12):
        put(workspace, f"service{number}/deploy/compose.yaml")
    (workspace / ".github" / "workflows").mkdir(parents=True)
    (workspace / "compose.yaml").write_text("services:\n  api:\n    build: service3\n    mem_limit: 512m\n    memswap_limit: 512m\n")
    (workspace / "service3" / "Dockerfile").write_text('FROM eclipse-temurin:21-jre\nENTRYPOINT ["java", "-Xmx1g", "-jar", "app.jar"]\n')
    recipe = read(RECIPES["workflow shards"])["jobs"]
    artifacts = tmp_path / "artifacts"
    artifacts.mkdir()
    numbers = recipe["part"]["strategy"]["matrix"]["part"]
    for number in numbers:
        machine = runner(tmp_path, workspace, tools)
        machine.matrix = {"part": number}
        assert machine.job(recipe["part"]), machine.errors
        assert machine.used[-1][1] == {"name": f"part-{number}", "path": "part-*"}
        for path in workspace.glob("part-*"):
            path.rename(artifacts / path.name)
    assert len(list(artifacts.iterdir())) == 2 * len(numbers)
    machine = runner(tmp_path, artifacts, tools)
    assert not machine.job(recipe["whole"]), "there are findings"
    assert machine.used[-1][1] == {"sarif_file": "memlint.sarif"}
    whole = memlint("check", ".", "--output", "json", "--output", f"sarif={tmp_path}/whole.sarif", cwd=workspace)
    assert json.loads((artifacts / "memlint.json").read_text()) == whole.json
    assert json.loads((artifacts / "memlint.sarif").read_text()) == json.loads((tmp_path / "whole.sarif").read_text())
    assert any(finding["path"] == "compose.yaml" and finding["rule"] == "MEM201" for finding in whole.findings)
    (artifacts / "part-2.json").unlink()
    merged = memlint("merge", *(str(path) for path in sorted(artifacts.glob("part-*.json"))))
    assert merged.status == 2
    assert "shard 2 of 4 is missing" in merged.err


def test_a_part_hangs_on_the_name_of_its_folder_alone(memlint: Callable[..., Answer]) -> None:
    def holds(*names: str) -> dict[str, int]:
        files = {f"{name}/compose.yaml": BAD for name in names}
        found = {}
        for part in (1, 2, 3):
            answer = memlint("check", ".", "--shard", f"{part}/3", "--output", "json", files=files)
            found.update({finding["path"]: part for finding in answer.findings})
            assert answer.json["shard"] == {"index": part, "of": 3}
        return found

    few, more = holds("a", "b"), holds("a", "b", "c", "d", "e")
    assert len(more) == 5
    assert few.items() <= more.items()


@pytest.mark.parametrize("shard", ["0/4", "5/4", "1", "a/b", "1/0", "-1/2"])
def test_a_part_that_is_none_is_refused(memlint: Callable[..., Answer], shard: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert memlint("check", ".", f"--shard={shard}").status == 2
    assert "write 2/4 for the second of four" in capsys.readouterr().err


def test_pre_commit_recipe_names_our_hook() -> None:
    (hook,) = read((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert f"- id: {hook['id']}" in TEXT
    home = (
        tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        .get("urls", {})
        .get("Source", "https://github.com/container-memlint/memlint")
    )
    assert f"repo: {home}" in TEXT
