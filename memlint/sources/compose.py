"""A compose file as values with their places: scalars typed and interpolated as Compose does, `!reset`, merging, canonical forms.

Values never change once made: files, `extends` and `include` are merged into new ones that share what is equal.
Source: compose-go loader, override, transform and format at v2.16, which docker-compose 5.6.1 is built with.
"""

import re
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as MappingType
from typing import Final, TypeAlias

from memlint.model import Origin, Span
from memlint.patterns import pattern
from memlint.records import NamedTuple
from memlint.sources import scalars
from memlint.sources.interpolation import HOLE, InterpolationError, Lookup, Result, Use, interpolate
from memlint.sources.tree import Mapping, Node, Scalar, Sequence

MAX_DEPTH: Final = 400  # alias chains included
MAX_INTERPOLATED: Final = 32 << 20  # characters of all texts with variables, in all projects of a run
MAX_VIA: Final = 20  # merges and variables through which a value is told to come
MAX_MERGED: Final = 100_000  # entries that all merges of one project may make

_RESET, _OVERRIDE = "!reset", "!override"
_MERGE_KEY = "merge key <<"
_ALIAS = "alias"


class Fault(NamedTuple):
    """What Compose refuses. `path`: the keys that lead to it; `missing`: another file of a longer `-f` list could mend it."""

    message: str
    at: Span
    path: tuple[str, ...] = ()
    missing: bool = False


class Leaf:
    """A scalar as Compose types it. A text may hold HOLE where something from outside stands; `outside` then names the variable."""

    __slots__ = ("begin", "finish", "node", "result", "value")

    def __init__(self, node: Scalar, value: scalars.Value, result: Result | None = None, begin: int = 0, finish: int | None = None) -> None:
        self.node = node
        self.value = value
        self.result = result
        self.begin = begin
        self.finish = finish  # offsets in the whole scalar's text, where this is a part of it

    @property
    def outside(self) -> str | None:
        """The name of the first variable from outside that this text depends on."""
        if type(self.value) is not str or HOLE not in self.value:
            return None
        for use in self.uses:
            if use.state == "outside":
                return use.name
        return "a character that no program takes"

    @property
    def uses(self) -> list[Use]:
        """The variables in this text."""
        if self.result is None or not self.result.uses:
            return []
        if self.finish is None:
            return self.result.uses
        return self.result.used(*self.result.written(self.begin, self.finish))

    def part(self, start: int, end: int) -> Span:
        """Return the place of the characters `start`..`end` of the text."""
        start += self.begin
        end += self.begin
        if self.result is not None:
            start, end = self.result.written(start, end)
        return self.node.part(start, end)

    @property
    def span(self) -> Span:
        return self.node.span if self.finish is None else self.part(0, self.finish - self.begin)

    def cut(self, start: int, end: int) -> "Leaf":
        """Return a part of this text as a value of its own."""
        assert type(self.value) is str
        return Leaf(self.node, self.value[start:end], self.result, self.begin + start, self.begin + end)

    def origin(self, how: str, via: tuple[Origin, ...] = ()) -> Origin:
        """Return where this value comes from; a variable's default or setting is told in `how`."""
        told = {
            (use.state, use.name): use for use in self.uses if use.state == "default" or (use.state == "set" and use.origin is not None)
        }
        for use in list(told.values())[:MAX_VIA]:
            if use.origin is None or use.state == "default":
                how = f"{how}, default of ${{{use.name}}}"
            else:
                how = f"{how}, ${{{use.name}}} from {use.origin.span.path}"
                via = (*via, use.origin)
        return Origin(self.span, how, via)


class Entry(NamedTuple):
    """A value under a key. `via`: the merge keys, aliases, extends and includes that brought it here."""

    key: Scalar | None
    value: "Value"
    via: tuple[Origin, ...] = ()


class Map:
    """A mapping. `node`: where it stands, None for what was put together."""

    __slots__ = ("entries", "node")

    def __init__(self, entries: dict[str, Entry], node: Node | None) -> None:
        self.entries = entries
        self.node = node

    def get(self, key: str) -> "Value | None":
        entry = self.entries.get(key)
        return entry.value if entry is not None else None

    def at(self, *keys: str) -> Entry | None:
        """Return the entry at a path of keys."""
        holder: Value = self
        entry = None
        for key in keys:
            if type(holder) is not Map:
                return None
            entry = holder.entries.get(key)
            if entry is None:
                return None
            holder = entry.value
        return entry

    def map(self, *keys: str) -> "Map | None":
        """Return the mapping at a path of keys."""
        entry = self.at(*keys)
        return entry.value if entry is not None and type(entry.value) is Map else None

    def leaf(self, *keys: str) -> "Leaf | None":
        """Return the scalar at a path of keys."""
        entry = self.at(*keys)
        return entry.value if entry is not None and type(entry.value) is Leaf else None

    def text(self, *keys: str) -> str | None:
        """Return the string at a path of keys."""
        leaf = self.leaf(*keys)
        return leaf.value if leaf is not None and type(leaf.value) is str else None

    def via(self, *keys: str) -> tuple[Origin, ...]:
        """Return through which places the value at a path of keys came."""
        found: tuple[Origin, ...] = ()
        holder: Value = self
        for key in keys:
            entry = holder.entries.get(key) if type(holder) is Map else None
            if entry is None:
                break
            found += entry.via
            holder = entry.value
        return found

    def with_entries(self, changed: MappingType[str, Entry]) -> "Map":
        return Map({**self.entries, **changed}, self.node)


class Seq:
    """A sequence."""

    __slots__ = ("items", "node")

    def __init__(self, items: list["Value"], node: Node | None) -> None:
        self.items = items
        self.node = node


Value: TypeAlias = Leaf | Map | Seq
Path: TypeAlias = tuple[str, ...]
EMPTY: Final = Map({}, None)


def span_of(value: Value, key: Scalar | None = None) -> Span:
    """Return the place of a value, of its key where it has none of its own."""
    if type(value) is Leaf:
        span = value.span
        if span.start != span.end or key is None:
            return span
    elif value.node is not None:
        return value.node.span
    if key is not None:
        return key.span
    if type(value) is Map:
        for entry in value.entries.values():
            return span_of(entry.value, entry.key)
    if type(value) is Seq:
        for item in value.items:
            return span_of(item)
    return Span("", 1, 1, 1, 1, 0, 0)


def is_null(value: Value | None) -> bool:
    return value is None or (type(value) is Leaf and value.value is None)


def text_of(value: scalars.Value) -> str:
    """Return a scalar as Compose writes it into a text: Go's `%v`."""
    if value is None:
        return ""
    if type(value) is bool:
        return "true" if value else "false"
    return _float_text(value) if type(value) is float else str(value)


def _float_text(value: float) -> str:
    mantissa, _, power = f"{value!r}".partition("e")
    sign, digits = ("-", mantissa[1:]) if mantissa.startswith("-") else ("", mantissa)
    whole, _, part = digits.partition(".")
    if part == "0":
        part = ""
    significant = (whole + part).lstrip("0")
    exponent = int(power or 0) + (len(whole) - 1 if whole.strip("0") else len(significant) - len(part) - 1)
    significant = significant.rstrip("0")
    if not significant:
        return f"{sign}0"
    if -4 <= exponent < 6:
        if exponent < 0:
            return f"{sign}0.{'0' * (-exponent - 1)}{significant}"
        significant = significant.ljust(exponent + 1, "0")
        return f"{sign}{significant[: exponent + 1]}.{significant[exponent + 1 :]}".removesuffix(".")
    point = f".{significant[1:]}" if len(significant) > 1 else ""
    return f"{sign}{significant[0]}{point}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


_TEXTUAL: Final = frozenset("abcdeghijklmopqrsuvwxyzABCDEGHIJKLMOPQRSUVWXYZ/_*@#%&{[(<>=!|")  # no number, boolean or null begins so
_DATE = pattern(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)


def _dated(text: str) -> str:
    """Return a date as Go's yaml prints it, any other text as it is."""
    match = _DATE.fullmatch(text)
    if match is None:
        return text
    from datetime import date

    try:
        return f"{date(int(match[1]), int(match[2]), int(match[3])).isoformat()} 00:00:00 +0000 UTC"
    except ValueError:
        return text


# ---- reading


class Budget:
    """How many characters of text with variables are still read."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left = MAX_INTERPOLATED

    def allows(self, size: int) -> bool:
        self._left -= size
        return self._left >= 0

    @property
    def spent(self) -> int:
        return MAX_INTERPOLATED - self._left


class Reading:
    """One document as a value, and what Compose refuses in it. Interpolation looks variables up with `lookup`."""

    __slots__ = ("_active", "_anchors", "_budget", "_lookup", "_made", "faults")

    def __init__(self, text: str, lookup: Lookup, budget: Budget | None = None) -> None:
        self._lookup = lookup
        self._budget = budget or Budget()
        self._made: dict[int, Value] = {}
        self._active: set[int] = set()
        self._anchors = "&" in text
        self.faults: list[Fault] = []

    def value(self, node: Node, depth: int = 0) -> Value:
        """Return the value of a node; an aliased node is made once."""
        if type(node) is Scalar:
            return self._leaf(node)
        identity = id(node)
        made = self._made.get(identity)
        if made is not None:
            return made
        assert isinstance(node, Mapping | Sequence)
        if identity in self._active or depth > MAX_DEPTH:
            why = "an anchor contains itself" if identity in self._active else f"aliases lead deeper than {MAX_DEPTH} levels"
            self.faults.append(Fault(f"{why}, which Compose refuses", node.span))
            return EMPTY
        self._active.add(identity)
        if type(node) is Sequence:
            made = Seq([self.value(item, depth + 1) for item in node.items if item.tag != _RESET], node)
        else:
            assert type(node) is Mapping
            made = self._map(node, depth)
        self._active.discard(identity)
        self._made[identity] = made
        return made

    def _leaf(self, node: Scalar) -> Leaf:
        text = node.value
        if "$" not in text:
            if text[:1] in _TEXTUAL or not node.plain:
                return Leaf(node, text)
            value = scalars.compose(node)
            if type(value) is str and value[4:5] == "-":
                value = _dated(value)
            return Leaf(node, value)
        try:
            result = interpolate(text, self._lookup)
        except InterpolationError as error:
            self.faults.append(Fault(str(error), node.part(error.start, error.end)))
            return Leaf(node, HOLE)
        if not self._budget.allows(len(result.text)):
            self.faults.append(
                Fault(f"variables make more than {MAX_INTERPOLATED} characters of the projects, which memlint does not read", node.span)
            )
            return Leaf(node, HOLE)
        return Leaf(node, result.text, result)

    def _map(self, node: Mapping, depth: int) -> Map:
        entries: dict[str, Entry] = {}
        merges: list[tuple[Scalar, Node]] = []
        seen: dict[str, Scalar] = {}
        for key, value in node.pairs:
            if type(key) is not Scalar:
                self.faults.append(Fault("a key must be a string here", key.span))
                continue
            name = key.value
            if name in seen:
                self.faults.append(Fault(f"key '{name}' already stands in line {seen[name].line}, and Compose refuses it twice", key.span))
            seen[name] = key
            if key.plain:
                if name == "<<":
                    merges.append((key, value))
                    continue
                if name[:1] in "0123456789+-.~ntNTfF" and type(scalars.compose(key)) is not str:
                    self.faults.append(Fault(f"key '{name}' must be a string here: put it in quotes", key.span))
            if value.tag == _RESET:
                continue
            made = self._leaf(value) if type(value) is Scalar else self.value(value, depth + 1)
            via = (Origin(key.span, _ALIAS),) if self._anchors and value.start < key.start else ()
            entries[name] = Entry(key, made, via)
        for key, merged in merges:
            step = (Origin(key.span, _MERGE_KEY),)
            for source in merged.items if type(merged) is Sequence else (merged,):
                brought = self.value(source, depth + 1)
                if type(brought) is Map:
                    for name, entry in brought.entries.items():
                        if name not in entries:
                            entries[name] = Entry(entry.key, entry.value, (step + entry.via)[:MAX_VIA])
                elif not is_null(brought):
                    self.faults.append(Fault("a merge key takes a mapping or a list of mappings", key.span))
        return Map(entries, node)


def resets(node: Node, text: str) -> list[Path]:
    """Return the paths in a document whose earlier values `!reset` and `!override` remove."""
    if _RESET not in text and _OVERRIDE not in text:
        return []
    found: list[Path] = []
    stack: list[tuple[Node, Path]] = [(node, ())]
    budget = 100_000  # compose-go's own bound on visits, loader/reset.go
    while stack and budget:
        budget -= 1
        current, path = stack.pop()
        if current.tag in (_RESET, _OVERRIDE):
            found.append(path)
        elif len(path) > MAX_DEPTH:
            continue
        elif type(current) is Mapping:
            for key, value in current.pairs:
                if type(key) is Scalar:
                    stack.append((value, path if key.plain and key.value == "<<" else (*path, key.value)))
        elif type(current) is Sequence:
            stack.extend((item, (*path, str(index))) for index, item in enumerate(current.items))
    return found


def without(value: Map, paths: Iterable[Path], prefix: Path = ()) -> Map:
    """Return a mapping without what stands at `paths`; `*` stands for any key."""
    here = [path for path in paths if len(path) > len(prefix) and all(_fits(part, own) for part, own in zip(path, prefix, strict=False))]
    if not here:
        return value
    kept: dict[str, Entry] = {}
    for name, entry in value.entries.items():
        at = (*prefix, name)
        mine = [path for path in here if _fits(path[len(prefix)], name)]
        if any(len(path) == len(at) for path in mine):
            continue
        if mine and type(entry.value) is Map:
            entry = Entry(entry.key, without(entry.value, mine, at), entry.via)  # noqa: PLW2901  # the entry is kept under its name
        kept[name] = entry
    return Map(kept, value.node)


def _fits(pattern: str, name: str) -> bool:
    return pattern in ("*", name)


# ---- canonical forms of a service, made before merging so that merging is one rule


def canonical(service: Value, path: Path, faults: list[Fault]) -> Value:
    """Return a service with the short forms of the fields that memlint reads written long."""
    if type(service) is not Map:
        return service
    changed: dict[str, Entry] = {}
    for name, entry in service.entries.items():
        form = _FORMS.get(name)
        if form is not None:
            value = form(entry.value, (*path, name), faults)
            if value is not entry.value:
                changed[name] = Entry(entry.key, value, entry.via)
    return service.with_entries(changed) if changed else service


def _pairs(value: Value, path: Path, faults: list[Fault]) -> Value:
    """`[A=1, B]` becomes `{A: 1, B: null}`; the last of two wins."""
    if type(value) is not Seq:
        return value
    entries: dict[str, Entry] = {}
    for index, item in enumerate(value.items):
        if type(item) is not Leaf or type(item.value) is not str:
            faults.append(Fault(f"{_dotted(path)}[{index}] must be a string", span_of(item), path))
            continue
        text = item.value
        equals = text.find("=")
        if equals < 0:
            entries[text] = Entry(item.node, Leaf(item.node, None, item.result))
        else:
            name = text[:equals]
            if name[-1:].isspace() and path[-1] == "environment":
                faults.append(Fault(f"the name of variable '{name}' ends in a space", item.part(0, equals), path))
            entries[name] = Entry(item.node, item.cut(equals + 1, len(text)))
    return Map(entries, value.node)


def _build(value: Value, path: Path, faults: list[Fault]) -> Value:
    if type(value) is Leaf and type(value.value) is str:
        return Map({"context": Entry(None, value)}, None)
    if type(value) is Map and "args" in value.entries:
        entry = value.entries["args"]
        return value.with_entries({"args": Entry(entry.key, _pairs(entry.value, (*path, "args"), faults), entry.via)})
    return value


def _names(value: Value, path: Path, faults: list[Fault]) -> Value:
    """A list of names becomes a mapping of them."""
    if type(value) is not Seq:
        return value
    entries: dict[str, Entry] = {}
    for index, item in enumerate(value.items):
        if type(item) is Leaf and type(item.value) is str:
            content: Value = Leaf(item.node, None)
            if path[-1] == "depends_on":
                content = Map({"condition": Entry(None, Leaf(item.node, "service_started"))}, None)
            entries[item.value] = Entry(item.node, content)
        else:
            faults.append(Fault(f"{_dotted(path)}[{index}] must be a string", span_of(item), path))
    return Map(entries, value.node)


def _listed(value: Value, _path: Path, _faults: list[Fault]) -> Value:
    return Seq([value], value.node) if type(value) is Leaf and type(value.value) is str else value


def _mounts(value: Value, path: Path, faults: list[Fault]) -> Value:
    if type(value) is not Seq:
        return value
    items: list[Value] = []
    for item in value.items:
        made: Value | str = _volume(item) if type(item) is Leaf and type(item.value) is str else item
        if isinstance(made, str):
            faults.append(Fault(f"invalid volume '{text_of(item.value)}': {made}" if type(item) is Leaf else made, span_of(item), path))
        else:
            items.append(made)
    return Seq(items, value.node)


def _volume(leaf: Leaf) -> Map | str:
    """Return a short volume written long, or why Compose refuses it (compose-go format/volume.go)."""
    text = leaf.value
    assert type(text) is str
    if not text:
        return "it is empty"
    parts: list[Leaf] = []
    if len(text) <= 2:
        parts.append(leaf.cut(0, len(text)))
    else:
        start = 0
        for position in [*_colons(text), len(text)]:
            if position - start == 1 and text[start].isalpha() and position < len(text):  # a Windows drive
                continue
            if position == start:
                return "an empty part between colons"
            parts.append(leaf.cut(start, position))
            start = position + 1
        if len(parts) > 3:
            return "too many colons"
    source = parts[0] if len(parts) > 1 else None
    target = parts[1] if len(parts) > 1 else parts[0]
    kind = "bind" if source is not None and is_file_path(text_of(source.value)) else "volume"
    entries = {"type": Entry(None, Leaf(leaf.node, kind)), "target": Entry(None, target)}
    if source is not None:
        entries["source"] = Entry(None, source)
    return Map(entries, leaf.node)


def _colons(text: str) -> Iterator[int]:
    position = text.find(":")
    while position >= 0:
        yield position
        position = text.find(":", position + 1)


def is_file_path(source: str) -> bool:
    """Say whether the source of a short volume is a path of the host rather than the name of a volume."""
    return source[:1] in (".", "/", "~") or source.startswith("\\\\") or (len(source) > 1 and source[0].isalpha() and source[1] == ":")


_FORMS: Final = {
    "environment": _pairs,
    "labels": _pairs,
    "build": _build,
    "depends_on": _names,
    "networks": _names,
    "models": _names,
    "env_file": _listed,
    "tmpfs": _listed,
    "volumes": _mounts,
}


# ---- merging


class Merger:
    """Puts an override onto a base, by the rules of compose-go's override package."""

    __slots__ = ("_left", "_told", "faults")

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        self._left = MAX_MERGED
        self._told = False

    def files(self, base: Map, over: Map) -> Map:
        """Return a file merged onto those before it."""
        return self._map(base, over, (), (), own=False)

    def service(self, base: Map, over: Map, step: tuple[Origin, ...], name: str) -> Map:
        """Return a service merged onto the one it extends: what the base brings came by `step`."""
        self._left -= _weight(base)
        if self._left < 0:
            self._complain(over, ("services", name))
            return over
        return self._map(base, over, ("services", name), step, own=True)

    def included(self, base: Map, over: Map, path: Path) -> Map:
        """Return a resource of this file merged onto the included one of the same name."""
        return self._map(base, over, path, (), own=True)

    def _map(self, base: Map, over: Map, path: Path, step: tuple[Origin, ...], own: bool) -> Map:
        entries: dict[str, Entry] = {}
        self._left -= len(base.entries) + len(over.entries)
        for name, entry in base.entries.items():
            other = over.entries.get(name)
            if other is None:
                entries[name] = Entry(entry.key, entry.value, entry.via + step) if step else entry
            else:
                entries[name] = self._entry(entry, other, (*path, name), step, own)
        for name, entry in over.entries.items():
            if name not in entries:
                entries[name] = entry
        # An edit goes into the mapping that is the service's own: the first file's, or the one that extends.
        return Map(entries, over.node if own or base.node is None else base.node)

    def _entry(self, base: Entry, over: Entry, path: Path, step: tuple[Origin, ...], own: bool) -> Entry:
        if _replaced(path):
            return over
        if is_null(over.value):
            return Entry(base.key, base.value, base.via + step)
        value = base.value
        if type(value) is Map:
            if type(over.value) is not Map:
                return self._refused(base, over, path)
            if self._left < 0 or len(path) > MAX_DEPTH:
                self._complain(over.value, path)
                return over
            # The key shown is that of the first file, or of the service that extends.
            key = over.key if own or base.key is None else base.key
            return Entry(key, self._map(value, over.value, path, base.via + step, own), over.via)
        if type(value) is Seq:
            if type(over.value) is not Seq:
                return self._refused(base, over, path)
            self._left -= len(value.items) + len(over.value.items)
            return Entry(over.key, Seq(value.items + over.value.items, over.value.node), over.via)
        return over

    def _complain(self, value: Value, path: Path) -> None:
        if not self._told:
            self._told = True
            self.faults.append(Fault(f"merging makes more than {MAX_MERGED} values, which memlint does not read", span_of(value), path))

    def _refused(self, base: Entry, over: Entry, path: Path) -> Entry:
        if not self.faults or self.faults[-1].path != path:
            self.faults.append(
                Fault(f"{_dotted(path)} is of another form here than where it is overridden", span_of(over.value, over.key), path)
            )
        return base


def _weight(value: Value) -> int:
    """Return of how many values a service is made."""
    count, stack = 0, [value]
    while stack and count < MAX_MERGED:
        item = stack.pop()
        count += 1
        if type(item) is Map:
            stack.extend(entry.value for entry in item.entries.values())
        elif type(item) is Seq:
            stack.extend(item.items)
    return count


def _replaced(path: Path) -> bool:
    """Say whether an override replaces what stands at a path, null included."""
    if len(path) < 3 or path[0] not in WORKLOADS:
        return False
    return path[2:] in (("command",), ("entrypoint",), ("healthcheck", "test"))


WORKLOADS: Final = ("services", "jobs")


_UNIQUE: Final = frozenset((
    "tmpfs", "volumes", "env_file", "profiles", "expose", "ports", "cap_add", "cap_drop", "dns", "dns_opt", "dns_search", "links",
))  # fmt: skip
_WHOLE: Final = ("env_file", "expose", "ports")


def unique(service: Value) -> Value:
    """Return a service whose lists hold no entry twice: the later one takes the place of the earlier (override/uncity.go)."""
    if type(service) is not Map or _UNIQUE.isdisjoint(service.entries):
        return service
    changed: dict[str, Entry] = {}
    for name, entry in service.entries.items():
        if name in _UNIQUE and type(entry.value) is Seq and len(entry.value.items) > 1:
            items: dict[object, Value] = {}
            for item in entry.value.items:
                items[_identity(name, item)] = item
            if len(items) < len(entry.value.items):
                changed[name] = Entry(entry.key, Seq(list(items.values()), entry.value.node), entry.via)
    return service.with_entries(changed) if changed else service


def _identity(name: str, item: Value) -> object:
    if type(item) is Leaf:
        text = text_of(item.value)
        return id(item) if HOLE in text else text if name in _WHOLE else text.partition("=")[0]
    key = {"env_file": "path", "volumes": "target"}.get(name)
    if type(item) is Map and key is not None:
        text = item.text(key) or ""
        return text if text and HOLE not in text else id(item)
    return id(item)


def _dotted(path: Path) -> str:
    return ".".join(path)


# ---- durations


_UNITS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
    "d": 86400 * 10**9,
    "w": 604800 * 10**9,
}
_DURATION = pattern(r"(\d*)(?:\.(\d*))?([^\d.]+)", re.ASCII)


def duration(text: str) -> int | None:
    """Return the nanoseconds of a duration such as `1m30s` or `2d`, None where Compose refuses it (go-str2duration 2.1)."""
    sign, rest = (-1, text[1:]) if text[:1] == "-" else (1, text.removeprefix("+"))
    if rest == "0":
        return 0
    total = position = 0
    if not rest or len(rest) > 200:
        return None
    while position < len(rest):
        match = _DURATION.match(rest, position)
        if match is None or not (match[1] or match[2]) or match[3] not in _UNITS:
            return None
        unit = _UNITS[match[3]]
        total += int(match[1] or 0) * unit + int(match[2] or 0) * unit // 10 ** len(match[2] or "")
        position = match.end()
    return sign * total if total < 1 << 63 else None
