"""Kinds of findings and readings that real files once got wrong: each text here is of that kind, written for this test."""

from collections.abc import Callable
from textwrap import dedent
from typing import Any

import pytest

from conftest import Answer

Run = Callable[..., Answer]


def pod(image: str, body: str = "", extra: str = "") -> str:
    """Return a pod with one container `c`; `body` goes into the container, `extra` behind the pod."""
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - name: c\n    image: {image}\n"
    return text + "".join(f"    {line}\n" for line in dedent(body).strip("\n").split("\n")) + extra


def rules(answer: Answer) -> set[str]:
    return {finding["rule"] for finding in answer.findings}


def check(memlint: Run, text: str, name: str = "pod.yaml") -> Answer:
    return memlint("check", "--output", "json", name, files={name: text})


def bill(memlint: Run, text: str, name: str = "pod.yaml") -> Any:
    (container,) = memlint("budget", "--output", "json", name, files={name: text}).json["containers"]
    return container


def heap(container: Any) -> int:
    return sum(part["high"] for part in container["parts"] if part["name"] == "heap") >> 20


# ---- scripts that start Java


def test_options_of_an_images_script_are_not_the_jvms(memlint: Run) -> None:
    text = pod("jenkins/jenkins:2.555-jdk21", 'args: ["--httpPort=8080"]\nresources: {limits: {memory: 4Gi}}')
    assert "MEM212" not in rules(check(memlint, text))
    assert heap(bill(memlint, text)) == 1024


def test_the_variable_of_an_images_script_takes_effect(memlint: Run) -> None:
    text = pod(
        "docker.elastic.co/logstash/logstash:8.17.0",
        "env: [{name: LS_JAVA_OPTS, value: -Xms1g -Xmx1g}]\nresources: {limits: {memory: 3Gi}}",
    )
    assert "MEM210" not in rules(check(memlint, text))
    assert heap(bill(memlint, text)) == 1024


@pytest.mark.parametrize(
    "options", ["-server -Xmx1g", "--add-opens java.base/java.lang=ALL-UNNAMED -Xmx1g", "@more.txt -Xmx1g", "-cp /app/lib -Xmx1g"]
)
def test_a_script_hands_options_to_the_java_command(memlint: Run, options: str) -> None:
    """-server, @files and options of two words belong to the launcher, which reads what a script gives it, and not JAVA_TOOL_OPTIONS."""
    text = pod("tomcat:10-jre21", f'env: [{{name: JAVA_OPTS, value: "{options}"}}]\nresources: {{limits: {{memory: 3Gi}}}}')
    assert "MEM212" not in rules(check(memlint, text))
    assert heap(bill(memlint, text)) == 1024
    assert "MEM212" in rules(check(memlint, text.replace("JAVA_OPTS", "JAVA_TOOL_OPTIONS")))


def test_options_of_a_mounted_file_are_the_launchers(memlint: Run) -> None:
    text = pod(
        "trinodb/trino:480",
        "volumeMounts: [{name: config, mountPath: /etc/trino}]",
        "  volumes:\n  - name: config\n    configMap: {name: trino}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: trino}\n"
        "data:\n  jvm.config: |\n    -server\n    -Xmx4G\n",
    )
    assert "MEM212" not in rules(check(memlint, text))
    assert heap(bill(memlint, text)) == 4096


def test_a_shell_file_that_a_script_sources_adds_to_the_variable(memlint: Run) -> None:
    text = pod(
        "thingsboard/tb-node:4.3.1",
        "env: [{name: JAVA_OPTS, value: -Xmx1g}]\nvolumeMounts: [{name: config, mountPath: /config}]\nresources: {limits: {memory: 4Gi}}",
        "  volumes:\n  - name: config\n    configMap: {name: node}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: node}\n"
        'data:\n  thingsboard.conf: |\n    export JAVA_OPTS="$JAVA_OPTS -Xmx2g -XX:+UseG1GC"\n',
    )
    assert heap(bill(memlint, text)) == 2048
    assert heap(bill(memlint, text.replace("-Xmx2g ", ""))) == 1024
    assert heap(bill(memlint, text.replace("$JAVA_OPTS -Xmx2g ", ""))) == 1024  # a quarter of the limit: the variable was set anew


# ---- variables that hold a heap flag, whatever they are called


@pytest.mark.parametrize("name", ["JAVA_OPTIONS", "JVM_MEM_OPTS", "BOOKIE_MEM", "APP_VM_PARAMS"])
def test_a_heap_flag_in_any_variable_is_a_jvm_most_likely(memlint: Run, name: str) -> None:
    container = bill(
        memlint, pod("example.org/service:1", f"env: [{{name: {name}, value: -Xmx512m}}]\nresources: {{limits: {{memory: 2Gi}}}}")
    )
    assert (container["runtime"], heap(container), container["confidence"]) == ("jvm", 512, "low")


def test_a_heap_flag_beside_arguments_of_an_unknown_image(memlint: Run) -> None:
    text = pod("example.org/olap:1", 'args: [StartBroker, -configFile, /etc/b.conf]\nenv: [{name: JAVA_OPTS, value: "-Xms256M -Xmx1G"}]')
    assert heap(bill(memlint, text)) == 1024


@pytest.mark.parametrize("words", ["[sleep, infinity]", "[curl, -f, http://x]", "[python, app.py]", "[/usr/bin/node, app.js]"])
def test_a_program_of_another_kind_is_no_jvm(memlint: Run, words: str) -> None:
    text = pod(
        "example.org/service:1", f"command: {words}\nenv: [{{name: JAVA_OPTS, value: -Xmx1G}}]\nresources: {{limits: {{memory: 512Mi}}}}"
    )
    assert bill(memlint, text)["runtime"] != "jvm"


def test_the_heap_of_a_build_tool_is_not_the_containers(memlint: Run) -> None:
    assert bill(memlint, pod("example.org/agent:1", "env: [{name: MAVEN_OPTS, value: -Xmx2g}]"))["runtime"] is None


# ---- what comes from outside


def test_a_variable_that_is_handed_on_is_taken_for_empty_and_told(memlint: Run) -> None:
    text = """\
        services:
          api:
            image: eclipse-temurin:21-jre
            command: java -jar app.jar
            environment:
              - JAVA_TOOL_OPTIONS=-Xmx400m
              - _JAVA_OPTIONS
            mem_limit: 1g
        """
    text = dedent(text)
    container = bill(memlint, text, "compose.yaml")
    assert heap(container) == 400
    told = [finding for finding in check(memlint, text, "compose.yaml").findings if finding["rule"] == "MEM211"]
    assert [(finding["severity"], finding["line"]) for finding in told] == [("info", 7)]


def test_a_name_of_the_pod_inside_a_text_leaves_the_rest_known(memlint: Run) -> None:
    env = (
        "env:\n- {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}\n- {name: TOKEN, valueFrom: {secretKeyRef: {name: s, key: k}}}\n"
        '- {name: JAVA_TOOL_OPTIONS, value: "-Dpod=$(POD) -Xmx700m"}\ncommand: [java, -jar, app.jar]'
    )
    text = pod("eclipse-temurin:21-jre", env)
    assert heap(bill(memlint, text)) == 700
    assert bill(memlint, text.replace("$(POD)", "$(TOKEN)"))["expected"] is None


def test_a_loop_that_waits_is_not_the_images_program(memlint: Run) -> None:
    text = pod("tomcat:10-jre21", "command: [sh, -c, 'while [ ! -f /tmp/done ]; do sleep 2; done;']")
    assert bill(memlint, text)["runtime"] is None


# ---- operators' objects


def redis(body: str) -> str:
    return (
        "apiVersion: redis.redis.opstreelabs.in/v1beta2\nkind: Redis\nmetadata: {name: r}\nspec:\n"
        "  kubernetesConfig:\n    image: quay.io/opstree/redis:v7.0.12\n    resources: {limits: {memory: 256Mi}, requests: {memory: 256Mi}}\n"
    ) + body


def test_a_configuration_that_an_operator_mounts_may_set_maxmemory(memlint: Run) -> None:
    assert "MEM602" in rules(check(memlint, redis("")))
    assert "MEM602" not in rules(check(memlint, redis("  redisConfig: {additionalRedisConfig: more}\n")))


def test_an_operator_turns_persistence_on_with_storage(memlint: Run) -> None:
    found = check(memlint, redis("  storage: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce]}}}\n")).findings
    (told,) = [finding["message"] for finding in found if finding["rule"] == "MEM602"]
    assert "appendonly yes" in told
    assert "default save points" not in told


def test_a_missing_setting_stands_at_the_pod_and_not_at_an_image_for_all(memlint: Run) -> None:
    text = (
        "apiVersion: druid.apache.org/v1alpha1\nkind: Druid\nmetadata: {name: d}\nspec:\n  image: apache/druid:31.0.0\n"
        "  nodes:\n    routers:\n      nodeType: router\n"
    )
    assert [finding["line"] for finding in check(memlint, text).findings if finding["rule"] == "MEM214"] == [7]


# ---- what is not sure is not told as if it were


def only(answer: Answer, rule: str) -> Any:
    (found,) = [finding for finding in answer.findings if finding["rule"] == rule]
    return found


def test_a_bill_that_hangs_on_an_unknown_script_says_so_and_is_no_error(memlint: Run) -> None:
    text = pod("example.org/service:1", "env: [{name: JVM_OPTS, value: -Xmx512m}]\nresources: {limits: {memory: 512Mi}}")
    told = only(check(memlint, text), "MEM201")
    assert (told["severity"], told["confidence"]) == ("warning", "low")
    assert told["message"].startswith("if a script of the image hands JVM_OPTS to a JVM: c may grow")


def test_marginal_on_a_guess_is_information(memlint: Run) -> None:
    values = "app:\n  javaOpts: {xmx: 3g}\n  resources: {limits: {memory: 3Gi}}\n"
    files = {"chart/values-small.yaml": values, "chart/Chart.yaml": "apiVersion: v2\nname: app\nversion: 1.0.0\n"}
    found = memlint("check", "--output", "json", "chart", files=files).findings
    assert {finding["severity"] for finding in found if finding["rule"] in ("MEM201", "MEM202")} <= {"warning", "info"}


def test_a_flag_that_only_older_java_lacks_is_no_finding(memlint: Run) -> None:
    text = pod("trinodb/trino:480", "env: [{name: JAVA_TOOL_OPTIONS, value: '-XX:+UseCompactObjectHeaders'}]")
    assert "MEM212" not in rules(check(memlint, text))


def test_test_data_fails_no_build(memlint: Run) -> None:
    text = pod("nginx:1.29")
    for folder in ("pkg/testdata", "app/src/test/resources"):
        assert {finding["severity"] for finding in check(memlint, text, f"{folder}/pod.yaml").findings} == {"info"}
    assert "warning" in {finding["severity"] for finding in check(memlint, text, "pkg/testing/pod.yaml").findings}
    config = "rules: {MEM101: {severity: error}}\n"
    files = {"pkg/testdata/pod.yaml": text, ".memlint.yaml": config}
    assert only(memlint("check", "--output", "json", "pkg/testdata", files=files), "MEM101")["severity"] == "error"


def test_one_name_is_singular_and_no_limit_is_no_place_to_go_to(memlint: Run) -> None:
    two = f"{pod('redis:8.0', 'resources: {requests: {memory: 1Gi}}')}---\n{pod('nginx:1.29')}---\n{pod('nginx:1.29')}"
    answer = check(memlint, two)
    assert only(answer, "MEM102")["message"].startswith("c requests no memory")
    assert only(answer, "MEM301")["message"].endswith("set a memory limit, and the request to the same")


# ---- images that are made without a Dockerfile

SKAFFOLD = """\
apiVersion: skaffold/v4beta1
kind: Config
build:
  artifacts:
  - image: ledger
    jib: {project: src/ledger, type: maven}
"""


def jib(pom: str | None, image: str = "registry.example.org/bank/ledger:v1") -> dict[str, str]:
    body = "env: [{name: JVM_OPTS, value: -Xmx512m}]\nresources: {limits: {memory: 512Mi}}"
    files = {"skaffold.yaml": SKAFFOLD, "k8s/pod.yaml": pod(image, body)}
    plugin = "<project><build><plugins><plugin><artifactId>jib-maven-plugin</artifactId><configuration>{}</configuration></plugin></plugins></build></project>"
    return files if pom is None else {**files, "src/ledger/pom.xml": plugin.format(pom)}


def test_jib_starts_java_without_a_shell(memlint: Run) -> None:
    told = only(memlint("check", "--output", "json", ".", files=jib(None)), "MEM210")
    assert (told["path"], told["confidence"], told["related"][0]["path"]) == ("k8s/pod.yaml", "medium", "skaffold.yaml")
    assert "the heap is 128 MiB" in told["message"]


def test_the_flags_of_the_pom_count(memlint: Run) -> None:
    (container,) = memlint(
        "budget", "--output", "json", ".", files=jib("<container><jvmFlags><jvmFlag>-Xmx300m</jvmFlag></jvmFlags></container>")
    ).json["containers"]
    assert (heap(container), container["parts"][0]["path"]) == (300, "src/ledger/pom.xml")


def test_an_entrypoint_of_its_own_is_not_jibs(memlint: Run) -> None:
    answer = memlint("check", "--output", "json", ".", files=jib("<container><entrypoint><arg>sh</arg></entrypoint></container>"))
    assert "MEM210" not in rules(answer)


@pytest.mark.parametrize("size", ["512", "1024", "4096", "8192"])
def test_a_heap_as_large_as_the_limit_is_over_it(memlint: Run, size: str) -> None:
    """Of a large heap some part is always free, which alone would hide the rest of the process."""
    text = pod("eclipse-temurin:21-jre", f"command: [java, -Xmx{size}m, -jar, app.jar]\nresources: {{limits: {{memory: {size}Mi}}}}")
    assert bill(memlint, text)["verdict"] == "over"


def test_a_mark_that_a_program_fills_in_is_no_problem(memlint: Run) -> None:
    answer = memlint("show", "--output", "json", "compose.yaml", files={"compose.yaml": "services:\n  broker:\n    image: {$IMAGE}\n"})
    assert answer.json["problems"] == []
    assert "unknown" in answer.json["workloads"][0]["containers"][0]["image"]


def test_an_operator_that_tells_rabbitmq_its_limit(memlint: Run) -> None:
    body = "metadata: {name: r}\nspec:\n  image: rabbitmq:3.13\n  resources: {limits: {memory: 1Gi}, requests: {memory: 1Gi}}\n"
    text = f"apiVersion: rabbitmq.com/v1beta1\nkind: RabbitmqCluster\n{body}"
    assert "MEM213" not in rules(check(memlint, text))
    plain = pod("rabbitmq:3.13", "resources: {limits: {memory: 1Gi}, requests: {memory: 1Gi}}")
    assert "MEM213" in rules(check(memlint, plain))


@pytest.mark.parametrize(("heap", "told"), [("540m", False), ("700m", True)])
def test_a_little_above_half_is_no_finding(memlint: Run, heap: str, told: bool) -> None:
    text = pod("solr:9", f"env: [{{name: SOLR_JAVA_MEM, value: -Xms{heap} -Xmx{heap}}}]\nresources: {{limits: {{memory: 1000Mi}}}}")
    assert ("MEM604" in rules(check(memlint, text))) is told


def test_overlays_that_are_alternatives_do_not_run_side_by_side(memlint: Run) -> None:
    base = "services:\n  web: {image: 'nginx:1.29'}\n"
    files = {
        "compose.yaml": base,
        "compose.a.yaml": "services:\n  zk: {image: 'zookeeper:3.5'}\n",
        "compose.b.yaml": "services:\n  zk2: {image: 'zookeeper:3.9.1'}\n",
    }
    assert "MEM507" not in rules(memlint("check", "--output", "json", ".", files=files))


def test_a_policy_may_stand_elsewhere_in_an_operators_object(memlint: Run) -> None:
    settings = "  redisConfig:\n    maxMemoryPercentOfLimit: 40\n    dynamicConfig: [maxmemory-policy allkeys-lru]\n"
    assert "MEM603" not in rules(check(memlint, redis(settings)))
    assert "MEM603" in rules(
        check(memlint, pod("redis:7.4", "command: [redis-server, --maxmemory, 100mb]\nresources: {limits: {memory: 1Gi}}"))
    )


def test_a_shield_without_a_limit_is_told_to_set_one(memlint: Run) -> None:
    text = (
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  selector: {matchLabels: {app: db}}\n  template:\n"
        "    metadata: {labels: {app: db}}\n    spec: {containers: [{name: db, image: 'redis:7.4'}]}\n---\n"
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: shield}\nspec: {minAvailable: 1, selector: {matchLabels: {app: db}}}\n"
    )
    assert only(check(memlint, text), "MEM305")["message"].endswith("set a memory limit, and the request to the same")


def test_the_size_of_a_dump_reads_well_where_it_is_not_known(memlint: Run) -> None:
    text = pod("eclipse-temurin:21-jre", "command: [java, -XX:+HeapDumpOnOutOfMemoryError, -XX:HeapDumpPath=/d.bin, -jar, a.jar]")
    assert only(check(memlint, text), "MEM216")["message"].startswith("a heap dump of a size that cannot be known goes to /d.bin")
