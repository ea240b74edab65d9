"""Bugs that people hit: two things at once, or in the other order."""

from domain import commands as c
from domain.orders import snapshot
from domain.vocabulary import CancellationState, OrderEventKind, OrderStatus, PaymentKind, RefundState, UnitStatus
from domain.world import Effect
from tests.builders.desk import Desk, line
from tests.builders.readings import amounts, refunds
from tests.unit.reference.reading import confirms, delivered

K = PaymentKind


def test_B39_two_parcels_at_once_ship_no_more_than_was_ordered() -> None:
    desk = Desk()
    desk.place(line(1, 5, 5000), captured=5000)
    desk.ships(3)
    desk.ships(3)
    assert desk.buckets() == {"shipped": 5}
    assert "fact_conflict" in desk.file().attention


def test_B41_an_old_word_of_the_shop_does_not_undo_a_refund() -> None:
    desk = delivered(line(1, 1, 1000))
    desk.returns((1, 1))
    desk.gateway_answers()
    stale = desk.shop(OrderEventKind.UPDATED, 1, line(1, 1, 1000), status=OrderStatus.LOGISTICS)
    assert stale.effect is Effect.STALE
    desk.shop(OrderEventKind.UPDATED, 2, line(1, 1, 1000), status=OrderStatus.LOGISTICS)
    assert (refunds(desk)[0].state, snapshot(desk.file()).refunded) == (RefundState.RELEASED, 1000)
    assert desk.buckets() == {"return_announced": 1}


def test_B45_a_payment_under_capture_is_settled_when_the_capture_is() -> None:
    """The void is asked at once; a capture that was faster makes its refund, and the void's refusal is for a person."""
    desk = Desk()
    desk.place(line(1, 1, 1000))
    desk.pays(K.AUTHORIZED, 1000)
    desk.cancels()
    [cancellation] = desk.file().cancellations.values()
    assert amounts(desk) == []
    desk.pays(K.CAPTURED, 1000)
    assert amounts(desk) == [1000]
    confirms(desk, cancellation.voids[0], K.VOID_FAILED)
    desk.gateway_answers()
    money = snapshot(desk.file())
    assert (money.captured, money.refunded, money.pending, money.due) == (1000, 1000, 0, 0)


def test_B47_after_the_hand_over_nobody_cancels_and_before_it_the_warehouse_is_asked() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), captured=1000)
    desk.warehouse(UnitStatus.RECEIVED, 1)
    desk.cancels((1, 1))
    [cancellation] = desk.file().cancellations.values()
    assert cancellation.state is CancellationState.ASKED_WAREHOUSE
    desk.ships(1)
    desk.answers(cancellation.cancellation_id, (1, 1, 0))
    [cancellation] = desk.file().cancellations.values()
    assert (cancellation.state, amounts(desk), desk.buckets()) == (CancellationState.REFUSED, [], {"shipped": 1})
    assert desk.cancels((1, 1)).code == "not_cancellable"
    assert desk.send(c.CancelOrder, reason="FORCED", force=True).code == "quantity_not_available"
