"""The GitHub Action, with a runner played by the suite: what a repository gets that copies it."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import ROOT
from runner import Runner, read

ACTION = (ROOT / "action.yml").read_text()
GOOD = "services:\n  api:\n    image: eclipse-temurin:21-jre\n    command: java -Xmx512m -jar app.jar\n    mem_limit: 2g\n    memswap_limit: 2g\n"
BAD = GOOD.replace("2g", "512m")
MEMLINT = Path(sys.executable).parent / "memlint"

Play = Callable[..., tuple[bool, dict[str, str]]]


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A runner whose Python makes environments that hold the memlint under test."""
    temp, workspace = tmp_path / "temp", tmp_path / "workspace"
    temp.mkdir()
    workspace.mkdir()
    python = tmp_path / "python"
    python.write_text(
        "#!/bin/sh\n"
        'if [ "$1 $2" = "-m venv" ]; then\n'
        f'  mkdir -p "$3/bin"; ln -sf {MEMLINT} "$3/bin/memlint"; ln -sf "$0" "$3/bin/python"\n'
        "else\n"
        f'  echo "$@" >> {tmp_path}/pip\n'
        "fi\n"
    )
    python.chmod(0o755)
    return Runner(workspace, temp, answers={"actions/setup-python": {"python-path": str(python)}})


def git(*words: str, cwd: Path) -> str:
    settings = ["-c", "user.name=x", "-c", "user.email=x@example.invalid", "-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main"]
    return subprocess.run(["git", *settings, *words], cwd=cwd, check=True, capture_output=True, text=True).stdout.strip()


def test_a_repository_without_faults_passes(runner: Runner) -> None:
    (runner.workspace / "compose.yaml").write_text(GOOD)
    good, outputs = runner.action(ACTION, {}, ROOT)
    assert good, runner.errors
    assert outputs == {"status": "0", "sarif-file": ""}
    assert [name.partition("@")[0] for name, _ in runner.used] == ["actions/setup-python"]
    assert runner.used[0][1] == {"python-version": "3.13", "update-environment": "False"}
    assert runner.summary.startswith("### memlint: ")


def test_a_finding_fails_the_step_with_annotations_and_a_summary(runner: Runner) -> None:
    (runner.workspace / "compose.yaml").write_text(BAD)
    good, outputs = runner.action(ACTION, {}, ROOT)
    assert not good
    assert outputs["status"] == "1"
    assert re.search(r"^::error file=compose\.yaml,line=5,.*title=MEM201 over-limit::", runner.log, re.MULTILINE)
    assert "MEM201 over-limit" in runner.summary


def test_what_cannot_be_judged_is_status_2(runner: Runner) -> None:
    (runner.workspace / "compose.yaml").write_text("services: [")
    good, outputs = runner.action(ACTION, {}, ROOT)
    assert (good, outputs["status"]) == (False, "2")


def test_it_installs_its_own_commit_with_pinned_dependencies(runner: Runner, tmp_path: Path) -> None:
    runner.action(ACTION, {}, ROOT)
    assert (tmp_path / "pip").read_text() == (
        f"-m pip install --quiet --disable-pip-version-check --constraint {ROOT}/requirements-action.txt {ROOT}\n"
    )


def test_sarif_is_uploaded_even_where_there_are_findings(runner: Runner) -> None:
    (runner.workspace / "compose.yaml").write_text(BAD)
    good, outputs = runner.action(ACTION, {"upload-sarif": "true"}, ROOT)
    assert not good
    assert outputs["sarif-file"] == f"{runner.temp}/memlint.sarif"
    assert json.loads(Path(outputs["sarif-file"]).read_text())["runs"][0]["results"]
    assert runner.used[1] == (
        "github/codeql-action/upload-sarif@8aad20d150bbac5944a9f9d289da16a4b0d87c1e",
        {"sarif_file": outputs["sarif-file"], "category": "memlint"},
    )


def test_a_sarif_file_alone_is_not_uploaded(runner: Runner) -> None:
    (runner.workspace / "compose.yaml").write_text(GOOD)
    good, outputs = runner.action(ACTION, {"sarif-file": "out/memlint.sarif"}, ROOT)
    assert not good, "the folder is not there: a report that cannot be written is told"
    (runner.workspace / "out").mkdir()
    good, outputs = runner.action(ACTION, {"sarif-file": "out/memlint.sarif"}, ROOT)
    assert good
    assert (runner.workspace / outputs["sarif-file"]).is_file()
    assert len(runner.used) == 2, "Python, twice"


def test_inputs_are_passed_on(runner: Runner) -> None:
    for name in ("a", "b c", "left out"):
        (runner.workspace / name).mkdir()
        (runner.workspace / name / "compose.yaml").write_text(BAD)
    (runner.workspace / "memlint.yaml").write_text("ignore: [MEM202]\n")
    good, outputs = runner.action(
        ACTION, {"paths": "a\nb c\n", "fail-on": "never", "profile": "strict", "config": "memlint.yaml", "diff-base": "none"}, ROOT
    )
    assert (good, outputs["status"]) == (True, "0")
    assert {line.split("file=")[1].split(",")[0] for line in runner.log.splitlines()} == {"a/compose.yaml", "b c/compose.yaml"}


@pytest.mark.parametrize("name", [name for name in read(ACTION)["inputs"] if name != "python-version"])
@pytest.mark.parametrize(
    "value", ["$(touch owned)", "`touch owned`", '"; touch owned; "', "x\n::error::owned", "--output=json=owned", "-rf"]
)
def test_no_input_becomes_a_command(runner: Runner, name: str, value: str) -> None:
    (runner.workspace / "compose.yaml").write_text(GOOD)
    runner.action(ACTION, {name: value}, ROOT)
    assert not (runner.workspace / "owned").exists()
    assert "owned\n" not in (runner.temp / "2-output").read_text().replace("sarif=", "", 1) or name == "sarif-file"
    assert not re.search(r"^::error::owned", runner.log + runner.errors, re.MULTILINE)


@pytest.fixture
def pull_request(runner: Runner, tmp_path: Path) -> dict[str, str]:
    """A checkout of depth 1, as actions/checkout makes it: the commit that the pull request is based on is not there."""
    origin = tmp_path / "origin"
    origin.mkdir()
    git("init", "-q", cwd=origin)
    (origin / "old.compose.yaml").write_text(BAD)
    git("add", ".", cwd=origin)
    git("commit", "-qm", "base", cwd=origin)
    base = git("rev-parse", "HEAD", cwd=origin)
    (origin / "new").mkdir()
    git("checkout", "-qb", "change", cwd=origin)
    shutil.rmtree(runner.workspace)
    return {"origin": str(origin), "base": base}


def checkout(runner: Runner, request: dict[str, str], **files: str) -> None:
    origin = Path(request["origin"])
    for name, text in files.items():
        (origin / name.replace("__", "/").replace("_yaml", ".yaml")).write_text(text)
    git("add", ".", cwd=origin)
    git("commit", "-qm", "change", "--allow-empty", cwd=origin)
    git("clone", "-q", "--depth=1", "--branch=change", origin.as_uri(), str(runner.workspace), cwd=origin.parent)
    runner.github = {"event": {"pull_request": {"base": {"sha": request["base"]}}}}


def test_a_pull_request_counts_what_its_base_does_not_have(runner: Runner, pull_request: dict[str, str]) -> None:
    checkout(runner, pull_request, new__compose_yaml=BAD)
    good, outputs = runner.action(ACTION, {}, ROOT)
    assert (good, outputs["status"]) == (False, "1"), runner.errors
    assert "file=new/compose.yaml" in runner.log
    assert "file=old.compose.yaml" not in runner.log


def test_a_pull_request_that_adds_nothing_passes(runner: Runner, pull_request: dict[str, str]) -> None:
    checkout(runner, pull_request, new__compose_yaml=GOOD)
    good, outputs = runner.action(ACTION, {}, ROOT)
    assert (good, outputs["status"]) == (True, "0"), runner.errors
    assert runner.action(ACTION, {"diff-base": "none"}, ROOT)[1]["status"] == "1"


def test_a_base_that_cannot_be_had_is_told(runner: Runner, pull_request: dict[str, str]) -> None:
    checkout(runner, pull_request)
    runner.github = {"event": {"pull_request": {"base": {"sha": "0" * 40}}}}
    good, outputs = runner.action(ACTION, {}, ROOT)
    assert (good, outputs["status"]) == (False, "2")
    assert "::warning title=memlint::the commit to compare with cannot be fetched: check out with fetch-depth 0" in runner.log
    assert "--diff-base" in runner.errors


@pytest.mark.slow
@pytest.mark.xdist_group("build")
def test_it_installs_and_runs_from_nothing_but_its_own_checkout(tmp_path: Path) -> None:
    folder = tmp_path / "action"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True)
    if listed.returncode:
        pytest.skip("no git checkout to take the action from")
    for name in os.fsdecode(listed.stdout).split("\0"):
        if name.startswith(("memlint/", "rules/")) or name in ("pyproject.toml", "README.md", "LICENSE", "requirements-action.txt"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    (tmp_path / "temp").mkdir()
    (tmp_path / "workspace").mkdir()
    (tmp_path / "workspace" / "compose.yaml").write_text(BAD)
    made = Runner(tmp_path / "workspace", tmp_path / "temp", answers={"actions/setup-python": {"python-path": sys.executable}})
    good, outputs = made.action(ACTION, {}, folder)
    if "memlint" not in "".join(path.name for path in (tmp_path / "temp").glob("memlint-venv/bin/*")):
        pytest.skip(f"pip cannot install here: {made.errors[-300:]}")
    assert (good, outputs["status"]) == (False, "1"), made.errors
    assert "title=MEM201 over-limit" in made.log


def test_the_pinned_dependencies_are_those_that_memlint_needs() -> None:
    from importlib.metadata import distribution
    from importlib.metadata import version as installed

    pinned = dict(line.split("==") for line in (ROOT / "requirements-action.txt").read_text().splitlines() if "==" in line)
    wanted = {re.split(r"[<>=!; ]", entry)[0] for entry in distribution("container-memlint").requires or ()}
    assert wanted <= set(pinned)
    for name, version in pinned.items():
        assert version == installed(name), f"the suite tests {name} {installed(name)}"


def test_zizmor_finds_nothing() -> None:
    zizmor = Path(sys.executable).parent / "zizmor"
    done = subprocess.run(
        [zizmor, "--offline", "--no-progress", "--color=never", "--min-severity=low", ROOT / "action.yml", *(ROOT / ".github/workflows").glob("*.yml")],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("schema", "path"), [("github-actions", "action.yml"), ("github-workflows", ".github/workflows/ci.yml")])
def test_the_schema_holds(schema: str, path: str) -> None:
    command = [Path(sys.executable).parent / "check-jsonschema", "--builtin-schema", f"vendor.{schema}", ROOT / path]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_every_foreign_action_is_pinned_to_a_commit() -> None:
    for path in (ROOT / "action.yml", *(ROOT / ".github" / "workflows").glob("*.yml")):
        for line in path.read_text().splitlines():
            if "uses:" in line and "./" not in line:
                assert re.search(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line
