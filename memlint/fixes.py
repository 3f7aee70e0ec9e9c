"""Text and edits become text. Pure: what is applied, what a diff shows; writing is the business of `files`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from memlint.model import Diagnostic, Edit, Fix, Safety


class Plan(NamedTuple):
    """The fixes that can be applied together. `put_off`: those that touch the same place as another; a further run may take them."""

    edits: Mapping[str, Sequence[Edit]]
    taken: tuple[Diagnostic, ...]
    put_off: tuple[Diagnostic, ...]


def plan(diagnostics: Iterable[Diagnostic], unsafe: bool) -> Plan:
    """Choose fixes in order; a fix is taken whole or not at all, and never where another already changes the text."""
    edits: dict[str, list[Edit]] = {}
    taken: list[Diagnostic] = []
    put_off: list[Diagnostic] = []
    for item in diagnostics:
        fix = item.finding.fix
        if fix is None or item.suppressed is not None or (fix.safety is Safety.UNSAFE and not unsafe):
            continue
        if all(edit in edits.get(edit.path, ()) for edit in fix.edits):
            taken.append(item)  # the same edits as another finding's: one change mends both
        elif any(_collides(edit, edits.get(edit.path, ())) for edit in fix.edits) or _overlapping(fix):
            put_off.append(item)
        else:
            taken.append(item)
            for edit in fix.edits:
                edits.setdefault(edit.path, []).append(edit)
    return Plan({path: sorted(changes, key=lambda edit: edit.start) for path, changes in edits.items()}, tuple(taken), tuple(put_off))


def _collides(edit: Edit, others: Iterable[Edit]) -> bool:
    return any(edit.start <= other.end and other.start <= edit.end for other in others)


def _overlapping(fix: Fix) -> bool:
    return any(
        first.path == second.path and first.start < second.end and second.start < first.end
        for number, first in enumerate(fix.edits)
        for second in fix.edits[number + 1 :]
    )


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
