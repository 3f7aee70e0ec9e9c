"""How a team lives with memlint: exceptions with reasons and ends, what was there before, severities and parameters of its own."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Answer

Memlint = Callable[..., Answer]

COMPOSE = """\
services:
  api:
    image: eclipse-temurin:21-jre
    command: java -Xmx512m -jar app.jar
    mem_limit: 512m
    memswap_limit: 512m
"""
POD = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
  annotations: {}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
        - name: app
          image: eclipse-temurin:21-jre
          command: [java, -Xmx512m, -jar, app.jar]
          resources: {requests: {memory: 512Mi}, limits: {memory: 512Mi}}
        - name: side
          image: eclipse-temurin:21-jre
          command: [java, -Xmx256m, -jar, side.jar]
          resources: {requests: {memory: 256Mi}, limits: {memory: 256Mi}}
"""
CHECK = ("check", "--output", "json", "--select", "MEM201,MEM009", ".")


def with_comment(comment: str, key: str = "mem_limit") -> str:
    return "".join(
        f"{line}  # memlint: {comment}\n" if line.lstrip().startswith(f"{key}:") else f"{line}\n" for line in COMPOSE.splitlines()
    )


def active(answer: Answer) -> list[str]:
    return [finding["rule"] for finding in answer.findings if finding["suppressed"] is None]


def excuse(answer: Answer, rule: str = "MEM201") -> dict[str, str]:
    (found,) = [finding["suppressed"] for finding in answer.findings if finding["rule"] == rule and finding["suppressed"]]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("key", ["mem_limit", "api", "services"])
@pytest.mark.parametrize("name", ["MEM201", "over-limit", "MEM2xx", "mem201", "all"])
def test_a_comment_hides_the_finding_at_its_line_and_below_its_key(memlint: Memlint, key: str, name: str) -> None:
    answer = memlint(*CHECK, files={"compose.yaml": with_comment(f"ignore[{name}] measured, 300 MiB at peak until=2999-01-01", key)})
    assert answer.status == 0, answer.out
    assert excuse(answer)["kind"] == "inline"
    assert excuse(answer)["reason"] == "measured, 300 MiB at peak"
    assert answer.json["summary"]["suppressed"] == 1


def test_a_comment_alone_on_its_line_speaks_of_the_next(memlint: Memlint) -> None:
    text = COMPOSE.replace("    mem_limit", "    # memlint: ignore[MEM201] measured\n    mem_limit")
    assert memlint(*CHECK, files={"compose.yaml": text}).status == 0


def test_a_comment_hides_nothing_beside_its_subtree(memlint: Memlint) -> None:
    other = COMPOSE.replace("services:\n", "").replace("  api:", "  other:")
    text = with_comment("ignore[MEM201] measured", "api") + other
    answer = memlint(*CHECK, files={"compose.yaml": text})
    assert [finding["workload"] for finding in answer.findings if finding["suppressed"] is None] == ["other"]


@pytest.mark.parametrize(
    ("comment", "told", "hides"),
    [
        ("ignore[MEM999] why", "no rule answers to MEM999", False),
        ("ignore[MEM201] why until=2020-01-01", "ended on 2020-01-01", False),
        ("ignore[MEM201] why until=soon", "'soon' is no date", False),
        ("ignore why", "names no rule", False),
        ("ignore[MEM201,MEM999] why", "no rule answers to MEM999", True),
    ],
)
def test_a_comment_that_does_not_work_is_reported(memlint: Memlint, comment: str, told: str, hides: bool) -> None:
    answer = memlint(*CHECK, files={"compose.yaml": with_comment(comment)})
    assert active(answer) == (["MEM009"] if hides else ["MEM201", "MEM009"])
    (idle,) = [finding for finding in answer.findings if finding["rule"] == "MEM009"]
    assert told in idle["message"]
    assert idle["line"] == 5


def test_an_unused_comment_is_reported(memlint: Memlint) -> None:
    answer = memlint(*CHECK, files={"compose.yaml": with_comment("ignore[MEM201] why").replace("mem_limit: 512m", "mem_limit: 2g")})
    assert active(answer) == ["MEM009"]
    assert "delete this suppression" in answer.findings[0]["message"]


def test_an_unused_comment_for_a_rule_that_did_not_run_is_left_alone(memlint: Memlint) -> None:
    answer = memlint("check", "--output", "json", "--select", "MEM009", ".", files={"compose.yaml": with_comment("ignore[MEM201] why")})
    assert answer.findings == []


def test_a_reason_can_be_demanded(memlint: Memlint) -> None:
    files = {"compose.yaml": with_comment("ignore[MEM201]"), ".memlint.yaml": "require_reason: true\n"}
    assert active(memlint(*CHECK, files=files)) == ["MEM201", "MEM009"]
    files["compose.yaml"] = with_comment("ignore[MEM201] measured")
    assert active(memlint(*CHECK, files=files)) == []


def annotated(annotations: str) -> str:
    return POD.replace("annotations: {}", f"annotations: {{{annotations}}}")


def test_an_annotation_hides_the_findings_of_its_object(memlint: Memlint) -> None:
    text = annotated('memlint.dev/ignore: "MEM201, MEM102", memlint.dev/reason: measured, memlint.dev/until: "2999-01-01"')
    answer = memlint(*CHECK, files={"api.yaml": text})
    assert active(answer) == []
    assert [finding["suppressed"]["kind"] for finding in answer.findings] == ["annotation"] * 2
    assert answer.findings[0]["suppressed"]["reason"] == "measured"


def test_an_annotation_of_one_container_hides_its_findings_alone(memlint: Memlint) -> None:
    answer = memlint(*CHECK, files={"api.yaml": annotated("memlint.dev/ignore.side: over-limit")})
    assert [(finding["container"], bool(finding["suppressed"])) for finding in answer.findings] == [("app", False), ("side", True)]


def test_an_annotation_hides_nothing_of_another_object_of_the_same_name(memlint: Memlint) -> None:
    answer = memlint("check", "--output", "json", "--select", "MEM201", "-", stdin=annotated("memlint.dev/ignore: MEM201") + "---\n" + POD)
    assert [bool(finding["suppressed"]) for finding in answer.findings] == [True, True, False, False]


@pytest.mark.parametrize(
    ("annotations", "told", "hides"),
    [
        ("memlint.dev/ignore: MEM999", "no rule answers to MEM999", False),
        ('memlint.dev/ignore: MEM201, memlint.dev/until: "2020-01-01"', "ended on 2020-01-01", False),
        ("memlint.dev/ignore: MEM201, memlint.dev/until: soon", "'soon' is no date", False),
        ('memlint.dev/ignore: ""', "names no rule", False),
        ("memlint.dev/ignore.nobody: MEM201", "no container nobody", False),
        ("memlint.dev/ignored: MEM201", "memlint.dev/ignored is none of", False),
    ],
)
def test_an_annotation_that_does_not_work_is_reported(memlint: Memlint, annotations: str, told: str, hides: bool) -> None:
    answer = memlint(*CHECK, files={"api.yaml": annotated(annotations)})
    assert active(answer).count("MEM201") == (0 if hides else 2)
    (idle,) = [finding for finding in answer.findings if finding["rule"] == "MEM009"]
    assert told in idle["message"]
    assert idle["workload"] is None or idle["workload"] == "api"


def test_an_unused_annotation_is_reported(memlint: Memlint) -> None:
    fits = annotated("memlint.dev/ignore: MEM201").replace("-Xmx512m", "-Xmx64m").replace("-Xmx256m", "-Xmx32m").replace("256Mi", "1Gi")
    answer = memlint(*CHECK, files={"api.yaml": fits})
    assert active(answer) == ["MEM009"]
    assert "delete" in answer.findings[0]["message"]


def test_an_annotation_needs_a_reason_where_one_is_demanded(memlint: Memlint) -> None:
    files = {"api.yaml": annotated("memlint.dev/ignore: MEM201"), ".memlint.yaml": "require_reason: true\n"}
    assert sorted(active(memlint(*CHECK, files=files))) == ["MEM009", "MEM201", "MEM201"]


def override(match: str, more: str = "ignore: [MEM201]\n    reason: measured") -> str:
    return f"overrides:\n  - match: {{{match}}}\n    {more}\n"


@pytest.mark.parametrize(
    "match", ["path: 'apps/*.yaml'", "path: api.yaml", "kind: Deployment", "name: 'ap?'", "kind: Deployment, name: api"]
)
def test_an_override_hides_the_findings_of_what_it_matches(memlint: Memlint, match: str) -> None:
    answer = memlint(*CHECK, files={"apps/api.yaml": POD, ".memlint.yaml": override(match)})
    assert active(answer) == []
    assert answer.findings[0]["suppressed"]["kind"] == "configuration"
    assert answer.findings[0]["suppressed"]["reason"] == "measured"


def test_an_override_for_one_container_leaves_the_others(memlint: Memlint) -> None:
    answer = memlint(*CHECK, files={"api.yaml": POD, ".memlint.yaml": override("container: side")})
    assert [(finding["container"], bool(finding["suppressed"])) for finding in answer.findings] == [("app", False), ("side", True)]


def test_an_override_that_matches_nothing_hides_nothing(memlint: Memlint) -> None:
    answer = memlint(*CHECK, files={"api.yaml": POD, ".memlint.yaml": override("kind: StatefulSet")})
    assert active(answer) == ["MEM201", "MEM201"]


def test_an_override_gives_what_it_matches_another_severity(memlint: Memlint) -> None:
    more = "severity: {MEM2xx: info}"
    answer = memlint(*CHECK, files={"api.yaml": POD, ".memlint.yaml": override("container: side", more)})
    assert [(finding["container"], finding["severity"]) for finding in answer.findings] == [("app", "error"), ("side", "info")]


def test_an_override_that_has_ended_is_reported_where_it_stands(memlint: Memlint) -> None:
    config = override("name: api", 'ignore: [MEM201]\n    reason: measured\n    until: "2020-01-01"')
    answer = memlint(*CHECK, files={"api.yaml": POD, ".memlint.yaml": config})
    assert sorted(active(answer)) == ["MEM009", "MEM201", "MEM201"]
    (idle,) = [finding for finding in answer.findings if finding["rule"] == "MEM009"]
    assert (idle["path"], idle["line"]) == (".memlint.yaml", 2)
    assert "ended on 2020-01-01" in idle["message"]


def test_an_override_needs_a_reason_where_one_is_demanded(memlint: Memlint) -> None:
    config = "require_reason: true\n" + override("name: api", "ignore: [MEM201]")
    answer = memlint(*CHECK, files={"api.yaml": POD, ".memlint.yaml": config})
    assert sorted(active(answer)) == ["MEM009", "MEM201", "MEM201"]


@pytest.mark.parametrize(
    "config",
    [
        "ignore: [MEM999]\n",
        "select: [MEM999]\n",
        "rules: {MEM999: {severity: info}}\n",
        override("name: api", "ignore: [MEM999]"),
        override("name: api", "severity: {MEM999: info}"),
    ],
)
def test_a_configuration_that_names_no_rule_of_ours_stops_with_status_2(memlint: Memlint, config: str) -> None:
    answer = memlint("check", "--output", "json", ".", files={"api.yaml": POD, ".memlint.yaml": config})
    assert answer.status == 2
    assert [problem["message"] for problem in answer.json["problems"]] == ["no rule answers to 'MEM999'"]


def test_a_finding_with_an_ended_override_may_still_have_a_comment(memlint: Memlint) -> None:
    config = override("name: api", 'ignore: [MEM201]\n    reason: x\n    until: "2020-01-01"')
    answer = memlint(*CHECK, files={"compose.yaml": with_comment("ignore[MEM201] measured"), ".memlint.yaml": config})
    assert excuse(answer)["kind"] == "inline"


@pytest.mark.parametrize(("severity", "status"), [("info", 0), ("warning", 1), ("off", 0)])
@pytest.mark.parametrize("name", ["MEM201", "over-limit", "MEM2xx"])
def test_each_rule_has_a_severity_of_the_users_choice(memlint: Memlint, name: str, severity: str, status: int) -> None:
    answer = memlint(*CHECK, files={"compose.yaml": COMPOSE, ".memlint.yaml": f'rules: {{{name}: {{severity: "{severity}"}}}}\n'})
    assert answer.status == status
    assert [finding["severity"] for finding in answer.findings] == ([] if severity == "off" else [severity])


def test_the_more_special_name_decides_the_severity(memlint: Memlint) -> None:
    config = "rules: {MEM2xx: {severity: info}, over-limit: {severity: warning}}\n"
    answer = memlint(*CHECK, files={"compose.yaml": COMPOSE, ".memlint.yaml": config})
    assert [finding["severity"] for finding in answer.findings] == ["warning"]


def test_a_parameter_changes_what_its_rule_does(memlint: Memlint) -> None:
    heap = memlint(*CHECK, files={"compose.yaml": COMPOSE, ".memlint.yaml": "rules: {MEM201: {mend: heap}}\n"}).findings[0]["fix"]
    limit = memlint(*CHECK, files={".memlint.yaml": "rules: {MEM201: {mend: limit}}\n"}).findings[0]["fix"]
    assert "limit" in limit["title"]
    assert heap["title"] != limit["title"]


def test_a_parameter_that_its_rule_does_not_have_is_refused(memlint: Memlint) -> None:
    for settings in ("{mend: nothing}", "{ratoi: 3}", "{severity: fatal}"):
        answer = memlint("check", ".", files={"compose.yaml": COMPOSE, ".memlint.yaml": f"rules:\n  MEM201: {settings}\n"})
        assert answer.status == 2
        assert ".memlint.yaml:2" in answer.err


def test_profiles_turn_on_more_and_more(memlint: Memlint) -> None:
    text = "services:\n  api:\n    image: eclipse-temurin:21-jre\n    command: java -jar app.jar\n"
    found = {}
    for profile in ("dev", "default", "strict"):
        answer = memlint("check", "--output", "json", "--profile", profile, ".", files={"compose.yaml": text, "pod.yaml": POD})
        found[profile] = {finding["rule"] for finding in answer.findings}
    assert found["dev"] < found["default"] < found["strict"]
    assert "MEM201" in found["dev"]


def test_the_command_line_wins_over_the_configured_profile(memlint: Memlint) -> None:
    files = {"compose.yaml": COMPOSE, ".memlint.yaml": "profile: strict\nselect: [MEM201]\n"}
    assert active(memlint("check", "--output", "json", ".", files=files)) == ["MEM201"]
    assert "MEM201" not in active(memlint("check", "--output", "json", "--select", "MEM202", "."))


def test_a_baseline_keeps_old_findings_quiet_and_lets_new_ones_through(memlint: Memlint) -> None:
    written = memlint("check", "--output", "json", "--write-baseline", "baseline.json", ".", files={"compose.yaml": COMPOSE})
    assert written.status == 0
    files = {"compose.yaml": "# a line more\n\n" + COMPOSE}
    assert memlint("check", "--baseline", "baseline.json", ".", files=files).status == 0
    second = COMPOSE.replace("services:\n", "").replace("  api:", "  other:")
    answer = memlint("check", "--output", "json", "--baseline", "baseline.json", ".", files={"compose.yaml": COMPOSE + second})
    assert answer.status == 1
    assert {finding["workload"] for finding in answer.findings if finding["suppressed"] is None} == {"other"}
    assert {finding["suppressed"]["kind"] for finding in answer.findings if finding["suppressed"]} == {"baseline"}


def test_a_baseline_is_written_anew_from_what_is_left(memlint: Memlint) -> None:
    memlint("check", "--write-baseline", "baseline.json", ".", files={"compose.yaml": COMPOSE})
    memlint("check", "--baseline", "baseline.json", "--write-baseline", "baseline.json", "--select", "MEM201", ".")
    kept = Path("baseline.json").read_text()
    assert [entry["rule"] for entry in json.loads(kept)["findings"]] == ["MEM201"]
    memlint("check", "--baseline", "baseline.json", "--write-baseline", "baseline.json", ".", files={"compose.yaml": "services: {}\n"})
    assert json.loads(Path("baseline.json").read_text())["findings"] == []


@pytest.mark.parametrize("text", ["", "[]", '{"version": 2, "findings": []}', "no json"])
def test_a_file_that_is_no_baseline_stops_with_status_2(memlint: Memlint, text: str) -> None:
    answer = memlint("check", "--baseline", "baseline.json", ".", files={"compose.yaml": COMPOSE, "baseline.json": text})
    assert answer.status == 2
    assert "is no baseline" in answer.err


def git(*words: str, cwd: Path) -> None:
    settings = ["-c", "user.name=x", "-c", "user.email=x@example.invalid", "-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *settings, *words], cwd=cwd, check=True, capture_output=True)


def test_only_what_a_git_reference_does_not_have_counts(memlint: Memlint, tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    git("init", "-q", cwd=tmp_path)
    git("add", ".", cwd=tmp_path)
    git("commit", "-qm", "old", cwd=tmp_path)
    argv = ("check", "--output", "json", "--select", "MEM201", "--diff-base", "HEAD", ".")
    old = memlint(*argv)
    assert old.status == 0
    assert excuse(old)["kind"] == "diff-base"
    new = memlint(*argv, files={"new/compose.yaml": COMPOSE, "compose.yaml": "# moved\n" + COMPOSE})
    assert [(finding["path"], bool(finding["suppressed"])) for finding in new.findings] == [
        ("compose.yaml", True),
        ("new/compose.yaml", False),
    ]
    assert new.status == 1


def test_a_git_reference_that_is_not_there_stops_with_status_2(memlint: Memlint, tmp_path: Path) -> None:
    git("init", "-q", cwd=tmp_path)
    answer = memlint("check", "--diff-base", "nowhere", ".", files={"compose.yaml": COMPOSE})
    assert answer.status == 2
    assert "--diff-base nowhere" in answer.err


CONFIG = """\
# ours
profile: strict
ignore:
  - MEM101
rules:
  MEM303: {ratio: 4}
  over-limit:
    severity: warning
overrides:
  - match: {path: "legacy/*"}
    ignore: [MEM2xx]
    reason: goes away
    until: 2999-01-01
"""
TOML = """\
[project]
name = "x"

[tool.memlint]
profile = "strict"
ignore = ["MEM101"]

[tool.memlint.rules.MEM303]
ratio = 4

[[tool.memlint.overrides]]
match = {path = "legacy/*"}
ignore = ["MEM2xx"]
"""


def test_config_tells_every_key_and_where_it_comes_from(memlint: Memlint) -> None:
    answer = memlint("config", "--fail-on", "error", "--node-memory", "1GiB", files={".memlint.yaml": CONFIG})
    assert answer.status == 0
    lines = answer.out.splitlines()
    for line in (
        'profile: "strict"  # .memlint.yaml:2',
        'ignore: ["MEM101"]  # .memlint.yaml:3',
        'fail_on: "error"  # command line',
        "node_memory: 1073741824  # command line",
        "require_reason: false  # default",
        '  "MEM303": {"ratio": 4}  # .memlint.yaml:6',
        '  "over-limit": {"severity": "warning"}  # .memlint.yaml:7',
        '  - {"match": {"path": "legacy/*"}, "ignore": ["MEM2xx"], "reason": "goes away", "until": "2999-01-01"}  # .memlint.yaml:10',
        "# host_memory: not set",
    ):
        assert line in lines
    keys = {line.lstrip("# ").partition(":")[0] for line in lines if not line.startswith("  ")}
    assert keys == set(json.loads(memlint("config", "--schema").out)["properties"])


def test_what_config_prints_is_a_configuration(memlint: Memlint) -> None:
    first = memlint("config", files={".memlint.yaml": CONFIG}).out
    second = memlint("config", "--config", "copy.yaml", files={"copy.yaml": first})
    assert second.status == 0, second.err
    bare = [[line.partition("  # ")[0] for line in text.splitlines() if not line.startswith("# ")] for text in (first, second.out)]
    assert bare[0] == bare[1]


def test_config_knows_the_places_in_pyproject(memlint: Memlint) -> None:
    lines = memlint("config", files={"pyproject.toml": TOML}).out.splitlines()
    assert 'profile: "strict"  # pyproject.toml:5' in lines
    assert '  "MEM303": {"ratio": 4}  # pyproject.toml:8' in lines
    assert '  - {"match": {"path": "legacy/*"}, "ignore": ["MEM2xx"]}  # pyproject.toml:12' in lines


def test_config_finds_the_file_upwards_of_the_path(memlint: Memlint) -> None:
    answer = memlint("config", "apps/api", files={"apps/.memlint.yaml": "profile: dev\n", "apps/api/compose.yaml": COMPOSE})
    assert 'profile: "dev"  # apps/.memlint.yaml:1' in answer.out


def test_config_without_a_file_shows_the_defaults(memlint: Memlint) -> None:
    answer = memlint("config")
    assert 'profile: "default"  # default' in answer.out
    assert answer.status == 0


def test_config_of_a_faulty_file_tells_its_line(memlint: Memlint) -> None:
    answer = memlint("config", files={".memlint.yaml": "profile: dev\nprofiel: strict\n"})
    assert answer.status == 2
    assert ".memlint.yaml:2" in answer.err
    assert "did you mean 'profile'" in answer.err


def test_an_amount_of_a_policy_is_refused_where_it_stands(memlint: Memlint) -> None:
    config = "expect:\n  - match: {kind: Pod}\n    min_headroom: 10%\n"
    answer = memlint("check", ".", files={"compose.yaml": COMPOSE, ".memlint.yaml": config})
    assert answer.status == 2
    assert ".memlint.yaml:3" in answer.err
    assert "'10%' is no amount of memory" in answer.err


def test_comments_work_in_scripts_and_dockerfiles(memlint: Memlint) -> None:
    line = "docker run -m 512m --memory-swap 512m eclipse-temurin:21-jre java -Xmx512m -jar app.jar"
    files = {"run.sh": f"#!/bin/sh\n{line}\n# memlint: ignore[MEM201] measured\n{line}\n"}
    answer = memlint(*CHECK, files=files)
    assert [(finding["line"], bool(finding["suppressed"])) for finding in answer.findings] == [(2, False), (4, True)]
    docker = "FROM node:22-slim\n# memlint: ignore[MEM402] stopped by hand\nCMD npm start\n"
    answer = memlint("check", "--output", "json", "--select", "MEM402,MEM009", "Dockerfile", files={"Dockerfile": docker})
    assert [bool(finding["suppressed"]) for finding in answer.findings] == [True]


def test_a_fact_beside_its_line_stands_in_the_bill(memlint: Memlint) -> None:
    def parts(comment: str) -> dict[str, int]:
        answer = memlint(
            "budget", "--output", "json", ".", files={"compose.yaml": with_comment(comment, "command") if comment else COMPOSE}
        )
        return {part["name"]: part["expected"] for part in answer.json["containers"][0]["parts"]}

    assert parts("jvm.direct=64MiB")["direct"] == 64 << 20
    assert parts("jvm.threads=500")["threads"] > parts("")["threads"]


def test_a_footprint_replaces_a_guess(memlint: Memlint) -> None:
    config = "footprints:\n  - match: {workload: api}\n    jvm: {direct: 64MiB}\n"
    answer = memlint("budget", "--output", "json", ".", files={"compose.yaml": COMPOSE, ".memlint.yaml": config})
    assert {part["name"]: part["expected"] for part in answer.json["containers"][0]["parts"]}["direct"] == 64 << 20


def test_a_fact_that_cannot_be_read_is_reported(memlint: Memlint) -> None:
    for comment in ("jvm.direct=lots", "jvm.threads=many", "leak=1MiB/year"):
        answer = memlint(*CHECK, files={"compose.yaml": with_comment(comment)})
        assert active(answer) == ["MEM201", "MEM009"]


def test_a_fact_speaks_of_its_container_alone(memlint: Memlint) -> None:
    other = with_comment("jvm.direct=64MiB").replace("services:\n", "").replace("  api:", "  other:")
    answer = memlint("budget", "--output", "json", ".", files={"compose.yaml": COMPOSE + other})
    direct = {
        bill["container"]: part["expected"] for bill in answer.json["containers"] for part in bill["parts"] if part["name"] == "direct"
    }
    assert direct["other"] == 64 << 20
    assert direct["api"] < 64 << 20
