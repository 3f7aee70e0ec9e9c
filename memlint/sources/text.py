"""A decoded text with its path: turns character offsets into spans."""

from bisect import bisect_right
from itertools import accumulate

from memlint.model import Span


class Source:
    """A file's text. Lines end at `\\n` only, as every program that reads these files counts them."""

    __slots__ = ("_starts", "path", "text")

    editable = True  # whether an edit at these offsets changes the file at `path`

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self._starts: list[int] | None = None

    @property
    def starts(self) -> list[int]:
        """Offsets of the first character of every line."""
        if self._starts is None:
            lengths = [len(line) + 1 for line in self.text.split("\n")]
            self._starts = [0, *accumulate(lengths[:-1])]
        return self._starts

    def span(self, start: int, end: int) -> Span:
        """Return the place of the characters `start`..`end`; offsets outside the text are drawn to its ends."""
        size = len(self.text)
        if not 0 <= start <= end <= size:
            start = min(max(start, 0), size)
            end = min(max(end, start), size)
        starts = self._starts or self.starts
        line = bisect_right(starts, start)
        end_line = line if line == len(starts) or end < starts[line] else bisect_right(starts, end)
        return Span(self.path, line, start - starts[line - 1] + 1, end_line, end - starts[end_line - 1] + 1, start, end)

    def line_span(self, line: int) -> Span:
        """Return the place of a whole line, without its line end and indentation."""
        starts = self.starts
        start = starts[min(max(line, 1), len(starts)) - 1]
        end = self.text.find("\n", start)
        end = len(self.text) if end < 0 else end
        content = self.text[start:end]
        return self.span(start + len(content) - len(content.lstrip()), start + len(content.rstrip()))
