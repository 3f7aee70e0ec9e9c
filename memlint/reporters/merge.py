"""Joins the results of several runs: JSON of version 1 with JSON, SARIF with SARIF. Texts go in, one text comes out."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final
from urllib.parse import unquote

from memlint.model import Severity
from memlint.records import NamedTuple
from memlint.reporters import sarif

MAX_BYTES: Final = 1 << 30  # of one result
_LISTS: Final = {"findings": "check", "containers": "budget", "workloads": "show"}
_COUNTS: Final = {Severity.ERROR: "errors", Severity.WARNING: "warnings", Severity.INFO: "infos"}


class MergeError(Exception):
    """A file that is no result, or none that goes with the others; `path` names it."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(why)
        self.path = path


class Merged(NamedTuple):
    """The joined result. `severities`: those of the findings that count; `missing`: what is wrong with the set of shards."""

    text: str
    severities: frozenset[Severity]
    complete: bool
    missing: tuple[str, ...]
    summary: str


def merge(results: Sequence[tuple[str, str]]) -> Merged:
    """Join (path, text) of results of one format. Raises MergeError."""
    bodies = [(path, _body(path, text)) for path, text in results]
    kinds = {path: _kind(path, body) for path, body in bodies}
    first_path, first = bodies[0]
    for path, kind in kinds.items():
        if kind != kinds[first_path]:
            raise MergeError(path, f"is a {kind}, and {first_path} a {kinds[first_path]}: results of one format can be joined")
    for path, body in bodies:
        if _tool(body) != _tool(first):
            raise MergeError(path, f"is of memlint {_tool(body)}, and {first_path} of {_tool(first)}: their findings cannot be told apart")
    missing = _missing([(path, _shard(body)) for path, body in bodies])
    return (_sarif if kinds[first_path] == "SARIF file" else _json)([body for _, body in bodies], missing)


def _body(path: str, text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MergeError(path, f"is no JSON: {getattr(error, 'msg', error)}") from error
    if not isinstance(body, dict):
        raise MergeError(path, "is no result of memlint")
    return body


def _kind(path: str, body: dict[str, Any]) -> str:
    if body.get("version") == "2.1.0" and _listed(body, "runs") and len(body["runs"]) == 1 and _ours(body["runs"][0]):
        return "SARIF file"
    if body.get("version") == 1 and isinstance(body.get("tool"), dict) and _listed(body, "problems"):
        for name, verb in _LISTS.items():
            if _listed(body, name):
                return f"JSON result of {verb}"
    raise MergeError(path, "is neither a JSON result of memlint (version 1 of check, budget or show) nor a SARIF file of it")


def _ours(run: dict[str, Any]) -> bool:
    tool = run.get("tool")
    driver = tool.get("driver") if isinstance(tool, dict) else None
    return isinstance(driver, dict) and driver.get("name") == "memlint" and _listed(run, "results")


def _listed(body: dict[str, Any], name: str) -> bool:
    entries = body.get(name)
    return isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)


def _tool(body: dict[str, Any]) -> str:
    tool = body["runs"][0]["tool"]["driver"] if "runs" in body else body["tool"]
    return str(tool.get("version"))


def _shard(body: dict[str, Any]) -> tuple[int, int] | None:
    holder = body["runs"][0].get("properties", {}) if "runs" in body else body
    shard = holder.get("shard") if isinstance(holder, dict) else None
    return (shard["index"], shard["of"]) if isinstance(shard, dict) and {"index", "of"} <= set(shard) else None


def _missing(shards: Sequence[tuple[str, tuple[int, int] | None]]) -> tuple[str, ...]:
    """Say which shards are not there, or there twice; results of whole folders are no shards and always complete."""
    if all(shard is None for _, shard in shards):
        return ()
    counts = {shard[1] for _, shard in shards if shard is not None}
    told = [f"{path} is no shard, and others are" for path, shard in shards if shard is None]
    if len(counts) > 1:
        return (*told, f"these are shards of several runs: of {', '.join(map(str, sorted(counts)))} parts")
    (count,) = counts
    seen: dict[int, str] = {}
    for path, shard in shards:
        if shard is not None and shard[0] in seen:
            told.append(f"{path} is shard {shard[0]} of {count} once more, after {seen[shard[0]]}")
        elif shard is not None:
            seen[shard[0]] = path
    absent = [str(number) for number in range(1, count + 1) if number not in seen]
    if absent:
        told.append(f"shard {', '.join(absent)} of {count} is missing: not everything was judged")
    return tuple(told)


def _joined(groups: Iterable[Iterable[Any]], key: Callable[[Any], Any] | None = None) -> list[Any]:
    """Return the entries of all groups, each once, sorted by `key` or in their order."""
    once = {json.dumps(entry, sort_keys=True): entry for group in groups for entry in group}
    return sorted(once.values(), key=key) if key else list(once.values())


def _json(bodies: Sequence[dict[str, Any]], missing: tuple[str, ...]) -> Merged:
    (name,) = (name for name in _LISTS if name in bodies[0])
    entries = _joined((body[name] for body in bodies), _place)
    problems = _joined((body["problems"] for body in bodies), _place)
    problems += [{"path": "memlint", "line": 1, "column": 1, "message": told} for told in missing]
    merged: dict[str, Any] = {"version": 1, "tool": bodies[0]["tool"], name: entries, "problems": problems}
    active: list[str] = []
    told = f"{len(entries)} {name}"
    if name == "findings":
        active = [entry.get("severity", "") for entry in entries if entry.get("suppressed") is None]
        summaries = [body.get("summary", {}) for body in bodies]
        skipped: dict[str, int] = {}
        for summary in summaries:
            for why, count in summary.get("not_judged", {}).items():
                skipped[why] = skipped.get(why, 0) + count
        merged["summary"] = {
            "files": sum(summary.get("files", 0) for summary in summaries),
            "containers": sum(summary.get("containers", 0) for summary in summaries),
            **{plural: active.count(severity) for severity, plural in _COUNTS.items()},
            "suppressed": len(entries) - len(active),
            "not_judged": skipped,
        }
        told = _told(active)
    text = json.dumps(merged, indent=1, ensure_ascii=False) + "\n"
    return Merged(text, _severities(active), not problems, missing, f"{told} in {len(bodies)} results")


def _place(entry: dict[str, Any]) -> tuple[Any, ...]:
    names = ("rule", "workload", "name", "container", "message")
    return (entry.get("path") or "", entry.get("line") or 0, entry.get("column") or 0, *(str(entry.get(name) or "") for name in names))


def _sarif(bodies: Sequence[dict[str, Any]], missing: tuple[str, ...]) -> Merged:
    runs = [body["runs"][0] for body in bodies]
    rules: dict[str, Any] = {}
    for run in runs:
        for rule in run["tool"]["driver"].get("rules", ()):
            rules.setdefault(str(rule.get("id")), rule)
    ordered = [rules[code] for code in sorted(rules)]
    index = {code: number for number, code in enumerate(sorted(rules))}
    results = [
        {**result, "ruleIndex": index[result["ruleId"]]} if result.get("ruleId") in index else result
        for run in runs
        for result in run["results"]
    ]
    kept, left_out = sarif.bounded(_joined([results], _sarif_place), lambda result: str(result.get("level", "warning")))
    calls = [call for run in runs for call in run.get("invocations", ())]
    notifications = _joined(call.get("toolExecutionNotifications", ()) for call in calls)
    notifications += [sarif.notice("error", told) for told in missing]
    if left_out:
        notifications.append(sarif.left_out(left_out))
    complete = not missing and all(call.get("executionSuccessful") is True for call in calls)
    driver = {**runs[0]["tool"]["driver"], "rules": ordered}
    run = {**runs[0], "tool": {"driver": driver}, "results": list(kept)}
    run.pop("properties", None)
    run["invocations"] = [{"executionSuccessful": complete, "toolExecutionNotifications": notifications}]
    active = [sarif.severity(str(result.get("level"))) for result in kept if not result.get("suppressions")]
    text = sarif.dumps({**bodies[0], "runs": [run]})
    return Merged(text, _severities(active), complete, missing, f"{_told(active)} in {len(bodies)} results")


def _sarif_place(result: dict[str, Any]) -> tuple[Any, ...]:
    places = result.get("locations") or [{}]
    place = places[0].get("physicalLocation", {})
    region = place.get("region", {})
    where = place.get("artifactLocation", {}).get("uri", "")
    whose = result.get("properties") or {}
    names = (result.get("ruleId"), whose.get("workload"), whose.get("container"), result.get("message", {}).get("text"))
    return unquote(where), region.get("startLine", 0), region.get("startColumn", 0), *(str(name or "") for name in names)


def _severities(names: Iterable[str]) -> frozenset[Severity]:
    return frozenset(severity for severity in Severity if severity in set(names))


def _told(active: Sequence[str]) -> str:
    counts = [f"{active.count(severity)} {plural if active.count(severity) != 1 else plural[:-1]}" for severity, plural in _COUNTS.items()]
    found = [count for count in counts if not count.startswith("0 ")]
    return ", ".join(found) or "nothing to report"
