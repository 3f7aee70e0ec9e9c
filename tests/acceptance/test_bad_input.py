"""What users give by mistake: one clear line each, status 2 where something could not be judged, and the rest is judged."""

from collections.abc import Callable

import pytest

from conftest import Answer

GOOD = "services:\n  api:\n    image: eclipse-temurin:21-jre\n    command: java -Xmx1g -jar app.jar\n    mem_limit: 1g\n"
Memlint = Callable[..., Answer]
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(12)
)


def problems(answer: Answer) -> list[tuple[str, int, int, str]]:
    return [(p["path"], p["line"], p["column"], p["message"]) for p in answer.json["problems"]]


def rules(answer: Answer) -> list[str]:
    return [finding["rule"] for finding in answer.findings]


def test_missing_path(memlint: Memlint) -> None:
    answer = memlint("check", "--output", "json", "--select", "MEM201", "gone.yaml", "compose.yaml", files={"compose.yaml": GOOD})
    assert answer.status == 2
    assert problems(answer) == [("gone.yaml", 1, 1, "no such file or folder")]
    assert rules(answer) == ["MEM201"]


@pytest.mark.parametrize(
    ("name", "text", "status"),
    [
        ("empty.yaml", b"", 0),
        ("Dockerfile", b"", 2),
        ("latin1.yaml", b"apiVersion: v1\nkind: Pod\n# caf\xe9\n", 2),
        ("deep.yaml", b"apiVersion: v1\nkind: Pod\nx: " + b"[" * 100_000, 2),
        ("bomb.yaml", f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\n{BOMB}".encode(), 2),
        ("templates/deployment.yaml", b"apiVersion: v1\nkind: Pod\n{{- if .Values.x }}\nspec: {{ .Values.spec }}\n{{- end }}\n", 0),
        ("broken.yaml", b"apiVersion: v1\nkind: Pod\nmetadata: {name: p\n", 2),
        ("nul.yaml", b"apiVersion: v1\nkind: Pod\nx: \x00\n", 2),
    ],
)
def test_one_odd_file_beside_a_good_one(memlint: Memlint, name: str, text: bytes, status: int) -> None:
    answer = memlint("check", "--output", "json", "--select", "MEM201", "--fail-on", "never", ".", files={name: text, "compose.yaml": GOOD})
    assert answer.status == status, answer.out
    assert [problem[0] for problem in problems(answer)] == ([name] if status == 2 else [])
    assert rules(answer) == ["MEM201"]
    assert "Traceback" not in answer.err


def test_places_of_what_cannot_be_read(memlint: Memlint) -> None:
    answer = memlint(
        "check",
        "--output",
        "json",
        ".",
        files={"latin1.yaml": b"apiVersion: v1\nkind: Pod\n# caf\xe9\n", "broken.yaml": b"apiVersion: v1\nkind: [Pod\n"},
    )
    assert {problem[:3] for problem in problems(answer)} == {("latin1.yaml", 3, 6), ("broken.yaml", 3, 1)}


def test_folder_named_like_a_file(memlint: Memlint) -> None:
    answer = memlint("check", "--output", "json", "--fail-on", "never", ".", files={"x.yaml/compose.yaml": GOOD})
    assert answer.status == 0
    assert "MEM201" in rules(answer)


def test_helm_templates_are_counted_in_one_line(memlint: Memlint) -> None:
    files = {f"chart/templates/{number}.yaml": "kind: {{ .Values.kind }}\n" for number in range(3)}
    answer = memlint("check", ".", files=files)
    assert answer.status == 0
    assert [line for line in answer.out.splitlines() if "3 Helm templates" in line]


def test_config_with_a_typo(memlint: Memlint) -> None:
    answer = memlint("check", ".", files={".memlint.yaml": "profile: strict\nignroe: [MEM101]\n", "compose.yaml": GOOD})
    assert answer.status == 2
    assert answer.err.strip() == ".memlint.yaml:2:1: problem ignroe: unknown key 'ignroe': did you mean 'ignore'?"


def test_config_with_a_bad_amount(memlint: Memlint) -> None:
    answer = memlint("check", ".", files={".memlint.yaml": "footprints:\n- match: {image: x}\n  jvm:\n    direct: lots\n"})
    assert answer.status == 2
    assert answer.err.startswith(".memlint.yaml:4:5: problem 'lots' is no amount of memory")


def test_pyproject_names_its_key(memlint: Memlint) -> None:
    answer = memlint("check", ".", files={"pyproject.toml": "[project]\nname = 'x'\n\n[tool.memlint]\nprofil = 'dev'\n"})
    assert answer.status == 2
    assert answer.err.startswith("pyproject.toml:5:1: problem profil: unknown key 'profil'")


def test_a_rule_that_does_not_exist(memlint: Memlint) -> None:
    answer = memlint("check", "--select", "MEM999", ".", files={"compose.yaml": GOOD})
    assert answer.status == 2
    assert "no rule answers to 'MEM999'" in answer.out


def test_unknown_format(memlint: Memlint) -> None:
    answer = memlint("check", "--output", "yaml", ".")
    assert answer.status == 2
    assert "no output format 'yaml'" in answer.err


def test_no_command_is_told_what_there_is(memlint: Memlint) -> None:
    assert memlint().status == 2
