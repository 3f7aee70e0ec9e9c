"""Env files as Compose reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memlint.sources import dotenv
from memlint.sources.interpolation import HOLE, Variable
from memlint.sources.text import Source


def read(text: str, **outer: str) -> dict[str, str]:
    given_ = {name: Variable(value, None) for name, value in outer.items()}
    found, problem = dotenv.read(Source(".env", text), given_.get, {}, "in .env")
    assert problem is None
    return {name: variable.text for name, variable in found.items()}


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("A=1\nB = 2 \n", {"A": "1", "B": "2"}),
        ("\ufeff# c\n\n  export A=1\nB: 2\n", {"A": "1", "B": "2"}),
        ("A=x # c\nB=x#c\nC= # c\n", {"A": "x", "B": "x#c", "C": "# c"}),
        ("A=\"x # y\" # c\nB='$A'\n", {"A": "x # y", "B": "$A"}),
        ('A="a\\nb\\t\\"c\\" \\\\ \\$X"\n', {"A": 'a\nb\t"c" \\ $X'}),
        ("A='a\\nb'\n", {"A": "a\\nb"}),
        ('A="two\nlines"\nB=1\n', {"A": "two\nlines", "B": "1"}),
        ("A=1\nB=${A}x\nC=$$A\n", {"A": "1", "B": "1x", "C": "$A"}),
        ("A=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
        ("A=${X:-d}\n", {"A": "d"}),
        ("A=1\nA=2\n", {"A": "2"}),
        ("A=", {"A": ""}),
        ("", {}),
    ],
)
def test_values(text: str, variables: dict[str, str]) -> None:
    assert read(text) == variables


def test_what_is_looked_up_goes_before_the_file_itself() -> None:
    assert read("A=1\nB=$A\n", A="outer") == {"A": "1", "B": "outer"}


def test_a_bare_name_takes_the_outer_value_or_is_unknown() -> None:
    found, _ = dotenv.read(Source(".env", "A\nB\n"), {"A": Variable("1", None)}.get, {}, "in .env")
    assert found["A"].text == "1"
    assert (found["B"].text, found["B"].outside) == (HOLE, "B")


def test_a_value_that_depends_on_the_outside_says_so() -> None:
    found, _ = dotenv.read(Source(".env", "A=x-${HOST}\n"), {}.get, {}, "in .env")
    assert found["A"].outside == "HOST"


@pytest.mark.parametrize(
    ("text", "line", "column"), [("A=1\nB@=2\n", 2, 2), ("A='x\n", 1, 3), ("A B=1\n", 1, 1), ("A=${1}\n", 1, 3), ("export ", 1, 8)]
)
def test_what_compose_refuses_has_its_place(text: str, line: int, column: int) -> None:
    _, problem = dotenv.read(Source(".env", text), {}.get, {}, "in .env")
    assert problem is not None
    assert (problem.line, problem.column) == (line, column)


def test_each_value_has_its_place() -> None:
    text = "# c\nA=1g\nexport B = 'x y' # c\n"
    found, _ = dotenv.read(Source(".env", text), {}.get, {}, "in .env")
    places = {name: variable.origin.span for name, variable in found.items() if variable.origin is not None}
    assert {name: text[span.start : span.end] for name, span in places.items()} == {"A": "1g", "B": "'x y'"}


def test_the_raw_format_neither_quotes_nor_interpolates() -> None:
    found, problem = dotenv.read_raw(Source("e", "# c\nA='x' # y\nB=$A\nC\n"), {}.get, "in e")
    assert problem is None
    assert {name: variable.text for name, variable in found.items()} == {"A": "'x' # y", "B": "$A", "C": HOLE}
    assert dotenv.read_raw(Source("e", "A B=1\n"), {}.get, "in e")[1] is not None


@given(st.text("AB=:'\"\\$#{} \n\t\r.-[]") | st.text())
def test_no_text_raises_and_every_place_lies_in_it(text: str) -> None:
    for reader in (lambda source: dotenv.read(source, {}.get, {}, "in e"), lambda source: dotenv.read_raw(source, {}.get, "in e")):
        found, problem = reader(Source("e", text))
        for variable in found.values():
            if variable.origin is not None:
                assert 0 <= variable.origin.span.start <= variable.origin.span.end <= len(text)
        assert problem is None or problem.line <= text.count("\n") + 1
