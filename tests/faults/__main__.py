"""`make faults`: strikes with every fault, run after run, and prints what was lost: one line a fault."""

import argparse
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from random import Random

from tests.faults import brokers, contention, networks, outages, processes, stops  # noqa: F401 - they enter their faults
from tests.faults.faults import FAULTS
from tests.faults.hunt import Caught, hunt
from tests.faults.results import Results, write
from tests.faults.run import RATE, STORIES, Run
from tests.faults.stages import Stages
from tests.faults.systems import systems
from tests.faults.table import lines, mutant_lines


def main() -> int:
    read = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = Path(tempfile.mkdtemp(prefix="ordercase-faults-"))
    until = time.monotonic() + read.seconds
    try:
        return _mutants(folder, read, until) if read.mutants else _faults(folder, read, until)
    finally:
        if read.keep:
            print(f"logs are in {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _chosen(names: Iterable[str], parts: list[str]) -> list[str]:
    return [name for name in names if not parts or any(part in name for part in parts)]


def _faults(folder: Path, read: argparse.Namespace, until: float) -> int:
    """Round after round, each with every fault in an order of its own, one broker's before three brokers'."""
    found = Results(read.out, read.seed, resume=read.resume)
    names = _chosen(FAULTS, read.only)
    with Stages(folder, read.seed) as stages:
        for number in range(read.runs):
            seed = read.seed + number
            mixed = Random(str(seed)).sample(names, len(names))
            for name in sorted(mixed, key=lambda name: FAULTS[name].brokers):
                if time.monotonic() < until and not found.done(name, seed):
                    for run in stages.struck(FAULTS[name], seed, read.stories, read.rate):
                        _say(run)
                        found.add(run)
    print("\n".join([*lines(found.rows(names)), *found.never]))
    return 0 if found.right else 1


def _mutants(folder: Path, read: argparse.Namespace, until: float) -> int:
    from tests.faults import relay_mutants  # noqa: F401 - it enters its mutants
    from tests.faults.mutants import MUTANTS

    caught: list[Caught] = []
    with systems(folder) as found:
        for place, name in enumerate(_chosen(MUTANTS, read.only)):
            if time.monotonic() < until:
                tried = hunt(found, folder / f"mutant-{place}", MUTANTS[name], seed=read.seed, tries=read.runs)
                caught.append(tried)
                print(tried.sentence, file=sys.stderr, flush=True)
                write(read.out, read.seed, "mutants", [one.as_json() for one in caught])
    print("\n".join(mutant_lines([one.as_json() for one in caught])))
    return 0 if all(one.judges for one in caught) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make faults FAULTS_ARGS=…", description=__doc__)
    parser.add_argument("only", nargs="*", help="parts of names of faults; none: all")
    parser.add_argument("--runs", type=int, default=5, help="of each fault")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1e9, help="no run begins later")
    parser.add_argument("--stories", type=int, default=STORIES, help="of each run")
    parser.add_argument("--rate", type=float, default=RATE, help="stories a second")
    parser.add_argument("--mutants", action="store_true", help="hunt the mutants instead; `only` names them")
    parser.add_argument(
        "--out", help="a file for all results, as JSON, written after each run; the table beside it, as .md"
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on with what is in --out: right runs are not run again"
    )
    parser.add_argument("--keep", action="store_true", help="leave the workers' logs")
    return parser.parse_args()


def _say(run: Run) -> None:
    said = (
        "right" if run.right else run.broken or "; ".join(f"{one.kind} {one.judge}: {one.said}" for one in run.findings)
    )
    notes = f" [{', '.join(run.notes)}]" if run.notes else ""
    print(f"{run.fault}, seed {run.seed}: {run.inputs} in, {run.outputs} out, {run.seconds:.0f} s,"
          f" recovered in {run.recovered:.1f} s: {said}{notes}", file=sys.stderr, flush=True)  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
