"""Containers of real repositories, judged by hand, each folder on its own and through the command line: the answers are those of the label."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from conftest import run_memlint

# Rows that the labels' own README does not hold strictly: they may be native images.
NOT_STRICT = "istio-tutorial"


@pytest.fixture(scope="module")
def rows(shared: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (shared / "labels" / "labels.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def answers(shared: Path, rows: list[dict[str, Any]]) -> Mapping[tuple[str, str], Any]:
    """(file, container) -> its bill; each repository is judged as a whole, as its files are joined."""
    found: dict[tuple[str, str], Any] = {}
    corpus = shared / "corpus"
    for folder in sorted({str(Path(row["file"]).parent) for row in rows}):
        if (corpus / folder).is_dir():
            for bill in run_memlint("budget", "--no-render", "--output", "json", str(corpus / folder)).json["containers"]:
                path = str(Path(bill["path"]).resolve().relative_to(corpus.resolve()))
                found.setdefault((path, bill["container"]), []).append(bill)
    return found


def bill_of(row: dict[str, Any], answers: Mapping[tuple[str, str], Any]) -> Any:
    """Return the bill that stands nearest to the label's line."""
    bills = answers.get((row["file"], row["container"]), [])
    return min(bills, key=lambda bill: abs(bill["line"] - row["line"]), default=None)


def size(amount: Any) -> int | None:
    return None if amount is None else amount.get("bytes")


def test_limits_requests_and_qos_are_equal(rows: list[dict[str, Any]], answers: Mapping[tuple[str, str], Any]) -> None:
    compared, wrong = 0, []
    for row in rows:
        bill = bill_of(row, answers)
        if bill is None or row["source"] == "cr":
            continue
        compared += 1
        told = {"limit": size(bill["limit"])}
        wanted = {"limit": row["mem_limit_bytes"]}
        if row["source"] in ("k8s", "helm-rendered"):
            told |= {"request": size(bill["request"]), "qos": bill["qos"]}
            # The labels hold what is written; the API sets a missing request to the limit.
            wanted |= {"request": row["mem_request_bytes"] or row["mem_limit_bytes"], "qos": row["qos"]}
        if told != wanted:
            wrong.append(f"{row['id']} {row['file']}:{row['line']}: {told}, label {wanted}")
    print(f"{compared} rows compared")
    assert compared >= 70
    assert not wrong, "\n".join(wrong)


def test_verdicts_do_not_contradict_the_labels(rows: list[dict[str, Any]], answers: Mapping[tuple[str, str], Any]) -> None:
    compared, wrong = 0, []
    for row in rows:
        bill = bill_of(row, answers)
        heap = row["heap"]
        if bill is None or not bill["parts"] or not isinstance(heap, dict) or not heap.get("effective") or NOT_STRICT in row["file"]:
            continue
        if heap["source"].startswith("Dockerfile"):
            continue  # the corpus holds no Dockerfiles
        verdict, limit = bill["verdict"], size(bill["limit"])
        says = row["exceeds_limit"]
        if says not in ("yes", "no") or limit is None:
            continue
        compared += 1
        over = verdict in ("over", "likely-over") or (verdict == "marginal" and bill["expected"] > limit)
        if over != (says == "yes"):
            wrong.append(
                f"{row['id']} {row['file']}:{row['line']}: {verdict}, expected {bill['expected'] >> 20} of {limit >> 20} MiB, label {says}"
            )
    print(f"{compared} rows compared")
    assert compared >= 8
    assert not wrong, "\n".join(wrong)
