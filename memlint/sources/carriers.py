"""Where commands that make containers stand: scripts, Makefiles, workflows, systemd units, devcontainer.json, Markdown, podman's quadlets."""

import re
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from memlint.model import Edit, Known, Origin, Problem, Span, Text, Unknown, Words
from memlint.patterns import pattern
from memlint.records import NamedTuple
from memlint.sources import docker_run, embedded, shell, tree
from memlint.sources.docker_run import Arg, DockerRun, Flag
from memlint.sources.embedded import Embedded
from memlint.sources.interpolation import HOLE
from memlint.sources.text import Source
from memlint.sources.tree import Mapping as YamlMapping
from memlint.sources.tree import Node, Scalar
from memlint.sources.tree import Sequence as YamlSequence


class Command(NamedTuple):
    """A command that makes a container, and what the place around it says.

    `service`: the place keeps it running (a unit); `brief`: the place ends soon (a workflow). `insert` is where a further flag can be
    written, `form` how: `{}` stands for the flag.
    """

    run: DockerRun
    at: Span
    name: str | None = None
    env: Mapping[str, Text] = MappingProxyType({})
    entrypoint: Words | None = None
    restart: Text = None
    service: bool = False
    brief: bool = False
    insert: Span | None = None
    form: str = " {}"

    def insertion(self, name: str, text: str | None) -> tuple[Edit, ...] | None:
        """Return the edit that adds `--name text`."""
        if self.insert is None:
            return None
        joint = " " if self.form == " {}" or self.form == "{} " else "="
        flag = f"--{name}" if text is None else f"--{name}{joint}{text}"
        return (Edit(self.insert.path, self.insert.start, self.insert.start, self.form.format(flag)),)


class Line(NamedTuple):
    """A command line of any program, with the folder that it runs in where a script changed it ("" where it did not)."""

    words: tuple[Arg, ...]
    at: Span
    folder: str = ""


_ENGINE: Final = pattern(r"docker|podman", re.IGNORECASE)
KINDS: Final = ("shell", "makefile", "workflow", "systemd", "devcontainer", "markdown")


def commands(by_kind: Mapping[str, Sequence[Source]], problems: list[Problem]) -> Iterator[Command]:
    """Yield every command of the files that makes a container; a file that cannot be parsed is put among `problems`. Never raises."""
    readers = {
        "shell": in_script, "makefile": _in_makefile, "workflow": _in_workflow, "systemd": _in_unit, "devcontainer": _in_devcontainer,
        "markdown": _in_markdown,
    }  # fmt: skip
    for kind in KINDS:
        for source in by_kind.get(kind, ()):
            if kind in ("devcontainer", "systemd", "workflow") or _ENGINE.search(source.text):
                yield from readers[kind](source, problems)


def lines(by_kind: Mapping[str, Sequence[Source]]) -> Iterator[Line]:
    """Yield every command line that calls a container engine, whatever it asks of it."""
    for source in by_kind.get("shell", ()):
        if _ENGINE.search(source.text):
            yield from _lines(Embedded(source, source.text))
    for source in by_kind.get("makefile", ()):
        for recipe in embedded.recipes(source):
            yield from _lines(recipe)
    for source in by_kind.get("workflow", ()):
        for document in tree.read(source).documents if _ENGINE.search(source.text) else ():
            for script in _scripts(document):
                yield from _lines(script)
    for source in by_kind.get("systemd", ()):
        yield from _unit_lines(source)
    for source in by_kind.get("markdown", ()):
        for fence in embedded.fences(source):
            yield from _lines(fence)


def in_script(source: Source, problems: list[Problem]) -> Iterator[Command]:
    """Yield the commands of a shell script or of a command line."""
    if len(source.text) > shell.MAX_SIZE:
        problems.append(Problem(source.path, f"is a script of more than {shell.MAX_SIZE} characters, which memlint does not read"))
    return _made(_lines(Embedded(source, source.text)))


def _in_makefile(source: Source, _problems: list[Problem]) -> Iterator[Command]:
    for recipe in embedded.recipes(source):
        yield from _made(_lines(recipe))


def _in_markdown(source: Source, _problems: list[Problem]) -> Iterator[Command]:
    for fence in embedded.fences(source):
        for command in _made(_lines(fence)):
            # A text shows commands with things left out, which no client would take.
            if all(refusal.flag is not None for refusal in command.run.refusals):
                yield command


def _made(found: Iterable[Line], *, service: bool = False, brief: bool = False) -> Iterator[Command]:
    seen: set[tuple[int, tuple[str, ...], str]] = set()
    for line in found:
        run = docker_run.read(line.words)
        if run is None:
            continue
        # A function that is called ten times runs one command ten times: only what differs in more than its words is another container.
        key = (run.at.start, tuple(flag.value.text for flag in run.flags), run.image.text if run.image is not None else "")
        if key not in seen:
            seen.add(key)
            yield Command(run, run.at, insert=_behind(run.at), service=service, brief=brief)


def _behind(at: Span) -> Span:
    return at._replace(line=at.end_line, column=at.end_column, start=at.end)


# ---- shell


def _lines(text: Embedded, depth: int = 0) -> Iterator[Line]:
    """Yield the commands of a script that call a container engine, also behind `sudo`, in `sh -c` and by a variable that names it."""
    if not _ENGINE.search(text.text):
        return
    folder = ""
    for command in shell.read(text.source.path, text.text, locate=text.locate, lookup=text.lookup).commands:
        words = [_argument(item, text) for item in command.fields]
        if command.name in ("cd", "pushd") and len(words) == 2 and not command.subshell:
            folder = words[1].text if words[1].whole else HOLE
        found = engine_call(words)
        if found is not None:
            yield Line(tuple(found), command.at, folder)
        elif depth < 3 and command.name in ("sh", "bash", "dash") and len(words) > 2 and words[1].text in ("-c", "-lc", "-ec", "-exc"):
            yield from _nested(words[2], text, depth)


def _argument(item: shell.Field, text: Embedded) -> Arg:
    source, at = text.source, item.at
    via = item.via
    if text.inserted:
        via += tuple(text.inserted[start] for start in range(at.start, at.end) if start in text.inserted)
    return Arg(
        item.shape, at, item.why, item.elastic, _stands(source, at, item.shape), via, source.text[at.start : min(at.end, at.start + 80)]
    )


def _stands(source: Source, at: Span, text: str) -> bool:
    """Say whether a text stands letter by letter at a place."""
    return at.end - at.start == len(text) and source.text.startswith(text, at.start)


def _nested(word: Arg, text: Embedded, depth: int) -> Iterator[Line]:
    """Yield the commands in the argument of `sh -c`, with their places where it is quoted plainly."""
    source, at = text.source, word.at
    if not word.whole:
        return
    if at.end - at.start == len(word.text) + 2 and source.text.startswith(word.text, at.start + 1):
        yield from _lines(Embedded(source, word.text, at.start + 1, lookup=text.lookup), depth + 1)
    else:
        starts, ends = [at.start] * len(word.text), [at.end] * len(word.text)
        yield from _lines(Embedded(source, word.text, at.start, starts, ends, text.lookup), depth + 1)


# Programs that run another one, and those of their options that take a value.
_WRAPPERS: Final = {
    "sudo": "ugpCrtThDRU", "doas": "uC", "env": "uSC", "command": "", "time": "fo", "nice": "n", "ionice": "cnp", "nohup": "", "setsid": "",
    "stdbuf": "ioe", "timeout": "ks", "xargs": "nIPLdasE", "exec": "a", "winpty": "", "unbuffer": "", "chronic": "", "builtin": "", "eval": "",
    "retry": "", "then": "", "watch": "n",
}  # fmt: skip
_ENGINE_VARIABLE: Final = pattern(r'"?\$[({]?\w*(docker|podman)\w*(?::?-[^}]*)?[)}]?"?', re.IGNORECASE)


def engine_call(words: Sequence[Arg]) -> Sequence[Arg] | None:
    """Return the words from `docker` or `podman` on, None where the command calls neither."""
    position = 0
    while position < len(words):
        word = words[position]
        name = word.text.rpartition("/")[2]
        if name in ("docker", "podman"):
            return words[position:]
        variable = _ENGINE_VARIABLE.fullmatch(word.written) if not word.whole else None
        if variable is not None:
            return (word._replace(text=variable[1].lower(), exact=False), *words[position + 1 :])
        if name not in _WRAPPERS:
            return None
        position = _behind_options(words, position + 1, _WRAPPERS[name])
        if name == "timeout":
            position += 1
    return None


def _behind_options(words: Sequence[Arg], position: int, valued: str) -> int:
    while position < len(words):
        text = words[position].text
        if re.match(r"[A-Za-z_]\w*=", text):
            position += 1
        elif text.startswith("-") and len(text) > 1:
            position += 2 if len(text) == 2 and text[1] in valued else 1
        else:
            break
    return position


# ---- workflows of GitHub and GitLab


_SCRIPT_KEYS: Final = frozenset(("run", "script", "before_script", "after_script", "command"))


def _in_workflow(source: Source, problems: list[Problem]) -> Iterator[Command]:
    if not _ENGINE.search(source.text) and "options" not in source.text:
        return
    read = tree.read(source)
    problems += read.problems
    for document in read.documents:
        for script in _scripts(document):
            yield from _made(_lines(script), brief=True)
        jobs = document.mapping("jobs") if isinstance(document, YamlMapping) else None
        for key, job in jobs.items() if jobs is not None else ():
            if isinstance(job, YamlMapping):
                yield from _job(key, job)


def _scripts(document: Node) -> Iterator[Embedded]:
    """Yield the scripts of a workflow with the variables that stand around them."""
    stack: list[tuple[Node, ChainMap[str, Text]]] = [(document, ChainMap())]
    seen: set[int] = set()
    while stack and len(seen) < tree.MAX_WALKED:
        node, variables = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, YamlSequence):
            stack.extend((item, variables) for item in reversed(node.items))
        elif isinstance(node, YamlMapping):
            variables = _variables(node, variables)
            for key, value in node.items():
                if key.value in _SCRIPT_KEYS:
                    for scalar in _scalars(value):
                        if _ENGINE.search(scalar.value):
                            yield _script(scalar, variables)
            stack.extend((value, variables) for _, value in reversed(list(node.items())) if not isinstance(value, Scalar))


def _variables(node: YamlMapping, outer: ChainMap[str, Text]) -> ChainMap[str, Text]:
    """Return the variables in force below a mapping: those of `env` (GitHub) and `variables` (GitLab) on top of the outer ones."""
    found: dict[str, Text] = {}
    for key in ("env", "variables"):
        own = node.mapping(key)
        for name, value in own.items() if own is not None else ():
            if isinstance(value, Scalar):
                origin = Origin(value.span, f"{name.value} in {key}")
                known = "$" not in value.value
                found[name.value] = Known(value.value, origin) if known else Unknown(f"{name.value} is known only when it runs", origin)
    return ChainMap(found, *outer.maps) if found else outer


def _scalars(node: Node) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, YamlSequence):
        for item in node.items:
            if isinstance(item, Scalar):
                yield item
            elif isinstance(item, YamlSequence):
                yield from (inner for inner in item.items if isinstance(inner, Scalar))


def _script(node: Scalar, variables: Mapping[str, Text]) -> Embedded:
    found = embedded.of_scalar(node)
    text, expressions = embedded.without_expressions(found.text, variables)

    def lookup(name: str) -> Text:
        value = expressions.get(name) or variables.get(name)
        return value if value is not None else Unknown(f"{name} is known only when the workflow runs")

    return found._replace(text=text, lookup=lookup)


def _job(key: Scalar, job: YamlMapping) -> Iterator[Command]:
    """Yield the containers that GitHub makes itself with the options of a job or of its services."""
    container = job.mapping("container")
    if container is not None:
        # The job's steps are run in it from outside; what it runs itself only waits.
        idle = Origin(key.span, "set by GitHub for a job's container")
        yield from _optioned(key, container, (Known("tail", idle), Known("-f", idle), Known("/dev/null", idle)))
    services = job.mapping("services")
    for name, service in services.items() if services is not None else ():
        if isinstance(service, YamlMapping):
            yield from _optioned(name, service, None)


def _optioned(key: Scalar, node: YamlMapping, entrypoint: Words | None) -> Iterator[Command]:
    options, image = node.scalar("options"), node.scalar("image")
    if options is None or image is None:
        return
    script = _script(options, {})
    read = shell.read(options.source.path, script.text, locate=script.locate, lookup=script.lookup).commands
    words = [_argument(item, script) for item in read[0].fields] if read else []
    known = "${{" not in image.value
    words.append(Arg(image.value if known else HOLE, image.span, "" if known else "the workflow decides on the image", exact=known))
    environment = _variables(node, ChainMap())
    start = script.locate(0, 0)
    run = docker_run.arguments("docker", "create", key.span, words)
    yield Command(run, key.span, key.value, environment, entrypoint, brief=True, insert=start, form="{} ")


# ---- systemd and podman's quadlets


def _in_unit(source: Source, _problems: list[Problem]) -> Iterator[Command]:
    if source.path.endswith(".container"):
        yield from _quadlet(source)
    elif _ENGINE.search(source.text):
        yield from _made(_unit_lines(source), service=True)


def _unit_lines(source: Source) -> Iterator[Line]:
    entries = embedded.unit(source)
    variables: dict[str, str] = {}
    for entry in entries:
        if entry.key == "Environment":
            for word in embedded.unit_words(entry.value.text, {}):
                name, equals, value = word.text.partition("=")
                if equals and HOLE not in value:
                    variables[name] = value
    for entry in entries:
        if entry.section != "Service" or entry.key not in ("ExecStart", "ExecStartPre", "ExecStartPost"):
            continue
        text = entry.value.text
        skipped = len(text) - len(text.lstrip("-@:+!"))
        words = [_unit_word(word, skipped, entry.value) for word in embedded.unit_words(text[skipped:], variables)]
        found = engine_call(words)
        if found is not None:
            yield Line(tuple(found), entry.value.locate(0, len(text)))
        elif len(words) > 2 and words[0].text.rpartition("/")[2] in ("sh", "bash") and words[1].text in ("-c", "-ec", "-lc"):
            yield from _nested(words[2], entry.value, 0)


def _unit_word(word: embedded.UnitWord, skipped: int, value: Embedded) -> Arg:
    at = value.locate(word.start + skipped, word.end + skipped)
    return Arg(word.text, at, word.why, word.splits, _stands(value.source, at, word.text))


# Keys of a quadlet that are flags of podman run (podman-systemd.unit(5) at 5.6).
_QUADLET_FLAGS: Final = {
    "Memory": "memory", "ShmSize": "shm-size", "RunInit": "init", "Tmpfs": "tmpfs", "Volume": "volume", "Mount": "mount",
    "ContainerName": "name", "EnvironmentFile": "env-file", "HealthCmd": "health-cmd", "Entrypoint": "entrypoint", "StopTimeout": "stop-timeout",
    "Ulimit": "ulimit", "PidsLimit": "pids-limit",
}  # fmt: skip


def _quadlet(source: Source) -> Iterator[Command]:
    entries = [entry for entry in embedded.unit(source) if entry.section in ("Container", "Service")]
    own = [entry for entry in entries if entry.section == "Container"]
    image = next((entry for entry in reversed(own) if entry.key == "Image"), None)
    if image is None:
        return
    at = image.value.locate(0, len(image.value.text.rstrip()))
    run = DockerRun("podman", "run", at)
    environment: dict[str, Text] = {}
    for entry in own:
        text = entry.value.text.rstrip()
        words = [_unit_word(word, 0, entry.value) for word in embedded.unit_words(text, {})]
        if entry.key == "PodmanArgs":
            extra = docker_run.arguments("podman", "run", at, [*words, Arg("image", at)])
            run.flags += extra.flags
            run.refusals += extra.refusals
            run.open = run.open or extra.open
        elif entry.key == "Environment":
            for word in words:
                name, equals, _ = word.text.partition("=")
                if equals:
                    environment[name] = word.part(len(name) + 1).word(f"Environment {name}")
        elif entry.key == "Exec":
            run.command = tuple(words)
        elif entry.key in _QUADLET_FLAGS:
            place = entry.value.locate(0, len(text))
            value = Arg(text, place, exact=_stands(source, place, text))
            run.flags.append(Flag(_QUADLET_FLAGS[entry.key], f"{entry.key}=", _unspecified(value), place))
    run.image = _unspecified(Arg(image.value.text.rstrip(), at, exact=True))
    restart = next((entry for entry in reversed(entries) if entry.section == "Service" and entry.key == "Restart"), None)
    policy = None
    if restart is not None:
        policy = Known(restart.value.text.strip(), Origin(restart.value.locate(0, len(restart.value.text)), "Restart="))
    name = source.path.rpartition("/")[2].removesuffix(".container")
    run.refusals.extend(docker_run.refusals(run))
    named = None if run.last("name") is not None else name
    yield Command(run, at, named, environment, restart=policy, service=True)


def _unspecified(value: Arg) -> Arg:
    """Take systemd's specifiers out of a value: `%n`, `%i`, `%t`."""
    if "%" not in value.text:
        return value
    text = re.sub(r"%(.)", lambda match: "%" if match[1] == "%" else HOLE, value.text)
    return value._replace(text=text, why="systemd fills it in", exact=False)


# ---- devcontainer.json


def _in_devcontainer(source: Source, problems: list[Problem]) -> Iterator[Command]:
    if "runArgs" not in source.text:
        return
    read = tree.read(embedded.plain_json(source))
    problems += read.problems
    for document in read.documents:
        arguments = document.sequence("runArgs") if isinstance(document, YamlMapping) else None
        if not isinstance(document, YamlMapping) or arguments is None:
            continue
        words = [_json_word(item) for item in arguments.items if isinstance(item, Scalar)]
        image, name = document.scalar("image"), document.text("name")
        key = document.key("runArgs")
        at = image.span if image is not None else key.span if key is not None else arguments.span
        words.append(
            _json_word(image) if image is not None else Arg(HOLE, at, "the image is built from the dev container's own Dockerfile")
        )
        run = docker_run.arguments("docker", "run", at, words)
        insert = words[0].at if len(words) > 1 else None
        # A quote stands before the first word.
        insert = insert._replace(start=insert.start - 1) if insert is not None else None
        yield Command(run, at, name or "devcontainer", brief=True, insert=insert, form='"{}", ')


def _json_word(node: Scalar) -> Arg:
    text = re.sub(r"\$\{[^{}]*\}", HOLE, node.value)
    return Arg(
        text, node.part(0, len(node.value)), "the editor fills it in" if HOLE in text else "", exact=HOLE not in text and "\\" not in text
    )
