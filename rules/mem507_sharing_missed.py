"""Processes that could share pages keep copies of their own.

What shares memory on one host, without anybody asking for it: file-backed pages (programs, libraries, class archives) of the *same* layer of the same
image, as all its containers map one file; and the pages of a parent that its children have not written to since the fork. Heaps do not: what
one container has on its heap no other sees. The kernel's same-page merging (KSM) shares equal anonymous pages only where a program asks for it
(`madvise(MADV_MERGEABLE)`, `prctl(PR_SET_MEMORY_MERGE)` on Linux 6.4 and later), costs CPU, and Docker has no switch for it.

Reported with evidence only: gunicorn workers without `--preload`, uWSGI with `lazy-apps`, a JVM with `-Xshare:off`, and one project that runs the same
runtime from several versions of one base image. What cannot be seen from the files: how much of an application is ever written. Python writes a
reference count into every object that it looks at, so 150 MiB that were preloaded into 4 workers ended anywhere from 185 to 414 MiB
(`gc.freeze()` before the fork helps). File-backed pages are reclaimable as well: sharing them saves page cache, not the kill.

Information.

When it is a false alarm: an application that opens connections or threads while it loads must not be forked afterwards.

How to mend: gunicorn `--preload`; uWSGI without `lazy-apps`; the default `-Xshare:auto`, or an archive of the application's own classes
(`-XX:SharedArchiveFile`, from JDK 13 `-XX:ArchiveClassesAtExit`); one base image, by digest, for the services of a host.

Bad:

```compose
services:
  web:
    image: python:3.12
    command: gunicorn --workers 4 --max-requests 1000 --max-requests-jitter 100 app:app
    mem_limit: 1g
```

Good:

```compose
services:
  web:
    image: python:3.12
    command: gunicorn --workers 4 --preload --max-requests 1000 --max-requests-jitter 100 app:app
    mem_limit: 1g
```

Sources: gunicorn and uWSGI with Django 5.2, 4 workers: 128 and 58 MiB, 123 and 46 MiB (measured on CPython 3.11.7, 2026-11); JDK 17 with its class data
archive (measured 2026-11); Linux Documentation/admin-guide/mm/ksm.rst.
"""

from collections.abc import Iterator, Mapping, Sequence

from memlint.api import Confidence, Container, Finding, Findings, Image, Known, Note, Origin, Project, Severity, pattern, rule

_VERSION = pattern(r"([^@]+):v?[0-9][\w.-]*(?:@.*)?")
_RUNTIMES = ("jvm", "node", "python", "ruby", "php", "dotnet")


@rule("MEM507", Severity.INFO)
def sharing_missed(project: Project) -> Findings:
    # Services of two files need not run together: an overlay may be the other's alternative.
    hosts: dict[tuple[str, str, str], list[Container]] = {}
    for workload in project.workloads:
        for container in workload.containers:
            for seen in container.observed("sharing-missed"):
                yield seen.finding()
            if container.role == "main" and workload.kind == "compose" and not workload.partial:
                hosts.setdefault((workload.project or "", container.at.path, container.process.runtime or ""), []).append(container)
    for (_, _, runtime), containers in hosts.items():
        if runtime in _RUNTIMES and len(containers) > 1:
            yield from _bases(containers)


def _bases(containers: Sequence[Container]) -> Findings:
    """Yield the repositories that services of one project take in several versions."""
    taken: dict[str, dict[str, list[tuple[Container, Origin]]]] = {}
    for container in containers:
        reference, origin = _base(container.process.image, container)
        match = _VERSION.fullmatch(reference or "")
        # A tag that is no version may name another program of the same repository.
        if match is not None and reference is not None and origin is not None:
            repository = match[1]
            taken.setdefault(repository, {}).setdefault(reference, []).append((container, origin))
    for repository, versions in taken.items():
        if len(versions) > 1:
            first, *others = versions.values()
            yield Finding(
                f"{' and '.join(versions)} run side by side: containers share the pages of a program only where they run the same layer of the same "
                f"image, so what {repository} brings is in memory {len(versions)} times",
                at=first[0][1].span,
                notes=tuple(_notes(others, versions)),
                confidence=Confidence.MEDIUM,
            )


def _notes(others: Sequence[Sequence[tuple[Container, Origin]]], versions: Mapping[str, object]) -> Iterator[Note]:
    for reference, users in zip(list(versions)[1:], others, strict=True):
        for container, origin in users:
            yield Note(origin.span, f"{container.name} is built on {reference}")


def _base(image: Image | None, container: Container) -> tuple[str | None, Origin | None]:
    """Return the image that a container is built on in the end, and where it is named."""
    if image is not None and image.source == "dockerfile":
        stage = image.stage
        base = stage.base if stage is not None else None
        return (image.bases[-1], base.origin) if image.bases and isinstance(base, Known) else (None, None)
    return (container.image.value, container.image.origin) if isinstance(container.image, Known) else (None, None)
