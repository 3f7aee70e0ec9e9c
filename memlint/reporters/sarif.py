"""SARIF 2.1.0, as GitHub code scanning and other consumers read it."""

import json
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import quote

from memlint.model import Diagnostic, Edit, Fix, Problem, Report, RuleInfo, Severity, Span, Suppression

# Limits that GitHub documents for an upload: 25,000 results a run, of which the 5,000 most severe are shown; 1,000 locations a
# result, of which 100 are kept; 1,024 characters for a rule's descriptions.
MAX_RESULTS: Final = 25_000
MAX_RELATED: Final = 100
MAX_DESCRIPTION: Final = 1024
_LEVEL: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_RANK: Final = {"error": 0, "warning": 1, "note": 2}
_HOME: Final = "https://github.com/container-memlint/memlint"

_T = TypeVar("_T")


def render(report: Report) -> str:
    """Return the SARIF text of a check."""
    rules = [_rule(info) for info in report.rules]
    index = {info.code: number for number, info in enumerate(report.rules)}
    kept, dropped = bounded(report.diagnostics, lambda item: _LEVEL[item.severity])
    notifications = [_notification(problem) for problem in report.problems]
    if dropped:
        notifications.append(left_out(dropped))
    driver = {"name": "memlint", "version": report.version, "semanticVersion": report.version, "informationUri": _HOME, "rules": rules}
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not report.problems, "toolExecutionNotifications": notifications}],
        "results": [_result(item, index, report) for item in kept],
    }
    if report.shard is not None:
        run["properties"] = {"shard": {"index": report.shard[0], "of": report.shard[1]}}
    return dumps({"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]})


def dumps(log: dict[str, Any]) -> str:
    """Return the text of a log without spaces: GitHub takes 10 MB, and indented it would be twice as long."""
    return json.dumps(log, ensure_ascii=False, separators=(",", ":")) + "\n"


def severity(level: str) -> str:
    """Return our word for a level."""
    return next((str(ours) for ours, theirs in _LEVEL.items() if theirs == level), "")


def bounded(items: Sequence[_T], level: Callable[[_T], str]) -> tuple[Sequence[_T], int]:
    """Return as many items as a run may hold, the most severe in their order, and how many are left out."""
    if len(items) <= MAX_RESULTS:
        return items, 0
    kept = set(sorted(range(len(items)), key=lambda number: _RANK.get(level(items[number]), 3))[:MAX_RESULTS])
    return [item for number, item in enumerate(items) if number in kept], len(items) - MAX_RESULTS


def left_out(count: int) -> dict[str, Any]:
    """Return the notice that not all findings stand in the run."""
    return notice("warning", f"{count} findings of the lowest severity are left out: a run may hold {MAX_RESULTS}")


def notice(level: str, text: str) -> dict[str, Any]:
    return {"level": level, "message": {"text": text}}


def _rule(info: RuleInfo) -> dict[str, Any]:
    fault = info.manual.partition("\n")[0][:MAX_DESCRIPTION]
    return {
        "id": info.code,
        "name": "".join(word.capitalize() for word in info.name.split("-")),
        "shortDescription": {"text": fault},
        "fullDescription": {"text": fault},
        "help": {"text": info.manual, "markdown": info.manual},
        "defaultConfiguration": {"level": _LEVEL[info.severity]},
        "properties": {"tags": ["memory", info.name]},
    }


def _result(item: Diagnostic, index: dict[str, int], report: Report) -> dict[str, Any]:
    finding = item.finding
    result: dict[str, Any] = {
        "ruleId": item.rule,
        "level": _LEVEL[item.severity],
        "message": _message(finding.message),
        "locations": [_location(finding.at)],
        "partialFingerprints": {"memlint/v1": item.fingerprint},
        "properties": {"confidence": str(finding.confidence), "workload": item.workload, "container": item.container},
    }
    if item.rule in index:
        result["ruleIndex"] = index[item.rule]
    if finding.notes:
        result["relatedLocations"] = [
            {"id": number, **_location(note.at), "message": _message(note.text)} for number, note in enumerate(finding.notes[:MAX_RELATED])
        ]
    if finding.fix is not None:
        result["fixes"] = [_fix(finding.fix, report)]
    if item.suppressed is not None:
        result["suppressions"] = [_suppression(item.suppressed)]
    return result


def _message(text: str) -> dict[str, str]:
    """Viewers make a link of `[text](target)`, in plain text too; what a file brings is none."""
    return {"text": text.replace("](", "]\u200b(")}


def _location(span: Span) -> dict[str, Any]:
    region = {"startLine": span.line, "startColumn": span.column, "endLine": span.end_line, "endColumn": span.end_column}
    return {"physicalLocation": {"artifactLocation": {"uri": uri(span.path)}, "region": region}}


def uri(path: str) -> str:
    """Return a path as a URI reference: relative to the checkout, or a file URI where the path is absolute."""
    try:
        raw = path.encode("utf-8", "surrogateescape")  # the bytes of a name that is not UTF-8
    except UnicodeEncodeError:
        raw = path.encode("utf-8", "replace")
    quoted = quote(raw, safe="/!$&'()*+,;=@~-._")
    return f"file://{quoted}" if path.startswith("/") else quoted


def _fix(fix: Fix, report: Report) -> dict[str, Any]:
    changes: dict[str, list[dict[str, Any]]] = {}
    for edit in fix.edits:
        replacement = {"deletedRegion": _region(edit, report.texts.get(edit.path)), "insertedContent": {"text": edit.text}}
        changes.setdefault(edit.path, []).append(replacement)
    return {
        "description": {"text": f"{fix.title} ({fix.safety})"},
        "artifactChanges": [
            {"artifactLocation": {"uri": uri(path)}, "replacements": replacements} for path, replacements in changes.items()
        ],
    }


def _region(edit: Edit, text: str | None) -> dict[str, Any]:
    """Return the place of an edit in lines and columns, which hold whatever encoding and byte order mark a file has."""
    if text is None:
        return {"charOffset": edit.start, "charLength": edit.end - edit.start}
    line, column = _position(text, edit.start)
    end_line, end_column = _position(text, edit.end)
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def _position(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1


def _suppression(suppression: Suppression) -> dict[str, Any]:
    told: dict[str, Any] = {"kind": "inSource" if suppression.kind in ("inline", "annotation") else "external", "status": "accepted"}
    if suppression.reason:
        told["justification"] = suppression.reason + (f" (until {suppression.until})" if suppression.until else "")
    return told


def _notification(problem: Problem) -> dict[str, Any]:
    region = {"startLine": problem.line, "startColumn": problem.column}
    place = {"physicalLocation": {"artifactLocation": {"uri": uri(problem.path)}, "region": region}}
    return {"level": "error", "message": _message(problem.message), "locations": [place]}
