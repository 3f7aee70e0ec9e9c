"""The share of the limit that a finding proposes fits, and stands in the file as one word."""

import pytest

POD = """apiVersion: v1
kind: Pod
metadata: {{name: api}}
spec:
  containers:
    - name: api
      image: eclipse-temurin:21-jre
      command: {command}
      env:
        - name: LIMIT
          valueFrom:
            resourceFieldRef: {{resource: limits.memory, divisor: 1Mi}}
{env}      resources: {{requests: {{memory: {limit}}}, limits: {{memory: {limit}}}}}
"""


def pod(command, limit="1Gi", env=""):
    return POD.format(command=command, limit=limit, env=env)


def fixed(memlint, text):
    answer = memlint("check", "--select", "MEM217", "--output", "json", files={"pod.yaml": text})
    (finding,) = answer.findings
    fix = finding["fix"]
    if fix is None:
        return None
    for edit in reversed(fix["edits"]):
        text = text[: edit["start"]] + edit["text"] + text[edit["end"] :]
    return text


@pytest.mark.parametrize("limit", ["384Mi", "512Mi", "1Gi", "4Gi"])
def test_the_share_leaves_room_for_the_rest(memlint, limit):
    mended = fixed(memlint, pod('["java", "-Xmx$(LIMIT)m", "-jar", "app.jar"]', limit))
    assert "$(LIMIT)" not in mended
    (bill,) = memlint("budget", "--output", "json", files={"pod.yaml": mended}).json["containers"]
    assert bill["verdict"] in ("tight", "fits")
    assert bill["parts"][0]["expected"] <= 0.75 * bill["limit"]["bytes"]


@pytest.mark.parametrize(
    "command",
    [
        '["java", "-Xmx$(LIMIT)m", "-jar", "app.jar"]',
        "[java, -Xmx$(LIMIT)m, -jar, app.jar]",
        "\n        - java\n        - -Xmx$(LIMIT)m\n        - -jar\n        - app.jar",
    ],
)
def test_the_flag_is_replaced_as_a_word(memlint, command):
    mended = fixed(memlint, pod(command))
    (workload,) = memlint("show", "--output", "json", files={"pod.yaml": mended}).json["workloads"]
    assert workload["containers"][0]["process"] == ["java", "-XX:MaxRAMPercentage=75.0", "-jar", "app.jar"]


def test_a_flag_among_others_is_left_to_the_reader(memlint):
    env = '        - {name: JAVA_TOOL_OPTIONS, value: "-Xmx$(LIMIT)m -Duser.timezone=UTC"}\n'
    assert fixed(memlint, pod("[java, -jar, app.jar]", env=env)) is None


def test_a_flag_alone_in_its_variable_is_replaced(memlint):
    env = "        - {name: JAVA_TOOL_OPTIONS, value: -Xmx$(LIMIT)m}\n"
    assert '{name: JAVA_TOOL_OPTIONS, value: "-XX:MaxRAMPercentage=75.0"}' in fixed(memlint, pod("[java, -jar, app.jar]", env=env))


def test_no_share_is_proposed_where_none_fits(memlint):
    answer = memlint(
        "check", "--select", "MEM217", "--output", "json", files={"pod.yaml": pod('["java", "-Xmx$(LIMIT)m", "-jar", "app.jar"]', "64Mi")}
    )
    (finding,) = answer.findings
    assert finding["fix"] is None
    assert "raise the limit" in finding["message"]


def test_the_default_heap_is_told_what_share_would_use_the_room(memlint):
    text = "services:\n  api:\n    image: eclipse-temurin:21-jre\n    command: java -jar app.jar\n    mem_limit: {}\n"
    for limit, share in (("2g", 75), ("512m", 65)):
        answer = memlint("check", "--select", "MEM214", "--output", "json", files={"compose.yaml": text.format(limit)})
        assert f"-XX:MaxRAMPercentage={share} would use it" in answer.findings[0]["message"]
