"""A selection of what `make faults` does: the worst moments, each once, and a judge that is shown what is wrong.

It takes some minutes, and a slow machine can miss the moment that it wants to strike: ORDERCASE_TEST_FAULTS=1 runs it.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.faults import networks, outages, processes, relay_mutants, stops  # noqa: F401 - they enter what they have
from tests.faults.faults import FAULTS
from tests.faults.hunt import hunt
from tests.faults.mutants import MUTANTS
from tests.faults.run import Stage, stage
from tests.faults.systems import Systems, systems
from tests.real.missing import Missing, Report, give_up

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.registry,
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.environ.get("ORDERCASE_TEST_FAULTS") != "1", reason="ORDERCASE_TEST_FAULTS is not 1"),
]

STRUCK: Final = (
    "worker killed at COMMIT",
    "relay killed after commit",
    "reply to COMMIT lost",
    "late Kafka commit",
    "broker killed",
    "PostgreSQL killed",
    "retention overtook",
)
SEEN: Final = ("poison passed", "backwards")


@pytest.fixture(scope="module", name="hurt")
def _hurt(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Systems]:
    """Kafka, PostgreSQL and a registry of this file's own, from the official archives: they are killed."""
    try:
        with systems(tmp_path_factory.mktemp("faults")) as made:
            report.used["Systems to be struck"] = f"{made.kafka.kafka.origin}; {made.registry.origin}"
            yield made
    except Missing as why:
        give_up(report, "Kafka", why)


@pytest.fixture(scope="module", name="acted")
def _acted(hurt: Systems, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(hurt, tmp_path_factory.mktemp("scene"), seed=1) as made:
        yield made


@pytest.mark.parametrize("name", STRUCK)
def test_nothing_is_lost_doubled_or_out_of_order(acted: Stage, name: str) -> None:
    run = acted.run(FAULTS[name], seed=1)
    assert not run.broken
    assert run.findings == []
    assert run.inputs > 100
    assert run.struck, run.notes


@pytest.mark.parametrize("name", SEEN)
def test_a_worker_without_the_promise_is_caught(hurt: Systems, tmp_path: Path, name: str) -> None:
    caught = hunt(hurt, tmp_path, MUTANTS[name], seed=1, tries=2)
    assert caught.judges, caught.sentence


def test_each_mutant_is_shown_by_a_fault_that_there_is() -> None:
    assert {one.fault for one in MUTANTS.values()} <= {"", *FAULTS}
    assert len(MUTANTS) >= 10
