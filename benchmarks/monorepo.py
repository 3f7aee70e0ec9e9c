"""Make a monorepo of N manifests (or Dockerfiles) out of a folder of real ones, each copy with names of its own.

benchmarks/monorepo.py FOLDER N TARGET [--dockerfiles]
"""

import argparse
import re
import sys
from pathlib import Path

KINDS = 240  # distinct manifests that the copies are made of
BIG = 40_000  # bytes; a few generated custom resource definitions would be most of the text
_NAME = re.compile(r"(?m)^(metadata:\n(?:  .*\n)*?  name: *)([\w.-]+)")
_MANIFEST = re.compile(r"(?m)^kind: *(Deployment|StatefulSet|DaemonSet|Job|CronJob|Pod|Service|ConfigMap|Ingress)\b")


def manifests(folder: Path) -> list[str]:
    """Return texts of manifests below `folder`, no templates, spread evenly over the folder."""
    found = []
    for path in sorted(folder.rglob("*.y*ml")):
        if path.is_file() and path.stat().st_size < BIG:
            text = path.read_text(encoding="utf-8", errors="replace")
            if _MANIFEST.search(text) and "{{" not in text:
                found.append(text)
    return _spread(found, KINDS)


def dockerfiles(folder: Path) -> list[str]:
    """Return texts of Dockerfiles below `folder`."""
    paths = sorted(path for path in folder.rglob("*Dockerfile*") if path.is_file() and path.suffix not in (".j2", ".tmpl", ".template"))
    return _spread([path.read_text(encoding="utf-8", errors="replace") for path in paths], KINDS)


def _spread(texts: list[str], count: int) -> list[str]:
    distinct = list(dict.fromkeys(texts))
    return [distinct[number * len(distinct) // count] for number in range(count)] if len(distinct) > count else distinct


def make(texts: list[str], count: int, target: Path, docker: bool = False) -> int:
    """Write `count` files below `target` and return their bytes."""
    total = 0
    for number in range(count):
        text = texts[number % len(texts)]
        folder = target / f"team-{number // 500}" / f"app-{number // 10}"
        folder.mkdir(parents=True, exist_ok=True)
        if not docker:
            text = _NAME.sub(rf"\g<1>\g<2>-{number}", text)
        path = folder / (f"Dockerfile.{number}" if docker else f"manifest-{number}.yaml")
        total += path.write_bytes(text.encode("utf-8"))
    return total


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("folder", type=Path)
    ask.add_argument("count", type=int)
    ask.add_argument("target", type=Path)
    ask.add_argument("--dockerfiles", action="store_true")
    args = ask.parse_args()
    texts = dockerfiles(args.folder) if args.dockerfiles else manifests(args.folder)
    print(f"{args.count} files, {make(texts, args.count, args.target, args.dockerfiles)} bytes, of {len(texts)} distinct ones")
    return 0


if __name__ == "__main__":
    sys.exit(main())
