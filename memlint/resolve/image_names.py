"""Which files say from which Dockerfile an image is built: skaffold, Docker's bake files, build-push-action; at last the folder's name.

Sources: skaffold.dev references/yaml (artifacts, docker); docs.docker.com/build/bake/reference; docker/build-push-action action.yml.
"""

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from memlint.model import Confidence, Origin
from memlint.patterns import pattern
from memlint.resolve.inputs import Inputs, resolve
from memlint.sources import tree
from memlint.sources.text import Source
from memlint.sources.tree import Mapping, Scalar

_TARGET: Final = pattern(r'^target\s+"(?P<name>[^"]+)"\s*\{(?P<body>.*?)^\}', re.MULTILINE | re.DOTALL)
_FIELD: Final = pattern(r'^[ \t]*(?P<key>context|dockerfile|target)[ \t]*=[ \t]*"(?P<value>[^"$\n]*)"[ \t\r]*$', re.MULTILINE)
_TAGS: Final = pattern(r"^[ \t]*tags[ \t]*=[ \t]*\[(?P<list>[^\]]{0,10000})\]", re.MULTILINE)
_STRING: Final = pattern(r'"([^"$]+)"')


def register(inputs: Inputs) -> None:
    """Tell `inputs.images` every image name that the files of the run give to what a Dockerfile builds."""
    for source in inputs.sources("skaffold"):
        _skaffold(source, inputs)
    for source in inputs.sources("bake"):
        if source.path.endswith(".hcl"):
            _bake_hcl(source, inputs)
        else:
            _bake_json(source, inputs)
    for source in inputs.sources("workflow"):
        if "build-push-action" in source.text:
            _workflow(source, inputs)
    _folders(inputs)


def _note(
    inputs: Inputs, source: Source, name: Scalar | tuple[str, int], context: str, dockerfile: str, target: str | None, how: str
) -> None:
    text, at = (name.value, name.span) if isinstance(name, Scalar) else (name[0], source.span(name[1], name[1] + len(name[0])))
    folder = resolve(source.path, context)
    path = posixpath.normpath(posixpath.join(folder, dockerfile))
    if text and inputs.lookup(path) is not None:
        inputs.images.register(text, path, target, None, Confidence.HIGH, Origin(at, how), folder)
        inputs.joined.append(f"image {text}: built from {path}, says {source.path}:{at.line}")


def _mappings(node: object) -> Iterator[Mapping]:
    if isinstance(node, tree.Sequence):
        yield from (item for item in node.items if isinstance(item, Mapping))


def _skaffold(source: Source, inputs: Inputs) -> None:
    for document in tree.read(source).documents:
        if not isinstance(document, Mapping):
            continue
        builds = [document.mapping("build"), *(profile.mapping("build") for profile in _mappings(document.get("profiles")))]
        for build in builds:
            for artifact in _mappings(build.get("artifacts")) if build is not None else ():
                image = artifact.scalar("image")
                if image is not None and (jib := artifact.mapping("jib")) is not None:
                    from memlint.resolve import jib_images

                    made = jib_images.read(source, artifact.text("context") or ".", jib, inputs)
                    if made is not None:
                        inputs.images.made.setdefault(image.value, made)
                        inputs.joined.append(f"image {image.value}: made by Jib, says {source.path}:{image.line}")
                elif image is not None and artifact.get("buildpacks") is None:
                    docker = artifact.mapping("docker")
                    dockerfile = docker.text("dockerfile") if docker is not None else None
                    target = docker.text("target") if docker is not None else None
                    _note(inputs, source, image, artifact.text("context") or ".", dockerfile or "Dockerfile", target, "skaffold artifact")


def _bake_json(source: Source, inputs: Inputs) -> None:
    for document in tree.read(source).documents:
        targets = document.mapping("target") if isinstance(document, Mapping) else None
        for _, target in targets.items() if targets is not None else ():
            if isinstance(target, Mapping):
                tags = target.sequence("tags")
                for tag in tags.items if tags is not None else ():
                    if isinstance(tag, Scalar) and "$" not in tag.value:
                        context, dockerfile = target.text("context") or ".", target.text("dockerfile") or "Dockerfile"
                        _note(inputs, source, tag, context, dockerfile, target.text("target"), "bake target")


def _bake_hcl(source: Source, inputs: Inputs) -> None:
    """Read the plain strings of a bake file; what an expression decides stays unknown."""
    for block in _TARGET.finditer(source.text):
        fields = {match["key"]: match["value"] for match in _FIELD.finditer(block["body"])}
        tags = _TAGS.search(block["body"])
        for tag in _STRING.finditer(tags["list"]) if tags else ():
            assert tags is not None
            start = block.start("body") + tags.start("list") + tag.start(1)
            context, dockerfile = fields.get("context", "."), fields.get("dockerfile", "Dockerfile")
            _note(inputs, source, (tag[1], start), context, dockerfile, fields.get("target"), "bake target")


def _workflow(source: Source, inputs: Inputs) -> None:
    """Read the steps that use docker/build-push-action; paths are those of the checkout, the folder above `.github`."""
    top = source.path.partition(".github/")[0]
    for document in tree.read(source).documents:
        jobs = document.mapping("jobs") if isinstance(document, Mapping) else None
        for _, job in jobs.items() if jobs is not None else ():
            for step in _mappings(job.get("steps")) if isinstance(job, Mapping) else ():
                given = step.mapping("with")
                tags = given.scalar("tags") if given is not None else None
                if given is None or tags is None or "build-push-action" not in (step.text("uses") or ""):
                    continue
                context, file = given.text("context") or ".", given.text("file")
                if "${{" in context or "${{" in (file or ""):
                    continue
                path = posixpath.normpath(posixpath.join(top, file or posixpath.join(context, "Dockerfile")))
                if inputs.lookup(path) is None:
                    continue
                for word in tags.value.replace(",", "\n").split():
                    name = word.partition("${{")[0].rstrip(":-")
                    if "/" in name or ":" in name:
                        folder = posixpath.normpath(posixpath.join(top, context))
                        inputs.images.register(
                            name, path, given.text("target"), None, Confidence.MEDIUM, Origin(tags.span, "build-push-action"), folder
                        )


def _folders(inputs: Inputs) -> None:
    """Take a folder's name for the image's where one Dockerfile alone stands in a folder of that name: a guess, so of low confidence."""
    named: dict[str, list[str]] = {}
    for source in inputs.sources("dockerfile"):
        folder = posixpath.dirname(source.path)
        name = posixpath.basename(folder)
        if posixpath.basename(source.path) in ("Dockerfile", "Containerfile") and name not in _NO_NAMES:
            named.setdefault(name, []).append(source.path)
    inputs.images.guesses = {name: paths[0] for name, paths in named.items() if len(paths) == 1}


# Folders whose name says nothing of the image.
_NO_NAMES: Final = frozenset(
    ("", ".", "docker", "build", "src", "app", "deploy", "container", "containers", "image", "images", ".devcontainer", "base", "dev")
)
