"""The command `memlint`."""

import gc
import os
import sys
from io import TextIOWrapper


def main() -> int:
    _forget_folder()
    # A run builds a model and ends: nothing in it is freed by the collector, which would walk it again and again.
    gc.disable()
    from memlint.cli import run

    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a file name may hold bytes, and a terminal lack characters
    return run(sys.argv[1:])


def _forget_folder() -> None:
    """Take the folder that memlint runs in from where modules are looked for: `python -m` puts it first, and what is checked stands in it."""
    try:
        here = os.path.realpath(".")
    except OSError:
        return
    if not os.path.realpath(__file__).startswith(here + os.sep):  # in its own source tree it may
        sys.path[:] = [folder for folder in sys.path if folder and os.path.realpath(folder) != here]


if __name__ == "__main__":
    sys.exit(main())
