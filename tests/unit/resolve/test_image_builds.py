"""Command lines that build images: which name, from which Dockerfile."""

import pytest

from memlint.model import Confidence, Known, Unknown
from memlint.resolve.image_builds import builds
from memlint.resolve.images import Build
from memlint.sources import carriers
from memlint.sources.text import Source

FILES = {"Dockerfile", "svc/Dockerfile", "svc/Containerfile", "docker/Dockerfile.prod", "ci/Dockerfile"}


def found(line: str, path: str = "build.sh") -> list[tuple[str, Build]]:
    return list(builds(carriers.lines({"shell": [Source(path, line)]}), FILES.__contains__))


@pytest.mark.parametrize(
    ("line", "reference", "dockerfile", "context", "target"),
    [
        ("docker build -t app .", "app", "Dockerfile", "", None),
        ("docker build --tag=app:1 svc/", "app:1", "svc/Dockerfile", "svc", None),
        ("docker build -tapp:1 -f docker/Dockerfile.prod --target prod .", "app:1", "docker/Dockerfile.prod", "", "prod"),
        ("docker buildx build --platform linux/amd64 --push -qt app svc", "app", "svc/Dockerfile", "svc", None),
        ("docker --context remote image build --no-cache -t app ./svc", "app", "svc/Dockerfile", "svc", None),
        ("sudo podman build --layers -t reg.local:5000/app:2 svc", "reg.local:5000/app:2", "svc/Dockerfile", "svc", None),
        ("cd svc && docker build -t app .", "app", "svc/Dockerfile", "svc", None),
        ("T=3\ndocker build -t app:$T .", "app:3", "Dockerfile", "", None),
        ("docker build -t app:$GIT_SHA .", "app", "Dockerfile", "", None),
        ('docker build -t "app:v-${V}" .', "app", "Dockerfile", "", None),
    ],
)
def test_a_build_names_its_image(line: str, reference: str, dockerfile: str, context: str, target: str | None) -> None:
    ((name, build),) = found(line)
    assert (name, build.dockerfile, build.context, build.target) == (reference, dockerfile, context, target)
    assert build.confidence is Confidence.HIGH


@pytest.mark.parametrize(
    "line",
    [
        "docker build .",
        "docker run -t app .",
        "docker compose build -t app .",
        "docker build -t $NAME .",
        "docker build -t $REGISTRY/app:1 .",
        "docker build -t app https://example.org/x.git",
        "docker build -t app - < Dockerfile",
        "docker build -t app $DIR",
        "docker build -t app -f $FILE .",
        "docker build -t app none/",
        "docker build -t app ../elsewhere",
        "cd $DIR && docker build -t app .",
        "docker build -t",
        "docker",
    ],
)
def test_what_cannot_be_joined_is_left_alone(line: str) -> None:
    assert found(line) == []


def test_paths_begin_beside_the_script_or_at_the_project() -> None:
    assert [build.dockerfile for _, build in found("docker build -t app .", "ci/build.sh")] == ["ci/Dockerfile"]
    assert [build.dockerfile for _, build in found("docker build -t app svc", "ci/build.sh")] == ["svc/Dockerfile"]


def test_build_arguments() -> None:
    ((_, build),) = found("docker build --build-arg A=1 --build-arg B --build-arg=C=$(date) -t app .")
    assert isinstance(build.args["A"], Known)
    assert build.args["A"].value == "1"
    assert build.args["B"] is None
    assert isinstance(build.args["C"], Unknown)


def test_flags_that_nobody_sees_make_it_less_certain() -> None:
    ((_, build),) = found("docker build $FLAGS -t app .")
    assert build.confidence is Confidence.MEDIUM


def test_several_names_and_where_they_stand() -> None:
    text = "docker build -t app:1 -t app:latest ."
    assert [name for name, _ in found(text)] == ["app:1", "app:latest"]
    origins = [build.origin for _, build in found(text)]
    assert [text[origin.span.start : origin.span.end] for origin in origins if origin] == ["app:1", "app:latest"]
