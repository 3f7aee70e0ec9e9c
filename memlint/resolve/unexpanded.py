"""Memory settings with a shell's `${VAR}` where no shell reads them: Kubernetes expands `$(VAR)` and nothing else (container.md 3.9)."""

from typing import Final

from memlint.model import Environment, Known, Observation, Process, Severity, Text, Unknown, Words
from memlint.patterns import pattern

# Programs that take their arguments as they are. A server that expands variables in its own configuration is none of them.
_LITERAL: Final = frozenset(
    ("java", "node", "nodejs", "redis-server", "valkey-server", "memcached", "mongod", "postgres", "mysqld", "mariadbd")
)
_SETTING: Final = pattern(
    r"^(?:-Xm[xsn]|-Xss|-XX:|--max[-_](?:old|semi)[-_]space[-_]size|--maxmemory=|--wiredTigerCacheSizeGB=|shared_buffers=|--innodb[-_]buffer[-_]pool[-_]size)"
)
_NEXT_WORD: Final = frozenset(("--maxmemory", "-m", "--wiredTigerCacheSizeGB", "--memory-limit"))  # their value is a word of its own
_VARIABLE: Final = pattern(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")
_BY_RUNTIME: Final = {
    "JAVA_TOOL_OPTIONS": "the JVM", "JDK_JAVA_OPTIONS": "the java launcher", "_JAVA_OPTIONS": "the JVM", "NODE_OPTIONS": "Node", "GOMEMLIMIT": "Go",
}  # fmt: skip


def observations(process: Process, env: Environment, image: Text) -> list[Observation]:
    """Return the words and variables about memory in which a `${VAR}` stays as it is written.

    Where the image is not final, another program fills in the whole file before Kubernetes reads it, and nothing is said.
    """
    if isinstance(image, Unknown):
        return []
    return [*_words(process.words, env), *_variables(env)]


def _words(words: Words | None, env: Environment) -> list[Observation]:
    if not words or not isinstance(words[0], Known) or words[0].value.rsplit("/", 1)[-1] not in _LITERAL:
        return []
    program = words[0].value.rsplit("/", 1)[-1]
    found = []
    before = ""
    for word in words[1:]:
        if not isinstance(word, Known):
            before = ""
            continue
        if word.origin.how in ("command", "args") and (_SETTING.match(word.value) or before in _NEXT_WORD):
            found += _seen(word, f"{word.value} reaches {program}", env)
        before = word.value
    return found


def _variables(env: Environment) -> list[Observation]:
    found = []
    for name, reader in _BY_RUNTIME.items():
        value = env.get(name)
        if isinstance(value, Known) and value.origin.how == f"env {name}":
            found += _seen(value, f"{name} '{value.value}' reaches {reader}", env)
    return found


def _seen(value: Known[str], told: str, env: Environment) -> list[Observation]:
    variable = _VARIABLE.search(value.value)
    if variable is None:
        return []
    name = variable[1] or variable[2]
    if name in env:
        told += f" as it is written: Kubernetes expands $({name}), not {variable[0]}"
    else:
        told += f" as it is written: no shell expands {variable[0]} here, and the container sets no {name}"
    return [Observation("variable-not-expanded", told, value.origin.span, severity=Severity.WARNING)]
