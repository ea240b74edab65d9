"""Channels whose switches stand the other way: in one run of one worker they do the opposite of the ordinary ones."""

from dataclasses import replace
from typing import Any, Final

import pytest

from domain.policy import Policies, Policy
from ordercase.simulate.basket import MARKETS, OFFICE, OUTLET, Market
from ordercase.simulate.stories import PLOTS, Plot
from ordercase.simulate.world import World
from tests.builders.memory_worker import MemoryWorker, MovedClock
from tests.builders.verdicts import wrongs
from tests.unit.test_simulate_rules import CHANNELS, PATIENCE

OPPOSITES: Final[dict[str, tuple[str, Market, str]]] = {
    "refunds.at": ("returns.some_of_it", OUTLET, "switches.paid_when_seen"),
    "refunds.shipping": ("returns.one_after_the_other", OUTLET, "switches.paid_when_seen"),
    "refunds.leg_order": ("refunds.two_payments", OUTLET, "switches.paid_when_seen"),
    "returns.restocking_fee": ("returns.in_two_parcels", OUTLET, "switches.paid_once_all_are_here"),
    "returns.damaged": ("returns.damaged", OUTLET, "switches.half_for_damaged"),
    "returns.choose_source": ("refusals.too_late", OUTLET, "switches.to_the_other_warehouse"),
    "cancel.direct_at_warehouse": ("cancellations.warehouse_agrees", OUTLET, "switches.cancelled_at_the_warehouse"),
    "cancel.refund_on_shop_cancel": ("troubles.cancelled_by_the_shop", OUTLET, "switches.cancelled_by_the_shop"),
    "exchanges.mode": ("replacements.exchanged", OUTLET, "switches.held_until_back"),
    "cases.auto_resolve_lines": ("cases.about_a_return", OUTLET, "switches.case_waits_for_a_person"),
    "notices.off": ("returns.some_of_it", OUTLET, "switches.paid_when_seen"),
    "returns.auto_approve": ("returns.some_of_it", OFFICE, "approvals.returned"),
    "refunds.auto_release": ("cancellations.whole_order", OFFICE, "approvals.cancelled"),
    "refunds.second_person_above": ("returns.some_of_it", OFFICE, "approvals.second_person"),
    "appeasements.agent_limit": ("refunds.appeased", OFFICE, "approvals.appeased"),
    "notices.internal_recipient": ("refunds.failed_then_paid", OFFICE, "approvals.cancelled"),
}
"""Switch → the story that shows its default, the channel where it stands the other way, the story that shows that."""
BY_NAME: Final = {plot.name: plot for plot in PLOTS}


def world(policies: Policies) -> World:
    clock = MovedClock()
    return World(MemoryWorker(policies, clock=clock), prefix="T", seed=5, patience=PATIENCE, quiet=0, clock=clock)


def in_channel(story: str, market: Market) -> Plot:
    return replace(BY_NAME[story], channels=(market,))


def switch(policy: Policy, name: str) -> Any:
    section, _, key = name.partition(".")
    return getattr(getattr(policy, section), key)


def test_two_channels_with_opposite_switches_behave_oppositely_in_one_run() -> None:
    plots = [
        plot
        for ordinary, market, opposite in OPPOSITES.values()
        for plot in (in_channel(ordinary, MARKETS[0]), in_channel(opposite, market))
    ]
    verdict = world(CHANNELS).play(plots)
    assert wrongs(verdict) == []
    for name, (_, market, _) in OPPOSITES.items():
        assert switch(CHANNELS.of(market.channel), name) != switch(CHANNELS.of(MARKETS[0].channel), name), name


@pytest.mark.parametrize("name", OPPOSITES)
def test_with_its_switch_back_at_the_default_an_opposite_story_is_wrong(name: str) -> None:
    _, market, opposite = OPPOSITES[name]
    section, _, key = name.partition(".")
    policy = CHANNELS.of(market.channel)
    part = replace(getattr(policy, section), **{key: switch(Policy(), name)})
    back = replace(CHANNELS, channels={**CHANNELS.channels, market.channel: replace(policy, **{section: part})})
    assert world(back).play([in_channel(opposite, market)] * 3).wrong
