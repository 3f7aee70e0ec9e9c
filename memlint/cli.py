"""The command line: argv and streams become an exit status. Decides nothing about memory."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from memlint.arguments import completion, parse
from memlint.config import Config
from memlint.model import Problem, Project, Report, Severity, Verb

if TYPE_CHECKING:
    from memlint.api import Reporter
    from memlint.app import Texts
    from memlint.files import Library
    from memlint.jobs import Judged
    from memlint.plugins import Plugins

OK, FINDINGS, TROUBLE = 0, 1, 2
SEVERAL = 200  # files, below which a second process costs more than it saves
LARGE = 1000  # files, from which on one process too judges part by part, as it need not hold the model of all of them then
_ORDER = [Severity.INFO, Severity.WARNING, Severity.ERROR]


def run(argv: Sequence[str], stdin: TextIO | None = None, stdout: TextIO | None = None, stderr: TextIO | None = None) -> int:
    """Run one command and return its exit status: 0 nothing found, 1 findings, 2 not everything could be judged."""
    out, err = stdout or sys.stdout or _nowhere(), stderr or sys.stderr or _nowhere()
    try:
        options = parse(argv)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else TROUBLE
    try:
        status = _HANDLERS[options.name](options, stdin or sys.stdin, out, err)
        out.flush()
    except BrokenPipeError:
        _silence(out)
        return TROUBLE
    except ChildProcessError as error:  # jobs.JobError
        print(f"memlint: {error}", file=err)
        return TROUBLE
    except OSError as error:  # every file is read and written with care: this is the output itself
        _silence(out)
        print(f"memlint: cannot go on: {(error.strerror or str(error)).lower()}", file=err)
        return TROUBLE
    except KeyboardInterrupt:
        print("memlint: interrupted", file=err)
        return TROUBLE
    except Exception as error:  # noqa: BLE001  # a fault of ours is told like every other thing that could not be judged
        print(f"memlint: {_fault(error)}", file=err)
        return TROUBLE
    return status


def _nowhere() -> TextIO:
    """Return what takes the place of an output that the caller closed."""
    import io

    return io.StringIO()


def _fault(error: Exception) -> str:
    import traceback

    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{frame.filename.rpartition('memlint')[2].lstrip('/')}:{frame.lineno}"
    return f"a fault of its own, please report it: {type(error).__name__}: {str(error)[:200]} ({place})"


def _silence(out: TextIO) -> None:
    """Keep the interpreter from complaining at exit that the reader of the pipe has gone."""
    import os

    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
    except (OSError, ValueError):
        return


def _report(arguments: argparse.Namespace, stdin: TextIO, out: TextIO, err: TextIO) -> int:
    from memlint import files
    from memlint.plugins import PluginError, Plugins

    paths = list(arguments.paths) or ([] if arguments.command is not None else ["."])
    config, fatal = _configuration(arguments, paths)
    if fatal:
        return _fail(fatal, err)
    try:
        plugins = Plugins()
        reporters = plugins.reporters()
        outputs = [entry.partition("=") for entry in arguments.output or ["text"]]
        for name, _, _ in outputs:
            if name not in reporters:
                return _fail([Problem("memlint", f"no output format '{name}': there are {', '.join(sorted(reporters))}")], err)
        streamed, problem = files.stream(stdin) if "-" in paths else ("", None)
        if problem is not None:
            return _fail([problem], err)
        arguments.renderings = {}
        report = _judged(files.Library(), paths, arguments, config, plugins, streamed)
        if Verb(arguments.name) is Verb.CHECK:
            earlier, problems = _earlier(paths, arguments, config, plugins)
            if problems:
                return _fail(problems, err)
            report = _since(report, earlier)
            if arguments.fix or arguments.diff:
                report = _mended(report, earlier, paths, arguments, config, plugins, streamed, out, err)
                if arguments.diff:
                    return _status(report, config)
            if arguments.write_baseline:
                report, problems = _baselined(report, arguments.write_baseline)
                if problems:
                    return _fail(problems, err)
        from memlint.reporters import secrets

        report = secrets.redacted(report, model=_shows_model(arguments, plugins))
        failed = [problem for name, _, target in outputs if (problem := _emit(name, target, report, reporters, arguments, out)) is not None]
        if any(name == "github" for name, _, _ in outputs):
            failed += _summarised(report)
    except PluginError as error:
        return _fail([Problem("memlint", str(error))], err)
    return _fail(failed, err) if failed else _status(report, config)


def _judged(
    library: Library, paths: Sequence[str], arguments: argparse.Namespace, config: Config, plugins: Plugins, streamed: str
) -> Report:
    from memlint import app, files

    context = getattr(arguments, "context", None)
    library.shard = getattr(arguments, "shard", None)
    named = [path for path in paths if path != "-"]
    found = list(library.walk([context] if context else named, config.exclude))
    if len(found) >= (LARGE if getattr(arguments, "jobs", 1) == 1 else SEVERAL) and _divisible(arguments, config, plugins):
        parts = _in_parts(library, found, paths, arguments, config, plugins)
        if parts is not None:
            return parts
    library.take(found, config.markdown)
    if context:
        library.add([path for path in named if library.lookup(files.clean(path)) is None], config.exclude, config.markdown)
    if "-" in paths:
        library.add_text(arguments.stdin_filename, streamed)
    texts = app.Texts(library.by_kind, library.skipped, library.lookup, library.problems, _today(), arguments.command, files.folder_name())
    texts = _rendered(texts, library, arguments, config)
    report = app.report(Verb(arguments.name), texts, config, plugins)
    if library.shard is not None:
        report = app.sharded(report, library.shard, library.mine)
    return app.touching(report, frozenset(files.clean(path) for path in named)) if context else report


def _divisible(arguments: argparse.Namespace, config: Config, plugins: Plugins) -> bool:
    """Say whether files may be judged part by part: nothing is asked for that needs the model of all of them at once."""
    return not (
        _shows_model(arguments, plugins)
        or arguments.fix
        or arguments.diff
        or arguments.context
        or arguments.shard
        or arguments.command is not None
        or "-" in arguments.paths
        or config.hosts
        or config.nodes
        or config.host_memory
        or config.node_memory
    )


def _shows_model(arguments: argparse.Namespace, plugins: Plugins) -> bool:
    """Say whether what is printed may tell more of the workloads than the findings do: bills, what was joined."""
    import os

    formats = {entry.partition("=")[0] for entry in arguments.output or ()}
    summary = "github" in formats and os.environ.get("GITHUB_STEP_SUMMARY")
    return bool(arguments.name != Verb.CHECK or arguments.verbose or formats & {"html", "markdown"} or summary or plugins.strangers)


class _Part:
    """Judges some files of a run. A process that is no copy of this one makes its configuration and plugins anew."""

    def __init__(self, base: str, arguments: argparse.Namespace, paths: Sequence[str], known: tuple[Config, Plugins] | None = None) -> None:
        self._base, self._arguments, self._paths, self._known = base, arguments, paths, known

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return _Part, (self._base, self._arguments, self._paths)

    def __call__(self, paths: Sequence[str]) -> Judged:
        from memlint import app, files, jobs
        from memlint.plugins import Plugins

        try:
            if self._known is None:
                self._known = _configuration(self._arguments, self._paths)[0], Plugins()
            config, plugins = self._known
            library = files.Library(self._base)
            library.add_some(self._paths, paths, config.markdown)
            by_kind = library.by_kind
            texts = app.Texts(by_kind, library.skipped, library.lookup, library.problems, _today(), root=files.folder_name())
            report, ties = app.part(texts, config, plugins)
        except Exception as error:
            raise jobs.JobError(_fault(error)) from error
        return jobs.Judged(report, ties, frozenset(library.beside), frozenset(by_kind))


def _in_parts(
    library: Library,
    found: Sequence[tuple[str, bool]],
    paths: Sequence[str],
    arguments: argparse.Namespace,
    config: Config,
    plugins: Plugins,
) -> Report | None:
    """Judge part by part, by as many processes as there shall be; None where all files belong together."""
    from memlint import __version__, app, files, jobs
    from memlint.sources import kinds

    folders = [files.clean(path) for path in paths]
    renders = not arguments.no_render and any(
        kinds.by_name(path.rpartition("/")[2]) in ("helm-chart", "kustomization") for path, _ in found
    )
    if renders or any(explicit for _, explicit in found) or files.overlapping(folders):
        return None
    count = arguments.jobs or jobs.available()
    cutting = jobs.cut([path for path, _ in found], folders, count)
    reports = jobs.run(_Part(library.base, arguments, paths, (config, plugins)), cutting, count)
    if reports is None:
        return None
    skipped = {why: tuple(paths) for why, paths in library.skipped.items()}
    walked = Report(Verb.CHECK, __version__, Project(), problems=tuple(library.problems), skipped=skipped)
    return app.joined([walked, *reports])


def _rendered(texts: Texts, library: Library, arguments: argparse.Namespace, config: Config) -> Texts:
    """Return the files of a run with charts and overlays rendered, and a stream of rendered objects traced to its templates."""
    found = texts.by_kind
    charts = not arguments.no_render and bool(found.get("helm-chart") or found.get("kustomization"))
    streamed = "-" in arguments.paths and any(not source.editable for source in found.get("kubernetes", ()))
    if not charts and not streamed:
        return texts
    from memlint import render

    if streamed:
        texts = texts._replace(by_kind=render.traced(found, texts.lookup))
    if not charts:
        return texts
    outcome = render.run(texts.by_kind, texts.skipped, texts.lookup, config, library.base, arguments.renderings)
    return texts._replace(
        by_kind=outcome.by_kind,
        skipped=outcome.skipped,
        problems=[*texts.problems, *outcome.problems],
        files=sorted(source.path for sources in found.values() for source in sources),
        notes=outcome.notes,
    )


def _earlier(
    paths: Sequence[str], arguments: argparse.Namespace, config: Config, plugins: Plugins
) -> tuple[list[tuple[list[str], str, str]], list[Problem]]:
    """Return what was there before, as (fingerprints, kind, reason): in the baseline, in the git reference."""
    from memlint import files

    found: list[tuple[list[str], str, str]] = []
    if arguments.baseline:
        source, problems = files.read(arguments.baseline)
        if source is not None:
            from memlint.sources import baseline

            known, problems = baseline.read(source)
            found.append((list(known), "baseline", f"in {arguments.baseline}"))
        if problems:
            return found, problems
    if arguments.diff_base:
        import tempfile

        with tempfile.TemporaryDirectory(prefix="memlint-") as folder:
            base, error = files.checkout(arguments.diff_base, folder)
            if error:
                return found, [Problem("memlint", f"--diff-base {arguments.diff_base}: {error}")]
            before = _judged(files.Library(base), paths, arguments, config, plugins, "")
        found.append(([item.fingerprint for item in before.diagnostics], "diff-base", f"already in {arguments.diff_base}"))
    return found, []


def _since(report: Report, earlier: Sequence[tuple[Sequence[str], str, str]]) -> Report:
    from memlint import app

    for fingerprints, kind, reason in earlier:
        report = app.since(report, fingerprints, kind, reason)
    return report


def _mended(
    report: Report,
    earlier: Sequence[tuple[Sequence[str], str, str]],
    paths: Sequence[str],
    arguments: argparse.Namespace,
    config: Config,
    plugins: Plugins,
    streamed: str,
    out: TextIO,
    err: TextIO,
) -> Report:
    """Apply fixes to texts, judge the result, and print the difference or write the files; return what is left to report."""
    from memlint import files, fixes

    def judge(overlay: Mapping[str, str]) -> Report:
        return _since(_judged(files.Library(overlay=overlay), paths, arguments, config, plugins, streamed), earlier)

    mended = fixes.mend(report, judge, arguments.unsafe_fixes)
    report = mended.report
    paths_changed = files.distinct(mended.after)
    for path in paths_changed:
        text = mended.after[path]
        if arguments.diff:
            out.write(fixes.diff(path, mended.before[path], text))
            continue
        problem = files.replace(path, mended.before[path], text)
        if problem is not None:
            report = report._replace(problems=(*report.problems, problem))
    if not arguments.quiet:
        verb = "could be" if arguments.diff else "was" if mended.total == 1 else "were"
        count, number = mended.total, len(paths_changed)
        further = 0 if arguments.unsafe_fixes else sum(item.finding.fix is not None and not item.suppressed for item in report.diagnostics)
        print(
            f"memlint: {count} {'finding' if count == 1 else 'findings'} {verb} fixed in {number} {'file' if number == 1 else 'files'}"
            f"{f', {further} more with --unsafe-fixes' if further else ''}",
            file=err,
        )
    return report


def _baselined(report: Report, path: str) -> tuple[Report, list[Problem]]:
    """Write a new baseline, and set aside what it names."""
    from memlint import app, files
    from memlint.reporters import baseline

    problem = files.write(path, baseline.render(report))
    if problem is not None:
        return report, [problem]
    return app.since(report, [item.fingerprint for item in report.diagnostics], "baseline", f"in {path}"), []


def _emit(
    name: str, target: str, report: Report, reporters: Mapping[str, Reporter], arguments: argparse.Namespace, out: TextIO
) -> Problem | None:
    """Write one report; a format that goes to the terminal gets its width and colours."""
    if name == "text" and not target:
        from memlint.reporters import text
        from memlint.reporters.terminal import Style

        style = Style(_width(out), _coloured(out, arguments), out.isatty())
        out.writelines(f"{line}\n" for line in text.rendered(report, style, quiet=arguments.quiet, verbose=arguments.verbose))
        return None
    rendered = reporters[name].render(report)
    if target:
        from memlint import files

        return files.write(target, rendered)
    if hasattr(out, "reconfigure"):
        out.reconfigure(encoding="utf-8", errors="backslashreplace")  # what a program reads, whatever the language of the terminal
    out.write(rendered)
    return None


def _summarised(report: Report) -> list[Problem]:
    """Append the report to the summary of the GitHub job, where there is one."""
    import os

    from memlint import files
    from memlint.reporters import markdown

    target = os.environ.get("GITHUB_STEP_SUMMARY")
    if not target:
        return []
    problem = files.write(target, markdown.render(report, markdown.MAX_SUMMARY - files.size(target)), append=True)
    return [] if problem is None else [problem]


def _coloured(out: TextIO, arguments: argparse.Namespace) -> bool:
    import os

    return not arguments.no_color and not os.environ.get("NO_COLOR") and out.isatty() and os.environ.get("TERM") != "dumb"


def _width(out: TextIO) -> int:
    import os

    if not out.isatty():
        return 120
    try:
        return max(os.get_terminal_size(out.fileno()).columns, 40)
    except (OSError, ValueError):
        return 100


def _status(report: Report, config: Config) -> int:
    if report.problems:
        return TROUBLE
    if report.verb is not Verb.CHECK or config.fail_on == "never":
        return OK
    least = _ORDER.index(Severity(config.fail_on))
    return FINDINGS if any(_ORDER.index(diagnostic.severity) >= least for diagnostic in report.active) else OK


def _configuration(arguments: argparse.Namespace, paths: Sequence[str]) -> tuple[Config, list[Problem]]:
    """Return the effective configuration: the file found upwards of the first path, and the command line on top."""
    from memlint import app, files, quantity

    config = Config()
    source, problems = files.find_config(arguments.config, paths[0] if paths and paths[0] != "-" else ".")
    if problems:
        return config, problems
    if source is not None:
        read, problems = app.read_config(source)
        if problems:
            return config, problems
        config = read or config
    try:
        return app.effective(config, _overrides(arguments)), []
    except quantity.QuantityError as error:
        return config, [Problem("memlint", str(error))]


def _overrides(arguments: argparse.Namespace) -> dict[str, object]:
    """Return what the command line sets, None where it is silent. Raises quantity.QuantityError."""
    return {
        "profile": getattr(arguments, "profile", None),
        "fail_on": getattr(arguments, "fail_on", None),
        "select": _names(getattr(arguments, "select", None)),
        "ignore": _names(getattr(arguments, "ignore", None)),
        "host_memory": _size(getattr(arguments, "host_memory", None)),
        "node_memory": _size(getattr(arguments, "node_memory", None)),
    }


def _today() -> str:
    import time

    return time.strftime("%Y-%m-%d")


def _names(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def _size(text: str | None) -> int | None:
    from memlint import quantity

    return None if text is None else quantity.configured(text)


def _fail(problems: Sequence[Problem], err: TextIO) -> int:
    from memlint.reporters.terminal import Style
    from memlint.reporters.text import problem_lines

    print("\n".join(problem_lines(problems, Style())), file=err)
    return TROUBLE


def _merge(arguments: argparse.Namespace, _stdin: TextIO, out: TextIO, err: TextIO) -> int:
    from memlint import files
    from memlint.reporters import merge

    results: list[tuple[str, str]] = []
    for path in arguments.files:
        source, problems = files.read(path, merge.MAX_BYTES)
        if source is None:
            return _fail(problems, err)
        results.append((source.path, source.text))
    try:
        merged = merge.merge(results)
    except merge.MergeError as error:
        return _fail([Problem(error.path, str(error))], err)
    out.write(merged.text)
    if not arguments.quiet:
        print(f"memlint: {merged.summary}", file=err)
    if merged.missing:
        _fail([Problem("memlint", told) for told in merged.missing], err)
    if not merged.complete:
        return TROUBLE
    if arguments.fail_on == "never":
        return OK
    return FINDINGS if any(_ORDER.index(severity) >= _ORDER.index(Severity(arguments.fail_on)) for severity in merged.severities) else OK


def _calibrate(arguments: argparse.Namespace, stdin: TextIO, out: TextIO, err: TextIO) -> int:
    from memlint import files
    from memlint.reporters import footprint
    from memlint.sources import measurements
    from memlint.sources.text import Source

    source: Source | None = None
    problems: list[Problem] = []
    if arguments.file == "-":
        text, problem = files.stream(stdin)
        source, problems = Source("<stdin>", text), [problem] if problem is not None else []
    else:
        source, problems = files.read(arguments.file)
    match = dict(entry.partition("=")[::2] for entry in arguments.match)
    wrong = sorted(set(match) - {"image", "workload", "container", "path"})
    if wrong:
        problems = [Problem("memlint", f"--match knows image, workload, container and path, not {', '.join(wrong)}")]
    if source is None or problems:
        return _fail(problems, err)
    try:
        found = measurements.read(source.text)
    except measurements.MeasurementError as error:
        return _fail([Problem(source.path, str(error), error.line)], err)
    out.write(footprint.render([measurement.entry(match or None) for measurement in found]))
    return OK


def _rules(_arguments: argparse.Namespace, _stdin: TextIO, out: TextIO, err: TextIO) -> int:
    from memlint.app import manual
    from memlint.plugins import PluginError, Plugins

    try:
        for rule in Plugins().rules():
            print(f"{rule.code}  {rule.severity:<7}  {rule.name:<28}  {manual(rule.module).partition(chr(10))[0]}", file=out)
    except PluginError as error:
        return _fail([Problem("memlint", str(error))], err)
    return OK


def _explain(arguments: argparse.Namespace, _stdin: TextIO, out: TextIO, err: TextIO) -> int:
    from memlint.app import manual
    from memlint.plugins import PluginError, Plugins

    try:
        rules = Plugins().rules()
    except PluginError as error:
        return _fail([Problem("memlint", str(error))], err)
    wanted = arguments.rule.lower()
    for rule in rules:
        if wanted in (rule.code.lower(), rule.name):
            print(f"{rule.code} {rule.name} ({rule.severity})\n\n{manual(rule.module)}", file=out)
            return OK
    from difflib import get_close_matches

    near = get_close_matches(wanted, [name for rule in rules for name in (rule.code.lower(), rule.name)], 1)
    hint = f": did you mean {near[0].upper() if near[0].startswith('mem') else near[0]}?" if near else ": `memlint rules` lists them"
    return _fail([Problem("memlint", f"no rule '{arguments.rule}'{hint}")], err)


def _completion(arguments: argparse.Namespace, _stdin: TextIO, out: TextIO, _err: TextIO) -> int:
    out.write(completion(arguments.shell))
    return OK


def _config(arguments: argparse.Namespace, _stdin: TextIO, out: TextIO, err: TextIO) -> int:
    import json

    from memlint.sources import schema

    if arguments.schema:
        out.write(schema.text("config") + "\n")
        return OK
    config, problems = _configuration(arguments, arguments.paths)
    if problems:
        return _fail(problems, err)
    for line in _settings(arguments, config, json.loads(schema.text("config"))["properties"]):
        print(line, file=out)
    return OK


def _settings(arguments: argparse.Namespace, config: Config, known: Mapping[str, Any]) -> Iterator[str]:
    """Yield every key with its effective value and its source; together the lines are a configuration."""
    import json

    from memlint import files
    from memlint.resolve import configuration

    source = files.find_config(config.path, ".")[0] if config.path else None
    written = configuration.settings(source) if source is not None else {}
    given = {key for key, value in _overrides(arguments).items() if value is not None}
    for key in known:
        default = getattr(config, key, None)
        if key in given:
            yield f"{key}: {json.dumps(default)}  # command line"
        elif key not in written:
            unset = default is None or isinstance(default, dict) or default == ()
            yield f"# {key}: not set" if unset else f"{key}: {json.dumps(default)}  # default"
        elif written[key][0][0] is None:
            _, value, line = written[key][0]
            yield f"{key}: {json.dumps(value, ensure_ascii=False)}  # {config.path}:{line}"
        else:
            yield f"{key}:"
            for name, value, line in written[key]:
                label = "-" if isinstance(name, int) else f"{json.dumps(name, ensure_ascii=False)}:"
                yield f"  {label} {json.dumps(value, ensure_ascii=False)}  # {config.path}:{line}"


_HANDLERS: dict[str, Callable[[argparse.Namespace, TextIO, TextIO, TextIO], int]] = {
    **{str(verb): _report for verb in Verb},
    "merge": _merge,
    "calibrate": _calibrate,
    "rules": _rules,
    "explain": _explain,
    "config": _config,
    "completion": _completion,
}
