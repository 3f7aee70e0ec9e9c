"""Values files without helm: a heap-like key beside the memory limit of the same component."""

from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manifests import inputs, value
from memlint.model import Confidence, Known, Workload
from memlint.resolve import kubernetes


def read(text: str, path: str = "charts/shop/values.yaml") -> list[Workload]:
    return kubernetes.collect(inputs({path: text}, kind="helm-values")).workloads


def words(one: Workload) -> list[object]:
    return [value(word) for word in one.containers[0].process.words or ()]


LIMIT = "resources: {limits: {memory: 1Gi}}"


@pytest.mark.parametrize(
    ("setting", "command"),
    [
        ('esJavaOpts: "-Xmx1g -Xms1g"', ["java", "-Xmx1g", "-Xms1g"]),
        ("heapSize: 512m", ["java", "-Xmx512m"]),
        ("xmx: 512m", ["java", "-Xmx512m"]),
        ("javaOpts: {xmx: 2g}", ["java", "-Xmx2g"]),
        ("env: [{name: JAVA_OPTS, value: -XX:MaxRAMPercentage=75}]", ["java", "-XX:MaxRAMPercentage=75"]),
        ("env: {NODE_OPTIONS: --max-old-space-size=900}", ["node", "--max-old-space-size=900"]),
    ],
)
def test_a_heap_beside_a_limit_is_a_component(setting: str, command: list[str]) -> None:
    (one,) = read(f"api:\n  {setting}\n  {LIMIT}\n")
    assert (one.name, one.kind, one.partial) == ("shop-api", "helm-values", True)
    assert words(one) == command
    assert value(one.containers[0].limit) == 1 << 30
    assert one.containers[0].confidence is Confidence.LOW


@pytest.mark.parametrize(
    "text",
    [
        f"{LIMIT}\nreplicas: 2\n",
        "heapSize: 512m\nresources: {}\n",
        f"heapSize: 512\n{LIMIT}\n",
        f'javaOpts: "-Xmx{{{{ .Values.heap }}}}"\n{LIMIT}\n',
        f"search:\n  heapSize: 2g\n  resources: {{}}\n{LIMIT}\n",
        f"search:\n  heapSize: 2g\n  image: x\n{LIMIT}\n",
        f"heapSize: 1g\nother: {{heapSize: 2g}}\n{LIMIT}\n",
        "heapSize: 1g\nresources: {limits: {memory: null}}\n",
    ],
)
def test_what_cannot_be_told_is_left_alone(text: str) -> None:
    assert read(text) == []


def test_the_nearest_component_has_the_heap() -> None:
    text = dedent("""
        resources: {limits: {memory: 9Gi}}
        coordinator:
          image: {repository: trinodb/trino, tag: "470"}
          jvm: {maxHeapSize: 8G}
          resources: {limits: {memory: 10Gi}}
    """)
    (one,) = read(text)
    assert one.name == "shop-coordinator"
    assert value(one.containers[0].image) == "trinodb/trino:470"
    process = one.containers[0].process
    assert process.words is not None
    heap = process.words[1]
    assert isinstance(heap, Known)
    assert text.lstrip("\n")[heap.origin.span.start : heap.origin.span.end] == "8G"


def test_the_values_of_a_helm_release_are_read() -> None:
    text = """
        apiVersion: helm.toolkit.fluxcd.io/v2
        kind: HelmRelease
        metadata: {name: es}
        spec: {values: {esJavaOpts: -Xmx2g, resources: {limits: {memory: 2Gi}}}}
    """
    (one,) = kubernetes.collect(inputs({"release.yaml": text})).workloads
    assert (one.name, words(one)) == ("es", ["java", "-Xmx2g"])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "resources:",
                " limits:",
                "  memory: ",
                "1Gi\n",
                "heap: ",
                "&a ",
                "*a",
                "\n",
                "- ",
                "{",
                "}",
                "env:\n",
                " - name: X\n",
                "   value: -Xmx1g\n",
                ": ",
            ]
        ),
        max_size=30,
    ).map("".join)
)
def test_no_values_make_the_reader_raise(text: str) -> None:
    read("memory: 1\n" + text)
