"""What memlint costs beside a process that only parses, and beside its peers: pairs of runs in turn, CPU time, medians of ratios.

    benchmarks/run.py --install                 put the peers of peers.txt into a throwaway environment
    benchmarks/run.py --corpus FOLDER [--projects FOLDER] [--write]
                                                measure; --write makes docs/speed.md and docs/speed.svg

The interpreter that runs this is the one that runs memlint: measure an installed wheel. A ratio whose spread is too wide is not
printed: measure again when the machine is calm. CPU is user and system time of a process and its children.
"""

import argparse
import math
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import monorepo

from memlint import __version__
from memlint.files import Library

HERE = Path(__file__).resolve().parent
PEERS = Path(tempfile.gettempdir()) / "memlint-peers"
WIDEST = 0.25  # interquartile range of the ratios by their median; a wider spread says nothing
YAML = ("compose", "kubernetes", "helm-values", "helm-chart", "kustomization", "other", "skaffold", "workflow")
MEMLINT = [sys.executable, "-m", "memlint", "check"]
# Every YAML file of a list goes through the C parser, and nothing is kept. Where the parser gives up the file ends for both.
FLOOR = """
import gc, sys
gc.disable()
from ruamel.yaml.cyaml import CParser
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import StreamEndEvent
for path in open(sys.argv[1]).read().split("\\n"):
    with open(path, encoding="utf-8", errors="replace") as file:
        next_event = CParser(file.read()).get_event
    try:
        while type(next_event()) is not StreamEndEvent:
            pass
    except (YAMLError, ValueError):
        pass
"""
# The same, and what any linter needs next: a node with its place for every event.
NODES = """
import gc, sys
gc.disable()
from memlint.sources import tree
from memlint.sources.text import Source
for path in open(sys.argv[1]).read().split("\\n"):
    with open(path, encoding="utf-8", errors="replace") as file:
        tree.read(Source(path, file.read()))
"""


class Cost(NamedTuple):
    cpu: float  # seconds
    wall: float  # seconds
    memory: int  # bytes, peak


def cpu(cost: Cost) -> float:
    return cost.cpu


def wall(cost: Cost) -> float:
    return cost.wall


class Row(NamedTuple):
    what: str
    peer: str
    ours: float
    theirs: float
    ratio: float
    spread: float
    pairs: int
    memory: int
    peer_memory: int

    @property
    def told(self) -> str:
        return f"{self.ratio:.3g}x" if self.spread <= WIDEST else f"spread of {self.spread:.0%} is too wide"


def cost(command: Sequence[str], folder: Path) -> Cost:
    """Run a command to its end; what it prints and its exit status do not matter."""
    null = os.open(os.devnull, os.O_RDWR)
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "LOG_LEVEL": "ERROR"}
    begun = time.perf_counter()
    child = subprocess.Popen(command, cwd=folder, stdin=null, stdout=null, stderr=null, env=environment)
    _, _, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - begun
    child.returncode = 0
    os.close(null)
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))


def paired(
    what: str, peer: str, ours: Sequence[str], theirs: Sequence[str], folder: Path, pairs: int, seconds: Callable[[Cost], float] = cpu
) -> Row:
    """Run two commands in turn. The first pair only warms the caches, where there are pairs to spare."""
    found = [(cost(ours, folder), cost(theirs, folder)) for _ in range(pairs + (pairs > 2))][pairs > 2 :]
    ratios = sorted(seconds(one) / seconds(two) for one, two in found)
    middle = statistics.median(ratios)
    quartiles = statistics.quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else [0.0, middle, math.inf]
    row = Row(
        what,
        peer,
        statistics.median(seconds(one) for one, _ in found),
        statistics.median(seconds(two) for _, two in found),
        middle,
        (quartiles[2] - quartiles[0]) / middle,
        pairs,
        max(one.memory for one, _ in found),
        max(two.memory for _, two in found),
    )
    print(f"{row.what:<18} {row.peer:<14} {row.ours:8.3f} s {row.theirs:8.3f} s  {row.told:<24} {row.memory >> 20:5} MiB", flush=True)
    return row


def listed(folder: Path, name: str = ".") -> Path:
    """Write the list of the YAML files that memlint judges, and return its path."""
    library = Library(str(folder))
    library.add([name])
    target = folder.parent / f"{folder.name}.list"
    target.write_text("\n".join(source.path for kind in YAML for source in library.by_kind.get(kind, ())), encoding="utf-8")
    return target


def floor(paths: Path, program: str = FLOOR) -> list[str]:
    return [sys.executable, "-c", program, str(paths)]


def peer(name: str, *words: str) -> list[str]:
    return [str(PEERS / "bin" / name), *words]


def measure(corpus: Path, projects: Path, home: Path, wanted: Sequence[str], most: int) -> tuple[list[Row], list[tuple[int, Row]]]:
    rows: list[Row] = []
    sizes: list[tuple[int, Row]] = []
    texts = monorepo.manifests(corpus)

    def made(count: int) -> Path:
        folder = home / f"manifests-{count}"
        if not folder.exists():
            monorepo.make(texts, count, folder)
        return folder

    checkov = peer("checkov", "--quiet", "--compact", "--skip-download", "--framework", "kubernetes")
    if "one" in wanted:
        folder = home / "one"
        folder.mkdir()
        (folder / "web.yaml").write_text(DEPLOYMENT, encoding="utf-8")
        (folder / "compose.yaml").write_text(COMPOSE, encoding="utf-8")
        one = [*MEMLINT, "web.yaml"]
        paths = home / "one.list"
        paths.write_text("web.yaml", encoding="utf-8")
        rows.append(paired("1 manifest", "parse only", one, floor(paths), folder, 25))
        rows.append(paired("1 manifest", "checkov", one, [*checkov, "-f", "web.yaml"], folder, 3))
        rows.append(paired("1 compose file", "compose-lint", [*MEMLINT, "compose.yaml"], peer("compose-lint", "compose.yaml"), folder, 15))
    if "many" in wanted:
        folder = made(5000)
        paths = listed(folder)
        many = [*MEMLINT, "."]
        rows.append(paired("5,000 manifests", "parse only", many, floor(paths), folder, 5))
        rows.append(paired("5,000 manifests", "parse to nodes", many, floor(paths, NODES), folder, 5))
        rows.append(paired("5,000 manifests", "yamllint", many, peer("yamllint", "."), folder, 2))
        rows.append(paired("5,000 manifests", "checkov", many, [*checkov, "-d", "."], folder, 2))
    if "jobs" in wanted:
        folder = made(5000)
        calm = (os.cpu_count() or 1) - 1.5
        for _ in range(30):  # what was measured before counts as well, for a minute or two
            if os.getloadavg()[0] > calm:
                time.sleep(10)
        if os.getloadavg()[0] > calm:
            print("two jobs, elapsed: not measured, as other work takes the processors they would need")
        else:
            rows.append(paired("two jobs, elapsed", "one job", [*MEMLINT, ".", "--jobs", "2"], [*MEMLINT, "."], folder, 5, wall))
    if "growth" in wanted and most >= 50_000:
        large, small = (made(count).name for count in (50_000, 5000))
        rows.append(paired("50,000 manifests", "5,000", [*MEMLINT, large], [*MEMLINT, small], home, 2))
    if "docker" in wanted:
        folder = home / "dockerfiles"
        monorepo.make(monorepo.dockerfiles(HERE.parent), 500, folder, docker=True)
        names = sorted(str(path.relative_to(folder)) for path in folder.rglob("Dockerfile*"))
        rows.append(paired("500 Dockerfiles", "hadolint", [*MEMLINT, "."], peer("hadolint", *names), folder, 3))
    if "projects" in wanted:
        folder = home / "projects"
        folder.symlink_to(projects)
        paths = listed(folder)
        real = [*MEMLINT, ".", "--no-render"]  # what helm and kubectl take is theirs
        rows.append(paired("real projects", "parse only", real, floor(paths), folder, 7))
        rows.append(paired("real projects", "parse to nodes", real, floor(paths, NODES), folder, 7))
    if "sizes" in wanted:
        for count in (1, 10, 100, 1000, 5000, 20_000, 50_000):
            if count <= most:
                folder = made(count)
                row = paired(
                    f"{count:,} manifests",
                    "parse only",
                    [*MEMLINT, "."],
                    floor(listed(folder)),
                    folder,
                    9 if count < 1000 else 3 if count <= 5000 else 2,
                )
                sizes.append((count, row))
                shutil.rmtree(folder)
    return rows, sizes


def plot(sizes: Sequence[tuple[int, Row]]) -> str:
    """Return a picture of CPU seconds against the number of manifests, both in powers of ten."""
    wide, high, left, top, right, bottom = 720, 420, 70, 40, 20, 50
    counts = [count for count, _ in sizes]
    values = [value for _, row in sizes for value in (row.ours, row.theirs)]
    first, last = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    end = max(math.log10(max(counts)), 1)

    def x(count: float) -> float:
        return left + (wide - left - right) * math.log10(count) / end

    def y(seconds: float) -> float:
        return high - bottom - (high - top - bottom) * (math.log10(seconds) - first) / (last - first)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" font-family="sans-serif" font-size="13" role="img">',
        "<title>CPU time of one run against the number of manifests</title>",
        f'<rect width="{wide}" height="{high}" fill="#fff"/>',
        f'<text x="{left}" y="22" font-size="15">CPU seconds of one run, by manifests checked</text>',
    ]
    for power in range(first, last + 1):
        at = y(10.0**power)
        parts.append(f'<line x1="{left}" x2="{wide - right}" y1="{at:.1f}" y2="{at:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 8}" y="{at + 4:.1f}" text-anchor="end">{10.0**power:g} s</text>')
    parts += [f'<text x="{x(count):.1f}" y="{high - bottom + 20}" text-anchor="middle">{count:,}</text>' for count in counts]
    for name, colour, chosen in (
        ("memlint check", "#b3261e", [(count, row.ours) for count, row in sizes]),
        ("parse only", "#365f91", [(count, row.theirs) for count, row in sizes]),
    ):
        line = " ".join(f"{x(count):.1f},{y(value):.1f}" for count, value in chosen)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x(count):.1f}" cy="{y(value):.1f}" r="3.5" fill="{colour}"/>' for count, value in chosen]
        parts.append(f'<text x="{x(counts[0]) + 12:.1f}" y="{y(chosen[0][1]) - 10:.1f}" fill="{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>", ""])


def page(rows: Sequence[Row], sizes: Sequence[tuple[int, Row]]) -> str:
    lines = [
        "# What memlint costs",
        "",
        f"memlint {__version__}, {time.strftime('%Y-%m-%d')}, CPython {platform.python_version()}, {platform.machine()}, "
        f"{os.cpu_count()} cores. CPU time (user and system) of whole processes, run in turn; the ratio is the median of the ratios of "
        "the pairs, and none is told where the middle half of them spreads over more than a quarter of it. What two jobs save is elapsed time. "
        "Manifests are those of kubernetes/examples with names changed (`benchmarks/monorepo.py`). Made by `benchmarks/run.py --write`; peers "
        "are pinned in `benchmarks/peers.txt`.",
        "",
        "“Parse only” is a Python process that puts every YAML file that memlint judges through the C parser and keeps nothing; “parse to "
        "nodes” also makes a node with its place for each value.",
        "",
        "| | beside | memlint | the other | ratio | pairs | memlint's peak memory | the other's |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.what} | {row.peer} | {row.ours:.3f} s | {row.theirs:.3f} s | {row.told} | {row.pairs} "
        f"| {row.memory >> 20} MiB | {row.peer_memory >> 20} MiB |"
        for row in (*rows, *(row for _, row in sizes))
    ]
    if sizes:
        lines += ["", "![CPU time against the number of manifests](speed.svg)"]
    return "\n".join([*lines, ""])


DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
        - name: web
          image: nginx:1.27
          ports:
            - containerPort: 80
          resources:
            requests: {cpu: 100m, memory: 128Mi}
            limits: {memory: 128Mi}
"""
COMPOSE = """services:
  web:
    image: nginx:1.27
    ports: ["8080:80"]
    mem_limit: 128m
    depends_on: [cache]
  cache:
    image: redis:7
    command: redis-server --maxmemory 64mb
    mem_limit: 128m
"""


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--install", action="store_true", help="install the peers")
    ask.add_argument("--corpus", type=Path, help="a folder of real projects, whose manifests the monorepo is made of")
    ask.add_argument("--projects", type=Path, help="a folder of real projects that are measured as they are; by default the same")
    ask.add_argument("--only", default="one,many,jobs,growth,docker,projects,sizes", help="parts to measure, with commas")
    ask.add_argument("--most", type=int, default=50_000, help="the largest number of manifests")
    ask.add_argument("--write", action="store_true", help="write docs/speed.md and docs/speed.svg")
    args = ask.parse_args()
    if args.install:
        subprocess.run([sys.executable, "-m", "venv", PEERS], check=True)
        subprocess.run([PEERS / "bin" / "pip", "install", "-q", "-r", HERE / "peers.txt"], check=True)
    if args.corpus is None:
        return 0 if args.install else ask.error("--corpus names no folder")
    with tempfile.TemporaryDirectory(prefix="memlint-speed-") as home:
        projects = (args.projects or args.corpus).resolve()
        rows, sizes = measure(args.corpus.resolve(), projects, Path(home), args.only.split(","), args.most)
    if args.write:
        docs = HERE.parent / "docs"
        (docs / "speed.md").write_text(page(rows, sizes), encoding="utf-8")
        if sizes:
            (docs / "speed.svg").write_text(plot(sizes), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
