"""A `docker run` command line as Docker's and podman's own parsers take it apart (spf13/pflag, docker/cli opts at 28.2.2).

The table of flags with their types is data (`docker_flags.json`): without it nobody can tell where the image stands, and
`docker run img python -m http.server` would be a memory limit.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Final

from memlint import quantity
from memlint.model import Known, Origin, Span, Unknown, Word
from memlint.patterns import pattern
from memlint.quantity import QuantityError
from memlint.records import NamedTuple
from memlint.sources import packaged
from memlint.sources.interpolation import HOLE


class Arg(NamedTuple):
    """One word of a command line, as the program gets it.

    Every piece that cannot be known is one HOLE in `text`, and `why` says what decides it. `splits`: such a piece stands without
    quotes, so that the word may become several or none. `exact`: `text` stands letter by letter at `at`. `via`: where its variables
    were set. `written`: the word in the file, quotes and variables included, where it is short.
    """

    text: str
    at: Span
    why: str = ""
    splits: bool = False
    exact: bool = False
    via: tuple[Origin, ...] = ()
    written: str = ""

    @property
    def whole(self) -> bool:
        """Say whether all of the word is known."""
        return HOLE not in self.text

    def word(self, how: str) -> Word:
        origin = Origin(self.at, how, self.via)
        return Known(self.text, origin) if self.whole else Unknown(self.why, origin)

    def part(self, start: int, end: int | None = None) -> "Arg":
        """Return a piece of the word with its own place where that can be told."""
        end = len(self.text) if end is None else end
        at = self.at
        if self.exact and start < end:
            at = Span(at.path, at.line, at.column + start, at.line, at.column + end, at.start + start, at.start + end)
        return self._replace(text=self.text[start:end], at=at)


class Flag(NamedTuple):
    """A flag that was given. `written` is how the user spelled it; `value` of a bool is "true" or what follows `=`."""

    name: str
    written: str
    value: Arg
    at: Span


class Refusal(NamedTuple):
    """What the client would answer instead of making a container. `flag`: the flag whose value it refuses."""

    message: str
    at: Span
    flag: Flag | None = None


class DockerRun:
    """A command that makes a container. `open` says what may hold further flags that nobody can see; None: there are none."""

    __slots__ = ("at", "command", "engine", "flags", "helps", "image", "open", "refusals", "verb")

    def __init__(
        self,
        engine: str,
        verb: str,
        at: Span,
        image: Arg | None = None,
        command: tuple[Arg, ...] = (),
        open: str | None = None,
        helps: bool = False,
    ) -> None:
        self.engine = engine  # "docker" | "podman"
        self.verb = verb  # "run" | "create" | "service create" | "service update"
        self.at = at  # the words that name the command
        self.flags: list[Flag] = []
        self.image = image  # of `service update`: the service
        self.command = command
        self.open = open
        self.helps = helps  # only prints its help
        self.refusals: list[Refusal] = []

    def all(self, *names: str) -> list[Flag]:
        return [flag for flag in self.flags if flag.name in names]

    def last(self, *names: str) -> Flag | None:
        """Return the flag that is in force: the last of several wins."""
        found = self.all(*names)
        return found[-1] if found else None

    def on(self, name: str) -> bool | None:
        """Say whether a boolean flag is on; None where it is not given or cannot be known."""
        flag = self.last(name)
        return None if flag is None or not flag.value.whole else flag.value.text in _TRUE


_TRUE: Final = frozenset(("1", "t", "T", "TRUE", "true", "True"))
_FALSE: Final = frozenset(("0", "f", "F", "FALSE", "false", "False"))


class Table(NamedTuple):
    """The flags of one command: long name -> type, letter -> long name."""

    types: Mapping[str, str]
    short: Mapping[str, str]


@cache
def table(name: str) -> Table:
    """Return the flags of "docker", "docker create", "podman", "docker service create", "docker global" …"""
    entry = packaged.data("docker_flags.json")["tables"][name]
    base = table(entry["like"]) if "like" in entry else Table({}, {})
    without = frozenset(entry.get("without", "").split())
    types = {**base.types, **{flag: kind for kind, flags in entry.get("flags", {}).items() for flag in flags.split()}}
    short = {**base.short, **entry.get("short", {})}
    return Table(
        {flag: kind for flag, kind in types.items() if flag not in without},
        {letter: flag for letter, flag in short.items() if flag not in without},
    )


_VERBS: Final = {
    ("run",): "run", ("create",): "create", ("container", "run"): "run", ("container", "create"): "create",
    ("service", "create"): "service create", ("service", "update"): "service update",
}  # fmt: skip


def read(words: Sequence[Arg]) -> DockerRun | None:
    """Return what a command line that begins with `docker` or `podman` makes, None where it makes no container. Never raises."""
    engine = words[0].text.rpartition("/")[2] if words else ""
    if engine not in ("docker", "podman"):
        return None
    verb, rest = subcommand(engine, words[1:])
    made = _VERBS.get(tuple(word.text for word in verb))
    if made is None or (engine == "podman" and made.startswith("service")):
        return None
    first, last = words[0].at, verb[-1].at
    return arguments(engine, made, last._replace(line=first.line, column=first.column, start=first.start), rest)


def arguments(engine: str, verb: str, at: Span, words: Sequence[Arg]) -> DockerRun:
    """Return what `words`, all that follows the verb, ask for."""
    run = DockerRun(engine, verb, at)
    _parse(run, _table(engine, verb), words)
    if not run.helps:
        run.refusals.extend(refusals(run))
    return run


def _table(engine: str, verb: str) -> Table:
    return table({"run": engine, "create": f"{engine} create"}.get(verb, f"{engine} {verb}"))


def subcommand(engine: str, words: Sequence[Arg]) -> tuple[Sequence[Arg], Sequence[Arg]]:
    """Return the one or two words that name docker's command, after its global flags, and what follows them."""
    flags = table(f"{engine} global")
    number = 0
    while number < len(words) and len(words[number].text) > 1 and words[number].text.startswith("-"):
        text = words[number].text
        name = text[2:] if text.startswith("--") else flags.short.get(text[1], "")
        takes = "=" not in text and flags.types.get(name, "bool") != "bool" and (text.startswith("--") or len(text) == 2)
        number += 2 if takes else 1
    size = 2 if number < len(words) and words[number].text in ("container", "service", "image", "buildx", "compose", "stack") else 1
    return words[number : number + size], words[number + size :]


def _parse(run: DockerRun, flags: Table, words: Sequence[Arg]) -> None:
    """Take flags up to the image. In `service update` they may also follow the service."""
    position = 0
    doubt: tuple[Arg, int] | None = None  # the last word that may hold flags or be the image, and how many flags stood before it
    while position < len(words):
        word = words[position]
        text = word.text
        if text == "--":
            position += 1
            break
        if _unseen(word) and position + 1 < len(words) and not _IMAGE_NAME.search(word.written):
            doubt = (word, len(run.flags))
            run.open = word.why
            position += 1
        elif not text.startswith("-") or text == "-":
            if run.verb != "service update":
                break
            run.image = run.image or word
            position += 1
        else:
            position = _flag(run, flags, words, position)
            if doubt is not None and (position < 0 or _complaint(flags, run.flags[-1])):
                # What follows are no flags of ours, so the word was the image, and they belong to the command.
                del run.flags[doubt[1] :], run.refusals[:]
                run.image, run.helps = doubt[0], False
                return
            if position < 0:
                return
    if run.image is not None:
        return
    if position < len(words):
        run.image, run.command = words[position], tuple(words[position + 1 :])
        if doubt is not None and len(run.flags) == doubt[1] and not _REFERENCE.search(run.image.text):
            # `docker run $X word …`: the word is the image, or the first of the command where $X is the image.
            run.image, run.command = doubt[0], ()
    elif doubt is not None:
        run.image = doubt[0]
    else:
        run.refusals.append(Refusal(f"'{run.engine} {run.verb}' requires at least 1 argument", run.at))


def _unseen(word: Arg) -> bool:
    """Say whether a word may be no flag, one flag or several: nothing of it is known and no quotes hold it together."""
    return word.splits and not word.text.replace(HOLE, "")


_IMAGE_NAME: Final = pattern(r"image|img|tag\b", re.IGNORECASE)
_REFERENCE: Final = pattern(r"[/:]|" + HOLE)


def _flag(run: DockerRun, flags: Table, words: Sequence[Arg], position: int) -> int:
    """Take the flag or the cluster of flags at `position`; return where to go on, -1 where the client stops."""
    word = words[position]
    text = word.text
    if not text.startswith("--"):
        return _letters(run, flags, words, position)
    name, equals, _ = text[2:].partition("=")
    if not name or name.startswith("-"):
        return _stop(run, f"bad flag syntax: {text}", word)
    if HOLE in name:
        run.open = word.why
        return position + 1
    kind = flags.types.get(name)
    if kind is None:
        return _stop(run, f"unknown flag: --{name}", word)
    if name == "help":
        run.helps = True
        return -1
    if equals:
        value, position = word.part(len(name) + 3), position + 1
    elif kind == "bool":
        value, position = word._replace(text="true"), position + 1
    elif position + 1 < len(words):
        value, position = words[position + 1], position + 2
    else:
        return _stop(run, f"flag needs an argument: --{name}", word)
    run.flags.append(Flag(name, f"--{name}", value, word.at))
    return position


def _letters(run: DockerRun, flags: Table, words: Sequence[Arg], position: int) -> int:
    word = words[position]
    text = word.text
    index = 1
    while index < len(text):
        letter, last = text[index], index + 1 == len(text)
        if letter == HOLE:
            run.open = word.why
            return position + 1
        name = flags.short.get(letter)
        if name is None:
            if letter == "h":
                run.helps = True
                return -1
            return _stop(run, f"unknown shorthand flag: '{letter}' in -{text[index:]}", word)
        if text.startswith("=", index + 1) and index + 2 < len(text):
            run.flags.append(Flag(name, f"-{letter}", word.part(index + 2), word.at))
            return position + 1
        if flags.types[name] == "bool":
            run.flags.append(Flag(name, f"-{letter}", word._replace(text="true"), word.at))
            index += 1
            continue
        if not last:
            run.flags.append(Flag(name, f"-{letter}", word.part(index + 1), word.at))
            return position + 1
        if position + 1 == len(words):
            return _stop(run, f"flag needs an argument: '{letter}' in -{text[index:]}", word)
        run.flags.append(Flag(name, f"-{letter}", words[position + 1], word.at))
        return position + 2
    return position + 1


def _stop(run: DockerRun, message: str, word: Arg) -> int:
    run.refusals.append(Refusal(message.replace(HOLE, "…"), word.at))
    run.open = run.open or "the command is refused before it is read to its end"
    return -1


# ---- what the client refuses


def refusals(run: DockerRun) -> Iterator[Refusal]:
    """Yield what the client says against the values of flags."""
    flags = _table(run.engine, run.verb)
    for flag in run.flags:
        complaint = _complaint(flags, flag)
        if complaint:
            yield Refusal(complaint, flag.value.at, flag)
    if run.engine == "docker" and not run.verb.startswith("service"):
        yield from _conflicts(run)
        if run.image is not None and run.image.whole and not _REFERENCE_GRAMMAR.fullmatch(run.image.text[:1000]):
            lower = _REFERENCE_GRAMMAR.fullmatch(run.image.text[:1000].lower()) is not None
            yield Refusal(f"invalid reference format{': an image has a lower-case name' if lower else ''}", run.image.at)


# distribution/reference reference.go: host[:port]/path:tag@digest, or the digest of an image.
_REFERENCE_GRAMMAR: Final = pattern(
    r"(?:sha256:)?[0-9a-f]{64}"
    r"|(?:(?:localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|[A-Za-z0-9.-]+:\d+|[A-Za-z0-9-]*[A-Z][A-Za-z0-9-]*|\[[0-9a-fA-F:]+\](?::\d+)?)/)?"
    r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*"
    r"(?::\w[\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?",
    re.ASCII,
)


def _complaint(flags: Table, flag: Flag) -> str:
    """Return what the client says against the value of a flag, "" where it takes it or nobody can know."""
    check = _CHECKS.get(flags.types.get(flag.name, ""))
    return check(flag.value.text) if check is not None and flag.value.whole else ""


def _conflicts(run: DockerRun) -> Iterator[Refusal]:
    restart = run.last("restart")
    policy = restart.value.text.partition(":") if restart is not None and restart.value.whole else ("", "", "")
    if restart is not None:
        name, colon, count = policy
        if colon and not name:
            yield Refusal("invalid restart policy format: no policy provided before colon", restart.value.at, restart)
        elif colon and _integer(count):
            yield Refusal("invalid restart policy format: maximum retry count must be an integer", restart.value.at, restart)
        elif run.on("rm") and name not in ("", "no"):
            yield Refusal("conflicting options: cannot specify both --restart and --rm", restart.at, restart)
    health = [flag for flag in run.flags if flag.name.startswith("health-") and flag.value.text not in ("", "0", "0s")]
    if run.on("no-healthcheck") and health:
        yield Refusal("--no-healthcheck conflicts with --health-* options", health[-1].at, health[-1])
    for flag in health:
        if flag.name != "health-cmd" and flag.value.text.startswith("-"):
            yield Refusal(f"--{flag.name} cannot be negative", flag.value.at, flag)
    pid = run.last("pid")
    if pid is not None and pid.value.whole and pid.value.text not in ("", "host") and not re.match(r"container:.", pid.value.text):
        yield Refusal("--pid: invalid PID mode", pid.value.at, pid)
    swappiness = run.last("memory-swappiness")
    if swappiness is not None and swappiness.value.whole and not _integer(swappiness.value.text):
        number = integer(swappiness.value.text)
        if number is not None and number != -1 and not 0 <= number <= 100:
            yield Refusal(f"invalid value: {number}. Valid memory swappiness range is 0-100", swappiness.value.at, swappiness)
    if run.on("detach") and run.all("attach"):
        flag = run.all("attach")[-1]
        yield Refusal("conflicting options: cannot specify both --attach and --detach", flag.at, flag)


def _size(text: str) -> str:
    try:
        size(text)
    except QuantityError as error:
        return str(error)
    return ""


def size(text: str) -> int:
    """Return the bytes that the client sends for a size.

    A size beyond 63 bits becomes the smallest integer, as Go converts the float: the client lets it pass and the daemon refuses it.
    Raises QuantityError where the client itself refuses the text.
    """
    try:
        return quantity.docker(text)
    except QuantityError:
        if _overflows(text):
            return -1 << 63
        raise


def _overflows(text: str) -> bool:
    end = max(text.rfind(character) for character in "0123456789. ")
    number, suffix = text[: end + 1].removesuffix(" "), text[end + 1 :].lower()
    unit = suffix[:1] if suffix != "b" else ""
    if end < 0 or unit not in "kmgtp" or suffix not in ("", "b", unit, f"{unit}b", f"{unit}ib"):
        return False
    try:
        # Python reads the same words as Go's ParseFloat: inf, infinity and nan, in any case.
        amount = float(number) if number == number.strip() else 0.0
    except ValueError:
        return False
    if amount in (float("inf"), float("-inf")) and any(digit in number for digit in "0123456789"):
        return False  # 1e400 is out of Go's range already
    return not amount * (1024.0 ** " kmgtp".index(unit) if unit else 1.0) < 2.0**63


def _swap(text: str) -> str:
    return "" if text == "-1" else _size(text)


_INTEGER: Final = pattern(r"[+-]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|[0-9][0-9_]*)", re.ASCII)


def integer(text: str) -> int | None:
    """Return an integer as Go's ParseInt(text, 0, 64) reads it, None where it refuses it."""
    if not _INTEGER.fullmatch(text) or len(text) > 80 or "__" in text or text.endswith("_"):
        return None
    digits = text.lstrip("+-")
    try:
        number = int(digits.replace("_", ""), 8) if re.fullmatch(r"0[0-9_]+", digits) else int(digits, 0)
    except ValueError:
        return None
    number = -number if text.startswith("-") else number
    return number if -1 << 63 <= number < 1 << 63 else None


def _integer(text: str) -> str:
    if integer(text) is not None:
        return ""
    return f'parsing "{text}": {"value out of range" if _INTEGER.fullmatch(text) else "invalid syntax"}'


def _unsigned(text: str) -> str:
    return _integer(text) or (f'parsing "{text}": invalid syntax' if text[:1] in "+-" else "")


def _unsigned16(text: str) -> str:
    return _unsigned(text) or (f'parsing "{text}": value out of range' if (integer(text) or 0) > 0xFFFF else "")


def _bool(text: str) -> str:
    return "" if text in _TRUE or text in _FALSE else f'parsing "{text}": invalid syntax'


_DURATION: Final = pattern(r"[+-]?(?:0|(?:(?:\d++\.?\d*+|\.\d++)(?:ns|us|µs|μs|ms|s|m|h))+)", re.ASCII)


def _duration(text: str) -> str:
    if _DURATION.fullmatch(text):
        return ""
    return f'missing unit in duration "{text}"' if re.search(r"[\d.]$", text) else f'invalid duration "{text}"'


def cpus(text: str) -> int | None:
    """Return thousandths of a CPU of `--cpus`, rounded down; None where the client refuses the text."""
    from fractions import Fraction

    whole = integer(text)
    if whole is not None and not text.startswith("0"):
        return whole * 1000
    if len(text) > 60 or not re.fullmatch(r"[+-]?(?:\d++/\d+|(?:\d++\.?\d*+|\.\d+)(?:[eE][+-]?\d{1,3})?)", text, re.ASCII):
        return None
    try:
        amount = Fraction(text) * 10**9
    except (ValueError, ZeroDivisionError):
        return None
    return max(-(10**30), min(int(amount / 10**6), 10**30)) if amount.denominator == 1 else None


def _cpus(text: str) -> str:
    return "" if cpus(text) is not None else f"failed to parse {text} as a number of CPUs with at most nine decimals"


_ULIMITS: Final = frozenset((
    "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio", "rttime", "sigpending", "stack",
))  # docker/go-units ulimit.go  # fmt: skip


def _ulimit(text: str) -> str:
    name, equals, limits = text.partition("=")
    if not equals:
        return f"invalid ulimit argument: {text}"
    if name not in _ULIMITS:
        return f"invalid ulimit type: {name}"
    numbers = limits.split(":")
    if len(numbers) > 2:
        return f"too many limit value arguments - {limits}, can only have up to two"
    for number in numbers:
        if not re.fullmatch(r"[+-]?\d{1,18}", number, re.ASCII):
            return f'parsing "{number}": invalid syntax'
    soft, hard = int(numbers[0]), int(numbers[-1])
    if hard != -1 and (soft == -1 or soft > hard):
        return f"ulimit soft limit must be less than or equal to hard limit: {soft} > {hard}"
    return ""


def _environment(text: str) -> str:
    return f"invalid environment variable: {text}" if not text or text.startswith("=") else ""


def mount_fields(value: Arg) -> list[tuple[str, Arg | None]] | None:
    """Return (key, value) for the comma-separated fields of `--mount`, None where the CSV is broken; a field without `=` has no value."""
    found: list[tuple[str, Arg | None]] = []
    start, text = 0, value.text
    while start <= len(text):
        if text.startswith('"', start):
            quoted = _QUOTED_FIELD.match(text, start)
            if quoted is None:
                return None
            item, end = value._replace(text=quoted[1].replace('""', '"'), exact=False), quoted.end()
        else:
            end = text.find(",", start)
            end = len(text) if end < 0 else end
            item = value.part(start, end)
            if '"' in item.text:
                return None
        key, equals, _ = item.text.partition("=")
        found.append((key.lower(), item.part(len(key) + 1) if equals else None))
        start = end + 1
    return found


_QUOTED_FIELD: Final = pattern(r'"((?:[^"]|"")*)"(?=,|$)')
_MOUNT_KEYS: Final = frozenset((
    "type", "source", "src", "target", "dst", "destination", "readonly", "ro", "bind-propagation", "bind-nonrecursive", "bind-recursive",
    "bind-create-src", "volume-subpath", "volume-nocopy", "volume-label", "volume-driver", "volume-opt", "image-subpath", "tmpfs-size",
    "tmpfs-mode", "consistency",
))  # docker/cli opts/mount.go  # fmt: skip
_MOUNT_FLAGS: Final = frozenset(("readonly", "ro", "bind-nonrecursive", "volume-nocopy"))


def _mount(text: str) -> str:
    fields = mount_fields(Arg(text, Span("", 1, 1, 1, 1, 0, 0)))
    if not text or fields is None:
        return "it is no list of key=value pairs"
    kind, target = "volume", ""
    for key, item in fields:
        if item is None and key not in _MOUNT_FLAGS:
            return f"invalid field '{key}' must be a key=value pair"
        if key not in _MOUNT_KEYS:
            return f"unexpected key '{key}'"
        value = item.text if item is not None else "true"
        if key in _MOUNT_FLAGS and _bool(value):
            return f"invalid value for {key}: {value}"
        if key == "tmpfs-size" and _size(value):
            return f"invalid value for tmpfs-size: {value} ({_size(value)})"
        if key == "tmpfs-mode" and not re.fullmatch(r"[0-7]{1,10}", value):
            return f"invalid value for tmpfs-mode: {value}"
        if key == "type":
            kind = value.lower()
        elif key in ("target", "dst", "destination"):
            target = value
    if not target:
        return "target is required"
    for key, _ in fields:
        family = key.partition("-")[0]
        if "-" in key and family in ("bind", "volume", "tmpfs", "image") and family != kind:
            return f"cannot mix '{family}-*' options with mount type '{kind}'"
    return ""


_CHECKS: Final[Mapping[str, Callable[[str], str]]] = {
    "bool": _bool, "bytes": _size, "swap": _swap, "int": _integer, "uint": _unsigned, "uint16": _unsigned16, "duration": _duration,
    "decimal": _cpus, "ulimit": _ulimit, "env": _environment, "mount": _mount,
}  # fmt: skip
