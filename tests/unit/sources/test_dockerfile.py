"""Dockerfiles read as BuildKit reads them. The expectations were given by BuildKit's parser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memlint.model import Span
from memlint.sources.dockerfile import BuildkitParser, Dockerfile, Instruction, read
from memlint.sources.text import Source


def read_text(text: str) -> Dockerfile:
    return read("Dockerfile", text)


def lines(text: str) -> list[tuple[str, str, int, int]]:
    return [(found.keyword, found.value, found.line, found.end_line) for found in read_text(text).instructions]


def only(text: str) -> Instruction:
    """Return the instruction behind a FROM."""
    found = read_text("FROM x\n" + text)
    assert found.problems == ()
    assert len(found.instructions) == 2
    return found.instructions[1]


def cut(text: str, at: Span) -> str:
    return text[at.start : at.end]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM a\nRUN b", [("FROM", "a", 1, 1), ("RUN", "b", 2, 2)]),
        ("\ufefffrom  a \n\n# c\nrun\tb c\n", [("FROM", "a", 1, 1), ("RUN", "b c", 4, 4)]),
        ("FROM a\r\nRUN x \\\r\n  y\r\n", [("FROM", "a", 1, 1), ("RUN", "x   y", 2, 3)]),
        ("FROM a\nRUN a && \\\n\n  b\nCMD c", [("FROM", "a", 1, 1), ("RUN", "a &&   b", 2, 4), ("CMD", "c", 5, 5)]),
        ("FROM a\nRUN a \\\n# comment\n   # other\n b\n", [("FROM", "a", 1, 1), ("RUN", "a  b", 2, 5)]),
        ('FROM a\nCMD ["x"] \\', [("FROM", "a", 1, 1), ("CMD", '["x"]', 2, 2)]),
        ('FROM a\nCMD ["x"] \\\n# c\n', [("FROM", "a", 1, 1), ("CMD", '["x"]', 2, 3)]),
        ("FROM a\nRUN echo C:\\\\\nCMD x", [("FROM", "a", 1, 1), ("RUN", "echo C:\\\\", 2, 2), ("CMD", "x", 3, 3)]),
        ('FROM a\nENTRYPOINT\\\n ["x"]', [("FROM", "a", 1, 1), ("ENTRYPOINT", '["x"]', 2, 3)]),
        ("FROM a\n\\\nRUN x", [("FROM", "a", 1, 1), ("RUN", "x", 2, 3)]),
        ("FROM a\nRUN x \\  \t\n y", [("FROM", "a", 1, 1), ("RUN", "x  y", 2, 3)]),
        ("# escape=`\nFROM a\nRUN x `\n y\\\nCMD z", [("FROM", "a", 2, 2), ("RUN", "x  y\\", 3, 4), ("CMD", "z", 5, 5)]),
        ("# check=skip=all\n# escape = `\nFROM a\nRUN x `\n y", [("FROM", "a", 3, 3), ("RUN", "x  y", 4, 5)]),
        ("# a comment\n# escape=`\nFROM a\nRUN x `\nCMD y", [("FROM", "a", 3, 3), ("RUN", "x `", 4, 4), ("CMD", "y", 5, 5)]),
        ("FROM a\nRUN x\u2028y\fz\x85", [("FROM", "a", 1, 1), ("RUN", "x\u2028y\fz", 2, 2)]),
        ("FROM a\nRUN", [("FROM", "a", 1, 1), ("RUN", "", 2, 2)]),
    ],
)
def test_joins_and_counts_lines(text: str, expected: list[tuple[str, str, int, int]]) -> None:
    assert lines(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RUN <<EOF\nENV A=1\nFROM evil\nEOF\n", [("EOF", "ENV A=1\nFROM evil\n", True, False)]),
        ("RUN cat <<'E' > /x\n$A\nE", [("E", "$A\n", False, False)]),
        ("RUN cat <<-E\n\tx\n\t\tE\n", [("E", "\tx\n", True, True)]),
        ("COPY <<a <<b /d/\n1\na\n2\nb\n", [("a", "1\n", True, False), ("b", "2\n", True, False)]),
        ("RUN << EOF\nx\nEOF\n", [("EOF", "x\n", True, False)]),
        ("RUN 3<<EOF x\r\ny\r\nEOF\r\n", [("EOF", "y\r\n", True, False)]),
        ('RUN <<"E F"\nx\nE F\n', [("E F", "x\n", False, False)]),
        ("ONBUILD RUN <<E\nq\nE\n", [("E", "q\n", True, False)]),
        ("RUN <<EOF\nEOF", [("EOF", "", True, False)]),
        ("RUN echo '<<EOF'", []),
        ("RUN cat <<< word", []),
        ('RUN ["a", "<<EOF"]', []),
        ("ENV A=<<EOF", []),
    ],
)
def test_here_documents(text: str, expected: list[tuple[str, str, bool, bool]]) -> None:
    found = only(text)
    assert [(doc.name, doc.content, doc.expand, doc.chomp) for doc in found.heredocs] == expected
    whole = "FROM x\n" + text
    for doc in found.heredocs:
        assert cut(whole, doc.at) == doc.content
    assert found.end_line == whole.rstrip("\n").count("\n") + 1


@pytest.mark.parametrize(
    ("text", "form", "words"),
    [
        ('CMD ["java", "-Xmx1g"]', "exec", ["java", "-Xmx1g"]),
        ('CMD [ "a" ,"b\\u00e9\\ud800" ]', "exec", ["a", "bé\ufffd"]),
        ("CMD []", "exec", []),
        ("CMD ['java']", "shell", []),
        ('CMD ["a",]', "shell", []),
        ('CMD ["a"] x', "shell", []),
        ("CMD [NaN]", "shell", []),
        ("ENTRYPOINT exec java $OPTS", "shell", []),
        ('SHELL ["/bin/bash", "-c"]', "exec", ["/bin/bash", "-c"]),
        ('COPY ["a b", "/c"]', "exec", ["a b", "/c"]),
        ("COPY a b /c", "shell", ["a", "b", "/c"]),
        ('HEALTHCHECK --interval=5s CMD ["a", "b"]', "exec", ["a", "b"]),
        ("HEALTHCHECK cmd curl -f x || exit 1", "shell", ["curl -f x || exit 1"]),
        ("HEALTHCHECK NONE", "shell", []),
    ],
)
def test_exec_and_shell_form(text: str, form: str, words: list[str]) -> None:
    found = only(text)
    assert (found.form, [piece.text for piece in found.words]) == (form, words)


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("ENV A=1 B=\"x y\" C='z' D=d\\ e", [("A", "1"), ("B", '"x y"'), ("C", "'z'"), ("D", "d\\ e")]),
        ("ENV A b  c=d", [("A", "b  c=d")]),
        ('ENV A="say \\"hi\\"" B=', [("A", '"say \\"hi\\""'), ("B", "")]),
        ("ENV A=1 \\\n # c\n  B=2", [("A", "1"), ("B", "2")]),
        ("ENV A=x=y", [("A", "x=y")]),
        ("ARG A B=1", [("A", None), ("B", "1")]),
        ("LABEL a.b=c", [("a.b", "c")]),
        ("ENV A='it\\'", [("A", "'it\\'")]),
    ],
)
def test_pairs(text: str, pairs: list[tuple[str, str | None]]) -> None:
    found = only(text)
    assert [(pair.key, pair.value) for pair in found.pairs] == pairs
    for pair in found.pairs:
        assert cut("FROM x\n" + text, pair.at) == (pair.value or pair.key + "=" * (pair.value == ""))


def test_words_of_the_exec_form_know_their_places_across_continuations() -> None:
    text = 'FROM x\nCMD ["java", \\\n # why\n  "-Xmx1g", "-jar"]\n'
    found = read_text(text).instructions[1]
    assert [cut(text, piece.at) for piece in found.words] == ['"java"', '"-Xmx1g"', '"-jar"']
    assert [(piece.at.line, piece.at.column) for piece in found.words] == [(2, 6), (4, 3), (4, 13)]


def test_a_value_that_crosses_a_continuation_takes_the_line_break_in() -> None:
    text = 'FROM x\nENV OPTS="-Xms1g \\\n -Xmx2g"\n'
    (pair,) = read_text(text).instructions[1].pairs
    assert pair.value == '"-Xms1g  -Xmx2g"'
    assert cut(text, pair.at) == '"-Xms1g \\\n -Xmx2g"'


def test_characters_of_a_value_map_back_into_the_file() -> None:
    text = "FROM x\nRUN a && \\\n  docker run\n"
    found = read_text(text).instructions[1]
    start = found.value.index("docker")
    assert cut(text, found.span(start, start + 6)) == "docker"
    assert found.span(start, start + 6).line == 3


def test_flags_are_told_from_the_value() -> None:
    found = only('COPY --from=build --chown="a b" a /b')
    assert found.flags == ("--from=build", "--chown=a b")
    assert found.flag("chown") == "a b"
    assert found.flag("link") is None
    assert found.value == "a /b"
    assert only("RUN -- --x").value == "--x"


def test_onbuild_holds_an_instruction() -> None:
    trigger = only("ONBUILD ENV A=1").trigger
    assert trigger is not None
    assert (trigger.keyword, trigger.pairs[0].value) == ("ENV", "1")
    assert cut("FROM x\nONBUILD ENV A=1", trigger.pairs[0].at) == "1"


def test_stages() -> None:
    found = read_text("ARG V=1\nFROM --platform=$P a:$V AS Build\nRUN x\nFROM b\nCMD y\n")
    assert [(stage.number, stage.name, stage.base.text, stage.platform) for stage in found.stages] == [
        (0, "build", "a:$V", "$P"),
        (1, None, "b", None),
    ]
    assert [instruction.keyword for instruction in found.arguments] == ["ARG"]
    assert [[instruction.keyword for instruction in stage.instructions] for stage in found.stages] == [["RUN"], ["CMD"]]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "no instructions"),
        ("# nothing\n\n", 2, "no instructions"),
        ("ARG A=1\n", 1, "no FROM"),
        ("FROM a\nFOO bar", 2, "unknown instruction: FOO"),
        ("RUN x\nFROM a", 1, "before the first FROM"),
        ("FROM a b", 1, "one or three arguments"),
        ("FROM a AS 1x", 1, "invalid name"),
        ("FROM a\nENV", 2, "at least one argument"),
        ("FROM a\nENV A", 2, "two arguments"),
        ("FROM a\nENV A=1 B", 2, "name=value"),
        ("FROM a\nENV =1", 2, "can not be blank"),
        ('FROM a\nCMD ["a", 1]', 2, "strings only"),
        ('FROM a\nCMD [["a"]]', 2, "strings only"),
        ("FROM a\nSHELL bash", 2, "JSON form"),
        ("FROM a\nSHELL []", 2, "at least one argument"),
        ("FROM a\nCOPY x", 2, "at least two arguments"),
        ("FROM a\nCOPY x <<E\nE", 2, "heredoc as a destination"),
        ("FROM a\nUSER", 2, "exactly one argument"),
        ("FROM a\nHEALTHCHECK X", 2, "Unknown type"),
        ("FROM a\nHEALTHCHECK NONE x", 2, "no arguments"),
        ("FROM a\nHEALTHCHECK CMD", 2, "Missing command"),
        ("FROM a\nONBUILD ONBUILD RUN x", 2, "Chaining"),
        ("FROM a\nONBUILD FROM b", 2, "isn't allowed"),
        ("FROM a\nCMD --x y", 2, "unknown flag: --x"),
        ("FROM a\nCOPY --from b /c", 2, "missing a value on flag: --from"),
        ("FROM a\nRUN <<EOF\necho", 2, "unterminated heredoc"),
        ("# escape=`\n# escape=`\nFROM a", 2, "only one escape"),
        ("# escape=x\nFROM a", 1, "invalid escape token"),
        ("FROM a\nRUN " + "x" * 70000, 2, "greater than max"),
        ("FROM a\nVOLUME [\" \"]", 2, "empty string"),
    ],
)  # fmt: skip
def test_says_what_buildkit_refuses(text: str, line: int, message: str) -> None:
    problems = read_text(text).problems
    assert [(problem.line, message in problem.message) for problem in problems] == [(line, True)], problems


def test_one_broken_instruction_does_not_lose_the_others() -> None:
    found = read_text('FROM a\nENV A\nCMD ["x"]\n')
    assert [(instruction.keyword, instruction.broken) for instruction in found.instructions] == [
        ("FROM", False),
        ("ENV", True),
        ("CMD", False),
    ]


def test_what_dockerfile_parse_inherits_sees_buildkits_instructions() -> None:
    parser = BuildkitParser(Source("Dockerfile", "FROM a AS b\nRUN <<EOF\nFROM evil\nEOF\nFROM c\nCMD d"))
    assert parser.parent_images == ["a", "c"]
    assert parser.is_multistage
    assert parser.cmd == "d"
    assert parser.structure[1] == {
        "instruction": "RUN",
        "startline": 1,
        "endline": 3,
        "content": "RUN <<EOF\nFROM evil\nEOF\n",
        "value": "<<EOF",
    }


FRAGMENTS = st.sampled_from(
    ["FROM a", "RUN x", " \\", "\n", "\r\n", "# c", "<<E", "E", '["a", "b"]', "ENV A=1", 'B="', "CMD", "ONBUILD ", "--f=", "`", "é\u2028", "\ufeff", "\ud800", "${A:-"]
)  # fmt: skip


@given(st.lists(FRAGMENTS | st.text(max_size=5), max_size=30).map("".join))
def test_any_text_is_read_and_every_place_lies_in_it(text: str) -> None:
    found = read_text(text)
    assert found.instructions or found.problems
    count = text.count("\n") + 1
    for problem in found.problems:
        assert 1 <= problem.line <= count
    for instruction in found.instructions:
        places = [
            instruction.at,
            instruction.value_at,
            *(piece.at for piece in instruction.words),
            *(pair.at for pair in instruction.pairs),
        ]
        places += [doc.at for doc in instruction.heredocs]
        for place in places:
            assert 0 <= place.start <= place.end <= len(text)
        assert 1 <= instruction.line <= instruction.end_line <= count
