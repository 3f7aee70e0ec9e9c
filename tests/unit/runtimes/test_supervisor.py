"""supervisord and Procfiles: the bills of what they start add up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bills import ask, topics
from memlint.api import MIB

CONF = "/etc/supervisor/supervisord.conf"
TEXT = """[supervisord]
nodaemon=true

[program:web]
command=gunicorn -w 4 --max-requests 500 --max-requests-jitter 50 app:app
environment=A="1",NODE_OPTIONS="--max-old-space-size=100"

[program:jobs]
command=/bin/sh -c "exec celery -A shop worker -c %(ENV_N)s"
numprocs=1

[program:jobs2]
command=celery -A shop worker -c %(ENV_N)s
autostart=false

[program:push]
command=node push.js ; websockets
environment=NODE_OPTIONS="--max-old-space-size=100"
numprocs=2
"""


def names(reading):
    return {item.name: item for item in reading.budget.parts}


def test_programs_of_supervisord_add_up():
    reading = ask("supervisord -n", files={CONF: TEXT})
    assert reading.runtime == "python+node"
    parts = names(reading)
    assert parts["worker memory of gunicorn"].expected == 4 * 80 * MIB
    assert parts["heap"].low == 2 * 100 * MIB
    at = parts["heap"].origin.span
    assert TEXT[at.start : at.end] == "--max-old-space-size=100"


def test_a_variable_in_a_command_is_followed():
    text = "[program:jobs]\ncommand=celery -A shop worker -c %(ENV_N)s --max-tasks-per-child 100\n"
    assert names(ask("supervisord", env={"N": "3"}, files={CONF: text}))["worker memory"].expected == 3 * 80 * MIB
    assert names(ask("supervisord", files={CONF: text}))["worker memory"].high is None


def test_faults_inside_are_told():
    text = "[program:jobs]\ncommand=celery -A shop worker\n"
    assert "workers-from-host-cpus" in topics(ask("/usr/bin/supervisord -c /etc/app.conf", "512m", files={"/etc/app.conf": text}))


def test_a_program_without_a_model_keeps_the_sum_open():
    text = "[program:web]\ncommand=php-fpm\n[program:x]\ncommand=/opt/own-server\n"
    reading = ask("supervisord", files={CONF: text})
    assert names(reading)["other programs"].high is None
    assert "own-server" in names(reading)["other programs"].basis


@pytest.mark.parametrize(
    ("command", "runtime"), [("honcho start", "python+node"), ("foreman start web", "python"), ("honcho start -f Procfile", "python+node")]
)
def test_a_procfile_is_followed(command, runtime):
    files = {"/app/Procfile": "web: gunicorn -w 2 app:app\nclock: node clock.js\n"}
    assert ask(command, files=files).runtime == runtime


@pytest.mark.parametrize("command", ["supervisord", "honcho start", "supervisord -c /gone.conf"])
def test_without_its_file_nothing_is_said(command):
    assert ask(command, "64m") is None


@given(st.text(alphabet="[program:]=command\n %()sENV_$;'\"-c", max_size=60))
def test_no_text_makes_it_raise(text):
    ask("supervisord", "64m", files={CONF: text})
    ask("honcho start", "64m", files={"/app/Procfile": text})
