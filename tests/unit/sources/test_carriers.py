"""Commands that make containers are found wherever they stand, at their exact places, and nothing else is."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memlint.model import Known, Problem, Unknown
from memlint.sources import carriers
from memlint.sources.carriers import Command
from memlint.sources.text import Source


def found(kind: str, text: str, path: str = "file") -> list[Command]:
    problems: list[Problem] = []
    made = list(carriers.commands({kind: (Source(path, text),)}, problems))
    assert not problems
    return made


def one(kind: str, text: str, path: str = "file") -> Command:
    (command,) = found(kind, text, path)
    return command


def limit(command: Command) -> str | None:
    flag = command.run.last("memory", "limit-memory")
    return flag.value.text if flag is not None else None


def at(command: Command, text: str) -> tuple[str, int, int]:
    """Return what stands at the place of the limit's value, and where that is."""
    flag = command.run.last("memory", "limit-memory")
    assert flag is not None
    place = flag.value.at
    return text[place.start : place.end], place.line, place.column


@pytest.mark.parametrize(
    "line",
    [
        "docker run -m 1g img",
        "sudo docker run -m 1g img",
        "sudo -E -u app docker run -m 1g img",
        "exec docker run -m 1g img",
        "time docker run -m 1g img",
        "nohup docker run -m 1g img &",
        "timeout -k 5 30 docker run -m 1g img",
        "env A=b docker run -m 1g img",
        "A=b docker run -m 1g img",
        "/usr/bin/docker run -m 1g img",
        "$DOCKER run -m 1g img",
        '"${DOCKER:-docker}" run -m 1g img',
        "DOCKER=podman; $DOCKER run -m 1g img",
        "id=$(docker run -m 1g img)",
        'echo "$(docker run -m 1g img)"',
        "if ! docker run -m 1g img; then exit 1; fi",
        "docker ps | xargs docker run -m 1g img",
        "for i in 1 2; do docker run -m 1g img; done",
        "f() { docker run -m 1g img; }; f; f",
        "case $1 in a) docker run -m 1g img;; esac",
        "bash -c 'docker run -m 1g img'",
        "( cd x && docker run -m 1g img )",
        "docker run \\\n  -m 1g \\\n  img",
        "set -e\ndocker run -m 1g img >/dev/null 2>&1 || true",
        "é=1; docker run -m 1g img",
    ],
)
def test_in_a_script(line: str) -> None:
    command = one("shell", line)
    assert limit(command) == "1g"
    assert at(command, line)[0] == "1g"


@pytest.mark.parametrize(
    "line",
    [
        "echo docker run -m 1g img",
        "# docker run -m 1g img",
        "cat <<EOF\ndocker run -m 1g img\nEOF",
        "docker ps -a",
        "docker exec web run -m 1g",
        "docker compose run -m 1g web",
        "dockerd run -m 1g",
        "python -m docker run",
        "kubectl run -m 1g img",
        "grep 'docker run -m 1g img' README.md",
    ],
)
def test_what_makes_no_container(line: str) -> None:
    assert not found("shell", line)


def test_variables_of_the_script() -> None:
    text = 'MEM=512m\nOPTS="-m $MEM --init"\nARGS=(-m 256m --name "my app")\ndocker run $OPTS a\ndocker run "${ARGS[@]}" b\ndocker run -m $OTHER c\n'
    first, second, third = found("shell", text)
    assert limit(first) == "512m"
    assert first.run.on("init") is True
    assert limit(second) == "256m"
    assert at(second, text) == ("256m", 3, 10)
    flag = third.run.last("memory")
    assert flag is not None
    word = flag.value.word("--memory")
    assert isinstance(word, Unknown)
    assert "OTHER" in word.why


def test_a_resolved_variable_tells_where_it_was_set() -> None:
    flag = one("shell", "MEM=512m\ndocker run -m $MEM img\n").run.last("memory")
    assert flag is not None
    word = flag.value.word("--memory")
    assert isinstance(word, Known)
    assert (word.origin.span.line, word.origin.via[0].span.line) == (2, 1)


def test_a_default_holds_and_a_branch_does_not() -> None:
    assert limit(one("shell", "docker run -m ${MEM:-512m} img")) == "512m"
    assert limit(one("shell", 'if [ -n "$BIG" ]; then M=4g; else M=1g; fi\ndocker run -m $M img')) == "\0"


def test_in_a_makefile() -> None:
    text = "IMG := redis:7\nMEM := 1g\n\nrun:\n\t@docker run -d -m $(MEM) $(IMG)\n\t-docker run \\\n\t  -m 2g $(IMG)\n"
    first, second = found("makefile", text)
    assert (limit(first), at(first, text)) == ("1g", ("$(MEM)", 5, 20))
    assert first.run.image is not None
    assert first.run.image.text == "redis:7"
    assert at(second, text) == ("2g", 7, 7)


def test_in_a_workflow_of_github() -> None:
    text = """env: {MEM: 512m}
jobs:
  a:
    container: {image: node:22, options: --cpus 1 --memory 3g}
    services:
      db:
        image: postgres:16
        options: >-
          --health-cmd pg_isready
          --memory 4g
    steps:
      - run: docker run -m 1g img
      - run: |
          set -e
          docker run -m ${{ env.MEM }} ghcr.io/${{ github.repository }}:x
"""
    commands = found("workflow", text)
    assert [limit(command) for command in commands] == ["1g", "512m", "3g", "4g"]
    assert [at(command, text)[1:] for command in commands] == [(12, 28), (15, 25), (4, 60), (10, 20)]
    assert all(command.brief for command in commands)
    assert [command.name for command in commands[2:]] == ["a", "db"]


def test_in_a_workflow_of_gitlab() -> None:
    text = "variables:\n  MEM: 64m\nt:\n  script:\n    - docker run -m $MEM a\n    - |\n      docker run -m 1g b\n  after_script:\n    - - docker run -m 2g c\n"
    commands = found("workflow", text)
    assert sorted((limit(command) or "", at(command, text)[1]) for command in commands) == [("1g", 7), ("2g", 9), ("64m", 5)]


def test_in_a_unit() -> None:
    text = "[Service]\nEnvironment=MEM=1g\nExecStartPre=-/usr/bin/docker rm -f %n\nExecStart=/usr/bin/docker run --name %n \\\n  -m ${MEM} redis:7\n"
    command = one("systemd", text, "redis.service")
    assert (limit(command), at(command, text), command.service) == ("1g", ("${MEM}", 5, 6), True)


def test_in_a_quadlet() -> None:
    text = '[Container]\nImage=redis:7\nMemory=512m\nPodmanArgs=--memory-swap 1g\nExec=redis-server --save ""\nEnvironment=A=b\n[Service]\nRestart=always\n'
    command = one("systemd", text, "units/cache.container")
    assert (command.name, command.run.engine, at(command, text)) == ("cache", "podman", ("512m", 3, 8))
    assert [word.text for word in command.run.command] == ["redis-server", "--save", ""]
    assert command.run.last("memory-swap") is not None
    assert isinstance(command.restart, Known)


def test_in_a_dev_container() -> None:
    text = '{\n  "image": "node:22", // the image\n  "runArgs": ["--memory", "1g", "--memory-swap=1g", "-v", "${localWorkspaceFolder}:/x",],\n}\n'
    command = one("devcontainer", text)
    assert at(command, text) == ("1g", 3, 28)
    edits = command.insertion("init", None)
    assert edits is not None
    (edit,) = edits
    assert text[: edit.start] + edit.text + text[edit.end :] == text.replace('["--memory"', '["--init", "--memory"')


def test_in_markdown_what_is_whole() -> None:
    text = "```sh\ndocker run -m 1g img\ndocker run [OPTIONS]\ndocker run -m\n```\n```\n$ docker run -m 2g \\\n    img\nanswer\n```\ndocker run -m 3g img\n"
    assert [limit(command) for command in found("markdown", text)] == ["1g", "2g"]


def test_a_workflow_that_cannot_be_parsed_is_a_problem() -> None:
    problems: list[Problem] = []
    assert not list(carriers.commands({"workflow": (Source("w.yml", "a: [docker\nb: ]: x"),)}, problems))
    assert problems


def test_a_function_that_is_called_again_is_one_container() -> None:
    text = 'cli() { docker run --rm img "$@"; }\ncli a\ncli b\nsized() { docker run -m $1 img; }\nsized 1g\nsized 2g\n'
    assert [limit(command) for command in found("shell", text)] == [None, "1g", "2g"]


PIECES = [
    "docker run ", "-m 1g ", "img\n", "podman ", "$X ", '"$@" ', "\\\n", "\n\t", "${{ a }} ", "```sh\n", "run: |\n  ", "$(", ")", "[Service]\n",
    "ExecStart=", "Image=a\n", "[Container]\n", '{"runArgs": ["-m", ', "A := docker\n", "bash -c '", "options: ", "jobs:\n a:\n  container:\n   ",
]  # fmt: skip


@given(
    st.sampled_from(carriers.KINDS),
    st.lists(st.sampled_from(PIECES) | st.text(string.printable + "é\0", max_size=6), max_size=25).map("".join),
)
@settings(max_examples=400, deadline=None)
def test_no_text_makes_a_reader_raise_or_point_outside(kind: str, text: str) -> None:
    path = "a.container" if kind == "systemd" and len(text) % 2 else "file"
    for command in carriers.commands({kind: (Source(path, text),)}, []):
        places = [command.at, *(flag.value.at for flag in command.run.flags), *(refusal.at for refusal in command.run.refusals)]
        assert all(0 <= place.start <= place.end <= len(text) for place in places)
