"""Which Java runs in an image: vendor and version, from the program's path, the image's variables, its tag and its FROM chain.

Where nothing tells, the candidates are the releases with long-term support, each at its newest update.
Sources: the images' tag lists (docker-library/official-images, August 2026), adoptium/containers, distroless, semeru-containers (jvm.md 5).
"""

import re
from collections.abc import Iterable, Mapping

from memlint.api import Known, Origin, Program, Surroundings
from memlint.patterns import pattern
from memlint.records import NamedTuple
from memlint.runtimes.common import references, text_of, variable
from memlint.runtimes.jvm.options import Version

Update = tuple[int, int, int]

# What an unknown JVM may be; 25 is the newest of them at the end of 2026.
_LONG_TERM = (8, 11, 17, 21, 25)
_OLDEST, _NEWEST = 6, 40

# Images that are nothing but a JDK: a leading number of the tag is Java's own version.
_JDK_NAMES = """eclipse-temurin openjdk amazoncorretto sapmachine ibm-semeru-runtimes ibmjava adoptopenjdk java jdk jre dragonwell
zulu-openjdk zulu-openjdk-alpine zulu-openjdk-debian zulu-openjdk-centos zulu-openjdk-distroless
liberica-openjdk-alpine liberica-openjdk-alpine-musl liberica-openjdk-debian liberica-openjdk-centos liberica-openjdk-rocky
liberica-openjre-alpine liberica-openjre-alpine-musl liberica-openjre-debian liberica-openjre-centos liberica-openjre-rocky
liberica-runtime-container jdk-community graalvm-ce graalvm-community oracle-jdk"""
_JDK_IMAGES = frozenset(_JDK_NAMES.split())

# What a tag without a Java number meant in August 2026, and before: such a tag moves, so both are candidates.
_MOVING: Mapping[str, tuple[int, ...]] = {
    "eclipse-temurin": (21, 25),
    "amazoncorretto": (8,),
    "sapmachine": (25, 26),
    "maven": (21, 25, 26),
    "gradle": (21, 25),
    "tomcat": (21, 25),
    "jetty": (21, 25),
}

# Official images that are no longer built: the last update that a tag of this major version got.
_FROZEN: Mapping[str, Mapping[int, Update]] = {
    "openjdk": {
        8: (0, 342, 0), 11: (0, 16, 0), 12: (0, 2, 0), 13: (0, 2, 0), 14: (0, 2, 0), 15: (0, 2, 0), 16: (0, 2, 0), 17: (0, 2, 0), 18: (0, 2, 1),
        19: (0, 0, 0), 20: (0, 0, 0), 21: (0, 0, 0), 22: (0, 0, 0), 23: (0, 0, 0), 24: (0, 0, 0), 25: (0, 0, 0),
    },
    "java": {8: (0, 111, 0)},
}  # fmt: skip
_FROZEN_ALPINE: Mapping[int, Update] = {8: (0, 212, 0), 17: (0, 0, 0)}  # the Alpine tags of `openjdk` stopped earlier

_NUMBER = r"(1\.8(?:\.0)?(?:_\d+)?|8u\d+|\d{1,2}(?:\.\d+)*)(?![\d.])"
_NAMED = pattern(
    rf"(?:^|[^a-z])(?:open|amazon)?(?:jdk|jre|java|temurin|corretto|zulu|semeru|openj9|ibmjava|sapmachine|liberica|graalvm)[-_:]?{_NUMBER}",
    re.ASCII,
)
_LEADING = pattern(rf"^(?:open-|openjdk-|jdk-?|jre-?|v)?{_NUMBER}", re.ASCII)
_PACKAGE = pattern(r"(?:openjdk-?|temurin-|corretto-|zulu-?|java-)(1\.8(?:\.0)?|\d{1,2})(?![\d.])", re.ASCII)
_PATH = pattern(rf"/(?:[a-z]*-)?(?:open)?(?:jdk|jre|java|temurin|corretto|zulu)[-_]?{_NUMBER}", re.ASCII)
_OPENJ9 = pattern(r"openj9|semeru|ibmjava|(?:open|websphere)-liberty")


class Jdk(NamedTuple):
    """What is known of the JVM: its make, and the versions that it may have, in ascending order."""

    vendor: str  # "hotspot" | "openj9"
    versions: tuple[Version, ...]

    @property
    def known(self) -> bool:
        return len(self.versions) == 1

    @property
    def text(self) -> str:
        names = [name(version) for version in self.versions]
        return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def name(version: Version) -> str:
    """Return a version as people write it: `8u342`, `17.0.2`, `21`."""
    if version.update is None:
        return str(version.major)
    interim, update, patch = version.update
    if version.major <= 8:
        return f"{version.major}u{update}"
    return f"{version.major}.{interim}.{update}" + (f".{patch}" if patch else "")


def find(program: Program, around: Surroundings) -> Jdk:
    """Return the JVM that runs a program. Never raises; the less is written, the more candidates there are."""
    names = [reference.lower() for reference in references(around)]
    image = around.image
    semeru = any(_OPENJ9.search(reference) for reference in names) or (image is not None and image.runtime == "openj9")
    vendor = "openj9" if semeru else "hotspot"
    told = [version for version in _told(program, around) if version is not None]
    if told:
        first = told[0]
        exact = next((version for version in told if version.major == first.major and version.update is not None), first)
        return Jdk(vendor, (exact,))
    for reference in names:
        repository, _ = _parts(reference)
        if repository in _MOVING:
            majors = _MOVING[repository]
            return Jdk(vendor, tuple(Version(major, None, None, f"a tag of {repository} that moves with time") for major in majors))
    return Jdk(vendor, tuple(Version(major, None, None, "nothing tells the version of Java") for major in _LONG_TERM))


def _told(program: Program, around: Surroundings) -> Iterable[Version | None]:
    if program.words and isinstance(program.words[0], Known):
        word = program.words[0]
        yield _search(_PATH, word.value.lower(), "the path of java", word.origin)
    for variable_name in ("JAVA_VERSION", "JAVA_HOME"):
        value = variable(program, variable_name)
        text = text_of(value)
        if text is not None and isinstance(value, Known):
            pattern = _LEADING if variable_name == "JAVA_VERSION" else _PATH
            yield _search(pattern, text.lower().strip(), f"{variable_name} of the image", value.origin)
    for reference in references(around):
        yield _from_reference(reference, around.image.origin if around.image is not None else None)
    stage = around.image.stage if around.image is not None else None
    for package in stage.installs if stage is not None else ():
        yield _search(_PACKAGE, package.lower(), f"package {package}", None)


def _parts(reference: str) -> tuple[str, str]:
    repository, _, tag = reference.partition("@")[0].rpartition("/")[2].partition(":")
    return repository, tag


def _from_reference(reference: str, origin: Origin | None) -> Version | None:
    lower = reference.lower()
    repository, tag = _parts(lower)
    why = f"image {reference.partition('@')[0]}"
    named = _search(_NAMED, tag, why, origin)
    by_name = _search(_NAMED, repository, why, origin)
    found = named or by_name
    if repository in _JDK_IMAGES:
        found = _search(_LEADING, tag, why, origin) or found
    if found is None or found.update is not None:
        return found
    path = lower.partition("@")[0].removeprefix("docker.io/").partition(":")[0]
    official = path == repository or path.endswith(f"library/{repository}")
    frozen = _FROZEN.get(repository, {}).get(found.major) if official else None
    if frozen is None or "-ea" in tag or "-rc" in tag:
        return found
    if repository == "openjdk" and "alpine" in tag:
        frozen = _FROZEN_ALPINE.get(found.major, frozen)
    return Version(found.major, frozen, origin, f"{why}, which is no longer updated")


def _search(pattern: re.Pattern[str], text: str, why: str, origin: Origin | None) -> Version | None:
    match = pattern.search(text[:300])
    return parse(match[1], why, origin) if match else None


def parse(text: str, why: str, origin: Origin | None = None) -> Version | None:
    """Return the version that `17`, `17.0.9`, `1.8.0_292`, `8u342` or `8.402` names, None for what cannot be one of Java's."""
    numbers = [int(number[:6]) for number in re.findall(r"\d+", text)]
    if not numbers:
        return None
    if numbers[0] == 1 and len(numbers) > 1:
        numbers = numbers[1:]
    major, rest = numbers[0], numbers[1:]
    if not _OLDEST <= major <= _NEWEST:
        return None
    if major <= 8:
        # 8u342, 1.8.0_342, 8.0.342 (Zulu) and 8.342 (Corretto) are one.
        updates = [number for number in rest if number]
        return Version(major, (0, updates[0], 0) if updates else None, origin, why)
    if not rest:
        return Version(major, None, origin, why)
    padded = (*rest, 0, 0, 0)
    return Version(major, (padded[0], padded[1], padded[2]), origin, why)


def reached(version: Version, since: int, backports: Mapping[int, int]) -> bool:
    """Return whether a version has what came with `since` and, before, with these updates; a moving tag is at its newest."""
    if version.major >= since:
        return True
    if version.major not in backports:
        return False
    return version.update is None or version.update[1] >= backports[version.major] or version.update[0] > 0


def sees_limit(version: Version, cgroup: int, vendor: str) -> bool:
    """Return whether a JVM reads the container's limit from this version of cgroups (jvm.md 5)."""
    if vendor == "openj9":
        return cgroup == 1 or reached(version, 18, {8: 345, 11: 16, 17: 4})  # OpenJ9 0.33
    if cgroup == 1:
        return reached(version, 10, {8: 191})  # JDK-8146115
    return reached(version, 15, {8: 372, 11: 16})  # JDK-8230305


def clamps_limit(version: Version, cgroup: int) -> bool:
    """Return whether a limit above the host's memory counts as the host's (JDK-8292083; lost on cgroup v2 from 25 to 27, measured)."""
    if cgroup == 2 and 25 <= version.major <= 27:
        return False
    return reached(version, 20, {8: 372, 11: 18, 17: 7})


def counts_shares(version: Version) -> bool:
    """Return whether CPU shares (a Kubernetes CPU request) limit the processors that a JVM sees (removed by JDK-8281181)."""
    return not reached(version, 19, {11: 17, 17: 5})
