"""What the BEAM of the shop holds: its allocators and processes, and a table whose size is an argument of its own."""

from itertools import pairwise

from memlint.api import MIB, Confidence, Known, MemoryBudget, Part, Program, Reading, Surroundings, configured


class Model:
    """Programs that `erl` starts with `-cache_mb N`. Others are left to memlint's own model."""

    name = "erlang-example"

    def read(self, program: Program, around: Surroundings) -> Reading | None:
        words = program.words
        if program.name != "erl":
            return None
        for flag, size in pairwise(words):
            if isinstance(flag, Known) and flag.value == "-cache_mb" and isinstance(size, Known) and size.value.isdecimal():
                cache = configured(f"{size.value}MiB")
                parts = (
                    Part("cache", cache, cache, cache, size.origin, "-cache_mb, allocated at start"),
                    Part("processes", 20 * MIB, 60 * MIB, None, None, "measured on OTP 27 with our traffic, 2026-11"),
                )
                return Reading(self.name, program, MemoryBudget(self.name, parts, Confidence.MEDIUM))
        return None
