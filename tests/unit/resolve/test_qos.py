"""QoS class, effective request and limit, OOM score: equal to what kubectl and the kubelet's rules say."""

import json
from pathlib import Path
from typing import Any

import pytest

from conftest import SHARED
from manifests import read, value

CASES = SHARED / "cases" / "qos-cases.json"
GIB16 = 16 << 30


def cases() -> list[Any]:
    return list(json.loads(CASES.read_text())["cases"]) if CASES.exists() else []


def manifest(case: dict[str, Any]) -> str:
    """Return the case's pod, and its LimitRange, as a user would write them."""
    spec = json.loads(json.dumps(case["spec"]))
    ranged = spec.pop("limitRange", None)
    for group in ("containers", "initContainers"):
        for container in spec.get(group, []):
            container.setdefault("image", "x")
            resources = {key: container.pop(key) for key in ("requests", "limits") if key in container}
            if resources:
                container["resources"] = resources
    objects: list[Any] = [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n"}, "spec": spec}]
    if ranged:
        limits = [{"type": "Container", **item} for item in (ranged if isinstance(ranged, list) else [ranged])]
        objects.append({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "r", "namespace": "n"}, "spec": {"limits": limits}})
    return "\n---\n".join(json.dumps(one, indent=1) for one in objects)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["id"])
def test_equals_the_oracle(case: dict[str, Any], shared: Path) -> None:
    assert shared.is_dir()
    (pod,) = read({"all.yaml": manifest(case)}, node_memory=GIB16).workloads
    wanted = case["expected"]
    assert pod.qos == wanted["qosClass"]
    assert value(pod.request) == (wanted["effective_memory_request_bytes"] or None)
    assert value(pod.limit) == (wanted["sum_memory_limit_bytes"] or None)
    scores = {container.name: value(container.oom_score_adj) for container in pod.containers}
    assert {name: scores[name] for name in wanted["oom_score_adj_16Gi"]} == wanted["oom_score_adj_16Gi"]


def two(first: str, second: str, more: str = "") -> str:
    return f"""
        apiVersion: v1
        kind: Pod
        metadata: {{name: p}}
        spec:
          containers:
          - {{name: a, image: x, resources: {first}}}
          - {{name: b, image: x, resources: {second}}}
          {more}
    """


def test_the_fields_that_break_guaranteed_are_named() -> None:
    guaranteed = "{limits: {cpu: 1, memory: 1Gi}}"
    (pod,) = read(two(guaranteed, "{requests: {cpu: 1, memory: 1G}, limits: {cpu: 1, memory: 1Gi}}")).workloads
    assert pod.qos == "Burstable"
    assert pod.qos_broken_by == (("b", "resources.requests.memory"),)


def test_a_value_from_outside_leaves_the_class_open() -> None:
    (pod,) = read(two("{limits: {cpu: 1, memory: 1Gi}}", "{requests: {cpu: 1, memory: '${MEM}'}, limits: {cpu: 1, memory: 1Gi}}")).workloads
    assert pod.qos is None
    assert isinstance(value(pod.request), str)


def test_a_value_from_outside_as_limit_alone_is_its_own_request() -> None:
    (pod,) = read(two("{limits: {cpu: 1, memory: 1Gi}}", "{limits: {cpu: 1, memory: '${MEM}'}}")).workloads
    assert pod.qos == "Guaranteed"


def test_a_value_from_outside_cannot_save_a_burstable_pod() -> None:
    (pod,) = read(two("{requests: {memory: 1Gi}}", "{limits: {cpu: 1, memory: '${MEM}'}}")).workloads
    assert pod.qos == "Burstable"


def test_an_ephemeral_container_does_not_count() -> None:
    (pod,) = read(
        two("{limits: {cpu: 1, memory: 1Gi}}", "{limits: {cpu: 1, memory: 1Gi}}", "ephemeralContainers: [{name: e, image: x}]")
    ).workloads
    assert pod.qos == "Guaranteed"
    assert [container.role for container in pod.containers] == ["main", "main", "ephemeral"]


def test_node_critical_pods_keep_their_score() -> None:
    (pod,) = read(two("{}", "{}", "priorityClassName: system-node-critical"), node_memory=GIB16).workloads
    assert [value(container.oom_score_adj) for container in pod.containers] == [-997, -997]


def test_runtime_class_adds_its_overhead() -> None:
    (pod,) = read(
        two("{requests: {memory: 1Gi}}", "{}", "runtimeClassName: kata")
        + """
        ---
        apiVersion: node.k8s.io/v1
        kind: RuntimeClass
        metadata: {name: kata}
        handler: kata
        overhead: {podFixed: {memory: 120Mi}}
    """
    ).workloads
    assert value(pod.request) == (1 << 30) + (120 << 20)
