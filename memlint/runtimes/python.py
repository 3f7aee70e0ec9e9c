"""What Python servers hold: gunicorn, uvicorn, uWSGI, Celery, and a plain interpreter.

Costs of a bare server were measured on CPython 3.11.7 under memory cgroups, 2026-11 (runtimes.md 4.3); none of them looks at the limit.
"""

import posixpath
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from memlint.api import (
    KIB,
    MIB,
    Amount,
    Confidence,
    Known,
    MemoryBudget,
    Observation,
    Part,
    Program,
    Reading,
    Surroundings,
    Text,
    Unknown,
    Words,
)
from memlint.runtimes import ini, python_settings, sessions, workers
from memlint.runtimes.common import (
    Value,
    copies,
    count_of,
    flag,
    has_image,
    in_container,
    launched,
    mib,
    opaque,
    option,
    part,
    placed,
    read_text,
    split_words,
    text_of,
    variable,
)
from memlint.runtimes.workers import APPLICATION, Count, Threshold

_MEASURED: Final = "measured on CPython 3.11.7, 2026-11"
_EACH: Final = f"a worker of a bare application to one of {APPLICATION} MiB; {_MEASURED}, the application is not known"
_TIANGOLO: Final = (
    "uvicorn-gunicorn",
    "uvicorn-gunicorn-fastapi",
    "uvicorn-gunicorn-starlette",
    "meinheld-gunicorn",
    "meinheld-gunicorn-flask",
)


@dataclass(frozen=True, slots=True)
class _Bill:
    parts: tuple[Part, ...]
    confidence: Confidence
    observations: Sequence[Observation] = ()
    count: Count | None = None
    recycle: Value = None  # the setting by which workers are replaced


class Model:
    """Python processes."""

    name = "python"

    def read(self, program: Program, around: Surroundings) -> Reading | None:
        for names, bill in _SERVERS:
            words = launched(program.words, names)
            if words:
                found = bill(words, program, around)
                return None if found is None else _reading(program, around, found)
        if not program.words and has_image(around, _TIANGOLO):
            return _reading(program, around, _tiangolo(program, around))
        if _is_python(program, around):
            return _reading(program, around, _interpreter(program.words))
        return None


def _reading(program: Program, around: Surroundings, bill: _Bill) -> Reading:
    options: dict[str, Text | Amount] = {}
    if bill.count is not None:
        options["workers"] = workers.workers_option(around, bill.count)
    if bill.recycle is not None:
        options["recycle"] = bill.recycle
    budget = MemoryBudget("python", copies(bill.parts, program.copies), bill.confidence)
    return Reading("python", program, budget, (*bill.observations, *sessions.of_django(program, around)), options=options)


def _is_python(program: Program, around: Surroundings) -> bool:
    if program.words:
        return re.match(r"(?:python|pypy)[\d.]*$", program.name) is not None or program.name in (
            "flask",
            "django-admin",
            "hypercorn",
            "daphne",
        )
    image = around.image
    return has_image(around, ("python",)) or (image is not None and image.runtime == "python")


def _interpreter(words: Words) -> _Bill:
    # `manage.py runserver` and `flask run --debug` keep a second process that watches the files.
    doubled = flag(words, "runserver") is not None and flag(words, "--noreload") is None
    amounts = mib(12, 80, None) if doubled else mib(6, 40, None)
    return _Bill(
        (part("interpreter and application", amounts, f"a bare CPython process and up; {_MEASURED}, the application is not known"),),
        Confidence.LOW,
    )


# ---- gunicorn


class _Gunicorn:
    """The settings of one gunicorn: its command line beats GUNICORN_CMD_ARGS, which beats the file; WEB_CONCURRENCY is only a default."""

    def __init__(self, words: Words, program: Program, around: Surroundings) -> None:
        self.words = words
        self.around = around
        extra = variable(program, "GUNICORN_CMD_ARGS")
        self.extra = split_words(extra) if isinstance(extra, Known) else ()
        self.hidden: Unknown | None = opaque(words) or (extra if isinstance(extra, Unknown) else None)
        self.file: dict[str, python_settings.Setting] = {}
        self.path = ""
        named = option(words, "-c", "--config") or option(self.extra, "-c", "--config")
        if isinstance(named, Unknown):
            self.hidden = named
            return
        name = named.value.removeprefix("file:") if named is not None else "gunicorn.conf.py"
        folder = text_of(option(words, "--chdir")) or ""
        path = in_container(around, posixpath.join(folder, name) if named is None else name)
        text = read_text(around, path)
        if text is not None and len(text) > python_settings.MAX_SIZE:
            at = named.origin if named is not None else None
            self.hidden = Unknown(
                f"{name} is longer than {python_settings.MAX_SIZE} characters", at or placed(around, path or "", "", 0, 1, name).origin
            )
        elif text is not None and path is not None:
            self.path = path
            self.file = dict(python_settings.settings(text, lambda variable_name: variable(program, variable_name)))
        elif named is not None:
            self.hidden = Unknown(f"it may be set in {name}, which is not at hand", named.origin)

    def value(self, key: str, *names: str) -> tuple[Value, bool]:
        """Return a setting and whether it follows the host's CPUs."""
        told = option(self.words, *names) or option(self.extra, *names)
        if told is not None:
            return told, isinstance(told, Unknown) and _counts_cpus(told)
        setting = self.file.get(key)
        if setting is None:
            return self.hidden, False
        known = placed(self.around, self.path, str(setting.value), setting.start, setting.end, f"{key} in {posixpath.basename(self.path)}")
        return (known if setting.value is not None else Unknown(setting.why, known.origin)), setting.cpus

    def number(self, key: str, default: int, *names: str) -> int | None:
        """Return a count, None where it cannot be known."""
        value, _ = self.value(key, *names)
        return default if value is None else count_of(value)

    @property
    def preload(self) -> bool:
        setting = self.file.get("preload_app")
        return flag((*self.words, *self.extra), "--preload") is not None or (setting is not None and setting.value is True)


def _counts_cpus(value: Unknown) -> bool:
    return re.search(r"\bnproc\b|cpu_count", value.why) is not None


def _gunicorn(words: Words, program: Program, around: Surroundings) -> _Bill:
    settings = _Gunicorn(words, program, around)
    count = _gunicorn_count(settings, program)
    each, shared = mib(2.5, APPLICATION, None), None
    if settings.preload:
        each, shared = mib(2.5, APPLICATION * 0.2, None), mib(0, APPLICATION, None)
    master = workers.base("gunicorn's arbiter", 12, 17, 30, f"17 MiB beside its workers, {_MEASURED}")
    parts = workers.parts(around, master, count, each, _EACH, shared)
    seen = workers.from_host_cpus(around, "gunicorn", count, "workers to")
    requests = settings.number("max_requests", 0, "--max-requests")
    jitter = settings.number("max_requests_jitter", 0, "--max-requests-jitter")
    if requests == 0:
        expected = sum(item.expected for item in parts)
        change = "--max-requests 1000 --max-requests-jitter 100"
        seen += workers.never_recycled(around, "gunicorn", count, "--max-requests is 0", change, expected, words)
    elif requests is not None and jitter == 0 and count.low > 1:
        seen.append(_no_jitter(around, settings, count, requests))
    if not settings.preload and settings.hidden is None and count.low > 1:
        seen.append(
            workers.unshared(
                around,
                count,
                f"{count.low} workers of gunicorn load the application one by one: with --preload it is loaded once, and its pages are shared until "
                "they are written (4 workers of Django took 58 MiB in place of 128 MiB, measured; reading Python objects writes their counts)",
            )
        )
    recycle = None if requests == 0 else workers.recycling("max_requests", settings.value("max_requests", "--max-requests")[0])
    return _Bill(parts, workers.confidence(around, count), seen, count, recycle)


def _gunicorn_count(settings: _Gunicorn, program: Program) -> Count:
    value, cpus = settings.value("workers", "-w", "--workers")
    if cpus:
        one = count_of(value)
        origin = value.origin if value is not None else None
        return workers.on_host_cpus(origin, "workers follow cpu_count()", one or 1)
    if value is None:
        return _web_concurrency(program, "gunicorn's default of one worker")
    return _told(value, "workers")


def _told(value: Value, how: str) -> Count:
    number = count_of(value)
    if number is not None and isinstance(value, Known):
        return workers.exactly(max(1, number), value.origin, f"{how} {number}")
    if isinstance(value, Unknown):
        if _counts_cpus(value):
            return workers.on_host_cpus(value.origin, "nproc")
        return workers.unknown(f"unknown: {value.why}", value.origin)
    return workers.unknown("unknown", value.origin if value is not None else None)


def _web_concurrency(program: Program, default: str) -> Count:
    value = variable(program, "WEB_CONCURRENCY")
    return workers.exactly(1, None, default) if value is None else _told(value, "WEB_CONCURRENCY")


def _no_jitter(around: Surroundings, settings: _Gunicorn, count: Count, requests: int) -> Observation:
    value, _ = settings.value("max_requests", "--max-requests")
    return Observation(
        "recycle-without-jitter",
        f"all {count.low} workers of gunicorn are replaced after the same {requests} requests, so about at once: add --max-requests-jitter "
        f"{max(1, requests // 10)}",
        workers.place(around, value.origin if value is not None else None),
    )


def _tiangolo(program: Program, around: Surroundings) -> _Bill:
    """The start script of the tiangolo images: WEB_CONCURRENCY, else a worker a CPU of the host, at most MAX_WORKERS."""
    told, most = variable(program, "WEB_CONCURRENCY"), variable(program, "MAX_WORKERS")
    if told is not None:
        count = _told(told, "WEB_CONCURRENCY")
    elif most is not None:
        number = count_of(most)
        count = Count(1, min(2, number or 2), number, most.origin, "a worker a CPU of the host, at most MAX_WORKERS")
    else:
        count = workers.on_host_cpus(None, "the image starts a worker a CPU of the host, at least two", 2)
    master = workers.base("gunicorn's arbiter", 12, 17, 30, f"17 MiB beside its workers, {_MEASURED}")
    parts = workers.parts(around, master, count, mib(2.5, APPLICATION, None), _EACH)
    seen = workers.from_host_cpus(around, "gunicorn", count, "WEB_CONCURRENCY to", Confidence.MEDIUM)
    return _Bill(parts, workers.confidence(around, count), seen, count)


# ---- uvicorn


def _uvicorn(words: Words, program: Program, around: Surroundings) -> _Bill | None:
    if text_of(words[0]) == "fastapi" and flag(words, "run", "dev") is None:
        return None
    value = option(words, "--workers") or opaque(words)
    count = _web_concurrency(program, "uvicorn's default of one process") if value is None else _told(value, "--workers")
    requests = option(words, "--limit-max-requests")
    seen: list[Observation] = []
    if count.high == 1:
        parts: tuple[Part, ...] = (_single(around, "server and application", 12),)
        if isinstance(requests, Known) and count_of(requests):
            seen.append(
                Observation(
                    "server-exits-after-requests",
                    f"uvicorn with one worker ends after {requests.value} requests (--limit-max-requests) and nothing starts it again: add a "
                    f"restart policy, or --workers 2",
                    requests.origin.span,
                )
            )
    else:
        parent = workers.base("uvicorn's parent and resource tracker", 12, 21, 35, f"15 and 6 MiB beside spawned workers, {_MEASURED}")
        parts = workers.parts(around, parent, count, mib(12, APPLICATION, None), f"spawned, nothing is shared; {_EACH}")
        if requests is None:
            change = "--limit-max-requests 1000"
            seen += workers.never_recycled(
                around, "uvicorn", count, "no --limit-max-requests", change, sum(item.expected for item in parts), words
            )
    # A single process that ends after so many requests gives its leak back too.
    return _Bill(parts, workers.confidence(around, count), seen, count, workers.recycling("--limit-max-requests", requests))


def _single(around: Surroundings, name: str, low: float) -> Part:
    measured = around.footprint.number("workers", "each")
    if measured is None:
        return part(name, mib(low, APPLICATION, None), _EACH)
    return part(name, (measured, measured + MIB, measured * 11 // 10 + 2 * MIB), "footprint workers.each", around.footprint.origin)


# ---- uWSGI


class _Uwsgi:
    """The options of one uWSGI: command line, UWSGI_ variables, and the ini files that these name."""

    def __init__(self, words: Words, program: Program, around: Surroundings) -> None:
        self.words = words
        self.program = program
        self.file: dict[str, Value] = {}
        self.hidden: Unknown | None = opaque(words)
        named = [option(words, "--ini"), variable(program, "UWSGI_INI")]
        named += [word for word in words[1:] if isinstance(word, Known) and word.value.endswith(".ini")]
        for name in named:
            if name is None:
                continue
            path = in_container(around, name.value.partition(":")[0]) if isinstance(name, Known) else None
            text = read_text(around, path)
            if text is None or path is None:
                self.hidden = Unknown("it may be set in an ini file that is not at hand", name.origin)
                continue
            for entry in ini.entries(text):
                if entry.section in ("uwsgi", ""):
                    key = entry.key.replace("_", "-")
                    self.file[key] = self._expanded(
                        placed(
                            around,
                            path,
                            "true" if entry.value is None else entry.value,
                            entry.start,
                            entry.end,
                            f"{key} in {posixpath.basename(path)}",
                        )
                    )

    def _expanded(self, value: Known[str]) -> Value:
        match = re.fullmatch(r"\$\((\w+)\)", value.value.strip())
        if match:
            return variable(self.program, match[1]) or Unknown(f"the variable {match[1]} is not set", value.origin)
        if "%k" in value.value:
            return Unknown("%k is the host's cpu_count", value.origin)
        return Unknown("it holds a placeholder", value.origin) if re.search(r"[%@$]\(", value.value) else value

    def value(self, *names: str) -> Value:
        for name in names:
            told = (
                option(self.words, f"--{name}" if len(name) > 1 else f"-{name}")
                or variable(self.program, f"UWSGI_{name.replace('-', '_').upper()}")
                or self.file.get(name)
            )
            if told is not None:
                return told
        return None

    def on(self, *names: str) -> bool:
        return any(
            flag(self.words, f"--{name}") is not None
            or text_of(self.file.get(name)) in ("true", "1", "yes")
            or text_of(variable(self.program, f"UWSGI_{name.replace('-', '_').upper()}")) in ("true", "1")
            for name in names
        )


def _uwsgi(words: Words, program: Program, around: Surroundings) -> _Bill:
    settings = _Uwsgi(words, program, around)
    value = settings.value("processes", "workers", "p")
    if value is None:
        count = (
            workers.exactly(1, None, "uWSGI's default of one process") if settings.hidden is None else workers.unknown(settings.hidden.why)
        )
    else:
        count = _told(value, "processes")
    if settings.on("lazy-apps", "lazy"):
        master = workers.base("uWSGI's master", 3, 8, 20, f"5 MiB beside its workers with lazy-apps, {_MEASURED}")
        parts = workers.parts(around, master, count, mib(5, APPLICATION, None), f"lazy-apps shares nothing; {_EACH}")
    else:
        master = workers.base("uWSGI's master", 3, 8, 20, f"with the application loaded once, {_MEASURED}")
        shared = mib(5, APPLICATION, None)
        parts = workers.parts(around, master, count, mib(0.4, APPLICATION * 0.2, None), f"forked after loading; {_EACH}", shared)
    recycle = next(
        (workers.recycling(name, value) for name in _UWSGI_BOUNDS if (value := settings.value(name)) is not None), settings.hidden
    )
    return _Bill(parts, workers.confidence(around, count), _uwsgi_seen(around, settings, count, parts), count, recycle)


_UWSGI_BOUNDS: Final = (
    "max-requests",
    "reload-on-rss",
    "evil-reload-on-rss",
    "max-worker-lifetime",
    "reload-on-as",
    "cheaper-rss-limit-soft",
)


def _uwsgi_seen(around: Surroundings, settings: _Uwsgi, count: Count, parts: tuple[Part, ...]) -> list[Observation]:
    seen = workers.from_host_cpus(around, "uWSGI", count, "processes to")
    if settings.on("lazy-apps", "lazy") and count.low > 1:
        message = (
            f"lazy-apps makes {count.low} processes of uWSGI load the application one by one: without it they are forked from one that has, and share its "
            "pages until they are written (4 of Django took 46 MiB in place of 123 MiB at their start, measured)"
        )
        seen.append(workers.unshared(around, count, message))
    rss = settings.value("reload-on-rss", "evil-reload-on-rss")
    if isinstance(rss, Known) and count_of(rss):
        threshold = Threshold("reload-on-rss", rss, (count_of(rss) or 0) * MIB, MIB, unit_name="MiB")
        seen += workers.recycle_threshold(around, "uWSGI", threshold, count, parts[-1].expected)
    if all(settings.value(name) is None for name in _UWSGI_BOUNDS) and settings.hidden is None:
        expected = sum(item.expected for item in parts)
        seen += workers.never_recycled(
            around, "uWSGI", count, "no max-requests, no reload-on-rss", "max-requests = 1000 or reload-on-rss = 200", expected
        )
    return seen


# ---- Celery


def _celery(words: Words, _program: Program, around: Surroundings) -> _Bill | None:
    if flag(words, "worker") is None:
        return _interpreter(()) if flag(words, "beat", "flower", "events") is not None else None
    main = workers.base("celery's main process", 20, 31, 60, f"31 MiB beside its children, {_MEASURED}")
    pool = option(words, "-P", "--pool")
    if pool is not None and text_of(pool) not in ("prefork", "processes"):
        return _Bill((_single(around, "application and tasks", 5), main), Confidence.LOW)
    count = _celery_count(words)
    parts = workers.parts(
        around,
        main,
        count,
        mib(16, APPLICATION, None),
        f"a prefork child costs 20 to 23 MiB idle, {_MEASURED}; what its tasks hold is not known",
    )
    seen = workers.from_host_cpus(around, "celery", count, "--concurrency to", Confidence.MEDIUM)
    cap = option(words, "--max-memory-per-child")
    if isinstance(cap, Known) and count_of(cap):
        threshold = Threshold("--max-memory-per-child", cap, (count_of(cap) or 0) * KIB, KIB, unit_name="KiB")
        seen += workers.recycle_threshold(around, "celery", threshold, count, main.expected)
    tasks = option(words, "--max-tasks-per-child")
    recycle = workers.recycling("--max-tasks-per-child", tasks) or workers.recycling("--max-memory-per-child", cap) or opaque(words)
    if recycle is None:
        expected = sum(item.expected for item in parts)
        seen += workers.never_recycled(
            around,
            "celery",
            count,
            "no --max-tasks-per-child, no --max-memory-per-child",
            "--max-tasks-per-child 100",
            expected,
            _from_worker(words),
        )
    return _Bill(parts, workers.confidence(around, count), seen, count, recycle)


def _from_worker(words: Words) -> Words:
    """Return the words from `worker` on: its options stand behind it."""
    return next((words[index:] for index, word in enumerate(words) if isinstance(word, Known) and word.value == "worker"), ())


def _celery_count(words: Words) -> Count:
    scale = option(words, "--autoscale")
    if isinstance(scale, Known):
        match = re.fullmatch(r"(\d{1,6})(?:,(\d{1,6}))?", scale.value)
        if match:
            most, least = int(match[1]), int(match[2] or 0)
            return Count(max(1, least), max(1, most), max(1, most), scale.origin, f"--autoscale {scale.value}")
    value = option(words, "-c", "--concurrency") or scale or opaque(words)
    if value is None:
        return workers.on_host_cpus(None, "celery without --concurrency starts a child a CPU of the host")
    return _told(value, "--concurrency")


_SERVERS: Final[tuple[tuple[frozenset[str], Callable[[Words, Program, Surroundings], _Bill | None]], ...]] = (
    (frozenset(("gunicorn",)), _gunicorn),
    (frozenset(("uvicorn", "fastapi")), _uvicorn),
    (frozenset(("uwsgi", "uwsgi-core")), _uwsgi),
    (frozenset(("celery",)), _celery),
)
