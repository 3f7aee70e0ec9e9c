"""A memory setting holds a shell's `${VAR}` where no shell reads it, so the program gets the text as it is written.

Kubernetes expands `$(VAR)` in `command`, `args` and the values of `env`, and nothing else; there is no shell unless the command starts one. A JVM
that is given `-Xmx${HEAP}` refuses to start with "Invalid maximum heap size"; a variable that the runtime reads itself (`JAVA_TOOL_OPTIONS`,
`NODE_OPTIONS`, `GOMEMLIMIT`) is never expanded by anybody.

Silent where a shell runs the command, where the image's own script does, and where the file is a template for another program.

When it is a false alarm: where a deployment script fills in the manifest first. Then the image usually holds a variable too, and nothing is said.

How to mend: write `$(VAR)`, with VAR among the container's `env`, or start a shell: `["sh", "-c", "exec java -Xmx${HEAP} -jar app.jar"]`.

Bad:

```kubernetes
apiVersion: v1
kind: Pod
metadata: {name: api}
spec:
  containers:
    - name: api
      image: eclipse-temurin:21-jre
      command: ["java", "-Xmx${HEAP}", "-jar", "app.jar"]
      env: [{name: HEAP, value: 512m}]
      resources: {limits: {memory: 1Gi}}
```

Good:

```kubernetes
apiVersion: v1
kind: Pod
metadata: {name: api}
spec:
  containers:
    - name: api
      image: eclipse-temurin:21-jre
      command: ["java", "-Xmx$(HEAP)", "-jar", "app.jar"]
      env: [{name: HEAP, value: 512m}]
      resources: {limits: {memory: 1Gi}}
```

Sources: Kubernetes documentation "Define Dependent Environment Variables"; third_party/forked/golang/expansion/expand.go.
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM218", Severity.WARNING)
def variable_not_expanded(container: Container) -> Findings:
    for seen in container.observed("variable-not-expanded"):
        yield seen.finding()
