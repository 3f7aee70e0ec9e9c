"""What is said about memory settings: every condition with its near miss."""

import pytest

from memlint.model import Known, Observation, Origin, Severity, Span, Unknown
from memlint.quantity import GIB, MIB
from memlint.resolve.docker_settings import Settings, observe, written

AT = Span("f", 1, 1, 1, 2, 0, 1)


def known(value: int, how: str = "--memory") -> Known[int]:
    return Known(value, Origin(AT, how))


def on(how: str) -> Known[bool]:
    return Known(True, Origin(AT, how))


BASE = Settings("web", "docker", limit=known(GIB), swap=known(GIB, "--memory-swap"))
UNKNOWN = Unknown("from outside")


def said(settings: Settings) -> dict[str, Severity | None]:
    return {seen.topic: seen.severity for seen in observe(settings)}


def one(settings: Settings) -> Observation:
    (seen,) = observe(settings)
    return seen


def test_a_sound_container_is_left_alone() -> None:
    assert not observe(BASE)
    assert not observe(Settings("web", "docker"))


@pytest.mark.parametrize(
    ("limit", "bare", "engine", "topic"),
    [
        (6 * MIB, False, "docker", None),
        (6 * MIB - 1, False, "docker", "limit-below-floor"),
        (6 * MIB - 1, True, "docker", "limit-below-floor"),
        (512, True, "docker", "bytes-without-unit"),
        (512, False, "docker", "limit-below-floor"),
        (512, True, "podman", "bytes-without-unit"),
        (5 * MIB, False, "podman", None),
        (5 * MIB, False, "compose", "limit-below-floor"),
        (-1, False, "compose", "invalid-quantity"),
    ],
)
def test_small_limits(limit: int, bare: bool, engine: str, topic: str | None) -> None:
    settings = BASE._replace(limit=known(limit), swap=UNKNOWN, engine=engine, bare=frozenset(("limit",)) if bare else frozenset())
    assert [seen.topic for seen in observe(settings)] == ([topic] if topic else [])


@pytest.mark.parametrize(
    ("limit", "swap", "topic"),
    [
        (known(GIB), None, "swap-doubles-limit"),
        (known(GIB), known(GIB), None),
        (known(GIB), known(2 * GIB), None),
        (known(GIB), known(-1), "swap-unlimited"),
        (known(GIB), known(512 * MIB), "swap-limit-invalid"),
        (known(GIB), UNKNOWN, None),
        (UNKNOWN, known(512 * MIB), None),
        (UNKNOWN, None, None),
        (None, None, None),
        (None, known(GIB), "swap-limit-invalid"),
        (None, known(-1), "dead-memory-flag"),
    ],
)
def test_swap(limit: Known[int] | Unknown | None, swap: Known[int] | Unknown | None, topic: str | None) -> None:
    assert [seen.topic for seen in observe(BASE._replace(limit=limit, swap=swap))] == ([topic] if topic else [])


def test_advice_is_written_as_the_file_writes_it() -> None:
    assert "--memory-swap 1g" in one(BASE._replace(swap=None)).message
    assert "memswap_limit: 1g" in one(BASE._replace(swap=None, engine="compose")).message
    assert "podman" in one(BASE._replace(swap=known(MIB), engine="podman")).message


@pytest.mark.parametrize(
    ("reservation", "limit", "engine", "severity"),
    [
        (2 * GIB, known(GIB), "docker", Severity.ERROR),
        (GIB, known(GIB), "docker", Severity.WARNING),
        (GIB, None, "docker", Severity.INFO),
        (GIB, None, "compose", Severity.WARNING),
    ],
)
def test_reservations(reservation: int, limit: Known[int] | None, engine: str, severity: Severity) -> None:
    settings = BASE._replace(reservation=known(reservation, "--memory-reservation"), limit=limit, swap=UNKNOWN, engine=engine)
    seen = one(settings)
    assert (seen.topic, seen.severity or Severity.ERROR) == ("reservation-misused", severity)


@pytest.mark.parametrize(
    ("reservation", "limit", "engine"), [(768 * MIB, known(GIB), "docker"), (2 * GIB, UNKNOWN, "docker"), (GIB, None, "swarm")]
)
def test_reservations_that_are_sound(reservation: int, limit: Known[int] | Unknown | None, engine: str) -> None:
    assert not observe(BASE._replace(reservation=known(reservation), limit=limit, swap=UNKNOWN, engine=engine))


@pytest.mark.parametrize(
    ("shm", "severity"), [(GIB, Severity.ERROR), (600 * MIB, Severity.WARNING), (512 * MIB, None), (64 * MIB, None), (0, None)]
)
def test_shared_memory_against_the_limit(shm: int, severity: Severity | None) -> None:
    found = said(BASE._replace(shm_size=known(shm, "--shm-size")))
    assert ({topic: one_ or Severity.ERROR for topic, one_ in found.items()}) == ({"shm-size": severity} if severity else {})


@pytest.mark.parametrize(
    ("ipc", "topics"),
    [("host", {"dead-memory-flag"}), ("container:x", {"dead-memory-flag"}), ("private", {"shm-size"}), ("shareable", {"shm-size"})],
)
def test_shared_memory_of_somebody_else(ipc: str, topics: set[str]) -> None:
    assert set(said(BASE._replace(shm_size=known(2 * GIB), ipc=Known(ipc, Origin(AT, "--ipc"))))) == topics


def test_the_oom_killer() -> None:
    assert said(BASE._replace(oom_kill_disable=on("--oom-kill-disable"))) == {"oom-kill-disabled": Severity.WARNING}
    assert said(BASE._replace(oom_kill_disable=on("--oom-kill-disable"), limit=None, swap=None)) == {"oom-kill-disabled": None}
    assert not observe(BASE._replace(oom_kill_disable=Known(False, Origin(AT, "--oom-kill-disable"))))
    assert not observe(BASE._replace(oom_kill_disable=on("--oom-kill-disable"), limit=UNKNOWN, swap=UNKNOWN))


@pytest.mark.parametrize(
    ("score", "found"),
    [
        (-1000, {"oom-score-shield": Severity.ERROR}),
        (-1, {"oom-score-shield": Severity.WARNING}),
        (0, {}),
        (1000, {}),
        (1001, {"invalid-quantity": None}),
    ],
)
def test_the_oom_score(score: int, found: dict[str, Severity | None]) -> None:
    assert said(BASE._replace(oom_score_adj=known(score, "--oom-score-adj"))) == found


@pytest.mark.parametrize(
    ("swappiness", "topic"),
    [(0, "swappiness-ineffective"), (100, "swappiness-ineffective"), (101, "invalid-quantity"), (62914560, "invalid-quantity")],
)
def test_swappiness(swappiness: int, topic: str) -> None:
    assert one(BASE._replace(swappiness=known(swappiness, "--memory-swappiness"))).topic == topic


@pytest.mark.parametrize(
    ("pid", "engine", "ineffective"),
    [
        ("host", "docker", True),
        ("container:x", "docker", True),
        ("service:x", "compose", True),
        ("host", "podman", False),
        ("", "docker", False),
    ],
)
def test_an_init_needs_pids_of_its_own(pid: str, engine: str, ineffective: bool) -> None:
    found = said(BASE._replace(init=on("--init"), pid=Known(pid, Origin(AT, "--pid")), engine=engine))
    assert ("init-ineffective" in found) is ineffective


@pytest.mark.parametrize(("amount", "text"), [(GIB, "1g"), (1536 * MIB, "1536m"), (1024, "1k"), (1000, "1000b")])
def test_amounts_are_written_exactly(amount: int, text: str) -> None:
    assert written(amount) == text
