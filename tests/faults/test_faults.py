"""A selection of what `make faults` does: the moments at which the most can go wrong, and a judge that is shown what is.

Ten minutes of it: where a promise hangs on one answer that does not come, or on a row that two want; then each kind of
trouble, and the stops. What needs a moment waits for it (moments.py), so that a slow machine only takes longer. Several
strike while the same stories are told, to save time.
"""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.faults import brokers, contention, networks, outages, processes, relay_mutants, stops  # noqa: F401 - they enter what they have
from tests.faults.faults import FAULTS, in_turn
from tests.faults.hunt import PATIENCE
from tests.faults.mutants import MUTANTS
from tests.faults.run import RATE, stage
from tests.faults.stages import Stages
from tests.real.missing import Missing, Report, give_up

pytestmark = [pytest.mark.kafka, pytest.mark.registry, pytest.mark.timeout(600)]

STRUCK: Final = {
    "a batch is applied once": ("worker killed at COMMIT", "reply to COMMIT lost", "COMMIT lost", "two at one order"),
    "an event is published once": (
        "relay killed after commit", "late Kafka commit, relay killed", "reply to Kafka commit lost",
    ),
    "who was taken for dead changes nothing": ("zombie worker", "zombie relay"),
    "what is kept stays kept": ("PostgreSQL killed", "PostgreSQL crash recovery", "broker killed"),
    "what stands still is waited for": ("PostgreSQL frozen", "broker frozen", "registry frozen"),
    "a network may break": ("Kafka reset", "PostgreSQL reset", "Kafka half open", "PostgreSQL silent", "Kafka packets lost"),
    "a registry may be lost and come back": ("registry killed",),
    "room may run out": ("PostgreSQL full",),
    "shares may change hands": ("rebalance storm", "two of the same name"),
    "clocks may jump": ("clock forward and back",),
    "a topic that is overtaken by retention is said": ("retention overtook",),
    "a topic that was made again is said": ("topic recreated",),
    "a topic that is gone is said": ("topic deleted",),
    "a database that lost commits is said": ("older backup restored",),
    "a position that Kafka lost is said": ("relay position lost",),
}  # fmt: skip
"""Promise → faults that strike in turn."""
SEEN: Final = {"poison passed": "parked", "backwards": "outbox"}
"""Mutant → the judge that has to find it."""
STORIES: Final = 12
"""Half of what `make faults` tells in a run."""


@pytest.fixture(scope="module", name="stages")
def _stages(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    """Kafka, PostgreSQL and a registry of this file's own, from the official archives: they are killed.

    After a test that failed the next one gets others, so that one failure is told as one.
    """
    # What clients say of a broker that is killed would fill the report of a failure.
    logging.getLogger("librdkafka").setLevel(logging.CRITICAL)
    try:
        with Stages(tmp_path_factory.mktemp("faults"), seed=1) as made:
            used = made.systems()
            report.used["Systems to be struck"] = f"{used.kafka.kafka.origin}; {used.registry.origin}"
            yield made
    except Missing as why:
        give_up(report, "Kafka", why)
    finally:
        logging.getLogger("librdkafka").setLevel(logging.NOTSET)


@pytest.mark.parametrize("promise", STRUCK)
def test_nothing_is_lost_doubled_or_out_of_order(stages: Stages, promise: str) -> None:
    names = STRUCK[promise]
    fault = FAULTS[names[0]] if len(names) == 1 else in_turn(*names)
    runs = list(stages.struck(fault, 1, STORIES, RATE))
    for why in filter(None, (run.skipped for run in runs)):
        pytest.skip(why)
    wrong = [*(run.broken for run in runs if run.broken), *(str(one) for run in runs for one in run.findings)]
    assert not wrong, "\n".join(wrong)
    assert all(run.inputs > 100 for run in runs)
    assert runs[-1].struck, runs[-1].notes


def test_workers_without_a_promise_are_caught(stages: Stages, tmp_path: Path) -> None:
    """Two promises at once: each is another judge's."""
    program = ("-m", "tests.faults.entry", *(f"mutant={name}" for name in SEEN))
    with stage(stages.systems(), tmp_path, seed=1, program=program, patience=PATIENCE) as acted:
        run = acted.run(None, 1, STORIES)
    assert {one.judge for one in run.findings} >= set(SEEN.values()), run


def test_each_mutant_is_shown_by_a_fault_that_there_is() -> None:
    assert {one.fault for one in MUTANTS.values()} <= {"", *FAULTS}
    assert len(MUTANTS) >= 10
