"""BuildKit's own parser, as the package `dockerfile` carries it: structure, lines, values, here-documents.

The packaged parser is of 2024. BuildKit reads two things otherwise since: what stands behind a JSON array makes it the shell form,
and `<< EOF` with a blank begins a here-document. The unit tests hold these.
"""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memlint.sources.dockerfile import Instruction, read

oracle = pytest.importorskip("dockerfile", reason="BuildKit's parser (the package `dockerfile`) is not installed")

Row = tuple[str, int, int, tuple[str, ...], tuple[str, ...], bool, tuple[tuple[str, str], ...]]

CASES = {
    "plain": "FROM a\nRUN b c\n",
    "lower case, blanks": "  from a\n\trun  b\tc  \n",
    "no line end": "FROM a\nCMD x",
    "carriage returns": "FROM a\r\nRUN x \\\r\n y\r\nCMD z\r\n",
    "byte order mark": "\ufeffFROM a\nCMD x\n",
    "comments between": "# c\nFROM a\n  # c\nRUN x\n#\n",
    "blank lines": "\n\nFROM a\n\n\nRUN x\n\n",
    "continuation": "FROM a\nRUN x \\\n  y \\\n  z\n",
    "continuation with trailing blanks": "FROM a\nRUN x \\ \t\n y\n",
    "comment in a continuation": "FROM a\nRUN x \\\n# c\n  # d\n y\n",
    "blank line in a continuation": "FROM a\nRUN x && \\\n\n  y\nCMD z\n",
    "continuation at the end": 'FROM a\nCMD ["x"] \\',
    "continuation, then a comment": 'FROM a\nCMD ["x"] \\\n# c\n',
    "continuation, then nothing": "FROM a\nRUN x \\\n\n\n",
    "double backslash": "FROM a\nRUN echo C:\\\\\nCMD x\n",
    "triple backslash": "FROM a\nRUN echo C:\\\\\\\nCMD x\n",
    "backslash inside": "FROM a\nRUN a\\b\n",
    "no blank before the array": 'FROM a\nENTRYPOINT\\\n ["x"]\n',
    "lone backslash": "FROM a\n\\\nRUN x\n",
    "escape directive": "# escape=`\nFROM a\nRUN x `\n y\nENV P=C:\\x\\\nCMD z\n",
    "escape after syntax": "# syntax=docker/dockerfile:1\n# escape=`\nFROM a\nRUN x `\n y\n",
    "escape with blanks": "#  escape =  ` \nFROM a\nRUN x `\n y\n",
    "escape too late": "# c\n# escape=`\nFROM a\nRUN x `\nCMD y\n",
    "unicode line ends": "FROM a\nRUN x\u2028y\x0cz\n",
    "unicode": "FROM a\nENV A=é B='日本'\n",
    "exec form": 'FROM a\nCMD ["a", "b c", ""]\n',
    "exec form over lines": 'FROM a\nCMD [ \\\n  "a", \\\n  "b" \\\n]\n',
    "exec form with escapes": 'FROM a\nCMD ["a\\n\\u00e9\\"", "\\\\"]\n',
    "empty exec form": "FROM a\nCMD []\nENTRYPOINT [ ]\n",
    "single quotes are no JSON": "FROM a\nCMD ['a', 'b']\n",
    "trailing comma is no JSON": 'FROM a\nCMD ["a",]\n',
    "test brackets": "FROM a\nRUN [ -f x ] && y\n",
    "shell form": 'FROM a\nENTRYPOINT exec java $OPTS -jar "a b"\n',
    "env pairs": "FROM a\nENV A=1 B=\"x y\" C='z w' D=a\\ b E=\n",
    "env with blanks": "FROM a\nENV A b  c\n",
    "env with blanks and equals": "FROM a\nENV A b=c\n",
    "env over lines": "FROM a\nENV A=1 \\\n  B=2 \\\n# c\n  C=3\n",
    "env quotes over lines": 'FROM a\nENV A="x \\\n  y"\n',
    "env with quotes inside": 'FROM a\nENV A="say \\"hi\\"" B=it\\\'s\n',
    "env with a quote that stays open": 'FROM a\nENV A="x y B=1\n',
    "env with quotes in the middle": "FROM a\nENV A=a\"b c\"d'e f'g\n",
    "env with variables": "FROM a\nENV A=${B:-c} E=$F\n",
    "arg": 'ARG A\nARG B=1 C\nFROM a\nARG D="x y"\n',
    "label": 'FROM a\nLABEL a.b="c d" e=f\n',
    "label with blanks": "FROM a\nLABEL a b c\n",
    "stages": "FROM --platform=$BUILDPLATFORM a AS b\nFROM b\nCOPY --from=b --chown=1:2 /x /y\n",
    "run flags": "FROM a\nRUN --mount=type=cache,target=/x --network=none y\n",
    "flags end": "FROM a\nRUN -- --x\n",
    "copy array": 'FROM a\nCOPY ["a b", "/c"]\nADD a b /c/\n',
    "healthcheck": "FROM a\nHEALTHCHECK --interval=5s --timeout=3s CMD curl -f x || exit 1\nHEALTHCHECK NONE\n",
    "healthcheck array": 'FROM a\nHEALTHCHECK CMD ["a", "b"]\n',
    "shell": 'FROM a\nSHELL ["/bin/bash", "-o", "pipefail", "-c"]\n',
    "others": "FROM a\nUSER a b\nWORKDIR /x y\nEXPOSE 1 2/udp\nVOLUME /a /b\nSTOPSIGNAL 9\nMAINTAINER me you\n",
    "onbuild": "FROM a\nONBUILD RUN x\n",
    "heredoc": "FROM a\nRUN <<EOF\nENV A=1\nFROM evil\nEOF\nCMD x\n",
    "heredoc into a program": "FROM a\nRUN cat <<EOF > /x\nENTRYPOINT fake\nEOF\n",
    "heredoc with tabs": "FROM a\nRUN <<-EOF\n\tx\n\tEOF\n",
    "heredoc without tabs allowed": "FROM a\nRUN <<EOF\n\tEOF\nEOF\n",
    "heredoc in quotes": "FROM a\nRUN <<'EOF' cat\n$A\nEOF\n",
    "heredoc in double quotes": 'FROM a\nRUN <<"E F"\nx\nE F\n',
    "heredoc with a descriptor": "FROM a\nRUN 3<<EOF x\ny\nEOF\n",
    "two heredocs": "FROM a\nCOPY <<a <<b /d/\n1\na\n2\nb\n",
    "heredoc with carriage returns": "FROM a\r\nRUN <<EOF\r\nx\r\nEOF\r\nCMD y\r\n",
    "heredoc ends the file": "FROM a\nRUN <<EOF\nx\nEOF",
    "heredoc behind a continuation": "FROM a\nRUN x && \\\n cat <<EOF\ny\nEOF\n",
    "here-string is none": "FROM a\nRUN cat <<< x\n",
    "quoted heredoc is none": "FROM a\nRUN echo '<<EOF'\n",
    "heredoc in an array is none": 'FROM a\nRUN ["a", "<<EOF"]\n',
    "heredoc elsewhere is none": "FROM a\nENV A=<<EOF\n",
}

REFUSED = [
    "", "# only\n", "FROM a\nENV A\n", "FROM a\nENV A=1 B\n", 'FROM a\nCMD ["a", 1]\n', 'FROM a\nRUN [["a"]]\n', "FROM a\nRUN <<EOF\nx\n",
    "# escape=x\nFROM a\n", "# escape=`\n# escape=`\nFROM a\n", "FROM a\nLABEL x\n",
]  # fmt: skip

KEYWORDS = {"CMD", "ENTRYPOINT", "MAINTAINER", "RUN", "SHELL", "STOPSIGNAL", "USER", "WORKDIR"}  # the rest was handled before


def rows(text: str) -> list[Row]:
    return [
        (
            found.keyword,
            found.line,
            found.end_line,
            found.flags,
            _values(found),
            found.form == "exec",
            tuple((doc.name, doc.content) for doc in found.heredocs),
        )
        for found in read("Dockerfile", text).instructions
        if found.keyword != "ONBUILD"
    ]


def _values(found: Instruction) -> tuple[str, ...]:
    if found.keyword in ("ENV", "LABEL"):
        return tuple(part for pair in found.pairs for part in (pair.key, pair.value or ""))
    if found.keyword == "ARG":
        return tuple(pair.key if pair.value is None else f"{pair.key}={pair.value}" for pair in found.pairs)
    if found.keyword == "HEALTHCHECK":
        return (re.split(r"\s", found.value, maxsplit=1)[0], *(piece.text for piece in found.words))
    if found.form == "exec" or found.keyword in ("ADD", "COPY", "EXPOSE", "FROM", "VOLUME"):
        return tuple(piece.text for piece in found.words)
    if found.keyword not in KEYWORDS:
        return ("",)
    return (found.value,) if found.value else ()


def buildkits_rows(text: str) -> list[Row]:
    return [
        (
            (found.cmd or "").upper(),
            found.start_line,
            found.end_line,
            tuple(found.flags),
            tuple(found.value),
            found.json,
            tuple((doc.name, doc.content) for doc in found.heredocs),
        )
        for found in oracle.parse_string(text)
        if (found.cmd or "").upper() != "ONBUILD"
    ]


@pytest.mark.parametrize("text", CASES.values(), ids=CASES.keys())
def test_reads_what_buildkit_reads(text: str) -> None:
    assert read("Dockerfile", text).problems == ()
    assert rows(text) == buildkits_rows(text)


@pytest.mark.parametrize("text", REFUSED)
def test_has_a_problem_where_buildkit_refuses(text: str) -> None:
    with pytest.raises(oracle.GoParseError):
        oracle.parse_string(text)
    assert read("Dockerfile", text).problems


LINES = st.sampled_from(
    ["RUN a", "RUN a \\", "  b \\", "\\", "# c", "  # c", "", "  ", "ENV A=1 B=\"x y\"", "ENV A b c", "ENV A=\"x \\", "C=1\"", "ARG A=1 B", 'CMD ["a", "b"]', "CMD a \"b\"",
     "COPY --from=b a /c", "RUN <<E\nx\nE", "RUN cat <<-'E'\n\ty\n\tE", "COPY <<a <<b /d\n1\na\n2\nb", "HEALTHCHECK CMD x", "USER a", "RUN a\\\\", "RUN --x=y z", "EXPOSE 1  2", "FROM b AS c"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, max_size=8), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_any_mixture_is_read_alike(lines: list[str], end: str, last: bool) -> None:
    text = end.join(["FROM a", *(line.replace("\n", end) for line in lines)]) + end * last
    try:
        expected = buildkits_rows(text)
    except oracle.GoParseError:
        assert read("Dockerfile", text).problems
        return
    assert rows(text) == expected
