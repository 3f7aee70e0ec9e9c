"""Shell scripts: which commands run with which words. The words were given by bash; the rest is what an entrypoint does."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memlint.model import Known, Origin, Span, Text, Unknown, Word, Words
from memlint.sources import shell
from memlint.sources.shell import Command, EntrypointFacts, Script

HERE = Origin(Span("outside", 1, 1, 1, 2, 0, 1), "environment")
SETUP = 'A="x  y"\nB=b1\nE=\nP=/a/b.c.d\nARR=(one "t w o" "")\nset -- "a 1" b2\n'


def known(*texts: str) -> Words:
    return tuple(Known(text, HERE) for text in texts)


def env(**values: str) -> Callable[[str], Text]:
    return {name: Known(value, HERE) for name, value in values.items()}.get


def texts(words: Words) -> list[str | None]:
    return [word.value if isinstance(word, Known) else None for word in words]


def why(word: Word) -> str:
    assert isinstance(word, Unknown)
    return word.why


def read(text: str, **around: object) -> Script:
    return shell.read("run.sh", text, **around)  # type: ignore[arg-type]


def last(text: str, **around: object) -> Command:
    return read(text, **around).commands[-1]


def facts(text: str, **around: object) -> EntrypointFacts:
    return shell.entrypoint_facts(read(text, **around))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("p $A", ["x", "y"]),
        ('p "$A"', ["x  y"]),
        ("p $E", []),
        ('p "$E"', [""]),
        ("p $UNSET", []),
        ("p ${B}z", ["b1z"]),
        ("p ${UNSET:-d e}", ["d", "e"]),
        ('p "${UNSET:-d e}"', ["d e"]),
        ("p ${A:+y}", ["y"]),
        ("p ${E:+y}", []),
        ("p ${E-q}", []),
        ("p ${P##*/} ${P%.*} ${P%%.*}", ["b.c.d", "/a/b.c", "/a/b"]),
        ("p ${B:0:1}", ["b"]),
        ('p "$@"', ["a 1", "b2"]),
        ("p $@", ["a", "1", "b2"]),
        ('p "x$@y"', ["xa 1", "b2y"]),
        ('p "${ARR[@]}"', ["one", "t w o", ""]),
        ("p ${ARR[@]}", ["one", "t", "w", "o"]),
        ('p "$1" $2', ["a 1", "b2"]),
        ("p 's t' \"u v\" w\\ x", ["s t", "u v", "w x"]),
        ("p $'a\\tb'", ["a\tb"]),
        ('p --x="$A"', ["--x=x  y"]),
        ('p x"$B"$2', ["xb1b2"]),
        ("p a \\\n  b", ["a", "b"]),
        ("p $A$UNSET\\ z", ["x", "y z"]),
        ("p \\$x", ["$x"]),
        ("p 2>&1 -m 1g > log img", ["-m", "1g", "img"]),
        ("p '' \"\"", ["", ""]),
    ],
)
def test_words_are_those_of_bash(line: str, words: list[str]) -> None:
    assert texts(last(SETUP + line, lookup=env()).words) == ["p", *words]


def test_a_word_knows_its_place_and_the_assignment_that_it_came_through() -> None:
    text = 'MEM=512m\ndocker run -m "$MEM" img\n'
    word = last(text).words[3]
    assert isinstance(word, Known)
    assert text[word.origin.span.start : word.origin.span.end] == '"$MEM"'
    assert [text[origin.span.start : origin.span.end] for origin in word.origin.via] == ["512m"]


def test_places_count_characters_not_bytes() -> None:
    text = "echo 'é€😀' && docker run -m 1g img\n"
    word = last(text).words[3]
    assert word.origin is not None
    assert text[word.origin.span.start : word.origin.span.end] == "1g"


def test_places_of_a_part_of_a_file_are_those_of_the_file() -> None:
    whole = "script: |\n  docker run img\n"
    command = last(whole[12:], locate=lambda start, end: Span("ci.yml", 2, start + 3, 2, end + 3, start + 12, end + 12))
    assert whole[command.at.start : command.at.end] == "docker run img"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("p $X", "comes from outside"),
        ("p $(date)", "output of $(date)"),
        ("p $((1 + 2))", "result of"),
        ('p "$1"', "argument 1"),
        ("p $?", "known only when the script runs"),
        ("p $HOME", "set by the shell"),
        ("if a; then X=1; fi\np $X", "only under a condition"),
        ("a && X=1\np $X", "only under a condition"),
        ("case $Y in a) X=1;; esac\np $X", "only under a condition"),
        ("for X in 1 2; do :; done\np $X", "changes in a loop"),
        ("X=1\nwhile a; do X=2; done\np $X", "changes in a loop"),
        ("read X\np $X", "read when the script runs"),
        ("X=1\n. ./settings\np $X", "set by . ./settings"),
        ("(X=1)\np $X", "comes from outside"),
        ("a | X=1\np $X", "comes from outside"),
    ],
)
def test_what_cannot_be_known_says_why(text: str, reason: str) -> None:
    assert reason in why(last(text).words[1])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("X=1\nif a; then :; fi\np $X", ["1"]),
        ("if a; then X=1; else X=1; fi\np $X", ["1"]),
        ("X=1\n(X=2)\np $X", ["1"]),
        ("X=1\nif a; then X=2; exit 1; fi\np $X", ["1"]),
        ("X=a\nX+=b\np $X", ["ab"]),
        ("X=1\nf() { p $X; }\nf", ["1"]),
        ("f() { X=7; }\nf\np $X", ["7"]),
        ('f() { p "$@" $1; }\nf a "b c"', ["a", "b c", "a"]),
        ("ARGS=(-m 1g)\nARGS+=(-d)\np ${ARGS[@]}", ["-m", "1g", "-d"]),
        ("set -eo pipefail -- a b\nshift\np $@", ["b"]),
        ("export X=1 Y=$X\np $X", ["1"]),
        ("X=1 q\np ${X-none}", [None]),
    ],
)
def test_assignments_are_followed_in_the_order_in_which_they_run(text: str, words: list[str | None]) -> None:
    found = next(command for command in read(text).commands if command.name == "p")
    assert texts(found.words)[1:] == words


@pytest.mark.parametrize(
    "text",
    [
        "p ${X:-d}",
        ": ${X:=d}\np $X",
        '[ -z "$X" ] && X=d\np $X',
        '[ -n "$X" ] || X=d\np $X',
        'if [ -z "${X:-}" ]; then X=d; fi\np $X',
        'if [ "x$X" = "x" ]; then export X="d"; fi\np $X',
        'if [[ "$X" == "" ]]; then X=d; fi\np $X',
        'if test -z "$X"; then X=d; fi\np $X',
        "X=${X:-d}\np $X",
    ],
)
def test_a_default_is_assumed_where_nothing_is_set_outside(text: str) -> None:
    command = last(text)
    assert texts(command.words) == ["p", None]
    assert texts(command.assumed) == ["p", "d"]
    assert command.variables == {"X"}
    assert texts(last(text, lookup=env()).words) == ["p", "d"]
    assert texts(last(text, lookup=env(X="given")).words) == ["p", "given"]


def test_an_addition_under_a_condition_assumes_what_was_there_before() -> None:
    command = last('OPTS="-Xmx1g"\nif [ "$DEBUG" = 1 ]; then OPTS="$OPTS -Xdebug"; fi\njava $OPTS')
    assert texts(command.words) == ["java", None]
    assert texts(command.assumed) == ["java", "-Xmx1g"]


def test_unquoted_unknown_words_may_be_none_or_several() -> None:
    command = last('java $OPTS "$MORE" -jar a.jar "$@"')
    assert command.elastic == {1, 5}
    assert command.forwards == 5


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("a &\nb", {"background"}),
        ("a && b", set()),
        ("b && a", {"conditional", "tail"}),
        ("if c; then a; fi", {"conditional", "tail"}),
        ("while c; do a; done", {"conditional", "loop"}),
        ("a | tee log", {"pipeline", "tail"}),
        ("(a)", {"subshell", "tail"}),
        ("x=$(a)", {"subshell"}),
        ("exec a", {"exec", "tail"}),
        ("{ a; } &", {"background"}),
        ("f() { a; }\nf", {"tail"}),
        ("a", {"tail"}),
        ("a\nb", set()),
        ("if c; then exec a; fi\nb", {"conditional", "exec", "tail"}),
    ],
)
def test_where_a_command_stands(text: str, flags: set[str]) -> None:
    command = next(command for command in read(text).commands if command.name == "a")
    names = ("exec", "background", "conditional", "loop", "subshell", "pipeline", "tail")
    assert {name for name in names if getattr(command, name)} == flags


def test_exec_and_its_options_are_no_words() -> None:
    assert texts(last("exec -a name -c java -jar x").words) == ["java", "-jar", "x"]
    assert read("exec > log 2>&1\n").commands == ()


def test_what_follows_an_exec_does_not_run() -> None:
    assert [command.name for command in read("exec a\nb").commands] == ["a"]


def test_variables_of_one_command() -> None:
    command = last("JAVA_OPTS=-Xmx1g A=2 java -jar x")
    assert [(assignment.name, assignment.value) for assignment in command.environment] == [
        ("JAVA_OPTS", Known("-Xmx1g", Origin(Span("run.sh", 1, 11, 1, 17, 10, 16), "JAVA_OPTS in the script"))),
        ("A", Known("2", Origin(Span("run.sh", 1, 20, 1, 21, 19, 20), "A in the script"))),
    ]
    assert texts(last("A=1 b\np $A").words) == ["p", None]


SERVER = """#!/bin/sh
set -e
: "${HEAP:=-Xmx512m}"
if [ "${1#-}" != "$1" ]; then
  set -- server "$@"
fi
if [ "$1" = 'server' -a "$(id -u)" = '0' ]; then
  exec gosu app "$0" "$@"
fi
exec "$@"
"""


def test_an_entrypoint_that_execs_its_arguments() -> None:
    found = facts(SERVER)
    assert found.execs is True
    assert found.passes_arguments
    assert texts(found.option_prefix) == ["server"]
    assert {name: texts((value,)) for name, value in found.defaults.items()} == {"HEAP": ["-Xmx512m"]}


def test_with_its_arguments_a_script_tells_what_it_runs() -> None:
    main = facts(SERVER, lookup=env(), arguments=known("--port", "1")).main
    assert main is not None
    assert texts(main.words) == ["server", "--port", "1"]
    main = facts('if [ $# -lt 1 ]; then exec java -jar x; fi\nexec "$@"', arguments=()).main
    assert main is not None
    assert texts(main.words) == ["java", "-jar", "x"]


@pytest.mark.parametrize(
    ("text", "main", "execs"),
    [
        ("java -jar a.jar", ["java", "-jar", "a.jar"], False),
        ("exec java -jar a.jar", ["java", "-jar", "a.jar"], True),
        ("cd /app && exec java -jar a.jar", ["java", "-jar", "a.jar"], True),
        ("if x; then exec a; else exec b; fi", ["b"], True),
        ("if x; then exec a; fi\nb", ["b"], False),
        ("echo start\njava -jar a.jar\necho done", ["java", "-jar", "a.jar"], False),
        ("main() { exec java; }\nmain", ["java"], True),
        ("main() {\n  java\n}\nif ! sourced; then\n  main \"$@\"\nfi", ["java"], False),
        ("java -jar a.jar || exit 1", ["java", "-jar", "a.jar"], False),
        ("java | tee log", None, False),
    ],
)  # fmt: skip
def test_the_command_that_a_script_is_for(text: str, main: list[str] | None, execs: bool) -> None:
    found = facts(text)
    if main is not None:
        assert found.main is not None
        assert texts(found.main.words) == main
    assert found.execs is execs


def test_jobs_traps_and_waiting() -> None:
    found = facts("trap 'kill $PID' TERM SIGINT\nredis-server &\nnginx &\nwait -n\n")
    assert [command.name for command in found.background] == ["redis-server", "nginx"]
    assert (found.waits, found.waits_for_any, found.main) == (True, True, None)
    assert [(texts((trap.action,)), trap.signals) for trap in found.traps] == [(["kill $PID"], ("TERM", "INT"))]


def test_which_variables_reach_the_program() -> None:
    found = facts('OPTS="$JAVA_OPTS -Dx=1"\nunused=$OTHER\nexec java $OPTS -Xmx${HEAP:-1g} -jar a.jar "$@"')
    assert found.variables == {"JAVA_OPTS", "HEAP", "@"}


def test_other_languages_are_left_alone() -> None:
    script = read("#!/usr/bin/env python3\nimport os; exec(open('x').read())\n")
    assert script.commands == ()
    assert script.interpreter == ("/usr/bin/env", "python3")
    assert read("#!/usr/bin/dumb-init /bin/sh\nexec a").commands[0].exec


def test_a_script_that_is_partly_broken_is_read_as_far_as_possible() -> None:
    script = read("if then\ndocker run -m 1g img\n")
    assert script.errors
    assert any(texts(command.words)[:2] == ["docker", "run"] for command in script.commands)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 3000,
        "$(" * 3000,
        "${a:-" * 3000,
        "if a; then " * 1500,
        'A="$A$A"\n' * 200,
        'A="$A x"\np $A\n' * 300,
        'set -- a "$@"\n' * 400,
        'A+=("${A[@]}" b)\n' * 100,
        "f() { f; f; }\nf",
        "".join(f"f{number}() {{ f{number + 1}; f{number + 1}; }}\n" for number in range(60)) + "f0",
        ". ./x\n" * 100,
        "A='" + "x " * 20000 + "'\np " + "$A " * 20000,
        "A=" + "x" * 40000 + "\np " + '"$A"' * 5000 + "\nB=" + "$A" * 5000,
    ],
)
def test_scripts_that_grow_without_end_are_cut(text: str) -> None:
    shell.entrypoint_facts(read(text, lookup=env(), arguments=known("a")))


FRAGMENTS = st.sampled_from(
    ["A=1 ", "$A", '"', "'", "`", "$(", "${A:-", "}", ")", "(", "{ ", "\n", "\\", " && ", "||", "|", " & ", ";", "if a; then ", "fi", "case x in a) ", ";;",
     "esac", "while a; do ", "done", "for i in a b; ", "<<EOF\n", "EOF\n", "exec ", '"$@"', "set -- ", "f() {", "[ -z $A ]", "é", "\ud800", "\x00", "#", "docker run -m 1g x", "$((", "trap x TERM"]
)  # fmt: skip


@given(st.lists(FRAGMENTS | st.text(max_size=4), max_size=40).map("".join), st.booleans())
def test_any_text_is_read_and_every_place_lies_in_it(text: str, inside: bool) -> None:
    script = read(text, lookup=env(A="x") if inside else None, arguments=known("a", "b") if inside else None)
    shell.entrypoint_facts(script)
    for command in script.commands:
        assert 0 <= command.at.start <= command.at.end <= len(text)
        for word in command.words:
            assert word.origin is not None
            if word.origin.span.path == "run.sh":
                assert 0 <= word.origin.span.start <= word.origin.span.end <= len(text)
