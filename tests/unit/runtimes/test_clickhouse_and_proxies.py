"""ClickHouse's share of what it sees; nginx, Envoy and Varnish."""

import pytest

from memlint.api import GIB, MIB, Mount, Origin, Severity, Span
from stores import run

ORIGIN = Origin(Span("run.sh", 1, 1, 1, 2, 0, 1), "bind")
PATH = "/etc/clickhouse-server/config.d/memory.xml"


def clickhouse(line: str, text: str) -> set[str]:
    return run(line, files={PATH: text}, mounts=(Mount(PATH, "./memory.xml", False, None, ORIGIN, "bind"),)).faults


def test_ratio_of_the_whole_limit_is_an_error() -> None:
    text = "<clickhouse><max_server_memory_usage_to_ram_ratio>1</max_server_memory_usage_to_ram_ratio></clickhouse>"
    assert "cache-larger-than-limit" in clickhouse("-m 8g clickhouse/clickhouse-server:25", text)
    assert clickhouse("-m 8g clickhouse/clickhouse-server:25", text.replace(">1<", ">0.8<")) == set()


def test_usage_in_bytes_or_with_a_unit() -> None:
    text = "<clickhouse>\n<!-- <max_server_memory_usage>1</max_server_memory_usage> -->\n<max_server_memory_usage>8Gi</max_server_memory_usage></clickhouse>"
    assert "cache-larger-than-limit" in clickhouse("-m 8g clickhouse/clickhouse-server:25", text)
    assert clickhouse("-m 12g clickhouse/clickhouse-server:25", text) == set()


def test_default_mark_cache_in_a_small_container_is_information() -> None:
    (seen,) = run("-m 1g clickhouse/clickhouse-server:25").seen("cache-larger-than-limit")
    assert seen.severity is Severity.INFO
    assert run("-m 8g clickhouse/clickhouse-server:25").topics == set()


def test_share_of_the_limit_is_billed() -> None:
    assert run("-m 10g clickhouse/clickhouse-server:25").bill["queries and caches"][2] == 9 * GIB
    assert run("clickhouse/clickhouse-server:25 clickhouse client").reading is None


@pytest.mark.parametrize(
    ("line", "flagged"),
    [
        ("-m 1g -e VARNISH_SIZE=1G varnish:7.6", True),
        ("-m 1g varnish:7.6 varnishd -s malloc,1G", True),
        ("-m 1g -e VARNISH_SIZE=1G varnish:7.6 varnishd -s malloc,700M", False),
        ("-m 1g -e VARNISH_SIZE=700M varnish:7.6", False),
        ("-m 256m varnish:7.6", False),
    ],
)
def test_varnish_storage(line: str, flagged: bool) -> None:
    assert ("cache-larger-than-limit" in run(line).faults) is flagged


@pytest.mark.parametrize(
    "line", ["-m 32m nginx:1.27 nginx", "-m 32m nginx:1.27", "-m 128m envoyproxy/envoy:v1.32 envoy -c /etc/envoy/envoy.yaml"]
)
def test_proxies_are_small(line: str) -> None:
    case = run(line)
    assert case.reading
    assert case.reading.budget
    assert case.reading.budget.low < 16 * MIB
    assert case.faults == set()


def test_envoy_is_unbounded() -> None:
    case = run("-m 1g envoyproxy/envoy:v1.32 envoy -c /etc/envoy/envoy.yaml")
    assert case.bill["connections"][2] is None
