"""Each remedy of an order in each state that it may rest in, brought there by what really brings it there."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final

from domain import commands as c
from domain.policy import DAY, DEFAULT, AutoRelease, Policies
from domain.vocabulary import (
    CancellationState,
    ExchangeState,
    OrderChangeState,
    PaymentKind,
    ReceiptOutcome,
    RefundState,
    ReshipmentState,
    ReturnState,
    UnitStatus,
)
from tests.builders.desk import Desk, line, with_policy
from tests.builders.remedies_beside import (
    Found,
    change,
    change_later,
    converted,
    exchange,
    exchange_cancelled,
    exchange_denied,
    exchanged,
    reshipment,
)

K, O = PaymentKind, ReceiptOutcome  # noqa: E741 - read as O.GOOD


def by_hand(**more: Any) -> Policies:
    """Persons approve returns, their own too; money goes when the goods are back."""
    manual = with_policy(DEFAULT, "returns", auto_approve=False, self_approval=True, **more)
    return with_policy(manual, "refunds", at="RECEIVED")


# Returns: two units of one line


def _return(policies: Policies | None = None) -> Found:
    desk = Desk(policies or by_hand())
    desk.place(line(1, 2, 2000), captured=2000)
    desk.ships(2)
    assert desk.returns((1, 2)).accepted
    return Found(desk, "returns")


def _approved() -> Found:
    found = _return()
    assert found.desk.send(c.ApproveReturn, return_id=found.id).accepted
    return found


def _came(*outcomes: tuple[int, ReceiptOutcome]) -> Callable[[], Found]:
    def make() -> Found:
        found = _approved()
        for units, outcome in outcomes:
            found.desk.receives(found.thing.rma, (1, units, outcome))
        return found

    return make


def _return_ended(kind: type[c.Command], **fields: Any) -> Callable[[], Found]:
    def make() -> Found:
        found = _return()
        assert found.desk.send(kind, return_id=found.id, **fields).accepted
        return found

    return make


def _expired() -> Found:
    found = _return()
    found.desk.wait(31 * DAY)
    return found


def _settled() -> Found:
    found = _came((2, O.GOOD))()
    found.desk.gateway_answers()
    return found


# Refunds: 1000, of two payments of 500 each


def _refund(*, auto: bool) -> Found:
    desk = Desk(with_policy(DEFAULT, "refunds", auto_release=AutoRelease(return_=auto)))
    desk.place(line(1, 1, 1000))
    for payment in ("P1", "P2"):
        desk.pays(K.CAPTURED, 500, payment)
    desk.ships(1)
    assert desk.returns((1, 1)).accepted
    return Found(desk, "refunds")


def answered(found: Found, *kinds: PaymentKind) -> Found:
    """The gateway says these about the first, the second … leg."""
    for leg, kind in zip(found.thing.legs, kinds, strict=False):
        found.desk.pays(kind, leg.amount_minor, leg.payment_ref, operation_reference=leg.leg_id)
    return found


def _answers(*kinds: PaymentKind) -> Callable[[], Found]:
    return lambda: answered(_refund(auto=True), *kinds)


def _reversed() -> Found:
    return answered(answered(_refund(auto=True), K.REFUNDED, K.REFUNDED), K.REFUND_REVERSED)


def unanswered_refund() -> Found:
    """PENDING_RELEASE, and the gateway's time to answer is over."""
    found = _refund(auto=True)
    found.desk.wait(2 * DAY)
    return found


def _refund_ended(kind: type[c.Command], make: Callable[[], Found], **fields: Any) -> Callable[[], Found]:
    def ended() -> Found:
        found = make()
        assert found.desk.send(kind, refund_id=found.id, **fields).accepted
        return found

    return ended


# Cancellations: two units at the warehouse, authorised


def _cancellation(*answers: tuple[int, int, int]) -> Callable[[], Found]:
    def make() -> Found:
        desk = Desk()
        desk.place(line(1, 2, 2000))
        desk.pays(K.AUTHORIZED, 2000)
        desk.warehouse(UnitStatus.RECEIVED, 2)
        assert desk.cancels((1, 2)).accepted
        found = Found(desk, "cancellations")
        if answers:
            desk.answers(found.id, *answers)
        return found

    return make


def _timed_out() -> Found:
    found = _cancellation()()
    found.desk.wait(2 * DAY)
    return found


def void_failed() -> Found:
    """A CONFIRMED cancellation whose void the gateway refused."""
    found = _cancellation((1, 2, 0))()
    void = found.thing.voids[0]
    found.desk.pays(K.VOID_FAILED, void.amount_minor, void.payment_ref, operation_reference=void.leg_id)
    return found


_N, _R, _F, _X, _S = CancellationState, ReturnState, RefundState, ExchangeState, ReshipmentState
_C = OrderChangeState
GIVEN: Final[dict[type[StrEnum], dict[Any, Callable[[], Found]]]] = {
    _R: {
        _R.REQUESTED: _return,
        _R.DENIED: _return_ended(c.DenyReturn, reason="worn"),
        _R.CANCELLED: _return_ended(c.CancelReturn),
        _R.EXPIRED: _expired,
        _R.APPROVED: _approved,
        _R.PARTLY_RECEIVED: _came((1, O.DAMAGED)),
        _R.RECEIVED: _came((1, O.GOOD), (1, O.DAMAGED)),
        _R.SETTLED: _settled,
    },
    _F: {
        _F.REQUESTED: lambda: _refund(auto=False),
        _F.CANCELLED: _refund_ended(c.CancelRefund, lambda: _refund(auto=False)),
        _F.PENDING_RELEASE: lambda: _refund(auto=True),
        _F.RELEASED: _answers(K.REFUNDED, K.REFUNDED),
        _F.PARTLY_RELEASED: _answers(K.REFUNDED, K.REFUND_FAILED),
        _F.EXCEPTION: _answers(K.REFUND_FAILED, K.REFUND_FAILED),
        _F.RELEASED_OFFLINE: _refund_ended(
            c.ReleaseRefundOffline, _answers(K.REFUND_FAILED, K.REFUND_FAILED), reference="cash"
        ),
        _F.REVERSED: _reversed,
    },
    _N: {
        _N.ASKED_WAREHOUSE: _cancellation(),
        _N.CONFIRMED: _cancellation((1, 2, 0)),
        _N.PARTLY_CONFIRMED: _cancellation((1, 1, 1)),
        _N.REFUSED: _cancellation((1, 0, 2)),
        _N.TIMED_OUT: _timed_out,
    },
    _C: {
        _C.ASKED: change(),
        _C.CONFIRMED: change(True, True),
        _C.PARTLY_CONFIRMED: change(True, False),
        _C.REFUSED: change(False, False),
        _C.TIMED_OUT: lambda: change_later(withdrawn=False),
        _C.WITHDRAWN: lambda: change_later(withdrawn=True),
    },
    _X: {
        _X.REQUESTED: lambda: exchange(auto=False),
        _X.DENIED: exchange_denied,
        _X.WAITING_GOODS: lambda: exchange("HOLD"),
        _X.ORDER_CREATED: exchanged(),
        _X.SHIPPED: exchanged(shipped=True),
        _X.COMPLETED: exchanged(shipped=True, back=True),
        _X.CANCELLED: exchange_cancelled,
        _X.CONVERTED_TO_REFUND: converted,
        _X.OVERDUE: exchanged(late=True),
    },
    _S: {
        _S.ORDER_CREATED: reshipment(),
        _S.SHIPPED: reshipment(shipped=True),
        _S.COMPLETED: reshipment(shipped=True, arrived=True),
        _S.CANCELLED: reshipment(cancelled=True),
    },
}
"""States of a remedy → how it comes to rest in each."""

IN_PASSING: Final = frozenset({_N.REQUESTED, _C.REQUESTED, _X.APPROVED, _S.REQUESTED})
"""States that a remedy has within one input only: what follows in the same transaction leads on."""
