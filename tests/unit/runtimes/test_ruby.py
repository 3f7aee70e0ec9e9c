"""Puma, Unicorn and Sidekiq: the cases of runtimes.md 5."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bills import ask, flagged, topics
from memlint.api import MIB

RAILS = {"RAILS_ENV": "production"}
JEMALLOC = {"LD_PRELOAD": "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2"}
RUBY = ("ruby:3.3-slim",)


def workers(reading):
    return reading.options["workers"].value


@pytest.mark.parametrize(
    ("topic", "command", "limit", "extra"),
    [
        (None, "bundle exec puma -C config/puma.rb", "512m", {"env": {**RAILS, "WEB_CONCURRENCY": "4"}}),
        (None, "", "512m", {"env": {**RAILS, "WEB_CONCURRENCY": "4"}, "image": "example/shop:1"}),
        ("malloc-arenas-unbounded", "bundle exec sidekiq -c 50", "512m", {"image": "ruby:3"}),
        ("malloc-arenas-unbounded", "sidekiq", "512m", {"image": "ruby:3", "env": {"RAILS_MAX_THREADS": "25"}}),
        ("preload-missing", "puma", "512m", {"bases": RUBY, "installs": ("libpq5",), "env": JEMALLOC}),
        ("workers-from-host-cpus", "puma", "512m", {"env": {"WEB_CONCURRENCY": "auto"}}),
        ("workers-from-host-cpus", "puma", "512m", {"files": {"/app/config/puma.rb": "workers Etc.nprocessors\npreload_app!\n"}}),
    ],
)
def test_faults_are_found(topic, command, limit, extra):
    reading = ask(command, limit, **extra)
    assert flagged(reading, limit) if topic is None else topic in topics(reading)


@pytest.mark.parametrize(
    ("command", "limit", "extra"),
    [
        ("bundle exec puma", "512m", {"env": {**RAILS, "WEB_CONCURRENCY": "2", "MALLOC_ARENA_MAX": "2"}}),
        ("sidekiq -c 50", "512m", {"image": "ruby:3-alpine"}),
        ("sidekiq -c 50", "512m", {"image": "ruby:3", "env": {"MALLOC_ARENA_MAX": "2"}}),
        ("sidekiq -c 50", "512m", {"bases": RUBY, "installs": ("libjemalloc2",), "env": JEMALLOC}),
        ("sidekiq", "512m", {"image": "ruby:3"}),
        ("sidekiq -c 50", "512m", {"image": "example/app:1"}),
        ("puma", "512m", {"bases": ("fluent/fluentd:v1.16",), "installs": (), "env": JEMALLOC}),
        ("puma", "512m", {"env": JEMALLOC}),
        ("puma", "512m", {"bases": RUBY, "installs": (), "env": {"LD_PRELOAD": "/usr/local/lib/libjemalloc.so"}}),
        ("puma -w 2", "512m", {}),
        ("ruby app.rb", "64m", {}),
    ],
)
def test_near_misses_are_silent(command, limit, extra):
    reading = ask(command, limit, **extra)
    assert reading is not None
    assert topics(reading) == set()
    assert not flagged(reading, limit)


@pytest.mark.parametrize(
    ("command", "env", "file", "number"),
    [
        ("puma", {}, None, 0),
        ("puma -w 3", {"WEB_CONCURRENCY": "5"}, None, 3),
        ("puma", {"WEB_CONCURRENCY": "5"}, None, 5),
        ("puma", {}, "threads 5, 5\nworkers 4\n", 4),
        ("puma", {}, 'workers ENV.fetch("WEB_CONCURRENCY") { 2 }\n', 2),
        ("puma", {"WEB_CONCURRENCY": "6"}, 'workers ENV.fetch("WEB_CONCURRENCY") { 2 }\n', 6),
        ("puma", {}, "workers(ENV['N'] || 3)\n", 3),
        ("puma", {}, "# workers 9\n", 0),
        ("rails server -b 0.0.0.0", {"WEB_CONCURRENCY": "2"}, None, 2),
        ("bin/rails s", {"WEB_CONCURRENCY": "2"}, None, 2),
    ],
)
def test_workers_are_counted(command, env, file, number):
    files = {"/app/config/puma.rb": file} if file else {}
    assert workers(ask(command, env=env, files=files)) == number


def test_a_file_places_its_workers():
    text = "threads 5, 5\nworkers 4\n"
    reading = ask("puma", files={"/app/config/puma.rb": text})
    span = reading.budget.parts[0].origin.span
    assert text[span.start : span.end] == "4"


def test_sidekiq_reads_its_file():
    reading = ask("sidekiq -C config/sidekiq.yml", "512m", image="ruby:3", files={"/app/config/sidekiq.yml": ":concurrency: 30\n"})
    assert "malloc-arenas-unbounded" in topics(reading)


@pytest.mark.parametrize(("command", "peak"), [("puma", 16), ("puma -w 2", 27), ("puma -w 4", 38), ("puma -w 4 --preload", 32)])
def test_the_bill_holds_what_a_bare_application_took(command, peak):
    budget = ask(command).budget
    assert budget.low <= peak * MIB


@given(st.text(max_size=40), st.text(max_size=10))
def test_no_text_makes_it_raise(text, value):
    files = {
        "/app/config/puma.rb": f"workers {text}\n",
        "/app/config/sidekiq.yml": text,
        "/app/config/unicorn.rb": f"worker_processes {text}",
    }
    for command in ("puma", "sidekiq", "unicorn"):
        ask(command, "64m", env={"WEB_CONCURRENCY": value, "LD_PRELOAD": value, "RAILS_MAX_THREADS": value}, files=files)
