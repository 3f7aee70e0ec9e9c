"""Which keys and types Compose takes, so that what it refuses is told with its place. Our own table, checked against docker-compose 5.6.1.

A value from outside passes: its type cannot be known.
"""

import posixpath
import re
from typing import Final

from memlint.model import Span
from memlint.patterns import pattern
from memlint.records import NamedTuple
from memlint.sources.compose import Entry, Fault, Leaf, Map, Path, Seq, Value, span_of, text_of
from memlint.sources.interpolation import HOLE
from memlint.sources.tree import Scalar

_NAMES = {"s": "string", "n": "number", "i": "integer", "b": "boolean", "0": "null"}
_INT = pattern(r"[+-]?\d+", re.ASCII)
_FLOAT = pattern(r"[+-]?(\d++\.?\d*+|\.\d+)([eE][+-]?\d+)?|[+-]?(?:inf|infinity|nan)", re.ASCII | re.IGNORECASE)
_BOOLEANS: Final = {"true": True, "y": True, "yes": True, "on": True, "false": False, "n": False, "no": False, "off": False}
_NAME = pattern(r"[a-zA-Z0-9._-]+", re.ASCII)


class Shape(NamedTuple):
    """What may stand at a place. `scalars`: letters of _NAMES; `cast`: what Compose makes of a string there, "i", "n" or "b"."""

    scalars: str = ""
    items: "Shape | None" = None
    unique: bool = False
    fields: "dict[str, Shape] | None" = None
    rest: "Shape | None" = None  # of the keys that are not in `fields`
    required: tuple[str, ...] = ()
    extensions: bool = True  # x-… keys
    cast: str = ""
    low: int | None = None
    high: int | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""
    names: bool = False  # keys are names of services, volumes, …


_S = Shape("s")
_SN = Shape("sn")
_SI = Shape("si")
_BOOL = Shape("sb", cast="b")
_INTEGER = Shape("si", cast="i")
_NUMBER = Shape("sn", cast="n")
_STRINGS = Shape(items=_S, unique=True)
_LIST = Shape(items=_S)
_STRING_OR_LIST = Shape("s", items=_S, unique=True)
_ANY_SCALAR = Shape("snb0")
_PAIRS = Shape(items=_S, unique=True, fields={}, rest=_ANY_SCALAR, extensions=False)
_COMMAND = Shape("s0", items=_S)
_OPTIONS = Shape(fields={}, rest=_SN)
_ANYTHING = Shape("snb0", fields={}, extensions=False)  # the rest of it is not looked at


def _object(
    fields: dict[str, Shape], required: tuple[str, ...] = (), null: bool = False, extensions: bool = True, scalars: str = ""
) -> Shape:
    return Shape(("0" if null else "") + scalars, fields=fields, required=required, extensions=extensions)


_HOOK = {"command": _COMMAND, "user": _S, "privileged": _BOOL, "working_dir": _S, "environment": _PAIRS}
_DEVICE = {"capabilities": _STRINGS, "count": _SI, "device_ids": _STRINGS, "driver": _S, "options": _PAIRS}
_ULIMIT = Shape("si", cast="i", fields={"hard": _INTEGER, "soft": _INTEGER}, required=("soft", "hard"))
_ULIMITS = Shape(fields={}, rest=_ULIMIT)
_HOSTS = Shape(items=_S, unique=True, fields={}, rest=Shape("s", items=_S), extensions=False)
_FILE_MOUNTS = Shape(items=_object({"source": _S, "target": _S, "uid": _S, "gid": _S, "mode": _SN}, scalars="s"))
_RATE = Shape(items=_object({"path": _S, "rate": _SI}, extensions=False))
_WEIGHT = Shape(items=_object({"path": _S, "weight": _SI}, extensions=False))
_EXTERNAL = Shape("sb", cast="b", fields={"name": _S})
_UPDATE = _object({
    "parallelism": _INTEGER, "delay": _S, "failure_action": _S, "monitor": _S, "max_failure_ratio": _NUMBER,
    "order": Shape("s", choices=("start-first", "stop-first")),
})  # fmt: skip
_BUILD = _object({
    "context": _S, "dockerfile": _S, "dockerfile_inline": _S, "entitlements": _LIST, "args": _PAIRS, "ssh": _PAIRS, "labels": _PAIRS,
    "cache_from": _LIST, "cache_to": _LIST, "no_cache": _BOOL, "no_cache_filter": _STRING_OR_LIST, "additional_contexts": _PAIRS,
    "network": _S, "provenance": Shape("sb"), "sbom": Shape("sb"), "pull": _BOOL, "target": _S, "shm_size": _SI, "extra_hosts": _HOSTS,
    "isolation": _S, "privileged": _BOOL, "secrets": _FILE_MOUNTS, "tags": _LIST, "ulimits": _ULIMITS, "platforms": _LIST,
}, scalars="s")  # fmt: skip
_DEPLOY = _object({
    "mode": _S, "endpoint_mode": _S, "replicas": _INTEGER, "labels": _PAIRS, "rollback_config": _UPDATE, "update_config": _UPDATE,
    "resources": _object({
        "limits": _object({"cpus": _SN, "memory": _S, "pids": _SI}),
        "reservations": _object({
            "cpus": _SN, "memory": _S,
            "generic_resources": Shape(items=_object({"discrete_resource_spec": _object({"kind": _S, "value": _SN})})),
            "devices": Shape(items=_object(_DEVICE, required=("capabilities",))),
        }),
    }),
    "restart_policy": _object({"condition": _S, "delay": _S, "max_attempts": _INTEGER, "window": _S}),
    "placement": _object({
        "constraints": _LIST, "preferences": Shape(items=_object({"spread": _S})), "max_replicas_per_node": _INTEGER,
    }),
}, null=True)  # fmt: skip
_HEALTHCHECK = _object({
    "disable": _BOOL, "interval": _S, "retries": Shape("sn", cast="i"), "test": Shape("s", items=_S), "timeout": _S, "start_period": _S,
    "start_interval": _S,
})  # fmt: skip
_VOLUME = Shape("s", fields={
    "type": Shape("s", choices=("bind", "volume", "tmpfs", "cluster", "npipe", "image")), "source": _S, "target": _S, "read_only": _BOOL,
    "consistency": _S,
    "bind": _object({
        "propagation": _S, "create_host_path": _BOOL, "recursive": Shape("s", choices=("enabled", "disabled", "writable", "readonly")),
        "selinux": Shape("s", choices=("z", "Z")),
    }),
    "volume": _object({"labels": _PAIRS, "nocopy": _BOOL, "subpath": _S}),
    "tmpfs": _object({"size": Shape("si", low=0), "mode": _SN}),
    "image": _object({"subpath": _S}),
}, required=("type",))  # fmt: skip
_DEPENDS = Shape(items=_S, unique=True, fields={}, extensions=False, names=True, rest=_object({
    "restart": _BOOL, "required": Shape("b", cast="b"),
    "condition": Shape("s", choices=("service_started", "service_healthy", "service_completed_successfully")),
}, required=("condition",)))  # fmt: skip
_NETWORK_OF = _object({
    "aliases": _STRINGS, "interface_name": _S, "ipv4_address": _S, "ipv6_address": _S, "link_local_ips": _STRINGS, "mac_address": _S,
    "driver_opts": _OPTIONS, "priority": Shape("n"), "gw_priority": Shape("n"),
}, null=True)  # fmt: skip
_NETWORKS_OF = Shape(items=_S, unique=True, fields={}, extensions=False, names=True, rest=_NETWORK_OF)
_CONTAINER = {
    "annotations": _PAIRS, "attach": _BOOL, "build": _BUILD, "cap_add": _STRINGS, "cap_drop": _STRINGS,
    "blkio_config": _object({
        "device_read_bps": _RATE, "device_read_iops": _RATE, "device_write_bps": _RATE, "device_write_iops": _RATE, "weight": _SI,
        "weight_device": _WEIGHT,
    }, extensions=False),
    "cgroup": Shape("s", choices=("host", "private")), "cgroup_parent": _S, "command": _COMMAND, "configs": _FILE_MOUNTS,
    "cpu_count": Shape("si", cast="i", low=0), "cpu_percent": Shape("si", cast="n", low=0, high=100), "cpu_shares": Shape("sn", cast="i"),
    "cpu_quota": Shape("sn", cast="i"), "cpu_period": Shape("sn", cast="i"), "cpu_rt_period": Shape("sn", cast="i"),
    "cpu_rt_runtime": Shape("sn", cast="i"), "cpus": _NUMBER, "cpuset": _S,
    "credential_spec": _object({"config": _S, "file": _S, "registry": _S}), "depends_on": _DEPENDS, "device_cgroup_rules": _STRINGS,
    "devices": Shape(items=_object({"source": _S, "target": _S, "permissions": _S}, required=("source",), scalars="s")),
    "dns": _STRING_OR_LIST, "dns_opt": _STRINGS, "dns_search": _STRING_OR_LIST, "domainname": _S, "entrypoint": _COMMAND,
    "env_file": Shape("s", items=Shape("s", fields={"path": _S, "format": _S, "required": _BOOL}, required=("path",), extensions=False)),
    "label_file": Shape("s", items=_S), "environment": _PAIRS, "expose": Shape(items=_SN, unique=True), "extra_hosts": _HOSTS,
    "gpus": Shape("s", items=_object(_DEVICE), choices=("all",)), "group_add": Shape(items=_SN, unique=True), "healthcheck": _HEALTHCHECK,
    "hostname": _S, "image": _S, "init": _BOOL, "ipc": _S, "isolation": _S, "labels": _PAIRS,
    "logging": _object({"driver": _S, "options": Shape(fields={}, rest=Shape("sn0"))}), "mac_address": _S, "mem_limit": _SN,
    "mem_reservation": _SI, "mem_swappiness": _SI, "memswap_limit": _SN, "network_mode": _S,
    "models": Shape(items=_S, unique=True, fields={}, rest=_object({"endpoint_var": _S, "model_var": _S}, null=True)),
    "networks": _NETWORKS_OF, "oom_kill_disable": _BOOL, "oom_score_adj": Shape("si", cast="i", low=-1000, high=1000), "pid": Shape("s0"),
    "pids_limit": Shape("sn", cast="i"), "platform": _S, "privileged": _BOOL, "pull_policy": Shape("s", pattern="^(always|never|build|if_not_present|missing|refresh|daily|weekly|every_([0-9]+[wdhms])+)$"), "pull_refresh_after": _S, "read_only": _BOOL,
    "ports": Shape(items=Shape("sn", fields={
        "name": _S, "mode": _S, "host_ip": _S, "target": _INTEGER, "published": _SI, "protocol": _S, "app_protocol": _S,
    }), unique=True),
    "profiles": _STRINGS, "runtime": _S, "security_opt": _STRINGS, "shm_size": _SN, "secrets": _FILE_MOUNTS, "sysctls": _PAIRS,
    "stdin_open": _BOOL, "stop_grace_period": _S, "stop_signal": _S, "storage_opt": Shape(fields={}, rest=_ANYTHING), "tmpfs": _STRING_OR_LIST,
    "tty": _BOOL, "ulimits": _ULIMITS, "use_api_socket": Shape("b"), "user": _S, "uts": _S, "userns_mode": _S,
    "volumes": Shape(items=_VOLUME, unique=True), "volumes_from": _STRINGS, "working_dir": _S,
}  # fmt: skip
_SERVICE = _object({
    **_CONTAINER, "container_name": Shape("s", pattern="[a-zA-Z0-9][a-zA-Z0-9_.-]+"), "deploy": _DEPLOY, "external_links": _STRINGS,
    "develop": _object({"watch": Shape(items=_object({
        "ignore": _STRING_OR_LIST, "include": _STRING_OR_LIST, "path": _S, "target": _S, "exec": _object(_HOOK, ("command",)),
        "action": Shape("s", choices=("rebuild", "sync", "restart", "sync+restart", "sync+exec")), "initial_sync": Shape("b"),
    }, required=("path", "action")))}, null=True),
    "extends": Shape("s", fields={"service": _S, "file": _S}, required=("service",), extensions=False), "links": _STRINGS,
    "post_start": Shape(items=_object(_HOOK, ("command",))), "pre_start": Shape(items=_object({**_CONTAINER, "per_replica": _BOOL})),
    "pre_stop": Shape(items=_object(_HOOK, ("command",))),
    "provider": _object({"type": _S, "options": Shape(fields={}, rest=Shape("snb", items=Shape("snb")))}, required=("type",)),
    "restart": _S, "scale": _INTEGER,
})  # fmt: skip
_JOB = _object({
    **_CONTAINER,
    "triggers": _object({"manual": _BOOL, "schedule": Shape(items=_object({
        "cron": _S, "timezone": _S, "concurrency": Shape("s", choices=("forbid", "queue")),
        "missed_fires": Shape("s", choices=("one", "skip")),
    }, required=("cron",), scalars="s"))}),
}, required=("triggers",))  # fmt: skip
_VOLUMES = Shape(fields={}, extensions=False, names=True, rest=_object({
    "name": _S, "driver": _S, "driver_opts": _OPTIONS, "external": _EXTERNAL, "labels": _PAIRS,
}, null=True))  # fmt: skip
_NETWORKS = Shape(fields={}, rest=_object({
    "name": _S, "driver": _S, "driver_opts": _OPTIONS, "external": _EXTERNAL, "internal": _BOOL, "enable_ipv4": _BOOL, "enable_ipv6": _BOOL,
    "attachable": _BOOL, "labels": _PAIRS,
    "ipam": _object({
        "driver": _S, "options": Shape(fields={}, rest=_S, extensions=False),
        "config": Shape(items=_object({"subnet": _S, "ip_range": _S, "gateway": _S, "aux_addresses": Shape(fields={}, rest=_S)})),
    }),
}, null=True))  # fmt: skip
_FILES = {"name": _S, "environment": _S, "file": _S, "external": _EXTERNAL, "labels": _PAIRS, "template_driver": _S}
_MODEL = _object({"name": _S, "model": _S, "context_size": Shape("i"), "runtime_flags": _LIST}, required=("model",))
_FILE = _object({
    "version": _S, "name": _S, "services": Shape(fields={}, rest=_SERVICE, extensions=False, names=True),
    "jobs": Shape(fields={}, rest=_JOB, extensions=False, names=True), "volumes": _VOLUMES, "networks": _NETWORKS,
    "secrets": Shape(fields={}, extensions=False, names=True, rest=_object({**_FILES, "driver": _S, "driver_opts": _OPTIONS})),
    "configs": Shape(fields={}, extensions=False, names=True, rest=_object({**_FILES, "content": _S})),
    "models": Shape(fields={}, rest=_MODEL),
    "include": Shape(items=_object({"path": _STRING_OR_LIST, "env_file": _STRING_OR_LIST, "project_directory": _S}, extensions=False, scalars="s")),
})  # fmt: skip

TOP_KEYS: Final = frozenset(_FILE.fields or ())


def check(root: Map) -> list[Fault]:
    """Return what Compose refuses in a merged file: unknown keys, wrong types, amounts out of range."""
    faults: list[Fault] = []
    _check(root, _FILE, (), None, faults)
    return faults


def _check(value: Value, shape: Shape, path: Path, key: Scalar | None, faults: list[Fault]) -> None:
    if type(value) is Leaf:
        _scalar(value, shape, path, key, faults)
    elif type(value) is Map:
        if shape.fields is None:
            if not filled_in(value):
                faults.append(_wrong(value, shape, path, key))
        elif shape is not _ANYTHING:
            _mapping(value, shape, path, key, faults)
    elif shape.items is None:
        if shape is not _ANYTHING:
            faults.append(_wrong(value, shape, path, key))
    else:
        assert type(value) is Seq
        _sequence(value, shape, path, faults)


def filled_in(value: Value | None) -> bool:
    """Say whether a value is a mark like `{$IMAGE}`, which YAML takes for a mapping and a program fills in before Compose reads the file."""
    return type(value) is Map and len(value.entries) == 1 and next(iter(value.entries)).startswith("$")


def _mapping(value: Map, shape: Shape, path: Path, key: Scalar | None, faults: list[Fault]) -> None:
    assert shape.fields is not None
    for name, entry in value.entries.items():
        inner = shape.fields.get(name)
        if inner is None:
            if shape.extensions and name.startswith("x-"):
                continue
            inner = shape.rest
            if HOLE not in name and (inner is None or (shape.names and not _NAME.fullmatch(name))):
                at = entry.key.span if entry.key is not None else span_of(entry.value)
                faults.append(Fault(_unknown_key(name, entry.value, shape, path), at, (*path, name)))
                continue
        if inner is not None:
            _check(entry.value, inner, (*path, name), entry.key, faults)
    faults.extend(
        Fault(f"{'.'.join(path)} needs '{name}'", span_of(value, key), path) for name in shape.required if name not in value.entries
    )


def _unknown_key(name: str, value: Value, shape: Shape, path: Path) -> str:
    message = f"'{name[:60]}' is no key that Compose knows in {'.'.join(path) or 'a compose file'}"
    if not path and type(value) is Map and ("image" in value.entries or "build" in value.entries):
        return f"{message}: put services under `services:`"
    from difflib import get_close_matches

    meant = get_close_matches(name[:60], shape.fields or (), 1, 0.8)
    return f"{message}: is {meant[0]} meant?" if meant else message


def _sequence(value: Seq, shape: Shape, path: Path, faults: list[Fault]) -> None:
    assert shape.items is not None
    seen: set[tuple[type, object]] = set()
    for index, item in enumerate(value.items):
        _check(item, shape.items, (*path, f"[{index}]"), None, faults)
        if shape.unique and type(item) is Leaf and not (type(item.value) is str and HOLE in item.value):
            identity = (type(item.value), item.value)
            if identity in seen:
                faults.append(Fault(f"{'.'.join(path)} holds '{text_of(item.value)[:60]}' twice", item.span, path))
            seen.add(identity)


def _scalar(leaf: Leaf, shape: Shape, path: Path, key: Scalar | None, faults: list[Fault]) -> None:
    value = leaf.value
    if type(value) is str:
        if HOLE in value:
            return
        if shape.cast:
            made = cast(value, shape.cast)
            if made is None:
                what = {"i": "an integer", "n": "a number", "b": "a boolean"}[shape.cast]
                faults.append(Fault(f"{'.'.join(path)} is '{value[:60]}', which is not {what}", span_of(leaf, key), path))
                return
            value = made
        elif "s" not in shape.scalars:
            faults.append(_wrong(leaf, shape, path, key))
            return
        else:
            if shape.choices and value not in shape.choices:
                faults.append(Fault(f"{'.'.join(path)} must be one of {', '.join(shape.choices)}", span_of(leaf, key), path))
            elif shape.pattern and not re.search(shape.pattern, value):
                faults.append(Fault(f"{'.'.join(path)} '{value[:60]}' does not match {shape.pattern}", span_of(leaf, key), path))
            return
    letters = shape.scalars
    if value is None:
        good = "0" in letters
    elif type(value) is bool:
        good = "b" in letters
    elif type(value) is int:
        good = "i" in letters or "n" in letters
    else:
        assert type(value) is float
        good = "n" in letters or ("i" in letters and value.is_integer())
    if not good:
        faults.append(_wrong(leaf, shape, path, key))
    elif type(value) is int or type(value) is float:
        if shape.low is not None and value < shape.low:
            faults.append(Fault(f"{'.'.join(path)} must be {shape.low} or more", span_of(leaf, key), path))
        elif shape.high is not None and value > shape.high:
            faults.append(Fault(f"{'.'.join(path)} must be {shape.high} or less", span_of(leaf, key), path))


def cast(text: str, kind: str) -> int | float | bool | None:
    """Return what Compose makes of a string where it wants an integer "i", a number "n" or a boolean "b"; None where it refuses."""
    if kind == "b":
        return _BOOLEANS.get(text.lower())
    if kind == "i":
        return int(text) if len(text) < 20 and _INT.fullmatch(text) and -(1 << 63) <= int(text) < 1 << 63 else None
    return float(text) if _FLOAT.fullmatch(text) else None


def _wrong(value: Value, shape: Shape, path: Path, key: Scalar | None) -> Fault:
    wanted = [name for letter, name in _NAMES.items() if letter in shape.scalars]
    wanted += ["list"] if shape.items is not None else []
    wanted += ["mapping"] if shape.fields is not None else []
    return Fault(f"{'.'.join(path)} must be a {' or a '.join(wanted)}", span_of(value, key), path)


# ---- consistency


def is_active(service: Map, profiles: frozenset[str]) -> bool:
    """Say whether a service is part of the project while `profiles` are on."""
    own = _texts(service.get("profiles"))
    return not own or "*" in profiles or not profiles.isdisjoint(own)


def active_profiles(text: str) -> frozenset[str]:
    """Return the profiles of COMPOSE_PROFILES."""
    return frozenset(part.strip() for part in text.split(",") if part.strip())


def consistency(root: Map, profiles: str) -> list[Fault]:
    """Return what Compose refuses in a merged project beyond types: what is not defined, or said twice in ways that exclude each other.

    Source: compose-go loader/validate.go checkConsistency and loader/normalize.go at v2.16; limits and replicas are checked where they are read.
    """
    faults: list[Fault] = []
    services = root.get("services")
    active = active_profiles(profiles)
    known = {name: entry for name, entry in services.entries.items() if type(entry.value) is Map} if type(services) is Map else {}
    needs: dict[str, list[str]] = {}
    for name, entry in known.items():
        service = entry.value
        assert type(service) is Map
        needs[name] = _service(name, entry.key, service, known, root, is_active(service, active), active, faults)
    _circles(needs, known, faults)
    for section in ("configs", "secrets"):
        _files(root.get(section), section, faults)
    return faults


def _service(
    name: str, key: Scalar | None, service: Map, known: dict[str, Entry], root: Map, on: bool, active: frozenset[str], faults: list[Fault]
) -> list[str]:
    path = ("services", name)
    here = span_of(service, key) if key is None else key.span
    build = service.get("build")
    if (build is None or _is_null(build)) and "provider" not in service.entries:
        image = service.get("image")
        if image is None or (type(image) is Leaf and not image.value):
            faults.append(Fault(f"service '{name}' has neither an image nor a build", here, path, missing=True))
    if type(build) is Map and build.text("dockerfile") and build.text("dockerfile_inline"):
        faults.append(
            Fault(
                "dockerfile and dockerfile_inline exclude each other", span_of(build.entries["dockerfile_inline"].value), (*path, "build")
            )
        )
    mode = service.leaf("network_mode")
    networks = service.map("networks")
    if mode is not None and mode.value and networks is not None and networks.entries:
        faults.append(Fault("network_mode and networks exclude each other", mode.span, (*path, "network_mode")))
    _defined(networks, "network", root.map("networks"), path, faults)
    test = service.at("healthcheck", "test")
    tests = test.value if test is not None else None
    if type(tests) is Seq and tests.items:
        first = tests.items[0]
        if type(first) is Leaf and first.outside is None and first.value not in ("CMD", "CMD-SHELL", "NONE"):
            faults.append(
                Fault('healthcheck.test must begin with "CMD", "CMD-SHELL" or "NONE"', first.span, (*path, "healthcheck", "test"))
            )
    if "volumes" in service.entries or "tmpfs" in service.entries:
        _mounted(service, root, path, faults)
    for field in ("configs", "secrets"):
        if field in service.entries:
            _referred(service.get(field), field[:-1], root.map(field), path, faults)
    if type(build) is Map:
        _referred(build.get("secrets"), "build secret", root.map("secrets"), path, faults)
    _defined(service.map("models"), "model", root.map("models"), path, faults)
    return _depends(name, service, known, on, active, faults)


def _is_null(value: Value) -> bool:
    return type(value) is Leaf and value.value is None


def _texts(value: Value | None) -> list[str]:
    items = value.items if type(value) is Seq else []
    return [item.value for item in items if type(item) is Leaf and type(item.value) is str]


def _defined(used: Map | None, what: str, defined: Map | None, path: Path, faults: list[Fault]) -> None:
    for name, entry in used.entries.items() if used is not None else ():
        if (defined is None or name not in defined.entries) and HOLE not in name and not (what == "network" and name == "default"):
            at = entry.key.span if entry.key is not None else span_of(entry.value)
            faults.append(Fault(f"{what} '{name[:60]}' is not defined", at, (*path, f"{what}s"), missing=True))


def _referred(used: Value | None, what: str, defined: Map | None, path: Path, faults: list[Fault]) -> None:
    for item in used.items if type(used) is Seq else ():
        leaf = item if type(item) is Leaf else item.leaf("source") if type(item) is Map else None
        if leaf is not None and type(leaf.value) is str and leaf.outside is None and (defined is None or leaf.value not in defined.entries):
            faults.append(Fault(f"{what} '{leaf.value[:60]}' is not defined", leaf.span, path, missing=True))


def _mounted(service: Map, root: Map, path: Path, faults: list[Fault]) -> None:
    targets: set[str] = set()
    volumes = root.map("volumes")
    temporary = service.get("tmpfs")
    mounts = [
        (item.value.partition(":")[0], item.span)
        for item in (temporary.items if type(temporary) is Seq else ())
        if type(item) is Leaf and type(item.value) is str
    ]
    listed = service.get("volumes")
    for item in listed.items if type(listed) is Seq else ():
        if type(item) is not Map:
            continue
        source = item.leaf("source")
        named = source is not None and type(source.value) is str and source.value and source.outside is None
        if source is not None and named and item.text("type") == "volume" and (volumes is None or source.value not in volumes.entries):
            faults.append(Fault(f"volume '{text_of(source.value)[:60]}' is not defined", source.span, (*path, "volumes"), missing=True))
        target = item.text("target")
        if target is not None:
            mounts.append((posixpath.normpath(target) if target else "", span_of(item)))
    for target, at in mounts:
        if HOLE not in target:
            if target in targets:
                faults.append(Fault(f"target '{target[:60]}' is already mounted", at, path))
            targets.add(target)


_NEEDING: Final = frozenset(("depends_on", "links", "volumes_from", "network_mode", "ipc", "pid", "uts", "cgroup"))


def _depends(name: str, service: Map, known: dict[str, Entry], on: bool, active: frozenset[str], faults: list[Fault]) -> list[str]:
    needed: dict[str, tuple[bool, Span]] = {}
    if _NEEDING.isdisjoint(service.entries):
        return []
    depends = service.map("depends_on")
    for other, entry in depends.entries.items() if depends is not None else ():
        required = entry.value.leaf("required") if type(entry.value) is Map else None
        optional = required is not None and required.value in (False, "false", "no", "off", "n")
        needed[other] = (not optional, entry.key.span if entry.key is not None else span_of(entry.value))
    for field in ("links", "volumes_from"):
        items = service.get(field)
        for item in items.items if type(items) is Seq else ():
            if type(item) is Leaf and type(item.value) is str and not item.value.startswith("container:"):
                needed.setdefault(item.value.partition(":")[0], (True, item.span))
    for field in ("network_mode", "ipc", "pid", "uts", "cgroup"):
        leaf = service.leaf(field)
        if leaf is not None and type(leaf.value) is str and leaf.value.startswith("service:"):
            needed.setdefault(leaf.value.removeprefix("service:"), (True, leaf.span))
    for other, (required_, at) in needed.items():
        if HOLE in other:
            continue
        entry_ = known.get(other)
        if entry_ is None:
            faults.append(
                Fault(
                    f"service '{name}' depends on '{other[:60]}', which is not defined", at, ("services", name, "depends_on"), missing=True
                )
            )
        elif on and required_ and type(entry_.value) is Map and not is_active(entry_.value, active):
            what = ", ".join(_texts(entry_.value.get("profiles")))
            faults.append(
                Fault(
                    f"service '{name}' depends on '{other[:60]}', which only the profile {what} starts: without it Compose refuses the project",
                    at,
                    ("services", name, "depends_on"),
                )
            )
    return [other for other in needed if other in known]


def _circles(needs: dict[str, list[str]], known: dict[str, Entry], faults: list[Fault]) -> None:
    done: set[str] = set()
    for start in needs:
        if start in done:
            continue
        chain: list[str] = []
        on_chain: set[str] = set()
        stack: list[tuple[str, bool]] = [(start, False)]
        while stack:
            name, leaving = stack.pop()
            if leaving:
                on_chain.discard(chain.pop())
                done.add(name)
            elif name in on_chain:
                circle = [*chain[chain.index(name) :], name]
                key = known[circle[-2]].key
                if key is not None:
                    faults.append(Fault(f"services depend on each other in a circle: {' -> '.join(circle)}"[:300], key.span))
                return
            elif name not in done:
                chain.append(name)
                on_chain.add(name)
                stack.append((name, True))
                stack.extend((other, False) for other in needs[name])


def _files(section: Value | None, what: str, faults: list[Fault]) -> None:
    for name, entry in section.entries.items() if type(section) is Map else ():
        if type(entry.value) is not Map:
            continue
        keys = ("file", "environment", "content") if what == "configs" else ("file", "environment")
        given = [key for key in keys if key in entry.value.entries]
        at = entry.key.span if entry.key is not None else span_of(entry.value)
        if len(given) > 1:
            faults.append(Fault(f"{what}.{name}: {' and '.join(given)} exclude each other", at, (what, name)))
        elif not given and "driver" not in entry.value.entries and "external" not in entry.value.entries:
            faults.append(Fault(f"{what}.{name} needs one of {', '.join(keys)}", at, (what, name)))
