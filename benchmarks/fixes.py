"""What `--fix --unsafe-fixes` does to real repositories: `python benchmarks/fixes.py FOLDER…` prints one line a repository.

Each folder is copied. The diff is applied to one copy by `patch`, the fixes to another by memlint: both must end byte for byte the same.
Then the model of before and after is compared: only containers that a fix was for may differ.
"""

import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from memlint import fixes
from memlint.cli import run


def memlint(folder: Path, *argv: str) -> tuple[str, str]:
    os.chdir(folder)
    out, err = io.StringIO(), io.StringIO()
    run([*argv, "--no-render", "."], io.StringIO(), out, err)
    return out.getvalue(), err.getvalue()


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}


def bare(value: Any) -> Any:
    """Return a value of the report without the places, which move when a line is put in."""
    if isinstance(value, dict):
        return {key: bare(inner) for key, inner in value.items() if key not in ("line", "column", "end_line", "end_column")}
    return [bare(inner) for inner in value] if isinstance(value, list) else value


def containers(text: str) -> Iterator[tuple[tuple[str, str, str, int], Any]]:
    seen: Counter[tuple[str, str, str]] = Counter()
    for workload in json.loads(text)["workloads"]:
        for container in workload["containers"]:
            key = workload["path"], workload["name"], container["name"]
            seen[key] += 1
            yield (*key, seen[key]), bare(container)


def check(repository: Path) -> str:
    taken: list[Any] = []
    plan = fixes.plan

    def noted(*arguments: Any) -> Any:
        found = plan(*arguments)
        taken.extend(found.taken)
        return found

    with tempfile.TemporaryDirectory() as scratch:
        one, other = Path(scratch, "one"), Path(scratch, "other")
        for copy in (one, other):
            shutil.copytree(repository, copy, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        before, model = tree(one), memlint(one, "show", "--output", "json")[0]
        diff, _ = memlint(one, "check", "--diff", "--unsafe-fixes")
        assert tree(one) == before, "--diff changed something"
        patched = subprocess.run(["patch", "-p1", "--binary", "--quiet"], input=diff.encode(), cwd=other, capture_output=True, check=False)
        assert patched.returncode == 0, patched.stdout.decode()[:400]
        fixes.plan = noted
        try:
            _, told = memlint(one, "check", "--fix", "--unsafe-fixes", "--output", "json")
        finally:
            fixes.plan = plan
        after = tree(one)
        assert after == tree(other), "patch and --fix differ"
        changed = [path for path in before if before[path] != after[path]]
        lines = sum(line.startswith(("+", "-")) and not line.startswith(("+++", "---")) for line in diff.split("\n"))
        old, new = dict(containers(model)), dict(containers(memlint(one, "show", "--output", "json")[0]))
        owners = {(item.workload, item.container) for item in taken}
        projects = {item.finding.at.path for item in taken if item.container is None}
        stray = [
            key
            for key in old
            if old[key] != new.get(key) and key[1:3] not in owners and key[0] not in projects and (key[1], None) not in owners
        ]
        assert set(old) == set(new), "other containers than before"
        assert not stray, f"changed too: {stray[:3]}"
        _, again = memlint(one, "check", "--diff", "--unsafe-fixes")
        moved = sum(old[key] != new[key] for key in old)
        rules = " ".join(f"{rule}:{count}" for rule, count in sorted(Counter(item.rule for item in taken).items()))
        return f"{told.strip().removeprefix('memlint: ')}; {lines} lines in {len(changed)} files; {moved} of {len(old)} containers differ; again: {again.strip()[9:12]}; {rules}"


def main() -> int:
    wrong = 0
    for repository in [Path(argument).resolve() for argument in sys.argv[1:]]:  # checking one changes the working folder
        try:
            told = check(repository)
        except AssertionError as error:
            wrong += 1
            told = f"WRONG {error}"
        print(f"{repository.name}: {told}", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
