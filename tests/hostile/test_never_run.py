"""Nothing that the checked tree brings is ever run: no module, no plugin, no configuration, no filter of git, no program of a chart."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("memlint")
pytestmark = pytest.mark.skipif(not COMMAND.is_file(), reason="the command is not installed beside the interpreter")
GOOD = "services:\n  api:\n    image: eclipse-temurin:21-jre\n    command: java -Xmx1g -jar app.jar\n    mem_limit: 1g\n"
OWNED = "open('owned', 'w').close()\nraise SystemExit('owned')\n"
BROUGHT = {
    "modules": {f"{name}.py": OWNED for name in ("memlint", "memlint_rules", "pluggy", "jsonschema", "sitecustomize", "usercustomize", "json", "yaml")},
    "a package": {"memlint_rules/__init__.py": OWNED, "memlint/__init__.py": OWNED, "ruamel/__init__.py": OWNED},
    "an entry point": {
        "evil-1.0.dist-info/entry_points.txt": "[memlint]\nevil = evil\n",
        "evil-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n",
        "evil.egg-info/entry_points.txt": "[memlint]\nevil = evil\n",
        "evil.py": OWNED,
    },
    "a setup": {"setup.py": OWNED, "conftest.py": OWNED, "evil.pth": "import evil\n", "evil.py": OWNED},
    "settings in Python": {
        "gunicorn.conf.py": OWNED,
        "compose.yaml": GOOD + "  web:\n    build: .\n    command: gunicorn -c gunicorn.conf.py app:app\n    mem_limit: 1g\n",
        "Dockerfile": "FROM python:3.12\nCOPY . .\n",
    },
    "scripts": {
        "start.sh": "#!/bin/sh\n$(touch owned)\n`touch owned`\ntouch owned\nexec java -Xmx1g -jar app.jar\n",
        "Dockerfile": 'FROM eclipse-temurin:21-jre\nCOPY start.sh /start.sh\nRUN touch owned\nENTRYPOINT ["/start.sh"]\n',
        "Makefile": "X := $(shell touch owned)\n$(eval $(shell touch owned))\nx:\n\tdocker run -m 1g $(X) redis\n",
    },
    "a configuration": {".memlint.yaml": "profile: !!python/object/apply:os.system ['touch owned']\n"},
    "a configuration that names plugins": {".memlint.yaml": "plugins: [evil]\n", "evil.py": OWNED},
    "a manifest with tags": {"pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: !!python/object/apply:os.system ['touch owned']}\n"},
    "programs on the path": dict.fromkeys(("helm", "kubectl", "kustomize", "git", "docker", "java"), "#!/bin/sh\ntouch owned\n"),
}  # fmt: skip


@pytest.mark.parametrize("files", BROUGHT.values(), ids=BROUGHT)
def test_it_is_only_read(tmp_path: Path, files: dict[str, str]) -> None:
    project = tmp_path / "project"
    for name, text in {"compose.yaml": GOOD, **files}.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
    done = subprocess.run([str(COMMAND), "check", "--output", "json", "."], cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode in (1, 2), done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.rglob("owned"))


def test_git_runs_nothing_that_the_repository_sets(tmp_path: Path) -> None:
    environment = {**os.environ, "GIT_AUTHOR_NAME": "x", "GIT_AUTHOR_EMAIL": "x@x", "GIT_COMMITTER_NAME": "x", "GIT_COMMITTER_EMAIL": "x@x"}

    def git(*words: str) -> None:
        subprocess.run(["git", *words], cwd=tmp_path, check=True, capture_output=True, env=environment)

    git("init", "-q")
    (tmp_path / "compose.yaml").write_text(GOOD)
    git("add", ".")
    git("commit", "-qm", "x")
    (tmp_path / ".gitattributes").write_text("* filter=evil diff=evil\n")
    git("add", ".")
    git("commit", "-qm", "y")
    touch = f"touch {tmp_path}/owned; cat"
    for key in ("filter.evil.smudge", "filter.evil.clean", "filter.evil.process", "core.fsmonitor", "core.pager", "tar.tar.command"):
        git("config", key, touch)
    done = subprocess.run(
        [str(COMMAND), "check", "--diff-base", "HEAD", "--output", "json", "."], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 2), done.stderr
    assert not (tmp_path / "owned").exists()
