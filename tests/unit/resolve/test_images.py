"""Images: what a Dockerfile builds, what the configuration tells, what the catalogue knows, and which of them counts."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memlint.config import ImageEntry
from memlint.model import Confidence, Image, Known, Origin, Span, Text, Unknown, Words
from memlint.resolve.image_catalog import catalog, family, plain
from memlint.resolve.image_stages import packages
from memlint.resolve.images import Images
from memlint.sources.text import Source

HERE = Origin(Span("compose.yaml", 3, 12, 3, 20, 30, 38), "image")


def told(value: Text | Words) -> object:
    """Return what is known, an Unknown as its reason."""
    if value is None or isinstance(value, Known | Unknown):
        return value.value if isinstance(value, Known) else None if value is None else f"unknown: {value.why}"
    return [told(word) for word in value]


def images(files: Mapping[str, str], *entries: ImageEntry) -> Images:
    sources = {path: Source(path, text) for path, text in files.items()}
    return Images(sources.get, [source for path, source in sources.items() if "Dockerfile" in path], entries)


def build(text: str, target: str | None = None, args: Mapping[str, Text] | None = None) -> Image:
    known = images({"Dockerfile": text})
    dockerfile = known.dockerfile("Dockerfile")
    assert dockerfile is not None
    image = known.from_dockerfile(dockerfile, target, args)
    assert image is not None
    return image


def sure(image: Image | None) -> Image:
    assert image is not None
    return image


def env(image: Image) -> dict[str, object]:
    return {name: told(value) for name, value in image.env.items()}


# ---- arguments and variables


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM scratch\nENV A=1 B=$A\nENV C=$A", {"A": "1", "B": "", "C": "1"}),
        ("FROM scratch\nENV A=1\nENV A=2 B=${A}x", {"A": "2", "B": "1x"}),
        ("FROM scratch\nENV HEAP=${HEAP:-512m} O=-Xmx${HEAP:-1g}", {"HEAP": "512m", "O": "-Xmx1g"}),
        ("FROM scratch\nARG V=2\nENV A=$V", {"A": "2"}),
        ("ARG V=1\nFROM scratch\nENV A=$V", {"A": ""}),
        ("ARG V=1\nFROM scratch\nARG V\nENV A=$V", {"A": "1"}),
        ("ARG V=1\nFROM scratch\nARG V=2\nENV A=$V", {"A": "2"}),
        ("ARG A=1\nARG B=$A\nFROM scratch\nARG B\nENV C=$B", {"C": "1"}),
        ("FROM scratch\nENV A=1\nARG A=2\nENV B=$A", {"A": "1", "B": "2"}),
        ("FROM scratch\nARG V\nENV A=$V", {"A": "unknown: build argument V"}),
        ("FROM scratch\nARG V\nENV A=a B=$V", {"A": "a", "B": "unknown: build argument V"}),
        ("FROM scratch\nARG TARGETARCH\nENV A=$TARGETARCH", {"A": "unknown: TARGETARCH is set by the builder"}),
        ("FROM scratch\nENV 'A'=\"b c\"", {"A": "b c"}),
        ("FROM scratch AS a\nARG V=1\nENV A=1\nFROM a\nENV B=$A$V", {"A": "1", "B": "11"}),
        ("FROM scratch AS a\nENV A=1\nARG A=2\nFROM a\nENV B=$A", {"A": "1", "B": "1"}),
        ("# escape=`\nFROM scratch\nENV P=C:\\jdk", {"P": "C:\\jdk"}),
        ("FROM scratch\nENV A=${B:?needed}\nENV C=1", {"A": "unknown: B: needed", "C": "1"}),
        ("FROM scratch AS a\nONBUILD ENV A=$V\nFROM a\nARG V=1\nENV B=$A", {"A": "", "B": ""}),
    ],
)
def test_variables_are_followed_as_buildkit_follows_them(text: str, expected: dict[str, object]) -> None:
    assert env(build(text)) == expected


def test_build_arguments_go_before_defaults() -> None:
    text = "ARG V=1\nFROM scratch\nARG V\nARG W=2\nARG X=3\nENV A=$V B=$W C=$X"
    image = build(text, args={"V": Known("9", HERE), "W": None, "X": Unknown("from outside")})
    assert env(image) == {"A": "9", "B": "unknown: build argument W comes from the builder's environment", "C": "unknown: from outside"}


def test_what_only_the_base_can_tell_is_unknown() -> None:
    image = build("FROM registry.local/base\nENV PATH=$PATH:/app")
    assert told(image.env["PATH"]) == "unknown: PATH is not set here: nothing is known of the image registry.local/base"
    assert told(image.entrypoint or ()) == ["unknown: nothing is known of the image registry.local/base"]
    assert told(image.workdir) == "unknown: nothing is known of the image registry.local/base"


def test_the_catalogue_knows_all_memory_variables_of_a_base() -> None:
    image = build('FROM eclipse-temurin:21-jre\nENV JAVA_OPTS="$JAVA_OPTS -Xmx512m" HOME2=$JAVA_HOME')
    assert told(image.env["JAVA_OPTS"]) == " -Xmx512m"
    assert isinstance(image.env["HOME2"], Unknown)


def test_a_value_says_where_it_stands_and_through_what_it_came() -> None:
    text = "FROM scratch\nARG HEAP=512m\nENV OPTS=-Xmx${HEAP}\n"
    value = build(text).env["OPTS"]
    assert isinstance(value, Known)
    assert value.origin.how == "ENV OPTS"
    assert text[value.origin.span.start : value.origin.span.end] == "-Xmx${HEAP}"
    (via,) = value.origin.via
    assert (via.how, text[via.span.start : via.span.end]) == ("ARG HEAP", "512m")


# ---- what runs


@pytest.mark.parametrize(
    ("text", "entrypoint", "command"),
    [
        ('FROM scratch\nENTRYPOINT ["a"]\nCMD ["b"]', ["a"], ["b"]),
        ("FROM scratch\nCMD a $B", None, ["/bin/sh", "-c", "a $B"]),
        ('FROM scratch\nSHELL ["/bin/bash", "-ec"]\nENTRYPOINT a', ["/bin/bash", "-ec", "a"], None),
        ('FROM scratch AS a\nENTRYPOINT ["e"]\nCMD ["c"]\nFROM a', ["e"], ["c"]),
        ('FROM scratch AS a\nCMD ["c"]\nFROM a\nENTRYPOINT ["e"]', ["e"], None),
        ('FROM scratch\nCMD ["c"]\nENTRYPOINT ["e"]', ["e"], ["c"]),
        ('FROM scratch AS a\nENTRYPOINT ["e"]\nFROM a\nCMD ["c"]', ["e"], ["c"]),
        ('FROM scratch\nENTRYPOINT ["e"]\nENTRYPOINT []', None, None),
        ('FROM scratch\nCMD ["a", 1]', None, ["unknown: CMD is not valid"]),
        ("FROM redis:7\nCMD [\"redis-server\", \"/etc/r.conf\"]", ["docker-entrypoint.sh"], ["redis-server", "/etc/r.conf"]),
        ("FROM redis:7\nENTRYPOINT [\"x\"]", ["x"], None),
        ("FROM mcr.microsoft.com/windows/servercore:ltsc2022\nENTRYPOINT app.exe", ["cmd", "/S", "/C", "app.exe"], None),
        ('FROM scratch AS a\nONBUILD CMD ["on"]\nFROM a\nFROM scratch', None, None),
        ('FROM scratch AS a\nONBUILD CMD ["on"]\nFROM a', None, ["on"]),
    ],
)  # fmt: skip
def test_entrypoint_and_command(text: str, entrypoint: list[str] | None, command: list[str] | None) -> None:
    image = build(text)
    assert (told(image.entrypoint), told(image.cmd)) == (entrypoint, command)


def test_every_word_has_its_place() -> None:
    text = 'FROM scratch\nSHELL ["/bin/bash", "-c"]\nENTRYPOINT exec java \\\n  -jar a.jar\nCMD ["x", "-Xmx1g"]\n'
    image = build(text)
    assert image.entrypoint is not None
    assert image.cmd is not None
    places = [word.origin.span for word in (*image.entrypoint, *image.cmd) if word.origin is not None]
    assert [text[place.start : place.end] for place in places] == ['"/bin/bash"', '"-c"', "exec java \\\n  -jar a.jar", '"x"', '"-Xmx1g"']


def test_the_other_settings_of_an_image() -> None:
    image = build(
        "FROM scratch AS a\nENV U=app\nUSER $U\nWORKDIR /srv\nWORKDIR app\nSTOPSIGNAL SIGQUIT\nHEALTHCHECK CMD curl x || exit 1\nFROM a\nWORKDIR ../w"
    )
    assert (told(image.user), told(image.workdir), told(image.stop_signal)) == ("app", "/srv/w", "SIGQUIT")
    assert told(image.healthcheck) == ["CMD-SHELL", "curl x || exit 1"]
    assert told(build("FROM scratch AS a\nHEALTHCHECK CMD x\nFROM a\nHEALTHCHECK NONE").healthcheck) == ["NONE"]


# ---- bases


@pytest.mark.parametrize(
    ("text", "base", "bases", "runtime"),
    [
        ("ARG V=21\nFROM eclipse-temurin:${V}-jre", "eclipse-temurin:21-jre", ("eclipse-temurin:21-jre",), "jvm"),
        ("FROM node:20 AS node\nFROM node", "node", ("node:20",), "node"),
        ("FROM Node:20 AS x\nFROM x AS y\nFROM y", "y", ("Node:20",), None),
        ("FROM scratch", "scratch", (), None),
        ("ARG V\nFROM node:$V", "unknown: build argument V", ("node",), "node"),
        ("ARG B\nFROM $B", "unknown: build argument B", (), None),
        ("ARG R\nFROM $R/node:20", "unknown: build argument R", (), None),
    ],
)
def test_the_chain_of_bases(text: str, base: str, bases: tuple[str, ...], runtime: str | None) -> None:
    image = build(text)
    assert image.stage is not None
    assert (told(image.stage.base), image.bases, image.runtime) == (base, bases, runtime)


def test_a_base_that_another_dockerfile_builds() -> None:
    known = images({
        "base/Dockerfile": "FROM eclipse-temurin:21-jre-alpine\nENV JAVA_OPTS=-Xmx1g\nARG X=1\nRUN apk add tini\nENTRYPOINT [\"tini\", \"--\"]\nONBUILD ENV BUILT=$JAVA_OPTS\n",
        "app/Dockerfile": "FROM acme/base:3\nCMD [\"java\"]\n",
    })  # fmt: skip
    known.register("acme/base", "base/Dockerfile")
    known.register("acme/app:1", "app/Dockerfile")
    image = known.find("acme/app:1")
    assert image is not None
    assert (told(image.entrypoint), told(image.cmd)) == (["tini", "--"], ["java"])
    assert env(image) == {"JAVA_OPTS": "-Xmx1g", "BUILT": "-Xmx1g"}
    assert image.bases == ("acme/base:3", "eclipse-temurin:21-jre-alpine")
    assert (image.runtime, image.sh, image.libc) == ("jvm", "busybox", "musl")
    assert image.stage is not None
    assert image.stage.installs == ("tini",)
    assert image.entrypoint is not None
    assert image.entrypoint[0].origin is not None
    assert image.entrypoint[0].origin.span.path == "base/Dockerfile"


def test_an_image_that_is_built_on_itself() -> None:
    known = images({"Dockerfile": "FROM acme/app\nCMD [\"x\"]\n"})  # fmt: skip
    known.register("acme/app", "Dockerfile")
    image = known.find("acme/app")
    assert image is not None
    assert told(image.cmd) == ["x"]
    assert isinstance((image.entrypoint or ())[0], Unknown)


def test_a_long_chain_of_stages() -> None:
    text = "FROM scratch AS s0\nENV A=1\n" + "".join(f"FROM s{number} AS s{number + 1}\n" for number in range(1500))
    assert env(build(text)) == {"A": "1"}


def test_a_target_names_a_stage() -> None:
    text = 'FROM scratch AS Dev\nCMD ["dev"]\nFROM scratch AS prod\nCMD ["prod"]\n'
    assert told(build(text, "dev").cmd) == ["dev"]
    known = images({"Dockerfile": text})
    dockerfile = known.dockerfile("Dockerfile")
    assert dockerfile is not None
    assert known.from_dockerfile(dockerfile, "none") is None
    assert [problem.message for problem in known.problems] == ['target stage "none" could not be found']


def test_every_stage_of_the_given_dockerfiles() -> None:
    known = images({"a/Dockerfile": "FROM scratch AS b\nFROM b\n", "a/x": "", "Dockerfile": "FROM scratch\n"})
    assert [(image.reference, image.stage.last) for image in known.built() if image.stage] == [
        ("a/Dockerfile#b", False),
        ("a/Dockerfile", True),
        ("Dockerfile", True),
    ]


# ---- what it holds


def test_copies_lead_back_to_the_context() -> None:
    image = build(
        "FROM maven AS build\nWORKDIR /src\nCOPY . .\nCOPY scripts/ /opt/scripts/\nFROM scratch\nWORKDIR /app\nCOPY run.sh conf/*.cfg ./\n"
        "COPY --from=build /src/target/app.jar /opt/scripts/start.sh /bin/\nCOPY --from=0 /opt /tools\nCOPY --from=nginx /etc/x /x\nCOPY <<EOF /y\nEOF\n"
    )
    assert image.stage is not None
    assert image.stage.copies == (
        ("run.sh", "/app"),
        ("conf/*.cfg", "/app"),
        ("./target/app.jar", "/bin/app.jar"),
        ("scripts/start.sh", "/bin/start.sh"),
        ("scripts/", "/tools/scripts"),
    )
    assert image.context == ""


@pytest.mark.parametrize(
    ("script", "names"),
    [
        ("apt-get update && apt-get install -y --no-install-recommends tini=0.19.0-1 'curl' && rm -rf /var/lib/apt", ["tini", "curl"]),
        ("apk add --no-cache --virtual .build gcc && apk add jemalloc dumb-init", ["gcc", "jemalloc", "dumb-init"]),
        ("set -eux; yum -y install java-17-openjdk-headless; yum clean all", ["java-17-openjdk-headless"]),
        ("pip install --no-cache-dir -r requirements.txt gunicorn==21.2 'uvicorn[standard]>=0.20'", ["gunicorn", "uvicorn"]),
        ("npm install -g pm2@5 @nestjs/cli", ["pm2", "@nestjs/cli"]),
        ("curl -fsSL https://example.org/v1/tini-amd64 -o /tini && chmod +x /tini", ["tini-amd64"]),
        ("apt-get install -y $PACKAGES\n\napt-get install \\\n  supervisor", ["supervisor"]),
        ("echo install nothing", []),
    ],
)
def test_packages_that_a_script_installs(script: str, names: list[str]) -> None:
    assert packages(script) == names


def test_forms_of_the_effective_instructions() -> None:
    stage = build('FROM scratch AS a\nCMD x\nENTRYPOINT ["e"]\nFROM a\n').stage
    assert stage is not None
    assert (stage.cmd_form, stage.entrypoint_form) == ("shell", "exec")
    assert stage.cmd_at is not None
    assert stage.cmd_at.line == 2
    stage = build("FROM scratch AS a\nCMD x\nFROM a\nENTRYPOINT e\n").stage
    assert stage is not None
    assert (stage.cmd_form, stage.cmd_at) == (None, None)


# ---- finding by name


FILES = {"Dockerfile": 'FROM scratch AS one\nCMD ["1"]\nFROM scratch\nCMD ["2"]\n', "b/Dockerfile": 'FROM scratch\nCMD ["b"]\n'}


def test_a_registered_name_goes_before_configuration_and_catalogue() -> None:
    known = images(FILES, ImageEntry("redis*", facts={"command": ["told"]}))
    assert told(sure(known.find("redis:7")).cmd) == ["told"]
    known.register("docker.io/library/redis:7", "Dockerfile", target="one", origin=HERE)
    image = known.find("redis:7")
    assert image is not None
    assert (told(image.cmd), image.reference, image.source, image.origin) == (["1"], "redis:7", "dockerfile", HERE)
    assert told(sure(images({}).find("redis:7")).cmd) == ["redis-server"]


def test_another_tag_of_a_registered_name_is_less_certain() -> None:
    known = images(FILES)
    known.register("acme/app:1", "Dockerfile")
    assert sure(known.find("acme/app:1")).confidence is Confidence.HIGH
    assert sure(known.find("acme/app:2")).confidence is Confidence.MEDIUM
    known.register("acme/app:b", "b/Dockerfile")
    assert told(sure(known.find("acme/app:b")).cmd) == ["b"]
    assert known.find("acme/app:2") is None  # which of the two builds it?
    known.register("acme/other", "b/Dockerfile", confidence=Confidence.LOW)
    assert sure(known.find("acme/other:9@sha256:" + "0" * 64)).confidence is Confidence.LOW


def test_the_configuration_names_a_dockerfile() -> None:
    known = images(FILES, ImageEntry("acme/*", dockerfile="b/Dockerfile"), ImageEntry("lost", dockerfile="none/Dockerfile"))
    assert told(sure(known.find("acme/x:1")).cmd) == ["b"]
    assert known.find("lost") is None
    assert [problem.path for problem in known.problems] == ["none/Dockerfile"]


def test_the_configuration_tells_facts() -> None:
    facts = {
        "base": "eclipse-temurin:21-jre",
        "entrypoint": ["java", "-jar", "a.jar"],
        "env": {"JAVA_TOOL_OPTIONS": "-Xmx1g"},
        "user": 1000,
    }
    image = images({}, ImageEntry("acme/app", facts=facts)).find("acme/app:7", HERE.span)
    assert image is not None
    assert (image.source, told(image.entrypoint), told(image.cmd)) == ("configuration", ["java", "-jar", "a.jar"], None)
    assert (env(image), told(image.user), image.runtime, image.sh) == ({"JAVA_TOOL_OPTIONS": "-Xmx1g"}, "1000", "jvm", "dash")
    assert image.bases == ("acme/app:7", "eclipse-temurin:21-jre")


def test_problems_of_a_dockerfile_are_told_once() -> None:
    known = images({"Dockerfile": "FROM $NONE\nFOO\nFROM scratch\nENV A=${B:?x}"})
    list(known.built())
    list(known.built())
    assert sorted((problem.line, problem.message) for problem in known.problems) == [
        (1, "base name ($NONE) should not be blank"),
        (2, "unknown instruction: FOO"),
        (4, "${B:?x}: B: x"),
    ]


# ---- the catalogue


@pytest.mark.parametrize(
    ("reference", "runtime", "entrypoint", "pid1"),
    [
        ("redis", "redis", ["docker-entrypoint.sh"], "exec-script"),
        ("docker.io/library/redis:7.2@sha256:abc", "redis", ["docker-entrypoint.sh"], "exec-script"),
        ("public.ecr.aws/docker/library/redis:7", "redis", ["docker-entrypoint.sh"], "exec-script"),
        ("mirror.local:5000/library/redis:7", "redis", ["docker-entrypoint.sh"], "exec-script"),
        ("php:8.3-fpm-alpine", "php-fpm", ["docker-php-entrypoint"], "exec-script"),
        ("php:8-apache", "php-apache (mod_php prefork)", ["docker-php-entrypoint"], "exec-script"),
        ("php", "php-cli", ["docker-php-entrypoint"], "exec-script"),
        ("jenkins/jenkins:lts", "jvm", ["/usr/bin/tini", "--", "/usr/local/bin/jenkins.sh"], "init"),
        ("gcr.io/distroless/java17-debian12", "jvm", ["/usr/bin/java", "-jar"], "direct"),
        ("registry.access.redhat.com/ubi8/openjdk-17:1.18", "jvm", None, None),
        ("prom/node-exporter:v1", "go", ["/bin/node_exporter"], "direct"),
        ("quay.io/prometheus/node-exporter:v1", "go", ["/bin/node_exporter"], "direct"),
        ("gcr.io/distroless/cc-debian13:nonroot", None, None, "direct"),
        ("openjdk:8-jre", "jvm", None, None),
    ],
)
def test_images_that_others_publish(reference: str, runtime: str | None, entrypoint: list[str] | None, pid1: str | None) -> None:
    image = images({}).from_catalog(reference)
    assert image is not None
    assert (image.runtime, told(image.entrypoint), image.pid1) == (runtime, entrypoint, pid1)


@pytest.mark.parametrize("reference", ["acme/redis", "redis-exporter", "ghcr.io/acme/node", "", ":", "@", "a/b/c:d"])
def test_images_that_only_sound_alike_are_not_known(reference: str) -> None:
    assert images({}).from_catalog(reference) is None


def test_what_depends_on_the_tag() -> None:
    known = images({})
    assert told(sure(known.from_catalog("eclipse-temurin:21-jre")).cmd) is None
    assert told(sure(known.from_catalog("eclipse-temurin:21")).cmd) == ["jshell"]
    assert isinstance((sure(known.from_catalog("openjdk:17")).cmd or ())[0], Unknown)


def test_catalogued_words_stand_where_the_image_is_named() -> None:
    image = images({}).find("redis:7", HERE.span)
    assert image is not None
    (word,) = image.cmd or ()
    assert word.origin is not None
    assert word.origin.span == HERE.span
    assert word.origin.how.startswith("CMD of redis (image catalogue: ")


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("node:20", "debian"),
        ("node:20-alpine3.19", "alpine"),
        ("node:20-bookworm-slim", "debian"),
        ("python:3.12-slim", "debian"),
        ("openjdk:8-jre", "debian"),
        ("openjdk:11", "debian"),
        ("openjdk:17", "rhel"),
        ("openjdk:17-jdk-slim", "debian"),
        ("openjdk:17-alpine", "alpine"),
        ("eclipse-temurin:21", "ubuntu"),
        ("eclipse-temurin:21-jre-ubi9-minimal", "rhel"),
        ("amazoncorretto:21", "amazon"),
        ("amazoncorretto:21-alpine", "alpine"),
        ("registry.access.redhat.com/ubi9/nodejs-20", "rhel"),
        ("maven:3.8-openjdk-17", None),
        ("mysql:8", "rhel"),
        ("acme/thing:1.0-alpine", "alpine"),
        ("acme/thing:1.0", None),
        ("gcr.io/distroless/java17", "distroless"),
        ("mcr.microsoft.com/windows/nanoserver:ltsc2022", None),
        ("mcr.microsoft.com/dotnet/aspnet:8.0-jammy-chiseled", "distroless"),
    ],
)
def test_which_system_an_image_stands_on(reference: str, expected: str | None) -> None:
    assert family(reference) == expected


def test_the_catalogue_is_sound() -> None:
    known = catalog()
    rows = [entry for entries in known._exact.values() for entry in entries]
    assert len(rows) > 150
    for entry in rows:
        assert entry.basis
        assert entry.pid1 in (None, "direct", "exec-script", "init", "script", "shell-trap")
        for words in (entry.entrypoint, entry.cmd):
            assert words is None or isinstance(words, dict) or all(word and "<" not in word and " / " not in word for word in words), entry
        assert all("/" not in name and " " not in name for name in entry.env)


@given(st.text(max_size=60))
def test_any_reference_is_looked_up(reference: str) -> None:
    name, tag = plain(reference)
    assert len(name) + len(tag) <= len(reference)
    images({}).find(reference)


@given(
    st.lists(
        st.sampled_from(
            [
                "FROM a AS b",
                "FROM b",
                "FROM $X",
                "ARG X",
                "ARG X=1",
                "ENV A=$X",
                "ENV $A=1",
                "CMD x",
                "ENTRYPOINT []",
                "WORKDIR $X",
                "ONBUILD ENV Z=1",
                "COPY --from=b /x /y",
                "COPY --from=9 a b",
                "COPY x",
                "SHELL []",
                "USER",
                "HEALTHCHECK",
                "RUN apt install",
                "FROM scratch",
            ]
        ),
        max_size=15,
    ).map("\n".join)
)
def test_any_dockerfile_gives_images(text: str) -> None:
    known = images({"Dockerfile": text})
    for image in known.built():
        assert image.stage is not None
        assert image.stage.path == "Dockerfile"


def test_values_that_grow_without_end_are_cut() -> None:
    image = build("FROM scratch\nENV A=x\n" + "ENV A=$A$A\n" * 60)
    assert isinstance(image.env["A"], Unknown)
    value = build("FROM scratch\nENV A=x\n" + "ENV A=${A}y\n" * 3000).env["A"]
    assert isinstance(value, Known)
    assert len(value.value) == 3001
    assert len(value.origin.via) <= 8
