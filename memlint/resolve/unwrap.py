"""From the argv of PID 1 to the programs that run: inits, wrappers and shells are peeled off, and who PID 1 is, is told.

What shells and inits do with signals and orphans was measured on Debian 12 (dash 0.5.12, bash 5.2, busybox 1.35, tini 0.19,
dumb-init 1.2.5, npm 6 to 11, JDK 17, Node 20) in 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from memlint.model import Environment, Image, Init, Known, Observation, Origin, Program, Span, Text, Unknown, Word, Words
from memlint.records import NamedTuple
from memlint.sources.text import Source

if TYPE_CHECKING:
    from memlint.sources import shell

MAX_LAYERS: Final = 12
_PATH: Final = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")

# Programs that are made to be PID 1: they pass signals on and reap. Those of the second row are supervisors or whole init systems.
_INITS: Final = frozenset(("tini", "tini-static", "docker-init", "dumb-init", "catatonit", "pid1", "multirun"))
_SUPERVISORS: Final = frozenset(
    (
        "supervisord", "s6-svscan", "runsvdir", "runit", "runit-init", "systemd", "init", "openrc-init", "my_init", "circusd", "monit",
        "process-compose", "pm2-runtime", "mc-server-runner", "s6-overlay",
    )
)  # fmt: skip
_INIT_VALUES: Final = {
    "tini": "pe",
    "tini-static": "pe",
    "dumb-init": "r",
    "catatonit": "",
    "docker-init": "pe",
    "multirun": "",
    "pid1": "",
}
_SHELLS: Final = frozenset(("sh", "bash", "dash", "ash", "ksh", "zsh", "busybox"))
PACKAGE_MANAGERS: Final = frozenset(("npm", "yarn", "pnpm", "npx", "bunx"))
# Wrappers that exec what follows: name -> options that take a value, and how many words of their own stand in front of the program.
_WRAPPERS: Final[dict[str, tuple[frozenset[str], int]]] = {
    "exec": (frozenset(("-a",)), 0),
    "env": (frozenset(("-u", "--unset", "-C", "--chdir", "-S")), 0),
    "nice": (frozenset(("-n", "--adjustment")), 0),
    "ionice": (frozenset(("-c", "-n", "--class", "--classdata")), 0),
    "stdbuf": (frozenset(("-i", "-o", "-e")), 0),
    "setpriv": (frozenset(("--reuid", "--regid", "--groups", "--inh-caps", "--bounding-set")), 0),
    "su-exec": (frozenset(), 1),
    "gosu": (frozenset(), 1),
    "chpst": (frozenset(("-u", "-U", "-m", "-o", "-n", "-e")), 0),
    "setuser": (frozenset(), 1),
    "nohup": (frozenset(), 0),
    "setsid": (frozenset(), 0),
    "chroot": (frozenset(("--userspec",)), 1),
    "numactl": (frozenset(("-m", "-N", "-C", "-i", "-p")), 0),
    "timeout": (frozenset(("-k", "-s", "--kill-after", "--signal")), 1),
    "sudo": (frozenset(("-u", "-g", "-h", "-p")), 0),
    "time": (frozenset(("-f", "-o")), 0),
    "authbind": (frozenset(), 0),
    "opentelemetry-instrument": (frozenset(), 0),
    "ddtrace-run": (frozenset(), 0),
    "newrelic-admin": (frozenset(), 1),
    "doppler": (frozenset(), 1),
    "dotenv": (frozenset(("-e", "-f")), 0),
    "catchsegv": (frozenset(), 0),
    "faketime": (frozenset(), 1),
}
# Wrappers that stay as the parent.
_PARENTS: Final = frozenset(("timeout", "time", "sudo"))


class Unwrapped:
    """What a process turned out to be. `why`: what keeps the programs from being known, "" where nothing does."""

    __slots__ = ("observations", "pid1", "programs", "why")

    def __init__(self) -> None:
        self.programs: list[Program] = []
        self.pid1: Init | None = None
        self.why = ""
        self.observations: list[Observation] = []


class Around(NamedTuple):
    """What peeling needs to know of the container. `script` finds a script of the build context by its path in the container."""

    image: Image | None
    script: Callable[[str], Source | None]


def base_name(word: Word) -> str:
    """Return the last part of a program's path, "" where it cannot be known."""
    return word.value.rsplit("/", 1)[-1] if isinstance(word, Known) else ""


def peel(words: Words, env: Environment, around: Around) -> Unwrapped:
    """Peel an argv down to the programs that run in the container."""
    found = Unwrapped()
    _peel(words, env, around, found, MAX_LAYERS, False)
    return found


def _peel(words: Words, env: Environment, around: Around, found: Unwrapped, layers: int, child: bool) -> None:
    """Follow one command. `child`: it is no longer PID 1, as an init, a shell or a supervisor stays its parent."""
    while words and layers > 0:
        layers -= 1
        name = base_name(words[0])
        if name in _INITS:
            if not child:
                group = any(isinstance(word, Known) and word.value in ("-g", "--group") for word in words[1:4])
                found.pid1 = Init(
                    "init", name, _origin(words[0]), True, True, f"{name}{' -g' if group else ''} passes signals on and reaps"
                )
            child = True
            words = _after_init(words, name)
            continue
        if name in _WRAPPERS:
            words, env = _after_wrapper(words, name, env)
            if name in _PARENTS and not child:
                found.pid1 = found.pid1 or Init("direct", name, None, True, False, f"{name} stays the parent")
                child = True
            continue
        if name in _SUPERVISORS or (isinstance(words[0], Known) and words[0].value == "/init"):
            if not child:
                found.pid1 = Init("supervisor", name, _origin(words[0]), True, True, f"{name} starts and watches its own children")
            found.programs.append(Program(words, env))
            return
        if name in _SHELLS:
            _shell(words, env, around, found, layers, child)
            return
        script = _script(words[0], around)
        if script is not None:
            _follow_script(script, words, env, around, found, layers, child)
            return
        inner = _known_entrypoint(words, around.image)
        if inner is not None:
            words = inner
            continue
        if not child and found.pid1 is None and _own_script(words, around.image) and around.image is not None and around.image.main_process:
            main = around.image.main_process
            found.pid1 = Init("direct", main, _origin(words[0]), None, None, f"the image's {name} hands over to {main}, which is PID 1")
        break
    _end(words, env, found, child)


def _shell(words: Words, env: Environment, around: Around, found: Unwrapped, layers: int, child: bool) -> None:
    """Follow a shell: `sh -c TEXT`, `sh script`, or a shell alone."""
    name = base_name(words[0])
    rest = words[1:]
    if name == "busybox" and rest and base_name(rest[0]) in _SHELLS:
        rest = rest[1:]
    text: Word | None = None
    while rest and isinstance(rest[0], Known) and rest[0].value.startswith(("-", "+")) and len(rest[0].value) > 1:
        flags = rest[0].value
        rest = rest[1:]
        if flags.startswith("--"):
            continue
        if flags.endswith("o") and rest and "c" not in flags:
            rest = rest[1:]
        elif "c" in flags:
            if flags.endswith("o") and rest:
                rest = rest[1:]
            while rest and isinstance(rest[0], Known) and rest[0].value in ("-e", "-u", "-x", "--"):
                rest = rest[1:]
            text, rest = (rest[0], rest[1:]) if rest else (None, ())
            break
    if text is not None:
        if isinstance(text, Unknown):
            found.why = text.why
            if not child:
                found.pid1 = Init("shell", name, _origin(words[0]), None, True, f"{name} runs a text that cannot be known: {text.why}")
            return
        from memlint.resolve import measuring
        from memlint.sources import shell  # only a container that runs a shell pays for it

        found.observations += measuring.observe(text.value, _locate(text))
        script = shell.read(
            text.origin.span.path, text.value, locate=_locate(text), lookup=_environment(env, around.image), arguments=rest[1:]
        )
        _follow(script, "shell", _dialect(name, around.image), text, env, around, found, layers, child)
        return
    if not rest:
        _end(words, env, found, child)
        return
    source = around.script(rest[0].value) if isinstance(rest[0], Known) else None
    if source is None:
        inner = _known_entrypoint(words, around.image)
        if inner is not None:
            _peel(inner, env, around, found, layers, child)
        elif not child:
            told = f"{name} runs {rest[0].value}" if isinstance(rest[0], Known) else f"{name} runs a script"
            found.pid1 = Init("script", name, _origin(words[0]), None, True, f"{told}, which is not in the project")
            found.programs.append(Program(words, env))
        else:
            found.programs.append(Program(words, env))
        return
    _follow_script(source, rest, env, around, found, layers, child)


def _follow_script(source: Source, words: Words, env: Environment, around: Around, found: Unwrapped, layers: int, child: bool) -> None:
    from memlint.resolve import measuring
    from memlint.sources import shell

    found.observations += measuring.observe(source.text, source.span)
    script = shell.read(source.path, source.text, lookup=_environment(env, around.image), arguments=words[1:])
    interpreter = [part.rsplit("/", 1)[-1] for part in script.interpreter]
    if interpreter and interpreter[0] == "env":
        interpreter = interpreter[1:]
    if interpreter and interpreter[0] in _INITS and not child:
        found.pid1 = Init("init", interpreter[0], _origin(words[0]), True, True, f"the script's own #! line runs it under {interpreter[0]}")
        child = True
    if interpreter and interpreter[0] not in _SHELLS and interpreter[0] not in _INITS and not script.commands:
        _end(words, env, found, child)  # a script of another language is a program of its own
        return
    dialect = _dialect(interpreter[0] if interpreter else "sh", around.image)
    _follow(script, "script", dialect, words[0], env, around, found, layers, child)


def _follow(
    script: shell.Script,
    kind: str,
    dialect: str | None,
    word: Word,
    env: Environment,
    around: Around,
    found: Unwrapped,
    layers: int,
    child: bool,
) -> None:
    """Follow what a shell runs: the program that it ends with, and those that it leaves in the background."""
    from memlint.sources import shell

    facts = shell.entrypoint_facts(script)
    inner = _after_script(script, env)
    for command in facts.background:
        _peel(command.words, _with(inner, command), around, found, layers, True)
    main = facts.main
    name = base_name(word) if kind == "script" else (dialect or "sh")
    if main is None:
        graceful = True if _traps_term(script) else False if facts.background else None
        told = "it starts programs in the background and waits" if facts.background else "what it runs in the end cannot be read"
        init = Init(kind, name, _origin(word), graceful, True, told, None, None, len(facts.background), facts.waits_for_any)
        _place(found, init, child)
        return
    if bool(facts.execs) or main.exec or _execs_last(script, main, kind, dialect):
        _peel(main.words, _with(inner, main), around, found, layers, child)
        return
    if main.loop:
        forwards, why = None, "it runs a loop, which no exec could take over"
    elif facts.execs is None or (dialect is None and kind == "shell" and not facts.background):
        forwards, why = None, "whether it hands over to the program cannot be known"
        if dialect is None and kind == "shell":
            why = "whether /bin/sh of this image replaces itself by the command depends on which shell it is"
    elif _traps_term(script):
        forwards, why = True, "it traps SIGTERM"
    elif kind == "shell" and dialect != "dash":
        forwards, why = None, f"whether {dialect} replaces itself by the last command depends on the text"
    else:
        forwards, why = (
            False,
            f"{dialect or 'the shell'} stays PID 1, and SIGTERM does not reach {main.name or 'the program'}: there is no exec",
        )
    alone = not facts.background and not main.pipeline and not main.loop and main.function is None and main.tail
    at = main.at if alone and not (isinstance(word, Known) and kind == "shell" and _loose(word)) else None
    init = Init(kind, name, _origin(word), forwards, True, why, None, at, len(facts.background), facts.waits_for_any)
    _place(found, init, child)
    _peel(main.words, _with(inner, main), around, found, layers, True)


def _execs_last(script: shell.Script, main: shell.Command, kind: str, dialect: str | None) -> bool:
    """Say whether the shell surely replaces itself by a command without `exec`: bash and busybox do for a single one given by -c."""
    if kind != "shell" or dialect not in ("bash", "busybox") or script.traps or not main.tail or main.background or main.pipeline:
        return False
    others = [command for command in script.commands if command is not main and command.words]
    return all(command.name in ("cd", "export", "set", "umask", "ulimit", ":") for command in others) and not script.loops and not main.loop


def _place(found: Unwrapped, init: Init, child: bool) -> None:
    """Note who stands in front of the program: PID 1 itself, or what an init has started."""
    if not child and found.pid1 is None:
        found.pid1 = init
    elif found.pid1 is not None and found.pid1.kind == "init" and found.pid1.inner is None:
        found.pid1 = found.pid1._replace(inner=init)


def _traps_term(script: shell.Script) -> bool:
    return any(name.upper().removeprefix("SIG") in ("TERM", "15") for trap in script.traps for name in trap.signals)


def _dialect(name: str, image: Image | None) -> str | None:
    """Return which shell it is: what /bin/sh is depends on the image."""
    if name in ("bash", "zsh", "ksh"):
        return "bash" if name == "bash" else None
    if name in ("ash", "busybox"):
        return "busybox"
    return "dash" if name == "dash" else image.sh if image else None


def _environment(env: Environment, image: Image | None) -> Callable[[str], Text]:
    """Return what a shell sees: without the image nobody knows what else is set."""

    def lookup(name: str) -> Text:
        if name in env:
            value = env[name]
            return Unknown(f"{name} comes from outside") if value is None else value
        return None if image is not None else Unknown(f"{name} may be set by the image")

    return lookup


def _after_script(script: shell.Script, env: Environment) -> Environment:
    """Return the environment with what a script exports, or changes of what is there already."""
    changed: dict[str, Text] = {}
    for assignment in script.assignments:
        if not (assignment.exported or assignment.name in env):
            continue
        if assignment.default and isinstance(env.get(assignment.name), Known):
            continue
        if assignment.conditional and not assignment.default:
            changed[assignment.name] = Unknown(f"{assignment.name} is set under a condition", assignment.value.origin)
        else:
            changed[assignment.name] = assignment.value
    return {**env, **changed} if changed else env


def _with(env: Environment, command: shell.Command) -> Environment:
    own = {assignment.name: assignment.value for assignment in command.environment}
    return {**env, **own} if own else env


def _loose(text: Known[str]) -> bool:
    """Say whether the places in a text are not exact, as the file writes it in another way."""
    whole = text.origin.span
    return whole.line != whole.end_line or whole.end - whole.start - len(text.value) not in (0, 2)


def _locate(text: Known[str]) -> Callable[[int, int], Span]:
    """Return where characters of a word stand: exactly where the file holds it as it is, else the whole word."""
    whole = text.origin.span
    extra = whole.end - whole.start - len(text.value)

    def locate(start: int, end: int) -> Span:
        if _loose(text):
            return whole
        first = extra // 2 + start
        last = extra // 2 + end
        return Span(whole.path, whole.line, whole.column + first, whole.line, whole.column + last, whole.start + first, whole.start + last)

    return locate


def _script(word: Word, around: Around) -> Source | None:
    """Return the script of the project that a program is, None for anything else."""
    if not isinstance(word, Known) or around.image is None:
        return None
    path = word.value
    if "/" not in path:
        path = next((f"{folder}/{path}" for folder in _PATH if around.script(f"{folder}/{path}") is not None), path)
    source = around.script(path)
    if source is None or "\0" in source.text[:1000]:
        return None
    return source if source.text.startswith("#!") or path.endswith((".sh", ".bash")) else None


def _end(words: Words, env: Environment, found: Unwrapped, child: bool) -> None:
    if not words:
        return
    found.programs.append(Program(words, env))
    name = base_name(words[0])
    if isinstance(words[0], Unknown):
        found.why = words[0].why
    elif name in PACKAGE_MANAGERS:
        why = f"{name} starts the program through a shell and does not wait for it on SIGTERM"
        _place(found, Init("package-manager", name, _origin(words[0]), False, False, why), child)
    elif not child and found.pid1 is None:
        found.pid1 = Init("direct", name, _origin(words[0]), None, None, f"{name} itself is PID 1")


def _after_init(words: Words, name: str) -> Words:
    """Return the argv behind an init and its options."""
    values = _INIT_VALUES.get(name, "")
    position = 1
    while position < len(words):
        word = words[position]
        if not isinstance(word, Known) or not word.value.startswith("-"):
            break
        position += 1
        if word.value == "--":
            break
        if len(word.value) == 2 and word.value[1] in values:
            position += 1
    return words[position:]


def _after_wrapper(words: Words, name: str, env: Environment) -> tuple[Words, Environment]:
    """Return the argv behind a wrapper, with the variables that `env` sets."""
    takes_value, own = _WRAPPERS[name]
    position = 1
    added: dict[str, Known[str] | Unknown | None] = {}
    while position < len(words):
        word = words[position]
        if not isinstance(word, Known):
            break
        if word.value == "--":
            position += 1
            break
        if word.value.startswith("-") and len(word.value) > 1:
            position += 2 if word.value in takes_value else 1
        elif name == "env" and "=" in word.value:
            key, _, value = word.value.partition("=")
            added[key] = Known(value, word.origin)
            position += 1
        else:
            break
    return words[position + own :], ({**env, **added} if added else env)


def _known_entrypoint(words: Words, image: Image | None) -> Words | None:
    """Return what an image's own entrypoint script execs, None where the words are no such script.

    A script of which the catalogue says that it execs its arguments is seen through; without arguments, or with options alone,
    it runs the image's main process. A script that starts Java stays: it has variables and options of its own.
    """
    script = words[0]
    if image is None or not isinstance(script, Known) or not _own_script(words, image):
        return None
    rest = words[1:]
    first = rest[0] if rest else None
    if first is not None and not (isinstance(first, Known) and first.value.startswith("-")):
        return rest
    main = image.main_process
    if main and main != "java" and main.replace("-", "").replace("_", "").replace(".", "").isalnum():
        return (Known(main, script.origin), *rest)
    return None


def _own_script(words: Words, image: Image | None) -> bool:
    """Return whether words begin with the script that is the image's own entrypoint and hands over to what it starts."""
    if image is None or not image.entrypoint or not (image.pid1 or "").startswith(("exec-script", "init")):
        return False
    own = [
        word for word in image.entrypoint if base_name(word) not in _INITS and not (isinstance(word, Known) and word.value.startswith("-"))
    ]
    if not own or not isinstance(own[0], Known) or not isinstance(words[0], Known) or words[0].value != own[0].value:
        return False
    name = base_name(own[0])
    return name.endswith(".sh") or "entrypoint" in name or name in ("start", "run")


def _origin(word: Word) -> Origin | None:
    return word.origin


def first(init: Known[bool] | Unknown | None, shared: bool, pid1: Init | None) -> Init | None:
    """Return who PID 1 really is: the pause container of a shared process namespace, the engine's own init, else what the argv says."""
    if shared:
        return Init("pause", "pause", None, True, True, "the process namespace is shared: the pause container or the host's init is PID 1")
    if isinstance(init, Known) and init.value:
        inner = pid1 if pid1 is not None and pid1.kind in ("shell", "script", "package-manager") else None
        return Init("init", "docker-init", init.origin, True, True, f"{init.origin.how} puts docker-init in front", inner)
    if isinstance(init, Unknown):
        return None
    return pid1
