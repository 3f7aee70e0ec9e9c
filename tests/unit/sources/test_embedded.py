"""Command lines inside other files keep their places."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memlint.model import Known, Unknown
from memlint.sources import embedded, tree
from memlint.sources.embedded import Embedded
from memlint.sources.interpolation import HOLE
from memlint.sources.text import Source
from memlint.sources.tree import Mapping, Scalar


def scalar(text: str) -> Scalar:
    document = tree.read(Source("w.yml", text)).documents[0]
    assert isinstance(document, Mapping)
    node = document.get("run")
    assert isinstance(node, Scalar)
    return node


def shown(found: Embedded, part: str) -> str:
    """Return what stands in the file where `part` of the embedded text is said to stand."""
    start = found.text.index(part)
    at = found.locate(start, start + len(part))
    return found.source.text[at.start : at.end]


@pytest.mark.parametrize(
    "text",
    [
        "run: echo a && docker run img\n",
        "run: 'docker run img'\n",
        "run: |\n    set -e\n    docker run img\n",
        "run: |-\n  if true; then\n      docker run img\n  fi\n",
        "run: >\n  echo a;\n  docker run\n  img\n",
        "run: >-  # folded\n\n  docker run img\n",
        "run: echo a;\n  docker run img\n",
        'run: "echo \\"a\\" && docker run img"\n',
        'run: "echo a\\ndocker run img"\n',
        "run: 'echo ''a'' && docker run img'\n",
    ],
)
def test_yaml_scalars_of_every_style(text: str) -> None:
    found = embedded.of_scalar(scalar(text))
    assert shown(found, "docker") == "docker"
    assert shown(found, "img") == "img"


def test_a_scalar_with_other_escapes_is_one_place() -> None:
    found = embedded.of_scalar(scalar('run: "docker run \\u0061"\n'))
    assert found.text == "docker run a"
    assert shown(found, "run") == '"docker run \\u0061"'


MAKEFILE = Source(
    "Makefile",
    "TAG := 1.2\nIMAGE ?= shop:$(TAG)\nOPTS = -m 1g \\\n  --init\nNOW = $(shell date)\nifdef X\nQ = 1\nendif\n"
    "run: build\n\t@docker run $(OPTS) $(IMAGE) \\\n\t  sh -c 'echo $$HOME $(NOW) $@ $(Q)'\n\techo $(TAG)\n",
)


def test_recipes_as_the_shell_gets_them() -> None:
    (recipe,) = embedded.recipes(MAKEFILE)
    assert recipe.text.startswith("docker run -m 1g --init shop:1.2 \\\n  sh -c 'echo $HOME ${NOW} ")
    assert shown(recipe, "docker") == "docker"
    assert shown(recipe, "shop:1.2") == "$(IMAGE)"
    assert recipe.lookup is not None
    value = recipe.lookup("NOW")
    assert isinstance(value, Unknown)
    assert "Makefile" in value.why


def test_make_variables_that_name_each_other_end() -> None:
    source = Source("Makefile", "A = $(B)\nB = $(A)\nx:\n\tdocker run $(A) img\n")
    (recipe,) = embedded.recipes(source)
    assert recipe.text == "docker run ${A} img"


def test_make_variables_do_not_grow_without_bounds() -> None:
    rows = ["V0 = docker docker docker docker"] + [f"V{n} = $(V{n - 1})$(V{n - 1})" for n in range(1, 40)]
    source = Source("Makefile", "\n".join(rows) + "\nx:\n\tdocker run $(V39)\n")
    (recipe,) = embedded.recipes(source)
    assert recipe.text == "docker run ${V39}"


def test_expressions_become_variables_of_the_same_length() -> None:
    text, variables = embedded.without_expressions("a ${{ env.MEM }} b ${{secrets.X}} ${{ open", {"MEM": Known("1g", None)})
    assert len(text) == len("a ${{ env.MEM }} b ${{secrets.X}} ${{ open")
    values = list(variables.values())
    assert isinstance(values[0], Known)
    assert isinstance(values[1], Unknown)
    assert all(f"${{{name}}}" in text for name in variables)


def test_a_unit_is_read_over_continued_lines_and_comments() -> None:
    source = Source("a.service", "[Service]\n# no\nExecStart=/bin/a \\\n  # comment\n  -m 1g \\\n  b\nRestart = always\n")
    entries = embedded.unit(source)
    assert [(entry.section, entry.key) for entry in entries] == [("Service", "ExecStart"), ("Service", "Restart")]
    assert entries[0].value.text.split() == ["/bin/a", "-m", "1g", "b"]
    assert shown(entries[0].value, "1g") == "1g"
    assert entries[1].value.text == "always"


def test_words_of_a_unit() -> None:
    words = embedded.unit_words("""a "b c" 'd'e \\x41 %n %% $OPTS ${MEM}m x$OPTS $NONE $$""", {"OPTS": "-e A=b", "MEM": "512"})
    assert [word.text for word in words] == ["a", "b c", "de", "A", HOLE, "%", "-e", "A=b", "512m", "x$OPTS", HOLE, "$"]
    assert [word.splits for word in words].count(True) == 1


def test_fences_of_shells_only() -> None:
    source = Source(
        "R.md",
        "```python\ndocker\n```\n\n```console\n$ docker run \\\n    img\ndocker said this\n# docker ps\n```\n> ~~~sh\n> podman run x\n> ~~~\n",
    )
    first, second = embedded.fences(source)
    assert first.text.split() == ["docker", "run", "\\", "img", "docker", "ps"]
    assert second.text.split() == ["podman", "run", "x"]
    assert shown(second, "podman") == "podman"


def test_json_with_comments_keeps_its_places() -> None:
    text = '{ // a "b"\n  "url": "http://x", /* c */ "l": [1, 2, ], }\n'
    plain = embedded.plain_json(Source("d.json", text))
    assert len(plain.text) == len(text)
    (document,) = tree.read(plain).documents
    assert isinstance(document, Mapping)
    assert document.text("url") == "http://x"


PIECES = ["docker ", "\\\n", "\n\t", "${{ ", "```sh\n", "$(", "/*", "[Service]\n", "ExecStart=", "A = $(A)", "é", "\u2028"]
TEXT = st.lists(st.sampled_from([*string.printable, *PIECES]), max_size=120).map("".join)


@given(TEXT, st.integers(0, 3000), st.integers(0, 50))
@settings(max_examples=300, deadline=None)
def test_no_text_makes_a_reader_raise(text: str, start: int, size: int) -> None:
    source = Source("f", text)
    found = [*embedded.recipes(source), *embedded.fences(source), *(entry.value for entry in embedded.unit(source))]
    embedded.unit_words(text, {"A": "b"})
    embedded.without_expressions(text, {})
    embedded.plain_json(source)
    for one in found:
        at = one.locate(min(start, len(one.text)), min(start + size, len(one.text)))
        assert 0 <= at.start <= at.end <= len(text)
