"""Stores on a JVM: page cache beside the heap, Neo4j's own settings, Cassandra's view of the host, Flink's total."""

import pytest

from memlint.api import GIB, MIB, Mount, Origin, Severity, Span, Unknown
from stores import run

ORIGIN = Origin(Span("run.sh", 1, 1, 1, 2, 0, 1), "volume")


@pytest.mark.parametrize(
    ("line", "topic"),
    [
        ("-m 1g -e 'ES_JAVA_OPTS=-Xms1g -Xmx1g' elasticsearch:8.15.0 eswrapper", "over-limit"),
        ("-m 1g opensearchproject/opensearch:2 opensearch", "over-limit"),
        ("-m 2g -e 'ES_JAVA_OPTS=-Xms1500m -Xmx1500m' elasticsearch:8.15.0 eswrapper", "no-room-for-page-cache"),
        ("-m 8g -e 'SOLR_JAVA_MEM=-Xms6g -Xmx6g' solr:9.7 solr-foreground", "no-room-for-page-cache"),
        ("-m 2g -e 'ES_JAVA_OPTS=-Xms512m -Xmx1g' elasticsearch:8.15.0 eswrapper", "search-heap-misfit"),
        ("-m 2g -e ES_JAVA_OPTS=-Xmx1g elasticsearch:8.15.0 eswrapper", "search-heap-misfit"),
        ("-m 80g -e 'ES_JAVA_OPTS=-Xms40g -Xmx40g' elasticsearch:8.15.0 eswrapper", "search-heap-misfit"),
        ("-m 2g cassandra:5 cassandra -f", "not-container-aware"),
        (
            "-m 2g -e NEO4J_server_memory_heap_max__size=1G -e NEO4J_server_memory_pagecache_size=1G neo4j:5 neo4j",
            "cache-larger-than-limit",
        ),
        ("-m 1g flink:1.20 jobmanager", "cache-larger-than-limit"),
        ("-m 1g -e 'FLINK_PROPERTIES=taskmanager.memory.process.size: 2048m' flink:1.20 taskmanager", "cache-larger-than-limit"),
    ],
)
def test_flagged(line: str, topic: str) -> None:
    assert topic in run(line).faults


@pytest.mark.parametrize(
    "line",
    [
        "-m 2g elasticsearch:8.15.0 eswrapper",
        "-m 2g -e 'ES_JAVA_OPTS=-Xms1g -Xmx1g' elasticsearch:8.15.0 eswrapper",
        "-m 2g -e MAX_HEAP_SIZE=1G -e HEAP_NEWSIZE=200M cassandra:5 cassandra -f",
        "-m 16g cassandra:5 cassandra -f",
        "-m 3g -e NEO4J_server_memory_heap_max__size=1G -e NEO4J_server_memory_pagecache_size=1G neo4j:5 neo4j",
        "-m 2g neo4j:5 neo4j",
        "-m 2g -e 'FLINK_PROPERTIES=taskmanager.memory.process.size: 2048m' flink:1.20 taskmanager",
        "-m 2g flink:1.20 docker-entrypoint.sh taskmanager",
    ],
)
def test_near_miss_is_silent(line: str) -> None:
    assert run(line).faults == set()


def test_a_single_node_is_not_refused() -> None:
    line = "-m 2g -e discovery.type=single-node -e 'ES_JAVA_OPTS=-Xms512m -Xmx1g' elasticsearch:8.15.0 eswrapper"
    assert [seen.severity for seen in run(line).seen("search-heap-misfit")] == [Severity.INFO]


def test_kafka_with_most_of_the_limit_as_heap_is_information() -> None:
    line = "-m 1536m -e 'KAFKA_HEAP_OPTS=-Xmx1g -Xms1g' confluentinc/cp-kafka:7.7.1 kafka-server-start.sh /etc/kafka/server.properties"
    assert [seen.severity for seen in run(line, runtime="jvm").seen("no-room-for-page-cache")] == [Severity.INFO]
    assert run("-m 2g confluentinc/cp-kafka:7.7.1 kafka-server-start.sh /etc/kafka/server.properties", runtime="jvm").topics == set()
    assert (
        run(
            "-m 1g -e 'KAFKA_HEAP_OPTS=-Xmx512m -Xms512m' confluentinc/cp-kafka:7.7.1 kafka-server-start.sh /etc/kafka/server.properties",
            runtime="jvm",
        ).faults
        == set()
    )


def test_fix_sets_the_lower_bound() -> None:
    line = "-m 2g -e 'ES_JAVA_OPTS=-Xms512m -Xmx1g' elasticsearch:8.15.0 eswrapper"
    assert run(line).seen("search-heap-misfit")[0].message.endswith("set -Xms1g")


def test_neo4j_bills_heap_and_page_cache() -> None:
    line = "-m 4g -e NEO4J_dbms_memory_heap_max__size=1G -e NEO4J_dbms_memory_pagecache_size=512m neo4j:4.4 neo4j"
    bill = run(line).bill
    assert bill["heap"][2] == GIB
    assert bill["page cache"][1] == 512 * MIB
    assert run("-m 4g neo4j:5 neo4j").bill["page cache"][1] == (4 * GIB - GIB) // 2


def test_neo4j_configuration_file() -> None:
    files = {"/conf/neo4j.conf": "# comment\nserver.memory.pagecache.size=3g\nserver.memory.heap.max_size=1g\n"}
    case = run("-m 4g neo4j:5 neo4j", files=files)
    (seen,) = case.seen("cache-larger-than-limit")
    assert (seen.at.path, seen.at.line) == ("/conf/neo4j.conf", 2)
    assert "4 GiB of the limit 4 GiB" in seen.message


def test_cassandra_with_a_configuration_of_its_own_is_not_guessed() -> None:
    mount = Mount("/etc/cassandra", "./conf", False, None, ORIGIN, "bind")
    assert run("-m 2g cassandra:5 cassandra -f", mounts=(mount,)).faults == set()


def test_cassandra_on_a_known_host() -> None:
    assert run("-m 2g cassandra:5 cassandra -f", host=4 * GIB).faults == set()
    assert "4 GiB;" in run("-m 2g cassandra:5 cassandra -f", host=16 * GIB).seen("not-container-aware")[0].message


def test_flink_total_is_the_bill() -> None:
    case = run("-m 4g flink:1.20 taskmanager", files={"/opt/flink/conf/config.yaml": "taskmanager.memory.process.size: 3g\n"})
    assert case.bill["Flink process"][1] == int(3 * GIB * 0.9)
    assert run("-m 4g -e 'FLINK_PROPERTIES=taskmanager.memory.flink.size: 2g' flink:1.20 taskmanager").bill["Flink process"][1] > 2 * GIB


def test_flink_client_is_not_billed() -> None:
    assert run("flink:1.20 help").reading is None


def test_a_mounted_configuration_of_flink_leaves_it_unknown() -> None:
    case = run("-m 1g flink:1.20 taskmanager", mounts=(Mount("/opt/flink/conf", "./conf", False, None, ORIGIN, "bind"),))
    assert case.bill["Flink process"][2] is None
    assert not isinstance(case.around.limit, Unknown)
    assert case.faults == set()
