"""Compose's variables: the grammar, the three states of a variable, and where each part of a result was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memlint.sources.interpolation import HOLE, InterpolationError, Result, Variable, interpolate

SET = {"A": Variable("x", None), "EMPTY": Variable("", None), "dollar": Variable("$A", None), "far": Variable(HOLE, None, "HOST")}


def read(text: str) -> Result:
    return interpolate(text, SET.get)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("plain", "plain"),
        ("$A ${A} $A.b ${A}b", "x x x.b xb"),
        ("$$A $${A} $$$A", "$A ${A} $x"),
        ("$1 $- $", "$1 $- $"),
        ("${A:-d} ${EMPTY:-d} ${EMPTY-d} ${NONE:-d} ${NONE-d}", "x d  d d"),
        ("${A:+r}|${EMPTY:+r}|${EMPTY+r}|${NONE:+r}|${NONE+r}", "r||r||"),
        ("${NONE:-${A}-${EMPTY:-${A}}}", "x-x"),
        ("${NONE:-a}${NONE:-b}", "ab"),
        ("${NONE:-{}}", "{}"),
        ("${NONE:-a:-b}", "a:-b"),
        ("${dollar}", "$A"),  # what a variable holds is not read again
        ("${A:?must} ${A?must}", "x x"),
        ("a\n${A}\n", "a\nx\n"),
    ],
)
def test_what_compose_makes_of_a_text(text: str, result: str) -> None:
    assert read(text).text == result


@pytest.mark.parametrize("text", ["$NONE", "${NONE}", "${NONE:?must be set}", "${NONE?}", "${NONE:-${ALSO}}", "${far}", "${far:-d}"])
def test_a_variable_from_outside_is_unknown_and_not_empty(text: str) -> None:
    result = read(text)
    assert result.text == HOLE
    assert [use.state for use in result.uses][-1] == "outside"


def test_an_assumed_default_is_told() -> None:
    (use,) = read("${MEM:-1g}").uses
    assert (use.name, use.state, use.start, use.end, use.braced) == ("MEM", "default", 0, 10, True)


@pytest.mark.parametrize("text", ["${1A}", "${A/foo/bar}", "${A-B ", "${", "${}", "x ${A:-b\n}", "${:-x}", "${NONE:-${1}}"])
def test_what_compose_cannot_read(text: str) -> None:
    with pytest.raises(InterpolationError) as told:
        read(text)
    assert 0 <= told.value.start < told.value.end <= len(text)


def test_a_required_variable_that_is_empty_is_refused() -> None:
    with pytest.raises(InterpolationError, match="required variable EMPTY is missing a value: no heap"):
        read("${EMPTY:?no heap}")


@pytest.mark.parametrize(
    ("text", "part", "written"),
    [
        ("java $$X -jar", "-jar", "-jar"),
        ("java $$X -jar", "$X", "$$X"),
        ("java ${NONE:--Xmx1g} -jar", "-jar", "-jar"),
        ("java ${NONE:--Xmx1g} -jar", "-Xmx1g", "-Xmx1g"),
        ("java ${A} -jar", "x", "${A}"),
        ("a=${NONE:-x}y", "xy", "${NONE:-x}y"),
        ("${NONE:-${B:-x}y}z", "xy", "${B:-x}y"),
    ],
)
def test_a_part_of_the_result_is_found_in_the_text(text: str, part: str, written: str) -> None:
    result = read(text)
    start = result.text.index(part)
    first, last = result.written(start, start + len(part))
    assert text[first:last] == written


def test_defaults_within_defaults_have_an_end() -> None:
    with pytest.raises(InterpolationError, match="nested deeper than 100"):
        read("${N:-" * 5000 + "}" * 5000)


def test_many_variables_in_one_line_take_no_square_time() -> None:
    assert read("${N:-a}" * 20_000).text == "a" * 20_000


TEXTS = st.lists(
    st.sampled_from(["$", "${", "}", "{", ":-", "-", ":+", "+", ":?", "?", "A", "NONE", "EMPTY", "1", " ", "é", "\n", "far"])
).map("".join)


@given(TEXTS | st.text())
def test_no_text_raises_anything_else_and_all_parts_lie_in_it(text: str) -> None:
    try:
        result = read(text)
    except InterpolationError as error:
        place = (error.start, error.end)
        result = Result()
        assert 0 <= place[0] <= place[1] <= len(text)  # a text may be refused or not
    assert "".join(piece.text for piece in result.pieces) == result.text
    for piece in result.pieces:
        assert 0 <= piece.start <= piece.end <= len(text)
        assert not piece.literal or text[piece.start : piece.end] == piece.text
    for use in result.uses:
        assert text[use.start] == "$"
        assert 0 <= use.start < use.end <= len(text)
    for start in range(0, len(result.text), 3):
        first, last = result.written(start, min(start + 2, len(result.text)))
        assert 0 <= first <= last <= len(text)
