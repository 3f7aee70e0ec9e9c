"""How a `docker run` line is taken apart."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memlint.model import Span
from memlint.quantity import QuantityError
from memlint.sources import docker_run
from memlint.sources.docker_run import Arg
from memlint.sources.interpolation import HOLE

NOWHERE = Span("line", 1, 1, 1, 1, 0, 0)
ELASTIC = Arg(HOLE, NOWHERE, "OPTS comes from outside", splits=True, written="$OPTS")


def line(*words: str | Arg, engine: str = "docker") -> docker_run.DockerRun:
    run = docker_run.read([arg(engine), *(arg(word) if isinstance(word, str) else word for word in words)])
    assert run is not None
    return run


def arg(text: str) -> Arg:
    return Arg(text, NOWHERE, "X comes from outside" if HOLE in text else "", exact=True, written=text)


def given_flags(run: docker_run.DockerRun) -> list[tuple[str, str]]:
    return [(flag.name, flag.value.text) for flag in run.flags]


def test_flags_end_at_the_image() -> None:
    run = line("run", "-m", "512m", "node:18", "npm", "start", "-m", "1g")
    assert given_flags(run) == [("memory", "512m")]
    assert run.image is not None
    assert run.image.text == "node:18"
    assert [word.text for word in run.command] == ["npm", "start", "-m", "1g"]


def test_a_module_of_the_command_is_no_memory_limit() -> None:
    run = line("run", "-v", "/a:/b", "-w", "/b", "python:3", "python", "-m", "http.server")
    assert run.last("memory") is None


@pytest.mark.parametrize(
    ("words", "flags"),
    [
        (("-m512m", "img"), [("memory", "512m")]),
        (("-m=512m", "img"), [("memory", "512m")]),
        (("--memory=512m", "img"), [("memory", "512m")]),
        (("-itdm", "5m", "img"), [("interactive", "true"), ("tty", "true"), ("detach", "true"), ("memory", "5m")]),
        (("--init", "true"), [("init", "true")]),  # `true` is the image
        (("--init=false", "img"), [("init", "false")]),
        (("-h", "web", "img"), [("hostname", "web")]),
        (("-m", "1g", "--memory", "2g", "--", "img"), [("memory", "1g"), ("memory", "2g")]),
    ],
)
def test_spellings(words: tuple[str, ...], flags: list[tuple[str, str]]) -> None:
    run = line("run", *words)
    assert given_flags(run) == flags
    assert not run.refusals


def test_the_last_of_several_is_in_force() -> None:
    flag = line("run", "-m", "1g", "--memory", "2g", "img").last("memory")
    assert flag is not None
    assert flag.value.text == "2g"


@pytest.mark.parametrize(
    "words",
    [
        ("container", "run", "-m", "1g", "img"),
        ("-H", "tcp://host:2375", "run", "-m", "1g", "img"),
        ("--context=far", "--debug", "create", "-m", "1g", "img"),
        ("-D", "-l", "debug", "container", "create", "-m", "1g", "img"),
    ],
)
def test_the_verb_stands_behind_global_flags(words: tuple[str, ...]) -> None:
    assert given_flags(line(*words)) == [("memory", "1g")]


@pytest.mark.parametrize(
    "words", [("ps",), ("build", "-m", "1g", "."), ("exec", "web", "run"), ("compose", "run", "web"), ("service", "ls"), ()]
)
def test_other_commands_make_no_container(words: tuple[str, ...]) -> None:
    assert docker_run.read([arg("docker"), *map(arg, words)]) is None


def test_podman_has_flags_of_its_own() -> None:
    run = line("run", "--tz", "local", "--replace", "--health-on-failure", "kill", "-m", "1g", "img", engine="podman")
    assert not run.refusals
    assert run.image is not None
    assert run.image.text == "img"
    assert line("run", "--tz", "local", "img").refusals


def test_a_service_is_updated_with_flags_behind_its_name() -> None:
    run = line("service", "update", "web", "--limit-memory", "1g")
    assert run.image is not None
    assert run.image.text == "web"
    assert given_flags(run) == [("limit-memory", "1g")]


def test_a_quoted_variable_is_the_image() -> None:
    run = line("run", "--rm", arg(HOLE), "python", "-m", "http.server")
    assert run.open is None
    assert run.last("memory") is None
    assert [word.text for word in run.command] == ["python", "-m", "http.server"]


def test_an_unquoted_variable_before_flags_may_hold_flags() -> None:
    run = line("run", ELASTIC, "-d", "redis:7")
    assert run.open == "OPTS comes from outside"
    assert given_flags(run) == [("detach", "true")]
    assert run.image is not None
    assert run.image.text == "redis:7"


def test_an_unquoted_variable_before_what_is_no_flag_of_docker_is_the_image() -> None:
    run = line("run", "-m", "1g", ELASTIC, "-Xmx512m", "-jar", "app.jar")
    assert not run.refusals
    assert given_flags(run) == [("memory", "1g")]
    assert run.image is not None
    assert run.image.text == HOLE


def test_a_last_unquoted_variable_is_the_image() -> None:
    run = line("run", "-d", ELASTIC)
    assert run.open is None
    assert run.image is not None
    assert run.image.text == HOLE


def test_a_value_keeps_its_own_place() -> None:
    word = Arg("--memory=512m", Span("run.sh", 3, 12, 3, 25, 40, 53), exact=True)
    flag = line("run", word, "img").last("memory")
    assert flag is not None
    assert (flag.value.at.column, flag.value.at.start, flag.value.at.end) == (21, 49, 53)


def test_quoted_fields_of_a_mount() -> None:
    assert docker_run.mount_fields(arg('type=tmpfs,"dst=/a,b",ro')) is not None
    fields = docker_run.mount_fields(arg('type=tmpfs,"dst=/a,b",ro'))
    assert fields is not None
    assert [(key, value.text if value else None) for key, value in fields] == [("type", "tmpfs"), ("dst", "/a,b"), ("ro", None)]
    assert docker_run.mount_fields(arg('type="tmpfs')) is None


@pytest.mark.parametrize(
    ("text", "size"), [("512m", 512 << 20), ("inf m", -1 << 63), ("99999999999g", -1 << 63), ("+infinity k", -1 << 63)]
)
def test_sizes_as_the_client_sends_them(text: str, size: int) -> None:
    assert docker_run.size(text) == size


@pytest.mark.parametrize("text", ["", "512Mi", "-1", "1e400m", "inf", "infm", " inf m"])
def test_sizes_that_the_client_refuses(text: str) -> None:
    with pytest.raises(QuantityError):
        docker_run.size(text)


WORDS = st.lists(
    st.one_of(
        st.sampled_from(
            ["run", "-m", "--memory", "-it", "--init", "--", "-", "--mount", "type=tmpfs,dst=/c", "--name", "img", "-e", HOLE, "--="]
        ),
        st.text(string.printable + "\0é", max_size=12),
    ),
    max_size=10,
)


@given(st.sampled_from(["docker", "podman"]), WORDS, st.booleans())
@settings(max_examples=300, deadline=None)
def test_no_words_make_it_raise(engine: str, words: list[str], splits: bool) -> None:
    run = docker_run.read([arg(engine), *(Arg(word, NOWHERE, "unknown", splits and HOLE in word) for word in words)])
    assert run is None or len(run.flags) <= sum(len(word) for word in words)
