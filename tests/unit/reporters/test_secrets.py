"""Secrets stay out of reports, and what is none stays in."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memlint.model import Image, Known, Origin, Problem, Report, Span, Verb
from memlint.reporters import json as machine
from memlint.reporters import text
from memlint.reporters.secrets import CONTEXT, HIDDEN, masked, redacted, source, telling
from memlint.sources.text import Source
from reports import Words, diagnostic, known, report


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("POSTGRES_PASSWORD", "hunter2"),
        ("MYSQL_ROOT_PASS", "123456"),
        ("DBPASS", "root"),
        ("JWT_SECRET", "abc"),
        ("SECRET_KEY_BASE", "x"),
        ("API_KEY", "abc"),
        ("apiKey", "abc"),
        ("GITHUB_TOKEN", "abc"),
        ("AWS_CREDENTIALS", "abc"),
        ("NEO4J_AUTH", "neo4j/test"),
        ("OAUTH_CLIENT", "abc"),
        ("HTTP_AUTHORIZATION", "Basic abc"),
        ("pwd", "abc"),
        ("RABBITMQ_ERLANG_COOKIE", "abc"),
        ("PLAIN", "ghp_0123456789abcdefghij0123456789"),
        ("PLAIN", "AKIAIOSFODNN7EXAMPLE"),
        ("PLAIN", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"),
        ("PLAIN", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ],
)
def test_a_secret_is_told_by_name_or_look(name: str, value: str) -> None:
    assert telling(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JAVA_OPTS", "-Xmx512m -XX:+UseG1GC"),
        ("ALLOW_EMPTY_PASSWORD", "yes"),
        ("AUTH_ENABLED", "true"),
        ("POSTGRES_PASSWORD_FILE", "/run/secrets/db"),
        ("SSH_AUTH_SOCK", "/run/agent.sock"),
        ("MYSQL_KEY_BUFFER_SIZE", "16M"),
        ("MAX_TOKENS", "4096"),
        ("TOKENIZERS_PARALLELISM", "many"),
        ("KEYCLOAK_URL", "sso.example"),
        ("CASSANDRA_KEYSPACE", "orders"),
        ("AUTHOR", "someone"),
        ("COMPASS", "north"),
        ("VALKEY_EXTRA_FLAGS", "--maxmemory 500mb --save ''"),
        ("secretName", "db"),
        ("topologyKey", "kubernetes.io/hostname"),
        ("KEY", "value"),
        ("DB_PASSWORD", "${DB_PASSWORD}"),
        ("DB_PASSWORD", "$(DB_PASSWORD)"),
        ("DB_PASSWORD", ""),
        ("GIT_COMMIT", "3d3c42e5aac5ba805825da76410c181273ba90b1"),
        ("IMAGE", "registry.example/team/service@sha256:0123"),
        ("MAIN", "com.example.orders.OrderServiceApplicationKt"),
    ],
)
def test_what_is_no_secret_is_shown(name: str, value: str) -> None:
    assert not telling(name, value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("JAVA_OPTS '-Xmx1g -Ddb.password=hunter2' reaches nothing", "JAVA_OPTS '-Xmx1g -Ddb.password=‹hidden›' reaches nothing"),
        ("redis-server --requirepass hunter2 --maxmemory 1gb", "redis-server --requirepass ‹hidden› --maxmemory 1gb"),
        ("DB_PASS='a b' java -Xmx1g", "DB_PASS='‹hidden›' java -Xmx1g"),
        ("JAVA_OPTS='-Xmx1g -Dtoken=hunter2' is lost", "JAVA_OPTS='-Xmx1g -Dtoken=‹hidden›' is lost"),
        ("-e JAVA_OPTS=-Dtoken=hunter2 is lost", "-e JAVA_OPTS=-Dtoken=‹hidden› is lost"),
        ("bash -c 'mysql -h db -uroot -phunter2 shop < x.sql'", "bash -c 'mysql -h db -uroot -p‹hidden› shop < x.sql'"),
        ("mysqladmin ping -p$MYSQL_PASSWORD -h db", "mysqladmin ping -p$MYSQL_PASSWORD -h db"),
        ("redis-cli -h x -a hunter2 ping", "redis-cli -h x -a ‹hidden› ping"),
        ("mkdir -p /var/lib/mysql", "mkdir -p /var/lib/mysql"),
        ("amqp://user:hunter2@mq:5672/", "amqp://user:‹hidden›@mq:5672/"),
        ("token glpat-0123456789abcdefghij here", "token ‹hidden› here"),
        ("evicts all keys: none is left", "evicts all keys: none is left"),
        ("--maxmemory-policy allkeys-lru drops keys", "--maxmemory-policy allkeys-lru drops keys"),
        ("set -e DB_PASSWORD and MYSQL_KEY_BUFFER_SIZE=16M", "set -e DB_PASSWORD and MYSQL_KEY_BUFFER_SIZE=16M"),
    ],
)
def test_messages_lose_the_value_and_nothing_else(text: str, shown: str) -> None:
    assert masked(text) == shown


SOURCE = """\
services:
  db:
    environment:
      POSTGRES_PASSWORD: hunter2   # changed
      - MYSQL_PWD=hunter2
      "API_KEY": "hunter2",
      PLAIN: fine
    image: valkey/valkey:8.0
    secretName: fine
    command: redis-server --requirepass hunter2 --maxmemory 1gb
    command: ["redis-server", "--requirepass", "hunter2"]
    url: postgres://me:hunter2@db/x
requirepass hunter2
ENV JAVA_OPTS='-Xmx1g -Dtoken=hunter2'
JAVA_OPTS: "-Xmx1g -Dtoken=hunter2 --password hunter2"
mem_limit: 1g
"""


def every_line(text: str) -> list[Span]:
    made = Source("x", text)
    return [made.line_span(number + 1) for number in range(len(made.starts))]


def test_of_lines_that_no_report_shows_nothing_is_left_but_their_length() -> None:
    text = "".join(f"line {number}é\n" for number in range(20))
    shown = source(text, [Source("x", text).line_span(10)]).split("\n")
    near = range(9 - CONTEXT, 10 + CONTEXT)
    assert [number for number, line in enumerate(shown) if "line" in line] == list(near)
    assert list(map(len, shown)) == list(map(len, text.split("\n")))


def test_source_lines_keep_their_columns() -> None:
    shown = source(SOURCE, every_line(SOURCE))
    assert "hunter2" not in shown
    assert shown.count("•••••••") == 10
    assert [len(line) for line in shown.split("\n")] == [len(line) for line in SOURCE.split("\n")]
    for kept in ("PLAIN: fine", "# changed", "--maxmemory 1gb", "mem_limit: 1g", "postgres://me:"):
        assert kept in shown


def test_a_secret_object_of_kubernetes_shows_its_keys_alone() -> None:
    text = (
        "kind: ConfigMap\ndata:\n  heap: 512m\n---\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  user: admin\n"
        "  cert: |\n    line one\n    line two\ntype: Opaque\n---\nkind: Pod\nmetadata:\n  name: x\n"
    )
    shown = source(text, every_line(text))
    assert "admin" not in shown
    assert "line one" not in shown
    for kept in ("heap: 512m", "user:", "cert:", "name: db", "type: Opaque", "name: x"):
        assert kept in shown
    assert len(shown) == len(text)


def test_a_private_key_is_blotted_out_as_a_whole() -> None:
    text = "a: |\n  -----BEGIN RSA PRIVATE KEY-----\n  abc\n  -----END RSA PRIVATE KEY-----\nb: 1\n"
    shown = source(text, every_line(text))
    assert "abc" not in shown
    assert shown.endswith("\nb: 1\n")


@given(st.text(), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40))))
def test_a_blotted_source_has_the_same_lines_and_columns(text: str, ranges: list[tuple[int, int]]) -> None:
    spans = [(min(pair), max(pair)) for pair in ranges]
    assert [len(line) for line in source(text, every_line(text)[::2], spans).split("\n")] == [len(line) for line in text.split("\n")]


@given(st.text())
def test_no_message_makes_the_mask_raise(text: str) -> None:
    masked(text)
    source(text, every_line(text))
    telling(text, text)


def with_environment(verb: Verb, **environment: str) -> Report:
    base = report()._replace(verb=verb)
    (workload,) = base.project.workloads
    (container,) = workload.containers
    env = {name: known(value) for name, value in environment.items()}
    words = (known("redis-server"), known("--requirepass"), known("hunter2"), known("--maxmemory"), known("1gb"), known("--auth=hunter2"))
    image = Image("redis:7", "dockerfile", env={"NPM_TOKEN": known("hunter2"), "PATH": known("/bin")})
    process = container.process._replace(words=words, env=env, image=image, why="started with DB_PASS=hunter2")
    container = container._replace(env=env, command=words, entrypoint=words, process=process)
    return base._replace(project=base.project._replace(workloads=(workload._replace(containers=(container,)),)))


def test_show_hides_the_values_of_secrets_and_no_others() -> None:
    made = redacted(with_environment(Verb.SHOW, DB_PASSWORD="hunter2", PLAIN="visible", URL="redis://:hunter2@x"))
    body = machine.render(made)
    assert "hunter2" not in body
    (container,) = json.loads(body)["workloads"][0]["containers"]
    assert container["env"] == {"DB_PASSWORD": {"hidden": True}, "PLAIN": "visible", "URL": f"redis://:{HIDDEN}@x"}
    assert container["image_env"] == {"NPM_TOKEN": {"hidden": True}, "PATH": "/bin"}
    assert container["process"] == ["redis-server", "--requirepass", {"hidden": True}, "--maxmemory", "1gb", f"--auth={HIDDEN}"]
    assert container["command"] == container["entrypoint"] == container["process"]
    shown = text.render(made)
    assert "hunter2" not in shown
    assert f"env DB_PASSWORD  {HIDDEN}  ← environment compose.yaml:4:16" in shown
    assert "visible" in shown


def test_clients_that_take_a_password_in_one_letter() -> None:
    for command, shown in (
        (["/usr/bin/mysqladmin", "ping", "-uroot", "-phunter2"], ["/usr/bin/mysqladmin", "ping", "-uroot", f"-p{HIDDEN}"]),
        (["redis-cli", "-a", "hunter2", "ping"], ["redis-cli", "-a", {"hidden": True}, "ping"]),
        (["java", "-parallel", "-a", "x"], ["java", "-parallel", "-a", "x"]),
    ):
        base = with_environment(Verb.SHOW)
        (workload,) = base.project.workloads
        container = workload.containers[0]._replace(command=tuple(known(word) for word in command))
        base = base._replace(project=base.project._replace(workloads=(workload._replace(containers=(container,)),)))
        (container,) = json.loads(machine.render(redacted(base)))["workloads"][0]["containers"]
        assert container["command"] == shown


def test_bills_hide_what_the_command_line_holds() -> None:
    assert "hunter2" not in machine.render(redacted(with_environment(Verb.BUDGET)))


def test_a_value_that_is_known_to_be_secret_is_hidden_in_every_message() -> None:
    words = Words(message="command: run s3cret-value now", note="s3cret-value", problem="s3cret-value is odd")
    made = with_environment(Verb.CHECK, DB_PASSWORD="s3cret-value")
    made = redacted(made._replace(diagnostics=(diagnostic(words),), problems=(Problem("a.yaml", words.problem),)))
    assert made.diagnostics[0].finding.message == f"command: run {HIDDEN} now"
    assert made.diagnostics[0].finding.notes[0].text == HIDDEN
    assert made.problems[0].message == f"{HIDDEN} is odd"


def test_a_secret_that_is_a_plain_word_leaves_prose_alone() -> None:
    made = with_environment(Verb.CHECK, DB_PASSWORD="postgres")
    made = redacted(made._replace(diagnostics=(diagnostic(Words(message="postgres may use 1 GiB")),)))
    assert made.diagnostics[0].finding.message == "postgres may use 1 GiB"


def test_a_secret_that_is_the_name_of_a_container_too_leaves_the_name_alone() -> None:
    made = with_environment(Verb.CHECK, DB_PASSWORD="classic-queue")
    (workload,) = made.project.workloads
    made = made._replace(project=made.project._replace(workloads=(workload._replace(name="classic-queue"),)))
    made = redacted(made._replace(diagnostics=(diagnostic(Words(message="classic-queue may use 1 GiB")),)))
    assert made.diagnostics[0].finding.message == "classic-queue may use 1 GiB"


def test_a_value_on_a_line_of_its_own_is_found_by_its_place() -> None:
    text = "env:\n- name: DB_PASSWORD\n  value: hunter2\n"
    start = text.index("hunter2")
    place = Known("hunter2", Origin(Span("pod.yaml", 3, 10, 3, 17, start, start + 7), "env"))
    made = with_environment(Verb.CHECK)._replace(diagnostics=(diagnostic(Words(path="pod.yaml")),))
    (workload,) = made.project.workloads
    container = workload.containers[0]._replace(env={"DB_PASSWORD": place})
    made = made._replace(project=made.project._replace(workloads=(workload._replace(containers=(container,)),)), texts={"pod.yaml": text})
    assert redacted(made).texts["pod.yaml"].endswith("- name: DB_PASSWORD\n  value: •••••••\n")
