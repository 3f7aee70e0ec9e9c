"""Composition root: texts, configuration and plugins become a Report. No I/O of its own."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from memlint import __version__, engine
from memlint.config import Config
from memlint.model import Apart, Problem, Project, Report, RuleInfo, Verb
from memlint.plugins import Plugins
from memlint.records import NamedTuple
from memlint.resolve.inputs import Inputs, Lookup, Ties
from memlint.sources import directives
from memlint.sources.directives import Directive
from memlint.sources.text import Source


class Texts(NamedTuple):
    """What `files` found: the judged files by kind, what was skipped and why, and a way to read files beside them."""

    by_kind: Mapping[str, Sequence[Source]]
    skipped: Mapping[str, Sequence[str]]
    lookup: Lookup
    problems: Sequence[Problem]
    today: str  # 2027-03-01
    command: str | None = None  # one `docker run` line instead of files
    root: str = ""  # the name of the folder where memlint runs
    files: Sequence[str] = ()  # the judged files, where renderings stand in place of some of them
    notes: Sequence[str] = ()  # what was done before, one line each, for `-v`


def report(verb: Verb, texts: Texts, config: Config, plugins: Plugins) -> Report:
    """Return everything that this run has to tell."""
    return _report(verb, texts, config, plugins)[0]


def part(texts: Texts, config: Config, plugins: Plugins) -> tuple[Report, Ties]:
    """Return what `check` has to tell of some files of a run, without the model, and what could join them with the other files."""
    from memlint.reporters import secrets

    result, inputs = _report(Verb.CHECK, texts, config, plugins)
    # A process hands on what it found: plain values. The model is full of ways to ask it more.
    apart, shown = secrets.parted(result)
    return result._replace(apart=apart, project=Project(), texts=shown), inputs.tied()


def joined(parts: Sequence[Report]) -> Report:
    """Return the report of a whole run from those of its parts."""
    skipped: dict[str, list[str]] = {}
    for each in parts:
        for why, paths in each.skipped.items():
            skipped.setdefault(why, []).extend(paths)
    rules = {rule.code: rule for each in parts for rule in each.rules}
    return parts[0]._replace(
        diagnostics=tuple(engine.joined(each.diagnostics for each in parts)),
        problems=_ordered(problem for each in parts for problem in each.problems),
        files=tuple(sorted(path for each in parts for path in each.files)),
        skipped={why: tuple(sorted(paths)) for why, paths in skipped.items()},
        rules=tuple(rules[code] for code in sorted(rules)),
        texts={path: text for each in parts for path, text in each.texts.items()},
        apart=Apart(
            sum(each.apart.containers for each in parts),
            *(frozenset[str]().union(*sets) for sets in zip(*(each.apart[1:] for each in parts), strict=True)),
        ),
    )


def _report(verb: Verb, texts: Texts, config: Config, plugins: Plugins) -> tuple[Report, Inputs]:
    inputs = Inputs(
        by_kind=texts.by_kind,
        lookup=texts.lookup,
        config=config,
        runtimes=plugins.runtimes(),
        host_memory=config.host_memory,
        node_memory=config.node_memory,
        root=texts.root,
    )
    inputs.joined.extend(texts.notes)
    project = _project(texts, inputs)
    # The list of files and problems is read last: a join looks at further files, and may find that one cannot be read.
    result = Report(
        verb=verb,
        version=__version__,
        project=project,
        problems=_ordered((*texts.problems, *project.problems)),
        files=tuple(sorted(texts.files or (source.path for sources in texts.by_kind.values() for source in sources))),
        skipped={why: tuple(sorted(paths)) for why, paths in texts.skipped.items()},
        host_memory=config.host_memory,
        node_memory=config.node_memory,
    )
    if verb is Verb.FORECAST or config.host_memory or config.node_memory or config.hosts or config.nodes:
        from memlint import forecast

        result = result._replace(forecasts=forecast.forecasts(project, config))
    return (_checked(result, texts, config, plugins) if verb is Verb.CHECK else result), inputs


def _project(texts: Texts, inputs: Inputs) -> Project:
    from memlint.resolve import project

    return project.build(inputs) if texts.command is None else project.of_command(texts.command, inputs)


def _checked(result: Report, texts: Texts, config: Config, plugins: Plugins) -> Report:
    rules = plugins.rules()
    chosen, unknown = engine.select(rules, config)
    problems = [Problem(config.path or "memlint", f"no rule answers to '{name}'") for name in unknown]
    comments: dict[str, Sequence[Directive]] = {}

    def directives_of(path: str) -> Sequence[Directive]:
        if path not in comments:
            source = texts.lookup(path)
            comments[path] = directives.read(source) if source is not None else ()
        return comments[path]

    scene = engine.Scene(directives_of, rules, texts.today, result.files)
    diagnostics, failed = engine.check(chosen, result.project, config, scene)
    if any(diagnostic.finding.fix is not None for diagnostic in diagnostics):
        from memlint import fixes

        diagnostics = fixes.sound(diagnostics, texts.lookup)
    used = {diagnostic.rule for diagnostic in diagnostics}
    pointed = {diagnostic.finding.at.path for diagnostic in diagnostics}
    pointed |= {edit.path for diagnostic in diagnostics if diagnostic.finding.fix for edit in diagnostic.finding.fix.edits}
    shown = {path: source.text for path in pointed if (source := texts.lookup(path)) is not None}
    return result._replace(
        diagnostics=tuple(diagnostics),
        problems=_ordered((*result.problems, *problems, *failed)),
        rules=tuple(RuleInfo(rule.code, rule.name, rule.severity, manual(rule.module)) for rule in chosen if rule.code in used),
        texts=shown,
    )


def touching(result: Report, paths: frozenset[str]) -> Report:
    """Return a report with only what concerns `paths`: findings that stand there or that a line there makes true, and problems there."""
    kept = [
        item for item in result.diagnostics if item.finding.at.path in paths or any(note.at.path in paths for note in item.finding.notes)
    ]
    return result._replace(diagnostics=tuple(kept), problems=tuple(problem for problem in result.problems if problem.path in paths))


def sharded(result: Report, shard: tuple[int, int], mine: Callable[[str], bool]) -> Report:
    """Return a report with only what stands in files that `mine` names."""
    workloads = tuple(workload for workload in result.project.workloads if mine(workload.at.path))
    return result._replace(
        project=result.project._replace(workloads=workloads),
        diagnostics=tuple(item for item in result.diagnostics if mine(item.finding.at.path)),
        problems=tuple(problem for problem in result.problems if mine(problem.path)),
        files=tuple(path for path in result.files if mine(path)),
        skipped={why: kept for why, paths in result.skipped.items() if (kept := tuple(path for path in paths if mine(path)))},
        shard=shard,
    )


def since(result: Report, before: Iterable[str], kind: str, reason: str) -> Report:
    """Return a report in which findings with the fingerprints of `before` are suppressed."""
    return result._replace(diagnostics=tuple(engine.without(result.diagnostics, frozenset(before), kind, reason)))


def _ordered(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(set(problems), key=lambda problem: (problem.path, problem.line, problem.column, problem.message)))


def manual(module: str) -> str:
    """Return the manual of a rule: the docstring of its module."""
    from importlib import import_module

    return (import_module(module).__doc__ or "").strip()


def effective(config: Config, overrides: Mapping[str, object]) -> Config:
    """Return the configuration with what the command line says on top; None leaves a setting as it is."""
    return config._replace(**{name: value for name, value in overrides.items() if value is not None})  # type: ignore[arg-type]  # names are fields


def read_config(source: Source) -> tuple[Config | None, list[Problem]]:
    """Return the configuration of a file, or what is wrong with it."""
    from memlint.resolve import configuration

    return configuration.read(source)
