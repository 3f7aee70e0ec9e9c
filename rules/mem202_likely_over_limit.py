"""A process is expected to outgrow its container's limit, or to end so near to it that one run lives and the next is killed.

`expected` is what the process holds after days of load with its heap full: heap, metaspace, code cache, threads, direct buffers, the
collector's own structures, and the native rest. Over 105 % of the limit memlint expects the kill; within 5 % of the limit the same
program with the same flags was measured to survive one run and to be killed in the next, which memlint calls marginal. Where the bill
hangs on something that the files do not tell, it is only information.

When it is a false alarm: where the application is smaller than its kind. Measure it (`jcmd 1 VM.native_memory summary`, `memory.stat`) and
give the result to `memlint calibrate`, which writes a footprint for the configuration.

How to mend: lower the heap or raise the limit. The unsafe fix raises the limit to what the bill needs; `rules: {MEM202: {mend: heap}}` in
the configuration lowers the heap instead, and `mend: percentage` makes it a share of the limit.

Bad:

```compose
services:
  api:
    image: eclipse-temurin:21-jre
    command: java -Xmx900m -jar app.jar
    mem_limit: 1g
```

Good:

```compose
services:
  api:
    image: eclipse-temurin:21-jre
    command: java -Xmx512m -jar app.jar
    mem_limit: 1g
```

Sources: JVMs measured under memory cgroups v1 and v2; the models of the other runtimes cite theirs in `memlint budget --output json`.
"""

from memlint.api import MIB, Confidence, Container, Context, Finding, Findings, Known, Severity, Verdict, human, rule


@rule("MEM202", Severity.WARNING, needs="verdict:likely-over verdict:marginal")
def likely_over_limit(container: Container, context: Context) -> Findings:
    limit, budget = container.limit, container.process.budget
    if budget is None or not isinstance(limit, Known) or limit.value < MIB:
        return
    if container.verdict is Verdict.LIKELY_OVER:
        what = budget.parts[0].name
        told = (
            f"is expected to hold {human(budget.expected)} ({budget.bill()}) but may use {human(limit.value)}: expect the kill when the {what}"
            f" fill{'' if what.endswith('s') else 's'}"
        )
    elif container.verdict is Verdict.MARGINAL:
        told = f"is expected to hold {human(budget.expected)} ({budget.bill()}) of {human(limit.value)}, within 5 % of the limit: one run lives, the next is killed"
    else:
        return
    guess = bool(budget.condition) or container.confidence is Confidence.LOW
    yield Finding(
        f"{f'if {budget.condition}: ' if budget.condition else ''}{container.name} {told}",
        at=limit.origin.span,
        notes=budget.notes(),
        confidence=Confidence.LOW if guess else budget.confidence,
        severity=Severity.INFO if guess else None,
        fix=container.fitting_fix(context.parameters.get("mend", "")),
    )
