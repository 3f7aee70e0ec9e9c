"""Selects rules, runs them over the model, suppresses, sorts. Pure: a project goes in, diagnostics come out."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from memlint.api import Context, Rule
from memlint.config import Config, matches
from memlint.model import (
    Container,
    Diagnostic,
    Finding,
    Image,
    Problem,
    Project,
    Severity,
    Suppression,
    Workload,
)


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


def run(
    rules: Sequence[Rule],
    project: Project,
    config: Config,
    host_memory: int | None = None,
    node_memory: int | None = None,
) -> tuple[list[Diagnostic], list[Problem]]:
    """Run rules over a project. A rule that raises is a problem that names it; the others still run."""
    owners = {id(container): workload for workload in project.workloads for container in workload.containers}
    shared = Context(project, owners, config.profile, host_memory, node_memory, config.expect)
    diagnostics: list[Diagnostic] = []
    problems: list[Problem] = []
    subjects: dict[type[Any], Sequence[Any]] = {
        Container: [container for workload in project.workloads for container in workload.containers],
        Workload: project.workloads,
        Image: project.images,
        Project: (project,),
    }
    for rule in rules:
        parameters = _setting(config.parameters, rule)
        context = Context(project, owners, config.profile, host_memory, node_memory, config.expect, parameters) if parameters else shared
        severity = _setting(config.severity, rule)
        check = rule.check
        for subject in subjects[rule.subject]:
            try:
                findings = list(check(subject, context))
            except Exception as error:  # noqa: BLE001  # a rule of a plugin may raise anything; it must not hide what the others find
                problems.append(Problem(_path(subject), f"rule {rule.code} ({rule.module}) failed: {type(error).__name__}: {error}"))
                continue
            diagnostics.extend(_diagnostic(rule, finding, severity, subject, owners, config) for finding in findings)
    return _sorted(diagnostics), problems


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
    from dataclasses import replace

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
        found.append(replace(item, fingerprint=digest))
    return found


def _path(subject: Any) -> str:
    if isinstance(subject, Container | Workload):
        return subject.at.path
    return getattr(subject, "dockerfile", None) or "."
