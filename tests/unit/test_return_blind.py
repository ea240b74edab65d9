"""Parcels that nobody announced: whose units they hold, and what matches nothing (domain.md 6)."""

from typing import Any

from domain import commands as c
from domain import facts as f
from domain.order_events import ConcernRaised, Noted
from domain.policy import DAY, DEFAULT, Policies
from domain.quantities import Bucket
from domain.returns import Return
from domain.vocabulary import (
    ReceiptOutcome,
    ReturnDecision,
    ReturnState,
    UnitStatus,
    Verdict,
)
from domain.world import Reply
from tests.builders.desk import CHANNEL, Desk, line, with_policy

GOOD, DAMAGED = ReceiptOutcome.GOOD, ReceiptOutcome.DAMAGED
LOST = ReceiptOutcome.LOST
AT_RECEIVED = with_policy(DEFAULT, "refunds", at="RECEIVED")
ASKED = with_policy(DEFAULT, "returns", auto_approve=False)


def sold(policies: Policies = DEFAULT, quantity: int = 3, **fields: Any) -> Desk:
    """An order of one line, 1000 each, paid and delivered."""
    desk = Desk(policies)
    desk.place(line(1, quantity, 1000 * quantity, **fields), captured=1000 * quantity)
    desk.ships(quantity)
    desk.delivers(quantity)
    return desk


def returns(desk: Desk) -> list[Return]:
    return list(desk.file().returns.values())


def newest(desk: Desk) -> Return:
    return returns(desk)[-1]


def amounts(desk: Desk) -> list[int]:
    return [refund.amount_minor for refund in desk.file().refunds.values()]


def decides(desk: Desk, verdict: Verdict, **fields: Any) -> Reply:
    fields = {"return_id": newest(desk).return_id, "line_number": 1, **fields}
    return desk.send(c.DecideReturnLine, verdict=verdict, **fields)


# Goods that nobody announced


def test_a_blind_parcel_is_matched_to_shipped_then_delivered_then_lost_units() -> None:
    desk = Desk(AT_RECEIVED)
    desk.place(line(1, 4, 4000), captured=4000)
    desk.ships(4)
    desk.delivers(1)
    desk.warehouse(UnitStatus.LOST, 1)
    desk.receives(None, (1, 3, GOOD), source_id="W7")
    made = newest(desk)
    assert made.lines[0].held == ((Bucket.SHIPPED, 2), (Bucket.DELIVERED, 1))
    assert (made.blind, made.comment, made.asked_by, made.lines[0].source_id) == (True, "", "W7", "W7")
    assert desk.buckets() == {"lost": 1, "back_good": 3}
    desk.receives(None, (1, 1, GOOD))
    assert newest(desk).lines[0].held == ((Bucket.LOST, 1),)
    assert amounts(desk) == [3000, 1000]


def test_a_blind_parcel_of_several_outcomes_does_not_count_a_unit_twice() -> None:
    desk = sold(AT_RECEIVED, 2)
    desk.receives(None, (1, 1, GOOD), (1, 1, DAMAGED), (1, 1, GOOD))
    assert len(returns(desk)) == 1
    assert desk.buckets() == {"return_announced": 1, "back_good": 1}
    words = "1 returned units of line 1 match nothing that the customer has"
    assert Noted("warehouse", words) in desk.events(Noted)
    assert desk.events(ConcernRaised) == [ConcernRaised("return_unmatched", (1,))]


def test_a_blind_parcel_that_names_a_sku_finds_every_line_of_it() -> None:
    desk = Desk(AT_RECEIVED)
    desk.place(line(1, 1, 1000, sku="S"), line(2, 1, 1000), line(3, 1, 1000, sku="S"), captured=3000)
    for number in (1, 2, 3):
        desk.ships(1, number)
    came = (f.ReceiptLine(sku="S", quantity=3, outcome=GOOD),)
    desk.feed(desk.fact(f.ReturnReceipt, sales_channel=CHANNEL, order_id="1001", rma=None, receipt_id="A", lines=came))
    assert [desk.buckets(number) for number in (1, 2, 3)] == [{"back_good": 1}, {"shipped": 1}, {"back_good": 1}]
    words = "1 returned units of SKU S match nothing that the customer has"
    assert Noted("warehouse", words) in desk.events(Noted)
    assert desk.events(ConcernRaised) == [ConcernRaised("return_unmatched", ())]


def test_blind_goods_of_a_final_sale_or_past_their_time_wait_for_a_person() -> None:
    final = sold(AT_RECEIVED, final_sale=True)
    final.receives(None, (1, 1, GOOD))
    assert newest(final).lines[0].decision is ReturnDecision.NEEDS_PERSON
    assert newest(final).lines[0].undecided == ((GOOD, 1),)
    late = sold(with_policy(AT_RECEIVED, "returns", window=DAY))
    late.wait(2 * DAY)
    late.receives(None, (1, 1, GOOD))
    assert newest(late).lines[0].decision is ReturnDecision.NEEDS_PERSON
    assert newest(late).state is ReturnState.RECEIVED
    assert decides(late, Verdict.ACCEPT).accepted
    assert amounts(late) == [1000]


def test_goods_for_a_return_that_is_over_are_blind() -> None:
    desk = sold(ASKED)
    desk.returns((1, 1))
    desk.send(c.DenyReturn, return_id=newest(desk).return_id, reason="worn")
    desk.receives("RMA-1", (1, 1, GOOD))
    assert [(made.rma, made.blind, made.state) for made in returns(desk)] == [
        ("RMA-1", False, ReturnState.DENIED),
        ("RMA-2", True, ReturnState.RECEIVED),
    ]
