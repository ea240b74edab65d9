"""Once every fact is in, buckets, statuses and the payment fold are the same, in whatever order they came (domain.md 10)."""

import os

from hypothesis import given, note, settings

from domain import facts as f
from tests.builders.disorder import arrivals, seen
from tests.builders.invariants import Watch
from tests.builders.town import spoken
from tests.builders.watched_worker import WatchedWorker


def told(facts: list[f.Fact]) -> WatchedWorker:
    """A watched worker that has heard these."""
    worker = WatchedWorker(watch=Watch())
    for fact in facts:
        worker.take(fact)
    return worker


# The same stories on every machine; new ones are `make soak`'s, which names the seed of what it finds.
@settings(max_examples=int(os.environ.get("SOAK_EXAMPLES", "100")), derandomize="SOAK_SEED" not in os.environ)
@given(arrivals())
def test_a_story_ends_the_same_in_whatever_order_it_comes(story: tuple[list[f.Fact], list[f.Fact]]) -> None:
    happened, arrived = story
    for fact in arrived:
        note(spoken(fact))
    ended, expected = told(arrived), told(happened)
    assert ended.waits == expected.waits == 0
    assert seen(ended.things) == seen(expected.things)
