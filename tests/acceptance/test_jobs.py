"""Several processes tell what one process tells, to the byte; and one that dies, or an interrupt, ends the run cleanly."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from conftest import Answer
from memlint import cli, jobs

Memlint = Callable[..., Answer]
linux = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")


def pod(name: str, memory: str = "512Mi", namespace: str = "", kind: str = "Deployment", more: str = "", image: str = "") -> str:
    space = f", namespace: {namespace}" if namespace else ""
    return f"""apiVersion: apps/v1
kind: {kind}
metadata: {{name: {name}{space}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      {more}
      containers:
        - name: main
          image: {image or "eclipse-temurin:21-jre"}
          command: [java, -Xmx480m, -jar, app.jar]
          resources: {{limits: {{memory: {memory}}}}}
"""


def thing(kind: str, name: str, body: str, namespace: str = "", version: str = "v1") -> str:
    space = f", namespace: {namespace}" if namespace else ""
    return f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}{space}}}\n{body}\n"


RANGE = "spec: {limits: [{type: Container, max: {memory: 256Mi}}]}"
FROM_CONFIG = "envFrom: [{configMapRef: {name: flags}}]"
RUNS = "services:\n  api:\n    image: shop/api:1\n    mem_limit: 256m\n    memswap_limit: 256m\n"
DOCKERFILE = 'FROM eclipse-temurin:21-jre\nCMD ["java", "-Xmx300m", "-jar", "app.jar"]\n'

# What one folder says changes what is found in another one.
JOINS: Mapping[str, Mapping[str, str]] = {
    "a LimitRange of the namespace": {
        "a/pod.yaml": pod("api", namespace="shop"),
        "b/range.yaml": thing("LimitRange", "most", RANGE, "shop"),
    },
    "a namespace that stands for several environments": {
        "a/pod.yaml": pod("api", namespace="shop"),
        "a/low/range.yaml": thing("LimitRange", "most", RANGE, "shop"),
        "a/high/web.yaml": pod("web", namespace="shop"),
        "b/pod.yaml": pod("api", namespace="shop"),
    },
    "a LimitRange above all folders": {
        "range.yaml": thing("LimitRange", "most", RANGE),
        "a/pod.yaml": pod("api"),
        "b/pod.yaml": pod("web"),
    },
    "a ConfigMap of the namespace": {
        "a/pod.yaml": pod("api", namespace="shop").replace("          command", f"          {FROM_CONFIG}\n          command"),
        "b/flags.yaml": thing("ConfigMap", "flags", "data: {JAVA_TOOL_OPTIONS: -XX:MaxDirectMemorySize=400m}", "shop"),
    },
    "a default PriorityClass": {
        "a/pods.yaml": pod("db", image="postgres:17", kind="StatefulSet").replace("limits:", "requests: {memory: 64Mi}, limits:")
        + "---\n"
        + pod("web", more="priorityClassName: high"),
        "a/high.yaml": thing("PriorityClass", "high", "value: 500", version="scheduling.k8s.io/v1"),
        "b/class.yaml": thing("PriorityClass", "usual", "value: 1000\nglobalDefault: true", version="scheduling.k8s.io/v1"),
    },
    "a PriorityClass by name": {
        "a/pods.yaml": pod("db", image="postgres:17", kind="StatefulSet", more="priorityClassName: low").replace(
            "limits:", "requests: {memory: 64Mi}, limits:"
        )
        + "---\n"
        + pod("web"),
        "b/class.yaml": thing("PriorityClass", "low", "value: -1", version="scheduling.k8s.io/v1"),
    },
    "an autoscaler of the namespace": {
        "a/pod.yaml": pod("api", namespace="shop").replace("limits: {memory: 512Mi}", "limits: {cpu: 1}"),
        "b/hpa.yaml": thing(
            "HorizontalPodAutoscaler",
            "api",
            "spec:\n  scaleTargetRef: {kind: Deployment, name: api}\n  maxReplicas: 3\n"
            "  metrics: [{type: Resource, resource: {name: memory, target: {type: Utilization, averageUtilization: 80}}}]",
            "shop",
            "autoscaling/v2",
        ),
    },
    "a disruption budget of the namespace": {
        "a/pod.yaml": pod("db", namespace="shop", image="postgres:17", kind="StatefulSet").replace(
            "limits:", "requests: {memory: 64Mi}, limits:"
        ),
        "b/pdb.yaml": thing(
            "PodDisruptionBudget", "db", "spec: {maxUnavailable: 0, selector: {matchLabels: {app: db}}}", "shop", "policy/v1"
        ),
    },
    "an image that a script builds": {
        "a/Dockerfile": DOCKERFILE,
        "a/build.sh": "#!/bin/sh\ndocker build -t shop/api:1 .\n",
        "b/compose.yaml": RUNS,
    },
    "an image that a folder is named after": {"src/api/Dockerfile": DOCKERFILE, "deploy/x/compose.yaml": RUNS},
    "two folders that an image could be named after": {
        "one/api/Dockerfile": DOCKERFILE,
        "one/compose.yaml": RUNS,
        "two/api/Dockerfile": DOCKERFILE.replace("300", "200"),
    },
    "a Dockerfile by its path": {"a/Dockerfile": DOCKERFILE, "b/compose.yaml": RUNS.replace("image: shop/api:1", "build: ../a")},
    "a compose file that includes the folders": {
        "compose.yaml": "include: [a/compose.yaml, b/compose.yaml]\n",
        **{f"{name}/compose.yaml": RUNS.replace("api:", f"{name}:").replace("shop/api:1", "nginx:1.27") for name in "ab"},
    },
    "a workflow above all folders": {
        "api/Dockerfile": DOCKERFILE,
        ".github/workflows/build.yml": "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n"
        "      - run: docker build -t shop/web:1 api\n",
        "deploy/compose.yaml": RUNS.replace("shop/api", "shop/web"),
    },
    "a secret that another folder names": {
        "a/compose.yaml": RUNS + "    environment: {DB_PASSWORD: aXc9pq-Lm20}\n",
        "b/compose.yaml": "services:\n  aXc9pq-Lm20:\n    image: nginx:1.27\n",
        "b/web.yaml": pod("web").replace("-jar", "-DaXc9pq-Lm20, -jar"),
    },
}
ALONE = {f"{name}/pod.yaml": pod(name) for name in ("alone", "lonely", "single")}
FORMATS = ("text", "json", "sarif", "github", "gitlab", "junit")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A handful of files is enough for several processes."""
    monkeypatch.setattr(cli, "SEVERAL", 1)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


def told(memlint: Memlint, folder: Path, *more: str) -> list[str | int]:
    outputs = [f"--output={name}={folder / f'report.{name}'}" for name in FORMATS]
    answer = memlint("check", ".", "--profile", "strict", "--no-render", *outputs, *more)
    return [answer.status, answer.out, answer.err, *((folder / f"report.{name}").read_text() for name in FORMATS)]


@pytest.fixture
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reports")


@pytest.mark.parametrize("name", JOINS)
@pytest.mark.usefixtures("small")
def test_what_one_folder_says_of_another_counts(memlint: Memlint, reports: Path, name: str) -> None:
    memlint("rules", files={**JOINS[name], **ALONE})
    one = told(memlint, reports, "--jobs", "1")
    assert told(memlint, reports, "--jobs", "4") == one


@pytest.mark.parametrize("name", [name for name in JOINS if "secret" not in name])
@pytest.mark.usefixtures("small")
def test_these_folders_would_be_judged_otherwise_apart(memlint: Memlint, reports: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the test above would prove nothing."""
    memlint("rules", files={**JOINS[name], **ALONE})
    one = told(memlint, reports, "--jobs", "1")
    monkeypatch.setattr(jobs, "_joined", lambda results, cutting: list(results))
    assert told(memlint, reports, "--jobs", "4") != one


@pytest.mark.usefixtures("small")
def test_only_what_is_joined_is_judged_again(memlint: Memlint, reports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = []
    joined = jobs._joined

    def counted(*arguments: object) -> list[frozenset[int]]:
        found = joined(*arguments)  # type: ignore[arg-type]
        counts.append(sorted(map(len, found)))
        return found

    monkeypatch.setattr(jobs, "_joined", counted)
    memlint("rules", files={**JOINS["a LimitRange of the namespace"], **ALONE})
    told(memlint, reports, "--jobs", "4")
    assert counts[-1] == [1, 1, 1, 2]


@pytest.mark.parametrize(
    "options",
    [
        ["--output", "markdown"],
        ["--output", "html"],
        ["-v"],
        ["-q"],
        ["--host-memory", "1GiB"],
        ["--diff"],
        ["--context", "."],
        ["--shard", "1/2"],
        ["--write-baseline", "base.json", "--output", "json"],
        ["--profile", "dev", "--select", "MEM1xx", "--fail-on", "error"],
        ["--config", "none.yaml"],
        ["--select", "MEM999"],
    ],
)
@pytest.mark.usefixtures("small")
def test_every_option_says_the_same(memlint: Memlint, options: list[str]) -> None:
    files = {**JOINS["an image that a script builds"], **ALONE, "c/broken.yaml": "kind: [", "d/compose.yaml": RUNS}
    paths = ["a/compose.yaml"] if "--context" in options else ["."]
    one, two = (memlint("check", *paths, *options, "--jobs", count, files=files) for count in ("1", "3"))
    assert two == one


@pytest.mark.usefixtures("small")
def test_comments_baselines_and_overrides_count_as_ever(memlint: Memlint) -> None:
    idle = "# memlint: ignore[MEM201] not so\n"
    files = {
        **ALONE,
        **{f"{name}/compose.yaml": RUNS for name in "abc"},
        "d/pod.yaml": idle + pod("web", "2Gi"),
        "f/pod.yaml": pod("one").replace("      containers:", "      containers:  # memlint: ignore[all] old"),
        "e/pod.yaml": pod("api"),
        ".memlint.yaml": "overrides:\n  - {match: {path: e/*}, ignore: [MEM202], reason: known, until: 2020-01-01}\n"
        "  - {match: {path: alone/*}, severity: {MEM202: info}}\n",
    }
    written = memlint("check", "--write-baseline", "base.json", "lonely", files=files)
    assert written.status == 0
    one, two = (memlint("check", "--baseline", "base.json", "--output", "json", "--jobs", count) for count in ("1", "3"))
    assert two == one
    assert {item["rule"] for item in one.findings} >= {"MEM009", "MEM202"}
    assert {item["suppressed"]["kind"] for item in one.findings if item["suppressed"]} == {"inline", "baseline"}


@pytest.mark.usefixtures("small")
def test_several_folders_in_any_order_are_one_run(memlint: Memlint) -> None:
    memlint("rules", files={f"{top}/{path}": text for top in "xy" for path, text in {**JOINS["a Dockerfile by its path"], **ALONE}.items()})
    answers = [memlint("check", *paths, "--jobs", count) for paths in (["x", "y"], ["y", "x"]) for count in ("1", "4")]
    assert answers[0].status == 1
    assert answers == [answers[0]] * 4


def test_a_fault_in_a_process_is_told_in_one_line(memlint: Memlint, monkeypatch: pytest.MonkeyPatch, small: None) -> None:
    def broken(*_: object) -> None:
        raise ValueError("no luck")

    monkeypatch.setattr("memlint.app.part", broken)
    answer = memlint("check", "--jobs", "2", files=ALONE)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("memlint: a fault of its own, please report it: ValueError: no luck")
    assert answer.err.count("\n") == 1


def test_a_number_that_is_none_is_refused(memlint: Memlint, capfd: pytest.CaptureFixture[str]) -> None:
    for text in ("-1", "two", "100000"):
        assert memlint("check", f"--jobs={text}").status == 2
        assert "is no number of processes" in capfd.readouterr().err


def start(folder: Path, *more: str, code: str = "", seed: str = "0") -> "subprocess.Popen[str]":
    program = f"import sys\nfrom memlint import jobs\n{code}\nfrom memlint.__main__ import main\nsys.exit(main())"
    return subprocess.Popen(
        [sys.executable, "-c", program, "check", ".", *more],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONHASHSEED": seed},
    )


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large")
    for number in range(300):
        path = folder / f"team-{number // 25}" / f"app-{number}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(pod(f"app-{number}", namespace=f"space-{number % 7}"))
    return folder


def test_the_same_bytes_whatever_the_seed_and_the_number_of_processes(large: Path) -> None:
    told = set()
    for seed, count in (("1", "1"), ("2", "2"), ("3", "5"), ("4", "0")):
        process = start(large, "--jobs", count, "--output", "text", "--output", f"json={large.parent / 'out.json'}", seed=seed)
        out, err = process.communicate()
        told.add((process.returncode, out, err, (large.parent / "out.json").read_text()))
    assert len(told) == 1
    assert next(iter(told))[1].endswith("in 300 files, 300 containers\n")


def test_processes_that_are_no_copies_find_the_same(large: Path) -> None:
    """As on macOS and Windows."""
    one, two = start(large), start(large, "--jobs", "2", code="jobs.FORKS = False")
    assert two.communicate() == one.communicate()
    assert two.returncode == 1


def children(process: "subprocess.Popen[str]") -> list[int]:
    """Wait for the processes of a run and return them."""
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while process.poll() is None:
        found = listed.read_text().split()
        if len(found) == 2:
            return [int(number) for number in found]
        time.sleep(0.001)
    raise AssertionError("it ended before it had two processes")


def gone(group: int) -> bool:
    """Say whether no process of a group is left, after a while at most."""
    for _ in range(500):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


@linux
def test_a_process_that_is_killed_ends_the_run_in_one_line(large: Path) -> None:
    process = start(large, "--jobs", "2")
    os.kill(children(process)[1], signal.SIGKILL)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert err == "memlint: one of its processes was killed by SIGKILL, so nothing can be told; fewer --jobs take less memory\n"
    assert gone(process.pid)


@linux
def test_an_interrupt_ends_all_processes(large: Path) -> None:
    process = start(large, "--jobs", "2")
    children(process)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (2, "", "memlint: interrupted\n")
    assert gone(process.pid)


@linux
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_process_outlives_the_first(large: Path, number: signal.Signals) -> None:
    process = start(large, "--jobs", "2")
    children(process)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert err == ""
    assert gone(process.pid)
