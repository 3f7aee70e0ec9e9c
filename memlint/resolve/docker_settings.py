"""What Docker makes of the memory settings of one container, shared by `docker run`, Compose and podman.

The rules are those of moby's daemon (daemon/daemon_unix.go, daemon/oci_linux.go at b985e23), of runc's cgroups and of Linux 6.12.
"""

from collections.abc import Iterator

from memlint.model import Amount, Confidence, Editor, Fix, Known, Note, Observation, Safety, Severity, Text, Unknown
from memlint.quantity import KIB, MIB, human
from memlint.records import NamedTuple

FLOOR = 6 * MIB  # moby daemon/daemon_unix.go:68 linuxMinMemory; podman has none


class Settings(NamedTuple):
    """The memory settings of one container, None where the file does not set them.

    Amounts in bytes; the `how` of an origin is the name of the setting as the user wrote it. `bare`: fields of this class whose
    number has no unit.
    """

    name: str
    engine: str  # "docker" | "podman" | "compose" | "swarm"
    limit: Amount = None
    reservation: Amount = None
    swap: Amount = None  # total of memory and swap; negative: unlimited
    swappiness: Amount = None
    shm_size: Amount = None
    oom_kill_disable: Known[bool] | Unknown | None = None
    oom_score_adj: Amount = None
    init: Known[bool] | Unknown | None = None
    pid: Text = None
    ipc: Text = None
    bare: frozenset[str] = frozenset()
    editor: Editor | None = None

    @property
    def program(self) -> str:
        return "podman" if self.engine == "podman" else "Docker"


def observe(settings: Settings) -> tuple[Observation, ...]:
    """Return what is wrong, or will surprise, about the settings of one container."""
    checks = (_sizes, _reservation, _swap, _swappiness, _shared_memory, _oom_killer, _oom_score, _init)
    return tuple(seen for check in checks for seen in check(settings))


def written(amount: int) -> str:
    """Return bytes as Docker's settings write them: `512m`, `2g`, `1000b`."""
    for unit, suffix in ((1 << 30, "g"), (MIB, "m"), (KIB, "k")):
        if amount >= unit and amount % unit == 0:
            return f"{amount // unit}{suffix}"
    return f"{amount}b"


def _fix(settings: Settings, setting: str, text: str, title: str) -> Fix | None:
    edits = settings.editor.set(setting, text) if settings.editor is not None else None
    return Fix(title, Safety.UNSAFE, edits) if edits else None


def _positive(amount: Amount) -> bool:
    return isinstance(amount, Known) and amount.value > 0


def _sizes(settings: Settings) -> Iterator[Observation]:
    for field, amount in (("limit", settings.limit), ("reservation", settings.reservation), ("shm_size", settings.shm_size)):
        if not isinstance(amount, Known):
            continue
        how, value, at = amount.origin.how, amount.value, amount.origin.span
        if 0 < value < MIB and field in settings.bare:
            yield Observation(
                "bytes-without-unit",
                f"{how} of {settings.name} is {value} bytes, as the number has no unit: write {value}m if MiB are meant",
                at,
                fix=_fix(settings, field, f"{value}m", f"write {value}m"),
            )
        elif value < 0:
            yield Observation(
                "invalid-quantity",
                f"{how} of {settings.name} reaches Docker as {value} bytes, which it refuses: write a size such as 512m",
                at,
            )
        elif 0 < value < FLOOR and field != "shm_size" and settings.engine != "podman":
            yield Observation(
                "limit-below-floor",
                f"{how} of {settings.name} is {human(value)}; Docker refuses anything below {human(FLOOR)}, so the container is not created",
                at,
            )


def _reservation(settings: Settings) -> Iterator[Observation]:
    reservation, limit = settings.reservation, settings.limit
    if not isinstance(reservation, Known) or reservation.value <= 0:
        return
    how, at = reservation.origin.how, reservation.origin.span
    about = f"{how} of {settings.name} ({human(reservation.value)})"
    if limit is None and settings.engine != "swarm":
        yield Observation(
            "reservation-misused",
            f"{about} stands without a limit: it protects memory under pressure but bounds nothing, so the container may take the whole host",
            at,
            # In Compose a missing limit alone is only an info: here somebody took the reservation for one.
            severity=Severity.WARNING if settings.engine == "compose" else Severity.INFO,
        )
    elif isinstance(limit, Known) and limit.value > 0:
        notes = (Note(limit.origin.span, f"{limit.origin.how} is {human(limit.value)}"),)
        if reservation.value > limit.value:
            yield Observation(
                "reservation-misused",
                f"{about} is more than {limit.origin.how} ({human(limit.value)}): the container is not created",
                at,
                notes,
            )
        elif reservation.value == limit.value and settings.engine != "swarm":
            yield Observation(
                "reservation-misused",
                f"{about} equals {limit.origin.how}: on cgroup v2 it becomes memory.low, which then exempts all of the container's memory "
                "from reclaim while others on the host starve; it neither warns nor swaps at that value",
                at,
                notes,
                severity=Severity.WARNING,
            )


_SWAP_AS = {"compose": "memswap_limit: {}"}


def _swap(settings: Settings) -> Iterator[Observation]:
    limit, swap = settings.limit, settings.swap
    if isinstance(swap, Unknown) or isinstance(limit, Unknown) or settings.engine == "swarm":
        return
    if swap is None:
        if limit is not None and limit.value >= FLOOR:
            amount = written(limit.value)
            how = _SWAP_AS.get(settings.engine, "--memory-swap {}").format(amount)
            yield Observation(
                "swap-doubles-limit",
                f"{settings.name} may use {human(limit.value)} of memory and another {human(limit.value)} of swap where the host has swap: "
                f"without a swap limit {settings.program} allows twice {limit.origin.how}; {how} forbids swap",
                limit.origin.span,
                fix=_fix(settings, "swap", amount, f"forbid swap: {how}"),
            )
        return
    how, at = swap.origin.how, swap.origin.span
    if limit is None:
        if swap.value > 0:
            yield Observation(
                "swap-limit-invalid",
                f"{how} of {settings.name} ({human(swap.value)}) needs a memory limit beside it: {settings.program} refuses to create the container",
                at,
            )
        else:
            yield Observation(
                "dead-memory-flag", f"{how} of {settings.name} has no effect without a memory limit", at, severity=Severity.INFO
            )
        return
    notes = (Note(limit.origin.span, f"{limit.origin.how} is {human(limit.value)}"),)
    if swap.value < 0:
        amount = written(limit.value)
        instead = _SWAP_AS.get(settings.engine, "--memory-swap {}").format(amount)
        yield Observation(
            "swap-unlimited",
            f"{settings.name} may swap without bound: {how} {swap.value} lets it fill the host's swap instead of stopping at "
            f"{human(limit.value)}; {instead} forbids swap",
            at,
            notes,
            fix=_fix(settings, "swap", amount, f"forbid swap: {instead}"),
        )
    elif 0 < swap.value < limit.value:
        yield Observation(
            "swap-limit-invalid",
            f"{how} of {settings.name} ({human(swap.value)}) is the total of memory and swap and so cannot be less than "
            f"{limit.origin.how} ({human(limit.value)}): {settings.program} refuses to create the container",
            at,
            notes,
        )


def _swappiness(settings: Settings) -> Iterator[Observation]:
    swappiness = settings.swappiness
    if not isinstance(swappiness, Known):
        return
    how, at, value = swappiness.origin.how, swappiness.origin.span, swappiness.value
    if 0 <= value <= 100:
        yield Observation(
            "swappiness-ineffective",
            f"{how} {value} of {settings.name} is ignored on cgroup v2, which has no swappiness per container: "
            "a swap limit equal to the memory limit is what forbids swap",
            at,
        )
    else:
        yield Observation("invalid-quantity", f"{how} {value} of {settings.name} is refused: swappiness goes from 0 to 100", at)


def _shared_memory(settings: Settings) -> Iterator[Observation]:
    shm, limit, ipc = settings.shm_size, settings.limit, settings.ipc
    if isinstance(ipc, Unknown):
        return
    if isinstance(ipc, Known) and (ipc.value in ("host", "none") or ipc.value.startswith("container:")):
        if isinstance(shm, Known):
            yield Observation(
                "dead-memory-flag",
                f"{shm.origin.how} of {settings.name} has no effect with {ipc.origin.how} {ipc.value}: "
                "the container gets no /dev/shm of its own",
                shm.origin.span,
                (Note(ipc.origin.span, f"{ipc.origin.how} is set here"),),
            )
        return
    if not isinstance(shm, Known) or not isinstance(limit, Known) or limit.value <= 0 or shm.value <= 0:
        return
    notes = (Note(limit.origin.span, f"{limit.origin.how} is {human(limit.value)}"),)
    about = f"{shm.origin.how} of {settings.name} is {human(shm.value)}"
    if shm.value >= limit.value:
        yield Observation(
            "shm-size",
            f"{about}, but all of /dev/shm counts against the limit of {human(limit.value)}: "
            "filling it kills a process instead of giving ENOSPC; keep it well below the limit",
            shm.origin.span,
            notes,
        )
    elif shm.value * 2 > limit.value:
        yield Observation(
            "shm-size",
            f"{about}, {shm.value * 100 // limit.value} % of the limit of {human(limit.value)}: what stands in /dev/shm is memory "
            f"that the processes cannot use; {human(limit.value - shm.value)} remain for them when it is full",
            shm.origin.span,
            notes,
            severity=Severity.WARNING,
        )


def _oom_killer(settings: Settings) -> Iterator[Observation]:
    disabled = settings.oom_kill_disable
    if not isinstance(disabled, Known) or not disabled.value or isinstance(settings.limit, Unknown):
        return
    how, at = disabled.origin.how, disabled.origin.span
    if settings.limit is None:
        yield Observation(
            "oom-kill-disabled",
            f"{how} of {settings.name} without a memory limit: on cgroup v1 the host itself runs out of memory and cannot kill "
            "what fills it; on cgroup v2 it is ignored. Set a limit and remove it",
            at,
        )
    else:
        yield Observation(
            "oom-kill-disabled",
            f"{how} of {settings.name}: on cgroup v2 it is ignored, and on v1 the processes hang for ever at "
            f"{human(settings.limit.value)} instead of being killed and restarted; remove it",
            at,
            severity=Severity.WARNING,
        )


def _oom_score(settings: Settings) -> Iterator[Observation]:
    score = settings.oom_score_adj
    if not isinstance(score, Known):
        return
    how, at, value = score.origin.how, score.origin.span, score.value
    if not -1000 <= value <= 1000:
        yield Observation("invalid-quantity", f"{how} {value} of {settings.name} is refused: the score goes from -1000 to 1000", at)
    elif value == -1000:
        yield Observation(
            "oom-score-shield",
            f"{how} -1000 of {settings.name} exempts every process of the container from the OOM killer: when the host runs short "
            "something else dies in its place, and a leak in it cannot be ended",
            at,
            severity=Severity.ERROR,
        )
    elif value < 0:
        yield Observation(
            "oom-score-shield",
            f"{how} {value} of {settings.name} makes the OOM killer see {-value / 10:g} % of the memory less in each of its processes: "
            "others on the host are killed first; its own limit kills it as before",
            at,
            severity=Severity.WARNING,
        )


def _init(settings: Settings) -> Iterator[Observation]:
    init, pid = settings.init, settings.pid
    if not isinstance(init, Known) or not init.value or not isinstance(pid, Known):
        return
    if settings.engine != "podman" and (pid.value == "host" or pid.value.startswith(("container:", "service:"))):
        yield Observation(
            "init-ineffective",
            f"{init.origin.how} of {settings.name} is ignored with {pid.origin.how} {pid.value}: Docker adds its init only where the container "
            "has PIDs of its own",
            init.origin.span,
            (Note(pid.origin.span, f"{pid.origin.how} is set here"),),
            Confidence.HIGH,
            Severity.WARNING,
        )
