"""Command lines that stand inside other files: each with a way from its characters back to their places in the file.

A Makefile's recipes, the scripts of a workflow, the commands of a systemd unit, the fences of a Markdown text.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from memlint.model import Origin, Span, Text, Unknown
from memlint.patterns import pattern
from memlint.records import NamedTuple
from memlint.sources.interpolation import HOLE
from memlint.sources.text import Source
from memlint.sources.tree import Scalar

Lookup = Callable[[str], Text]


class Embedded(NamedTuple):
    """A text inside `source`. `starts[i]`..`ends[i]` is where character i is written; None: the text stands there as it is from `shift` on.

    `lookup` gives the variables that the file sets around it. `inserted`: where in `source` a variable was replaced by its value.
    """

    source: Source
    text: str
    shift: int = 0
    starts: list[int] | None = None
    ends: list[int] | None = None
    lookup: Lookup | None = None
    inserted: Mapping[int, Origin] = MappingProxyType({})

    def locate(self, start: int, end: int) -> Span:
        """Return the place of the characters `start`..`end`."""
        if self.starts is None or self.ends is None:
            return self.source.span(start + self.shift, end + self.shift)
        if not self.starts:
            return self.source.span(self.shift, self.shift)
        first = self.starts[min(start, len(self.starts) - 1)]
        return self.source.span(first, self.ends[min(end, len(self.ends)) - 1] if end > start else first)


def of_scalar(node: Scalar, lookup: Lookup | None = None) -> Embedded:
    """Return the value of a YAML or JSON scalar, whatever its style."""
    source, value, span = node.source, node.value, node.span
    position, last = span.start, span.end
    if node.style in ("|", ">"):
        position = source.text.find("\n", position) + 1
    elif node.style:
        position, last = position + 1, last - 1
    if source.text.startswith(value, position) and position + len(value) <= last:
        return Embedded(source, value, position, lookup=lookup)
    starts, ends = _aligned(source.text, value, position, last, node.style or "")
    if starts is None:
        starts, ends = [span.start] * len(value), [span.end] * len(value)
    return Embedded(source, value, span.start, starts, ends, lookup)


def _aligned(text: str, value: str, position: int, last: int, style: str) -> tuple[list[int] | None, list[int]]:
    """Find each character of a scalar's value in its source: blanks may differ, the rest is the same but for simple escapes."""
    starts: list[int] = []
    ends: list[int] = []
    for character in value:
        if character.isspace():
            size = (
                2
                if style == '"' and text.startswith(_ESCAPED.get(character, "\0"), position)
                else int(text[position : position + 1] == character)
            )
        else:
            while position < last and text[position].isspace():
                position += 1
            if style == '"' and text[position : position + 1] == "\\" and text[position + 1 : position + 2] == character:
                position, size = position + 1, 1
            elif style == "'" and character == "'" and text.startswith("''", position):
                size = 2
            elif position < last and text[position] == character:
                size = 1
            else:
                return None, []
        starts.append(position)
        ends.append(position + max(size, 1))
        position += size
    return starts, ends


_ESCAPED: Final = {"\n": "\\n", "\t": "\\t"}


class _Writer:
    """Puts an Embedded together piece by piece."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.pieces: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.inserted: dict[int, Origin] = {}

    def copy(self, start: int, end: int) -> None:
        self.pieces.append(self.source.text[start:end])
        self.starts.extend(range(start, end))
        self.ends.extend(range(start + 1, end + 1))

    def put(self, text: str, start: int, end: int) -> None:
        """Write `text` instead of the characters `start`..`end`."""
        self.pieces.append(text)
        self.starts.extend([start] * len(text))
        self.ends.extend([end] * len(text))

    def done(self, lookup: Lookup | None = None) -> Embedded:
        return Embedded(
            self.source, "".join(self.pieces), self.starts[0] if self.starts else 0, self.starts, self.ends, lookup, self.inserted
        )


# ---- Makefiles


def recipes(source: Source) -> Iterator[Embedded]:
    """Yield the recipe lines of a Makefile as the shell gets them, those that speak of a container engine only."""
    lines = list(_logical_lines(source))
    variables = _MakeVariables(source, [line for line in lines if not source.text.startswith("\t", line[0])])
    for start, end in lines:
        if source.text.startswith("\t", start) and variables.speaks(source.text[start:end]):
            yield variables.recipe(start, end)


def _logical_lines(source: Source) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of the lines, those that a backslash continues as one."""
    text, start = source.text, 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        while end < len(text) and _continued(text, start, end):
            following = text.find("\n", end + 1)
            end = len(text) if following < 0 else following
        yield start, end
        start = end + 1


def _continued(text: str, start: int, end: int) -> bool:
    count = 0
    while end - count > start and text[end - count - 1] == "\\":
        count += 1
    return count % 2 == 1


_MAKE_ASSIGNMENT: Final = pattern(r" *(?:export +|override +)*([\w.-]+)[ \t]*(\?|::?:?|\+|!)?=[ \t]*")
_MAKE_REFERENCE: Final = pattern(r"\$(?:\$|\(([\w.-]+)\)|\{([\w.-]+)\}|([^\s({$]))")
_ENGINE: Final = pattern(r"docker|podman", re.IGNORECASE)


class _MakeVariables:
    """The variables of a Makefile. One that is set under a condition or twice is unknown."""

    def __init__(self, source: Source, lines: list[tuple[int, int]]) -> None:
        self.source = source
        self.values: dict[str, tuple[str, Span] | None] = {}
        self.expanded: dict[str, str | None] = {}
        depth = 0
        for start, end in lines:
            line = source.text[start:end]
            word = line.split(None, 1)[0] if line.strip() else ""
            if word in ("ifeq", "ifneq", "ifdef", "ifndef", "define"):
                depth += 1
            elif word in ("endif", "endef"):
                depth -= 1
            match = _MAKE_ASSIGNMENT.match(line)
            if match is not None:
                certain = depth <= 0 and match[2] not in ("+", "!") and match[1] not in self.values
                value = re.sub(
                    r"(?<!\\)#.*|(?<![ \t])[ \t]*\\\n[ \t]*", lambda found: " " if "\n" in found[0] else "", line[match.end() :]
                ).strip()
                self.values[match[1]] = (value, source.span(start + match.end(), end)) if certain else None

        self.engines = {name for name, found in self.values.items() if found is not None and _ENGINE.search(found[0])}

    def speaks(self, text: str) -> bool:
        """Say whether a recipe's line may call a container engine, by name or by a variable."""
        if _ENGINE.search(text):
            return True
        return bool(self.engines) and any(not self.engines.isdisjoint(names) for names in _MAKE_REFERENCE.findall(text))

    def lookup(self, name: str) -> Text:
        """Say why a variable that was left in a recipe is not known."""
        how = "is computed by the Makefile or set under a condition" if name in self.values else "comes from outside the Makefile"
        return Unknown(f"{name} {how}" if name.strip("_") else "what make fills in here is not known")

    def recipe(self, start: int, end: int) -> Embedded:
        writer, text = _Writer(self.source), self.source.text
        position = start + 1
        while position < end and text[position] in "@+- \t":
            position += 1
        while position < end:
            stop = _NEXT_IN_RECIPE.search(text, position, end)
            if stop is None:
                writer.copy(position, end)
                break
            writer.copy(position, stop.start())
            position = self._special(writer, stop.start(), end)
        return writer.done(self.lookup)

    def _special(self, writer: _Writer, at: int, end: int) -> int:
        text = self.source.text
        if text[at] == "\n":  # of a continued line: the shell sees it without the recipe's tab
            writer.copy(at, at + 1)
            return at + 2 if text.startswith("\t", at + 1) else at + 1
        reference = _MAKE_REFERENCE.match(text, at, end)
        if reference is None:
            stop = _closing(text, at + 1, end)
            writer.put(_filler(stop - at), at, stop)
            return stop
        stop = reference.end()
        name = reference[1] or reference[2] or reference[3]
        if reference[0] == "$$":
            writer.put("$", at, stop)
            return stop
        value = self.expand(name, 0) if len(writer.starts) < _MAX_RECIPE else None
        if value is None:
            writer.put(f"${{{name}}}" if name.isidentifier() else _filler(stop - at), at, stop)
        else:
            found = self.values[name]
            assert found is not None
            writer.inserted[at] = Origin(found[1], f"{name} in the Makefile")
            writer.put(value, at, stop)
        return stop

    def expand(self, name: str, depth: int) -> str | None:
        """Return the value of a variable, None where not all of it is known."""
        if name not in self.expanded:
            self.expanded[name] = None  # for one that names itself
            self.expanded[name] = self._expand(name, depth)
        return self.expanded[name]

    def _expand(self, name: str, depth: int) -> str | None:
        found = self.values.get(name)
        if found is None or depth > 50:
            return None
        pieces, position, size, text = [], 0, 0, found[0]
        while (at := text.find("$", position)) >= 0:
            pieces.append(text[position:at])
            match = _MAKE_REFERENCE.match(text, at)
            inner = None if match is None else "$" if match[0] == "$$" else self.expand(match[1] or match[2] or match[3], depth + 1)
            size += len(inner or "") + at - position
            if match is None or inner is None or size > _MAX_VALUE:
                return None
            pieces.append(inner)
            position = match.end()
        return "".join(pieces) + text[position:]


_MAX_VALUE: Final = 10_000  # characters of a variable that are followed
_MAX_RECIPE: Final = 500_000  # characters of a recipe up to which variables are filled in


_NEXT_IN_RECIPE: Final = pattern(r"[$\n]")


def _closing(text: str, start: int, end: int) -> int:
    """Return where the parenthesis or brace that opens at `start` is closed again, the next character where none opens."""
    opening = text[start : start + 1]
    if opening not in ("(", "{"):
        return min(start + 1, end)
    closing, depth = (")" if opening == "(" else "}"), 0
    for position in range(start, end):
        if text[position] == opening:
            depth += 1
        elif text[position] == closing:
            depth -= 1
            if not depth:
                return position + 1
    return end


def _filler(size: int) -> str:
    """Return a variable that nobody sets, as long as what it stands for."""
    return "${" + "_" * max(size - 3, 1) + "}"


# ---- GitHub's expressions


def without_expressions(text: str, known: Mapping[str, Text]) -> tuple[str, dict[str, Text]]:
    """Replace each `${{ … }}` by a shell variable of the same length; return what these variables are."""
    variables: dict[str, Text] = {}
    pieces, position = [], 0
    while (start := text.find("${{", position)) >= 0 and (end := text.find("}}", start)) >= 0:
        expression = text[start + 3 : end].strip()
        name = f"_{len(variables)}".ljust(end - start - 1, "_")
        found = known.get(expression.removeprefix("env.")) if expression.startswith("env.") else None
        variables[name] = found or Unknown(f"${{{{ {expression[:60]} }}}} is known only when the workflow runs")
        pieces += [text[position:start], f"${{{name}}}"]
        position = end + 2
    return "".join(pieces) + text[position:], variables


# ---- systemd units and podman's quadlets


class Entry(NamedTuple):
    """`key=value` in a unit."""

    section: str
    key: str
    value: Embedded


def unit(source: Source) -> list[Entry]:
    """Return the entries of a systemd unit; a continued line is one value, without the comments between its parts."""
    found: list[Entry] = []
    section = ""
    writer: _Writer | None = None  # of a value that goes on
    key, start, text = "", 0, source.text
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line = text[start:end].strip()
        if not line or line[0] in "#;":
            # A comment within a continued line is skipped, an empty line ends it.
            if not line and writer is not None:
                found.append(Entry(section, key, writer.done()))
                writer = None
        elif writer is None and line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        elif writer is not None or "=" in line:
            begin = start
            if writer is None:
                writer = _Writer(source)
                key = line.partition("=")[0].strip()
                begin = text.index("=", start) + 1
                while begin < end and text[begin] in " \t":
                    begin += 1
            stop = end
            while stop > begin and text[stop - 1] in " \t\r":
                stop -= 1
            if text[stop - 1 : stop] == "\\" and stop > begin:
                writer.copy(begin, stop - 1)
                writer.put(" ", stop - 1, stop)
            else:
                writer.copy(begin, stop)
                found.append(Entry(section, key, writer.done()))
                writer = None
        start = end + 1
    if writer is not None:
        found.append(Entry(section, key, writer.done()))
    return found


class UnitWord(NamedTuple):
    """A word of a unit's command: `text` with a HOLE for what only systemd knows, `why` says what that is."""

    text: str
    start: int
    end: int
    why: str = ""
    splits: bool = False


_UNIT_TOKEN: Final = pattern(
    r"""(?P<blank>[ \t\r]+)|(?P<quote>["'])|\\(?P<escape>x[0-9a-fA-F]{2}|.)|%(?P<specifier>.)|\$(?P<dollar>\$)"""
    r"""|\$\{(?P<braced>\w+)\}|\$(?P<bare>[A-Za-z_]\w*)|(?P<plain>.)""",
    re.DOTALL,
)
_BLANKS: Final = ("", " ", "\t", "\r")
_UNIT_ESCAPES: Final = {"n": "\n", "t": "\t", "s": " ", "r": "\r"}


def unit_words(text: str, variables: Mapping[str, str]) -> list[UnitWord]:
    """Split a command as systemd does: quotes and C escapes, `%` specifiers, `$A` and `${A}` (systemd.service(5), systemd.syntax(7))."""
    words: list[UnitWord] = []
    pieces: list[str] | None = None
    start, quote, why, splits, size = 0, "", "", False, 0
    for match in _UNIT_TOKEN.finditer(text):
        if match["blank"] and not quote:
            if pieces is not None:
                words.append(UnitWord("".join(pieces), start, match.start(), why, splits))
            pieces, why, splits = None, "", False
            continue
        if pieces is None:
            pieces, start = [], match.start()
        if match["quote"] and quote in ("", match["quote"]):
            quote = "" if quote else match["quote"]
        elif match["escape"]:
            code = match["escape"]
            pieces.append(chr(int(code[1:], 16)) if len(code) == 3 else _UNIT_ESCAPES.get(code, code))
        elif match["specifier"]:
            pieces.append("%" if match["specifier"] == "%" else HOLE)
            why = why if match["specifier"] == "%" else f"%{match['specifier']} is filled in by systemd"
        elif match["dollar"]:
            pieces.append("$")
        elif match["bare"]:
            alone = not pieces and not quote and text[match.end() : match.end() + 1] in _BLANKS
            value = variables.get(match["bare"]) if alone and size < _MAX_RECIPE else None if alone else match[0]
            size += len(value or "")
            if value is not None and alone:  # only a word of its own is split; within a word this form means nothing
                words += [UnitWord(word, match.start(), match.end()) for word in value.split()]
                pieces = None
            elif value is not None:
                pieces.append(value)
            else:
                pieces.append(HOLE)
                why, splits = f"{match['bare']} comes from the environment of the unit", True
        elif match["braced"]:
            value = variables.get(match["braced"]) if size < _MAX_RECIPE else None
            size += len(value or "")
            pieces.append(HOLE if value is None else value)
            why = why if value is not None else f"{match['braced']} comes from the environment of the unit"
        else:
            pieces.append(match[0])
    if pieces is not None:
        words.append(UnitWord("".join(pieces), start, len(text), why, splits))
    return words


# ---- Markdown


_FENCE: Final = pattern(r"^( {0,3}(?:> ?)?)(`{3,}|~{3,})[ \t]*([\w+-]*)[^\n]*$", re.MULTILINE)
_SHELLS: Final = frozenset(("", "sh", "bash", "shell", "console", "shell-session", "terminal", "zsh", "shellsession", "bash-session"))
_PROMPT: Final = pattern(r"^[ \t>]*(?:[\w@:~/.-]*[$#%] )", re.MULTILINE)
_QUOTE: Final = pattern(r" {0,3}>")


def fences(source: Source) -> Iterator[Embedded]:
    """Yield the fenced blocks of a Markdown text that hold shell commands; prompts and the output between them are blanked out."""
    text, position = source.text, 0
    while (opening := _FENCE.search(text, position)) is not None:
        closing = re.compile(rf"^[ >]*{opening[2][0]}{{{len(opening[2])},}}[ \t]*$", re.MULTILINE).search(text, opening.end())
        end = closing.start() if closing is not None else len(text)
        position = closing.end() if closing is not None else len(text)
        start = min(opening.end() + 1, end)
        if opening[3].lower() in _SHELLS and _ENGINE.search(text, start, end):
            yield Embedded(source, _without_prompts(text[start:end]), start)


def _without_prompts(block: str) -> str:
    prompts = _PROMPT.search(block) is not None
    rows, continued = [], False
    for row in block.split("\n"):
        quote = _QUOTE.match(row)
        content = " " * quote.end() + row[quote.end() :] if quote is not None else row
        if prompts:
            prompt = _PROMPT.match(content)
            if prompt is not None:
                content = " " * prompt.end() + content[prompt.end() :]
            elif not continued:  # what the command answered
                content = " " * len(content)
        rows.append(content)
        continued = content.endswith("\\")
    return "\n".join(rows)


# ---- JSON with comments


_JSON_COMMENT: Final = r"(?>//[^\n]*|/\*(?:.*?\*/|.*))"
_JSON_TOKEN: Final = pattern(rf'"(?:[^"\\\n]|\\.)*"|{_JSON_COMMENT}|,(?=(?:\s|{_JSON_COMMENT})*+[}}\]])', re.DOTALL)


def plain_json(source: Source) -> Source:
    """Return a JSON file without its comments and trailing commas, everything else in its place."""

    def blank(match: re.Match[str]) -> str:
        return match[0] if match[0].startswith('"') else re.sub(r"[^\n]", " ", match[0])

    return Source(source.path, _JSON_TOKEN.sub(blank, source.text))
