"""Files that stand in other files: where characters of a ConfigMap's key are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memlint.model import Span
from memlint.resolve.container_files import _in_block
from memlint.sources import tree
from memlint.sources.text import Source

POD = """apiVersion: v1
kind: ConfigMap
metadata: {name: redis}
data:
  redis.conf: %s
---
apiVersion: v1
kind: Pod
metadata: {name: redis}
spec:
  containers:
    - name: redis
      image: redis:7.4
      args: ["/conf/redis.conf"]
      resources: {limits: {memory: 6Gi}}
      volumeMounts: [{name: conf, mountPath: /conf}]
  volumes: [{name: conf, configMap: {name: redis}}]
"""


def found(memlint, value):
    answer = memlint("check", "--select", "MEM601", "--output", "json", files={"redis.yaml": POD % value})
    (finding,) = answer.findings
    return finding


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("|\n    save 900 1\n    maxmemory 5gb\n", (7, 15)),
        ("|-\n\n    # five\n\n    maxmemory 5gb\n", (9, 15)),
        ("|2\n      maxmemory 5gb\n", (6, 17)),
        ('"save 900 1\\nmaxmemory 5gb\\n"\n', (5, 15)),
        (">\n    save 900 1\n\n    maxmemory 5gb\n", (5, 15)),
    ],
)
def test_a_line_of_a_literal_block_is_pointed_at(memlint, value, place):
    finding = found(memlint, value)
    assert (finding["line"], finding["column"]) == place


def test_a_fix_writes_into_the_block(memlint):
    finding = found(memlint, "|\n    save 900 1\n    maxmemory 5gb\n    maxmemory-policy noeviction\n")
    text = POD % "|\n    save 900 1\n    maxmemory 5gb\n    maxmemory-policy noeviction\n"
    for edit in finding["fix"]["edits"]:
        text = text[: edit["start"]] + edit["text"] + text[edit["end"] :]
    assert text == POD % "|\n    save 900 1\n    maxmemory 2764mb\n    maxmemory-policy noeviction\n"


LINES = st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.just(" "), max_size=12), min_size=1, max_size=6)


@given(LINES, st.integers(0, 80), st.integers(0, 12))
def test_places_lie_in_the_file_and_hold_the_same_characters(lines, start, length):
    body = "\n".join(f"    {line}".rstrip() for line in lines)
    source = Source("a.yaml", f"key: |\n{body}\n")
    parsed = tree.read(source)
    if parsed.problems or not parsed.documents:
        return
    ((_, value),) = parsed.documents[0].items()
    text, whole = value.value, value.span
    end = min(len(text), start + length)
    start = min(start, end)
    span = _in_block(source, whole, text, start, end)
    assert 0 <= span.start <= span.end <= len(source.text)
    assert span == whole or source.text[span.start : span.end] == text[start:end]


def test_without_the_file_it_is_the_whole_value():
    whole = Span("gone.yaml", 3, 4, 3, 5, 20, 21)
    assert _in_block(None, whole, "a\nb", 2, 3) == whole
