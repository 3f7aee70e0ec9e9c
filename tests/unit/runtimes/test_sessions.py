"""Sessions in the memory of a process: only what the files prove is told, and a store silences it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bills import ask, topics

TOPIC = "state-lost-on-kill"


def package(*dependencies, **more):
    return json.dumps({"name": "shop", "dependencies": dict.fromkeys(dependencies, "1.0.0"), **more}, indent=2)


@pytest.mark.parametrize(
    "dependencies",
    [
        ("express", "express-session"),
        ("koa", "koa-generic-session"),
        ("fastify", "@fastify/session"),
        ("express-session", "memorystore"),
        # neither of these holds a session
        ("express-session", "connect-flash", "passport", "cookie-parser", "@types/express-session"),
    ],
)
@pytest.mark.parametrize("command", ["node server.js", "npm start", "node dist/main.js", "node /app/dist/main.js"])
def test_sessions_in_the_process(command, dependencies):
    reading = ask(
        command, "512m", image="node:22", files={"/app/package.json": package(*dependencies, scripts={"start": "node server.js"})}
    )
    (seen,) = [item for item in reading.observations if item.topic == TOPIC]
    text = package(*dependencies, scripts={"start": "node server.js"})
    assert text.split("\n")[seen.at.line - 1].strip().startswith(('"express-session"', '"koa-generic', '"@fastify', '"memorystore"'))


@pytest.mark.parametrize(
    "dependencies",
    [
        ("express", "express-session", "connect-redis"),
        ("express-session", "connect-pg-simple"),
        ("express-session", "@quixo3/prisma-session-store"),
        ("express-session", "express-mysql-session"),
        ("express-session", "session-file-store"),
        ("koa-generic-session", "koa-redis"),
        ("koa-session",),  # the cookie holds it
        ("cookie-session",),
        ("express",),
        (),
    ],
)
def test_a_store_silences(dependencies):
    reading = ask("node server.js", "512m", image="node:22", files={"/app/package.json": package(*dependencies)})
    assert TOPIC not in topics(reading)


def test_what_is_only_for_development_proves_nothing():
    text = json.dumps({"devDependencies": {"express-session": "1"}})
    assert TOPIC not in topics(ask("node server.js", "512m", image="node:22", files={"/app/package.json": text}))


def test_a_variable_that_names_a_store_silences():
    files = {"/app/package.json": package("express-session")}
    assert TOPIC not in topics(ask("node server.js", "512m", image="node:22", files=files, env={"SESSION_REDIS_URL": "redis://sessions"}))


@pytest.mark.parametrize(
    ("settings", "lost"),
    [
        ("SESSION_ENGINE = 'django.contrib.sessions.backends.cache'\n", True),
        (
            "SESSION_ENGINE = 'django.contrib.sessions.backends.cache'\nCACHES = {'default': {'BACKEND': 'django.core.cache.backends.locmem.LocMemCache'}}\n",
            True,
        ),
        (
            "SESSION_ENGINE = 'django.contrib.sessions.backends.cache'\nCACHES = {'default': {'BACKEND': 'django_redis.cache.RedisCache'}}\n",
            False,
        ),
        ("SESSION_ENGINE = 'django.contrib.sessions.backends.cache'\nCACHES = load('cache')\n", False),
        ("from .base import *\nSESSION_ENGINE = 'django.contrib.sessions.backends.cache'\n", False),
        ("SESSION_ENGINE = 'django.contrib.sessions.backends.cached_db'\n", False),
        ("# SESSION_ENGINE = 'django.contrib.sessions.backends.cache'\n", False),
        ("DEBUG = False\n", False),
    ],
)
def test_django(settings, lost):
    reading = ask(
        "gunicorn -w 2 shop.wsgi", "512m", env={"DJANGO_SETTINGS_MODULE": "shop.settings"}, files={"/app/shop/settings.py": settings}
    )
    assert (TOPIC in topics(reading)) is lost


@pytest.mark.parametrize(("value", "lost"), [("none", True), ("hash-map", True), ("redis", False), ("jdbc", False), ("?", False)])
def test_spring(value, lost):
    reading = ask("java -Xmx256m -jar app.jar", "1g", env={"SPRING_SESSION_STORE_TYPE": value}, image="eclipse-temurin:21-jre")
    assert (TOPIC in topics(reading)) is lost


@given(st.text(max_size=200))
def test_no_text_makes_it_raise(text):
    ask("npm start", "512m", image="node:22", files={"/app/package.json": text, "/app/shop/settings.py": text})
    ask("gunicorn a", "512m", env={"DJANGO_SETTINGS_MODULE": text[:40]}, files={"/app/shop/settings.py": text})
