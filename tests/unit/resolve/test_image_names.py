"""A manifest that names an image is joined with the Dockerfile that some other file says builds it."""

from collections.abc import Callable

import pytest

from conftest import Answer

Memlint = Callable[..., Answer]
POD = """apiVersion: v1
kind: Pod
metadata: {name: api}
spec:
  containers:
    - name: api
      image: registry.example.org/shop/api:1
      resources:
        requests: {memory: 1Gi}
        limits: {memory: 1Gi}
"""
DOCKERFILE = 'FROM eclipse-temurin:21-jre\nENV JAVA_TOOL_OPTIONS="-Xmx1g"\nENTRYPOINT ["java", "-jar", "/app.jar"]\n'
SAYS = {
    "skaffold.yaml": "apiVersion: skaffold/v4beta6\nkind: Config\nbuild:\n  artifacts:\n    - image: registry.example.org/shop/api\n      context: services/one\n",
    "docker-bake.hcl": 'target "api" {\n  context = "services/one"\n  tags = ["registry.example.org/shop/api:1"]\n}\n',
    "docker-bake.json": '{"target": {"api": {"context": "services/one", "tags": ["registry.example.org/shop/api:1"]}}}\n',
    ".github/workflows/build.yml": "on: push\njobs:\n  build:\n    steps:\n      - uses: docker/build-push-action@v6\n"
    "        with:\n          context: services/one\n          tags: registry.example.org/shop/api:${{ github.sha }}\n",
    "build.sh": "#!/bin/sh\ndocker build -t registry.example.org/shop/api:1 services/one\n",
}


@pytest.mark.parametrize("name", SAYS)
def test_whoever_says_it(memlint: Memlint, name: str) -> None:
    files = {"k8s/pod.yaml": POD, "services/one/Dockerfile": DOCKERFILE, name: SAYS[name]}
    answer = memlint("check", "--output", "json", "--select", "MEM201", ".", files=files)
    (finding,) = answer.findings
    assert (finding["path"], finding["line"]) == ("k8s/pod.yaml", 10)
    assert ("services/one/Dockerfile", 2) in {(note["path"], note["line"]) for note in finding["related"]}


def test_nobody_says_it(memlint: Memlint) -> None:
    answer = memlint("budget", "--output", "json", "k8s", files={"k8s/pod.yaml": POD, "services/one/Dockerfile": DOCKERFILE})
    assert answer.json["containers"][0]["parts"] == []


def test_the_name_of_a_folder_is_a_guess(memlint: Memlint) -> None:
    answer = memlint(
        "check", "--output", "json", "--select", "MEM201", ".", files={"k8s/pod.yaml": POD, "services/api/Dockerfile": DOCKERFILE}
    )
    (finding,) = answer.findings
    assert finding["confidence"] == "low"


def test_two_folders_of_one_name_are_no_guess(memlint: Memlint) -> None:
    files = {"k8s/pod.yaml": POD, "a/api/Dockerfile": DOCKERFILE, "b/api/Dockerfile": DOCKERFILE}
    bills = memlint("budget", "--output", "json", ".", files=files).json["containers"]
    assert next(bill for bill in bills if bill["kind"] == "Pod")["parts"] == []
