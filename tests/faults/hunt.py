"""Hunts one mutant: the fault that shows it strikes until a judge has found something, a few times at most."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.faults.faults import FAULTS
from tests.faults.mutants import Mutant
from tests.faults.run import stage
from tests.faults.systems import Systems

STORIES: Final = 48
"""Enough to be told all the time while a storm blows."""
PATIENCE: Final = 20.0
"""Seconds after which a story that nothing happens to is given up: what is lost does not come."""
ALONE: Final = frozenset({"stories"})
"""What this judge alone finds proves nothing: on a busy machine a story may be given up though all is right."""


@dataclass(slots=True)
class Caught:
    """`judges`: who found something, none: it got away. `said`: one of the findings. `broken`: what else went wrong."""

    name: str
    told: str
    fault: str
    judges: list[str] = field(default_factory=list)
    said: str = ""
    runs: int = 0
    broken: str = ""
    notes: list[str] = field(default_factory=list)
    """What became of the strikes, run after run."""

    @property
    def sentence(self) -> str:
        found = f"caught by {', '.join(self.judges)}: {self.said}" if self.judges else f"got away; {self.broken}"
        return f"{self.name}: {found} ({self.runs} runs; {', '.join(self.notes)})"

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def hunt(systems: Systems, folder: Path, mutant: Mutant, *, seed: int, tries: int) -> Caught:
    """Each try with a seed of its own, on one stage."""
    caught = Caught(mutant.name, mutant.told, mutant.fault)
    program = ("-m", "tests.faults.entry", f"mutant={mutant.name}")
    with stage(systems, folder, seed=seed, program=program, patience=PATIENCE) as acted:
        fault = FAULTS[mutant.fault] if mutant.fault else None
        for number in range(tries):
            run = acted.run(fault, seed + number, stories=STORIES, rate=mutant.rate)
            caught.runs += 1
            caught.broken = run.broken
            caught.notes += run.notes
            judges = {one.judge for one in run.findings}
            if judges - ALONE:
                caught.judges = sorted(judges)
                first = min(run.findings, key=lambda one: one.kind == "model")
                caught.said = f"{first.kind}: {first.said}"[:160]
                break
    return caught
