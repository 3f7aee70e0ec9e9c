"""Findings per container on a tree of real configuration, by rule: is memlint quiet enough to be kept?

    benchmarks/noise.py FOLDER [--sample N --seed S] [--profile NAME] [--rule CODE | --spread]

`--sample` prints findings drawn at random, with the lines that they point at, to be checked by hand. Drawn plainly, nine of ten are on absent
limits and requests; `--spread` draws one warning or error of every rule, then others of them, and a share of the rest: 8 of 50 on absent limits
and requests, 12 that are information.
"""

import argparse
import collections
import io
import json
import random
import sys
from pathlib import Path
from typing import Any

from memlint.cli import run

QUIET = ("MEM101", "MEM102")  # one a file: they are counted apart


def spread(findings: list[Any], count: int, rng: random.Random) -> list[Any]:
    """Draw findings of as many kinds as there are: a sample of the plain kind says little of the rare ones."""
    loud = [finding for finding in findings if finding["severity"] != "info" and finding["rule"] not in QUIET]
    absent = [finding for finding in findings if finding["severity"] != "info" and finding["rule"] in QUIET]
    told = [finding for finding in findings if finding["severity"] == "info"]
    drawn = one_each(loud, rng)
    rest = [finding for finding in loud if finding not in drawn]
    drawn += rng.sample(rest, min(len(rest), max(count * 3 // 5 - len(drawn), 0)))
    drawn += rng.sample(absent, min(len(absent), count * 4 // 25))
    each = one_each(told, rng)
    return drawn + rng.sample(each, min(len(each), max(count - len(drawn), 0)))


def one_each(findings: list[Any], rng: random.Random) -> list[Any]:
    rules: dict[str, list[Any]] = {}
    for finding in findings:
        rules.setdefault(finding["rule"], []).append(finding)
    return [rng.choice(rules[rule]) for rule in sorted(rules)]


def show(number: int, finding: Any) -> None:
    place = f"{finding['path']}:{finding['line']}:{finding['column']}"
    print(
        f"\n{number}. {place} {finding['severity']} {finding['rule']} [{finding['confidence']}] {finding['workload']}/{finding['container']}"
    )
    print(f"  {finding['message']}")
    for note in finding["related"][:4]:
        print(f"    {note['path']}:{note['line']}: {note['message']}")
    lines = Path(finding["path"]).read_text(errors="replace").split("\n")
    for line in range(max(finding["line"] - 2, 1), min(finding["line"] + 2, len(lines)) + 1):
        print(f"    {line:>5}{'>' if line == finding['line'] else ' '} {lines[line - 1][:140]}")


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("folder")
    ask.add_argument("--profile", default="default")
    ask.add_argument("--sample", type=int, default=0)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--rule", help="draw only findings of this rule")
    ask.add_argument("--spread", action="store_true", help="draw from every rule")
    args = ask.parse_args()
    out = io.StringIO()
    status = run(["check", "--profile", args.profile, "--output", "json", args.folder], stdout=out)
    answer = json.loads(out.getvalue())
    summary, findings = answer["summary"], answer["findings"]
    containers = max(summary["containers"], 1)
    print(f"{summary['files']} files, {containers} containers, exit status {status}, {len(answer['problems'])} problems")
    by_rule = collections.Counter((finding["rule"], finding["name"], finding["severity"]) for finding in findings)
    for (rule, name, severity), count in sorted(by_rule.items()):
        print(f"  {rule} {name:<28} {severity:<8} {count:>6}  {count / containers:.4f} per container")
    loud = sum(finding["severity"] != "info" and finding["rule"] not in QUIET for finding in findings)
    print(
        f"warnings and errors apart from {' and '.join(QUIET)}: {loud}, one for {containers / max(loud, 1):.1f} containers (budget: one for 4)"
    )
    rng = random.Random(args.seed)
    if args.spread:
        drawn = spread(findings, args.sample, rng)
    else:
        pool = [finding for finding in findings if (finding["rule"] == args.rule if args.rule else finding["severity"] != "info")]
        drawn = rng.sample(pool, min(args.sample, len(pool)))
    for number, finding in enumerate(drawn, 1):
        show(number, finding)
    return 0


if __name__ == "__main__":
    sys.exit(main())
