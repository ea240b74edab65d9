"""Each remedy of an order in each state that it may rest in, brought there by what really brings it there."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from domain import commands as c
from domain import facts as f
from domain.policy import DAY, DEFAULT, AutoRelease, Policies
from domain.vocabulary import (
    CancellationState,
    ChangeField,
    ExchangeState,
    OrderChangeState,
    PaymentKind,
    ReceiptOutcome,
    RefundState,
    ReshipmentState,
    ReturnState,
    UnitStatus,
    Verdict,
)
from tests.builders.desk import CHANNEL, Desk, line, with_policy

K, O = PaymentKind, ReceiptOutcome  # noqa: E741 - read as O.GOOD


@dataclass
class Found:
    """A desk, and where on its order the remedy is."""

    desk: Desk
    group: str

    @property
    def thing(self) -> Any:
        return next(iter(getattr(self.desk.file(), self.group).values()))

    @property
    def id(self) -> str:
        return str(next(iter(getattr(self.desk.file(), self.group))))


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


# Changes: another address and another method


def _change(*answers: bool) -> Callable[[], Found]:
    def make() -> Found:
        desk = Desk()
        desk.place(line(1, 1, 1000))
        away = f.Address(name="Ada", street="2 Lane", city="Port", country="DE")
        wish: dict[str, Any] = {"shipping_address": away, "shipping_method": "EXPRESS"}
        assert desk.send(c.ChangeOrder, reason="MOVED", **wish).accepted
        found = Found(desk, "changes")
        fields = (ChangeField.ADDRESS, ChangeField.SHIPPING_METHOD)
        said = tuple(
            f.ChangeAnswerField(field=field, confirmed=yes) for field, yes in zip(fields, answers, strict=False)
        )
        if said:
            desk.feed(
                desk.fact(f.ChangeAnswer, sales_channel=CHANNEL, order_id="1001", change_id=found.id, answers=said)
            )
        return found

    return make


def _change_later(*, withdrawn: bool) -> Found:
    found = _change()()
    if withdrawn:
        assert found.desk.send(c.WithdrawOrderChange, change_id=found.id).accepted
    else:
        found.desk.wait(2 * DAY)
    return found


# Exchanges: one shirt for a larger one


def _exchange(mode: str = "ADVANCE", *, auto: bool = True) -> Found:
    policies = with_policy(with_policy(DEFAULT, "exchanges", mode=mode), "returns", auto_approve=auto)
    desk = Desk(policies)
    desk.place(line(1, 1, 1000, sku="SHIRT-M", parent_sku="SHIRT"), captured=1000)
    desk.ships(1)
    for sku in ("SHIRT-M", "SHIRT-L"):
        desk.feed(f.Product(sku=sku, parent_sku="SHIRT", sellable=True, updated_at=desk.at))
    desk.feed(f.StockLevel(sales_channel=CHANNEL, sku="SHIRT-L", available=5, updated_at=desk.at))
    wish = c.ExchangeLineInput(line_number=1, quantity=1, new_sku="SHIRT-L", reason="FIT")
    assert desk.send(c.CreateExchange, lines=(wish,)).accepted
    return Found(desk, "exchanges")


def _exchanged(*, shipped: bool = False, back: bool = False, late: bool = False) -> Callable[[], Found]:
    def make() -> Found:
        found = _exchange()
        if late:
            found.desk.wait(31 * DAY)
        if shipped:
            found.desk.ships(1, 1, "1001E")
        if back:
            found.desk.receives(next(iter(found.desk.file().returns.values())).rma, (1, 1, O.GOOD))
        return found

    return make


def _exchange_denied() -> Found:
    found = _exchange(auto=False)
    found.desk.send(c.DenyReturn, return_id=next(iter(found.desk.file().returns)), reason="worn")
    return found


def _exchange_cancelled() -> Found:
    found = _exchange()
    assert found.desk.send(c.CancelExchange, exchange_id=found.id).accepted
    return found


def _converted() -> Found:
    found = _exchange("HOLD")
    back = next(iter(found.desk.file().returns.values()))
    found.desk.receives(back.rma, (1, 1, O.DAMAGED))
    found.desk.send(c.DecideReturnLine, return_id=back.return_id, line_number=1, verdict=Verdict.REJECT)
    return found


# Reshipments: a lost unit again


def _reshipment(*, shipped: bool = False, arrived: bool = False, cancelled: bool = False) -> Callable[[], Found]:
    def make() -> Found:
        desk = Desk()
        desk.place(line(1, 1, 1000), captured=1000)
        desk.ships(1)
        wish = c.ReshipmentLineInput(line_number=1, quantity=1, reason="LOST")
        assert desk.send(c.CreateReshipment, lines=(wish,)).accepted
        found = Found(desk, "reshipments")
        if shipped:
            desk.ships(1, 1, "1001R")
        if arrived:
            desk.delivers(1, 1, "1001R")
        if cancelled:
            assert desk.send(c.CancelReshipment, reshipment_id=found.id).accepted
        return found

    return make


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
        _C.ASKED: _change(),
        _C.CONFIRMED: _change(True, True),
        _C.PARTLY_CONFIRMED: _change(True, False),
        _C.REFUSED: _change(False, False),
        _C.TIMED_OUT: lambda: _change_later(withdrawn=False),
        _C.WITHDRAWN: lambda: _change_later(withdrawn=True),
    },
    _X: {
        _X.REQUESTED: lambda: _exchange(auto=False),
        _X.DENIED: _exchange_denied,
        _X.WAITING_GOODS: lambda: _exchange("HOLD"),
        _X.ORDER_CREATED: _exchanged(),
        _X.SHIPPED: _exchanged(shipped=True),
        _X.COMPLETED: _exchanged(shipped=True, back=True),
        _X.CANCELLED: _exchange_cancelled,
        _X.CONVERTED_TO_REFUND: _converted,
        _X.OVERDUE: _exchanged(late=True),
    },
    _S: {
        _S.ORDER_CREATED: _reshipment(),
        _S.SHIPPED: _reshipment(shipped=True),
        _S.COMPLETED: _reshipment(shipped=True, arrived=True),
        _S.CANCELLED: _reshipment(cancelled=True),
    },
}
"""States of a remedy → how it comes to rest in each."""

IN_PASSING: Final = frozenset({_N.REQUESTED, _C.REQUESTED, _X.APPROVED, _S.REQUESTED})
"""States that a remedy has within one input only: what follows in the same transaction leads on."""
