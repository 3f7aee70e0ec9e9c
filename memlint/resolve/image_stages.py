"""What the stages of a Dockerfile make: variables, inheritance and the image's settings, instruction by instruction.

As BuildKit does it (frontend/dockerfile/dockerfile2llb/convert.go, 2026-08), but for what only a build can tell: a build argument
without a default is unknown, and so is a variable that the base image may set.
"""

import posixpath
import re
from collections.abc import Callable, Mapping
from copy import copy
from typing import TYPE_CHECKING, Any, Final

from memlint.model import Confidence, Image, Known, Origin, Problem, Span, Text, Unknown, Word, Words
from memlint.patterns import pattern
from memlint.resolve.image_catalog import FAMILIES, Entry, family, plain, windows

if TYPE_CHECKING:
    from memlint.sources.dockerfile import BuildStage, Dockerfile, Instruction, Pair, Piece

Arguments = Mapping[str, Text]  # build arguments; None: passed on from the builder's environment
Complain = Callable[[Problem], None]

NOWHERE: Final = Span("", 1, 1, 1, 1, 0, 0)
SHELL: Final = ("/bin/sh", "-c")
_WINDOWS_SHELL: Final = ("cmd", "/S", "/C")
# What the builder sets for every build (dockerfile2llb/platform.go).
_PLATFORM: Final = frozenset((
    "BUILDARCH", "BUILDOS", "BUILDOSVERSION", "BUILDPLATFORM", "BUILDVARIANT", "TARGETARCH", "TARGETOS", "TARGETOSVERSION", "TARGETPLATFORM",
    "TARGETSTAGE", "TARGETVARIANT",
))  # fmt: skip
# Names by which images set memory: the catalogue tells all of these that an image has, so others are not set there.
_MEMORY_NAME: Final = pattern(r"OPTS|OPTIONS|FLAGS|ARGS|PARAMS|MEM|HEAP|XM[SX]|GOGC|WORKERS|CONCURRENCY", re.IGNORECASE)
_HOLE: Final = "\0"  # stands for what is not known of a name
_MAX_COPIES: Final = 2000
_MAX_VALUE: Final = 65536  # characters of a variable
_MAX_ROW: Final = 8  # places through which a value is traced back


class Layer:
    """An image while it is put together. `scope`: what expansions see, build arguments too. `missing`: why a variable that is not in
    `scope` cannot be known, None where it is just not set; `complete`: the memory variables of the base are known all the same.
    """

    def __init__(self, missing: str | None = None, bases: tuple[str, ...] = ()) -> None:
        self.env: dict[str, Text] = {}
        self.scope: dict[str, Text] = {}
        self.missing = missing
        self.complete = False
        self.entrypoint: Words | None = None
        self.cmd: Words | None = None
        self.cmd_here = False  # CMD stands in this stage: ENTRYPOINT does not reset it
        self.user: Text = None
        self.workdir: Text = None
        self.shell: Words = ()
        self.stop_signal: Text = None
        self.healthcheck: Words | None = None
        self.bases = bases
        self.base: Text = None
        self.runtime: str | None = None
        self.sh: str | None = None
        self.libc: str | None = None
        self.pid1: str | None = None
        self.main: str | None = None
        self.confidence = Confidence.HIGH
        self.cmd_form: str | None = None
        self.entrypoint_form: str | None = None
        self.cmd_at: Span | None = None
        self.entrypoint_at: Span | None = None
        self.installs: list[str] = []
        self.copies: list[tuple[str, str]] = []
        self.onbuild: list[Instruction] = []

    def get(self, name: str) -> Text:
        """Return a variable as an expansion sees it."""
        if name in self.scope:
            return self.scope[name]
        if self.missing is None or (self.complete and _MEMORY_NAME.search(name)):
            return None
        return Unknown(f"{name} is not set here: {self.missing}")

    @property
    def weight(self) -> int:
        """How much an heir copies."""
        return sum(map(len, (self.env, self.scope, self.installs, self.copies, self.onbuild)))

    def heir(self) -> "Layer":
        """Return what a stage built on this one begins with: build arguments come along, but the image's own variables go before."""
        heir = copy(self)
        heir.cmd_here = False
        heir.env, heir.scope = dict(self.env), {**self.scope, **self.env}
        heir.installs, heir.copies, heir.onbuild = list(self.installs), list(self.copies), list(self.onbuild)
        return heir

    def image(self, reference: str, source: str) -> Image:
        return Image(
            reference=reference,
            source=source,
            entrypoint=self.entrypoint,
            cmd=self.cmd,
            env=self.env,
            user=self.user,
            workdir=self.workdir,
            shell=tuple(word.value for word in self.shell if isinstance(word, Known)) or SHELL,
            stop_signal=self.stop_signal,
            healthcheck=self.healthcheck,
            bases=self.bases,
            runtime=self.runtime,
            sh=self.sh,
            libc=self.libc,
            pid1=self.pid1,
            main_process=self.main,
            confidence=self.confidence,
        )


def unknown(reference: str, at: Span | None, why: str | None = None) -> Layer:
    """Return the layer of an image of which nothing is known but perhaps its name."""
    reason = why or f"nothing is known of the image {reference}"
    word = Unknown(reason, Origin(at or NOWHERE, "base image"))
    layer = Layer(reason, (reference,) if reference else ())
    layer.entrypoint = layer.cmd = (word,)
    layer.user = layer.workdir = word
    _set_system(layer, reference)
    return layer


def catalogued(reference: str, entry: Entry, at: Span | None) -> Layer:
    """Return the layer of an image that the catalogue knows. Its words are said to stand where it is named."""
    name = plain(reference)[0]

    def origin(what: str) -> Origin:
        return Origin(at or NOWHERE, f"{what} of {name} (image catalogue: {entry.basis})")

    def words(what: str, value: Any) -> Words | None:
        if isinstance(value, Mapping):
            return (Unknown(f"{what} of {name} is not certain: {value['unknown']}", origin(what)),)
        return tuple(Known(word, origin(what)) for word in value) if value else None

    layer = Layer(f"the image {name} may set it", (reference,))
    layer.complete = True
    for key, value in entry.env.items():
        at_key = origin(f"ENV {key}")
        layer.env[key] = Unknown(f"{key} of {name} is {value}", at_key) if "$" in value else Known(value, at_key)
    layer.scope = dict(layer.env)
    layer.entrypoint, layer.cmd = words("ENTRYPOINT", entry.entrypoint), words("CMD", entry.cmd)
    layer.stop_signal = Known(entry.stop_signal, origin("STOPSIGNAL")) if entry.stop_signal else None
    layer.runtime, layer.pid1, layer.main = entry.runtime, entry.pid1, entry.main
    layer.confidence = Confidence(entry.confidence)
    _set_system(layer, reference)
    return layer


def told(reference: str, facts: Mapping[str, Any], base: Layer, at: Span | None) -> Layer:
    """Return the layer of an image of which the configuration tells; what it leaves out is as in `base`."""
    origin = Origin(at or NOWHERE, "images of the configuration")

    def words(value: Any) -> Words | None:
        items = value if isinstance(value, list) else [*SHELL, value]
        return tuple(Known(str(item), origin) for item in items) if value else None

    layer = base.heir()
    if "entrypoint" in facts:
        layer.entrypoint = words(facts["entrypoint"])
        layer.cmd = layer.pid1 = layer.main = None
    command = next((key for key in ("command", "cmd") if key in facts), None)
    if command is not None:
        layer.cmd = words(facts[command])
    layer.env.update({str(name): Known(str(value), origin) for name, value in (facts.get("env") or {}).items()})
    layer.scope = dict(layer.env)
    for name in ("runtime", "sh", "libc", "pid1"):
        if facts.get(name) is not None:
            setattr(layer, name, str(facts[name]))
    for name in ("user", "workdir", "stop_signal"):
        if facts.get(name) is not None:
            setattr(layer, name, Known(str(facts[name]), origin))
    layer.bases = tuple(dict.fromkeys((reference, *layer.bases)))
    layer.confidence = Confidence.HIGH
    return layer


def _set_system(layer: Layer, reference: str) -> None:
    found = family(reference)
    if found is not None:
        layer.sh, layer.libc = FAMILIES[found]


class Builds:
    """The stages of one Dockerfile with one set of build arguments, each built once, on what `below` says of images from elsewhere."""

    def __init__(
        self,
        dockerfile: "Dockerfile",
        args: Arguments,
        below: Callable[[str, Span], Layer],
        heir: Callable[[Layer, Span], Layer],
        complain: Complain,
    ) -> None:
        self.dockerfile = dockerfile
        self.args = args
        self.complain = complain
        self._below = below
        self._heir = heir
        self._named: dict[str, int] = {}  # name -> the last stage so far
        self._layers: list[Layer] = []
        self._building = False
        self._globals = self._global_arguments()

    def layer(self, index: int) -> Layer | None:
        """Return what a stage makes, None where it is being built: it is built on itself."""
        if index >= len(self._layers) and self._building:
            return None
        self._building = True
        try:
            while len(self._layers) <= index:
                stage = self.dockerfile.stages[len(self._layers)]
                self._layers.append(self._build(stage))
                if stage.name:
                    self._named[stage.name] = stage.number
        finally:
            self._building = False
        return self._layers[index]

    def _global_arguments(self) -> dict[str, Text]:
        known: dict[str, Text] = {name: Unknown(f"{name} is set by the builder") for name in _PLATFORM}
        for instruction in self.dockerfile.arguments:
            for pair in instruction.pairs:
                known[pair.key] = self.argument(pair, known.get, None)
        return known

    def argument(self, pair: "Pair", get: Callable[[str], Text], outer: Text) -> Text:
        """Return the value of an ARG: given to the build, else its default, else that of the ARG before the first FROM."""
        origin = Origin(pair.at, f"ARG {pair.key}")
        if pair.key in self.args:
            given = self.args[pair.key]
            return given if given is not None else Unknown(f"build argument {pair.key} comes from the builder's environment", origin)
        if pair.value is not None:
            return self.expand(pair.value, pair.at, f"ARG {pair.key}", get)
        return outer if outer is not None else Unknown(f"build argument {pair.key}", origin)

    def expand(self, text: str, at: Span, how: str, get: Callable[[str], Text]) -> Word:
        """Return a text with its variables replaced; where it came from through which of them."""
        via: list[Origin] = []

        def look(name: str) -> str | Unknown | None:
            value = get(name)
            if isinstance(value, Known):
                via.append(value.origin)
                given: str = value.value
                return given
            return value

        from memlint.sources import dockerfile_words

        try:
            result = dockerfile_words.expand(text, look, self.dockerfile.escape)
        except dockerfile_words.WordError as error:
            self.complain(Problem(self.dockerfile.path, f"{text}: {error}", at.line, at.column))
            return Unknown(str(error), Origin(at, how))
        if isinstance(result, Unknown):
            return Unknown(result.why, Origin(at, how))
        if len(result) > _MAX_VALUE:
            return Unknown(f"it is longer than {_MAX_VALUE} characters", Origin(at, how))
        return Known(result, Origin(at, how, _row(via)))

    def _build(self, stage: "BuildStage") -> Layer:
        layer = self._start(stage)
        builder = _Builder(self, layer, stage.number, self._globals)
        triggers, layer.onbuild = layer.onbuild, []
        for instruction in (*triggers, *stage.instructions):
            builder.run(instruction)
        return layer

    def _start(self, stage: "BuildStage") -> Layer:
        """Return what a stage finds when it begins."""
        at = stage.base.at
        base = self.expand(stage.base.text, at, "FROM", self._globals.get)
        if isinstance(base, Known):
            if not base.value:
                self.complain(Problem(self.dockerfile.path, f"base name ({stage.base.text}) should not be blank", at.line, at.column))
            earlier = self._named.get(base.value)
            if earlier is not None:
                layer = self._heir(self._layers[earlier], at)
                layer.base = base
                return layer
        name = base.value if isinstance(base, Known) else self._known_name(stage)
        if name == "scratch":
            layer = Layer()
        elif name:
            layer = self._below(name, at)
        else:
            layer = unknown("", at, base.why if isinstance(base, Unknown) else "the base image has no name")
        layer.base = base
        if windows(name) or (stage.platform or "").startswith("windows"):
            layer.shell = tuple(Known(word, Origin(at, "default shell")) for word in _WINDOWS_SHELL)
        return layer

    def _known_name(self, stage: "BuildStage") -> str:
        """Return the name of a base image of which only the tag is not known, "" where more is not."""

        def look(name: str) -> str | None:
            value = self._globals.get(name)
            return value.value if isinstance(value, Known) else _HOLE if isinstance(value, Unknown) else None

        from memlint.sources import dockerfile_words

        try:
            text = dockerfile_words.expand(stage.base.text, look, self.dockerfile.escape)
        except dockerfile_words.WordError:
            return ""
        name = plain(text)[0] if isinstance(text, str) else _HOLE
        if _HOLE in name or not isinstance(text, str):
            return ""
        return text.partition("@")[0].rpartition(":")[0] if ":" in text.rpartition("/")[2] else text.partition("@")[0]

    def source_stage(self, name: str, index: int) -> Layer | None:
        """Return the stage that `COPY --from=name` in the stage `index` copies from, None for an image from elsewhere."""
        number = self._named.get(name.lower(), index)
        if name.isascii() and name.isdecimal():
            number = int(name) if len(name) < 6 else index
        return self._layers[number] if number < index else None


class _Builder:
    """Carries the instructions of one stage out on its layer."""

    def __init__(self, builds: Builds, layer: Layer, index: int, outer: Mapping[str, Text]) -> None:
        self.builds = builds
        self.layer = layer
        self.index = index
        self.outer = outer

    def run(self, instruction: "Instruction") -> None:
        action = _ACTIONS.get(instruction.keyword)
        if action is not None and (not instruction.broken or instruction.keyword in ("CMD", "ENTRYPOINT")):
            action(self, instruction)

    def _expand(self, text: str, at: Span, how: str) -> Word:
        return self.builds.expand(text, at, how, self.layer.get)

    def arg(self, instruction: "Instruction") -> None:
        for pair in instruction.pairs:
            self.layer.scope[pair.key] = self.builds.argument(pair, self.layer.get, self.outer.get(pair.key))

    def env(self, instruction: "Instruction") -> None:
        # All pairs see the variables as they were before the instruction.
        values = [
            (self._expand(pair.key, pair.at, "ENV"), self._expand(pair.value or "", pair.at, f"ENV {pair.key}"))
            for pair in instruction.pairs
        ]
        for key, value in values:
            if isinstance(key, Known):
                self.layer.env[key.value] = self.layer.scope[key.value] = value

    def _command(self, instruction: "Instruction") -> Words:
        """Return the words of CMD or ENTRYPOINT; the shell form gets the stage's shell in front."""
        keyword = instruction.keyword
        if instruction.broken:
            return (Unknown(f"{keyword} is not valid", Origin(instruction.at, keyword)),)
        if instruction.form == "exec":
            return _words(instruction.words, keyword)
        at = instruction.value_at
        shell = self.layer.shell or tuple(Known(word, Origin(at, f"default shell of {keyword}")) for word in SHELL)
        return (*shell, Known(instruction.value, Origin(at, keyword)))

    def cmd(self, instruction: "Instruction") -> None:
        layer = self.layer
        layer.cmd = self._command(instruction)
        layer.cmd_here = True
        if layer.entrypoint is None:
            layer.pid1 = layer.main = None
        layer.cmd_form, layer.cmd_at = instruction.form, instruction.at

    def entrypoint(self, instruction: "Instruction") -> None:
        layer = self.layer
        layer.entrypoint = self._command(instruction) or None
        layer.entrypoint_form, layer.entrypoint_at = instruction.form, instruction.at
        layer.pid1 = layer.main = None
        if not layer.cmd_here:
            layer.cmd = layer.cmd_form = layer.cmd_at = None

    def healthcheck(self, instruction: "Instruction") -> None:
        """Keep the check as an image stores it: ("NONE",), ("CMD", …) or ("CMD-SHELL", text)."""
        kind = "NONE" if instruction.disables else "CMD" if instruction.form == "exec" else "CMD-SHELL"
        words = () if instruction.disables else _words(instruction.words, "HEALTHCHECK")
        self.layer.healthcheck = (Known(kind, Origin(instruction.at, "HEALTHCHECK")), *words)

    def shell(self, instruction: "Instruction") -> None:
        self.layer.shell = _words(instruction.words, "SHELL")

    def user(self, instruction: "Instruction") -> None:
        self.layer.user = self._expand(instruction.value, instruction.value_at, "USER")

    def stop_signal(self, instruction: "Instruction") -> None:
        self.layer.stop_signal = self._expand(instruction.value, instruction.value_at, "STOPSIGNAL")

    def workdir(self, instruction: "Instruction") -> None:
        self.layer.workdir = self._absolute(self._expand(instruction.value, instruction.value_at, "WORKDIR"))

    def _absolute(self, path: Word) -> Word:
        """Return a path of the image; a relative one is below the working directory."""
        before = self.layer.workdir
        if isinstance(path, Unknown) or path.value.startswith("/"):
            return Known(posixpath.normpath(path.value), path.origin) if isinstance(path, Known) else path
        if isinstance(before, Unknown):
            return before
        return Known(posixpath.normpath(posixpath.join(before.value if before else "/", path.value)), path.origin)

    def onbuild(self, instruction: "Instruction") -> None:
        if instruction.trigger is not None:
            self.layer.onbuild.append(instruction.trigger)

    def copy(self, instruction: "Instruction") -> None:
        words = [self._expand(piece.text, piece.at, instruction.keyword) for piece in instruction.words]
        sources = [word.value for word in words[:-1] if isinstance(word, Known) and "<<" not in word.value]
        self.layer.installs += [name for name in map(_file_name, sources) if name]
        target = words[-1]
        place = self._absolute(target)
        if isinstance(place, Unknown) or len(self.layer.copies) > _MAX_COPIES:
            return
        source_stage = instruction.flag("from")
        if source_stage is None:
            self.layer.copies += [(source, place.value) for source in sources]
            return
        stage = self.builds.source_stage(source_stage, self.index)
        if stage is not None:
            into_folder = len(words) > 2 or (isinstance(target, Known) and target.value.endswith("/"))
            for source in sources[:20]:
                moved = posixpath.normpath(posixpath.join("/", source))
                self.layer.copies += [found for copy in stage.copies if (found := _moved(copy, moved, place.value, into_folder))]

    def run_script(self, instruction: "Instruction") -> None:
        if instruction.form == "exec":
            text = " ".join(piece.text for piece in instruction.words)
        else:
            text = "\n".join((instruction.value, *(heredoc.content for heredoc in instruction.heredocs)))
        self.layer.installs += packages(text)


def _row(via: list[Origin]) -> tuple[Origin, ...]:
    """Return where a value came from in one row: one that is built on itself again and again would nest without end."""
    row: dict[Origin, None] = {}
    for origin in via[:_MAX_ROW]:
        row[Origin(origin.span, origin.how)] = None
        row.update((Origin(inner.span, inner.how), None) for inner in origin.via[:_MAX_ROW])
    return tuple(row)[:_MAX_ROW]


_ACTIONS: "Final[Mapping[str, Callable[[_Builder, Instruction], None]]]" = {
    "ADD": _Builder.copy,
    "ARG": _Builder.arg,
    "CMD": _Builder.cmd,
    "COPY": _Builder.copy,
    "ENTRYPOINT": _Builder.entrypoint,
    "ENV": _Builder.env,
    "HEALTHCHECK": _Builder.healthcheck,
    "ONBUILD": _Builder.onbuild,
    "RUN": _Builder.run_script,
    "SHELL": _Builder.shell,
    "STOPSIGNAL": _Builder.stop_signal,
    "USER": _Builder.user,
    "WORKDIR": _Builder.workdir,
}


def _words(pieces: "tuple[Piece, ...]", how: str) -> Words:
    return tuple(Known(piece.text, Origin(piece.at, how)) for piece in pieces)


def _file_name(source: str) -> str | None:
    """Return the name of a file that COPY or ADD brings, None where it is a folder's content or a pattern."""
    name = posixpath.basename(source.partition("?")[0].rstrip("/"))
    return None if name in ("", ".", "..") or "*" in name else name


def _moved(copy: tuple[str, str], source: str, target: str, into_folder: bool) -> tuple[str, str] | None:
    """Return what a copy of the context into one stage is after `COPY --from` of it: `source` of that stage goes to `target`."""
    origin, place = copy
    place = place.rstrip("/") or "/"
    inside = _below(source, place)
    if inside is not None:  # the whole of what was copied, or a part of it
        name = posixpath.basename(source)
        if inside and "*" not in name:
            origin = posixpath.join(origin, inside)
        return origin, posixpath.join(target, name) if into_folder and "*" not in name else target
    outside = _below(place, source)
    return (origin, posixpath.join(target, outside)) if outside is not None else None


def _below(path: str, folder: str) -> str | None:
    """Return `path` relative to `folder`, None where it is elsewhere."""
    if path == folder:
        return ""
    prefix = folder.rstrip("/") + "/"
    return path[len(prefix) :] if path.startswith(prefix) else None


_SEPARATORS: Final = pattern(r"&&|\|\||[;|\n()]")
_URL: Final = pattern(r"https?://[^\s\"'?#]+/([^\s/\"'?#$]+)")
_MANAGERS: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("apt-get", "apt", "aptitude", "dnf", "microdnf", "yum", "tdnf", "zypper", "pip", "pip3", "gem", "conda", "mamba"), frozenset(("install",))),
    "apk": frozenset(("add",)),
    "npm": frozenset(("install", "i", "add")),
    "pnpm": frozenset(("install", "i", "add")),
    "yarn": frozenset(("add",)),
    "pecl": frozenset(("install",)),
    "playwright": frozenset(("install",)),
}  # fmt: skip
# Options that take the next word.
_VALUED: Final = frozenset(
    ("-t", "-o", "-c", "-r", "-i", "-f", "-X", "--virtual", "--repository", "--target-release", "--index-url", "--extra-index-url", "--prefix", "--target")
)  # fmt: skip
_VERSION: Final = pattern(r"(?<=.)(?:[=<>~!]=?|@|\[).*", re.DOTALL)


def packages(script: str) -> list[str]:
    """Return the packages and downloaded files that a RUN script names, as far as they can be read without running it."""
    found = _URL.findall(script)
    if not any(manager in script for manager in _MANAGERS):
        return found
    for part in _SEPARATORS.split(script.replace("\\\n", " ")):
        words = [word.strip("\"'") for word in part.split()]
        start = next((number for number, word in enumerate(words) if word.rpartition("/")[2] in _MANAGERS), None)
        if start is None:
            continue
        verbs = _MANAGERS[words[start].rpartition("/")[2]]
        verb = next((number for number in range(start + 1, len(words)) if words[number] in verbs), len(words))
        skip = False
        for word in words[verb + 1 :]:
            if skip or word.startswith(("-", "#", ">", "<", "2>")) or "$" in word or not word:
                skip = not skip and word in _VALUED
                continue
            found.append(_VERSION.sub("", word))
    return found
