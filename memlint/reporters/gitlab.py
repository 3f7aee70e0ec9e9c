"""GitLab's Code Quality report."""

import json
from hashlib import md5
from typing import Final

from memlint.model import Report, Severity

_SEVERITY: Final = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "info"}


def render(report: Report) -> str:
    """Return the JSON list that `artifacts:reports:codequality` takes; problems are issues too, so that they are not lost."""
    issues = [
        {
            "type": "issue",
            "check_name": f"{item.rule} {item.name}",
            "description": item.finding.message,
            "categories": ["Performance"],
            "severity": _SEVERITY[item.severity],
            "fingerprint": item.fingerprint,
            "location": {"path": item.finding.at.path, "lines": {"begin": item.finding.at.line, "end": item.finding.at.end_line}},
        }
        for item in report.active
    ]
    issues += [
        {
            "type": "issue",
            "check_name": "problem",
            "description": f"memlint could not judge this: {problem.message}",
            "categories": ["Bug Risk"],
            "severity": "blocker",
            "fingerprint": md5(
                f"{problem.path}\0{problem.line}\0{problem.message}".encode("utf-8", "replace"), usedforsecurity=False
            ).hexdigest(),
            "location": {"path": problem.path, "lines": {"begin": problem.line, "end": problem.line}},
        }
        for problem in report.problems
    ]
    return json.dumps(issues, indent=1, ensure_ascii=False) + "\n"
