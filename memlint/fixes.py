"""Text and edits become text. Pure: what is applied, what a diff shows; reading and writing is the business of `files`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from memlint.model import Diagnostic, Edit, Fix, Report, Safety, Severity
from memlint.patterns import pattern
from memlint.records import NamedTuple
from memlint.sources.text import Source

if TYPE_CHECKING:
    from memlint.sources.tree import Node

_MOST_PASSES: Final = 16  # of one run: every pass mends at least one finding of each container
_TEMPLATES: Final = ("{{", "{%", "<%")
_YAML: Final = (".yaml", ".yml", ".json")
_ANCHOR: Final = pattern(r"(?:^|[\s,\[{])&[\w.-]", re.MULTILINE)

Key: TypeAlias = tuple[str, str, str | None, str | None, str]


class Plan(NamedTuple):
    """The fixes that can be applied together. `put_off`: those that touch what another changes; a further pass may take them."""

    edits: Mapping[str, Sequence[Edit]]
    taken: tuple[Diagnostic, ...]
    put_off: tuple[Diagnostic, ...]


class Mended(NamedTuple):
    """The texts before and after, by path, how many findings were mended, and what is left to report."""

    report: Report
    before: Mapping[str, str]
    after: Mapping[str, str]
    total: int


def mend(report: Report, judge: Callable[[Mapping[str, str]], Report], unsafe: bool) -> Mended:
    """Apply fixes until none is left. `judge` looks at the project anew, with some texts in place of those that were read.

    A fix whose finding is still there afterwards, or that makes a file unreadable, is taken back; so is one that is no error itself and
    brings an error about.
    """
    before: dict[str, str] = {}
    now: dict[str, str] = {}
    refused: set[Key] = set()
    changing = False  # something was mended since the last one was refused for good
    seen: set[frozenset[tuple[str, str]]] = set()
    count = 0
    for _ in range(_MOST_PASSES):
        chosen = plan([item for item in report.active if _key(item) not in refused], unsafe)
        if not chosen.taken and refused and changing:
            refused, changing = set(), False  # what did not hold may hold now: a request that waited for its limit
            chosen = plan(report.active, unsafe)
        if not chosen.taken:
            break
        changed = {path: apply(report.texts[path], edits) for path, edits in chosen.edits.items()}
        state = frozenset({**now, **changed}.items())
        if state in seen:
            refused.update(map(_key, chosen.taken))  # one fix undoes another
            continue
        seen.add(state)
        again = judge({**now, **changed})
        wrong = _wrong(chosen, report, again)
        if wrong:
            refused |= wrong
            continue
        changing = True
        for path in changed:
            before.setdefault(path, report.texts[path])
        now.update(changed)
        count += len(chosen.taken)
        report = again
    return Mended(report, before, now, count)


def _key(item: Diagnostic) -> Key:
    """Return what stays the same of a finding when lines above it move."""
    return item.rule, item.finding.at.path, item.workload, item.container, item.finding.message


def _fault(item: Diagnostic) -> Key:
    rule, path, workload, container, message = _key(item)
    return rule, path, workload, container, message if container is None else ""


def _wrong(chosen: Plan, report: Report, again: Report) -> set[Key]:
    """Return the fixes that do not hold."""
    # Numbers in the message of a container's finding may change without its being mended.
    had, has, mended = (Counter(map(_fault, items)) for items in (report.active, again.active, chosen.taken))
    wrong = {_key(item) for item in chosen.taken if has[_fault(item)] > had[_fault(item)] - mended[_fault(item)]}
    known, left = (Counter(map(_key, items)) for items in (report.active, again.active))
    problems = {(problem.path, problem.message) for problem in report.problems}
    for problem in again.problems:
        if (problem.path, problem.message) not in problems:
            culprits = [item for item in chosen.taken if any(edit.path == problem.path for edit in _edits(item))]
            wrong.update(map(_key, culprits or chosen.taken))
    for item in again.active:
        if item.severity is Severity.ERROR and left[_key(item)] > known[_key(item)]:
            wrong.update(_key(other) for other in chosen.taken if other.severity is not Severity.ERROR and _together(item, other))
    return wrong


def _edits(item: Diagnostic) -> tuple[Edit, ...]:
    return item.finding.fix.edits if item.finding.fix is not None else ()


def _together(item: Diagnostic, other: Diagnostic) -> bool:
    if item.workload is not None and (item.workload, item.container) == (other.workload, other.container):
        return True
    return None in (item.container, other.container) and any(edit.path == item.finding.at.path for edit in _edits(other))


def plan(diagnostics: Iterable[Diagnostic], unsafe: bool) -> Plan:
    """Choose fixes in order; a fix is taken whole or not at all.

    Of one container one fix is taken at a time: the numbers of the next one follow from what this one writes.
    """
    edits: dict[str, list[Edit]] = {}
    owned: dict[str, set[tuple[str | None, str | None]]] = {}
    taken: list[Diagnostic] = []
    put_off: list[Diagnostic] = []
    for item in diagnostics:
        fix = item.finding.fix
        if fix is None or item.suppressed is not None or (fix.safety is Safety.UNSAFE and not unsafe):
            continue
        owner = item.workload, item.container
        if all(edit in edits.get(edit.path, ()) for edit in fix.edits):
            taken.append(item)  # the same edits as another finding's: one change mends both
        elif any(_shares(owner, owned.get(edit.path, ())) or _collides(edit, edits.get(edit.path, ())) for edit in fix.edits):
            put_off.append(item)
        elif not _overlapping(fix):
            taken.append(item)
            for edit in fix.edits:
                owned.setdefault(edit.path, set()).add(owner)
                edits.setdefault(edit.path, []).append(edit)
    return Plan({path: sorted(changes, key=lambda edit: edit.start) for path, changes in edits.items()}, tuple(taken), tuple(put_off))


def _shares(owner: tuple[str | None, str | None], owners: Iterable[tuple[str | None, str | None]]) -> bool:
    """Say whether a container's fix, or one of the whole file, was taken already."""
    return any(None in (owner[1], other[1]) or owner == other for other in owners)


def _collides(edit: Edit, others: Iterable[Edit]) -> bool:
    return any(edit.start <= other.end and other.start <= edit.end for other in others)


def _overlapping(fix: Fix) -> bool:
    return any(
        first.path == second.path and first.start < second.end and second.start < first.end
        for number, first in enumerate(fix.edits)
        for second in fix.edits[number + 1 :]
    )


def sound(diagnostics: Iterable[Diagnostic], lookup: Callable[[str], Source | None]) -> list[Diagnostic]:
    """Return the findings without those fixes that would change something else than they mean to.

    That is what lies outside the project, came through a stream or was rendered, is a template, or is shared by an anchor.
    """
    anchors: dict[str, list[Node]] = {}

    def stands(edit: Edit) -> bool:
        source = lookup(edit.path)
        if source is None or not _fits(edit, source):
            return False
        if not source.path.endswith(_YAML):
            return True
        if edit.path not in anchors:
            anchors[edit.path] = _anchored(source)
        return not _templated(edit, source.text) and not any(_touches(edit, node) for node in anchors[edit.path])

    return [
        item
        if item.finding.fix is None or all(map(stands, item.finding.fix.edits))
        else item._replace(finding=item.finding._replace(fix=None))
        for item in diagnostics
    ]


def _fits(edit: Edit, source: Source) -> bool:
    if not source.editable or not 0 <= edit.start <= edit.end <= len(source.text):
        return False
    return edit.old is None or source.text[edit.start : edit.end] == edit.old


def _templated(edit: Edit, text: str) -> bool:
    begin, end = text.rfind("\n", 0, edit.start) + 1, text.find("\n", edit.end)
    line = text[begin : end if end >= 0 else len(text)].replace("${{", "")
    return any(sign in line for sign in _TEMPLATES)


def _anchored(source: Source) -> list[Node]:
    """Return what the anchors of a file name."""
    if "&" not in source.text or _ANCHOR.search(source.text) is None:
        return []
    from memlint.sources import tree

    return [node for document in tree.read(source).documents for node in tree.walk(document) if node.anchored]


def _touches(edit: Edit, node: Node) -> bool:
    """Say whether an edit changes what an anchor names; a line that is added behind it is none of it."""
    from memlint.sources import tree

    if edit.end < node.start or node.end < edit.start:
        return False
    if not edit.text.startswith(("\n", "\r\n")):
        return True
    added = edit.text.lstrip("\r\n")
    indent = len(added) - len(added.lstrip(" "))
    if isinstance(node, tree.Mapping) and not node.flow and node.pairs:
        return indent >= node.pairs[0][0].column - 1
    if isinstance(node, tree.Sequence) and not node.flow and node.items:
        return indent > node.items[0].column - 3  # the dash stands two before
    return edit.start < node.end


def apply(text: str, edits: Iterable[Edit]) -> str:
    """Return a text with all edits made; offsets are those of the text before. Raises ValueError where they do not fit."""
    pieces: list[str] = []
    position = 0
    for edit in sorted(edits, key=lambda item: (item.start, item.end)):
        if edit.start < position or edit.end < edit.start or edit.end > len(text):
            raise ValueError(f"edit {edit.start}..{edit.end} does not fit")
        pieces += [text[position : edit.start], edit.text]
        position = edit.end
    return "".join([*pieces, text[position:]])


def diff(path: str, before: str, after: str) -> str:
    """Return a unified diff that `patch -p1` and `git apply` take, with line ends as they are."""
    from difflib import unified_diff

    lines = unified_diff(_lines(before), _lines(after), f"a/{path}", f"b/{path}")
    return "".join(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines)


def _lines(text: str) -> list[str]:
    """Split at `\\n` alone: other separators are characters of the line."""
    return [line + "\n" for line in text.split("\n")[:-1]] + ([text.rsplit("\n", 1)[-1]] if not text.endswith("\n") and text else [])
