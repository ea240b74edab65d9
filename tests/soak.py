"""`make soak`: the tests of the whole domain and of disorder for long, on every core: `python -m tests.soak --examples 20000`.

Rounds of a few hundred examples, each a pytest of its own with a seed of its own, so that memory stays small and a failure
names the seed that finds it again: `python -m tests.soak --seed N --examples 200 --processes 1`.
"""

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
TESTS: Final = ("tests/unit/test_whole_domain.py", "tests/unit/test_disorder.py")
ROUND: Final = 200


def _round(seed: int, examples: int, steps: int) -> str:
    """One pytest. "" when everything held, else what it printed."""
    told = {"SOAK_EXAMPLES": str(examples), "SOAK_STEPS": str(steps), "SOAK_SEED": str(seed)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout=0", "--tb=short",
               f"--hypothesis-seed={seed}", *TESTS]  # fmt: skip
    ended = subprocess.run(command, cwd=ROOT, env={**os.environ, **told}, capture_output=True, text=True, check=False)
    return "" if ended.returncode == 0 else ended.stdout + ended.stderr


def soak(arguments: argparse.Namespace) -> int:
    """Runs all rounds. Answers how many failed."""
    seeds = [arguments.seed + ROUND * number for number in range(-(-arguments.examples // ROUND))]
    began, done, failed = time.monotonic(), 0, 0
    with ThreadPoolExecutor(arguments.processes) as pool:
        size = min(ROUND, arguments.examples)
        rounds = [pool.submit(_round, seed, size, arguments.steps) for seed in seeds]
        for seed, each in zip(seeds, rounds, strict=True):
            said = each.result()
            done, failed = done + size, failed + bool(said)
            if said:
                print(said, f"seed {seed} FAILED", sep="\n", flush=True)
            pace = done / (time.monotonic() - began)
            print(f"{done:,} of {arguments.examples:,} examples, {pace:.1f}/s, {failed} rounds failed", flush=True)
    return failed


def main() -> int:
    """0 when nothing failed, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--examples", type=int, default=20_000, help="stories in all")
    parser.add_argument(
        "--steps", type=int, default=40, help="inputs a story, at most, before it is brought to its end"
    )
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the first story; the others count on")
    return 1 if soak(parser.parse_args()) else 0


if __name__ == "__main__":
    sys.exit(main())
