"""All that a rule, a memory model or a reporter may import, and the markers that tell the plugin manager about them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from importlib import import_module
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from memlint.model import (
    AlertRule,
    Amount,
    Autoscaler,
    Confidence,
    Container,
    Diagnostic,
    DisruptionBudget,
    Edit,
    Environment,
    Finding,
    Fix,
    Footprint,
    Host,
    Image,
    Init,
    Known,
    MemoryBudget,
    Mount,
    Note,
    Observation,
    Origin,
    Part,
    Probe,
    Problem,
    Process,
    Program,
    Project,
    Reading,
    Report,
    RuleInfo,
    Safety,
    Script,
    Severity,
    Span,
    Stage,
    Text,
    Unknown,
    Verb,
    Verdict,
    Word,
    Words,
    Workload,
    verdict,
)
from memlint.patterns import pattern
from memlint.quantity import GIB, KIB, MIB, configured, human, lasting
from memlint.records import NamedTuple

__all__ = [
    "GIB", "KIB", "MIB", "AlertRule", "Amount", "Autoscaler", "Confidence", "Container", "Context", "Diagnostic", "DisruptionBudget", "Edit",
    "Environment", "Finding", "Findings", "Fix", "Footprint", "Host", "Image", "Init", "Known", "MemoryBudget", "Mount", "Note", "Observation",
    "Origin", "Part", "Policy", "Probe", "Problem", "Process", "Program", "Project", "Reading", "Report", "Reporter", "Rule", "RuleInfo", "Runtime", "Safety", "Script",
    "Severity", "Span", "Stage", "Surroundings", "Text", "Unknown", "Verb", "Verdict", "Word", "Words", "Workload", "configured", "hookimpl", "human",
    "lasting", "pattern", "rule", "verdict",
]  # fmt: skip

_Hook = TypeVar("_Hook", bound=Callable[..., Any])


def hookspec(function: _Hook) -> _Hook:
    """Mark a function as pluggy.HookspecMarker does, without the import of pluggy: only a stranger's plugin needs its manager."""
    function.memlint_spec = {"firstresult": False, "historic": False, "warn_on_impl": None, "warn_on_impl_args": None}  # type: ignore[attr-defined]
    return function


def hookimpl(function: _Hook) -> _Hook:
    """Mark a function as pluggy.HookimplMarker("memlint") does; that marker itself serves as well."""
    function.memlint_impl = {  # type: ignore[attr-defined]
        "wrapper": False, "hookwrapper": False, "optionalhook": False, "tryfirst": False, "trylast": False, "specname": None,
    }  # fmt: skip
    return function


Findings = Iterable[Finding]


class Policy(NamedTuple):
    """What an entry of `expect` in the configuration demands of a workload, and where it stands."""

    wanted: Any
    name: str
    notes: tuple[Note, ...] = ()


class Context(NamedTuple):
    """What a rule may know besides its subject: the profile, the hosts that the user named, and the rule's own parameters."""

    project: Project
    owners: Mapping[int, Workload] = MappingProxyType({})  # id of a container -> its workload
    profile: str = "default"
    host_memory: int | None = None  # bytes
    node_memory: int | None = None  # bytes
    expect: tuple[Mapping[str, Any], ...] = ()
    parameters: Mapping[str, Any] = MappingProxyType({})
    hosts: tuple[Host, ...] = ()

    def expected(self, key: str, workload: Workload) -> Policy | None:
        """Return the policy that the user declared for a workload (`expect`): the first entry that matches and has `key`."""
        for number, entry in enumerate(self.expect):
            if key in entry and _matches(entry.get("match", {}), workload):
                name, origin = str(entry.get("name") or f"expect[{number}]"), entry.get("_origin")
                told = f"policy {name}: {entry['reason']}" if "reason" in entry else f"policy {name}"
                return Policy(entry[key], name, (Note(origin.span, told),) if origin is not None else ())
        return None

    def workload_of(self, container: Container) -> Workload | None:
        """Return the workload that a container belongs to."""
        return self.owners.get(id(container))


def _matches(match: Mapping[str, Any], workload: Workload) -> bool:
    """Say whether globs over kind, name, namespace, path, image, runtime and labels fit; image and runtime those of any main container."""
    main = [container for container in workload.containers if container.role == "main"]
    facts: dict[str, list[str]] = {
        "kind": [workload.kind],
        "name": [workload.name],
        "namespace": [workload.namespace or ""],
        "path": [workload.at.path],
        "image": [container.image.value for container in main if isinstance(container.image, Known)],
        "runtime": [container.process.runtime or "" for container in main],
    }
    for key, glob in match.items():
        if key == "labels":
            if not all(fnmatchcase(workload.labels.get(name, ""), str(wanted)) for name, wanted in glob.items()):
                return False
        elif not any(fnmatchcase(value, str(glob)) for value in facts.get(key, [])):
            return False
    return True


class Rule(NamedTuple):
    """A check over one kind of subject. `name` reads well after "allow"; `manual` is the docstring of its module."""

    code: str
    name: str
    severity: Severity
    subject: type[Container] | type[Workload] | type[Image] | type[Project]
    check: Callable[[Any, Context], Findings]
    module: str
    profiles: tuple[str, ...]
    needs: tuple[str, ...] = ()  # it is called for subjects with one of these topics only; (): for all

    @property
    def family(self) -> str:
        return self.code[:4] + "xx"


_SUBJECTS: dict[str, type[Any]] = {"Container": Container, "Workload": Workload, "Image": Image, "Project": Project}
_Check = TypeVar("_Check", bound=Callable[..., Findings])


def rule(
    code: str, severity: Severity, *, profiles: tuple[str, ...] = ("dev", "default", "strict"), needs: str = ""
) -> Callable[[_Check], _Check]:
    """Mark a function as the rule `code`; the type of its first parameter says what it looks at, a second one gets the Context.

    The function keeps being a function: the mark is read by `memlint.plugins`. `profiles` are those in which it is on. `needs`: topics,
    with spaces between them, of which a subject must have one for the rule to be called (and imported); see `topics` of the subjects.
    """

    def mark(check: _Check) -> _Check:
        annotations = [kind for name, kind in check.__annotations__.items() if name != "return"]
        first = annotations[0]
        subject = _SUBJECTS[first if isinstance(first, str) else first.__name__]
        wants_context = len(annotations) > 1
        if needs and subject is Image:
            raise TypeError("an image has no topics that a rule could need")
        check.memlint_rule = Rule(  # type: ignore[attr-defined]  # the mark on the function is the interface
            code,
            check.__name__.replace("_", "-"),
            severity,
            subject,
            check if wants_context else lambda item, _context: check(item),
            check.__module__,
            profiles,
            tuple(needs.split()),
        )
        return check

    return mark


def modules_in(folders: Iterable[str], prefix: str) -> set[str]:
    """Return the names of the modules of a package that begin with `prefix`; pkgutil would import half of the library for it."""
    import os

    return {name[:-3] for folder in folders for name in os.listdir(folder) if name.startswith(prefix) and name.endswith(".py")}  # noqa: PTH208


def deferred(package: str, row: tuple[str, str, str, str, str, str, bool, str]) -> Rule:
    """Return a rule from a row of an index: code, function, severity, subject, module, profiles, wants the context, needs.

    Its module is imported when it is first called.
    """
    code, function, severity, subject, module, profiles, wants_context, needs = row
    path = f"{package}.{module}"
    loaded: list[Callable[..., Findings]] = []

    def check(item: Any, context: Context) -> Findings:
        if not loaded:
            loaded.append(getattr(import_module(path), function))
        return loaded[0](item, context) if wants_context else loaded[0](item)

    return Rule(
        code, function.replace("_", "-"), Severity(severity), _SUBJECTS[subject], check, path, tuple(profiles.split()), tuple(needs.split())
    )


class Files(Protocol):
    """Files beside the one that is read, by the path that the container sees or that the project names."""

    def text(self, path: str) -> str | None:
        """Return the decoded text, None where there is no such file or it may not be read."""

    def span(self, path: str, start: int, end: int) -> Span:
        """Return the place of characters `start`..`end` of a file that `text` gave."""


class Surroundings(NamedTuple):
    """What decides about a program besides its own words: limits, CPUs, image, footprint, files."""

    platform: str  # "docker" | "compose" | "kubernetes"
    limit: Amount
    request: Amount
    cpu_limit: Amount  # thousandths of a CPU
    cpu_request: Amount
    image: Image | None
    image_reference: str  # as the workload names it, "" where unknown
    mounts: tuple[Mount, ...]
    footprint: Footprint
    host_memory: int | None
    cgroup: int | None  # 1, 2, None: unknown
    files: Files | None
    at: Span
    shm_size: Amount = None
    swap: Amount = None
    reservation: Amount = None
    workdir: Text = None  # the workload's own, in place of the image's
    trial: bool = False  # the limit is only tried, for a fix: the bill is all that counts


class Runtime(Protocol):
    """A memory model. Registered through the hook `memlint_runtimes`."""

    name: str

    def read(self, program: Program, around: Surroundings) -> Reading | None:
        """Return what this model says of a program, None where it is not its own. Never raises on any input."""


class Reporter(Protocol):
    """Turns the findings of a report into text. Registered through the hook `memlint_reporters`."""

    name: str

    def render(self, report: Report) -> str: ...


class Hooks:
    """The hooks that a plugin may implement (entry-point group `memlint`)."""

    @hookspec
    def memlint_rules(self) -> Sequence[Rule]:  # type: ignore[empty-body]  # a specification has no body
        """Return the rules of this plugin."""

    @hookspec
    def memlint_runtimes(self) -> Sequence[Runtime]:  # type: ignore[empty-body]
        """Return the memory models of this plugin."""

    @hookspec
    def memlint_reporters(self) -> Sequence[Reporter]:  # type: ignore[empty-body]
        """Return the output formats of this plugin."""
