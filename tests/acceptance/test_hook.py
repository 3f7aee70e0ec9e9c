"""The pre-commit hook, by the real pre-commit: changed files, judged with the whole repository in view."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT
from runner import read

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("build")]
COMPOSE = "services:\n  api:\n    build: api\n    mem_limit: 512m\n    memswap_limit: 512m\n"
DOCKERFILE = 'FROM eclipse-temurin:21-jre\nCOPY app.jar /\nENTRYPOINT ["java", "-Xmx{}", "-jar", "/app.jar"]\n'


def git(*words: str, cwd: Path) -> str:
    settings = ["-c", "user.name=x", "-c", "user.email=x@example.invalid", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *settings, *words], cwd=cwd, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of memlint as it stands here, committed."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True)
    if listed.returncode:
        pytest.skip("no git checkout to take the hook from")
    folder = tmp_path_factory.mktemp("memlint")
    for name in os.fsdecode(listed.stdout).split("\0"):
        if name.startswith(("memlint/", "rules/")) or name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    git("init", "-q", cwd=folder)
    git("add", "-f", ".", cwd=folder)
    git("commit", "-qm", "memlint", cwd=folder)
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pre-commit")


@pytest.fixture
def project(tmp_path: Path, ours: Path) -> Path:
    """A team's repository: a service that fits, and an old file that is full of faults."""
    folder = tmp_path / "shop"
    (folder / "api").mkdir(parents=True)
    (folder / "compose.yaml").write_text(COMPOSE)
    (folder / "api" / "Dockerfile").write_text(DOCKERFILE.format("128m"))
    (folder / "old").mkdir()
    (folder / "old" / "pod.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: old}\nspec:\n  containers:\n  - name: old\n    image: x\n"
        "    resources: {limits: {memory: 512m}}\n"
    )
    (folder / "notes.txt").write_text("nothing\n")
    (folder / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {ours.as_uri()}\n  rev: {git('rev-parse', 'HEAD', cwd=ours)}\n  hooks:\n  - id: memlint\n"
    )
    git("init", "-q", cwd=folder)
    git("add", ".", cwd=folder)
    git("commit", "-qm", "shop", "--no-verify", cwd=folder)
    return folder


def pre_commit(*words: str, cwd: Path, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PRE_COMMIT_HOME": str(home), "PRE_COMMIT_COLOR": "never"}
    command = [str(Path(sys.executable).parent / "pre-commit"), *words]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    if "CalledProcessError" in done.stdout + done.stderr and "pip" in done.stdout + done.stderr:
        pytest.skip(f"pip cannot install the hook's dependencies here: {done.stdout[-300:]}")
    return done


def change(project: Path, name: str, text: str) -> None:
    (project / name).write_text(text)
    git("add", "--", name, cwd=project)


def test_try_repo(project: Path, ours: Path, home: Path) -> None:
    change(project, "api/Dockerfile", DOCKERFILE.format("1g"))
    done = pre_commit("try-repo", str(ours), "memlint", "--verbose", cwd=project, home=home)
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(r"^compose\.yaml:4:16: error MEM201 .*\[over-limit\]$", done.stdout, re.MULTILINE)
    assert "note: api/Dockerfile:3:" in done.stdout


def test_a_changed_file_is_judged_with_everything_in_view(project: Path, home: Path) -> None:
    change(project, "api/Dockerfile", DOCKERFILE.format("1g"))
    done = pre_commit("run", cwd=project, home=home)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "compose.yaml:4:16: error MEM201" in done.stdout
    assert "old/pod.yaml" not in done.stdout, "it did not change"
    change(project, "api/Dockerfile", DOCKERFILE.format("192m"))
    done = pre_commit("run", cwd=project, home=home)
    assert done.returncode == 0, done.stdout
    assert "Passed" in done.stdout


def test_old_faults_of_files_that_did_not_change_stop_no_commit(project: Path, home: Path) -> None:
    change(project, "notes.txt", "something\n")
    done = pre_commit("run", cwd=project, home=home)
    assert (done.returncode, "Skipped" in done.stdout) == (0, True), done.stdout
    change(project, "compose.yaml", COMPOSE + "    restart: always\n")
    done = pre_commit("run", cwd=project, home=home)
    assert done.returncode == 0, done.stdout
    change(project, "old/pod.yaml", (project / "old" / "pod.yaml").read_text() + "# looked at\n")
    done = pre_commit("run", cwd=project, home=home)
    assert done.returncode == 1, done.stdout
    assert "old/pod.yaml:8:34: error MEM002" in done.stdout


def test_a_file_whose_name_looks_like_an_option_is_a_file(project: Path, home: Path) -> None:
    change(project, "--fix.yaml", "services: {a: {image: redis, mem_limit: 1x}}\n".replace("redis", "'redis:7'"))
    done = pre_commit("run", cwd=project, home=home)
    assert done.returncode in (1, 2), done.stdout
    assert "usage:" not in done.stdout


def test_all_files(project: Path, home: Path) -> None:
    done = pre_commit("run", "--all-files", cwd=project, home=home)
    assert done.returncode == 1
    assert "old/pod.yaml" in done.stdout


def test_a_broken_file_fails_the_hook(project: Path, home: Path) -> None:
    change(project, "compose.yaml", "services: [\n")
    done = pre_commit("run", cwd=project, home=home)
    assert done.returncode == 1
    assert "exit code: 2" in done.stdout


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("compose.yaml", True), ("deploy/values-prod.yml", True), ("api/Dockerfile", True), ("Dockerfile.prod", True), ("prod.dockerfile", True),
        ("Containerfile", True), ("run.sh", True), ("Makefile", True), (".env", True), (".env.prod", True), ("conf/redis.conf", True),
        ("jvm.options", True), (".mvn/jvm.config", True), ("package.json", True), ("app.service", True), (".github/workflows/ci.yml", True),
        ("main.java", False), ("README.md", False), ("notes.txt", False), ("Dockerfile_notes/readme.txt", False),
    ],
)  # fmt: skip
def test_the_hook_runs_on_what_a_join_may_reach(path: str, wanted: bool) -> None:
    (hook,) = read((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert (re.search(hook["files"], path) is not None) is wanted
