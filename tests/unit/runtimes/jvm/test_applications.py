"""Which application runs in a JVM, by its image, main class, variables and build."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memlint.api import GIB, MIB, Image, Known, Program, Span
from memlint.runtimes.jvm import applications
from memlint.runtimes.jvm.applications import Application, detect
from memlint.runtimes.jvm.options import Heap, JvmOptions
from truth.runs import ORIGIN, surroundings


class Files:
    """Files of a project, by path."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def text(self, path: str) -> str | None:
        return self._texts.get(path)

    def span(self, path: str, start: int, end: int) -> Span:
        return Span(path, 1, 1, 1, 1, start, end)


def found(
    image: str | Image = "",
    words: tuple[str, ...] = ("java", "-jar", "app.jar"),
    env: tuple[str, ...] = (),
    main: str | None = "app.jar",
    agents: tuple[str, ...] = (),
    files: Mapping[str, str] | None = None,
) -> Application | None:
    options = JvmOptions("hotspot", (), 2, ("G1",), Heap(GIB, GIB, GIB, MIB, None, ""), True, agents=agents, main=main)
    program = Program(tuple(Known(word, ORIGIN) for word in words), {name: Known("x", ORIGIN) for name in env})
    known = {"image": image, "image_reference": image.reference} if isinstance(image, Image) else {"image_reference": image}
    return detect(program, surroundings(GIB, files=Files(files or {}), **known), options)


def name(application: Application | None) -> str | None:
    return None if application is None else application.name


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("zookeeper:3.7.0", "ZooKeeper"),
        ("docker.elastic.co/elasticsearch/elasticsearch:8.5.1", "Elasticsearch"),
        ("opensearchproject/opensearch:3", "Elasticsearch"),
        ("opensearchproject/opensearch-dashboards:3", None),
        ("docker.elastic.co/logstash/logstash:8.5.1", "Logstash"),
        ("confluentinc/cp-kafka:7.6.0", "Kafka"),
        ("confluentinc/cp-kafka-connect:7.6.0", "Kafka client"),
        ("apache/kafka-native:4.0.0", "Kafka"),
        ("registry.example.org/team/kafka-consumer:1.0", None),
        ("cassandra:5", "Cassandra"),
        ("jenkins/jenkins:lts-jdk21", "Jenkins"),
        ("jenkins/inbound-agent:latest-jdk21", "Jenkins agent"),
        ("quay.io/keycloak/keycloak:26.0", "Keycloak"),
        ("apache/activemq-artemis:2.37", "ActiveMQ"),
        ("solr:9-slim", "Solr"),
        ("neo4j:5", "Neo4j"),
        ("flink:1.20-java17", "Flink"),
        ("apache/spark:4.0.0", "Spark"),
        ("example/sparkling-water-shop:1", None),
        ("trinodb/trino:480", "Trino"),
        ("trinodb/trino-gateway:19", "Netty service"),
        ("itzg/minecraft-server:java21", "Minecraft server"),
        ("tomcat:10-jdk21", "Tomcat"),
        ("springcommunity/spring-petclinic-config-server", "Spring Boot"),
        ("sonarqube:lts", "large Java server"),
        ("eclipse-temurin:21-jre", None),
        ("registry:5000/team/solr@sha256:0123", "Solr"),
    ],
)
def test_the_image_tells(image: str, expected: str | None) -> None:
    assert name(found(image)) == expected


@pytest.mark.parametrize(
    ("main", "expected"),
    [
        ("org.springframework.boot.loader.launch.JarLauncher", "Spring Boot"),
        ("/deployments/quarkus-run.jar", "Quarkus"),
        ("kafka.Kafka", "Kafka"),
        ("org.apache.catalina.startup.Bootstrap", "Tomcat"),
        ("org.apache.zookeeper.server.quorum.QuorumPeerMain", "ZooKeeper"),
        ("org.apache.flink.runtime.taskexecutor.TaskManagerRunner", "Flink"),
        ("/usr/share/jenkins/agent.jar", "Jenkins agent"),
        ("app.jar", None),
        (None, None),
    ],
)
def test_the_main_class_or_jar_tells(main: str | None, expected: str | None) -> None:
    assert name(found(main=main)) == expected


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ("SPRING_PROFILES_ACTIVE", "Spring Boot"),
        ("ES_JAVA_OPTS", "Elasticsearch"),
        ("KAFKA_HEAP_OPTS", "Kafka"),
        ("KAFKA_BOOTSTRAP_SERVERS", None),  # a client of Kafka says so too
        ("CASSANDRA_HOST", None),
        ("QUARKUS_HTTP_PORT", "Quarkus"),
    ],
)
def test_a_variable_that_the_application_itself_reads_tells(variable: str, expected: str | None) -> None:
    assert name(found(env=(variable,))) == expected


def test_the_base_image_tells() -> None:
    assert name(found(Image("shop", "dockerfile", bases=("docker.io/library/tomcat:9-jdk17", "eclipse-temurin:17")))) == "Tomcat"


MAVEN = """<project>
  <parent><groupId>org.springframework.boot</groupId></parent>
  <dependencyManagement><dependencies><dependency><artifactId>bom</artifactId></dependency></dependencies></dependencyManagement>
  <dependencies>
    {}
    <dependency><artifactId>junit</artifactId><scope>test</scope></dependency>
  </dependencies>
</project>"""
GRADLE = """plugins {{ id 'org.springframework.boot' version '3.4.0' }}
dependencies {{
{}
    testImplementation 'org.junit:junit'
}}"""


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("pom.xml", MAVEN, "<dependency><artifactId>a</artifactId></dependency>"),
        ("build.gradle", GRADLE, "    implementation 'org.example:a'"),
        ("build.gradle.kts", GRADLE, '    implementation("org.example:a")'),
    ],
)
def test_the_build_file_beside_the_dockerfile_tells_a_little(path: str, text: str, line: str) -> None:
    def built(count: int) -> Application:
        files = {f"services/shop/{path}": text.format("\n".join([line] * count))}
        application = found(Image("shop", "dockerfile", dockerfile="services/shop/Dockerfile"), files=files)
        assert found("shop", files=files) is None  # without a Dockerfile nothing says that the build is this program's
        assert application is not None
        return application

    few, many = built(2), built(30)
    assert few.name == many.name == "Spring Boot"
    assert "2 dependencies" in few.basis
    assert few.classes[0] <= few.classes[1] < many.classes[1] <= many.classes[2]


def test_an_agent_brings_classes_of_its_own() -> None:
    plain, traced = found("tomcat:10"), found("tomcat:10", agents=("/otel/opentelemetry-javaagent.jar=x=y",))
    assert plain is not None
    assert traced is not None
    assert traced.classes[1] - plain.classes[1] == 4_000
    assert "opentelemetry-javaagent.jar" in traced.basis
    small = found(agents=("jmx_prometheus_javaagent.jar=8080:config.yaml",))
    assert small is not None
    assert small.classes[1] < 12_000


KINDS = [value for value in vars(applications).values() if isinstance(value, Application)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_is_a_range_with_a_basis(kind: Application) -> None:
    for low, expected, high in filter(None, (kind.classes, kind.threads, kind.direct, kind.code_cache, kind.netty, kind.extra)):
        assert 0 <= low <= expected <= high
    assert len(kind.basis) > 30


@given(
    image=st.text(max_size=60),
    main=st.none() | st.text(max_size=60),
    words=st.lists(st.text(max_size=40), max_size=4),
    build=st.text(max_size=300),
)
def test_no_text_makes_it_raise(image: str, main: str | None, words: list[str], build: str) -> None:
    found(Image(image, "dockerfile", dockerfile="Dockerfile"), tuple(words), main=main, files={"pom.xml": build})
