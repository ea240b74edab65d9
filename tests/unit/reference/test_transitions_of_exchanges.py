"""The seed systems' table 3.5, exchanges and reshipments: number 3504 is its row 4."""

from domain import commands as c
from domain import facts as f
from domain.order_events import FollowOrderMade, LegsSent
from domain.orders import snapshot
from domain.policy import DEFAULT, AutoRelease
from domain.vocabulary import (
    ExchangeMode,
    ExchangeState,
    PaymentKind,
    ReceiptOutcome,
    ReturnSettlement,
)
from tests.builders.desk import CHANNEL, Desk, line, with_policy
from tests.builders.readings import amounts, newest_return, refunds
from tests.unit.reference.reading import delivered
from tests.unit.reference.shirts import exchange, reship, shirts, the_exchange

K = PaymentKind
GOOD = ReceiptOutcome.GOOD
BY_HAND = with_policy(DEFAULT, "returns", auto_approve=False)
UNSENT = with_policy(DEFAULT, "refunds", auto_release=AutoRelease(False, False, False, False))


def test_T3501_neither_takes_nor_gives_money() -> None:
    desk = shirts()
    exchange(desk)
    reship(desk)
    assert [made.order.order_id for made in desk.events(FollowOrderMade)] == ["1001E", "1001R"]
    for order_id in ("1001E", "1001R"):
        assert (desk.file(order_id).facts.payments, snapshot(desk.file(order_id)).order_total) == ((), 0)
    assert (amounts(desk), desk.events(LegsSent)) == ([], [])


def test_T3502_an_exchange_sends_a_sibling_and_a_reshipment_the_same() -> None:
    desk = shirts()
    desk.feed(f.Product(sku="HAT", parent_sku="HATS", sellable=True, updated_at=desk.at))
    wish = c.ExchangeLineInput(line_number=1, quantity=1, new_sku="HAT", reason="COLOUR")
    assert desk.send(c.CreateExchange, lines=(wish,)).code == "not_same_parent"
    exchange(desk)
    reship(desk)
    assert [made.order.lines[0].sku for made in desk.events(FollowOrderMade)] == ["BLUE", "RED"]


def test_T3503_an_exchange_needs_stock_in_the_channel_of_the_order() -> None:
    desk = shirts(stock=0)
    desk.feed(f.StockLevel(sales_channel="outlet", sku="BLUE", available=9, updated_at=desk.at))
    assert exchange(desk).code == "out_of_stock"


def test_T3504_a_unit_is_exchanged_or_sent_again_once_and_then_from_the_new_order() -> None:
    desk = shirts()
    exchange(desk, 2)
    desk.receives(newest_return(desk).rma, (1, 2, GOOD))
    assert exchange(desk).code == "quantity_not_available"
    desk.ships(2, order_id="1001E")
    desk.feed(f.StockLevel(sales_channel=CHANNEL, sku="RED", available=5, updated_at=desk.at))
    wish = c.ExchangeLineInput(line_number=1, quantity=1, new_sku="RED", reason="COLOUR")
    assert desk.send(c.CreateExchange, lines=(wish,), order_id="1001E").accepted
    again = delivered(line(1, 1, 1000))
    assert reship(again).accepted
    assert reship(again).code == "already_held"


def test_T3505_the_exchange_order_ships_at_once_or_waits_for_the_goods() -> None:
    for mode, held, state in (
        (ExchangeMode.ADVANCE, False, ExchangeState.ORDER_CREATED),
        (ExchangeMode.HOLD, True, ExchangeState.WAITING_GOODS),
    ):
        desk = shirts(Desk(with_policy(DEFAULT, "exchanges", mode=str(mode))))
        exchange(desk)
        assert (desk.events(FollowOrderMade)[0].hold, the_exchange(desk).state) == (held, state)


def test_T3506_address_and_method_may_be_new() -> None:
    desk = shirts()
    there = f.Address(name="Ann", street="Road 2", city="Port", country="DE")
    exchange(desk, new_shipping_address=there, new_shipping_method="express")
    reship(desk, shipping_address=there, shipping_method="courier")
    facts = [
        (desk.file(made).facts.shipping_address, desk.file(made).facts.shipping_method) for made in ("1001E", "1001R")
    ]
    assert facts == [(there, "express"), (there, "courier")]


def test_T3507_reasons_are_the_channels() -> None:
    desk = shirts(Desk(with_policy(DEFAULT, "exchanges", reasons=("SIZE",))))
    assert exchange(desk).code == "reason_not_allowed"
    assert reship(desk, reason="CHANGED_MIND").code == "reason_not_allowed"


def test_T3508_a_returned_exchange_item_is_refunded_on_the_first_order() -> None:
    desk = shirts()
    exchange(desk)
    desk.receives(newest_return(desk).rma, (1, 1, GOOD))
    desk.ships(1, order_id="1001E")
    desk.returns((1, 1), order_id="1001E")
    [refund] = refunds(desk)
    assert (refund.order_id, refund.for_order_id, refund.amount_minor) == ("1001", "1001E", 1000)
    assert not refunds(desk, "1001E")


def test_T3509_when_the_replacement_is_gone_the_goods_that_came_back_are_refunded() -> None:
    desk = shirts(Desk(with_policy(DEFAULT, "exchanges", mode="HOLD")), stock=1)
    exchange(desk)
    desk.feed(f.StockLevel(sales_channel=CHANNEL, sku="BLUE", available=0, updated_at=desk.at + 1))
    desk.receives(newest_return(desk).rma, (1, 1, GOOD))
    assert (the_exchange(desk).state, amounts(desk)) == (ExchangeState.CONVERTED_TO_REFUND, [1000])
    assert newest_return(desk).lines[0].settlement is ReturnSettlement.REFUND


def test_T3511_the_new_order_and_its_lines_name_what_they_came_from() -> None:
    desk = shirts()
    exchange(desk)
    made = desk.file("1001E")
    assert (made.facts.original_order_id, made.lines[1].sold.original_line_number) == ("1001", 1)
    [found] = desk.file().exchanges.values()
    assert (found.new_order_id, found.lines[0].new_line_number) == ("1001E", 1)
