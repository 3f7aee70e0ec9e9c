"""What is fuzzed: each target takes any text and fails where a promise is broken. Run briefly in the suite, for hours by `make fuzz`.

A text holds a whole project: a line `=== path` begins a file. So one mutation may move a value from a Dockerfile into a pod.
"""

import json
import re
import string
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from random import Random
from xml.etree import ElementTree

from memlint import app, files, fixes, quantity
from memlint.config import Config
from memlint.model import Diagnostic, Note, Problem, Report, Span, Verb
from memlint.plugins import Plugins
from memlint.sources.text import Source

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures"
KEPT = Path(__file__).parent / "kept"
GIB = 1 << 30
STRICT = Config()._replace(profile="strict", host_memory=8 * GIB, node_memory=16 * GIB, markdown=True)
_SEPARATOR = re.compile(r"^=== (.*)\n", re.MULTILINE)


# ---- projects


def split(text: str) -> dict[str, str]:
    """Return path -> text of a packed project; what stands before the first separator is a manifest."""
    parts = _SEPARATOR.split(text)
    found = {"pod.yaml": parts[0]} if parts[0] else {}
    for path, content in zip(parts[1::2], parts[2::2], strict=True):
        name = files.clean(path)
        if not name.startswith(("/", "..")) and "\0" not in name:
            found[name] = content
    return found


def pack(project: dict[str, str]) -> str:
    return "".join(f"=== {path}\n{content}" + ("" if content.endswith("\n") else "\n") for path, content in project.items())


@cache
def plugins() -> Plugins:
    return Plugins()


def judged(project: dict[str, str], verb: Verb = Verb.CHECK, config: Config = STRICT) -> Report:
    library = files.Library()
    for path, content in project.items():
        library.add_text(path, content)
    known = {path: Source(path, content) for path, content in project.items()}
    texts = app.Texts(library.by_kind, library.skipped, known.get, library.problems, "2026-11-24")
    return app.report(verb, texts, config, plugins())


def whole(text: str) -> None:
    """A project is judged by every command, in every format, and mended."""
    project = split(text)
    config, problems = app.read_config(Source(".memlint.yaml", project.get(".memlint.yaml", "")))
    report = judged(project, config=STRICT if config is None or problems else app.effective(config, {"profile": "strict"}))
    sound(report, project)
    for name in ("text", "json", "sarif", "github", "gitlab", "junit", "markdown", "html"):
        formatted(name, report)
    for verb in (Verb.BUDGET, Verb.SHOW, Verb.FORECAST):
        other = judged(project, verb)
        for name in ("text", "json"):
            formatted(name, other)
    mended(project, report)


def sound(report: Report, project: dict[str, str]) -> None:
    """No rule failed, and everything that is told points at a place that is there."""
    for problem in report.problems:
        assert " failed: " not in problem.message, problem
        assert problem.line >= 1, problem
        assert problem.column >= 1, problem
    for item in report.diagnostics:
        told(item)
        for span in spans(item):
            inside(span, project)


def told(item: Diagnostic) -> None:
    assert item.finding.message, item
    assert item.fingerprint, item


def spans(item: Diagnostic) -> Iterator[Span]:
    yield item.finding.at
    yield from (note.at for note in item.finding.notes if isinstance(note, Note))


def inside(span: Span, project: dict[str, str]) -> None:
    assert 1 <= span.line <= span.end_line, span
    assert span.column >= 1, span
    assert 0 <= span.start <= span.end, span
    content = project.get(span.path)
    if content is not None:
        assert span.end <= len(content), span
        assert span.line == content.count("\n", 0, span.start) + 1, span


_BAD_IN_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def formatted(name: str, report: Report) -> None:
    """Each format is well formed, whatever the values, names and paths hold."""
    rendered = plugins().reporters()[name].render(report)
    rendered.encode("utf-8")
    if name == "text":
        assert not _BAD_IN_TEXT.search(rendered), repr(_BAD_IN_TEXT.search(rendered))
    elif name in ("json", "sarif", "gitlab"):
        json.loads(rendered)
    elif name == "junit":
        ElementTree.fromstring(rendered)
    elif name == "github":
        for line in rendered.split("\n")[:-1]:
            assert line.startswith(("::error ", "::warning ", "::notice ")), line
    elif name == "html":
        assert len(re.findall("<script", rendered)) <= 1, "a script of a stranger"
        assert not re.search(r"<(?:img|iframe|object|embed|link)\b", rendered)


def mended(project: dict[str, str], report: Report) -> None:
    """Fixes apply and leave files that still parse; the finding of a fix that is applied alone is not found again."""
    plan = fixes.plan(report.active, unsafe=True)
    if not plan.taken:
        return
    _applied(project, report, plan)
    for item in plan.taken[:3]:
        again = _applied(project, report, fixes.plan([item], unsafe=True))
        if item.rule == "MEM101":  # one finding tells of several containers, each with an edit of its own
            continue
        counts = [sum(_same(item, other) for other in which.active) for which in (report, again)]
        assert counts[1] < counts[0], f"{item.rule} is found as often after its fix: {item.finding}"


def _same(item: Diagnostic, other: Diagnostic) -> bool:
    # A place that several containers share is told for one of them: once that one is mended, for the next.
    one, two = ((each.rule, each.finding.at.path, each.workload, each.container) for each in (item, other))
    return one == two


def _applied(project: dict[str, str], report: Report, plan: fixes.Plan) -> Report:
    after = {**project, **{path: fixes.apply(project[path], edits) for path, edits in plan.edits.items()}}
    for path in plan.edits:
        assert fixes.diff(path, project[path], after[path]), f"a fix of {path} that changes nothing"
    again = judged(after)
    sound(again, after)
    broken = {problem.path for problem in again.problems} - {problem.path for problem in report.problems}
    assert not broken, f"the fix broke {broken}: {plan.edits}"
    return again


# ---- quantities


def _quantity_readers() -> dict[str, Callable[[str], object]]:
    from memlint.runtimes.jvm import arguments
    from memlint.sources import compose, compose_schema, docker_run

    readers: dict[str, Callable[[str], object]] = {
        name: getattr(quantity, name)
        for name in (
            "docker", "kubernetes_exact", "kubernetes", "jvm", "redis", "mysql", "memcached", "mongodb", "rabbitmq", "clickhouse", "spark",
            "flink", "node", "go", "dotnet_hex", "php", "pm2", "configured",
        )
    }  # fmt: skip
    readers["postgres"] = lambda text: quantity.postgres(text, 8192)
    readers["postgres-kib"] = lambda text: quantity.postgres(text, 1024)
    readers["docker-run"] = docker_run.size
    readers["docker-run-integer"] = docker_run.integer
    readers["docker-run-cpus"] = docker_run.cpus
    readers["compose-duration"] = compose.duration
    for kind in ("integer", "number", "boolean"):
        readers[f"compose-{kind}"] = lambda text, kind=kind: compose_schema.cast(text, kind)
    readers["jvm-mended"] = arguments.mended_size
    return readers


def quantities(text: str) -> None:
    """Every grammar of amounts answers with a whole number or refuses; a number that it gives can be told."""
    for name, reader in _quantity_readers().items():
        try:
            amount = reader(text)
        except quantity.QuantityError as error:
            assert str(error), name
            continue
        if isinstance(amount, int):
            quantity.human(abs(amount))
            assert abs(amount) < 1e300, f"{name}: {len(str(amount))} digits"


# ---- single readers


def yaml(text: str) -> None:
    """Any text becomes nodes with places in the text."""
    from memlint.sources import scalars, tree

    source = Source("x.yaml", text)
    read = tree.read(source)
    for problem in read.problems:
        assert problem.line >= 1
        assert problem.column >= 1
    for document in read.documents:
        for node in tree.walk(document):
            span = node.span
            assert 0 <= span.start <= span.end <= len(text), span
            if isinstance(node, tree.Scalar):
                scalars.kubernetes(node)
                scalars.compose(node)
                inside(node.part(0, len(node.value)), {"x.yaml": text})
            elif isinstance(node, tree.Mapping):
                node.duplicates()


def dockerfile(text: str) -> None:
    from memlint.sources import dockerfile as reader
    from memlint.sources import dockerfile_words

    found = reader.read("Dockerfile", text)
    for stage in found.stages:
        for instruction in stage.instructions:
            assert 1 <= instruction.at.line <= text.count("\n") + 1
    for line in text.split("\n")[:50]:
        try:
            dockerfile_words.expand(line, lambda name: None)
            dockerfile_words.split(line)
        except dockerfile_words.WordError:
            continue


def shell(text: str) -> None:
    from memlint.sources import shell as reader
    from memlint.sources import shellwords

    reader.entrypoint_facts(reader.read("start.sh", text))
    shellwords.split(text)


def suppressions(text: str) -> None:
    from memlint.sources import directives

    source = Source("x.yaml", text)
    lines = text.count("\n") + 1
    for directive in directives.read(source):
        assert text[directive.at.start : directive.at.end].startswith("memlint:")
        assert 1 <= directive.lines[0] <= directive.lines[1] <= lines


def configuration(text: str) -> None:
    for name in (".memlint.yaml", "pyproject.toml"):
        config, problems = app.read_config(Source(name, text))
        assert config is not None or problems or name == "pyproject.toml"
        for problem in problems:
            assert problem.line >= 1, problem


def others(text: str) -> None:
    """Readers of small files: .env, measurements, baselines, interpolation."""
    from memlint.sources import baseline, dotenv, interpolation, measurements

    source = Source("x", text)
    dotenv.read(source, lambda name: None, {}, "in .env")
    dotenv.read_raw(source, lambda name: None, "in .env")
    baseline.read(source)
    for line in text.split("\n")[:50]:
        try:
            interpolation.interpolate(line, lambda name: None)
        except interpolation.InterpolationError:
            continue
    try:
        for measurement in measurements.read(text):
            measurement.entry(None)
    except measurements.MeasurementError as error:
        assert error.line >= 1


def reporters(text: str) -> None:
    """Every name, path and message that a report may hold is any text; paths are as the walk gives them."""
    lines = [line for line in text.split("\n") if line][:6] or ["x"]
    name, path = lines[0], files.clean(lines[-1].replace("\0", "")) or "x"
    manifest = (
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {json.dumps(name)}, namespace: {json.dumps(lines[-1])}}}\nspec:\n  containers:\n"
        + "".join(
            f"  - name: {json.dumps(line)}\n    image: {json.dumps(line)}\n    command: [java, {json.dumps('-Xmx' + line)}, -jar, app.jar]\n"
            f"    resources: {{limits: {{memory: {json.dumps(line)}}}, requests: {{memory: 512m}}}}\n"
            f"    env: [{{name: {json.dumps(line)}, value: {json.dumps(text)}}}]\n"
            for line in lines
        )
    )
    project = {path: manifest, "compose.yaml": f"services:\n  {json.dumps(name)}: {{image: {json.dumps(lines[-1])}, mem_limit: 1Mi}}\n"}
    for verb in Verb:
        report = judged(project, verb)
        report = _with_problems(report, [Problem(path, line) for line in lines])
        for form in ("text", "json", "sarif", "github", "gitlab", "junit", "markdown", "html") if verb is Verb.CHECK else ("text", "json"):
            formatted(form, report)


def _with_problems(report: Report, problems: Sequence[Problem]) -> Report:
    return report._replace(problems=(*report.problems, *problems))


TARGETS: dict[str, Callable[[str], None]] = {
    "whole": whole,
    "yaml": yaml,
    "dockerfile": dockerfile,
    "shell": shell,
    "quantities": quantities,
    "suppressions": suppressions,
    "configuration": configuration,
    "others": others,
    "reporters": reporters,
}


# ---- seeds and mutations


@cache
def projects() -> tuple[str, ...]:
    """Return every fixture as a packed project."""
    found = []
    for folder in sorted(FIXTURES.glob("MEM*/*")):
        if not folder.is_dir():
            continue
        for case in sorted(folder.iterdir()):
            members = [case] if case.is_file() else sorted(path for path in case.rglob("*") if path.is_file())
            base = case.parent if case.is_file() else case
            texts = {str(path.relative_to(base)): path.read_text() for path in members if path.name != "options"}
            if texts:
                found.append(pack(texts))
    return tuple(found)


_AMOUNTS = [
    "512m",
    "512Mi",
    "1.5Gi",
    "0x1p4m",
    "1e3",
    "-1",
    "017",
    "1_000",
    "1e99999",
    ".5g",
    "128MB",
    "9223372036854775808",
    "6E",
    "512",
    "100k+",
    "1g",
]
_SMALL: dict[str, tuple[str, ...]] = {
    "quantities": tuple(_AMOUNTS),
    "suppressions": (
        "a: 1 # memlint: ignore[MEM201] reason until=2027-03-01\n",
        "# memlint: ignore[all]\nb:\n  c: 1\n",
        "# memlint: jvm.threads=200 jvm.classes=15000\n",
        "# memlint: ignore\n// memlint: ignore[MEM2xx, no-limit] until=2026-02-31\nx: \\\n y\n",
    ),
    "configuration": (
        "profile: strict\nselect: [MEM2xx]\nfootprints:\n- match: {image: x}\n  jvm: {direct: 32MiB, classes: 15000}\nhosts: {h: {memory: 8GiB}}\n",
        "[tool.memlint]\nprofile = 'dev'\nignore = ['MEM101']\n[tool.memlint.severity]\nMEM101 = 'off'\n",
        "images:\n  app: {dockerfile: Dockerfile}\nexpect:\n- match: {kind: StatefulSet}\n  qos: Guaranteed\nrender: {prod: {path: overlays/prod}}\n",
    ),
    "others": (
        "A=1\nB=${A:-x}\nexport C='a b'\n",
        "anon 1048576\nfile 4096\nkernel 1000\ninactive_file 20\n",
        "CONTAINER ID   NAME   CPU %   MEM USAGE / LIMIT   MEM %\nabc   api   0.1%   512MiB / 1GiB   50%\n",
        '{"version": 1, "fingerprints": ["a"]}\n',
        "Native Memory Tracking:\n\nTotal: reserved=1000KB, committed=500KB\n-                 Java Heap (reserved=512KB, committed=256KB)\n",
        "POD NAME CPU(cores) MEMORY(bytes)\napi api 1m 512Mi\n",
    ),
    "reporters": ("web\n\x1b[31m\n::error::x\n<script>alert(1)</script>\n../x%0A\n", "a|b`c\n&amp;\n\u202e\n"),
}  # fmt: skip


@cache
def seeds(target: str) -> tuple[str, ...]:
    """Return the texts that a target starts from."""
    if target in _SMALL:
        return _SMALL[target]
    wanted = {"dockerfile": ("Dockerfile",), "shell": (".sh", "Makefile"), "yaml": (".yaml", ".yml")}.get(target)
    if wanted is None:
        return projects()
    return tuple(sorted({content for project in projects() for path, content in split(project).items() if path.endswith(wanted)}))


_NASTY = (
    "&a", "*a", "<<: *a", "<<: [*a, *a]", "!reset", "!override []", "!!binary x", "? ", "- ", "|-\n", ">\n", "{", "}", "[", "]", "'", '"',
    "${A:-${B}}", "${A:?}", "$(B)", "$$", "`x`", "\\", "\r\n", "\t", "\0", "\ufeff", "\u2028", "\U0001f600", "\x1b[31m", "%0A::error::",
    "9" * 30, "1e309", "-1", "0x", ".inf", "1" * 5000, "~", "null", "true", "\nFROM x AS y\n", "\nCOPY --from=y . .\n", "<<EOF\n", "\n---\n",
    "# memlint: ignore[MEM201]", "=== Dockerfile\n", "=== .env\n", "=== compose.override.yaml\n", "=== start.sh\n", "extends: {service: a}\n",
    "include: [compose.yaml]\n", "env_file: .env\n", "@argfile", "-XX:Flags=x", "exec \"$@\"", "case $1 in a) ;; esac", "$((1/0))", ";", "&&",
)  # fmt: skip


@cache
def tokens() -> tuple[str, ...]:
    words = {word for project in projects() for word in re.findall(r"[\w.${}/:=+-]+", project)}
    return (*sorted(words), *_AMOUNTS)


def mutate(text: str, random: Random, target: str) -> str:
    """Return a text with one to four changes: of a character, a word or a line, or with a piece of another seed."""
    for _ in range(random.choice((1, 1, 2, 4))):
        text = random.choice(_CHANGES)(text, random, target)
    return text[:20_000]


def _line(text: str, random: Random) -> tuple[list[str], int]:
    lines = text.split("\n")
    return lines, random.randrange(len(lines))


def _change_word(text: str, random: Random, target: str) -> str:
    words = list(re.finditer(r"[\w.${}/-]+", text))
    if not words:
        return text + random.choice(tokens())
    word = random.choice(words)
    new = random.choice((random.choice(tokens()), random.choice(_NASTY), random.choice(_AMOUNTS), word[0] * 2, ""))
    return text[: word.start()] + new + text[word.end() :]


def _insert(text: str, random: Random, target: str) -> str:
    place = random.randint(0, len(text))
    return text[:place] + random.choice((random.choice(_NASTY), random.choice(string.printable), random.choice(tokens()))) + text[place:]


def _delete(text: str, random: Random, target: str) -> str:
    place = random.randint(0, len(text))
    return text[:place] + text[place + random.choice((1, 1, 3, 20, 200)) :]


def _change_line(text: str, random: Random, target: str) -> str:
    lines, place = _line(text, random)
    change = random.randrange(5)
    if change == 0:
        lines.insert(place, lines[random.randrange(len(lines))])
    elif change == 1:
        del lines[place]
    elif change == 2:
        lines[place] = " " * random.randrange(5) + lines[place].lstrip() if random.random() < 0.5 else "  " + lines[place]
    elif change == 3:
        other = random.randrange(len(lines))
        lines[place], lines[other] = lines[other], lines[place]
    else:
        lines[place] += random.choice((" # x", "\\", " &a", "\r", ":", " *a", " |", random.choice(_NASTY)))
    return "\n".join(lines)


def _splice(text: str, random: Random, target: str) -> str:
    other = random.choice(seeds(target)).split("\n")
    lines, place = _line(text, random)
    start = random.randrange(len(other))
    lines[place:place] = other[start : start + random.choice((1, 2, 5, 40))]
    return "\n".join(lines)


def _repeat(text: str, random: Random, target: str) -> str:
    start = random.randint(0, len(text))
    piece = text[start : start + random.choice((1, 4, 40))]
    return text[:start] + piece * random.choice((2, 3, 50)) + text[start + len(piece) :]


_CHANGES = (_change_word, _change_word, _change_word, _insert, _insert, _delete, _change_line, _change_line, _splice, _repeat)
