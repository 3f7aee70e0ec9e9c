"""No command line, variable or configuration file makes the model of a data store raise, and every bill is in order."""

from hypothesis import given
from hypothesis import strategies as st

from memlint.api import Known
from stores import run

IMAGES = [
    "redis:7", "bitnami/redis:7.2", "valkey/valkey:8", "dragonflydb/dragonfly", "memcached:1.6", "postgres:16", "timescale/timescaledb:2-pg16",
    "mysql:8.4", "mariadb:11", "mongo:7", "mongo:4.4", "rabbitmq:4", "rabbitmq:3.12", "clickhouse/clickhouse-server:25", "varnish:7", "nginx:1.27",
    "elasticsearch:8.15.0", "opensearchproject/opensearch:2", "cassandra:5", "neo4j:5", "flink:1.20",
]  # fmt: skip
PROGRAMS = [
    "", "redis-server", "valkey-server", "dragonfly", "memcached", "postgres", "mysqld", "mariadbd", "mongod", "rabbitmq-server", "clickhouse-server",
    "varnishd", "eswrapper", "cassandra", "neo4j", "taskmanager", "docker-entrypoint.sh",
]  # fmt: skip
WORDS = st.one_of(
    st.sampled_from(
        ["--maxmemory", "-m", "-c", "-s", "-f", "shared_buffers=1GB", "work_mem=", "--save", "1gb", "0", "-1", "99999999999999999999", "1e9", "",
         "--innodb-buffer-pool-size=1G", "--wiredTigerCacheSizeGB", "malloc,1G", "-m-5", "shared_buffers=-5MB", "--innodb-buffer-pool-size=-1", "--wiredTigerCacheSizeGB=-1", "/etc/x.conf", "--config", "yes", "=", "--", "-"]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=12),
)  # fmt: skip
VARIABLES = [
    "VALKEY_EXTRA_FLAGS", "REDIS_EXTRA_FLAGS", "REDIS_RDB_POLICY", "MEMCACHED_CACHE_SIZE", "VARNISH_SIZE", "RABBITMQ_VM_MEMORY_HIGH_WATERMARK",
    "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "ES_JAVA_OPTS", "MAX_HEAP_SIZE", "FLINK_PROPERTIES", "NEO4J_server_memory_pagecache_size",
    "NEO4J_server_memory_heap_max__size", "POSTGRESQL_EXTRA_FLAGS", "PGDATA", "MYSQL_VERSION",
]  # fmt: skip
FILES = [
    "/etc/x.conf",
    "/etc/my.cnf",
    "/etc/rabbitmq/rabbitmq.conf",
    "/conf/neo4j.conf",
    "/opt/flink/conf/config.yaml",
    "/etc/clickhouse-server/config.xml",
]


@given(
    image=st.sampled_from(IMAGES),
    program=st.sampled_from(PROGRAMS),
    words=st.lists(WORDS, max_size=6),
    env=st.dictionaries(st.sampled_from(VARIABLES), WORDS, max_size=3),
    text=st.text(max_size=60),
    limited=st.booleans(),
)
def test_anything_is_billed_in_order_or_not_at_all(
    image: str, program: str, words: list[str], env: dict[str, str], text: str, limited: bool
) -> None:
    quoted = " ".join("'" + word.replace("'", "") + "'" for word in words)
    line = f"{'-m 512m ' if limited else ''}{image} {program} {quoted}"
    case = run(line, env=env, files=dict.fromkeys(FILES, text))
    if case.reading is None or case.reading.budget is None:
        return
    for part in case.reading.budget.parts:
        assert 0 <= part.low <= part.expected, part
        assert part.high is None or part.expected <= part.high, part
        assert part.basis
    for seen in case.reading.observations:
        held = case.files.files.get(seen.at.path)
        assert held is None or 0 <= seen.at.start <= seen.at.end <= len(held)
        assert seen.message
    assert all(value is None or isinstance(value, Known) or value.why for value in case.reading.options.values())
