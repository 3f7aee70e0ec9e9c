"""The Docker client itself: what it takes, what it refuses. It parses a line before it dials the daemon, which is never there."""

import os
import random
import shlex
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from memlint.model import Span
from memlint.sources import docker_run
from memlint.sources.docker_run import Arg

DOCKER = shutil.which("docker")
NOWHERE = Span("line", 1, 1, 1, 1, 0, 0)

pytestmark = pytest.mark.skipif(DOCKER is None, reason="the docker client is not installed")

# Each line is what follows `docker run`, or the verb where it begins with one in brackets.
LINES = """
-m 512m img
-m=1g img
-m= img
-m =1g img
-itdm5m img
-itd --memory=5m img
-itz img
-P80 img
-h
-h x img
-hx img
-d=true img
-d=x img
--=x img
---x img
-m 1g
-m 1g --
-m 1g -- img
-it --memory --rm img
--name
--memor 1g img
--mem-limit 1g img
--init=yes img
--init= img
--init=T img
--init=tRUE img
--memory 1e3 img
--memory 1E3m img
--memory 1e400m img
--memory infm img
--memory 'inf m' img
--memory nan img
--memory 1tib img
--memory 1eb img
--memory 1m1 img
--memory 1mm img
--memory 1_0m img
--memory _1m img
--memory 0x1m img
--memory 0x1p9m img
--memory 0x.8p1m img
--memory 1.m img
--memory .m img
--memory -0 img
--memory +m img
--memory 9223372036854775808 img
--memory 8388608t img
--memory 1ibm img
--memory '1 m' img
--memory '1  m' img
--memory ' 1m' img
--memory '1m ' img
--memory-swap -1 img
--memory-swap -1b img
--memory-swap -2 img
--memory-swap '' img
--memory-swappiness 0 img
--memory-swappiness -1 img
--memory-swappiness -2 img
--memory-swappiness 101 img
--memory-swappiness x img
--oom-score-adj 2000 img
--oom-score-adj 1.5 img
--oom-score-adj 0x10 img
--oom-score-adj 08 img
--oom-score-adj 010 img
--oom-score-adj 1_0 img
--oom-score-adj 1__0 img
--oom-score-adj 9999999999999999999 img
--kernel-memory 50m img
--kernel-memory 5Mi img
--blkio-weight 70000 img
--blkio-weight +5 img
--cpus 1.5 img
--cpus 1/3 img
--cpus 1/2 img
--cpus '' img
--cpus .5 img
--cpus 1e-9 img
--cpus 0.0000000001 img
-c 5x img
-e =x img
-e '' img
-e A img
--ulimit nofile img
--ulimit nofile=a img
--ulimit nofile=1:2:3 img
--ulimit rss=3 img
--ulimit as=3 img
--ulimit nofile=-1:5 img
--ulimit nofile=5:-1 img
--mount '' img
--mount foo img
--mount type=tmpfs,tmpfs-size=1m img
--mount type=tmpfs,dst=/c,tmpfs-size=-1 img
--mount type=tmpfs,dst=/c,tmpfs-size=0 img
--mount type=tmpfs,dst=/c,tmpfs-mode=9 img
--mount type=tmpfs,dst=/c,foo=1 img
--mount type=bind,dst=/c,tmpfs-size=1m img
--mount type=tmpfs,dst=/c,readonly img
--mount type=tmpfs,dst=/c,readonly=maybe img
--mount 'type=tmpfs,"dst=/c,d"' img
--mount TYPE=tmpfs,DST=/c,TMPFS-SIZE=1m img
--mount type=tmpfs,dst=/c, img
--restart '' img
--restart on-failure:x img
--restart a:b:c img
--restart :3 img
--restart unless-stopped --rm img
--restart no:1 --rm img
--rm=0 --restart always img
--no-healthcheck --health-retries 1 img
--no-healthcheck --health-retries 0 img
--no-healthcheck=0 --health-retries 4 img
--health-cmd '' --no-healthcheck img
--health-retries -1 img
--health-interval -1s img
--health-interval 1x img
--health-interval 0 img
--health-interval 1h1m1.5s img
--health-timeout 1h1 img
--health-timeout '' img
--pid container: img
--pid container:x img
--pid private img
-d -a stdin img
--stop-timeout 1.5 img
--help
img --help
img -m 1x
[create] -d img
[create] -m 1g img
[create] --sig-proxy img
[container run] -m 1x img
[service create] --limit-memory 1g img
[service create] --limit-memory 1Mi img
[service create] --reserve-memory -1 img
[service create] -m 1g img
[service create] --replicas -1 img
[service create] -h img
[service update] web --limit-memory 1g
[service update] --limit-memory 1Mi web
[service update] --limit-memory 1g
""".strip().split("\n")


def client(verb: str, argv: list[str]) -> str:
    """Return "taken", "refused" or "help"."""
    assert DOCKER is not None
    done = subprocess.run(
        [DOCKER, *verb.split(), *argv],
        env={**os.environ, "DOCKER_HOST": "unix:///nowhere/docker.sock"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    if done.returncode == 0:
        return "help"
    # Standard input is no terminal here, which the client says once the line is read.
    return "taken" if "Cannot connect" in done.stderr or "not a TTY" in done.stderr else "refused"


def memlint(verb: str, argv: list[str]) -> str:
    verb = verb.removeprefix("container ")
    run = docker_run.arguments("docker", verb, NOWHERE, [Arg(text, NOWHERE, exact=True) for text in argv])
    return "help" if run.helps else "refused" if run.refusals else "taken"


@pytest.mark.parametrize("line", LINES)
def test_the_client_says_the_same(line: str) -> None:
    verb, _, rest = line[1:].partition("] ") if line.startswith("[") else ("run", "", line)
    argv = shlex.split(rest)
    assert memlint(verb, argv) == client(verb, argv)


def test_made_up_lines_are_read_alike() -> None:
    differing = [(argv, mine, its) for argv in _made_up(120) if (mine := memlint("run", argv)) != (its := client("run", argv))]
    assert not differing


def _made_up(count: int) -> Iterator[list[str]]:
    """Yield lines in which flags, values and images meet at random; always the same ones, none with -t, which asks for a terminal first."""
    chance = random.Random(28)
    flags = [
        "-m",
        "--memory",
        "--memory-swap",
        "--shm-size=",
        "-i",
        "-dm",
        "--init",
        "--rm",
        "--oom-kill-disable",
        "--name",
        "-e",
        "--",
    ]
    values = ["512m", "1g", "-1", "512Mi", "img", "A=b", "", "0", "1.5g", "true", "-m", "--memory=1g", "64k"]
    for _ in range(count):
        yield [chance.choice(flags) if chance.random() < 0.6 else chance.choice(values) for _ in range(chance.randint(1, 6))]
