"""The rules, judged by the simulator: bytes in and bytes out, without Kafka and database, every story there is."""

from pathlib import Path
from random import Random

import pytest

from domain.policy import Policies
from ordercase import policies, simulate
from ordercase.simulate.basket import MARKETS, SPECIAL
from ordercase.simulate.stories import PLOTS, Plot, chosen, told
from ordercase.simulate.world import World
from tests.builders.memory_worker import MemoryWorker, MovedClock
from tests.builders.verdicts import wrongs

CHANNELS = policies.from_file(Path(simulate.__file__).with_name("channels.toml"))
PATIENCE = 500 * 86_400.0
"""Longer than any time of the policy: by the moved clock that is no time at all."""


def world(seed: int, *, shuffle: bool = False, chaos: bool = False) -> World:
    clock = MovedClock()
    worker = MemoryWorker(CHANNELS, shuffle=Random(seed) if shuffle else None, clock=clock)
    return World(worker, prefix="T", seed=seed, chaos=chaos, in_flight=50, patience=PATIENCE, quiet=0, clock=clock)


@pytest.mark.parametrize("plot", told(CHANNELS, clock_moves=True), ids=lambda plot: plot.name)
def test_every_story_comes_out_right(plot: Plot) -> None:
    verdict = world(11).play([plot] * 3)
    assert wrongs(verdict) == []
    assert verdict.repeated == 0
    assert all(sums.agree for sums in verdict.books)


@pytest.mark.parametrize("seed", [1, 2])
def test_messages_late_twice_and_in_any_order_of_topics_change_nothing(seed: int) -> None:
    plots = told(CHANNELS, clock_moves=True)
    played = world(seed, shuffle=True, chaos=True).play(chosen(Random(seed), 2 * len(plots), plots, evenly=True))
    assert wrongs(played) == []
    assert all(sums.agree for sums in played.books)


def test_a_story_is_told_only_where_the_policy_lets_it_be() -> None:
    plain = told(Policies())
    assert {market for plot in plain for market in plot.channels} == set(MARKETS)
    assert not any(plot.days for plot in plain)
    assert {plot.name for plot in told(CHANNELS)} == {plot.name for plot in PLOTS}
    assert {market for plot in told(CHANNELS) for market in plot.channels} == {*MARKETS, *SPECIAL}
