"""All stories, how often each is told, and what basket and payments it needs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from domain.policy import Policies
from ordercase.simulate.basket import (
    MARKETS,
    OFFICE,
    OUTLET,
    SLOW_ANSWERS,
    SLOW_PARCELS,
    SLOW_PEOPLE,
    SLOW_SHOP,
    SLOW_STOCK,
    SPECIAL,
    Basket,
    Market,
    fill,
)
from ordercase.simulate.stories import (
    approvals,
    cancellations,
    cases,
    changes,
    checkouts,
    deliveries,
    follows,
    journeys,
    late_parcels,
    money,
    receipts,
    refunds,
    refusals,
    replacements,
    returns,
    switches,
    troubles,
    waits,
)
from ordercase.simulate.story import Script, Story


@dataclass(frozen=True, slots=True)
class Plot:
    """One kind of story. `quantities`: units per line (empty: any basket). `two`: paid in two ways.

    `channels`: where it may be told. `days`: it waits for a time to run out, which is days where the policy keeps its
    defaults and seconds in the special channels: without a clock that can be moved it is told there only.
    """

    script: Callable[[Story], Script[None]]
    weight: int = 1
    quantities: tuple[int, ...] = ()
    shipping: bool | None = None
    order_discount: bool | None = None
    two: bool = False
    channels: tuple[Market, ...] = MARKETS
    days: bool = False

    @property
    def name(self) -> str:
        """`returns.some_of_it`"""
        return f"{self.script.__module__.rpartition('.')[2]}.{self.script.__name__}"

    def cast(self, chance: Random) -> tuple[Basket, tuple[tuple[str, int], ...]]:
        """A basket, and how it is paid: (method, amount) of each payment, the oldest first."""
        market = chance.choice(self.channels)
        basket = fill(chance, market, quantities=self.quantities, shipping=self.shipping,
                      order_discount=self.order_discount)  # fmt: skip
        if not self.two:
            return basket, (("CARD", basket.total),)
        gift = basket.total * chance.randrange(10, 25) // 100
        return basket, (("GIFT_CARD", gift), ("CARD", basket.total - gift))


PLOTS: Final = (
    Plot(deliveries.plain, weight=6),
    Plot(deliveries.in_parcels, weight=2, quantities=(2, 1)),
    Plot(deliveries.out_of_order, weight=3),
    Plot(deliveries.said_twice, weight=3),
    Plot(deliveries.lost_and_found, quantities=(2, 1)),
    Plot(cancellations.whole_order, weight=2),
    Plot(cancellations.one_by_one, weight=2, quantities=(3, 1)),
    Plot(cancellations.let_go, quantities=(2,), shipping=False, two=True),
    Plot(cancellations.let_go_in_part, quantities=(3, 1), two=True),
    Plot(cancellations.warehouse_agrees, quantities=(2, 1)),
    Plot(cancellations.warehouse_refuses, quantities=(2,)),
    Plot(cancellations.warehouse_agrees_in_part, quantities=(3, 1)),
    Plot(cancellations.some_open, quantities=(1, 2)),
    Plot(cancellations.parcel_was_faster, quantities=(2, 1)),
    Plot(returns.some_of_it, weight=5, quantities=(2, 1)),
    Plot(returns.one_after_the_other, weight=2, quantities=(3,)),
    Plot(returns.in_two_parcels, quantities=(2, 1)),
    Plot(returns.damaged, quantities=(2, 1)),
    Plot(returns.unannounced, quantities=(2,)),
    Plot(returns.looked_at_first, quantities=(3, 1)),
    Plot(returns.one_missing, quantities=(3,)),
    Plot(refunds.failed_then_paid, weight=2, quantities=(2, 1)),
    Plot(refunds.two_payments, weight=2, quantities=(2, 1), two=True),
    Plot(refunds.one_of_two_fails, quantities=(2,), two=True),
    Plot(refunds.answered_without_key, quantities=(2,)),
    Plot(refunds.appeased, weight=2, quantities=(2, 1)),
    Plot(refunds.reversed_by_the_bank, quantities=(2, 1)),
    Plot(replacements.exchanged, weight=3, quantities=(2, 1)),
    Plot(replacements.exchanged_then_returned, quantities=(2,)),
    Plot(replacements.exchange_called_off, quantities=(2,)),
    Plot(replacements.lost_and_sent_again, weight=2, quantities=(1, 2)),
    Plot(cases.about_a_return, weight=3, quantities=(2,)),
    Plot(cases.about_a_cancellation, weight=2, quantities=(2, 1)),
    Plot(cases.solution_rejected, quantities=(1,)),
    Plot(cases.by_the_customer, quantities=(1, 1)),
    Plot(cases.about_two_orders),
    Plot(troubles.card_declined),
    Plot(troubles.capture_failed),
    Plot(troubles.charged_back_and_won),
    Plot(troubles.charged_too_little),
    Plot(troubles.cancelled_by_the_shop),
    Plot(changes.another_address),
    Plot(changes.address_refused),
    Plot(changes.faster),
    Plot(changes.one_more, quantities=(1, 1), order_discount=False),
    Plot(changes.withdrawn, quantities=(2,)),
    Plot(checkouts.paid_before_the_order),
    Plot(checkouts.never_an_order),
    Plot(checkouts.failed_then_an_order, order_discount=False),
    Plot(checkouts.worked_on_as_a_case),
    Plot(refusals.too_early, quantities=(2, 1)),
    Plot(refusals.too_late, quantities=(2, 1)),
    Plot(receipts.damaged_and_rejected, quantities=(2, 1)),
    Plot(receipts.accepted_in_part, quantities=(2, 1)),
    Plot(receipts.another_thing, quantities=(2, 1)),
    Plot(receipts.lost_on_the_way_back, quantities=(2, 1)),
    Plot(receipts.nobody_s_parcel, quantities=(2, 1)),
    Plot(receipts.called_off_too_late, quantities=(2, 1)),
    Plot(receipts.more_than_announced, quantities=(3, 1)),
    Plot(follows.first_parcel_comes_after_all, quantities=(2, 1)),
    Plot(follows.wrong_thing_taken_back, quantities=(2, 1)),
    Plot(follows.exchange_called_off_late, quantities=(2, 1)),
    Plot(follows.new_one_cancelled, quantities=(2, 1)),
    Plot(follows.exchange_undone, quantities=(2, 1)),
    Plot(follows.exchanged_twice, quantities=(3, 1)),
    Plot(follows.original_lost, quantities=(2, 1)),
    Plot(money.taken_in_parts, quantities=(2, 1), two=True),
    Plot(money.charged_after_all, quantities=(2, 1)),
    Plot(money.paid_by_transfer, quantities=(2, 1)),
    Plot(money.charged_back_and_lost, quantities=(2, 1)),
    Plot(money.charged_back_wholly),
    Plot(money.reversed_then_by_transfer, quantities=(2, 1)),
    Plot(money.fails_again_and_again, quantities=(2, 1)),
    Plot(journeys.anything, weight=3, quantities=(3, 2)),
    Plot(journeys.anything, weight=3, quantities=(3, 2), two=True),
    Plot(switches.paid_when_seen, two=True, quantities=(2, 1), channels=(OUTLET,)),
    Plot(switches.paid_once_all_are_here, quantities=(2, 1), channels=(OUTLET,)),
    Plot(switches.half_for_damaged, quantities=(2, 1), channels=(OUTLET,)),
    Plot(switches.to_the_other_warehouse, quantities=(2, 1), channels=(OUTLET,)),
    Plot(switches.cancelled_at_the_warehouse, quantities=(2, 1), channels=(OUTLET,)),
    Plot(switches.cancelled_by_the_shop, channels=(OUTLET,)),
    Plot(switches.held_until_back, quantities=(2, 1), channels=(OUTLET,)),
    Plot(switches.refused_and_refunded, quantities=(2, 1), channels=(OUTLET,)),
    Plot(switches.case_waits_for_a_person, quantities=(2, 1), channels=(OUTLET,)),
    Plot(approvals.returned, quantities=(2, 1), channels=(OFFICE,)),
    Plot(approvals.denied, quantities=(2, 1), channels=(OFFICE,)),
    Plot(approvals.refund_called_off, quantities=(2, 1), channels=(OFFICE,)),
    Plot(approvals.damaged_is_rejected, quantities=(2, 1), channels=(OFFICE,)),
    Plot(approvals.appeased, quantities=(2, 1), channels=(OFFICE,)),
    Plot(approvals.cancelled, channels=(OFFICE,)),
    Plot(waits.warehouse_answers_late, quantities=(2, 1), channels=(SLOW_ANSWERS,), days=True),
    Plot(waits.shop_never_answers, channels=(SLOW_ANSWERS,), days=True),
    Plot(waits.gateway_answers_late, quantities=(2, 1), channels=(SLOW_ANSWERS,), days=True),
    Plot(waits.gateway_never_answers, quantities=(2, 1), channels=(SLOW_ANSWERS,), days=True),
    Plot(waits.void_unanswered, channels=(SLOW_ANSWERS,), days=True),
    Plot(late_parcels.goods_never_come, quantities=(2, 1), channels=(SLOW_PARCELS,), days=True),
    Plot(late_parcels.return_expires, quantities=(2, 1), channels=(SLOW_STOCK,)),
    Plot(late_parcels.exchange_overdue, quantities=(2, 1), channels=(SLOW_PARCELS,), days=True),
    Plot(late_parcels.nobody_says_delivered, quantities=(2, 1), channels=(SLOW_PARCELS,), days=True),
    Plot(waits.case_closes_by_itself, channels=(SLOW_PEOPLE,), days=True),
    Plot(waits.nobody_works_on_it, channels=(SLOW_ANSWERS,), days=True),
    Plot(waits.not_sent_for_days, channels=(SLOW_SHOP,), days=True),
    Plot(waits.declined_for_days, quantities=(2, 1), channels=(SLOW_STOCK,), days=True),
    Plot(late_parcels.wrong_thing_never_comes, quantities=(2, 1), channels=(SLOW_PARCELS,), days=True),
    Plot(late_parcels.returned_too_late, quantities=(2, 1), channels=(SLOW_PEOPLE,)),
    Plot(approvals.approved_by_its_parcel, quantities=(2, 1), channels=(OFFICE,)),
    Plot(approvals.second_person, quantities=(2, 1), channels=(OFFICE,)),
)


def told(policies: Policies, *, clock_moves: bool = False) -> tuple[Plot, ...]:
    """The stories that can be told to a worker with these policies, each with the channels that it can be told in."""
    known = [*MARKETS, *(market for market in SPECIAL if market.channel in policies.channels)]
    plots = []
    for plot in PLOTS:
        channels = (*MARKETS, *plot.channels) if plot.days and clock_moves else plot.channels
        possible = tuple(market for market in channels if market in known)
        if possible:
            plots.append(replace(plot, channels=possible))
    return tuple(plots)


def chosen(chance: Random, orders: int, plots: Sequence[Plot] | None = None, *, evenly: bool = False) -> list[Plot]:
    """Which stories are told: every one at least once when there are enough orders, the rest by weight, shuffled.

    `evenly`: weights do not count, so that most stories are about trouble.
    """
    plots = told(Policies()) if plots is None else plots
    found = list(plots) if orders >= len(plots) else []
    weights = [1 if evenly else plot.weight for plot in plots]
    found += chance.choices(plots, weights=weights, k=orders - len(found))
    chance.shuffle(found)
    return found
