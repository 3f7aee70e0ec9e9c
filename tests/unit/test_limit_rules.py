"""The rules on limits and hosts, as far as a fixture cannot show them."""

from collections.abc import Callable
from typing import Any

import pytest

COMPOSE = "services:\n  a: {image: redis:7}\n  b: {image: redis:7}\n"
PODS = """apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
    - {name: a, image: redis:7}
    - {name: b, image: redis:7}
    - {name: c, image: redis:7, resources: {limits: {memory: 1Gi}}}
"""


def check(memlint: Callable[..., Any], rule: str, files: dict[str, str], *options: str) -> list[Any]:
    found: list[Any] = memlint("check", "--output", "json", "--select", rule, *options, ".", files=files).findings
    return found


def test_one_finding_a_file_names_every_container(memlint: Callable[..., Any]) -> None:
    compose, pods = check(memlint, "MEM101", {"compose.yaml": COMPOSE, "pods.yaml": PODS})
    assert (compose["severity"], compose["line"], [place["line"] for place in compose["related"]]) == ("info", 2, [3])
    assert (pods["severity"], pods["line"], [place["line"] for place in pods["related"]]) == ("warning", 6, [7])
    assert pods["message"] == "2 of 3 containers of this file have no memory limit: a, b"


def test_a_script_is_as_loud_as_its_loudest(memlint: Callable[..., Any]) -> None:
    (found,) = check(memlint, "MEM101", {"run.sh": "docker run one:1\ndocker run -d two:2\ndocker run --rm three:3\n"})
    assert (found["severity"], found["line"], len(found["related"])) == ("warning", 1, 1)


def test_compose_needs_no_limits_in_the_profile_dev(memlint: Callable[..., Any]) -> None:
    found = check(memlint, "MEM101", {"compose.yaml": COMPOSE, "pods.yaml": PODS}, "--profile", "dev")
    assert [finding["path"] for finding in found] == ["pods.yaml"]


HOSTS = "hosts:\n  small:\n    memory: 4GiB\n    reserved: 25%\n    match: {path: 'small/*'}\n  large: {memory: 64GiB, match: {path: 'large/*'}}\n"
RUN = "docker run -d --name a -m 2g redis:7\ndocker run -d --name b -m 1536m redis:7\n"


def test_hosts_of_the_configuration_take_what_they_match(memlint: Callable[..., Any]) -> None:
    (found,) = check(memlint, "MEM501", {".memlint.yaml": HOSTS, "small/run.sh": RUN, "large/run.sh": RUN})
    assert (found["path"], found["line"]) == ("small/run.sh", 1)
    assert "3584 MiB" in found["message"]
    assert "host small has 4 GiB less 1 GiB reserved" in found["message"]


@pytest.mark.parametrize(("host", "count"), [("4g", 0), ("3584m", 0), ("3g", 1)])
def test_a_host_that_is_just_large_enough(memlint: Callable[..., Any], host: str, count: int) -> None:
    assert len(check(memlint, "MEM501", {"run.sh": RUN}, "--host-memory", host)) == count


def test_without_a_host_nothing_is_summed(memlint: Callable[..., Any]) -> None:
    assert not check(memlint, "MEM501", {"run.sh": RUN * 100})
