"""A run over charts and overlays: what is rendered, what is said where it cannot be, and that nothing is judged twice."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

import helm
from conftest import Answer

Memlint = Callable[..., Answer]

CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
    "chart/values.yaml": dedent("""\
        api:
          javaOpts: -Xmx900m
          resources:
            limits:
              memory: 1Gi
        """),
    "chart/templates/api.yaml": dedent("""\
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
        """),
    # No action in it, so it would pass for a manifest.
    "chart/templates/job.yaml": dedent("""\
        apiVersion: v1
        kind: Pod
        metadata:
          name: plain
        spec:
          containers:
            - name: plain
              image: redis:7.4
        """),
}
OVERLAY = {
    "base/kustomization.yaml": "resources: [pod.yaml]\n",
    "base/pod.yaml": dedent("""\
        apiVersion: v1
        kind: Pod
        metadata:
          name: web
        spec:
          containers:
            - name: web
              image: eclipse-temurin:21-jre
              command: ["java", "-Xmx512m", "-jar", "app.jar"]
              resources:
                limits:
                  memory: 1Gi
        """),
    "prod/kustomization.yaml": "resources: [../base]\nnamePrefix: prod-\npatches: [{path: patch.yaml}]\n",
    "prod/patch.yaml": dedent("""\
        apiVersion: v1
        kind: Pod
        metadata:
          name: web
        spec:
          containers:
            - name: web
              resources:
                limits:
                  memory: 512Mi
        """),
}
HELM = pytest.mark.skipif(helm.folder() is None, reason="helm is neither on the PATH nor installed as a package")
KUBECTL = pytest.mark.skipif(shutil.which("kubectl") is None and shutil.which("kustomize") is None, reason="neither kubectl nor kustomize")


@pytest.fixture
def with_helm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{helm.folder()}:{os.environ['PATH']}")


@pytest.fixture
def nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")


def places(answer: Answer, rule: str) -> list[tuple[str, int]]:
    return [(finding["path"], finding["line"]) for finding in answer.findings if finding["rule"] == rule]


@HELM
@pytest.mark.usefixtures("with_helm")
def test_a_chart_is_rendered_and_its_values_are_pointed_at(memlint: Memlint) -> None:
    answer = memlint("check", "--output", "json", files=CHART)
    assert places(answer, "MEM202") == [("chart/values.yaml", 5)]
    assert places(answer, "MEM101") == [("chart/templates/job.yaml", 7)]
    assert answer.json["summary"]["containers"] == 2


@HELM
@pytest.mark.usefixtures("with_helm")
def test_named_value_sets_replace_the_default(memlint: Memlint) -> None:
    files = {
        **CHART,
        ".memlint.yaml": "render:\n  small: {path: chart, values: [env/small.yaml]}\n",
        "env/small.yaml": "api:\n  resources:\n    limits:\n      memory: 960Mi\n",
    }
    assert places(memlint("check", "--output", "json", files=files), "MEM202") == [("env/small.yaml", 4)]


@HELM
@pytest.mark.usefixtures("with_helm")
def test_a_chart_that_helm_refuses_is_told_and_its_values_are_read(memlint: Memlint) -> None:
    files = {**CHART, "chart/templates/bad.yaml": '{{ fail "set a password" }}\n'}
    answer = memlint("check", "-v", files=files)
    assert answer.status != 2
    assert "Helm charts that could not be rendered" in answer.out
    assert "set a password" in answer.out
    assert "chart/values.yaml:5" in answer.out
    named = memlint("check", files={".memlint.yaml": "render: {x: {path: chart}}\n"})
    assert named.status == 2
    assert "set a password" in named.out


@pytest.mark.usefixtures("nothing")
def test_without_the_programs_one_line_says_so(memlint: Memlint) -> None:
    answer = memlint("check", files={**CHART, **OVERLAY})
    (line,) = [line for line in answer.out.splitlines() if line.startswith("not judged")]
    assert "helm is not on the PATH" in line
    assert "neither kustomize nor kubectl is on the PATH" in line
    assert answer.status != 2
    assert "chart/values.yaml:5" in answer.out


@HELM
@pytest.mark.usefixtures("with_helm")
def test_nothing_runs_where_rendering_is_switched_off(memlint: Memlint) -> None:
    assert memlint("check", "--no-render", files=CHART).out == memlint("check", "--no-render").out
    assert places(memlint("check", "--no-render", "--output", "json"), "MEM202") == []


@HELM
@pytest.mark.usefixtures("with_helm")
def test_a_link_out_of_a_chart_is_not_followed(memlint: Memlint, tmp_path: Path) -> None:
    memlint("check", files={**CHART, "secret.txt": "hush"})
    (tmp_path / "chart/templates/secret.yaml").symlink_to("../../secret.txt")
    answer = memlint("check", "-v")
    assert "a link that leads out of the chart" in answer.out


@HELM
@pytest.mark.usefixtures("with_helm")
def test_what_is_rendered_is_not_edited(memlint: Memlint, tmp_path: Path) -> None:
    answer = memlint("check", "--fix", "--unsafe-fixes", files=CHART)
    assert "0 findings" in answer.err
    assert (tmp_path / "chart/values.yaml").read_text() == CHART["chart/values.yaml"]


@HELM
@pytest.mark.usefixtures("with_helm")
def test_a_stream_of_helm_points_at_the_templates(memlint: Memlint, tmp_path: Path) -> None:
    memlint("check", files=CHART)
    rendered = subprocess.run(["helm", "template", "rel", "."], capture_output=True, text=True, check=True, cwd=tmp_path / "chart").stdout
    answer = memlint("check", "--output", "json", "-", stdin=rendered, cwd=tmp_path / "chart")
    assert places(answer, "MEM202") == [("templates/api.yaml", 12)]


@KUBECTL
def test_an_overlay_is_judged_in_place_of_its_base(memlint: Memlint) -> None:
    answer = memlint("check", "--output", "json", files=OVERLAY)
    assert places(answer, "MEM201") == [("prod/patch.yaml", 10)]
    assert answer.json["summary"]["containers"] == 1


@KUBECTL
def test_what_an_overlay_leaves_as_it_is_is_judged_beside_what_another_makes_of_it(memlint: Memlint, tmp_path: Path) -> None:
    mending = {"prod/patch.yaml": OVERLAY["prod/patch.yaml"].replace("512Mi", "2Gi")}
    plain = {"dev/kustomization.yaml": "resources: [../base]\ncommonLabels: {stage: dev}\n"}
    small = {"base/pod.yaml": OVERLAY["base/pod.yaml"].replace("1Gi", "512Mi")}
    answer = memlint("check", "--output", "json", files={**OVERLAY, **mending, **plain, **small})
    assert places(answer, "MEM201") == [("base/pod.yaml", 12)]
    assert answer.json["summary"]["containers"] == 2
    memlint("check", "--fix", "--unsafe-fixes", "-q")  # nothing was rendered, so the file itself can be mended
    assert "memory: 512Mi" not in (tmp_path / "base/pod.yaml").read_text()


@KUBECTL
def test_a_container_in_two_overlays_is_told_once(memlint: Memlint) -> None:
    bare = {
        "base/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n    - name: web\n      image: nginx:1.27\n"
    }
    second = {"test/kustomization.yaml": "resources: [../base]\nnamePrefix: test-\n"}
    first = {
        "base/kustomization.yaml": OVERLAY["base/kustomization.yaml"],
        "prod/kustomization.yaml": "resources: [../base]\nnamePrefix: prod-\n",
    }
    answer = memlint("check", "--output", "json", files={**bare, **first, **second})
    assert answer.json["summary"]["containers"] == 2
    told = {finding["rule"]: finding for finding in answer.findings}
    assert told["MEM101"]["message"] == "web has no memory limit"
    assert not told["MEM101"]["related"]
    assert not told["MEM102"]["related"]


@KUBECTL
@pytest.mark.parametrize(
    ("more", "named"),
    [
        ("resources: [../base, 'https://example.com/x.yaml']\n", "https://example.com/x.yaml"),
        ("resources: [../base, 'github.com/org/repo//deploy?ref=v1']\n", "github.com/org/repo//deploy?ref=v1"),
        ("resources: [../base]\nconfigMapGenerator: [{name: x, files: ['http://127.0.0.1:1/secret']}]\n", "http://127.0.0.1:1/secret"),
        ("resources: [../base]\npatches: [{path: 'http://127.0.0.1:1/patch.yaml'}]\n", "http://127.0.0.1:1/patch.yaml"),
        ("resources: [../base]\ntransformers: [t.yaml]\n", "an address in t.yaml"),
        ("resources: [../base, ../../elsewhere]\n", "../../elsewhere"),
    ],
)
def test_what_an_overlay_would_fetch_is_refused(memlint: Memlint, more: str, named: str) -> None:
    why = "is not among the files" if named.startswith("..") else "memlint does not fetch"
    answer = memlint(
        "check",
        "-v",
        files={**OVERLAY, "prod/kustomization.yaml": more, "prod/t.yaml": "kind: PatchTransformer\npath: http://127.0.0.1:1/x\n"},
    )
    assert f"prod refers to {named}, which {why}" in answer.out
    assert "base/pod.yaml" in answer.out
