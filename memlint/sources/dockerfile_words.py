"""Word expansion of Dockerfiles: quotes, escapes, `$NAME` and `${NAME…}` with every modifier, as BuildKit's shell.Lex does it.

A variable may be unset (None), known, or Unknown; a word that needs an Unknown one is Unknown with the same reason, while
`${A:-$B}` with a known A does not care about B. Source: moby/buildkit frontend/dockerfile/shell/lex.go, 2026-08.
"""

import re
from collections.abc import Callable
from typing import Final

from memlint.model import Unknown

Lookup = Callable[[str], str | Unknown | None]

# unicode.IsSpace of Go; Python's str.isspace() also takes the separators 0x1C-0x1F.
SPACES: Final = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
_SPECIAL: Final = "@*#?-$!0"
_MAX_DEPTH: Final = 50
_MAX_PATTERN: Final = 1000
_MAX_SIZE: Final = 1_000_000  # characters of a result


class WordError(ValueError):
    """A word that BuildKit refuses; the message is BuildKit's."""


def expand(word: str, lookup: Lookup, escape: str = "\\") -> str | Unknown:
    """Return the word with quotes removed and variables replaced, Unknown where a variable that it needs is.

    Raises WordError where BuildKit would stop the build.
    """
    if "$" not in word and "'" not in word and '"' not in word and escape not in word:
        return word
    return _Lexer(word, lookup, escape).run()[0]


def split(line: str, escape: str = "\\", *, raw_quotes: bool = False, raw_escapes: bool = False) -> list[str]:
    """Return the words of a line without expanding any variable, as BuildKit looks for here-documents. Raises WordError."""
    lexer = _Lexer(line, _unset, escape)
    lexer.raw_quotes = raw_quotes
    lexer.raw_escapes = raw_escapes
    lexer.keep_unset = True
    return lexer.run()[1]


def _unset(_name: str) -> None:
    return None


class _Text:
    """A string under construction that may turn out unknown."""

    __slots__ = ("pieces", "size", "unknown")

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.size = 0
        self.unknown: Unknown | None = None

    def add(self, piece: str | Unknown) -> None:
        if isinstance(piece, Unknown):
            self.unknown = self.unknown or piece
        elif self.unknown is None:
            self.pieces.append(piece)
            self.size += len(piece)
            if self.size > _MAX_SIZE:
                self.unknown = Unknown(f"it is longer than {_MAX_SIZE} characters")

    def value(self) -> str | Unknown:
        return self.unknown or "".join(self.pieces)


class _Lexer:
    def __init__(self, text: str, lookup: Lookup, escape: str) -> None:
        self.text = text
        self.lookup = lookup
        self.escape = escape
        self.raw_quotes = False
        self.raw_escapes = False
        self.keep_unset = False
        self.at = 0
        self.depth = 0
        # One buffer for all nesting levels, as in BuildKit: a nested ${A:-b} forgets the word that was begun before it.
        self.buffer: list[str] = []

    def run(self) -> tuple[str | Unknown, list[str]]:
        return self._until("", self.raw_escapes)

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _next(self) -> str:
        character = self.text[self.at : self.at + 1]
        self.at += 1
        return character

    def _until(self, stop: str, raw_escapes: bool) -> tuple[str | Unknown, list[str]]:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise WordError(f"substitutions are nested deeper than {_MAX_DEPTH} levels")
        before, self.raw_escapes = self.raw_escapes, raw_escapes
        try:
            return self._read_until(stop)
        finally:
            self.raw_escapes = before
            self.depth -= 1

    def _read_until(self, stop: str) -> tuple[str | Unknown, list[str]]:
        result = _Text()
        self.buffer.clear()
        words = _Words(self.buffer if self.keep_unset else None)
        while self.at < len(self.text):
            character = self.text[self.at]
            if character == stop:
                self.at += 1
                return result.value(), words.finish()
            if character == "$":
                piece = self._dollar()
                result.add(piece)
                words.add_split(piece)
            elif character == "'":
                piece = self._single_quotes()
                result.add(piece)
                words.add(piece)
            elif character == '"':
                piece = self._double_quotes()
                result.add(piece)
                words.add(piece)
            elif character == "<":
                piece = self._less_than()
                result.add(piece)
                words.add(piece)
            elif character == self.escape:
                self.at += 1
                if self.raw_escapes:
                    result.add(character)
                    words.add(character)
                character = self._next()
                if not character:
                    break
                result.add(character)
                words.add(character)
            else:
                self.at += 1
                result.add(character)
                words.add_split(character)
        if stop:
            raise WordError(f"unexpected end of statement while looking for matching {stop}")
        return result.value(), words.finish()

    def _single_quotes(self) -> str:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            self.at = len(self.text)
            raise WordError("unexpected end of statement while looking for matching single-quote")
        start, self.at = self.at, end + 1
        return self.text[start : end + 1] if self.raw_quotes else self.text[start + 1 : end]

    def _double_quotes(self) -> str | Unknown:
        result = _Text()
        self.at += 1
        if self.raw_quotes:
            result.add('"')
        while True:
            character = self._peek()
            if not character:
                raise WordError("unexpected end of statement while looking for matching double-quote")
            if character == '"':
                self.at += 1
                if self.raw_quotes:
                    result.add('"')
                return result.value()
            if character == "$":
                result.add(self._dollar())
                continue
            self.at += 1
            if character == self.escape:
                if self.raw_escapes:
                    result.add(character)
                following = self._peek()
                if not following:
                    continue
                if following in ('"', "$", self.escape):
                    self.at += 1
                    character = following
            result.add(character)

    def _less_than(self) -> str:
        """Keep `<< word` together, so that a here-document with a blank before its name is one word."""
        start = self.at
        self.at += 1
        if self._peek() == "<":
            self.at += 1
            while self._peek() in ("\t", "\r", " "):
                self.at += 1
        return self.text[start : self.at]

    def _dollar(self) -> str | Unknown:
        self.at += 1
        if self._peek() != "{":
            name = self._name()
            if not name:
                return "$"
            value = self.lookup(name)
            if value is None:
                return f"${name}" if self.keep_unset else ""
            return value
        self.at += 1
        if not self._peek():
            raise WordError("syntax error: missing '}'")
        if self._peek() in "{}:":
            raise WordError("syntax error: bad substitution")
        name = self._name()
        modifier = self._next()
        if modifier == "}":
            value = self.lookup(name)
            if value is None:
                return f"${{{name}}}" if self.keep_unset else ""
            return value
        if modifier == "/":
            return self._replace(name)
        colon = modifier == ":"
        if colon:
            modifier = self._next()
        elif not modifier or modifier not in "+-?#%":
            raise WordError(f"unsupported modifier ({modifier}) in substitution")
        return self._modified(name, modifier, colon)

    def _modified(self, name: str, modifier: str, colon: bool) -> str | Unknown:
        shown = ":" * colon + modifier
        trims = modifier in ("#", "%")
        if colon and trims:
            raise WordError(f"unsupported modifier ({shown}) in substitution")
        word = self._inner("}", trims, "syntax error: missing '}'")
        value = self.lookup(name)
        if self.keep_unset and value is None:
            return word if isinstance(word, Unknown) else f"${{{name}{shown}{word}}}"
        if not modifier or modifier not in "+-?#%":
            raise WordError(f"unsupported modifier ({shown}) in substitution")
        if isinstance(value, Unknown):
            return value
        missing = value is None or (colon and value == "")
        if modifier == "-":
            return word if missing else value or ""
        if modifier == "+":
            return "" if missing else word
        if modifier == "?":
            if missing:
                reason = word if isinstance(word, str) else ""
                raise WordError(f"{name}: {reason or ('is not allowed to be unset' if value is None else 'is not allowed to be empty')}")
            return value or ""
        if isinstance(word, Unknown):
            return word
        greedy = word.startswith(modifier)
        pattern = word[1:] if greedy else word
        return trim_suffix(pattern, value or "", greedy) if modifier == "%" else trim_prefix(pattern, value or "", greedy)

    def _replace(self, name: str) -> str | Unknown:
        everywhere = self._peek() == "/"
        if everywhere:
            self.at += 1
        pattern = self._inner("/", True, "syntax error: missing '/' in ${}")
        replacement = self._inner("}", True, "syntax error: missing '}'")
        value = self.lookup(name)
        for piece in (pattern, replacement):
            if isinstance(piece, Unknown):
                return piece
        assert isinstance(pattern, str)
        assert isinstance(replacement, str)
        if self.keep_unset and value is None:
            return f"${{{name}/{pattern}/{replacement}}}"
        if isinstance(value, Unknown):
            return value
        return replace(pattern, replacement, value or "", everywhere)

    def _inner(self, stop: str, raw_escapes: bool, missing: str) -> str | Unknown:
        try:
            return self._until(stop, raw_escapes)[0]
        except WordError as error:
            if self.at >= len(self.text):
                raise WordError(missing) from error
            raise

    def _name(self) -> str:
        start = self.at
        first = self._peek()
        if not first:
            return ""
        if first.isdecimal():
            while self._peek().isdecimal():
                self.at += 1
        elif first in _SPECIAL:
            self.at += 1
        else:
            while True:
                character = self._peek()
                if not (character == "_" or character.isalpha() or character.isdecimal()):
                    break
                self.at += 1
        return self.text[start : self.at]


class _Words:
    """The words of a line while they are read; blanks that come unquoted end a word. Without a buffer nobody asks for them."""

    __slots__ = ("buffer", "in_word", "words")

    def __init__(self, buffer: list[str] | None) -> None:
        self.buffer = buffer
        self.words: list[str] = []
        self.in_word = False

    def add(self, piece: str | Unknown) -> None:
        if self.buffer is not None and isinstance(piece, str):
            if piece:
                self.buffer.append(piece)
            self.in_word = True

    def add_split(self, piece: str | Unknown) -> None:
        if self.buffer is None or isinstance(piece, Unknown):
            return
        for character in piece:
            if character not in SPACES:
                self.buffer.append(character)
                self.in_word = True
            elif self.in_word:
                self._end()

    def finish(self) -> list[str]:
        self._end()
        return self.words

    def _end(self) -> None:
        if self.buffer:
            self.words.append("".join(self.buffer))
            self.buffer.clear()
            self.in_word = False


# Patterns of ${NAME#…}, ${NAME%…} and ${NAME/…/…}: a list of literal runs between stars; None in a run is `?`.
# They are matched run by run, since a regular expression with many stars would backtrack without end.
_Run = tuple[str | None, ...]
_ANY: Final = "*"


def trim_prefix(pattern: str, value: str, greedy: bool) -> str | Unknown:
    """Return the value without the shortest (`#`) or longest (`##`) beginning that fits the pattern. Raises WordError."""
    end = _end_of_prefix(_runs(pattern), value, greedy)
    return end if isinstance(end, Unknown) else value[end:]


def trim_suffix(pattern: str, value: str, greedy: bool) -> str | Unknown:
    """Return the value without the shortest (`%`) or longest (`%%`) ending that fits the pattern. Raises WordError."""
    end = _end_of_prefix(_runs(_backwards(pattern)), value[::-1], greedy)
    return end if isinstance(end, Unknown) else value[: len(value) - end]


def replace(pattern: str, replacement: str, value: str, everywhere: bool) -> str | Unknown:
    """Return the value with the first match of the pattern, or every one, replaced. Raises WordError."""
    runs = _runs(pattern)
    refusal = _too_long(runs, value)
    if refusal:
        return refusal
    done: list[str] = []
    at = kept = 0
    while at <= len(value):
        match = _search(runs, value, at)
        if match is None:
            break
        start, end = match
        # An empty match that touches the match before it does not count (regexp.ReplaceAllString).
        if end > start or start > kept or not done:
            done += (value[kept:start], _template(replacement, value[start:end]) if everywhere else replacement)
            kept = end
        if not everywhere:
            break
        at = end if end > start else end + 1
    return "".join(done) + value[kept:]


def _backwards(pattern: str) -> str:
    """Reverse a pattern, keeping each escape before what it escapes."""
    pieces = re.findall(r"\\.|.", pattern, re.DOTALL)
    return "".join(reversed(pieces))


def _runs(pattern: str) -> list[_Run]:
    runs: list[list[str | None]] = [[]]
    at = 0
    while at < len(pattern):
        character = pattern[at]
        at += 1
        if character == "*":
            runs.append([])
        elif character == "?":
            runs[-1].append(None)
        elif character == "\\":
            following = pattern[at : at + 1]
            if following and following in "}/":
                continue
            if not following or following not in "*?\\":
                raise WordError(f"invalid pattern ({pattern}) in substitution: invalid escape '\\{following}'")
            at += 1
            runs[-1].append(following)
        else:
            runs[-1].append(character)
    return [tuple(run) for run in runs]


def _too_long(runs: list[_Run], value: str) -> Unknown | None:
    if sum(map(len, runs)) + len(runs) > _MAX_PATTERN:
        return Unknown(f"its pattern is longer than {_MAX_PATTERN} characters")
    if "\n" in value and (len(runs) > 1 or any(None in run for run in runs)):
        return Unknown("a pattern with wildcards is matched against several lines")
    return None


def _find(run: _Run, value: str, start: int, last: bool = False) -> int:
    """Return where a run stands first (or last) at or after `start`, -1 where it does not."""
    if None not in run:
        literal = "".join(character or "" for character in run)
        return value.rfind(literal, start) if last else value.find(literal, start)
    expression = re.compile("".join("." if character is None else re.escape(character) for character in run))
    if not last:
        match = expression.search(value, start)
        return match.start() if match else -1
    for at in range(len(value) - len(run), start - 1, -1):
        if expression.match(value, at):
            return at
    return -1


def _fits(run: _Run, value: str, at: int) -> bool:
    return at + len(run) <= len(value) and all(wanted is None or wanted == value[at + number] for number, wanted in enumerate(run))


def _end_of_prefix(runs: list[_Run], value: str, greedy: bool) -> int | Unknown:
    refusal = _too_long(runs, value)
    if refusal:
        return refusal
    if not _fits(runs[0], value, 0):
        return 0
    end = _rest(runs, value, len(runs[0]), greedy)
    return end or 0


def _rest(runs: list[_Run], value: str, at: int, greedy: bool) -> int | None:
    """Return where the runs behind the first end, when the first ended at `at`; None where they do not fit."""
    if len(runs) == 1:
        return at
    for run in runs[1:-1]:
        found = _find(run, value, at)
        if found < 0:
            return None
        at = found + len(run)
    found = _find(runs[-1], value, at, last=greedy)
    return None if found < 0 else found + len(runs[-1])


def _search(runs: list[_Run], value: str, start: int) -> tuple[int, int] | None:
    found = _find(runs[0], value, start)
    if found < 0:
        return None
    end = _rest(runs, value, found + len(runs[0]), greedy=True)
    return None if end is None else (found, end)


def _template(replacement: str, match: str) -> str:
    """Expand `$0` and the like: BuildKit hands the replacement of `//` to regexp.ReplaceAllString, which has no groups here."""
    if "$" not in replacement:
        return replacement

    def group(found: re.Match[str]) -> str:
        name = found[1] or found[2] or ""
        return "$" if found[0] == "$$" else match if name and not name.strip("0") else ""

    return re.sub(r"\$(?:\$|(\w+)|\{(\w+)\})", group, replacement)
