"""SARIF 2.1.0, as GitHub code scanning and other consumers read it."""

import json
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from memlint.model import Diagnostic, Fix, Problem, Report, RuleInfo, Severity, Span, Suppression

# Limits that GitHub documents for an upload: 25,000 results a run; 1,000 locations a result, of which 100 are kept.
MAX_RESULTS: Final = 25_000
MAX_RELATED: Final = 100
_LEVEL: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_RANK: Final = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def render(report: Report) -> str:
    """Return the SARIF text of a check."""
    rules = [_rule(info) for info in report.rules]
    index = {info.code: number for number, info in enumerate(report.rules)}
    kept, left_out = _bounded(report.diagnostics)
    notifications = [_notification(problem) for problem in report.problems]
    if left_out:
        notifications.append(
            {
                "level": "warning",
                "message": {"text": f"{left_out} findings of the lowest severity are left out: a run may hold {MAX_RESULTS}"},
            }
        )
    run = {
        "tool": {"driver": {"name": "memlint", "version": report.version, "semanticVersion": report.version, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not report.problems, "toolExecutionNotifications": notifications}],
        "results": [_result(item, index) for item in kept],
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=1, ensure_ascii=False) + "\n"


def _bounded(diagnostics: Sequence[Diagnostic]) -> tuple[Sequence[Diagnostic], int]:
    if len(diagnostics) <= MAX_RESULTS:
        return diagnostics, 0
    kept = set(sorted(range(len(diagnostics)), key=lambda number: _RANK[diagnostics[number].severity])[:MAX_RESULTS])
    return [item for number, item in enumerate(diagnostics) if number in kept], len(diagnostics) - MAX_RESULTS


def _rule(info: RuleInfo) -> dict[str, Any]:
    fault = info.manual.partition("\n")[0]
    return {
        "id": info.code,
        "name": "".join(word.capitalize() for word in info.name.split("-")),
        "shortDescription": {"text": fault},
        "fullDescription": {"text": fault},
        "help": {"text": info.manual, "markdown": info.manual},
        "defaultConfiguration": {"level": _LEVEL[info.severity]},
        "properties": {"tags": ["memory", info.name]},
    }


def _result(item: Diagnostic, index: dict[str, int]) -> dict[str, Any]:
    finding = item.finding
    result: dict[str, Any] = {
        "ruleId": item.rule,
        "level": _LEVEL[item.severity],
        "message": {"text": finding.message},
        "locations": [_location(finding.at)],
        "partialFingerprints": {"memlint/v1": item.fingerprint},
        "properties": {"confidence": str(finding.confidence), "workload": item.workload, "container": item.container},
    }
    if item.rule in index:
        result["ruleIndex"] = index[item.rule]
    if finding.notes:
        result["relatedLocations"] = [
            {"id": number, **_location(note.at), "message": {"text": note.text}} for number, note in enumerate(finding.notes[:MAX_RELATED])
        ]
    if finding.fix is not None:
        result["fixes"] = [_fix(finding.fix)]
    if item.suppressed is not None:
        result["suppressions"] = [_suppression(item.suppressed)]
    return result


def _location(span: Span) -> dict[str, Any]:
    region = {"startLine": span.line, "startColumn": span.column, "endLine": span.end_line, "endColumn": span.end_column}
    return {"physicalLocation": {"artifactLocation": {"uri": uri(span.path)}, "region": region}}


def uri(path: str) -> str:
    """Return a path as a relative URI reference."""
    return quote(path.encode("utf-8", "surrogateescape"), safe="/!$&'()*+,;=@~-._")


def _fix(fix: Fix) -> dict[str, Any]:
    changes: dict[str, list[dict[str, Any]]] = {}
    for edit in fix.edits:
        region = {"charOffset": edit.start, "charLength": edit.end - edit.start}
        changes.setdefault(edit.path, []).append({"deletedRegion": region, "insertedContent": {"text": edit.text}})
    return {
        "description": {"text": f"{fix.title} ({fix.safety})"},
        "artifactChanges": [
            {"artifactLocation": {"uri": uri(path)}, "replacements": replacements} for path, replacements in changes.items()
        ],
    }


def _suppression(suppression: Suppression) -> dict[str, Any]:
    told: dict[str, Any] = {"kind": "inSource" if suppression.kind == "inline" else "external", "status": "accepted"}
    if suppression.reason:
        told["justification"] = suppression.reason + (f" (until {suppression.until})" if suppression.until else "")
    return told


def _notification(problem: Problem) -> dict[str, Any]:
    region = {"startLine": problem.line, "startColumn": problem.column}
    return {
        "level": "error",
        "message": {"text": problem.message},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri(problem.path)}, "region": region}}],
    }
