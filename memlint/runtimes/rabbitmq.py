"""RabbitMQ: it blocks publishers at a high watermark that it reckons from the host's memory, whatever the container's limit is."""

import re

from memlint import quantity
from memlint.api import MIB, Confidence, Known, Note, Origin, Program, Reading, Safety, Severity, Span, Surroundings, Text, Unknown, human
from memlint.patterns import pattern
from memlint.runtimes.common import Version, brought, read_text, references, rewrite, variable, version_of
from memlint.runtimes.conf import rabbitmq_conf
from memlint.runtimes.settings import Store, arguments, part

_IMAGES = frozenset(("rabbitmq",))
_ABSOLUTE, _RELATIVE = "vm_memory_high_watermark.absolute", "vm_memory_high_watermark.relative"
_TOTAL = "total_memory_available_override_value"
_FOLDER = "/etc/rabbitmq/conf.d"
_FILES = ("/etc/rabbitmq/rabbitmq.conf", "/opt/bitnami/rabbitmq/etc/rabbitmq/rabbitmq.conf", "/bitnami/rabbitmq/conf/rabbitmq.conf")
_BASIS_QUEUES = (
    "the watermark blocks publishers, not consumers and collections: a queue's process may double while it is collected, 1.4 x in all "
    "(rabbit vm_memory_monitor.erl; not reached in measurements)"
)
_BASIS_SERVER = "60 MiB anonymous, 91-133 MiB peak when idle (RabbitMQ 3.10.8 under a memory cgroup of 1 GiB, 2026-11)"


class Model:
    name = "rabbitmq"

    def read(self, program: Program, around: Surroundings) -> Reading | None:
        words = arguments(program, around, ("rabbitmq-server",), _IMAGES)
        if words is None:
            return None
        store = Store("RabbitMQ", program, around)
        known = version_of(program, around, _IMAGES, ("RABBITMQ_VERSION",))
        paths = [path for path in (*_FILES, *sorted(brought(around, _FOLDER, ".conf"))) if read_text(around, path) is not None]
        for path in paths:
            store.config(path, rabbitmq_conf)
        if not paths and store.hidden(_FILES[0], f"{_FOLDER}/memory.conf"):
            store.rest = Unknown("rabbitmq.conf is mounted and not among the files that were read")
        _variables(store, known)
        watermark, at = _watermark(store, known)
        parts = [
            part(
                "queues and messages",
                0,
                watermark if watermark is not None and at is not None else 0,  # one that nobody set is no plan to reach it
                watermark * 1.4 if watermark is not None else None,
                _BASIS_QUEUES,
                at,
            ),
            part("server", 50 * MIB, 90 * MIB, 140 * MIB, _BASIS_SERVER),
        ]
        confidence = Confidence.MEDIUM if watermark is not None else Confidence.LOW
        options: dict[str, Text] = {name: store.text(name) for name in (_ABSOLUTE, _RELATIVE, _TOTAL)}
        return store.reading("rabbitmq", parts, confidence, known.text if known else None, options)


_ERLANG = pattern(r"vm_memory_high_watermark\s+(?:\{\s*absolute\s*,\s*\"?(?P<absolute>\w+)\"?\s*\}|(?P<relative>[\d.]+))")


def _tells_the_limit(store: Store, known: Version | None) -> bool:
    """Say whether the official image's script writes the limit of cgroup v1 into the configuration: before 3.9 (docker-entrypoint.sh of 3.8)."""
    return known is not None and not known.at_least(3, 9) and "bitnami" not in " ".join(references(store.around))


def _variables(store: Store, known: Version | None) -> None:
    """Read the variables that set a watermark, and the one that keeps the official image from starting (docker-entrypoint.sh of 3.9, 4.2)."""
    refused = variable(store.program, "RABBITMQ_VM_MEMORY_HIGH_WATERMARK")
    told = " ".join(references(store.around))
    if refused is not None and "bitnami" not in told and not _tells_the_limit(store, known):
        if isinstance(refused, Known):
            store.observe(
                "store-will-not-start",
                "RABBITMQ_VM_MEMORY_HIGH_WATERMARK makes the official image exit with status 1 at start: write "
                f"vm_memory_high_watermark.{'absolute' if re.search('[A-Za-z]', refused.value) else 'relative'} = {refused.value} into rabbitmq.conf",
                refused.origin.span,
            )
        return
    for name in ("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "RABBITMQ_SERVER_ERL_ARGS"):
        value = variable(store.program, name)
        if isinstance(value, Known):
            match = _ERLANG.search(value.value)
            if match:
                key = _ABSOLUTE if match["absolute"] else _RELATIVE
                store.values[key] = Known(match["absolute"] or match["relative"], value.origin)
        elif value is not None:
            store.rest = value
    if isinstance(refused, Known):
        store.values[_ABSOLUTE if re.search("[A-Za-z]", refused.value) else _RELATIVE] = refused


def _watermark(store: Store, known: Version | None) -> tuple[int | None, Origin | None]:
    """Return where publishers are blocked, in bytes, where it can be known; note where the host decides."""
    limit = store.limit
    absolute = store.amount(
        _ABSOLUTE, lambda text: _size(text, known), lambda text: f"{text.strip()}B" if text.strip().endswith("i") else None
    )
    if isinstance(absolute, Known):
        _judge(store, absolute)
        return absolute.value, absolute.origin
    total = store.amount(_TOTAL, quantity.rabbitmq)
    relative, origin = 0.6 if known is None or known.at_least(4) else 0.4, None
    value = store.text(_RELATIVE)
    if isinstance(value, Known):
        try:
            relative, origin = float(value.value) if len(value.value) < 20 else relative, value.origin
        except ValueError:
            return None, value.origin
    if isinstance(total, Known):
        if limit is not None and total.value * relative >= limit.value:
            _judge(store, Known(int(total.value * relative), total.origin))
        return int(total.value * relative), total.origin
    if isinstance(absolute, Unknown) or isinstance(total, Unknown) or isinstance(value, Unknown):
        return None, None
    host = store.around.host_memory
    if store.program.words and isinstance(first := store.program.words[0], Known) and first.origin.how == "what runs for RabbitmqCluster":
        # The cluster operator writes the limit less a fifth, 2 GiB at most, as the memory that there is (internal/resource/configmap.go).
        return (int((limit.value - min(limit.value // 5, 2048 * MIB)) * relative), limit.origin) if limit is not None else (None, None)
    old = _tells_the_limit(store, known)
    if old and limit is not None and store.around.cgroup == 1:
        return int(limit.value * relative), limit.origin
    if limit is not None and (host is None or host * relative > limit.value):
        where: Span | None = value.origin.span if isinstance(value, Known) else None
        best = f"{max(int(limit.value * 0.6) // MIB, 1)}MiB"
        seen = f"{human(int(host * relative))}" if host else f"{relative * 100:g} % of that"
        which = "" if host else f" on a host of more than {human(int(limit.value / relative))}"
        version = " on cgroup v2" if old else ""
        store.observe(
            "not-container-aware",
            f"RabbitMQ reads the host's memory{version}, not the limit {human(limit.value)}: its watermark is {seen}, and{which} it is killed "
            f"before it blocks a publisher; set vm_memory_high_watermark.absolute = {best} in rabbitmq.conf",
            where,
            notes=store.limit_note(),
            severity=Severity.WARNING,
        )
    return (int(host * relative) if host else None), origin


def _size(text: str, known: Version | None) -> int:
    if text.strip().endswith("i") and known is not None and not known.at_least(3, 13):
        raise quantity.QuantityError("Ki, Mi and Gi are read from 3.13.0 on")
    return quantity.rabbitmq(text)


def _judge(store: Store, watermark: Known[int]) -> None:
    limit = store.limit
    if limit is None or watermark.value * 10 < limit.value * 9:
        return
    best = f"{max(int(limit.value * 0.6) // MIB, 1)}MiB"
    text = store.text(_ABSOLUTE)
    notes: tuple[Note, ...] = store.limit_note()
    store.observe(
        "cache-larger-than-limit",
        f"RabbitMQ blocks publishers at {human(watermark.value)}, the limit is {human(limit.value)}: it is killed first, as a queue may double "
        f"while it is collected; set vm_memory_high_watermark.absolute to {best}",
        watermark.origin.span,
        notes=notes,
        severity=Severity.ERROR if watermark.value >= limit.value else Severity.WARNING,
        fix=rewrite(text, best, f"set the watermark to {best}", Safety.UNSAFE) if isinstance(text, Known) else None,
    )
