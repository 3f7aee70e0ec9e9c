"""A suppression is unknown, unused, expired, or lacks the reason that the configuration demands.

A suppression that hides nothing hides the next fault at the same place. One that names a rule that does not exist never worked. One
whose date has passed was meant to be looked at again: its finding is reported once more.

When it is a false alarm: an unused suppression for a rule that only another profile turns on is not reported; only rules that ran count.

How to mend: delete the comment, correct its code, or give it a new date and a reason.

Bad:

```compose
services:
  api:
    image: redis:7
    mem_limit: 1g  # memlint: ignore[MEM999] this rule does not exist
```

Good:

```compose
services:
  api:
    image: redis:7
    mem_limit: 1g
```

Sources: what users of hadolint, checkov and kube-linter miss: suppressions that nobody notices when they no longer work.
"""

from memlint.api import Findings, Project, Severity, rule


@rule("MEM009", Severity.WARNING)
def idle_suppression(project: Project) -> Findings:
    for seen in project.observed("idle-suppression"):
        yield seen.finding()
