"""A configuration that the checked tree brings is bounded like every other file, and none of it is ever run."""

from collections.abc import Callable

import pytest

from conftest import Answer
from memlint.app import read_config
from memlint.resolve.configuration import MAX_DEPTH, MAX_VALUES
from memlint.sources.text import Source

Memlint = Callable[..., Answer]


def told(name: str, text: str) -> str:
    config, problems = read_config(Source(name, text))
    assert config is None
    return "\n".join(f"{problem.line}: {problem.message}" for problem in problems)


def test_bomb_of_aliases() -> None:
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 15))
    assert "5: contains excessive aliasing" in told(".memlint.yaml", f"l0: &l0 [x]\n{levels}")


def test_aliases_that_the_parser_still_allows_are_bounded() -> None:
    """What stays below the ratio that the YAML reader refuses still counts towards the bound of a configuration."""
    many = ", ".join(["x"] * (MAX_VALUES // 2))
    assert f"more than {MAX_VALUES} values" in told(".memlint.yaml", f"rules: &r [{many}]\nexclude: *r\nalso: *r\n")


def test_depth() -> None:
    assert f"deeper than {MAX_DEPTH} levels" in told(".memlint.yaml", "rules: " + "[" * 30 + "]" * 30)


def test_mapping_that_holds_itself() -> None:
    assert "values" in told(".memlint.yaml", "rules: &r\n  MEM201: *r\n")


def test_many_keys_of_toml_are_found_in_one_pass() -> None:
    keys = "".join(f'"k{n}" = "x"\n' for n in range(10_000))
    problems = told("pyproject.toml", f"[tool.memlint]\n{keys}")
    assert "10001: k9999: unknown key 'k9999'" in problems


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("x = " + "[" * 100_000, "cannot be parsed as TOML"),
        ("x = " + "9" * 10_000, "cannot be parsed as TOML"),
        ("[tool.memlint.footprints]\nx = 1\n", "footprints"),
        ("[[tool.memlint.footprints]]\nmatch = {image = 'x'}\njvm = {direct = {a = 1}}\n", "'direct' must be an amount of memory"),
    ],
)
def test_toml_that_cannot_be_read(text: str, part: str) -> None:
    assert part in told("pyproject.toml", text)


def test_a_tool_that_is_no_table_is_none_of_ours() -> None:
    assert read_config(Source("pyproject.toml", "tool = 'memlint'\n")) == (None, [])
