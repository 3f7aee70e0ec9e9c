"""Charts and overlays through helm and kubectl: every place of the result points into a file that a person edits."""

import os
import shutil
import stat
from pathlib import Path
from textwrap import dedent

import pytest

import helm
from manifests import value
from memlint import render
from memlint.config import Config
from memlint.model import Container, Known
from memlint.resolve import kubernetes
from memlint.resolve.inputs import Inputs
from memlint.sources.text import Source


def lookup(path: str) -> Source | None:
    file = Path(path)
    return Source(path, file.read_text()) if file.is_file() else None


def write(files: dict[str, str]) -> None:
    for name, text in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(dedent(text).lstrip("\n"))


def container(result: render.Rendered | render.Failure) -> Container:
    assert isinstance(result, render.Rendered), result
    (one,) = kubernetes.collect(Inputs({"kubernetes": result.sources}, lookup, Config(), ())).workloads
    return one.containers[0]


def place(amount: object) -> tuple[str, int]:
    assert isinstance(amount, Known)
    return amount.origin.span.path, amount.origin.span.line


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if helm.folder() is not None:
        monkeypatch.setenv("PATH", f"{helm.folder()}:{os.environ['PATH']}")


CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
    "chart/values.yaml": """
        api:
          javaOpts: -Xmx900m
          resources:
            limits:
              memory: 1Gi
            requests:
              memory: 1Gi
        worker:
          resources:
            limits:
              memory: 1Gi
    """,
    "chart/templates/api.yaml": """
        apiVersion: v1
        kind: Pod
        metadata:
          name: {{ .Release.Name }}-api
        spec:
          containers:
            - name: api
              image: eclipse-temurin:21-jre
              env:
                - name: JAVA_TOOL_OPTIONS
                  value: {{ .Values.api.javaOpts | quote }}
              resources: {{- toYaml .Values.api.resources | nindent 8 }}
    """,
}
HELM = pytest.mark.skipif(helm.folder() is None, reason="helm is neither on the PATH nor installed as a package")
KUBECTL = pytest.mark.skipif(
    shutil.which("kubectl") is None and shutil.which("kustomize") is None, reason="neither kubectl nor kustomize is on the PATH"
)


@HELM
def test_numbers_of_a_chart_are_traced_to_their_values() -> None:
    write(CHART)
    api = container(render.helm("chart", lookup))
    assert value(api.limit) == 1 << 30
    assert place(api.limit) == ("chart/values.yaml", 5)
    assert place(api.request) == ("chart/values.yaml", 7)
    assert place(api.env["JAVA_TOOL_OPTIONS"]) == ("chart/values.yaml", 2)
    assert (api.at.path, api.at.line) == ("chart/templates/api.yaml", 7)
    assert api.editor is not None
    assert api.editor.set("limit", "2Gi") is None


@HELM
def test_a_value_file_on_top_has_the_number() -> None:
    write({**CHART, "prod.yaml": "api:\n  resources:\n    limits:\n      memory: 3Gi\n"})
    api = container(render.helm("chart", lookup, ["prod.yaml"]))
    assert value(api.limit) == 3 << 30
    assert place(api.limit) == ("prod.yaml", 4)


@HELM
def test_a_chart_that_does_not_render_says_why() -> None:
    write({**CHART, "chart/templates/bad.yaml": '{{ required "say who" .Values.who }}\n'})
    result = render.helm("chart", lookup)
    assert isinstance(result, render.Failure)
    assert "say who" in result.why


RENDERED = """---
# Source: chart/templates/api.yaml
apiVersion: v1
kind: Pod
metadata:
  name: release-api
spec:
  containers:
    - name: api
      image: eclipse-temurin:21-jre
      resources:
        limits:
          memory: 1Gi
"""


def test_a_stream_of_helm_is_traced_to_its_templates() -> None:
    write(CHART)
    (source,) = render.stream("stdin.yaml", RENDERED, lookup)
    (one,) = kubernetes.collect(Inputs({"kubernetes": [source]}, lookup, Config(), ())).workloads
    assert (one.containers[0].at.path, one.containers[0].at.line) == ("chart/templates/api.yaml", 7)


def test_a_stream_of_another_chart_keeps_its_own_lines() -> None:
    (source,) = render.stream("stdin.yaml", RENDERED, lookup)
    assert (source.path, source.text, type(source)) == ("stdin.yaml", RENDERED, Source)
    (plain,) = render.stream("stdin.yaml", "a: 1\n", lookup)
    assert plain.path == "stdin.yaml"


@KUBECTL
def test_an_overlay_is_traced_to_patch_and_base() -> None:
    write(
        {
            "base/kustomization.yaml": "resources: [pod.yaml]\n",
            "base/pod.yaml": """
                apiVersion: v1
                kind: Pod
                metadata:
                  name: api
                spec:
                  containers:
                    - name: api
                      image: x
                      resources:
                        requests: {memory: 512Mi}
                        limits: {memory: 512Mi}
            """,
            "prod/kustomization.yaml": "resources: [../base]\nnamePrefix: prod-\npatches: [{path: more.yaml}]\n",
            "prod/more.yaml": """
                apiVersion: v1
                kind: Pod
                metadata: {name: api}
                spec:
                  containers:
                    - name: api
                      resources:
                        limits: {memory: 1Gi}
            """,
        }
    )
    result = render.kustomize("prod", lookup)
    api = container(result)
    assert (value(api.limit), value(api.request)) == (1 << 30, 512 << 20)
    assert place(api.limit) == ("prod/more.yaml", 8)
    assert place(api.request) == ("base/pod.yaml", 10)
    assert (api.at.path, api.at.line) == ("base/pod.yaml", 7)  # kustomize puts the image before the name
    assert isinstance(result, render.Rendered)
    assert [source.path for source in result.sources] == ["base/pod.yaml"]


@pytest.mark.parametrize(
    "resource",
    ["https://example.org/base.yaml", "github.com/example/repo//base?ref=v1", "git@example.org:base.git", "example.org/team/repo/base"],
)
def test_what_would_be_fetched_is_refused(resource: str) -> None:
    write({"top/kustomization.yaml": "resources: [../base]\n", "base/kustomization.yaml": f'resources: ["{resource}"]\n'})
    result = render.kustomize("top", lookup)
    assert isinstance(result, render.Failure)
    assert resource in result.why


def test_folders_with_dots_are_not_hosts() -> None:
    write(
        {
            "top/kustomization.yaml": "resources: [v1.beta/team/repo/base]\n",
            "top/v1.beta/team/repo/base/kustomization.yaml": "resources: []\n",
        }
    )
    assert render._remote("top", lookup) is None


def script(name: str, body: str) -> str:
    path = Path(name).resolve()
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_a_missing_program_is_told() -> None:
    result = render.helm("chart", lookup, program="no-such-helm")
    assert result == render.Failure("chart", "is a Helm chart, and no-such-helm is not there to render it")


def test_a_program_gets_no_proxy_no_home_and_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.org")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    program = script("fake", "env; echo 'x: 1'")
    result = render.helm("chart", lookup, program=program)
    assert isinstance(result, render.Rendered)
    text = result.sources[0].text
    assert "proxy.example.org" not in text
    assert "s3cret" not in text
    assert f"HOME={os.environ.get('HOME')}\n" not in text


def test_a_program_that_hangs_is_stopped() -> None:
    result = render.helm("chart", lookup, timeout=0.3, program=script("slow", "exec sleep 60"))
    assert result == render.Failure("chart", "cannot be rendered by helm: it took longer than 0.3 s")


def test_a_program_that_floods_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "MAX_OUTPUT", 1 << 20)
    result = render.helm("chart", lookup, program=script("flood", "exec yes"))
    assert result == render.Failure("chart", "cannot be rendered by helm: it writes more than 1 MiB")
