"""Where flags come from, in which order, and the grammars of variables and argument files."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memlint.api import Image, Known, Mount, Origin, Span, Text, Unknown
from memlint.runtimes.jvm import Model, settings
from memlint.runtimes.jvm.arguments import mended_size, parse
from memlint.runtimes.jvm.flag_table import look_up, names
from memlint.runtimes.jvm.flags import Flag, argument_file, split
from memlint.runtimes.jvm.options import Version
from memlint.runtimes.jvm.variables import options_file
from unit.runtimes.jvm.build import GIB, MIB, heap_high, known, program, read, span, surroundings, topics


class Tree:
    """Files beside the one that is read, by the path in the container."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts

    def text(self, path: str) -> str | None:
        return self.texts.get(path)

    def span(self, path: str, start: int, end: int) -> Span:
        return span(start, end - start, path=path)


def heap(
    command: str, env: Mapping[str, Text | str] | None = None, image: str = "eclipse-temurin:21", files: Mapping[str, str] | None = None
) -> int:
    around = surroundings(4 * GIB, image, files=Tree(files or {}), joined=Image(image, "catalog", workdir=known("/srv")))
    high = heap_high(read(command, env, around))
    assert high is not None
    return high // MIB


# ---- precedence


def test_the_order_of_the_sources() -> None:
    env = {"JAVA_TOOL_OPTIONS": "-Xmx300m", "JDK_JAVA_OPTIONS": "-Xmx350m", "_JAVA_OPTIONS": "-Xmx400m"}
    assert heap("java -jar a.jar", {"JAVA_TOOL_OPTIONS": "-Xmx300m"}) == 300
    assert heap("java -jar a.jar", {name: env[name] for name in ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS")}) == 350
    assert heap("java -Xmx256m -jar a.jar", {name: env[name] for name in ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS")}) == 256
    assert heap("java -Xmx256m -jar a.jar", env) == 400


def test_jdk_8_has_no_jdk_java_options() -> None:
    assert heap("java -jar a.jar", {"JDK_JAVA_OPTIONS": "-Xmx350m"}, "eclipse-temurin:8") == 1024


def test_an_absolute_heap_beats_a_share_from_any_source() -> None:
    assert heap("java -XX:MaxRAMPercentage=10.0 -jar a.jar", {"JAVA_TOOL_OPTIONS": "-Xmx300m"}) == 300


def test_options_end_at_the_main_class() -> None:
    assert heap("java -Xmx300m -cp /a:/b -Dx=y Main -Xmx900m") == 300
    assert heap("java --add-opens java.base/java.lang=ALL-UNNAMED -Xmx300m -m app/Main -Xmx900m") == 300
    assert heap("java -jar a.jar -Xmx900m") == 1024


def test_argument_files_are_read_in_place() -> None:
    files = {"/srv/jvm.args": "# the heap\n-Xmx300m\n-Dx='a b'\n"}
    assert heap("java @jvm.args -jar a.jar", files=files) == 300
    assert heap("java @jvm.args -Xmx200m -jar a.jar", files=files) == 200
    assert heap("java -jar a.jar", {"JDK_JAVA_OPTIONS": "@jvm.args"}, files=files) == 300


def test_a_flag_of_a_file_stands_in_that_file() -> None:
    files = Tree({"/srv/jvm.args": "-Dx=1\n-Xmx300mb\n"})
    around = surroundings(GIB, files=files, joined=Image("x", "catalog", workdir=known("/srv")))
    observation = next(one for one in read("java @jvm.args -jar a.jar", around=around).observations if one.topic == "jvm-will-not-start")
    assert (observation.at.path, observation.at.start) == ("/srv/jvm.args", 6)


def test_an_options_file_and_a_flags_file() -> None:
    assert heap("java -XX:VMOptionsFile=/o -jar a.jar", files={"/o": "-Xmx300m -Xms64m"}) == 300
    files = {"/f": "MaxHeapSize=300m\n+UseSerialGC # a comment\n"}
    assert heap("java -XX:Flags=/f -jar a.jar", files=files) == 300
    assert heap("java -Xmx200m -XX:Flags=/f -jar a.jar", files=files) == 200


# ---- what is not known


def test_an_unknown_word_leaves_the_heap_open_unless_something_later_decides_it() -> None:
    gap = Unknown("$OPTIONS comes from outside")
    for words, decided in (
        (["java", gap, "-jar", "a.jar"], False),
        (["java", "-Xmx300m", gap, "-jar", "a.jar"], False),
        (["java", gap, "-Xmx300m", "-jar", "a.jar"], True),
        (["java", gap, "-XX:MaxRAMPercentage=50.0", "-jar", "a.jar"], False),
        (["java", "-Xmx300m", "-cp", gap, "Main"], True),
        (["java", "-Xmx300m", "-jar", gap], True),
    ):
        reading = read(words)
        assert (reading.budget is not None) is decided, words
        assert isinstance(reading.options["max heap"], Known if decided else Unknown)


def test_an_unknown_variable_of_the_jvm() -> None:
    unknown = {"JAVA_TOOL_OPTIONS": Unknown("from Secret db")}
    assert read("java -jar a.jar", unknown).budget is None
    assert read("java -Xmx300m -jar a.jar", unknown).budget is not None
    above = {"_JAVA_OPTIONS": Unknown("from Secret db")}
    assert read("java -Xmx300m -jar a.jar", above).budget is None


def test_a_missing_argument_file_may_hold_the_heap() -> None:
    assert read("java @nowhere -jar a.jar").budget is None
    assert read("java @nowhere -Xmx300m -jar a.jar").budget is not None


def test_an_unknown_limit() -> None:
    around = surroundings(Unknown("${LIMIT} comes from outside"))
    assert read("java -jar a.jar", around=around).budget is None
    assert read("java -Xmx300m -jar a.jar", around=around).budget is not None


def test_no_limit_and_no_host() -> None:
    assert read("java -jar a.jar", around=surroundings(None)).budget is None
    assert heap_high(read("java -jar a.jar", around=surroundings(None, host=8 * GIB))) == 2 * GIB


def test_an_old_jdk_on_an_unknown_host() -> None:
    assert read(around=surroundings(GIB, "openjdk:8")).budget is None
    assert heap_high(read(around=surroundings(GIB, "openjdk:8", cgroup=1))) == 256 * MIB
    assert heap_high(read(around=surroundings(GIB, "openjdk:8", cgroup=2, host=16 * GIB))) == 4 * GIB
    both = read(around=surroundings(GIB, "openjdk:8", host=16 * GIB))
    assert heap_high(both) == 4 * GIB


# ---- scripts


@pytest.mark.parametrize(
    ("image", "words", "env", "wanted"),
    [
        ("tomcat:10-jdk21", "catalina.sh run", {"JAVA_OPTS": "-Xmx200m", "CATALINA_OPTS": "-Xmx300m"}, 300),
        ("apache/kafka:3.8.0", "", {}, 1024),
        ("apache/kafka:3.8.0", "", {"KAFKA_HEAP_OPTS": "-Xmx300m"}, 300),
        ("apache/kafka:3.8.0", "", {"KAFKA_HEAP_OPTS": "-Xmx300m", "KAFKA_OPTS": "-Xmx400m"}, 400),
        ("zookeeper:3.9-jre-17", "zkServer.sh start-foreground", {}, 1000),
        ("zookeeper:3.9-jre-17", "zkServer.sh start-foreground", {"ZK_SERVER_HEAP": "256"}, 256),
        ("elasticsearch:8.15.0", "", {}, 2048),
        ("elasticsearch:8.15.0", "", {"ES_JAVA_OPTS": "-Xms300m -Xmx300m"}, 300),
        ("elasticsearch:7.9.3", "", {}, 1024),
        ("opensearchproject/opensearch:2", "", {}, 1024),
        ("logstash:8.15.0", "", {"LS_JAVA_OPTS": "-Xmx640m"}, 640),
        ("solr:9", "solr-foreground", {"SOLR_HEAP": "300m"}, 300),
        ("solr:9", "solr-foreground", {}, 512),
        ("jenkins/jenkins:lts", "", {"JAVA_OPTS": "-Xmx200m", "JENKINS_JAVA_OPTS": "-Xmx300m"}, 300),
        ("quay.io/keycloak/keycloak:26.0", "kc.sh start", {}, 2868),
        ("quay.io/keycloak/keycloak:26.0", "kc.sh start", {"JAVA_OPTS_APPEND": "-Xmx300m"}, 300),
        ("itzg/minecraft-server", "", {"MEMORY": "3G"}, 3072),
        ("itzg/minecraft-server", "", {}, 1024),
        ("openzipkin/zipkin:3", "", {}, 160),
    ],
)
def test_what_the_scripts_of_images_hand_over(image: str, words: str, env: dict[str, str], wanted: int) -> None:
    found = heap(words, env, image)
    assert found == pytest.approx(wanted, abs=2)


def test_files_of_options_come_before_the_variable() -> None:
    path = "/usr/share/elasticsearch/config/jvm.options"
    files = {path: "# heap\n8-13:-Xmx100m\n-Xms300m\n  -Xmx300m\n17-:-XX:+UseSerialGC\n"}
    assert heap("", {}, "elasticsearch:8.15.0", files) == 300
    assert heap("", {"ES_JAVA_OPTS": "-Xms64m -Xmx400m"}, "elasticsearch:8.15.0", {path: "-Xmx300m\n"}) == 400
    assert heap("", {}, "trinodb/trino:480", {"/etc/trino/jvm.config": "-server\n-Xmx8G\n"}) == 8192
    assert read([], around=surroundings(GIB, "trinodb/trino:480")).budget is None
    folder = Mount("/usr/share/elasticsearch/config/jvm.options.d/heap.options", "heap", False, None, Origin(span(700, 4), "volumes"))
    assert read([], around=surroundings(GIB, "elasticsearch:8.15.0", mounts=(folder,))).budget is None


@given(st.text(max_size=100), st.integers(8, 30))
def test_no_file_of_options_raises(text: str, major: int) -> None:
    for option, start, end in options_file(text, major):
        assert text[start:end] == option


def test_cassandra_reads_the_host() -> None:
    assert heap_high(read([], around=surroundings(2 * GIB, "cassandra:5", host=64 * GIB))) == 8 * GIB
    assert read([], around=surroundings(2 * GIB, "cassandra:5")).budget is None
    assert heap_high(read([], {"MAX_HEAP_SIZE": "1G"}, surroundings(2 * GIB, "cassandra:5"))) == GIB


def test_a_script_that_nobody_knows_is_taken_to_expand_the_usual_variables() -> None:
    reading = read([], {"JAVA_OPTS": "-Xms64m -Xmx128m"}, surroundings(500 * MIB, "shop/carts:1"))
    assert reading.budget is not None
    part = next(part for part in reading.budget.parts if part.name == "heap")
    assert part.high == 128 * MIB
    assert topics(reading) == set()


def test_paketo_reckons_the_heap_itself() -> None:
    image = Image("shop/api:1", "configuration", bases=("paketobuildpacks/run-jammy-base:latest",), runtime="jvm")
    around = surroundings(GIB, "shop/api:1", joined=image)
    reading = read([], {"BPL_JVM_THREAD_COUNT": "50"}, around)
    assert reading.budget is None
    assert heap_high(read([], {"JAVA_TOOL_OPTIONS": "-Xmx300m"}, around)) == 300 * MIB


# ---- CPUs


@pytest.mark.parametrize(
    ("image", "cpus", "shares", "limit", "wanted"),
    [
        ("eclipse-temurin:21", 1000, None, 4 * GIB, "Serial"),
        ("eclipse-temurin:21", 1500, None, 4 * GIB, "G1"),
        ("eclipse-temurin:21", 2000, None, 1791 * MIB, "Serial"),
        ("eclipse-temurin:21", 2000, None, 1792 * MIB, "G1"),
        ("eclipse-temurin:8", 2000, None, 4 * GIB, "Parallel"),
        ("eclipse-temurin:27", 1000, None, 128 * MIB, "G1"),
        ("eclipse-temurin:8", None, 500, 4 * GIB, "Serial"),
        ("eclipse-temurin:8", None, 2000, 4 * GIB, "Parallel"),
        ("eclipse-temurin:8", None, None, 4 * GIB, "Serial"),
        ("eclipse-temurin:11.0.16_8-jre", None, 500, 4 * GIB, "Serial"),
        ("eclipse-temurin:11.0.17_8-jre", None, 500, 4 * GIB, "G1"),
        ("openjdk:17", None, 500, 4 * GIB, "Serial"),
        ("eclipse-temurin:17", None, 500, 4 * GIB, "G1"),
    ],
)
def test_which_collector_the_processors_choose(image: str, cpus: int | None, shares: int | None, limit: int, wanted: str) -> None:
    around = surroundings(limit, image, cpus=cpus, cpu_request=shares, platform="kubernetes", cgroup=1)
    found = settings.read(program(), around)
    assert found is not None
    assert found.options.collectors == (wanted,)


def test_copies_of_a_program_are_summed() -> None:
    once = Model().read(program("java -Xmx100m -jar a.jar"), surroundings(GIB))
    thrice = Model().read(program("java -Xmx100m -jar a.jar", count=3), surroundings(GIB))
    assert once is not None
    assert thrice is not None
    assert once.budget is not None
    assert thrice.budget is not None
    assert thrice.budget.low == 3 * once.budget.low


# ---- other JVMs


@pytest.mark.parametrize(("limit", "heap_size"), [(512 * MIB, 256 * MIB), (1536 * MIB, GIB), (4 * GIB, 3 * GIB)])
def test_openj9_takes_a_larger_share(limit: int, heap_size: int) -> None:
    assert heap_high(read(around=surroundings(limit, "ibm-semeru-runtimes:open-21-jre"))) == heap_size


def test_openj9_takes_a_percentage_without_a_point() -> None:
    around = surroundings(GIB, "ibm-semeru-runtimes:open-8u402-b06-jre")
    assert heap_high(read(env={"OPENJ9_JAVA_OPTIONS": "-XX:MaxRAMPercentage=50"}, around=around)) == 512 * MIB
    assert "jvm-will-not-start" not in topics(read("java -Xgcpolicy:gencon -XX:+Unknown -jar a.jar", around=around))


def test_a_native_image_takes_80_percent_and_flags_among_its_arguments() -> None:
    image = Image("shop/api:native", "dockerfile", bases=("quay.io/quarkus/quarkus-micro-image:2.0",))
    around = surroundings(GIB, "shop/api:native", joined=image)
    reading = read(["./application", "-Dquarkus.http.host=0.0.0.0"], {"JAVA_TOOL_OPTIONS": "-Xmx10m"}, around)
    assert heap_high(reading) == GIB * 8 // 10
    assert heap_high(read(["./application", "-Xmx64m"], around=around)) == 64 * MIB


# ---- grammars


@given(st.text(max_size=120))
def test_no_text_of_flags_raises(text: str) -> None:
    for image in ("eclipse-temurin:8", "eclipse-temurin:21", "shop/api:1", "ibm-semeru-runtimes:open-17-jre"):
        env = {"JAVA_TOOL_OPTIONS": text, "JDK_JAVA_OPTIONS": text, "_JAVA_OPTIONS": text, "JAVA_OPTS": text}
        Model().read(program(["java", text, "-jar", "a.jar"], env), surroundings(GIB, image))
        Model().read(program([text], env), surroundings(GIB, image))


_FLAG = st.sampled_from(
    ["-Xmx", "-Xms", "-Xmn", "-Xss", "-XX:MaxRAMPercentage=", "-XX:MaxHeapSize=", "-XX:+", "-XX:-", "-XX:", "-XX:MaxRAM=", "-XX:NewRatio="]
)
_VALUE = st.one_of(
    st.from_regex(r"[0-9]{0,22}[kmgtKMGTpx%.]{0,3}", fullmatch=True), st.sampled_from(["UseG1GC", "UseZGC", "Foo=1", "", "-1", "0x10"])
)


@given(st.lists(st.tuples(_FLAG, _VALUE), max_size=6), st.sampled_from([8, 11, 14, 17, 21, 23, 25, 28, 30]), st.integers(1, 1 << 42))
def test_no_flag_and_no_limit_raises(flags: list[tuple[str, str]], major: int, limit: int) -> None:
    text = " ".join(first + second for first, second in flags)
    reading = read(env={"JAVA_TOOL_OPTIONS": text}, around=surroundings(limit, f"eclipse-temurin:{major}", host=1 << 40))
    for observation in reading.observations:
        assert 0 <= observation.at.start < observation.at.end


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r"), max_size=80))
def test_tokens_lie_in_the_text_in_order(text: str) -> None:
    place = 0
    for token in split(known(text, 50)):
        at = token.known.origin.span
        if at.end - at.start != len(text):
            assert at.start - 50 >= place
            place = at.end - 50
    place = 0
    for _, start, end in argument_file(text):
        assert place <= start < end <= len(text)
        place = end


@given(st.integers(0, 1 << 34), st.sampled_from(["", "k", "K", "m", "M", "g", "G", "t", "T"]))
def test_the_grammar_of_sizes(number: int, unit: str) -> None:
    arguments = parse(Version(17, None, None, ""), [Flag(f"-Xmx{number}{unit}", known("x"), "the command line")])
    amount = number << {"": 0, "k": 10, "m": 20, "g": 30, "t": 40}[unit.lower()]
    if 0 < amount < 1 << 64:
        assert arguments.number("MaxHeapSize") == amount
    else:
        assert arguments.refusals


@pytest.mark.parametrize(
    ("text", "meant"),
    [("512mb", "512m"), ("512MiB", "512m"), ("1.5g", "1536m"), ("=512m", "512m"), ("512 m", "512m"), ("lots", None), ("1.3g", None)],
)
def test_what_was_meant_by_a_wrong_size(text: str, meant: str | None) -> None:
    assert mended_size(text) == meant


# ---- the table of flags


def test_the_table_knows_which_version_knows_which_flag() -> None:
    assert look_up("MaxPermSize", 8).kind == "ignored"
    assert look_up("MaxPermSize", 17).kind == "absent"
    assert look_up("UseZGC", 11).kind == "experimental"
    assert look_up("UseZGC", 17).kind == "product"
    assert look_up("ZGenerational", 22).kind == "unsure"
    assert look_up("MaxRAMPercentage", 8, 181).kind == "absent"
    assert look_up("MaxRAMPercentage", 8, 191).kind == "product"
    assert look_up("UseSVE", 17).kind == "unsure"
    assert look_up("NoSuchFlag", 17).kind == "absent"
    assert "MaxHeapSize" in set(names(21))


@given(st.text(max_size=30), st.integers(1, 60))
def test_no_name_of_a_flag_raises(name: str, major: int) -> None:
    assert look_up(name, major).kind in ("product", "experimental", "diagnostic", "ignored", "absent", "unsure")
