"""What PHP holds: FPM's children, Apache's, or one script, each up to memory_limit.

Measured on PHP 8.2 FPM under memory cgroups, 2026-11 (runtimes.md 6). Nothing in PHP looks at the container's limit.
"""

import re
from collections.abc import Iterator
from typing import Final

from memlint.api import (
    MIB,
    Amount,
    Confidence,
    Known,
    MemoryBudget,
    Observation,
    Origin,
    Part,
    Program,
    Reading,
    Surroundings,
    Text,
    Unknown,
    Words,
    human,
)
from memlint.quantity import QuantityError
from memlint.quantity import php as php_size
from memlint.records import NamedTuple
from memlint.runtimes import ini, workers
from memlint.runtimes.common import (
    Value,
    base_name,
    brought,
    copies,
    count_of,
    has_image,
    inside,
    mib,
    part,
    placed,
    read_text,
    references,
    rewrite,
    size_of,
    split,
    variable,
)
from memlint.runtimes.workers import Count

_MEASURED: Final = "measured on PHP-FPM 8.2, 2026-11"
# The memory_limit that an image sets by itself, and the variable that it reads.
_APPLICATIONS: Final = {
    "nextcloud": ("512M", "PHP_MEMORY_LIMIT"),
    "matomo": ("256M", "PHP_MEMORY_LIMIT"),
    "phpmyadmin": ("512M", "MEMORY_LIMIT"),
    "wordpress": ("128M", ""),
    "drupal": ("128M", ""),
}
_INI: Final = ("/usr/local/etc/php", "/etc/php")
_POOLS: Final = ("/usr/local/etc/php-fpm.d", "/usr/local/etc", "/etc/php")
_CHILDREN: Final = ("PHP_FPM_PM_MAX_CHILDREN", "PHP_FPM_MAX_CHILDREN", "FPM_PM_MAX_CHILDREN")
_SMALLEST: Final = 2 * MIB  # a chunk of the Zend memory manager: PHP never limits a script to less


class _Limit(NamedTuple):
    """memory_limit: `amount` in bytes, below 0 none; None where it cannot be known."""

    amount: int | None
    value: Known[str] | None
    how: str


class Model:
    """PHP as FPM, under Apache, or as a script."""

    name = "php"

    def read(self, program: Program, around: Surroundings) -> Reading | None:
        kind = _kind(program, around)
        if kind is None:
            return None
        pools = list(_pool_entries(around)) if kind == "fpm" else []
        memory = _memory_limit(program, around, pools)
        web = kind in ("fpm", "apache") or (program.name == "php" and _has_word(program.words, "-S"))
        seen = _judge(memory, around, web)
        each = None if memory.amount is None or memory.amount < 0 else max(memory.amount, _SMALLEST)
        recycle: Value = None
        if kind == "fpm":
            parts, count, more = _fpm(program, around, pools, each, memory)
            seen += more
            recycle = _recycle(pools)
        elif kind == "apache":
            parts, count = _apache(around, each, memory)
        else:
            high = None if each is None else each + 20 * MIB
            parts, count = (part("script", (5 * MIB, 30 * MIB, high), f"up to memory_limit ({memory.how})", _origin(memory)),), None
        options: dict[str, Text | Amount] = {} if count is None else {"workers": workers.workers_option(around, count)}
        if recycle is not None:
            options["recycle"] = recycle
        confidence = Confidence.LOW if count is None else workers.confidence(around, count)
        budget = MemoryBudget("php", copies(parts, program.copies), confidence)
        return Reading("php", program, budget, tuple(seen), options=options)


def _has_word(words: Words, text: str) -> bool:
    return any(isinstance(word, Known) and word.value.startswith(text) for word in words)


def _kind(program: Program, around: Surroundings) -> str | None:
    name = program.name
    if name.startswith("php-fpm"):
        return "fpm"
    ours = has_image(around, ("php", *_APPLICATIONS)) or (around.image is not None and (around.image.runtime or "").startswith("php"))
    if name in ("apache2-foreground", "apache2", "httpd") and ours:
        return "apache"
    if re.fullmatch(r"php[\d.]*", name):
        return "script"
    if name or not ours:
        return None
    tags = [split(reference)[1] for reference in references(around)]
    runtime = (around.image.runtime or "") if around.image is not None else ""
    if any("fpm" in tag for tag in tags) or runtime == "php-fpm":
        return "fpm"
    if any("apache" in tag for tag in tags) or "apache" in runtime or has_image(around, tuple(_APPLICATIONS)):
        return "apache"
    return "script"


def _origin(memory: _Limit) -> Origin | None:
    return memory.value.origin if memory.value is not None else None


# ---- settings


def _files(around: Surroundings, folders: tuple[str, ...], ending: str, first: str) -> Iterator[tuple[str, str]]:
    """Yield the files that are at hand, in the order in which PHP reads them: the main one, then the others by name."""
    paths = {path for folder in folders for path in brought(around, folder, ending)}
    for path in (first, *sorted(paths - {first})):
        text = read_text(around, path)
        if text is not None:
            yield path, text


def _pool_entries(around: Surroundings) -> Iterator[tuple[str, str, Known[str]]]:
    """Yield (pool, key, value) of the FPM files that are at hand."""
    for path, text in _files(around, _POOLS, ".conf", "/usr/local/etc/php-fpm.d/www.conf"):
        for entry in ini.entries(text, ";"):
            if entry.value is not None:
                yield (
                    entry.section,
                    entry.key,
                    placed(around, path, entry.value, entry.start, entry.end, f"{entry.key} in {path.rsplit('/', 1)[-1]}"),
                )


def _expanded(program: Program, value: Known[str]) -> Value:
    match = re.fullmatch(r"\$\{(\w+)\}", value.value.strip())
    if match is None:
        return value
    return variable(program, match[1]) or Unknown(f"the variable {match[1]} is not set", value.origin)


def _memory_limit(program: Program, around: Surroundings, pools: list[tuple[str, str, Known[str]]]) -> _Limit:
    found: Value = None
    how = "the default of 128M"
    for name, (default, variable_name) in _APPLICATIONS.items():
        if has_image(around, (name,)):
            how = f"{default}, which the image sets"
            found = variable(program, variable_name) if variable_name else None
            default_amount = php_size(default)
            break
    else:
        default_amount = 128 * MIB
        found = variable(program, "PHP_MEMORY_LIMIT")
    for path, text in _files(around, _INI, ".ini", "/usr/local/etc/php/php.ini"):
        for entry in ini.entries(text, ";"):
            if entry.key == "memory_limit" and entry.value is not None:
                found = _expanded(
                    program, placed(around, path, entry.value, entry.start, entry.end, f"memory_limit in {path.rsplit('/', 1)[-1]}")
                )
    found = _on_command_line(program.words) or found
    for _, key, value in pools:
        if key in ("php_admin_value[memory_limit]", "php_value[memory_limit]"):
            found = _expanded(program, value)
    if found is None:
        return _Limit(default_amount, None, how)
    if isinstance(found, Unknown):
        return _Limit(None, None, f"unknown: {found.why}")
    try:
        return _Limit(php_size(found.value), found, found.value)
    except QuantityError:
        return _Limit(None, found, found.value)


def _on_command_line(words: Words) -> Known[str] | None:
    for index, word in enumerate(words):
        if not isinstance(word, Known):
            continue
        text = word.value
        start = 2 if text.startswith("-d") else 0 if index and base_name(words[index - 1]) == "-d" else -1
        if start >= 0 and text[start:].startswith("memory_limit="):
            return inside(word, start + len("memory_limit="), len(text))
    return None


# ---- bills


def _fpm(
    program: Program, around: Surroundings, pools: list[tuple[str, str, Known[str]]], each: int | None, memory: _Limit
) -> tuple[tuple[Part, ...], Count, list[Observation]]:
    count = _children(program, around, pools)
    master = workers.base("master", 3, 8, 20, f"4 to 9 MiB, {_MEASURED}")
    high = None if each is None else each + 8 * MIB
    basis = f"0.3 MiB idle, 40 MiB as a rule, at most memory_limit ({memory.how}) and 8 MiB; a child keeps most of what a script took, {_MEASURED}"
    opcache = part("opcache", mib(2, 16, 136), "shared by the children: 128 MiB and 8 MiB of strings by default")
    parts = (*workers.parts(around, master, count, (307 * 1024, 40 * MIB, high), basis), opcache)
    if _recycle(pools) is not None or not pools:
        return parts, count, []
    expected = sum(item.expected for item in parts)
    return parts, count, workers.never_recycled(around, "php-fpm", count, "pm.max_requests is 0", "pm.max_requests = 500", expected)


def _recycle(pools: list[tuple[str, str, Known[str]]]) -> Value:
    told = next((value for _, key, value in pools if key == "pm.max_requests" and count_of(value)), None)
    return workers.recycling("pm.max_requests", told)


def _children(program: Program, around: Surroundings, pools: list[tuple[str, str, Known[str]]]) -> Count:
    told = {pool: value for pool, key, value in pools if key == "pm.max_children"}
    total, origin = 0, None
    for value in told.values():
        known = _expanded(program, value)
        number = count_of(known)
        if number is None:
            return workers.unknown("pm.max_children is not known", value.origin)
        total, origin = total + number, (known.origin if isinstance(known, Known) else value.origin)
    if total:
        return workers.exactly(total, origin, f"pm.max_children {total}")
    for name in _CHILDREN:
        value_here = variable(program, name)
        number = count_of(value_here)
        if number and isinstance(value_here, Known):
            return workers.exactly(number, value_here.origin, f"{name}={number}")
    hidden = any(mount.target.startswith(_POOLS[0]) for mount in around.mounts) and not pools
    if hidden:
        return workers.unknown("the pool's file is not at hand")
    return Count(1, 3, 5, None, "pm = dynamic with pm.max_children 5 by default")


def _apache(around: Surroundings, each: int | None, memory: _Limit) -> tuple[tuple[Part, ...], Count]:
    count = Count(1, 5, 150, None, "5 children at the start, at most MaxRequestWorkers 150 of Debian's prefork module")
    high = None if each is None else each + 20 * MIB
    parent = workers.base("Apache's parent", 8, 15, 40, "not measured; a prefork parent with mod_php")
    basis = f"a modest application, at most memory_limit ({memory.how}) and 20 MiB; not measured"
    return workers.parts(around, parent, count, (2 * MIB, 30 * MIB, high), basis), count


# ---- faults


def _judge(memory: _Limit, around: Surroundings, web: bool) -> list[Observation]:
    limit, amount = size_of(around.limit), memory.amount
    if amount is None:
        return []
    if memory.value is not None and 0 < amount < _SMALLEST:
        return [_misread(memory.value, amount)]
    if limit is None:
        return []
    at = workers.place(around, _origin(memory))
    if amount < 0 and web and memory.value is not None:
        return [
            Observation(
                "php-memory-unbounded",
                f"memory_limit={memory.value.value} lets one request take everything up to the kill at {human(limit)}, which takes other requests "
                "with it: set a limit for what serves the web (`php -d memory_limit=-1` is for scripts)",
                at,
            )
        ]
    if amount > limit:
        return [
            Observation(
                "php-memory-over-limit",
                f"memory_limit {human(amount)} ({memory.how}) is more than the whole container has ({human(limit)}): one script is killed by the kernel "
                f"before PHP stops it; set memory_limit to {max(limit // 4 // MIB, 16)}M or raise the limit",
                at,
            )
        ]
    return []


def _misread(value: Known[str], amount: int) -> Observation:
    match = re.fullmatch(r"\s*(\d{1,9})\s*([kKmMgG])[iI]?[bB]?\s*", value.value)
    better = (
        f"{match[1]}{match[2].upper()}" if match else f"{value.value.strip()}M" if value.value.strip().isdigit() and amount < 8192 else None
    )
    hint = f": write {better}" if better else ""
    return Observation(
        "php-memory-limit-misread",
        f"PHP reads memory_limit={value.value} as {amount} bytes, as it looks at the last letter only, and stops every script at 2 MiB{hint}",
        value.origin.span,
        fix=rewrite(value, better, f"write {better}") if better and match else None,
    )
