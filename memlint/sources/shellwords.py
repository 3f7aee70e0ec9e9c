"""A string `command` or `entrypoint` as Compose splits it: mattn/go-shellwords without variables and backticks, no shell anywhere.

Source: go-shellwords shellwords.go; equal to v1.0.15, which docker-compose 5.6.1 is built with, on random texts.
"""

from memlint.records import NamedTuple


class Word(NamedTuple):
    """A word, and where its first and last character stand in the text."""

    text: str
    start: int
    end: int


class Split(NamedTuple):
    """The words. `cut`: where an unquoted `;`, `&`, `|`, `<` or `>` ended them, so that the rest is discarded. `error`: why it is refused."""

    words: tuple[Word, ...]
    cut: int | None = None
    error: str | None = None


_ESCAPES = {"t": "\t", "n": "\n"}
_REFUSED = "Compose cannot split it into words"


def split(text: str) -> Split:
    """Split a text as Compose does."""
    words: list[Word] = []
    buffer: list[str] = []
    escaped = double = single = back = dollar = False
    got = False
    start = 0
    cut: int | None = None
    for position, character in enumerate(text):
        if not got and not buffer and not (double or single or back or dollar or escaped):
            start = position
        if escaped:
            buffer.append(character if back or dollar else _ESCAPES.get(character, character))
            escaped, got = False, True
            continue
        if character == "\\":
            if single or back or dollar:  # a substitution is kept letter by letter
                buffer.append(character)
            escaped = not single
            continue
        if character in " \t\r\n":
            if single or double or back or dollar:
                buffer.append(character)
            elif got:
                words.append(Word("".join(buffer), start, position))
                buffer, got = [], False
            continue
        if character == "`":
            if not (single or double or dollar):
                back = not back
        elif character == ")":
            if not (single or double or back):
                if not dollar:
                    return Split(tuple(words), error=f"{_REFUSED}: a `)` without quotes")
                dollar = False
        elif character == "(":
            if not (single or double or back):
                if dollar or not buffer or buffer[-1] != "$":
                    return Split(tuple(words), error=f"{_REFUSED}: a `(` without quotes")
                buffer.append(character)
                dollar = True
                continue
        elif character == '"':
            if not (single or back or dollar):
                got = got or double
                double = not double
                continue
        elif character == "'":
            if not (double or back or dollar):
                got = got or single
                single = not single
                continue
        elif character in ";&|<>" and not (single or double or back or dollar):
            if character == ">" and buffer and all(digit in "0123456789" for digit in buffer):  # the descriptor of `2>`
                got = False
            cut = position
            break
        got = True
        buffer.append(character)
    if got:
        words.append(Word("".join(buffer), start, len(text) if cut is None else cut))
    if escaped or single or double or back or dollar:
        what = "it ends in a backslash" if escaped else "a quote is not closed" if single or double else "a substitution is not closed"
        return Split(tuple(words), error=f"{_REFUSED}: {what}")
    return Split(tuple(words), cut)
