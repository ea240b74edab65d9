"""The rules, judged by the simulator: bytes in and bytes out, without Kafka and database, every story there is."""

from random import Random

import pytest

from ordercase.simulate.stories import PLOTS, Plot, chosen
from ordercase.simulate.verdict import Verdict
from ordercase.simulate.world import World
from tests.builders.memory_worker import MemoryWorker


def wrongs(verdict: Verdict) -> list[str]:
    return [f"{ending.story} {ending.order_id}: {wrong}" for ending in verdict.details for wrong in ending.wrongs]


@pytest.mark.parametrize("plot", PLOTS, ids=lambda plot: plot.name)
def test_every_story_comes_out_right(plot: Plot) -> None:
    verdict = World(MemoryWorker(), prefix="T", seed=11, patience=30, quiet=0).play([plot] * 4)
    assert wrongs(verdict) == []
    assert verdict.repeated == 0


@pytest.mark.parametrize("seed", [1, 2])
def test_messages_late_twice_and_in_any_order_of_topics_change_nothing(seed: int) -> None:
    world = World(
        MemoryWorker(shuffle=Random(seed)), prefix="T", seed=seed, chaos=True, in_flight=50, patience=30, quiet=0
    )
    assert wrongs(world.play(chosen(Random(seed), 2 * len(PLOTS)))) == []
