"""gunicorn.conf.py and its like, read without running them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memlint.model import Known, Origin, Span, Unknown
from memlint.runtimes.python_settings import settings

HERE = Origin(Span("compose.yaml", 1, 1, 1, 2, 0, 1), "environment")


def env(**values):
    return lambda name: Known(values[name], HERE) if name in values else None


@pytest.mark.parametrize(
    ("text", "workers"),
    [
        ("workers = 4", 4),
        ("workers = 2 * 2 + 1", 5),
        ("import os\nworkers = int(os.environ.get('W', '3'))", 3),
        ("import os\nworkers = int(os.environ['N'])", 7),
        ("import os\nworkers = int(os.getenv('W') or 6)", 6),
        ("n = 3\nworkers = n", 3),
        ("workers: int = 4", 4),
        ("workers = 2\nworkers = 8", 8),
        ("workers = min(9, 4)", 4),
    ],
)
def test_number_of_workers_is_worked_out(text, workers):
    assert settings(text, env(N="7"))["workers"].value == workers


@pytest.mark.parametrize(
    "text",
    [
        "workers = multiprocessing.cpu_count() * 2 + 1",
        "workers = cpu_count()",
        "workers = int(1.5 * os.cpu_count())",
        "workers = len(os.sched_getaffinity(0))",
        "cores = os.cpu_count()\nworkers = 2 * cores + 1",
        "workers = min(multiprocessing.cpu_count(), 4)",
    ],
)
def test_a_number_that_follows_the_host_is_marked(text):
    assert settings(text, env())["workers"].cpus


def test_one_cpu_gives_three_workers():
    assert settings("workers = multiprocessing.cpu_count() * 2 + 1", env())["workers"].value == 3


@pytest.mark.parametrize(
    "text",
    [
        "workers = compute()",
        "workers = open('/etc/passwd').read()",
        "if x:\n    workers = 3",
        "workers = os.environ['GONE']",
        "workers = 2 ** 9999",
    ],
)
def test_what_only_running_would_tell_is_unknown_and_says_why(text):
    setting = settings(text, env())["workers"]
    assert setting.value is None
    assert setting.why


def test_a_variable_that_is_unknown_makes_the_setting_unknown():
    setting = settings("workers = int(os.environ['N'])", lambda name: Unknown("from a Secret"))["workers"]
    assert (setting.value, setting.why) == (None, "from a Secret")


def test_the_mark_is_the_expression():
    text = "bind = ':80'\nworkers = 4  # four\n"
    setting = settings(text, env())["workers"]
    assert text[setting.start : setting.end] == "4"


@given(st.text(alphabet="abw=()+*/'\"[]{}:,.\n\r\t\f é0123456789#ospenviro", max_size=60))
def test_no_text_makes_it_raise_and_marks_lie_in_the_file(text):
    for setting in settings(text, env(a="1")).values():
        assert 0 <= setting.start <= setting.end <= len(text)
