"""What a run of a fault leaves behind never reaches the next: after one that went wrong it has a stage or systems of its own."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.faults import stages
from tests.faults.judge import LOST, Finding
from tests.faults.run import Run
from tests.faults.stages import Stages

RIGHT = Run("a fault", 1)
BROKEN = Run("a fault", 1, broken="no broker")
LOSES = Run("a fault", 1, findings=[Finding(LOST, "outbox", 1, "one is gone")])


class TimeLimit(BaseException):
    """As pytest's comes: in the middle of whatever is being done."""


@pytest.fixture(name="made")
def _made(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How many systems and stages were made; none is real."""
    counts = {"systems": 0, "stages": 0}

    @contextmanager
    def systems(_folder: Path, brokers: int = 1) -> Iterator[Any]:
        counts["systems"] += 1
        yield SimpleNamespace(nodes=("broker",) * brokers)

    @contextmanager
    def stage(on: Any, _folder: Path, **_given: Any) -> Iterator[Any]:
        def struck(fault: Any, *_: Any) -> Iterator[Run]:
            if isinstance(fault.outcome, BaseException):
                raise fault.outcome
            yield fault.outcome

        counts["stages"] += 1
        yield SimpleNamespace(scene=SimpleNamespace(systems=on), struck=struck)

    monkeypatch.setattr(stages, "systems", systems)
    monkeypatch.setattr(stages, "stage", stage)
    return counts


def strike(on: Stages, outcome: Run | BaseException) -> None:
    """One run that ends so."""
    fault: Any = SimpleNamespace(name="a fault", brokers=1, outcome=outcome)
    list(on.struck(fault, 1, 1, 1.0))


@pytest.mark.parametrize(
    ("outcome", "systems", "stages_set"), [(RIGHT, 1, 1), (LOSES, 1, 2), (BROKEN, 2, 2), (TimeLimit(), 2, 2)]
)
def test_the_run_after_one_that_ended_so_has_what_it_needs_of_its_own(
    tmp_path: Path, made: dict[str, int], outcome: Run | BaseException, systems: int, stages_set: int
) -> None:
    with Stages(tmp_path, 1) as on:
        with suppress(TimeLimit):
            strike(on, outcome)
        strike(on, RIGHT)
    assert made == {"systems": systems, "stages": stages_set}


def test_systems_for_a_stage_of_the_callers_own_have_no_other_on_them(tmp_path: Path, made: dict[str, int]) -> None:
    with Stages(tmp_path, 1) as on:
        strike(on, RIGHT)
        on.systems()
        strike(on, RIGHT)
    assert made == {"systems": 1, "stages": 2}
