"""What users of such systems complain of: what this one does, in the order of the list."""

from typing import Any

import pytest

from domain import commands as c
from domain import facts as f
from domain.cases import Case
from domain.order_events import FollowOrderMade, LegsSent, NoticeAsked
from domain.orders import line_status, snapshot
from domain.policy import DEFAULT, AutoRelease
from domain.vocabulary import (
    CaseState,
    LineStatusName,
    PaymentKind,
    ReceiptOutcome,
    RefundState,
    RefundType,
    ReturnDecision,
    ReturnSettlement,
    ReturnState,
    Verdict,
)
from schemas.outbound import project
from tests.builders.case_on_order import submitted_case
from tests.builders.desk import Desk, line, shipping, with_policy
from tests.builders.readings import amounts, newest_return, refunds
from tests.unit.reference.reading import all_legs, confirms, delivered
from tests.unit.reference.shirts import exchange, shirts

K = PaymentKind
GOOD, DAMAGED = ReceiptOutcome.GOOD, ReceiptOutcome.DAMAGED
AT_RECEIVED = with_policy(DEFAULT, "refunds", at="RECEIVED")
BY_HAND = with_policy(DEFAULT, "refunds", auto_release=AutoRelease(return_=False))


def out_of(desk: Desk, record: str) -> list[dict[str, Any]]:
    """The values of a record that the last input sent out."""
    return [made.value for made in project(desk.outcomes[-1], "ordercase") if made.record == record]


def test_Q1_the_second_of_two_returns_for_the_same_unit_is_refused() -> None:
    desk = delivered(line(1, 1, 1000))
    assert desk.returns((1, 1)).accepted
    assert desk.returns((1, 1)).code == "already_held"
    assert (amounts(desk), snapshot(desk.file()).left) == ([1000], 0)


def test_Q2_units_are_counted_and_not_lines_after_a_rejection_too() -> None:
    desk = delivered(line(1, 3, 3000), desk=Desk(AT_RECEIVED))
    desk.returns((1, 1))
    desk.receives(newest_return(desk).rma, (1, 1, DAMAGED))
    desk.send(c.DecideReturnLine, return_id=newest_return(desk).return_id, line_number=1, verdict=Verdict.REJECT)
    assert desk.returns((1, 3)).code == "quantity_not_available"
    assert desk.returns((1, 2)).accepted


def test_Q3_a_second_refund_of_the_same_amount_is_no_duplicate() -> None:
    desk = delivered(line(1, 2, 2000))
    assert desk.appeases((1, 100)).accepted
    assert desk.appeases((1, 100)).accepted
    for leg in all_legs(desk):
        confirms(desk, leg)
    assert snapshot(desk.file()).refunded == 200


def test_Q4_every_request_says_its_refund_and_return_and_cancelling_one_leaves_the_other() -> None:
    desk = delivered(line(1, 2, 2000))
    for _ in range(2):
        desk.returns((1, 1))
    asked = [(sent.refund_id, sent.return_id) for sent in desk.events(LegsSent)]
    assert asked == [(refund.refund_id, refund.return_id) for refund in refunds(desk)]
    assert len({return_id for _, return_id in asked}) == 2

    desk = delivered(line(1, 2, 2000), desk=Desk(BY_HAND))
    for _ in range(2):
        desk.returns((1, 1))
    first = next(iter(desk.file().returns))
    assert desk.send(c.CancelReturn, return_id=first).accepted
    assert [refund.state for refund in refunds(desk)] == [RefundState.CANCELLED, RefundState.REQUESTED]


def test_Q5_nothing_is_refunded_and_nobody_is_told_before_the_gateway_says_so() -> None:
    desk = delivered(line(1, 1, 1000))
    desk.returns((1, 1))

    def told() -> list[str]:
        return [notice.kind for notice in desk.events(NoticeAsked) if "REFUND" in notice.kind]

    assert (snapshot(desk.file()).refunded, refunds(desk)[0].state, told()) == (0, RefundState.PENDING_RELEASE, [])
    for _ in range(2):
        confirms(desk, all_legs(desk)[0], gateway_reference="G-1")
    assert (snapshot(desk.file()).refunded, told()) == (1000, ["REFUND_RELEASED"])


def test_Q6_a_refund_that_fails_after_it_was_released_opens_its_case_again() -> None:
    desk = delivered(line(1, 1, 1000))
    about = submitted_case(desk)
    desk.appeases((1, 300), **about)
    desk.gateway_answers()
    assert desk.case(about["case_id"]).state is CaseState.RESOLVED
    leg = all_legs(desk)[0]
    desk.pays(K.REFUND_REVERSED, 300, gateway_reference=leg.gateway_reference)
    assert refunds(desk)[0].state is RefundState.REVERSED
    found = desk.case(about["case_id"])
    assert found.state is CaseState.WORK_IN_PROGRESS
    assert "refund_reversed" in found.attention


def test_Q7_what_goes_out_about_a_refund_carries_its_amounts_and_the_order_says_it_too() -> None:
    desk = delivered(line(1, 2, 2000))
    desk.returns((1, 1))
    confirms(desk, all_legs(desk)[0])
    [refund] = out_of(desk, "postsales.RefundChanged")
    [order] = out_of(desk, "postsales.OrderStateChanged")
    assert (refund["amount_minor"], refund["state"]) == (1000, "RELEASED")
    assert (order["captured_minor"], order["refunded_minor"], order["pending_minor"]) == (2000, 1000, 0)
    assert [(sold["refunded_minor"], sold["left_minor"]) for sold in order["lines"]] == [(1000, 1000)]


def test_Q8_a_second_return_does_not_give_the_shipping_again() -> None:
    desk = delivered(line(1, 1, 1000), line(2, 1, 1000), shipping(9, 500))
    desk.returns((1, 1), (2, 1))
    desk.receives(newest_return(desk).rma, (1, 1, GOOD), (2, 1, GOOD))
    assert [refund.shipping_minor for refund in refunds(desk)] == [500]
    assert desk.appeases((9, 1)).code == "exceeds_shipping"


def test_Q9_second_returns_exchanges_and_reshipments_have_references_of_their_own() -> None:
    desk = shirts()
    assert exchange(desk).accepted
    assert exchange(desk).accepted
    assert [made.order.order_id for made in desk.events(FollowOrderMade)] == ["1001E", "1001E2"]
    rmas = [found.rma for found in desk.file().returns.values()]
    assert len(set(rmas)) == len(rmas) == 2


def test_Q10_a_return_and_a_cancellation_are_told_apart() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), line(2, 1, 700), captured=1700)
    desk.cancels((1, 1))
    desk.ships(1, 2)
    desk.returns((2, 1))
    desk.receives(newest_return(desk).rma, (2, 1, DAMAGED))
    desk.send(c.DecideReturnLine, return_id=newest_return(desk).return_id, line_number=2, verdict=Verdict.ACCEPT)
    assert [refund.refund_type for refund in refunds(desk)] == [RefundType.CANCELLATION, RefundType.RETURN]
    words = [line_status(sold) for sold in desk.file().lines.values()]
    assert words == [LineStatusName.CANCELLED, LineStatusName.RETURNED]
    assert desk.buckets(2) == {"back_damaged": 1}


@pytest.mark.parametrize(("verdict", "bucket"), [(Verdict.ACCEPT, "back_damaged"), (Verdict.REJECT, "return_rejected")])
def test_Q11_goods_may_come_first_and_be_judged_later(verdict: Verdict, bucket: str) -> None:
    """Whether judged goods go back on a shelf is the warehouse's own; it says GOOD or DAMAGED once."""
    desk = delivered(line(1, 1, 1000), desk=Desk(AT_RECEIVED))
    desk.returns((1, 1))
    desk.receives(newest_return(desk).rma, (1, 1, DAMAGED))
    assert newest_return(desk).lines[0].decision is ReturnDecision.NEEDS_PERSON
    desk.send(c.DecideReturnLine, return_id=newest_return(desk).return_id, line_number=1, verdict=verdict)
    assert desk.buckets() == {bucket: 1}


@pytest.mark.parametrize("goods_first", [True, False])
def test_Q12_an_exchange_owes_nothing_whichever_parcel_is_first(goods_first: bool) -> None:
    desk = shirts()
    exchange(desk)
    for goods in (goods_first, not goods_first):
        if goods:
            desk.receives(newest_return(desk).rma, (1, 1, GOOD))
        else:
            desk.ships(1, order_id="1001E")
    assert amounts(desk) == []
    assert (snapshot(desk.file("1001E")).due, snapshot(desk.file()).due) == (0, 0)
    assert newest_return(desk).state is ReturnState.SETTLED


def test_Q16_a_refund_that_fails_opens_a_case_by_itself() -> None:
    desk = delivered(line(1, 1, 1000))
    desk.returns((1, 1))
    desk.gateway_answers(K.REFUND_FAILED)
    [found] = [thing for thing in desk.things.values() if isinstance(thing, Case)]
    assert (found.opened_because, found.state) == ("refund_failed", CaseState.NEW)


def test_Q17_goods_that_nobody_announced_are_counted_and_cannot_come_back_again() -> None:
    desk = delivered(line(1, 1, 1000))
    desk.receives(None, (1, 1, GOOD))
    assert (newest_return(desk).blind, desk.buckets(), amounts(desk)) == (True, {"back_good": 1}, [1000])
    assert desk.returns((1, 1)).code == "quantity_not_available"
    desk.receives(None, (1, 1, GOOD))
    assert "return_unmatched" in desk.file().concerns
    assert amounts(desk) == [1000]


def test_Q18_an_exchange_makes_its_return_itself_and_a_new_address_must_say_where() -> None:
    desk = shirts()
    exchange(desk)
    assert (len(desk.file().returns), newest_return(desk).lines[0].settlement) == (1, ReturnSettlement.EXCHANGE)
    again = c.ReshipmentLineInput(line_number=1, quantity=1, reason="LOST")
    nowhere = f.Address(name="Ann", street="Main 1", country="DE")
    refused = desk.send(c.CreateReshipment, lines=(again,), shipping_address=nowhere)
    assert refused.code == "invalid_command"
    assert "city" in refused.message


def test_Q20_a_cancellation_is_published_for_whoever_keeps_a_shop_window() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), captured=1000)
    desk.cancels()
    told = out_of(desk, "postsales.CancellationChanged")
    assert [(made["version"], made["state"]) for made in told[:2]] == [(1, "REQUESTED"), (2, "CONFIRMED")]
    [order] = out_of(desk, "postsales.OrderStateChanged")
    assert (order["status"], order["lines"][0]["status"]) == ("CANCELLED", "CANCELLED")
