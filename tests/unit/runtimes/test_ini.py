"""php.ini, pools, uwsgi.ini: lines of `key = value`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memlint.runtimes.ini import entries


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[www]\npm.max_children = 5\n", ("www", "pm.max_children", "5")),
        ("memory_limit=256M ; per script", ("", "memory_limit", "256M")),
        ('memory_limit = "1G"', ("", "memory_limit", "1G")),
        ("[uwsgi]\nmaster\n", ("uwsgi", "master", None)),
        ("  processes =  4  \r\n", ("", "processes", "4")),
        ("php_admin_value[memory_limit] = 64M", ("", "php_admin_value[memory_limit]", "64M")),
        ("a =", ("", "a", "")),
    ],
)
def test_settings(text, wanted):
    [entry] = entries(text)
    assert (entry.section, entry.key, entry.value) == wanted
    assert text[entry.start : entry.end] == (entry.key if entry.value is None else entry.value)


def test_comments_are_no_settings():
    assert not list(entries(";pm.max_requests = 500\n# workers = 4\n\n"))


@given(st.text(alphabet="a=[];#\"' \t\r\n1é", max_size=40))
def test_no_text_makes_it_raise_and_marks_lie_in_the_file(text):
    for entry in entries(text):
        assert text[entry.start : entry.end] == (entry.key if entry.value is None else entry.value)
