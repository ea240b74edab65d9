"""`make faults`: strikes with every fault, run after run, and prints what was lost: one line a fault."""

import argparse
import json
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any

from tests.faults import networks, outages, processes, stops  # noqa: F401 - they enter their faults
from tests.faults.faults import FAULTS
from tests.faults.hunt import Caught, hunt
from tests.faults.run import RATE, STORIES, Run, Stage, stage
from tests.faults.systems import Systems, systems
from tests.faults.table import lines, mutant_lines


def main() -> int:
    read = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = Path(tempfile.mkdtemp(prefix="ordercase-faults-"))
    until = time.monotonic() + read.seconds
    try:
        with systems(folder) as found:
            return _mutants(found, folder, read, until) if read.mutants else _faults(found, folder, read, until)
    finally:
        if read.keep:
            print(f"logs are in {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _chosen(names: Iterable[str], parts: list[str]) -> list[str]:
    return [name for name in names if not parts or any(part in name for part in parts)]


def _faults(found: Systems, folder: Path, read: argparse.Namespace, until: float) -> int:
    """Round after round, each with every fault in an order of its own; all on one stage for as long as nothing is wrong."""
    runs: list[Run] = []
    names = _chosen(FAULTS, read.only)
    with ExitStack() as staged:
        acted: Stage | None = None
        for number in range(read.runs):
            for name in Random(f"{read.seed + number}").sample(names, len(names)):
                if time.monotonic() > until or any(one.skipped for one in runs if one.fault == name):
                    continue
                try:
                    acted = acted or staged.enter_context(stage(found, folder / f"scene-{len(runs)}", seed=read.seed))
                    run = acted.run(FAULTS[name], read.seed + number, read.stories, read.rate)
                except Exception as error:  # noqa: BLE001 - the scene could not be set; the next tries again
                    run = Run(name, read.seed + number, broken=f"{type(error).__name__}: {error}")
                _say(run)
                if run.struck or not run.right:
                    runs.append(run)
                _write(read, "runs", [one.as_json() for one in runs])
                if not run.right:
                    staged.close()
                    acted = None
    print("\n".join(lines([run.as_json() for run in sorted(runs, key=lambda run: names.index(run.fault))])))
    return 0 if all(run.right for run in runs) else 1


def _mutants(found: Systems, folder: Path, read: argparse.Namespace, until: float) -> int:
    from tests.faults import relay_mutants  # noqa: F401 - it enters its mutants
    from tests.faults.mutants import MUTANTS

    caught: list[Caught] = []
    for place, name in enumerate(_chosen(MUTANTS, read.only)):
        if time.monotonic() < until:
            tried = hunt(found, folder / f"mutant-{place}", MUTANTS[name], seed=read.seed, tries=read.runs)
            caught.append(tried)
            print(tried.sentence, file=sys.stderr, flush=True)
            _write(read, "mutants", [one.as_json() for one in caught])
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
    parser.add_argument("--out", help="a file for all results, as JSON")
    parser.add_argument("--keep", action="store_true", help="leave the workers' logs")
    return parser.parse_args()


def _say(run: Run) -> None:
    said = (
        "right" if run.right else run.broken or "; ".join(f"{one.kind} {one.judge}: {one.said}" for one in run.findings)
    )
    notes = f" [{', '.join(run.notes)}]" if run.notes else ""
    print(f"{run.fault}, seed {run.seed}: {run.inputs} in, {run.outputs} out, {run.seconds:.0f} s,"
          f" recovered in {run.recovered:.1f} s: {said}{notes}", file=sys.stderr, flush=True)  # fmt: skip


def _write(read: argparse.Namespace, name: str, rows: list[dict[str, Any]]) -> None:
    if read.out:
        told = {"command": " ".join(sys.argv[1:]), "at": time.strftime("%Y-%m-%d %H:%M", time.gmtime())}
        text = json.dumps({**told, "seed": read.seed, name: rows}, indent=1, ensure_ascii=False)
        Path(read.out).write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
