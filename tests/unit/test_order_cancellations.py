"""Cancellations by quantity: at once where nobody has the units, asked of the warehouse where it has (domain.md 5)."""

from collections.abc import Iterable
from typing import TypeVar

from domain.order_events import LegsSent, NoticeAsked
from domain.policy import DEFAULT
from domain.vocabulary import CancellationState, OrderEventKind, PaymentKind, RefundState, UnitStatus
from tests.builders.desk import Desk, line, shipping, with_policy

T = TypeVar("T")


def only(items: Iterable[T]) -> T:
    [item] = items
    return item


def test_open_units_are_cancelled_at_once_and_their_captured_money_goes_back() -> None:
    desk = Desk()
    desk.place(line(1, 3, 3000), captured=3000)
    reply = desk.cancels((1, 1))
    assert reply.accepted
    assert desk.buckets() == {"open": 2, "cancelled": 1}
    refund = only(desk.file().refunds.values())
    assert (refund.state, refund.amount_minor, refund.voided_minor) == (RefundState.PENDING_RELEASE, 1000, 0)
    assert only(desk.file().cancellations.values()).refund_ids == (refund.refund_id,)


def test_authorised_money_is_voided_not_refunded() -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000))
    desk.pays(PaymentKind.AUTHORIZED, 2000)
    desk.cancels()
    cancellation = only(desk.file().cancellations.values())
    assert [leg.amount_minor for leg in cancellation.voids] == [2000]
    assert not desk.file().refunds
    assert only(desk.events(LegsSent)).kind == "VOID"


def test_a_cancellation_of_part_of_a_part_capture_refunds_what_is_beyond_the_rest_and_voids_the_other_part() -> None:
    desk = Desk()
    desk.place(line(1, 4, 4000))
    desk.pays(PaymentKind.AUTHORIZED, 4000)
    desk.pays(PaymentKind.CAPTURED, 3000)
    desk.cancels((1, 2))
    cancellation = only(desk.file().cancellations.values())
    refund = only(desk.file().refunds.values())
    assert (refund.amount_minor, refund.voided_minor) == (1000, 1000)
    assert [leg.amount_minor for leg in cancellation.voids] == [1000]


def test_the_last_goods_take_the_open_shipping_with_them() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), shipping(9, 500), captured=1500)
    desk.cancels((1, 1))
    assert desk.buckets(9) == {"cancelled": 1}
    refund = only(desk.file().refunds.values())
    assert (refund.amount_minor, refund.shipping_minor) == (1500, 500)


def test_units_at_the_warehouse_are_asked_for_and_nothing_is_called_cancelled_before_it_answers() -> None:
    desk = Desk()
    desk.place(line(1, 3, 3000), captured=3000)
    desk.warehouse(UnitStatus.RECEIVED, 2)
    desk.cancels((1, 3))
    cancellation = only(desk.file().cancellations.values())
    assert cancellation.state is CancellationState.ASKED_WAREHOUSE
    assert desk.buckets() == {"cancelled": 1, "cancel_asked": 2}
    assert not desk.file().refunds
    desk.answers(cancellation.cancellation_id, (1, 1, 1))
    cancellation = only(desk.file().cancellations.values())
    assert cancellation.state is CancellationState.PARTLY_CONFIRMED
    assert desk.buckets() == {"cancelled": 2, "at_warehouse": 1}
    assert only(desk.file().refunds.values()).amount_minor == 2000


def test_answers_add_up_until_every_unit_has_one() -> None:
    desk = Desk()
    desk.place(line(1, 3, 3000), captured=3000)
    desk.warehouse(UnitStatus.RECEIVED, 3)
    desk.cancels((1, 3))
    cancellation = only(desk.file().cancellations.values())
    desk.answers(cancellation.cancellation_id, (1, 1, 0))
    assert only(desk.file().cancellations.values()).state is CancellationState.ASKED_WAREHOUSE
    desk.answers(cancellation.cancellation_id, (1, 2, 0))
    assert only(desk.file().cancellations.values()).state is CancellationState.CONFIRMED


def test_a_refused_cancellation_gives_every_unit_back_and_tells_the_customer() -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000), captured=2000)
    desk.warehouse(UnitStatus.PICKED, 2)
    desk.cancels((1, 2), force=True)
    cancellation = only(desk.file().cancellations.values())
    desk.answers(cancellation.cancellation_id, (1, 0, 2))
    assert desk.buckets() == {"at_warehouse": 2}
    assert [notice.kind for notice in desk.events(NoticeAsked)] == ["CANCELLATION_REFUSED"]


def test_an_order_that_has_left_cannot_be_cancelled() -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000), captured=2000)
    desk.ships(2)
    reply = desk.cancels((1, 1))
    assert (reply.accepted, reply.code) == (False, "not_cancellable")
    assert desk.buckets() == {"shipped": 2}


def test_units_already_asked_for_are_held() -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000))
    desk.warehouse(UnitStatus.RECEIVED, 2)
    desk.cancels((1, 2))
    assert desk.cancels((1, 1)).code == "already_held"
    assert desk.cancels((1, 5)).code == "quantity_not_available"


def test_the_shop_cancelling_its_order_ends_the_open_cancellation_as_confirmed() -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000), captured=2000)
    desk.warehouse(UnitStatus.RECEIVED, 2)
    desk.cancels((1, 1))
    desk.shop(OrderEventKind.CANCELLED, 2, line(1, 2, 2000))
    assert desk.buckets() == {"cancelled": 2}
    assert only(desk.file().cancellations.values()).state is CancellationState.CONFIRMED


def test_money_captured_after_the_cancellation_goes_back_by_itself() -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000))
    desk.pays(PaymentKind.AUTHORIZED, 2000)
    desk.cancels((1, 1))
    desk.pays(PaymentKind.CAPTURED, 2000)
    refund = only(desk.file().refunds.values())
    assert refund.amount_minor == 1000
    assert only(desk.file().cancellations.values()).refund_ids == (refund.refund_id,)


def test_an_answer_for_an_unknown_cancellation_needs_attention() -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000))
    desk.answers("00000000-0000-0000-0000-000000000000", (1, 1, 0))
    assert desk.file().attention == ("unknown_reference",)


def test_money_of_an_order_that_the_shop_cancels_goes_back_where_the_policy_says_so() -> None:
    for policy, amounts in ((False, []), (True, [2000])):
        desk = Desk(with_policy(DEFAULT, "cancel", refund_on_shop_cancel=policy))
        desk.place(line(1, 2, 2000), captured=2000)
        desk.shop(OrderEventKind.CANCELLED, 2, line(1, 2, 2000))
        assert [refund.amount_minor for refund in desk.file().refunds.values()] == amounts
