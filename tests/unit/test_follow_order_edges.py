"""E and R orders and the records of the exchanges and reshipments that make them, field by field (domain.md 8)."""

import pytest

from domain import commands as c
from domain import facts as f
from domain.actors import ActorRef
from domain.exchanges import Exchange, ExchangeLine
from domain.identity import Ids
from domain.order_events import FollowOrderMade
from domain.policy import DEFAULT
from domain.quantities import Bucket
from domain.reference_data import StockFile
from domain.reshipments import Reshipment, ReshipmentLine
from domain.vocabulary import (
    ActorKind,
    ExchangeMode,
    ExchangeState,
    OrderEventKind,
    OrderStatus,
    OrderType,
    ProductType,
    ReceiptOutcome,
    ReshipmentState,
    UnitStatus,
)
from domain.world import Kind, Ref
from tests.builders.desk import AGENT, CHANNEL, Desk, line, order, with_policy
from tests.builders.follow_orders import HOME, exchange, exchanges, reshipment, reships, shirts
from tests.builders.readings import newest_return
from tests.builders.refused import refuses

DAMAGED = ReceiptOutcome.DAMAGED
WORK = f.Address(name="Ann", street="Mill 2", city="Bern", country="CH")


def promised(desk: Desk) -> dict[str, int]:
    found = desk.get(Ref(Kind.STOCK, f"{CHANNEL}:BLUE"))
    assert isinstance(found, StockFile)
    return dict(found.promised)


# Records


def test_the_record_of_an_exchange() -> None:
    desk = shirts()
    reply = exchanges(desk, (1, 2, "BLUE"), actor=AGENT, comment="too red", new_shipping_method="express", new_shipping_address=WORK)  # fmt: skip
    assert exchange(desk) == Exchange(
        exchange_id=Ids(reply.command_id).new("exchange"),
        state=ExchangeState.ORDER_CREATED,
        version=3,
        created_at=desk.at,
        created_by=ActorRef("ann", ActorKind.AGENT),
        asked_by="ann",
        mode=ExchangeMode.ADVANCE,
        lines=(ExchangeLine(line_number=1, quantity=2, sku="RED", new_sku="BLUE", reason="COLOUR", new_line_number=1),),
        comment="too red",
        new_shipping_method="express",
        new_shipping_address=WORK,
        new_order_id="1001E",
        return_id=newest_return(desk).return_id,
        policy_version="default",
    )
    assert (reply.entity_id, reply.version) == (exchange(desk).exchange_id, 3)
    assert refuses(reply, None, "1001E", "ORDER_CREATED")
    back = newest_return(desk)
    assert (back.exchange_id, back.asked_by, back.lines[0].reason, back.lines[0].quantity) == (
        exchange(desk).exchange_id,
        "ann",
        "COLOUR",
        2,
    )


def test_the_record_of_a_reshipment() -> None:
    desk = shirts()
    desk.warehouse(UnitStatus.LOST, 1)
    reply = reships(desk, (1, 2), actor=AGENT, comment="torn", shipping_method="express", shipping_address=WORK)
    assert reshipment(desk) == Reshipment(
        reshipment_id=Ids(reply.command_id).new("reshipment"),
        state=ReshipmentState.ORDER_CREATED,
        version=2,
        created_at=desk.at,
        created_by=ActorRef("ann", ActorKind.AGENT),
        asked_by="ann",
        lines=(
            ReshipmentLine(
                line_number=1,
                quantity=2,
                sku="RED",
                reason="DAMAGED",
                held=((Bucket.LOST, 1), (Bucket.DELIVERED, 1)),
                new_line_number=1,
            ),
        ),
        take_back=False,
        comment="torn",
        shipping_method="express",
        shipping_address=WORK,
        new_order_id="1001R",
        policy_version="default",
    )
    assert desk.file().lines[1].units.spent == {Bucket.LOST: 1, Bucket.DELIVERED: 1}
    assert not desk.file().returns


def test_the_e_order_is_its_originals_sibling_at_no_charge() -> None:
    desk = shirts()
    exchanges(desk, (1, 2, "BLUE"), new_shipping_address=WORK)
    [made] = desk.events(FollowOrderMade)
    original = desk.file().facts
    assert (made.root_id, made.exchange_id, made.reshipment_id, made.hold) == ("1001", exchange(desk).exchange_id, None, False)  # fmt: skip
    follow = made.order
    assert (follow.order_id, follow.order_type, follow.original_order_id) == ("1001E", OrderType.EXCHANGE, "1001")
    assert (follow.status, follow.placed_at, follow.currency) == (OrderStatus.NEW, desk.at, "EUR")
    assert (follow.shipping_address, follow.shipping_method) == (WORK, "standard")
    assert (follow.customer, follow.order_discount_minor, follow.payments, follow.shippings) == (original.customer, 0, (), ())  # fmt: skip
    assert follow.lines == (
        f.Line(
            line_number=1,
            original_line_number=1,
            sku="BLUE",
            parent_sku="SHIRT",
            product_name="Shirt BLUE",
            image_url="https://x/BLUE",
            product_type=ProductType.PHYSICAL,
            quantity=2,
            unit_price_minor=2000,
            discount_minor=4000,
            total_minor=0,
            source_id="W1",
        ),
    )


def test_the_r_order_sends_the_same_item_again() -> None:
    desk = shirts()
    reships(desk, (2, 1), (1, 2), shipping_method="express")
    [made] = desk.events(FollowOrderMade)
    assert (made.order.order_id, made.order.order_type) == ("1001R", OrderType.RESHIPMENT)
    assert (made.order.shipping_address, made.order.shipping_method) == (HOME, "express")
    assert (made.reshipment_id, made.exchange_id, made.hold) == (reshipment(desk).reshipment_id, None, False)
    assert [(sold.line_number, sold.original_line_number, sold.sku) for sold in made.order.lines] == [(1, 2, "HAT"), (2, 1, "RED")]  # fmt: skip
    red = made.order.lines[1]
    assert (red.product_name, red.image_url, red.parent_sku) == ("Red shirt", "https://x/old", "SHIRT")
    assert (red.quantity, red.unit_price_minor, red.discount_minor, red.total_minor) == (2, 2000, 4000, 0)
    assert [sent.new_line_number for sent in reshipment(desk).lines] == [1, 2]


def test_follow_orders_are_numbered_by_the_order_that_they_are_made_on() -> None:
    desk = shirts(stock=9)
    for _ in range(2):
        exchanges(desk)
    reships(desk)
    assert [made.order.order_id for made in desk.events(FollowOrderMade)] == ["1001E", "1001E2", "1001R"]
    desk.ships(1, order_id="1001E")
    desk.delivers(1, order_id="1001E")
    desk.feed(f.StockLevel(sales_channel=CHANNEL, sku="GREEN", available=5, updated_at=desk.at))
    exchanges(desk, (1, 1, "GREEN"), order_id="1001E")
    made = desk.events(FollowOrderMade)[-1]
    assert (made.order.order_id, made.order.original_order_id, made.root_id) == ("1001EE", "1001E", "1001")


# Stock


@pytest.mark.parametrize(("stock", "units", "code"), [(2, 2, None), (2, 3, "out_of_stock"), (None, 1, "out_of_stock")])
def test_an_exchange_needs_stock_of_the_channel(stock: int | None, units: int, code: str | None) -> None:
    assert exchanges(shirts(stock=stock), (1, units, "BLUE")).code == code


def test_lines_of_one_exchange_share_the_stock() -> None:
    desk = Desk()
    for sku in ("RED", "BLUE"):
        desk.feed(f.Product(sku=sku, parent_sku="SHIRT", sellable=True, updated_at=desk.at))
    desk.feed(f.StockLevel(sales_channel=CHANNEL, sku="BLUE", available=3, updated_at=desk.at))
    desk.place(line(1, 2, 2000, sku="RED", parent_sku="SHIRT"), line(2, 2, 2000, sku="RED", parent_sku="SHIRT"), captured=4000)  # fmt: skip
    desk.ships(2)
    desk.ships(2, 2)
    assert refuses(exchanges(desk, (1, 2, "BLUE"), (2, 2, "BLUE")), "out_of_stock", "BLUE", "3", "4", CHANNEL)
    assert exchanges(desk, (1, 2, "BLUE"), (2, 1, "BLUE")).accepted
    assert promised(desk) == {exchange(desk).exchange_id: 3}


def test_promised_stock_is_free_again_when_the_exchange_ends_without_it() -> None:
    cancelled = shirts()
    exchanges(cancelled)
    assert promised(cancelled) == {exchange(cancelled).exchange_id: 1}
    cancelled.send(c.CancelExchange, exchange_id=exchange(cancelled).exchange_id)
    assert promised(cancelled) == {}
    denied = shirts(with_policy(DEFAULT, "returns", auto_approve=False))
    exchanges(denied)
    assert promised(denied) == {exchange(denied).exchange_id: 1}
    denied.send(c.DenyReturn, return_id=newest_return(denied).return_id, reason="worn")
    assert (promised(denied), exchange(denied).state) == ({}, ExchangeState.DENIED)


def test_the_shops_own_word_about_e_uses_the_promise_up_and_leaves_others_alone() -> None:
    desk = shirts()
    exchanges(desk)
    first = exchange(desk).exchange_id
    exchanges(desk)
    follow = order(line(1, 1, 0, sku="BLUE", price=2000, discount_minor=2000), order_id="1001E2")
    desk.feed(desk.fact(f.OrderEvent, kind=OrderEventKind.UPDATED, revision=1, order=follow))
    assert promised(desk) == {first: 1}


def test_a_product_must_be_another_child_that_is_sold() -> None:
    desk = shirts()
    desk.feed(f.Product(sku="SOCK", parent_sku="SOCKS", sellable=True, updated_at=desk.at))
    desk.feed(f.Product(sku="GREEN", parent_sku="SHIRT", sellable=False, updated_at=desk.at + 1))
    assert refuses(exchanges(desk, (1, 1, "NONE")), "unknown_sku", "NONE")
    assert refuses(exchanges(desk, (1, 1, "SOCK")), "not_same_parent", "SOCK", "line 1")
    assert refuses(exchanges(desk, (1, 1, "RED")), "same_product", "RED", "line 1")
    assert refuses(exchanges(desk, (1, 1, "GREEN")), "not_sellable", "GREEN")
    assert refuses(exchanges(desk, (2, 1, "BLUE")), "not_same_parent", "BLUE", "line 2")


def test_a_line_that_does_not_tell_its_parent_has_that_of_its_product() -> None:
    desk = shirts()
    desk.place(line(1, 1, 1000, sku="RED"), order_id="1002", captured=1000)
    desk.ships(1, order_id="1002")
    assert exchanges(desk, order_id="1002").accepted
