"""The reader of manifests against the program itself: kubectl, where it is on the PATH."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manifests import container, pod, value

KUBECTL = shutil.which("kubectl")
pytestmark = pytest.mark.skipif(KUBECTL is None, reason="kubectl is not on the PATH")

NUMBERS = ["0", "1", "512", "1.5", ".5", "1.", "0.1", "007", "1000000", "9223372036854775807", "1_000", "", "-1", "+2"]
SUFFIXES = ["", "Ki", "Mi", "Gi", "Ti", "Ei", "k", "M", "G", "m", "u", "n", "K", "g", "mi", "MB", "MiB", "b", "e3", "E2", "e", "e-2", " Mi"]


def kubectl(text: str, path: Path) -> str | None:
    """Return the memory limit as kubectl prints it back, None where it refuses the text. Nothing is sent anywhere."""
    path.write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: x}]}\n")
    assert KUBECTL is not None
    done = subprocess.run(
        [KUBECTL, "set", "resources", "--local", "-f", str(path), f"--limits=memory={text}", "-o", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        return None
    limit: str = json.loads(done.stdout)["spec"]["containers"][0]["resources"]["limits"]["memory"]
    return limit


@pytest.mark.parametrize("number", NUMBERS)
def test_every_unit_is_taken_or_refused_as_kubectl_does(number: str, tmp_path: Path) -> None:
    for suffix in SUFFIXES:
        text = number + suffix
        if not text:
            continue
        printed = kubectl(text, tmp_path / "pod.yaml")
        one = container(pod(f"resources:\n  limits:\n    memory: {json.dumps(text)}"))
        refused = any(seen.topic == "invalid-quantity" for seen in one.observations)
        if text.startswith("-"):
            assert refused  # kubectl parses it, the API server refuses it: an amount must be 0 or more
            continue
        assert refused is (printed is None), text
        if printed is not None:
            again = container(pod(f"resources:\n  limits:\n    memory: {json.dumps(printed)}"))
            assert value(one.limit) == value(again.limit), text


SCALARS = [
    "1024",
    "010",
    "0x10",
    "0o17",
    "0b11",
    "1_000",
    "1e3",
    "1.0",
    "0.5",
    "null",
    "~",
    "08",
    "1.5e9",
    ".5",
    "+5",
    "'512Mi'",
    "512Mi",
    "1:30",
]


def test_plain_scalars_are_typed_as_kubectl_types_them(tmp_path: Path) -> None:
    path = tmp_path / "pod.yaml"
    for written in SCALARS:
        path.write_text(
            f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{containers: [{{name: c, image: x, resources: {{limits: {{memory: {written}}}}}}}]}}\n"
        )
        assert KUBECTL is not None
        done = subprocess.run(
            [KUBECTL, "label", "--local", "-f", str(path), "a=b", "-o", "json"], capture_output=True, text=True, check=False
        )
        one = container(pod(f"resources: {{limits: {{memory: {written}}}}}"))
        if done.returncode != 0:
            assert any(seen.topic == "invalid-quantity" for seen in one.observations), written
            continue
        printed = json.loads(done.stdout)["spec"]["containers"][0]["resources"]["limits"]["memory"]
        again = container(pod(f"resources: {{limits: {{memory: {json.dumps(printed)}}}}}"))
        assert value(one.limit) == value(again.limit), written


@settings(max_examples=25, deadline=None)
@given(st.from_regex(r"[+]?[0-9]{0,4}(\.[0-9]{0,3})?([KMG]i?|[kmun]|[eE][0-9])?", fullmatch=True).filter(bool))
def test_generated_quantities_agree(text: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        printed = kubectl(text, Path(folder) / "pod.yaml")
    one = container(pod(f"resources:\n  limits:\n    memory: {json.dumps(text)}"))
    assert any(seen.topic == "invalid-quantity" for seen in one.observations) is (printed is None)
    if printed is not None:
        again = container(pod(f"resources:\n  limits:\n    memory: {json.dumps(printed)}"))
        assert value(one.limit) == value(again.limit)
