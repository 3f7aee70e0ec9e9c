"""Change notes are fragments of one form, and no rule comes without one."""

import re

import pytest

from conftest import ROOT
from memlint.plugins import Plugins

FOLDER = ROOT / "changelog.d"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="looks at the source tree, and this run tests the wheel")
FRAGMENTS = sorted(FOLDER.iterdir()) if FOLDER.is_dir() else []


@pytest.mark.parametrize("path", FRAGMENTS, ids=lambda path: path.name)
def test_a_fragment_is_one_paragraph_under_a_name_that_tells_its_kind(path) -> None:
    assert re.fullmatch(r"[a-z0-9-]+\.(added|changed|fixed|removed)\.md", path.name)
    text = path.read_text("utf-8")
    assert text.endswith(".\n")
    assert text == text.strip() + "\n"
    assert "\n\n" not in text
    assert not text.startswith(("-", "*", "#"))


def test_every_rule_has_a_fragment_that_says_what_it_finds() -> None:
    for rule in Plugins().rules():
        if rule.code.startswith("MEM"):
            path = FOLDER / f"{rule.code.lower()}.added.md"
            assert path.is_file(), path.name
            assert path.read_text("utf-8").startswith(f"New rule {rule.code} {rule.name}: "), path.name


def test_no_fragment_speaks_of_a_rule_that_is_not_there() -> None:
    known = {rule.code.lower() for rule in Plugins().rules()}
    assert {path.name.partition(".")[0] for path in FRAGMENTS if re.match(r"mem\d", path.name)} <= known
