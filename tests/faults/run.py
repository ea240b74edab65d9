"""One run of one fault: stories are told, the fault strikes, what came of it is judged."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

from ordercase.simulate import Verdict
from schemas.topics import ORDERS
from tests.end_to_end.outside import Reader
from tests.end_to_end.sending import order_event
from tests.faults.faults import Fault, NotHere
from tests.faults.judge import DOUBLED, HOLES, LOST, MODEL, REORDERED, Finding, Judge
from tests.faults.scene import Scene, scene
from tests.faults.systems import Systems

STORIES: Final = 24
RATE: Final = 6.0
"""Stories a second: some are under way all the time that a fault lasts."""
TRIES: Final = 3
BEHIND: Final = 2
"""So many right messages come behind the poison of each run."""


@dataclass(slots=True)
class Run:
    """What came of one run. `recovered`: seconds from the healing until all that had come in was applied and published."""

    fault: str
    seed: int
    inputs: int = 0
    outputs: int = 0
    stories: int = 0
    recovered: float = 0.0
    seconds: float = 0.0
    stopped: str = ""
    notes: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    skipped: str = ""
    """Why this machine does not let it be tried."""
    broken: str = ""
    """Why the run could not be carried out or did not come to an end; it counts as a failure."""

    @property
    def struck(self) -> bool:
        """Whether the fault found its moment; a run in which it did not says nothing."""
        return not any("missed" in note for note in self.notes)

    def count(self, kind: str) -> int:
        return sum(one.count for one in self.findings if one.kind == kind)

    @property
    def right(self) -> bool:
        return not self.findings and not self.broken and not self.skipped

    def as_json(self) -> dict[str, Any]:
        columns = {kind: self.count(kind) for kind in (LOST, DOUBLED, REORDERED, HOLES, MODEL)}
        return asdict(self) | columns | {"right": self.right}


class Stage:
    """A scene with its judge, on which runs follow each other."""

    def __init__(self, made: Scene, at_once: ThreadPoolExecutor) -> None:
        self.scene = made
        self.judge = Judge(made, Reader(made.servers, made.systems.registry.url))
        self._at_once = at_once

    def run(self, fault: Fault | None, seed: int, stories: int = STORIES, rate: float = RATE) -> Run:
        """Tells the stories, strikes, waits for rest, judges. Never raises for what the workers do."""
        run = Run(fault.name if fault else "none", seed)
        began, chance = time.monotonic(), Random(f"{seed}:{run.fault}")
        self.scene.notes.clear()
        before = self.judge.inputs, self.judge.outputs
        verdict = None
        try:
            self._poison(seed)
            verdict = self._act(fault, chance, run, stories, rate)
            self.scene.caught_up()
            dead = self.scene.last_words()
            run.broken = f"a worker has ended: {dead}" if dead else ""
        except NotHere as why:
            run.skipped = str(why)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this run's result
            run.broken = f"{type(error).__name__}: {error}"
        try:
            run.findings = self.judge.judge(verdict)
        except Exception as error:  # noqa: BLE001 - likewise
            run.broken = "; ".join(filter(None, (run.broken, f"the judge: {type(error).__name__}: {error}")))
        if run.broken:
            run.broken = "; ".join([run.broken, *self.scene.systems.fallen()])
        run.inputs, run.outputs = self.judge.inputs - before[0], self.judge.outputs - before[1]
        run.notes, run.stopped = list(self.scene.notes), fault.stop if fault else ""
        run.seconds = time.monotonic() - began
        return run

    def struck(self, fault: Fault, seed: int, stories: int = STORIES, rate: float = RATE) -> Iterator[Run]:
        """Runs until the fault has found its moment, TRIES times at most; all of them, for what is wrong counts in any."""
        for _ in range(TRIES):
            run = self.run(fault, seed, stories, rate)
            yield run
            if run.struck or not run.right:
                return

    def _act(self, fault: Fault | None, chance: Random, run: Run, stories: int, rate: float) -> Verdict:
        if fault and fault.quiet:
            self.scene.caught_up()
            self._strike(fault, chance, run)
        playing = self.scene.play(self._at_once, stories, run.seed, rate)
        try:
            if fault and not fault.quiet:
                time.sleep(chance.uniform(1.0, 0.6 * stories / rate))
                self._strike(fault, chance, run)
        finally:
            verdict = playing.result()
        run.stories = verdict.stories
        return verdict

    def _strike(self, fault: Fault, chance: Random, run: Run) -> None:
        fault.act(self.scene, chance)
        run.recovered = self.scene.caught_up()

    def _poison(self, seed: int) -> None:
        """A message that cannot be applied, and right ones behind it that must not pass it."""
        key = f"web:poison-{seed}-{self.judge.inputs}"
        order_id = key.partition(":")[2]
        wrong = order_event(order_id, total_minor=3999)
        right = [order_event(order_id, revision=2 + n) for n in range(BEHIND)]
        for event in (wrong, *right):
            self.scene.sender.send(ORDERS, "commerce.OrderEvent", key, event)
        self.judge.poisoned[ORDERS, key] = 1 + len(right)


@contextmanager
def stage(systems: Systems, folder: Path, **given: Any) -> Iterator[Stage]:
    with ThreadPoolExecutor(1) as at_once, scene(systems, folder, **given) as made:
        yield Stage(made, at_once)


def totals(runs: Sequence[Run]) -> dict[str, int]:
    return {kind: sum(run.count(kind) for run in runs) for kind in (LOST, DOUBLED, REORDERED, HOLES, MODEL)}
