"""GraalVM native images: an executable of its own that takes -Xmx among its arguments and reads no variable of the JVM.

Serial, the default collector, may take 80 % of the container's memory (graal docs MemoryManagement.md, jvm.md 7).
"""

import re

from memlint.api import GIB, Known, Program, Surroundings, Unknown, human
from memlint.patterns import pattern
from memlint.quantity import QuantityError
from memlint.quantity import jvm as size_in_bytes
from memlint.runtimes.common import base_name, references
from memlint.runtimes.jvm.ergonomics import native_image_heap
from memlint.runtimes.jvm.options import Heap, JvmOptions, Version

# Base images that hold nothing but what a native executable needs.
_BASES = pattern(
    r"quarkus-(?:ubi\d?-)?(?:micro|distroless)|quarkus-micro-image|quarkus-distroless|ubi\d?-quarkus-native-(?:s2i|binary)", re.ASCII
)


def read(program: Program, around: Surroundings) -> JvmOptions | None:
    """Return the settings of a native image, None where the program is none."""
    if not _is_native(program, around):
        return None
    given: dict[str, Known[str]] = {}
    for word in program.words[1:]:
        if isinstance(word, Known):
            for prefix in ("-Xmx", "-Xms", "-Xmn", "-XX:MaxHeapSize=", "-XX:MaximumHeapSizePercent=", "-XX:MaxDirectMemorySize="):
                if word.value.startswith(prefix):
                    given[prefix] = Known(word.value[len(prefix) :], word.origin)
    return JvmOptions(
        vendor="native-image",
        versions=(Version(21, None, None, "a native image"),),
        cpus=4,
        collectors=("Serial",),
        heap=_heap(given, program, around),
        sees_limit=True,
        max_direct=_size(given.get("-XX:MaxDirectMemorySize=")),
        new_size=_size(given.get("-Xmn")),
        main=base_name(program.words[0]) if program.words else None,
        heap_given="-Xmx" in given or "-XX:MaxHeapSize=" in given,
    )


def _is_native(program: Program, around: Surroundings) -> bool:
    if program.words and (isinstance(program.words[0], Unknown) or base_name(program.words[0]) in ("java", "sh", "bash", "native-image")):
        return False
    image = around.image
    if image is not None and image.runtime is not None and ("graalvm native" in image.runtime or image.runtime == "native-image"):
        return True
    if any(isinstance(word, Known) and word.value.startswith("-XX:MaximumHeapSizePercent=") for word in program.words[1:]):
        return True
    return any(_BASES.search(reference) for reference in references(around))


def _heap(given: dict[str, Known[str]], program: Program, around: Surroundings) -> Heap | Unknown:
    most = given.get("-Xmx") or given.get("-XX:MaxHeapSize=")
    size = _size(most)
    initial = _size(given.get("-Xms"))
    start = initial.value if initial is not None else 0
    if size is not None:
        return Heap(size.value, size.value, size.value, min(start, size.value), size.origin, f"-Xmx{most.value if most else ''}")
    for word in program.words[1:]:
        if isinstance(word, Unknown):
            return Unknown(f"a word of the command line cannot be known: {word.why}", word.origin)
    if isinstance(around.limit, Unknown):
        return Unknown(f"the heap is a share of the limit, and the limit cannot be known: {around.limit.why}", around.limit.origin)
    memory = around.limit.value if around.limit is not None else around.host_memory
    if memory is None:
        return Unknown("without a limit the heap is a share of the host's memory, which is not known (--host-memory)")
    if around.host_memory is not None:
        memory = min(memory, around.host_memory)
    share = given.get("-XX:MaximumHeapSizePercent=")
    percent = float(share.value) if share is not None and re.fullmatch(r"\d{1,3}", share.value, re.ASCII) else 80.0
    heap = min(native_image_heap(memory, percent), 32 * GIB)
    return Heap(heap, heap, heap, min(start, heap), share.origin if share is not None else None, f"{percent:g} % of {human(memory)}")


def _size(text: Known[str] | None) -> Known[int] | None:
    if text is None:
        return None
    try:
        return Known(size_in_bytes(text.value), text.origin)
    except QuantityError:
        return None
