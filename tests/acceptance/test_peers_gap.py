"""Faults that checkov, trivy, compose-lint, hadolint, tally and dclint pass without a word (peers.md 4): memlint finds every one."""

from collections.abc import Callable
from typing import Any

import pytest

POD = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
  selector:
    matchLabels: {{app: app}}
  template:
    metadata:
      labels: {{app: app}}
    spec:
      containers:
        - name: app
          image: {image}
          command: {command}
          resources:
            requests: {{memory: {request}}}
            limits: {{memory: {limit}}}
"""


def pod(limit: str, request: str = "128Mi", image: str = "nginx:1.27", command: str = "[nginx]") -> dict[str, str]:
    return {"app.yaml": POD.format(limit=limit, request=request, image=image, command=command)}


JAVA = "services:\n  api:\n    image: eclipse-temurin:21-jre\n    command: java -Xmx1g -jar app.jar\n    mem_limit: 1g\n"

GAPS: list[tuple[str, dict[str, str], str, str, tuple[str, ...]]] = [
    (
        "a heap and direct memory that together exceed the limit",
        pod(
            "1Gi",
            "1Gi",
            "eclipse-temurin:21-jre",
            '["java", "-Xmx1024m", "-XX:MaxDirectMemorySize=512m", "-jar", "app.jar"]',
        ),
        "MEM201",
        "app.yaml:18:30",
        ("1 GiB",),
    ),
    (
        "an old space of twice the limit",
        pod("1024Mi", "1024Mi", "node:22", '["node", "--max-old-space-size=2048", "app.js"]'),
        "MEM201",
        "app.yaml:18:30",
        ("2 GiB", "1 GiB"),
    ),
    ("128 thousandths of a byte", pod("128m"), "MEM002", "app.yaml:18:30", ("128m", "128Mi")),
    ("a limit of 0 is none", pod('"0"'), "MEM101", "app.yaml:13:11", ()),
    ("a request above the limit", pod("512Mi", "1Gi"), "MEM103", "app.yaml:17:32", ("1 GiB", "512 MiB")),
    ("a heap as large as the limit", {"compose.yaml": JAVA}, "MEM201", "compose.yaml:5:16", ("1 GiB",)),
    ("swap without end", {"compose.yaml": JAVA + "    memswap_limit: -1\n"}, "MEM503", "compose.yaml:6:20", ("1 GiB",)),
    (
        "a swappiness that cgroup v2 does not know",
        {"compose.yaml": JAVA + "    mem_swappiness: 100\n"},
        "MEM505",
        "compose.yaml:6:21",
        ("100",),
    ),
    ("the OOM killer switched off", {"compose.yaml": JAVA + "    oom_kill_disable: true\n"}, "MEM405", "compose.yaml:6:23", ("1 GiB",)),
    ("exempt from the OOM killer", {"compose.yaml": JAVA + "    oom_score_adj: -1000\n"}, "MEM406", "compose.yaml:6:20", ("-1000",)),
    (
        "a data set as large as the limit",
        {
            "compose.yaml": "services:\n  cache:\n    image: redis:7.4\n    command: redis-server --maxmemory 2gb --save ''\n    mem_limit: 2g\n"
        },
        "MEM606",
        "compose.yaml:4:39",
        ("2 GiB",),
    ),
    (
        "a heap from the image that its workload has no room for",
        {
            "Dockerfile": 'FROM eclipse-temurin:21-jre\nENV JAVA_OPTS="-Xmx2g"\nENTRYPOINT java $JAVA_OPTS -jar app.jar\n',
            "compose.yaml": "services:\n  api:\n    build: .\n    mem_limit: 1g\n",
        },
        "MEM201",
        "compose.yaml:4:16",
        ("1 GiB",),
    ),
    (
        "a shell that keeps the signals",
        {
            "Dockerfile": 'FROM eclipse-temurin:21-jre\nENV JAVA_OPTS="-Xmx256m"\nENTRYPOINT java $JAVA_OPTS -jar app.jar\n',
            "compose.yaml": "services:\n  api:\n    build: .\n    mem_limit: 1g\n",
        },
        "MEM402",
        "Dockerfile:3:12",
        (),
    ),
]


@pytest.mark.parametrize(("files", "rule", "place", "numbers"), [gap[1:] for gap in GAPS], ids=[gap[0] for gap in GAPS])
def test_what_the_others_pass_in_silence(
    memlint: Callable[..., Any], files: dict[str, str], rule: str, place: str, numbers: tuple[str, ...]
) -> None:
    answer = memlint("check", "--output", "json", files=files)
    found = {f"{finding['path']}:{finding['line']}:{finding['column']}": finding for finding in answer.findings if finding["rule"] == rule}
    assert place in found, answer.out
    assert all(number in found[place]["message"] for number in numbers), found[place]["message"]
    assert found[place]["severity"] in ("error", "warning") or rule == "MEM505"


def test_the_heap_of_the_image_is_named(memlint: Callable[..., Any]) -> None:
    """The Dockerfile and the workload are joined: the finding at the limit points at the ENV."""
    files = next(gap[1] for gap in GAPS if gap[0].startswith("a heap from the image"))
    answer = memlint("check", "--select", "MEM201", "--output", "json", files=files)
    (finding,) = answer.findings
    assert {("Dockerfile", 2), ("Dockerfile", 3)} <= {(note["path"], note["line"]) for note in finding["related"]}
