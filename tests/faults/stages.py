"""The stages of a long row of runs: systems of as many brokers as a fault needs, and on them a scene for as long as all is right."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final

from tests.faults.faults import Fault
from tests.faults.run import Run, Stage, stage
from tests.faults.systems import Systems, systems

RUNS: Final = 60
"""So many on the same systems: the broker's small disk has room for an hour."""


class Stages:
    """Used in a `with`; by one thread."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder, self._seed = folder, seed
        self._running, self._staged = ExitStack(), ExitStack()
        self._systems: Systems | None = None
        self._stage: Stage | None = None
        self._made = self._runs = 0

    def __enter__(self) -> "Stages":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end()

    def struck(self, fault: Fault, seed: int, stories: int, rate: float) -> Iterator[Run]:
        """As `Stage.struck`; a stage that cannot be set is a broken run, and the next tries again with systems of its own."""
        try:
            acted = self._ready(fault.brokers)
        except Exception as error:  # noqa: BLE001 - the next tries again
            self._end()
            yield Run(fault.name, seed, broken=f"{type(error).__name__}: {error}")
            return
        ended = False
        try:
            for run in acted.struck(fault, seed, stories, rate):
                self._runs += 1
                yield run
                if run.broken:
                    self._end()
                elif not run.right:
                    self._leave()
            ended = True
        finally:
            if not ended:  # broken off from outside, by a time limit: whatever was being done is half done
                self._end()

    def systems(self, brokers: int = 1) -> Systems:
        """So many brokers with all else, for a stage that the caller sets; none of these is on them. Raises Missing."""
        if self._systems is not None and (len(self._systems.nodes) != brokers or self._runs >= RUNS):
            self._end()
        self._leave()
        if self._systems is None:
            self._made += 1
            self._systems = self._running.enter_context(systems(self._folder / f"systems-{self._made}", brokers))
            self._runs = 0
        return self._systems

    def _ready(self, brokers: int) -> Stage:
        if self._stage is None or len(self._stage.scene.systems.nodes) != brokers or self._runs >= RUNS:
            on = self.systems(brokers)
            self._made += 1
            folder = self._folder / f"scene-{self._made}"
            self._stage = self._staged.enter_context(stage(on, folder, seed=self._seed))
        return self._stage

    def _leave(self) -> None:
        """The next run begins with nothing that this one has left."""
        self._stage = None
        self._staged.close()

    def _end(self) -> None:
        try:
            self._leave()
        finally:
            self._systems = None
            self._running.close()
