"""`make faults`: strikes with every fault, run after run, and prints what was lost: one line a fault."""

import argparse
import json
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.faults import networks, outages, processes, stops  # noqa: F401 - they enter their faults
from tests.faults.faults import FAULTS
from tests.faults.hunt import Caught, hunt
from tests.faults.run import RATE, STORIES, Run, stage
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
    runs: list[Run] = []
    for place, name in enumerate(_chosen(FAULTS, read.only)):
        if time.monotonic() > until:
            print(f"no time left for {name}", file=sys.stderr)
            continue
        try:
            with stage(found, folder / f"scene-{place}", seed=read.seed) as acted:
                for number in range(read.runs):
                    run = acted.run(FAULTS[name], read.seed + number, read.stories, read.rate)
                    runs.append(run)
                    _say(run)
                    if run.broken or run.skipped or time.monotonic() > until:
                        break
        except Exception as error:  # noqa: BLE001 - the scene could not be set or struck; the others go on
            runs.append(Run(name, read.seed, broken=f"{type(error).__name__}: {error}"))
            _say(runs[-1])
        _write(read, "runs", [run.as_json() for run in runs])
    print("\n".join(lines([run.as_json() for run in runs])))
    return 0 if all(run.right for run in runs) else 1


def _mutants(found: Systems, folder: Path, read: argparse.Namespace, until: float) -> int:
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
