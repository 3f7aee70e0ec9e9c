"""Every regular expression of memlint, how it is used, and texts that would make a careless one take quadratic time or worse.

Run as a program it tries them all and prints those that take long: `python tests/hostile/patterns.py`.
"""

import ast
import re
import re._constants as sre
import re._parser as parser
import signal
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from memlint.patterns import pattern

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"memlint": ROOT / "memlint", "memlint_rules": ROOT / "rules"}
SCANNING = frozenset(("search", "finditer", "findall", "sub", "subn", "split"))
ANCHORED = frozenset(("match", "fullmatch"))
SIZE = 60_000  # characters: what is quadratic takes half a minute, what is linear milliseconds
# Patterns that are only ever given so many characters, by the code that calls them.
BOUNDED = {"memlint.sources.docker_run._REFERENCE_GRAMMAR[0]": 1000}
SECONDS = 1.5  # of CPU, a thousand times what is needed


class Use(NamedTuple):
    """A pattern and a method that it is called with."""

    where: str
    pattern: re.Pattern[str]
    method: str


def uses() -> list[Use]:
    """Return every pattern of the packages with the methods that the code calls on it."""
    named: dict[tuple[str, str], re.Pattern[str]] = {}
    calls: dict[tuple[str, str], set[str]] = {}
    found: list[Use] = []
    for package, folder in PACKAGES.items():
        for path in sorted(folder.rglob("*.py")):
            name = ".".join([package, *path.relative_to(folder).with_suffix("").parts]).removesuffix(".__init__")
            if name == "memlint.__main__":
                continue
            module = import_module(name)
            for key, value in vars(module).items():
                for label, found_pattern in _patterns(key, value):
                    named[name, label] = found_pattern
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                    continue
                method, holder = node.func.attr, node.func.value
                if method not in SCANNING | ANCHORED:
                    continue
                if isinstance(holder, ast.Name) and holder.id == "re":
                    if isinstance(node.args[0], ast.Constant):
                        flags = (
                            eval(ast.unparse(node.args[2]), {"re": re}) if len(node.args) > 2 and method in ANCHORED | {"search"} else 0
                        )  # our own code
                        for keyword in node.keywords:
                            if keyword.arg == "flags":
                                flags = eval(ast.unparse(keyword.value), {"re": re})
                        found.append(Use(f"{name}:{node.lineno}", re.compile(node.args[0].value, flags), method))
                elif isinstance(holder, ast.Name):
                    calls.setdefault((name, holder.id), set()).add(method)
                elif isinstance(holder, ast.Attribute):
                    calls.setdefault(("", holder.attr), set()).add(method)
    for (name, label), named_pattern in named.items():
        key = label.partition("[")[0]
        # A table of patterns is called through another name: then whatever is possible is tried.
        methods = calls.get((name, key), set()) | calls.get(("", key), set()) or {"search", "match", "fullmatch"}
        found += [Use(f"{name}.{label}", named_pattern, method) for method in sorted(methods)]
    return found


def _patterns(key: str, value: object) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Yield the patterns that a name of a module stands for: one, or those of a table."""
    if isinstance(value, dict):
        items = [*value.keys(), *value.values()]
    elif isinstance(value, tuple | list | frozenset):
        items = list(value)
    else:
        items = [value]
    for number, item in enumerate(items):
        for inner in item if isinstance(item, tuple) else (item,):
            if isinstance(inner, re.Pattern):
                yield f"{key}[{number}]", inner
            elif isinstance(inner, type(pattern(""))):
                yield f"{key}[{number}]", re.compile(inner.pattern, inner.flags)


# ---- texts made from the parsed pattern


def attacks(pattern: re.Pattern[str]) -> Iterator[str]:
    """Yield texts that make each repetition of a pattern run long and then fail."""
    tree = parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE if pattern.flags & re.ASCII else pattern.flags)
    seen = set()
    for prefix, pump in _pumps(list(tree), ""):
        for piece in (pump, prefix + pump, prefix):
            if not piece:
                continue
            for start in ("", prefix):
                for end in ("", "\0", "\n", "!", " x"):
                    text = start + piece * (SIZE // len(piece)) + end
                    if text not in seen:
                        seen.add(text)
                        yield text


def _pumps(items: list[tuple[object, object]], prefix: str) -> Iterator[tuple[str, str]]:
    for operator, argument in items:
        if operator in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            low, high, body = argument
            if high > 1000:
                for pump in _samples(body):
                    yield prefix, pump
            yield from _pumps(list(body), prefix)
            prefix += _sample(body) * max(low, 0)
        elif operator is sre.SUBPATTERN:
            yield from _pumps(list(argument[3]), prefix)
            prefix += _sample(argument[3])
        elif operator is sre.BRANCH:
            for branch in argument[1]:
                yield from _pumps(list(branch), prefix)
            prefix += _sample(argument[1][0])
        elif operator in (sre.ASSERT, sre.ASSERT_NOT):
            yield from _pumps(list(argument[1]), prefix)
            if operator is sre.ASSERT and argument[0] > 0:
                continue
        elif operator is getattr(sre, "ATOMIC_GROUP", None):
            yield from _pumps(list(argument), prefix)
            prefix += _sample(argument)
        else:
            prefix += _one(operator, argument)


def _sample(items: object) -> str:
    return next(iter(_samples(items)), "")


def _samples(items: object) -> list[str]:
    """Return a few texts that a piece of a pattern matches."""
    found = [""]
    for operator, argument in items:  # type: ignore[attr-defined]  # the parser's own sequence
        if operator in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            choices = [text * max(argument[0], 1) for text in _samples(argument[2])]
        elif operator is sre.SUBPATTERN:
            choices = _samples(argument[3])
        elif operator is sre.BRANCH:
            choices = [text for branch in argument[1] for text in _samples(branch)]
        elif operator is sre.IN:
            choices = _of_set(argument)
        elif operator is sre.ANY:
            choices = ["a", " "]
        elif operator is getattr(sre, "ATOMIC_GROUP", None):
            choices = _samples(argument)
        else:
            choices = [_one(operator, argument)]
        found = [text + choice for text in found[:4] for choice in choices[:4]]
    return list(dict.fromkeys(found))[:8]


def _of_set(argument: list[tuple[object, object]]) -> list[str]:
    if argument[0][0] is sre.NEGATE:
        return [
            character
            for character in ("a", " ", "\t", "\\", '"', "'", "-", "1", "/", ":", "#", "{", "$")
            if not _in(argument[1:], character)
        ]
    found = []
    for operator, value in argument:
        if operator is sre.LITERAL:
            found.append(chr(value))
        elif operator is sre.RANGE:
            found.append(chr(value[0]))
        elif operator is sre.CATEGORY:
            found += [" ", "\n"] if value is sre.CATEGORY_SPACE else [_CATEGORIES.get(value, "a")]
    return found or ["a"]


def _in(argument: list[tuple[object, object]], character: str) -> bool:
    for operator, value in argument:
        if operator is sre.LITERAL and chr(value) == character:
            return True
        if operator is sre.RANGE and chr(value[0]) <= character <= chr(value[1]):
            return True
        if operator is sre.CATEGORY and _CATEGORIES.get(value) == character:
            return True
    return False


_CATEGORIES = {
    sre.CATEGORY_SPACE: " ",
    sre.CATEGORY_DIGIT: "1",
    sre.CATEGORY_WORD: "a",
    sre.CATEGORY_NOT_SPACE: "a",
    sre.CATEGORY_NOT_WORD: " ",
}


def _one(operator: object, argument: object) -> str:
    if operator is sre.LITERAL:
        return chr(argument)
    if operator is sre.NOT_LITERAL:
        return "a" if argument != ord("a") else "b"
    if operator is sre.ANY:
        return "a"
    if operator is sre.IN:
        return (_of_set(argument) or ["a"])[0]
    return ""


# ---- trying them


class TooSlow(Exception):
    pass


def _stop(*_: object) -> None:
    raise TooSlow


def slow() -> Iterator[str]:
    """Yield the uses that a text of SIZE characters keeps busy for more than SECONDS of CPU."""
    signal.signal(signal.SIGPROF, _stop)
    done = set()
    for use in uses():
        key = (use.pattern.pattern, use.pattern.flags, use.method in SCANNING, use.method == "fullmatch")
        if key in done:
            continue
        done.add(key)
        for attack in attacks(use.pattern):
            text = attack[-BOUNDED.get(use.where, len(attack)) :]
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            try:
                if use.method in ANCHORED:
                    getattr(use.pattern, use.method)(text)
                else:
                    for _ in use.pattern.finditer(text):
                        pass
            except TooSlow:
                yield f"{use.where} {use.method} {use.pattern.pattern!r} on {text[:30]!r}…{text[-5:]!r}"
                break
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)


if __name__ == "__main__":
    found = 0
    for line in slow():
        print(line, flush=True)
        found += 1
    sys.exit(1 if found else 0)
