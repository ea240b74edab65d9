"""Units that come back one by one: each with its own time, its own verdict, its own money (domain.md 6, 8)."""

from typing import Any

import pytest

from domain import commands as c
from domain import facts as f
from domain.policy import DAY, DEFAULT
from domain.returns import Return, ReturnApproved, ReturnRequested
from domain.vocabulary import (
    ActorKind,
    ExchangeState,
    ProductType,
    ReceiptOutcome,
    ReshipmentState,
    ReturnDecision,
    ReturnState,
    UnitStatus,
    Verdict,
)
from domain.world import Reply
from tests.builders.desk import APPROVER, CHANNEL, Desk, line, with_policy
from tests.builders.readings import amounts

GOOD, DAMAGED, WRONG = ReceiptOutcome.GOOD, ReceiptOutcome.DAMAGED, ReceiptOutcome.WRONG_ITEM
AT_RECEIVED = with_policy(DEFAULT, "refunds", at="RECEIVED")
IN_14_DAYS = with_policy(DEFAULT, "returns", window=14 * DAY, transit=5 * DAY)


def out(desk: Desk, quantity: int, total: int, number: int = 1) -> Desk:
    desk.place(line(number, quantity, total), captured=total)
    desk.ships(quantity, number)
    return desk


def the_return(desk: Desk, n: int = -1) -> Return:
    return list(desk.file().returns.values())[n]


def decides(desk: Desk, verdict: Verdict, percent: int | None = None, number: int = 1) -> Reply:
    fields = {"return_id": the_return(desk).return_id, "line_number": number, "verdict": verdict, "percent": percent}
    return desk.send(c.DecideReturnLine, actor=APPROVER, **fields)


def test_a_unit_accepted_whole_after_one_was_paid_in_part_is_paid_whole() -> None:
    desk = out(Desk(with_policy(AT_RECEIVED, "returns", damaged="part:50")), 2, 2000)
    desk.returns((1, 2))
    desk.receives(the_return(desk).rma, (1, 1, DAMAGED), (1, 1, WRONG))
    assert amounts(desk) == [500]
    assert decides(desk, Verdict.ACCEPT).accepted
    assert amounts(desk) == [500, 1000]
    desk.gateway_answers()
    assert the_return(desk).state is ReturnState.SETTLED


def test_each_verdict_in_part_pays_its_own_percent() -> None:
    desk = out(Desk(AT_RECEIVED), 3, 3000)
    desk.returns((1, 3))
    desk.receives(the_return(desk).rma, (1, 1, DAMAGED))
    decides(desk, Verdict.ACCEPT_PART, 50)
    desk.receives(the_return(desk).rma, (1, 1, DAMAGED))
    decides(desk, Verdict.ACCEPT_PART, 20)
    desk.receives(the_return(desk).rma, (1, 1, GOOD))
    assert amounts(desk) == [1000 + 500 + 200]
    assert the_return(desk).lines[0].decision is ReturnDecision.ACCEPTED_PART


def test_what_was_refunded_at_approval_is_not_paid_again_whatever_the_verdict() -> None:
    desk = out(Desk(), 2, 2000)
    desk.returns((1, 2))
    desk.receives(the_return(desk).rma, (1, 2, DAMAGED))
    decides(desk, Verdict.ACCEPT_PART, 10)
    desk.gateway_answers()
    assert amounts(desk) == [2000]
    assert the_return(desk).state is ReturnState.SETTLED


def test_where_goods_must_come_first_their_receipt_approves_and_the_warehouse_did_it() -> None:
    desk = out(Desk(with_policy(DEFAULT, "returns", manual_if_not_received=True)), 2, 2000)
    desk.returns((1, 1))
    assert (the_return(desk).state, amounts(desk)) == (ReturnState.REQUESTED, [])
    desk.receives(the_return(desk).rma, (1, 1, GOOD))
    assert amounts(desk) == [1000]
    (approved,) = [step for step in desk.steps if isinstance(step.event, ReturnApproved)]
    assert approved.stamp.actor.kind is ActorKind.WAREHOUSE
    desk.returns((1, 1))
    assert desk.send(c.ApproveReturn, return_id=the_return(desk).return_id).code == "self_approval"
    assert desk.send(c.ApproveReturn, APPROVER, return_id=the_return(desk).return_id).accepted
    assert amounts(desk) == [1000, 1000]


def test_a_return_that_nothing_speaks_against_is_approved_by_the_system() -> None:
    desk = out(Desk(), 1, 1000)
    desk.returns((1, 1))
    actors = {type(step.event): step.stamp.actor.kind for step in desk.steps}
    assert (actors[ReturnRequested], actors[ReturnApproved]) == (ActorKind.AGENT, ActorKind.SYSTEM)


# Exchanges and reshipments whose goods do not come


def shop_floor(policies: Any = DEFAULT, stock: int = 5) -> Desk:
    desk = Desk(policies)
    desk.feed(f.Product(sku="BLUE", parent_sku="SHIRT", sellable=True, updated_at=desk.at))
    desk.feed(f.StockLevel(sales_channel=CHANNEL, sku="BLUE", available=stock, updated_at=desk.at))
    goods = [line(n, 1, 2000, sku="RED", parent_sku="SHIRT", product_type=ProductType.PHYSICAL) for n in (1, 2)]
    desk.place(*goods, captured=4000)
    desk.ships(1, 1)
    desk.ships(1, 2)
    return desk


def exchange(desk: Desk, *numbers: int) -> Reply:
    wishes = tuple(c.ExchangeLineInput(line_number=n, quantity=1, new_sku="BLUE", reason="COLOUR") for n in numbers)
    return desk.send(c.CreateExchange, lines=wishes)


def test_an_overdue_exchange_that_got_one_of_two_back_ends_when_the_other_is_written_off() -> None:
    desk = shop_floor()
    exchange(desk, 1, 2)
    desk.ships(1, 1, order_id="1001E")
    desk.ships(1, 2, order_id="1001E")
    desk.receives(the_return(desk).rma, (1, 1, GOOD))
    assert decides(desk, Verdict.ACCEPT, number=2).code == "wrong_state"
    desk.wait(31 * DAY)
    (found,) = desk.file().exchanges.values()
    assert found.state is ExchangeState.OVERDUE
    assert decides(desk, Verdict.ACCEPT, number=1).code == "wrong_state"
    assert decides(desk, Verdict.ACCEPT, number=2).accepted
    assert decides(desk, Verdict.ACCEPT, number=2).code == "wrong_state"
    (found,) = desk.file().exchanges.values()
    assert found.state is ExchangeState.COMPLETED
    assert the_return(desk).lines[1].short == 1
    assert desk.buckets(2) == {"lost": 1}
    assert "overdue" not in desk.file().attention


def test_goods_that_a_reshipment_takes_back_are_written_off_when_they_are_overdue() -> None:
    desk = shop_floor()
    wish = c.ReshipmentLineInput(line_number=1, quantity=1, reason="WRONG_ITEM")
    assert desk.send(c.CreateReshipment, lines=(wish,), take_back=True).accepted
    desk.ships(1, order_id="1001R")
    desk.delivers(1, order_id="1001R")
    assert decides(desk, Verdict.ACCEPT).code == "wrong_state"
    desk.wait(31 * DAY)
    assert "overdue" in desk.file().attention
    assert decides(desk, Verdict.ACCEPT).accepted
    assert the_return(desk).state is ReturnState.SETTLED
    assert "overdue" not in desk.file().attention


def test_goods_that_are_late_are_told_of_once_and_heal_when_they_come() -> None:
    desk = out(Desk(), 2, 2000)
    desk.returns((1, 1))
    desk.gateway_answers()
    desk.wait(31 * DAY)
    assert desk.file().attention == ("overdue",)
    desk.send(c.ClearAttention, attention=("overdue",))
    desk.wait(31 * DAY)
    assert desk.file().attention == ()
    desk.returns((1, 1))
    desk.gateway_answers()
    desk.wait(31 * DAY)
    assert desk.file().attention == ("overdue",)
    for found in list(desk.file().returns.values()):
        desk.receives(found.rma, (1, 1, GOOD))
    assert desk.file().attention == ()


def test_a_return_that_nobody_was_paid_for_expires_beside_one_that_is_late() -> None:
    desk = out(Desk(), 2, 2000)
    desk.returns((1, 1))
    desk.gateway_answers()
    desk.policies = with_policy(desk.policies, "refunds", at="RECEIVED")
    desk.returns((1, 1))
    desk.wait(31 * DAY)
    assert [found.state for found in desk.file().returns.values()] == [ReturnState.APPROVED, ReturnState.EXPIRED]


def test_stock_is_promised_from_the_moment_an_exchange_is_asked_for() -> None:
    desk = shop_floor(with_policy(DEFAULT, "returns", auto_approve=False), stock=1)
    assert exchange(desk, 1).accepted
    assert exchange(desk, 2).code == "out_of_stock"
    desk.send(c.DenyReturn, actor=APPROVER, return_id=the_return(desk).return_id, reason="WORN")
    assert exchange(desk, 2).accepted


def test_an_exchange_that_is_over_promises_no_stock() -> None:
    desk = shop_floor(stock=1)
    exchange(desk, 1)
    desk.ships(1, order_id="1001E")
    assert exchange(desk, 2).code == "out_of_stock"
    desk.receives(the_return(desk).rma, (1, 1, GOOD))
    (found,) = desk.file().exchanges.values()
    assert found.state is ExchangeState.COMPLETED
    assert exchange(desk, 2).accepted


def test_units_that_a_reshipment_replaced_for_good_are_not_held_but_gone() -> None:
    desk = out(Desk(), 1, 1000)
    wish = c.ReshipmentLineInput(line_number=1, quantity=1, reason="LOST")
    desk.send(c.CreateReshipment, lines=(wish,))
    assert desk.returns((1, 1)).code == "already_held"
    desk.ships(1, order_id="1001R")
    desk.delivers(1, order_id="1001R")
    (reshipment,) = desk.file().reshipments.values()
    assert reshipment.state is ReshipmentState.COMPLETED
    assert desk.returns((1, 1)).code == "quantity_not_available"


def test_goods_of_a_line_that_the_order_does_not_have_make_a_case_on_the_whole_order() -> None:
    desk = out(Desk(), 1, 1000)
    desk.receives(None, (99, 1, GOOD))
    case = desk.case(desk.file().concerns["return_unmatched"])
    assert [line.line_number for line in case.lines.values()] == [None]


# Time


def two_parcels(desk: Desk) -> Desk:
    """One unit on the first day, one on the tenth, nobody says when they arrive."""
    desk.place(line(1, 2, 2000), captured=2000)
    desk.ships(1)
    desk.wait(9 * DAY)
    desk.ships(1)
    desk.wait(11 * DAY)
    return desk


def test_each_unit_has_its_own_time_to_be_returned() -> None:
    desk = two_parcels(Desk(IN_14_DAYS))
    assert desk.returns((1, 2)).code == "return_window_over"
    assert desk.returns((1, 1)).accepted
    assert desk.returns((1, 1)).code == "return_window_over"


def test_a_unit_that_went_back_in_time_took_the_older_time_with_it() -> None:
    desk = Desk(IN_14_DAYS)
    desk.place(line(1, 2, 2000), captured=2000)
    desk.ships(1)
    desk.wait(9 * DAY)
    desk.ships(1)
    assert desk.returns((1, 1)).accepted
    desk.wait(11 * DAY)
    assert desk.returns((1, 1)).accepted


@pytest.mark.parametrize(("day", "code"), [(13, None), (15, "return_window_over")])
def test_time_counts_from_delivery_where_one_is_known(day: int, code: str | None) -> None:
    desk = out(Desk(IN_14_DAYS), 1, 1000)
    desk.wait(30 * DAY)
    desk.delivers(1)
    desk.wait(day * DAY)
    assert desk.returns((1, 1)).code == code


def test_a_command_dated_far_ahead_counts_as_sent_now() -> None:
    desk = out(Desk(IN_14_DAYS), 1, 1000)
    assert desk.returns((1, 1), issued_at=desk.at + 90 * DAY).accepted


def test_of_an_unannounced_parcel_only_the_units_past_their_time_wait_for_a_person() -> None:
    desk = two_parcels(Desk(IN_14_DAYS))
    desk.receives(None, (1, 2, GOOD))
    found = the_return(desk).lines[0]
    assert (found.accepted, found.decision) == (1, ReturnDecision.NEEDS_PERSON)
    assert amounts(desk) == [1000]
    assert decides(desk, Verdict.ACCEPT).accepted
    assert amounts(desk) == [1000, 1000]


def test_a_lost_unit_that_comes_back_past_its_time_waits_for_a_person() -> None:
    desk = out(Desk(IN_14_DAYS), 1, 1000)
    desk.warehouse(UnitStatus.LOST, 1)
    desk.wait(40 * DAY)
    desk.receives(None, (1, 1, GOOD))
    assert the_return(desk).lines[0].decision is ReturnDecision.NEEDS_PERSON


def test_an_unannounced_unit_of_two_lines_alike_is_the_one_that_was_sent_first() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000, sku="RED"), line(2, 1, 3000, sku="RED"), captured=4000)
    desk.ships(1, 2)
    desk.ships(1, 1)
    receipt = f.ReceiptLine(sku="RED", quantity=1, outcome=GOOD)
    desk.feed(desk.fact(f.ReturnReceipt, sales_channel=CHANNEL, order_id="1001", receipt_id="R-1", lines=(receipt,)))
    assert amounts(desk) == [3000]


# What an E or R order stands for


def test_an_exchange_on_hold_whose_goods_came_before_anybody_approved_is_released() -> None:
    by_hand = with_policy(with_policy(DEFAULT, "returns", auto_approve=False), "exchanges", mode="HOLD")
    desk = shop_floor(by_hand)
    assert exchange(desk, 1).accepted
    desk.receives(the_return(desk).rma, (1, 1, GOOD))
    (found,) = desk.file().exchanges.values()
    assert found.state is ExchangeState.ORDER_CREATED
    assert not desk.file("1001E").hold


def test_a_denied_take_back_sends_nothing_again() -> None:
    desk = shop_floor(with_policy(DEFAULT, "returns", auto_approve=False))
    wish = c.ReshipmentLineInput(line_number=1, quantity=1, reason="WRONG_ITEM")
    desk.send(c.CreateReshipment, lines=(wish,), take_back=True)
    assert desk.send(c.DenyReturn, APPROVER, return_id=the_return(desk).return_id, reason="WORN").accepted
    (found,) = desk.file().reshipments.values()
    assert found.state is ReshipmentState.CANCELLED
    assert desk.file("1001R").withdrawn
    assert desk.buckets() == {"shipped": 1}
    assert desk.returns((1, 1)).accepted


def test_a_take_back_is_not_denied_once_its_replacement_is_out() -> None:
    desk = shop_floor(with_policy(DEFAULT, "returns", auto_approve=False))
    wish = c.ReshipmentLineInput(line_number=1, quantity=1, reason="WRONG_ITEM")
    desk.send(c.CreateReshipment, lines=(wish,), take_back=True)
    desk.ships(1, order_id="1001R")
    refused = desk.send(c.DenyReturn, APPROVER, return_id=the_return(desk).return_id, reason="WORN")
    assert refused.code == "wrong_state"


@pytest.mark.parametrize(("verdict", "bucket"), [(Verdict.REJECT, "shipped"), (Verdict.ACCEPT, "lost")])
def test_a_unit_that_never_came_back_for_its_exchange_takes_no_other_remedy(verdict: Verdict, bucket: str) -> None:
    desk = shop_floor()
    exchange(desk, 1)
    desk.ships(1, order_id="1001E")
    desk.receives(the_return(desk).rma, complete=True)
    assert decides(desk, verdict).accepted
    assert desk.buckets() == {bucket: 1}
    (found,) = desk.file().exchanges.values()
    assert found.state is ExchangeState.COMPLETED
    assert desk.returns((1, 1)).code == "quantity_not_available"
    again = c.ReshipmentLineInput(line_number=1, quantity=1, reason="LOST")
    assert desk.send(c.CreateReshipment, lines=(again,)).code == "quantity_not_available"
    desk.receives(None, (1, 1, GOOD))
    assert not desk.file().refunds
    assert "return_unmatched" in desk.file().concerns


def test_a_unit_that_was_kept_is_free_again_when_its_exchange_is_called_off() -> None:
    desk = shop_floor()
    exchange(desk, 1, 2)
    desk.receives(the_return(desk).rma, (1, 1, WRONG), (2, 1, GOOD))
    assert decides(desk, Verdict.REJECT).accepted
    assert desk.returns((1, 1)).code == "quantity_not_available"
    (found,) = desk.file().exchanges.values()
    assert desk.send(c.CancelExchange, exchange_id=found.exchange_id).accepted
    assert amounts(desk) == [2000]
    assert desk.returns((1, 1)).accepted


def test_damaged_goods_of_an_exchange_are_not_accepted_in_part_by_a_rule() -> None:
    desk = shop_floor(with_policy(DEFAULT, "returns", damaged="part:50"))
    exchange(desk, 1)
    desk.receives(the_return(desk).rma, (1, 1, DAMAGED))
    assert the_return(desk).lines[0].decision is ReturnDecision.NEEDS_PERSON


def test_a_unit_that_was_paid_as_gone_and_comes_after_all_is_not_paid_twice() -> None:
    desk = out(Desk(AT_RECEIVED), 3, 3000)
    desk.returns((1, 2))
    desk.receives(the_return(desk).rma, (1, 1, GOOD), (1, 1, WRONG))
    decides(desk, Verdict.ACCEPT)
    desk.returns((1, 1))
    announced = the_return(desk)
    assert sum(amounts(desk)) == 2000
    desk.receives(None, (1, 1, GOOD))
    assert (the_return(desk).blind, the_return(desk).lines[0].settlement) == (True, "NONE")
    assert the_return(desk).state is ReturnState.SETTLED
    assert sum(amounts(desk)) == 2000
    desk.receives(announced.rma, (1, 1, GOOD))
    assert sum(amounts(desk)) == 3000
    assert desk.buckets() == {"back_good": 3}


def test_a_unit_that_was_paid_as_gone_is_not_sent_again() -> None:
    desk = out(Desk(), 1, 1000)
    desk.returns((1, 1))
    desk.receives(the_return(desk).rma, complete=True)
    decides(desk, Verdict.ACCEPT)
    assert desk.buckets() == {"lost": 1}
    wish = c.ReshipmentLineInput(line_number=1, quantity=1, reason="LOST")
    assert desk.send(c.CreateReshipment, lines=(wish,)).code == "quantity_not_available"
