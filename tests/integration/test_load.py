"""What thousands of events leave in the document of an order, and how curves are judged."""

from itertools import islice
from typing import Final

import pytest

from benchmarks.footprint import Line, Sample, line, rate
from benchmarks.one_order import STEPS, UNITS, lifelong
from domain import policy
from domain.handling import handle
from domain.world import Aggregate, Kind, Ref, World
from schemas.codec import Codec
from storage.documents import to_json

NOW: Final = 1_790_000_000_000_000
SETTLED: Final = len(STEPS) * UNITS + 1
"""So many events until all units are delivered."""


class Everything(World):
    def __init__(self) -> None:
        self.things: dict[Ref, Aggregate] = {}

    def get(self, ref: Ref) -> Aggregate | None:
        return self.things.get(ref)


def test_the_document_of_an_order_does_not_grow_with_ten_thousand_events() -> None:
    codec, world = Codec(), Everything()
    lengths, steps = [], 0
    events = iter(lifelong("long", 10_000, NOW))
    for until in (SETTLED, 1_000 - SETTLED, 9_000):
        for one in islice(events, until):
            value = codec.encode(one.topic, one.record, one.value)
            outcome = handle(codec.decode(one.topic, one.key.encode(), value), world, policy.DEFAULT, NOW)
            world.things.update(outcome.changed)
            steps += len(outcome.steps)
        (file,) = (thing for ref, thing in world.things.items() if ref.kind is Kind.ORDER)
        lengths.append(len(to_json(file)))
    assert steps > 10_000, "each of them is told in the history"
    assert lengths[0] <= lengths[1] <= lengths[2] <= lengths[0] + 200, lengths


def sample(at: float, memory: float = 0.0, taken: int = 0, lag: int = 0, least: int = 0, most: int = 0) -> Sample:
    return Sample(at, memory, 1, 1, 1, taken, 0, lag, least, most)


def test_a_curve_is_flat_by_its_line_and_not_by_its_ends() -> None:
    noisy = [sample(n, 100 + 3 * (n % 2)) for n in range(100)]
    assert line(noisy, lambda one: one.memory).flat
    rising = [sample(n, 100 + n / 10) for n in range(100)]
    assert line(rising, lambda one: one.memory).rise == pytest.approx(9.9)
    assert not line(rising, lambda one: one.memory).flat
    assert Line(0.0, 0.0).flat


def test_rates_are_of_shares_of_what_was_taken() -> None:
    samples = [sample(n, taken=1_000 + min(n, 50) * 100 + max(0, n - 50) * 50) for n in range(151)]
    assert rate(samples, 0.0, 0.1) == pytest.approx(100)
    assert rate(samples, 0.9, 1.0) == pytest.approx(50)


def test_a_lag_is_wrong_by_what_it_lies_outside_of_the_truth() -> None:
    assert [sample(0, lag=lag, least=10, most=20).wrong for lag in (7, 10, 15, 20, 24)] == [3, 0, 0, 0, 4]
