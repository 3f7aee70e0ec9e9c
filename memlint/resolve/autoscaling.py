"""Objects about workloads: autoscalers, disruption budgets and alerts, each with the workload of the files that it means."""

from typing import TYPE_CHECKING, Final

from memlint.model import AlertRule, Amount, Autoscaler, DisruptionBudget, Known, Observation, Origin, Problem, Unknown, Workload
from memlint.resolve import quantities
from memlint.resolve.inputs import Inputs
from memlint.resolve.objects import Objects, telling
from memlint.sources import scalars
from memlint.sources.kubernetes import Object, mappings, strings
from memlint.sources.tree import Mapping, Node, Scalar

if TYPE_CHECKING:
    from memlint.resolve.kubernetes import Cluster


MAX_SELECTED: Final = 1_000_000  # workloads that all disruption budgets of a run are compared with


class Built:
    """The workloads of the files with the objects that they were read from."""

    def __init__(self, pairs: list[tuple[Object, Workload]]) -> None:
        self._of: dict[int, list[Workload]] = {}
        self._labelled: dict[tuple[str, str], list[tuple[Object, Workload]]] = {}
        self.looked = 0
        for owner, workload in pairs:
            self._of.setdefault(id(owner), []).append(workload)
            for label in workload.labels.items():
                self._labelled.setdefault(label, []).append((owner, workload))

    def made_by(self, owner: Object | None) -> Workload | None:
        """Return the one workload of an object."""
        found = [workload for workload in self._of.get(id(owner), ()) if not workload.partial]
        return found[0] if len(found) == 1 else None

    def selected(self, selector: dict[str, str]) -> list[tuple[Object, Workload]]:
        """Return the workloads whose pods have these labels; an empty selector means none here."""
        if not selector:
            return []
        rarest = min((self._labelled.get(label, []) for label in selector.items()), key=len)
        self.looked += len(rarest)
        return [(owner, one) for owner, one in rarest if selector.items() <= one.labels.items()]


def add(cluster: "Cluster", pairs: list[tuple[Object, Workload]], objects: Objects, inputs: Inputs) -> None:
    """Put the autoscalers, disruption budgets and alerts of the files into the cluster."""
    built = Built(pairs)
    for owner, workload in pairs:
        if space := telling(owner.namespace):
            inputs.ties.has.update(("label", space, *label) for label in workload.labels.items())
    for thing in objects.of("HorizontalPodAutoscaler"):
        cluster.autoscalers.append(_horizontal(thing, built, objects, inputs.observations))
    for thing in objects.of("ScaledObject"):
        cluster.autoscalers.append(_scaled(thing, built, objects, inputs.observations))
    for thing in objects.of("VerticalPodAutoscaler"):
        cluster.autoscalers.append(_vertical(thing, built, objects))
    for thing in objects.of("PodDisruptionBudget"):
        selector = strings(thing.node.mapping("spec", "selector", "matchLabels"))
        if telling(thing.namespace) and selector:
            inputs.ties.asked.add(("label", telling(thing.namespace), *next(iter(selector.items()))))
        chosen = tuple(workload for owner, workload in built.selected(selector) if objects.together(thing, owner))
        if built.looked > MAX_SELECTED:
            what = f"the disruption budgets of this run select workloads more than {MAX_SELECTED} times: memlint looks at no more of them"
            inputs.problems.append(Problem(thing.at.path, what, thing.at.line, thing.at.column))
            break
        cluster.disruption_budgets.append(DisruptionBudget(thing.name, thing.namespace, selector, thing.at, chosen))
    for thing in objects.of("PrometheusRule"):
        cluster.alerts.extend(_alerts(thing))


def _target(reference: Mapping | None, default_kind: str = "") -> tuple[str, str]:
    if reference is None:
        return default_kind, ""
    return reference.text("kind") or default_kind, reference.text("name") or ""


def _workload(thing: Object, target: tuple[str, str], built: Built, objects: Objects) -> Workload | None:
    kind, name = target
    if not name:
        return None
    return built.made_by(objects.named(kind, name, thing))


def _horizontal(thing: Object, built: Built, objects: Objects, seen: list[Observation]) -> Autoscaler:
    spec = thing.node.mapping("spec")
    target = _target(spec.mapping("scaleTargetRef") if spec is not None else None)
    utilization: Amount = None
    average: Amount = None
    container = None
    controls: set[str] = set()
    for metric in mappings(spec.sequence("metrics")) if spec is not None else ():
        source = metric.mapping("resource") or metric.mapping("containerResource")
        if source is None:
            continue
        resource = source.text("name") or ""
        controls.add(resource)
        if resource == "memory":
            # autoscaling/v2beta1 has the targets beside the name, v2 below `target`.
            goal = source.mapping("target") or source
            utilization = _whole(goal.get("averageUtilization") or source.get("targetAverageUtilization"), "averageUtilization")
            value = goal.get("averageValue") or source.get("targetAverageValue")
            average = quantities.read(value, "memory averageValue", seen, thing.parameters) if value is not None else None
            container = source.text("container")
    if spec is not None and spec.get("targetCPUUtilizationPercentage") is not None:
        controls.add("cpu")
    return Autoscaler(
        kind=thing.kind,
        name=thing.name,
        namespace=thing.namespace,
        target=target,
        at=thing.at,
        memory_utilization=utilization,
        controls_memory="memory" in controls,
        controls_cpu="cpu" in controls,
        max_replicas=_whole(spec.get("maxReplicas") if spec is not None else None, "maxReplicas"),
        memory_average=average,
        container=container,
        workload=_workload(thing, target, built, objects),
    )


def _scaled(thing: Object, built: Built, objects: Objects, seen: list[Observation]) -> Autoscaler:
    """Read KEDA's ScaledObject: triggers of type cpu and memory become an HPA's resource metrics."""
    spec = thing.node.mapping("spec")
    target = _target(spec.mapping("scaleTargetRef") if spec is not None else None, "Deployment")
    utilization: Amount = None
    average: Amount = None
    kinds: set[str] = set()
    for trigger in mappings(spec.sequence("triggers")) if spec is not None else ():
        kind = trigger.text("type") or ""
        kinds.add(kind)
        if kind == "memory":
            value = trigger.scalar("metadata", "value")
            metric = trigger.text("metricType") or trigger.text("metadata", "type") or "Utilization"
            if value is not None and metric == "Utilization":
                utilization = _whole(value, "memory Utilization")
            elif value is not None:
                average = quantities.read(value, "memory value", seen, thing.parameters)
    return Autoscaler(
        kind=thing.kind,
        name=thing.name,
        namespace=thing.namespace,
        target=target,
        at=thing.at,
        memory_utilization=utilization,
        controls_memory="memory" in kinds,
        controls_cpu="cpu" in kinds,
        max_replicas=_whole(spec.get("maxReplicaCount") if spec is not None else None, "maxReplicaCount"),
        memory_average=average,
        workload=_workload(thing, target, built, objects),
    )


def _vertical(thing: Object, built: Built, objects: Objects) -> Autoscaler:
    spec = thing.node.mapping("spec")
    target = _target(spec.mapping("targetRef") if spec is not None else None)
    mode = spec.scalar("updatePolicy", "updateMode") if spec is not None else None
    controlled: set[str] = set()
    policies = mappings(spec.sequence("resourcePolicy", "containerPolicies")) if spec is not None else []
    for policy in policies:
        if policy.text("mode") == "Off":
            continue
        named = policy.sequence("controlledResources")
        controlled.update(item.value for item in named.items if isinstance(item, Scalar)) if named is not None else controlled.update(
            ("cpu", "memory")
        )
    # Containers that no policy names are controlled in full, unless the policies speak for all of them.
    if not any(policy.text("containerName") == "*" for policy in policies) and not policies:
        controlled = {"cpu", "memory"}
    return Autoscaler(
        kind=thing.kind,
        name=thing.name,
        namespace=thing.namespace,
        target=target,
        at=thing.at,
        controls_memory="memory" in controlled,
        controls_cpu="cpu" in controlled,
        # YAML 1.1 makes a bare Off a boolean, which the API refuses; people quote it.
        update_mode=mode.known("updateMode") if mode is not None else None,
        workload=_workload(thing, target, built, objects),
    )


def _whole(node: Node | None, how: str) -> Amount:
    if node is None or scalars.is_null(node):
        return None
    origin = Origin(node.span, how)
    text = node.value if isinstance(node, Scalar) else ""
    value = scalars.kubernetes(node) if isinstance(node, Scalar) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return Known(value, origin)
    if isinstance(value, str) and value.isdigit():
        return Known(int(value), origin)
    return Unknown(quantities.placeholder(text) or "it is no whole number", origin)


def _alerts(thing: Object) -> list[AlertRule]:
    found = []
    for group in mappings(thing.node.sequence("spec", "groups")):
        for rule in mappings(group.sequence("rules")):
            expression = rule.scalar("expr")
            if expression is not None:
                found.append(AlertRule(rule.text("alert") or rule.text("record") or "", expression.value, expression.span))
    return found
