"""The completion of the command line, asked as each shell asks it."""

import shutil
import subprocess
from pathlib import Path

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


def shell(name: str) -> str:
    return shutil.which(name) or pytest.skip(f"{name} is not installed")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("ch", ["check"]),
        ("check --fail-on w", ["warning"]),
        ("check --fail-o", ["--fail-on"]),
        ("explain --fail-o", []),
        ("completion f", ["fish"]),
        ("check compo", ["compose.yaml"]),
    ],
)
def test_fish_completes_commands_options_choices_and_files(typed: str, found: list[str], tmp_path: Path) -> None:
    (tmp_path / "completion.fish").write_text(run_memlint("completion", "fish").out)
    (tmp_path / "compose.yaml").touch()
    script = f"source completion.fish; complete -C 'memlint {typed}'"
    done = subprocess.run([shell("fish"), "--no-config", "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr == ""
    assert [line.partition("\t")[0] for line in done.stdout.splitlines()] == found


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["ch"], "check:Find what will get a container killed or evicted"),
        (
            ["check", "--fail"],
            "*--fail-on[from which severity on the exit status is 1 (default\\: warning)]:fail_on:(error warning info never)",
        ),
        (["check", "--diff"], "*--diff[print what --fix would change, and change nothing]"),
        (["check", "x"], "*:PATH:_files"),
        (["completion", ""], ":shell:(bash zsh fish)"),
    ],
)
def test_zsh_is_offered_commands_options_and_choices(words: list[str], offered: str, tmp_path: Path) -> None:
    (tmp_path / "_memlint").write_text(run_memlint("completion", "zsh").out)
    given = " ".join(f"'{word}'" for word in ("memlint", *words))
    script = f"""
        compdef() {{ }}
        _describe() {{ print -rl -- ${{(P)2}} }}
        _arguments() {{ print -rl -- "$@" }}
        source ./_memlint
        words=({given}); CURRENT={len(words) + 1}
        _memlint
    """
    done = subprocess.run([shell("zsh"), "-f", "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr == ""
    assert offered in done.stdout.splitlines()
