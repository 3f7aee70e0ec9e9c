"""Generated pages equal what the generator writes; their links lead somewhere."""

import re
from collections.abc import Mapping
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

from conftest import ROOT

SCRIPT = ROOT / "scripts" / "generate-docs"
pytestmark = pytest.mark.skipif(not SCRIPT.is_file(), reason="looks at the source tree, and this run tests the wheel")


@pytest.fixture(scope="module")
def pages() -> Mapping[Path, str]:
    spec = spec_from_loader("generate_docs", SourceFileLoader("generate_docs", str(SCRIPT)))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Mapping[Path, str] = module.pages()
    return found


def test_generated_pages_are_what_the_generator_writes(pages: Mapping[Path, str]) -> None:
    different = [str(path.relative_to(ROOT)) for path, text in pages.items() if not path.is_file() or path.read_text() != text]
    assert not different, "run scripts/generate-docs"


def test_no_page_of_a_rule_that_is_gone(pages: Mapping[Path, str]) -> None:
    assert sorted((ROOT / "docs" / "rules").glob("*.md")) == sorted(path for path in pages if path.parent.name == "rules")


def test_links_lead_somewhere(pages: Mapping[Path, str]) -> None:
    broken = []
    for path, text in pages.items():
        prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
        for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)", prose):
            page = (path.parent / target).resolve() if target else path
            if page not in pages or (anchor and f'<a id="{anchor}"></a>' not in pages[page]):
                broken.append(f"{path.name}: {target}#{anchor}")
    assert not broken


def test_every_scenario_and_rule_has_its_page(pages: Mapping[Path, str]) -> None:
    scenarios = {folder.name for folder in (ROOT / "fixtures" / "scenarios").iterdir() if folder.is_dir()}
    page = pages[ROOT / "docs" / "scenarios.md"]
    assert scenarios == set(re.findall(r"^## (\w+): ", page, re.MULTILINE))
    codes = {path.stem.partition("_")[0].upper() for path in (ROOT / "rules").glob("mem[0-9]*.py")}
    assert codes == {path.stem for path in pages if path.stem.startswith("MEM")}
