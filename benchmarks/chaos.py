"""`make chaos`: the simulator with all its trouble against a worker, seed after seed; what it finds wrong fails the run.

Each seed plays so many orders (`--orders`) over real Kafka, registry and PostgreSQL, under the policy that the simulator
brings for its special channels: duplicates, disorder, late answers, failing gateways, losses, chargebacks, times that run
out. After each seed nothing may be parked; after all of them the doctor must find nothing. `--memory` plays the rules alone,
with a clock that is moved on by days.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.systems import Systems, systems, worker
from ordercase import policies, simulate
from ordercase.simulate.stories import chosen, told
from ordercase.simulate.world import World
from tests.builders.memory_worker import MemoryWorker, MovedClock

POLICY: Final = Path(simulate.__file__).with_name("channels.toml")
LONGER_THAN_ANY_TIME: Final = 500 * 86_400.0
BATCH: Final = 500


def in_memory(orders: int, seed: int) -> bool:
    """One seed against the rules alone, inputs of different topics in any order. True: all is right."""
    known, clock, began = policies.from_file(POLICY), MovedClock(), time.monotonic()
    line = MemoryWorker(known, shuffle=Random(seed), clock=clock)
    world = World(line, prefix=f"M{seed}-", seed=seed, chaos=True, patience=LONGER_THAN_ANY_TIME, quiet=0, clock=clock)
    verdict = world.play(chosen(Random(seed), orders, told(known, clock_moves=True), evenly=True))
    for ending in verdict.details:
        for wrong in ending.wrongs:
            print(f"wrong: {ending.story} {ending.order_id}: {wrong}")
    for sums in verdict.books:
        print(sums.sentence)
    print(f"seed {seed}: {verdict.right} of {verdict.stories} right, {len(line.fired)} times ran out,"
          f" {clock.monotonic() / 86_400:.0f} days in {time.monotonic() - began:.0f} s", flush=True)  # fmt: skip
    return not verdict.wrong and all(sums.agree for sums in verdict.books)


def on_kafka(on: Systems, orders: int, seed: int) -> bool:
    """One seed against the running worker, by the commands that anybody has. True: all is right and nothing is parked."""
    print(f"seed {seed}:", flush=True)
    played = _command(on, "simulate", "--orders", str(orders), "--seed", str(seed), "--chaos")
    parked = _command(on, "parked", "list")
    return played == parked == 0 and not _parked(on)


def _parked(on: Systems) -> bool:
    said = subprocess.run(_words("parked", "list", "--json"), env=on.environment(), capture_output=True, check=True)
    return said.stdout.strip() != b"[]"


def _command(on: Systems, *words: str) -> int:
    return subprocess.run(_words(*words), env=on.environment(), check=False).returncode


def _words(*words: str) -> list[str]:
    return [sys.executable, "-m", "ordercase", *words]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=5000)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(1, 11)))
    parser.add_argument("--memory", action="store_true", help="the rules alone, without Kafka and database")
    asked = parser.parse_args()
    if asked.memory:
        right = [in_memory(asked.orders, seed) for seed in asked.seeds]
    else:
        with systems(POLICY_FILE=str(POLICY)) as on:
            print("; ".join(on.origins), flush=True)
            with worker(on, BATCH):
                right = [on_kafka(on, asked.orders, seed) for seed in asked.seeds]
                right.append(_command(on, "doctor", "--verify") == 0)
    print("all right" if all(right) else "NOT all right")
    return 0 if all(right) else 1


if __name__ == "__main__":
    sys.exit(main())
