"""What goes wrong around memlint: it says so in one line, leaves every file whole, and never shows a traceback."""

import ctypes
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Answer
from memlint import files, fixes
from memlint.cli import run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits and signals as Linux has them")
Memlint = Callable[..., Answer]
MEMLINT = (sys.executable, "-m", "memlint")
FIX = ("check", "--fix", "--unsafe-fixes", "--select", "MEM003", ".")
BEFORE = "services:\n  api:\n    image: nginx:1.27\n    mem_limit: 512\n"
AFTER = BEFORE.replace("512", "512m")


def process(folder: Path, *argv: str, **options: object) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run([*MEMLINT, *argv], cwd=folder, capture_output=True, text=True, check=False, timeout=120, **options)  # type: ignore[call-overload]  # passed on
    assert "Traceback" not in done.stderr
    assert "fault of its own" not in done.stderr
    result: subprocess.CompletedProcess[str] = done
    return result


# ---- a fix that cannot be written


def test_a_full_disk_leaves_the_file_whole(tmp_path: Path) -> None:
    text = BEFORE + "# " + "x" * 5000 + "\n"
    (tmp_path / "compose.yaml").write_text(text)
    done = process(tmp_path, *FIX, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)))
    assert done.returncode == 2
    assert "cannot be written: file too large" in done.stdout
    assert (tmp_path / "compose.yaml").read_text() == text
    assert [path.name for path in tmp_path.iterdir()] == ["compose.yaml"]


@pytest.mark.parametrize("call", ["fsync", "replace", "chmod", "open"])
def test_wherever_writing_fails_the_file_stays_whole(memlint: Memlint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    memlint("check", files={"compose.yaml": BEFORE})
    if call == "open":  # making the temporary file
        monkeypatch.setattr("tempfile.mkstemp", full)
    else:
        monkeypatch.setattr(os, call, full)
    answer = memlint(*FIX)
    assert answer.status == 2
    assert "cannot be written: no space left on device" in answer.out
    assert (tmp_path / "compose.yaml").read_text() == BEFORE
    assert [path.name for path in tmp_path.iterdir()] == ["compose.yaml"]


def test_killed_while_it_writes(tmp_path: Path) -> None:
    """The text is whole at every moment: it is written beside, and takes the place in one step."""
    (tmp_path / "compose.yaml").write_text(BEFORE)
    code = (
        "import os, sys\nfrom memlint.cli import run\nreal = os.replace\n"
        "os.replace = lambda *paths: os.kill(os.getpid(), 9)\nsys.exit(run(sys.argv[1:]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, *FIX], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / "compose.yaml").read_text() == BEFORE
    assert process(tmp_path, *FIX).returncode == 0
    assert (tmp_path / "compose.yaml").read_text() == AFTER


@pytest.mark.parametrize("change", ["edited", "gone", "folder", "fifo", "grown"])
def test_a_file_that_changes_between_reading_and_writing(
    memlint: Memlint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    path = tmp_path / "compose.yaml"
    mend = fixes.mend

    def late(*arguments: object) -> fixes.Mended:
        mended = mend(*arguments)  # type: ignore[arg-type]  # passed on
        if change == "edited":
            path.write_text(BEFORE + "# mine\n")
            return mended
        path.unlink()
        if change == "folder":
            path.mkdir()
        elif change == "fifo":
            os.mkfifo(path)
        elif change == "grown":
            with path.open("wb") as file:
                file.truncate(files.MAX_BYTES + 1)
        return mended

    monkeypatch.setattr(fixes, "mend", late)
    answer = memlint(*FIX, files={"compose.yaml": BEFORE})
    assert answer.status == 2
    told = {
        "edited": "changed while memlint looked at it: not written",
        "gone": "cannot be written: no such file or folder",
        "folder": "cannot be written: is not a regular file",
        "fifo": "cannot be written: is not a regular file",
        "grown": "cannot be written: is larger than 8 MiB",
    }
    assert told[change] in answer.out
    assert [path.name for path in tmp_path.iterdir()] == ([] if change == "gone" else ["compose.yaml"])
    if change == "edited":
        assert path.read_text() == BEFORE + "# mine\n"


def test_a_file_that_vanishes_before_it_is_read(memlint: Memlint, monkeypatch: pytest.MonkeyPatch) -> None:
    walk = files.Library._walk

    def late(library: files.Library, folder: str, exclude: tuple[str, ...]) -> list[str]:
        found = list(walk(library, folder, exclude))
        Path("gone.yaml").unlink()
        return found

    monkeypatch.setattr(files.Library, "_walk", late)
    answer = memlint("check", "--output", "json", ".", files={"compose.yaml": BEFORE, "gone.yaml": "apiVersion: v1\n"})
    assert answer.status == 2
    assert [(problem["path"], problem["message"]) for problem in answer.json["problems"]] == [("gone.yaml", "no such file or folder")]
    assert "MEM003" in [finding["rule"] for finding in answer.findings]


def _powerless() -> None:
    """Take root's right to write where the mode forbids it; another user has none."""
    libc = ctypes.CDLL(None)
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


def test_a_tree_that_may_only_be_read(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "compose.yaml").write_text(BEFORE)
    (tmp_path / "a").chmod(0o555)
    try:
        probe = subprocess.run(["touch", str(tmp_path / "a" / "x")], check=False, capture_output=True, preexec_fn=_powerless)
        if probe.returncode == 0:
            (tmp_path / "a" / "x").unlink()
            pytest.skip("this user may write everywhere")
        assert process(tmp_path / "a", "check", "--select", "MEM003", ".", preexec_fn=_powerless).returncode == 1
        done = process(tmp_path / "a", *FIX, preexec_fn=_powerless)
        assert done.returncode == 2
        assert "cannot be written: permission denied" in done.stdout
        assert (tmp_path / "a" / "compose.yaml").read_text() == BEFORE
    finally:
        (tmp_path / "a").chmod(0o755)


def test_what_may_not_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(BEFORE)
    (tmp_path / "pod.yaml").write_text("apiVersion: v1\n")
    (tmp_path / "closed").mkdir()
    (tmp_path / "pod.yaml").chmod(0)
    (tmp_path / "closed").chmod(0)
    try:
        if subprocess.run(["cat", str(tmp_path / "pod.yaml")], check=False, capture_output=True, preexec_fn=_powerless).returncode == 0:
            pytest.skip("this user may read everything")
        done = process(tmp_path, "check", "--select", "MEM003", ".", preexec_fn=_powerless)
        assert done.returncode == 2
        assert "pod.yaml:1:1: problem permission denied" in done.stdout
        assert "closed:1:1: problem permission denied" in done.stdout
        assert "MEM003" in done.stdout
    finally:
        (tmp_path / "closed").chmod(0o755)


# ---- the output


def test_an_output_that_is_full(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(BEFORE)
    done = process(tmp_path, "check", ".", "--output", "json=/dev/full")
    assert done.returncode == 2
    assert "/dev/full:1:1: problem cannot be written: no space left on device" in done.stderr
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*MEMLINT, "check", "."], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "memlint: cannot go on: no space left on device\n")


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_reader_that_goes_away(tmp_path: Path, form: str) -> None:
    for number in range(300):
        (tmp_path / f"compose.{number}.yaml").write_text(BEFORE)
    command = f"{' '.join(MEMLINT)} check --output {form} . | head -1"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams(tmp_path: Path, closed: str) -> None:
    (tmp_path / "compose.yaml").write_text(BEFORE)
    done = subprocess.run(
        ["bash", "-c", f"{' '.join(MEMLINT)} check . {closed}"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == ""


def test_an_interrupt(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "stream")
    with (
        subprocess.Popen(
            ["bash", "-c", f"exec {' '.join(MEMLINT)} check - < stream"],
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as running,
        (tmp_path / "stream").open("w"),
    ):  # it waits for what never comes
        time.sleep(1.5)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (2, "")
    assert err in ("memlint: interrupted\n", "")


def test_an_interrupt_while_a_fix_is_written(memlint: Memlint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", stop)
    answer = memlint(*FIX, files={"compose.yaml": BEFORE})
    assert (answer.status, answer.err) == (2, "memlint: interrupted\n")
    assert (tmp_path / "compose.yaml").read_text() == BEFORE
    assert [path.name for path in tmp_path.iterdir()] == ["compose.yaml"]


# ---- the surroundings


SURROUNDINGS = {
    "no home": {"HOME": None},
    "a home that is not there": {"HOME": "/nowhere"},
    "nothing at all": dict.fromkeys(os.environ),
    "an unknown language": {"LC_ALL": "xx_YY.UTF-99", "LANG": "tlh"},
    "plain ASCII": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": None},
    "Latin 1": {"PYTHONIOENCODING": "latin-1"},
    "Turkish": {"LC_ALL": "tr_TR.UTF-8"},
    "without assertions": {"PYTHONOPTIMIZE": "2"},
    "no folder for what is temporary": {"TMPDIR": "/nowhere"},
    "no time zone": {"TZ": "Mars/Olympus"},
    "a terminal of no kind": {"TERM": "", "COLUMNS": "0", "LINES": "x"},
}


@pytest.mark.parametrize("change", SURROUNDINGS.values(), ids=SURROUNDINGS)
def test_the_same_whatever_the_surroundings(tmp_path: Path, change: dict[str, str | None]) -> None:
    (tmp_path / "compose.yaml").write_text(
        BEFORE + "  b:\n    image: nginx:1.27\n    # é\n    environment: {NAME: été}\n    mem_limit: 512 # ü\n", "utf-8"
    )
    environment = {name: value for name, value in {**os.environ, **change}.items() if value is not None}
    usual = process(tmp_path, "check", "--output", "json", ".")
    odd = process(tmp_path, "check", "--output", "json", ".", env=environment, encoding="utf-8")
    assert (odd.returncode, odd.stdout, odd.stderr) == (usual.returncode, usual.stdout, "")
    assert process(tmp_path, "check", ".", env=environment, errors="replace").returncode == 1
    fixed = process(tmp_path, *FIX, env=environment)
    assert fixed.returncode == 0, fixed.stdout + fixed.stderr
    assert (tmp_path / "compose.yaml").read_text("utf-8").count("512m") == 2


def test_rules_hold_without_assertions(tmp_path: Path, shared_cases: Path) -> None:
    usual, stripped = (
        subprocess.run(
            [sys.executable, *flags, "-m", "memlint", "check", "--output", "json", "."], cwd=shared_cases, capture_output=True, check=False
        )
        for flags in ([], ["-OO"])
    )
    assert stripped.returncode == usual.returncode
    assert stripped.stdout == usual.stdout


@pytest.fixture
def shared_cases(tmp_path: Path) -> Path:
    from conftest import ROOT

    shutil.copytree(ROOT / "fixtures" / "scenarios", tmp_path / "cases")
    return tmp_path / "cases"


def test_a_folder_that_is_removed_under_it(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    done = subprocess.run(
        ["bash", "-c", f"rmdir ../gone; exec {' '.join(MEMLINT)} check ."],
        cwd=tmp_path / "gone",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 2)
    assert "Traceback" not in done.stderr


def test_a_fault_of_a_reader_is_one_line(memlint: Memlint, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("memlint.app.report", broken)
    answer = memlint("check", ".")
    assert answer.status == 2
    assert answer.err.count("\n") == 1
    assert "please report it" in answer.err
    assert run(["check", "."]) == 2
