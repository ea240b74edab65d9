"""Changes the rules in thousands of small ways, one at a time, and tells which change neither a test nor a type notices.

`make mutation` runs it; tests/mutation/README.md says what it does and what came of it.
"""

import argparse
import hashlib
import pickle
import random
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from tests.mutation.mutants import Mutant, mutants_of
from tests.mutation.results import Results
from tests.mutation.running import Trial
from tests.mutation.typing_check import refused

FOLDER = Path("domain")
WORK = Path(".work/mutation")
LEFT_OUT = (
    "test_architecture.py", "test_case_invariants.py", "test_cli*.py", "test_client_properties.py", "test_disorder.py",
    "test_domain_copying.py", "test_fuzz.py", "test_intake.py", "test_kafka_*.py", "test_loop_*.py",
    "test_packaging.py", "test_readme.py", "test_relay_*.py", "test_sbom.py", "test_schemas_[cfhklr]*.py", "test_simulate_*.py",
    "test_timer_year.py", "test_whole_domain.py",
)  # fmt: skip
"""Of tests/unit: those that take seconds a mutant (machines of random steps, the simulator), and those of other things."""
ONLY_FOR = {
    "test_erasure.py": ("erasure", "persons"),
    "test_folding.py": ("folding", "soundness"),
    "test_persons.py": ("persons",),
}
"""Tests that tell many stories first: run for the mutants of these modules only."""


def main() -> int:
    asked = _arguments()
    results = Results(WORK / "results.json")
    paths = [FOLDER / name for name in asked.files] or sorted(FOLDER.glob("*.py"))
    with ProcessPoolExecutor(asked.jobs) as pool:
        mutants = [mutant for found in pool.map(_kept_mutants_of, paths) for mutant in found]
    if asked.sample:
        mutants = random.Random(asked.seed).sample(mutants, min(asked.sample, len(mutants)))
    wanted = [mutant for mutant in mutants if not (asked.again and results.caught(mutant))]
    print(f"{len(wanted)} mutants of {len({mutant.path for mutant in wanted})} files to try", flush=True)
    began = time.monotonic()

    def told(mutant: Mutant, by: str) -> None:
        done = results.put(mutant, by)
        if done % 100 == 0:
            results.save()
            print(f"{done} of {len(wanted)} in {time.monotonic() - began:.0f} s", flush=True)

    options = ["-q", "-p", "no:cacheprovider", "--timeout=0", *(f"--ignore-glob=*/{name}" for name in LEFT_OUT)]
    code = pytest.main([*options, *asked.tests], plugins=[Trial(FOLDER.absolute(), wanted, asked.jobs, told, ONLY_FOR)])
    for name, words in refused(mutant for mutant in wanted if not results.caught(mutant)).items():
        results.refused(name, words)
    results.save()
    results.report(mutants, whole=not asked.sample)
    return int(code)


def _kept_mutants_of(path: Path) -> list[Mutant]:
    """The mutants of a file as it is now: made once, which takes a second a hundred lines, then read."""
    digest = hashlib.sha256(path.read_bytes() + Path(__file__).with_name("mutants.py").read_bytes()).hexdigest()[:16]
    kept = WORK / f"{path.stem}-{digest}.pickle"
    if kept.exists():
        found: list[Mutant] = pickle.loads(kept.read_bytes())
        return found
    found = mutants_of(path)
    WORK.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(pickle.dumps(found))
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("files", nargs="*", help="of domain/, all when none is given")
    parser.add_argument("--tests", nargs="+", default=["tests/unit"], help="files or folders of tests")
    parser.add_argument("--jobs", type=int, default=2, help="mutants at a time")
    parser.add_argument(
        "--again", action="store_true", help="only what nobody noticed the last time or has changed since"
    )
    parser.add_argument("--sample", type=int, help="so many at random, for an estimate")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
