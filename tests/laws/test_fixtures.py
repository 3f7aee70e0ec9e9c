"""Every fixture says on the line where a finding must stand; only the rule under test runs. Folders are found by walking."""

import re
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
