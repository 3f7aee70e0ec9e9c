"""From a command line to the Node processes that it starts and the V8 flags that reach them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from memlint.api import Known, Origin, Program, Surroundings, Unknown, Word, Words
from memlint.patterns import pattern
from memlint.records import NamedTuple
from memlint.runtimes import package_json, workers
from memlint.runtimes.common import (
    base_name,
    in_container,
    inside,
    option,
    placed,
    read_text,
    split_words,
    text_of,
    variable,
)
from memlint.runtimes.workers import Count

NODE: Final = frozenset(("node", "nodejs", "tsx", "nodemon"))
MANAGERS: Final = frozenset(("npm", "yarn", "pnpm"))
PM2: Final = frozenset(("pm2", "pm2-runtime", "pm2-docker"))
TOOLS: Final = frozenset(
    (
        "npx",
        "next",
        "nest",
        "nuxt",
        "ts-node",
        "react-scripts",
        "remix-serve",
        "vite",
        "gatsby",
        "strapi",
        "n8n",
        "cross-env",
        "kibana-docker",
        "ghost",
    )
)
PROGRAMS: Final = NODE | MANAGERS | PM2 | TOOLS
_SCRIPT: Final = pattern(r".*\.(?:[cm]?js|[cm]?ts)$")
# Options of node that take the next word as their value.
_TAKES_WORD: Final = frozenset(
    (
        "-r",
        "--require",
        "--import",
        "--loader",
        "--experimental-loader",
        "-e",
        "--eval",
        "-p",
        "--print",
        "-C",
        "--conditions",
        "--env-file",
        "--title",
    )
)
SIZES: Final = ("--max-old-space-size", "--max-semi-space-size", "--max-heap-size", "--max-old-space-size-percentage")


class Flag(NamedTuple):
    """A memory flag as node gets it. `value` None: written without `=`; `words` are where it stands, with a number that follows it."""

    name: str  # "--max-old-space-size", whatever mixture of - and _ was written
    value: str | None
    word: Known[str]
    source: str  # "NODE_OPTIONS" | "argv"
    follower: Known[str] | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Processes of one kind. `hidden`: something unknown may set the heap; `stray`: heap flags that reach no V8, with the reason."""

    count: Count
    flags: tuple[Flag, ...] = ()
    hidden: Unknown | None = None
    stray: tuple[tuple[Known[str], str], ...] = ()
    restart: Known[str] | None = None  # pm2's max_memory_restart


class Launch(NamedTuple):
    """What a command line starts. `wrappers`: npm, yarn or pm2 that stay beside the processes."""

    groups: tuple[Group, ...]
    wrappers: tuple[str, ...] = ()
    words: Words = field(default=())


_ONE: Final = workers.exactly(1, None, "one process")


def launch(words: Words, program: Program, around: Surroundings, depth: int = 4) -> Launch:
    """Follow package scripts and pm2 down to the node processes. `words` begins with one of `PROGRAMS`, a script, an option, or is empty."""
    name = base_name(words[0]) if words else ""
    options = _of_environment(program)
    if name in MANAGERS and depth:
        return _package_script(words, program, around, depth)
    if name in PM2:
        return _pm2(words, program, around)
    if name == "npx" and depth:
        rest = _after_options(words[1:])
        return launch(rest, program, around, depth - 1) if rest else Launch((options,), ("npx",))
    if name == "cross-env" and depth:
        return launch(*_with_assignments(words[1:], program), around, depth - 1)
    if name in NODE or name.startswith("-"):
        argv = _of_argv(words[1:] if name in NODE else words)
        return Launch((_joined(options, argv),))
    if name and not isinstance(words[0], Unknown) and _SCRIPT.match(name):
        return Launch((replace(options, stray=(*options.stray, *_behind_script(words[1:]))),))
    return Launch((options,))


def _joined(first: Group, second: Group) -> Group:
    """The command line beats NODE_OPTIONS, so its flags come last."""
    return replace(first, flags=first.flags + second.flags, hidden=first.hidden or second.hidden, stray=first.stray + second.stray)


def _of_environment(program: Program) -> Group:
    value = variable(program, "NODE_OPTIONS")
    return _of_options(value, "NODE_OPTIONS")


def _of_options(value: Known[str] | Unknown | None, source: str) -> Group:
    if isinstance(value, Unknown):
        return Group(_ONE, hidden=value)
    if value is None:
        return Group(_ONE)
    words = list(node_options(value))
    flags, stray = [], []
    for index, word in enumerate(words):
        if not word.value.startswith("-"):
            if _is_heap_flag(word.value.lstrip("'\"\\")):
                stray.append((word, "node reads only what begins with -, and takes single quotes as letters"))
            continue
        found = _flag(word, source, words[index + 1] if index + 1 < len(words) else None)
        if found is not None:
            flags.append(found)
    return Group(_ONE, tuple(flags), stray=tuple(stray))


def node_options(value: Known[str]) -> Iterator[Known[str]]:
    """Split NODE_OPTIONS as node does: at blanks, double quotes keep a word together, and only they do (node.cc ParseNodeOptionsEnvVar)."""
    text, start, word, quoted = value.value, None, "", False
    for index, character in enumerate(text):
        if character == " " and not quoted:
            if start is not None:
                yield _word(value, start, index, word)
            start, word = None, ""
            continue
        if start is None:
            start = index
        if character == '"':
            quoted = not quoted
        else:
            word += character
    if start is not None:
        yield _word(value, start, len(text), word)


def _word(value: Known[str], start: int, end: int, word: str) -> Known[str]:
    raw = inside(value, start, end)
    return raw if raw.value == word else Known(word, raw.origin)


def _flag(word: Known[str], source: str, follower: Word | None) -> Flag | None:
    name, equals, value = word.value.partition("=")
    name = "--" + name.lstrip("-").replace("_", "-")
    if name not in SIZES:
        return None
    known = follower if isinstance(follower, Known) else None
    return Flag(name, value if equals else None, word, source, None if equals else known)


def _is_heap_flag(text: str) -> bool:
    return re.match(r"-{0,2}max[-_](?:old[-_]space|semi[-_]space|heap)[-_]size", text) is not None


def _of_argv(words: Words) -> Group:
    """Read what stands before the script; flags behind it go to the script."""
    flags: list[Flag] = []
    hidden = None
    index = 0
    while index < len(words):
        word = words[index]
        if isinstance(word, Unknown):
            hidden = hidden or word
            index += 1
            continue
        if not word.value.startswith("-") or word.value in ("-", "--"):
            break
        found = _flag(word, "argv", words[index + 1] if index + 1 < len(words) else None)
        if found is not None:
            flags.append(found)
            if found.value is None:
                break
        index += 2 if word.value in _TAKES_WORD else 1
    return Group(_ONE, tuple(flags), hidden, _behind_script(words[index + 1 :]))


def _behind_script(words: Words) -> tuple[tuple[Known[str], str], ...]:
    reason = "it stands behind the script, so the script gets it as an argument"
    return tuple((word, reason) for word in words if isinstance(word, Known) and word.value.startswith("-") and _is_heap_flag(word.value))


def _after_options(words: Words) -> Words:
    for index, word in enumerate(words):
        if isinstance(word, Known) and not word.value.startswith("-"):
            return words[index:]
    return ()


def _with_assignments(words: Words, program: Program) -> tuple[Words, Program]:
    """Take `NAME=value` words off the front and put them into the environment."""
    env = dict(program.env)
    for index, word in enumerate(words):
        match = re.match(r"([A-Za-z_]\w*)=", word.value) if isinstance(word, Known) else None
        if match is None or not isinstance(word, Known):
            return words[index:], program._replace(env=env)
        if match.end() < len(word.value):
            env[match[1]] = inside(word, match.end(), len(word.value))
    return (), program._replace(env=env)


# ---- npm, yarn, pnpm


def _package_script(words: Words, program: Program, around: Surroundings, depth: int) -> Launch:
    manager = base_name(words[0])
    options = _of_environment(program)
    stray = tuple(
        (word, f"{manager} keeps it for itself or passes it to the script, not to node")
        for word in words[1:]
        if isinstance(word, Known) and word.value.startswith("-") and _is_heap_flag(word.value)
    )
    name = _script_name(words, manager)
    folder = text_of(option(words, "--prefix", "--cwd", "-C")) or "."
    path = in_container(around, f"{folder}/package.json")
    text = read_text(around, path)
    found = package_json.script(text, name) if text is not None and name else None
    if found is None or path is None:
        return Launch((replace(options, stray=options.stray + stray),), (manager,))
    line, start, end = found
    command = placed(around, path, line, start, end, f"script {name} of package.json")
    inner = _last_command(command)
    words, program = _with_assignments(inner, program)
    below = launch(words, program, around, depth - 1)
    groups = (replace(below.groups[0], stray=below.groups[0].stray + stray), *below.groups[1:])
    wrappers = below.wrappers if base_name(words[0] if words else Unknown("")) in MANAGERS else (manager, *below.wrappers)
    return Launch(groups, wrappers, words)


def _script_name(words: Words, manager: str) -> str:
    plain: list[str] = [word.value for word in words[1:] if isinstance(word, Known) and not word.value.startswith("-")]
    if not plain:
        return ""
    if plain[0] in ("run", "run-script"):
        return plain[1] if len(plain) > 1 else ""
    if plain[0] in ("start", "test", "stop", "restart"):
        return plain[0]
    return plain[0] if manager != "npm" else ""


def _last_command(command: Known[str]) -> Words:
    """Return the words of the last command of a script line: what comes before `&&` or `;` has ended by then."""
    start = max((match.end() for match in re.finditer(r"&&|;|\|\|", command.value)), default=0)
    tail = inside(command, start, len(command.value)) if start else command
    return tuple(
        Unknown(f"{word.value} is expanded by the shell", word.origin) if isinstance(word, Known) and "$" in word.value else word
        for word in split_words(tail)
    )


# ---- pm2


def _pm2(words: Words, program: Program, around: Surroundings) -> Launch:
    target = next(
        (word for word in words[1:] if isinstance(word, Known) and not word.value.startswith("-") and word.value != "start"), None
    )
    options = _of_environment(program)
    if target is not None and re.search(r"\.(?:config\.[cm]?js|ya?ml|json)$|ecosystem", target.value):
        return Launch(tuple(_ecosystem(target, options, around)), ("pm2",))
    arguments = option(words, "--node-args", "--interpreter-args")
    inner = _of_options(arguments, "argv")
    restart = option(words, "--max-memory-restart")
    group = replace(
        _joined(options, inner),
        count=_instances(option(words, "-i", "--instances")),
        restart=restart if isinstance(restart, Known) else None,
    )
    return Launch((group,), ("pm2",))


def _instances(value: Known[str] | Unknown | None) -> Count:
    if value is None:
        return _ONE
    if isinstance(value, Unknown):
        return workers.unknown(f"unknown: {value.why}", value.origin)
    text = value.value
    if text in ("max", "0"):
        return workers.on_host_cpus(value.origin, f"instances {text}: a process a CPU of the host")
    if re.fullmatch(r"-\d{1,4}", text):
        return workers.on_host_cpus(value.origin, f"instances {text}: the CPUs of the host less {text[1:]}")
    if re.fullmatch(r"\d{1,4}", text):
        return workers.exactly(int(text), value.origin, f"instances {text}")
    return workers.unknown(f"instances {text}", value.origin)


def _ecosystem(target: Known[str], options: Group, around: Surroundings) -> Iterator[Group]:
    """Yield a group for every application of an ecosystem file; one in JavaScript is never run, so it is unknown."""
    path = in_container(around, target.value)
    text = read_text(around, path) if target.value.endswith(".json") else None
    found = False
    for application in package_json.applications(text) if text is not None else ():
        found = True
        yield _application(application, options, around, path or "", text or "")
    if not found:
        hidden = Unknown(f"{target.value} is a program, or not at hand", target.origin)
        yield replace(options, count=workers.unknown(hidden.why, target.origin), hidden=hidden)


def _application(application: Any, options: Group, around: Surroundings, path: str, text: str) -> Group:
    def setting(*names: str) -> Known[str] | None:
        for name in names:
            value = application.get(name)
            if isinstance(value, str | int) and not isinstance(value, bool):
                start, end = package_json.place(text, name, value)
                return placed(around, path, str(value), start, end, f"{name} in {path.rsplit('/', 1)[-1]}")
        return None

    environment = application.get("env")
    set_here = environment.get("NODE_OPTIONS") if isinstance(environment, dict) else None
    if isinstance(set_here, str):
        start, end = package_json.place(text, "NODE_OPTIONS", set_here)
        options = _of_options(placed(around, path, set_here, start, end, "env of the ecosystem file"), "NODE_OPTIONS")
    arguments = application.get("node_args", application.get("interpreter_args"))
    if isinstance(arguments, list):
        joined = " ".join(str(item) for item in arguments)
        inner = _of_options(Known(joined, _at(around, path, text, "node_args")), "argv")
    else:
        inner = _of_options(setting("node_args", "interpreter_args"), "argv")
    return replace(_joined(options, inner), count=_instances(setting("instances")), restart=setting("max_memory_restart"))


def _at(around: Surroundings, path: str, text: str, key: str) -> Origin:
    start = max(text.find(f'"{key}"'), 0)
    return placed(around, path, "", start, start + len(key) + 2, f"{key} in {path.rsplit('/', 1)[-1]}").origin


def heap_flags(flags: Sequence[Flag], name: str) -> Iterator[Flag]:
    """Yield the flags of a name in the order in which node takes them; the last one wins."""
    return (one for one in flags if one.name == name)
