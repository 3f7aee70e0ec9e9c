"""Paths in files that lead out of the project are not followed, whatever names them; nothing of what lies there is told."""

from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Answer

Memlint = Callable[..., Answer]
SECRET = "hunter2"
OUTSIDE = {
    "secret.env": f"KEY={SECRET}\nJAVA_TOOL_OPTIONS=-Xmx3g -Dkey={SECRET}\n",
    "secret.args": f"-Xmx3g -Dkey={SECRET}\n",
    "secret.yaml": f"services:\n  x:\n    image: {SECRET}\n    mem_limit: 3g\n",
    "redis.conf": f"maxmemory 3gb\nrequirepass {SECRET}\n",
    "Dockerfile": f"FROM eclipse-temurin:21-jre\nENV JAVA_TOOL_OPTIONS='-Xmx3g -Dkey={SECRET}'\n",
}
JAVA = "    image: eclipse-temurin:21-jre\n    command: java -jar app.jar\n    mem_limit: 1g\n"
ELSEWHERE = {
    "env_file": {"compose.yaml": f"services:\n  a:\n{JAVA}    env_file: ../secret.env\n"},
    "env_file, absolute": {"compose.yaml": f"services:\n  a:\n{JAVA}    env_file: OUT/secret.env\n"},
    "env_file of the system": {"compose.yaml": f"services:\n  a:\n{JAVA}    env_file: [/etc/passwd, /dev/zero, ~/.netrc]\n"},
    "include": {"compose.yaml": f"include: [../secret.yaml]\nservices:\n  a:\n{JAVA}"},
    "include of another host": {"compose.yaml": f"include: ['https://127.0.0.1:9/x.yaml', 'oci://127.0.0.1:9/x']\nservices:\n  a:\n{JAVA}"},
    "include with an env_file": {
        "compose.yaml": "include: [{path: b.yaml, env_file: ../secret.env}]\n",
        "b.yaml": f"services:\n  a:\n{JAVA}    environment: {{JAVA_TOOL_OPTIONS: '${{JAVA_TOOL_OPTIONS}}'}}\n",
    },
    "extends": {"compose.yaml": "services:\n  a:\n    extends: {file: ../secret.yaml, service: x}\n"},
    "COMPOSE_FILE": {".env": "COMPOSE_FILE=../secret.yaml\n", "compose.yaml": f"services:\n  a:\n{JAVA}"},
    "build": {"compose.yaml": "services:\n  a:\n    build: ..\n    mem_limit: 1g\n"},
    "dockerfile": {"compose.yaml": "services:\n  a:\n    build: {context: ., dockerfile: ../Dockerfile}\n    mem_limit: 1g\n"},
    "COPY": {"Dockerfile": 'FROM eclipse-temurin:21-jre\nCOPY ../secret.args /args\nENTRYPOINT ["java", "@/args", "-jar", "app.jar"]\n'},
    "@argfile": {
        "compose.yaml": "services:\n  a:\n    image: eclipse-temurin:21-jre\n    command: java @/out/secret.args -jar app.jar\n"
        "    volumes: ['..:/out']\n    mem_limit: 1g\n"
    },
    "configuration of a store": {
        "compose.yaml": "services:\n  a:\n    image: redis:7\n    command: redis-server /out/redis.conf\n    volumes: ['..:/out']\n    mem_limit: 1g\n"
    },
    "docker run": {"run.sh": "#!/bin/sh\ndocker run -m 1g --env-file ../secret.env eclipse-temurin:21-jre java -jar app.jar\n"},
    "images of the configuration": {
        ".memlint.yaml": "images: {'shop/*': {dockerfile: ../Dockerfile}}\n",
        "compose.yaml": "services:\n  a:\n    image: shop/api\n    mem_limit: 1g\n",
    },
    "kustomization": {
        "kustomization.yaml": "resources: [../secret.yaml, pod.yaml]\nconfigMapGenerator: [{name: c, envs: [../secret.env]}]\n",
        "pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: c\n    image: eclipse-temurin:21-jre\n"
        "    command: [java, -jar, app.jar]\n    envFrom: [{configMapRef: {name: c}}]\n    resources: {limits: {memory: 1Gi}}\n",
    },
}  # fmt: skip


@pytest.mark.parametrize("linked", [False, True], ids=["", "by a link"])
@pytest.mark.parametrize("project", ELSEWHERE.values(), ids=ELSEWHERE)
def test_nothing_outside_is_read(memlint: Memlint, tmp_path: Path, project: dict[str, str], linked: bool) -> None:
    files = {f"project/{name}": text.replace("OUT", str(tmp_path)) for name, text in project.items()}
    if linked:  # the same through a link that lies inside
        files = {
            name: text.replace("../", "link/").replace("'..:", "'link:").replace("build: ..", "build: link") for name, text in files.items()
        }
    (tmp_path / "project" / ".git").mkdir(parents=True)
    (tmp_path / "project" / "link").symlink_to("..")
    for verb in ("check", "budget", "show"):
        answer = memlint(verb, ".", "-v", files={**OUTSIDE, **files}, cwd=tmp_path / "project")
        told = answer.out + answer.err
        assert SECRET not in told
        assert "3 GiB" not in told
        assert "Traceback" not in told
        assert "fault of its own" not in told


@pytest.mark.parametrize("name", ["env_file", "include", "extends", "COMPOSE_FILE", "dockerfile", "COPY", "@argfile", "docker run"])
def test_what_is_not_read_is_told(memlint: Memlint, tmp_path: Path, name: str) -> None:
    (tmp_path / "project" / ".git").mkdir(parents=True)
    files = {f"project/{path}": text for path, text in ELSEWHERE[name].items()}
    answer = memlint("check", ".", "--output", "json", files={**OUTSIDE, **files}, cwd=tmp_path / "project")
    assert answer.status == 2
    outside = [problem["path"] for problem in answer.json["problems"] if "lies outside the project" in problem["message"]]
    assert outside == [path for path in outside if path.startswith("../")] != []


def test_a_path_up_inside_the_checkout_is_followed(memlint: Memlint, tmp_path: Path) -> None:
    (tmp_path / "a" / ".git").mkdir(parents=True)
    files = {
        "a/shared.env": "JAVA_TOOL_OPTIONS=-Xmx3g\n",
        "a/b/compose.yaml": f"services:\n  a:\n{JAVA}    env_file: ../shared.env\n",
    }
    answer = memlint("check", ".", "--output", "json", "--select", "MEM201", files=files, cwd=tmp_path / "a" / "b")
    assert [finding["rule"] for finding in answer.findings] == ["MEM201"]
    assert answer.json["problems"] == []
