"""What Compose services become: projects, values with their places, what is dropped, replaced or refused, edits."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memlint.api import Surroundings
from memlint.config import Config
from memlint.model import (
    Amount,
    Confidence,
    Container,
    Edit,
    Known,
    MemoryBudget,
    Observation,
    Origin,
    Part,
    Program,
    Reading,
    Severity,
    Span,
    Text,
    Unknown,
    Words,
    Workload,
)
from memlint.resolve import compose
from memlint.resolve.inputs import Inputs
from memlint.sources import kinds
from memlint.sources.text import Source


def run(files: Mapping[str, str], given_: tuple[str, ...] | None = None) -> tuple[list[Workload], Inputs]:
    """Read files as a run would; `given_` are those that the user names, all of them where it is None."""
    there = {name: Source(name, text) for name, text in files.items()}
    by_kind: dict[str, list[Source]] = {}
    for name in given_ if given_ is not None else there:
        kind = kinds.by_name(name.rpartition("/")[2])
        if kind is not None:
            by_kind.setdefault(kinds.by_text(name, kind, files[name]), []).append(there[name])
    inputs = Inputs(by_kind, there.get, Config(), ())
    return compose.workloads(inputs), inputs


def services(text: str, **files: str) -> dict[str, Container]:
    workloads, inputs = run({"shop/compose.yaml": text, **files})
    assert inputs.problems == []
    return {workload.name: workload.containers[0] for workload in workloads}


def service(fields: str, **files: str) -> Container:
    """Return the container of one service, whose fields are written as a flow mapping or as lines."""
    body = "".join(f"    {line}\n" for line in fields.strip("\n").splitlines())
    return services(f"services:\n  a:\n    image: x\n{body}", **files)["a"]


def value(field: Amount | Text | Known[bool]) -> object:
    return f"? {field.why}" if isinstance(field, Unknown) else None if field is None else field.value


def words(field: Words | None) -> list[object] | None:
    return None if field is None else [value(word) for word in field]


def env(container: Container) -> dict[str, object]:
    return {name: value(text) for name, text in container.env.items()}


def place(field: Amount | Text | Known[bool]) -> tuple[str, int, int]:
    assert isinstance(field, Known)
    span = field.origin.span
    return span.path, span.line, span.column


def steps(field: Amount | Text) -> list[str]:
    assert isinstance(field, Known)
    return [step.how for step in field.origin.via]


def seen(container: Container, topic: str) -> Observation:
    (one,) = container.observed(topic)
    return one


def told(inputs: Inputs) -> list[tuple[str, int, int, str]]:
    return [(problem.path, problem.line, problem.column, problem.message) for problem in inputs.problems]


# ---- fields


def test_a_service_in_full() -> None:
    workloads, inputs = run(
        {
            "shop/compose.yaml": """
name: Web-Shop
services:
  api:
    image: shop/api:1
    entrypoint: tini --
    command: [java, -jar, app.jar]
    environment: {A: 1, B: "x y", C: true}
    mem_limit: 1g
    mem_reservation: 512m
    memswap_limit: 1g
    mem_swappiness: 10
    shm_size: 128m
    cpus: 1.5
    cpu_shares: 512
    oom_kill_disable: "no"
    oom_score_adj: "100"
    init: yes
    pid: host
    scale: 2
    restart: unless-stopped
    stop_grace_period: 1m30s
    profiles: [web]
    labels: [team=shop]
    depends_on: [db]
    tmpfs: ["/run:size=16m"]
    volumes:
      - data:/data
      - ./conf:/etc/api:ro
      - {type: tmpfs, target: /cache, tmpfs: {size: 8m}}
      - ram:/ram
    healthcheck: {test: curl -f x || exit 1}
  db: {image: y, profiles: [web]}
volumes:
  data:
  ram: {driver_opts: {type: tmpfs, o: "uid=1,size=4m"}}
"""
        }
    )
    assert inputs.problems == []
    workload = workloads[0]
    api = workload.containers[0]
    assert (workload.kind, workload.project, workload.name, api.name, workload.share_processes) == (
        "compose",
        "web-shop",
        "api",
        "api",
        True,
    )
    assert (value(workload.replicas), workload.profiles, workload.depends_on, workload.labels) == (2, ("web",), ("db",), {"team": "shop"})
    assert (value(api.image), words(api.entrypoint), words(api.command)) == ("shop/api:1", ["tini", "--"], ["java", "-jar", "app.jar"])
    assert env(api) == {"A": "1", "B": "x y", "C": "true"}
    assert (value(api.limit), value(api.reservation), value(api.swap), value(api.shm_size)) == (1 << 30, 512 << 20, 1 << 30, 128 << 20)
    assert (value(api.swappiness), value(api.cpu_limit), value(api.cpu_request), value(api.oom_score_adj)) == (10, 1500, 500, 100)
    assert (value(api.oom_kill_disable), value(api.init), api.request) == (False, True, None)
    assert (value(api.restart), value(api.stop_timeout), value(workload.grace)) == ("unless-stopped", 90, 90)
    assert [(mount.target, mount.source, mount.kind, mount.memory, value(mount.size)) for mount in api.mounts] == [
        ("/run", None, "tmpfs", True, 16 << 20),
        ("/data", "data", "volume", False, None),
        ("/etc/api", "shop/conf", "bind", False, None),
        ("/cache", None, "tmpfs", True, 8 << 20),
        ("/ram", "ram", "tmpfs", True, 4 << 20),
    ]
    (probe,) = api.probes
    assert (probe.kind, words(probe.words), probe.shell, probe.disabled) == ("health", ["curl -f x || exit 1"], True, False)


@pytest.mark.parametrize(
    ("field", "amount"),
    [
        ("mem_limit: 512M", 512 << 20), ("mem_limit: 1 g", 1 << 30), ("mem_limit: 0", None), ('mem_limit: "0"', None), ("mem_limit: -1", -1),
        ("mem_limit: 0x40000000", 1 << 30), ("mem_limit: 1_073_741_824", 1 << 30), ("mem_limit: 1e9", None),
        ("mem_limit: 99999999999999999999", None), ('deploy: {resources: {limits: {memory: "1073741824"}}}', 1 << 30),
        ("deploy: {resources: {limits: {memory: 0.5g}}}", 512 << 20),
        ("mem_limit: 1g\ndeploy: {resources: {limits: {memory: 1024m}}}", 1 << 30),
        ("mem_limit: 1g\ndeploy: {resources: {reservations: {memory: 256m}}}", 1 << 30),
    ],
)  # fmt: skip
def test_limits(field: str, amount: int | None) -> None:
    assert value(service(field).limit) == amount


@pytest.mark.parametrize(
    ("fields", "restart"),
    [
        ("restart: no", "no"), ("restart: on-failure:3", "on-failure:3"), ("deploy: {restart_policy: {condition: any}}", "always"),
        ("restart: always\ndeploy: {restart_policy: {condition: none}}", "no"),
        ("deploy: {restart_policy: {condition: on-failure, max_attempts: 3}}", "on-failure:3"), ("restart: always\ndeploy: {replicas: 2}", "always"),
    ],
)  # fmt: skip
def test_the_restart_policy_of_deploy_goes_before_restart(fields: str, restart: str) -> None:
    assert value(service(fields).restart) == restart


@pytest.mark.parametrize(
    ("size", "amount"),
    [("64m", 64 << 20), ("64M", 64 << 20), ("1048576", 1 << 20), ("0", None), ("50%", "? size=50% is a share of the host's memory"),
     ("64mb", "? the kernel refuses size=64mb")],
)  # fmt: skip
def test_sizes_of_tmpfs_are_the_kernels(size: str, amount: object) -> None:
    (mount,) = service(f'tmpfs: "/run:size={size},mode=1777"').mounts
    assert value(mount.size) == amount


def test_a_cpu_quota_is_a_limit() -> None:
    assert value(service("cpu_quota: 50000").cpu_limit) == 500
    assert value(service("cpu_quota: 50000\ncpu_period: 200000").cpu_limit) == 250
    assert value(service('deploy: {resources: {limits: {cpus: "0.25"}}}').cpu_limit) == 250


def test_an_emptied_command_is_not_the_images_own() -> None:
    assert words(service('command: ""').command) == []
    assert words(service("entrypoint: []").entrypoint) == []
    assert service("command:").command is None


def test_health_checks() -> None:
    (first,) = service("healthcheck: {test: [CMD, pg_isready, -U, x]}").probes
    assert (words(first.words), first.shell) == (["pg_isready", "-U", "x"], False)
    (second,) = service("healthcheck: {test: [NONE]}").probes
    (third,) = service("healthcheck: {disable: true}").probes
    assert second.disabled
    assert third.disabled
    assert service("healthcheck: {interval: 5s}").probes == ()


def test_jobs_are_workloads_too() -> None:
    found = services("services: {a: {image: x}}\njobs: {nightly: {image: y, mem_limit: 1g, triggers: {manual: true}}}\n")
    assert value(found["nightly"].limit) == 1 << 30


def test_a_service_of_a_provider_is_no_container() -> None:
    assert list(services("services: {a: {image: x}, m: {provider: {type: model}}}")) == ["a"]


# ---- places


def test_every_value_has_its_place_and_the_way_it_came() -> None:
    found = services(
        """x-base: &base
  mem_limit: 1g
  environment: {A: 1}
services:
  a:
    <<: *base
    image: x
    environment:
      - J=-Xmx512m -Xms1m
    command: java -Xmx1g "-jar"
  b:
    extends: a
    image: y
    mem_reservation: ${RES:-256m}
"""
    )
    a, b = found["a"], found["b"]
    assert (place(a.limit), steps(a.limit)) == (("shop/compose.yaml", 2, 14), ["merge key <<"])
    assert place(a.env["J"]) == ("shop/compose.yaml", 9, 11)
    assert a.command is not None
    assert [place(word) for word in a.command] == [("shop/compose.yaml", 10, column) for column in (14, 19, 26)]
    assert (place(b.limit), steps(b.limit)) == (("shop/compose.yaml", 2, 14), ["merge key <<", "extends a"])
    assert steps(b.env["J"]) == ["extends a"]
    assert isinstance(b.reservation, Known)
    assert b.reservation.origin.how == "mem_reservation, default of ${RES}"
    assert (a.at.line, b.at.line) == (5, 11)


def test_a_value_of_a_committed_env_file_says_so() -> None:
    a = service('mem_limit: "${MEM}"', **{"shop/.env": "MEM=2g\n"})
    assert isinstance(a.limit, Known)
    assert (a.limit.value, a.limit.origin.how) == (2 << 30, "mem_limit, ${MEM} from shop/.env")
    assert [(step.how, step.span.path, step.span.column) for step in a.limit.origin.via] == [("MEM in .env", "shop/.env", 5)]


def test_words_within_a_text_with_variables_keep_their_place() -> None:
    a = service("command: java $$X ${O:--Xmx1g} -jar")
    assert words(a.command) == ["java", "$X", "-Xmx1g", "-jar"]
    assert a.command is not None
    assert [place(word)[2] for word in a.command] == [14, 19, 28, 36]


# ---- variables


@pytest.mark.parametrize("field", ["mem_limit: ${MEM}", 'mem_limit: "${MEM:?set it}"', "mem_limit: ${A:-${MEM}}"])
def test_a_variable_from_outside_leaves_an_amount_unknown(field: str) -> None:
    assert value(service(field).limit) == "? ${MEM} is set outside the project"


def test_words_and_images_from_outside() -> None:
    a = service("command: java ${OPTS} -jar x-${V}.jar")
    assert words(a.command) == ["java", "? ${OPTS} is set outside the project", "-jar", "? ${V} is set outside the project"]
    assert value(services("services: {a: {image: 'redis:${TAG}'}}")["a"].image) == "? ${TAG} is set outside the project"


def test_the_environment_of_compose_is_passed_on_or_unknown() -> None:
    a = service("environment: {IN: , OUT: , SET: '', X: 'a${OUT}'}", **{"shop/.env": "IN=1\n"})
    assert env(a) == {
        "IN": "1",
        "OUT": "? OUT comes from the environment that runs Compose",
        "SET": "",
        "X": "? ${OUT} is set outside the project",
    }


def test_the_name_of_the_project_is_known() -> None:
    assert value(service('hostname: h\nlabels: [a]\ncommand: ["${COMPOSE_PROJECT_NAME}"]').command[0]) == "shop"  # type: ignore[index]  # it is set


def test_env_files() -> None:
    a = service(
        "env_file: [e.env, {path: f.env, format: raw}, {path: none.env, required: false}]\nenvironment: {B: own, N: }",
        **{"shop/e.env": "A=1\nB=2\nC=${B}\nD=${HOST}\nN=5\n", "shop/f.env": "A='9'\n"},
    )
    assert env(a) == {
        "A": "'9'",
        "B": "own",
        "C": "own",
        "D": "? ${HOST} is set outside the project",
        "N": "? N comes from the environment that runs Compose",
    }
    assert place(a.env["A"]) == ("shop/f.env", 1, 3)


def test_an_env_file_that_cannot_be_read_makes_the_bill_less_sure() -> None:
    class Model:
        name = "any"

        def read(self, program: Program, around: Surroundings) -> Reading | None:
            return Reading("any", program, MemoryBudget("any", (Part("all", 1, 1, 1, None, "by definition"),)))

    source = Source("compose.yaml", "services:\n  a: {image: x, env_file: [{path: local.env, required: false}]}\n  b: {image: x}\n")
    inputs = Inputs({"compose": [source]}, {}.get, Config(), (Model(),))
    sure = [workload.containers[0].process.budget for workload in compose.workloads(inputs)]
    assert [budget and budget.confidence for budget in sure] == [Confidence.MEDIUM, Confidence.HIGH]


# ---- files


def test_the_override_beside_the_base_is_part_of_the_project() -> None:
    files = {
        "compose.yaml": "services: {a: {image: x, mem_limit: 1g, command: [a], environment: [A=1], tmpfs: /a}}\n",
        "docker-compose.override.yml": "services: {a: {mem_limit: 2g, command: b c, environment: {A: 2, B: 3}, tmpfs: [/b]}}\n",
    }
    for given_ in (None, ("compose.yaml",), ("docker-compose.override.yml",)):
        (workload,), inputs = run(files, given_)
        a = workload.containers[0]
        assert (value(a.limit), words(a.command), env(a)) == (2 << 30, ["b", "c"], {"A": "2", "B": "3"})
        assert place(a.limit) == ("docker-compose.override.yml", 1, 27)
        assert [mount.target for mount in a.mounts] == ["/a", "/b"]
        assert workload.at.path == "compose.yaml"
        assert inputs.joined == ["compose.yaml + docker-compose.override.yml: one Compose project"]


def test_only_the_first_override_is_read() -> None:
    (workload,), _ = run(
        {
            "compose.yaml": "services: {a: {image: x}}\n",
            "compose.override.yml": "services: {a: {mem_limit: 2g}}\n",
            "compose.override.yaml": "services: {a: {mem_limit: 3g}}\n",
        }
    )
    assert value(workload.containers[0].limit) == 2 << 30


def test_a_second_default_file_is_a_project_of_its_own() -> None:
    workloads, _ = run(
        {
            "s/compose.yaml": "services: {a: {image: x, mem_limit: 1g}}\n",
            "s/docker-compose.yml": "services: {a: {image: x, mem_limit: 2g}}\n",
        }
    )
    assert [(one.project, value(one.containers[0].limit)) for one in workloads] == [("s", 1 << 30), ("s (s/docker-compose.yml)", 2 << 30)]


def test_an_overlay_is_laid_over_the_project_of_its_folder() -> None:
    workloads, inputs = run(
        {
            "s/compose.yaml": "services:\n  a: {image: x, mem_limit: 1k}\n  b: {image: y}\n  c: {image: z}\n",
            "s/compose.override.yaml": "services: {a: {command: [dev]}}\n",
            "s/compose.prod.yaml": "services:\n  a: {command: [prod], restart: always}\n  b: {ports: ['80:80']}\n  d: {image: w}\n",
        }
    )
    found = {(one.project, one.name): one for one in workloads}
    # What an overlay does not change is not told twice.
    assert list(found) == [("s", "a"), ("s", "b"), ("s", "c"), ("s (s/compose.prod.yaml)", "a"), ("s (s/compose.prod.yaml)", "d")]
    overlaid = found["s (s/compose.prod.yaml)", "a"]
    assert (words(overlaid.containers[0].command), value(overlaid.containers[0].limit)) == (["prod"], 1024)
    assert (overlaid.at.path, overlaid.at.line) == ("s/compose.prod.yaml", 2)
    assert len([one for workload in workloads for one in workload.containers[0].observed("limit-below-floor")]) == 1
    assert "s/compose.prod.yaml: laid over s/compose.yaml" in inputs.joined
    assert inputs.problems == []


def test_an_overlay_of_an_unknown_base_is_a_fragment() -> None:
    (workload,), inputs = run({"s/compose.prod.yaml": "services: {a: {mem_limit: 1g, depends_on: [b]}}\n"})
    assert workload.partial
    assert inputs.problems == []


def test_a_base_without_image_is_refused() -> None:
    _, inputs = run({"compose.yaml": "services:\n  a: {mem_limit: 1g}\n"})
    assert told(inputs) == [("compose.yaml", 2, 3, "service 'a' has neither an image nor a build")]


def test_compose_file_of_the_env_file_names_the_project() -> None:
    workloads, _ = run(
        {
            ".env": "COMPOSE_FILE=deploy/base.yml;deploy/prod.yml\nCOMPOSE_PATH_SEPARATOR=;\nCOMPOSE_PROJECT_NAME=live\nMEM=3g\n",
            "deploy/.env": "MEM=4g\nRES=1g\n",
            "deploy/base.yml": "services: {a: {image: x, mem_limit: 1g, mem_reservation: '${RES}'}}\n",
            "deploy/prod.yml": "services: {a: {mem_limit: '${MEM}'}}\n",
        }
    )
    (workload,) = workloads
    assert (workload.project, value(workload.containers[0].limit), value(workload.containers[0].reservation)) == ("live", 3 << 30, 1 << 30)


def test_a_missing_compose_file_is_told() -> None:
    _, inputs = run({".env": "COMPOSE_FILE=a.yml:b.yml\n", "a.yml": "services: {a: {image: x}}\n"})
    assert told(inputs) == [(".env", 1, 14, "COMPOSE_FILE names b.yml, which is not there")]


def test_includes_are_part_of_the_project() -> None:
    workloads, inputs = run(
        {
            "s/compose.yaml": "include: [d/c.yaml, {path: [d/e.yaml, d/f.yaml], env_file: g.env, project_directory: d}]\nservices: {a: {image: x}}\n",
            "s/d/c.yaml": "services: {b: {build: ., mem_limit: '${MEM}', env_file: b.env}}\n",
            "s/d/e.yaml": "services: {e: {image: y, mem_limit: '${MEM}'}}\n",
            "s/d/f.yaml": "services: {e: {mem_reservation: '${RES}'}}\n",
            "s/d/.env": "MEM=3g\nRES=1g\n",
            "s/g.env": "MEM=5g\n",
            "s/d/b.env": "B=1\n",
        }
    )
    assert inputs.problems == []
    found = {workload.name: workload.containers[0] for workload in workloads}
    assert sorted(found) == ["a", "b", "e"]
    assert (value(found["b"].limit), env(found["b"])) == (3 << 30, {"B": "1"})
    assert (value(found["e"].limit), value(found["e"].reservation)) == (5 << 30, "? ${RES} is set outside the project")
    assert (found["b"].at.path, steps(found["b"].limit)) == ("s/d/c.yaml", ["include d/c.yaml", "MEM in .env"])


def test_the_environment_of_the_project_goes_before_that_of_the_include() -> None:
    workloads, _ = run(
        {
            "compose.yaml": "include: [d/c.yaml]\nservices: {b: {mem_reservation: 1g}}\n",
            "d/c.yaml": "services: {b: {image: y, mem_limit: '${MEM}', mem_reservation: 2g}}\n",
            "d/.env": "MEM=3g\n",
            ".env": "MEM=4g\n",
        }
    )
    (workload,) = workloads
    assert (value(workload.containers[0].limit), value(workload.containers[0].reservation)) == (4 << 30, 1 << 30)


@pytest.mark.parametrize(
    ("files", "line", "column", "message"),
    [
        ({"compose.yaml": "include:\n- d.yaml\n"}, 2, 3, "included file d.yaml is not there"),
        (
            {"compose.yaml": "include: [d/c.yaml]\n", "d/c.yaml": "include: [../compose.yaml]\n"},
            1,
            11,
            "compose.yaml is included within itself",
        ),
        ({"compose.yaml": "include: ['https://example.com/x.git']\n"}, 1, 11, "lies elsewhere"),
        ({"compose.yaml": "include: x\n"}, 1, 10, "include must be a list"),
        ({"compose.yaml": "services:\n  a: {extends: {file: d.yaml, service: b}, image: x}\n"}, 2, 23, "extended file d.yaml is not there"),
        ({"compose.yaml": "services:\n  a: {extends: b, image: x}\n"}, 2, 16, "service 'b', which this one extends, is not there"),
        ({"compose.yaml": "services:\n  a: {extends: b}\n  b: {extends: a, image: x}\n"}, 2, 16, "the chain of extends is a circle"),
        ({"compose.yaml": "services:\n  a: {image: x, env_file: e.env}\n"}, 2, 27, "env file e.env is not there"),
        ({"compose.yaml": "services:\n  a: {image: x, env_file: e.env}\n", "e.env": "A=1\nB@=1\n"}, 2, 2, "unexpected character '@'"),
        ({"compose.yaml": "services:\n  a: {image: x, command: 'a (b)'}\n"}, 2, 26, "command is refused"),
        ({"compose.yaml": "services:\n  a: {image: x, stop_grace_period: '5'}\n"}, 2, 36, "is no duration"),
        (
            {"compose.yaml": "services:\n  a: {image: x, scale: 2, container_name: web}\n"},
            2,
            43,
            "container_name and scale 2 exclude each other",
        ),
        ({"compose.yaml": "services:\n  a: {image: x, scale: -1}\n"}, 2, 24, "scale must be 0 or more"),
        ({"compose.yaml": "services:\n\ta: 1\n"}, 2, 1, "cannot be parsed as YAML"),
        ({"compose.yaml": ""}, 1, 1, "this compose file is empty"),
        ({"compose.yaml": "a:\n  image: x\n"}, 1, 1, "put services under `services:`"),
        ({"compose.yaml": "services: {a: {image: x}}\n---\n"}, 3, 1, "a compose file must be a mapping"),
        ({"compose.yaml": "services: {a: {image: x}}\n", ".env": "A=${1}\n"}, 1, 3, "is no variable"),
    ],
)
def test_what_compose_refuses_is_a_problem_at_its_place(files: dict[str, str], line: int, column: int, message: str) -> None:
    _, inputs = run(files)
    (problem,) = inputs.problems
    assert message in problem.message
    assert (problem.line, problem.column) == (line, column)


def test_extends_from_another_file() -> None:
    workloads, inputs = run(
        {
            "s/compose.yaml": "services:\n  a: {extends: {file: d/base.yaml, service: base}, environment: {B: 2}}\n",
            "s/d/base.yaml": "services:\n  base: {extends: root, image: bb, mem_limit: '${MEM:-1g}', env_file: f.env, volumes: ['./q:/q']}\n  root: {init: true}\n",
            "s/d/f.env": "Q=1\n",
        }
    )
    assert inputs.problems == []
    (workload,) = workloads
    a = workload.containers[0]
    assert (value(a.limit), value(a.init), env(a)) == (1 << 30, True, {"Q": "1", "B": "2"})
    assert [mount.source for mount in a.mounts] == ["s/d/q"]
    assert place(a.limit) == ("s/d/base.yaml", 2, 47)
    assert steps(a.limit) == ["extends base"]


def test_what_several_services_share_is_told_once() -> None:
    found = services("x-d: &d {mem_limit: 512Mi}\nservices:\n  a: {<<: *d, image: x}\n  b: {<<: *d, image: y}\n  c: {extends: a}\n")
    assert [len(container.observed("invalid-quantity")) for container in found.values()] == [1, 0, 0]
    assert value(found["c"].limit) == "? Compose refuses it: invalid suffix: 'mi'"


def test_resets_and_overrides_of_the_override_file() -> None:
    (workload,), inputs = run(
        {
            "compose.yaml": "services: {a: {image: x, mem_limit: 1g, environment: {A: 1}, command: [y]}}\n",
            "compose.override.yaml": "services: {a: {mem_limit: !reset null, environment: !override {B: 2}}}\n",
        }
    )
    a = workload.containers[0]
    assert (a.limit, env(a), words(a.command), inputs.problems) == (None, {"B": "2"}, ["y"], [])


def test_documents_of_one_file_are_merged() -> None:
    found = services("services: {a: {image: x, mem_limit: 1g}}\n---\nservices: {a: {mem_limit: 2g}, b: {image: y}}\n")
    assert {name: value(container.limit) for name, container in found.items()} == {"a": 2 << 30, "b": None}


@pytest.mark.parametrize("text", ["services: [a, b]\n", "services:\n  db: {host: x}\n", "services:\n  a: {image: x}\nspring: {x: 1}\n"])
def test_other_files_with_services_are_no_compose_files(text: str) -> None:
    workloads, inputs = run({"config/services.yaml": text})
    assert (workloads, inputs.problems) == ([], [])


def test_a_compose_file_of_any_name_is_read() -> None:
    (workload,), _ = run({"deploy/stack.yml": "services:\n  a: {image: x}\n"})
    assert (workload.project, workload.name) == ("deploy", "a")


# ---- what is dropped, replaced, refused


@pytest.mark.parametrize(
    ("field", "topic", "message", "fixed"),
    [
        ("mem_limit: 512Mi", "invalid-quantity", "mem_limit: '512Mi' is refused (invalid suffix: 'mi'): write 512m or 512MiB", "mem_limit: 512m"),
        ('mem_limit: "1.5Gi"', "invalid-quantity", "write 1.5g or 1.5GiB", 'mem_limit: "1.5g"'),
        ("mem_limit: 1e", "invalid-quantity", "mem_limit: '1e' is refused (invalid suffix: 'e'): write an amount such as 512m", None),
        ("mem_limit:", "invalid-quantity", "mem_limit: it is empty", None),
        ("mem_limit: true", "invalid-quantity", "mem_limit: it is 'true'", None),
        ("mem_reservation: 1.5", "invalid-quantity", "mem_reservation: 1.5 must be an integer or a string", None),
        ("oom_score_adj: x", "invalid-quantity", "oom_score_adj: 'x' is no integer from -1000 to 1000", None),
        ("deploy: {resources: {limits: {memory: 536870912}}}", "invalid-quantity", "the number 536870912 must be a string here",
         'deploy: {resources: {limits: {memory: "536870912"}}}'),
        ("deploy: {resources: {limits: {memory: 512}}}", "invalid-quantity", "the number 512 must be a string here",
         'deploy: {resources: {limits: {memory: "512m"}}}'),
        ("volumes: [{type: tmpfs, target: /c, tmpfs: {size: 64Mi}}]", "invalid-quantity", "tmpfs.size: '64Mi' is refused",
         "volumes: [{type: tmpfs, target: /c, tmpfs: {size: 64m}}]"),
        ("mem_limit: 1e9", "setting-silently-dropped", "mem_limit: 1e9 is a floating-point number to YAML", "mem_limit: 1000000000"),
        ("mem_limit: 1.5", "setting-silently-dropped", "so the container gets no mem_limit", None),
        ("mem_swappiness: 0", "setting-silently-dropped", "mem_swappiness: 0 never reaches Docker", None),
        ("mem_limit: 512", "bytes-without-unit", "mem_limit of a is 512 bytes", "mem_limit: 512m"),
        ("mem_limit: 5m", "limit-below-floor", "mem_limit of a is 5 MiB", None),
        ("memswap_limit: 2g", "swap-limit-invalid", "memswap_limit of a (2 GiB) needs a memory limit", None),
    ],
)  # fmt: skip
def test_wrong_amounts(field: str, topic: str, message: str, fixed: str | None) -> None:
    a = service(field)
    found = seen(a, topic)
    assert message in found.message
    assert (found.fix is not None) == (fixed is not None)
    if found.fix is not None:
        text = f"services:\n  a:\n    image: x\n    {field}\n"
        assert apply(text, found.fix.edits) == f"services:\n  a:\n    image: x\n    {fixed}\n"


@pytest.mark.parametrize("field", ["mem_limit: 512MiB", 'mem_limit: "512m"', "mem_limit: 6m", "mem_limit: 1073741824", "mem_limit: 1_000m"])
def test_right_amounts_are_not_complained_of(field: str) -> None:
    topics = {one.topic for one in service(field).observations}
    assert topics <= {"swap-doubles-limit"}


@pytest.mark.parametrize(
    ("fields", "message", "line"),
    [
        (
            "mem_limit: 1g\ndeploy: {resources: {limits: {memory: 512m}}}",
            "deploy.resources.limits.memory is 512 MiB, but mem_limit is 1 GiB",
            5,
        ),
        ('mem_limit: 1g\ndeploy: {resources: {limits: {cpus: "1"}}}', "deploy.resources.limits says nothing of memory", 5),
        ("mem_reservation: 1g\ndeploy: {resources: {reservations: {devices: [{capabilities: [gpu]}]}}}", "says nothing of memory", 5),
        ('cpus: 2\ndeploy: {resources: {limits: {cpus: "1"}}}', "deploy.resources.limits.cpus is 1, but cpus is 2", 5),
        ("pids_limit: 5\ndeploy: {resources: {limits: {pids: 6}}}", "deploy.resources.limits.pids is 6, but pids_limit is 5", 5),
        ("scale: 3\ndeploy: {replicas: 2}", "deploy.replicas is 2, but scale is 3", 5),
    ],
)
def test_conflicting_limits(fields: str, message: str, line: int) -> None:
    found = seen(service(fields), "conflicting-limits")
    assert message in found.message
    assert (found.at.line, found.notes[0].at.line) == (line, 4)


def test_a_limit_that_only_lacks_its_memory_is_mended() -> None:
    text = 'services:\n  a:\n    image: x\n    mem_limit: 1g\n    deploy:\n      resources:\n        limits:\n          cpus: "1"\n'
    found = seen(services(text)["a"], "conflicting-limits")
    assert found.fix is not None
    mended = apply(text, found.fix.edits)
    assert mended == text + '          memory: "1g"\n'
    assert not services(mended)["a"].observed("conflicting-limits")


def test_unknown_amounts_do_not_conflict() -> None:
    assert not service("mem_limit: 1g\ndeploy: {resources: {limits: {memory: '${MEM}'}}}").observed("conflicting-limits")


def test_a_command_for_a_shell_is_cut() -> None:
    a = service("command: node a.js && node b.js")
    found = seen(a, "setting-silently-dropped")
    assert (words(a.command), found.severity, found.at.line, found.at.column) == (["node", "a.js"], Severity.ERROR, 4, 24)
    assert "drops '&& node b.js', so only 'node a.js' runs" in found.message
    assert not service('command: sh -c "node a.js && node b.js"').observed("setting-silently-dropped")


def test_a_variable_meant_for_the_container_is_eaten() -> None:
    a = service("command: java $JAVA_OPTS -jar a.jar\nenvironment: {JAVA_OPTS: -Xmx1g}")
    found = seen(a, "setting-silently-dropped")
    assert (found.severity, found.at.line, found.at.column, found.at.end_column) == (Severity.ERROR, 4, 19, 29)
    assert "the container's own JAVA_OPTS is not used; write $$JAVA_OPTS" in found.message
    assert seen(service("command: java $JAVA_OPTS -jar a.jar"), "setting-silently-dropped").severity is Severity.WARNING


@pytest.mark.parametrize(
    "field",
    [
        "command: java $$JAVA_OPTS",
        "command: run --workers ${WORKERS}",
        "command: run ${W:-4}",
        "command: run --workers $W\n    environment: {W: }",
        "command: run --workers ${W}\n    environment: {W: '${W:-4}'}",
        "environment: {A: $B}",
        "image: x:$TAG",
    ],
)
def test_variables_meant_for_compose_are_left_alone(field: str) -> None:
    text = f"services:\n  a:\n    {field}\n" + ("" if field.startswith("image") else "    image: x\n")
    assert not services(text)["a"].observed("setting-silently-dropped")


def test_an_environment_that_is_known_is_no_eaten_variable() -> None:
    a = service("command: java $OPTS", **{"shop/.env": "OPTS=-Xmx1g\n"})
    assert (words(a.command), a.observed("setting-silently-dropped")) == (["java", "-Xmx1g"], [])


# ---- images


def test_a_build_is_joined_with_its_dockerfile() -> None:
    workloads, inputs = run(
        {
            "s/compose.yaml": "services:\n  a:\n    build: {context: app, target: run, args: {HEAP: '${HEAP:-300m}'}}\n    image: acme/api:1\n"
            "  b: {image: 'acme/api:1'}\n  c: {build: {dockerfile: sub/D, context: app}}\n",
            "s/app/Dockerfile": 'FROM debian AS run\nARG HEAP=100m\nENV OPTS=-Xmx${HEAP}\nCMD ["java"]\nFROM scratch\n',
            "s/app/sub/D": 'FROM debian\nENTRYPOINT ["/c"]\n',
        }
    )
    found = {workload.name: workload.containers[0].process for workload in workloads}
    for name in ("a", "b"):
        assert (words(found[name].words), value(found[name].env["OPTS"])) == (["java"], "-Xmx300m")
    assert words(found["c"].words) == ["/c"]
    assert "s/compose.yaml: service a is built from s/app/Dockerfile" in inputs.joined


def test_a_dockerfile_within_the_compose_file_keeps_its_places() -> None:
    text = 'services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM debian\n        ENV A=1\n        CMD ["java", "-Xmx1g"]\n'
    process = services(text)["a"].process
    assert words(process.words) == ["java", "-Xmx1g"]
    assert place(process.env["A"])[1] == 6
    assert process.words is not None
    assert place(process.words[1])[1] == 7


# ---- edits


def apply(text: str, edits: tuple[Edit, ...]) -> str:
    for edit in sorted(edits, key=lambda one: -one.start):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


@pytest.mark.parametrize(
    ("before", "setting", "text", "after"),
    [
        ("    mem_limit: 1g # c\n", "limit", "2g", "    mem_limit: 2g # c\n"),
        ('    mem_limit: "1g"\n', "limit", "2g", '    mem_limit: "2g"\n'),
        ("    tty: true\n", "limit", "2g", "    tty: true\n    mem_limit: 2g\n"),
        ("    tty: true", "init", "true", "    tty: true\n    init: true"),
        ("    tty: true\r\n", "swap", "2g", "    tty: true\r\n    memswap_limit: 2g\r\n"),
        ("    command: |\n      a\n      b\n", "limit", "2g", "    command: |\n      a\n      b\n    mem_limit: 2g\n"),
        ("    ports:\n    - 80:80 # c\n", "limit", "2g", "    ports:\n    - 80:80 # c\n    mem_limit: 2g\n"),
        ("    deploy:\n      resources:\n        limits:\n          memory: 1g\n", "limit", "2g",
         "    deploy:\n      resources:\n        limits:\n          memory: 2g\n"),
        ("    deploy:\n      resources:\n        limits:\n          cpus: 1\n", "limit", "2g",
         "    deploy:\n      resources:\n        limits:\n          cpus: 1\n          memory: 2g\n"),
        ("    mem_limit: 1g\n    deploy: {resources: {limits: {memory: 1g}}}\n", "limit", "2g",
         "    mem_limit: 2g\n    deploy: {resources: {limits: {memory: 2g}}}\n"),
        ("    deploy: {resources: {limits: {cpus: 1}}}\n", "limit", "2g", None),  # a flow mapping, and mem_limit beside it would be refused
        ("    mem_limit: ${MEM:-1g}\n", "limit", "2g", None),
        ("    mem_limit: &m 1g\n", "limit", "2g", None),
        ("    <<: {mem_limit: 1g}\n", "limit", "2g", None),
        ("    restart: no\n    deploy: {restart_policy: {condition: any}}\n", "restart", "always", None),
        ("    tty: true\n", "unheard-of", "1", None),
    ],
)  # fmt: skip
def test_edits(before: str, setting: str, text: str, after: str | None) -> None:
    head = "services:\r\n  a:\r\n    image: x\r\n" if "\r" in before else "services:\n  a:\n    image: x\n"
    editor = services(head + before)["a"].editor
    assert editor is not None
    edits = editor.set(setting, text)
    assert (None if edits is None else apply(head + before, edits)) == (None if after is None else head + after)


@pytest.mark.parametrize(
    "text",
    [
        "services: {a: {image: x}}\n",
        "services:\n  a: &a\n    image: x\n  b:\n    <<: *a\n",
        "x-x: &x\n  image: x\nservices:\n  a: *x\n",
    ],
)
def test_a_service_that_others_share_is_not_edited(text: str) -> None:
    editor = services(text)["a"].editor
    assert editor is not None
    assert editor.set("limit", "2g") is None


def test_amounts_are_written_as_compose_writes_them() -> None:
    editor = service("tty: true").editor
    assert editor is not None
    assert (editor.amount(768 << 20), editor.amount(2 << 30)) == ("768m", "2g")


# ---- everything


FIELDS = st.dictionaries(
    st.sampled_from(
        ["image", "mem_limit", "command", "entrypoint", "environment", "env_file", "deploy", "build", "volumes", "tmpfs", "healthcheck",
         "extends", "depends_on", "profiles", "init", "scale", "restart", "labels", "configs", "stop_grace_period", "<<", "cpus", "shm_size"]
    ),
    st.sampled_from(
        ["x", "1g", "512Mi", "1.5", "512", "null", "true", "[a, b]", "[a=1, b]", "{a: 1}", "{a: }", "[]", "{}", "a", "b", "*d", "!reset null",
         "!override [q]", "'a && b $C'", "${X}", "${X:-1g}", "'${X:?e}'", "[{type: tmpfs, target: /x, tmpfs: {size: 1}}]", "[/a, 'b:/c']", "e.env",
         "{resources: {limits: {memory: 5}}}", "{test: [CMD, x]}", "{dockerfile_inline: 'FROM x'}", "{file: d.yaml, service: a}", "30s", "-1"]
    ),
    max_size=6,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.dictionaries(st.sampled_from(["a", "b", "c"]), FIELDS, min_size=1, max_size=3), min_size=1, max_size=3),
    st.text("AX=1g\n${}:-"),
)
def test_no_file_raises_and_every_place_lies_in_its_file(documents: list[dict[str, dict[str, str]]], dotenv: str) -> None:
    files = {".env": dotenv, "e.env": dotenv}
    for name, document in zip(("compose.yaml", "compose.override.yaml", "d.yaml"), documents, strict=False):
        lines = ["x-d: &d {image: x, mem_limit: 1k}", "configs: {a: {content: x}}", "services:"]
        for service_name, fields in document.items():
            lines += [f"  {service_name}:", *(f"    {key}: {text}" for key, text in fields.items()), "    x-end: 1"]
        files[name] = "\n".join(lines) + "\n"
    workloads, inputs = run(files)
    spans = [workload.at for workload in workloads]
    for workload in workloads:
        container = workload.containers[0]
        spans += [one.at for one in container.observations]
        spans += [one.at for observation in container.observations for one in observation.notes]
        fields_ = [
            container.image,
            container.limit,
            container.reservation,
            container.swap,
            container.init,
            container.restart,
            *container.env.values(),
        ]
        for field in (*fields_, *(container.command or ()), *(container.entrypoint or ())):
            if field is not None and field.origin is not None:
                spans += places(field.origin)
        for observation in container.observations:
            for edit in observation.fix.edits if observation.fix is not None else ():
                assert 0 <= edit.start <= edit.end <= len(files[edit.path])
    for span in spans:
        assert 0 <= span.start <= span.end <= len(files[span.path])
        assert span == Source(span.path, files[span.path]).span(span.start, span.end)
    for problem in inputs.problems:
        assert 1 <= problem.line <= files[problem.path].count("\n") + 1
        assert "\0" not in problem.message


def places(origin: Origin) -> list[Span]:
    return [origin.span, *(span for step in origin.via for span in places(step))]
