"""The whole domain under everything that may happen to it: every command, every fact, every timer, in any order.

After each input all of tests/builders/invariants.py is looked at. `make soak` (tests/soak.py) runs the same for long; what
it finds stands in test_found_stories.py, told short.
"""

import os
from collections.abc import Callable, Sequence
from hashlib import sha256
from random import Random
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, note, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from domain import commands as c
from domain import facts as f
from tests.builders import town_facts as facts
from tests.builders.invariants import Watch
from tests.builders.shortening import shortened
from tests.builders.town import ORDERS, POLICIES, SKUS, Town, spoken
from tests.builders.town_commands import MAKE, command
from tests.builders.town_ending import bring_to_an_end, the_world_answers
from tests.builders.watched_worker import WatchedWorker

DAY = 86_400_000_000
SEEDS = st.binary(min_size=8, max_size=8)
"""Where the chance of one input begins. Bytes, since Hypothesis likes small numbers far too much for that."""

MAKING = (c.CancelOrder, c.ChangeOrder, c.CreateReturn, c.CreateAppeasement, c.CreateExchange, c.CreateReshipment)
ON_REFUNDS = tuple(kind for kind in MAKE if issubclass(kind, c.RefundCommand))
ON_REMEDIES = tuple(kind for kind in MAKE if issubclass(kind, c.OrderCommand) and kind not in MAKING)
ON_CASES = tuple(kind for kind in MAKE if issubclass(kind, c.CaseCommand))
OTHERS = tuple(kind for kind in MAKE if kind not in {*MAKING, *ON_REFUNDS, *ON_REMEDIES, *ON_CASES})

SAID: tuple[tuple[int, tuple[facts.Fact, ...]], ...] = (
    (3, facts.SHOP),
    (4, facts.MONEY),
    (2, (facts.paid_in_full,)),
    (8, (facts.gateway_answer,)),
    (6, facts.WAREHOUSE),
    (4, (facts.whole_order_shipped,)),
    (4, (facts.cancellation_answer, facts.change_answer)),
    (8, (facts.goods_came_back,)),
    (2, facts.GOODS),
    (1, (facts.mail_word,)),
)
SENT: tuple[tuple[int, tuple[type[c.Command], ...]], ...] = (
    (10, MAKING),
    (4, (c.CreateReturn,)),
    (8, ON_REMEDIES),
    (6, ON_REFUNDS),
    (5, (c.OpenCase, c.SubmitCase, c.AssignCase)),
    (10, ON_CASES),
    (3, OTHERS),
)
T = TypeVar("T")


def _one(chance: Random, ways: Sequence[tuple[int, Sequence[T]]]) -> T:
    """One of a group that is chosen by its weight."""
    return chance.choice(chance.choices([group for _, group in ways], [weight for weight, _ in ways])[0])


def _play(worker: WatchedWorker, part: Any) -> None:
    """One part of a story: time (µs) that passes, or an input."""
    if isinstance(part, int):
        worker.wait(part)
    else:
        worker.take(part)


class WholeDomain(RuleBasedStateMachine):
    """A town whose worker is watched. One rule, since Hypothesis leaves out rules by and by, and a
    story shall have something of everything in it.

    What happens hangs on all that was drawn before: Hypothesis tries many stories that differ in one draw, and they shall
    be different stories. It cannot make one short by leaving draws out then; tests/builders/shortening.py does.
    """

    def __init__(self) -> None:
        super().__init__()
        self.past = b""
        self.story: list[Any] = []
        self.town: Town | None = None
        self.broken = False

    def _in_town(self, start: bytes) -> Town:
        assert self.town is not None
        self.town.chance = self._chance(start)
        return self.town

    def _chance(self, start: bytes) -> Random:
        self.past = sha256(self.past + start).digest()
        return Random(self.past)

    def _happens(self, *parts: Any) -> None:
        """Inputs, None for none, or time that passes. A story that breaks something is told again, as short as can be."""
        assert self.town is not None
        for part in parts:
            if part is None:
                continue
            self.story.append(part)
            try:
                _play(self.town.worker, part)
            except Exception:
                self._tell(lambda _worker, _story: None)
                raise

    def _tell(self, at_the_end: Callable[[WatchedWorker, Any], None]) -> None:
        assert self.town is not None
        self.broken = True
        for part in shortened(self.story, self.town.worker.policies, _play, at_the_end):
            note(f"{part / DAY:.0f} days pass" if isinstance(part, int) else spoken(part))

    @initialize(start=SEEDS)
    def a_town(self, start: bytes) -> None:
        """One or two orders, most often paid, some of them under way; every item in stock."""
        chance = self._chance(start)
        town = self.town = Town(WatchedWorker(chance.choice(POLICIES), Watch()), chance)
        note(f"policies: {town.worker.policies.version}")
        for sku in SKUS:
            self._happens(
                f.Product(sku=sku, parent_sku=sku.partition("-")[0], sellable=True, updated_at=0),
                f.StockLevel(sales_channel="web-de", sku=sku, available=9, updated_at=0),
                f.StockLevel(sales_channel="web-us", sku=sku, available=1, updated_at=0),
            )
        for order in town.some(ORDERS, 2):
            self._happens(facts.placed(town, order), None if town.rarely() else facts.paid_in_full(town, order))
            far = town.one((None, *facts.STAGES, facts.whole_order_shipped))
            self._happens(far(town, order) if far else None)

    @rule(start=SEEDS)
    def something_happens(self, start: bytes) -> None:
        town = self._in_town(start)
        ways = (self._world_speaks, self._somebody_acts, self._comes_again, self._time_passes, self._everybody_answers)
        town.chance.choices(ways, weights=(12, 12, 2, 2, 1))[0](town)

    def _world_speaks(self, town: Town) -> None:
        self._happens(_one(town.chance, SAID)(town))

    def _somebody_acts(self, town: Town) -> None:
        self._happens(command(town, _one(town.chance, SENT)))

    def _comes_again(self, town: Town) -> None:
        """Known ids have no second effect; a dry run of what was done answers, and changes nothing."""
        again = town.one(town.worker.taken)
        known, steps = dict(town.worker.things), len(town.worker.steps)
        self._happens(again)
        if getattr(again, "event_id", None) or isinstance(again, c.Command):
            assert (known, steps) == (town.worker.things, len(town.worker.steps)), f"{again} had a second effect"

    def _time_passes(self, town: Town) -> None:
        self._happens(town.one((1, 1, 3, 8, 31)) * DAY)

    def _everybody_answers(self, town: Town) -> None:
        began = len(town.worker.taken)
        the_world_answers(town)
        self.story += town.worker.taken[began:]

    def teardown(self) -> None:
        """Whatever happened, there is a way out of it."""
        if self.town is None or self.broken:
            return
        try:
            bring_to_an_end(self.town)
        except Exception:
            self._tell(lambda worker, _story: bring_to_an_end(Town(worker, Random(1), sent=10**6)))
            raise


def test_the_town_knows_every_command_of_the_contract() -> None:
    known = {
        kind
        for kind in vars(c).values()
        if isinstance(kind, type) and issubclass(kind, c.Command) and not kind.__subclasses__()
    }
    assert set(MAKE) == known


SEED = int(os.environ.get("SOAK_SEED", "0"))
RUNS = int(os.environ.get("SOAK_EXAMPLES", "120")) // 4
LIFE = settings(
    max_examples=4,
    stateful_step_count=int(os.environ.get("SOAK_STEPS", "40")),
    phases=[Phase.generate],
    database=None,
    suppress_health_check=list(HealthCheck),
)


def _story() -> WholeDomain:
    """What a seed is put on; the class itself would keep it."""
    return WholeDomain()


@pytest.mark.parametrize("run", range(SEED, SEED + RUNS, max(1, RUNS // 10)))
def test_whatever_happens_every_invariant_holds_and_there_is_a_way_out(run: int) -> None:
    """Runs of four stories: after its first few Hypothesis only varies them, and here the many differ from the start."""
    for number in range(run, min(run + max(1, RUNS // 10), SEED + RUNS)):
        run_state_machine_as_test(seed(number)(_story), settings=LIFE)  # type: ignore[arg-type]
