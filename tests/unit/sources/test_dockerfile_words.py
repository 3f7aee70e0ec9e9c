"""Word expansion of Dockerfiles. The expectations are BuildKit's own answers (shell.Lex, 2026-08)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memlint.model import Unknown
from memlint.sources.dockerfile_words import WordError, expand, split

ENV: dict[str, str | Unknown] = {
    "A": "abcabc",
    "EMPTY": "",
    "FILE": "/usr/local/lib/foo.tar.gz",
    "STARS": "x*y?z",
    "SECRET": Unknown("it comes from outside"),
}


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("plain", "plain"),
        ("$A", "abcabc"),
        ("${A}z", "abcabcz"),
        ("$UNSET", ""),
        ("-Xmx${HEAP:-512m}", "-Xmx512m"),
        ("${EMPTY:-d}", "d"),
        ("${EMPTY-d}", ""),
        ("${UNSET-d}", "d"),
        ("${A:+set}", "set"),
        ("${EMPTY:+set}", ""),
        ("${EMPTY+set}", "set"),
        ("${UNSET:-${A}}", "abcabc"),
        ("${UNSET:-${NOR:-x}}", "x"),
        ("${A:?}", "abcabc"),
        ("${FILE#*/}", "usr/local/lib/foo.tar.gz"),
        ("${FILE##*/}", "foo.tar.gz"),
        ("${FILE%.*}", "/usr/local/lib/foo.tar"),
        ("${FILE%%.*}", "/usr/local/lib/foo"),
        ("${A#ab}", "cabc"),
        ("${A%?}", "abcab"),
        ("${A/b/X}", "aXcabc"),
        ("${A//b/X}", "aXcaXc"),
        ("${A/b*/X}", "aX"),
        ("${A//?/-}", "------"),
        ("${STARS%\\?z}", "x*y"),
        ("${FILE//\\//.}", ".usr.local.lib.foo.tar.gz"),
        ("'$A'", "$A"),
        ('"$A b"', "abcabc b"),
        ('"\\$A"', "$A"),
        ("\\$A", "$A"),
        ("a\\ b", "a b"),
        ("$", "$"),
        ("$(echo)", "$(echo)"),
        ("$$A", "A"),  # `$$` is the process, which BuildKit does not know
        ("'it''s'", "its"),
        ('"a\'b"', "a'b"),
        ("ends\\", "ends"),
    ],
)
def test_expands_as_buildkit_does(word: str, expected: str) -> None:
    assert expand(word, ENV.get) == expected


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("${", "missing '}'"),
        ("${A", "unsupported modifier"),
        ("${}", "bad substitution"),
        ("${:-x}", "bad substitution"),
        ("${A b}", "unsupported modifier"),
        ("${A:-b", "missing '}'"),
        ("${A:#b}", "unsupported modifier"),
        ("${A/b}", "missing '/'"),
        ("${UNSET:?say why}", "UNSET: say why"),
        ("${UNSET?}", "UNSET: is not allowed to be unset"),
        ("${EMPTY:?}", "EMPTY: is not allowed to be empty"),
        ("${A%\\a}", "invalid escape"),
        ("'open", "single-quote"),
        ('"open', "double-quote"),
    ],
)
def test_refuses_what_buildkit_refuses(word: str, message: str) -> None:
    with pytest.raises(WordError, match=message.replace("(", r"\(")):
        expand(word, ENV.get)


@pytest.mark.parametrize(
    "word", ["$SECRET", "a${SECRET}b", '"$SECRET"', "${SECRET:-d}", "${SECRET:+d}", "${UNSET:-$SECRET}", "${A#$SECRET}", "${SECRET/a/b}"]
)
def test_what_needs_an_unknown_variable_is_unknown(word: str) -> None:
    value = expand(word, ENV.get)
    assert isinstance(value, Unknown)
    assert value.why == "it comes from outside"


@pytest.mark.parametrize(("word", "expected"), [("${A:-$SECRET}", "abcabc"), ("${UNSET:+$SECRET}", ""), ("'$SECRET'", "$SECRET")])
def test_an_unknown_variable_that_is_not_used_does_no_harm(word: str, expected: str) -> None:
    assert expand(word, ENV.get) == expected


def test_the_escape_directive_changes_the_escape() -> None:
    assert expand("C:\\jdk\\bin`$A", ENV.get, "`") == "C:\\jdk\\bin$A"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("RUN cat <<EOF > 'a b'", ["RUN", "cat", "<<EOF", ">", "'a b'"]),
        ("COPY << E /x", ["COPY", "<< E", "/x"]),
        ("RUN <<'E' x\\ y", ["RUN", "<<'E'", "x\\ y"]),
        ("a  b\t", ["a", "b"]),
        ('a "" b', ["a", '""', "b"]),
    ],
)
def test_splits_a_line_for_here_documents(line: str, words: list[str]) -> None:
    assert split(line, raw_quotes=True, raw_escapes=True) == words


def test_deep_nesting_is_refused_and_does_not_exhaust_the_stack() -> None:
    with pytest.raises(WordError, match="nested deeper"):
        expand("${A:-" * 5000 + "}" * 5000, ENV.get)


def test_a_pattern_with_many_stars_does_not_backtrack() -> None:
    assert expand("${V%%" + "*a" * 200 + "b}", {"V": "a" * 4000}.get) == "a" * 4000


@given(st.text(st.sampled_from("ab$A{}:-+?#%/*\\'\"` <\n"), max_size=40), st.sampled_from("\\`"))
def test_any_text_is_expanded_or_refused(word: str, escape: str) -> None:
    try:
        value = expand(word, ENV.get, escape)
    except WordError:
        return
    assert isinstance(value, str | Unknown)


def test_a_result_does_not_grow_without_bounds() -> None:
    value = expand("$A" * 30000, {"A": "x" * 60000}.get)
    assert isinstance(value, Unknown)
    assert "longer than" in value.why
