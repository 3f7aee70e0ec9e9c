"""A program needs more of /dev/shm than the 64 MiB that a container gets.

Docker mounts a tmpfs of 64 MiB at /dev/shm, and Kubernetes does too, without a field to change it. What lives there: the shared hash tables of
PostgreSQL's parallel queries (work_mem x hash_mem_multiplier x processes; they fail with "could not resize shared memory segment … No space left
on device"), the buffers of Chrome's renderers (the tab crashes), and the batches that PyTorch's DataLoader workers hand over ("Unexpected bus
error … insufficient shared memory").

A warning where one parallel query of PostgreSQL may need more than four times what is there, where a browser has the default, and where PyTorch
is told to use workers. Information where it takes several queries at once, where a browser has less than 1 GiB, or where an image of PyTorch does
not show whether it uses workers.

When it is a false alarm: where the data base has no large joins, or the browser is started with `--disable-dev-shm-usage` in the code. Puppeteer
and Playwright, and so browserless, pass that flag themselves: their images are not reported.

How to mend: `shm_size` in Compose, `--shm-size` of docker run, in Kubernetes an `emptyDir` with `medium: Memory` and a `sizeLimit` mounted at
/dev/shm. What is stored there counts against the memory limit, so the limit has to hold it too.

Bad:

```compose
services:
  browser:
    image: selenium/standalone-chrome:4.25
    mem_limit: 2g
```

Good:

```compose
services:
  browser:
    image: selenium/standalone-chrome:4.25
    shm_size: 1g
    mem_limit: 4g
  db:
    image: postgres:16
    shm_size: 256m
    mem_limit: 2g
```

Sources: docker-library docs postgres/content.md; a parallel hash join of PostgreSQL 15 failed with 64 MiB and worked with 256 MiB (2026-11);
docker-selenium README (--shm-size="2g"); puppeteer ChromeLauncher.ts and playwright chromiumSwitches.ts (--disable-dev-shm-usage).
"""

from memlint.api import GIB, Confidence, Container, Context, Finding, Findings, Known, Severity, Unknown, human, pattern, rule

_BROWSER = pattern(
    r"(?:^|/)(?:selenium/(?:standalone|node)-(?:chrome|chromium|edge|all-browsers)|alpine-chrome|chrome-headless-shell|headless-shell)(?:[:@/]|$)"
)
_PROGRAM = pattern(r"^(?:google-)?(?:chrome|chromium)(?:-browser|-stable|-headless-shell)?$")
_TORCH = pattern(r"(?:^|/)(?:pytorch/pytorch|nvidia/pytorch)(?:[:@]|$)")
_WORKERS = pattern(r"num[-_]workers|torchrun|\btrain")


@rule("MEM605", Severity.WARNING)
def shared_memory_too_small(container: Container, context: Context) -> Findings:
    for seen in container.observed("shared-memory-too-small"):
        yield seen.finding()
    image, size = container.image, container.shm_size
    mounted = any(mount.target.rstrip("/") == "/dev/shm" for mount in container.mounts)  # noqa: S108  # the container's, not ours
    if not isinstance(image, Known) or mounted or isinstance(size, Unknown):
        return
    words = " ".join(word.value for word in container.process.words or () if isinstance(word, Known))
    told = " ".join((words, *(value.value for value in container.env.values() if isinstance(value, Known))))
    workload = context.workload_of(container)
    pod = workload is not None and workload.pod
    remedy = "mount an emptyDir with medium: Memory at /dev/shm" if pod else "set shm_size"
    at = size.origin.span if size is not None else image.origin.span
    runs = any(_PROGRAM.match(program.name) for program in container.process.programs)
    if (runs or _BROWSER.search(image.value)) and "--disable-dev-shm-usage" not in told and (size is None or size.value < GIB):
        has = human(size.value) if size is not None else "the default 64 MiB"
        yield Finding(
            f"the browser in {image.value} keeps what it renders in /dev/shm, which has {has}: tabs crash when it is full; {remedy} to 1 GiB or "
            "more, or start the browser with --disable-dev-shm-usage",
            at=at,
            confidence=Confidence.MEDIUM,
            severity=Severity.INFO if size is not None else Severity.WARNING,
        )
    elif _TORCH.search(image.value) and size is None:
        workers = _WORKERS.search(told)
        yield Finding(
            f"PyTorch in {image.value} hands batches from DataLoader workers over in /dev/shm, which has the default 64 MiB: they die of a bus "
            f"error when it is full; {remedy} to 1 GiB or more, within the memory limit",
            at=at,
            confidence=Confidence.MEDIUM if workers else Confidence.LOW,
            severity=Severity.WARNING if workers else Severity.INFO,
        )
