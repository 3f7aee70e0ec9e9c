"""The catalogue of images that others publish: what each runs, which memory variables it sets, what its /bin/sh is.

The data is `image_table`, made by scripts/image-catalog; it is read when the first image is looked up.
"""

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from typing import Any, Final

from memlint.patterns import pattern
from memlint.records import NamedTuple

# Family of the system -> (/bin/sh, C library). distroless has no shell; what is None is not known.
# dash stays PID 1, bash and busybox exec the last command (measured on Debian 12, 2026-11).
FAMILIES: Final[Mapping[str, tuple[str | None, str | None]]] = {
    "alpine": ("busybox", "musl"),
    "amazon": ("bash", "glibc"),
    "busybox": ("busybox", None),
    "debian": ("dash", "glibc"),
    "distroless": (None, "glibc"),
    "rhel": ("bash", "glibc"),
    "ubuntu": ("dash", "glibc"),
}
_HUB: Final = pattern(
    r"(?:(?:docker\.io|index\.docker\.io|registry-1\.docker\.io|registry\.hub\.docker\.com|mirror\.gcr\.io|public\.ecr\.aws/docker)/)?"
)
_WINDOWS: Final = pattern(r"nanoserver|windowsservercore|windows|ltsc20\d\d")
_TAGS: Final = (
    ("distroless", pattern(r"distroless|chiseled")),
    ("alpine", pattern(r"alpine[\d.]*")),
    ("amazon", pattern(r"al2|al20\d\d|amazonlinux\d*|amzn\d*")),
    ("debian", pattern(r"debian\d*|wheezy|jessie|stretch|buster|bullseye|bookworm|trixie|forky|sid")),
    ("ubuntu", pattern(r"ubuntu[\d.]*|trusty|xenial|bionic|focal|jammy|noble|resolute")),
    ("rhel", pattern(r"ubi\d*|rhel\d*|el\d+|centos\d*|fedora\d*|rocky\w*|alma\w*|ol\d+|oracle(?:linux)?\d*|photon")),
    ("windows", _WINDOWS),
    ("busybox", pattern(r"busybox|uclibc")),
)
_JDK_OF: Final = frozenset(("gradle", "maven", "tomcat"))  # older tags with `openjdk` stand on other systems than today's


class Entry(NamedTuple):
    """A row of the catalogue. `entrypoint` and `cmd`: words, None, or {"unknown": why}. `basis`: the source, with its date."""

    names: tuple[str, ...]
    tag: str | None
    runtime: str | None
    entrypoint: Any
    cmd: Any
    pid1: str | None
    main: str | None
    stop_signal: str | None
    env: Mapping[str, str]
    confidence: str
    basis: str


class Catalog:
    def __init__(self, systems: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> None:
        self.systems = systems
        self._exact: dict[str, list[Entry]] = {}
        self._patterns: list[tuple[str, Entry]] = []
        for row in rows:
            entry = Entry(
                tuple(row["names"]),
                row.get("tag"),
                row.get("runtime"),
                row.get("entrypoint"),
                row.get("cmd"),
                row.get("pid1"),
                row.get("main"),
                row.get("stop_signal"),
                row.get("env", {}),
                row.get("confidence", "high"),
                row["basis"],
            )
            for name in entry.names:
                if "*" in name:
                    self._patterns.append((name, entry))
                else:
                    # A row for some tags stands before the row for all of them.
                    self._exact.setdefault(name, []).insert(0 if entry.tag else len(self._exact.get(name, ())), entry)

    def find(self, reference: str) -> Entry | None:
        name, tag = plain(reference)
        for entry in self._exact.get(name, ()):
            if entry.tag is None or any(fnmatchcase(part, entry.tag) for part in tag.split("-")):
                return entry
        fitting = [(pattern, entry) for pattern, entry in self._patterns if _fits(name, pattern)]
        return max(fitting, key=lambda found: len(found[0]))[1] if fitting else None


def _fits(name: str, pattern: str) -> bool:
    # Without the first look each pattern would be compiled for any name.
    return name.startswith(pattern.partition("*")[0]) and fnmatchcase(name, pattern)


@cache
def catalog() -> Catalog:
    from memlint.resolve import image_table

    return Catalog(image_table.SYSTEMS, image_table.IMAGES)


@lru_cache(maxsize=1024)
def plain(reference: str) -> tuple[str, str]:
    """Return name and tag of a reference: Docker Hub's own prefixes, mirrors of it and the digest are taken off."""
    name = reference.partition("@")[0]
    tag = ""
    if ":" in name.rpartition("/")[2]:
        name, _, tag = name.rpartition(":")
    name = name[_HUB.match(name).end() :]  # type: ignore[union-attr]  # it also fits nothing
    official = name.rpartition("/library/")[2] if "/library/" in name else name.removeprefix("library/")
    return official, tag


@lru_cache(maxsize=1024)
def family(reference: str) -> str | None:
    """Return the family of the system that an image stands on, from its tag, else from its name; None where neither tells."""
    name, tag = plain(reference)
    parts = tag.lower().split("-")
    systems_named = [part for part in parts if part[:1].isalpha()]  # the rest are versions
    for found, text in _TAGS if systems_named else ():
        if any(text.fullmatch(part) for part in systems_named):
            return found if found in FAMILIES else None
    if name == "openjdk":
        # From 12 on the plain tags stand on Oracle Linux, `slim` ones and the older on Debian.
        version = re.match(r"\d+", tag)
        return "debian" if "slim" in parts or (version and int(version[0][:4]) < 12) else "rhel"
    if name in _JDK_OF and any("openjdk" in part or "adoptopenjdk" in part for part in parts):
        return None
    systems = catalog().systems
    if name in systems:
        return systems[name]
    return next((systems[pattern] for pattern in systems if "*" in pattern and _fits(name, pattern)), None)


def windows(reference: str) -> bool:
    """Say whether an image is one of Windows."""
    name, tag = plain(reference)
    return "windows" in name.split("/") or any(_WINDOWS.fullmatch(part) for part in tag.lower().split("-"))
