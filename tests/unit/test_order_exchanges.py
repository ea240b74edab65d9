"""Exchange orders E and reshipment orders R (domain.md 8)."""

from typing import Any

from domain import commands as c
from domain import facts as f
from domain.order_events import FollowOrderMade, FollowOrderReleased, FollowOrderWithdrawn, LegsSent
from domain.policy import DAY, DEFAULT
from domain.run import order_ref
from domain.vocabulary import (
    ExchangeState,
    OrderEventKind,
    OrderType,
    ReceiptOutcome,
    ReshipmentState,
    ReturnSettlement,
    ReturnState,
    UnitStatus,
)
from domain.world import Kind, Ref, Reply
from tests.builders.desk import CHANNEL, Desk, line, order, with_policy

GOOD = ReceiptOutcome.GOOD


def shop_floor(desk: Desk | None = None, stock: int = 5) -> Desk:
    """Two delivered shirts in red; the blue one is another child of the same parent, in stock."""
    desk = desk or Desk()
    for sku in ("RED", "BLUE"):
        desk.feed(f.Product(sku=sku, parent_sku="SHIRT", name=f"Shirt {sku}", sellable=True, updated_at=desk.at))
    desk.feed(f.Product(sku="HAT", parent_sku="HATS", sellable=True, updated_at=desk.at))
    desk.feed(f.StockLevel(sales_channel=CHANNEL, sku="BLUE", available=stock, updated_at=desk.at))
    desk.feed(f.StockLevel(sales_channel=CHANNEL, sku="HAT", available=9, updated_at=desk.at))
    desk.place(line(1, 2, 4000, sku="RED", parent_sku="SHIRT"), captured=4000)
    desk.ships(2)
    desk.delivers(2)
    return desk


def exchange(desk: Desk, quantity: int = 1, new_sku: str = "BLUE", **fields: Any) -> Reply:
    wish = c.ExchangeLineInput(line_number=1, quantity=quantity, new_sku=new_sku, reason="COLOUR")
    return desk.send(c.CreateExchange, lines=(wish,), **fields)


def reship(desk: Desk, quantity: int = 1, reason: str = "LOST", **fields: Any) -> Reply:
    wish = c.ReshipmentLineInput(line_number=1, quantity=quantity, reason=reason)
    return desk.send(c.CreateReshipment, lines=(wish,), **fields)


def exchange_of(desk: Desk) -> Any:
    return list(desk.file().exchanges.values())[-1]


def return_of(desk: Desk) -> Any:
    return list(desk.file().returns.values())[-1]


def test_an_exchange_makes_order_e_at_no_charge_and_a_return_without_refund() -> None:
    desk = shop_floor()
    assert exchange(desk).accepted
    [made] = desk.events(FollowOrderMade)
    follow = made.order
    assert (follow.order_id, follow.order_type, follow.original_order_id) == ("1001E", OrderType.EXCHANGE, "1001")
    [new] = follow.lines
    assert (new.sku, new.quantity, new.total_minor, new.discount_minor, new.original_line_number) == (
        "BLUE",
        1,
        0,
        2000,
        1,
    )
    assert (exchange_of(desk).state, return_of(desk).state) == (ExchangeState.ORDER_CREATED, ReturnState.APPROVED)
    assert return_of(desk).lines[0].settlement is ReturnSettlement.EXCHANGE
    assert not desk.file().refunds
    assert not desk.events(LegsSent)


def test_an_exchange_is_complete_when_e_has_shipped_and_the_originals_are_back() -> None:
    desk = shop_floor()
    exchange(desk)
    desk.ships(1, order_id="1001E")
    assert exchange_of(desk).state is ExchangeState.SHIPPED
    desk.receives(return_of(desk).rma, (1, 1, GOOD))
    assert exchange_of(desk).state is ExchangeState.COMPLETED
    assert return_of(desk).state is ReturnState.SETTLED


def test_the_originals_may_come_back_before_e_ships() -> None:
    desk = shop_floor()
    exchange(desk)
    desk.receives(return_of(desk).rma, (1, 1, GOOD))
    desk.ships(1, order_id="1001E")
    assert exchange_of(desk).state is ExchangeState.COMPLETED
    assert return_of(desk).state is ReturnState.SETTLED


def test_only_a_sellable_sibling_in_stock_of_the_channel_is_sent() -> None:
    desk = shop_floor(stock=1)
    assert exchange(desk, new_sku="HAT").code == "not_same_parent"
    assert exchange(desk, new_sku="NONE").code == "unknown_sku"
    assert exchange(desk, new_sku="RED").code == "same_product"
    assert exchange(desk, quantity=2).code == "out_of_stock"
    desk.feed(f.Product(sku="BLUE", parent_sku="SHIRT", sellable=False, updated_at=desk.at + 1))
    assert exchange(desk).code == "not_sellable"


def test_stock_promised_to_an_exchange_is_not_promised_twice_until_the_shop_confirms_its_order() -> None:
    desk = shop_floor(stock=1)
    assert exchange(desk).accepted
    assert exchange(desk).code == "out_of_stock"
    follow = order(line(1, 1, 0, sku="BLUE", price=2000, discount_minor=2000), order_id="1001E")
    desk.feed(desk.fact(f.OrderEvent, kind=OrderEventKind.UPDATED, revision=1, order=follow))
    stock = desk.get(Ref(Kind.STOCK, f"{CHANNEL}:BLUE"))
    assert stock is not None
    assert stock.promised == {}  # type: ignore[union-attr]


def test_m48_a_second_exchange_has_an_order_number_of_its_own() -> None:
    desk = shop_floor()
    exchange(desk)
    exchange(desk)
    assert [made.order.order_id for made in desk.events(FollowOrderMade)] == ["1001E", "1001E2"]


def test_a_held_exchange_order_is_released_when_the_goods_are_back() -> None:
    desk = shop_floor(Desk(with_policy(DEFAULT, "exchanges", mode="HOLD")))
    exchange(desk)
    assert exchange_of(desk).state is ExchangeState.WAITING_GOODS
    assert desk.events(FollowOrderMade)[0].hold
    desk.receives(return_of(desk).rma, (1, 1, GOOD))
    assert exchange_of(desk).state is ExchangeState.ORDER_CREATED
    assert len(desk.events(FollowOrderReleased)) == 1


def test_a_held_exchange_whose_goods_are_rejected_becomes_a_refund_of_the_rest() -> None:
    policies = with_policy(with_policy(DEFAULT, "exchanges", mode="HOLD"), "returns", damaged="reject")
    desk = shop_floor(Desk(policies))
    exchange(desk, quantity=2)
    desk.receives(return_of(desk).rma, (1, 1, GOOD), (1, 1, ReceiptOutcome.DAMAGED))
    assert exchange_of(desk).state is ExchangeState.CONVERTED_TO_REFUND
    assert len(desk.events(FollowOrderWithdrawn)) == 1
    assert [refund.amount_minor for refund in desk.file().refunds.values()] == [2000]


def test_a_cancelled_exchange_withdraws_e_and_frees_the_units_and_the_stock() -> None:
    desk = shop_floor(stock=1)
    exchange(desk)
    assert desk.send(c.CancelExchange, exchange_id=exchange_of(desk).exchange_id).accepted
    assert exchange_of(desk).state is ExchangeState.CANCELLED
    assert desk.buckets() == {"delivered": 2}
    assert exchange(desk).accepted


def test_an_exchange_cannot_be_cancelled_after_e_shipped() -> None:
    desk = shop_floor()
    exchange(desk)
    desk.ships(1, order_id="1001E")
    assert desk.send(c.CancelExchange, exchange_id=exchange_of(desk).exchange_id).code == "wrong_state"


def test_an_exchange_whose_originals_are_overdue_can_be_cancelled_while_e_has_not_shipped() -> None:
    desk = shop_floor()
    exchange(desk)
    desk.wait(31 * DAY)
    assert exchange_of(desk).state is ExchangeState.OVERDUE
    assert "overdue" in desk.file().attention
    assert desk.send(c.CancelExchange, exchange_id=exchange_of(desk).exchange_id).accepted
    assert desk.buckets() == {"delivered": 2}


def test_a_returned_exchange_item_is_refunded_from_the_money_of_the_root() -> None:
    desk = shop_floor()
    exchange(desk)
    desk.receives(return_of(desk).rma, (1, 1, GOOD))
    desk.ships(1, order_id="1001E")
    reply = desk.returns((1, 1), order_id="1001E")
    assert reply.accepted
    [refund] = desk.file().refunds.values()
    assert (refund.order_id, refund.for_order_id, refund.amount_minor) == ("1001", "1001E", 2000)
    assert (refund.lines[0].line_number, refund.lines[0].sku) == (1, "BLUE")


def test_a_reshipment_of_a_lost_parcel_is_free_and_complete_when_all_of_it_arrived() -> None:
    desk = shop_floor()
    desk.warehouse(UnitStatus.LOST, 1)
    assert reship(desk).accepted
    [made] = desk.events(FollowOrderMade)
    assert (made.order.order_id, made.order.lines[0].total_minor) == ("1001R", 0)
    [reshipment] = desk.file().reshipments.values()
    assert reshipment.state is ReshipmentState.ORDER_CREATED
    desk.ships(1, order_id="1001R")
    desk.delivers(1, order_id="1001R")
    assert next(iter(desk.file().reshipments.values())).state is ReshipmentState.COMPLETED


def test_a_unit_that_r_replaces_takes_no_other_remedy() -> None:
    desk = shop_floor()
    reship(desk, 2)
    assert desk.returns((1, 1)).code == "already_held"
    assert reship(desk, 1).code == "already_held"


def test_a_first_parcel_that_arrives_after_all_stays_spent() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000, sku="RED"), captured=1000)
    desk.ships(1)
    desk.warehouse(UnitStatus.LOST, 1)
    reship(desk)
    desk.delivers(1)
    assert desk.buckets() == {"delivered": 1}
    assert desk.file().lines[1].units.spent == {"delivered": 1}
    assert "first_parcel_arrived" in desk.file().attention
    assert desk.returns((1, 1)).code == "already_held"


def test_a_cancelled_reshipment_gives_its_units_back() -> None:
    desk = shop_floor()
    reship(desk, 1)
    [reshipment] = desk.file().reshipments.values()
    assert desk.send(c.CancelReshipment, reshipment_id=reshipment.reshipment_id).accepted
    assert len(desk.events(FollowOrderWithdrawn)) == 1
    assert desk.returns((1, 2)).accepted


def test_s36_a_wrong_item_is_taken_back_and_sent_again_as_one_remedy() -> None:
    desk = shop_floor()
    assert reship(desk, 1, "WRONG_ITEM", take_back=True).accepted
    assert return_of(desk).lines[0].settlement is ReturnSettlement.RESHIP
    assert not desk.file().refunds
    assert desk.buckets() == {"delivered": 1, "return_announced": 1}


def test_an_address_needs_a_city_but_is_not_checked_further() -> None:
    desk = shop_floor()
    odd = f.Address(name="Nobody", street="?", city="Nowhere", country="XX")
    assert reship(desk, shipping_address=f.Address(name="A", street="B", country="DE")).code == "invalid_command"
    assert reship(desk, shipping_address=odd).accepted
    assert desk.file("1001R").facts.shipping_address == odd


def test_all_units_of_r_cancelled_by_the_shop_cancel_the_reshipment() -> None:
    desk = shop_floor()
    reship(desk, 1)
    follow = order(line(1, 1, 0, sku="RED", price=2000, discount_minor=2000), order_id="1001R")
    desk.feed(desk.fact(f.OrderEvent, kind=OrderEventKind.CANCELLED, revision=1, order=follow))
    assert next(iter(desk.file().reshipments.values())).state is ReshipmentState.CANCELLED


def test_m52_the_e_order_names_its_original_and_the_original_its_e_order() -> None:
    desk = shop_floor()
    exchange(desk)
    assert desk.file("1001E").facts.original_order_id == "1001"
    assert exchange_of(desk).new_order_id == "1001E"
    assert desk.get(order_ref(CHANNEL, "1001E")) is not None


def test_a_return_of_e_before_the_originals_are_back_undoes_the_exchange_and_moves_no_money() -> None:
    desk = shop_floor()
    exchange(desk)
    desk.ships(1, order_id="1001E")
    desk.returns((1, 1), order_id="1001E")
    [of_e] = desk.file("1001E").returns.values()
    desk.receives(of_e.rma, (1, 1, GOOD), order_id="1001E")
    assert exchange_of(desk).state is ExchangeState.CANCELLED
    assert return_of(desk).state is ReturnState.CANCELLED
    assert desk.buckets() == {"delivered": 2}
    assert not desk.file().refunds
    assert next(iter(desk.file("1001E").returns.values())).state is ReturnState.SETTLED
    assert not desk.events(FollowOrderWithdrawn)
