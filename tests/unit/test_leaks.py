"""A leak of the footprint: how long the headroom lasts, in rule 701 and in the bill, and what contains it."""

import pytest

from memlint.quantity import lasting

CONFIG = "footprints:\n  - match: {workload: web}\n    leak: 10MiB/h\n"


def compose(command, image="python:3.12", limit="1g", more=""):
    return f"services:\n  web:\n    image: {image}\n    command: {command}\n    mem_limit: {limit}\n{more}"


def asked(memlint, verb, text, config=CONFIG):
    options = ("--select", "MEM701") if verb == "check" else ()
    return memlint(verb, *options, "--output", "json", files={".memlint.yaml": config, "compose.yaml": text})


@pytest.mark.parametrize(
    ("command", "image"),
    [
        ("node --max-old-space-size=512 app.js", "node:22"),
        ("bundle exec sidekiq -c 5", "ruby:3.3"),
        ("java -Xmx512m -jar app.jar", "eclipse-temurin:21-jre"),
        ("gunicorn --workers 4 app:app", "python:3.12"),
    ],
)
def test_time_to_the_kill_is_headroom_over_rate(memlint, command, image):
    text = compose(command, image)
    (bill,) = asked(memlint, "budget", text).json["containers"]
    assert bill["leak_per_hour"]["bytes"] == 10 << 20
    assert bill["hours_to_kill"] == bill["headroom"] // (10 << 20) > 10
    (finding,) = asked(memlint, "check", text).findings
    assert finding["severity"] == "warning"
    assert f"last about {lasting(bill['hours_to_kill'])}" in finding["message"]
    assert "10 MiB" in finding["message"]


@pytest.mark.parametrize(
    ("command", "setting"),
    [
        ("gunicorn --workers 4 --max-requests 1000 --max-requests-jitter 100 app:app", "max_requests 1000"),
        ("celery -A shop worker -c 4 --max-tasks-per-child 100", "--max-tasks-per-child 100"),
        ("uwsgi --processes 4 --max-requests 1000", "max-requests 1000"),
        ("uvicorn --workers 4 --limit-max-requests 1000 app:app", "--limit-max-requests 1000"),
    ],
)
def test_workers_that_are_replaced_give_the_leak_back(memlint, command, setting):
    text = compose(command)
    (bill,) = asked(memlint, "budget", text).json["containers"]
    assert bill["leak_per_hour"]["bytes"] == 10 << 20
    assert bill["hours_to_kill"] is None
    assert asked(memlint, "check", text).findings == []
    assert f"given back by {setting}" in memlint("budget").out


def test_what_follows_the_kill_is_told(memlint):
    once = compose("node --max-old-space-size=512 app.js", "node:22")
    assert "nothing starts it again" in asked(memlint, "check", once).findings[0]["message"]
    again = once + "    restart: always\n"
    assert "again after every restart" in asked(memlint, "check", again).findings[0]["message"]


def test_without_a_limit_or_a_leak_nothing_is_foretold(memlint):
    unlimited = "services:\n  web:\n    image: node:22\n    command: node --max-old-space-size=512 app.js\n"
    assert asked(memlint, "check", unlimited).findings == []
    assert asked(memlint, "budget", unlimited).json["containers"][0]["hours_to_kill"] is None
    sound = compose("node --max-old-space-size=512 app.js", "node:22")
    assert asked(memlint, "check", sound, "profile: default\n").findings == []


@pytest.mark.parametrize(("hours", "told"), [(0, "0 h"), (71, "71 h"), (72, "3 days"), (100, "4 days")])
def test_hours_are_told_as_people_do(hours, told):
    assert lasting(hours) == told
