"""Everything that one run looks at, joined into a Project. Readers are imported by the kinds of files that there are."""

from memlint.model import Project, Workload
from memlint.resolve.inputs import Inputs
from memlint.sources import tree


def build(inputs: Inputs) -> Project:
    """Read every file of `inputs`, join them, and return the model. Problems and joins are noted in `inputs`."""
    workloads: list[Workload] = []
    cluster = None
    for source in inputs.sources("other"):
        inputs.problems.extend(tree.read(source).problems)
    if inputs.sources("compose"):
        from memlint.resolve import compose

        workloads += compose.workloads(inputs)
    if inputs.sources("kubernetes") or inputs.sources("helm-values"):
        from memlint.resolve import kubernetes

        cluster = kubernetes.collect(inputs)
        workloads += cluster.workloads
    if any(inputs.sources(kind) for kind in ("shell", "makefile", "workflow", "systemd", "devcontainer", "markdown")):
        from memlint.resolve import docker_run

        workloads += docker_run.workloads(inputs)
    workloads.sort(key=lambda workload: (workload.at.path, workload.at.start, workload.name))
    return Project(
        workloads=tuple(workloads),
        images=(),
        autoscalers=tuple(cluster.autoscalers) if cluster else (),
        disruption_budgets=tuple(cluster.disruption_budgets) if cluster else (),
        alerts=tuple(cluster.alerts) if cluster else (),
        scripts=(),
        observations=tuple(inputs.observations),
        problems=tuple(inputs.problems),
        joined=tuple(inputs.joined),
    )


def of_command(text: str, inputs: Inputs) -> Project:
    """Return the model of one `docker run` line."""
    from memlint.resolve import docker_run

    workloads = docker_run.from_command(text, inputs)
    return Project(
        workloads=tuple(workloads), observations=tuple(inputs.observations), problems=tuple(inputs.problems), joined=tuple(inputs.joined)
    )
