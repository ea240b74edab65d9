"""When what is looked at again: every timer with the very time it is due, and what its firing brings about (domain.md 4–8)."""

from domain import commands as c
from domain import facts as f
from domain.checkouts import CheckoutFile
from domain.order_events import AttentionRaised
from domain.policy import AutoRelease
from domain.run import checkout_ref, order_ref
from domain.timers import timers
from domain.vocabulary import (
    CancellationState,
    ExchangeState,
    LegState,
    OrderChangeState,
    PaymentKind,
    ReceiptOutcome,
    ReshipmentState,
    ReturnState,
    UnitStatus,
)
from tests.builders.desk import CHANNEL, START, Desk, line
from tests.builders.readings import first
from tests.builders.timed_orders import ANSWER, HOUR, due, exchanges, policies

GOOD = ReceiptOutcome.GOOD


UNSENT = {"refunds": {"auto_release": AutoRelease(False, False, False, False)}}


def delivered(desk: Desk, quantity: int = 2) -> Desk:
    for sku in ("RED", "BLUE"):
        desk.feed(f.Product(sku=sku, parent_sku="SHIRT", sellable=True, updated_at=desk.at))
    desk.feed(f.StockLevel(sales_channel=CHANNEL, sku="BLUE", available=9, updated_at=desk.at))
    desk.place(line(1, quantity, 1000 * quantity, sku="RED", parent_sku="SHIRT"), captured=1000 * quantity)
    desk.ships(quantity)
    desk.delivers(quantity)
    return desk


def reships(desk: Desk, *, take_back: bool) -> None:
    wish = c.ReshipmentLineInput(line_number=1, quantity=1, reason="DAMAGED")
    assert desk.send(c.CreateReshipment, lines=(wish,), take_back=take_back).accepted


def test_a_delivered_order_that_nobody_complains_about_wants_nothing() -> None:
    assert due(delivered(Desk(policies()))) == {}


def test_an_order_that_is_only_named_wants_nothing() -> None:
    desk = Desk()
    desk.warehouse(UnitStatus.RECEIVED, 1)
    assert all(timers(thing, desk.policies) == () for thing in desk.things.values())


# What is asked


def test_a_warehouse_that_does_not_answer_a_cancellation() -> None:
    desk = Desk(policies())
    desk.place(line(1, 2, 2000))
    desk.warehouse(UnitStatus.RECEIVED, 1)
    desk.cancels((1, 2))
    made = first(desk.file().cancellations)
    assert due(desk)["cancellation", made.cancellation_id] == desk.at + 2 * HOUR
    assert not desk.wait(2 * HOUR - 1)
    assert [timer.name for timer in desk.wait(1)] == ["cancellation"]
    assert first(desk.file().cancellations).state is CancellationState.TIMED_OUT
    assert desk.buckets() == {"cancelled": 1, "at_warehouse": 1}
    assert ("cancellation", made.cancellation_id) not in due(desk)


def test_a_change_that_nobody_answers() -> None:
    desk = Desk(policies())
    desk.place(line(1, 2, 2000))
    assert desk.send(c.ChangeOrder, shipping_method="express", reason="HURRY").accepted
    made = first(desk.file().changes)
    assert due(desk)["change", made.change_id] == desk.at + 3 * HOUR
    assert [timer.name for timer in desk.wait(3 * HOUR)] == ["change"]
    assert first(desk.file().changes).state is OrderChangeState.TIMED_OUT
    assert ("change", made.change_id) not in due(desk)


def test_legs_that_the_gateway_does_not_answer_one_by_one() -> None:
    desk = Desk(policies())
    desk.place(line(1, 1, 2000))
    desk.pays(PaymentKind.CAPTURED, 500, "P1")
    desk.pays(PaymentKind.CAPTURED, 1500, "P2")
    desk.appeases((1, 2000), amount_includes_tax=True)
    two, one = first(desk.file().refunds).legs
    assert {key: at for key, at in due(desk).items() if key[0] == "refund_leg"} == {
        ("refund_leg", one.leg_id): desk.at + ANSWER,
        ("refund_leg", two.leg_id): desk.at + ANSWER,
    }
    desk.pays(PaymentKind.REFUNDED, 1500, "P2", operation_reference=two.leg_id)
    assert [timer.entity_id for timer in desk.wait(ANSWER)] == [one.leg_id]
    assert [leg.state for leg in first(desk.file().refunds).legs] == [LegState.CONFIRMED, LegState.UNANSWERED]
    assert "leg_unanswered" in desk.file().attention


def test_a_void_that_the_gateway_does_not_answer() -> None:
    desk = Desk(policies())
    desk.place(line(1, 1, 2000))
    desk.pays(PaymentKind.AUTHORIZED, 2000)
    desk.cancels((1, 1))
    [leg] = first(desk.file().cancellations).voids
    assert due(desk) == {("void_leg", leg.leg_id): desk.at + ANSWER}
    assert [timer.name for timer in desk.wait(ANSWER)] == ["void_leg"]
    assert first(desk.file().cancellations).voids[0].state is LegState.UNANSWERED


def test_a_leg_of_a_checkout() -> None:
    desk = Desk(policies())
    desk.pays(PaymentKind.CAPTURED, 1000, order_id=None, checkout_id="CO-1")
    desk.send(c.RefundPayment, checkout_id="CO-1", payment_ref="P1", amount_minor=400, reason="NEVER_ORDERED")
    ref = checkout_ref(CHANNEL, "CO-1")
    found = desk.things[ref]
    assert isinstance(found, CheckoutFile)
    [timer] = timers(found, desk.in_force())
    [leg] = first(found.refunds).legs
    assert (timer.ref, timer.name, timer.entity_id, timer.due_at) == (ref, "refund_leg", leg.leg_id, desk.at + ANSWER)
    assert desk.wait(ANSWER) == [timer]
    after = desk.things[ref]
    assert isinstance(after, CheckoutFile)
    assert first(after.refunds).legs[0].state is LegState.UNANSWERED


# Goods that do not come


def test_a_return_whose_money_was_not_sent_expires_and_gives_its_units_back() -> None:
    desk = delivered(Desk(policies(**UNSENT)))
    desk.returns((1, 1))
    made = first(desk.file().returns)
    assert due(desk) == {("return", made.return_id): desk.at + 4 * HOUR}
    assert [timer.name for timer in desk.wait(4 * HOUR)] == ["return"]
    assert first(desk.file().returns).state is ReturnState.EXPIRED
    assert desk.buckets() == {"delivered": 2}
    assert due(desk) == {}


def test_a_return_whose_money_went_is_overdue_once_and_stays() -> None:
    desk = delivered(Desk(policies()))
    desk.returns((1, 1))
    desk.gateway_answers()
    fired = desk.wait(999 * HOUR)
    assert [timer.name for timer in fired] == ["return"]
    assert first(desk.file().returns).state is ReturnState.APPROVED
    assert desk.file().attention == ("overdue",)
    [raised] = [raised for raised in desk.events(AttentionRaised) if raised.code == "overdue"]
    assert "RMA-1" in raised.why


def test_a_return_that_waits_for_approval_expires_too_and_one_that_arrived_in_part_does_not() -> None:
    desk = delivered(Desk(policies(returns={"auto_approve": False})))
    desk.returns((1, 1))
    assert [timer.name for timer in desk.wait(4 * HOUR)] == ["return"]
    arrived = delivered(Desk(policies(**UNSENT)))
    arrived.returns((1, 2))
    arrived.receives("RMA-1", (1, 1, GOOD))
    assert due(arrived) == {}


def test_the_originals_of_an_exchange_are_overdue() -> None:
    desk = delivered(Desk(policies()))
    exchanges(desk)
    made = first(desk.file().exchanges)
    assert due(desk) == {("exchange", made.exchange_id): desk.at + 6 * HOUR}
    assert [timer.name for timer in desk.wait(6 * HOUR)] == ["exchange"]
    assert first(desk.file().exchanges).state is ExchangeState.OVERDUE
    assert desk.file().attention == ("overdue",)
    assert due(desk) == {}


def test_an_exchange_whose_e_order_has_shipped_waits_for_its_originals_still() -> None:
    desk = delivered(Desk(policies()))
    exchanges(desk)
    made = first(desk.file().exchanges)
    asked = desk.at
    desk.ships(1, order_id="1001E")
    assert due(desk) == {("exchange", made.exchange_id): asked + 6 * HOUR}
    desk.receives("RMA-1", (1, 1, GOOD))
    assert due(desk) == {}


def test_a_held_exchange_has_no_overdue_originals() -> None:
    desk = delivered(Desk(policies(exchanges={"mode": "HOLD"})))
    exchanges(desk)
    assert due(desk) == {}


def test_goods_that_a_reshipment_takes_back_are_overdue_once() -> None:
    desk = delivered(Desk(policies()))
    reships(desk, take_back=True)
    made = first(desk.file().reshipments)
    assert due(desk) == {("take_back", made.reshipment_id): desk.at + 6 * HOUR}
    assert [timer.name for timer in desk.wait(6 * HOUR)] == ["take_back"]
    assert desk.file().attention == ("overdue",)
    assert due(desk) == {}


def test_a_reshipment_that_takes_nothing_back_waits_for_nothing() -> None:
    desk = delivered(Desk(policies()))
    reships(desk, take_back=False)
    assert due(desk) == {}


def test_a_reshipment_is_complete_some_time_after_it_shipped() -> None:
    desk = delivered(Desk(policies()))
    reships(desk, take_back=False)
    desk.ships(1, order_id="1001R", occurred_at=START + 300 * HOUR)
    made = first(desk.file().reshipments)
    assert due(desk) == {("reshipment", made.reshipment_id): START + 307 * HOUR}
    fired = [timer.name for timer in desk.wait(310 * HOUR) if timer.ref == order_ref(CHANNEL, "1001")]
    assert fired == ["reshipment"]
    assert first(desk.file().reshipments).state is ReshipmentState.COMPLETED
    assert due(desk) == {}
