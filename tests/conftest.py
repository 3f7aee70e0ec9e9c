"""What every test may use: the material beside the repository, and memlint run as its user runs it."""

import io
import json
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import pytest

hypothesis.settings.register_profile("patient", deadline=None)  # how long an example takes says nothing on a shared machine
hypothesis.settings.load_profile("patient")

# A shell starts what runs in the background with interrupts ignored, and all that the tests start would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


@dataclass(frozen=True)
class Answer:
    """What one run of memlint gave back."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def findings(self) -> list[Any]:
        found: list[Any] = self.json["findings"]
        return found


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of evidence beside the repository."""
    if not SHARED.is_dir():
        pytest.skip("the evidence beside the repository is not here")
    return SHARED


@pytest.fixture
def memlint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    """Run memlint in a fresh folder: `memlint("check", "--output", "json", files={"compose.yaml": "…"})`."""

    def call(*argv: str, files: dict[str, str | bytes] | None = None, stdin: str = "", cwd: Path | None = None) -> Answer:
        for name, text in (files or {}).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        monkeypatch.chdir(cwd or tmp_path)
        return run_memlint(*argv, stdin=stdin)

    return call


def run_memlint(*argv: str, stdin: str = "") -> Answer:
    from memlint.cli import run

    out, err = io.StringIO(), io.StringIO()
    status = run(argv, io.StringIO(stdin), out, err)
    return Answer(status, out.getvalue(), err.getvalue())
