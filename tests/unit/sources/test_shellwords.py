"""A string command as Compose splits it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memlint.sources.shellwords import split


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ('java -Xmx512m -jar "my app.jar"', ["java", "-Xmx512m", "-jar", "my app.jar"]),
        ("a\n  b\tc\r\n", ["a", "b", "c"]),
        ("a '' \"\"", ["a", "", ""]),
        (r'a\ b "c\"d" \t', ["a b", 'c"d', "\t"]),
        ("'a\\b'", ["a\\b"]),
        ("a$(b c)d `e f`", ["a$(b c)d", "`e f`"]),
        (r'$(a\)b) `c"d`', [r"$(a\)b)", '`c"d`']),
        ('sh -c "a; b && c"', ["sh", "-c", "a; b && c"]),
        ("--opt='x y'z", ["--opt=x yz"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    found = split(text)
    assert ([word.text for word in found.words], found.cut, found.error) == (words, None, None)


@pytest.mark.parametrize(
    ("text", "words", "cut"),
    [
        ("a && b", ["a"], 2),
        ("a;b", ["a"], 1),
        ("a | b", ["a"], 2),
        ("a 2>&1", ["a"], 3),  # the descriptor goes with it
        ("a2>x", ["a2"], 2),
        ("; a", [], 0),
    ],
)
def test_an_operator_of_the_shell_ends_the_command(text: str, words: list[str], cut: int) -> None:
    found = split(text)
    assert ([word.text for word in found.words], found.cut, found.error) == (words, cut, None)


@pytest.mark.parametrize("text", ["a (b)", "a )", "a 'b", 'a "b', "a `b", "a $(b", "a\\", "$(a (b))"])
def test_what_compose_refuses(text: str) -> None:
    assert split(text).error


@given(st.text("ab \t\n'\"\\;&|<>()`$1") | st.text())
def test_every_word_lies_in_the_text(text: str) -> None:
    found = split(text)
    for word in found.words:
        assert 0 <= word.start <= word.end <= len(text)
    assert found.cut is None or text[found.cut] in ";&|<>"
