"""Selects rules, runs them over the model, suppresses, sorts. Pure: a project goes in, diagnostics come out."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

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
from memlint.sources.directives import MAX_CODES, Directive

IDLE: Final = "idle-suppression"
ANNOTATION: Final = "memlint.dev"


def select(rules: Sequence[Rule], config: Config) -> tuple[list[Rule], list[str]]:
    """Return the rules that this configuration turns on, and the names in it that no rule answers to."""
    known = {name.lower() for rule in rules for name in (rule.code, rule.name, rule.family)}
    unknown = [
        name
        for name in (*config.select, *config.ignore, *config.severity, *config.parameters)
        if not _selects_any(name, rules) and name.lower() not in known
    ]
    chosen = []
    for rule in rules:
        wanted = any(_selects(name, rule) for name in config.select) if config.select else config.profile in rule.profiles
        off = any(_selects(name, rule) for name in config.ignore) or _setting(config.severity, rule) == "off"
        if wanted and not off:
            chosen.append(rule)
    return chosen, list(dict.fromkeys(unknown))


def _selects(name: str, rule: Rule) -> bool:
    """A code, a name, or a family as `MEM2`, `MEM20` or `MEM2xx`."""
    lower = name.lower()
    return lower == rule.name or lower == "all" or rule.code.lower().startswith(lower.rstrip("x") if lower.startswith("mem") else "\0")


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
    diagnostics, problems = run([rule for rule in rules if rule.name != IDLE], project, config)
    used: set[Span] = set()
    by_name = {workload.name: workload for workload in project.workloads if any(key.startswith(ANNOTATION) for key in workload.annotations)}
    comments = _comments(diagnostics, scene)
    suppressed = [_suppress(item, comments, config, scene, used, by_name) for item in diagnostics]
    if last:
        idle = tuple(_idle(rules, scene, config, used))
        more, failed = run(last, project._replace(observations=idle), config)
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
    item: Diagnostic,
    comments: Mapping[tuple[str, int], Sequence[Directive]],
    config: Config,
    scene: Scene,
    used: set[Span],
    annotated: Mapping[str, Workload],
) -> Diagnostic:
    if item.suppressed is not None:
        return _unless_expired(item, item.suppressed, scene)
    for directive in comments.get((item.finding.at.path, item.finding.at.line), ()):
        if _named(directive.codes, item):
            used.add(directive.at)
            if directive.reason is None and config.require_reason:
                continue
            return _unless_expired(item, Suppression("inline", directive.reason, directive.until, directive.at), scene)
    workload = annotated.get(item.workload or "")
    if workload is not None:
        codes = [code.strip() for code in workload.annotations.get(f"{ANNOTATION}/ignore", "").split(",", MAX_CODES)[:MAX_CODES]]
        codes += [
            code.strip() for code in workload.annotations.get(f"{ANNOTATION}/ignore.{item.container}", "").split(",", MAX_CODES)[:MAX_CODES]
        ]
        if _named([code for code in codes if code], item):
            reason, until = (workload.annotations.get(f"{ANNOTATION}/{key}") for key in ("reason", "until"))
            return _unless_expired(item, Suppression("annotation", reason, until, workload.at), scene)
    return item


def without(diagnostics: Sequence[Diagnostic], fingerprints: frozenset[str], kind: str, reason: str) -> list[Diagnostic]:
    """Suppress what was there before: in a baseline, or in another git reference."""
    old = Suppression(kind, reason)
    return [item._replace(suppressed=old) if item.suppressed is None and item.fingerprint in fingerprints else item for item in diagnostics]


def _unless_expired(item: Diagnostic, suppression: Suppression, scene: Scene) -> Diagnostic:
    expired = suppression.until is not None and suppression.until < scene.today
    return item._replace(suppressed=None if expired else suppression)


def _named(codes: Sequence[str], item: Diagnostic) -> bool:
    return any(
        code.lower() in (item.name, "all") or (code.upper().startswith("MEM") and item.rule.startswith(code.upper().rstrip("X")))
        for code in codes
    )


def _idle(ran: Sequence[Rule], scene: Scene, config: Config, used: set[Span]) -> Iterator[Observation]:
    for path in scene.files:
        for directive in scene.directives(path):
            told = _why_idle(directive, ran, scene, config, used)
            if told:
                yield Observation(IDLE, told, directive.at)


def _why_idle(directive: Directive, ran: Sequence[Rule], scene: Scene, config: Config, used: set[Span]) -> str:
    if directive.fault:
        return f"this comment to memlint {directive.fault}"
    if directive.kind != "ignore":
        return ""
    unknown = [code for code in directive.codes if not _selects_any(code, scene.known)]
    if unknown:
        return f"no rule answers to {', '.join(unknown)}, so this suppression hides nothing"
    if directive.until is not None and directive.until < scene.today:
        return f"this suppression ended on {directive.until}: its finding is reported again"
    if directive.reason is None and config.require_reason:
        return "this suppression has no reason, and the configuration demands one: its finding is reported"
    if directive.at not in used and all(any(_selects(code, rule) for rule in ran) for code in directive.codes):
        return f"nothing is found here that {', '.join(directive.codes)} could report: delete this suppression"
    return ""


def run(rules: Sequence[Rule], project: Project, config: Config) -> tuple[list[Diagnostic], list[Problem]]:
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
    observed: dict[type[Any], dict[str, list[Any]]] = {Container: _observed(subjects[Container]), Workload: _observed(project.workloads)}
    for rule in rules:
        parameters = _setting(config.parameters, rule)
        context = shared._replace(parameters=parameters) if parameters else shared
        severity = _setting(config.severity, rule)
        check = rule.check
        looked_at = subjects[rule.subject] if not rule.topic or rule.subject not in observed else observed[rule.subject].get(rule.topic, ())
        for subject in looked_at:
            try:
                findings = list(check(subject, context))
            except Exception as error:  # noqa: BLE001  # a rule of a plugin may raise anything; it must not hide what the others find
                problems.append(Problem(_path(subject), f"rule {rule.code} ({rule.module}) failed: {type(error).__name__}: {error}"))
                continue
            diagnostics.extend(_diagnostic(rule, finding, severity, subject, owners, config) for finding in findings)
    return _sorted(diagnostics), problems


def _observed(subjects: Sequence[Any]) -> dict[str, list[Any]]:
    """Return topic -> the subjects of which something was observed, in order."""
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
    rule: Rule, finding: Finding, severity: str | None, subject: Any, owners: Mapping[int, Workload], config: Config
) -> Diagnostic:
    workload: Workload | None = None
    container: str | None = None
    if isinstance(subject, Container):
        workload, container = owners.get(id(subject)), subject.name
    elif isinstance(subject, Workload):
        workload = subject
    effective = Severity(severity) if severity else finding.severity or rule.severity
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
                    suppressed = Suppression("configuration", override.reason, override.until)
                elif changed:
                    effective = Severity(changed)
    return Diagnostic(rule.code, rule.name, effective, finding, workload.name if workload else None, container, "", suppressed)


def _sorted(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """Order by file, place and code, drop doubles, and give each its fingerprint."""
    if not diagnostics:
        return []
    from hashlib import blake2b

    ordered = sorted(
        diagnostics,
        key=lambda item: (
            item.finding.at.path,
            item.finding.at.start,
            item.rule,
            item.workload or "",
            item.container or "",
            item.finding.message,
        ),
    )
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
