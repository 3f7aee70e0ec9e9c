"""A text that is four times as long costs at most some four times as much, whatever it is full of; what memlint refuses it names."""

import gc
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Answer

Memlint = Callable[..., Answer]
Text = Callable[[int], str]
SIZE = 20_000  # characters, about; a square of it is told from a line
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
CONTAINER = "spec:\n  containers:\n  - name: c\n    image: eclipse-temurin:21-jre\n    resources: {limits: {memory: 1Gi}}\n"
SERVICE = "services:\n  a:\n    image: eclipse-temurin:21-jre\n    mem_limit: 1g\n"
SH = "#!/bin/sh\n"
DEEP = "is nested deeper than 200 levels"


def many(piece: str, size: int) -> str:
    return piece * (size // len(piece) + 1)


def lines(text: Callable[[int], str], size: int) -> str:
    """Return lines that are each made from their number."""
    return "".join(text(number) for number in range(1, size // len(text(1000)) + 1))


# name of the file, the text, and the limit that is told
TEXTS: dict[str, tuple[str, Text, str]] = {
    "flow sequences in each other": ("a.yaml", lambda n: POD + "x: " + "[" * n, DEEP),
    "flow mappings in each other": ("a.yaml", lambda n: POD + "x: " + many("{a: ", n), DEEP),
    "block sequences in each other": ("a.yaml", lambda n: POD + "x:\n" + many("- ", n), DEEP),
    "block mappings in each other": ("a.yaml", lambda n: POD + "x:\n" + "".join(" " * i + "a:\n" for i in range(1, int(n**0.5))), DEEP),
    "keys in each other": ("a.yaml", lambda n: POD + "x:\n" + many("? ", n), DEEP),
    "anchors": ("a.yaml", lambda n: POD + lines(lambda i: f"a{i}: &a{i} 1\n", n), ""),
    "aliases": ("a.yaml", lambda n: POD + "a: &a 1\n" + lines(lambda i: f"b{i}: *a\n", n), ""),
    "aliases of aliases": (
        "a.yaml", lambda n: POD + "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * (n // 400))}]\n" for i in range(1, 30)),
        "excessive aliasing",
    ),
    "merge keys": (
        "a.yaml", lambda n: POD + "a: &a {" + ", ".join(f"k{i}: 1" for i in range(n // 100)) + "}\n" + lines(lambda i: f"b{i}:\n  <<: *a\n", n),
        "merge keys bring more than 100000 entries",
    ),
    "merges of merges": (
        "compose.yaml", lambda n: "x-0: &a0 {k: 1}\n" + lines(lambda i: f"x-{i}: &a{i}\n  <<: *a{i - 1}\n  k{i}: 1\n", n) + SERVICE, "",
    ),
    "one long word": ("a.yaml", lambda n: POD + "x: " + many("a:a ", n) + "\n", ""),
    "escapes": ("a.yaml", lambda n: POD + 'x: "' + many("\\n", n) + '"\n', ""),
    "a quote that is not closed": ("a.yaml", lambda n: POD + many('x: "\n', n), "while scanning a quoted scalar"),
    "a long block": ("a.yaml", lambda n: POD + "x: |\n" + many("  a b\n", n), ""),
    "blank lines": ("a.yaml", lambda n: POD + many("\n", n), ""),
    "documents": ("a.yaml", lambda n: many("---\n" + POD, n), ""),
    "duplicate keys": ("a.yaml", lambda n: POD + many("a: 1\n", n), ""),
    "inner colons": ("a.yaml", lambda n: POD + "x: {" + many("a?b: http://c, ", n) + "}\n", ""),
    "comments to memlint": ("a.yaml", lambda n: POD + many("# memlint: ignore[MEM201] x\n", n), ""),
    "comments on keys in each other": (
        "a.yaml", lambda n: POD + "".join(" " * (i % 150) + "# memlint: ignore[MEM201] x\n" + " " * (i % 150) + "a:\n" for i in range(n // 190)), "",
    ),
    "codes in a comment": ("a.yaml", lambda n: POD + "# memlint: ignore[" + many("MEM201,", n) + "]\n", ""),
    "facts of containers": (
        "compose.yaml", lambda n: "services:\n" + lines(lambda i: f"  s{i}:\n    image: redis:7 # memlint: redis.clients=9\n    mem_limit: 1g\n", n), "",
    ),
    "exceptions of containers": (
        "compose.yaml", lambda n: "services:\n" + lines(lambda i: f"  s{i}:\n    image: redis:7 # memlint: ignore[MEM603] it is so\n    mem_limit: 1g\n", n), "",
    ),
    "containers": ("a.yaml", lambda n: POD + "spec:\n  containers:\n" + lines(lambda i: f"  - {{name: c{i}, image: redis:7}}\n", n), ""),
    "objects": (
        "a.yaml", lambda n: "apiVersion: v1\nkind: List\nitems:\n" + many("- {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: redis}]}}\n", n), "",
    ),
    "pods and objects that select them": (
        "a.yaml", lambda n: lines(lambda i: f"---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: b{i}}}\nspec: {{minAvailable: 1, selector: {{matchLabels: {{app: p}}}}}}\n"
        f"---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: p{i}}}\nspec: {{template: {{metadata: {{labels: {{app: p}}}}, spec: {{containers: [{{name: c, image: redis}}]}}}}}}\n", n), "",
    ),
    "pods in ranges and quotas": (
        "a.yaml", lambda n: lines(lambda i: f"---\napiVersion: v1\nkind: LimitRange\nmetadata: {{name: l{i}}}\nspec: {{limits: [{{type: Container, default: {{memory: 1Gi}}}}]}}\n"
        f"---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {{name: q{i}}}\nspec: {{hard: {{limits.memory: 9Gi}}}}\n"
        f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p{i}}}\nspec: {{containers: [{{name: c, image: redis}}]}}\n", n), "more than 50 objects LimitRange hold for one pod",
    ),
    "variables of a pod": ("a.yaml", lambda n: POD + CONTAINER + "    env:\n" + lines(lambda i: f'    - {{name: A{i}, value: "$(A{i - 1})$(A{i - 1})"}}\n', n), ""),
    "a command of a pod": ("a.yaml", lambda n: POD + CONTAINER + "    command: [java, " + many("-Xmx1g, ", n) + "-jar, a.jar]\n", ""),
    "a script of a pod": ("a.yaml", lambda n: POD + CONTAINER + '    command: [sh, -c, "' + many("java -Xmx1g; ", n) + '"]\n', ""),
    "services": ("compose.yaml", lambda n: "services:\n" + lines(lambda i: f"  s{i}: {{image: redis, mem_limit: 1g}}\n", n), ""),
    "a command of many words": ("compose.yaml", lambda n: SERVICE + "    command: " + many("java -Xmx1g ", n) + "\n", ""),
    "a command of many lines": ("compose.yaml", lambda n: SERVICE + "    command: |\n" + many("      java -Xmx1g\n", n), ""),
    "a command of variables": ("compose.yaml", lambda n: SERVICE + "    command: java " + many("${A:-b} ", n) + "\n", ""),
    "a command in a default": ("compose.yaml", lambda n: SERVICE + "    command: java ${X:-" + many("${A:-b} ", n) + "}\n", ""),
    "defaults in each other": ("compose.yaml", lambda n: SERVICE + "    command: " + many("${A:-", n) + "\n", "is no variable that Compose can read"),
    "services upon services": ("compose.yaml", lambda n: "services:\n  s0: {image: x}\n" + lines(lambda i: f"  s{i}: {{extends: s{i - 1}}}\n", n), ""),
    "services that wait for each other": ("compose.yaml", lambda n: "services:\n  s0: {image: x}\n" + lines(lambda i: f"  s{i}: {{image: x, depends_on: [s{i - 1}, s0]}}\n", n), ""),
    "variables of a service": ("compose.yaml", lambda n: SERVICE + "    environment:\n" + lines(lambda i: f"      A{i}: x\n", n), ""),
    "variables of a project": (".env", lambda n: "A0=x\n" + lines(lambda i: f"A{i}=${{A{i - 1}}}${{A{i - 1}}}\n", n), "variables"),
    "a quote of a project": (".env", lambda n: "A='" + many("\n", n), "quote is not closed"),
    "ENV": ("Dockerfile", lambda n: "FROM x\n" + lines(lambda i: f"ENV A{i}=$A{i - 1}$A{i - 1}\n", n), ""),
    "ARG": ("Dockerfile", lambda n: "ARG A=x\n" + many("ARG A=${A}${A}\n", n) + "FROM ${A}\n", ""),
    "continuation lines": ("Dockerfile", lambda n: "FROM x\nRUN a \\\n" + many("# x\n \\\n", n) + "\n", ""),
    "heredocs": ("Dockerfile", lambda n: "FROM x\n" + lines(lambda i: f"RUN <<E{i}\na\nE{i}\n", n), ""),
    "heredocs that are not closed": ("Dockerfile", lambda n: "FROM x\nRUN " + lines(lambda i: f"<<E{i} ", n) + "\n", "unterminated heredoc"),
    "stages": ("Dockerfile", lambda n: "FROM x AS a0\n" + lines(lambda i: f"FROM a{i - 1} AS a{i}\nCOPY --from=a{i - 1} /x /y\n", n), ""),
    "ONBUILD": ("Dockerfile", lambda n: "FROM x\n" + many("ONBUILD ENV A=1\n", n) + "FROM 0\n", ""),
    "brackets of a script": ("run.sh", lambda n: SH + "docker run -m 1g x " + "$(" * n, ""),
    "variables of a script": ("run.sh", lambda n: SH + lines(lambda i: f"A{i}=$A{i - 1}$A{i - 1}\n", n) + "docker run -m 1g $A9 x\n", ""),
    "conditions of a script": ("run.sh", lambda n: SH + many("if a; then\n", n) + "docker run -m 1g x\n", ""),
    "functions of a script": ("run.sh", lambda n: SH + lines(lambda i: f"f{i}() {{ f{i + 1}; f{i + 1}; }}\n", n) + "docker run -m 1g x\nf1\n", ""),
    "containers of a script": ("run.sh", lambda n: SH + many("docker run -m 1g redis:7\n", n), ""),
    "one long container of a script": ("run.sh", lambda n: SH + "docker run \\\n" + many(" -e A=b \\\n", n) + "x\n", ""),
    "heredocs of a script": ("run.sh", lambda n: SH + "docker run -m 1g x\n" + many("cat <<E\n", n), ""),
    "a list of a script": ("run.sh", lambda n: SH + "A=(" + many("a ", n) + ")\ndocker run -m 1g ${A[@]} x\n", ""),
    "variables of a makefile": ("Makefile", lambda n: lines(lambda i: f"A{i} = $(A{i - 1})$(A{i - 1})\n", n) + "x:\n\tdocker run -m 1g $(A9) x\n", ""),
    "jobs": (".github/workflows/a.yml", lambda n: "on: push\njobs:\n" + lines(lambda i: f"  j{i}:\n    runs-on: x\n    steps:\n    - run: docker run -m 1g x\n", n), ""),
    "units": ("a.service", lambda n: "[Service]\n" + many("ExecStart=/usr/bin/docker run -m 1g x\n", n), ""),
    "a configuration": (".memlint.yaml", lambda n: "ignore: [" + many("MEM101, ", n) + "]\n", ""),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("name", "text", "limit"), TEXTS.values(), ids=TEXTS)
def test_cost_grows_with_the_size_alone(memlint: Memlint, tmp_path: Path, name: str, text: Text, limit: str) -> None:
    small, _ = cost(memlint, name, text(SIZE))
    large, answer = cost(memlint, name, text(4 * SIZE))
    assert large < 0.5 or large < 8 * small, f"{small:.2f} s, and {large:.2f} s for four times as much"
    told = answer.out + answer.err
    assert "Traceback" not in told
    assert "failed: " not in told
    assert "fault of its own" not in told
    assert limit in told
    assert (answer.status == 2) == ('"message"' in told.partition('"problems": [')[2] or not answer.out), told[-500:]


def cost(memlint: Memlint, name: str, text: str) -> tuple[float, Answer]:
    files = {name: text}
    if name in (".env", ".memlint.yaml"):
        files["compose.yaml"] = SERVICE + '    environment: {A: "${A5}"}\n'
    gc.collect()
    gc.disable()  # as the command does
    try:
        began = time.process_time()
        answer = memlint("check", ".", "--profile", "strict", "--fail-on", "never", "--no-render", "--output", "json", files=files)
        return time.process_time() - began, answer
    finally:
        gc.enable()
