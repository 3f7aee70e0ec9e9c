"""A search engine is given a heap that it does not want.

Elasticsearch and OpenSearch want `-Xms` and `-Xmx` to be equal: the bootstrap checks compare them and refuse to start a node that listens on more
than the loopback address, unless it is a single node. A heap that is resized while it serves pauses it. And a heap above 31 GiB loses compressed
object pointers: it holds no more objects than one of 31 GiB, and takes the memory from the page cache that the index is read through.

A warning; information where `discovery.type` is `single-node`, as then nothing refuses.

When it is a false alarm: `network.host` set to a loopback address.

How to mend: `ES_JAVA_OPTS="-Xms2g -Xmx2g"`, or neither: from 7.11 on Elasticsearch sizes its heap from the container's limit.

Bad:

```compose
services:
  search:
    image: elasticsearch:8.15.0
    environment:
      ES_JAVA_OPTS: -Xms512m -Xmx1g
    mem_limit: 2g
```

Good:

```compose
services:
  search:
    image: elasticsearch:8.15.0
    environment:
      ES_JAVA_OPTS: -Xms1g -Xmx1g
    mem_limit: 2g
```

Sources: elasticsearch BootstrapChecks.java (HeapSizeCheck), MachineDependentHeap.java (31 GiB).
"""

from memlint.api import Container, Findings, Severity, rule


@rule("MEM608", Severity.WARNING)
def search_heap_misfit(container: Container) -> Findings:
    for seen in container.observed("search-heap-misfit"):
        yield seen.finding()
