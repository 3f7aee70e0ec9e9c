"""`--fix` and `--diff` as their user meets them: what they change, what they leave alone, what they say."""

import os
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from conftest import Answer

Memlint = Callable[..., Answer]
FIX = ("check", "--fix", "--unsafe-fixes")


def fixed(memlint: Memlint, tmp_path: Path, text: str, *options: str, name: str = "compose.yaml") -> str:
    """Return what a file is after its fixes; a second run must leave it so."""
    memlint(*FIX, *options, files={name: dedent(text)})
    after = (tmp_path / name).read_bytes().decode()
    again = memlint(*FIX, *options)
    assert "0 findings were fixed" in again.err
    assert (tmp_path / name).read_bytes().decode() == after
    return after


def test_two_findings_on_one_line(memlint: Memlint, tmp_path: Path) -> None:
    text = 'docker run -d -m 512 --tmpfs /scratch redis:7.4 redis-server --maxmemory 128mb --save ""\n'
    after = fixed(memlint, tmp_path, text, name="run.sh")
    assert after == (
        'docker run --memory-swap 512m -d -m 512m --tmpfs /scratch:size=336m redis:7.4 redis-server --maxmemory 128mb --save ""\n'
    )


def test_a_raised_limit_takes_its_swap_limit_along(memlint: Memlint, tmp_path: Path) -> None:
    text = """\
        services:
          api:
            image: eclipse-temurin:21-jre
            command: java -Xmx1g -jar app.jar
            mem_limit: 1g
            memswap_limit: 1g
        """
    after = fixed(memlint, tmp_path, text)
    assert "mem_limit: 1216m\n" in after
    assert "memswap_limit: 1216m\n" in after
    assert memlint("check", "--output", "json", "--select", "MEM5xx,MEM2xx", "--fail-on", "warning").status == 0


def test_limit_that_was_a_slip_is_judged_by_the_bill_next(memlint: Memlint, tmp_path: Path) -> None:
    text = """\
        apiVersion: v1
        kind: Pod
        metadata: {name: api}
        spec:
          containers:
            - name: api
              image: eclipse-temurin:21-jre
              command: ["java", "-Xmx512m", "-jar", "app.jar"]
              resources:
                requests:
                  memory: 256Mi
                limits:
                  memory: 512m  # as Docker writes it
        """
    first = memlint("check", "--output", "json", files={"pod.yaml": dedent(text)})
    assert "MEM103" not in {finding["rule"] for finding in first.findings}
    assert "memory: 704Mi  # as Docker writes it" in fixed(memlint, tmp_path, text, "--select", "MEM002,MEM201,MEM202", name="pod.yaml")


def test_a_request_waits_for_its_limit(memlint: Memlint, tmp_path: Path) -> None:
    text = """\
        apiVersion: v1
        kind: Pod
        metadata: {name: api}
        spec:
          containers:
            - name: api
              image: nginx:1.27
              resources:
                requests:
                  memory: 1G
                limits:
                  memory: 1G
        """
    assert fixed(memlint, tmp_path, text, name="pod.yaml").count("1Gi") == 2


def test_two_services_that_share_a_dockerfile_agree_on_its_heap(memlint: Memlint, tmp_path: Path) -> None:
    service = "  {0}:\n    build: .\n    mem_limit: {1}\n    memswap_limit: {1}\n"
    memlint(
        *FIX,
        "--select", "MEM201,MEM202",
        files={
            ".memlint.yaml": "rules: {MEM201: {mend: heap}, MEM202: {mend: heap}}\n",
            "compose.yaml": "services:\n" + service.format("big", "1g") + service.format("small", "768m"),
            "Dockerfile": 'FROM eclipse-temurin:21-jre\nENV JAVA_TOOL_OPTIONS="-Xmx1g -Xss1m"\nENTRYPOINT ["java", "-jar", "app.jar"]\n',
        },
    )  # fmt: skip
    after = (tmp_path / "Dockerfile").read_text()
    assert 'JAVA_TOOL_OPTIONS="-Xmx576m -Xss1m"' in after
    assert memlint("check", "--select", "MEM201,MEM202").status == 0


def test_a_heap_in_an_env_file_is_edited_there(memlint: Memlint, tmp_path: Path) -> None:
    memlint(
        *FIX,
        "--select", "MEM201",
        files={
            ".memlint.yaml": "rules: {MEM201: {mend: heap}}\n",
            "compose.yaml": "services:\n  api:\n    image: eclipse-temurin:21-jre\n    command: java -jar app.jar\n    env_file: api.env\n    mem_limit: 1g\n",
            "api.env": "# the heap\nJAVA_TOOL_OPTIONS=-Xmx1g\nOTHER=x\n",
        },
    )  # fmt: skip
    assert (tmp_path / "api.env").read_text() == "# the heap\nJAVA_TOOL_OPTIONS=-Xmx832m\nOTHER=x\n"


def test_the_heap_is_lowered_where_the_limit_is_filled_in(memlint: Memlint, tmp_path: Path) -> None:
    text = "services:\n  api:\n    image: eclipse-temurin:21-jre\n    command: java -Xmx1g -jar app.jar\n    mem_limit: ${LIMIT}\n"
    memlint(*FIX, "--select", "MEM201", files={"compose.yaml": text, ".env": "LIMIT=1g\n"})
    assert (tmp_path / "compose.yaml").read_text() == text.replace("-Xmx1g", "-Xmx832m")


@pytest.mark.parametrize(
    "text",
    [
        # interpolated from .env
        "services:\n  api:\n    image: eclipse-temurin:21-jre\n    command: java -Xmx${HEAP} -jar app.jar\n    mem_limit: ${LIMIT}\n",
        # an anchor on the service, on the value, and a merge source
        "services:\n  api: &api\n    image: nginx:1.27\n    mem_limit: 512\n  web:\n    <<: *api\n",
        "services:\n  api:\n    image: nginx:1.27\n    mem_limit: &limit 512\n  web:\n    image: nginx:1.27\n    mem_limit: *limit\n",
        "x-common: &common\n  mem_limit: 512\nservices:\n  api:\n    <<: *common\n    image: nginx:1.27\n",
        # a flow mapping that a key would have to be put into
        "services:\n  cache: {image: 'redis:7.4', command: 'redis-server --maxmemory 256mb'}\n",
    ],
)
def test_what_others_share_or_fill_in_is_left_alone(memlint: Memlint, tmp_path: Path, text: str) -> None:
    answer = memlint(*FIX, "--select", "MEM003,MEM101,MEM201", files={"compose.yaml": text, ".env": "LIMIT=1g\nHEAP=1g\n"})
    assert "0 findings were fixed" in answer.err
    assert (tmp_path / "compose.yaml").read_text() == text
    assert answer.out


def test_a_stream_and_a_command_have_no_file_to_fix(memlint: Memlint) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: a\n      image: a\n      resources: {limits: {memory: 512m}}\n"
    answer = memlint(*FIX, "-", stdin=pod)
    assert "MEM002" in answer.out
    assert "0 findings" in answer.err
    answer = memlint(*FIX, "--command", "docker run -m 512 redis:7")
    assert "MEM003" in answer.out
    assert "0 findings" in answer.err


def test_safe_fixes_alone_by_default(memlint: Memlint, tmp_path: Path) -> None:
    text = "services:\n  api:\n    image: nginx:1.27\n    mem_limit: 512\n  web:\n    image: nginx:1.27\n    mem_limit: 512Mi\n"
    memlint("check", "--fix", files={"compose.yaml": text})
    assert (tmp_path / "compose.yaml").read_text() == text.replace("512Mi", "512m")


def test_what_is_suppressed_is_not_fixed(memlint: Memlint, tmp_path: Path) -> None:
    text = "services:\n  api:\n    image: nginx:1.27\n    mem_limit: 512  # memlint: ignore[MEM003] a test of limits\n"
    memlint(*FIX, "--select", "MEM003", files={"compose.yaml": text})
    assert (tmp_path / "compose.yaml").read_text() == text


def test_a_mark_a_mode_and_line_ends_are_kept(memlint: Memlint, tmp_path: Path) -> None:
    text = b"\xef\xbb\xbfservices:\r\n  api:\r\n    image: nginx:1.27\r\n    mem_limit: 512 # caf\xc3\xa9\r\n"
    (tmp_path / "compose.yaml").write_bytes(text)
    (tmp_path / "compose.yaml").chmod(0o604)
    memlint(*FIX, "--select", "MEM003")
    assert (tmp_path / "compose.yaml").read_bytes() == text.replace(b"512", b"512m")
    assert (tmp_path / "compose.yaml").stat().st_mode & 0o777 == 0o604


def test_a_file_with_two_names_is_changed_once(memlint: Memlint, tmp_path: Path) -> None:
    text = "services:\n  api:\n    image: nginx:1.27\n    mem_limit: 512\n"
    (tmp_path / "compose.yaml").write_text(text)
    (tmp_path / "compose.a.yaml").symlink_to("compose.yaml")
    shown = memlint("check", "--diff", "--unsafe-fixes", "--select", "MEM003")
    assert shown.out.count("+++") == 1
    answer = memlint(*FIX, "--select", "MEM003")
    assert answer.status == 0, answer.out
    assert "in 1 file\n" in answer.err
    assert (tmp_path / "compose.yaml").read_text() == text.replace("512", "512m")
    assert (tmp_path / "compose.a.yaml").is_symlink()


def test_a_file_that_cannot_be_written_is_told(memlint: Memlint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    text = "services:\n  api:\n    image: nginx:1.27\n    mem_limit: 512\n"
    answer = memlint(*FIX, "--select", "MEM003", files={"compose.yaml": text})
    assert answer.status == 2
    assert "cannot be written" in answer.out
    assert (tmp_path / "compose.yaml").read_text() == text
    assert [path.name for path in tmp_path.iterdir()] == ["compose.yaml"]


def test_a_diff_changes_nothing_and_keeps_the_status(memlint: Memlint, tmp_path: Path) -> None:
    text = "services:\n  api:\n    image: nginx:1.27\n    mem_limit: 512\n"
    answer = memlint("check", "--diff", "--unsafe-fixes", "--select", "MEM003", files={"compose.yaml": text})
    assert answer.out.splitlines()[:2] == ["--- a/compose.yaml", "+++ b/compose.yaml"]
    assert (tmp_path / "compose.yaml").read_text() == text
    assert answer.status == 0  # what is left once the diff is applied
    assert memlint("check", "--diff", "--select", "MEM003").status == 1


def test_a_shared_heap_stays_where_no_number_fits(memlint: Memlint, tmp_path: Path) -> None:
    text = "services:\n  api:\n    image: eclipse-temurin:21-jre\n    command: java -Xmx64m -jar app.jar\n    mem_limit: 64m\n"
    memlint(
        *FIX,
        "--select",
        "MEM201,MEM202",
        files={"compose.yaml": text, ".memlint.yaml": "rules: {MEM201: {mend: heap}, MEM202: {mend: heap}}\n"},
    )
    assert (tmp_path / "compose.yaml").read_text() == text
