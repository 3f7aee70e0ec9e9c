"""`docker run`, `podman run` and `docker service create` commands become workloads, wherever they are written."""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from memlint.model import (
    Amount,
    Container,
    Edit,
    Fix,
    Image,
    Known,
    Mount,
    Observation,
    Origin,
    Probe,
    Problem,
    Safety,
    Severity,
    Span,
    Text,
    Unknown,
    Words,
    Workload,
)
from memlint.quantity import QuantityError
from memlint.records import NamedTuple
from memlint.resolve import docker_settings, image_builds
from memlint.resolve.docker_settings import Settings, written
from memlint.resolve.images import Build
from memlint.resolve.inputs import Inputs
from memlint.resolve.process import RunSpec, join
from memlint.sources import carriers, docker_run, dotenv
from memlint.sources.carriers import Command
from memlint.sources.docker_run import Arg, DockerRun, Flag
from memlint.sources.interpolation import HOLE
from memlint.sources.text import Source

COMMAND_LINE: Final = "<command>"


def workloads(inputs: Inputs) -> list[Workload]:
    """Return a workload for every command in the files of a run that makes a container."""
    return [workload for command in carriers.commands(inputs.by_kind, inputs.problems) for workload in _workload(command, inputs)]


def builds(inputs: Inputs) -> Iterator[tuple[str, Build]]:
    """Yield (reference, build) for every image that a command in the files builds from a Dockerfile of the project."""
    return image_builds.builds(carriers.lines(inputs.by_kind), lambda path: inputs.lookup(path) is not None)


def from_command(text: str, inputs: Inputs) -> list[Workload]:
    """Return the workload of one command line; that it makes no container is a problem."""
    found = [
        workload for command in carriers.in_script(Source(COMMAND_LINE, text), inputs.problems) for workload in _workload(command, inputs)
    ]
    if not found and not inputs.problems:
        inputs.problems.append(Problem(COMMAND_LINE, "holds no `docker run` or `podman run` that could be read"))
    return found


def _workload(command: Command, inputs: Inputs) -> Iterator[Workload]:
    run = command.run
    if run.helps:
        return
    observations: list[Observation] = []
    for refusal in run.refusals:
        flag, by = refusal.flag, f"`{run.engine} {run.verb}`"
        if flag is None:
            inputs.problems.append(Problem(refusal.at.path, f"{by} refuses this: {refusal.message}", refusal.at.line, refusal.at.column))
            continue
        what = f"{_how(flag)} '{_shown(flag.value)}' is refused by {by}: {refusal.message}"
        if flag.name in _QUANTITIES:
            observations.append(_refused(flag, what, refusal.at))
        else:
            inputs.problems.append(Problem(refusal.at.path, what, refusal.at.line, refusal.at.column))
    yield _Reader(command, inputs, observations).workload()


_QUANTITIES: Final = frozenset((
    "memory", "memory-reservation", "memory-swap", "memory-swappiness", "shm-size", "kernel-memory", "oom-score-adj", "limit-memory",
    "reserve-memory", "mount", "mount-add",
))  # fmt: skip


def _refused(flag: Flag, what: str, at: Span) -> Observation:
    """Say that an amount is refused; one in Kubernetes' units is told, and mended, in Docker's."""
    value = flag.value
    match = re.search(r"(?:^|=)(\d+(?:\.\d+)?)([kmgtp])i$", value.text, re.IGNORECASE)
    if match is None:
        return Observation("invalid-quantity", what, at)
    amount = value.text[match.start(1) :]
    fix = None
    if value.exact:
        place = value.part(match.start(1)).at
        fix = Fix(f"write {amount}B", Safety.SAFE, (Edit(place.path, place.start, place.end, f"{amount}B"),))
    return Observation(
        "invalid-quantity", f"{what}; Kubernetes' units are none of Docker's: write {match[1]}{match[2].lower()} or {amount}B", at, fix=fix
    )


# What each setting is called by the command that makes the container.
_RUN_FLAGS: Final = {
    "limit": "memory", "reservation": "memory-reservation", "swap": "memory-swap", "swappiness": "memory-swappiness",
    "shm_size": "shm-size", "oom_score_adj": "oom-score-adj", "init": "init", "cpu_limit": "cpus", "restart": "restart",
}  # fmt: skip
_SERVICE_FLAGS: Final = {
    "limit": "limit-memory", "reservation": "reserve-memory", "swap": "memory-swap", "swappiness": "memory-swappiness",
    "oom_score_adj": "oom-score-adj", "init": "init", "cpu_limit": "limit-cpu",
}  # fmt: skip
_BOOLS: Final = frozenset(("init",))


class _CommandEditor(NamedTuple):
    """Writes flags into a command line: over the value that is there, else where the carrier takes a new flag."""

    command: Command
    names: Mapping[str, str]

    def set(self, setting: str, text: str) -> tuple[Edit, ...] | None:
        name = self.names.get(setting)
        if name is None or HOLE in text or re.search(r"[^\w.:=-]", text):
            return None
        flag = self.command.run.last(name)
        if flag is not None:
            if not flag.value.exact or (setting in _BOOLS and flag.value.at == flag.at):
                return None
            at = flag.value.at
            return (Edit(at.path, at.start, at.end, text),)
        return self.command.insertion(name, None if setting in _BOOLS and text == "true" else text)

    def amount(self, size: int) -> str:
        return written(size)


class _Reader:
    """Reads one command into the neutral model."""

    def __init__(self, command: Command, inputs: Inputs, observations: list[Observation]) -> None:
        self.command = command
        self.run: DockerRun = command.run
        self.inputs = inputs
        self.service = self.run.verb.startswith("service")
        self.names: Mapping[str, str] = _SERVICE_FLAGS if self.service else _RUN_FLAGS
        self.observations = observations
        self.bare: set[str] = set()

    def workload(self) -> Workload:
        run, command = self.run, self.command
        update = run.verb == "service update"
        image = self._text("image") if update else self._image()
        name = self._name(image)
        limit = self._size("limit")
        swap = self._swap(limit)
        env = self._environment()
        mounts = tuple(self._mounts())
        pid = self._text("pid")
        shared = isinstance(pid, Known) and (pid.value == "host" or pid.value.startswith("container:"))
        editor = _CommandEditor(command, self.names)
        settings = Settings(
            name=name,
            engine="swarm" if self.service else run.engine,
            limit=limit,
            reservation=self._size("reservation"),
            swap=swap,
            swappiness=self._number("swappiness", unset=-1),
            shm_size=self._size("shm_size"),
            oom_kill_disable=self._bool("oom-kill-disable"),
            oom_score_adj=self._number("oom_score_adj"),
            init=self._bool("init"),
            pid=pid,
            ipc=self._text("ipc"),
            bare=frozenset(self.bare),
            editor=editor,
        )
        self.observations.extend(docker_settings.observe(settings))
        self.observations.extend(self._dead_flags(name))
        cpu_limit, cpu_request = self._cpus()
        spec = RunSpec(
            platform="docker",
            name=name,
            workload=name,
            path=command.at.path,
            at=command.at,
            image_reference=image,
            image=self._image_facts(image),
            entrypoint=self._entrypoint(),
            command=self._words(update),
            env=env,
            limit=limit,
            request=None,
            reservation=settings.reservation,
            swap=swap,
            cpu_limit=cpu_limit,
            cpu_request=cpu_request,
            shm_size=settings.shm_size,
            init=settings.init,
            share_processes=shared,
            workdir=self._text("workdir"),
            mounts=mounts,
        )
        restart = self._restart()
        container = Container(
            name=name,
            at=command.at,
            role="main",
            image=image,
            entrypoint=spec.entrypoint,
            command=spec.command,
            process=join(spec, self.inputs),
            env=env,
            limit=limit,
            reservation=settings.reservation,
            swap=swap,
            swappiness=settings.swappiness,
            shm_size=settings.shm_size,
            cpu_limit=cpu_limit,
            cpu_request=cpu_request,
            oom_kill_disable=settings.oom_kill_disable,
            oom_score_adj=settings.oom_score_adj,
            init=settings.init,
            mounts=mounts,
            probes=tuple(self._probes()),
            restart=restart,
            stop_timeout=self._stop_timeout(),
            interactive=self._interactive(),
            observations=tuple(self.observations),
            editor=editor,
        )
        return Workload(
            name=name,
            kind="docker-service" if self.service else "docker-run",
            at=command.at,
            containers=(container,),
            replicas=self._replicas(),
            limit=limit,
            share_processes=shared,
            restart=restart,
            partial=update,
            observations=tuple(self._unlimited(container)),
        )

    # ---- single values

    def _last(self, name: str) -> Flag | None:
        return self.run.last(name)

    def _absent(self, name: str) -> Unknown | None:
        """Return what a flag is that nobody wrote: not set, unless something may hold it that cannot be seen."""
        if self.run.verb == "service update":
            return Unknown(f"the update leaves the service's own {_how(name)}")
        return Unknown(f"{self.run.open} may hold {_how(name)}") if self.run.open is not None else None

    def _text(self, name: str) -> Text:
        flag = self._last(name)
        if flag is None:
            return self._absent(name)
        return flag.value.word(_how(flag))

    def _size(self, setting: str) -> Amount:
        name = self.names.get(setting)
        flag = self._last(name) if name else None
        if name is None:
            return None
        if flag is None:
            return self._absent(name)
        origin = Origin(flag.value.at, _how(flag), flag.value.via)
        if not flag.value.whole:
            return Unknown(flag.value.why, origin)
        try:
            amount = docker_run.size(flag.value.text)
        except QuantityError as error:
            return Unknown(f"'{flag.value.text[:60]}' is refused: {error}", origin)
        if flag.value.text.isdigit():
            self.bare.add(setting)
        return Known(amount, origin) if amount else None

    def _swap(self, limit: Amount) -> Amount:
        flag = self._last("memory-swap")
        if flag is not None and flag.value.whole and flag.value.text == "-1":
            return Known(-1, Origin(flag.value.at, _how(flag), flag.value.via))
        swap = self._size("swap")
        if self.service and isinstance(swap, Known):
            # Here it counts swap alone, and `docker run`'s counts both: moby daemon/cluster/executor/container/container.go:524.
            if not isinstance(limit, Known):
                return limit
            return Known(swap.value + limit.value, swap.origin)
        return swap

    def _number(self, setting: str, unset: int = 0) -> Amount:
        name = self.names.get(setting, setting)
        flag = self._last(name)
        if flag is None:
            return self._absent(name)
        origin = Origin(flag.value.at, _how(flag), flag.value.via)
        if not flag.value.whole:
            return Unknown(flag.value.why, origin)
        number = docker_run.integer(flag.value.text)
        if number is None or any(refusal.flag is flag for refusal in self.run.refusals):
            return Unknown(f"'{flag.value.text[:60]}' is refused", origin)
        return None if number == unset else Known(number, origin)

    def _bool(self, name: str) -> Known[bool] | Unknown | None:
        flag = self._last(name)
        if flag is None:
            return self._absent(name)
        origin = Origin(flag.at, _how(flag))
        on = self.run.on(name)
        return Known(on, origin) if on is not None else Unknown(flag.value.why, origin)

    def _cpus(self) -> tuple[Amount, Amount]:
        limit: Amount = self._absent(self.names["cpu_limit"])
        flag = self._last(self.names["cpu_limit"])
        quota = self._last("cpu-quota")
        if flag is not None:
            origin = Origin(flag.value.at, _how(flag), flag.value.via)
            amount = docker_run.cpus(flag.value.text)
            limit = Unknown(flag.value.why or f"'{flag.value.text[:60]}' is refused", origin) if amount is None else Known(amount, origin)
            if amount == 0:
                limit = None
        elif quota is not None:
            number, period = self._number("cpu-quota"), self._number("cpu-period")
            every = period.value if isinstance(period, Known) else 100_000  # the kernel's default, in microseconds
            if isinstance(number, Known) and number.value > 0 and every > 0 and not isinstance(period, Unknown):
                limit = Known(number.value * 1000 // every, number.origin)
            else:
                limit = None if number is None or isinstance(number, Known) else number
        shares = self._number("cpu-shares")
        if isinstance(shares, Known):
            shares = Known(max(shares.value, 0) * 1000 // 1024, shares.origin)  # 1024 shares stand for one CPU
        return limit, shares

    # ---- what runs

    def _image(self) -> Text:
        image = self.run.image
        if image is None:
            return Unknown(self.run.open or "the command names no image")
        return image.word("image")

    def _image_facts(self, image: Text) -> Image | None:
        """Return what is known of the image; one whose tag is a variable is known where a Dockerfile here builds that name."""
        if isinstance(image, Known):
            return self.inputs.images.find(image.value, image.origin.span)
        name, colon, tag = self.run.image.text.rpartition(":") if self.run.image is not None else ("", "", "")
        if not colon or HOLE in name or "/" in tag:
            return None
        found = self.inputs.images.find(name)
        return found if found is not None and found.source == "dockerfile" else None

    def _name(self, image: Text) -> str:
        if self.command.name:
            return self.command.name
        flag = self._last("name")
        if flag is not None and flag.value.whole and flag.value.text:
            return flag.value.text
        if self.run.verb == "service update":
            service = self.run.image
            return service.text if service is not None and service.whole else "service"
        if isinstance(image, Known):
            return posixpath.basename(image.value.partition("@")[0]).partition(":")[0] or "container"
        # The last part of a reference is the name that people know it by, also where its registry or tag is a variable.
        known = self.run.image.text.rpartition("/")[2].partition(":")[0] if self.run.image is not None else ""
        return known if known and HOLE not in known else "container"

    def _entrypoint(self) -> Words | None:
        flag = self._last("entrypoint")
        if flag is None or self.command.entrypoint is not None:
            return self.command.entrypoint
        if self.service or (self.run.engine == "podman" and flag.value.text.startswith("[")):
            return self._split(flag)
        return (flag.value.word(_how(flag)),)

    def _split(self, flag: Flag) -> Words:
        """A service's entrypoint is split into words; podman's may be a JSON array."""
        value = flag.value
        if not value.whole:
            return (value.word(_how(flag)),)
        import json
        import shlex

        try:
            items = json.loads(value.text) if value.text.startswith("[") else shlex.split(value.text)
        except (ValueError, RecursionError):
            return (value.word(_how(flag)),)
        origin = Origin(value.at, _how(flag))
        return tuple(Known(item, origin) for item in items if isinstance(item, str))

    def _words(self, update: bool) -> Words | None:
        if update:
            flag = self._last("args")
            return self._split(flag) if flag is not None else (Unknown("the update leaves the service's own command"),)
        run = self.run
        if run.image is not None and run.image.text == HOLE and run.image.splits:
            return (Unknown(run.image.why),)
        return tuple(arg.word("command") for arg in run.command) or None

    def _environment(self) -> dict[str, Text]:
        found: dict[str, Text] = dict(self.command.env)
        for flag in self.run.all("env-file"):
            found.update(self._env_file(flag))
        for flag in self.run.all("env", "env-add"):
            value = flag.value
            name, equals, _ = value.text.partition("=")
            if not name or HOLE in name:
                continue
            how = f"{flag.written} {name}"
            if equals:
                found[name] = value.part(len(name) + 1).word(how)
            else:
                found[name] = Unknown(f"{name} comes from the environment that runs the command", Origin(value.at, how))
        return found

    def _env_file(self, flag: Flag) -> Mapping[str, Text]:
        value = flag.value
        if not value.whole or not value.text:
            return {}
        path = value.text
        source = self.inputs.beside(value.at.path, path) or self.inputs.lookup(posixpath.normpath(path))
        if source is None:
            self.inputs.joined.append(f"{value.at.path}:{value.at.line}: {_how(flag)} {path} is not here: what it sets is not known")
            return {}
        self.inputs.joined.append(f"{value.at.path}:{value.at.line}: {_how(flag)} is {source.path}")
        if not self.inputs.variables.take(0, source.path):
            return {}
        variables, problem = dotenv.read_raw(source, lambda _name: None, f"of {source.path}")
        self.inputs.variables.take(len(variables) + (len(source.text) >> 8), source.path)
        if problem is not None:
            self.inputs.problems.append(problem)
        return {
            name: Unknown(f"{name} comes from the environment that runs the command", variable.origin)
            if variable.outside is not None or variable.origin is None
            else Known(variable.text, variable.origin)
            for name, variable in variables.items()
        }

    # ---- mounts

    def _mounts(self) -> Iterator[Mount]:
        for flag in self.run.all("tmpfs"):
            target, _, options = flag.value.text.partition(":")
            origin = Origin(flag.value.at, _how(flag))
            if HOLE not in target:
                yield Mount(
                    target,
                    None,
                    True,
                    self._tmpfs_size(flag, options, origin),
                    origin,
                    "tmpfs",
                    _bound(flag, ",size=" if options else ":size="),
                )
        for flag in self.run.all("volume"):
            parts = flag.value.text.split(":")
            source, target = (None, parts[0]) if len(parts) == 1 else (parts[0], parts[1])
            if HOLE in target or not target:
                continue
            host = source is not None and (source.startswith(("/", ".", "~")) or HOLE in source)
            yield Mount(target, source, False, None, Origin(flag.value.at, _how(flag)), "bind" if host else "volume")
        for flag in self.run.all("mount", "mount-add"):
            mount = self._mount(flag)
            if mount is not None:
                yield mount

    def _mount(self, flag: Flag) -> Mount | None:
        fields = docker_run.mount_fields(flag.value)
        if fields is None:
            return None
        values = {key: value for key, value in fields if value is not None}
        target = next((values[key].text for key in ("target", "dst", "destination") if key in values), "")
        source = next((values[key].text for key in ("source", "src") if key in values), None)
        kind = values["type"].text.lower() if "type" in values else "volume"
        if not target or HOLE in target or HOLE in kind:
            return None
        origin = Origin(flag.value.at, _how(flag))
        size: Amount = None
        written_size = values.get("tmpfs-size")
        if written_size is not None:
            at = Origin(written_size.at, "tmpfs-size")
            try:
                amount = docker_run.size(written_size.text)
                size = Known(amount, at) if amount > 0 else None
            except QuantityError:
                size = Unknown(written_size.why or f"'{written_size.text[:60]}' is refused", at)
        bound = _bound(flag, ",tmpfs-size=") if kind == "tmpfs" and written_size is None else None
        return Mount(target, source, kind == "tmpfs", size if kind == "tmpfs" else None, origin, kind, bound)

    def _tmpfs_size(self, flag: Flag, options: str, origin: Origin) -> Amount:
        """Return the size that the kernel reads in the options of a tmpfs: bytes, k, m, g, or a share of the machine."""
        amount: Amount = None
        for option in options.split(","):
            key, _, text = option.partition("=")
            if key != "size":
                continue
            share = re.fullmatch(r"(\d{1,18})%", text)
            match = re.fullmatch(r"(0[xX][0-9a-fA-F]{1,15}|\d{1,18})([kKmMgGtTpPeE]?)", text)
            if HOLE in text:
                amount = Unknown(flag.value.why, origin)
            elif share is not None:
                host = self.inputs.host_memory
                why = f"{text} of the host's memory"
                amount = Known(host * int(share[1]) // 100, origin) if host is not None else Unknown(why, origin)
            elif match is not None:
                number = int(match[1], 8 if re.fullmatch(r"0[0-7]+", match[1]) else 0 if match[1][:2] in ("0x", "0X") else 10)
                number <<= 10 * (1 + "kmgtpe".index(match[2].lower())) if match[2] else 0
                amount = Known(number, origin) if number else None
            else:
                amount = Unknown(f"'{text[:60]}' is no size of a tmpfs", origin)
                self.observations.append(
                    Observation(
                        "invalid-quantity",
                        f"size={text[:60]} of {_how(flag)} is refused by the kernel: write a number with k, m or g, or a share such as 25%",
                        flag.value.at,
                    )
                )
        return amount

    # ---- life and death

    def _probes(self) -> Iterator[Probe]:
        off = self._last("no-healthcheck")
        if off is not None and self.run.on("no-healthcheck"):
            yield Probe("health", None, Origin(off.at, _how(off)), disabled=True)
        flag = self._last("health-cmd")
        if flag is not None and flag.value.text:
            yield Probe("health", (flag.value.word(_how(flag)),), Origin(flag.value.at, _how(flag)), shell=True)  # noqa: S604  # a fact

    def _restart(self) -> Text:
        if self.service:
            flag = self._last("restart-condition")
            if flag is None:
                return self._absent("restart-condition") or Known("any", Origin(self.command.at, "default of a service"))
            return flag.value.word(_how(flag))
        return self.command.restart or self._text("restart")

    def _stop_timeout(self) -> Amount:
        if self.service:
            return None
        return self._number("stop-timeout", unset=-1)

    def _replicas(self) -> Amount:
        if not self.service:
            return None
        mode = self._last("mode")
        if mode is not None and mode.value.text.startswith("global"):
            return Unknown("one on every node", Origin(mode.value.at, _how(mode)))
        return self._number("replicas", unset=1) if self._last("replicas") else self._absent("replicas")

    def _interactive(self) -> bool:
        if self.service or self.command.service:
            return False
        if self.command.brief or self.run.on("detach"):
            return self.command.brief
        return any(self.run.on(name) for name in ("rm", "interactive", "tty"))

    def _unlimited(self, container: Container) -> Iterator[Observation]:
        """Say that a container has no limit, as loudly as the command says that it is meant to live long."""
        if container.limit is not None or container.interactive or self.run.refusals:
            return
        restarted = isinstance(container.restart, Known) and container.restart.value not in ("", "no")
        lasting = self.service or self.command.service or self.run.on("detach") or restarted
        yield Observation(
            "no-limit",
            f"{container.name} has no memory limit",
            container.at,
            severity=Severity.WARNING if lasting else Severity.INFO,
        )

    def _dead_flags(self, name: str) -> Iterator[Observation]:
        kernel = self._last("kernel-memory")
        if kernel is not None and kernel.value.text != "0":
            yield Observation(
                "dead-memory-flag",
                f"{_how(kernel)} {_shown(kernel.value)} of {name} does nothing since Docker 23: kernel memory counts against --memory",
                kernel.at,
            )
        for flag in self.run.all("ulimit"):
            if flag.value.text.startswith("rss="):
                yield Observation(
                    "dead-memory-flag",
                    f"{_how(flag)} {_shown(flag.value)} of {name} does nothing: Linux has not enforced RLIMIT_RSS since 2.4.30; "
                    "only --memory bounds the resident memory",
                    flag.value.at,
                    severity=Severity.INFO,
                )


def _bound(flag: Flag, joint: str) -> Callable[[str], tuple[Edit, ...] | None]:
    """Return what gives the mount of a flag a size, behind what is written."""

    def edit(text: str) -> tuple[Edit, ...] | None:
        at = flag.value.at
        return (Edit(at.path, at.end, at.end, f"{joint}{text}"),) if flag.value.exact and HOLE not in flag.value.text else None

    return edit


def _shown(value: Arg) -> str:
    text = value.text.replace(HOLE, "…")
    return text if len(text) <= 80 else f"{text[:79]}…"


def _how(flag: Flag | str) -> str:
    if isinstance(flag, str):
        return f"--{flag}"
    return flag.written if not flag.written.startswith("-") else f"--{flag.name}"
