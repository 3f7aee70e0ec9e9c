"""The configuration files of data stores: what a line sets, where its value stands, and that no text makes a reader raise."""

from collections.abc import Callable, Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from memlint.runtimes.conf import my_cnf, postgresql_conf, rabbitmq_conf, redis_conf, redis_words, xml_values, yaml_values
from memlint.runtimes.settings import Line

Reader = Callable[[str], Iterable[Line]]
GROUPS = ("mysqld", "server")


def mysqld(text: str) -> Iterable[Line]:
    return my_cnf(text, GROUPS)


READERS: list[Reader] = [redis_conf, postgresql_conf, mysqld, rabbitmq_conf, yaml_values, xml_values]


def read(reader: Reader, text: str) -> list[tuple[str, str, str]]:
    """Return name, value, and the characters that the value is said to stand at."""
    return [(line.name, line.value, text[line.start : line.end]) for line in reader(text)]


@pytest.mark.parametrize(
    ("reader", "text", "wanted"),
    [
        (redis_conf, "maxmemory 100mb\n", [("maxmemory", "100mb", "100mb")]),
        (redis_conf, "  MaxMemory   100mb  \r\n", [("maxmemory", "100mb", "100mb")]),
        (redis_conf, "# maxmemory 1gb\nsave 900 1\n", [("save", "900 1", "900 1")]),
        (redis_conf, 'save ""\n', [("save", "", '""')]),
        (redis_conf, 'save "900 1"\n', [("save", "900 1", '"900 1"')]),
        (redis_conf, "maxmemory 100mb # no comment\n", [("maxmemory", "100mb # no comment", "100mb # no comment")]),
        (redis_conf, 'requirepass "open\n', []),
        (postgresql_conf, "shared_buffers = 1GB # a quarter\n", [("shared_buffers", "1GB", "1GB")]),
        (postgresql_conf, "Shared_Buffers 1GB\n", [("shared_buffers", "1GB", "1GB")]),
        (postgresql_conf, "#work_mem = 4MB\n\nwork_mem='8MB'\n", [("work_mem", "8MB", "8MB")]),
        (postgresql_conf, "search_path = '''a'', b'\n", [("search_path", "'a', b", "''a'', b")]),
        (postgresql_conf, "include_if_exists = 'more.conf'\n", [("include", "more.conf", "more.conf")]),
        (mysqld, "[mysqld]\ninnodb_buffer_pool_size = 1G # half\n", [("innodb-buffer-pool-size", "1G", "1G")]),
        (mysqld, "[mysql]\nsort_buffer_size=1G\n[mysqld-8.0]\nsort-buffer-size=2M\n", [("sort-buffer-size", "2M", "2M")]),
        (mysqld, "[server]\nloose-innodb_log_buffer_size='8M'\n;x=1\n", [("innodb-log-buffer-size", "8M", "8M")]),
        (mysqld, "[mysqld]\nskip-name-resolve\n", [("skip-name-resolve", "", "skip-name-resolve")]),
        (mysqld, "!include /etc/my.cnf.d/a.cnf\n", [("include", "/etc/my.cnf.d/a.cnf", " /etc/my.cnf.d/a.cnf")]),
        (
            rabbitmq_conf,
            "## memory\nvm_memory_high_watermark.absolute = 1GB # of 2\n",
            [("vm_memory_high_watermark.absolute", "1GB", "1GB")],
        ),
        (yaml_values, "storage:\n  wiredTiger:\n    cacheSizeGB: 0.5 # of 2\n", [("cacheSizeGB", "0.5", "0.5")]),
        (xml_values, "<a><!-- <b>1</b> --><b> 2 </b></a>", [("b", "2", "2")]),
    ],
)
def test_line(reader: Reader, text: str, wanted: list[tuple[str, str, str]]) -> None:
    assert read(reader, text) == wanted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a  b", ["a", "b"]),
        ('"a b" c', ["a b", "c"]),
        (r'"a\"b\x"', ['a"bx']),
        ("'a b'", ["a b"]),
        ('""', [""]),
        ('"a', []),
        ("", []),
    ],
)
def test_words_of_redis(text: str, words: list[str]) -> None:
    assert redis_words(text) == words


PIECES = st.sampled_from(
    [
        "maxmemory",
        "shared_buffers",
        "=",
        " ",
        "\n",
        "\r\n",
        "'",
        '"',
        "#",
        ";",
        "[mysqld]",
        "1GB",
        "!include",
        "<a>",
        "</a>",
        "<!--",
        ":",
        "\\",
        "\t",
    ]
)


@pytest.mark.parametrize("reader", READERS)
@example(text="!include=")
@given(text=st.one_of(st.text(), st.lists(PIECES).map("".join)))
def test_no_text_makes_a_reader_raise_and_values_lie_in_the_text(reader: Reader, text: str) -> None:
    for line in reader(text):
        assert 0 <= line.start <= line.end <= len(text)
        assert line.name
