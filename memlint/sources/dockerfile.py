"""Dockerfiles as BuildKit reads them: instructions, stages, here-documents, each word with its place (the only user of dockerfile_parse).

dockerfile-parse knows no here-documents, loses trailing continuations and counts lines otherwise, so its line joining and
its instruction list are replaced here; what a value means (variables, inheritance) is `resolve.images`' business.
Source: moby/buildkit frontend/dockerfile/{parser,instructions}, 2026-08. Reading takes linear time and never raises.
"""

import io
import json  # dockerfile_parse brings it anyway
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any, Final

from dockerfile_parse import DockerfileParser

from memlint.model import Problem, Span
from memlint.patterns import pattern
from memlint.records import NamedTuple
from memlint.sources import dockerfile_words
from memlint.sources.dockerfile_words import SPACES, WordError
from memlint.sources.text import Source

_BLANKS: Final = pattern(r"[\t\v\f\r ]+")
_SPACE: Final = pattern(f"[{SPACES}]+")
_DIRECTIVE: Final = pattern(r"([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*+(.+)")
_HEREDOC: Final = pattern(r"([0-9]*)<<(-?)[\t\n\f\r ]*([^<]*)")
_STAGE_NAME: Final = pattern(r"[a-z][a-z0-9-_.]*")
_JSON_STRING: Final = pattern(r'"(?:[^"\\]|\\.)*"')
_SURROGATES: Final = pattern(r"[\ud800-\udfff]")
_MAX_LINE: Final = 65536  # bytes; bufio.MaxScanTokenSize of Go

_PAIRS: Final = frozenset(("ENV", "LABEL", "ARG"))
_SHELL_OR_EXEC: Final = frozenset(("CMD", "ENTRYPOINT", "RUN", "SHELL"))
_LISTS: Final = frozenset(("ADD", "COPY", "VOLUME"))
_BLANK_SEPARATED: Final = frozenset(("EXPOSE", "FROM"))
_ONE_ARGUMENT: Final = frozenset(("MAINTAINER", "STOPSIGNAL", "USER", "WORKDIR"))
_KEYWORDS: Final = _PAIRS | _SHELL_OR_EXEC | _LISTS | _BLANK_SEPARATED | _ONE_ARGUMENT | {"HEALTHCHECK", "ONBUILD"}
_HEREDOC_KEYWORDS: Final = frozenset(("ADD", "COPY", "RUN"))
# Flags that BuildKit knows; COPY, ADD and RUN get new ones with every release, and the others have never had any.
_FLAGS: Final = {
    "FROM": frozenset(("platform",)),
    "HEALTHCHECK": frozenset(("interval", "timeout", "start-period", "start-interval", "retries")),
    **{
        keyword: frozenset[str]()
        for keyword in ("ENV", "LABEL", "MAINTAINER", "ONBUILD", "WORKDIR", "CMD", "ENTRYPOINT", "EXPOSE", "USER", "VOLUME", "SHELL")
    },
}
_VALUED_FLAGS: Final = frozenset(
    ("chmod", "checksum", "chown", "device", "exclude", "from", "mount", "network", "platform", "security", *_FLAGS["HEALTHCHECK"])
)


class Piece(NamedTuple):
    """A word as written, and where."""

    text: str
    at: Span


class Pair(NamedTuple):
    """One `KEY=value` of ENV, LABEL or ARG. `value` keeps its quotes; None: an ARG without default. `at`: the value, else the key."""

    key: str
    value: str | None
    at: Span


class Heredoc(NamedTuple):
    """A here-document. `chomp`: leading tabs of `content` are dropped when it is used; `at`: its content."""

    name: str
    content: str
    expand: bool
    chomp: bool
    descriptor: int
    at: Span


class _Joined:
    """The text of one instruction with its continuation lines joined, and where each piece of it stands in the file."""

    __slots__ = ("offsets", "positions", "source", "text")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = ""
        self.positions: list[int] = []  # where a piece begins in `text`
        self.offsets: list[int] = []  # and in the file

    def span(self, start: int, end: int) -> Span:
        """Return the place of characters of `text`; one that crosses a continuation takes the line break in."""
        first = self._offset(start)
        return self.source.span(first, self._offset(end - 1) + 1 if end > start else first)

    def _offset(self, position: int) -> int:
        number = bisect_right(self.positions, position) - 1
        return self.offsets[number] + position - self.positions[number]


class Instruction:
    """One instruction. `value` is its text behind keyword and flags, with continuation lines joined.

    `form`: "exec" for a JSON array, "shell" otherwise, None for instructions that know no forms. `words`: the items of the exec
    form or of a list (for HEALTHCHECK those of its command). `pairs`: of ENV, LABEL, ARG. `trigger`: what ONBUILD holds.
    `line` and `end_line` take comments and here-documents in, as BuildKit counts. `broken`: BuildKit refuses it; a problem says why.
    """

    __slots__ = (
        "at", "broken", "end_line", "flags", "form", "heredocs", "joined", "keyword", "line", "pairs", "trigger", "value", "value_start", "words",
    )  # fmt: skip

    def __init__(self, keyword: str, flags: tuple[str, ...], joined: _Joined, start: int, value_start: int, end: int) -> None:
        self.keyword = keyword
        self.flags = flags
        self.joined = joined
        self.value_start = value_start
        self.value = joined.text[value_start:end]
        self.at = joined.span(start, end)
        self.line = self.at.line
        self.end_line = self.at.end_line
        self.form: str | None = None
        self.words: tuple[Piece, ...] = ()
        self.pairs: tuple[Pair, ...] = ()
        self.heredocs: tuple[Heredoc, ...] = ()
        self.trigger: Instruction | None = None
        self.broken = False

    def __repr__(self) -> str:
        return f"Instruction({self.keyword} {self.value!r}, lines {self.line}-{self.end_line})"

    def span(self, start: int, end: int) -> Span:
        """Return the place of the characters `start`..`end` of `value`."""
        return self.joined.span(self.value_start + start, self.value_start + end)

    @property
    def value_at(self) -> Span:
        return self.span(0, len(self.value)) if self.value else self.at

    def flag(self, name: str) -> str | None:
        """Return the value of the last `--name=value`, "" for a bare `--name`, None where it is not given."""
        found = None
        for flag in self.flags:
            key, _, value = flag[2:].partition("=")
            if key == name:
                found = value
        return found

    @property
    def disables(self) -> bool:
        """Say whether this is HEALTHCHECK NONE."""
        return self.keyword == "HEALTHCHECK" and self.value[:4].upper() == "NONE"


class BuildStage(NamedTuple):
    """A stage from its FROM on. `number` counts from 0; `base` is as written, variables unexpanded; `name` is lower case."""

    number: int
    name: str | None
    base: Piece
    platform: str | None
    at: Span
    instructions: tuple[Instruction, ...]


class Dockerfile(NamedTuple):
    """A Dockerfile. `arguments`: the ARGs before the first FROM; `escape`: its escape character."""

    path: str
    instructions: tuple[Instruction, ...]
    stages: tuple[BuildStage, ...]
    arguments: tuple[Instruction, ...]
    escape: str
    problems: tuple[Problem, ...]


def read(path: str, text: str) -> Dockerfile:
    """Read a Dockerfile. Whatever BuildKit would refuse becomes a problem with its line; the rest is read all the same."""
    parser = BuildkitParser(Source(path, text))
    instructions = tuple(parser.instructions())
    stages: list[BuildStage] = []
    arguments: list[Instruction] = []
    members: list[list[Instruction]] = []
    for instruction in instructions:
        if instruction.keyword == "FROM":
            own: list[Instruction] = []
            stage = _stage(instruction, len(stages), parser)
            if stage is not None:
                stages.append(stage)
                members.append(own)
        elif stages:
            members[-1].append(instruction)
        elif instruction.keyword == "ARG":
            arguments.append(instruction)
        elif instruction.keyword in _KEYWORDS:
            parser.complain(instruction.at, f"{instruction.keyword} stands before the first FROM: no build stage in current context")
    if not instructions:
        parser.complain(None, "file with no instructions")
    elif not stages and not parser.problems:
        parser.complain(None, "dockerfile contains no stages to build: there is no FROM")
    built = tuple(stage._replace(instructions=tuple(own)) for stage, own in zip(stages, members, strict=True))
    return Dockerfile(
        path,
        instructions,
        built,
        tuple(arguments),
        parser.escape,
        tuple(sorted(parser.problems, key=lambda problem: (problem.line, problem.column))),
    )


def _stage(instruction: Instruction, index: int, parser: "BuildkitParser") -> BuildStage | None:
    words = instruction.words
    name = None
    if len(words) == 3 and words[1].text.lower() == "as":
        name = words[2].text.lower()
        if not _STAGE_NAME.fullmatch(name):
            parser.refuse(
                instruction, f'invalid name for build stage: "{words[2].text}", name can\'t start with a number or contain symbols'
            )
    elif len(words) != 1:
        parser.refuse(instruction, "FROM requires either one or three arguments")
    if not words:
        return None
    return BuildStage(index, name, words[0], instruction.flag("platform"), instruction.at, ())


class BuildkitParser(DockerfileParser):  # type: ignore[misc]  # the library has no types
    """dockerfile-parse with BuildKit's line joining; `structure` and all that is inherited from it see BuildKit's instructions."""

    def __init__(self, source: Source) -> None:
        super().__init__(fileobj=io.StringIO(source.text))
        self.source = source
        self.escape = "\\"
        self.problems: list[Problem] = []
        self._instructions: list[Instruction] | None = None
        self._lines: list[str] = []
        self._at = 0  # number of lines read

    @property
    def lines(self) -> list[str]:
        """The lines with their ends, broken at `\\n` only."""
        starts, text = self.source.starts, self.source.text
        ends = [*starts[1:], len(text)]
        return [text[start:end] for start, end in zip(starts, ends, strict=True) if start < len(text)]

    @property
    def structure(self) -> list[dict[str, Any]]:
        """The instructions as dockerfile-parse describes them: lines count from 0, values are joined."""
        return [
            {
                "instruction": instruction.keyword,
                "startline": instruction.line - 1,
                "endline": instruction.end_line - 1,
                "content": "".join(self._lines[instruction.line - 1 : instruction.end_line]),
                "value": instruction.value,
            }
            for instruction in self.instructions()
        ]

    def instructions(self) -> list[Instruction]:
        if self._instructions is None:
            self._instructions = []
            self._lines = self.lines
            for joined, line in self._logical_lines():
                instruction = self._instruction(joined, 0)
                instruction.line, instruction.end_line = line, self._at
                self._instructions.append(instruction)
                self._heredocs(instruction)
        return self._instructions

    def complain(self, at: Span | None, message: str) -> None:
        line, column = (at.line, at.column) if at else (max(len(self._lines), 1), 1)
        self.problems.append(Problem(self.source.path, message, line, column))

    def refuse(self, instruction: Instruction, message: str) -> None:
        instruction.broken = True
        self.complain(instruction.at, message)

    def _logical_lines(self) -> Iterator[tuple[_Joined, int]]:
        """Yield each instruction's joined text and the number of its first line."""
        directives: set[str] | None = set()
        while self._at < len(self._lines):
            raw, offset = self._line()
            number = self._at
            if number == 1 and raw.startswith("\ufeff"):
                raw, offset = raw[1:], offset + 1
            stripped = raw.rstrip("\r\n")
            line = stripped.lstrip(SPACES)
            offset += len(stripped) - len(line)
            if directives is not None:
                directives = self._directive(line, directives, number)
            if line.startswith("#"):
                continue
            piece, ends = self._without_continuation(line)
            if ends and not piece:
                continue
            joined = _Joined(self.source)
            joined.positions.append(0)
            joined.offsets.append(offset)
            pieces, length = [piece], len(piece)
            while not ends and self._at < len(self._lines):
                raw, offset = self._line()
                bare = raw.lstrip(SPACES)
                if not bare or bare.startswith("#"):
                    continue
                piece, ends = self._without_continuation(raw.rstrip("\r\n"))
                if piece:
                    joined.positions.append(length)
                    joined.offsets.append(offset)
                    pieces.append(piece)
                    length += len(piece)
            joined.text = "".join(pieces)
            yield joined, number

    def _line(self) -> tuple[str, int]:
        line, offset = self._lines[self._at], self.source.starts[self._at]
        self._at += 1
        if len(line) > _MAX_LINE // 4 and len(line.rstrip("\n").encode("utf-8", "surrogatepass")) >= _MAX_LINE:
            self._complain_of_line(self._at, f"dockerfile line greater than max allowed size of {_MAX_LINE - 1}")
        return line, offset

    def _complain_of_line(self, line: int, message: str) -> None:
        self.problems.append(Problem(self.source.path, message, line))

    def _without_continuation(self, line: str) -> tuple[str, bool]:
        bare = line.rstrip(" \t")
        if bare.endswith(self.escape) and not bare.endswith(self.escape * 2):
            return bare[:-1], False
        return line, True

    def _directive(self, line: str, seen: set[str], number: int) -> set[str] | None:
        """Read a parser directive; None: there can be no more of them."""
        match = _DIRECTIVE.fullmatch(line[1:].strip(SPACES)) if line.startswith("#") else None
        key = match[1].lower() if match else ""
        if match is None or key not in ("syntax", "escape", "check"):
            return None
        if key in seen:
            self._complain_of_line(number, f"only one {key} parser directive can be used")
            return None
        if key == "escape":
            if match[2] in ("\\", "`"):
                self.escape = match[2]
            else:
                self._complain_of_line(number, f"invalid escape token '{match[2]}' does not match ` or \\")
        return seen | {key}

    def _instruction(self, joined: _Joined, begin: int) -> Instruction:
        """Read one instruction from a joined text, beginning at position `begin` of it."""
        text = joined.text
        end = max(len(text.rstrip(SPACES)), begin)
        start = end - len(text[begin:end].lstrip(SPACES))
        blank = _BLANKS.search(text, start, end)
        word = text[start : blank.start() if blank else end]
        flags, value_start = self._flags(text, blank.end(), end) if blank else ((), end)
        value_start = end - len(text[value_start:end].lstrip(SPACES))
        keyword = word.lower().upper()  # BuildKit looks the lower case up
        instruction = Instruction(keyword, flags, joined, start, value_start, end)
        if keyword not in _KEYWORDS:
            self.refuse(instruction, f"unknown instruction: {word}")
            return instruction
        known = _FLAGS.get(keyword)
        for flag in flags:
            name, equals, _ = flag[2:].partition("=")
            if known is not None and name not in known:
                self.refuse(instruction, f"unknown flag: --{name}")
            elif not equals and name in _VALUED_FLAGS:
                self.refuse(instruction, f"missing a value on flag: --{name}")
        self._arguments(instruction)
        return instruction

    def _flags(self, text: str, at: int, end: int) -> tuple[tuple[str, ...], int]:
        """Return the `--flags` and where the rest begins. Quotes and escapes are taken off, as BuildKit does."""
        flags: list[str] = []
        while True:
            while at < end and text[at] in SPACES:
                at += 1
            if not text.startswith("--", at, end):
                return tuple(flags), at
            word: list[str] = []
            quote = ""
            quoted = False
            while at < end:
                character = text[at]
                at += 1
                if quote and character == quote:
                    quote = ""
                elif not quote and character in SPACES:
                    at -= 1
                    break
                elif not quote and character in "'\"":
                    quote = character
                    quoted = True
                elif character == self.escape:
                    if at < end:
                        word.append(text[at])
                        at += 1
                else:
                    word.append(character)
            flag = "".join(word)
            if flag == "--":
                return tuple(flags), at
            if flag or quoted:
                flags.append(flag)

    def _arguments(self, instruction: Instruction) -> None:
        keyword, value = instruction.keyword, instruction.value
        if keyword in _PAIRS:
            self._pairs(instruction)
        elif keyword in _SHELL_OR_EXEC:
            self._json_or_shell(instruction, 0)
            if keyword == "SHELL" and not instruction.broken and not instruction.words:
                problem = "requires the arguments to be in JSON form" if instruction.form == "shell" else "requires at least one argument"
                self.refuse(instruction, f"SHELL {problem}")
        elif keyword in _LISTS:
            self._list(instruction)
        elif keyword in _BLANK_SEPARATED:
            instruction.words = self._blank_separated(instruction, 0)
            if keyword == "EXPOSE" and not instruction.words:
                self.refuse(instruction, "EXPOSE requires at least one argument")
        elif keyword in _ONE_ARGUMENT:
            if not value:
                self.refuse(instruction, f"{keyword} requires exactly one argument")
        elif keyword == "HEALTHCHECK":
            self._healthcheck(instruction)
        else:
            self._onbuild(instruction)

    def _pairs(self, instruction: Instruction) -> None:
        keyword, value = instruction.keyword, instruction.value
        words = list(_quoted_words(value, self.escape))
        if not words:
            self.refuse(instruction, f"{keyword} requires at least one argument")
            return
        if keyword != "ARG" and "=" not in value[words[0][0] : words[0][1]]:
            key, *rest = _BLANKS.split(value, maxsplit=1)
            if not rest:
                self.refuse(instruction, f"{keyword} must have two arguments")
                return
            instruction.pairs = (Pair(key, rest[0], instruction.span(len(value) - len(rest[0]), len(value))),)
            return
        pairs = []
        for start, end in words:
            key, equals, text = value[start:end].partition("=")
            if not equals and keyword != "ARG":
                self.refuse(instruction, f'can\'t find = in "{key}": {keyword} must be of the form: name=value')
                return
            if not key:
                self.refuse(instruction, f"{keyword} names can not be blank")
                return
            # An empty value has no place of its own: it is that of its name.
            place = instruction.span(start + len(key) + 1, end) if text else instruction.span(start, end)
            pairs.append(Pair(key, text if equals else None, place))
        instruction.pairs = tuple(pairs)

    def _json_or_shell(self, instruction: Instruction, begin: int) -> None:
        """Read what stands in the value from `begin` on as a JSON array of strings, or leave it to the shell."""
        text = instruction.value[begin:]
        instruction.form = "shell"
        if not text.startswith("["):
            return
        try:
            items = json.loads(text, parse_constant=_refuse_constant, parse_int=str, parse_float=str)
        except RecursionError:
            items = [None]
        except ValueError:
            return
        instruction.form = "exec"
        # Numbers were kept as strings, so that no length of them is refused; strings are told from them by their quotes.
        strings = list(_JSON_STRING.finditer(text))
        if not all(isinstance(item, str) for item in items) or len(strings) != len(items):
            self.refuse(instruction, "when using JSON array syntax, arrays must be comprised of strings only")
            return
        instruction.words = tuple(
            Piece(_SURROGATES.sub("\ufffd", item), instruction.span(begin + found.start(), begin + found.end()))
            for item, found in zip(items, strings, strict=True)
        )

    def _blank_separated(self, instruction: Instruction, begin: int) -> tuple[Piece, ...]:
        value = instruction.value
        words = []
        for blank in (*_BLANKS.finditer(value, begin), None):
            end = blank.start() if blank else len(value)
            if end > begin:
                words.append(Piece(value[begin:end], instruction.span(begin, end)))
            begin = blank.end() if blank else end
        return tuple(words)

    def _list(self, instruction: Instruction) -> None:
        self._json_or_shell(instruction, 0)
        if instruction.broken:
            return
        if instruction.form == "shell":
            instruction.words = self._blank_separated(instruction, 0)
        keyword = instruction.keyword
        if keyword == "VOLUME":
            if not instruction.words:
                self.refuse(instruction, "VOLUME requires at least one argument")
            elif not all(piece.text.strip(SPACES) for piece in instruction.words):
                self.refuse(instruction, "VOLUME specified can not be an empty string")
        elif len(instruction.words) < 2:
            message = "requires at least two arguments, but only one was provided. Destination could not be determined"
            self.refuse(instruction, f"{keyword} {message}")
        elif _heredoc(instruction.words[-1].text):
            self.refuse(instruction, f"{keyword} cannot accept a heredoc as a destination")

    def _healthcheck(self, instruction: Instruction) -> None:
        value = instruction.value
        if not value:
            self.refuse(instruction, "HEALTHCHECK requires at least one argument")
            return
        blank = _SPACE.search(value)
        kind = value[: blank.start()] if blank else value
        begin = blank.end() if blank else len(value)
        self._json_or_shell(instruction, begin)
        if instruction.broken:
            return
        if kind.upper() == "NONE":
            if begin < len(value) and (instruction.form == "shell" or instruction.words):
                self.refuse(instruction, "HEALTHCHECK NONE takes no arguments")
        elif kind.upper() != "CMD":
            self.refuse(instruction, f'Unknown type "{kind.upper()}" in HEALTHCHECK (try CMD)')
        elif begin == len(value) or (instruction.form == "exec" and not instruction.words):
            self.refuse(instruction, "Missing command after HEALTHCHECK CMD")
        elif instruction.form == "shell":
            instruction.words = (Piece(value[begin:], instruction.span(begin, len(value))),)

    def _onbuild(self, instruction: Instruction) -> None:
        keyword = _BLANKS.split(instruction.value, maxsplit=1)[0].upper()
        if not keyword:
            self.refuse(instruction, "ONBUILD requires at least one argument")
        elif keyword == "ONBUILD":
            self.refuse(instruction, "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
        elif keyword in ("MAINTAINER", "FROM"):
            self.refuse(instruction, f"{keyword} isn't allowed as an ONBUILD trigger")
        else:
            instruction.trigger = self._instruction(instruction.joined, instruction.value_start)

    def _heredocs(self, instruction: Instruction) -> None:
        """Read the here-documents that an instruction announces, and take their lines into it."""
        holder = instruction.trigger or instruction
        text = instruction.joined.text
        if "<<" not in text or holder.keyword not in _HEREDOC_KEYWORDS or holder.form == "exec":
            return
        try:
            words = dockerfile_words.split(text, raw_quotes=True, raw_escapes=True)
        except WordError:
            return
        starts, heredocs = self.source.starts, []
        for name, expand, chomp, descriptor in filter(None, map(_heredoc, words)):
            first, last = self._at, None
            while self._at < len(self._lines) and last is None:
                bare = self._line()[0].rstrip("\r\n")
                if (bare.lstrip("\t") if chomp else bare) == name:
                    last = self._at - 1
            end = starts[last] if last is not None else len(self.source.text)
            if last is None:
                self.refuse(instruction, f"unterminated heredoc: no line is just {name}")
            at = self.source.span(starts[first] if first < len(starts) else end, end)
            heredocs.append(Heredoc(name, "".join(self._lines[first:last]), expand, chomp, descriptor, at))
        if heredocs:
            holder.heredocs = instruction.heredocs = tuple(heredocs)
            instruction.end_line = self._at
            last_line = self._lines[self._at - 1].rstrip("\r\n")
            instruction.at = self.source.span(instruction.at.start, starts[self._at - 1] + len(last_line))


def _heredoc(word: str) -> tuple[str, bool, bool, int] | None:
    """Return name, whether variables are expanded, whether leading tabs go, and the descriptor, where a word begins a here-document."""
    match = _HEREDOC.fullmatch(word)
    if match is None or not match[3]:
        return None
    try:
        words = dockerfile_words.split(match[3])
        raw = dockerfile_words.split(match[3], raw_quotes=True)
    except WordError:
        return None
    if len(words) != 1 or len(raw) != 1:
        return None
    expand = sum(map(words[0].count, "'\"")) == sum(map(raw[0].count, "'\""))
    return words[0], expand, match[2] == "-", int(match[1][:9] or 0)


def _quoted_words(text: str, escape: str) -> Iterator[tuple[int, int]]:
    """Yield where the words of ENV, LABEL and ARG begin and end; quotes keep blanks together and stay on."""
    at, size = 0, len(text)
    while at < size:
        if text[at] in SPACES:
            at += 1
            continue
        start, quote = at, ""
        end = start
        while at < size:
            character = text[at]
            if not quote and character in SPACES:
                break
            if character == escape and quote != "'":
                if at + 1 == size:
                    at += 1
                    break  # an escape at the very end is dropped
                at += 1
            elif quote:
                quote = "" if character == quote else quote
            elif character in "'\"":
                quote = character
            at += 1
            end = at
        if end > start:
            yield start, end


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
