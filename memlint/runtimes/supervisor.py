"""Supervisors that start several programs from one file: supervisord, and what reads a Procfile. Their bills add up."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from memlint.api import Confidence, Known, MemoryBudget, Observation, Part, Program, Reading, Surroundings, Text, Unknown, Words
from memlint.runtimes import ini, memlint_runtimes
from memlint.runtimes.common import (
    base_name,
    brought,
    count_of,
    in_container,
    inside,
    launched,
    mib,
    option,
    part,
    placed,
    read_text,
    split_words,
)

_PROCFILE: Final = frozenset(("honcho", "foreman", "hivemind", "overmind", "forego"))
_CONFIGS: Final = ("/etc/supervisord.conf", "/etc/supervisor/supervisord.conf", "/etc/supervisor/conf.d/supervisord.conf")
_FOLDERS: Final = ("/etc/supervisor", "/etc/supervisor.d", "/etc/supervisord.d")


class Model:
    """The sum over the programs that a supervisor starts, by their own models."""

    name = "supervisor"

    def read(self, program: Program, around: Surroundings) -> Reading | None:
        words = launched(program.words, ("supervisord", *_PROCFILE))
        if not words:
            return None
        supervised = base_name(words[0]) == "supervisord"
        programs = list(_of_supervisord(words, program, around) if supervised else _of_procfile(words, program, around))
        readings = [reading for one in programs if (reading := _first(one, around)) is not None]
        if not readings:
            return None
        own = part("supervisor", mib(5, 15, 40), "a small Python, Ruby or Go process beside its programs; not measured")
        parts: list[Part] = []
        observations: list[Observation] = []
        names: list[str] = []
        for reading in readings:
            label = reading.program.name or reading.runtime
            names.append(reading.runtime)
            observations += reading.observations
            bill = reading.budget.parts if reading.budget is not None else ()
            alone = len(readings) == 1
            parts += [item if alone or item.name == "heap" else item._replace(name=f"{item.name} of {label}") for item in bill]
        # A program without a model holds memory too, so the sum is only a beginning.
        unknown = [one.name for one in programs if all(reading.program is not one for reading in readings)]
        if unknown:
            parts.append(part("other programs", mib(0, 0, None), f"no model knows {', '.join(unknown)}"))
        runtime = "+".join(dict.fromkeys(names))
        budget = MemoryBudget(runtime, (*parts, own), _least(readings))
        return Reading(runtime, program, budget, tuple(observations), options=readings[0].options if len(readings) == 1 else {})


def _first(program: Program, around: Surroundings) -> Reading | None:
    return next(filter(None, (model.read(program, around) for model in memlint_runtimes() if model.name != "supervisor")), None)


def _least(readings: list[Reading]) -> Confidence:
    order = list(Confidence)
    return min((reading.budget.confidence for reading in readings if reading.budget is not None), key=order.index, default=Confidence.LOW)


# ---- supervisord


def _of_supervisord(words: Words, program: Program, around: Surroundings) -> Iterator[Program]:
    sections: dict[str, dict[str, Known[str]]] = {}
    for path in _configs(words, around):
        text = read_text(around, path) or ""
        for entry in ini.entries(text, ";#"):
            if entry.section.startswith("program:") and entry.value is not None:
                value = placed(around, path, entry.value, entry.start, entry.end, f"{entry.key} in {path.rsplit('/', 1)[-1]}")
                sections.setdefault(entry.section, {})[entry.key] = value
    for settings in sections.values():
        command = settings.get("command")
        started = settings.get("autostart")
        if command is None or (started is not None and started.value.lower() in ("false", "0", "no", "off")):
            continue
        env = {**program.env, **_environment(settings.get("environment"))}
        number = count_of(settings.get("numprocs")) or 1
        yield Program(_words(command, env), env, number)


def _configs(words: Words, around: Surroundings) -> list[str]:
    named = option(words, "-c", "--configuration")
    if isinstance(named, Known):
        path = in_container(around, named.value)
        found = [path] if path is not None else []
    else:
        found = [path for path in _CONFIGS if read_text(around, path) is not None][:1]
    for folder in _FOLDERS:
        found += [path for ending in (".conf", ".ini") for path in brought(around, folder, ending) if path not in found]
    return found


def _environment(value: Known[str] | None) -> Mapping[str, Text]:
    if value is None:
        return {}
    found: dict[str, Text] = {}
    for match in re.finditer(r"""\b(\w++)=("[^"]*"|'[^']*'|[^,]*)""", value.value):
        start, end = match.span(2)
        if match[2][:1] in ("'", '"'):
            start, end = start + 1, end - 1
        if end > start:
            found[match[1]] = inside(value, start, end)
    return found


def _words(command: Known[str], env: Mapping[str, Text]) -> Words:
    words: list[Known[str] | Unknown] = []
    for word in split_words(command):
        if not isinstance(word, Known):
            continue
        match = re.fullmatch(r"%\(ENV_(\w+)\)s|\$\{?(\w+)\}?", word.value)
        if match:
            told = env.get(match[1] or match[2])
            words.append(told if isinstance(told, Known) else Unknown(f"{word.value} is set outside", word.origin))
        elif "%(" in word.value or "$" in word.value:
            words.append(Unknown(f"{word.value} is expanded when it runs", word.origin))
        else:
            words.append(word)
    return _unwrapped(tuple(words))


def _unwrapped(words: Words) -> Words:
    """Look into `sh -c "exec program …"` and past `exec`."""
    if len(words) > 2 and base_name(words[0]) in ("sh", "bash") and isinstance(words[1], Known) and words[1].value in ("-c", "-lc"):
        inner = words[2]
        words = split_words(inner) if isinstance(inner, Known) and not re.search(r"[|&;<>`$]", inner.value) else ()
    return words[1:] if words and base_name(words[0]) == "exec" else words


# ---- Procfile


def _of_procfile(words: Words, program: Program, around: Surroundings) -> Iterator[Program]:
    named = option(words, "-f", "--procfile")
    path = in_container(around, named.value if isinstance(named, Known) else "Procfile")
    text = read_text(around, path)
    if text is None or path is None:
        return
    wanted = {word.value for word in words[2:] if isinstance(word, Known) and not word.value.startswith("-")}
    kinds = re.findall(r"^([A-Za-z0-9_-]+):", text, re.MULTILINE)
    chosen = wanted & set(kinds)
    for match in re.finditer(r"^([A-Za-z0-9_-]+):[ \t]*(\S(?:.*\S)?)", text, re.MULTILINE):
        if chosen and match[1] not in chosen:
            continue
        command = placed(around, path, match[2], match.start(2), match.end(2), f"{match[1]} of the Procfile")
        yield Program(_words(command, program.env), program.env)
