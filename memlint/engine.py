"""Selects rules, runs them over the model, suppresses, sorts. Pure: a project goes in, diagnostics come out."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from memlint.api import Context, Rule
from memlint.config import Config, matches
from memlint.config import Host as HostEntry
from memlint.model import (
    Container,
    Diagnostic,
    Finding,
    Host,
    Image,
    Observation,
    Problem,
    Project,
    Severity,
    Span,
    Suppression,
    Workload,
)
from memlint.records import NamedTuple
from memlint.sources.directives import MAX_CODES, Directive, valid

IDLE: Final = "idle-suppression"
ANNOTATION: Final = "memlint.dev"
# What stands there (for Go, Maven and Gradle) is read by tests and deployed by nobody; a severity in the configuration counts all the same.
_TEST_DATA: Final = ("/testdata/", "/src/test/")
_IGNORE: Final = f"{ANNOTATION}/ignore"


def select(rules: Sequence[Rule], config: Config) -> tuple[list[Rule], list[str]]:
    """Return the rules that this configuration turns on, and the names in it that no rule answers to."""
    known = {name.lower() for rule in rules for name in (rule.code, rule.name, rule.family)}
    unknown = [
        name
        for name in (*config.select, *config.ignore, *config.severity, *config.parameters, *_in_overrides(config))
        if not _selects_any(name, rules) and name.lower() not in known
    ]
    chosen = []
    for rule in rules:
        wanted = any(_selects(name, rule) for name in config.select) if config.select else config.profile in rule.profiles
        off = any(_selects(name, rule) for name in config.ignore) or _setting(config.severity, rule) == "off"
        if wanted and not off:
            chosen.append(rule)
    return chosen, list(dict.fromkeys(unknown))


def _in_overrides(config: Config) -> Iterator[str]:
    for override in config.overrides:
        yield from override.ignore
        yield from override.severity


def _answers(name: str, code: str, rule: str) -> bool:
    """A code, a name, or a family as `MEM2`, `MEM20` or `MEM2xx`."""
    lower = name.lower()
    family = lower.rstrip("x")
    return lower in (rule, "all") or (len(family) > 2 and code.lower().startswith(family))


def _selects(name: str, rule: Rule) -> bool:
    return _answers(name, rule.code, rule.name)


def _selects_any(name: str, rules: Sequence[Rule]) -> bool:
    return any(_selects(name, rule) for rule in rules)


def _setting(settings: Mapping[str, Any], rule: Rule) -> Any:
    """Return what `settings` says of a rule: by code first, then by name, then by the longest family."""
    best: tuple[int, Any] = (-1, None)
    for name, value in settings.items():
        if _selects(name, rule):
            rank = 100 if name.upper() == rule.code else 99 if name.lower() == rule.name else len(name)
            if rank > best[0]:
                best = (rank, value)
    return best[1]


class Scene(NamedTuple):
    """What suppressing needs besides the project: the comments of a file, all rules that there are, and the date (2027-03-01)."""

    directives: Callable[[str], Sequence[Directive]]
    known: Sequence[Rule]
    today: str
    files: Sequence[str] = ()  # whose comments are looked at for idle ones


def check(rules: Sequence[Rule], project: Project, config: Config, scene: Scene) -> tuple[list[Diagnostic], list[Problem]]:
    """Run rules over a project, suppress what comments, annotations and configuration suppress, and report suppressions that are idle."""
    last = [rule for rule in rules if rule.name == IDLE]
    diagnostics, problems = run([rule for rule in rules if rule.name != IDLE], project, config, scene.today)
    used = {item.suppressed.at for item in diagnostics if item.suppressed is not None and item.suppressed.at is not None}
    comments = _comments(diagnostics, scene)
    suppressed = [_suppress(item, comments, config, scene, used) for item in diagnostics]
    if last:
        idle = tuple(_idle(rules, project, scene, config, used))
        more, failed = run(last, project._replace(observations=idle), config, scene.today)
        suppressed = _sorted([*suppressed, *more])
        problems += failed
    return suppressed, problems


def _comments(diagnostics: Sequence[Diagnostic], scene: Scene) -> dict[tuple[str, int], list[Directive]]:
    """Return (path, line) -> the comments that may suppress what is found there, in order."""
    lines: dict[str, set[int]] = {}
    for item in diagnostics:
        lines.setdefault(item.finding.at.path, set()).add(item.finding.at.line)
    found: dict[tuple[str, int], list[Directive]] = {}
    for path, numbers in lines.items():
        ordered = sorted(numbers)
        for directive in scene.directives(path):
            if directive.kind == "ignore" and not directive.fault:
                first, last = directive.lines
                for line in ordered[bisect_left(ordered, first) : bisect_right(ordered, last)]:
                    found.setdefault((path, line), []).append(directive)
    return found


def _suppress(
    item: Diagnostic, comments: Mapping[tuple[str, int], Sequence[Directive]], config: Config, scene: Scene, used: set[Span]
) -> Diagnostic:
    for directive in comments.get((item.finding.at.path, item.finding.at.line), ()):
        if _named(directive.codes, item):
            used.add(directive.at)
            suppression = Suppression("inline", directive.reason, directive.until, directive.at)
            if item.suppressed is None and _holds(suppression, config, scene.today):
                item = item._replace(suppressed=suppression)
    return item


def _holds(suppression: Suppression, config: Config, today: str) -> bool:
    """Say whether a suppression counts: it has not ended, and it has a reason where one is demanded."""
    until = suppression.until
    return (until is None or (valid(until) and until >= today)) and (suppression.reason is not None or not config.require_reason)


def _annotated(workload: Workload, container: str | None, rule: Rule) -> Suppression | None:
    """Return what the annotations of an object say of a rule: `memlint.dev/ignore`, and `memlint.dev/ignore.CONTAINER`."""
    for key in (_IGNORE, f"{_IGNORE}.{container}"):
        if any(_selects(code, rule) for code in _codes(workload.annotations.get(key, ""))):
            return Suppression("annotation", *_terms(workload), workload.at)
    return None


def _codes(text: str) -> list[str]:
    return [name for code in text.split(",", MAX_CODES)[:MAX_CODES] if (name := code.strip())]


def _terms(workload: Workload) -> tuple[str | None, str | None]:
    """Return reason and end of what the annotations of an object suppress."""
    reason, until = (workload.annotations.get(f"{ANNOTATION}/{key}", "").strip() for key in ("reason", "until"))
    return reason or None, until or None


def without(diagnostics: Sequence[Diagnostic], fingerprints: frozenset[str], kind: str, reason: str) -> list[Diagnostic]:
    """Suppress what was there before: in a baseline, or in another git reference."""
    old = Suppression(kind, reason)
    return [item._replace(suppressed=old) if item.suppressed is None and item.fingerprint in fingerprints else item for item in diagnostics]


def _named(codes: Sequence[str], item: Diagnostic) -> bool:
    return any(_answers(code, item.rule, item.name) for code in codes)


def _idle(ran: Sequence[Rule], project: Project, scene: Scene, config: Config, used: set[Span]) -> Iterator[Observation]:
    """Return what is wrong with comments, annotations and overrides. An override may be for files of another run: it is never unused."""
    for path in scene.files:
        for directive in scene.directives(path):
            if directive.fault:
                yield Observation(IDLE, f"this comment to memlint {directive.fault}", directive.at)
            elif directive.kind == "ignore":
                told = _why_idle(directive.codes, directive.reason, directive.until, scene, config)
                told = told or _unused(directive.codes, directive.at, "suppression", ran, used)
                if told:
                    yield Observation(IDLE, told, directive.at)
    for workload in project.workloads:
        if any(key.startswith(ANNOTATION) for key in workload.annotations):
            told = _idle_annotations(workload, ran, scene, config, used)
            if told:
                yield Observation(IDLE, told, workload.at)
    for override in config.overrides:
        hidden = [*override.ignore, *(name for name, severity in override.severity.items() if severity == "off")]
        told = _why_idle(hidden, override.reason, override.until, scene, config) if hidden else ""
        if told and override.origin is not None:
            yield Observation(IDLE, f"{override.origin.how}: {told}", override.origin.span)


def _idle_annotations(workload: Workload, ran: Sequence[Rule], scene: Scene, config: Config, used: set[Span]) -> str:
    codes: list[str] = []
    containers = {container.name for container in workload.containers}
    ignoring = False
    for key, text in workload.annotations.items():
        if not key.startswith(f"{ANNOTATION}/"):
            continue
        name = key.removeprefix(f"{ANNOTATION}/")
        if name == "ignore" or name.startswith("ignore."):
            ignoring = True
            if "." in name and name.partition(".")[2] not in containers:
                return f"annotation {key}: there is no container {name.partition('.')[2]} in {workload.name}, so it hides nothing"
            if not _codes(text):
                return f"annotation {key} names no rule: write MEM201, or all"
            codes += _codes(text)
        elif name not in ("reason", "until"):
            return f"annotation {key} is none of {_IGNORE}, {_IGNORE}.CONTAINER, {ANNOTATION}/reason and {ANNOTATION}/until"
    if not ignoring:
        return ""
    told = _why_idle(codes, *_terms(workload), scene, config) or _unused(codes, workload.at, "annotation", ran, used)
    return f"annotation {_IGNORE} of {workload.name}: {told}" if told else ""


def _why_idle(codes: Sequence[str], reason: str | None, until: str | None, scene: Scene, config: Config) -> str:
    unknown = [code for code in codes if not _selects_any(code, scene.known)]
    if unknown:
        return f"no rule answers to {', '.join(unknown)}, so this suppression hides nothing"
    if until is not None and not valid(until):
        return f"'{until}' is no date: write 2027-03-01; its finding is reported"
    if until is not None and until < scene.today:
        return f"this suppression ended on {until}: its finding is reported again"
    if reason is None and config.require_reason:
        return "this suppression has no reason, and the configuration demands one: its finding is reported"
    return ""


def _unused(codes: Sequence[str], at: Span, what: str, ran: Sequence[Rule], used: set[Span]) -> str:
    if at in used or not all(any(_selects(code, rule) for rule in ran) for code in codes):
        return ""
    return f"nothing is found here that {', '.join(codes)} could report: delete this {what}"


def run(rules: Sequence[Rule], project: Project, config: Config, today: str = "") -> tuple[list[Diagnostic], list[Problem]]:
    """Run rules over a project. A rule that raises is a problem that names it; the others still run."""
    host_memory, node_memory = config.host_memory, config.node_memory
    owners = {id(container): workload for workload in project.workloads for container in workload.containers}
    hosts = tuple(_host(host, project) for host in config.hosts)
    shared = Context(project, owners, config.profile, host_memory, node_memory, config.expect, hosts=hosts)
    diagnostics: list[Diagnostic] = []
    problems: list[Problem] = []
    subjects: dict[type[Any], Sequence[Any]] = {
        Container: [container for workload in project.workloads for container in workload.containers],
        Workload: project.workloads,
        Image: project.images,
        Project: (project,),
    }
    given = {topic for topic, there in (("policy", config.expect), ("host", hosts or host_memory is not None)) if there}
    topics: dict[type[Any], dict[str, list[Any]]] = {}
    for rule in rules:
        parameters = _setting(config.parameters, rule)
        context = shared._replace(parameters=parameters) if parameters else shared
        severity = _setting(config.severity, rule)
        check = rule.check
        looked_at = subjects[rule.subject]
        if rule.needs and given.isdisjoint(rule.needs):
            if rule.subject not in topics:
                topics[rule.subject] = _by_topic(looked_at)
            looked_at = list({id(subject): subject for need in rule.needs for subject in topics[rule.subject].get(need, ())}.values())
        for subject in looked_at:
            try:
                findings = list(check(subject, context))
            except Exception as error:  # noqa: BLE001  # a rule of a plugin may raise anything; it must not hide what the others find
                problems.append(Problem(_path(subject), f"rule {rule.code} ({rule.module}) failed: {type(error).__name__}: {error}"))
                continue
            diagnostics.extend(_diagnostic(rule, finding, severity, subject, owners, config, today) for finding in findings)
    return _sorted(diagnostics), problems


def _by_topic(subjects: Sequence[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for subject in subjects:
        for topic in subject.topics():
            found.setdefault(topic, []).append(subject)
    return found


def _host(host: HostEntry, project: Project) -> Host:
    return Host(
        host.name,
        host.memory,
        host.reserved,
        tuple(
            workload
            for workload in project.workloads
            if matches(
                host.match,
                {
                    "path": workload.at.path,
                    "kind": workload.kind,
                    "name": workload.name,
                    "workload": workload.name,
                    "project": workload.project or "",
                    "namespace": workload.namespace or "",
                },
            )
        ),
    )


def _diagnostic(
    rule: Rule, finding: Finding, severity: str | None, subject: Any, owners: Mapping[int, Workload], config: Config, today: str
) -> Diagnostic:
    workload: Workload | None = None
    container: str | None = None
    if isinstance(subject, Container):
        workload, container = owners.get(id(subject)), subject.name
    elif isinstance(subject, Workload):
        workload = subject
    effective = Severity(severity) if severity else finding.severity or rule.severity
    if not severity and any(folder in f"/{finding.at.path}" for folder in _TEST_DATA):
        effective = Severity.INFO
    suppressed = _annotated(workload, container, rule) if workload is not None and workload.annotations else None
    if suppressed is not None and not _holds(suppressed, config, today):
        suppressed = None
    if config.overrides:
        facts = {
            "path": finding.at.path,
            "kind": workload.kind if workload else "",
            "name": workload.name if workload else "",
            "namespace": (workload.namespace or "") if workload else "",
            "container": container or "",
        }
        for override in config.overrides:
            if matches(override.match, facts):
                changed = _setting(override.severity, rule)
                if changed == "off" or any(_selects(name, rule) for name in override.ignore):
                    excuse = Suppression("configuration", override.reason, override.until)
                    if suppressed is None and _holds(excuse, config, today):
                        suppressed = excuse
                elif changed:
                    effective = Severity(changed)
    return Diagnostic(rule.code, rule.name, effective, finding, workload.name if workload else None, container, "", suppressed)


def joined(parts: Iterable[Iterable[Diagnostic]]) -> list[Diagnostic]:
    """Return the diagnostics of parts of a run in one order. What each of them found in the configuration is told once."""
    ordered = sorted((item for part in parts for item in part), key=_place)
    return [item for last, item in pairwise((None, *ordered)) if item is not None and item != last]


def _place(item: Diagnostic) -> tuple[str, int, str, str, str, str]:
    at = item.finding.at
    return at.path, at.start, item.rule, item.workload or "", item.container or "", item.finding.message


def _sorted(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """Order by file, place and code, drop doubles, and give each its fingerprint."""
    if not diagnostics:
        return []
    try:
        from _blake2 import blake2b  # what hashlib gives, which would load OpenSSL first: a tenth of a start
    except ImportError:
        from hashlib import blake2b

    ordered = sorted(diagnostics, key=_place)
    seen: dict[tuple[Any, ...], int] = {}
    found: list[Diagnostic] = []
    last: Diagnostic | None = None
    for item in ordered:
        if last is not None and (last.rule, last.finding.at, last.finding.message) == (item.rule, item.finding.at, item.finding.message):
            continue
        last = item
        # Neither lines nor prose: a moved or reworded finding stays the same one; twins are told apart by their order.
        key = (item.rule, item.finding.at.path, item.workload, item.container)
        number = seen[key] = seen.get(key, -1) + 1
        digest = blake2b("\0".join(str(part) for part in (*key, number)).encode("utf-8", "replace"), digest_size=16).hexdigest()
        found.append(item._replace(fingerprint=digest))
    return found


def _path(subject: Any) -> str:
    if isinstance(subject, Container | Workload):
        return subject.at.path
    return getattr(subject, "dockerfile", None) or "."
