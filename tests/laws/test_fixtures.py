"""Every fixture says on the line where a finding must stand, or what a fix makes of it; only the rule under test runs."""

import re
import subprocess
from pathlib import Path

import pytest

from conftest import ROOT, run_memlint

FIXTURES = ROOT / "fixtures"
EXPECT = re.compile(r"(?:#|//)\s*expect: (MEM\d+(?:, MEM\d+)*)")
RULES = sorted(path for path in FIXTURES.glob("MEM*") if path.is_dir())


def cases(kind: str) -> list[Path]:
    """A case is a file directly in the folder, or a subfolder that is judged as a whole."""
    return sorted(case for rule in RULES for case in (rule / kind).iterdir() if case.name != "options" and not case.name.startswith("."))


def texts(case: Path) -> dict[str, str]:
    files = [case] if case.is_file() else sorted(path for path in case.rglob("*") if path.is_file())
    return {str(path.relative_to(ROOT)): path.read_text() for path in files}


def judged(case: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[tuple[str, int]], list[str]]:
    monkeypatch.chdir(ROOT)
    rule = case.relative_to(FIXTURES).parts[0]
    extra = [] if not (case / ".memlint.yaml").exists() else ["--config", str(case / ".memlint.yaml")]
    options = (case.parent / "options").read_text().split() if (case.parent / "options").exists() else []
    answer = run_memlint(
        "check", "--output", "json", "--profile", "strict", "--select", rule, *options, *extra, str(case.relative_to(ROOT))
    )
    return sorted((finding["path"], finding["line"]) for finding in answer.findings), [
        problem["message"] for problem in answer.json["problems"]
    ]


@pytest.mark.parametrize("case", cases("bad"), ids=lambda case: "/".join(case.relative_to(FIXTURES).parts))
def test_bad_is_found_at_its_line(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = case.relative_to(FIXTURES).parts[0]
    wanted = sorted(
        (path, number)
        for path, text in texts(case).items()
        for number, line in enumerate(text.split("\n"), 1)
        for match in EXPECT.finditer(line)
        for code in match[1].split(", ")
        if code == rule
    )
    assert wanted, f"{case} expects nothing"
    found, problems = judged(case, monkeypatch)
    assert found == wanted
    assert not problems


@pytest.mark.parametrize("case", cases("good"), ids=lambda case: "/".join(case.relative_to(FIXTURES).parts))
def test_good_is_silent(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert judged(case, monkeypatch) == ([], [])


def mended(case: Path) -> Path:
    """`case.yaml` becomes `case.fixed.yaml`, a folder `case` becomes `case.fixed`."""
    return case.with_name(f"{case.stem}.fixed{case.suffix}") if case.is_file() else case.with_name(f"{case.name}.fixed")


FIXES = sorted(case for rule in RULES if (rule / "fix").is_dir() for case in (rule / "fix").iterdir() if ".fixed" not in case.name)
# Rules whose fix was promised: each must be shown at work.
PROMISED = (
    "MEM002", "MEM003", "MEM006", "MEM101", "MEM103", "MEM105", "MEM106", "MEM201", "MEM202", "MEM210", "MEM212", "MEM217", "MEM401", "MEM402",
    "MEM502", "MEM601", "MEM701",
)  # fmt: skip


def put(case: Path, folder: Path, crlf: bool) -> dict[Path, bytes]:
    """Copy a case into a folder under its own name and return what is there."""
    target = folder / case.name.replace(".fixed", "")
    files = [case] if case.is_file() else sorted(path for path in case.rglob("*") if path.is_file())
    found = {}
    for path in files:
        copy = target if case.is_file() else target / path.relative_to(case)
        copy.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_bytes()
        found[copy] = text.replace(b"\n", b"\r\n") if crlf and path.suffix not in (".sh", ".env", ".conf") else text
        copy.write_bytes(found[copy])
        copy.chmod(0o640)
    return found


def test_promised_fixes_have_a_fixture() -> None:
    assert set(PROMISED) <= {case.parts[-3] for case in FIXES}


@pytest.mark.parametrize("crlf", [False, True], ids=["lf", "crlf"])
@pytest.mark.parametrize("case", FIXES, ids=lambda case: "/".join(case.relative_to(FIXTURES).parts))
def test_fix_turns_the_one_into_the_other(case: Path, crlf: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rule, name = case.parts[-3], case.name
    before, after = put(case, tmp_path / "now", crlf), put(mended(case), tmp_path / "then", crlf)
    wanted = {tmp_path / "now" / path.relative_to(tmp_path / "then"): text for path, text in after.items()}
    monkeypatch.chdir(tmp_path / "now")
    options = ["--profile", "strict", "--select", rule, name]
    if (case / ".memlint.yaml").exists():
        options += ["--config", f"{name}/.memlint.yaml"]

    safe = {finding["fix"]["safety"] for finding in run_memlint("check", "--output", "json", *options).findings if finding["fix"]} == {
        "safe"
    }
    shown = run_memlint("check", "--diff", *([] if safe else ["--unsafe-fixes"]), *options)
    assert {path: path.read_bytes() for path in before} == before, "--diff changed a file"
    fixed = run_memlint("check", "--fix", *([] if safe else ["--unsafe-fixes"]), *options)
    assert {path: path.read_bytes() for path in before} == wanted
    assert all(path.stat().st_mode & 0o777 == 0o640 for path in before)
    assert fixed.status == 0, fixed.out
    again = run_memlint("check", "--fix", "--unsafe-fixes", "--output", "json", *options)
    assert again.findings == []
    assert "0 findings" in again.err
    assert {path: path.read_bytes() for path in before} == wanted

    for path, text in before.items():
        path.write_bytes(text)
    patched = subprocess.run(["patch", "-p1", "--binary", "--quiet"], input=shown.out.encode(), capture_output=True, check=False)
    assert patched.returncode == 0, patched.stdout
    assert {path: path.read_bytes() for path in before} == wanted
