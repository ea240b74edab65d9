"""The invariant about remedies that come to nothing: every unit and every minor unit is where it was."""

from collections.abc import Callable

import pytest

from domain import commands as c
from domain import facts as f
from domain.orders import left_of_line, snapshot
from domain.policy import DAY, DEFAULT, AutoRelease, Policies
from domain.vocabulary import PaymentKind, RefundType, UnitStatus
from tests.builders.desk import APPROVER, CHANNEL, Desk, line, with_policy
from tests.builders.readings import newest_return, refunds
from tests.unit.reference.reading import delivered


def _state(desk: Desk) -> tuple[object, ...]:
    money = snapshot(desk.file())
    sold = desk.file().lines[1]
    return desk.buckets(), sold.units.spent, left_of_line(desk.file(), 1), money.left, money.pending, sold.worth


def _deny(desk: Desk) -> None:
    desk.send(c.DenyReturn, APPROVER, return_id=newest_return(desk).return_id, reason="worn")


def _cancel_return(desk: Desk) -> None:
    desk.send(c.CancelReturn, return_id=newest_return(desk).return_id)


MANUAL = with_policy(DEFAULT, "refunds", auto_release=AutoRelease(False, False, False, False))
BY_HAND = with_policy(DEFAULT, "returns", auto_approve=False)
AT_RECEIVED = with_policy(DEFAULT, "refunds", at="RECEIVED")


def _exchange(desk: Desk) -> None:
    wish = c.ExchangeLineInput(line_number=1, quantity=1, new_sku="BLUE", reason="COLOUR")
    assert desk.send(c.CreateExchange, lines=(wish,)).accepted


def _reship(desk: Desk, *, take_back: bool = False) -> None:
    wish = c.ReshipmentLineInput(line_number=1, quantity=1, reason="LOST")
    assert desk.send(c.CreateReshipment, lines=(wish,), take_back=take_back).accepted


def _call_back(desk: Desk) -> None:
    for exchange_id in desk.file().exchanges:
        assert desk.send(c.CancelExchange, exchange_id=exchange_id).accepted
    for reshipment_id in desk.file().reshipments:
        assert desk.send(c.CancelReshipment, reshipment_id=reshipment_id).accepted


def _fail(desk: Desk) -> None:
    desk.gateway_answers(PaymentKind.REFUND_FAILED)


def _give_up_refund(desk: Desk) -> None:
    assert desk.send(c.CancelRefund, refund_id=refunds(desk)[-1].refund_id).accepted


GIVEN_BACK: dict[str, tuple[Policies, Callable[[Desk], object], Callable[[Desk], object]]] = {
    "a denied return": (BY_HAND, lambda desk: desk.returns((1, 2)), _deny),
    "a cancelled return": (MANUAL, lambda desk: desk.returns((1, 2)), _cancel_return),
    "an expired return": (AT_RECEIVED, lambda desk: desk.returns((1, 2)), lambda desk: desk.wait(31 * DAY)),
    "a cancelled exchange": (DEFAULT, _exchange, _call_back),
    "a cancelled reshipment": (DEFAULT, _reship, _call_back),
    "a cancelled reshipment with take-back": (DEFAULT, lambda desk: _reship(desk, take_back=True), _call_back),
    "an appeasement that failed": (DEFAULT, lambda desk: desk.appeases((1, 400)), _fail),
    "an appeasement that was given up": (MANUAL, lambda desk: desk.appeases((1, 400)), _give_up_refund),
}


@pytest.mark.parametrize("remedy", GIVEN_BACK)
def test_N15_a_remedy_that_came_to_nothing_gives_back_all_it_held(remedy: str) -> None:
    policies, begin, end = GIVEN_BACK[remedy]
    desk = Desk(policies)
    desk.feed(f.Product(sku="BLUE", parent_sku="SHIRT", sellable=True, updated_at=desk.at))
    desk.feed(f.StockLevel(sales_channel=CHANNEL, sku="BLUE", available=9, updated_at=desk.at))
    delivered(line(1, 3, 1000, parent_sku="SHIRT"), desk=desk)
    before = _state(desk)
    begin(desk)
    assert _state(desk) != before
    end(desk)
    assert _state(desk) == before


def test_N15_a_cancellation_that_the_warehouse_refused_gives_back_all_it_held() -> None:
    desk = Desk()
    desk.place(line(1, 3, 1000), captured=1000)
    desk.warehouse(UnitStatus.RECEIVED, 3)
    before = _state(desk)
    desk.cancels((1, 2))
    assert _state(desk) != before
    desk.answers(next(iter(desk.file().cancellations)), (1, 0, 2))
    assert _state(desk) == before
    assert {refund.refund_type for refund in refunds(desk)} <= {RefundType.CANCELLATION}
    assert not refunds(desk)
