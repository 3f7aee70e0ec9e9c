"""Text edits in YAML from marks: a scalar is replaced, a key is put in as a line of its own. Nothing else of the file moves.

What could change more than the one place (anchors, flow mappings, templates, tabs) is refused: None.
"""

from memlint.model import Edit
from memlint.sources.tree import Mapping, Node, Scalar, Sequence


def replace(scalar: Scalar, text: str) -> tuple[Edit, ...] | None:
    """Return the edit that writes `text` in place of a scalar, within its quotes where it has some."""
    source = scalar.source
    if scalar.anchored or scalar.style in ("|", ">") or "{{" in scalar.value or "$" in scalar.value:
        return None
    span = scalar.span
    written = source.text[span.start : span.end]
    if span.start == span.end or "\n" in written:
        return None
    quote = scalar.style or ""
    if quote and (quote in text or "\\" in text):
        return None
    return (Edit(source.path, span.start, span.end, f"{quote}{text}{quote}"),)


def insert_key(mapping: Mapping, key: str, text: str) -> tuple[Edit, ...] | None:
    """Return the edit that adds the line `key: text` behind the last line of a block mapping, indented as its first key."""
    source = mapping.source
    if mapping.flow or mapping.anchored or not mapping.pairs or mapping.key(key) is not None:
        return None
    first, last = mapping.pairs[0][0], mapping.pairs[-1][0]
    end = _last_line_end(*mapping.pairs[-1])
    begin = source.text.rfind("\n", 0, first.start) + 1
    if end is None or last.start < first.start or "{{" in source.text[begin:end] or "\t" in source.text[begin : first.start]:
        return None
    newline = "\r\n" if source.text[end : end + 1] == "\r" or (end == len(source.text) and "\r\n" in source.text) else "\n"
    return (Edit(source.path, end, end, f"{newline}{' ' * (first.column - 1)}{key}: {text}"),)


def _last_line_end(key: Node, value: Node) -> int | None:
    """Return the offset of the end of the last line that a pair occupies, None where an edit behind it would change its value."""
    source = key.source
    if type(key) is not Scalar:
        return None
    end = key.span.end
    node = value
    while node.start >= key.start:  # an alias leads back to its anchor: the pair then ends with its own line
        if type(node) is Mapping and not node.flow and node.pairs:
            key, node = node.pairs[-1]
            end = key.span.end
        elif type(node) is Sequence and not node.flow and node.items:
            # The dash of an item that is empty or an alias has no mark of its own.
            item = node.items[-1]
            before = node.items[-2] if len(node.items) > 1 else node
            if item.start <= before.start or (type(item) is Scalar and not item.value and item.plain):
                return None
            node = item
            end = max(end, item.start)
        elif type(node) is Scalar:
            if node.style in ("|", ">") and "+" in source.text[node.start : node.start + 3]:
                return None
            end = max(end, node.span.end) if node.value or not node.plain else end
            break
        else:
            end = max(end, node.end)
            break
    line_end = source.text.find("\n", end)
    line_end = len(source.text) if line_end < 0 else line_end
    return line_end - 1 if line_end > 0 and source.text[line_end - 1 : line_end] == "\r" else line_end
