"""The machine format, version 1: fields are only ever added (product.md "Machine formats")."""

import json
from collections.abc import Mapping
from typing import Any

from memlint.model import (
    Amount,
    Container,
    Diagnostic,
    Fix,
    Forecast,
    Known,
    Mount,
    Origin,
    Problem,
    Report,
    Severity,
    Span,
    Suppression,
    Unknown,
    Verb,
    Words,
    Workload,
)
from memlint.reporters.secrets import HIDDEN

VERSION = 1


def render(report: Report) -> str:
    """Return the JSON text of a check, budget or show."""
    body: dict[str, Any] = {"version": VERSION, "tool": {"name": "memlint", "version": report.version}}
    if report.verb is Verb.BUDGET:
        body["containers"] = [_bill(workload, container) for workload in report.project.workloads for container in workload.containers]
    elif report.verb is Verb.SHOW:
        body["workloads"] = [_workload(workload) for workload in report.project.workloads]
    elif report.verb is Verb.FORECAST:
        body["forecasts"] = [_forecast(forecast) for forecast in report.forecasts]
    else:
        body["findings"] = [diagnostic_json(diagnostic) for diagnostic in report.diagnostics]
    if report.shard is not None:
        body["shard"] = {"index": report.shard[0], "of": report.shard[1]}
    body["problems"] = [_problem(problem) for problem in report.problems]
    if report.verb is Verb.CHECK:
        body["summary"] = {
            "files": len(report.files),
            "containers": report.containers,
            "errors": report.tally(Severity.ERROR),
            "warnings": report.tally(Severity.WARNING),
            "infos": report.tally(Severity.INFO),
            "suppressed": len(report.diagnostics) - len(report.active),
            "not_judged": {why: len(paths) for why, paths in report.skipped.items()},
        }
    return json.dumps(body, indent=1, ensure_ascii=False) + "\n"


def _problem(problem: Problem) -> dict[str, Any]:
    return {"path": problem.path, "line": problem.line, "column": problem.column, "message": problem.message}


def diagnostic_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """Return one finding as the machine format has it."""
    finding = diagnostic.finding
    return {
        "rule": diagnostic.rule,
        "name": diagnostic.name,
        "severity": str(diagnostic.severity),
        "confidence": str(finding.confidence),
        "message": finding.message,
        **_place(finding.at),
        "end_line": finding.at.end_line,
        "end_column": finding.at.end_column,
        "workload": diagnostic.workload,
        "container": diagnostic.container,
        "related": [{**_place(note.at), "message": note.text} for note in finding.notes],
        "fingerprint": diagnostic.fingerprint,
        "fix": _fix(finding.fix),
        "suppressed": _suppressed(diagnostic.suppressed),
    }


def _place(span: Span) -> dict[str, Any]:
    return {"path": span.path, "line": span.line, "column": span.column}


def _fix(fix: Fix | None) -> dict[str, Any] | None:
    if fix is None:
        return None
    edits = [{"path": edit.path, "start": edit.start, "end": edit.end, "text": edit.text} for edit in fix.edits]
    return {"title": fix.title, "safety": str(fix.safety), "edits": edits}


def _suppressed(suppression: Suppression | None) -> dict[str, Any] | None:
    if suppression is None:
        return None
    return {"kind": suppression.kind, "reason": suppression.reason, "until": suppression.until}


def _bill(workload: Workload, container: Container) -> dict[str, Any]:
    budget = container.process.budget
    limit = container.limit.value if isinstance(container.limit, Known) else None
    return {
        "workload": workload.name,
        "project": workload.project,
        "kind": workload.kind,
        "container": container.name,
        **_line(container.at),
        "replicas": workload.replicas.value if isinstance(workload.replicas, Known) else 1 if workload.replicas is None else None,
        "runtime": container.process.runtime,
        "process": _argv(container.process.words),
        "qos": workload.qos,
        "limit": _amount(container.limit),
        "request": _amount(container.request),
        "parts": [
            {
                "name": part.name,
                "low": part.low,
                "expected": part.expected,
                "high": part.high,
                **(_place(part.origin.span) if part.origin else {"path": None, "line": None, "column": None}),
                "basis": part.basis,
            }
            for part in (budget.parts if budget else ())
        ],
        "low": budget.low if budget else None,
        "expected": budget.expected if budget else None,
        "high": budget.high if budget else None,
        "verdict": str(container.verdict),
        "confidence": str(budget.confidence) if budget else "low",
        "headroom": limit - budget.expected if budget and limit is not None else None,
        "leak_per_hour": _amount(container.process.leak),
        "hours_to_kill": container.hours_to_kill,
    }


def _forecast(forecast: Forecast) -> dict[str, Any]:
    candidates = [
        {
            "workload": candidate.workload,
            "container": candidate.container,
            **_place(candidate.at),
            "usage": candidate.usage,
            "request": candidate.request,
            "limit": candidate.limit,
            "priority": candidate.priority,
            "score": candidate.score,
            "why": candidate.why,
        }
        for candidate in forecast.candidates
    ]
    return {
        "kind": forecast.kind,
        "title": forecast.title,
        "memory": forecast.memory,
        "demand": forecast.demand,
        "candidates": candidates,
        "advice": forecast.advice,
    }


def _line(span: Span) -> dict[str, Any]:
    return {"path": span.path, "line": span.line}


def _amount(amount: Amount) -> dict[str, Any] | None:
    if amount is None:
        return None
    if isinstance(amount, Unknown):
        return _unknown(amount)
    return {"bytes": amount.value, **_origin(amount.origin)}


def _unknown(value: Unknown) -> dict[str, Any]:
    return {"unknown": value.why, **(_place(value.origin.span) if value.origin else {})}


def _origin(origin: Origin) -> dict[str, Any]:
    told: dict[str, Any] = {**_place(origin.span), "how": origin.how}
    if origin.via:
        told["via"] = [_origin(step) for step in origin.via]
    return told


def _value(value: Known[Any] | Unknown | None) -> dict[str, Any] | None:
    if value is None:
        return None
    return _unknown(value) if isinstance(value, Unknown) else {"value": value.value, **_origin(value.origin)}


def _argv(words: Words | None) -> list[Any] | None:
    if words is None:
        return None
    return [_plain(word) for word in words]


def _plain(value: Known[Any] | Unknown | None) -> Any:
    if value is None:
        return None
    if isinstance(value, Unknown):
        return {"unknown": value.why}
    return {"hidden": True} if value.value == HIDDEN else value.value


def _workload(workload: Workload) -> dict[str, Any]:
    return {
        "name": workload.name,
        "project": workload.project,
        "kind": workload.kind,
        "namespace": workload.namespace,
        **_line(workload.at),
        "replicas": _plain(workload.replicas) if workload.replicas is not None else 1,
        "profiles": list(workload.profiles),
        "qos": workload.qos,
        "request": _plain(workload.request),
        "limit": _plain(workload.limit),
        "containers": [_container(container) for container in workload.containers],
    }


def _container(container: Container) -> dict[str, Any]:
    process = container.process
    return {
        "name": container.name,
        "role": container.role,
        **_line(container.at),
        "image": _plain(container.image),
        "entrypoint": _argv(container.entrypoint),
        "command": _argv(container.command),
        "process": _argv(process.words),
        "why": process.why or None,
        "pid1": {"kind": process.pid1.kind, "name": process.pid1.name, "why": process.pid1.why} if process.pid1 else None,
        "env": _environment(container.env),
        "image_env": _environment(process.image.env) if process.image else {},
        "runtimes": [
            {
                "name": reading.runtime,
                "version": reading.version,
                "options": {name: _value(value) for name, value in reading.options.items()},
            }
            for reading in process.readings
        ],
        "memory": {
            "limit": _value(container.limit),
            "request": _value(container.request),
            "reservation": _value(container.reservation),
            "swap": _value(container.swap),
            "swappiness": _value(container.swappiness),
            "shm_size": _value(container.shm_size),
            "tmpfs": {mount.target: _mount(mount) for mount in container.mounts if mount.memory},
            "oom_kill_disable": _value(container.oom_kill_disable),
            "oom_score_adj": _value(container.oom_score_adj),
            "init": _value(container.init),
        },
    }


def _environment(env: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in env.items()}


def _mount(mount: Mount) -> dict[str, Any] | None:
    return _value(mount.size)
