"""Where the flags of a JVM come from, in the order in which it reads them: variables, command line, files, scripts.

Lowest first, and the last one wins (17u arguments.cpp:2119-2160, 3780-3905; measured on 8, 17 and 28, jvm.md 4.1):
-XX:Flags=FILE < JAVA_TOOL_OPTIONS < JDK_JAVA_OPTIONS (9 and later) < command line up to the main class < _JAVA_OPTIONS.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from memlint.api import Known, Origin, Program, Span, Surroundings, Unknown, Word, Words
from memlint.patterns import pattern
from memlint.records import NamedTuple
from memlint.runtimes.common import in_container, inside, variable

JAVA_TOOL_OPTIONS = "JAVA_TOOL_OPTIONS"
JDK_JAVA_OPTIONS = "JDK_JAVA_OPTIONS"
JAVA_OPTIONS = "_JAVA_OPTIONS"
COMMAND_LINE = "the command line"

MAX_WORDS: Final = 2000  # words of one command line with all its files


class Flag(NamedTuple):
    """One option as the JVM gets it, and where it stands. `word` is the text in the file that can be replaced as a whole."""

    text: str
    word: Known[str]
    source: str  # the name of the variable or file, "the command line", or the script that gives it
    spaced: bool = False  # it stands among others in one string, so that another can be put beside it
    joined: bool = False  # the launcher makes one option of two words, or takes an option for itself
    given: bool = True  # False: the default of a script, written by nobody here
    passed: bool = False  # a start script puts it on the command line of `java`

    @property
    def on_command_line(self) -> bool:
        return self.passed or self.source == COMMAND_LINE

    @property
    def at(self) -> Span:
        return self.word.origin.span

    @property
    def origin(self) -> Origin:
        return self.word.origin


class Gap(NamedTuple):
    """A word or file that cannot be known and may hold any flag."""

    why: str
    source: str
    origin: Origin | None
    optional: bool = False  # it may as well be empty


class Fault(NamedTuple):
    """What the `java` command itself refuses, before a JVM is made."""

    message: str
    word: Known[str]


class Launch:
    """Everything that reaches one JVM. `items` run from the lowest precedence to the highest."""

    __slots__ = ("faults", "items", "jar", "main", "rest", "serves")

    def __init__(self, main: Known[str] | None = None, jar: bool = False, rest: Words = (), serves: bool = True) -> None:
        self.items: list[Flag | Gap] = []
        self.faults: list[Fault] = []
        self.main = main  # jar, main class or module
        self.jar = jar
        self.rest = rest  # the arguments of the program
        self.serves = serves  # False: it only prints its version or its help

    @property
    def flags(self) -> list[Flag]:
        return [item for item in self.items if isinstance(item, Flag)]

    @property
    def gaps(self) -> list[Gap]:
        return [item for item in self.items if isinstance(item, Gap)]


_CHANGES: Final = (26, 16, 11, 9)  # the versions that read a command line in another way than those before


def grammar(major: int) -> int:
    """Return the oldest version to which `launch` answers as to `major`."""
    return next((since for since in _CHANGES if since <= major), 0)


def launch(words: Sequence[Word], program: Program, around: Surroundings, major: int, before: Iterable[Flag | Gap] = ()) -> Launch:
    """Return what reaches the JVM that `words` (from `java` on) start; `before` are flags that a script puts first. Never raises."""
    found = Launch()
    lowest: list[Flag | Gap] = []
    _variable(found, lowest, program, around, JAVA_TOOL_OPTIONS, major)
    if major >= 9:
        _launcher_variable(found, lowest, program, around, major)
    _from_script(found, lowest, before, around, major)
    _command_line(found, lowest, tuple(words)[1:], around, major)
    _variable(found, lowest, program, around, JAVA_OPTIONS, major)
    found.items[:0] = lowest
    return found


# ---- variables of the JVM


def _variable(found: Launch, lowest: list[Flag | Gap], program: Program, around: Surroundings, name: str, major: int) -> None:
    value = variable(program, name)
    if isinstance(value, Unknown):
        found.items.append(Gap(f"{name} cannot be known: {value.why}", name, value.origin, value.optional))
    elif value is not None:
        for token in split(value):
            if token.open:
                found.faults.append(Fault(f"Unmatched quote in {name}", value))
            _add(found.items, lowest, Flag(token.text, token.known, name, spaced=True), around, major)


def _launcher_variable(found: Launch, lowest: list[Flag | Gap], program: Program, around: Surroundings, major: int) -> None:
    value = variable(program, JDK_JAVA_OPTIONS)
    if isinstance(value, Unknown):
        found.items.append(Gap(f"{JDK_JAVA_OPTIONS} cannot be known: {value.why}", JDK_JAVA_OPTIONS, value.origin, value.optional))
        return
    if value is None:
        return
    tokens = list(split(value))
    if tokens and tokens[-1].open:
        found.faults.append(Fault(f"Unmatched quote in environment variable {JDK_JAVA_OPTIONS}", value))
        return
    pending: list[_Token | Unknown] = list(tokens)
    index = 0
    while index < len(pending):
        token = pending[index]
        index += 1
        if isinstance(token, Unknown):
            continue
        text = token.text
        if text in _ENDS or text in _PRINTS or text.startswith("--module="):
            found.faults.append(Fault(f"Option {text} is not allowed in environment variable {JDK_JAVA_OPTIONS}", token.known))
            return
        if text.startswith("@") and not text.startswith("@@"):
            _argument_file(found.items, text[1:], token.known, around, pending, index)
        elif text in _TAKES_NEXT:
            after = pending[index] if index < len(pending) else None
            index += 1
            _pair(found.items, text, token.known, after.text if isinstance(after, _Token) else "", JDK_JAVA_OPTIONS)
        elif not text.startswith("-"):
            found.faults.append(Fault(f"Cannot specify main class in environment variable {JDK_JAVA_OPTIONS}", token.known))
            return
        else:
            _add(found.items, lowest, Flag(text, token.known, JDK_JAVA_OPTIONS, spaced=True), around, major)


# ---- the command line


def _from_script(found: Launch, lowest: list[Flag | Gap], before: Iterable[Flag | Gap], around: Surroundings, major: int) -> None:
    """Add what a start script puts on the command line: the `java` command reads it as if it had been typed there."""
    pending = list(before)
    index = 0
    while index < len(pending) and index < MAX_WORDS:
        item = pending[index]
        index += 1
        if isinstance(item, Gap):
            found.items.append(item)
        elif item.text.startswith("@") and not item.text.startswith("@@") and major >= 9:
            tokens = _file_tokens(item.text[1:], item.word, around)
            if tokens is None:
                found.items.append(Gap(f"the argument file {item.text[1:]} is not among the files", item.text, item.origin))
            else:
                pending[index:index] = [item._replace(text=token.text, word=token.known) for token in tokens if token.text[:1] != "@"]
        elif _takes_next(item.text, major):
            after = pending[index] if index < len(pending) else None
            index += 1
            _pair(found.items, item.text, item.word, after.text if isinstance(after, Flag) else "?", item.source)
        elif item.text.startswith(("-", "Xm", "XX:")):  # a flag that lost its dash is refused, other words are the program's
            _add(found.items, lowest, item._replace(passed=True), around, major)


_TAKES_NEXT = frozenset(
    [
        "-cp",
        "-classpath",
        "--class-path",
        "-p",
        "--module-path",
        "--upgrade-module-path",
        "--add-modules",
        "--limit-modules",
        "--add-exports",
        "--add-opens",
        "--add-reads",
        "--patch-module",
        "--enable-native-access",
        "--source",
        "--enable-final-field-mutation",
    ]
)
_TAKES_NEXT_8 = frozenset(["-cp", "-classpath"])
_TAKES_SINCE = {"--enable-native-access": 16, "--source": 11, "--enable-final-field-mutation": 26}
_JVM_PAIRS = frozenset(
    [
        "-p",
        "--module-path",
        "--upgrade-module-path",
        "--add-modules",
        "--limit-modules",
        "--add-exports",
        "--add-opens",
        "--add-reads",
        "--patch-module",
        "--enable-native-access",
        "--enable-final-field-mutation",
    ]
)
_ENDS = frozenset(["-jar", "-m", "--module"])
_PRINTS = frozenset(
    ["-version", "--version", "-help", "--help", "-h", "-?", "-X", "--help-extra", "-fullversion", "--full-version", "--list-modules", "-d"]
)


def _command_line(found: Launch, lowest: list[Flag | Gap], words: Words, around: Surroundings, major: int) -> None:
    pending: list[_Token | Unknown] = [_Token(word.value, word) if isinstance(word, Known) else word for word in words]
    files = major >= 9
    index = 0
    while index < len(pending) and index < MAX_WORDS:
        token = pending[index]
        index += 1
        if index == MAX_WORDS:
            found.items.append(Gap(f"the command line has more than {MAX_WORDS} words", COMMAND_LINE, None))
        if isinstance(token, Unknown):
            found.items.append(Gap(f"a word of the command line cannot be known: {token.why}", COMMAND_LINE, token.origin))
            continue
        text = token.text
        if text == "--disable-@files":
            files = False
        if files and text.startswith("@") and len(text) > 1:
            if not text.startswith("@@"):
                _argument_file(found.items, text[1:], token.known, around, pending, index)
                continue
            text = text[1:]
        if text in _ENDS or text.startswith("--module="):
            after = pending[index] if index < len(pending) else None
            found.jar = text == "-jar"
            if text.startswith("--module="):
                found.main, index = token.known, index - 1
            elif isinstance(after, _Token):
                found.main = after.known
            found.rest = _words(pending[index + 1 :])
            return
        if text in _PRINTS:
            found.serves = False
        if _takes_next(text, major):
            after = pending[index] if index < len(pending) else None
            index += 1
            _pair(found.items, text, token.known, after.text if isinstance(after, _Token) else "?", COMMAND_LINE)
        elif not text.startswith("-"):
            found.main = token.known
            found.rest = _words(pending[index:])
            return
        else:
            _add(found.items, lowest, Flag(text, token.known, COMMAND_LINE, spaced=token.spaced), around, major)


def _takes_next(text: str, major: int) -> bool:
    return text in _TAKES_NEXT_8 or (text in _TAKES_NEXT and major >= _TAKES_SINCE.get(text, 9))


def _words(tokens: Iterable["_Token | Unknown"]) -> Words:
    return tuple(token.known if isinstance(token, _Token) else token for token in tokens)


def _pair(items: list[Flag | Gap], text: str, word: Known[str], value: str, source: str) -> None:
    """Note an option of two words; the launcher hands those for the JVM on as `--name=value`."""
    if text in _JVM_PAIRS:
        long = "--module-path" if text == "-p" else text
        items.append(Flag(f"{long}={value}", word, source, joined=True))


def _argument_file(
    items: list[Flag | Gap], path: str, word: Known[str], around: Surroundings, pending: list["_Token | Unknown"], index: int
) -> None:
    """Put the words of `@path` in the place of the word itself (args.c; not nested)."""
    tokens = _file_tokens(path, word, around)
    if tokens is None:
        items.append(Gap(f"the argument file {path} is not among the files", f"@{path}", word.origin))
    elif len(pending) + len(tokens) >= MAX_WORDS:
        items.append(Gap(f"with the argument file {path} the command line has more than {MAX_WORDS} words", f"@{path}", word.origin))
    else:
        pending[index:index] = [
            _Token(f"@{token.text}" if token.text.startswith("@") else token.text, token.known, True) for token in tokens
        ]


def _file_tokens(path: str, word: Known[str], around: Surroundings) -> list["_Token"] | None:
    placed = in_container(around, path)
    text = around.files.text(placed) if around.files is not None and placed is not None else None
    if text is None or around.files is None or placed is None:
        return None
    return [
        _Token(value, Known(value, Origin(around.files.span(placed, start, end), f"@{path}", (word.origin,))), True)
        for value, start, end in argument_file(text)
    ]


# ---- options that name a file


def _add(items: list[Flag | Gap], lowest: list[Flag | Gap], flag: Flag, around: Surroundings, major: int, depth: int = 0) -> None:
    """Add a flag, and instead of one that names a file of options what the file holds."""
    text = flag.text
    if text.startswith("-XX:VMOptionsFile=") and major >= 9 and depth == 0:
        _options_file(items, lowest, flag, text[18:], around, major)
    elif text.startswith("-XX:Flags=") and depth == 0:
        lowest.extend(_settings_file(flag, text[10:], around))
    else:
        items.append(flag)


def _options_file(items: list[Flag | Gap], lowest: list[Flag | Gap], flag: Flag, path: str, around: Surroundings, major: int) -> None:
    placed = in_container(around, path)
    text = around.files.text(placed) if around.files is not None and placed is not None else None
    if text is None or around.files is None or placed is None:
        items.append(Gap(f"the options file {path} is not among the files", path, flag.origin))
        return
    for value, start, end, _ in _tokens(text):
        origin = Origin(around.files.span(placed, start, end), path, (flag.origin,))
        _add(items, lowest, Flag(value, Known(value, origin), path), around, major, 1)


def _settings_file(flag: Flag, path: str, around: Surroundings) -> Iterator[Flag | Gap]:
    """Yield what `-XX:Flags=FILE` sets: one `+Name`, `-Name` or `Name=value` a word, `#` begins a comment."""
    placed = in_container(around, path)
    text = around.files.text(placed) if around.files is not None and placed is not None else None
    if text is None or around.files is None or placed is None:
        yield Gap(f"the flags file {path} is not among the files", path, flag.origin)
        return
    for match in re.finditer(r"#[^\n]*|(\S+)", text):
        if match[1]:
            origin = Origin(around.files.span(placed, match.start(), match.end()), path, (flag.origin,))
            yield Flag(f"-XX:{match[1]}", Known(match[1], origin), path)


# ---- grammars


class _Token(NamedTuple):
    text: str
    known: Known[str]
    spaced: bool = False
    open: bool = False  # a quote was not closed


def split(value: Known[str]) -> Iterator[_Token]:
    """Yield the options of a variable: white space parts them, either quote holds them together, nothing is escaped."""
    for text, start, end, unclosed in _tokens(value.value):
        yield _Token(text, inside(value, start, end), True, unclosed)


def _tokens(text: str) -> Iterator[tuple[str, int, int, bool]]:
    """Yield (option, start, end, unclosed quote); 17u arguments.cpp parse_options_buffer, which the launcher repeats."""
    index, length = 0, len(text)
    while index < length:
        if text[index] in " \t\n\v\f\r":
            index += 1
            continue
        start, quote, letters = index, "", []
        while index < length and (quote or text[index] not in " \t\n\v\f\r"):
            letter = text[index]
            if letter == quote:
                quote = ""
            elif not quote and letter in "'\"":
                quote = letter
            else:
                letters.append(letter)
            index += 1
        yield "".join(letters), start, index, bool(quote)


_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}


def argument_file(text: str) -> list[tuple[str, int, int]]:
    """Return (word, start, end) of an argument file: `#` begins a comment, quotes hold, a backslash escapes inside quotes (args.c)."""
    found: list[tuple[str, int, int]] = []
    index, length = 0, len(text)
    while index < length:
        if text[index] in " \t\n\f\r":
            index += 1
        elif text[index] == "#":
            while index < length and text[index] not in "\r\n":
                index += 1
        else:
            start, quote, letters = index, "", []
            while index < length and (quote or text[index] not in " \t\n\f\r#"):
                letter = text[index]
                if quote and letter == "\\":
                    index += 1
                    if index < length and text[index] in "\r\n":
                        index = _continued(text, index)
                        continue
                    letters.append(_ESCAPES.get(text[index], text[index]) if index < length else "")
                elif quote and letter in "\r\n":
                    break  # an open quote ends with its line
                elif letter == quote:
                    quote = ""
                elif not quote and letter in "'\"":
                    quote = letter
                else:
                    letters.append(letter)
                index += 1
            found.append(("".join(letters), start, max(index, start + 1)))
    return found[:MAX_WORDS]


def _continued(text: str, index: int) -> int:
    """Return where a quoted word goes on after a backslash at the end of its line: past the line break and leading blanks."""
    while index < len(text) and text[index] in "\r\n \t\f":
        index += 1
    return index


_HEAP = pattern(
    r"^(?:-Xmx|-Xms|-XX:(?:Max|Initial|Min)HeapSize=|-XX:(?:Max|Min|Initial|DefaultMax)RAM(?:Percentage|Fraction)=|-XX:MaxRAM=)", re.ASCII
)
_LIMITS = pattern(r"^(?:-Xmx|-XX:MaxHeapSize=|-XX:MaxRAM(?:Percentage|Fraction)=|-XX:MaxRAM=|-XX:MinRAMPercentage=)", re.ASCII)


def sets_heap(text: str) -> bool:
    return _HEAP.match(text) is not None


def limits_heap(text: str) -> bool:
    """Return whether an option decides how large the heap may grow."""
    return _LIMITS.match(text) is not None


def heap_flags(value: Known[str]) -> list[_Token]:
    """Return the options in a variable's value that size the heap."""
    return [token for token in split(value) if sets_heap(token.text)]
