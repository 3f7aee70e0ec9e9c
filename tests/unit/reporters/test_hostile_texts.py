"""Whatever a file holds, it stays text: no reporter lets it move a cursor, command a runner, make a link or open a tag."""

import json
import re
from dataclasses import fields
from html.parser import HTMLParser
from importlib import import_module
from xml.etree import ElementTree as ET

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import given
from hypothesis import strategies as st

from memlint.reporters import github, gitlab, html, junit, markdown, sarif, text
from memlint.reporters import json as machine
from memlint.reporters.terminal import Style
from reports import TEXT, Words, report

FORMATS = ("text", "json", "sarif", "github", "gitlab", "junit", "markdown", "html")
HOSTILE = {
    "newline": "a\nb\r\nc\rd\u2028e\x85f",
    "ansi": "\x1b[31mred\x1b]0;title\x07\x9b2J",
    "workflow command": "x\n::error file=a::forged\n::set-output name=a::b\n::add-mask::x",
    "leading command": "::error::forged",
    "old command": "##[error]forged ##vso[task.setvariable]x ##teamcity[x]",
    "encoded": "%0A::error::forged%0D%25",
    "properties": "a,line=9::x:y",
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;</style></details>",
    "markdown": "**b** [x](https://evil.example) ![i](https://evil.example/i.png) `code` | cell | # h $a$ ~~s~~ @team #12 GH-12 www.evil.example https://evil.example a@b.co",
    "backticks": "`a``b``` ```\nc",
    "direction": "\u202eabc\u2066def\u200f",
    "not in xml": "a\x00b\x0b\ufffe\ud800",
    "section": "section_start:1:x\r\x1b[0Kx",
}


def hostile(value: str) -> Words:
    return Words(**{field.name: value for field in fields(Words)})


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_writes_every_text(name: str, value: str) -> None:
    rendered = import_module(f"memlint.reporters.{name}").render(report(hostile(value)))
    assert rendered.encode("utf-8", "backslashreplace")


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_a_terminal_gets_no_control_character_and_no_forged_line(value: str) -> None:
    plain = text.render(report(Words()), Style(200))
    attacked = text.render(report(hostile(value).but(source=TEXT)), Style(200))
    assert attacked.count("\n") == plain.count("\n")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", attacked)
    assert not any(line.lstrip().startswith("::") for line in attacked.split("\n"))
    assert not re.search(r"##\w*\[", attacked)


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_workflow_commands_are_ours_alone(value: str) -> None:
    lines = github.render(report(hostile(value))).splitlines()
    assert len(lines) == 4
    for line in lines:
        command, properties, _ = parsed(line)
        assert command in ("error", "warning", "notice")
        assert set(properties) <= {"file", "line", "endLine", "col", "endColumn", "title"}
        assert properties["line"] in ("3", "4")
        assert "\x1b" not in line


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """Read a workflow command as the runner does: command, properties, message."""
    match = re.fullmatch(r"::([a-z-]+) ?(.*?)::(.*)", line, re.DOTALL)
    assert match, line

    def decode(value: str) -> str:
        for code, character in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
            value = value.replace(code, character)
        return value

    properties = dict(pair.split("=", 1) for pair in match[2].split(",") if pair)
    return match[1], {name: decode(value) for name, value in properties.items()}, decode(match[3])


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_markdown_keeps_its_table_and_makes_no_link(value: str) -> None:
    page = rendered(markdown.render(report(hostile(value))))
    assert page.tags <= {"h3", "p", "strong", "ul", "li", "code", "table", "thead", "tbody", "tr", "th", "td", "br", "details", "summary"}
    assert page.cells == [4] * 4 + [6] * 2, "the heads and rows of both tables keep their number of cells"
    assert not re.search(r"@\w|#\w|://|www\.|\bGH-\d", page.prose)


def test_markdown_says_what_was_written() -> None:
    page = rendered(markdown.render(report(Words(message=HOSTILE["markdown"]))))
    assert HOSTILE["markdown"] in page.prose.replace("\u200b", "")


class Rendered(HTMLParser):
    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.cells: list[int] = []
        self.prose = ""
        self.code = False
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        self.code = self.code or tag == "code"
        if tag == "tr":
            self.cells.append(0)
        if tag in ("td", "th"):
            self.cells[-1] += 1

    def handle_endtag(self, tag: str) -> None:
        self.code = self.code and tag != "code"

    def handle_data(self, data: str) -> None:
        if not self.code:
            self.prose += data


def rendered(source: str) -> Rendered:
    """What GitHub's own Markdown program makes of it."""
    return Rendered(cmarkgfm.github_flavored_markdown_to_html(source, Options.CMARK_OPT_UNSAFE))


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_the_page_has_the_same_tags_whatever_the_texts(value: str) -> None:
    words = hostile(value).but(source=TEXT)
    assert Tags(html.render(report(words))).all == Tags(html.render(report(Words()))).all
    shown = html.render(report(hostile(value)))
    assert "<img" not in shown
    assert shown.count("<script") == 1


class Tags(HTMLParser):
    def __init__(self, source: str) -> None:
        super().__init__()
        self.all: list[tuple[str, tuple[str, ...]]] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, tuple(name for name, _ in attrs)))


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_xml_and_json_hold_the_text(value: str) -> None:
    tree = ET.fromstring(junit.render(report(hostile(value))).encode())
    message = tree.find(".//failure").get("message")  # type: ignore[union-attr]  # there is one
    assert message == re.sub("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "�", value)
    written = machine.render(report(hostile(value))).encode("utf-8", "backslashreplace")
    assert json.loads(written)["findings"][0]["message"] == value
    assert json.loads(gitlab.render(report(hostile(value))))[0]["description"] == value


def test_sarif_makes_no_link_of_a_text() -> None:
    log = json.loads(sarif.render(report(hostile("see [here](https://evil.example)"))))
    assert "](" not in json.dumps([result["message"] for result in log["runs"][0]["results"]], ensure_ascii=False)


@given(st.text(max_size=40), st.text(max_size=40), st.text(min_size=1, max_size=20))
def test_any_text_is_safe(message: str, note: str, path: str) -> None:
    made = report(Words(message=message, note=note, path=path, container=message, problem=note, source=note))
    for line in github.render(made).splitlines():
        parsed(line)
    ET.fromstring(junit.render(made).encode("utf-8", "backslashreplace"))
    assert Tags(html.render(made)).all.count(("script", ())) == 1
    assert rendered(markdown.render(made)).cells == [4] * 4 + [6] * 2
    json.loads(sarif.render(made).encode("utf-8", "backslashreplace"))
