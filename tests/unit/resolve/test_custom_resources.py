"""Operators' resources: what runs, with how much memory, in the units of what reads them."""

import json
from importlib.resources import files
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manifests import inputs, read, value
from memlint.config import Config
from memlint.model import Confidence, Container, Known
from memlint.resolve import custom_resources, kubernetes

MIB, GIB = 1 << 20, 1 << 30


def made(text: str, **settings: object) -> dict[str, Container]:
    """Return the containers of a resource by workload/container."""
    return {f"{one.name}/{item.name}": item for one in read({"cr.yaml": text}, **settings).workloads for item in one.containers}


def words(item: Container) -> list[object]:
    return [value(word) for word in item.entrypoint or ()]


def test_spark_counts_in_mebibytes_and_adds_its_overhead() -> None:
    found = made("""
        apiVersion: sparkoperator.k8s.io/v1beta2
        kind: SparkApplication
        metadata: {name: pi}
        spec:
          type: Scala
          image: spark:4.0.0
          driver: {memory: 512m, memoryOverhead: 512m}
          executor: {memory: 8g, instances: 3, javaOptions: -XX:+UseG1GC}
    """)
    driver, executor = found["pi-driver/spark-kubernetes-driver"], found["pi-executor/spark-kubernetes-executor"]
    assert (value(driver.limit), value(driver.request)) == (GIB, GIB)
    assert value(executor.limit) == 8 * GIB + 8 * GIB // 10
    assert words(driver)[:5] == ["/usr/bin/tini", "-s", "--", "java", f"-Xmx{512 * MIB}"]  # as Spark's entrypoint.sh starts it
    assert "-XX:+UseG1GC" in words(executor)
    assert not driver.observations


@pytest.mark.parametrize(
    ("language", "memory", "overhead"), [("Java", "1g", 384 * MIB), ("Python", "4g", 4 * GIB * 4 // 10), ("Python", "512m", 384 * MIB)]
)
def test_sparks_overhead_depends_on_the_language(language: str, memory: str, overhead: int) -> None:
    found = made(f"""
        apiVersion: sparkoperator.k8s.io/v1beta2
        kind: SparkApplication
        metadata: {{name: pi}}
        spec: {{type: {language}, image: spark, driver: {{memory: {memory}}}}}
    """)
    limit = value(found["pi-driver/spark-kubernetes-driver"].limit)
    assert isinstance(limit, int)
    assert limit == {"1g": GIB, "4g": 4 * GIB, "512m": 512 * MIB}[memory] + overhead


def test_spark_ignores_the_resources_of_its_pod_template() -> None:
    found = made("""
        apiVersion: sparkoperator.k8s.io/v1beta2
        kind: SparkApplication
        metadata: {name: pi}
        spec:
          image: spark
          driver:
            memory: 1g
            template:
              spec:
                containers: [{name: spark-kubernetes-driver, resources: {limits: {memory: 9Gi}}, env: [{name: A, value: b}]}]
    """)
    driver = found["pi-driver/spark-kubernetes-driver"]
    assert value(driver.limit) == GIB + 384 * MIB
    assert value(driver.env["A"]) == "b"


def flink(kind: str, memory: str, more: str = "") -> Container:
    found = made(f"""
        apiVersion: flink.apache.org/v1beta1
        kind: FlinkDeployment
        metadata: {{name: f}}
        spec:
          image: flink:2.0
          {kind}: {{resource: {{memory: {memory}, cpu: 1}}}}
          {more}
    """)
    return found[f"f-{kind.lower()}/flink-main-container"]


@pytest.mark.parametrize(
    ("kind", "memory", "limit", "heap"),
    [
        # Flink 1.20 logs for these process sizes: 1600m gives the JobManager a heap of 1024 MiB.
        ("jobManager", "1600m", 1600 * MIB, 1024 * MIB),
        ("jobManager", "2048m", 2048 * MIB, 2048 * MIB - (2048 * MIB) // 10 - 384 * MIB),
        ("jobManager", "2Gi", 2048 * MIB, 2048 * MIB - (2048 * MIB) // 10 - 384 * MIB),
    ],
)
def test_flink_derives_its_heap_from_the_process_size(kind: str, memory: str, limit: int, heap: int) -> None:
    item = flink(kind, memory)
    assert value(item.limit) == limit
    assert f"-Xmx{heap}" in words(item)


def test_flinks_task_manager_divides_what_is_left() -> None:
    item = flink("taskManager", "1728m")
    # The documented default: 1728 MiB = 1280 for Flink, of it 128 network, 512 managed, 128 framework off the heap, 512 heap.
    assert f"-Xmx{512 * MIB}" in words(item)
    assert f"-XX:MaxDirectMemorySize={256 * MIB}" in words(item)


def test_flink_with_its_own_division_is_unknown() -> None:
    item = flink("taskManager", "1728m", "flinkConfiguration: {taskmanager.memory.managed.fraction: '0.1'}")
    assert value(item.limit) == 1728 * MIB
    assert any(isinstance(word, str) and "changes how Flink divides" in word for word in words(item))


def test_flink_too_small_to_start_is_told() -> None:
    (seen,) = flink("jobManager", "500m").observations
    assert (seen.topic, "leaves no heap" in seen.message) == ("limit-below-floor", True)


def test_strimzi_without_a_heap_takes_half_of_the_limit() -> None:
    text = """
        apiVersion: kafka.strimzi.io/v1
        kind: KafkaNodePool
        metadata: {name: broker}
        spec: {replicas: 3, resources: {limits: {memory: %s}}, jvmOptions: {%s}}
    """
    assert f"-Xmx{4 * GIB}" in words(made(text % ("8Gi", ""))["broker/kafka"])
    assert f"-Xmx{5 * GIB}" in words(made(text % ("64Gi", ""))["broker/kafka"])
    assert "-Xmx2g" in words(made(text % ("8Gi", "-Xmx: 2g, -XX: {UseG1GC: true, MaxGCPauseMillis: 20}"))["broker/kafka"])
    tuned = words(made(text % ("8Gi", "-Xmx: 2g, -XX: {UseG1GC: true, MaxGCPauseMillis: 20}"))["broker/kafka"])
    assert {"-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20"} <= set(tuned)


def test_druid_joins_the_options_of_cluster_and_node() -> None:
    text = """
        apiVersion: druid.apache.org/v1alpha1
        kind: Druid
        metadata: {name: tiny}
        spec:
          image: apache/druid:30.0.0
          jvm.options: |-
            -server
            -XX:MaxDirectMemorySize=1g
          nodes:
            brokers:
              nodeType: broker
              replicas: 2
              resources: {limits: {memory: 2Gi}}
              extra.jvm.options: |-
                -Xmx512m
                -Xms512m
    """
    item = made(text)["tiny-brokers/broker"]
    assert words(item)[:5] == ["java", "-server", "-XX:MaxDirectMemorySize=1g", "-Xmx512m", "-Xms512m"]
    assert item.entrypoint is not None
    heap = item.entrypoint[3]
    assert isinstance(heap, Known)
    assert dedent(text).lstrip("\n")[heap.origin.span.start : heap.origin.span.end] == "-Xmx512m"


def test_cassandra_reads_its_pod_template_and_its_configuration() -> None:
    found = made("""
        apiVersion: cassandra.datastax.com/v1beta1
        kind: CassandraDatacenter
        metadata: {name: dc1}
        spec:
          size: 3
          serverVersion: "4.1.2"
          podTemplateSpec: {spec: {containers: [{name: cassandra}, {name: agent, image: a, resources: {limits: {memory: 64Mi}}}]}}
          resources: {requests: {memory: 2Gi}}
          config: {jvm-server-options: {max_heap_size: 1G}}
    """)
    assert value(found["dc1/cassandra"].request) == 2 * GIB
    assert "-Xmx1G" in words(found["dc1/cassandra"])
    assert value(found["dc1/agent"].limit) == 64 * MIB


def test_eck_has_a_default() -> None:
    text = """
        apiVersion: elasticsearch.k8s.elastic.co/v1
        kind: Elasticsearch
        metadata: {name: es}
        spec:
          version: 8.17.0
          nodeSets:
          - {name: hot, count: 3}
          - name: cold
            count: 1
            podTemplate: {spec: {containers: [{name: elasticsearch, resources: {limits: {memory: 8Gi}}}]}}
    """
    found = made(text)
    assert value(found["es-hot/elasticsearch"].limit) == 2 * GIB
    assert value(found["es-cold/elasticsearch"].limit) == 8 * GIB
    assert value(found["es-hot/elasticsearch"].image) == "docker.elastic.co/elasticsearch/elasticsearch:8.17.0"


def test_an_operators_own_default_is_unknown() -> None:
    (item,) = made("""
        apiVersion: acid.zalan.do/v1
        kind: postgresql
        metadata: {name: db}
        spec: {numberOfInstances: 2}
    """).values()
    assert value(item.limit) == "the operator's configuration decides it"


@pytest.mark.parametrize(
    ("text", "name", "limit"),
    [
        ("apiVersion: redis.redis.opstreelabs.in/v1beta2\nkind: Redis\nmetadata: {name: r}\nspec: {kubernetesConfig: {image: redis, resources: {limits: {memory: 128Mi}}}}", "r/redis", 128 * MIB),
        ("apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: pg}\nspec: {instances: 3, resources: {limits: {memory: 2Gi}}}", "pg/postgres", 2 * GIB),
        ("apiVersion: rabbitmq.com/v1beta1\nkind: RabbitmqCluster\nmetadata: {name: q}\nspec: {}", "q/rabbitmq", 2 * GIB),
        ("apiVersion: opensearch.opster.io/v1\nkind: OpenSearchCluster\nmetadata: {name: os}\nspec: {nodePools: [{component: data, jvm: -Xmx1g, resources: {limits: {memory: 2Gi}}}]}", "os-data/opensearch", 2 * GIB),
        ("apiVersion: solr.apache.org/v1beta1\nkind: SolrCloud\nmetadata: {name: s}\nspec: {solrJavaMem: -Xmx1g, customSolrKubeOptions: {podOptions: {resources: {limits: {memory: 2Gi}}}}}", "s/solrcloud-node", 2 * GIB),
        ("apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: r}\nspec: {template: {spec: {containers: [{name: c, image: x, resources: {limits: {memory: 1Gi}}}]}}}", "r/c", GIB),
        ("apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: w}\nspec: {templates: [{name: t, container: {name: main, image: x, resources: {limits: {memory: 1Gi}}}}]}", "w-t/main", GIB),
        ("apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: t}\nspec: {steps: [{name: s, image: x, computeResources: {limits: {memory: 1Gi}}}]}", "t/s", GIB),
        ("apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: k}\nspec: {template: {spec: {containers: [{name: c, image: x, resources: {limits: {memory: 1Gi}}}]}}}", "k/c", GIB),
        ("apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: k}\nspec: {template: {spec: {containers: [{image: x, resources: {limits: {memory: 1Gi}}}]}}}", "k/k", GIB),
        ("apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: w}\nspec: {templates: [{name: t, container: {image: x, resources: {limits: {memory: 1Gi}}}}]}", "w-t/w-t", GIB),
        ("apiVersion: batch.volcano.sh/v1alpha1\nkind: Job\nmetadata: {name: v}\nspec: {tasks: [{name: t, template: {spec: {containers: [{name: c, image: x, resources: {limits: {memory: 1Gi}}}]}}}]}", "v-t/c", GIB),
    ],
)  # fmt: skip
def test_where_other_kinds_keep_their_memory(text: str, name: str, limit: int) -> None:
    assert value(made(text)[name].limit) == limit


def test_the_share_of_redis_is_counted_from_the_limit() -> None:
    (item,) = made("""
        apiVersion: redis.redis.opstreelabs.in/v1beta2
        kind: Redis
        metadata: {name: r}
        spec:
          kubernetesConfig: {image: redis, resources: {limits: {memory: 100Mi}}}
          redisConfig: {maxMemoryPercentOfLimit: 80}
    """).values()
    assert words(item) == ["redis-server", "--maxmemory", str(80 * MIB)]


def test_the_lines_of_a_list_are_settings_of_redis() -> None:
    (item,) = made("""
        apiVersion: redis.redis.opstreelabs.in/v1beta2
        kind: RedisReplication
        metadata: {name: r}
        spec:
          kubernetesConfig: {image: redis, resources: {limits: {memory: 100Mi}}}
          redisConfig: {dynamicConfig: [maxmemory-policy allkeys-lru, 'save ""']}
    """).values()
    assert words(item) == ["redis-server", "--maxmemory-policy", "allkeys-lru", "--save", ""]


def test_an_unknown_kind_is_guessed_at_low_confidence() -> None:
    (item,) = made("""
        apiVersion: example.org/v1
        kind: Widget
        metadata: {name: w}
        spec: {deep: {er: {containers: [{name: c, image: x, resources: {limits: {memory: 1Gi}}}]}}}
    """).values()
    assert value(item.limit) == GIB
    assert item.confidence is Confidence.LOW


def test_a_kind_without_pods_gives_none() -> None:
    assert made("apiVersion: example.org/v1\nkind: Widget\nmetadata: {name: w}\nspec: {containers: 3}\n") == {}


def test_the_user_can_describe_a_kind() -> None:
    entry = {
        "group": "example.org",
        "kind": "Widget",
        "at": "spec.parts.*",
        "name": "{*}",
        "container": "app",
        "resources": "size",
        "image": "image",
        "replicas": "count",
        "command": ["java", {"word": "-Xmx{heap}", "required": True}, "-jar", "app.jar"],
    }
    text = """
        apiVersion: example.org/v1
        kind: Widget
        metadata: {name: w}
        spec: {parts: {left: {image: x, heap: 1g, count: 2, size: {limits: {memory: 2Gi}}}, right: {image: x, size: {limits: {memory: 1Gi}}}}}
    """
    found = made(text, config=Config(resources=(entry,)))
    assert words(found["w-left/app"]) == ["java", "-Xmx1g", "-jar", "app.jar"]
    assert found["w-right/app"].entrypoint is None
    assert value(found["w-right/app"].limit) == GIB


def test_every_entry_of_the_table_is_well_formed() -> None:
    table = json.loads(files("memlint.sources").joinpath("custom_resources.json").read_text("utf-8"))["resources"]
    known = {
        "group",
        "kind",
        "at",
        "name",
        "container",
        "containers",
        "pod",
        "resources",
        "image",
        "default_image",
        "replicas",
        "memory",
        "defaults",
        "command",
        "when",
        "enabled",
    }
    for entry in table:
        assert set(entry) <= known, entry
        assert entry["group"] is not None
        assert entry["kind"]
        assert {"pod", "container", "containers"} & set(entry), entry


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 10**6), st.text(max_size=6), st.sampled_from(["512m", "-Xmx1g", "1Gi", "{x}", "${X}"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["resources", "limits", "memory", "jvmOptions", "-Xmx", "spec", "kafka", "template", "containers", "name", "jvm", "driver"]), inner, max_size=4),
    ),
    max_leaves=12,
)  # fmt: skip
ENTRIES = sorted({(group, kind) for group, kind in custom_resources._table()})


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(ENTRIES), VALUES)
def test_no_resource_makes_the_reader_raise(entry: tuple[str, str], spec: object) -> None:
    group, kind = entry
    text = json.dumps({"apiVersion": f"{group}/v1" if group else "v1", "kind": kind, "metadata": {"name": "x"}, "spec": spec})
    kubernetes.collect(inputs({"a.yaml": text}))


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            ["group", "kind", "at", "name", "container", "pod", "resources", "replicas", "command", "defaults", "image", "when"]
        ),
        VALUES,
    )
)
def test_no_configuration_makes_the_reader_raise(entry: dict[str, object]) -> None:
    given_entry = {"group": "example.org", "kind": "Widget", **{key: item for key, item in entry.items() if key not in ("group", "kind")}}
    text = json.dumps(
        {"apiVersion": "example.org/v1", "kind": "Widget", "metadata": {"name": "x"}, "spec": {"containers": [{"name": "c", "image": "x"}]}}
    )
    kubernetes.collect(inputs({"a.yaml": text}, config=Config(resources=(given_entry,))))
