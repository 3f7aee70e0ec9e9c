"""What the README and the how-tos show is run: every line `$ memlint …`, and what they say that it prints.

`<!-- example: shop -->` copies that example of the repository; `<!-- file: NAME -->` names the file that the next block is. In a
console block `…` stands for anything, a line of it for any lines, and `$ echo $?` for the exit status of the command before.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs" / "howto").glob("*.md"))]
STEP = re.compile(r"<!-- (?P<kind>example|file): (?P<name>\S+) -->|^```(?P<language>[a-z]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(body: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command of a console block with the lines that it prints."""
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, *lines = part.rstrip("\n").split("\n")
        while command.endswith("\\"):
            command = command[:-1] + lines.pop(0).strip()
        yield command, lines


def assert_prints(shown: list[str], printed: str, command: str) -> None:
    rest = [line.rstrip() for line in printed.splitlines()]
    for line in shown:
        if line.strip() in ("", "…"):
            continue
        wanted = re.compile(".*".join(re.escape(part) for part in line.rstrip().split("…")))
        found = next((number for number, there in enumerate(rest) if wanted.fullmatch(there)), None)
        assert found is not None, f"`{command}` does not print\n{line}\nbut\n{printed}"
        rest = rest[found + 1 :]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_do_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    pending = ""
    for step in STEP.finditer(page.read_text()):
        if step["kind"] == "example":
            shutil.copytree(ROOT / "examples" / step["name"], tmp_path / "examples" / step["name"], dirs_exist_ok=True)
        elif step["kind"] == "file":
            pending = step["name"]
        elif pending:
            (tmp_path / pending).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / pending).write_text(step["body"])
            pending = ""
        elif step["language"] == "console":
            status: int | None = None
            for command, lines in commands(step["body"]):
                if command == "echo $?":
                    assert lines == [str(status)]
                elif command.startswith("memlint"):
                    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True)
                    status = done.returncode
                    assert status in (0, 1), f"`{command}`: {done.stderr}"
                    assert_prints(lines, done.stdout + done.stderr, command)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_page_names_the_other_tool(page: Path) -> None:
    assert not re.search(r"pip(x)? install( -\S+)* memlint\b", page.read_text())


def test_every_howto_shows_memlint_at_work() -> None:
    for page in PAGES:
        if page.parent.name == "howto":
            assert "\n$ memlint " in page.read_text(), page
            assert f"howto/{page.name}" in (ROOT / "docs" / "index.md").read_text(), page


def test_the_configuration_page_names_every_key() -> None:
    import json

    schema = json.loads((ROOT / "memlint" / "sources" / "config.schema.json").read_text())
    text = (ROOT / "docs" / "configuration.md").read_text()
    assert [key for key in schema["properties"] if f"`{key}`" not in text] == []
