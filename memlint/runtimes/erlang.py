"""What a BEAM (Erlang, Elixir) holds: processes and binaries that nothing bounds. RabbitMQ has a model of its own."""

from typing import Final

from memlint.api import Confidence, MemoryBudget, Program, Reading, Surroundings
from memlint.runtimes.common import copies, has_image, launched, mib, part

_PROGRAMS: Final = frozenset(("beam.smp", "erl", "erlexec", "iex", "elixir", "mix"))
_BASIS: Final = "60 MiB for an idle RabbitMQ 3.10, measured 2026-11, 40 to 60 MiB for an idle shell; the BEAM has no heap limit"


class Model:
    """Erlang and Elixir programs."""

    name = "erlang"

    def read(self, program: Program, around: Surroundings) -> Reading | None:
        ours = has_image(around, ("elixir", "erlang")) or (around.image is not None and (around.image.runtime or "") == "beam")
        if not launched(program.words, _PROGRAMS) and (program.words or not ours):
            return None
        parts = (part("processes and binaries", mib(15, 60, None), _BASIS),)
        return Reading("erlang", program, MemoryBudget("erlang", copies(parts, program.copies), Confidence.LOW))
