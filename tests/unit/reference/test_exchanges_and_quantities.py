"""Worked examples: exchanges, claims, and how many units any remedy may take."""

import pytest

from domain import commands as c
from domain import facts as f
from domain.orders import line_status, status
from domain.policy import DEFAULT
from domain.vocabulary import LineStatusName, OrderStateName, ReceiptOutcome, UnitStatus
from tests.builders.desk import CHANNEL, Desk, line, with_policy
from tests.builders.readings import amounts, newest_return
from tests.unit.reference.reading import delivered, left
from tests.unit.reference.shirts import reship

GOOD, DAMAGED = ReceiptOutcome.GOOD, ReceiptOutcome.DAMAGED
AT_RECEIVED = with_policy(DEFAULT, "refunds", at="RECEIVED")


def test_E74_credits_take_a_line_to_nothing_and_never_below() -> None:
    """The row lets credits go below zero; what a person types beyond the ceiling is refused here."""
    whole = delivered(line(1, 1, 30))
    assert whole.appeases((1, 30)).accepted
    assert left(whole) == 0
    parts = delivered(line(1, 1, 30))
    assert parts.appeases((1, 10)).accepted
    assert parts.appeases((1, 30)).code == "exceeds_line"
    assert (amounts(parts), left(parts)) == ([10], 20)


@pytest.mark.parametrize("receipt", [((1, 3, GOOD),), ((1, 1, GOOD), (1, 2, DAMAGED))])
def test_E75_no_more_is_asked_back_or_received_than_there_is(
    receipt: tuple[tuple[int, int, ReceiptOutcome], ...],
) -> None:
    """More than announced is a fact and not refused: the third unit makes a blind return of its own (domain.md 6)."""
    desk = delivered(line(1, 3, 3000), desk=Desk(AT_RECEIVED))
    assert desk.returns((1, 2)).accepted
    assert desk.returns((1, 2)).code == "already_held"
    desk.receives(newest_return(desk).rma, *receipt)
    assert [(made.blind, made.lines[0].received) for made in desk.file().returns.values()] == [(False, 2), (True, 1)]
    desk.receives(None, (1, 1, GOOD))
    assert "return_unmatched" in desk.file().concerns
    assert sum(desk.buckets().values()) == 3


def test_E77_what_left_the_house_is_the_limit_not_what_was_ordered() -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000), captured=2000)
    desk.ships(1)
    assert desk.returns((1, 2)).code == "quantity_not_available"
    assert desk.returns((1, 1)).accepted


def test_E78_units_are_written_off_and_reinstated_no_more_often_than_there_are() -> None:
    """A unit is written off by sending it again (a person asks: refused) or by a warehouse that lost it (a fact: kept, and
    a person looks); it is reinstated by calling the new parcel back."""
    desk = delivered(line(1, 5, 5000))
    assert reship(desk, 3).accepted
    assert reship(desk, 2).accepted
    assert reship(desk, 1).code == "already_held"
    first = next(iter(desk.file().reshipments))
    assert desk.send(c.CancelReshipment, reshipment_id=first).accepted
    assert desk.send(c.CancelReshipment, reshipment_id=first).code == "wrong_state"
    assert reship(desk, 4).code == "already_held"

    desk = delivered(line(1, 5, 5000))
    for lost in (3, 2, 1):
        desk.warehouse(UnitStatus.LOST, lost)
    assert desk.buckets() == {"lost": 5}
    assert "fact_conflict" in desk.file().attention


def test_E81_the_same_product_is_no_exchange() -> None:
    desk = Desk()
    desk.feed(f.Product(sku="RED", parent_sku="SHIRT", sellable=True, updated_at=desk.at))
    desk.feed(f.StockLevel(sales_channel=CHANNEL, sku="RED", available=5, updated_at=desk.at))
    delivered(line(1, 1, 2000, sku="RED", parent_sku="SHIRT"), desk=desk)
    wish = c.ExchangeLineInput(line_number=1, quantity=1, new_sku="RED", reason="COLOUR")
    assert desk.send(c.CreateExchange, lines=(wish,)).code == "same_product"


def test_E82_a_claim_above_what_was_paid_is_refused() -> None:
    desk = delivered(line(1, 1, 500), line(2, 1, 2_000_000))
    assert desk.appeases((1, 1_000_000)).code == "exceeds_line"
    assert amounts(desk) == []


def test_E83_a_cancelled_return_frees_its_unit_and_a_received_one_cannot_be_cancelled() -> None:
    desk = delivered(line(1, 1, 1000), desk=Desk(AT_RECEIVED))
    desk.returns((1, 1))
    assert desk.send(c.CancelReturn, return_id=newest_return(desk).return_id).accepted
    assert desk.returns((1, 1)).accepted
    desk.receives(newest_return(desk).rma, (1, 1, DAMAGED))
    assert desk.send(c.CancelReturn, return_id=newest_return(desk).return_id).code == "already_received"


def test_E84_what_was_replaced_is_delivered_what_came_back_is_returned() -> None:
    """The row's words are on the order; here they are on the line, and an order whose goods have left is COMPLETE."""
    replaced = delivered(line(1, 3, 3000))
    reship(replaced, 3)
    all_back = delivered(line(1, 3, 3000))
    all_back.returns((1, 3))
    all_back.receives(newest_return(all_back).rma, (1, 3, GOOD))
    mixed = delivered(line(1, 3, 3000))
    reship(mixed, 1)
    mixed.returns((1, 1))
    mixed.receives(newest_return(mixed).rma, (1, 1, GOOD))
    seen = [line_status(desk.file().lines[1]) for desk in (replaced, all_back, mixed)]
    assert seen == [LineStatusName.DELIVERED, LineStatusName.RETURNED, LineStatusName.PARTLY_RETURNED]
    assert {status(desk.file()) for desk in (replaced, all_back, mixed)} == {OrderStateName.COMPLETE}
