"""The command `memlint`."""

import gc
import sys


def main() -> int:
    # A run builds a model and ends: nothing in it is freed by the collector, which would walk it again and again.
    gc.disable()
    from memlint.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
