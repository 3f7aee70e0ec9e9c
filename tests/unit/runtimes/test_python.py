"""Python servers: the cases of runtimes.md 4.5, what was measured, and how settings are found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bills import ask, flagged, judged, topics
from memlint.api import MIB, Confidence, Verdict

CONF = "/app/gunicorn.conf.py"


def part(reading, name):
    return next(item for item in reading.budget.parts if item.name == name)


@pytest.mark.parametrize(
    ("topic", "command", "limit", "extra"),
    [
        (None, "gunicorn -w 9 app:app", "512m", {}),
        ("workers-from-host-cpus", "gunicorn app:app", "512m", {"files": {CONF: "workers = multiprocessing.cpu_count() * 2 + 1\n"}}),
        ("workers-from-host-cpus", "gunicorn -w $(nproc) app:app", "2g", {}),
        ("workers-never-recycled", "gunicorn -w 2 app:app", "512m", {}),
        ("recycle-without-jitter", "gunicorn -w 8 --max-requests 1000 app:app", "2g", {}),
        ("server-exits-after-requests", "uvicorn --limit-max-requests 1000 app:app", "512m", {}),
        ("workers-from-host-cpus", "celery -A a worker", "512m", {}),
        ("recycle-units-wrong", "celery -A a worker -c 2 --max-memory-per-child=200", "1g", {}),
        ("recycle-units-wrong", "celery -A a worker -c 2 --max-memory-per-child=200000000", "1g", {}),
        ("recycle-limit-unreachable", "celery -A a worker -c 8 --max-memory-per-child=250000", "1g", {}),
        (
            "recycle-units-wrong",
            "uwsgi --ini /app/uwsgi.ini",
            "1g",
            {"files": {"/app/uwsgi.ini": "[uwsgi]\nprocesses = 2\nreload-on-rss = 200000000\n"}},
        ),
        (
            "recycle-limit-unreachable",
            "uwsgi uwsgi.ini",
            "1g",
            {"files": {"/app/uwsgi.ini": "[uwsgi]\nprocesses = 8\nreload-on-rss = 256\n"}},
        ),
        ("workers-from-host-cpus", "uwsgi uwsgi.ini", "1g", {"files": {"/app/uwsgi.ini": "[uwsgi]\nprocesses = %k\n"}}),
        ("workers-from-host-cpus", "", "512m", {"image": "tiangolo/uvicorn-gunicorn-fastapi:python3.11"}),
    ],
)
def test_faults_are_found(topic, command, limit, extra):
    reading = ask(command, limit, **extra)
    assert flagged(reading, limit) if topic is None else topic in topics(reading)


QUIET = ["recycle-units-wrong", "recycle-limit-unreachable", "recycle-without-jitter", "workers-from-host-cpus"]


@pytest.mark.parametrize(
    ("command", "limit", "extra"),
    [
        ("gunicorn -w 2 --threads 4 app:app", "512m", {}),
        (
            "gunicorn app:app",
            "512m",
            {"files": {CONF: 'import os\nworkers = int(os.environ["WEB_CONCURRENCY"])'}, "env": {"WEB_CONCURRENCY": "3"}},
        ),
        ("gunicorn -w 4 --max-requests 1000 --max-requests-jitter 100 app:app", "512m", {}),
        ("gunicorn -w 1 --max-requests 1000 app:app", "512m", {}),
        ("celery -A a worker -c 2 --max-tasks-per-child 100", "512m", {}),
        ("celery -A a worker -c 2 --max-memory-per-child=200000", "1g", {}),
        ("celery -A a worker -c 4 --max-memory-per-child=180000", "1g", {}),
        ("uwsgi uwsgi.ini", "1g", {"files": {"/app/uwsgi.ini": "[uwsgi]\nprocesses = 3\nreload-on-rss = 200\n"}}),
        ("uwsgi uwsgi.ini", "1g", {"files": {"/app/uwsgi.ini": "[uwsgi]\nprocesses = 3\nreload-on-rss = 256\n"}}),
        ("gunicorn --worker-tmp-dir /dev/shm -w 2 app:app", "512m", {}),
        ("uvicorn --limit-max-requests 1000 --workers 2 app:app", "512m", {}),
        ("gunicorn app:app", None, {"files": {CONF: "workers = multiprocessing.cpu_count()"}}),
    ],
)
def test_near_misses_are_silent(command, limit, extra):
    reading = ask(command, limit, **extra)
    assert reading is not None
    assert topics(reading).isdisjoint((*QUIET, "server-exits-after-requests"))
    assert not flagged(reading, limit)


@pytest.mark.parametrize(
    ("command", "env", "workers"),
    [
        ("gunicorn -w 4 app:app", {}, 4),
        ("gunicorn --workers=4 app:app", {}, 4),
        ("gunicorn -w4 app:app", {}, 4),
        ("python -m gunicorn -w 4 app:app", {}, 4),
        ("poetry run gunicorn -w 4 app:app", {}, 4),
        ("/venv/bin/python3.12 /venv/bin/gunicorn -w 4 app:app", {}, 4),
        ("gunicorn app:app", {}, 1),
        ("gunicorn app:app", {"WEB_CONCURRENCY": "5"}, 5),
        ("gunicorn app:app", {"GUNICORN_CMD_ARGS": "--workers=6 --timeout 90"}, 6),
        ("gunicorn -w 2 app:app", {"GUNICORN_CMD_ARGS": "--workers=6", "WEB_CONCURRENCY": "9"}, 2),
        ("uvicorn --workers 3 app:app", {}, 3),
        ("uvicorn app:app", {"WEB_CONCURRENCY": "4"}, 4),
        ("uwsgi --http :80 --processes 4 --wsgi-file a.py", {}, 4),
        ("uwsgi --http :80 -p 4", {}, 4),
        ("uwsgi --http :80", {"UWSGI_PROCESSES": "3"}, 3),
        ("celery -A a worker -c 4", {}, 4),
        ("celery -A a worker --autoscale=10,3", {}, 10),
        ("celery --app=a.b:app worker --concurrency 4", {}, 4),
    ],
)
def test_workers_are_counted(command, env, workers):
    assert ask(command, env=env).options["workers"].value == workers


def test_a_file_sets_what_the_command_line_does_not():
    text = "# gunicorn\nworkers = 6\nmax_requests = 500\nmax_requests_jitter = 50\n"
    reading = ask("gunicorn app:app", "2g", files={CONF: text})
    assert reading.options["workers"].value == 6
    assert part(reading, "worker memory").origin.span.path == CONF
    assert text[part(reading, "worker memory").origin.span.start :].startswith("6\n")
    assert topics(reading) == {"sharing-missed"}


@pytest.mark.parametrize(
    "command",
    [
        "gunicorn -w $WORKERS app:app",
        "gunicorn -c other.py app:app",
        "gunicorn $OPTIONS app:app",
        "uwsgi /etc/uwsgi.ini",
        "celery -A a worker -c $N",
    ],
)
def test_what_cannot_be_known_bounds_nothing_and_warns_of_nothing(command):
    reading = ask(command, "256m")
    assert part(reading, "worker memory").high is None
    assert reading.budget.confidence is Confidence.LOW
    assert not flagged(reading, "256m")


@pytest.mark.parametrize("command", ["gunicorn $OPTIONS app:app", "gunicorn -c other.py app:app", "uwsgi /etc/uwsgi.ini"])
def test_recycling_may_be_set_where_nothing_is_seen(command):
    assert "workers-never-recycled" not in topics(ask(command, "512m"))


@pytest.mark.parametrize("command", ["celery -A a beat", "celery -A a flower", "python app.py", "flask run", "python manage.py runserver"])
def test_a_plain_interpreter_warns_of_nothing(command):
    reading = ask(command, "128m")
    assert judged(reading, "128m") is Verdict.TIGHT
    assert topics(reading) == set()


@pytest.mark.parametrize("command", ["myapp", "bash", "celeryd-wrapper worker", "celery inspect ping"])
def test_other_programs_are_not_its_own(command):
    reading = ask(command)
    assert reading is None or reading.runtime != "python"


def test_a_footprint_makes_the_bill_exact():
    """8 workers of 60 MiB lived in 512 MiB with a peak of 501, a ninth was killed again and again (lab.md 7)."""
    known = {"workers": {"each": 60 * MIB, "shared": 8 * MIB}}
    eight = ask("gunicorn -w 8 --max-requests 900 --max-requests-jitter 90 app:app", "512m", footprint=known)
    assert eight.budget.expected < 512 * MIB < eight.budget.high
    assert eight.budget.confidence is Confidence.HIGH
    nine = ask("gunicorn -w 9 --max-requests 900 --max-requests-jitter 90 app:app", "512m", footprint=known)
    assert judged(nine, "512m") is Verdict.OVER


def test_a_known_leak_gives_the_time_to_the_kill():
    known = {"workers": {"each": 60 * MIB, "shared": 8 * MIB}, "leak": {"rate": 10 * MIB}}
    reading = ask("gunicorn -w 4 app:app", "512m", footprint=known)
    [seen] = [seen for seen in reading.observations if seen.topic == "workers-never-recycled"]
    headroom = (512 * MIB - reading.budget.expected) // MIB
    assert f"last about {headroom // 10} h" in seen.message
    assert "10 MiB an hour" in seen.message


def test_copies_of_a_program_add_up():
    one, three = ask("gunicorn -w 2 app:app"), ask("gunicorn -w 2 app:app", count=3)
    assert three.budget.expected == 3 * one.budget.expected
    assert three.budget.low == 3 * one.budget.low


@given(
    st.lists(
        st.sampled_from(
            [
                "gunicorn",
                "uvicorn",
                "uwsgi",
                "celery",
                "python",
                "-m",
                "-w",
                "-c",
                "--workers",
                "worker",
                "-p",
                "4",
                "x",
                "=",
                "--",
                "--ini",
                "a.ini",
                "$A",
                "é",
            ]
        ),
        min_size=1,
        max_size=7,
    ),
    st.sampled_from(["64m", "512m", None]),
    st.text(max_size=30),
)
def test_no_command_line_makes_it_raise(command, limit, text):
    reading = ask(
        " ".join(command), limit, env={"GUNICORN_CMD_ARGS": text, "WEB_CONCURRENCY": text}, files={CONF: text, "/app/a.ini": text}
    )
    if reading is not None and reading.budget is not None:
        assert 0 <= reading.budget.low <= reading.budget.expected
        assert all(item.basis for item in reading.budget.parts)


@pytest.mark.parametrize(
    ("command", "files", "missed"),
    [
        ("gunicorn -w 4 app:app", {}, True),
        ("gunicorn -w 4 --preload app:app", {}, False),
        ("gunicorn -w 4 app:app", {CONF: "preload_app = True\n"}, False),
        ("gunicorn -w 1 app:app", {}, False),
        ("gunicorn -w 4 -c other.py app:app", {}, False),  # it may be set there
        ("uwsgi --processes 4 --lazy-apps", {}, True),
        ("uwsgi --processes 4", {}, False),
        ("uvicorn --workers 4 app:app", {}, False),  # spawned: nothing could be shared
    ],
)
def test_workers_that_could_share_the_application(command, files, missed):
    assert ("sharing-missed" in topics(ask(command, "2g", files=files))) is missed
