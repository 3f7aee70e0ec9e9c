"""A workload says nowhere which team answers for it.

When it is killed at night, nobody is called. The label's name is a parameter: `rules: {EXA001: {label: owner}}`.

When it is a false alarm: for objects that another team's tool labels when they are applied.

How to mend: add the label.

Bad:

```kubernetes
apiVersion: v1
kind: Pod
metadata:
  name: api
spec:
  containers: [{name: api, image: "shop/api:1"}]
```

Good:

```kubernetes
apiVersion: v1
kind: Pod
metadata:
  name: api
  labels: {team: payments}
spec:
  containers: [{name: api, image: "shop/api:1"}]
```

Sources: the house rules of the shop.
"""

from memlint.api import Context, Finding, Findings, Severity, Workload, rule


@rule("EXA001", Severity.WARNING)
def team_label_missing(workload: Workload, context: Context) -> Findings:
    label = context.parameters.get("label", "team")
    if workload.pod and label not in workload.labels:
        yield Finding(f"{workload.name} has no label '{label}': nobody is called when it is killed", workload.at)
