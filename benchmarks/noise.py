"""Findings per container on a tree of real configuration, by rule: is memlint quiet enough to be kept?

    benchmarks/noise.py FOLDER [--sample N --seed S] [--profile NAME]

`--sample` prints findings drawn at random, to be checked against their files by hand.
"""

import argparse
import collections
import io
import json
import random
import sys

from memlint.cli import run

QUIET = ("MEM101", "MEM102")  # one a file: they are counted apart


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("folder")
    ask.add_argument("--profile", default="default")
    ask.add_argument("--sample", type=int, default=0)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--rule", help="draw only findings of this rule")
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
    pool = (
        [finding for finding in findings if finding["rule"] == args.rule] if args.rule else [f for f in findings if f["severity"] != "info"]
    )
    for finding in random.Random(args.seed).sample(pool, min(args.sample, len(pool))):
        print(
            f"\n{finding['path']}:{finding['line']}:{finding['column']} {finding['severity']} {finding['rule']} {finding['workload']}/{finding['container']}"
        )
        print(f"  {finding['message']}")
        for note in finding["related"][:4]:
            print(f"    {note['path']}:{note['line']}: {note['message']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
