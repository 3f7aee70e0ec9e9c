"""The command `memlint`."""

import sys


def main() -> int:
    from memlint.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
