"""Which application a JVM runs, and what such applications hold beside the heap.

The numbers are what a service of the kind holds after days of load, as ranges: a footprint in the configuration replaces them. What was
measured is said to be measured; everything else is an estimate from the published defaults of the application.
"""

import posixpath
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from memlint.api import MIB, Known, Program, Surroundings
from memlint.patterns import pattern
from memlint.records import NamedTuple
from memlint.runtimes.jvm.options import JvmOptions

Range = tuple[int, int, int]  # low, expected, high


class Application(NamedTuple):
    """What is known of a kind of application: counts, and bytes of memory outside the heap.

    `direct_of_heap`: the application itself bounds its direct memory by this share of the heap, and fills about half of it.
    `netty`: Netty's own pool stands beside the JDK's direct memory, with a bound of its own.
    `extra`: native memory of libraries that no flag of the JVM bounds.
    """

    name: str
    classes: Range
    threads: Range
    direct: Range
    basis: str
    code_cache: Range | None = None
    direct_of_heap: float | None = None
    netty: Range | None = None
    extra: Range | None = None


def _mib(low: int, expected: int, high: int) -> Range:
    return low * MIB, expected * MIB, high * MIB


_GUESS: Final = "estimate from the application's own defaults"

SERVICE: Final = Application(
    "Java service",
    (2_000, 10_000, 25_000),
    (15, 50, 250),
    _mib(0, 10, 64),
    "a Java service of unknown kind: 20 measured programs loaded 1 900 to 23 000 classes and held 16 to 88 threads (JDK 17, 21 and 25)",
)
SPRING_BOOT: Final = Application(
    "Spring Boot",
    (6_000, 12_000, 25_000),
    (20, 50, 250),
    _mib(1, 12, 64),
    f"Spring Boot: 6 000 to 25 000 classes with starters for web, data and security, Tomcat's 200 workers at most; {_GUESS}",
)
QUARKUS: Final = Application(
    "Quarkus",
    (4_500, 8_000, 15_000),
    (15, 30, 100),
    _mib(1, 12, 64),
    f"Quarkus: its classes are wired at build time, a few Vert.x event loops and a worker pool; {_GUESS}",
    netty=_mib(0, 4, 64),
)
TOMCAT: Final = Application(
    "Tomcat",
    (3_500, 7_000, 20_000),
    (30, 60, 250),
    _mib(1, 6, 64),
    "Tomcat 10 alone loaded 4 000 classes and held 59 to 88 threads after 1 500 requests (measured on JDK 17 and 25); the web application adds its own",
    code_cache=_mib(8, 18, 60),
)
KAFKA: Final = Application(
    "Kafka",
    (5_500, 7_500, 12_000),
    (60, 90, 200),
    _mib(8, 48, 256),
    f"Kafka broker: network and replication buffers are direct, logs are page cache and not counted; {_GUESS}",
    code_cache=_mib(20, 36, 240),
)
KAFKA_CLIENT: Final = KAFKA._replace(name="Kafka client", threads=(15, 30, 100), direct=_mib(1, 12, 64))
ELASTICSEARCH: Final = Application(
    "Elasticsearch",
    (14_000, 18_000, 26_000),
    (50, 90, 250),
    _mib(8, 64, 256),
    "Elasticsearch sets MaxDirectMemorySize to half of the heap (JvmErgonomics.java); Lucene's files are page cache and not counted; "
    f"classes and threads: {_GUESS}",
    direct_of_heap=0.5,
    code_cache=_mib(40, 70, 240),
)
CASSANDRA: Final = Application(
    "Cassandra",
    (8_000, 11_000, 16_000),
    (60, 110, 300),
    _mib(8, 48, 256),
    "Cassandra: file_cache_size is a quarter of the heap, at most 512 MiB, off the heap, and so are bloom filters and compression metadata; "
    f"classes and threads: {_GUESS}",
    direct_of_heap=0.25,
    extra=_mib(20, 80, 512),
    code_cache=_mib(30, 50, 240),
)
ZOOKEEPER: Final = Application(
    "ZooKeeper",
    (2_300, 3_300, 5_000),
    (25, 40, 120),
    _mib(0, 6, 64),
    "ZooKeeper 3.8 loaded 2 300 to 2 500 classes and held 27 to 32 threads (measured on JDK 17 and 25)",
)
FLINK: Final = Application(
    "Flink",
    (7_500, 11_000, 20_000),
    (43, 80, 250),
    _mib(1, 24, 256),
    "a Flink job manager loaded 7 900 to 9 500 classes and held 43 to 71 threads (measured on JDK 17 and 25); a task manager's network buffers are direct",
    netty=_mib(0, 8, 128),
)
SPARK: Final = Application(
    "Spark",
    (14_000, 21_000, 35_000),
    (60, 90, 300),
    _mib(2, 24, 384),
    "Spark SQL loaded 16 000 to 23 000 classes and held 68 to 73 threads after three queries (measured on JDK 17 and 25)",
    netty=_mib(0, 16, 256),
)
JENKINS: Final = Application(
    "Jenkins",
    (14_000, 22_000, 40_000),
    (40, 90, 300),
    _mib(1, 12, 64),
    f"Jenkins: every plugin has its own class loader; {_GUESS}",
    code_cache=_mib(30, 70, 240),
)
JENKINS_AGENT: Final = Application(
    "Jenkins agent",
    (3_500, 6_000, 12_000),
    (15, 30, 80),
    _mib(1, 4, 32),
    f"Jenkins agent: the remoting client and the classes that the controller sends; {_GUESS}",
)
KEYCLOAK: Final = Application(
    "Keycloak",
    (14_000, 19_000, 28_000),
    (40, 70, 250),
    _mib(1, 16, 64),
    f"Keycloak on Quarkus with Hibernate and Infinispan; {_GUESS}",
    netty=_mib(0, 4, 64),
    code_cache=_mib(25, 50, 240),
)
ACTIVEMQ: Final = Application(
    "ActiveMQ",
    (4_100, 7_000, 14_000),
    (21, 50, 300),
    _mib(1, 12, 128),
    "ActiveMQ loaded 4 100 classes and held 21 threads when idle (measured on JDK 17); every connection adds classes, threads and buffers",
)
SOLR: Final = Application(
    "Solr",
    (9_000, 12_000, 18_000),
    (40, 80, 250),
    _mib(1, 24, 128),
    f"Solr on Jetty; Lucene's files are page cache and not counted; {_GUESS}",
)
NEO4J: Final = Application(
    "Neo4j",
    (14_000, 19_000, 28_000),
    (50, 90, 250),
    _mib(4, 32, 128),
    f"Neo4j without its page cache, which is a setting of its own; {_GUESS}",
    netty=_mib(0, 16, 128),
    code_cache=_mib(30, 60, 240),
)
LOGSTASH: Final = Application(
    "Logstash",
    (17_000, 22_000, 34_000),
    (40, 70, 200),
    _mib(4, 48, 256),
    "Logstash runs on JRuby, which compiles Ruby to classes: JRuby alone loaded 9 300 (measured on JDK 21 and 25), pipelines and plugins add theirs",
    code_cache=_mib(40, 80, 240),
    netty=_mib(0, 16, 256),
)
TRINO: Final = Application(
    "Trino",
    (40_000, 60_000, 110_000),
    (120, 250, 1_000),
    _mib(64, 256, 1_024),
    f"Trino generates classes for every query and reads with direct buffers; {_GUESS}",
    code_cache=_mib(120, 240, 512),
)
LARGE_SERVER: Final = Application(
    "large Java server",
    (14_000, 24_000, 45_000),
    (60, 120, 400),
    _mib(4, 32, 256),
    f"a large application server: many modules, each with a class loader of its own; {_GUESS}",
    code_cache=_mib(30, 60, 240),
)
PINOT: Final = LARGE_SERVER._replace(name="Pinot", classes=(12_000, 18_000, 26_000), basis=f"Pinot: Helix, Netty, direct buffers; {_GUESS}")
MINECRAFT: Final = LARGE_SERVER._replace(
    name="Minecraft server",
    classes=(12_000, 35_000, 90_000),
    direct=_mib(8, 48, 512),
    netty=_mib(0, 32, 256),
    basis=f"Minecraft: mods multiply the classes; {_GUESS}",
)
NETTY_SERVICE: Final = Application(
    "Netty service",
    (4_500, 7_500, 14_000),
    (15, 30, 100),
    _mib(1, 12, 64),
    f"a service on Netty (gRPC, Vert.x, Armeria, WebFlux): few threads, pooled buffers; {_GUESS}",
    netty=_mib(0, 12, 128),
)

# Per agent: OpenTelemetry's, Datadog's and the others load 3 000 to 10 000 classes of their own and re-write the application's.
_AGENT_CLASSES: Final = (2_000, 4_000, 10_000)
_SMALL_AGENTS: Final = pattern(r"jmx_prometheus|jolokia|jacoco|spring-instrument|aspectj", re.IGNORECASE)

# First match wins, so special names stand before general ones. Each is searched in every name that is known: the image and its bases
# without digest, the main class or jar, the program and its words.
_NAMES: Final[tuple[tuple[str, Application], ...]] = (
    (
        r"hudson\.remoting|inbound-agent|jnlp-(slave|agent)|(^|/)(remoting|agent)\.jar$|jenkins/(agent|slave)|-worker.{0,200}jenkins",
        JENKINS_AGENT,
    ),
    (r"jenkins", JENKINS),
    (r"logstash", LOGSTASH),
    (r"(^|[/_:.-])(elasticsearch|opensearch)([:.]|$)", ELASTICSEARCH),
    (r"cassandra(?!-(exporter|reaper))|/dse-server", CASSANDRA),
    (r"zookeeper|QuorumPeerMain", ZOOKEEPER),
    (r"kafka-?(connect|rest|ui|exporter|bridge|cruise)|schema-registry|ksqldb|akhq|kafdrop|ConnectDistributed", KAFKA_CLIENT),
    (r"^kafka\.Kafka$|kafka-server-start|(^|[/_:-])(enterprise-)?kafka(-native)?(:|$)|(^|/)cp-server(:|$)", KAFKA),
    (r"keycloak|(^|/)kc\.sh$", KEYCLOAK),
    (r"activemq|artemis", ACTIVEMQ),
    (r"(^|[/_-])solr(:|$)|start\.jar.{0,200}solr", SOLR),
    (r"(^|[/_-])neo4j(:|$)|org\.neo4j\.", NEO4J),
    (r"(^|[/_-])flink\b|org\.apache\.flink", FLINK),
    (r"(^|[/_-])spark(-\w+)?(:|$)|org\.apache\.spark", SPARK),
    (r"trino-gateway", NETTY_SERVICE),
    (r"(^|[/_-])(trino|presto|prestodb)(:|$)|io\.trino\.", TRINO),
    (r"(^|[/_-])pinot(:|$)", PINOT),
    (r"minecraft", MINECRAFT),
    (
        r"(^|[/_-])(druid|wso2\w*|skywalking-oap-server|sonarqube|nexus3?|artifactory\S*|confluence\S*|jira\S*|wildfly|jboss\S*|liferay|tb-node|"
        r"weblogic|graylog|hbase|hadoop|open-?liberty|websphere-liberty|thingsboard|dbeaver|metabase|camunda\S*)(:|$)",
        LARGE_SERVER,
    ),
    (r"quarkus", QUARKUS),
    (r"zipkin|vert\.?x|grpc|netty|armeria|micronaut|adservice", NETTY_SERVICE),
    (r"(^|[/_-])tomcat(:|$)|org\.apache\.catalina|catalina\.sh", TOMCAT),
    (r"spring", SPRING_BOOT),
)
_COMPILED: Final = tuple(pattern(text, re.IGNORECASE) for text, _ in _NAMES)

# Variables that the application itself reads; a trailing * stands for any rest.
_VARIABLES: Final[Mapping[str, Application]] = {
    "LS_JAVA_OPTS": LOGSTASH,
    "ES_JAVA_OPTS": ELASTICSEARCH,
    "OPENSEARCH_JAVA_OPTS": ELASTICSEARCH,
    "KAFKA_HEAP_OPTS": KAFKA,
    "ZK_SERVER_HEAP": ZOOKEEPER,
    "ZOO_MY_ID": ZOOKEEPER,
    "JAVA_OPTS_KC_HEAP": KEYCLOAK,
    "KEYCLOAK_ADMIN": KEYCLOAK,
    "KC_BOOTSTRAP_ADMIN_USERNAME": KEYCLOAK,
    "SOLR_HEAP": SOLR,
    "SOLR_JAVA_MEM": SOLR,
    "NEO4J_server_memory_heap_max__size": NEO4J,
    "NEO4J_dbms_memory_heap_max__size": NEO4J,
    "HEAP_NEWSIZE": CASSANDRA,
    "FLINK_PROPERTIES": FLINK,
    "SPARK_DAEMON_MEMORY": SPARK,
    "SPARK_WORKER_MEMORY": SPARK,
    "JENKINS_JAVA_OPTS": JENKINS,
    "QUARKUS_*": QUARKUS,
    "CATALINA_OPTS": TOMCAT,
    "CATALINA_HOME": TOMCAT,
    "SPRING_*": SPRING_BOOT,
}

_BUILD_FILES: Final = ("pom.xml", "build.gradle", "build.gradle.kts")
_MAVEN_DEPENDENCY: Final = pattern(r"<dependency>((?:(?!<dependency>).)*?)</dependency>", re.DOTALL)
_GRADLE_DEPENDENCY: Final = pattern(r"""^[ \t]*(implementation|api|runtimeOnly|compile|runtime)\b[ (]++.*["']""", re.MULTILINE)
_FRAMEWORKS: Final = (
    (pattern(r"io\.quarkus"), QUARKUS),
    (pattern(r"org\.springframework\.boot"), SPRING_BOOT),
    (pattern(r"io\.micronaut|io\.vertx|io\.helidon|io\.grpc|com\.linecorp\.armeria"), NETTY_SERVICE),
)
_BUILD_LIMIT: Final = 300_000  # characters; a longer build file is generated

# A hello-world loads 450 classes, a bare Spring Boot web starter about 7 000; each further direct dependency brings some hundreds.
_CLASSES_ALONE: Final = {QUARKUS.name: 5_000, SPRING_BOOT.name: 7_000, NETTY_SERVICE.name: 4_500}
_CLASSES_PER_DEPENDENCY: Final = 600


def detect(program: Program, around: Surroundings, options: JvmOptions) -> Application | None:
    """Return the kind of application that runs here, None where nothing tells. Never raises."""
    found = _by_name(program, around, options) or _by_variable(program)
    built = _by_build(around)
    if built is not None and (found is None or found.name == built.name):
        found = built
    if found is None and not options.agents:
        return None
    return _with_agents(found or SERVICE, options.agents)


def _by_name(program: Program, around: Surroundings, options: JvmOptions) -> Application | None:
    names = [options.main or "", around.image_reference.partition("@")[0]]
    names += [base.partition("@")[0] for base in around.image.bases] if around.image is not None else []
    names += [word.value for word in program.words if isinstance(word, Known) and not word.value.startswith("-") and len(word.value) < 400]
    first = min(map(_row, names))
    return _NAMES[first][1] if first < len(_NAMES) else None


@lru_cache(maxsize=1024)
def _row(name: str) -> int:
    """Return the first row of the table that a name matches, its length where none does."""
    return next((number for number, named in enumerate(_COMPILED) if name and named.search(name)), len(_COMPILED))


def _by_variable(program: Program) -> Application | None:
    for name, application in _VARIABLES.items():
        if name in program.env or (name.endswith("*") and any(key.startswith(name[:-1]) for key in program.env)):
            return application
    return None


def _by_build(around: Surroundings) -> Application | None:
    """Read the framework and the number of dependencies from the build file beside the Dockerfile or the workload's own file."""
    if around.files is None:
        return None
    places = [around.image.dockerfile] if around.image is not None and around.image.dockerfile else []
    for folder in dict.fromkeys(posixpath.dirname(place) for place in places):
        for name in _BUILD_FILES:
            text = around.files.text(posixpath.join(folder, name))
            if text is None or len(text) > _BUILD_LIMIT:
                continue
            for used, application in _FRAMEWORKS:
                if used.search(text):
                    return _sized(application, _dependencies(text), name)
    return None


def _dependencies(text: str) -> int:
    before, _, managed = text.partition("<dependencyManagement>")
    maven = _MAVEN_DEPENDENCY.findall(before + managed.partition("</dependencyManagement>")[2])
    return sum("<scope>test" not in body and "<scope>provided" not in body for body in maven) or len(_GRADLE_DEPENDENCY.findall(text))


def _sized(application: Application, dependencies: int, name: str) -> Application:
    """Move the guess half the way to what the number of dependencies suggests: it tells little of what is really loaded."""
    low, expected, high = application.classes
    suggested = _CLASSES_ALONE[application.name] + _CLASSES_PER_DEPENDENCY * dependencies
    middle = min(max((expected + suggested) // 2, low), high)
    return application._replace(
        classes=(low, middle, high),
        basis=f"{application.basis}; {name} names {dependencies} dependencies, which moves the guess to {middle} classes",
    )


def _with_agents(application: Application, agents: tuple[str, ...]) -> Application:
    for agent in agents:
        name = agent.partition("=")[0].rsplit("/", 1)[-1]
        added = (300, 800, 2_000) if _SMALL_AGENTS.search(name) else _AGENT_CLASSES
        application = application._replace(
            classes=_plus(application.classes, added),
            threads=_plus(application.threads, (1, 4, 10)),
            direct=_plus(application.direct, (0, MIB, 16 * MIB)),
            basis=f"{application.basis}; the agent {name} loads about {added[1]} classes more (estimate)",
        )
    return application


def _plus(one: Range, other: Range) -> Range:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]
