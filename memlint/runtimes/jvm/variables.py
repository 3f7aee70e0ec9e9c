"""Which script of which image hands which variables to the JVM, in which order, and what it gives where they are not set.

Sources: the scripts themselves, named at each row (jvm.md 4.2, runtimes.md 14), read in 2026. A row says only what was read: a default that
was not is `None`, and the heap is then unknown where the variable is not set.
"""

import re
from collections.abc import Callable, Iterator

from memlint.api import GIB, MIB, Known, Origin, Program, Surroundings, Unknown
from memlint.patterns import pattern
from memlint.records import NamedTuple
from memlint.runtimes.common import base_name, brought, references, variable
from memlint.runtimes.jvm.flags import Flag, Gap, split

Parts = tuple["Piece", ...]


class Piece(NamedTuple):
    """What a script puts on the command line from one variable: its words, or one amount in a form (`-Xmx{}m`).

    `default`: the flags where the variable is not set; None where that was not read. `keeps_empty`: set but empty gives nothing.
    """

    variable: str
    default: str | None = ""
    form: str = ""
    keeps_empty: bool = False


class Script(NamedTuple):
    """A start script. `pieces` run from the lowest precedence to the highest; `automatic` reckons a heap where no flag sets one."""

    who: str
    source: str
    pieces: Parts
    programs: tuple[str, ...] = ()  # base names of the programs that are this script
    images: tuple[str, ...] = ()  # images whose own entrypoint it is: last parts of their names
    main: str = ""
    complete: bool = True  # no other variable reaches the JVM
    automatic: Callable[["Seen"], str | None] | None = None
    options: tuple[str, ...] = ()  # files of options that it reads before its variables; a trailing / is a folder of *.options
    sourced: tuple[str, ...] = ()  # shell files that set its variables; {} is the image's name


class Seen(NamedTuple):
    """What a script sees when it reckons a heap: bytes, None where not known. `tag` is the image's."""

    limit: int | None
    host: int | None
    tag: str


def _mebibytes(amount: int) -> str:
    return f"-Xms{amount // MIB}m -Xmx{amount // MIB}m"


def _elasticsearch(seen: Seen) -> str | None:
    """MachineDependentHeap.java: a data node takes 40 % below 1 GiB (at least 128 MiB), else half, at most 31 GiB; before 7.11 1 GiB."""
    version = re.match(r"(\d+)\.(\d+)", seen.tag)
    if version is not None and (int(version[1]), int(version[2])) < (7, 11):
        return "-Xms1g -Xmx1g"
    memory = seen.limit if seen.limit is not None else seen.host
    if memory is None:
        return None
    heap = max(memory * 2 // 5, 128 * MIB) if memory < GIB else min(memory // 2, 31 * GIB)
    return f"{_mebibytes(heap)} -XX:MaxDirectMemorySize={heap // 2}"


def _cassandra(seen: Seen) -> str | None:
    """cassandra-env.sh: max(min(half of the host's memory, 1 GiB), min(a quarter, 8 GiB)); it reads the host, not the limit."""
    if seen.host is None:
        return None
    return _mebibytes(max(min(seen.host // 2, GIB), min(seen.host // 4, 8 * GIB)))


def _one_gibibyte(_seen: Seen) -> str | None:
    """config/jvm.options as it comes with the image."""
    return "-Xms1g -Xmx1g"


def _run_java(seen: Seen) -> str | None:
    """run-java.sh takes a share of the limit that differs between its versions (JAVA_MAX_MEM_RATIO); without one, nothing."""
    return None if seen.limit is not None else ""


def _nothing(_seen: Seen) -> str | None:
    """What the image's own file says was not read."""
    return None


_KAFKA_FAST = "-server -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35 -XX:+ExplicitGCInvokesConcurrent"


def _kafka(heap: str, prefix: str = "KAFKA") -> Parts:
    return (
        Piece(f"{prefix}_HEAP_OPTS", heap),
        Piece(f"{prefix}_JVM_PERFORMANCE_OPTS", _KAFKA_FAST),
        Piece(f"{prefix}_GC_LOG_OPTS"),
        Piece(f"{prefix}_JMX_OPTS"),
        Piece(f"{prefix}_LOG4J_OPTS"),
        Piece(f"{prefix}_OPTS"),
    )


_JBOSS = "-Xms64m -Xmx512m -XX:MetaspaceSize=96M -XX:MaxMetaspaceSize=256m"
_KEYCLOAK_GC = "-XX:+UseParallelGC -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=20"

SCRIPTS: tuple[Script, ...] = (
    Script(
        "Tomcat's catalina.sh", "tomcat 10 catalina.sh:383", (Piece("JAVA_OPTS"), Piece("CATALINA_OPTS")),
        ("catalina.sh", "startup.sh"), ("tomcat", "tomee"), "org.apache.catalina.startup.Bootstrap",
    ),
    Script(
        "Kafka's kafka-server-start.sh", "kafka kafka-server-start.sh:28", _kafka("-Xmx1G -Xms1G"),
        ("kafka-server-start.sh", "kafka-server-start"),
        ("kafka", "cp-kafka", "cp-server", "cp-enterprise-kafka", "kafka-native"), "kafka.Kafka",
    ),
    Script(
        "Kafka Connect's connect-distributed.sh", "kafka connect-distributed.sh:30", _kafka("-Xms256M -Xmx2G"),
        ("connect-distributed.sh", "connect-distributed", "connect-standalone.sh"),
        ("cp-kafka-connect", "cp-kafka-connect-base"), "org.apache.kafka.connect.cli.ConnectDistributed",
    ),
    Script(
        "Kafka's zookeeper-server-start.sh", "kafka zookeeper-server-start.sh:28", _kafka("-Xmx512M -Xms512M"),
        ("zookeeper-server-start.sh", "zookeeper-server-start"), ("cp-zookeeper",), "org.apache.zookeeper.server.quorum.QuorumPeerMain",
    ),
    Script(
        "a Kafka tool", "kafka kafka-run-class.sh:279", _kafka("-Xmx256M"),
        ("kafka-run-class.sh", "kafka-run-class", "kafka-mirror-maker.sh", "connect-mirror-maker.sh"),
    ),
    Script(
        "the schema registry's start script", "confluent schema-registry-run-class", (*_kafka("-Xmx512M", "SCHEMA_REGISTRY"),),
        ("schema-registry-start", "schema-registry-run-class"), ("cp-schema-registry",), complete=False,
    ),
    Script(
        "the REST proxy's start script", "confluent kafka-rest-run-class", (*_kafka("-Xmx256M", "KAFKAREST"),),
        ("kafka-rest-start", "kafka-rest-run-class"), ("cp-kafka-rest",), complete=False,
    ),
    Script(
        "ksqlDB's start script", "confluent ksql-run-class", (Piece("KSQL_HEAP_OPTS", None), Piece("KSQL_OPTS")),
        ("ksql-server-start", "ksql-run-class"), ("ksqldb-server", "cp-ksqldb-server", "cp-ksql-server"), complete=False,
    ),
    Script(
        "ZooKeeper's zkServer.sh", "zookeeper zkEnv.sh:138",
        (Piece("ZK_SERVER_HEAP", "-Xmx1000m", "-Xmx{}m"), Piece("SERVER_JVMFLAGS"), Piece("JVMFLAGS"), Piece("ZOO_HEAP_SIZE", "", "-Xmx{}m -Xms{}m")),
        ("zkServer.sh",), ("zookeeper",), "org.apache.zookeeper.server.quorum.QuorumPeerMain",
    ),
    Script(
        "Elasticsearch's start script", "elasticsearch MachineDependentHeap.java", (Piece("ES_JAVA_OPTS"),),
        ("elasticsearch", "eswrapper"), ("elasticsearch", "elasticsearch-oss"), "org.elasticsearch.server", automatic=_elasticsearch,
        options=("/usr/share/elasticsearch/config/jvm.options", "/usr/share/elasticsearch/config/jvm.options.d/"),
    ),
    Script(
        "OpenSearch's start script", "opensearch config/jvm.options", (Piece("OPENSEARCH_JAVA_OPTS"),),
        ("opensearch", "opensearch-docker-entrypoint.sh"), ("opensearch",), "org.opensearch.bootstrap.OpenSearch",
        automatic=_one_gibibyte,
        options=("/usr/share/opensearch/config/jvm.options", "/usr/share/opensearch/config/jvm.options.d/"),
    ),
    Script(
        "Logstash's start script", "logstash config/jvm.options:6-7", (Piece("LS_JAVA_OPTS"),),
        ("logstash",), ("logstash", "logstash-oss"), "org.logstash.Logstash",
        automatic=_one_gibibyte,
        options=("/usr/share/logstash/config/jvm.options",),
    ),
    Script(
        "Cassandra's cassandra-env.sh", "cassandra conf/cassandra-env.sh",
        (Piece("MAX_HEAP_SIZE", "", "-Xms{} -Xmx{}"), Piece("JVM_OPTS"), Piece("JVM_EXTRA_OPTS")),
        ("cassandra",), ("cassandra",), "org.apache.cassandra.service.CassandraDaemon", automatic=_cassandra,
        options=("/etc/cassandra/jvm-server.options", "/etc/cassandra/jvm17-server.options", "/etc/cassandra/jvm11-server.options"),
    ),
    Script(
        "Solr's start script", "solr bin/solr", (Piece("SOLR_JAVA_MEM", "-Xms512m -Xmx512m"), Piece("SOLR_HEAP", "", "-Xms{} -Xmx{}"), Piece("SOLR_OPTS")),
        ("solr", "solr-foreground"), ("solr",), "start.jar",
    ),
    Script(
        "Jenkins' jenkins.sh", "jenkinsci/docker jenkins.sh:25", (Piece("JAVA_OPTS"), Piece("JENKINS_JAVA_OPTS")),
        ("jenkins.sh",), ("jenkins",), "jenkins.war",
    ),
    Script(
        "Keycloak's kc.sh", "keycloak kc.sh",
        (
            Piece("JAVA_OPTS_KC_HEAP", "-XX:MaxRAMPercentage=70 -XX:MinRAMPercentage=70 -XX:InitialRAMPercentage=50"),
            Piece("JAVA_OPTS", f"-XX:MetaspaceSize=96M -XX:MaxMetaspaceSize=256m -XX:+ExitOnOutOfMemoryError {_KEYCLOAK_GC}"),
            Piece("JAVA_ADD_OPENS"),
            Piece("JAVA_OPTS_APPEND"),
        ),
        ("kc.sh",), ("keycloak",), "io.quarkus.bootstrap.runner.QuarkusEntryPoint",
    ),
    Script(
        "WildFly's standalone.sh", "wildfly standalone.conf", (Piece("JAVA_OPTS", _JBOSS),),
        ("standalone.sh", "domain.sh"), ("wildfly",), "jboss-modules.jar", complete=False,
    ),
    Script("Jetty's entrypoint", "jetty.docker docker-entrypoint.sh", (Piece("JAVA_OPTIONS"),), (), ("jetty",), "start.jar"),
    Script(
        "Zipkin's start-zipkin", "zipkin docker/start-zipkin", (Piece("JAVA_OPTS", "-Xms160m -Xmx160m -XX:+ExitOnOutOfMemoryError"),),
        ("start-zipkin",), ("zipkin", "zipkin-slim"), "zipkin.server.ZipkinServer",
    ),
    Script(
        "Nacos' docker-startup.sh", "nacos-docker Dockerfile:44",
        (
            Piece("JVM_XMS", "-Xms1g", "-Xms{}"), Piece("JVM_XMX", "-Xmx1g", "-Xmx{}"), Piece("JVM_XMN", "-Xmn512m", "-Xmn{}"),
            Piece("JAVA_OPT"), Piece("JAVA_OPT_EXT"),
        ),
        ("docker-startup.sh",), ("nacos-server",), "nacos-server.jar", complete=False,
    ),
    Script(
        "CrateDB's start script", "crate Dockerfile:37", (Piece("CRATE_HEAP_SIZE", "-Xms512M -Xmx512M", "-Xms{} -Xmx{}"), Piece("CRATE_JAVA_OPTS")),
        ("crate",), ("crate",), "io.crate.bootstrap.CrateDB", complete=False,
    ),
    Script(
        "the Minecraft image's start-finalExec", "docker-minecraft-server start-finalExec",
        (
            Piece("JVM_XX_OPTS"), Piece("MEMORY", "-Xms1G -Xmx1G", "-Xms{} -Xmx{}", keeps_empty=True),
            Piece("INIT_MEMORY", "", "-Xms{}"), Piece("MAX_MEMORY", "", "-Xmx{}"), Piece("JVM_OPTS"),
        ),
        (), ("minecraft-server",), "server.jar",
    ),
    Script(
        "UniFi's docker-entrypoint.sh", "unifi-docker docker-entrypoint.sh:48", (Piece("JVM_MAX_HEAP_SIZE", "-Xmx1024M", "-Xmx{}"), Piece("JVM_EXTRA_OPTS")),
        (), ("unifi",), "ace.jar", complete=False,
    ),
    Script("Nexus' start script", "docker-nexus3 Dockerfile:77", (Piece("INSTALL4J_ADD_VM_PARAMS"),), ("nexus",), ("nexus3",), "nexus", complete=False),
    Script(
        "ActiveMQ's start script", "activemq bin/env", (Piece("ACTIVEMQ_OPTS_MEMORY", "-Xms64M -Xmx1G"), Piece("ACTIVEMQ_OPTS")),
        ("activemq",), ("activemq-classic",), "activemq.jar", complete=False,
    ),
    Script(
        "SkyWalking's start script", "skywalking docker-entrypoint.sh", (Piece("JAVA_OPTS", None),),
        ("docker-entrypoint.sh",), ("skywalking-oap-server",), "org.apache.skywalking.oap.server.starter.OAPServerStartUp", complete=False,
    ),
    Script(
        "Trino's launcher", "trino core/docker run-trino", (), ("run-trino", "launcher"), ("trino",), "io.trino.server.TrinoServer",
        automatic=_nothing, options=("/etc/trino/jvm.config",),
    ),
    Script(
        "ThingsBoard's start script", "thingsboard msa/*/docker/start-tb-*.sh", (Piece("JAVA_OPTS"),),
        ("start-tb-node.sh",),
        (
            "tb-node", "tb-pe-node", "tb-mqtt-transport", "tb-http-transport", "tb-coap-transport", "tb-lwm2m-transport", "tb-snmp-transport",
            "tb-vc-executor", "tb-edqs",
        ),
        "org.springframework.boot.loader.launch.PropertiesLauncher", sourced=("/config/thingsboard.conf", "/config/{}.conf"),
    ),
    Script("Maven's mvn", "maven bin/mvn", (Piece("MAVEN_OPTS"),), ("mvn", "mvnw"), (), "org.codehaus.plexus.classworlds.launcher.Launcher", complete=False),
    Script(
        "Gradle's client", "gradle bin/gradle", (Piece("", "-Xmx64m -Xms64m"), Piece("JAVA_OPTS"), Piece("GRADLE_OPTS")),
        ("gradle", "gradlew"), (), "org.gradle.wrapper.GradleWrapperMain", complete=False,
    ),
    Script(
        "run-java.sh", "container-images run-java.sh", (Piece("JAVA_OPTS"), Piece("JAVA_OPTS_APPEND")),
        ("run-java.sh",), ("openjdk-8", "openjdk-11", "openjdk-17", "openjdk-21", "openjdk-8-runtime", "openjdk-11-runtime", "openjdk-17-runtime", "openjdk-21-runtime"),
        "", complete=False, automatic=_run_java,
    ),
)  # fmt: skip

# Variables of these names hold JVM options by custom, whatever script there is: JAVA_OPTS, JVM_ARGS, KAFKA_HEAP_OPTS, SPRING_JAVA_OPTIONS.
_OPTION_NAME = pattern(
    r"(?:^|_)(?:JAVA|JVM|HEAP|GC)\w*(?:OPT|ARG|FLAG|PARAM)|(?:JAVA|JVM)_?OPT|JAVA_TOOL|_JAVAOPTS|JVMFLAGS|JAVA_MEM", re.ASCII
)
_SIZE_NAME = pattern(
    r"(?:^|_)(?:XMX|MAX_?HEAP(?:_SIZE)?|HEAP_?SIZE|JVM_?MEM(?:ORY)?|JAVA_?(?:XMX|MEM(?:ORY)?|HEAP)|HEAP_MAX)(?:_|$)", re.ASCII
)


# Program or image -> the place of the first script that knows it.
_PLACES = {name: place for place, script in reversed(tuple(enumerate(SCRIPTS))) for name in script.programs if name}
_IMAGES = {image: place for place, script in reversed(tuple(enumerate(SCRIPTS))) for image in script.images}


def script_of(program: Program, around: Surroundings) -> Script | None:
    """Return the start script that runs a JVM: by the program's name, or by the image whose own entrypoint runs."""
    names = [base_name(word) for word in program.words[:4]]
    known = [_PLACES[name] for name in names if name in _PLACES]
    if known:
        return SCRIPTS[min(known)]
    if names and names[0] and not _own_entrypoint(program):
        return None
    images = [reference.partition("@")[0].rsplit("/", 1)[-1].partition(":")[0].lower() for reference in references(around)]
    return next((SCRIPTS[_IMAGES[image]] for image in images if image in _IMAGES), None)


def _own_entrypoint(program: Program) -> bool:
    """Return whether what runs may be the image's entrypoint script: it is not a program that anybody knows by another name."""
    word = program.words[0]
    if isinstance(word, Unknown):
        return False
    name = base_name(word)
    return (
        name.endswith(".sh")
        or "entrypoint" in name
        or name in ("run", "start", "init")
        or word.value.startswith(("/opt/", "/etc/", "/app/"))
    )


def given(script: Script, program: Program, around: Surroundings, major: int) -> list[Flag | Gap]:
    """Return the flags that a script puts on the command line, lowest precedence first."""
    found: list[Flag | Gap] = []
    for path in script.options:
        found.extend(_options(path, around, major))
    for piece in script.pieces:
        found.extend(_piece(script, piece, program, around))
        found = _after_sourcing(script, piece.variable, found, around)
    if script.automatic is not None and not any(
        isinstance(item, Gap) or item.text.startswith(("-Xmx", "-XX:MaxHeapSize=")) for item in found
    ):
        limit = around.limit.value if isinstance(around.limit, Known) else None
        flags = None if isinstance(around.limit, Unknown) else script.automatic(Seen(limit, around.host_memory, _tag(around)))
        if flags is None:
            found.insert(0, Gap(f"{script.who} reckons the heap when it starts", script.who, None))
        else:
            found[:0] = _defaults(script, flags, around)
    return found


def _options(path: str, around: Surroundings, major: int) -> Iterator[Flag | Gap]:
    """Yield what a file of options holds, or those of a folder in the order of their names."""
    paths = sorted(brought(around, path.rstrip("/"), ".options")) if path.endswith("/") else [path]
    for name in paths:
        text = around.files.text(name) if around.files is not None else None
        mount = next((mount for mount in around.mounts if mount.target == name), None)
        if text is not None and around.files is not None:
            for option, start, end in options_file(text, major):
                yield Flag(option, Known(option, Origin(around.files.span(name, start, end), name)), name)
        elif mount is not None or path.endswith("/"):
            yield Gap(f"{name} is mounted, and what it holds is not known", name, mount.origin if mount is not None else None)


_LINE = pattern(r"^[ \t]*(?:(\d++)(-?)(\d*+):)?(-\S(?:.*[^ \t\n])?)", re.MULTILINE | re.ASCII)


def options_file(text: str, major: int) -> Iterator[tuple[str, int, int]]:
    """Yield (option, start, end): one a line, perhaps for some versions of Java only (`17:`, `8-13:`, `17-:`; Elastic's JvmOptionsParser)."""
    for match in _LINE.finditer(text[:1_000_000]):
        first, dash, last, option = match.groups()
        if first is not None:
            low = int(first[:4])
            high = int(last[:4]) if last else 999 if dash else low
            if not low <= major <= high:
                continue
        yield option, match.start(4), match.end(4)


_ASSIGNMENT = pattern(r"""^[ \t]*(?:export[ \t]+)?(\w+)=("[^"\n]*"|'[^'\n]*'|[^\s;#]*)""", re.MULTILINE | re.ASCII)


def _after_sourcing(script: Script, name: str, before: list[Flag | Gap], around: Surroundings) -> list[Flag | Gap]:
    """Return the flags with what the shell file that a script sources makes of a variable: it adds to it (`"$NAME -X…"`), or sets it anew."""
    paths = [path.format(_image_name(around)) for path in script.sourced]
    path = next((path for path in paths if around.files is not None and around.files.text(path) is not None), None)
    text = around.files.text(path) if around.files is not None and path is not None else None
    if text is None or path is None or around.files is None:
        return [*before, Gap(f"what {paths[-1]} makes of {name} is not known", script.who, None)] if paths else before
    found = before
    for match in _ASSIGNMENT.finditer(text[:1_000_000]):
        if match[1] != name:
            continue
        value = match[2].strip("\"'")
        start = match.start(2) + (match[2][:1] in ("'", '"'))
        own = re.match(rf"\s*\$(?:{name}\b|{{{name}}})", value)
        if own is None:
            found = [item for item in found if item.source != name]
        word = Known(value, Origin(around.files.span(path, start, start + len(value)), path))
        found = [*found, *(Flag(token.text, token.known, name, spaced=True) for token in split(word) if token.text.startswith("-"))]
    return found


def _image_name(around: Surroundings) -> str:
    return next((reference.partition("@")[0].rpartition("/")[2].partition(":")[0] for reference in references(around)), "")


def _tag(around: Surroundings) -> str:
    return next((reference.partition("@")[0].rpartition("/")[2].partition(":")[2] for reference in references(around)), "")


def _piece(script: Script, piece: Piece, program: Program, around: Surroundings) -> Iterator[Flag | Gap]:
    value = variable(program, piece.variable) if piece.variable else None
    if isinstance(value, Unknown):
        yield Gap(f"{piece.variable} cannot be known: {value.why}", piece.variable, value.origin, value.optional)
        return
    if value is None or (not value.value.strip() and not piece.keeps_empty):
        if piece.default is None:
            yield Gap(f"{piece.variable} is not set, and what {script.who} takes then is not known", script.who, None)
        else:
            yield from _defaults(script, piece.default, around)
        return
    if not piece.form:
        for token in split(value):
            yield Flag(token.text, token.known, piece.variable, spaced=True)
    elif value.value.strip():
        amount = value.value.strip()
        if "%" in amount:
            yield Gap(f"{piece.variable}={amount} is reckoned when the container starts", piece.variable, value.origin)
            return
        for text in piece.form.split():
            yield Flag(text.format(amount), value, piece.variable)


def _defaults(script: Script, flags: str, around: Surroundings) -> Iterator[Flag]:
    for text in flags.split():
        yield Flag(text, Known(text, Origin(around.at, f"default of {script.who} ({script.source})")), script.who, given=False)


def reads(script: Script, name: str) -> bool:
    return any(piece.variable == name for piece in script.pieces)


def option_like(name: str) -> bool:
    """Return whether a variable's name says that it holds JVM options."""
    return _OPTION_NAME.search(name) is not None


def size_like(name: str) -> bool:
    """Return whether a variable's name says that it holds the size of a Java heap."""
    return _SIZE_NAME.search(name) is not None
