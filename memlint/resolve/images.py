"""What is known of an image: that a Dockerfile of the project builds it, what the configuration tells, what the catalogue knows."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from memlint.config import ImageEntry
from memlint.model import Confidence, Image, Origin, Problem, Span, Stage, Text
from memlint.records import NamedTuple
from memlint.resolve.image_catalog import catalog, plain
from memlint.resolve.inputs import Lookup
from memlint.sources.text import Source

if TYPE_CHECKING:
    from memlint.resolve.image_stages import Builds, Layer
    from memlint.sources.dockerfile import Dockerfile

Arguments = Mapping[str, Text]  # build arguments; None: passed on from the builder's environment

_MAX_CHAIN: Final = 20  # images that are built on each other
MAX_INHERITED: Final = 1_000_000  # settings that all stages of a run take over from what they are built on
_FREE: Final = 50  # of them each time: many small images are no large one


class Build(NamedTuple):
    """How an image is built. `context`: the folder that COPY copies from, None for that of the Dockerfile."""

    dockerfile: str
    target: str | None = None
    args: Arguments = {}  # noqa: RUF012  # never changed
    context: str | None = None
    confidence: Confidence = Confidence.HIGH
    origin: Origin | None = None


class Images:
    """Finds what is known of an image by its name, or by the Dockerfile that builds it.

    `lookup` reads a file of the project; `dockerfiles` are those that the run was given; `entries` are the `images` of the
    configuration, with paths relative to `folder`. `problems` grows while Dockerfiles are read.
    """

    def __init__(self, lookup: Lookup, dockerfiles: Iterable[Source] = (), entries: Sequence[ImageEntry] = (), folder: str = "") -> None:
        self.problems: list[Problem] = []
        self.asked: set[str] = set()  # last parts of the names that were looked for
        self.made: dict[str, Image] = {}  # plain name -> the image that a builder makes without a Dockerfile
        self._lookup = lookup
        self._given = {source.path: source for source in dockerfiles}
        self._entries = entries
        self._folder = folder
        self._dockerfiles: dict[str, Dockerfile | None] = {}
        self._registered: dict[str, list[tuple[str, Build]]] = {}  # plain name -> tag ("": any) and build
        self._builds: dict[tuple[str, tuple[tuple[str, Text], ...]], Builds] = {}
        self._depth = 0
        self._inherited = 0
        self.guesses: dict[str, str] = {}  # last part of a name -> the one Dockerfile in a folder of that name

    def dockerfile(self, path: str) -> "Dockerfile | None":
        """Return a Dockerfile of the project, None where there is none."""
        if path not in self._dockerfiles:
            source = self._given.get(path) or self._lookup(path)
            if source is None:
                self._dockerfiles[path] = None
            else:
                from memlint.sources import dockerfile

                found = self._dockerfiles[path] = dockerfile.read(path, source.text)
                self.problems += found.problems
        return self._dockerfiles[path]

    def built(self) -> Iterator[Image]:
        """Yield the image of every stage of every Dockerfile that the run was given."""
        for path in self._given:
            dockerfile = self.dockerfile(path)
            for stage in dockerfile.stages if dockerfile is not None else ():
                assert dockerfile is not None
                yield self._image(dockerfile, stage.number, Build(path))

    def register(
        self,
        reference: str,
        dockerfile: str,
        target: str | None = None,
        args: Arguments | None = None,
        confidence: Confidence = Confidence.HIGH,
        origin: Origin | None = None,
        context: str | None = None,
    ) -> None:
        """Say that an image is built from the Dockerfile at a path. A `reference` without tag stands for any tag; the first one counts."""
        name, tag = plain(reference)
        if name:
            self._registered.setdefault(name, []).append((tag, Build(dockerfile, target, args or {}, context, confidence, origin)))

    def names(self) -> set[str]:
        """Return the last parts of the names that the files of this run give to images."""
        return {name.rpartition("/")[2] for name in (*self._registered, *self.made, *self.guesses)}

    def find(self, reference: str, at: Span | None = None) -> Image | None:
        """Return what is known of an image by its name, None where nothing is. What a Dockerfile of the project says goes before
        what the configuration says, and that before the catalogue. `at`: where the name stands, as the place of catalogued words.
        """
        build = self._build_of(reference)
        if build is not None:
            dockerfile = self.dockerfile(build.dockerfile)
            image = self.from_dockerfile(dockerfile, build.target, build.args, build.context) if dockerfile is not None else None
            if image is not None:
                return image._replace(reference=reference, confidence=build.confidence, origin=build.origin or image.origin)
        layer = self._told(reference, at)
        if layer is not None:
            return layer.image(reference, "configuration")
        return self._of_skaffold(reference) or self.from_catalog(reference, at) or self._guessed(reference)

    def _of_skaffold(self, reference: str) -> Image | None:
        """Return the image of a skaffold artifact: skaffold puts a registry in front of a bare name."""
        name, _ = plain(reference)
        bare = name.rpartition("/")[2]
        image = self.made.get(name) or self.made.get(bare)
        if image is not None:
            return image._replace(reference=reference)
        builds = [
            build for _, build in self._registered.get(bare, ()) if build.origin is not None and build.origin.how == "skaffold artifact"
        ]
        dockerfile = self.dockerfile(builds[0].dockerfile) if len(builds) == 1 and bare != name else None
        if dockerfile is None:
            return None
        found = self.from_dockerfile(dockerfile, builds[0].target, builds[0].args, builds[0].context)
        return found._replace(reference=reference, confidence=Confidence.MEDIUM, origin=builds[0].origin) if found is not None else None

    def _guessed(self, reference: str) -> Image | None:
        path = self.guesses.get(plain(reference)[0].rpartition("/")[2])
        dockerfile = self.dockerfile(path) if path is not None else None
        image = self.from_dockerfile(dockerfile, context=posixpath.dirname(dockerfile.path)) if dockerfile is not None else None
        return image._replace(reference=reference, confidence=Confidence.LOW) if image is not None else None

    def from_catalog(self, reference: str, at: Span | None = None) -> Image | None:
        """Return what the catalogue knows of an image that others publish, None where it does not know it."""
        entry = catalog().find(reference)
        if entry is None:
            return None
        from memlint.resolve import image_stages

        return image_stages.catalogued(reference, entry, at).image(reference, "catalog")

    def from_dockerfile(
        self, dockerfile: "Dockerfile", target: str | None = None, args: Arguments | None = None, context: str | None = None
    ) -> Image | None:
        """Return the image that a Dockerfile builds, None where it has no such stage."""
        index = self._target(dockerfile, target)
        return None if index is None else self._image(dockerfile, index, Build(dockerfile.path, target, args or {}, context))

    def _target(self, dockerfile: "Dockerfile", target: str | None) -> int | None:
        if target is None:
            return len(dockerfile.stages) - 1 if dockerfile.stages else None
        for stage in reversed(dockerfile.stages):
            if stage.name == target.lower():
                return stage.number
        self._complain(Problem(dockerfile.path, f'target stage "{target}" could not be found'))
        return None

    def _build_of(self, reference: str) -> Build | None:
        """Return the build that makes an image of this name: of this tag, else the only one there is; else the configuration's."""
        name, tag = plain(reference)
        self.asked.add(name.rpartition("/")[2])
        candidates = self._registered.get(name, [])
        for known, build in candidates:
            if known in ("", tag or "latest"):
                return build
        if len({(build.dockerfile, build.target) for _, build in candidates}) == 1:
            # Another tag of the same name: most often, not always, the same file.
            build = candidates[0][1]
            order = list(Confidence)
            return build._replace(confidence=min(build.confidence, Confidence.MEDIUM, key=order.index))
        entry = self._entry(reference)
        if entry is None or entry.dockerfile is None:
            return None
        path = posixpath.normpath(posixpath.join(self._folder, entry.dockerfile))
        if self.dockerfile(path) is None:
            self._complain(
                Problem(path, f"the configuration says that the image {entry.pattern} is built from {path}, but there is no such file")
            )
            return None
        return Build(path, entry.target)

    def _entry(self, reference: str) -> ImageEntry | None:
        if not self._entries:
            return None
        name, tag = plain(reference)
        forms = (reference, name, f"{name}:{tag or 'latest'}")
        return next((entry for entry in self._entries if any(fnmatchcase(form, entry.pattern) for form in forms)), None)

    def _told(self, reference: str, at: Span | None) -> "Layer | None":
        """Return what the configuration tells of an image; what it leaves out is its base's, or the catalogue's."""
        entry = self._entry(reference)
        if entry is None or entry.dockerfile is not None:
            return None
        from memlint.resolve import image_stages

        base = str(entry.facts.get("base", reference))
        return image_stages.told(reference, entry.facts, self._known_below(base, at), at)

    @staticmethod
    def _known_below(reference: str, at: Span | None) -> "Layer":
        from memlint.resolve import image_stages

        if reference == "scratch":
            return image_stages.Layer()
        entry = catalog().find(reference)
        return image_stages.catalogued(reference, entry, at) if entry is not None else image_stages.unknown(reference, at)

    def _image(self, dockerfile: "Dockerfile", index: int, build: Build) -> Image:
        stage = dockerfile.stages[index]
        layer = self._stages(dockerfile, build.args).layer(index)
        assert layer is not None  # only a base image can be under way
        made = Stage(
            name=stage.name,
            number=index,
            at=stage.at,
            path=dockerfile.path,
            base=layer.base,
            last=index == len(dockerfile.stages) - 1,
            cmd_form=layer.cmd_form,
            entrypoint_form=layer.entrypoint_form,
            cmd_at=layer.cmd_at,
            entrypoint_at=layer.entrypoint_at,
            installs=tuple(dict.fromkeys(layer.installs)),
            copies=tuple(layer.copies),
        )
        part = stage.name or (None if made.last else str(index))
        reference = f"{dockerfile.path}#{part}" if part else dockerfile.path
        return layer.image(reference, "dockerfile")._replace(
            confidence=Confidence.HIGH,
            stage=made,
            dockerfile=dockerfile.path,
            context=posixpath.dirname(dockerfile.path) if build.context is None else build.context,
            origin=Origin(stage.at, "FROM"),
        )

    def _stages(self, dockerfile: "Dockerfile", args: Arguments) -> "Builds":
        key = (dockerfile.path, tuple(sorted(args.items(), key=lambda item: item[0])))
        if key not in self._builds:
            from memlint.resolve import image_stages

            self._builds[key] = image_stages.Builds(dockerfile, args, self._below, self._heir, self._complain)
        return self._builds[key]

    def _below(self, reference: str, at: Span) -> "Layer":
        """Return the layer that a FROM finds: another Dockerfile's stage, or what is known by name."""
        build = self._build_of(reference) if self._depth < _MAX_CHAIN else None
        dockerfile = self.dockerfile(build.dockerfile) if build is not None else None
        index = self._target(dockerfile, build.target) if build is not None and dockerfile is not None else None
        if build is not None and dockerfile is not None and index is not None:
            self._depth += 1
            layer = self._stages(dockerfile, build.args).layer(index)
            self._depth -= 1
            if layer is not None:
                heir = self._heir(layer, at)
                heir.scope, heir.copies = dict(heir.env), []
                heir.bases = (reference, *heir.bases)
                return heir
        return self._told(reference, at) or self._known_below(reference, at)

    def _heir(self, layer: "Layer", at: Span) -> "Layer":
        """Return what a stage that is built on another begins with, as long as there are not too many large ones."""
        before, self._inherited = self._inherited, self._inherited + max(0, layer.weight - _FREE)
        if self._inherited <= MAX_INHERITED:
            return layer.heir()
        from memlint.resolve import image_stages

        why = f"the images of this run take over more than {MAX_INHERITED} settings from those they are built on"
        if before <= MAX_INHERITED:
            self._complain(Problem(at.path, f"{why}: memlint follows them no further", at.line, at.column))
        return image_stages.unknown("", at, why)

    def _complain(self, problem: Problem) -> None:
        if problem not in self.problems:
            self.problems.append(problem)
