"""A relative path of a command is looked up in the workload's working directory where it sets one, else in the image's."""

import pytest

CONF = "workers = 3\n"
DOCKERFILE = "FROM python:3.12\nWORKDIR /image\nCOPY conf .\nCMD gunicorn app:app\n"


def workers(memlint, path, text, files):
    answer = memlint("show", "--output", "json", path, files={path: text, **files})
    (workload,) = [item for item in answer.json["workloads"] if item["kind"] != "image"]
    return workload["containers"][0]["runtimes"][0]["options"]["workers"]["value"]


@pytest.mark.parametrize(("workdir", "count"), [("    working_dir: /srv\n", 3), ("    working_dir: /elsewhere\n", 1), ("", 1)])
def test_compose(memlint, workdir, count):
    text = f"services:\n  web:\n    image: python:3.12\n    command: gunicorn app:app\n{workdir}    volumes: ['./conf:/srv']\n    mem_limit: 1g\n"
    assert workers(memlint, "compose.yaml", text, {"conf/gunicorn.conf.py": CONF}) == count


def test_what_the_image_copied_stays_where_it_was_put(memlint):
    """The target of COPY counts from the image's own working directory."""
    text = "services:\n  web:\n    build: .\n    command: gunicorn app:app\n    working_dir: /srv\n    mem_limit: 1g\n"
    files = {"Dockerfile": DOCKERFILE, "conf/gunicorn.conf.py": CONF}
    assert workers(memlint, "compose.yaml", text, files) == 1
    assert workers(memlint, "compose.yaml", text.replace("/srv", "/image"), files) == 3


@pytest.mark.parametrize(("flag", "count"), [("-w /image", 3), ("--workdir=/srv", 1), ("", 3)])
def test_docker_run(memlint, flag, count):
    text = f"docker build -t web .\ndocker run -d -m 1g {flag} web\n"
    files = {"Dockerfile": DOCKERFILE, "conf/gunicorn.conf.py": CONF}
    answer = memlint("show", "--output", "json", ".", files={"run.sh": text, **files})
    (workload,) = [item for item in answer.json["workloads"] if item["kind"] == "docker-run"]
    assert workload["containers"][0]["runtimes"][0]["options"]["workers"]["value"] == count


@pytest.mark.parametrize(("workdir", "count"), [("      workingDir: /srv\n", 3), ("", 1)])
def test_kubernetes(memlint, workdir, count):
    text = f"""apiVersion: v1
kind: Pod
metadata: {{name: web}}
spec:
  containers:
    - name: web
      image: python:3.12
{workdir}      command: [gunicorn, "app:app"]
      resources: {{limits: {{memory: 1Gi}}}}
      volumeMounts: [{{name: conf, mountPath: /srv}}]
  volumes: [{{name: conf, configMap: {{name: conf}}}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: conf}}
data:
  gunicorn.conf.py: |
    workers = 3
"""
    assert workers(memlint, "pod.yaml", text, {}) == count
