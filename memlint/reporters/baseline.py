"""Writes a baseline: what is found today, so that only new findings count from now on."""

import json

from memlint.model import Report


def render(report: Report) -> str:
    """Return the text of a baseline file, one finding a line, so that a version control shows what went."""
    entries = [
        {"fingerprint": item.fingerprint, "rule": item.rule, "path": item.finding.at.path, "container": item.container or item.workload}
        for item in report.diagnostics
        if item.suppressed is None or item.suppressed.kind == "baseline"
    ]
    body = ",\n".join("  " + json.dumps(entry, ensure_ascii=False) for entry in entries)
    return f'{{"version": 1, "findings": [\n{body}\n]}}\n' if entries else '{"version": 1, "findings": []}\n'
