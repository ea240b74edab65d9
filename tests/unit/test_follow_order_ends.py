"""How exchanges and reshipments end: released, converted, called off, complete (domain.md 8)."""

from typing import Any

from domain import commands as c
from domain import facts as f
from domain.exchanges import ExchangeConverted
from domain.order_events import FollowOrderReleased, FollowOrderWithdrawn
from domain.policy import DEFAULT
from domain.vocabulary import (
    ExchangeMode,
    ExchangeState,
    ReceiptOutcome,
    ReshipmentState,
    ReturnSettlement,
    ReturnState,
    UnitStatus,
    Verdict,
)
from tests.builders.desk import CHANNEL, START, uid, with_policy
from tests.builders.follow_orders import exchange, exchanges, reshipment, reships, shirts
from tests.builders.readings import newest_return
from tests.builders.refused import refuses

GOOD, DAMAGED = ReceiptOutcome.GOOD, ReceiptOutcome.DAMAGED
HOLD = with_policy(DEFAULT, "exchanges", mode="HOLD")


# Holding, converting, cancelling


def test_a_held_e_order_is_released_and_may_ship() -> None:
    desk = shirts(HOLD)
    exchanges(desk, (1, 2, "BLUE"))
    assert (exchange(desk).state, exchange(desk).new_order_id, exchange(desk).mode) == (ExchangeState.WAITING_GOODS, "1001E", ExchangeMode.HOLD)  # fmt: skip
    assert desk.file("1001E").hold
    desk.receives("RMA-1", (1, 1, GOOD))
    assert exchange(desk).state is ExchangeState.WAITING_GOODS
    desk.receives("RMA-1", (1, 1, GOOD))
    assert desk.events(FollowOrderReleased) == [FollowOrderReleased("1001", exchange(desk).exchange_id)]
    assert (exchange(desk).state, desk.file("1001E").hold) == (ExchangeState.ORDER_CREATED, False)


def test_a_held_exchange_becomes_a_refund_when_its_stock_is_gone() -> None:
    for left, state in ((2, ExchangeState.ORDER_CREATED), (1, ExchangeState.CONVERTED_TO_REFUND)):
        desk = shirts(HOLD, stock=2)
        exchanges(desk)
        exchanges(desk)
        desk.feed(f.StockLevel(sales_channel=CHANNEL, sku="BLUE", available=left, updated_at=desk.at))
        desk.receives("RMA-1", (1, 1, GOOD))
        assert next(iter(desk.file().exchanges.values())).state is state
    assert "out of stock" in desk.events(ExchangeConverted)[0].reason
    [withdrawn] = desk.events(FollowOrderWithdrawn)
    assert (withdrawn.original_order_id, withdrawn.exchange_id) == ("1001", next(iter(desk.file().exchanges)))
    assert [refund.amount_minor for refund in desk.file().refunds.values()] == [2000]
    assert desk.file("1001E").withdrawn


def test_a_held_exchange_becomes_a_refund_of_what_was_accepted() -> None:
    desk = shirts(HOLD)
    exchanges(desk, (1, 2, "BLUE"))
    desk.receives("RMA-1", (1, 1, GOOD), (1, 1, DAMAGED))
    assert exchange(desk).state is ExchangeState.WAITING_GOODS
    decided: dict[str, Any] = {"return_id": newest_return(desk).return_id, "line_number": 1}
    assert desk.send(c.DecideReturnLine, verdict=Verdict.ACCEPT_PART, percent=50, **decided).code == "wrong_state"
    assert desk.send(c.DecideReturnLine, verdict=Verdict.REJECT, **decided).accepted
    assert exchange(desk).state is ExchangeState.CONVERTED_TO_REFUND
    assert "rejected" in desk.events(ExchangeConverted)[0].reason
    assert [refund.amount_minor for refund in desk.file().refunds.values()] == [2000]


def test_a_cancelled_exchange_withdraws_its_order_with_the_reason() -> None:
    desk = shirts()
    exchanges(desk)
    assert desk.send(c.CancelExchange, exchange_id=exchange(desk).exchange_id, reason="keeps it").accepted
    assert desk.events(FollowOrderWithdrawn) == [
        FollowOrderWithdrawn("1001", exchange_id=exchange(desk).exchange_id, reason="keeps it")
    ]
    assert (newest_return(desk).state, desk.buckets()) == (ReturnState.CANCELLED, {"delivered": 3})
    assert refuses(desk.send(c.CancelExchange, exchange_id=exchange(desk).exchange_id), "wrong_state", "CANCELLED")


def test_an_exchange_cancelled_after_goods_came_pays_for_them() -> None:
    desk = shirts()
    exchanges(desk, (1, 2, "BLUE"))
    desk.receives("RMA-1", (1, 1, GOOD))
    assert desk.send(c.CancelExchange, exchange_id=exchange(desk).exchange_id).accepted
    assert newest_return(desk).lines[0].settlement is ReturnSettlement.REFUND
    desk.receives("RMA-1", (1, 1, GOOD))
    assert sum(refund.amount_minor for refund in desk.file().refunds.values()) == 4000


def test_what_has_shipped_or_is_not_there_is_not_called_off() -> None:
    desk = shirts()
    exchanges(desk)
    reships(desk)
    desk.ships(1, order_id="1001E")
    desk.ships(1, order_id="1001R")
    one, other = exchange(desk).exchange_id, reshipment(desk).reshipment_id
    assert refuses(desk.send(c.CancelExchange, exchange_id=one), "wrong_state", "SHIPPED")
    assert refuses(desk.send(c.CancelReshipment, reshipment_id=other), "wrong_state", "SHIPPED")
    assert refuses(desk.send(c.CancelExchange, exchange_id=uid("none")), "unknown_entity", "1001", uid("none"))
    assert refuses(desk.send(c.CancelReshipment, reshipment_id=uid("none")), "unknown_entity", "1001", uid("none"))


def test_a_cancelled_reshipment_gives_back_what_it_replaced() -> None:
    desk = shirts()
    desk.warehouse(UnitStatus.LOST, 1)
    reships(desk, (1, 2))
    assert refuses(reships(desk, (1, 2)), "already_held", "line 1", "1")
    assert desk.send(c.CancelReshipment, reshipment_id=reshipment(desk).reshipment_id, reason="found").accepted
    assert (reshipment(desk).state, reshipment(desk).version) == (ReshipmentState.CANCELLED, 3)
    assert desk.events(FollowOrderWithdrawn) == [
        FollowOrderWithdrawn("1001", reshipment_id=reshipment(desk).reshipment_id, reason="found")
    ]
    assert not any(desk.file().lines[1].units.spent.values())
    assert reships(desk, (1, 3)).accepted


def test_a_reshipment_that_takes_back_holds_its_units_once_and_pays_nothing() -> None:
    desk = shirts()
    reships(desk, (1, 2), take_back=True)
    back = newest_return(desk)
    assert (back.reshipment_id, back.lines[0].settlement) == (reshipment(desk).reshipment_id, ReturnSettlement.RESHIP)
    assert reshipment(desk).return_id == back.return_id
    assert desk.buckets() == {"delivered": 1, "return_announced": 2}
    assert not any(desk.file().lines[1].units.spent.values())
    desk.receives("RMA-1", (1, 2, GOOD))
    assert (newest_return(desk).state, desk.file().refunds) == (ReturnState.SETTLED, {})


def test_a_reshipment_is_complete_when_all_of_r_was_delivered() -> None:
    desk = shirts()
    reships(desk, (1, 2))
    desk.ships(2, order_id="1001R", occurred_at=START + 5)
    assert (reshipment(desk).state, reshipment(desk).shipped_at) == (ReshipmentState.SHIPPED, START + 5)
    desk.delivers(1, order_id="1001R")
    assert reshipment(desk).state is ReshipmentState.SHIPPED
    desk.delivers(1, order_id="1001R")
    assert reshipment(desk).state is ReshipmentState.COMPLETED


def test_an_exchange_is_complete_when_all_of_e_left_and_all_originals_are_back() -> None:
    desk = shirts()
    exchanges(desk, (1, 2, "BLUE"))
    desk.ships(1, order_id="1001E")
    assert (exchange(desk).state, exchange(desk).shipped_whole) == (ExchangeState.SHIPPED, False)
    desk.receives("RMA-1", (1, 2, GOOD))
    assert exchange(desk).state is ExchangeState.SHIPPED
    desk.ships(1, order_id="1001E")
    assert (exchange(desk).state, exchange(desk).shipped_whole) == (ExchangeState.COMPLETED, True)
    assert newest_return(desk).state is ReturnState.SETTLED


def test_a_cancelled_reshipment_leaves_another_its_units() -> None:
    desk = shirts()
    desk.warehouse(UnitStatus.LOST, 1)
    reships(desk)
    first = reshipment(desk).reshipment_id
    reships(desk)
    assert sum(desk.file().lines[1].units.spent.values()) == 2
    desk.send(c.CancelReshipment, reshipment_id=first)
    assert sum(desk.file().lines[1].units.spent.values()) == 1
