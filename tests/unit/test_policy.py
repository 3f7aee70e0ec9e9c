"""Policies of the configuration: every violation names its policy and points at the entry."""

import pytest

WEB = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {tier: front}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx:1.29
          resources: {requests: {memory: 64Mi}, limits: {memory: 1Gi}}
"""
COMPOSE = """services:
  api:
    image: eclipse-temurin:21-jre
    command: java -Xmx700m -jar app.jar
    mem_limit: 1g
"""


def checked(memlint, config, text, name, *rules):
    answer = memlint("check", "--select", ",".join(rules), "--output", "json", files={".memlint.yaml": config, name: text})
    assert answer.json["problems"] == []
    return answer.findings


def entry(match, demand, **more):
    lines = [f"expect:\n  - match: {match}\n    {demand}\n", *(f"    {key}: {value}\n" for key, value in more.items())]
    return "".join(lines)


@pytest.mark.parametrize(
    ("rule", "demand", "numbers"),
    [
        ("MEM301", "qos: Guaranteed", ("web is Burstable", "expects Guaranteed")),
        ("MEM303", "max_limit_request_ratio: 2", ("1 GiB", "16.0 times", "64 MiB", "allows 2 times")),
        ("MEM110", "max_limit: 512MiB", ("may use 1 GiB", "max_limit: 512MiB")),
        ("MEM110", "limit: false", ("has a limit", "limit: false")),
        ("MEM110", "restart: Never", ("'Always'",)),
    ],
)
@pytest.mark.parametrize("name", [None, "shop-front"])
def test_the_policy_and_its_place_are_named(memlint, rule, demand, numbers, name):
    config = "profile: default\n" + entry("{kind: Deployment, labels: {tier: fr*}}", demand, **({"name": name} if name else {}))
    (finding,) = checked(memlint, config, WEB, "web.yaml", rule)
    assert finding["severity"] == "warning"
    assert f"policy {name or 'expect[0]'} " in finding["message"]
    assert all(number in finding["message"] for number in numbers), finding["message"]
    (place,) = [note for note in finding["related"] if note["path"] == ".memlint.yaml"]
    assert (place["line"], place["column"]) == (3, 5)
    assert place["message"] == f"policy {name or 'expect[0]'}"


def test_the_reason_stands_with_the_place(memlint):
    config = entry("{kind: compose}", "min_headroom: 512MiB", name="room", reason="deploys overlap")
    (finding,) = checked(memlint, config, COMPOSE, "compose.yaml", "MEM110")
    assert "512MiB" in finding["message"]
    assert [note["message"] for note in finding["related"]] == ["policy room: deploys overlap"]


def test_the_place_in_pyproject(memlint):
    config = """[tool.memlint]
profile = "strict"

[[tool.memlint.expect]]
match = {kind = "Deployment"}
min_headroom = "1MiB"

[[tool.memlint.expect]]
name = "room"
match = {kind = "compose"}
min_headroom = "512MiB"
"""
    answer = memlint("check", "--select", "MEM110", "--output", "json", files={"pyproject.toml": config, "compose.yaml": COMPOSE})
    (finding,) = answer.findings
    (note,) = finding["related"]
    assert (note["path"], note["line"], note["column"]) == ("pyproject.toml", 9, 1)


@pytest.mark.parametrize(
    "match",
    ["{kind: StatefulSet}", "{namespace: other}", "{labels: {tier: back}}", "{image: 'httpd*'}", "{runtime: jvm}", "{name: api}"],
)
def test_others_are_left_alone(memlint, match):
    assert checked(memlint, entry(match, "max_limit: 1MiB"), WEB, "web.yaml", "MEM110") == []


def test_the_first_entry_that_names_the_key_decides(memlint):
    config = "expect:\n  - match: {name: web}\n    max_limit: 2GiB\n  - match: {kind: Deployment}\n    max_limit: 1MiB\n    request: true\n"
    assert checked(memlint, config, WEB, "web.yaml", "MEM110") == []


@pytest.mark.parametrize(
    ("restart", "wanted", "kept"),
    [
        ("", "no", True),
        ("", "unless-stopped", False),
        ("    restart: on-failure:5\n", "on-failure*", True),
        ("    restart: always\n", "unless-stopped", False),
        ("    restart: ${RESTART}\n", "unless-stopped", True),  # it may be
    ],
)
def test_restart_policies_of_compose(memlint, restart, wanted, kept):
    found = checked(memlint, entry("{kind: compose}", f"restart: {wanted!r}"), COMPOSE + restart, "compose.yaml", "MEM110")
    assert (found == []) is kept


@pytest.mark.parametrize(("restart", "kept"), [("", True), ("      restartPolicy: OnFailure\n", False)])
def test_pods_restart_always_by_default(memlint, restart, kept):
    found = checked(memlint, entry("{kind: Deployment}", "restart: Always"), WEB + restart, "web.yaml", "MEM110")
    assert (found == []) is kept


@pytest.mark.parametrize(("init", "kept"), [("    init: true\n", True), ("", False)])
def test_an_init_is_demanded(memlint, init, kept):
    found = checked(memlint, entry("{kind: compose}", "init: true"), COMPOSE + init, "compose.yaml", "MEM110")
    assert (found == []) is kept
    assert kept or "runs java as PID 1" in found[0]["message"]
