"""What a `docker run` line becomes."""

from collections.abc import Mapping

import pytest

from memlint.config import Config
from memlint.model import Amount, Container, Known, Observation, Severity, Text, Unknown, Words, Workload
from memlint.resolve import docker_run
from memlint.resolve.inputs import Inputs
from memlint.sources.text import Source


def read(
    line: str, files: Mapping[str, str] | None = None, kind: str = "shell", path: str = "bin/run.sh", **more: int
) -> tuple[Workload, Inputs]:
    there = {name: Source(name, text) for name, text in (files or {}).items()}
    inputs = Inputs({kind: (Source(path, line),)}, there.get, Config(), (), **more)
    (workload,) = docker_run.workloads(inputs)
    return workload, inputs


def container(line: str, **more: int) -> Container:
    return read(line, **more)[0].containers[0]


def value(field: Amount | Text | Known[bool]) -> object:
    return f"? {field.why}" if isinstance(field, Unknown) else None if field is None else field.value


def words(field: Words | None) -> list[object] | None:
    return None if field is None else [value(word) for word in field]


def topics(found: Container) -> set[str]:
    return {seen.topic for seen in found.observations}


def seen(found: Container, topic: str) -> Observation:
    (one,) = found.observed(topic)
    return one


def test_a_line_in_full() -> None:
    workload, inputs = read(
        "docker run -d --name web -m 1g --memory-reservation 512m --memory-swap 1g --memory-swappiness 10 --shm-size 128m --cpus 1.5 "
        "-c 512 --oom-score-adj 100 --init --pid host --restart unless-stopped --stop-timeout 20 --health-cmd 'curl -f x' -e A=b "
        "-v data:/data -v /etc/x:/x:ro --tmpfs /run:size=16m --mount type=tmpfs,dst=/c,tmpfs-size=8m --entrypoint tini shop/web:1 -- java -jar a.jar"
    )
    web = workload.containers[0]
    assert (workload.kind, workload.name, web.name, workload.share_processes) == ("docker-run", "web", "web", True)
    assert (value(web.limit), value(web.reservation), value(web.swap), value(web.shm_size)) == (1 << 30, 512 << 20, 1 << 30, 128 << 20)
    assert (value(web.swappiness), value(web.oom_score_adj), value(web.init)) == (10, 100, True)
    assert (value(web.cpu_limit), value(web.cpu_request)) == (1500, 500)
    assert (words(web.entrypoint), words(web.command)) == (["tini"], ["--", "java", "-jar", "a.jar"])
    assert (value(web.restart), value(web.stop_timeout), web.interactive) == ("unless-stopped", 20, False)
    assert [(mount.target, mount.kind, mount.memory, value(mount.size)) for mount in web.mounts] == [
        ("/run", "tmpfs", True, 16 << 20),
        ("/data", "volume", False, None),
        ("/x", "bind", False, None),
        ("/c", "tmpfs", True, 8 << 20),
    ]
    (probe,) = web.probes
    assert (probe.kind, words(probe.words), probe.shell) == ("health", ["curl -f x"], True)
    assert web.env == {"A": Known("b", web.env["A"].origin)}
    assert isinstance(web.limit, Known)
    assert (web.limit.origin.how, web.limit.origin.span.column) == ("--memory", 29)
    assert not inputs.problems


def test_zero_means_none() -> None:
    found = container("docker run -m 0 --memory-swap 0 --memory-reservation 0 --shm-size 0 --memory-swappiness -1 --cpus 0 img")
    assert [found.limit, found.swap, found.reservation, found.shm_size, found.swappiness, found.cpu_limit] == [None] * 6


def test_unlimited_swap_is_minus_one() -> None:
    assert value(container("docker run -m 1g --memory-swap -1 img").swap) == -1


def test_a_quota_is_a_limit_of_cpus() -> None:
    assert value(container("docker run --cpu-quota 50000 img").cpu_limit) == 500
    assert value(container("docker run --cpu-quota 50000 --cpu-period 200000 img").cpu_limit) == 250


def test_what_cannot_be_seen_is_unknown_and_not_unset() -> None:
    found = container("docker run $OPTIONS -d redis:7")
    for field in (found.limit, found.swap, found.init, found.restart, found.shm_size):
        assert isinstance(field, Unknown)
    assert "OPTIONS" in found.limit.why
    assert not found.observations


def test_a_variable_from_outside_is_unknown() -> None:
    found = container('docker run -m "$LIMIT" -e HEAP="-Xmx$HEAP" -e TOKEN img')
    assert value(found.limit) == "? LIMIT comes from outside the script"
    assert isinstance(found.env["HEAP"], Unknown)
    assert value(found.env["TOKEN"]) == "? TOKEN comes from the environment that runs the command"


def test_the_command_belongs_to_an_image_that_is_a_variable() -> None:
    found = container('docker run --rm "$IMAGE" python -m http.server')
    assert isinstance(found.image, Unknown)
    assert found.limit is None
    assert words(found.command) == ["python", "-m", "http.server"]


def test_an_image_with_an_unknown_tag_keeps_its_name() -> None:
    assert container('docker run "$REGISTRY/shop/api:$TAG"').name == "api"


@pytest.mark.parametrize(("flag", "wanted"), [("--entrypoint ''", [""]), ("--entrypoint 'tini -- node'", ["tini -- node"]), ("", None)])
def test_an_entrypoint_is_one_word(flag: str, wanted: list[str] | None) -> None:
    assert words(container(f"docker run {flag} img").entrypoint) == wanted


def test_podman_takes_a_list_as_entrypoint_and_has_no_floor() -> None:
    found = container("""podman run -m 4m --entrypoint '["tini", "--"]' img app""")
    assert words(found.entrypoint) == ["tini", "--"]
    assert "limit-below-floor" not in topics(found)


def test_env_files_are_read_as_docker_reads_them() -> None:
    workload, inputs = read("docker run --env-file app.env -e A=9 img", {"bin/app.env": '# c\nA=1\nB=a "b" \nNAME\n'})
    env = workload.containers[0].env
    assert {name: value(text) for name, text in env.items()} == {
        "A": "9",
        "B": 'a "b" ',
        "NAME": "? NAME comes from the environment that runs the command",
    }
    assert env["B"].origin.span.path == "bin/app.env"
    assert not inputs.problems


def test_an_env_file_that_docker_refuses_is_a_problem() -> None:
    _, inputs = read("docker run --env-file app.env img", {"bin/app.env": "A B=1\n"})
    assert [problem.path for problem in inputs.problems] == ["bin/app.env"]


def test_an_env_file_that_is_not_here_is_told_and_no_problem() -> None:
    _, inputs = read("docker run --env-file secret.env img")
    assert not inputs.problems
    assert "secret.env" in inputs.joined[0]


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ("size=64m", 64 << 20),
        ("rw,size=64M,mode=1777", 64 << 20),
        ("size=1G", 1 << 30),
        ("size=65536", 65536),
        ("size=0", None),
        ("mode=1777", None),
        ("size=25%", 2 << 30),
    ],
)
def test_sizes_of_a_tmpfs_are_the_kernels(options: str, size: int | None) -> None:
    (mount,) = container(f"docker run --tmpfs /c:{options} img", host_memory=8 << 30).mounts
    assert value(mount.size) == size


def test_a_share_of_an_unknown_machine_is_unknown() -> None:
    (mount,) = container("docker run --tmpfs /c:size=50% img").mounts
    assert value(mount.size) == "? 50% of the host's memory"


def test_a_size_that_the_kernel_refuses() -> None:
    assert "tmpfs" in seen(container("docker run --tmpfs /c:size=64Mi img"), "invalid-quantity").message


def test_refused_amounts_are_faults_and_other_refusals_problems() -> None:
    found = container("docker run -m 512Mi img")
    message = seen(found, "invalid-quantity")
    assert "512MiB" in message.message
    assert message.fix is not None
    assert [edit.text for edit in message.fix.edits] == ["512MiB"]
    assert isinstance(found.limit, Unknown)
    for line in ("docker run --memor 1g img", "docker run --restart always --rm img", "docker run --ulimit as=1 img", "docker run -m"):
        workload, inputs = read(line)
        assert inputs.problems, line
        assert not workload.observations, line


def test_a_service_counts_swap_alone() -> None:
    workload, _ = read("docker service create --name s --replicas 3 --limit-memory 1g --reserve-memory 512m --memory-swap 512m redis:7")
    found = workload.containers[0]
    assert (workload.kind, value(workload.replicas), value(found.swap)) == ("docker-service", 3, 3 << 29)
    assert value(found.reservation) == 512 << 20
    assert value(found.restart) == "any"


def test_an_update_of_a_service_leaves_the_rest_as_it_is() -> None:
    workload, _ = read("docker service update --limit-memory 1g web")
    found = workload.containers[0]
    assert (workload.partial, found.name, value(found.limit)) == (True, "web", 1 << 30)
    assert isinstance(found.reservation, Unknown)
    assert isinstance(found.image, Unknown)
    assert isinstance(read("docker service update --image redis:8 web")[0].containers[0].limit, Unknown)


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("docker run -d img", Severity.WARNING),
        ("docker run --restart always img", Severity.WARNING),
        ("docker service create img", Severity.WARNING),
        ("docker run img", Severity.INFO),
        ("docker run --restart no img", Severity.INFO),
        ("docker run --rm img", None),
        ("docker run -it img", None),
        ("docker run -d -m 1g img", None),
        ("docker run -d -m $X img", None),
        ("docker run -d $X img", None),
        ("docker run -d --restart $X img", Severity.WARNING),
    ],
)
def test_no_limit_is_as_loud_as_the_container_is_lasting(line: str, severity: Severity | None) -> None:
    workload, _ = read(line)
    assert [one.severity for one in workload.observed("no-limit")] == ([severity] if severity else [])


def test_units_last_and_workflows_do_not() -> None:
    unit, _ = read("[Service]\nExecStart=/usr/bin/docker run --rm redis:7\n", kind="systemd", path="r.service")
    assert [one.severity for one in unit.observed("no-limit")] == [Severity.WARNING]
    job, _ = read("a:\n  script:\n    - docker run -d redis:7\n", kind="workflow", path=".gitlab-ci.yml")
    assert not job.observed("no-limit")
    assert job.containers[0].interactive


@pytest.mark.parametrize(
    ("line", "setting", "text", "wanted"),
    [
        ("docker run -d img", "limit", "512m", "docker run --memory 512m -d img"),
        ("docker run -m 1g img", "limit", "512m", "docker run -m 512m img"),
        ("docker run --memory=1g img", "limit", "512m", "docker run --memory=512m img"),
        ("sudo docker container run img", "swap", "1g", "sudo docker container run --memory-swap 1g img"),
        ("docker run img", "init", "true", "docker run --init img"),
        ("docker service create img", "limit", "1g", "docker service create --limit-memory 1g img"),
        ("M=1g; docker run -m $M img", "limit", "2g", None),
        ("docker run --init img", "init", "false", None),
        ("docker run img", "command", "x", None),
        ("docker run img", "limit", "1g; rm -rf /", None),
    ],
)
def test_edits(line: str, setting: str, text: str, wanted: str | None) -> None:
    editor = container(line).editor
    assert editor is not None
    edits = editor.set(setting, text)
    if wanted is None:
        assert edits is None
    else:
        assert edits is not None
        (edit,) = edits
        assert line[: edit.start] + edit.text + line[edit.end :] == wanted


def test_one_line_from_the_command_line() -> None:
    inputs = Inputs({}, lambda _path: None, Config(), ())
    (workload,) = docker_run.from_command("docker run -m 1g redis:7", inputs)
    assert value(workload.containers[0].limit) == 1 << 30
    assert not inputs.problems


@pytest.mark.parametrize("line", ["", "ls", "docker ps", "docker run", "docker run '"])
def test_a_line_that_makes_no_container_is_a_problem(line: str) -> None:
    inputs = Inputs({}, lambda _path: None, Config(), ())
    docker_run.from_command(line, inputs)
    assert inputs.problems


def test_an_image_that_the_project_builds_is_joined_whatever_its_tag() -> None:
    files = {"api/Dockerfile": 'FROM eclipse-temurin:21-jre\nENTRYPOINT ["java", "-jar", "a.jar"]\n'}
    there = {name: Source(name, text) for name, text in files.items()}
    inputs = Inputs({"shell": (Source("run.sh", 'docker run "shop/api:$TAG"'),)}, there.get, Config(), ())
    inputs.images.register("shop/api", "api/Dockerfile")
    (workload,) = docker_run.workloads(inputs)
    assert words(workload.containers[0].process.words) == ["java", "-jar", "a.jar"]


def test_builds_in_scripts_and_workflows() -> None:
    there = {name: Source(name, "FROM redis:7\n") for name in ("api/Dockerfile", "web/Dockerfile")}
    by_kind = {
        "shell": (Source("build.sh", "cd api && docker build -t shop/api:$TAG .\n"),),
        "workflow": (
            Source(
                ".github/workflows/ci.yml", "jobs:\n  a:\n    steps:\n      - run: docker buildx build -t shop/web -f web/Dockerfile .\n"
            ),
        ),
    }
    found = {reference: build.dockerfile for reference, build in docker_run.builds(Inputs(by_kind, there.get, Config(), ()))}
    assert found == {"shop/api": "api/Dockerfile", "shop/web": "web/Dockerfile"}
