"""What every rule must keep."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from conftest import ROOT, run_memlint
from memlint.api import Rule, Severity
from memlint.app import manual
from memlint.plugins import Plugins

RULES = Plugins().rules()
IDS = [rule.code for rule in RULES]
BLOCK = re.compile(r"^```(compose|kubernetes|dockerfile|sh|yaml|memlint)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMES = {
    "compose": "compose.yaml",
    "kubernetes": "manifest.yaml",
    "yaml": "manifest.yaml",
    "dockerfile": "Dockerfile",
    "sh": "run.sh",
    "memlint": ".memlint.yaml",
}


def ours() -> list[Rule]:
    return [rule for rule in RULES if rule.module.startswith("memlint_rules.")]


@pytest.mark.parametrize("rule", ours(), ids=lambda rule: rule.code)
def test_file_is_named_after_its_rule(rule: Rule) -> None:
    assert rule.module == f"memlint_rules.{rule.code.lower()}_{rule.name.replace('-', '_')}"


def test_every_module_holds_one_rule() -> None:
    modules = sorted(path.stem for path in (ROOT / "rules").glob("mem*.py"))
    assert sorted(rule.module.rpartition(".")[2] for rule in ours()) == modules


def test_index_tells_the_truth_about_every_rule() -> None:
    index = import_module(ours()[0].module.partition(".")[0] + ".index")
    assert {row[4] for row in index.RULES} == {path.stem for path in (ROOT / "rules").glob("mem*.py")}, "run scripts/index-rules"
    for rule in ours():
        module = import_module(rule.module)
        (mark,) = [mark for mark in (getattr(value, "memlint_rule", None) for value in vars(module).values()) if isinstance(mark, Rule)]
        told = (rule.code, rule.name, rule.severity, rule.subject, rule.profiles)
        assert told == (mark.code, mark.name, mark.severity, mark.subject, mark.profiles), "run scripts/index-rules"
        if rule.needs != mark.needs:
            (topic,) = rule.needs
            assert f'.observed("{topic}")' in Path(module.__file__ or "").read_text()


def test_codes_are_well_formed() -> None:
    assert all(re.fullmatch(r"MEM\d{3}", rule.code) for rule in ours())
    assert len({rule.name for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("rule", ours(), ids=lambda rule: rule.code)
def test_both_kinds_of_fixture(rule: Rule) -> None:
    for kind in ("bad", "good"):
        folder = ROOT / "fixtures" / rule.code / kind
        assert folder.is_dir(), f"{folder} is missing"
        assert any(folder.iterdir()), f"{folder} is empty"


def test_no_fixture_without_a_rule() -> None:
    folders = {path.name for path in (ROOT / "fixtures").glob("MEM*")}
    assert folders <= set(IDS)


@pytest.mark.parametrize("rule", ours(), ids=lambda rule: rule.code)
def test_manual_reads_as_one(rule: Rule) -> None:
    text = manual(rule.module)
    first = text.partition("\n")[0]
    assert first.endswith("."), "the first line is the fault as a sentence"
    assert len(first) <= 140
    assert "\nBad:\n" in text, "a manual shows a Bad: block"
    assert "\nGood:\n" in text, "a manual shows a Good: block"
    assert "Source" in text, "a manual cites its sources"


def blocks(rule: Rule, kind: str) -> list[dict[str, str]]:
    """Return the example files below `Bad:` or `Good:`; consecutive blocks are files of one case."""
    text = manual(rule.module)
    section = re.split(r"^(?:Bad|Good|Sources?):.*$", text.partition(f"\n{kind}:\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    case: dict[str, str] = {}
    for language, body in BLOCK.findall(section):
        name = NAMES[language]
        case[name if name not in case else f"more/{name}"] = body
    return [case] if case else []


def options(rule: Rule) -> list[str]:
    """A manual may say with which options its examples run: a line `Options: --host-memory 8GiB`."""
    found = re.search(r"^Options: (.*)$", manual(rule.module), re.MULTILINE)
    return found[1].split() if found else []


@pytest.mark.parametrize("rule", ours(), ids=lambda rule: rule.code)
@pytest.mark.parametrize("kind", ["Bad", "Good"])
def test_examples_of_the_manual_are_true(rule: Rule, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for case in blocks(rule, kind) or [{}]:
        assert case, f"the {kind}: section has no fenced example"
        for name, body in case.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(body)
        monkeypatch.chdir(tmp_path)
        answer = run_memlint("check", "--output", "json", "--profile", "strict", "--select", rule.code, *options(rule), ".")
        assert answer.json["problems"] == []
        assert bool(answer.findings) is (kind == "Bad"), answer.out


@pytest.mark.parametrize("rule", ours(), ids=lambda rule: rule.code)
def test_explain_prints_the_manual(rule: Rule) -> None:
    answer = run_memlint("explain", rule.name)
    assert answer.status == 0
    assert answer.out.startswith(f"{rule.code} {rule.name}")


def test_severities_are_of_the_contract() -> None:
    assert {rule.severity for rule in RULES} <= set(Severity)
