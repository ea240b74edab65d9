"""The whole domain under everything that may happen to it: every command, every fact, every timer, in any order.

After each input all of tests/builders/invariants.py is looked at. `make soak` (tests/soak.py) runs the same for long; what
it finds stands in test_found_stories.py, told short.
"""

import os
from collections.abc import Sequence
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from domain import commands as c
from domain import facts as f
from domain.world import Effect
from tests.builders import town_facts as facts
from tests.builders.invariants import Watch
from tests.builders.town import ORDERS, POLICIES, SKUS, Town, spoken
from tests.builders.town_commands import MAKE, command
from tests.builders.town_ending import bring_to_an_end, the_world_answers
from tests.builders.watched_worker import WatchedWorker

DAY = 86_400_000_000
SEEDS = st.integers(0, 2**32)
ON_CASES = [kind for kind in MAKE if issubclass(kind, c.CaseCommand)]
ON_REFUNDS = [kind for kind in MAKE if issubclass(kind, c.RefundCommand)]
ON_ORDERS = [kind for kind in MAKE if issubclass(kind, c.OrderCommand)]
MAKING = [c.CancelOrder, c.ChangeOrder, c.CreateReturn, c.CreateAppeasement, c.CreateExchange, c.CreateReshipment]
OTHERS = [kind for kind in MAKE if kind not in {*ON_CASES, *ON_REFUNDS, *ON_ORDERS}]


class WholeDomain(RuleBasedStateMachine):
    """A town whose worker is watched."""

    watch: Watch

    @initialize(seed=SEEDS)
    def a_town(self, seed: int) -> None:
        self.watch = Watch()
        chance = Random(seed)
        self.town = Town(WatchedWorker(chance.choice(POLICIES), self.watch), chance)
        for sku in SKUS:
            self._take(f.Product(sku=sku, parent_sku=sku.partition("-")[0], sellable=True, updated_at=0))
            self._take(f.StockLevel(sales_channel="web-de", sku=sku, available=9, updated_at=0))
            self._take(f.StockLevel(sales_channel="web-us", sku=sku, available=1, updated_at=0))
        for order in self.town.some(ORDERS, 2):
            self._take(facts.placed(self.town, order))
            if not self.town.rarely():
                self._take(facts.paid_in_full(self.town, order))

    def _take(self, message: Any) -> None:
        if message is not None:
            note(spoken(message))
            self.town.worker.take(message)

    def _say(self, seed: int, *ways: facts.Fact) -> None:
        self.town.chance = Random(seed)
        self._take(self.town.one(ways)(self.town))

    def _send(self, seed: int, kinds: Sequence[type[c.Command]]) -> None:
        self.town.chance = Random(seed)
        self._take(command(self.town, self.town.one(kinds)))

    @rule(seed=SEEDS)
    def the_shop_speaks(self, seed: int) -> None:
        self._say(seed, *facts.SHOP)

    @rule(seed=SEEDS)
    def money_moves(self, seed: int) -> None:
        self._say(seed, *facts.MONEY)

    @rule(seed=SEEDS)
    def an_order_is_paid(self, seed: int) -> None:
        self._say(seed, facts.paid_in_full)

    @rule(seed=SEEDS)
    def the_gateway_answers(self, seed: int) -> None:
        self._say(seed, facts.gateway_answer)

    @rule(seed=SEEDS)
    def the_warehouse_speaks(self, seed: int) -> None:
        self._say(seed, *facts.WAREHOUSE)

    @rule(seed=SEEDS)
    def an_order_is_shipped(self, seed: int) -> None:
        self._say(seed, facts.whole_order_shipped)

    @rule(seed=SEEDS)
    def a_question_is_answered(self, seed: int) -> None:
        self._say(seed, facts.cancellation_answer, facts.change_answer)

    @rule(seed=SEEDS)
    def goods_come_back(self, seed: int) -> None:
        self._say(seed, facts.goods_came_back)

    @rule(seed=SEEDS)
    def products_change(self, seed: int) -> None:
        self._say(seed, *facts.GOODS)

    @rule(seed=SEEDS)
    def a_mail_is_told_of(self, seed: int) -> None:
        self._say(seed, facts.mail_word)

    @rule(seed=SEEDS)
    def a_remedy_is_asked_for(self, seed: int) -> None:
        self._send(seed, MAKING)

    @rule(seed=SEEDS)
    def a_return_is_asked_for(self, seed: int) -> None:
        self._send(seed, [c.CreateReturn])

    @rule(seed=SEEDS)
    def an_order_is_worked_on(self, seed: int) -> None:
        self._send(seed, ON_ORDERS)

    @rule(seed=SEEDS)
    def a_refund_is_worked_on(self, seed: int) -> None:
        self._send(seed, ON_REFUNDS)

    @rule(seed=SEEDS)
    def a_case_is_opened(self, seed: int) -> None:
        self._send(seed, [c.OpenCase, c.SubmitCase, c.AssignCase])

    @rule(seed=SEEDS)
    def a_case_is_worked_on(self, seed: int) -> None:
        self._send(seed, ON_CASES)

    @rule(seed=SEEDS)
    def something_else_is_done(self, seed: int) -> None:
        self._send(seed, OTHERS)

    @rule(seed=SEEDS)
    def something_comes_again(self, seed: int) -> None:
        """Known ids have no second effect; a dry run of what was done answers, and changes nothing."""
        self.town.chance = Random(seed)
        if self.town.worker.taken:
            again = self.town.one(self.town.worker.taken)
            known = dict(self.town.worker.things)
            outcome = self.town.worker.take(again)
            if outcome is not None and getattr(again, "event_id", None):
                raise AssertionError(f"{again} had a second effect")
            if outcome is not None and outcome.effect is Effect.DRY_RUN:
                assert known == self.town.worker.things

    @rule(days=st.sampled_from((1, 1, 3, 8, 31)))
    def time_passes(self, days: int) -> None:
        self.town.worker.wait(days * DAY)

    @rule()
    def everybody_answers(self) -> None:
        the_world_answers(self.town)

    def teardown(self) -> None:
        """Whatever happened, there is a way out of it."""
        if hasattr(self, "town"):
            bring_to_an_end(self.town)


def test_the_town_knows_every_command_of_the_contract() -> None:
    known = {
        kind
        for kind in vars(c).values()
        if isinstance(kind, type) and issubclass(kind, c.Command) and not kind.__subclasses__()
    }
    assert set(MAKE) == known


SOAK = int(os.environ.get("SOAK_EXAMPLES", "0"))
WholeDomain.TestCase.settings = settings(
    max_examples=SOAK or 100,
    stateful_step_count=int(os.environ.get("SOAK_STEPS", "50")),
    derandomize=not SOAK,
    phases=[Phase.generate, Phase.shrink] if "SOAK_SHRINK" in os.environ or not SOAK else [Phase.generate],
    report_multiple_bugs=False,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestWholeDomain = WholeDomain.TestCase
