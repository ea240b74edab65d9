"""`make fuzz`: a million hostile messages through decoders, edge models and rules: `python -m tests.fuzz --inputs 1000000`.

Each message has a number; what was wrong is named `seed:number`, and `python -m tests.fuzz --only 7:4711` does that one
again with its whole traceback. A process takes so many messages in a row, so that what they leave behind would be seen
in its memory.
"""

import argparse
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from tests.fuzz.hostile import hostile
from tests.fuzz.judge import judged
from tests.fuzz.running import Found, in_process, ranges

IN_A_ROW: Final = 50_000


def fuzz(inputs: int, seed: int, processes: int) -> int:
    """Runs them all and prints what became of them. Answers how many were broken."""
    began, done, total = time.monotonic(), 0, Found()
    with ThreadPoolExecutor(processes) as pool:
        parts = [(last - first, pool.submit(in_process, seed, first, last)) for first, last in ranges(inputs, IN_A_ROW)]
        for size, part in parts:
            found = part.result()
            total.add(found)
            done += size
            for sentence in found.broken:
                print(f"BROKEN {sentence}", flush=True)
            print(
                f"{done:,} of {inputs:,} inputs after {time.monotonic() - began:.0f} s, {len(total.broken)} broken, peak"
                f" {total.peak_mb} MB, slowest {total.slowest:.2f} s",
                flush=True,
            )
    print(f"\nseed {seed}; a process begins with {total.started_mb} MB and had {total.peak_mb} MB at most")
    for outcome, count in total.outcomes.most_common():
        print(f"{count:>10,}  {outcome}")
    return len(total.broken)


def main() -> int:
    """0 when every message was parked, refused or handled, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", metavar="SEED:NUMBER", help="this one message, in this process")
    arguments = parser.parse_args()
    if arguments.only:
        seed, _, number = arguments.only.partition(":")
        made = hostile(int(seed), int(number))
        print(made.way, made.topic, (made.value or b"")[:200])
        print(judged(made))
        return 0
    return 1 if fuzz(arguments.inputs, arguments.seed, arguments.processes) else 0


if __name__ == "__main__":
    sys.exit(main())
