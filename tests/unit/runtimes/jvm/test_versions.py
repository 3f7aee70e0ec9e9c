"""Which Java an image holds: the vendors' grammars of tags, variables, paths and packages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memlint.api import Image, Known, Stage
from memlint.runtimes.jvm.versions import clamps_limit, counts_shares, find, name, parse, sees_limit
from unit.runtimes.jvm.build import GIB, program, span, surroundings


def jdk(reference: str, env: dict[str, str] | None = None, command: str = "java -jar a.jar", image: Image | None = None) -> str:
    return find(program(command, env), surroundings(GIB, reference, joined=image)).text


@pytest.mark.parametrize(
    ("reference", "version"),
    [
        ("eclipse-temurin:21.0.12_8-jre-noble", "21.0.12"),
        ("eclipse-temurin:8u402-b06-jdk", "8u402"),
        ("docker.io/library/eclipse-temurin:17-jre@sha256:0123", "17"),
        ("openjdk:28-ea-jdk", "28"),
        ("openjdk:8", "8u342"),
        ("openjdk:8-jdk-alpine", "8u212"),
        ("openjdk:11.0.4-jre", "11.0.4"),
        ("openjdk:17-jdk-slim", "17.0.2"),
        ("public.ecr.aws/docker/library/openjdk:11", "11.0.16"),
        ("registry.example.com/mirror/openjdk:11", "11"),
        ("amazoncorretto:8u402", "8u402"),
        ("amazoncorretto:17-al2023-headless", "17"),
        ("azul/zulu-openjdk:8u462-8.88", "8u462"),
        ("azul/zulu-openjdk-alpine:17.0.16-17.60-jre", "17.0.16"),
        ("azul/zulu-openjdk:21-jre-latest", "21"),
        ("ibm-semeru-runtimes:open-17.0.4_8-jre-jammy", "17.0.4"),
        ("sapmachine:21-jre-ubuntu", "21"),
        ("bellsoft/liberica-openjdk-alpine:17.0.9-11", "17.0.9"),
        ("gcr.io/distroless/java17-debian12:nonroot", "17"),
        ("registry.access.redhat.com/ubi8/openjdk-8-runtime:1.15", "8"),
        ("maven:3.9.6-amazoncorretto-21", "21"),
        ("gradle:8.5-jdk17-alpine", "17"),
        ("tomcat:9.0.80-jre11-temurin", "11"),
        ("jetty:12-jdk21-alpine", "21"),
        ("flink:1.19-scala_2.12-java17", "17"),
        ("spark:3.5.1-scala2.12-java11-ubuntu", "11"),
        ("adoptopenjdk/openjdk11:jdk-11.0.11_9-alpine", "11.0.11"),
        ("shop/api-java11:2.3", "11"),
        ("java:8-jre", "8u111"),
        ("gradle:9", "21 or 25"),
        ("eclipse-temurin:latest", "21 or 25"),
        ("amazoncorretto:latest", "8"),
        ("shop/api:17", "8, 11, 17, 21 or 25"),
        ("", "8, 11, 17, 21 or 25"),
    ],
)
def test_the_tags_of_the_vendors(reference: str, version: str) -> None:
    assert jdk(reference) == version


def test_the_vendor_tells_the_memory_model() -> None:
    for reference in ("ibm-semeru-runtimes:open-17-jre", "adoptopenjdk/openjdk11-openj9:latest", "open-liberty:23-kernel-java17-openj9"):
        assert find(program(), surroundings(GIB, reference)).vendor == "openj9"
    assert find(program(), surroundings(GIB, "eclipse-temurin:17")).vendor == "hotspot"


def test_variables_paths_and_packages_tell_it_too() -> None:
    assert jdk("shop/api:1", {"JAVA_VERSION": "jdk-17.0.9+9"}) == "17.0.9"
    assert jdk("shop/api:1", {"JAVA_VERSION": "8u342"}) == "8u342"
    assert jdk("shop/api:1", {"JAVA_HOME": "/usr/lib/jvm/java-11-amazon-corretto"}) == "11"
    assert jdk("shop/api:1", command="/usr/lib/jvm/java-17-openjdk-amd64/bin/java -jar a.jar") == "17"
    stage = Stage("app", 0, span(0, 4), "Dockerfile", None, True, installs=("curl", "openjdk-17-jre-headless"))
    assert jdk("shop/api:1", image=Image("shop/api:1", "dockerfile", stage=stage)) == "17"


def test_the_base_image_tells_what_the_image_itself_does_not() -> None:
    image = Image("shop/api:1", "dockerfile", bases=("shop/base:3", "eclipse-temurin:11.0.15_10-jre"))
    assert jdk("shop/api:1", image=image) == "11.0.15"


@pytest.mark.parametrize(
    ("text", "v1", "v2"),
    [
        ("8u181", False, False), ("8u191", True, False), ("8u342", True, False), ("8u372", True, True), ("8", True, True),
        ("9", False, False), ("10", True, False), ("11.0.15", True, False), ("11.0.16", True, True), ("14.0.2", True, False),
        ("15", True, True), ("17.0.2", True, True), ("21", True, True),
    ],
)  # fmt: skip
def test_the_first_releases_that_see_a_limit(text: str, v1: bool, v2: bool) -> None:
    version = parse(text, "test")
    assert version is not None
    assert (sees_limit(version, 1, "hotspot"), sees_limit(version, 2, "hotspot")) == (v1, v2)


def test_a_limit_above_the_host_and_cpu_shares() -> None:
    def version(text: str) -> object:
        found = parse(text, "test")
        assert found is not None
        return found

    assert [clamps_limit(version(text), 1) for text in ("11.0.13", "11.0.18", "17.0.3", "17.0.7", "21")] == [False, True, False, True, True]  # type: ignore[arg-type]
    assert not clamps_limit(version("25"), 2)  # type: ignore[arg-type]
    assert [counts_shares(version(text)) for text in ("8u504", "11.0.16", "11.0.17", "17.0.4", "17.0.5", "19")] == [
        True,
        True,
        False,
        True,
        False,
        False,
    ]  # type: ignore[arg-type]


@given(st.text(max_size=80))
def test_no_reference_raises(reference: str) -> None:
    found = find(program("java -jar a.jar", {"JAVA_VERSION": reference, "JAVA_HOME": reference}), surroundings(GIB, reference))
    assert found.versions
    assert all(6 <= version.major <= 40 for version in found.versions)


@given(st.integers(6, 40), st.integers(1, 999))
def test_a_version_reads_as_it_is_written(major: int, update: int) -> None:
    text = f"{major}u{update}" if major <= 8 else f"{major}.0.{update}"
    found = parse(text, "test")
    assert found is not None
    assert name(found) == text
    assert isinstance(Known, type)
