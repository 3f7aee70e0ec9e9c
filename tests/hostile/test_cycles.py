"""What refers to itself, of every kind: it ends, it is told where the program itself would refuse it, and the rest is judged."""

from collections.abc import Callable

import pytest

from conftest import Answer

Memlint = Callable[..., Answer]
GOOD = "services:\n  api:\n    image: eclipse-temurin:21-jre\n    command: java -Xmx1g -jar app.jar\n    mem_limit: 1g\n"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
CYCLES: dict[str, tuple[str, dict[str, str]]] = {
    "include of itself": ("included within itself", {"compose.yaml": "include: [compose.yaml]\nservices: {a: {image: redis}}\n"}),
    "include of two": (
        "included within itself",
        {"compose.yaml": "include: [b.yaml]\n", "b.yaml": "include: [compose.yaml]\nservices: {a: {image: redis}}\n"},
    ),
    "extends of itself": ("chain of extends is a circle", {"compose.yaml": "services:\n  a: {extends: a}\n"}),
    "extends of two files": (
        "chain of extends is a circle",
        {
            "compose.yaml": "services:\n  a: {extends: {file: b.yaml, service: b}}\n",
            "b.yaml": "services:\n  b: {extends: {file: compose.yaml, service: a}}\n",
        },
    ),
    "depends_on": (
        "depend on each other in a circle",
        {"compose.yaml": "services:\n  a: {image: redis, depends_on: [b]}\n  b: {image: redis, depends_on: [a]}\n"},
    ),
    "network of the other": (
        "", {"compose.yaml": "services:\n  a: {image: redis, network_mode: 'service:b'}\n  b: {image: redis, network_mode: 'service:a'}\n"},
    ),
    "variables of an env file": ("", {"compose.yaml": "services:\n  a: {image: redis, env_file: e}\n", "e": "A=$B\nB=$A\nA=${A}${A}\n"}),
    "variables of a project": ("", {"compose.yaml": "services:\n  a: {image: 'redis:${A}'}\n", ".env": "A=${B}\nB=${A}\n"}),
    "variables of a pod": (
        "",
        {
            "pod.yaml": f"{POD}spec:\n  containers:\n  - name: c\n    image: redis\n    command: [redis-server, $(A)]\n"
            "    env: [{name: A, value: $(B)}, {name: B, value: $(A)}, {name: A, value: $(A)$(A)}]\n"
        },
    ),
    "stages": ("", {"Dockerfile": "FROM a AS a\nFROM c AS b\nFROM b AS c\nCOPY --from=c /x /y\nCOPY --from=2 /x /y\n"}),
    "images of two files": (
        "",
        {
            "compose.yaml": "services:\n  a: {image: me/a, build: a}\n  b: {image: me/b, build: b}\n",
            "a/Dockerfile": "FROM me/b\n",
            "b/Dockerfile": "FROM me/a\n",
        },
    ),
    "build arguments": ("", {"Dockerfile": "ARG A=${B}\nARG B=${A}\nARG A=${A}${B}\nFROM redis:${A}\n"}),
    "entrypoint that runs itself": (
        "", {"Dockerfile": 'FROM redis:7\nCOPY e.sh /e.sh\nENTRYPOINT ["/e.sh"]\n', "e.sh": '#!/bin/sh\nexec /e.sh "$@"\n'},
    ),
    "script that sources itself": (
        "", {"Dockerfile": 'FROM redis:7\nCOPY e.sh /e.sh\nENTRYPOINT ["/e.sh"]\n', "e.sh": "#!/bin/sh\n. /e.sh\nexec redis-server\n"},
    ),
    "functions of a script": ("", {"run.sh": "#!/bin/sh\nf() { g; }\ng() { f; docker run -m 1g redis; }\nf\n"}),
    "variables of a makefile": ("", {"Makefile": "A = $(B)\nB = $(A)\nx:\n\tdocker run $(A) -m 1g redis\n"}),
    "argument file": (
        "",
        {
            "Dockerfile": 'FROM eclipse-temurin:21-jre\nCOPY args /args\nENTRYPOINT ["java", "@/args", "-XX:Flags=/args", "-jar", "a.jar"]\n',
            "args": "@/args\n-XX:VMOptionsFile=/args\n-XX:Flags=/args\n",
        },
    ),
    "configuration of a store": (
        "",
        {
            "compose.yaml": "services:\n  a: {image: redis, command: redis-server /c/r.conf, volumes: ['.:/c'], mem_limit: 1g}\n",
            "r.conf": "include /c/r.conf\ninclude /c/r.conf\n",
        },
    ),
    "configuration of two files": (
        "",
        {
            "compose.yaml": "services:\n  a: {image: 'mysql:8', command: mysqld --defaults-file=/c/a.cnf, volumes: ['.:/c'], mem_limit: 1g}\n",
            "a.cnf": "[mysqld]\n!include /c/b.cnf\n", "b.cnf": "[mysqld]\n!include /c/a.cnf\n!includedir /c\n",
        },
    ),
    "kustomizations": ("", {"a/kustomization.yaml": "resources: [../b, ../a]\n", "b/kustomization.yaml": "resources: [../a]\n"}),
    "charts": (
        "",
        {
            "c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies: [{name: c, version: 1.0.0, repository: 'file://.'}]\n",
            "c/templates/a.yaml": '{{- define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}\n',
        },
    ),
    "anchor that holds itself": (
        "an anchor contains itself", {"compose.yaml": "services:\n  a: &a {image: redis, x-a: *a, environment: *a}\n"},
    ),
    "list that holds itself": ("", {"pod.yaml": f"{POD}spec: &s {{containers: [*s], x: *s}}\n"}),
    "mapping that merges itself": ("", {"pod.yaml": f"{POD}spec: &s\n  <<: *s\n  containers: &c\n  - <<: [*s, *c]\n"}),
    "scaler of a scaler": (
        "",
        {
            "k.yaml": "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\n"
            "spec: {scaleTargetRef: {kind: HorizontalPodAutoscaler, name: h}, maxReplicas: 3}\n"
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize(("told", "files"), CYCLES.values(), ids=CYCLES)
def test_it_ends_and_the_rest_is_judged(memlint: Memlint, told: str, files: dict[str, str]) -> None:
    every = {"good/compose.yaml": GOOD, **{f"x/{name}": text for name, text in files.items()}}
    answer = memlint("check", ".", "--output", "json", "--fail-on", "never", files=every)
    assert "MEM201" in [finding["rule"] for finding in answer.findings if finding["path"] == "good/compose.yaml"]
    messages = [problem["message"] for problem in answer.json["problems"]]
    assert not told or any(told in message for message in messages), messages
    assert not any("failed: " in message for message in messages)
    for verb in ("budget", "show", "forecast"):
        answer = memlint(verb, ".", "--output", "json")
        assert answer.status in (0, 2)
        assert "fault of its own" not in answer.err
