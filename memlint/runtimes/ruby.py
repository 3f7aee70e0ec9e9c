"""What Ruby servers hold: Puma and Unicorn workers, Sidekiq's threads, and what glibc's arenas make of threads.

Measured with Ruby 3.1 and Puma 5.6 under memory cgroups, 2026-11 (runtimes.md 5 and 4.6). Nothing in Ruby looks at the container's limit.
"""

import re
from typing import Final

from memlint.api import (
    MIB,
    Confidence,
    Known,
    MemoryBudget,
    Observation,
    Part,
    Program,
    Reading,
    Surroundings,
    Unknown,
    Words,
    human,
)
from memlint.patterns import pattern
from memlint.runtimes import workers
from memlint.runtimes.common import (
    Value,
    copies,
    count_of,
    flag,
    has_image,
    in_container,
    launched,
    mib,
    option,
    part,
    placed,
    read_text,
    references,
    size_of,
    split,
    text_of,
    variable,
)
from memlint.runtimes.workers import Count

_MEASURED: Final = "measured on Ruby 3.1, 2026-11"
_RAILS: Final = 150  # MiB of a small Rails application in one process, of 120 to 250 (runtimes.md 5)
_PUMA: Final = frozenset(("puma", "rails", "rackup", "unicorn", "unicorn_rails"))
_PLAIN: Final = frozenset(("ruby", "irb", "rake"))
# Official images that bring no allocator of their own.
_BARE: Final = ("ruby", "debian", "ubuntu", "alpine")


class Model:
    """Ruby processes."""

    name = "ruby"

    def read(self, program: Program, around: Surroundings) -> Reading | None:
        words = launched(program.words, _PUMA | _PLAIN | {"sidekiq"})
        name = text_of(words[0]) if words else None
        kind = (name or "").rsplit("/", 1)[-1]
        if not words:
            if program.words or not _told_by_image(program, around):
                return None
            kind = "rails" if "WEB_CONCURRENCY" in program.env else ""
        seen = _preload(program, around)
        count: Count | None = None
        confidence = Confidence.LOW
        if kind == "sidekiq":
            parts, more = _sidekiq(words, program, around)
            seen += more
        elif (
            kind in ("puma", "unicorn", "unicorn_rails")
            or (kind == "rails" and (not words or flag(words, "server", "s") is not None))
            or has_image(around, ("redmine",))
        ):
            count = _workers(words, program, around, kind)
            parts = _server(program, around, count, kind)
            confidence = workers.confidence(around, count)
            seen += workers.from_host_cpus(around, "puma", count, "WEB_CONCURRENCY to")
        else:
            parts = (part("interpreter and application", mib(8, 40, None), "not measured; a plain Ruby process and up"),)
        options = {} if count is None else {"workers": workers.workers_option(around, count)}
        budget = MemoryBudget("ruby", copies(parts, program.copies), confidence)
        return Reading("ruby", program, budget, tuple(seen), options=options)


def _told_by_image(program: Program, around: Surroundings) -> bool:
    image = around.image
    named = has_image(around, ("ruby", "redmine")) or (image is not None and (image.runtime or "").startswith("ruby"))
    return named or ("RAILS_ENV" in program.env and "WEB_CONCURRENCY" in program.env)


def _application(program: Program, around: Surroundings, kind: str) -> int:
    rails = kind in ("rails", "unicorn_rails") or "RAILS_ENV" in program.env or "RAILS_MAX_THREADS" in program.env
    return _RAILS if rails or has_image(around, ("redmine",)) else workers.APPLICATION


def _server(program: Program, around: Surroundings, count: Count, kind: str) -> tuple[Part, ...]:
    each = _application(program, around, kind)
    basis = f"a worker of a bare Rack application took 5.4 MiB beside its parent ({_MEASURED}); a small application {each} MiB, which is not known here"
    if count.high == 0:
        measured = around.footprint.number("workers", "each")
        amounts = mib(12, each, None) if measured is None else (measured, measured + MIB, measured * 13 // 10)
        return (part("server and application", amounts, f"one process: 16 MiB bare, {_MEASURED}; {basis}"),)
    parent = workers.base("parent", 8, 20, 40, f"16 MiB with a bare application, {_MEASURED}")
    return workers.parts(around, parent, count, mib(4, each, None), basis)


# ---- how many workers


def _workers(words: Words, program: Program, around: Surroundings, kind: str) -> Count:
    if kind.startswith("unicorn"):
        return _of_file(
            words, program, around, "worker_processes", "config/unicorn.rb", workers.exactly(1, None, "unicorn's default of one worker")
        )
    told = option(words, "-w", "--workers") if kind == "puma" else None
    if told is not None:
        return _told(told, "-w")
    concurrency = variable(program, "WEB_CONCURRENCY")
    single = (
        workers.exactly(0, None, "puma's default of a single process") if concurrency is None else _told(concurrency, "WEB_CONCURRENCY")
    )
    return _of_file(words, program, around, "workers", "config/puma.rb", single)


def _told(value: Value, how: str) -> Count:
    text = text_of(value)
    if isinstance(value, Known) and text == "auto":
        return workers.on_host_cpus(value.origin, f"{how}=auto counts the processors of the host")
    number = count_of(value)
    if isinstance(value, Known) and number is not None:
        return workers.exactly(number, value.origin, f"{how} {number}")
    return workers.unknown(value.why if isinstance(value, Unknown) else f"{how} {text}", value.origin if value is not None else None)


_PROCESSORS: Final = pattern(r"nprocessors|processor_count|available_processor")


def _of_file(words: Words, program: Program, around: Surroundings, key: str, default_path: str, otherwise: Count) -> Count:
    """Read the one line of a Ruby configuration that sets the workers; a file that is not at hand leaves the default."""
    named = option(words, "-C", "--config", "-c")
    path = in_container(around, named.value if isinstance(named, Known) else default_path)
    text = read_text(around, path)
    if text is None or path is None:
        return otherwise
    lines = list(re.finditer(rf"^[ \t]*{key}[ \t(]+([^\n#]+?)\)?[ \t]*(?:#.*)?$", text, re.MULTILINE))
    if not lines:
        return otherwise
    match = lines[-1]
    value = placed(around, path, match[1], match.start(1), match.end(1), f"{key} in {path.rsplit('/', 1)[-1]}")
    if re.fullmatch(r"\d{1,4}", match[1]):
        return _told(value, key)
    fetched = re.search(r"ENV(?:\.fetch\(|\[)\s*[\"'](\w+)[\"']", match[1])
    known = variable(program, fetched[1]) if fetched else None
    if known is not None:
        return _told(known, fetched[1] if fetched else key)
    if _PROCESSORS.search(match[1]):
        return workers.on_host_cpus(value.origin, f"{key} follows the processors of the host")
    default = re.search(r"(?:\{\s*|,\s*|\|\|\s*)[\"']?(\d{1,4})[\"']?", match[1]) if fetched else None
    if default is not None:
        return workers.exactly(int(default[1]), value.origin, f"{key} {default[1]}")
    return workers.unknown(f"{key} is worked out when the file runs", value.origin)


# ---- sidekiq


def _sidekiq(words: Words, program: Program, around: Surroundings) -> tuple[tuple[Part, ...], list[Observation]]:
    value = option(words, "-c", "--concurrency") or _sidekiq_file(words, around) or variable(program, "RAILS_MAX_THREADS")
    threads = count_of(value) if value is not None else 5
    each = _application(program, around, "rails" if flag(words, "-r") is None else "")
    known = f"{threads} threads" if threads is not None else "an unknown number of threads"
    basis = f"{known} of one process, an application of {each} MiB that is not known here, and what the jobs hold; not measured"
    parts = (
        part("process and threads", mib(20, each + 2 * (threads or 5), None), basis, value.origin if isinstance(value, Known) else None),
    )
    limit = size_of(around.limit)
    if threads is None or threads < 10 or limit is None or not _arenas_unbounded(program, around):
        return parts, []
    at = workers.place(around, value.origin if isinstance(value, Known) else None)
    message = (
        f"sidekiq's {threads} threads on glibc get up to 8 malloc arenas a CPU, which hold on to what jobs freed (32 threads ended at 1324 MiB, and at "
        f"343 MiB with MALLOC_ARENA_MAX=2, measured) in a limit of {human(limit)}: set MALLOC_ARENA_MAX=2 or preload jemalloc"
    )
    return parts, [Observation("malloc-arenas-unbounded", message, at, confidence=Confidence.MEDIUM)]


def _sidekiq_file(words: Words, around: Surroundings) -> Value:
    named = option(words, "-C", "--config")
    path = in_container(around, named.value if isinstance(named, Known) else "config/sidekiq.yml")
    text = read_text(around, path)
    match = re.search(r"^[ \t]*:?concurrency:[ \t]*(\d{1,4})[ \t\r]*$", text, re.MULTILINE) if text is not None else None
    return placed(around, path, match[1], match.start(1), match.end(1), "concurrency in sidekiq.yml") if match and path else None


def _arenas_unbounded(program: Program, around: Surroundings) -> bool:
    """Say whether malloc is plainly glibc's with its arenas as they come; musl has none."""
    if variable(program, "MALLOC_ARENA_MAX") is not None or variable(program, "LD_PRELOAD") is not None:
        return False
    libc = around.image.libc if around.image is not None else None
    tags = [split(reference)[1] for reference in references(around) if split(reference)[0] == "ruby"]
    return libc == "glibc" or (libc is None and bool(tags) and not any("alpine" in tag for tag in tags))


# ---- LD_PRELOAD


def _preload(program: Program, around: Surroundings) -> list[Observation]:
    """Say that a preloaded allocator is not in the image; only where its Dockerfile is at hand down to an official image."""
    value = variable(program, "LD_PRELOAD")
    image = around.image
    if not isinstance(value, Known) or image is None or image.stage is None or not image.bases or split(image.bases[0])[0] not in _BARE:
        return []
    # What a distribution's package puts elsewhere than below /usr/lib is built by the Dockerfile itself, in ways that are not read.
    match = re.match(r"(?:/usr)?/lib/\S*(jemalloc|tcmalloc|mimalloc)", value.value)
    if match is None:
        return []
    library = match[1]
    brought = [*image.stage.installs, *(word for pair in image.stage.copies for word in pair)]
    if any(library in item or (library == "tcmalloc" and "perftools" in item) for item in brought):
        return []
    package = {"jemalloc": "libjemalloc2", "tcmalloc": "libtcmalloc-minimal4", "mimalloc": "libmimalloc2.0"}[library]
    return [
        Observation(
            "preload-missing",
            f"LD_PRELOAD names {value.value.split()[0]}, but the Dockerfile installs no {library}: the loader only warns and the program runs with "
            f"malloc as before; install {package}",
            value.origin.span,
            confidence=Confidence.MEDIUM,
        )
    ]
