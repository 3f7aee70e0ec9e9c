"""Sessions that a program keeps in its own memory, where a kill ends all of them. Only what the files prove is told.

Sources: express-session README ("The default server-side session storage, MemoryStore, is purposely not designed for a production
environment"), koa-generic-session README, @fastify/session README (in-memory store by default), memorystore README; Django
django/contrib/sessions/backends/cache.py and conf/global_settings.py (CACHES is LocMemCache); Spring Boot 2 StoreType. koa-session and
cookie-session keep sessions in the cookie, so they lose nothing.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Final

from memlint.api import Confidence, Known, Observation, Origin, Program, Surroundings
from memlint.patterns import pattern
from memlint.runtimes import package_json
from memlint.runtimes.common import in_container, placed, read_text, text_of, variable

TOPIC: Final = "state-lost-on-kill"
# Packages that keep sessions in the process unless they are given a store.
_KEEPERS: Final[Mapping[str, str]] = {
    "memorystore": "memorystore keeps sessions in the memory of the process by design",
    "express-session": "express-session keeps sessions in the memory of the process (its MemoryStore)",
    "koa-generic-session": "koa-generic-session keeps sessions in the memory of the process (its MemoryStore)",
    "@fastify/session": "@fastify/session keeps sessions in the memory of the process (its default store)",
    "fastify-session": "fastify-session keeps sessions in the memory of the process (its default store)",
}
_STORE: Final = pattern(r"(?:^|/)connect-|session|store\b|^koa-(?:redis|mysql|pg|mongo)")
_NO_STORE: Final = pattern(
    r"(?:^|/)connect-(?:flash|livereload|timeout|history-api-fallback|busboy|multiparty|ensure-login|slashes|rid|gzip|static|query|assets|modrewrite)$"
    r"|^@types/|^(?:cookie-session|express-session|koa-session|koa-generic-session|memorystore|client-sessions)$|passport|sessionstorage|vuex|redux"
)
_TELLS_A_STORE: Final = pattern(r"SESSION\w{0,80}(?:STORE|REDIS|DRIVER|URL|HOST|DB)|STORE\w{0,80}SESSION")
_PARENTS: Final = 4  # folders above the script in which package.json is looked for


def of_node(program: Program, around: Surroundings) -> Iterator[Observation]:
    """Yield that a Node program keeps its sessions, by the dependencies of its package.json."""
    for path in _package_files(program, around):
        text = read_text(around, path)
        if text is None:
            continue
        dependencies = package_json.load(text).get("dependencies")
        if isinstance(dependencies, dict):
            yield from _by_dependencies(dependencies, text, path, program, around)
        return


def _package_files(program: Program, around: Surroundings) -> Iterator[str]:
    """Yield where the package.json of what runs may lie: the script's folder and those above it, then the working directory."""
    seen = set()
    scripts = [word.value for word in program.words[1:] if isinstance(word, Known) and word.value.endswith((".js", ".cjs", ".mjs", ".ts"))]
    for script in (*scripts[:1], "package.json"):
        folder = posixpath.dirname(in_container(around, script) or "")
        for _ in range(_PARENTS):
            if not folder:
                break
            path = posixpath.join(folder, "package.json")
            if path not in seen:
                seen.add(path)
                yield path
            if folder == "/":
                break
            folder = posixpath.dirname(folder)


def _by_dependencies(
    dependencies: Mapping[str, object], text: str, path: str, program: Program, around: Surroundings
) -> Iterator[Observation]:
    keeper = next((name for name in _KEEPERS if name in dependencies), None)
    stores = [name for name in dependencies if _STORE.search(name) and not _NO_STORE.search(name) and name not in _KEEPERS]
    if keeper is None or stores or any(_TELLS_A_STORE.search(name) for name in program.env):
        return
    start, end = package_json.place(text, keeper, dependencies[keeper], text.find('"dependencies"'))
    where = placed(around, path, keeper, start, end, f"dependency {keeper}")
    message = f"{_KEEPERS[keeper]}, and package.json brings no store outside it (connect-redis, connect-pg-simple, …)"
    yield Observation(TOPIC, message, where.origin.span, confidence=Confidence.MEDIUM)


_ENGINE: Final = pattern(r"^SESSION_ENGINE[ \t]*=[ \t]*[\"']django\.contrib\.sessions\.backends\.cache[\"']", re.MULTILINE)
_BACKEND: Final = pattern(r"[\"']BACKEND[\"'][ \t]*:[ \t]*[\"']([\w.]+)[\"']")


def of_django(program: Program, around: Surroundings) -> Iterator[Observation]:
    """Yield that Django keeps sessions in a cache that lives in the process, by the settings file that DJANGO_SETTINGS_MODULE names."""
    module = text_of(variable(program, "DJANGO_SETTINGS_MODULE"))
    if module is None:
        return
    path = in_container(around, module.replace(".", "/") + ".py")
    text = read_text(around, path)
    match = _ENGINE.search(text) if text is not None else None
    if text is None or match is None or path is None:
        return
    caches = [name for name in _BACKEND.findall(text) if "cache" in name.lower()]
    if "import *" in text or ("CACHES" in text and not caches) or any(not name.endswith("LocMemCache") for name in caches):
        return
    where = placed(around, path, match[0], match.start(), match.end(), "SESSION_ENGINE")
    message = (
        "Django keeps sessions in a cache that lives in the memory of each process (LocMemCache), so that not even its workers share them: use "
        "cached_db, or a cache outside"
    )
    yield Observation(TOPIC, message, where.origin.span, confidence=Confidence.MEDIUM)


def of_spring(program: Program) -> Iterator[Observation]:
    """Yield that Spring Boot is told to leave sessions to the servlet container, which keeps them in its heap."""
    value = variable(program, "SPRING_SESSION_STORE_TYPE")
    kept = text_of(value)
    if isinstance(value, Known) and kept is not None and kept.lower().replace("-", "_") in ("none", "hash_map", "simple", "map"):
        origin: Origin = value.origin
        message = f"SPRING_SESSION_STORE_TYPE={kept} leaves sessions in the heap of the process: use redis or jdbc"
        yield Observation(TOPIC, message, origin.span)
