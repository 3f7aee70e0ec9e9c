"""YAML and JSON as light nodes with marks, from ruamel's C parser through its event interface (the only user of ruamel.yaml).

Depth is bounded, so a file of `[` cannot kill the process; aliases share their node, so a bomb costs nothing until somebody
walks it (`walk` is bounded); duplicates are kept so that they can be reported; merge keys are expanded here, up to a bound.
Scalars stay text: what `yes` or `017` means is the consumer's business (`scalars.py`).
"""

from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache

from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined]  # it is there, but not in __all__
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from memlint.model import Known, Origin, Problem, Span
from memlint.patterns import pattern
from memlint.sources.text import Source

MAX_DEPTH = 200
MAX_WALKED = 1_000_000
MAX_MERGED = 100_000  # entries that the merge keys of a file may bring
# Of a document with all aliases written out: so many nodes may be nearly all aliased, so many hardly any (go-yaml v3 decode.go
# allowedAliasRatio, by which kubectl refuses "excessive aliasing").
_ALIASED = (400_000, 4_000_000)
# The C library that ruamel.yaml.clib brings (libyaml 0.1.7) refuses `[http://x]`, `{a: b:c}` and `[a?b]`, which YAML 1.2 and Go's parser
# take: such a character is masked by one that the text does not hold, and put back into the value.
_INNER = pattern(r"(?<=[^\s\"'\[{,:?])[:?](?=[^\s,?\[\]{}])")
_MASKS = "\ue000\ue001\ue002\uf8ff"
_MAX_RETRIES = 20
_PROPERTIES = pattern(r"(?:[&!][^\s,\[\]{}]*\s+)+")


class Node:
    """A value in a file: Scalar, Mapping or Sequence. `start`, `end`: offsets in the text.

    `anchored`: it has an anchor, so that an edit would change other places too.
    """

    __slots__ = ("anchored", "end", "source", "start", "tag")

    def __init__(self, source: Source, tag: str | None, anchored: bool, start: int, end: int) -> None:
        self.source = source
        self.tag = tag
        self.anchored = anchored
        self.start = start
        self.end = end

    @property
    def line(self) -> int:
        return self.source.span(self.start, self.start).line

    @property
    def column(self) -> int:
        """The column of the first character, from 1."""
        return self.source.span(self.start, self.start).column

    @property
    def span(self) -> Span:
        raise AssertionError(f"{type(self).__name__} has no span of its own")

    def origin(self, how: str) -> Origin:
        return Origin(self.span, how)


class Scalar(Node):
    """A scalar. `plain`: written without quotes, so that its type is open."""

    __slots__ = ("plain", "style", "value")

    def __init__(self, source: Source, tag: str | None, anchored: bool, start: int, end: int, value: str, style: str | None) -> None:
        self.source = source  # not by the base class: most of a tree are scalars
        self.tag = tag
        self.anchored = anchored
        self.start = start
        self.end = end
        self.value = value
        self.style = style
        self.plain = not style

    def content(self) -> tuple[int, int]:
        """Return the offsets of the text without anchor, tag and trailing space."""
        text = self.source.text
        start, end = self.start, self.end
        if start < len(text) and text[start] in "&!":
            properties = _PROPERTIES.match(text, start, end)
            if properties:
                start = properties.end()
        while end > start and text[end - 1] in " \t\r\n":
            end -= 1
        return start, end

    @property
    def span(self) -> Span:
        start, end = self.content()
        return self.source.span(start, max(end, start))

    def part(self, start: int, end: int) -> Span:
        """Return the place of the characters `start`..`end` of the value; the whole scalar where the text does not map one to one."""
        at = _written(self).begin(start)
        text, value = self.source.text, self.value[start:end]
        if at is not None and text.startswith(value, at) and (self.style != "|" or "\n" not in value):
            return self.source.span(at, at + len(value))
        return self.span

    def known(self, how: str) -> Known[str]:
        return Known(self.value, Origin(self.span, how))


class _Written:
    """How the value of a scalar stands in its file. Measured once: a script of many words asks for the place of each."""

    def __init__(self, scalar: Scalar) -> None:
        source, value = scalar.source, scalar.value
        first, last = scalar.content()
        quote = 1 if scalar.style in ("'", '"') else 0
        self._first = first + quote
        self._same = source.text[first + quote : last - quote] == value
        self._rows: list[int] = []  # where the lines of a literal block begin, in the value
        if self._same or scalar.style != "|":
            return
        self._rows = Source("", value).starts
        self._starts = source.starts
        self._header = source.span(first, first).line
        self._indent = 0
        for number, begin in enumerate(self._rows):
            row = value[begin : self._rows[number + 1] - 1 if number + 1 < len(self._rows) else len(value)]
            if row.strip() and self._header + number < len(self._starts):
                # All lines are indented alike; what a line has more is its own.
                at = self._starts[self._header + number]
                self._indent = max(source.text.find(row, at) - at, 0)
                break

    def begin(self, start: int) -> int | None:
        """Return the offset in the file of the character `start` of the value, None where the text does not map one to one."""
        if self._same:
            return self._first + start
        if not self._rows:
            return None
        number = bisect_right(self._rows, start) - 1
        line = self._header + number
        return self._starts[line] + self._indent + start - self._rows[number] if line < len(self._starts) else None


@lru_cache(maxsize=16)
def _written(scalar: Scalar) -> _Written:
    return _Written(scalar)


class Sequence(Node):
    __slots__ = ("flow", "items")

    def __init__(self, source: Source, tag: str | None, anchored: bool, start: int, end: int, flow: bool) -> None:
        super().__init__(source, tag, anchored, start, end)
        self.flow = flow
        self.items: list[Node] = []

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)

    @property
    def span(self) -> Span:
        if self.flow:
            return self.source.span(self.start, self.end)
        return _begins(self, self.items[0] if self.items else None)


class Mapping(Node):
    """A mapping. `pairs` is what stands in the file; `get`, `items` and `entries` see merge keys expanded and the last of duplicates."""

    __slots__ = ("_entries", "flow", "pairs")

    def __init__(self, source: Source, tag: str | None, anchored: bool, start: int, end: int, flow: bool) -> None:
        super().__init__(source, tag, anchored, start, end)
        self.flow = flow
        self.pairs: list[tuple[Node, Node]] = []
        self._entries: dict[str, tuple[Scalar, Node]] | None = None

    @property
    def span(self) -> Span:
        if self.flow:
            return self.source.span(self.start, self.end)
        return _begins(self, self.pairs[0][0] if self.pairs else None)

    @property
    def entries(self) -> dict[str, tuple[Scalar, Node]]:
        """Key text -> (key, value). The own keys beat merged ones, the first of several merges wins, the last duplicate wins."""
        if self._entries is None:
            self._entries = {
                key.value: (key, value) for key, value in self.pairs if type(key) is Scalar and not (key.plain and key.value == "<<")
            }
        return self._entries

    def merge(self, open_nodes: "list[Node]", most: int) -> int:
        """Expand the merge keys once the mapping is read; return how many entries were looked at, more than `most` where that is too many.

        What is merged was read before, so nothing nests here; a mapping that merges itself or one around it brings nothing.
        """
        own, seen = self.entries, 0
        for key, value in self.pairs:
            if type(key) is not Scalar or not key.plain or key.value != "<<":
                continue
            for merged in value.items if type(value) is Sequence else (value,):
                if type(merged) is Mapping and merged is not self and all(merged is not node for node in open_nodes):
                    seen += len(merged.entries) + 1
                    if seen > most:
                        return seen
                    for name, entry in merged.entries.items():
                        own.setdefault(name, entry)
        return seen

    def get(self, key: str) -> Node | None:
        entries = self._entries
        entry = (self.entries if entries is None else entries).get(key)
        return entry[1] if entry else None

    def key(self, key: str) -> Scalar | None:
        """Return the node of a key, None where the mapping has no such key."""
        entry = self.entries.get(key)
        return entry[0] if entry else None

    def items(self) -> Iterator[tuple[Scalar, Node]]:
        return iter(self.entries.values())

    def mapping(self, *path: str) -> "Mapping | None":
        """Return the mapping at a path of keys, None where something else or nothing stands there."""
        node = self._at(path)
        return node if type(node) is Mapping else None

    def sequence(self, *path: str) -> Sequence | None:
        node = self._at(path)
        return node if type(node) is Sequence else None

    def scalar(self, *path: str) -> Scalar | None:
        node = self._at(path)
        return node if type(node) is Scalar else None

    def _at(self, path: tuple[str, ...]) -> Node | None:
        node: Node | None = self
        for key in path:
            if type(node) is not Mapping:
                return None
            node = node.get(key)
        return node

    def text(self, *path: str) -> str | None:
        """Return the text of the scalar at a path of keys."""
        node = self.scalar(*path)
        return node.value if node is not None else None

    def duplicates(self) -> list[tuple[Scalar, Scalar]]:
        """Return (first, second) for every key that stands twice."""
        seen: dict[str, Scalar] = {}
        found = []
        for key, _ in self.pairs:
            if type(key) is Scalar and key.value != "<<":
                if key.value in seen:
                    found.append((seen[key.value], key))
                seen[key.value] = key
        return found


def _begins(node: Node, first: Node | None) -> Span:
    """Return the place of what a collection begins with, which is elsewhere where that is an alias, or the collection itself."""
    return (
        first.span
        if first is not None and first is not node and first.start >= node.start
        else node.source.span(node.start, node.start + 1)
    )


class Tree:
    """The documents of one file, and what was wrong with it. Documents before an error are kept."""

    __slots__ = ("documents", "problems", "source")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.documents: list[Node] = []
        self.problems: list[Problem] = []


def read(source: Source) -> Tree:
    """Parse a YAML or JSON text. Never raises; an error is a problem with line and column."""
    tree = Tree(source)
    text, masks = source.text, ""
    for left in reversed(range(_MAX_RETRIES)):
        try:
            _events(source, tree, text, masks)
        except YAMLError as error:
            at = getattr(getattr(error, "problem_mark", None), "index", -1)
            if left and at > 0 and _INNER.match(text, at):
                masked = _masked(text, at, masks)
                if masked is not None:
                    text, masks = masked
                    tree.documents.clear()
                    continue
            tree.problems.append(_problem(source, error))
        except (ValueError, UnicodeError) as error:
            tree.problems.append(Problem(source.path, f"cannot be parsed as YAML: {error}"))
        break
    return tree


def _masked(text: str, at: int, masks: str) -> tuple[str, str] | None:
    """Return a text with the character at `at` masked, at first those like it behind it too, and the masks of `:` and `?`."""
    if masks:
        return text[:at] + masks[text[at] == "?"] + text[at + 1 :], masks
    masks = "".join(character for character in _MASKS if character not in text)[:2]
    if len(masks) < 2:
        return None
    return text[: at - 1] + _INNER.sub(lambda match: masks[match[0] == "?"], text[at - 1 :]), masks


def _events(source: Source, tree: Tree, text: str, masks: str) -> None:
    next_event = CParser(text).get_event
    stack: list[Node] = []
    keys: list[Node | None] = []  # for each mapping on the stack the key that waits for its value
    anchors: dict[str, Node] = {}
    root: Node | None = None
    node: Node
    merging = "<<" in text
    merged = 0
    aliasing = "&" in text and "*" in text
    nodes = aliased = 0  # of the document, aliases written out
    sizes: dict[int, int] = {}  # of what has an anchor; below zero while it is open
    while True:
        event = next_event()
        kind = type(event)
        if kind is ScalarEvent:
            value = event.value.replace(masks[0], ":").replace(masks[1], "?") if masks else event.value
            tag = None if event.ctag is None else event.tag  # a property
            node = Scalar(source, tag, event.anchor is not None, event.start_mark.index, event.end_mark.index, value, event.style)
        elif kind is MappingStartEvent:
            node = Mapping(source, event.tag, event.anchor is not None, event.start_mark.index, event.end_mark.index, event.flow_style)
        elif kind is SequenceStartEvent:
            node = Sequence(source, event.tag, event.anchor is not None, event.start_mark.index, event.end_mark.index, event.flow_style)
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            closed = stack.pop()
            keys.pop()
            closed.end = event.end_mark.index  # known only now
            if aliasing and closed.anchored:
                sizes[id(closed)] += nodes
            if merging and type(closed) is Mapping:
                merged += closed.merge(stack, MAX_MERGED - merged)
                if merged > MAX_MERGED:
                    tree.problems.append(
                        Problem(
                            source.path,
                            f"merge keys bring more than {MAX_MERGED} entries, which memlint does not read",
                            closed.line,
                            closed.column,
                        )
                    )
                    return
            continue
        elif kind is AliasEvent:
            target = anchors.get(event.anchor)
            if target is None:
                mark = event.start_mark
                tree.problems.append(Problem(source.path, f"found undefined alias '{event.anchor}'", mark.line + 1, mark.column + 1))
                return
            node = target
            size = max(sizes[id(target)], 1)
            nodes, aliased = nodes + 1 + size, aliased + size
            if _excessive(nodes, aliased):
                mark = event.start_mark
                message = f"contains excessive aliasing: written out it holds more than {nodes} values, and memlint reads it no further"
                tree.problems.append(Problem(source.path, message, mark.line + 1, mark.column + 1))
                return
        elif kind is DocumentStartEvent:
            anchors = {}
            nodes = aliased = 0
            sizes.clear()
            continue
        elif kind is DocumentEndEvent:  # only now is the document whole
            if root is not None:
                tree.documents.append(root)
            root = None
            continue
        elif kind is StreamEndEvent:
            return
        else:
            continue
        if aliasing and kind is not AliasEvent:
            nodes += 1
            if event.anchor is not None:
                anchors[event.anchor] = node
                sizes[id(node)] = 1 if kind is ScalarEvent else 1 - nodes
        if not stack:
            root = node
        else:
            parent = stack[-1]
            if type(parent) is Sequence:
                parent.items.append(node)
            else:
                waiting = keys[-1]
                if waiting is None:
                    keys[-1] = node
                else:
                    parent.pairs.append((waiting, node))  # type: ignore[attr-defined]  # the parent is a mapping
                    keys[-1] = None
        if kind is MappingStartEvent or kind is SequenceStartEvent:
            if len(stack) >= MAX_DEPTH:
                mark = event.start_mark
                tree.problems.append(
                    Problem(
                        source.path,
                        f"is nested deeper than {MAX_DEPTH} levels, which memlint does not read",
                        mark.line + 1,
                        mark.column + 1,
                    )
                )
                return
            stack.append(node)
            keys.append(None)


def _excessive(nodes: int, aliased: int) -> bool:
    few, many = _ALIASED
    share = 0.99 if nodes <= few else 0.1 if nodes >= many else 0.99 - 0.89 * (nodes - few) / (many - few)
    return aliased > 100 and nodes > 1000 and aliased > share * nodes


def _problem(source: Source, error: YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error).partition("\n")[0]
    context = getattr(error, "context", None)
    message = f"cannot be parsed as YAML: {what}{f' ({context})' if context else ''}"
    if mark is not None:
        return Problem(source.path, message, mark.line + 1, mark.column + 1)
    position = getattr(error, "position", None)
    if isinstance(position, int):
        place = source.span(position, position)
        return Problem(source.path, message, place.line, place.column)
    return Problem(source.path, message)


def walk(node: Node, limit: int = MAX_WALKED) -> Iterator[Node]:
    """Yield a node and all below it, each shared node once, at most `limit` of them."""
    seen: set[int] = set()
    stack = [node]
    while stack and len(seen) < limit:
        item = stack.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        if type(item) is Sequence:
            stack.extend(reversed(item.items))
        elif type(item) is Mapping:
            stack.extend(value for _, value in reversed(item.pairs))
