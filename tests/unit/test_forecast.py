"""Who dies first: the orders of the kubelet and of the kernel, on workloads made by hand."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memlint import forecast
from memlint.config import Config, Host
from memlint.model import (
    Container,
    Init,
    Known,
    MemoryBudget,
    Origin,
    Part,
    Process,
    Program,
    Project,
    Reading,
    Span,
    Unknown,
    Workload,
)
from memlint.quantity import GIB, MIB

AT = Span("a.yaml", 1, 1, 1, 2, 0, 1)
HERE = Origin(AT, "test")


def known(amount: Any) -> Any:
    return None if amount is None else amount if isinstance(amount, Unknown) else Known(amount, HERE)


def reading(name: str, expected: int, copies: int = 1, workers: int = 1, crew: int = 0, shared: int = 0) -> Reading:
    parts = [Part("heap" if not crew else "master", expected - crew - shared, expected - crew - shared, None, None, "by hand")]
    if crew:
        parts.append(Part("worker memory", crew, crew, None, None, "by hand"))
    if shared:
        parts.append(Part("shared by the workers", shared, shared, None, None, "by hand"))
    options = {"workers": Known(workers, HERE)} if workers > 1 else {}
    return Reading(name, Program((Known(name, HERE),), {}, copies), MemoryBudget(name, tuple(parts)), options=options)


def container(name: str, *readings: Reading, pid1: Init | None = None, **settings: Any) -> Container:
    role = settings.pop("role", "main")
    process = Process(None, "", {}, None, tuple(one.program for one in readings), pid1, readings)
    settings = {key: known(value) if key in ("limit", "request", "oom_score_adj") else value for key, value in settings.items()}
    return Container(name, AT, role, settings.pop("image", None), None, None, process, {}, **settings)


def pod(
    name: str, used: int | None, request: Any, limit: Any, priority: Any = None, qos: str | None = "Burstable", **more: Any
) -> Workload:
    one = container(name, *([reading("app", used * MIB)] if used is not None else []), limit=mib(limit), request=mib(request))
    return Workload(
        name, "Deployment", AT, (one,), request=known(mib(request)), limit=known(mib(limit)), priority=known(priority), qos=qos, **more
    )


def mib(amount: Any) -> Any:
    return amount * MIB if isinstance(amount, int) else amount


def forecasts(*workloads: Workload, config: Config | None = None) -> dict[str, Any]:
    found = forecast.forecasts(Project(workloads=workloads), config or Config(node_memory=8 * GIB, host_memory=8 * GIB))
    assert len({one.kind for one in found}) == len(found)
    return {one.kind: one for one in found}


def names(order: Any) -> list[str]:
    return [candidate.workload for candidate in order.candidates]


# ---- the kubelet


def test_usage_above_the_request_goes_first_then_the_lower_priority_then_the_larger_excess():
    order = forecasts(
        pod("small-excess", 300, 200, 500),
        pod("within-but-unimportant", 100, 200, 500, priority=-10),
        pod("large-excess", 400, 200, 500),
        pod("important", 490, 100, 500, priority=5),
        pod("within", 100, 200, 500),
    )["eviction"]
    assert names(order) == ["large-excess", "small-excess", "important", "within-but-unimportant", "within"]
    assert [candidate.score for candidate in order.candidates] == [200 * MIB, 100 * MIB, 390 * MIB, -100 * MIB, -100 * MIB]


def test_the_class_plays_no_part():
    """A Burstable pod above its request goes before a BestEffort one of a higher priority."""
    order = forecasts(pod("besteffort", 50, None, None, priority=1, qos="BestEffort"), pod("burstable", 300, 200, 500))["eviction"]
    assert names(order) == ["burstable", "besteffort"]


def test_a_pod_at_its_request_does_not_exceed_it():
    order = forecasts(pod("equal", 200, 200, 200), pod("above", 201, 200, 500))["eviction"]
    assert names(order) == ["above", "equal"]


def test_usage_ends_at_the_limit():
    order = forecasts(pod("capped", 900, 400, 500), pod("other", 650, 400, 1000))["eviction"]
    assert [(candidate.workload, candidate.usage) for candidate in order.candidates] == [("other", 650 * MIB), ("capped", 500 * MIB)]


def test_what_is_not_known_is_last_and_said():
    order = forecasts(
        pod("no-bill", None, 200, 500), pod("request-outside", 300, Unknown("from a template"), 500), pod("known", 100, 200, 500)
    )["eviction"]
    assert names(order) == ["known", "no-bill", "request-outside"]
    assert "no bill" in order.candidates[1].why
    assert "cannot be known" in order.candidates[2].why
    assert order.demand is None


def test_without_a_bill_request_and_limit_may_still_tell():
    order = forecasts(pod("capped", None, 500, 500), pod("nothing", None, None, None), pod("small", 110, 100, 500))["eviction"]
    assert names(order) == ["small", "nothing", "capped"]
    assert "first byte" in order.candidates[1].why
    assert "cannot exceed its request" in order.candidates[2].why


def test_critical_pods_are_not_evicted():
    order = forecasts(pod("dns", 300, 100, 500, priority=2_000_000_000), pod("web", 100, 200, 500))["eviction"]
    assert names(order) == ["web", "dns"]
    assert order.candidates[1].why.startswith("never: ")


def test_a_priority_that_is_not_known_is_said():
    order = forecasts(pod("web", 300, 100, 500, priority=Unknown("PriorityClass high is not among the files")))["eviction"]
    assert "PriorityClass high is not among the files" in order.candidates[0].why


def test_a_pod_is_the_sum_of_what_runs_side_by_side():
    containers = (
        container("init", reading("a", 900 * MIB), role="init", limit=GIB),
        container("main", reading("a", 100 * MIB), limit=GIB),
        container("sidecar", reading("a", 50 * MIB), role="sidecar", limit=GIB),
    )
    order = forecasts(Workload("p", "Pod", AT, containers, request=known(100 * MIB)))["eviction"]
    assert order.candidates[0].usage == 150 * MIB
    assert order.candidates[0].score == 50 * MIB


def test_replicas_count_for_the_demand_and_zero_of_them_not_at_all():
    found = forecasts(pod("web", 100, 50, 500, replicas=known(3)), pod("off", 100, 50, 500, replicas=known(0)))["eviction"]
    assert names(found) == ["web"]
    assert found.demand == 300 * MIB
    assert "3 replicas" in found.candidates[0].why


def test_what_is_no_pod_is_on_no_node():
    assert forecasts(Workload("image", "image", AT, (container("image", reading("a", MIB)),))) == {}


@pytest.mark.parametrize(
    ("pods", "told"),
    [
        ([("a", 300, 100, 400, None), ("b", 250, 100, 400, None)], "a request of 304 MiB for a (now 100 MiB) keeps it within its request: then b goes first"),
        # Alone above its request, it would still have the largest excess: the whole limit as a request helps.
        ([("a", 300, 100, 900, None), ("b", 250, 400, 400, None)], "a request equal to its limit of 900 MiB keeps a from ever exceeding it: then b goes first"),
        ([("a", 100, None, None, None), ("b", 50, None, None, None)], "a request of 112 MiB for a (now none)"),
        # Nobody exceeds a request: only the priority is left.
        ([("a", 100, 100, 100, None), ("b", 50, 100, 100, 0)], "a PriorityClass above 0 moves a behind b: then b goes first"),
        ([("a", 300, 100, 400, None)], "one pod alone"),
        ([("a", None, 100, 400, None), ("b", None, 100, 400, None)], "no pod has a bill"),
    ],
)  # fmt: skip
def test_one_change_moves_the_first_victim_down(pods, told):
    order = forecasts(*(pod(*entry) for entry in pods))["eviction"]
    assert order.advice.startswith(told)


PODS = st.lists(st.tuples(st.integers(1, 900), st.one_of(st.none(), st.integers(1, 900)), st.integers(-3, 3)), min_size=2, max_size=6)


@given(PODS)
def test_the_proposed_request_does_what_it_says(entries):
    """Whatever the pods, following an advice about a request changes who is first."""
    workloads = [pod(f"p{number}", used, request, 1000, priority) for number, (used, request, priority) in enumerate(entries)]
    order = forecasts(*workloads)["eviction"]
    first = order.candidates[0]
    if not order.advice.startswith("a request"):
        return
    words = order.advice.split()
    amount = 1000 if "equal to its limit" in order.advice else int(words[words.index("of") + 1])
    number = int(first.workload[1:])
    used, _, priority = entries[number]
    workloads[number] = pod(first.workload, used, amount, 1000, priority)
    again = forecasts(*workloads)["eviction"]
    assert again.candidates[0].workload != first.workload
    assert order.advice.endswith(f"then {again.candidates[0].workload} goes first")


# ---- the kernel on a node


@pytest.mark.parametrize(
    ("qos", "asked", "adjustment"),
    [("Guaranteed", 512, -997), ("BestEffort", None, 1000), ("Burstable", 1024, 875), ("Burstable", 1, 999), ("Burstable", 8192, 3)],
)
def test_the_kubelets_scores(qos, asked, adjustment):
    order = forecasts(pod("web", 100, asked, None, qos=qos))["node-oom"]
    assert f"oom_score_adj {adjustment}," in order.candidates[0].why
    assert order.candidates[0].score == (100 * MIB * 1000 + adjustment * 8 * GIB) // (8 * GIB)


def test_scores_are_those_of_the_node_that_is_named():
    config = Config(nodes=(Host("small", 2 * GIB, 0, {}),))
    order = forecasts(pod("web", 100, 1024, None), config=config)["node-oom"]
    assert "oom_score_adj 500," in order.candidates[0].why


def test_a_guaranteed_pod_survives_a_small_burstable_one():
    order = forecasts(pod("cache", 4000, 4096, 4096, qos="Guaranteed"), pod("web", 20, 64, 128))["node-oom"]
    assert names(order) == ["web", "cache"]


def test_a_larger_request_moves_the_first_down():
    order = forecasts(pod("web", 1000, 256, 2048), pod("api", 400, 512, 2048))["node-oom"]
    assert names(order) == ["web", "api"]
    words = order.advice.split()
    amount = int(words[words.index("of") + 1])
    assert "now 256 MiB" in order.advice
    again = forecasts(pod("web", 1000, amount, 2048), pod("api", 400, 512, 2048))["node-oom"]
    assert names(again) == ["api", "web"]
    assert order.advice.endswith("then api/api is taken first")


def test_where_no_request_is_large_enough_guaranteed_is():
    order = forecasts(pod("web", 1000, 256, 1024), pod("api", 20, 4096, 8192))["node-oom"]
    assert "Guaranteed with oom_score_adj -997" in order.advice


def test_the_kernel_takes_a_process_not_a_container():
    crew = container("crew", reading("gunicorn", 820 * MIB, workers=8, crew=800 * MIB), limit=GIB, request=64 * MIB)
    one = container("one", reading("java", 300 * MIB), limit=GIB, request=64 * MIB)
    order = _by_kind(crew, one)
    assert names(order["node-oom"]) == ["one", "crew"]
    assert "the largest of its processes holds 100 MiB" in order["node-oom"].candidates[1].why


def _by_kind(*containers: Container) -> dict[str, Any]:
    workloads = tuple(Workload(one.name, "Pod", AT, (one,), request=one.request, qos="Burstable") for one in containers)
    return {one.kind: one for one in forecast.forecasts(Project(workloads=workloads), Config(node_memory=8 * GIB))}


# ---- the kernel on a Docker host


def service(name: str, used: int | None, limit: int | None = None, score: Any = None, kind: str = "compose", **more: Any) -> Workload:
    one = container(
        name, *([reading("app", used * MIB)] if used is not None else []), limit=mib(limit), oom_score_adj=score, **more.pop("settings", {})
    )
    return Workload(name, kind, AT, (one,), project=more.pop("project", "shop"), **more)


def test_the_largest_goes_first_on_a_host():
    order = forecasts(service("small", 100, 512), service("large", 900, 1024), service("open", 500))["host-oom"]
    assert names(order) == ["large", "open", "small"]
    assert [candidate.score for candidate in order.candidates] == [109, 61, 12]
    assert "no limit" in order.candidates[1].why


def test_a_score_moves_it_and_minus_1000_takes_it_off():
    order = forecasts(service("db", 900, score=-500), service("worker", 100, score=300), service("never", 4000, score=-1000))["host-oom"]
    assert names(order) == ["worker", "db", "never"]
    assert order.candidates[2].score is None
    assert order.candidates[2].why.startswith("never: ")


def test_what_has_no_bill_is_last_with_its_limit():
    order = forecasts(service("a", None, 512), service("b", None, 1024), service("c", 10, 64), service("d", None))["host-oom"]
    assert names(order) == ["c", "d", "b", "a"]
    assert "no limit" in order.candidates[1].why
    assert "at most 1 GiB" in order.candidates[2].why
    assert order.candidates[1].score is None


def test_the_advice_gets_another_taken_first_and_spares_stores():
    redis = service("cache", 700, 1024, settings={"image": Known("redis:7.4", HERE)})
    order = forecasts(service("api", 900, 1024), redis, service("worker", 300, 512))["host-oom"]
    value = int(order.advice.split()[1])
    assert "on worker lets the kernel take it before api" in order.advice
    again = forecasts(service("api", 900, 1024), redis, service("worker", 300, 512, score=value))["host-oom"]
    assert names(again)[0] == "worker"


def test_profiles_are_alternatives():
    workloads = (service("always", 100), service("day", 300, profiles=("day",)), service("night", 500, profiles=("night",)))
    found = forecast.forecasts(Project(workloads=workloads), Config(host_memory=GIB))
    assert [(one.title.partition("(")[2], names(one), one.demand) for one in found] == [
        ("shop)", ["always"], 100 * MIB),
        ("shop, profile day)", ["day", "always"], 400 * MIB),
        ("shop, profile night)", ["night", "always"], 600 * MIB),
    ]


def test_projects_are_on_machines_of_their_own_unless_the_user_says_so():
    workloads = (service("a", 100, project="one"), service("b", 200, project="two"))
    apart = forecast.forecasts(Project(workloads=workloads), Config(host_memory=GIB))
    assert [names(one) for one in apart] == [["a"], ["b"]]
    together = forecast.forecasts(Project(workloads=workloads), Config(hosts=(Host("big", GIB, 128 * MIB, {}),)))
    assert [(names(one), one.memory) for one in together] == [(["b", "a"], GIB - 128 * MIB)]
    chosen = forecast.forecasts(Project(workloads=workloads), Config(hosts=(Host("big", GIB, 0, {"project": "two"}),)))
    assert [names(one) for one in chosen] == [["b"]]


def test_swarm_services_and_one_time_runs_are_on_no_host():
    found = forecasts(service("task", 100, kind="docker-service"), service("once", 100, kind="docker-run", settings={"interactive": True}))
    assert [names(one) for one in found.values()] in ([], [[]])


# ---- inside one container


def init(kind: str, name: str, **more: Any) -> Init:
    return Init(kind, name, HERE, None, None, "by hand", **more)


def inside(kind: str, *readings: Reading, pid1: Init | None = None, limit: int | None = GIB) -> Any:
    one = container("c", *readings, pid1=pid1, limit=limit)
    found = forecast.forecasts(Project(workloads=(Workload("w", kind, AT, (one,)),)), Config())
    return found[0] if found else None


@pytest.mark.parametrize(
    ("kind", "pid1", "told"),
    [
        ("compose", init("direct", "java"), "java is PID 1"),
        ("compose", init("shell", "dash"), "PID 1 lives on, and nothing restarts the container"),
        ("compose", init("script", "bash", waits_for_any=True), "PID 1 notices and ends"),
        ("compose", init("supervisor", "supervisord"), "supervisord starts it again"),
        ("Deployment", init("shell", "dash"), "memory.oom.group"),
    ],
)
def test_the_largest_program_is_taken_and_who_notices(kind, pid1, told):
    found = inside(kind, reading("nginx", 20 * MIB), reading("java", 700 * MIB), pid1=pid1)
    assert [candidate.container for candidate in found.candidates] == ["java", "nginx"]
    assert told in found.advice
    assert found.memory == GIB


def test_a_worker_is_taken_before_its_master():
    found = inside("compose", reading("gunicorn", 820 * MIB, workers=8, crew=800 * MIB), pid1=init("direct", "gunicorn"))
    assert [(candidate.container, candidate.usage) for candidate in found.candidates] == [
        ("gunicorn worker", 100 * MIB),
        ("gunicorn", 20 * MIB),
    ]
    assert "in each of 8" in found.candidates[0].why
    assert "replaced" in found.advice
    assert "nobody notices" in found.advice


def test_shared_pages_count_for_each_process():
    found = inside("compose", reading("gunicorn", 300 * MIB, workers=4, crew=80 * MIB, shared=200 * MIB))
    assert {candidate.container: candidate.usage for candidate in found.candidates} == {"gunicorn worker": 220 * MIB, "gunicorn": 220 * MIB}


def test_one_process_or_no_limit_needs_no_choice():
    assert inside("compose", reading("java", 700 * MIB)) is None
    assert inside("compose", reading("nginx", 20 * MIB), reading("java", 700 * MIB), limit=None) is None
