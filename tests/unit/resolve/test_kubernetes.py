"""Manifests become workloads: amounts with their places, environment, volumes, the objects that decide beside the pod."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import SHARED
from manifests import container, inputs, pod, read, value, workload
from memlint.model import Container, Known, Span, Unknown
from memlint.resolve import kubernetes

MIB = 1 << 20
QUANTITIES = SHARED / "cases" / "k8s-quantity-cases.json"
LABELS = SHARED / "labels" / "labels.jsonl"


def limited(text: str) -> Container:
    return container(pod(f"resources:\n  limits:\n    memory: {text}"))


def topics(one: Container) -> dict[str, str]:
    return {seen.topic: str(seen.severity) for seen in one.observations}


# ---- amounts


@pytest.mark.parametrize(
    "case", json.loads(QUANTITIES.read_text())["cases"] if QUANTITIES.exists() else [], ids=lambda case: repr(case["input"])
)
def test_a_quantity_is_what_kubectl_reads(case: dict[str, Any]) -> None:
    one = limited(json.dumps(case["input"]))
    if case["valid"]:
        assert value(one.limit) == (case["bytes_rounded_up"] if case["bytes_rounded_up"] > 0 else None)
    else:
        assert topics(one) == {"invalid-quantity": "error"}


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("1024", 1024),
        ("010", 8),
        ("0x10", 16),
        ("1_000", 1000),
        ("1e9", 10**9),
        ("1.5e9", 1_500_000_000),
        ("0.5", 1),
        ("null", None),
        ("~", None),
        ("0", None),
    ],
)
def test_a_plain_scalar_is_typed_as_the_api_types_it(written: str, read_as: int | None) -> None:
    assert value(limited(written).limit) == read_as


@pytest.mark.parametrize("written", ["yes", "1:30", "[1Gi]", "{a: 1}", '""', "1GB"])
def test_what_is_no_quantity_is_refused(written: str) -> None:
    one = limited(written)
    assert topics(one) == {"invalid-quantity": "error"}
    assert isinstance(one.limit, Unknown)


@pytest.mark.parametrize(
    ("written", "topic", "severity"),
    [
        ("512m", "millibyte-quantity", "error"),
        ("0.1Gi", "millibyte-quantity", "info"),
        ("512", "bytes-without-unit", "error"),
        ("1e3", "bytes-without-unit", "error"),
        ("512M", "decimal-unit", "info"),
    ],
)
def test_doubtful_amounts_are_noticed(written: str, topic: str, severity: str) -> None:
    assert topics(limited(written)) == {topic: severity}


@pytest.mark.parametrize("written", ["512Mi", "1.5Gi", "1073741824", "1Ei", "1073741824000m", "4Ki", "0"])
def test_sound_amounts_are_not(written: str) -> None:
    assert topics(limited(written)) == {}


def test_milli_is_right_for_a_cpu() -> None:
    one = container(pod("resources: {limits: {cpu: 500m, memory: 1Gi}, requests: {cpu: 0.25}}"))
    assert (value(one.cpu_limit), value(one.cpu_request)) == (500, 250)
    assert not one.observations


@pytest.mark.parametrize(
    ("written", "fixed"), [("512m", "512Mi"), ("'512m'", "'512Mi'"), ("1024MB", "1024Mi"), ("2g", "2Gi"), ("512", "512Mi")]
)
def test_a_fix_changes_the_amount_and_nothing_else(written: str, fixed: str) -> None:
    text = pod(f"resources:\n  limits:\n    memory: {written}  # why")
    (seen,) = container(text).observations
    assert seen.fix is not None
    (edit,) = seen.fix.edits
    assert text[: edit.start] + edit.text + text[edit.end :] == text.replace(written, fixed)


@pytest.mark.parametrize("written", ["${MEM}", "$(MEM)", "{{ .Values.memory }}", "GEN3_MEMORY", "<memory>", "'@memory@'"])
def test_a_placeholder_is_unknown_and_not_invalid(written: str) -> None:
    one = limited(written)
    assert isinstance(one.limit, Unknown)
    assert one.limit.why
    assert not one.observations


def test_the_place_of_an_amount_is_exact() -> None:
    text = pod("resources:\n  limits:\n    memory: 512Mi")
    limit = container(text).limit
    assert isinstance(limit, Known)
    assert text[limit.origin.span.start : limit.origin.span.end] == "512Mi"
    assert (limit.origin.span.line, limit.origin.span.column) == (11, 17)
    assert limit.origin.how == "resources.limits.memory"


def test_a_request_defaults_to_the_limit_and_says_so() -> None:
    one = container(pod("resources: {limits: {memory: 1Gi}}"))
    assert isinstance(one.request, Known)
    assert isinstance(one.limit, Known)
    assert one.request.value == 1 << 30
    assert one.request.origin.via == (one.limit.origin,)


# ---- LimitRange, quota, pod level

RANGE = """
    apiVersion: v1
    kind: LimitRange
    metadata: {{name: r{namespace}}}
    spec:
      limits:
      - type: Container
        default: {{memory: 256Mi}}
        defaultRequest: {{memory: 64Mi}}
"""
BARE = """
    apiVersion: v1
    kind: Pod
    metadata: {{name: {name}{namespace}}}
    spec: {{containers: [{{name: c, image: x}}]}}
"""


@pytest.mark.parametrize(
    ("range_path", "pod_path", "range_namespace", "pod_namespace", "applies"),
    [
        ("k8s/range.yaml", "k8s/pod.yaml", "", "", True),
        ("k8s/range.yaml", "k8s/web/pod.yaml", "", "", True),
        ("k8s/range.yaml", "k8s/pod.yaml", ", namespace: default", "", True),
        ("examples/range.yaml", "web/pod.yaml", "", "", False),
        ("examples/range.yaml", "web/pod.yaml", ", namespace: default", ", namespace: default", False),
        ("web/examples/range.yaml", "web/pod.yaml", "", "", False),
        ("policy/range.yaml", "web/pod.yaml", ", namespace: shop", ", namespace: shop", True),
        ("k8s/range.yaml", "k8s/pod.yaml", ", namespace: shop", "", False),
        ("k8s/range.yaml", "k8s/pod.yaml", ", namespace: shop", ", namespace: bank", False),
    ],
)
def test_a_limit_range_bounds_what_belongs_to_it(
    range_path: str, pod_path: str, range_namespace: str, pod_namespace: str, applies: bool
) -> None:
    one = container({range_path: RANGE.format(namespace=range_namespace), pod_path: BARE.format(name="p", namespace=pod_namespace)})
    assert (value(one.limit), value(one.request)) == ((256 * MIB, 64 * MIB) if applies else (None, None))


def test_environments_with_one_namespace_do_not_mix() -> None:
    there = ", namespace: shop"
    files = {
        "dev/range.yaml": RANGE.format(namespace=there),
        "dev/pod.yaml": BARE.format(name="p", namespace=there),
        "prod/pod.yaml": BARE.format(name="p", namespace=there),
    }
    limits = {one.at.path: value(one.containers[0].limit) for one in read(files).workloads}
    assert limits == {"dev/pod.yaml": 256 * MIB, "prod/pod.yaml": None}


def test_a_default_tells_where_it_comes_from() -> None:
    one = container({"range.yaml": RANGE.format(namespace=""), "pod.yaml": BARE.format(name="p", namespace="")})
    assert isinstance(one.limit, Known)
    assert one.limit.origin.span.path == "pod.yaml"
    assert [(origin.span.path, origin.span.line) for origin in one.limit.origin.via] == [("range.yaml", 7)]


def test_a_written_zero_keeps_the_default_away() -> None:
    files = {"range.yaml": RANGE.format(namespace=""), "pod.yaml": pod("resources: {limits: {memory: 0}, requests: {memory: null}}")}
    one = container(files)
    assert (one.limit, one.request) == (None, None)


def test_a_container_without_limit_has_that_of_the_pod() -> None:
    one = container(pod("env: []") + "  resources: {limits: {memory: 1Gi}}\n")
    assert value(one.limit) == 1 << 30
    assert isinstance(one.limit, Known)
    assert "pod" in one.limit.origin.how


# ---- kinds


@pytest.mark.parametrize(
    ("kind", "group", "path"),
    [
        ("Deployment", "apps/v1", "spec: {replicas: 3, template: {spec: %s}}"),
        ("StatefulSet", "apps/v1", "spec: {replicas: 3, template: {spec: %s}}"),
        ("DaemonSet", "apps/v1", "spec: {template: {spec: %s}}"),
        ("ReplicaSet", "apps/v1", "spec: {replicas: 3, template: {spec: %s}}"),
        ("ReplicationController", "v1", "spec: {replicas: 3, template: {spec: %s}}"),
        ("Job", "batch/v1", "spec: {parallelism: 3, template: {spec: %s}}"),
        ("CronJob", "batch/v1", "spec: {jobTemplate: {spec: {template: {spec: %s}}}}"),
        ("PodTemplate", "v1", "template: {spec: %s}"),
    ],
)
def test_every_kind_of_workload_is_read(kind: str, group: str, path: str) -> None:
    spec = "{containers: [{name: c, image: x, resources: {limits: {memory: 1Gi}}}]}"
    one = workload(f"apiVersion: {group}\nkind: {kind}\nmetadata: {{name: w}}\n{path % spec}\n")
    assert (one.kind, one.name, value(one.limit)) == (kind, "w", 1 << 30)
    assert value(one.replicas) == (3 if kind not in ("DaemonSet", "CronJob", "PodTemplate") else None)


def test_lists_are_opened() -> None:
    found = read("""
        {"apiVersion": "v1", "kind": "List", "items": [
          {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [{"name": "c", "image": "x"}]}},
          {"apiVersion": "v1", "kind": "PodList", "items": [
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "b"}, "spec": {"containers": [{"name": "c", "image": "x"}]}}]}]}
    """)
    assert [one.name for one in found.workloads] == ["a", "b"]


def test_an_openshift_template_is_opened_and_its_parameters_are_unknown() -> None:
    one = container("""
        apiVersion: template.openshift.io/v1
        kind: Template
        parameters:
        - {name: LIMIT, value: 512Mi}
        objects:
        - apiVersion: v1
          kind: Pod
          metadata: {name: p}
          spec:
            containers:
            - name: c
              image: x
              env: [{name: OPTS, value: "-Xmx${HEAP}"}]
              resources: {limits: {memory: "${LIMIT}"}}
    """)
    assert value(one.limit) == "the template parameter LIMIT decides it (its default is 512Mi)"
    assert isinstance(one.env["OPTS"], Unknown)


def test_a_sidecar_and_an_init_container_are_told_apart() -> None:
    one = workload("""
        apiVersion: v1
        kind: Pod
        metadata: {name: p}
        spec:
          initContainers:
          - {name: i, image: x}
          - {name: s, image: x, restartPolicy: Always}
          containers: [{name: c, image: x}]
          shareProcessNamespace: true
          terminationGracePeriodSeconds: 5
          restartPolicy: Never
    """)
    assert [(item.name, item.role) for item in one.containers] == [("i", "init"), ("s", "sidecar"), ("c", "main")]
    assert (one.share_processes, value(one.grace), value(one.restart)) == (True, 5, "Never")


def test_a_patch_is_partial_and_has_no_class() -> None:
    one = workload("""
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: w}
        spec: {template: {spec: {containers: [{name: c, resources: {limits: {memory: 1Gi}}}]}}}
    """)
    assert one.partial
    assert one.qos is None
    assert value(one.containers[0].limit) == 1 << 30


def test_files_without_a_pod_are_not_parsed() -> None:
    given = inputs({"service.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: s\n"})
    assert kubernetes.collect(given).workloads == []
    assert given.problems == []


def test_a_broken_manifest_is_a_problem_and_a_template_is_not() -> None:
    given = inputs(
        {
            "broken.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: p\n",
            "template.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n{{ if .Values.x }}\n",
            "gen3.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  GEN3_LABELS\n",
        }
    )
    kubernetes.collect(given)
    assert [problem.path for problem in given.problems] == ["broken.yaml"]
    assert [line.partition(":")[0] for line in given.joined] == ["gen3.yaml", "template.yaml"]


# ---- environment and words

CONFIG = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings}
    data:
      HEAP: 512m
      jvm.config: |
        -server
        -Xmx8G
"""


def test_environment_from_every_place() -> None:
    files = {
        "pod.yaml": pod("""
            envFrom:
            - {prefix: CFG_, configMapRef: {name: settings}}
            - secretRef: {name: password}
            env:
            - {name: PLAIN, value: a}
            - {name: BOTH, value: "$(PLAIN)-$$(PLAIN)-$(NONE)-${PLAIN}"}
            - {name: HEAP, valueFrom: {configMapKeyRef: {name: settings, key: HEAP}}}
            - {name: TOKEN, valueFrom: {secretKeyRef: {name: password, key: token}}}
            - {name: ELSE, valueFrom: {configMapKeyRef: {name: elsewhere, key: HEAP}}}
            - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
            - {name: LATE, value: "$(AFTER)"}
            - {name: AFTER, value: b}
            - {name: JOINED, value: "-Xmx$(HEAP)"}
            - {name: HIDDEN, value: "x$(TOKEN)"}
        """),
        "config.yaml": CONFIG,
        "secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: password}\nstringData: {token: s3cret}\n",
    }
    env = container(files).env
    assert {name: value(text) for name, text in env.items()} == {
        "CFG_HEAP": "512m",
        "CFG_jvm.config": "-server\n-Xmx8G\n",
        "token": "from Secret password",
        "PLAIN": "a",
        "BOTH": "a-$(PLAIN)-$(NONE)-${PLAIN}",
        "HEAP": "512m",
        "TOKEN": "from Secret password",
        "ELSE": "from ConfigMap elsewhere",
        "IP": "the pod's status.podIP",
        "LATE": "$(AFTER)",
        "AFTER": "b",
        "JOINED": "-Xmx512m",
        "HIDDEN": "$(TOKEN) from Secret password",
    }
    assert "s3cret" not in repr(env)
    heap = env["HEAP"]
    assert isinstance(heap, Known)
    assert heap.origin.span.path == "config.yaml"


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("{resource: limits.memory}", str(1 << 30)),
        ("{resource: limits.memory, divisor: 1Mi}", "1024"),
        ("{resource: limits.memory, divisor: 300Mi}", "4"),
        ("{resource: limits.memory, divisor: '0'}", str(1 << 30)),
        ("{resource: requests.memory, divisor: 1Mi}", "512"),
        ("{resource: limits.cpu}", "2"),
        ("{resource: limits.cpu, divisor: 1m}", "1500"),
    ],
)
def test_the_downward_api_rounds_up(reference: str, text: str) -> None:
    one = container(
        pod(f"""
            env: [{{name: V, valueFrom: {{resourceFieldRef: {reference}}}}}]
            args: ["-Xmx$(V)m"]
            resources: {{limits: {{memory: 1Gi, cpu: 1500m}}, requests: {{memory: 512Mi}}}}
        """)
    )
    given = one.env["V"]
    assert isinstance(given, Known)
    assert given.value == text
    assert given.origin.how == f"resourceFieldRef {reference.partition(': ')[2].partition(',')[0].rstrip('}')}"
    assert one.command is not None
    assert isinstance(one.command[0], Known)
    assert one.command[0].value == f"-Xmx{text}m"
    assert one.command[0].origin.via == (given.origin,)


def test_without_a_limit_the_downward_api_gives_the_node() -> None:
    one = container(pod("env: [{name: V, valueFrom: {resourceFieldRef: {resource: limits.memory}}}]"))
    given = one.env["V"]
    assert isinstance(given, Unknown)
    assert "allocatable" in given.why
    assert given.origin is not None
    assert given.origin.how == "resourceFieldRef limits.memory"


def test_command_and_args_are_kept_apart_and_empty_lists_set_nothing() -> None:
    one = container(pod("command: [java, -Xmx1g]\nargs: []"))
    assert one.entrypoint is not None
    assert [value(word) for word in one.entrypoint] == ["java", "-Xmx1g"]
    assert one.command is None


# ---- volumes and files


def test_volumes_in_memory_are_known_with_their_size() -> None:
    one = container(
        pod("""
            volumeMounts:
            - {name: sized, mountPath: /a}
            - {name: open, mountPath: /b}
            - {name: disk, mountPath: /c}
            - {name: cfg, mountPath: /d}
        """)
        + "  volumes:\n  - {name: sized, emptyDir: {medium: Memory, sizeLimit: 64Mi}}\n  - {name: open, emptyDir: {medium: Memory}}\n"
        "  - {name: disk, emptyDir: {}}\n  - {name: cfg, configMap: {name: x}}\n"
    )
    assert [(mount.target, mount.memory, value(mount.size), mount.kind) for mount in one.mounts] == [
        ("/a", True, 64 * MIB, "emptyDir"),
        ("/b", True, None, "emptyDir"),
        ("/c", False, None, "emptyDir"),
        ("/d", False, None, "configMap"),
    ]


@pytest.mark.parametrize(
    ("mount", "volume", "paths"),
    [
        ("{name: v, mountPath: /etc/trino}", "{name: v, configMap: {name: settings}}", {"/etc/trino/HEAP", "/etc/trino/jvm.config"}),
        ("{name: v, mountPath: /etc/j, subPath: jvm.config}", "{name: v, configMap: {name: settings}}", {"/etc/j"}),
        ("{name: v, mountPath: /e}", "{name: v, configMap: {name: settings, items: [{key: jvm.config, path: a/b}]}}", {"/e/a/b"}),
        ("{name: v, mountPath: /e}", "{name: v, projected: {sources: [{configMap: {name: settings}}]}}", {"/e/HEAP", "/e/jvm.config"}),
    ],
)
def test_a_config_map_lies_where_it_is_mounted(mount: str, volume: str, paths: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    specs = []
    plain = kubernetes.join
    monkeypatch.setattr(kubernetes, "join", lambda spec, given: specs.append(spec) or plain(spec, given))
    container({"pod.yaml": pod(f"volumeMounts: [{mount}]") + f"  volumes: [{volume}]\n", "config.yaml": CONFIG})
    assert set(specs[0].inline_files) == paths
    texts = {file.text for file in specs[0].inline_files.values()}
    assert "-server\n-Xmx8G\n" in texts


# ---- editing


@pytest.mark.parametrize(
    ("body", "setting", "changed"),
    [
        ("resources:\n  limits:\n    memory: 1Gi  # why", "limit", "resources:\n  limits:\n    memory: 2Gi  # why"),
        ("resources:\n  limits:\n    cpu: 1", "limit", "resources:\n  limits:\n    cpu: 1\n    memory: 2Gi"),
        ("resources:\n  requests:\n    memory: 1Gi", "limit", "resources:\n  requests:\n    memory: 1Gi\n  limits:\n    memory: 2Gi"),
        ("resources: {}", "limit", "resources: {limits: {memory: 2Gi}}"),
        ("imagePullPolicy: Always", "limit", "imagePullPolicy: Always\nresources:\n  limits:\n    memory: 2Gi"),
        ("imagePullPolicy: Always", "request", "imagePullPolicy: Always\nresources:\n  requests:\n    memory: 2Gi"),
    ],
)
def test_a_setting_is_written_where_it_belongs(body: str, setting: str, changed: str) -> None:
    text = pod(body)
    one = container(text)
    assert one.editor is not None
    edits = one.editor.set(setting, "2Gi")
    assert edits is not None
    for edit in edits:
        text = text[: edit.start] + edit.text + text[edit.end :]
    assert text == pod(changed)


@pytest.mark.parametrize(
    "body", ["resources: {limits: {cpu: 1}}", "resources: &shared\n  limits:\n    cpu: 1", 'resources:\n  limits:\n    memory: "{{ .x }}"']
)
def test_what_cannot_be_edited_safely_is_refused(body: str) -> None:
    one = container(pod(body))
    assert one.editor is not None
    edits = one.editor.set("limit", "2Gi")
    assert edits is None or "&shared" in body


def test_amounts_are_written_as_kubernetes_writes_them() -> None:
    editor = container(pod("env: []")).editor
    assert editor is not None
    assert [editor.amount(size) for size in (1 << 30, 768 * MIB, 1000)] == ["1Gi", "768Mi", "1000"]


# ---- beside the pod


def test_priority_comes_from_the_class() -> None:
    spec = "  priorityClassName: {name}\n"
    files = {
        "pod.yaml": pod("env: []") + spec.format(name="high"),
        "class.yaml": "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\nvalue: 1000\n",
    }
    assert value(workload(files).priority) == 1000
    assert value(workload(pod("env: []") + spec.format(name="system-cluster-critical")).priority) == 2_000_000_000
    assert isinstance(workload(pod("env: []") + spec.format(name="elsewhere")).priority, Unknown)
    assert workload(pod("env: []")).priority is None


def test_autoscalers_know_their_target() -> None:
    found = read("""
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: x}]}}}
        ---
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: h}
        spec:
          scaleTargetRef: {kind: Deployment, name: web}
          maxReplicas: 7
          metrics:
          - {type: Resource, resource: {name: memory, target: {type: Utilization, averageUtilization: 80}}}
        ---
        apiVersion: autoscaling/v2beta1
        kind: HorizontalPodAutoscaler
        metadata: {name: old}
        spec:
          scaleTargetRef: {kind: Deployment, name: web}
          maxReplicas: 7
          metrics: [{type: Resource, resource: {name: memory, targetAverageUtilization: 70}}]
        ---
        apiVersion: autoscaling.k8s.io/v1
        kind: VerticalPodAutoscaler
        metadata: {name: v}
        spec:
          targetRef: {kind: Deployment, name: web}
          updatePolicy: {updateMode: "Off"}
        ---
        apiVersion: policy/v1
        kind: PodDisruptionBudget
        metadata: {name: b}
        spec: {selector: {matchLabels: {app: web}}}
    """)
    horizontal, old, vertical = found.autoscalers
    assert (value(horizontal.memory_utilization), value(horizontal.max_replicas), horizontal.controls_cpu) == (80, 7, False)
    assert value(old.memory_utilization) == 70
    assert horizontal.workload is found.workloads[0]
    assert (vertical.controls_memory, vertical.acts) == (True, False)
    assert found.disruption_budgets[0].workloads == (found.workloads[0],)


def test_alerts_are_read() -> None:
    found = read("""
        apiVersion: monitoring.coreos.com/v1
        kind: PrometheusRule
        metadata: {name: r}
        spec: {groups: [{name: g, rules: [{alert: A, expr: container_memory_usage_bytes > 1}]}]}
    """)
    assert [(alert.name, alert.expression) for alert in found.alerts] == [("A", "container_memory_usage_bytes > 1")]


# ---- labelled containers of real repositories


def labelled() -> list[Any]:
    rows = [json.loads(line) for line in LABELS.read_text().splitlines()] if LABELS.exists() else []
    return [row for row in rows if row["source"] != "compose"]


@pytest.mark.parametrize("row", labelled(), ids=lambda row: f"{row['id']}-{row['container']}")
def test_a_labelled_container_is_read_as_labelled(row: dict[str, Any], shared: Path) -> None:
    path = shared / "corpus" / row["file"]
    if not path.exists():
        pytest.skip(f"{row['file']} is not here")
    found = [
        (one, item)
        for one in read({row["file"]: path.read_text()}).workloads
        for item in one.containers
        if item.at.line == row["line"] or item.name == row["container"].partition(" ")[0]
    ]
    one, item = next(((one, item) for one, item in found if item.at.line == row["line"]), found[0])
    assert value(item.limit) == row["mem_limit_bytes"]
    assert value(item.request) == (row["mem_request_bytes"] or row["mem_limit_bytes"])
    if row["qos"] is not None:
        assert one.qos == row["qos"]


# ---- no text makes the reader raise

WORDS = st.sampled_from(
    [
        "apiVersion: v1\n", "kind: Pod\n", "kind: List\n", "kind: Deployment\n", "kind: LimitRange\n", "kind: Kafka\n", "metadata:\n", "  name: a\n", "spec:\n",
        "  containers:\n", "  - name: c\n", "    image: x\n", "    resources:\n", "      limits:\n", "        memory: ", "512m\n", "${X}\n", "{{ x }}\n", "null\n",
        "    env:\n", "    - name: A\n", "      value: $(A\n", "&a ", "*a ", "<<: *a\n", "- ", "[", "]", "{", "}", ": ", "\n", "---\n", "\t", "'", '"', "é", "items:\n",
        "  template:\n", "    spec:\n", "  limits:\n", "  - type: Container\n", "    default: {memory: 1}\n", "  volumes: 3\n", "    command: {a: b}\n",
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, max_size=40).map("".join))
def test_no_manifest_makes_the_reader_raise(text: str) -> None:
    given_inputs = inputs({"a.yaml": "apiVersion: v1\nkind: Pod\n" + text})
    size = len(given_inputs.by_kind["kubernetes"][0].text)
    for one in kubernetes.collect(given_inputs).workloads:
        spans: list[Span] = [one.at, *(item.at for item in one.containers)]
        spans += [seen.at for item in one.containers for seen in item.observations]
        spans += [item.limit.origin.span for item in one.containers if isinstance(item.limit, Known)]
        assert all(0 <= span.start <= span.end <= size for span in spans)


BODY = """apiVersion: v1
kind: Pod
metadata:
  name: p
spec:
  containers:
  - name: c
    image: x
    command: {0}
    env: {1}
    volumeMounts: {2}
    resources: {3}
  volumes: {4}
  priorityClassName: {5}
  terminationGracePeriodSeconds: {6}
  overhead: {7}
"""
VALUES = st.sampled_from(
    ["1", "null", "[]", "{}", "[1]", "[[]]", "[{}]", "[{name: {}}]", "{limits: 1}", "{limits: {memory: {}}}", "{limits: {memory: []}}", "{requests: [1]}", "text",
     "[{name: A, valueFrom: 3}]", "[{name: A, valueFrom: {resourceFieldRef: {resource: x, divisor: y}}}]", "[{name: v, mountPath: /a}]", "[{name: v, emptyDir: 3}]",
     "[{name: v, emptyDir: {medium: Memory, sizeLimit: {}}}]", "{memory: x}", "'$(A)$(B'", "[a, {b: c}, '$(A)']", "{limits: {hugepages-x: 1, hugepages-2Mi: 3}}"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(VALUES, min_size=8, max_size=8))
def test_no_value_makes_the_reader_raise(values: list[str]) -> None:
    (one,) = read({"a.yaml": BODY.format(*values)}).workloads
    assert one.containers[0].name == "c"


# ---- generated by a kustomization


def test_a_kustomization_generates_config_maps(monkeypatch: pytest.MonkeyPatch) -> None:
    given_inputs = inputs(
        {
            "base/pod.yaml": pod("""
                envFrom: [{configMapRef: {name: settings}}]
                env: [{name: TOKEN, valueFrom: {secretKeyRef: {name: password, key: token}}}]
                volumeMounts: [{name: v, mountPath: /etc/j}]
            """)
            + "  volumes: [{name: v, configMap: {name: files}}]\n"
        }
    )
    kustomization = """
        configMapGenerator:
        - {name: settings, literals: [A=b, 'JAVA_TOOL_OPTIONS="-Xmx1g"'], envs: [more.env]}
        - {name: files, files: [jvm.config, other=conf/x]}
        secretGenerator:
        - {name: password, literals: [token=s3cret]}
    """
    beside = inputs({"base/kustomization.yaml": kustomization, "base/more.env": "# none\nC=d\n", "base/jvm.config": "-Xmx8G\n"})
    given_inputs.by_kind = {**given_inputs.by_kind, "kustomization": [beside.by_kind["kubernetes"][0]]}
    given_inputs.lookup = beside.lookup
    specs = []
    plain = kubernetes.join
    monkeypatch.setattr(kubernetes, "join", lambda spec, run: specs.append(spec) or plain(spec, run))
    (one,) = kubernetes.collect(given_inputs).workloads
    env = one.containers[0].env
    assert {name: value(text) for name, text in env.items()} == {
        "A": "b",
        "JAVA_TOOL_OPTIONS": "-Xmx1g",
        "C": "d",
        "TOKEN": "from Secret password",
    }
    assert specs[0].config_files == {"/etc/j/jvm.config": "base/jvm.config"}
    origin = env["C"]
    assert isinstance(origin, Known)
    assert (origin.origin.span.path, origin.origin.span.line, origin.origin.span.column) == ("base/more.env", 2, 3)


def test_variables_from_elsewhere_make_the_bill_less_sure() -> None:
    sure = container({"pod.yaml": pod("envFrom: [{configMapRef: {name: settings}}]"), "config.yaml": CONFIG})
    unsure = container(pod("envFrom: [{configMapRef: {name: elsewhere}}]"))
    assert [str(one.confidence) for one in (sure, unsure)] == ["high", "medium"]
