"""Parcels that nobody announced: whose units they hold, and what matches nothing (domain.md 6)."""

from domain import commands as c
from domain import facts as f
from domain.order_events import ConcernRaised, Noted
from domain.policy import DAY
from domain.quantities import Bucket
from domain.vocabulary import (
    ReceiptOutcome,
    ReturnDecision,
    ReturnState,
    UnitStatus,
    Verdict,
)
from tests.builders.delivered_goods import ASKED, AT_RECEIVED, decides, sold
from tests.builders.desk import CHANNEL, Desk, line, with_policy
from tests.builders.readings import amounts, newest_return, returns

GOOD, DAMAGED = ReceiptOutcome.GOOD, ReceiptOutcome.DAMAGED
LOST = ReceiptOutcome.LOST


# Goods that nobody announced


def test_a_blind_parcel_is_matched_to_shipped_then_delivered_then_lost_units() -> None:
    desk = Desk(AT_RECEIVED)
    desk.place(line(1, 4, 4000), captured=4000)
    desk.ships(4)
    desk.delivers(1)
    desk.warehouse(UnitStatus.LOST, 1)
    desk.receives(None, (1, 3, GOOD), source_id="W7")
    made = newest_return(desk)
    assert made.lines[0].held == ((Bucket.SHIPPED, 2), (Bucket.DELIVERED, 1))
    assert (made.blind, made.comment, made.asked_by, made.lines[0].source_id) == (True, "", "W7", "W7")
    assert desk.buckets() == {"lost": 1, "back_good": 3}
    desk.receives(None, (1, 1, GOOD))
    assert newest_return(desk).lines[0].held == ((Bucket.LOST, 1),)
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
    assert newest_return(final).lines[0].decision is ReturnDecision.NEEDS_PERSON
    assert newest_return(final).lines[0].undecided == ((GOOD, 1),)
    late = sold(with_policy(AT_RECEIVED, "returns", window=DAY))
    late.wait(2 * DAY)
    late.receives(None, (1, 1, GOOD))
    assert newest_return(late).lines[0].decision is ReturnDecision.NEEDS_PERSON
    assert newest_return(late).state is ReturnState.RECEIVED
    assert decides(late, Verdict.ACCEPT).accepted
    assert amounts(late) == [1000]


def test_goods_for_a_return_that_is_over_are_blind() -> None:
    desk = sold(ASKED)
    desk.returns((1, 1))
    desk.send(c.DenyReturn, return_id=newest_return(desk).return_id, reason="worn")
    desk.receives("RMA-1", (1, 1, GOOD))
    assert [(made.rma, made.blind, made.state) for made in returns(desk)] == [
        ("RMA-1", False, ReturnState.DENIED),
        ("RMA-2", True, ReturnState.RECEIVED),
    ]
