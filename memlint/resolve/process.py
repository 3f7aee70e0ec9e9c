"""The join of an image with the workload that runs it: which process results, what is PID 1, and what each program will hold."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from memlint.api import Surroundings
from memlint.model import (
    Amount,
    Confidence,
    Environment,
    Footprint,
    Image,
    Known,
    MemoryBudget,
    Mount,
    Origin,
    Process,
    Program,
    Reading,
    Span,
    Text,
    Unknown,
    Words,
)
from memlint.records import NamedTuple
from memlint.resolve import unwrap
from memlint.resolve.container_files import ContainerFiles
from memlint.resolve.inputs import Inputs


class InlineFile(NamedTuple):
    """A file whose text is the value of a ConfigMap key: `at` is where the value stands."""

    text: str
    at: Span


class RunSpec(NamedTuple):
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
    workdir: Text = None  # None: the image's
    mounts: tuple[Mount, ...] = ()
    config_files: Mapping[str, str] = MappingProxyType({})  # path in the container -> path in the project
    inline_files: Mapping[str, InlineFile] = MappingProxyType({})  # path in the container -> text that stands in another file


def join(spec: RunSpec, inputs: Inputs) -> Process:
    """Return what runs in a container and what it will hold. Never raises."""
    image = spec.image or _image(spec, inputs)
    if image is not None and not inputs.variables.take(len(image.env), spec.path):
        image = None
    env: Environment = {**image.env, **spec.env} if image is not None and image.env else spec.env
    inline = {path: (file.text, file.at) for path, file in spec.inline_files.items()}
    files = ContainerFiles(inputs, image, spec.config_files, inline, spec.workdir)
    words, why = _argv(spec, image)
    unwrapped = unwrap.peel(words if words is not None else _assumed(spec), env, unwrap.Around(image, files.source))
    pid1 = unwrap.first(spec.init, spec.share_processes, unwrapped.pid1) if words is not None else None
    # A text of the file's own in which no program can be read is not the image's program.
    programs = tuple(unwrapped.programs) or (() if spec.entrypoint else (Program((), env),))
    reference = spec.image_reference.value if isinstance(spec.image_reference, Known) else ""
    subject = {"image": reference, "workload": spec.workload, "container": spec.name, "path": spec.path}
    around = Surroundings(
        platform=spec.platform,
        limit=spec.limit,
        request=spec.request,
        cpu_limit=spec.cpu_limit,
        cpu_request=spec.cpu_request,
        image=image,
        image_reference=reference,
        mounts=spec.mounts,
        footprint=_footprint(spec, inputs, inputs.config.footprint(subject)),
        host_memory=inputs.node_memory if spec.platform == "kubernetes" else inputs.host_memory,
        cgroup=inputs.config.cgroup,
        files=files,
        at=_place(spec),
        shm_size=spec.shm_size,
        swap=spec.swap,
        reservation=spec.reservation,
        workdir=spec.workdir,
    )
    process = Process(
        words,
        why or unwrapped.why,
        env,
        image,
        programs,
        pid1,
        _read(programs, around, inputs),
        tuple(unwrapped.observations),
        _leak(around),
    )

    process = process._replace(at_limit=partial(_at_limit, process, around, inputs))
    if image is not None and image.confidence is not Confidence.HIGH:
        from memlint.resolve.doubt import doubted

        return doubted(process, image.confidence)
    return process


def _at_limit(process: Process, around: Surroundings, inputs: Inputs, size: int) -> MemoryBudget | None:
    limit = Known(size, around.limit.origin if isinstance(around.limit, Known) else Origin(around.at, "limit"))
    return process._replace(readings=_read(process.programs, around._replace(limit=limit, trial=True), inputs)).budget


def _footprint(spec: RunSpec, inputs: Inputs, configured: Footprint) -> Footprint:
    """Return what is known of the application: what stands beside its lines counts before the configuration."""
    from memlint.sources import directives

    source = inputs.lookup(spec.at.path)
    told = directives.facts(source, spec.at.line) if source is not None else ()
    if not told:
        return configured
    from memlint.config import stated

    values = {section: dict(facts) for section, facts in configured.values.items()}
    origin = configured.origin
    for directive in told:
        origin = Origin(directive.at, "comment")
        for section, key, text in directive.facts:
            values.setdefault(section, {})["rate" if section == "leak" else key] = stated(section, key, text)
    return Footprint(values, origin)


def _place(spec: RunSpec) -> Span:
    """Return where the image is named, if that is part of the container: an operator's object may name one for all its pods."""
    image = spec.image_reference
    if isinstance(image, Known) and (image.origin.span.path, image.origin.span.start) >= (spec.at.path, spec.at.start):
        return image.origin.span
    return spec.at


def _leak(around: Surroundings) -> Known[int] | None:
    rate, origin = around.footprint.number("leak", "rate"), around.footprint.origin
    return Known(rate, origin or Origin(around.at, "footprint")) if rate else None


def _image(spec: RunSpec, inputs: Inputs) -> Image | None:
    """Return what is known of the image that the file names."""
    reference = spec.image_reference
    return inputs.images.find(reference.value, reference.origin.span) if isinstance(reference, Known) else None


def _read(programs: tuple[Program, ...], around: Surroundings, inputs: Inputs) -> tuple[Reading, ...]:
    """Ask the memory models; the first that knows a program bills it."""
    readings: list[Reading] = []
    for program in programs:
        for runtime in inputs.runtimes:
            reading = runtime.read(program, around)
            if reading is not None:
                readings.append(reading)
                break
    return tuple(readings)


def _argv(spec: RunSpec, image: Image | None) -> tuple[Words | None, str]:
    """Return PID 1's argv as Docker and the CRI put it together (moby daemon/commit.go:73-81).

    An own entrypoint drops the image's command; an empty one drops the image's entrypoint alone, and an empty command says nothing.
    """
    if spec.entrypoint:
        own = tuple(word for word in spec.entrypoint if not (isinstance(word, Known) and word.value == "")) + (spec.command or ())
        return (own, "") if own else (None, "entrypoint and command are both empty")
    if image is None:
        if spec.entrypoint is not None and spec.command:
            return spec.command, ""
        return None, "the image is not known, so its entrypoint is not either"
    kept = image.entrypoint or () if spec.entrypoint is None else ()
    words = kept + (spec.command or image.cmd or ())
    return (words, "") if words else (None, "neither the image nor this file says what runs")


def _assumed(spec: RunSpec) -> Words:
    """Return what may be taken for the program where the image's entrypoint is not known.

    An entrypoint that gets a command usually execs it; one that gets options alone is a program that nobody here knows.
    """
    command = spec.command or ()
    if command and isinstance(command[0], Known) and command[0].value.startswith("-"):
        return (Unknown("the entrypoint of the image", command[0].origin), *command)
    return command
