"""A stranger's plugin, built and installed as its user would install it: its rule runs, its memory model bills, a broken one is named."""

import json
import os
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("build"),  # builds from the tree write into it
    pytest.mark.skipif(not (ROOT / "memlint").is_dir(), reason="builds the wheel from the source tree, and this run tests the wheel"),
]

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: cache}
spec:
  containers:
    - name: cache
      image: shop/cache:1
      command: [erl, -cache_mb, "300"]
      resources: {limits: {memory: 256Mi}}
"""
BROKEN = {
    "at import": "raise RuntimeError('no licence')\n",
    "in a hook": "from memlint.api import hookimpl\n\n@hookimpl\ndef memlint_rules():\n    raise RuntimeError('no licence')\n",
}
Memlint = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with memlint's wheel and the plugin's, and what they depend on."""
    folder = tmp_path_factory.mktemp("plugin")
    for name, source in (("memlint", ROOT), ("plugin", ROOT / "tests" / "plugin")):
        copy = folder / name
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard", "."], cwd=source, check=True, capture_output=True, text=True
        ).stdout
        for file in listed.splitlines():
            if (source / file).is_file() and not (name == "memlint" and file.startswith(("tests/", "fixtures/"))):
                (copy / file).parent.mkdir(parents=True, exist_ok=True)
                (copy / file).write_bytes((source / file).read_bytes())
        build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder / "dist"), str(copy)]
        done = subprocess.run(build, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    environment = folder / "venv"
    venv.create(environment, with_pip=True)
    wheels = [str(path) for path in sorted((folder / "dist").glob("*.whl"))]
    pip = [environment / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wheels]
    done = subprocess.run(pip, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return environment / "bin" / "memlint"


@pytest.fixture
def memlint(installed: Path, tmp_path: Path) -> Memlint:
    (tmp_path / "pod.yaml").write_text(POD)

    def call(*argv: str, beside: str = "") -> "subprocess.CompletedProcess[str]":
        environment = {"PATH": os.environ["PATH"], **({"PYTHONPATH": beside} if beside else {})}
        return subprocess.run([installed, *argv], cwd=tmp_path, env=environment, capture_output=True, text=True)

    return call


def test_the_rule_is_used_listed_and_explained(memlint: Memlint) -> None:
    done = memlint("check", "--output", "json", "--select", "EXA001", ".")
    (finding,) = json.loads(done.stdout)["findings"]
    assert (finding["rule"], finding["name"], finding["line"]) == ("EXA001", "team-label-missing", 3)
    assert done.returncode == 1
    assert "EXA001" in memlint("rules").stdout
    assert memlint("explain", "team-label-missing").stdout.startswith("EXA001 team-label-missing (warning)")


@pytest.mark.parametrize("name", ["EXA001", "EXA0xx", "team-label-missing"])
def test_the_rule_obeys_the_configuration(memlint: Memlint, tmp_path: Path, name: str) -> None:
    settings = tmp_path / ".memlint.yaml"
    settings.write_text(f"rules: {{{name}: {{severity: info, label: owner}}}}\n")
    (finding,) = json.loads(memlint("check", "--output", "json", "--select", name, ".").stdout)["findings"]
    assert finding["severity"] == "info"
    assert "'owner'" in finding["message"]
    settings.write_text(f"ignore: [{name}]\n")
    found = json.loads(memlint("check", "--output", "json", ".").stdout)["findings"]
    assert found
    assert "EXA001" not in {finding["rule"] for finding in found}


def test_the_model_bills_before_ours(memlint: Memlint) -> None:
    (container,) = json.loads(memlint("budget", "--output", "json", ".").stdout)["containers"]
    assert container["runtime"] == "erlang-example"
    assert [part["name"] for part in container["parts"]] == ["cache", "processes"]
    assert container["parts"][0]["line"] == 8
    assert container["verdict"] == "over"
    assert "MEM201" in {finding["rule"] for finding in json.loads(memlint("check", "--output", "json", ".").stdout)["findings"]}


def test_the_example_of_its_manual_is_true(memlint: Memlint, tmp_path: Path) -> None:
    labelled = POD.replace("{name: cache}", "{name: cache, labels: {team: payments}}")
    (tmp_path / "pod.yaml").write_text(labelled)
    assert json.loads(memlint("check", "--output", "json", "--select", "EXA001", ".").stdout)["findings"] == []


@pytest.mark.parametrize("where", BROKEN)
def test_a_plugin_that_raises_stops_the_run_and_is_named(memlint: Memlint, tmp_path: Path, where: str) -> None:
    beside = tmp_path / "broken"
    info = beside / "memlint_plugin_broken-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: memlint-plugin-broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[memlint]\nbroken = memlint_plugin_broken\n")
    (beside / "memlint_plugin_broken.py").write_text(BROKEN[where])
    done = memlint("check", ".", beside=str(beside))
    assert done.returncode == 2
    assert "broken" in done.stderr
    assert "RuntimeError: no licence" in done.stderr
    assert "Traceback" not in done.stderr
