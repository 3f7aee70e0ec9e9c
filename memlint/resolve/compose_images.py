"""The images of Compose services: what `build:` makes, what `image:` names."""

from typing import TYPE_CHECKING

from memlint.model import Image, Known, Origin, Span, Text, Unknown
from memlint.records import NamedTuple
from memlint.resolve.compose_project import Environment, is_outside, is_remote, join
from memlint.resolve.inputs import Inputs
from memlint.sources.compose import Leaf, Map, span_of, text_of
from memlint.sources.compose_schema import filled_in
from memlint.sources.interpolation import HOLE

if TYPE_CHECKING:
    from memlint.sources.dockerfile import Dockerfile


def reference_of(service: Map, via: tuple[Origin, ...]) -> Text:
    """Return the image as the join may look it up: a tag from outside leaves the name known, as in `redis:${TAG}`."""
    leaf = service.leaf("image")
    entry = service.entries.get("image")
    if entry is not None and filled_in(entry.value):
        return Unknown("something else fills it in", Origin(span_of(entry.value, entry.key), "image"))
    if leaf is None or type(leaf.value) is not str or not leaf.value:
        return None
    origin = leaf.origin("image", via + service.via("image"))
    name = leaf.outside
    if name is None:
        return Known(leaf.value, origin)
    folder, slash, rest = leaf.value.rpartition("/")
    repository, colon, _ = rest.partition(":")
    if colon and HOLE not in folder + repository:
        return Known(f"{folder}{slash}{repository}:${{{name}}}", origin)
    return Unknown(f"${{{name}}} is set outside the project", origin)


class Build(NamedTuple):
    """What `build:` says, where it leads to a Dockerfile of the project."""

    dockerfile: str | None  # None: it is written in the compose file itself
    inline: Leaf | None
    context: str
    target: str | None
    args: dict[str, Text]
    at: Span


def build_of(service: Map, environment: Environment) -> Build | None:
    """Return how a service is built, None where it is not, or not from a Dockerfile of the project."""
    build = service.map("build")
    entry = service.entries.get("build")
    if build is None or entry is None:
        return None
    context, inline, target = build.text("context"), build.leaf("dockerfile_inline"), build.text("target")
    dockerfile = build.text("dockerfile") or "Dockerfile"
    at = entry.key.span if entry.key is not None else span_of(build)
    if (
        context is None
        or is_remote(context)
        or is_outside(context)
        or is_outside(dockerfile)
        or HOLE in context + dockerfile + (target or "")
    ):
        return None
    args: dict[str, Text] = {}
    listed = build.map("args")
    for name, argument in listed.entries.items() if listed is not None else ():
        leaf = argument.value
        if type(leaf) is not Leaf or HOLE in name:
            continue
        origin = leaf.origin(f"build argument {name}", argument.via)
        variable = environment.get(name) if leaf.value is None else None
        if leaf.outside is not None or (variable is not None and variable.outside is not None):
            args[name] = Unknown(f"${{{leaf.outside or name}}} is set outside the project", origin)
        elif leaf.value is not None or variable is not None:
            args[name] = Known(text_of(leaf.value) if variable is None else variable.text, origin)
        else:
            args[name] = None
    written_here = inline is not None and type(inline.value) is str and inline.value != ""
    return Build(None if written_here else join(context, dockerfile), inline if written_here else None, context, target or None, args, at)


def image_of(build: Build | None, reference: Text, inputs: Inputs) -> Image | None:
    """Return what is known of the image of a service: what its own build makes, else what its name tells."""
    if build is not None:
        if build.dockerfile is not None:
            dockerfile = inputs.images.dockerfile(build.dockerfile)
        else:
            assert build.inline is not None
            dockerfile = _inline(build.inline)
        return inputs.images.from_dockerfile(dockerfile, build.target, build.args, build.context) if dockerfile is not None else None
    return inputs.images.find(reference.value, reference.origin.span) if isinstance(reference, Known) else None


def _inline(leaf: Leaf) -> "Dockerfile | None":
    """Return a Dockerfile that is written in the compose file, where its lines stand there as they are."""
    source = leaf.node.source
    if leaf.result is not None or leaf.node.style != "|":
        return None
    from memlint.sources import dockerfile

    # What stands before becomes blank, so that every instruction keeps its place in the compose file.
    begin, end = source.text.find("\n", leaf.node.start) + 1, leaf.node.end
    blank = "".join(character if character == "\n" else " " for character in source.text[:begin])
    return dockerfile.read(source.path, blank + source.text[begin:end])
