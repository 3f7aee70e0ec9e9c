"""PHP-FPM, Apache with mod_php, scripts: the cases of runtimes.md 6."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bills import ask, flagged, judged, topics
from memlint.api import MIB, Verdict
from memlint.quantity import php

POOL = "/usr/local/etc/php-fpm.d/www.conf"
INI = "/usr/local/etc/php/conf.d/app.ini"


def pool(children, limit=None, extra=""):
    admin = f"php_admin_value[memory_limit] = {limit}\n" if limit else ""
    return {POOL: f"[www]\npm = dynamic\npm.max_children = {children}\n{admin}{extra}"}


@pytest.mark.parametrize(
    ("text", "amount"),
    [("128M", 128 * MIB), ("1G", 1024 * MIB), ("512k", 512 * 1024), ("-1", -1), ("134217728", 128 * MIB), ("128MB", 128)],
)
def test_what_php_reads(text, amount):
    assert php(text) == amount


@pytest.mark.parametrize(
    ("topic", "command", "limit", "extra"),
    [
        (None, "php-fpm", "1g", {"files": pool(50, "256M")}),
        ("php-memory-unbounded", "php-fpm", "1g", {"files": pool(5, "-1")}),
        (
            "php-memory-unbounded",
            "apache2-foreground",
            "1g",
            {"image": "php:8.3-apache", "files": {INI: "memory_limit = -1\n"}, "mounts": (INI,)},
        ),
        ("php-memory-unbounded", "php -d memory_limit=-1 -S 0.0.0.0:80", "1g", {}),
        ("php-memory-over-limit", "", "1g", {"image": "nextcloud:29", "env": {"PHP_MEMORY_LIMIT": "2G"}}),
        ("php-memory-over-limit", "", "256m", {"image": "phpmyadmin:5"}),
        ("php-memory-limit-misread", "php-fpm", "1g", {"files": {INI: "memory_limit = 128MB\n"}, "mounts": (INI,)}),
        ("php-memory-limit-misread", "php-fpm", None, {"env": {"PHP_MEMORY_LIMIT": "512Mi"}}),
        ("workers-never-recycled", "php-fpm", "1g", {"files": pool(8, "96M")}),
    ],
)
def test_faults_are_found(topic, command, limit, extra):
    reading = ask(command, limit, **extra)
    assert flagged(reading, limit) if topic is None else topic in topics(reading)


@pytest.mark.parametrize(
    ("command", "limit", "extra"),
    [
        ("php-fpm", "1g", {"files": pool(8, "96M", "pm.max_requests = 500\n")}),
        ("php -d memory_limit=-1 composer.phar install", "512m", {}),
        ("", "2g", {"image": "nextcloud:29"}),
        ("", "512m", {"image": "wordpress:6"}),
        ("php-fpm", "512m", {"image": "php:8.3-fpm"}),
        ("php artisan queue:work", "256m", {"image": "php:8.3-cli"}),
        ("php-fpm", "512m", {"files": {INI: "memory_limit = ${LIMIT}\n"}, "mounts": (INI,)}),
        ("php-fpm", "512m", {"mounts": ("/usr/local/etc/php-fpm.d",)}),
    ],
)
def test_near_misses_are_silent(command, limit, extra):
    reading = ask(command, limit, **extra)
    assert reading is not None
    assert topics(reading) == set()
    assert not flagged(reading, limit)


def test_bounded_children_fit():
    assert judged(ask("php-fpm", "1g", files=pool(8, "96M")), "1g") is Verdict.FITS


def test_several_pools_add_up_and_the_last_file_wins():
    more = "/usr/local/etc/php-fpm.d/zz.conf"
    files = {POOL: "[www]\npm.max_children = 5\n", more: "[api]\npm.max_children = 7\n[www]\npm.max_children = 4\n"}
    assert ask("php-fpm", files=files, mounts=(more,)).options["workers"].value == 11


def test_a_variable_in_an_ini_file_is_followed():
    files = {INI: "memory_limit = ${LIMIT}\n"}
    reading = ask("php-fpm", "1g", files=files, mounts=(INI,), env={"LIMIT": "2G"})
    assert "php-memory-over-limit" in topics(reading)


def test_a_misread_limit_is_mended_in_place():
    text = "; app\nmemory_limit = 128MB\n"
    reading = ask("php-fpm", "1g", files={INI: text}, mounts=(INI,))
    [seen] = [item for item in reading.observations if item.topic == "php-memory-limit-misread"]
    [edit] = seen.fix.edits
    assert text[: edit.start] + edit.text + text[edit.end :] == "; app\nmemory_limit = 128M\n"


@pytest.mark.parametrize(
    ("children", "peak"),
    [(1, 22), (5, 10), (20, 18), (5, 471), (1, 131)],
)
def test_the_bill_holds_what_was_measured(children, peak):
    budget = ask("php-fpm", files=pool(children, "128M")).budget
    assert budget.low <= peak * MIB <= budget.high


@given(st.text(max_size=30), st.text(alphabet="0123456789KMGB-. ", max_size=8))
def test_no_text_makes_it_raise(text, size):
    files = {POOL: f"[www]\npm.max_children = {size}\nphp_value[memory_limit] = {text}\n", INI: f"memory_limit={size}"}
    for command in ("php-fpm", f"php -d 'memory_limit={size}' a.php"):
        ask(command, "64m", files=files, mounts=(INI,), env={"PHP_MEMORY_LIMIT": text})
