"""Kubernetes manifests read into workloads, as the tests of the joins need them."""

from textwrap import dedent
from typing import Any

from memlint.config import Config
from memlint.model import Container, Known, Unknown, Workload
from memlint.resolve import kubernetes
from memlint.resolve.inputs import Inputs
from memlint.resolve.kubernetes import Cluster
from memlint.sources.text import Source


def inputs(files: dict[str, str], kind: str = "kubernetes", **settings: Any) -> Inputs:
    """Return the inputs of a run over these files; texts are dedented."""
    sources = {path: Source(path, dedent(text).lstrip("\n")) for path, text in files.items()}
    return Inputs({kind: list(sources.values())}, sources.get, settings.pop("config", Config()), settings.pop("runtimes", ()), **settings)


def read(files: dict[str, str] | str, **settings: Any) -> Cluster:
    return kubernetes.collect(inputs({"pod.yaml": files} if isinstance(files, str) else files, **settings))


def workload(files: dict[str, str] | str, **settings: Any) -> Workload:
    """Return the only workload of these files."""
    (found,) = read(files, **settings).workloads
    return found


def container(files: dict[str, str] | str, name: str = "c", **settings: Any) -> Container:
    (found,) = [one for one in workload(files, **settings).containers if one.name == name]
    return found


def pod(body: str, kind: str = "Pod") -> str:
    """Return a pod with one container `c`; `body` goes below it, indented by four."""
    return f"apiVersion: v1\nkind: {kind}\nmetadata:\n  name: p\nspec:\n  containers:\n  - name: c\n    image: example.org/c:1\n" + "".join(
        f"    {line}\n" for line in dedent(body).strip("\n").split("\n")
    )


def value(amount: object) -> object:
    """Return what a value is known to be, None where it is not set, and its reason where it cannot be known."""
    return amount.value if isinstance(amount, Known) else amount.why if isinstance(amount, Unknown) else amount
