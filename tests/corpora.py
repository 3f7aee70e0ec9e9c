"""memlint run once over the corpus beside the repository, for all tests that ask what it made of it."""

from functools import cache
from pathlib import Path

from memlint import app, files
from memlint.config import Config
from memlint.model import Container, Diagnostic, Report, Verb, Workload
from memlint.plugins import Plugins

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT.parent / "shared" / "corpus"


@cache
def library() -> files.Library:
    found = files.Library()
    found.add([str(CORPUS)])
    return found


@cache
def report() -> Report:
    """Return what `memlint check` finds in the corpus with the default configuration."""
    read = library()
    texts = app.Texts(read.by_kind, read.skipped, read.lookup, read.problems, "2026-11-01")
    return app.report(Verb.CHECK, texts, Config(), Plugins())


def below(path: str) -> str:
    """Return a path as the corpus names it."""
    return path.removeprefix(f"{CORPUS}/")


@cache
def containers() -> dict[str, list[tuple[Workload, Container]]]:
    """Return the containers of each file, by its path in the corpus."""
    found: dict[str, list[tuple[Workload, Container]]] = {}
    for workload in report().project.workloads:
        for container in workload.containers:
            found.setdefault(below(container.at.path), []).append((workload, container))
    return found


@cache
def findings() -> dict[str, list[Diagnostic]]:
    """Return the findings of each file, by its path in the corpus, also those that it only is a related place of."""
    found: dict[str, list[Diagnostic]] = {}
    for item in report().diagnostics:
        for path in {item.finding.at.path, *(note.at.path for note in item.finding.notes)}:
            found.setdefault(below(path), []).append(item)
    return found
