"""The configuration: a mapping becomes a Config. Finding, reading and validating the file is the business of `app`."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any, Final

from memlint import quantity
from memlint.model import Footprint, Origin
from memlint.records import NamedTuple

PROFILES: Final = ("dev", "default", "strict")
SEVERITIES: Final = ("error", "warning", "info", "off")


class FootprintEntry(NamedTuple):
    """What the user knows of the applications that `match` (globs over image, workload, container, path)."""

    match: Mapping[str, str]
    footprint: Footprint


class ImageEntry(NamedTuple):
    """Where an image comes from: a Dockerfile of the tree, or facts of an image that lives elsewhere."""

    pattern: str
    dockerfile: str | None = None
    target: str | None = None
    facts: Mapping[str, Any] = MappingProxyType({})


class Override(NamedTuple):
    """Settings for the objects that `match`: a path glob, and kind, name, namespace, container globs."""

    match: Mapping[str, str]
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, str] = MappingProxyType({})
    reason: str | None = None
    until: str | None = None
    origin: Origin | None = None


class Render(NamedTuple):
    """A named rendering of a chart or overlay with its value files."""

    name: str
    path: str
    kind: str  # "helm" | "kustomize"
    values: tuple[str, ...] = ()
    namespace: str | None = None


class Host(NamedTuple):
    """A machine that containers share. Amounts in bytes."""

    name: str
    memory: int
    reserved: int
    match: Mapping[str, str]


class Config(NamedTuple):
    """The effective settings of one run. Paths are relative to the folder of the configuration file."""

    path: str | None = None
    profile: str = "default"
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    fail_on: str = "warning"
    severity: Mapping[str, str] = MappingProxyType({})
    parameters: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
    overrides: tuple[Override, ...] = ()
    images: tuple[ImageEntry, ...] = ()
    footprints: tuple[FootprintEntry, ...] = ()
    hosts: tuple[Host, ...] = ()
    nodes: tuple[Host, ...] = ()
    expect: tuple[Mapping[str, Any], ...] = ()
    render: tuple[Render, ...] = ()
    resources: tuple[Mapping[str, Any], ...] = ()  # custom resources that the user describes, as the built-in ones are
    require_reason: bool = False
    host_memory: int | None = None
    node_memory: int | None = None
    cgroup: int | None = None
    markdown: bool = False  # read `docker run` in Markdown fences too

    def footprint(self, subject: Mapping[str, str]) -> Footprint:
        """Return what is known of `subject` (keys image, workload, container, path); later entries win key by key."""
        if not self.footprints:
            return Footprint()
        values: dict[str, dict[str, Any]] = {}
        origin = None
        for entry in self.footprints:
            if matches(entry.match, subject):
                origin = entry.footprint.origin
                for section, facts in entry.footprint.values.items():
                    values.setdefault(section, {}).update(facts)
        return Footprint(values, origin)


def matches(match: Mapping[str, str], subject: Mapping[str, str]) -> bool:
    """Say whether every glob of `match` fits; a `*` crosses slashes, and a path glob also fits below any folder."""
    for key, pattern in match.items():
        value = subject.get(key, "")
        if not fnmatchcase(value, pattern) and not (key == "path" and fnmatchcase(value, f"*/{pattern}")):
            return False
    return True


_COUNTS: Final = frozenset(("classes", "threads", "stack_depth", "workers", "connections", "processes"))


def from_mapping(data: Mapping[str, Any], path: str | None = None, origins: Mapping[tuple[str, int], Origin] | None = None) -> Config:
    """Build a Config from a validated mapping. `origins` gives the places of list entries: ("footprints", 0) -> Origin.

    Raises quantity.QuantityError for an amount that cannot be read.
    """
    origins = origins or {}
    rules: Mapping[str, Mapping[str, Any]] = data.get("rules", {})
    return Config(
        path=path,
        profile=data.get("profile", "default"),
        select=tuple(data.get("select", ())),
        ignore=tuple(data.get("ignore", ())),
        exclude=tuple(data.get("exclude", ())),
        fail_on=data.get("fail_on", "warning"),
        severity={code: settings["severity"] for code, settings in rules.items() if "severity" in settings},
        parameters={code: {key: value for key, value in settings.items() if key != "severity"} for code, settings in rules.items()},
        overrides=tuple(_override(entry, origins.get(("overrides", number))) for number, entry in enumerate(data.get("overrides", ()))),
        images=tuple(_image(pattern, entry) for pattern, entry in data.get("images", {}).items()),
        footprints=tuple(_footprint(entry, origins.get(("footprints", number))) for number, entry in enumerate(data.get("footprints", ()))),
        hosts=tuple(_host(name, entry) for name, entry in data.get("hosts", {}).items()),
        nodes=tuple(_host(name, entry) for name, entry in data.get("nodes", {}).items()),
        expect=tuple(_expectation(entry, origins.get(("expect", number))) for number, entry in enumerate(data.get("expect", ()))),
        render=tuple(
            Render(name, entry["path"], entry.get("kind", "helm"), tuple(entry.get("values", ())), entry.get("namespace"))
            for name, entry in data.get("render", {}).items()
        ),
        resources=tuple(data.get("resources", ())),
        require_reason=data.get("require_reason", False),
        host_memory=_amount(data.get("host_memory")),
        node_memory=_amount(data.get("node_memory")),
        cgroup=data.get("cgroup"),
        markdown=data.get("markdown", False),
    )


def _amount(value: str | int | None) -> int | None:
    return None if value is None else quantity.configured(value)


def _expectation(entry: Mapping[str, Any], origin: Origin | None) -> Mapping[str, Any]:
    for key in ("min_headroom", "max_limit"):
        _amount(entry.get(key))  # refused here, with its place, and not when a rule looks at it
    return {**entry, "_origin": origin}


def _override(entry: Mapping[str, Any], origin: Origin | None) -> Override:
    hidden = tuple(entry.get("ignore", ()))
    return Override(entry["match"], hidden, entry.get("severity", {}), entry.get("reason"), entry.get("until"), origin)


def _image(pattern: str, entry: str | Mapping[str, Any]) -> ImageEntry:
    if isinstance(entry, str):
        return ImageEntry(pattern, dockerfile=entry)
    facts = {key: value for key, value in entry.items() if key not in ("dockerfile", "target")}
    return ImageEntry(pattern, entry.get("dockerfile"), entry.get("target"), facts)


def _footprint(entry: Mapping[str, Any], origin: Origin | None) -> FootprintEntry:
    values: dict[str, dict[str, Any]] = {}
    for section, facts in entry.items():
        if section == "match":
            continue
        if section == "leak":
            values["leak"] = {"rate": leak(facts)}
            continue
        values[section] = {key: _fact(key, value) for key, value in facts.items()}
    return FootprintEntry(entry.get("match", {}), Footprint(values, origin))


def _fact(key: str, value: Any) -> Any:
    if key in _COUNTS or isinstance(value, float | bool) or (isinstance(value, int) and key.endswith("_share")):
        return value
    if not isinstance(value, str | int):
        raise quantity.QuantityError(f"'{key}' must be an amount of memory, such as 32MiB")
    return quantity.configured(value)


def stated(section: str, key: str, text: str) -> Any:
    """Return the value of a fact that stands beside a file's own lines. Raises quantity.QuantityError."""
    if section == "leak":
        return leak(text)
    if key in _COUNTS or key.endswith("_share"):
        try:
            return int(text) if key in _COUNTS else float(text)
        except ValueError:
            raise quantity.QuantityError(f"'{text}' is no number") from None
    return quantity.configured(text)


def leak(text: str) -> int:
    """Return the bytes an hour of a leak written as `10MiB/h`, `1GiB/d` or `200KiB/min`."""
    amount, _, per = text.partition("/")
    hours = {"h": 1, "hour": 1, "d": 24, "day": 24}.get(per.strip() or "h")
    if per.strip() in ("min", "m"):
        return quantity.configured(amount.strip()) * 60
    if hours is None:
        raise quantity.QuantityError(f"'{text}' is no leak rate: write it as 10MiB/h")
    return quantity.configured(amount.strip()) // hours


def _host(name: str, entry: Mapping[str, Any]) -> Host:
    memory = quantity.configured(entry["memory"])
    reserved = entry.get("reserved", 0)
    share = isinstance(reserved, str) and reserved.endswith("%")
    kept = memory * int(reserved[:-1]) // 100 if share else quantity.configured(reserved)
    return Host(name, memory, kept, entry.get("match", {}))
