"""The join of an image with the workload that runs it: which process results, what is PID 1, and what each program will hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from memlint.api import Surroundings
from memlint.model import (
    Amount,
    Environment,
    Image,
    Known,
    Mount,
    Observation,
    Process,
    Program,
    Reading,
    Span,
    Text,
    Unknown,
    Words,
)
from memlint.resolve.inputs import Inputs


@dataclass(frozen=True, slots=True)
class RunSpec:
    """What a file says about one container, before the join. None: the file does not set it."""

    platform: str  # "docker" | "compose" | "kubernetes"
    name: str
    workload: str
    path: str
    at: Span
    image_reference: Text
    image: Image | None  # already joined where the file itself says how the image is built
    entrypoint: Words | None
    command: Words | None
    env: Environment  # what the file sets, env files below `environment`; the image's own comes beneath
    limit: Amount = None
    request: Amount = None
    reservation: Amount = None
    swap: Amount = None
    cpu_limit: Amount = None
    cpu_request: Amount = None
    shm_size: Amount = None
    init: Known[bool] | Unknown | None = None
    share_processes: bool = False
    mounts: tuple[Mount, ...] = ()
    config_files: Mapping[str, str] = field(default_factory=dict)  # path in the container -> path in the project
    inline_files: Mapping[str, "InlineFile"] = field(default_factory=dict)  # path in the container -> text that stands in another file


@dataclass(frozen=True, slots=True)
class InlineFile:
    """A file whose text is the value of a ConfigMap key: `at` is where the value stands."""

    text: str
    at: Span


def join(spec: RunSpec, inputs: Inputs) -> Process:
    """Return what runs in a container and what it will hold. Never raises."""
    image = spec.image
    env: dict[str, Text] = {**(image.env if image else {}), **spec.env}
    words, why = _argv(spec, image)
    programs = (Program(words or (), env),)
    around = Surroundings(
        platform=spec.platform,
        limit=spec.limit,
        request=spec.request,
        cpu_limit=spec.cpu_limit,
        cpu_request=spec.cpu_request,
        image=image,
        image_reference=spec.image_reference.value if isinstance(spec.image_reference, Known) else "",
        mounts=spec.mounts,
        footprint=inputs.config.footprint({"image": "", "workload": spec.workload, "container": spec.name, "path": spec.path}),
        host_memory=inputs.host_memory if spec.platform != "kubernetes" else inputs.node_memory,
        cgroup=inputs.config.cgroup,
        files=None,
        at=spec.at,
        shm_size=spec.shm_size,
        swap=spec.swap,
        reservation=spec.reservation,
    )
    readings: list[Reading] = []
    for program in programs:
        for runtime in inputs.runtimes:
            reading = runtime.read(program, around)
            if reading is not None:
                readings.append(reading)
                break
    observations: tuple[Observation, ...] = ()
    return Process(words, why, env, image, programs, None, tuple(readings), observations)


def _argv(spec: RunSpec, image: Image | None) -> tuple[Words | None, str]:
    """Return PID 1's argv as Docker and the CRI put it together: an own entrypoint drops the image's command."""
    if spec.entrypoint is not None:
        words = spec.entrypoint + (spec.command or ())
        return (words, "") if words else (None, "entrypoint and command are both empty")
    if image is None:
        return None, "the image is not known"
    entrypoint = image.entrypoint or ()
    words = entrypoint + (spec.command if spec.command is not None else image.cmd or ())
    return (words, "") if words else (None, "neither the image nor this file says what runs")
