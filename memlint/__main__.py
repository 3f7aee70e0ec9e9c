"""The command `memlint`."""

import gc
import sys
from io import TextIOWrapper


def main() -> int:
    # A run builds a model and ends: nothing in it is freed by the collector, which would walk it again and again.
    gc.disable()
    from memlint.cli import run

    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a file name may hold bytes, and a terminal lack characters
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
