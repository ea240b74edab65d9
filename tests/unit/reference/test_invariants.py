"""Invariants, looked at after every input of many random lives (N3 and N7 also as properties in test_order_ledger.py).

`ORDERCASE_TEST_LONG=1` lives a thousand lives instead of some dozens.
"""

import os
from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

from domain.ceilings import ceilings
from domain.money import tax_of_value
from domain.order_events import FollowOrderMade, LegsSent, PersonErased
from domain.order_evolve import evolve
from domain.order_file import OrderFile
from domain.orders import given_by_line, left_of_line, order_total, snapshot
from domain.quantities import LEFT_THE_HOUSE, Bucket
from domain.refunds import Refund, RefundRequested
from domain.vocabulary import LegState, PaymentKind, RefundState, ReturnState
from domain.world import Ref, Step
from tests.builders.desk import Desk, line, shipping
from tests.builders.readings import refunds
from tests.unit.reference.lives import Life, live
from tests.unit.reference.reading import delivered

LIVES, LENGTH = (1000, 60) if os.environ.get("ORDERCASE_TEST_LONG") else (50, 40)
OVER = (ReturnState.DENIED, ReturnState.CANCELLED, ReturnState.EXPIRED, ReturnState.SETTLED)


@pytest.fixture(scope="module", name="lives")
def _lives() -> list[Life]:
    return [live(seed, LENGTH) for seed in range(LIVES)]


def files(lives: list[Life]) -> Iterator[OrderFile]:
    """Every state of every order that any life came through."""
    for life in lives:
        yield from life.files


def all_refunds(lives: list[Life]) -> Iterator[Refund]:
    for file in files(lives):
        yield from file.refunds.values()


def test_the_lives_come_through_every_remedy(lives: list[Life]) -> None:
    last = [life.desk.file() for life in lives]
    for name in ("cancellations", "returns", "refunds", "exchanges", "reshipments"):
        assert sum(len(getattr(file, name)) for file in last) >= LIVES // 4, name
    states = {refund.state for refund in all_refunds(lives)}
    assert states == set(RefundState) - {RefundState.UNKNOWN}


def test_N1_the_buckets_of_a_line_sum_to_its_quantity_and_none_is_below_zero(lives: list[Life]) -> None:
    for file in files(lives):
        for number, sold in file.lines.items():
            buckets = sold.units.public()
            assert sum(buckets.values()) == sold.sold.quantity, (file.order_id, number, buckets)
            assert min(buckets.values()) >= 0


def test_N2_what_is_asked_back_stays_under_every_ceiling_at_once(lives: list[Life]) -> None:
    for life in lives:
        for step in life.steps:
            if isinstance(step.event, RefundRequested):
                _fits(step.event.refund, step.before)  # type: ignore[arg-type]
        for file in life.files:
            given = given_by_line(file)
            assert all(given.get(n, 0) <= sold.value.gross for n, sold in file.lines.items()), given
            if not life.charged_back:
                assert snapshot(file).refunded + snapshot(file).pending <= snapshot(file).captured


def _fits(refund: Refund, before: OrderFile) -> None:
    limits = ceilings(before)
    by_payment = Counter[str]()
    for leg in refund.legs:
        by_payment[leg.payment_ref] += leg.amount_minor
    assert refund.amount_minor <= limits.order
    assert all(amount <= limits.payments[ref] for ref, amount in by_payment.items())
    assert refund.amount_minor <= limits.allows(refund.lines)


def test_N4_a_full_refund_is_the_paid_total_for_every_rate_in_whatever_parts() -> None:
    for seed in range(40):
        rng = Random(seed)
        totals = [rng.randint(0, 9999), rng.randint(1, 9999)]
        goods = [line(n, rng.randint(1, 5), total, tax=total * 19 // 119) for n, total in enumerate(totals, 1)]
        desk = delivered(*goods, shipping(9, 490), order_discount_minor=rng.randint(0, sum(totals)))
        units = [sold.line_number for sold in goods for _ in range(sold.quantity)]
        rng.shuffle(units)
        for number in units:
            assert desk.returns((number, 1)).accepted
        lines = [made for refund in refunds(desk) for made in refund.lines]
        assert sum(made.gross_minor for made in lines) == order_total(desk.file()) == snapshot(desk.file()).captured
        for sold in desk.file().lines.values():
            told = tuple(tax.amount_minor for tax in sold.sold.taxes)
            back = sum(made.tax_minor for made in lines if made.line_number == sold.sold.line_number)
            assert back == sum(tax_of_value(sold.value.gross, sold.sold.total_minor, told))
            assert left_of_line(desk.file(), sold.sold.line_number) == 0
        assert snapshot(desk.file()).left == 0


def test_N5_net_and_tax_are_gross_and_the_rates_are_the_tax(lives: list[Life]) -> None:
    for refund in all_refunds(lives):
        for made in refund.lines:
            assert made.net_minor + made.tax_minor == made.gross_minor
            assert sum(tax.amount_minor for tax in made.taxes) == made.tax_minor
        gross = sum(made.gross_minor for made in refund.lines)
        assert refund.amount_minor == gross - refund.fee_minor - refund.shortfall_minor - refund.voided_minor


def test_N6_the_shares_of_the_discount_sum_to_it_and_stay_what_they_were(lives: list[Life]) -> None:
    for life in lives:
        root = [file for file in life.files if file.order_id == "1001"]
        shares = {n: sold.sold.total_minor - sold.value.gross for n, sold in root[0].lines.items()}
        assert sum(shares.values()) == root[0].facts.order_discount_minor
        assert all(sold.value.gross >= 0 and sold.value.net >= 0 for sold in root[0].lines.values())
        assert all({n: sold.value for n, sold in file.lines.items()} == {n: sold.value for n, sold in root[0].lines.items()}
                   for file in root)  # fmt: skip


def test_N8_one_leg_has_one_key_and_one_operation_of_the_gateway(lives: list[Life]) -> None:
    for life in lives:
        file = life.desk.file()
        every = [leg for refund in file.refunds.values() for leg in refund.legs]
        assert len({leg.leg_id for leg in every}) == len(every)
        references = [leg.gateway_reference for leg in every if leg.gateway_reference]
        assert len(set(references)) == len(references)
        asked = Counter(leg.leg_id for sent in life.desk.events(LegsSent) for leg, _ in sent.legs)
        assert all(asked[leg.leg_id] == leg.attempt for leg in every)


def test_N9_released_means_that_every_leg_is_confirmed(lives: list[Life]) -> None:
    for refund in all_refunds(lives):
        live_legs = [leg for leg in refund.legs if leg.state is not LegState.REPLACED]
        assert sum(leg.amount_minor for leg in live_legs) == refund.amount_minor
        if refund.state is RefundState.RELEASED:
            assert {leg.state for leg in live_legs} == {LegState.CONFIRMED}


def test_N10_a_unit_is_in_one_open_remedy_and_is_paid_once(lives: list[Life]) -> None:
    for file in files(lives):
        for number, sold in file.lines.items():
            lines = [
                item
                for found in file.returns.values()
                if found.state not in OVER
                for item in found.lines
                if item.line_number == number
            ]
            assert sold.units.at(Bucket.RETURN_ANNOUNCED) == sum(item.quantity - item.decided for item in lines)
            assert all(units <= sold.units.at(Bucket(bucket)) for bucket, units in sold.units.spent.items())
            assert sold.worth.spent <= sold.worth.units
            assert sold.worth.given.gross <= sold.value.gross


def test_N11_no_more_comes_back_than_was_announced_or_came_blind(lives: list[Life]) -> None:
    for life in lives:
        for file in life.files:
            for number, sold in file.lines.items():
                lines = [item for found in file.returns.values() for item in found.lines if item.line_number == number]
                back = sold.units.at(Bucket.BACK_GOOD, Bucket.BACK_DAMAGED, Bucket.RETURN_REJECTED)
                assert back <= sum(item.quantity for item in lines)
                if life.policies.default.refunds.at == "RECEIVED":
                    assert all(item.paid <= item.accepted + item.accepted_part for item in lines)


def test_N13_what_was_cancelled_and_what_left_is_never_more_than_was_ordered(lives: list[Life]) -> None:
    for file in files(lives):
        for sold in file.lines.values():
            cancelled = sold.units.at(Bucket.CANCELLED)
            assert cancelled + sold.units.at(*LEFT_THE_HOUSE) <= sold.sold.quantity
            assert cancelled + sold.units.left <= sold.sold.quantity


def test_N14_an_even_exchange_and_a_reshipment_owe_nothing(lives: list[Life]) -> None:
    made = [follow.order for life in lives for follow in life.desk.events(FollowOrderMade)]
    assert made
    for order in made:
        assert [sold.total_minor for sold in order.lines] == [0] * len(order.lines)
        assert all(sold.discount_minor == sold.unit_price_minor * sold.quantity for sold in order.lines)
    for life in lives:
        follows = [file for file in life.files if file.root_id]
        assert all(snapshot(file).due == 0 and not file.refunds for file in follows)


def test_N16_the_files_are_what_the_events_fold_to(lives: list[Life]) -> None:
    """The same on stored history is `ordercase doctor --verify`, which tests/integration runs."""
    for life in lives:
        folded: dict[Ref, OrderFile] = {}
        for step in life.steps:
            folded[step.ref] = _refolded(folded.get(step.ref), step)
        assert all(life.desk.things[ref] == file for ref, file in folded.items())


def _refolded(now: OrderFile | None, step: Step) -> OrderFile:
    start = now or step.before
    if start is None:
        assert isinstance(step.after, OrderFile)
        start = OrderFile(sales_channel=step.after.sales_channel, order_id=step.after.order_id)
    assert not isinstance(step.event, PersonErased)
    return evolve(start, step.event, step.stamp)  # type: ignore[arg-type]


def test_N17_no_remedy_changes_what_was_sold(lives: list[Life]) -> None:
    for life in lives:
        first: dict[str, dict[int, object]] = {}
        for file in life.files:
            now = {number: (sold.sold, sold.value) for number, sold in file.lines.items()}
            assert first.setdefault(file.order_id, dict(now)) == now


def test_N18_money_is_whole_minor_units_of_one_currency(lives: list[Life]) -> None:
    for refund in all_refunds(lives):
        numbers = [refund.amount_minor, refund.fee_minor, refund.shipping_minor, refund.shortfall_minor]
        numbers += [leg.amount_minor for leg in refund.legs]
        numbers += [part for made in refund.lines for part in (made.net_minor, made.tax_minor, made.gross_minor)]
        assert {type(number) for number in numbers} == {int}
        assert refund.currency == "EUR"
    desk = Desk()
    desk.place(line(1, 1, 1000), captured=1000)
    desk.pays(PaymentKind.CAPTURED, 500, "P2", currency="USD")
    assert desk.appeases((1, 1001)).code == "exceeds_line"
    assert snapshot(desk.file()).captured == 1000
