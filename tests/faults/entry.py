"""Starts `ordercase` with something changed in it that no setting changes: `python -m tests.faults.entry CHANGE … ARGUMENTS`.

CHANGE: `clock=FILE`, whose seconds are added to the clock; `mutant=NAME`, one of mutants.py.
"""

import sys
import time
from pathlib import Path

HOW_OFTEN = 0.2
"""Seconds for which the file is not read again."""


def jumping(file: Path) -> None:
    """From now on the clock of this process is so many seconds off as the file says."""
    real, monotonic = time.time_ns, time.monotonic
    looked, off = 0.0, 0

    def time_ns() -> int:
        nonlocal looked, off
        if monotonic() - looked > HOW_OFTEN:
            looked = monotonic()
            off = int(float(file.read_text() or 0) * 1_000_000_000)
        return real() + off

    time.time_ns = time_ns


def main() -> None:
    arguments = sys.argv[1:]
    while arguments and "=" in arguments[0]:
        what, _, value = arguments.pop(0).partition("=")
        if what == "clock":
            jumping(Path(value))
        else:
            from tests.faults import relay_mutants  # noqa: F401 - it enters its mutants
            from tests.faults.mutants import MUTANTS

            MUTANTS[value].change()
    from ordercase import cli

    sys.argv = ["ordercase", *arguments]
    cli.main()


if __name__ == "__main__":
    main()
