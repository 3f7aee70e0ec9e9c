"""Everything that one run looks at, joined into a Project. Readers are imported by the kinds of files that there are."""

import posixpath
from typing import Final

from memlint.model import IMAGE_KIND, Container, Project, Unknown, Workload
from memlint.resolve.inputs import Inputs
from memlint.resolve.process import RunSpec, join
from memlint.sources import tree

SCRIPTS: Final = ("shell", "makefile", "workflow", "systemd", "devcontainer", "markdown")


def build(inputs: Inputs) -> Project:
    """Read every file of `inputs`, join them, and return the model. Problems and joins are noted in `inputs`."""
    workloads: list[Workload] = []
    cluster = None
    for source in inputs.sources("other"):
        inputs.problems.extend(tree.read(source).problems)
    scripts = any(inputs.sources(kind) for kind in SCRIPTS)
    if scripts:
        from memlint.resolve import docker_run

        for reference, built in docker_run.builds(inputs):
            inputs.images.register(reference, built.dockerfile, built.target, built.args, built.confidence, built.origin, built.context)
    if any(inputs.sources(kind) for kind in ("dockerfile", "skaffold", "bake", "workflow")):
        from memlint.resolve import image_names

        image_names.register(inputs)
    if inputs.sources("compose"):
        from memlint.resolve import compose

        workloads += compose.workloads(inputs)
    if inputs.sources("kubernetes") or inputs.sources("helm-values"):
        from memlint.resolve import kubernetes

        cluster = kubernetes.collect(inputs)
        workloads += cluster.workloads
    if scripts:
        workloads += docker_run.workloads(inputs)
    workloads += _unused_images(inputs, workloads)
    workloads.sort(key=lambda workload: (workload.at.path, workload.at.start, workload.name))
    return Project(
        workloads=tuple(workloads),
        images=tuple(inputs.images.built()) if inputs.sources("dockerfile") else (),
        autoscalers=tuple(cluster.autoscalers) if cluster else (),
        disruption_budgets=tuple(cluster.disruption_budgets) if cluster else (),
        alerts=tuple(cluster.alerts) if cluster else (),
        scripts=(),
        observations=tuple(inputs.observations),
        problems=(*inputs.problems, *inputs.images.problems),
        joined=tuple(inputs.joined),
    )


def _unused_images(inputs: Inputs, workloads: list[Workload]) -> list[Workload]:
    """Return a workload for what a Dockerfile builds in the end where nothing of the project runs it.

    Its process can be judged; its limit cannot be known.
    """
    if not inputs.sources("dockerfile"):
        return []
    images = [image for workload in workloads for container in workload.containers if (image := container.process.image) is not None]
    run = {image.dockerfile for image in images}
    found = []
    for image in inputs.images.built():
        stage = image.stage
        if stage is None or not stage.last or image.dockerfile in run:
            continue
        name = posixpath.basename(posixpath.dirname(stage.path)) or posixpath.basename(stage.path)
        limit = Unknown("an image has no limit of its own: the workload that runs it sets one")
        spec = RunSpec("docker", name, name, stage.path, stage.at, None, image, None, None, {}, limit=limit)
        container = Container(name, stage.at, "main", None, None, None, join(spec, inputs), {}, limit=limit)
        found.append(Workload(name, IMAGE_KIND, stage.at, (container,)))
    return found


def of_command(text: str, inputs: Inputs) -> Project:
    """Return the model of one `docker run` line."""
    from memlint.resolve import docker_run

    workloads = docker_run.from_command(text, inputs)
    return Project(
        workloads=tuple(workloads), observations=tuple(inputs.observations), problems=tuple(inputs.problems), joined=tuple(inputs.joined)
    )
