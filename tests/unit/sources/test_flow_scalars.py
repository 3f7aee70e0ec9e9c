"""Colons and question marks within plain scalars of flow collections, which libyaml 0.1.7 refuses and Go's parser takes."""

import pytest

from memlint.sources import tree
from memlint.sources.text import Source


def scalars(text: str) -> list[str]:
    read = tree.read(Source("f.yaml", text))
    assert read.problems == []
    found = [node for document in read.documents for node in tree.walk(document) if isinstance(node, tree.Scalar)]
    for node in found:
        if node.plain:
            assert text[node.span.start : node.span.end] == node.value
    return [node.value for node in found]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a: [http://x:80/y?z=1, b:c, d::e]\n", ["http://x:80/y?z=1", "b:c", "d::e"]),
        ("a: {test: curl http://x || exit 1}\nb: http://y\n", ["curl http://x || exit 1", "http://y"]),
        ('{a: b:c}\n---\n{"d":"e:f", "g":{"h":1}}\n', ["b:c", "e:f", "1"]),
        ("a: [b?c]\nd: >\n  e:f\n", ["b?c", "e:f\n"]),
        ("\ue000: [a:b]\n", ["a:b"]),
    ],
)
def test_they_are_part_of_the_scalar(text: str, values: list[str]) -> None:
    assert scalars(text) == values


@pytest.mark.parametrize("text", ["a: {b:}\n", "a: [b:, c]\n", "a: [b\n", "a: [x:y"])
def test_what_is_no_yaml_stays_a_problem(text: str) -> None:
    (problem,) = tree.read(Source("f.yaml", text)).problems
    assert problem.message.startswith("cannot be parsed as YAML")


def test_many_of_them_cost_no_square_time() -> None:
    assert len(scalars(f"a: [{', '.join(['b:c'] * 50_000)}]\n")) == 50_000
