"""The completion of the command line, asked as bash asks it."""

import subprocess

import pytest

from conftest import run_memlint


def completed(*words: str) -> list[str]:
    typed = " ".join(f"'{word}'" for word in ("memlint", *words))
    script = f"{run_memlint('completion', 'bash').out}\nCOMP_WORDS=({typed}); COMP_CWORD={len(words)}; _memlint; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    done = subprocess.run(["bash", "--norc", "-uc", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["ch"], ["check"]),
        (["--v"], ["--version"]),
        (["check", "--fail"], ["--fail-on"]),
        (["check", "--fail-on", "w"], ["warning"]),
        (["budget", "--profile", ""], ["dev", "default", "strict"]),
        (["explain", "--fail"], []),
        (["completion", "b"], ["bash"]),
        (["check", "compo"], []),
    ],
)
def test_bash_completes_commands_options_and_choices(words: list[str], found: list[str]) -> None:
    assert completed(*words) == found


def test_every_command_is_offered() -> None:
    offered = completed("")
    for command in ("check", "budget", "forecast", "show", "merge", "calibrate", "rules", "explain", "config", "completion"):
        assert command in offered
