"""What lies in the checked tree and is no file, or too much of one, costs nothing but its own line."""

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Answer
from memlint import files

pytestmark = pytest.mark.skipif(os.name != "posix", reason="FIFOs, devices and such links are of POSIX")
Memlint = Callable[..., Answer]
GOOD = "services:\n  api:\n    image: eclipse-temurin:21-jre\n    command: java -Xmx1g -jar app.jar\n    mem_limit: 1g\n"
CHECK = ("check", "--output", "json", "--select", "MEM201", "--fail-on", "never", "--no-render", ".")


def judged(memlint: Memlint, more: dict[str, str] | None = None) -> list[tuple[str, str]]:
    """Return what is told of the odd ones; the good file beside them is judged all the same."""
    answer = memlint(*CHECK, files={"compose.yaml": GOOD, **(more or {})})
    assert "Traceback" not in answer.err
    assert [(finding["rule"], finding["path"]) for finding in answer.findings] == [("MEM201", "compose.yaml")]
    told = [(problem["path"], problem["message"]) for problem in answer.json["problems"]]
    assert answer.status == (2 if told else 0)
    return told


def test_a_file_of_a_hundred_megabytes(memlint: Memlint, tmp_path: Path) -> None:
    with (tmp_path / "pod.yaml").open("wb") as file:
        file.write(b"apiVersion: v1\nkind: Pod\n")
        file.truncate(100 << 20)
    assert judged(memlint) == [("pod.yaml", "is larger than 8 MiB, which memlint does not read")]


def test_a_file_that_grows_while_it_is_read(memlint: Memlint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "compose.yaml").write_text(GOOD)
    (tmp_path / "pod.yaml").write_text("apiVersion: v1\n")
    growing = (tmp_path / "pod.yaml").stat().st_ino
    read = os.read
    monkeypatch.setattr(os, "read", lambda file, size: b"#" * min(size, 1 << 20) if os.fstat(file).st_ino == growing else read(file, size))
    assert judged(memlint) == [("pod.yaml", "is larger than 8 MiB, which memlint does not read")]


def test_a_stream_without_end(memlint: Memlint) -> None:
    answer = memlint("check", "-", stdin="#" * (files.MAX_STREAM + 1))
    assert (answer.status, answer.err) == (2, "-:1:1: problem is larger than 64 MiB, which memlint does not read\n")


@pytest.mark.parametrize("name", ["pod.yaml", "Dockerfile", ".env"])
def test_a_fifo(memlint: Memlint, tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    assert judged(memlint) == [(name, "is not a regular file")]


def test_a_fifo_as_configuration(memlint: Memlint, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".memlint.yaml")
    answer = memlint("check", ".")
    assert (answer.status, answer.err) == (2, ".memlint.yaml:1:1: problem is not a regular file\n")


def test_a_fifo_that_another_file_names(memlint: Memlint, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    os.mkfifo(tmp_path / "a" / "more.env")
    told = judged(memlint, {"a/compose.yaml": "services:\n  web:\n    image: nginx:1.27\n    env_file: more.env\n"})
    assert ("a/more.env", "is not a regular file") in told


def test_a_socket(memlint: Memlint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path is short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("pod.yaml")
        ((path, _),) = judged(memlint)
    assert path == "pod.yaml"


def test_devices(memlint: Memlint, tmp_path: Path) -> None:
    answer = memlint(*CHECK[:-1], "/dev/zero", "compose.yaml", files={"compose.yaml": GOOD})
    assert answer.status == 2
    assert [problem["message"] for problem in answer.json["problems"]] == ["is not a regular file"]
    try:
        os.mknod(tmp_path / "pod.yaml", stat.S_IFCHR | 0o600, os.makedev(1, 5))
    except OSError:
        pytest.skip("making a device takes rights that this user does not have")
    assert judged(memlint) == [("pod.yaml", "is not a regular file")]


@pytest.mark.parametrize(
    "links",
    [
        {"pod.yaml": "/dev/zero"},
        {"pod.yaml": "../outside.yaml"},
        {"a.yaml": "b.yaml", "b.yaml": "a.yaml"},
        {"pod.yaml": "pod.yaml"},
        {"pod.yaml": "gone.yaml"},
        {"loop": ".", "up": "..", "root": "/"},
    ],
    ids=["device", "out", "two", "self", "nowhere", "folders"],
)
def test_links_that_lead_nowhere_or_out_are_left_alone(memlint: Memlint, tmp_path: Path, links: dict[str, str]) -> None:
    (tmp_path.parent / "outside.yaml").write_text("kind: [")
    for name, target in links.items():
        (tmp_path / name).symlink_to(target)
    assert judged(memlint) == []
    shown = memlint("check", "-v", ".").out
    assert "outside" not in shown
    if not all((tmp_path / name).is_dir() for name in links):
        assert "link" in shown


def test_a_configuration_through_a_link_out_of_the_project(memlint: Memlint, tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    (tmp_path / "secret").write_text("password: hunter2\n")
    (project / ".memlint.yaml").symlink_to("../secret")
    answer = memlint("check", ".", cwd=project)
    assert answer.status == 2
    assert "leads out of the project" in answer.err
    assert "hunter2" not in answer.out + answer.err


def test_a_report_is_not_written_through_a_link(memlint: Memlint, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "victim").write_text("mine")
    (project / "out.json").symlink_to("../victim")
    answer = memlint("check", ".", "--output", "json=out.json", cwd=project)
    assert answer.status == 2
    assert (tmp_path / "victim").read_text() == "mine"


def test_folders_nested_deeper_than_the_stack(memlint: Memlint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    depth = 0
    for _ in range(sys.getrecursionlimit() + 100):
        try:
            os.mkdir("d")  # noqa: PTH102  # the whole path is longer than the system takes
            os.chdir("d")
        except OSError:
            break
        depth += 1
    Path("pod.yaml").write_text("apiVersion: v1\nkind: Pod\n")
    assert depth > 900
    try:
        judged(memlint)  # it is read, or the system's own limit of a path is told
    finally:
        subprocess.run(["rm", "-rf", str(tmp_path / "d")], check=True)  # what removes the folders of the tests would call itself too often
