"""Kubernetes objects become workloads: pods with all that the API, a LimitRange and the other objects of the set add to them."""

from functools import partial
from typing import Final

from memlint import quantity
from memlint.model import (
    AlertRule,
    Amount,
    Autoscaler,
    Confidence,
    Container,
    DisruptionBudget,
    Known,
    Mount,
    Observation,
    Origin,
    Probe,
    Severity,
    Span,
    Text,
    Unknown,
    Workload,
)
from memlint.quantity import human
from memlint.resolve import editing_kubernetes, pod_environment, qos, quantities, unexpanded
from memlint.resolve.admission import Admission
from memlint.resolve.config_maps import ConfigMaps
from memlint.resolve.doubt import doubted
from memlint.resolve.editing_kubernetes import ContainerEditor
from memlint.resolve.inputs import Inputs
from memlint.resolve.objects import Made, Objects, PodSource
from memlint.resolve.process import InlineFile, RunSpec, join
from memlint.resolve.qos import Claimant, Pod, Value
from memlint.sources import kubernetes, scalars
from memlint.sources.kubernetes import Object, mappings, strings
from memlint.sources.tree import Mapping, Node, Scalar

_PRIORITIES: Final = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
_REPLICAS: Final = {
    "Deployment": "replicas", "StatefulSet": "replicas", "ReplicaSet": "replicas", "ReplicationController": "replicas", "Job": "parallelism",
}  # fmt: skip
_GROUPS: Final = (("initContainers", "init"), ("containers", "main"), ("ephemeralContainers", "ephemeral"))
_VOLUMES: Final = {
    "configMap": "configMap", "secret": "secret", "hostPath": "hostPath", "persistentVolumeClaim": "pvc", "projected": "projected",
    "downwardAPI": "downwardAPI", "csi": "csi", "nfs": "nfs", "ephemeral": "pvc", "emptyDir": "emptyDir",
}  # fmt: skip
_PROBES: Final = {"livenessProbe": "liveness", "readinessProbe": "readiness", "startupProbe": "startup"}
_HOOKS: Final = ("postStart", "preStop")


class Cluster:
    """What the Kubernetes files of a run hold, joined."""

    def __init__(self) -> None:
        self.workloads: list[Workload] = []
        self.autoscalers: list[Autoscaler] = []
        self.disruption_budgets: list[DisruptionBudget] = []
        self.alerts: list[AlertRule] = []


def collect(inputs: Inputs) -> Cluster:
    """Return the workloads of the Kubernetes files and chart values, and what autoscales, protects and watches them."""
    from memlint.resolve import autoscaling

    objects = Objects(inputs)
    admission = Admission(objects)
    configs = ConfigMaps(objects, inputs)
    cluster = Cluster()
    built: list[tuple[Object, Workload]] = []
    for thing in list(objects.all):  # a copy: a ConfigMap that a pod names is read, and added, on the way
        built += ((thing, _Reader(thing, spec, objects, admission, configs, inputs).workload()) for spec in _pods(thing, inputs))
    cluster.workloads = [workload for _, workload in built]
    autoscaling.add(cluster, built, objects, inputs)
    if inputs.sources("helm-values") or objects.of("HelmRelease"):
        from memlint.resolve import helm

        cluster.workloads += helm.workloads(inputs)
        for thing in objects.of("HelmRelease"):
            values = thing.node.mapping("spec", "values")
            if values is not None:
                cluster.workloads += helm.components(values, thing.name, inputs)
    return cluster


def _pods(thing: Object, inputs: Inputs) -> list[PodSource]:
    path = thing.pod_spec
    if path is not None:
        spec = thing.node.mapping(*path)
        if spec is None:
            return []
        key = _REPLICAS.get(thing.kind)
        replicas = thing.node.mapping("spec")
        number = replicas.get(key) if replicas is not None and key else None
        return [PodSource(thing.name, thing.at, spec, thing.node.mapping(*path[:-1], "metadata"), number)]
    if (
        thing.kind in kubernetes.SUPPORT
        or thing.kind in kubernetes.BY_NAME
        or (thing.kind in kubernetes.PODLESS and thing.group in ("", "core"))
    ):
        return []
    from memlint.resolve import custom_resources

    return custom_resources.pods(thing, inputs)


class _Reader:
    """Reads one pod."""

    def __init__(
        self, thing: Object, source: PodSource, objects: Objects, admission: Admission, configs: ConfigMaps, inputs: Inputs
    ) -> None:
        self.thing = thing
        self.source = source
        self.objects = objects
        self.admission = admission
        self.configs = configs
        self.inputs = inputs
        self.seen: list[Observation] = []  # about the pod as a whole
        self.noticed: dict[int, list[Observation]] = {}  # about a container, by its claimant
        self.nodes: list[tuple[Mapping, Claimant]] = []
        self.volumes = self._volumes()
        self.memory_volumes = self._memory_volumes()

    def workload(self) -> Workload:
        thing, source, spec = self.thing, self.source, self.source.spec
        pod = Pod([])
        if spec is not None:
            self._claims(spec, pod)
        for node, resources in source.containers:
            claimant = Claimant(self._called(node), "main", node.span)
            self._resources(resources, "resources", claimant, self._notes(claimant))
            pod.containers.append(claimant)
            self.nodes.append((node, claimant))
        if source.made is not None:
            self._made(source.made, pod)
        qos.requests_from_limits(pod)
        self.admission.fill(pod, thing)
        qos.pod_defaults(pod)
        quality, broken_by = qos.quality(pod)
        partial = self._partial()
        request, limit = qos.effective(pod, "requests"), qos.effective(pod, "limits")
        priority_class = self._text(spec, "priorityClassName", "priorityClassName")
        grace = self._number(spec, "terminationGracePeriodSeconds", "terminationGracePeriodSeconds")
        shared = spec is not None and (scalars.is_true(spec.get("shareProcessNamespace")) or scalars.is_true(spec.get("hostPID")))
        replicas = self._amount(source.replicas, "replicas")
        refused = [] if partial else self.admission.judge(pod, thing, request, limit, replicas, source.at)
        # Rules about amounts look at containers: what is wrong with an amount of the pod or its namespace is told with the first one.
        if self.nodes:
            self._notes(self.nodes[0][1]).extend((*self.seen, *self.admission.seen))
            self.seen, self.admission.seen = [], []
        containers = tuple(self._container(node, claimant, pod, quality, priority_class, shared, grace) for node, claimant in self.nodes)
        labels = strings(source.metadata.mapping("labels")) if source.metadata is not None else {}
        return Workload(
            name=source.name,
            kind=thing.kind,
            at=source.at,
            containers=containers,
            namespace=thing.namespace,
            labels={**strings(thing.node.mapping("metadata", "labels")), **labels},
            annotations={**strings(thing.node.mapping("metadata", "annotations")), **self._annotations()},
            replicas=replicas,
            qos=None if partial else quality,
            qos_broken_by=() if partial else broken_by,
            request=request,
            limit=limit,
            priority=self._priority(spec, priority_class),
            priority_class=priority_class,
            share_processes=shared,
            restart=self._text(spec, "restartPolicy", "restartPolicy"),
            grace=grace,
            partial=partial,
            observations=tuple(refused),
        )

    def _called(self, node: Mapping) -> str:
        """Return the name of a container; one that has none, as Knative and Argo allow, goes by that of its workload."""
        return node.text("name") or self.source.name or self.thing.kind

    def _annotations(self) -> dict[str, str]:
        return strings(self.source.metadata.mapping("annotations")) if self.source.metadata is not None else {}

    def _partial(self) -> bool:
        """Say whether this is a patch: no API server takes a container without an image, or a Deployment without a selector's labels."""
        if self.source.made is not None:
            return False
        return any(claimant.role != "ephemeral" and node.get("image") is None for node, claimant in self.nodes) or not self.nodes

    # ---- what the pod claims

    def _claims(self, spec: Mapping, pod: Pod) -> None:
        for group, role in _GROUPS:
            for node in mappings(spec.sequence(group)):
                kind = "sidecar" if role == "init" and node.text("restartPolicy") == "Always" else role
                claimant = Claimant(self._called(node), kind, node.span)
                if role != "ephemeral":
                    self._resources(node.mapping("resources"), "resources", claimant, self._notes(claimant))
                pod.containers.append(claimant)
                self.nodes.append((node, claimant))
        whole = spec.mapping("resources")
        if whole is not None and spec.sequence("containers") is not None:
            claimant = Claimant("", "pod", whole.span)
            self._resources(whole, "spec.resources", claimant, self.seen)
            if claimant.limits or claimant.requests:
                pod.whole = claimant
        overhead = spec.mapping("overhead") or self._overhead(spec)
        if overhead is not None:
            pod.overhead = self._list(overhead, "overhead", self.seen)

    def _notes(self, claimant: Claimant) -> list[Observation]:
        return self.noticed.setdefault(id(claimant), [])

    def _overhead(self, spec: Mapping) -> Mapping | None:
        name = spec.text("runtimeClassName")
        thing = self.objects.named("RuntimeClass", name, self.thing) if name else None
        return thing.node.mapping("overhead", "podFixed") if thing is not None else None

    def _resources(self, resources: Mapping | None, how: str, claimant: Claimant, seen: list[Observation]) -> None:
        if resources is None:
            return
        claimant.limits = self._list(resources.get("limits"), f"{how}.limits", seen)
        claimant.requests = self._list(resources.get("requests"), f"{how}.requests", seen)
        _huge_pages(claimant, how, seen)

    def _list(self, values: Node | None, how: str, seen: list[Observation]) -> dict[str, Value]:
        found: dict[str, Value] = {}
        if isinstance(values, Mapping):
            for key, value in values.items():
                resource = key.value
                if resource in ("cpu", "memory") or resource.startswith("hugepages-"):
                    scale = 1000 if resource == "cpu" else 1
                    found[resource] = quantities.read(value, f"{how}.{resource}", seen, self.thing.parameters, scale)
        elif values is not None and not scalars.is_null(values):
            why = quantities.placeholder(values.source.text[values.start : values.end], self.thing.parameters)
            if why is not None:
                found["memory"] = found["cpu"] = Unknown(why, Origin(values.span, how))
        return found

    def _made(self, made: Made, pod: Pod) -> None:
        """Put what an operator fills in over the container that the object's pod template names, or add that container."""
        claimant = next((one for one in pod.containers if one.name == made.container and one.role == "main"), None)
        if claimant is None:
            claimant = Claimant(made.container, "main", made.at)
            pod.containers.append(claimant)
            self.nodes.append((made.node, claimant))
        elif made.replaces:
            claimant.at, claimant.limits, claimant.requests = made.at, {}, {}
        own = Claimant(made.container, "main", made.at)
        notes = self._notes(claimant)
        self._resources(made.resources, "resources", own, notes)
        claimant.limits.update({**own.limits, **made.limits})
        claimant.requests.update({**own.requests, **made.requests})
        if not claimant.limits and not claimant.requests:
            claimant.limits, claimant.requests = dict(made.defaults[0]), dict(made.defaults[1])
        notes.extend(made.observations)

    # ---- one container

    def _container(
        self,
        node: Mapping,
        claimant: Claimant,
        pod: Pod,
        quality: str | None,
        priority_class: Text,
        shared: bool,
        grace: Amount,
    ) -> Container:
        made = self.source.made
        if made is not None and made.container != claimant.name:
            made = None
        limit = _bound(claimant.limits.get("memory"))
        if limit is None and pod.whole is not None:
            limit = _of_the_pod(pod.whole.limits.get("memory"))
        request = _bound(claimant.requests.get("memory"))
        cpu_limit, cpu_request = _bound(claimant.limits.get("cpu")), _bound(claimant.requests.get("cpu"))
        env = pod_environment.environment(node, self.thing, self.configs, self._lookup(pod, claimant))
        entrypoint = pod_environment.words(node.get("command"), "command", self.thing, env)
        command = pod_environment.words(node.get("args"), "args", self.thing, env)
        image = self._text(node, "image", "image")
        if made is not None:
            if entrypoint is None and made.command is not None:
                entrypoint = made.command.under(limit)
            image = made.image if image is None else image
        mounts, inline, files = self._mounts(node)
        process = join(
            RunSpec(
                platform="kubernetes",
                name=claimant.name,
                workload=self.source.name,
                path=self.thing.source.path,
                at=claimant.at,
                image_reference=image,
                image=None,
                entrypoint=entrypoint,
                command=command,
                env=env,
                limit=limit,
                request=request,
                cpu_limit=cpu_limit,
                cpu_request=cpu_request,
                share_processes=shared,
                workdir=self._text(node, "workingDir", "workingDir"),
                mounts=mounts,
                config_files=files,
                inline_files=inline,
            ),
            self.inputs,
        )
        confidence = self.source.confidence
        if confidence is Confidence.HIGH and pod_environment.open_ended(node, self.thing, self.configs):
            confidence = Confidence.MEDIUM
        process = doubted(process, confidence)
        notes = [*self._notes(claimant), *unexpanded.observations(process, env, image)]
        return Container(
            name=claimant.name,
            at=claimant.at,
            role=claimant.role,
            image=image,
            entrypoint=entrypoint,
            command=command,
            process=process,
            env=env,
            limit=limit,
            request=request,
            cpu_limit=cpu_limit,
            cpu_request=cpu_request,
            oom_score_adj=self._score(pod, claimant, quality, priority_class),
            mounts=mounts,
            probes=self._probes(node),
            stop_timeout=grace,
            resize_policy=_resize_policy(node),
            confidence=confidence,
            observations=tuple(notes),
            editor=ContainerEditor(node, node.mapping("resources")) if made is None else ContainerEditor(None, made.resources),
        )

    def _score(self, pod: Pod, claimant: Claimant, quality: str | None, priority_class: Text) -> Amount:
        memory = self.inputs.node_memory
        if memory is None or claimant.role == "ephemeral":
            return None
        name = priority_class.value if isinstance(priority_class, Known) else None
        score = qos.oom_score_adj(pod, claimant, quality, memory, name)
        origin = Origin(claimant.at, f"the kubelet's value for {quality or 'this pod'} on a node of {human(memory)}")
        return Unknown("its request or its QoS class cannot be known", origin) if score is None else Known(score, origin)

    def _lookup(self, pod: Pod, own: Claimant) -> pod_environment.FromResources:
        def find(resource: str, container: str | None) -> Amount:
            which, _, name = resource.partition(".")
            claimant = own if container is None else next((one for one in pod.containers if one.name == container), None)
            if claimant is None or which not in ("limits", "requests"):
                return Unknown(f"there is no {resource} of a container {container}")
            value = _bound((claimant.limits if which == "limits" else claimant.requests).get(name))
            if value is None and which == "limits" and pod.whole is not None:
                return _of_the_pod(pod.whole.limits.get(name))
            return value

        return find

    # ---- volumes

    def _volumes(self) -> dict[str, Mapping]:
        spec = self.source.spec
        found = {name: volume for volume in mappings(spec.sequence("volumes")) if (name := volume.text("name"))} if spec is not None else {}
        if self.thing.kind == "StatefulSet":
            for claim in mappings(self.thing.node.sequence("spec", "volumeClaimTemplates")):
                name = claim.text("metadata", "name")
                if name:
                    found.setdefault(name, claim)
        return found

    def _memory_volumes(self) -> dict[str, tuple[Amount, Scalar, Mapping]]:
        """Return the volumes that are held in memory: their sizeLimit, the place that says so, and the volume's own mapping."""
        found: dict[str, tuple[Amount, Scalar, Mapping]] = {}
        for name, volume in self.volumes.items():
            empty = volume.mapping("emptyDir")
            medium = empty.scalar("medium") if empty is not None else None
            if empty is not None and medium is not None and medium.value == "Memory":
                size = empty.get("sizeLimit")
                found[name] = (
                    _bound(quantities.read(size, "sizeLimit", self.seen, self.thing.parameters)) if size is not None else None,
                    medium,
                    empty,
                )
        return found

    def _mounts(self, node: Mapping) -> tuple[tuple[Mount, ...], dict[str, InlineFile], dict[str, str]]:
        mounts: list[Mount] = []
        inline: dict[str, InlineFile] = {}
        files: dict[str, str] = {}
        for item in mappings(node.sequence("volumeMounts")):
            target, name = item.text("mountPath"), item.text("name")
            if not target or not name:
                continue
            volume = self.volumes.get(name)
            mounts.append(self._mount(item, target, name, volume))
            if volume is not None:
                self._inline(volume, target, item.text("subPath"), inline, files)
        return tuple(mounts), inline, files

    def _mount(self, item: Mapping, target: str, name: str, volume: Mapping | None) -> Mount:
        origin = Origin(item.span, "volumeMounts")
        if volume is None:
            return Mount(target, name, False, None, origin)
        if name in self.memory_volumes:
            size, medium, empty = self.memory_volumes[name]
            at = Origin(medium.span, "emptyDir medium: Memory", (origin,))
            return Mount(target, name, True, size, at, "emptyDir", partial(editing_kubernetes.bound, empty))
        kind = next(
            (named for key, named in _VOLUMES.items() if volume.get(key) is not None), "pvc" if volume.mapping("metadata") else "volume"
        )
        return Mount(target, name, False, None, Origin(volume.span, kind, (origin,)), kind)

    def _inline(self, volume: Mapping, target: str, sub_path: str | None, inline: dict[str, InlineFile], files: dict[str, str]) -> None:
        sources = [volume, *mappings(volume.sequence("projected", "sources"))]
        for source in sources:
            reference = source.mapping("configMap")
            name = reference.text("name") if reference is not None else None
            entries = self.configs.entries("ConfigMap", name, self.thing) if name else None
            if reference is None or entries is None:
                continue
            items = mappings(reference.sequence("items"))
            chosen = {item.text("path") or "": item.text("key") or "" for item in items} if items else {key: key for key in entries}
            for path, key in chosen.items():
                value = entries.get(key)
                if not isinstance(value, Known) or (sub_path is not None and sub_path.rstrip("/") != path):
                    continue
                place = target if sub_path is not None else f"{target.rstrip('/')}/{path}"
                if value.origin.via:  # generated from a file of the project
                    files[place] = value.origin.span.path
                else:
                    inline[place] = InlineFile(value.value, value.origin.span)

    # ---- probes and hooks

    def _probes(self, node: Mapping) -> tuple[Probe, ...]:
        found: list[Probe] = []
        for key, kind in _PROBES.items():
            probe = node.mapping(key)
            if probe is not None:
                words = pod_environment.words(probe.sequence("exec", "command"), key, self.thing, {})
                found.append(Probe(kind, words, Origin(probe.span, key)))
        for kind in _HOOKS:
            hook = node.mapping("lifecycle", kind)
            if hook is not None:
                words = pod_environment.words(hook.sequence("exec", "command"), kind, self.thing, {})
                found.append(Probe(kind, words, Origin(hook.span, f"lifecycle.{kind}")))
        return tuple(found)

    # ---- plain values

    def _text(self, holder: Mapping | None, key: str, how: str) -> Text:
        node = holder.get(key) if holder is not None else None
        if node is None or scalars.is_null(node):
            return None
        origin = Origin(node.span, how)
        text = node.value if isinstance(node, Scalar) else node.source.text[node.start : node.end]
        why = quantities.placeholder(text, self.thing.parameters)
        if why is None and not isinstance(node, Scalar):
            why = "it is no text"
        return Unknown(why, origin) if why is not None else Known(text, origin)

    def _number(self, holder: Mapping | None, key: str, how: str) -> Amount:
        return self._amount(holder.get(key) if holder is not None else None, how)

    def _amount(self, node: Node | None, how: str) -> Amount:
        if node is None or scalars.is_null(node):
            return None
        origin = Origin(node.span, how)
        value = scalars.kubernetes(node) if isinstance(node, Scalar) else None
        if isinstance(value, int) and not isinstance(value, bool):
            return Known(value, origin)
        text = node.value if isinstance(node, Scalar) else node.source.text[node.start : node.end]
        return Unknown(quantities.placeholder(text, self.thing.parameters) or "it is no whole number", origin)

    def _priority(self, spec: Mapping | None, priority_class: Text) -> Amount:
        """Return the pod's priority: its class's value, which the API writes into the pod; None where it has the default of 0."""
        if isinstance(priority_class, Unknown):
            return Unknown(priority_class.why, priority_class.origin)
        if priority_class is None:
            self.inputs.ties.asked.add(("default", "PriorityClass"))
            # A cluster has a handful of classes; a tree of thousands must not be looked through for every pod.
            defaults = [thing for thing in self.objects.of("PriorityClass")[:100] if scalars.is_true(thing.node.get("globalDefault"))]
            near = [thing for thing in defaults if self.objects.together(thing, self.thing)]
            return (
                self._amount(near[0].node.get("value"), "PriorityClass globalDefault")
                if len(near) == 1
                else self._number(spec, "priority", "priority")
            )
        built_in = _PRIORITIES.get(priority_class.value)
        if built_in is not None:
            return Known(built_in, priority_class.origin)
        thing = self.objects.named("PriorityClass", priority_class.value, self.thing)
        if thing is None:
            return Unknown(f"PriorityClass {priority_class.value} is not among the files", priority_class.origin)
        value = self._amount(thing.node.get("value"), f"PriorityClass {thing.name}")
        if isinstance(value, Known):
            return Known(value.value, Origin(value.origin.span, value.origin.how, (priority_class.origin,)))
        return value


def _bound(value: Value | None) -> Amount:
    """Return a written amount; 0 sets nothing."""
    return None if isinstance(value, Known) and value.value <= 0 else value


def _of_the_pod(value: Value | None) -> Amount:
    """Return the pod's limit as that of a container without its own: the kubelet writes it into the container's cgroup (container.md 3.2)."""
    if isinstance(value, Known) and value.value > 0:
        return Known(value.value, Origin(value.origin.span, "spec.resources.limits of the pod", (value.origin,)))
    return value if isinstance(value, Unknown) else None


def _resize_policy(node: Mapping) -> Text:
    for policy in mappings(node.sequence("resizePolicy")):
        value = policy.scalar("restartPolicy")
        if policy.text("resourceName") == "memory" and value is not None:
            return value.known("resizePolicy")
    return None


def _huge_pages(claimant: Claimant, how: str, seen: list[Observation]) -> None:
    """Note what pkg/apis/core/validation refuses: huge pages are never overcommitted, and do not come alone."""
    sizes = [name for name in {**claimant.limits, **claimant.requests} if name.startswith("hugepages-")]
    for size in sizes:
        limit, request = claimant.limits.get(size), claimant.requests.get(size)
        if limit is None and isinstance(request, Known):
            seen.append(
                _huge(
                    f"{how}.requests.{size} is set without a limit: Kubernetes demands an equal limit for huge pages", request.origin.span
                )
            )
        elif isinstance(limit, Known) and isinstance(request, Known) and limit.value != request.value:
            message = (
                f"{how}.requests.{size} of {human(request.value)} is not the limit of {human(limit.value)}: "
                "Kubernetes refuses huge pages whose request is not equal to their limit"
            )
            seen.append(_huge(message, request.origin.span))
        page = _page(size)
        value = limit if isinstance(limit, Known) else request
        if page and isinstance(value, Known) and value.value % page:
            message = f"{value.origin.how} of {human(value.value)} is no multiple of the page size of {human(page)}: Kubernetes refuses it"
            seen.append(_huge(message, value.origin.span))
    named = {*claimant.limits, *claimant.requests}
    if sizes and not named & {"cpu", "memory"}:
        first = claimant.limits.get(sizes[0]) or claimant.requests[sizes[0]]
        if first.origin is not None:
            message = f"{how} asks for {sizes[0]} but neither for cpu nor for memory: Kubernetes refuses huge pages without one of them"
            seen.append(_huge(message, first.origin.span))


def _page(size: str) -> int | None:
    """Return the bytes of a page of `hugepages-2Mi`."""
    try:
        return quantity.kubernetes(size.partition("-")[2])
    except quantity.QuantityError:
        return None


def _huge(message: str, at: Span) -> Observation:
    return Observation("hugepages", message, at, severity=Severity.ERROR)
