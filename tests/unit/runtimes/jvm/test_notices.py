"""What the JVM's model says is wrong: the message's numbers, the place, the severity and the edit."""

import pytest

from memlint.api import Confidence, Image, Known, Mount, Observation, Origin, Reading, Severity, Unknown
from memlint.runtimes.jvm import Model
from unit.runtimes.jvm.build import GIB, MIB, amount, known, observed, program, read, span, surroundings, topics


def one(reading: Reading, topic: str) -> Observation:
    found = [observation for observation in reading.observations if observation.topic == topic]
    assert len(found) == 1, [observation.message for observation in reading.observations]
    return found[0]


def mended(observation: Observation, text: str) -> str:
    assert observation.fix is not None
    for edit in sorted(observation.fix.edits, key=lambda edit: -edit.start):
        start, end = edit.start - 1000, edit.end - 1000
        text = text[:start] + edit.text + text[end:]
    return text


# ---- does not start


@pytest.mark.parametrize(
    ("image", "flags", "words", "better"),
    [
        ("eclipse-temurin:21", "-Xmx512mb -Xss1m", "Invalid maximum heap size: -Xmx512mb", "-Xmx512m -Xss1m"),
        ("eclipse-temurin:21", "-Xmx512Mi", "Invalid maximum heap size: -Xmx512Mi", "-Xmx512m"),
        ("eclipse-temurin:21", "-Xmx1.5g", "Invalid maximum heap size: -Xmx1.5g", "-Xmx1536m"),
        ("eclipse-temurin:21", "-Xmx75%", "Invalid maximum heap size: -Xmx75%", "-XX:MaxRAMPercentage=75.0"),
        ("eclipse-temurin:21", "-xmx512m", "Unrecognized option: -xmx512m", "-Xmx512m"),
        ("eclipse-temurin:17", "-XX:MaxPermSize=256m", "Unrecognized VM option 'MaxPermSize=256m'", "-XX:MaxMetaspaceSize=256m"),
        ("eclipse-temurin:25", "-XX:MaxRAMFraction=2", "Unrecognized VM option 'MaxRAMFraction=2'", "-XX:MaxRAMPercentage=50.0"),
        (
            "eclipse-temurin:8",
            "-XX:MaxRAMPercentage=75",
            "Improperly specified VM option 'MaxRAMPercentage=75'",
            "-XX:MaxRAMPercentage=75.0",
        ),
        ("eclipse-temurin:17", "-XX:MaxRamPercentage=75.0", "Unrecognized VM option 'MaxRamPercentage=75.0'", "-XX:MaxRAMPercentage=75.0"),
        ("eclipse-temurin:17", "-XX:UseSerialGC", "Missing +/- setting for VM option 'UseSerialGC'", "-XX:+UseSerialGC"),
        (
            "eclipse-temurin:17",
            "-Xms1g -Xmx512m",
            "Initial heap size set to a larger value than the maximum heap size",
            "-Xms512m -Xmx512m",
        ),
    ],
)
def test_a_refused_flag_is_told_in_the_jvms_words_and_mended(image: str, flags: str, words: str, better: str) -> None:
    observation = one(read(env={"JAVA_TOOL_OPTIONS": flags}, around=surroundings(GIB, image)), "jvm-will-not-start")
    assert words in observation.message
    assert observation.severity is Severity.ERROR
    assert mended(observation, flags) == better


def test_the_place_is_the_flag_within_its_variable() -> None:
    observation = one(read(env={"JAVA_TOOL_OPTIONS": "-Dx=1 -Xmx512mb"}), "jvm-will-not-start")
    assert (observation.at.start, observation.at.end) == (1006, 1015)


def test_the_place_is_the_whole_value_where_the_file_writes_it_in_another_way() -> None:
    folded = Known("-Dx=1 -Xmx512mb", Origin(span(1000, 40)._replace(end_line=3), "environment"))
    observation = one(read(env={"JAVA_TOOL_OPTIONS": folded}), "jvm-will-not-start")
    assert (observation.at.start, observation.at.end) == (1000, 1040)
    assert observation.fix is None


def test_two_collectors_are_a_refusal_that_names_both() -> None:
    observation = one(read("java -XX:+UseG1GC -jar a.jar", {"JAVA_TOOL_OPTIONS": "-XX:+UseSerialGC"}), "jvm-will-not-start")
    assert "Multiple garbage collectors selected" in observation.message
    assert observation.notes


def test_an_unknown_version_that_all_releases_refuse_is_an_error() -> None:
    observation = one(read(env={"JAVA_TOOL_OPTIONS": "-Xmx512mb"}, around=surroundings(GIB, "shop/api:1.2")), "jvm-will-not-start")
    assert observation.severity is Severity.ERROR
    assert observation.message.startswith("no JDK starts with -Xmx512mb")


def test_an_unknown_version_that_the_common_releases_refuse_is_information() -> None:
    reading = read(env={"JAVA_TOOL_OPTIONS": "-XX:+UseConcMarkSweepGC"}, around=surroundings(GIB, "shop/api:1.2"))
    observation = one(reading, "jvm-will-not-start")
    assert observation.message.startswith("JDK 17, 21 and 25 do not start (which one the image has is not known)")
    assert (observation.severity, observation.confidence) == (Severity.INFO, Confidence.LOW)


@pytest.mark.parametrize(
    "flags", ["-XX:MaxRAMFraction=2", "-XX:MaxRAMPercentage=75", "-Xlog:gc", "-XX:HeapDumpGzipLevel=1", "-XX:+UseG1GC"]
)
def test_an_unknown_version_is_silent_where_only_ancient_or_future_releases_refuse(flags: str) -> None:
    assert "jvm-will-not-start" not in topics(read(env={"JAVA_TOOL_OPTIONS": flags}, around=surroundings(GIB, "shop/api:1.2")))


def test_another_vendors_flag_is_not_called_unknown() -> None:
    around = surroundings(GIB, "ghcr.io/graalvm/jdk-community:21")
    assert "jvm-will-not-start" not in topics(read("java -XX:+SomeFlagOfGraalOnly -jar a.jar", around=around))


def test_a_main_class_in_jdk_java_options_is_refused() -> None:
    observation = one(read(env={"JDK_JAVA_OPTIONS": "-Xmx512m Main"}), "jvm-will-not-start")
    assert "Cannot specify main class in environment variable JDK_JAVA_OPTIONS" in observation.message


# ---- overridden


def test_the_command_line_overrides_java_tool_options() -> None:
    reading = read("java -Xmx256m -jar a.jar", {"JAVA_TOOL_OPTIONS": "-Xmx512m"})
    observation = one(reading, "heap-flag-overridden")
    assert "-Xmx512m has no effect: -Xmx256m overrides it" in observation.message
    assert "256 MiB" in observation.message
    assert observation.at.start == 1000
    assert observation.notes[0].at.start == 5


def test_the_same_value_twice_is_no_fault() -> None:
    assert "heap-flag-overridden" not in topics(read("java -Xmx512m -jar a.jar", {"JAVA_TOOL_OPTIONS": "-XX:MaxHeapSize=512m"}))


def test_the_default_of_a_script_is_nobodys_fault() -> None:
    around = surroundings(2 * GIB, "apache/kafka:3.8.0")
    reading = read([], {"KAFKA_OPTS": "-Xmx512m"}, around)
    assert "heap-flag-overridden" not in topics(reading)
    assert reading.budget is not None


# ---- no effect


def test_a_heap_flag_behind_the_jar_goes_to_the_program() -> None:
    observation = one(read("java -jar app.jar -Xmx512m"), "heap-flag-ineffective")
    assert "-Xmx512m stands behind -jar app.jar" in observation.message
    assert "256 MiB" in observation.message
    assert observation.severity is Severity.ERROR
    assert observation.at.start == 18


def test_a_variable_that_nothing_expands() -> None:
    observation = one(read(env={"JAVA_OPTS": "-Xmx512m"}), "heap-flag-ineffective")
    assert "JAVA_OPTS never reaches the JVM" in observation.message
    assert observation.severity is Severity.ERROR
    assert "JAVA_TOOL_OPTIONS" in observation.message


def test_a_variable_that_the_shell_expanded_is_silent() -> None:
    assert "heap-flag-ineffective" not in topics(read("java -Xmx512m -jar a.jar", {"JAVA_OPTS": "-Xmx512m"}))


def test_an_unknown_word_may_be_the_variable() -> None:
    reading = read(["java", Unknown("$EXTRA comes from outside"), "-jar", "a.jar"], {"JAVA_OPTS": "-Xmx512m"})
    assert "heap-flag-ineffective" not in topics(reading)


def test_an_unknown_script_may_read_the_variable() -> None:
    reading = read(["/app/start.sh"], {"JAVA_OPTS": "-Xmx512m"}, surroundings(GIB, "eclipse-temurin:21"))
    assert "heap-flag-ineffective" not in topics(reading)
    assert reading.budget is not None


def test_the_variable_of_another_image() -> None:
    reading = read(["catalina.sh", "run"], {"KAFKA_HEAP_OPTS": "-Xmx512m"}, surroundings(GIB, "tomcat:10-jdk21"))
    assert "KAFKA_HEAP_OPTS never reaches the JVM: Tomcat's catalina.sh does not read it" in observed(reading, "heap-flag-ineffective")[0]


def test_the_literal_variable_of_an_exec_form() -> None:
    observation = one(read(["java", "$JAVA_OPTS", "-jar", "app.jar"]), "heap-flag-ineffective")
    assert "Could not find or load main class $JAVA_OPTS" in observation.message


def test_max_ram_percentage_below_the_switch() -> None:
    flags = "-XX:MaxRAMPercentage=75.0"
    observation = one(read(env={"JAVA_TOOL_OPTIONS": flags}, around=surroundings(200 * MIB)), "heap-flag-ineffective")
    assert "ignored at a limit of 200 MiB" in observation.message
    assert "the heap is 100 MiB" in observation.message
    assert mended(observation, flags) == "-XX:MaxRAMPercentage=75.0 -XX:MinRAMPercentage=75.0"


def test_max_ram_percentage_above_the_switch_is_silent() -> None:
    assert "heap-flag-ineffective" not in topics(
        read(env={"JAVA_TOOL_OPTIONS": "-XX:MaxRAMPercentage=75.0"}, around=surroundings(256 * MIB))
    )


def test_max_ram_percentage_beside_an_absolute_heap() -> None:
    reading = read("java -XX:MaxRAMPercentage=75.0 -jar a.jar", {"JAVA_TOOL_OPTIONS": "-Xmx300m"})
    assert "-Xmx300m sets the heap" in one(reading, "heap-flag-ineffective").message


def test_a_percentage_written_as_a_fraction() -> None:
    observation = one(read(env={"JAVA_TOOL_OPTIONS": "-XX:MaxRAMPercentage=0.75"}), "heap-flag-ineffective")
    assert mended(observation, "-XX:MaxRAMPercentage=0.75") == "-XX:MaxRAMPercentage=75.0"


def test_min_ram_percentage_is_no_smallest_heap() -> None:
    observation = one(read(env={"JAVA_TOOL_OPTIONS": "-XX:MinRAMPercentage=60.0"}), "heap-flag-ineffective")
    assert "is no smallest heap" in observation.message
    both = one(read(env={"JAVA_TOOL_OPTIONS": "-XX:MinRAMPercentage=60.0 -XX:MaxRAMPercentage=80.0"}), "heap-flag-ineffective")
    assert both.severity is Severity.INFO
    assert "has no effect at a limit of 1 GiB" in both.message


def test_jdk_8_does_not_read_jdk_java_options() -> None:
    reading = read(env={"JDK_JAVA_OPTIONS": "-Xmx512m"}, around=surroundings(GIB, "eclipse-temurin:8"))
    assert "JDK 8 does not read JDK_JAVA_OPTIONS" in one(reading, "heap-flag-ineffective").message


def test_soft_max_heap_size_is_for_zgc() -> None:
    assert "only ZGC and Shenandoah" in observed(read("java -XX:SoftMaxHeapSize=128m -jar a.jar"), "heap-flag-ineffective")[0]
    assert "heap-flag-ineffective" not in topics(read("java -XX:+UseZGC -XX:SoftMaxHeapSize=128m -jar a.jar"))


# ---- awareness of the container


@pytest.mark.parametrize(
    ("image", "cgroup", "severity"),
    [
        ("openjdk:8", None, Severity.WARNING),
        ("openjdk:8", 2, Severity.ERROR),
        ("openjdk:8", 1, None),
        ("openjdk:8u181-jre", None, Severity.ERROR),
        ("openjdk:8u181-jre", 1, Severity.ERROR),
        ("eclipse-temurin:11.0.15_10-jre", 2, Severity.ERROR),
        ("eclipse-temurin:11.0.16_8-jre", 2, None),
        ("eclipse-temurin:8", 2, None),
        ("openjdk:17", 2, None),
        ("openjdk:12", 2, Severity.ERROR),
        ("ibm-semeru-runtimes:open-8u332-b09-jre", 2, Severity.ERROR),
        ("ibm-semeru-runtimes:open-17.0.4_8-jre", 2, None),
    ],
)
def test_which_jdk_sees_which_limit(image: str, cgroup: int | None, severity: Severity | None) -> None:
    reading = read(around=surroundings(GIB, image, cgroup=cgroup))
    found = [observation.severity for observation in reading.observations if observation.topic == "not-container-aware"]
    assert found == ([severity] if severity else [])


def test_an_absolute_heap_needs_no_awareness() -> None:
    assert "not-container-aware" not in topics(read("java -Xmx512m -jar a.jar", around=surroundings(GIB, "openjdk:8")))


def test_container_support_switched_off() -> None:
    flags = "-Dx=1 -XX:-UseContainerSupport"
    observation = one(read(env={"JAVA_TOOL_OPTIONS": flags}, around=surroundings(GIB, host=64 * GIB)), "not-container-aware")
    assert "64 GiB of the host" in observation.message
    assert mended(observation, flags) == "-Dx=1 "


def test_the_flag_of_8u131_makes_cgroup_v1_seen() -> None:
    command = "java -XX:+UnlockExperimentalVMOptions -XX:+UseCGroupMemoryLimitForHeap -jar a.jar"
    assert "not-container-aware" not in topics(read(command, around=surroundings(GIB, "openjdk:8u181-jre", cgroup=1)))


# ---- the default heap


def test_the_default_heap_of_a_limit_is_information() -> None:
    observation = one(read(), "default-heap")
    assert observation.severity is Severity.INFO
    assert "of 1 GiB the JVM takes 256 MiB" in observation.message


def test_the_default_heap_without_a_limit() -> None:
    observation = one(read(around=surroundings(None, platform="kubernetes")), "default-heap")
    assert observation.severity is Severity.WARNING
    assert one(read(around=surroundings(None, platform="compose")), "default-heap").severity is Severity.INFO


def test_no_word_of_the_default_heap_where_the_script_is_not_known() -> None:
    reading = read(["/app/start.sh"], around=surroundings(GIB, "eclipse-temurin:21"))
    assert "default-heap" not in topics(reading)


# ---- after the heap is full


def test_a_server_that_lives_on_after_an_oom_error() -> None:
    observation = one(read(env={"JAVA_TOOL_OPTIONS": "-Xmx512m"}), "survives-oom-error")
    assert observation.severity is Severity.INFO
    assert mended(observation, "-Xmx512m") == "-Xmx512m -XX:+ExitOnOutOfMemoryError"


@pytest.mark.parametrize("flag", ["-XX:+ExitOnOutOfMemoryError", "-XX:+CrashOnOutOfMemoryError", "-XX:OnOutOfMemoryError=reboot"])
def test_a_server_that_ends_on_an_oom_error(flag: str) -> None:
    assert "survives-oom-error" not in topics(read(f"java -Xmx512m {flag} -jar a.jar"))


def test_a_heap_dump_without_a_volume() -> None:
    command = "java -Xmx512m -XX:+HeapDumpOnOutOfMemoryError -XX:HeapDumpPath=/dumps -jar a.jar"
    assert "up to 512 MiB goes to /dumps" in one(read(command), "heap-dump-nowhere").message
    volume = Mount("/dumps", "data", False, None, Origin(span(700, 4), "volumes"))
    assert "heap-dump-nowhere" not in topics(read(command, around=surroundings(GIB, mounts=(volume,))))
    memory = Mount("/dumps", None, True, None, Origin(span(700, 4), "tmpfs"))
    assert one(read(command, around=surroundings(GIB, mounts=(memory,))), "heap-dump-nowhere").severity is Severity.WARNING


# ---- limits and requests


def test_the_limit_as_the_heap_by_reference() -> None:
    source = Origin(span(600, 10), "resourceFieldRef limits.memory")
    value = Known("-Xmx1073741824", Origin(span(1000, 20), "environment JAVA_TOOL_OPTIONS", (source,)))
    observation = one(read(env={"JAVA_TOOL_OPTIONS": value}), "heap-equals-limit-by-reference")
    assert observation.severity is Severity.ERROR
    assert "1 GiB" in observation.message
    half = Known("-Xmx536870912", Origin(span(1000, 20), "environment JAVA_TOOL_OPTIONS", (source,)))
    assert "heap-equals-limit-by-reference" not in topics(read(env={"JAVA_TOOL_OPTIONS": half}))


def test_a_heap_above_the_request() -> None:
    around = surroundings(GIB, request=256 * MIB, platform="kubernetes")
    observation = one(read("java -Xmx512m -jar a.jar", around=around), "heap-above-request")
    assert "512 MiB" in observation.message
    assert "256 MiB" in observation.message
    assert "heap-above-request" not in topics(read("java -Xmx512m -jar a.jar", around=around._replace(request=amount(GIB))))


def test_thread_stack_size_counts_kibibytes() -> None:
    assert "1 GiB for each thread" in one(read("java -XX:ThreadStackSize=1m -jar a.jar"), "bytes-without-unit").message
    assert "bytes-without-unit" not in topics(read("java -XX:ThreadStackSize=512 -jar a.jar"))


# ---- what is no JVM


@pytest.mark.parametrize(
    "words", [["nginx"], ["sh", "-c", "true"], ["/usr/bin/python3", "app.py"], ["java", "-version"], ["keytool"], ["/bin/sleep", "1"]]
)
def test_other_programs_of_a_java_image_are_not_billed(words: list[str]) -> None:
    image = Image("eclipse-temurin:21", "catalog", runtime="jvm")
    assert Model().read(program(words), surroundings(GIB, "eclipse-temurin:21", joined=image)) is None


def test_a_clean_setting_is_silent() -> None:
    reading = read("java -XX:MaxRAMPercentage=75.0 -XX:+ExitOnOutOfMemoryError -jar app.jar")
    assert topics(reading) == set()
    assert known("x").value == "x"


def test_the_same_flags_elsewhere_are_told_at_their_own_place() -> None:
    first, second = (
        one(read(["java", *before, "-Xmx600m", "-Xmx500m", "-jar", "a.jar"]), "heap-flag-overridden") for before in ([], ["-cp", "lib"])
    )
    assert (first.message, first.at.start) == (second.message, second.at.start - len("-cp lib "))
    assert first.notes[0].at.start == second.notes[0].at.start - len("-cp lib ")
