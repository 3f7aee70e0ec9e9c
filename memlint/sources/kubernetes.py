"""Objects of Kubernetes manifests: what a file holds, lists flattened, names, namespaces, and where a pod's specification stands."""

import re
from collections.abc import Iterator
from typing import Final

from memlint.model import Problem, Span
from memlint.patterns import pattern
from memlint.sources.text import Source
from memlint.sources.tree import Mapping, Node, Scalar, Sequence, Tree

# Where the PodSpec of the built-in kinds stands: (API groups, path).
POD_SPECS: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "Pod": (("",), ("spec",)),
    "PodTemplate": (("",), ("template", "spec")),
    "ReplicationController": (("",), ("spec", "template", "spec")),
    "Deployment": (("apps", "extensions"), ("spec", "template", "spec")),
    "StatefulSet": (("apps",), ("spec", "template", "spec")),
    "DaemonSet": (("apps", "extensions"), ("spec", "template", "spec")),
    "ReplicaSet": (("apps", "extensions"), ("spec", "template", "spec")),
    "Job": (("batch",), ("spec", "template", "spec")),
    "CronJob": (("batch",), ("spec", "jobTemplate", "spec", "template", "spec")),
}
# Kinds that decide about pods beside them.
SUPPORT: Final = frozenset((
    "LimitRange", "ResourceQuota", "PriorityClass", "RuntimeClass", "HorizontalPodAutoscaler", "VerticalPodAutoscaler", "ScaledObject",
    "PodDisruptionBudget", "PrometheusRule", "HelmRelease", "List", "Template", "PodList", "DeploymentList", "StatefulSetList", "DaemonSetList",
    "ReplicaSetList", "JobList", "CronJobList",
))  # fmt: skip
# Read only when a pod names them: repositories hold many, and most are certificates and dashboards.
BY_NAME: Final = frozenset(("ConfigMap", "Secret"))
# Kinds without a pod; a file of these alone is not parsed. Those that other objects name (`kind: User`) stand here too.
PODLESS: Final = frozenset((
    "APIService", "AppProject", "ApplicationSet", "Binding", "Certificate", "CertificateSigningRequest", "ClusterIssuer", "ClusterRole",
    "ClusterRoleBinding", "ControllerRevision", "CSIDriver", "CustomResourceDefinition", "DestinationRule", "Endpoints", "EndpointSlice",
    "Event", "ExternalSecret", "Gateway", "Group", "HTTPRoute", "Ingress", "IngressClass", "Issuer", "Kustomization", "Lease",
    "MutatingWebhookConfiguration", "Namespace", "NetworkPolicy", "Node", "PersistentVolume", "PersistentVolumeClaim", "PodMonitor",
    "PodSecurityPolicy", "Role", "RoleBinding", "Route", "SealedSecret", "SecretStore", "Service", "ServiceAccount", "ServiceEntry",
    "ServiceMonitor", "StorageClass", "User", "ValidatingWebhookConfiguration", "VirtualService", "VolumeSnapshot",
))  # fmt: skip

_NAME = pattern(r"""name["']?\s*:\s*(?:[&!]\S{1,200}\s+)?["']?([\w.-]+)""")
_KIND = pattern(r"""kind["']?\s*:\s*(?:[&!]\S{1,200}\s+)?["']?([A-Za-z]\w*)""")
# Marks of Helm, Jinja and ERB, `{NAME}` and `@name@` as a value, and lines that are nothing but a placeholder.
_TEMPLATE = pattern(r"\{\{|\{%|<%|: (?:\{[A-Z][A-Z0-9_]*\}|@[\w.-]+@)|^[ \t]*[A-Z][A-Z0-9]*_[A-Z0-9_-]+(?:\|.*|[ \t]*)$", re.MULTILINE)
MAX_OBJECTS: Final = 50_000  # of one file


def kinds(text: str) -> set[str]:
    """Return every kind that a text names, without parsing it; more than there are, never fewer."""
    return set(_KIND.findall(text))


def names(text: str) -> set[str]:
    """Return every value of a key `name` of a text, without parsing it; more than its objects have, never fewer."""
    return set(_NAME.findall(text))


def is_template(text: str) -> bool:
    """Say whether a text is filled in by another program before Kubernetes sees it."""
    return _TEMPLATE.search(text) is not None


class Object:
    """One object. `parameters` are those of an OpenShift Template around it: name -> its default, None where it has none."""

    __slots__ = ("group", "kind", "name", "namespace", "node", "parameters", "source")

    def __init__(
        self,
        source: Source,
        node: Mapping,
        group: str,
        kind: str,
        name: str,
        namespace: str | None,
        parameters: dict[str, str | None] | None = None,
    ) -> None:
        self.source = source
        self.node = node
        self.group = group
        self.kind = kind
        self.name = name
        self.namespace = namespace
        self.parameters = parameters

    @property
    def at(self) -> Span:
        """The place of its name; where it has none, of its first line."""
        name = self.node.scalar("metadata", "name") or self.node.scalar("metadata", "generateName")
        return name.span if name is not None and name.value else self.node.span

    @property
    def pod_spec(self) -> tuple[str, ...] | None:
        """The path of the PodSpec, None where the kind is not built in."""
        entry = POD_SPECS.get(self.kind)
        return entry[1] if entry is not None and self.group in entry[0] else None


def objects(tree: Tree) -> Iterator[Object]:
    """Yield the objects of a file; `kind: List` and its like, and OpenShift's `kind: Template`, are opened."""
    pending: list[tuple[Node, dict[str, str | None] | None, int]] = [(node, None, 0) for node in reversed(tree.documents)]
    count = 0
    while pending:
        node, parameters, depth = pending.pop()
        if count >= MAX_OBJECTS:
            what = f"holds more than {MAX_OBJECTS} objects: memlint looks at no more of them"
            tree.problems.append(Problem(tree.source.path, what, node.line, node.column))
            return
        if type(node) is Sequence and depth == 0:  # a stream of JSON objects in one array
            pending.extend((item, parameters, depth + 1) for item in reversed(node.items))
            continue
        if type(node) is not Mapping:
            continue
        kind, version = node.text("kind"), node.text("apiVersion")
        if not kind or version is None:
            continue
        group = version.rpartition("/")[0]
        inner = node.sequence("items") if kind.endswith("List") else None
        if kind == "Template" and group in ("", "template.openshift.io"):
            inner = node.sequence("objects")
            parameters = _parameters(node)
        if inner is not None and depth < 4:
            pending.extend((item, parameters, depth + 1) for item in reversed(inner.items))
            continue
        count += 1
        metadata = node.mapping("metadata")
        name = (metadata.text("name") or metadata.text("generateName") or "") if metadata is not None else ""
        namespace = (metadata.text("namespace") or None) if metadata is not None else None
        yield Object(tree.source, node, group, kind, name, namespace, parameters)


def _parameters(template: Mapping) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for item in template.sequence("parameters") or ():
        if type(item) is Mapping:
            name = item.text("name")
            if name:
                found[name] = item.text("value")
    return found


def strings(node: Mapping | None) -> dict[str, str]:
    """Return the scalars of a mapping as text: labels, annotations, a selector."""
    if node is None:
        return {}
    return {key.value: value.value for key, value in node.items() if type(value) is Scalar}


def mappings(sequence: Sequence | None) -> list[Mapping]:
    """Return the items of a list that are mappings."""
    return [item for item in sequence.items if type(item) is Mapping] if sequence is not None else []
