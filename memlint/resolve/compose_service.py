"""One service of a merged Compose project in the neutral model, and what Compose drops, replaces or refuses of it."""

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from memlint.model import (
    Amount,
    Confidence,
    Container,
    Edit,
    Fix,
    Known,
    Mount,
    Note,
    Observation,
    Origin,
    Probe,
    Problem,
    Safety,
    Severity,
    Span,
    Text,
    Unknown,
    Word,
    Words,
    Workload,
)
from memlint.quantity import MIB, QuantityError, human
from memlint.resolve import docker_settings, editing
from memlint.resolve.compose_editor import LIMITS, RESERVATIONS, ComposeEditor, editable
from memlint.resolve.compose_images import build_of, image_of, reference_of
from memlint.resolve.compose_project import Loaded, Loader, is_outside
from memlint.resolve.docker_settings import Settings, written
from memlint.resolve.doubt import doubted
from memlint.resolve.inputs import Inputs
from memlint.resolve.process import InlineFile, RunSpec
from memlint.resolve.process import join as join_process
from memlint.sources import dotenv, tree
from memlint.sources.compose import Entry, Leaf, Map, Seq, Value, duration, is_null, span_of, text_of
from memlint.sources.compose_schema import cast
from memlint.sources.docker_run import size as read_size
from memlint.sources.interpolation import HOLE, Use, Variable
from memlint.sources.shellwords import split

_NAME: Final = "\1"  # stands for the service's name in a message until it is known that no other service has told the same
_MAX_INT64: Final = (1 << 63) - 1
# Fields whose wrong values are told by the reading below, each in its own words, and not as what the schema refuses.
TOLD_HERE: Final = frozenset((
    ("mem_limit",), ("mem_reservation",), ("memswap_limit",), ("mem_swappiness",), ("shm_size",), ("oom_score_adj",), (*LIMITS, "memory"),
    (*RESERVATIONS, "memory"),
))  # fmt: skip


class Service:
    """Reads one service of a merged project into the neutral model."""

    def __init__(
        self, inputs: Inputs, loader: Loader, loaded: Loaded, name: str, entry: Entry, report: Callable[[Problem], None], partial: bool
    ) -> None:
        assert type(entry.value) is Map
        assert entry.key is not None
        self.inputs = inputs
        self.loader = loader
        self.loaded = loaded
        self.report = report
        self.name = name
        self.service = entry.value
        self.at = entry.key.span
        self.via = tuple(step for step in entry.via if step.how.startswith("include"))
        self.partial = partial
        self.editor = ComposeEditor(entry.value, entry.via)
        self.observations: list[Observation] = []
        self.identities: list[tuple[str, Span, str]] = []  # of the observations: what is equal in services that share a value
        self.bare: set[str] = set()
        self.env_open = False  # an env file could not be read

    def read(self, project: str | None) -> Workload:
        service = self.service
        env = self._environment()
        reference = reference_of(service, self.via)
        image = image_of(build_of(service, self.loaded.environment), reference, self.inputs)
        limit, reservation = self._limit(), self._reservation()
        pid = self._text("pid")
        mounts = tuple(self._mounts())
        settings = Settings(
            name=_NAME,
            engine="compose",
            limit=limit,
            reservation=reservation,
            swap=self._amount(("memswap_limit",), "swap"),
            swappiness=self._swappiness(),
            shm_size=self._amount(("shm_size",), "shm_size"),
            oom_kill_disable=self._bool("oom_kill_disable"),
            oom_score_adj=self._oom_score_adj(),
            init=self._bool("init"),
            pid=pid,
            ipc=self._text("ipc"),
            bare=frozenset(self.bare),
            editor=self.editor,
        )
        named = {**(image.env if image is not None else {}), **env}
        entrypoint = self._words("entrypoint", named)
        command = self._words("command", named)
        probes = tuple(self._probes(named))
        shared = isinstance(pid, Known) and (pid.value == "host" or pid.value.startswith(("service:", "container:")))
        cpu_limit, cpu_request = self._cpus()
        replicas = self._replicas()
        self._pids()
        self.observations.extend(docker_settings.observe(settings))
        self.identities = [(seen.topic, seen.at, seen.message) for seen in self.observations]
        config_files, inline_files = self._files()
        spec = RunSpec(
            platform="compose",
            name=self.name,
            workload=self.name,
            path=self.at.path,
            at=self.at,
            image_reference=reference,
            image=image,
            entrypoint=entrypoint,
            command=command,
            env=env,
            limit=limit,
            reservation=reservation,
            swap=settings.swap,
            cpu_limit=cpu_limit,
            cpu_request=cpu_request,
            shm_size=settings.shm_size,
            init=settings.init,
            share_processes=shared,
            workdir=self._text("working_dir"),
            mounts=mounts,
            config_files=config_files,
            inline_files=inline_files,
        )
        grace, restart = self._seconds("stop_grace_period"), self._restart()
        container = Container(
            name=self.name,
            at=self.at,
            role="main",
            image=reference if isinstance(reference, Unknown) else self._text("image"),
            entrypoint=entrypoint,
            command=command,
            # A variable may stand in the file that is not there.
            process=doubted(join_process(spec, self.inputs), Confidence.MEDIUM if self.env_open else Confidence.HIGH),
            env=env,
            limit=limit,
            reservation=reservation,
            swap=settings.swap,
            swappiness=settings.swappiness,
            shm_size=settings.shm_size,
            cpu_limit=cpu_limit,
            cpu_request=cpu_request,
            oom_kill_disable=settings.oom_kill_disable,
            oom_score_adj=settings.oom_score_adj,
            init=settings.init,
            mounts=mounts,
            probes=probes,
            restart=restart,
            stop_timeout=grace,
            observations=tuple(self._named(seen) for seen in self.observations),
            editor=self.editor,
        )
        depends = service.map("depends_on")
        return Workload(
            name=self.name,
            kind="compose",
            at=self.at,
            containers=(container,),
            project=project,
            labels=self._labels(),
            replicas=replicas,
            profiles=tuple(text_of(leaf.value) for leaf in _leaves(service.get("profiles"))),
            limit=limit,
            share_processes=shared,
            restart=restart,
            grace=grace,
            depends_on=tuple(depends.entries) if depends is not None else (),
            partial=self.partial,
        )

    def _named(self, seen: Observation) -> Observation:
        if _NAME not in seen.message and not seen.notes:
            return seen
        notes = tuple(Note(note.at, note.text.replace(_NAME, self.name)) for note in seen.notes)
        return seen._replace(message=seen.message.replace(_NAME, self.name), notes=notes)

    # ---- single values

    def _refuse(self, message: str, at: Span) -> None:
        self.report(Problem(at.path, message, at.line, at.column))

    def _origin(self, leaf: Leaf, *keys: str, how: str | None = None) -> Origin:
        return leaf.origin(how or ".".join(keys), self.via + self.service.via(*keys))

    def _unknown(self, leaf: Leaf, *keys: str) -> Unknown:
        name = leaf.outside
        return Unknown(f"${{{name}}} is set outside the project", self._origin(leaf, *keys))

    def _observe(
        self,
        topic: str,
        message: str,
        at: Span,
        *notes: Note,
        fix: Fix | None = None,
        severity: Severity | None = None,
        confidence: Confidence = Confidence.HIGH,
    ) -> None:
        self.observations.append(Observation(topic, message, at, notes, confidence, severity, fix))

    def _text(self, *keys: str) -> Text:
        leaf = self.service.leaf(*keys)
        if leaf is None or not leaf.value or type(leaf.value) is not str:
            return None
        return self._unknown(leaf, *keys) if leaf.outside is not None else Known(leaf.value, self._origin(leaf, *keys))

    def _number(self, *keys: str) -> Amount:
        """Return an integer that Compose would make of a field, None where it is not set or not one."""
        leaf = self.service.leaf(*keys)
        if leaf is None or leaf.value is None:
            return None
        if leaf.outside is not None:
            return self._unknown(leaf, *keys)
        value = cast(leaf.value, "i") if type(leaf.value) is str else leaf.value
        if type(value) is float and value.is_integer():
            value = int(value)
        return Known(value, self._origin(leaf, *keys)) if type(value) is int else None

    def _bool(self, *keys: str) -> Known[bool] | Unknown | None:
        leaf = self.service.leaf(*keys)
        if leaf is None or leaf.value is None:
            return None
        if leaf.outside is not None:
            return self._unknown(leaf, *keys)
        value = cast(leaf.value, "b") if type(leaf.value) is str else leaf.value
        return Known(value, self._origin(leaf, *keys)) if type(value) is bool else None

    def _seconds(self, *keys: str) -> Amount:
        leaf = self.service.leaf(*keys)
        if leaf is None or type(leaf.value) is not str:
            return None
        if leaf.outside is not None:
            return self._unknown(leaf, *keys)
        amount = duration(leaf.value)
        if amount is None:
            self._refuse(f"{'.'.join(keys)} '{leaf.value[:40]}' is no duration: write 30s or 1m30s", leaf.span)
            return None
        return Known(amount // 10**9, self._origin(leaf, *keys))

    # ---- amounts

    def _amount(self, keys: tuple[str, ...], field: str) -> Amount:
        """Return the bytes of a field as Compose sends them; what is written but means none is None."""
        entry = self.service.at(*keys)
        if entry is None:
            return None
        how, leaf = ".".join(keys), entry.value
        if type(leaf) is not Leaf:
            self._invalid(how, "it is no amount", span_of(leaf, entry.key), None)
            return None
        at = span_of(leaf, entry.key)
        if leaf.outside is not None:
            return self._unknown(leaf, *keys)
        value, text_only = leaf.value, keys[0] == "deploy"
        if value is None or type(value) is bool or value == "":
            written_ = f"'{leaf.node.value}'" if leaf.node.value else "empty"
            self._invalid(how, f"it is {written_}: write an amount such as 512m, or leave the key out", at, None)
            return self._refused(leaf, keys, "it is no amount")
        if type(value) is str:
            return self._sized(leaf, value, keys, field, at)
        if text_only:
            digits = text_of(value)
            meant = digits if type(value) is int and value >= docker_settings.FLOOR else f"{digits}m" if type(value) is int else None
            title = f'write "{meant}"' if meant is not None else ""
            safety = Safety.SAFE if meant == digits else Safety.UNSAFE
            fix = Fix(title, safety, (Edit(at.path, at.start, at.end, f'"{meant}"'),)) if meant is not None and editable(leaf) else None
            self._invalid(how, f"the number {leaf.node.value} must be a string here: put it in quotes, with its unit", at, fix)
            return self._refused(leaf, keys, "a number must be in quotes here")
        if type(value) is int and -_MAX_INT64 - 1 <= value <= _MAX_INT64:
            self.bare.add(field)
            return Known(value, self._origin(leaf, *keys)) if value else None
        assert type(value) is int or type(value) is float
        if type(value) is float and field in ("reservation", "swappiness") and not value.is_integer():
            self._invalid(how, f"{leaf.node.value} must be an integer or a string", at, self._size_fix(leaf, at))
            return self._refused(leaf, keys, "it must be an integer or a string")
        self._observe(
            "setting-silently-dropped",
            f"{how}: {leaf.node.value} is a floating-point number to YAML, and Compose drops those without a word, "
            f"so the container gets no {how}; write an integer of bytes, or a string such as {_sized_text(value)}",
            at,
            fix=self._size_fix(leaf, at),
        )
        return None

    def _sized(self, leaf: Leaf, value: str, keys: tuple[str, ...], field: str, at: Span) -> Amount:
        how = ".".join(keys)
        number = cast(value, "i")
        if type(number) is int:
            amount = number
            self.bare.add(field)
        else:
            try:
                amount = read_size(value)
            except QuantityError as error:
                self._invalid(how, f"'{value[:60]}' is refused ({error}){_advice(value)}", at, self._unit_fix(leaf, value))
                return self._refused(leaf, keys, str(error))
        return Known(amount, self._origin(leaf, *keys)) if amount else None

    def _refused(self, leaf: Leaf, keys: tuple[str, ...], why: str) -> Unknown:
        return Unknown(f"Compose refuses it: {why}", self._origin(leaf, *keys))

    def _invalid(self, how: str, message: str, at: Span, fix: Fix | None) -> None:
        self._observe("invalid-quantity", f"{how}: {message}", at, fix=fix)

    def _unit_fix(self, leaf: Leaf, value: str) -> Fix | None:
        text = _kubernetes_unit(value)
        if text is None or not editable(leaf):
            return None
        edits = editing.replace(leaf.node, text)
        return Fix(f"write {text}", Safety.SAFE, edits) if edits is not None else None

    def _size_fix(self, leaf: Leaf, at: Span) -> Fix | None:
        value = leaf.value
        if type(value) is not float or not value.is_integer() or value < 1 or value > _MAX_INT64 or not editable(leaf):
            return None
        return Fix(f"write {int(value)}", Safety.SAFE, (Edit(at.path, at.start, at.end, str(int(value))),))

    def _limit(self) -> Amount:
        return self._either(("mem_limit",), LIMITS, "memory", "limit")

    def _reservation(self) -> Amount:
        return self._either(("mem_reservation",), RESERVATIONS, "memory", "reservation")

    def _either(self, short: tuple[str, ...], long: tuple[str, ...], key: str, field: str) -> Amount:
        """Return the amount that holds of two places that Compose wants to agree (compose-go loader/validate.go:153-164)."""
        first, second = self._amount(short, field), self._amount((*long, key), field)
        holder = self.service.map(*long)
        if isinstance(first, Known) and holder is not None and not isinstance(second, Unknown):
            amount = second.value if second is not None else 0
            if amount != first.value:
                self._conflict(first, second, short[0], long, key, human(abs(first.value)), human(amount))
        return second if second is not None else first

    def _conflict(
        self, first: Known[int], second: Known[int] | None, short: str, long: tuple[str, ...], key: str, one: str, other: str
    ) -> None:
        where = ".".join(long)
        note = Note(first.origin.span, f"{short} is {one}")
        if second is not None:
            self._observe(
                "conflicting-limits",
                f"{where}.{key} is {other}, but {short} is {one}: Compose refuses the project; keep one of them",
                second.origin.span,
                note,
            )
            return
        entry = self.service.at(*long)
        at = entry.key.span if entry is not None and entry.key is not None else first.origin.span
        leaf = self.service.leaf(short)
        edits = self.editor.insert((*long, key), f'"{text_of(leaf.value)}"') if leaf is not None and leaf.result is None else None
        self._observe(
            "conflicting-limits",
            f"{where} says nothing of {key}, which Compose takes for 0 and so for other than {short} ({one}): it refuses the project; "
            f"write {key} there in place of {short}",
            at,
            note,
            fix=Fix(f"add {key} to {where}", Safety.SAFE, edits) if edits is not None else None,
        )

    def _swappiness(self) -> Amount:
        leaf = self.service.leaf("mem_swappiness")
        amount = self._amount(("mem_swappiness",), "swappiness")
        if leaf is not None and amount is None and (leaf.value == 0 or leaf.value == "0") and type(leaf.value) is not bool:
            self._observe(
                "setting-silently-dropped",
                "mem_swappiness: 0 never reaches Docker: Compose sends only other values than 0; to forbid swap set memswap_limit to mem_limit",
                leaf.span,
                severity=Severity.WARNING,
            )
        return amount

    def _oom_score_adj(self) -> Amount:
        leaf = self.service.leaf("oom_score_adj")
        amount = self._number("oom_score_adj")
        if leaf is not None and amount is None:
            self._invalid("oom_score_adj", f"'{leaf.node.value[:40]}' is no integer from -1000 to 1000", leaf.span, None)
        return amount

    def _cpus(self) -> tuple[Amount, Amount]:
        """Return the CPUs in thousandths: the limit, and the share that `cpu_shares` asks for."""
        first, second = self._cpu("cpus"), self._cpu(*LIMITS, "cpus")
        holder = self.service.map(*LIMITS)
        if isinstance(first, Known) and holder is not None and not isinstance(second, Unknown):
            amount = second.value if second is not None else 0
            if amount != first.value:
                self._conflict(first, second, "cpus", LIMITS, "cpus", f"{first.value / 1000:g}", f"{amount / 1000:g}")
        limit = second if second is not None else first
        if limit is None:
            quota, period = self._number("cpu_quota"), self._number("cpu_period")
            every = period.value if isinstance(period, Known) and period.value > 0 else 100_000  # the kernel's default, in microseconds
            if isinstance(quota, Known) and quota.value > 0 and not isinstance(period, Unknown):
                limit = Known(quota.value * 1000 // every, quota.origin)
            elif isinstance(quota, Unknown):
                limit = quota
        shares = self._number("cpu_shares")
        if isinstance(shares, Known):
            shares = Known(max(shares.value, 0) * 1000 // 1024, shares.origin)  # 1024 shares stand for one CPU
        return limit, shares

    def _cpu(self, *keys: str) -> Amount:
        leaf = self.service.leaf(*keys)
        if leaf is None or leaf.value is None or type(leaf.value) is bool:
            return None
        if leaf.outside is not None:
            return self._unknown(leaf, *keys)
        number = cast(leaf.value, "n") if type(leaf.value) is str else leaf.value
        if (type(number) is not int and type(number) is not float) or not abs(number) < 1e9:
            return None
        from fractions import Fraction

        amount = int(Fraction(number) * 1000 + Fraction(1, 2))
        return Known(amount, self._origin(leaf, *keys)) if amount else None

    def _pids(self) -> None:
        """Compose wants these two to agree as well."""
        first, second = self._number("pids_limit"), self._number(*LIMITS, "pids")
        if isinstance(first, Known) and first.value and self.service.map(*LIMITS) is not None and not isinstance(second, Unknown):
            other = second.value if second is not None else 0
            if other != first.value:
                self._conflict(first, second, "pids_limit", LIMITS, "pids", str(first.value), str(other))

    def _replicas(self) -> Amount:
        scale, replicas = self._number("scale"), self._number("deploy", "replicas")
        if isinstance(scale, Known) and isinstance(replicas, Known) and scale.value != replicas.value:
            self._observe(
                "conflicting-limits",
                f"deploy.replicas is {replicas.value}, but scale is {scale.value}: Compose refuses the project; keep one of them",
                replicas.origin.span,
                Note(scale.origin.span, f"scale is {scale.value}"),
            )
        count = scale if scale is not None else replicas
        if isinstance(count, Known):
            if count.value < 0:
                self._refuse(f"{count.origin.how} must be 0 or more", count.origin.span)
            named = self.service.leaf("container_name")
            if count.value > 1 and named is not None and named.value:
                self._refuse(
                    f"container_name and {count.origin.how} {count.value} exclude each other: a name cannot be given twice", named.span
                )
        return count

    def _restart(self) -> Text:
        policy = self.service.map("deploy", "restart_policy")
        if policy is None:
            return self._text("restart")
        condition = self._text("deploy", "restart_policy", "condition")
        if not isinstance(condition, Known):
            return condition
        name: str = {"any": "always", "none": "no"}.get(condition.value) or condition.value
        attempts = self._number("deploy", "restart_policy", "max_attempts")
        if name == "on-failure" and isinstance(attempts, Known):
            name = f"{name}:{attempts.value}"
        return Known(name, condition.origin)

    # ---- what runs

    def _words(self, key: str, env: Mapping[str, Text]) -> Words | None:
        value = self.service.get(key)
        if value is None or is_null(value):
            return None
        if type(value) is Seq:
            self._eaten(key, value.items, env)
            return tuple(self._word(item, key) for item in value.items if type(item) is Leaf)
        if type(value) is not Leaf or type(value.value) is not str:
            return None
        text = value.value
        parts = split(text)
        if parts.error is not None:
            self._refuse(f"{key} is refused: {parts.error}", value.span)
        if parts.cut is not None:
            self._cut(key, value, text, parts.cut)
        self._eaten(key, [value], env)
        via = self.via + self.service.via(key)
        words: list[Word] = []
        for part in parts.words:
            leaf = value.cut(part.start, part.end)
            origin = Origin(value.part(part.start, part.end), key, via)
            name = leaf.outside if HOLE in part.text else None
            words.append(Known(part.text, origin) if name is None else Unknown(f"${{{name}}} is set outside the project", origin))
        return tuple(words)

    def _word(self, leaf: Leaf, key: str) -> Word:
        origin = leaf.origin(key, self.via + self.service.via(key))
        if leaf.outside is not None:
            return Unknown(f"${{{leaf.outside}}} is set outside the project", origin)
        return Known(text_of(leaf.value), origin)

    def _cut(self, key: str, leaf: Leaf, text: str, cut: int) -> None:
        rest = " ".join(text[cut:].split()).replace(HOLE, "…")
        kept = " ".join(text[:cut].split()).replace(HOLE, "…")
        self._observe(
            "setting-silently-dropped",
            f"{key} ends at '{text[cut]}': Compose runs no shell and drops '{rest[:60]}', so only '{kept[:60]}' runs; "
            f"write {key}: [sh, -c, '…'] if a shell is meant",
            leaf.part(cut, cut + 1),
            severity=Severity.ERROR,
        )

    def _eaten(self, key: str, items: Iterable[Value], env: Mapping[str, Text]) -> None:
        """Tell of variables that were meant for a shell in the container, and that Compose replaces before."""
        told: set[str] = set()
        for item in items:
            if type(item) is not Leaf:
                continue
            for use in item.uses:
                if use.state != "outside" or use.name in told:
                    continue
                own = env.get(use.name)
                if isinstance(own, Unknown) or (own is not None and f"${{{use.name}}}" in own.origin.how):
                    continue  # the container's variable is taken from the same outside
                if own is not None or not use.braced:
                    told.add(use.name)
                    self._eaten_one(key, item, use, own is not None)

    def _eaten_one(self, key: str, leaf: Leaf, use: Use, inside: bool) -> None:
        written_ = f"${{{use.name}}}" if use.braced else f"${use.name}"
        why = f"the container's own {use.name} is not used" if inside else f"if {use.name} of the container is meant, it is not used"
        self._observe(
            "setting-silently-dropped",
            f"{written_} in {key} is replaced by Compose before the container starts, by nothing where the shell that runs Compose "
            f"has no {use.name}: {why}; write ${written_} and let a shell in the container expand it",
            leaf.node.part(use.start, use.end),
            severity=Severity.ERROR if inside else Severity.WARNING,
            confidence=Confidence.HIGH if inside else Confidence.MEDIUM,
        )

    def _probes(self, env: Mapping[str, Text]) -> Iterator[Probe]:
        check = self.service.map("healthcheck")
        entry = self.service.entries.get("healthcheck")
        if check is None or entry is None:
            return
        for key in ("interval", "timeout", "start_period", "start_interval"):
            self._seconds("healthcheck", key)
        how = "healthcheck"
        at = entry.key.span if entry.key is not None else span_of(check)
        origin = Origin(at, how, self.via + entry.via)
        disabled = self._bool("healthcheck", "disable")
        test = check.get("test")
        if isinstance(disabled, Known) and disabled.value:
            yield Probe("health", None, origin, disabled=True)
        elif type(test) is Leaf and type(test.value) is str:
            self._eaten(f"{how}.test", [test], env)
            yield Probe("health", (self._word(test, f"{how}.test"),), test.origin(how, self.via + entry.via), True)
        elif type(test) is Seq and test.items:
            self._eaten(f"{how}.test", test.items, env)
            words = tuple(self._word(item, f"{how}.test") for item in test.items if type(item) is Leaf)
            first = words[0].value if words and isinstance(words[0], Known) else None
            if first == "NONE":
                yield Probe("health", None, origin, disabled=True)
            else:
                yield Probe("health", words[1:], origin, shell=first == "CMD-SHELL")

    # ---- environment

    def _environment(self) -> dict[str, Text]:
        own: dict[str, Text] = {}
        known: dict[str, Variable] = {}
        listed = self.service.map("environment")
        for name, entry in listed.entries.items() if listed is not None else ():
            if HOLE in name or type(entry.value) is not Leaf:
                continue
            value = self._variable(name, entry.value, entry)
            own[name] = value
            if isinstance(value, Known):
                known[name] = Variable(value.value, value.origin)
            else:
                known[name] = Variable(HOLE, None, name)
        return {**self._env_files(known), **own}

    def _variable(self, name: str, leaf: Leaf, entry: Entry) -> Known[str] | Unknown:
        how = f"environment {name}"
        origin = leaf.origin(how, self.via + self.service.via("environment") + entry.via)
        if leaf.value is None:
            if entry.key is not None:
                origin = Origin(entry.key.span, how, origin.via)
            variable = self.loaded.environment.get(name)
            if variable is None or variable.outside is not None:
                return Unknown(f"{name} comes from the environment that runs Compose", origin, optional=True)
            step = (variable.origin,) if variable.origin is not None else ()
            return Known(variable.text, Origin(origin.span, how, origin.via + step))
        if leaf.outside is not None:
            return Unknown(f"${{{leaf.outside}}} is set outside the project", origin)
        return Known(text_of(leaf.value), origin)

    def _env_files(self, own: Mapping[str, Variable]) -> dict[str, Text]:
        """Return the variables of `env_file`: a later file goes before an earlier one, `environment` before both."""
        environment = self.loaded.environment
        found: dict[str, Variable] = {}

        def look(name: str) -> Variable | None:
            return environment.get(name) or own.get(name)

        files = self.service.get("env_file")
        for item in files.items if type(files) is Seq else ():
            path = item if type(item) is Leaf else item.leaf("path") if type(item) is Map else None
            if path is None or type(path.value) is not str or not path.value:
                continue
            if path.outside is not None:
                self.env_open = True
                continue
            required = item.leaf("required") if type(item) is Map else None
            optional = required is not None and (cast(required.value, "b") if type(required.value) is str else required.value) is False
            source = None if path.value.startswith("~") else self.loader.source(path.value)
            if source is None:
                self.env_open = True
                if not optional and not self.partial:
                    self._refuse(f"env file {path.value[:80]} is not there", path.span)
                continue
            if not self.inputs.variables.take(0, source.path):
                self.env_open = True
                continue
            if type(item) is Map and item.text("format") == "raw":
                variables, problem = dotenv.read_raw(source, look, f"in {source.path}")
            else:
                variables, problem = dotenv.read(source, look, found, f"in {source.path}")
            found.update({name: _listed(variable, path) for name, variable in variables.items()})
            self.inputs.variables.take(len(variables) + (len(source.text) >> 8), source.path)
            if problem is not None:
                self.report(problem)
        result: dict[str, Text] = {}
        for name, variable in found.items():
            if variable.outside is not None:
                result[name] = Unknown(f"${{{variable.outside}}} is set outside the project", variable.origin)
            elif variable.origin is not None:
                result[name] = Known(variable.text, variable.origin)
        return result

    def _labels(self) -> dict[str, str]:
        labels = self.service.map("labels")
        if labels is None:
            return {}
        return {
            name: text_of(entry.value.value)
            for name, entry in labels.entries.items()
            if type(entry.value) is Leaf and HOLE not in name and entry.value.outside is None
        }

    # ---- file systems

    def _mounts(self) -> Iterator[Mount]:
        via = self.via + self.service.via("tmpfs")
        for leaf in _leaves(self.service.get("tmpfs")):
            text = text_of(leaf.value)
            target, _, options = text.partition(":")
            if HOLE not in target and target:
                origin = leaf.origin("tmpfs", via)
                bound = _bound(leaf, ",size=" if options else ":size=") if not via else None
                yield Mount(target, None, True, _tmpfs_size(options, origin), origin, "tmpfs", bound)
        volumes = self.service.get("volumes")
        via = self.via + self.service.via("volumes")
        for item in volumes.items if type(volumes) is Seq else ():
            if type(item) is Map:
                mount = self._mount(item, via)
                if mount is not None:
                    yield mount

    def _mount(self, volume: Map, via: tuple[Origin, ...]) -> Mount | None:
        target = volume.text("target")
        kind = volume.text("type") or "volume"
        if not target or HOLE in target:
            return None
        source = volume.text("source")
        at = span_of(volume)
        origin = Origin(at, "volumes", via)
        if kind == "tmpfs":
            bound = _sized_volume(volume) if not via and volume.get("tmpfs") is None else None
            return Mount(posixpath.normpath(target), None, True, self._volume_size(volume, via), origin, "tmpfs", bound)
        name = None if source is None or HOLE in source else source
        options = self.loaded.root.map("volumes", name, "driver_opts") if name is not None and kind == "volume" else None
        if options is not None and options.text("type") == "tmpfs":
            leaf = options.leaf("o")
            size = _tmpfs_size(text_of(leaf.value), leaf.origin("driver_opts.o")) if leaf is not None else None
            return Mount(posixpath.normpath(target), name, True, size, origin, "tmpfs")
        return Mount(posixpath.normpath(target), name, False, None, origin, kind)

    def _volume_size(self, volume: Map, via: tuple[Origin, ...]) -> Amount:
        entry = volume.at("tmpfs", "size")
        if entry is None or type(entry.value) is not Leaf:
            return None
        leaf = entry.value
        origin = leaf.origin("tmpfs.size", via)
        if leaf.outside is not None:
            return Unknown(f"${{{leaf.outside}}} is set outside the project", origin)
        value = leaf.value
        if type(value) is str:
            number = cast(value, "i")
            try:
                amount = number if type(number) is int else read_size(value)
            except QuantityError as error:
                self._invalid("tmpfs.size", f"'{value[:60]}' is refused ({error}){_advice(value)}", leaf.span, self._unit_fix(leaf, value))
                return Unknown(f"Compose refuses it: {error}", origin)
            return Known(amount, origin) if amount else None
        return Known(value, origin) if type(value) is int and value > 0 else None

    def _files(self) -> tuple[dict[str, str], dict[str, InlineFile]]:
        """Return what the container sees of the project's files: bind mounts and configs."""
        mounted: dict[str, str] = {}
        inline: dict[str, InlineFile] = {}
        volumes = self.service.get("volumes")
        for item in volumes.items if type(volumes) is Seq else ():
            if type(item) is Map and item.text("type") == "bind":
                source, target = item.text("source"), item.text("target")
                if source and target and HOLE not in source and HOLE not in target and not is_outside(source):
                    mounted[posixpath.normpath(target)] = source
        configs = self.service.get("configs")
        for item in configs.items if type(configs) is Seq else ():
            name = item.text("source") if type(item) is Map else text_of(item.value) if type(item) is Leaf else None
            if not name:
                continue
            target = (item.text("target") if type(item) is Map else None) or f"/{name}"
            file = self.loaded.root.text("configs", name, "file")
            content = self.loaded.root.leaf("configs", name, "content")
            if file and HOLE not in file and not is_outside(file):
                mounted[target] = file
            elif content is not None and type(content.value) is str and content.outside is None:
                inline[target] = InlineFile(content.value, content.span)
        return mounted, inline


def _listed(variable: Variable, path: Leaf) -> Variable:
    """Return a variable of an env file with the line that names the file."""
    origin = variable.origin
    return (
        variable if origin is None else variable._replace(origin=origin._replace(how=f"{origin.how}, an env_file in line {path.span.line}"))
    )


def _leaves(value: Value | None) -> Iterator[Leaf]:
    for item in value.items if type(value) is Seq else ():
        if type(item) is Leaf:
            yield item


def _sized_text(value: float) -> str:
    """Return an amount as somebody may have meant a floating-point number of bytes."""
    whole = int(value) if abs(value) < 1e18 else 0
    return written(whole // MIB * MIB) if whole >= MIB else '"1.5g"'


def _kubernetes_unit(value: str) -> str | None:
    """Return `512m` for `512Mi`: the unit of Kubernetes as Compose writes it."""
    number, unit = value[:-2], value[-2:].lower()
    if unit not in ("ki", "mi", "gi", "ti", "pi") or not number.replace(".", "", 1).isdigit() or not number.isascii():
        return None
    return f"{number}{unit[0]}"


def _advice(value: str) -> str:
    text = _kubernetes_unit(value)
    return f": write {text} or {value[:-2]}{value[-2].upper()}iB" if text is not None else ": write an amount such as 512m"


_KERNEL_UNITS: Final = {"k": 10, "m": 20, "g": 30, "t": 40, "p": 50, "e": 60}


def _bound(leaf: Leaf, joint: str) -> Callable[[str], tuple[Edit, ...] | None]:
    """Return what gives a tmpfs a size, behind what is written."""

    def edit(text: str) -> tuple[Edit, ...] | None:
        return editing.replace(leaf.node, f"{leaf.node.value}{joint}{text}") if editable(leaf) else None

    return edit


def _sized_volume(volume: Map) -> Callable[[str], tuple[Edit, ...] | None]:
    def edit(text: str) -> tuple[Edit, ...] | None:
        return editing.insert_key(volume.node, "tmpfs", f"{{size: {text}}}") if isinstance(volume.node, tree.Mapping) else None

    return edit


def _tmpfs_size(options: str, origin: Origin) -> Amount:
    """Return the `size=` of tmpfs options as the kernel reads it (Linux 6.12 lib/cmdline.c memparse, mm/shmem.c shmem_parse_one)."""
    size: Amount = None
    for option in options.split(","):
        name, equals, value = option.strip().partition("=")
        if name != "size" or not equals:
            continue
        if HOLE in value:
            size = Unknown("its size is set outside the project", origin)
        elif value.endswith("%"):
            size = Unknown(f"size={value} is a share of the host's memory", origin)
        else:
            shift = _KERNEL_UNITS.get(value[-1:].lower(), 0)
            digits = value[:-1] if shift else value
            if digits.isascii() and digits.isdigit() and len(digits) < 20:
                amount = int(digits) << shift
                size = Known(amount, origin) if amount else None
            else:
                size = Unknown(f"the kernel refuses size={value}", origin)
    return size
