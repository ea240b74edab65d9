"""A day with every story there is, messages late, twice and out of order: played once a run, for all who look at it."""

from collections import defaultdict
from functools import cache
from random import Random

from domain.actors import Stamp
from domain.folding import EVENTS, KINDS, Folded, Written
from domain.world import Ref
from ordercase.simulate.stories import PLOTS, chosen
from ordercase.simulate.world import World
from storage.documents import from_json, to_json
from tests.builders.memory_worker import MemoryWorker

Day = dict[Ref, tuple[Folded, list[Written]]]


@cache
def a_day() -> Day:
    """Every order, checkout and case of it with its history, as the database would give that back. Change nothing in it."""
    worker = MemoryWorker(shuffle=Random(1))
    world = World(worker, prefix="T", seed=1, chaos=True, in_flight=50, patience=30, quiet=0)
    assert world.play(chosen(Random(1), len(PLOTS))).wrong == 0
    histories: dict[Ref, list[Written]] = defaultdict(list)
    for one in worker.history:
        event = from_json(EVENTS[type(one.data).__name__], to_json(one.data))
        stamp = Stamp(one.recorded_at, one.actor, one.cause_id, one.happened_at)
        histories[one.entity].append(Written(event, stamp))
    return {ref: (thing, histories[ref]) for ref, thing in worker.kept.items() if ref.kind in KINDS}  # type: ignore[misc]
