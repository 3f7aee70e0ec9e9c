"""`memlint show` tells through which lines a number came: who names the file that holds it."""

from collections.abc import Callable

from conftest import Answer


def test_the_line_that_takes_a_variable_in_is_told(memlint: Callable[..., Answer]) -> None:
    compose = "services:\n  api:\n    image: eclipse-temurin:21-jre\n    command: java -jar a.jar\n    env_file: api.env\n"
    pod = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata: {JAVA_TOOL_OPTIONS: -Xmx400m}\n---\napiVersion: v1\nkind: Pod\n"
        "metadata: {name: p}\nspec:\n  containers:\n  - name: c\n    image: eclipse-temurin:21-jre\n    command: [java, -jar, a.jar]\n"
        "    envFrom: [{configMapRef: {name: cm}}]\n"
    )
    files = {"compose.yaml": compose, "api.env": "JDK_JAVA_OPTIONS=-Xmx300m\n", "pod.yaml": pod}
    workloads = memlint("show", "--output", "json", ".", files=files).json["workloads"]
    heaps = {one["name"]: one["containers"][0]["runtimes"][0]["options"]["max heap"] for one in workloads}
    assert (heaps["api"]["path"], heaps["api"]["how"]) == ("api.env", "-Xmx300m in JDK_JAVA_OPTIONS in api.env, an env_file in line 5")
    assert heaps["p"]["how"] == "-Xmx400m in ConfigMap cm JAVA_TOOL_OPTIONS, by envFrom in line 14"
    assert (heaps["p"]["line"], heaps["p"]["column"]) == (4, 27)  # the flag itself, not the whole value
