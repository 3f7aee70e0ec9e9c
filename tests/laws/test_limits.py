"""The page of limits tells the numbers that hold."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from conftest import ROOT

PAGE = ROOT / "docs" / "limits.md"
CODE = ROOT / "memlint"
pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="looks at the source tree, and this run tests the wheel")
ROW = re.compile(r"^\| .* \| ([0-9 ]+) \| `([\w.]+)\.(\w+)(?:\[(\d)\])?` \|$", re.MULTILINE)
BESIDE = re.compile(r"\(at most ([0-9 ]+), `([\w.]+)\.(\w+)()`\)")
# Bounds that nobody meets: of how a place is told, of a search that has another bound, of what Kubernetes or Go themselves hold.
INNER = {
    "tree.MAX_WALKED", "tree._MAX_RETRIES", "compose.MAX_VIA", "image_stages._MAX_ROW", "shell._MAX_CHAIN", "shell._MAX_COMMANDS", "shell._MAX_SPLIT",
    "helm._MAX_DEPTH", "sarif.MAX_DESCRIPTION", "compose_service._MAX_INT64",
}  # fmt: skip


def rows() -> list[tuple[str, str, str, str]]:
    text = PAGE.read_text("utf-8")
    found: list[tuple[str, str, str, str]] = ROW.findall(text) + BESIDE.findall(text)
    return found


@pytest.mark.parametrize(("number", "module", "name", "index"), rows() if PAGE.is_file() else [])
def test_a_number_is_that_of_the_code(number: str, module: str, name: str, index: str) -> None:
    value = getattr(import_module(module), name)
    assert int(number.replace(" ", "")) == (value[int(index)] if index else value)


def test_every_row_of_a_table_is_read() -> None:
    table = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("|") and "`memlint." in line]
    assert len(table) == len(rows()) - 1 > 50


def test_every_bound_stands_in_the_page() -> None:
    told = {f"{module.rpartition('.')[2]}.{name}" for _, module, name, _ in rows()}
    bounds = {
        f"{path.stem}.{name}"
        for path in sorted(Path(CODE).rglob("*.py"))
        for name in re.findall(r"^(_?MAX_\w+)\b[^=\n]*= ", path.read_text("utf-8"), re.MULTILINE)
    }
    assert bounds - told - INNER - {"quantity.MAX_INT64"} == set()
