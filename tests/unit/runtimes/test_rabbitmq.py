"""RabbitMQ: a watermark that is reckoned from the host, and what sets it."""

import pytest

from memlint.api import GIB, MIB, Mount, Origin, Severity, Span
from stores import run

CONF = "/etc/rabbitmq/rabbitmq.conf"


@pytest.mark.parametrize("line", ["-m 512m rabbitmq:3", "-m 512m rabbitmq:4-management rabbitmq-server", "-m 1g bitnami/rabbitmq:4.0"])
def test_the_host_decides(line: str) -> None:
    assert run(line).faults == {"not-container-aware"}


def test_relative_watermark_is_of_the_host_too() -> None:
    case = run("-m 1g rabbitmq:4", files={CONF: "# 40 % of the container\nvm_memory_high_watermark.relative = 0.4\n"})
    (seen,) = case.seen("not-container-aware")
    assert (seen.at.path, seen.at.line) == (CONF, 2)
    assert "on a host of more than 2560 MiB" in seen.message


@pytest.mark.parametrize(
    "text",
    [
        "vm_memory_high_watermark.absolute = 300MiB\n",
        "vm_memory_high_watermark.absolute=300MB",
        "total_memory_available_override_value = 512MiB\n",
    ],
)
def test_an_absolute_bound_is_silent(text: str) -> None:
    assert run("-m 512m rabbitmq:4", files={CONF: text}).faults == set()


def test_a_host_that_is_known_and_small_is_silent() -> None:
    assert run("-m 4g rabbitmq:3", host=8 * GIB).faults == set()
    assert "9830 MiB" in run("-m 4g rabbitmq:4", host=16 * GIB).seen("not-container-aware")[0].message


def test_an_absolute_bound_above_the_limit_is_an_error() -> None:
    case = run("-m 1g rabbitmq:4", files={CONF: "vm_memory_high_watermark.absolute = 2GB\n"})
    (seen,) = case.seen("cache-larger-than-limit")
    assert seen.severity is Severity.ERROR
    assert case.fixed("cache-larger-than-limit") == "vm_memory_high_watermark.absolute = 614MiB\n"


def test_variable_that_stops_the_official_image() -> None:
    assert "store-will-not-start" in run("-m 1g -e RABBITMQ_VM_MEMORY_HIGH_WATERMARK=0.4 rabbitmq:4").faults
    assert run("-m 1g -e RABBITMQ_VM_MEMORY_HIGH_WATERMARK=600MiB bitnami/rabbitmq:4.0").faults == set()


def test_erlang_arguments_set_it() -> None:
    line = "-m 1g -e 'RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-rabbit vm_memory_high_watermark {absolute,\"600MiB\"}' rabbitmq:4"
    assert run(line).bill["queues and messages"][1] == 600 * MIB


def test_units_that_came_with_3_13() -> None:
    text = "vm_memory_high_watermark.absolute = 300Mi\n"
    assert run("-m 512m rabbitmq:3.12", files={CONF: text}).fixed("invalid-quantity") == text.replace("Mi", "MiB")
    assert run("-m 512m rabbitmq:3.13", files={CONF: text}).faults == set()


def test_a_mounted_file_that_cannot_be_seen_is_not_guessed() -> None:
    origin = Origin(Span("run.sh", 1, 1, 1, 2, 0, 1), "configMap")
    assert run("-m 1g rabbitmq:4", mounts=(Mount("/etc/rabbitmq", None, False, None, origin, "configMap"),)).faults == set()


def test_control_programs_are_not_billed() -> None:
    assert run("rabbitmq:4 rabbitmqctl status").reading is None


def test_before_3_9_the_official_image_reads_the_limit_of_cgroup_v1() -> None:
    line = "-m 512m rabbitmq:3.8-management"
    assert run(line, cgroup=1).faults == set()
    assert "host's memory on cgroup v2, not the limit" in run(line).seen("not-container-aware")[0].message
    assert "store-will-not-start" not in run("-m 1g -e RABBITMQ_VM_MEMORY_HIGH_WATERMARK=400MiB rabbitmq:3.8").faults
    assert "store-will-not-start" in run("-m 1g -e RABBITMQ_VM_MEMORY_HIGH_WATERMARK=400MiB rabbitmq:3.9").faults
