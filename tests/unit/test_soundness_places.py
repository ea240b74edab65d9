"""What cannot be so is told with its place and its figures; what only looks odd is not told (domain.md 14)."""

from dataclasses import replace
from typing import Any

import pytest

from domain import commands as c
from domain.checkouts import CheckoutFile
from domain.facts import Tax
from domain.order_file import OrderFile
from domain.policy import DEFAULT
from domain.quantities import Bucket
from domain.refunds import Refund
from domain.soundness import unsound
from domain.vocabulary import (
    CancellationState,
    LegState,
    PaymentKind,
    RefundState,
    ReshipmentState,
    ReturnSettlement,
    ReturnState,
    UnitStatus,
)
from tests.builders.checkouts import checkout, pays, starts
from tests.builders.desk import CHANNEL, Desk, line, with_policy

B = Bucket


def order(*, refund: bool = True) -> OrderFile:
    """Three units for 3000 (tax 479), all delivered; one returned and its 1000 released."""
    desk = Desk()
    desk.place(line(1, 3, 3000, tax=479), captured=3000)
    desk.ships(3)
    if refund:
        desk.returns((1, 1))
        desk.gateway_answers()
    return desk.file()


def units(file: OrderFile, **changes: Any) -> OrderFile:
    sold = file.lines[1]
    return replace(file, lines={1: replace(sold, units=replace(sold.units, **changes))})


def given(file: Any, **changes: Any) -> Any:
    [(key, refund)] = file.refunds.items()
    return replace(file, refunds={key: replace(refund, **changes)})


def only(file: Any) -> Refund:
    [refund] = file.refunds.values()
    return refund  # type: ignore[no-any-return]


def told(file: OrderFile | CheckoutFile) -> list[tuple[str, str]]:
    return list(unsound(file))


def test_buckets_hold_what_was_sold_and_never_less_than_nothing() -> None:
    file = units(order(refund=False), buckets={B.SHIPPED: 5, B.OPEN: -1})
    assert told(file) == [
        ("lines.1.units", "the buckets hold 4 units of 3 sold"),
        (f"lines.1.units.buckets.{B.OPEN}", "-1 units"),
    ]
    assert told(units(order(refund=False), buckets={B.SHIPPED: 3, B.OPEN: 0})) == []


def test_no_more_units_are_replaced_than_lie_there_and_than_orders_stand_for() -> None:
    file = units(order(refund=False), spent={B.SHIPPED: 4})
    assert told(file) == [
        (f"lines.1.units.spent.{B.SHIPPED}", "4 of 3 units are replaced"),
        ("lines.1.units", "4 units are replaced, E and R orders account for 0"),
    ]
    two = units(order(refund=False), spent={B.SHIPPED: 2, B.LOST: 0})
    assert told(two) == [("lines.1.units", "2 units are replaced, E and R orders account for 0")]


def reshipped() -> OrderFile:
    desk = Desk()
    desk.place(line(1, 3, 3000), captured=3000)
    desk.ships(3)
    assert desk.send(
        c.CreateReshipment, lines=(c.ReshipmentLineInput(line_number=1, quantity=2, reason="LOST"),)
    ).accepted
    return desk.file()


def test_a_reshipment_stands_for_its_units_unless_it_was_cancelled_or_takes_them_back() -> None:
    file = reshipped()
    [(key, reshipment)] = file.reshipments.items()
    assert (sum(file.lines[1].units.spent.values()), told(file)) == (2, [])
    wrong = [("lines.1.units", "2 units are replaced, E and R orders account for 0")]
    assert told(replace(file, reshipments={key: replace(reshipment, state=ReshipmentState.CANCELLED)})) == wrong
    assert told(replace(file, reshipments={key: replace(reshipment, take_back=True)})) == wrong
    fewer = replace(reshipment, lines=(replace(reshipment.lines[0], quantity=1),))
    assert told(replace(file, reshipments={key: fewer})) == [
        ("lines.1.units", "2 units are replaced, E and R orders account for 1")
    ]
    twice = replace(reshipment, lines=(*fewer.lines, *fewer.lines))
    assert told(replace(file, reshipments={key: twice})) == []


@pytest.mark.parametrize(
    ("settlement", "good"),
    [(ReturnSettlement.EXCHANGE, True), (ReturnSettlement.RESHIP, True), (ReturnSettlement.REFUND, False)],
)
def test_units_of_a_return_that_did_not_come_back_are_replaced_where_an_order_stands_for_them(
    settlement: ReturnSettlement, *, good: bool
) -> None:
    file = units(order(), spent={B.SHIPPED: 1})
    [(key, back)] = file.returns.items()
    first = replace(back.lines[0], settlement=settlement, replaced=1)
    changed = replace(file, returns={key: replace(back, lines=(first,))})
    assert (told(changed) == []) is good


def announced() -> OrderFile:
    """A return of two units that nobody has received."""
    desk = Desk(with_policy(DEFAULT, "refunds", at="RECEIVED"))
    desk.place(line(1, 3, 3000), captured=3000)
    desk.ships(3)
    desk.returns((1, 2))
    return desk.file()


@pytest.mark.parametrize("state", [ReturnState.DENIED, ReturnState.CANCELLED, ReturnState.EXPIRED, ReturnState.SETTLED])
def test_announced_units_are_those_that_open_returns_wait_for(state: ReturnState) -> None:
    file = announced()
    [(key, back)] = file.returns.items()
    assert (file.lines[1].units.at(B.RETURN_ANNOUNCED), told(file)) == (2, [])
    assert told(replace(file, returns={key: replace(back, state=state)})) == [
        ("lines.1.units", "2 units are announced, open returns account for 0")
    ]
    one = replace(back, lines=(replace(back.lines[0], accepted=1),))
    assert told(replace(file, returns={key: one})) == [
        ("lines.1.units", "2 units are announced, open returns account for 1")
    ]
    both = replace(back, lines=(replace(back.lines[0], quantity=1), replace(back.lines[0], quantity=1)))
    assert told(replace(file, returns={key: both})) == []


def test_units_are_asked_to_be_stopped_as_long_as_a_cancellation_waits_for_them() -> None:
    desk = Desk()
    desk.place(line(1, 3, 3000), captured=3000)
    desk.warehouse(UnitStatus.RECEIVED, 3)
    desk.cancels((1, 2))
    file = desk.file()
    [(key, asked)] = file.cancellations.items()
    assert (asked.state, file.lines[1].units.at(B.CANCEL_ASKED), told(file)) == (
        CancellationState.ASKED_WAREHOUSE,
        2,
        [],
    )
    over = replace(asked, state=CancellationState.CONFIRMED)
    assert told(replace(file, cancellations={key: over})) == [
        ("lines.1.units", "2 units are asked to be stopped, cancellations ask 0")
    ]
    part = replace(asked, lines=(replace(asked.lines[0], confirmed=1),))
    assert told(replace(file, cancellations={key: part})) == [
        ("lines.1.units", "2 units are asked to be stopped, cancellations ask 1")
    ]
    assert told(replace(file, cancellations={key: replace(part, lines=part.lines * 2)})) == []


def test_given_and_left_are_the_lines_value_unless_an_appeasement_took_of_it() -> None:
    file = order(refund=False)
    sold = file.lines[1]
    less = replace(file, lines={1: replace(sold, value=replace(sold.value, gross=2999))})
    assert told(less) == [("lines.1.worth", "given and left are worth 3000, the line 2999")]
    taxed = replace(file, lines={1: replace(sold, value=replace(sold.value, taxes=(480,)))})
    assert told(taxed) == [("lines.1.worth", "given and left are worth 3000, the line 3000")]
    desk = Desk()
    desk.place(line(1, 2, 2000), line(2, 1, 500), captured=2500)
    desk.appeases((1, 100), amount_includes_tax=True)
    assert told(desk.file()) == []
    other = desk.file().lines[2]
    broken = {**desk.file().lines, 2: replace(other, value=replace(other.value, gross=501))}
    assert told(replace(desk.file(), lines=broken)) == [("lines.2.worth", "given and left are worth 500, the line 501")]


def test_what_is_left_of_a_line_is_never_worth_less_than_nothing() -> None:
    file = order(refund=False)
    sold = file.lines[1]
    below = replace(sold, worth=replace(sold.worth, base=replace(sold.worth.base, gross=-1)))
    assert told(replace(file, lines={1: below}))[0] == ("lines.1.worth", "what is left is worth -1")
    nothing = replace(sold.worth, base=replace(sold.worth.base, gross=0, taxes=(0,)))
    zero = replace(sold, worth=nothing, value=replace(sold.value, gross=0, taxes=(0,)))
    assert told(replace(file, lines={1: zero})) == []


def test_a_refund_adds_up_and_says_where_it_does_not() -> None:
    file = order()
    refund = only(file)
    where, first = f"refunds.{refund.refund_id}", refund.lines[0]
    assert (refund.amount_minor, first.gross_minor, first.tax_minor) == (1000, 1000, 160)
    unfit = "net, taxes and gross do not fit together"
    for changes in ({"net_minor": 841}, {"taxes": (Tax(type="VAT", rate="0.19", amount_minor=159),)}):
        changed = given(file, lines=(replace(first, **changes),))
        assert told(changed) == [(f"{where}.lines.1", unfit)]
    for name in ("fee_minor", "shortfall_minor", "voided_minor"):
        assert told(given(file, **{name: 7})) == [
            (f"{where}.amount_minor", "1000, its lines less what came off make 993")
        ]
    assert told(given(file, fee_minor=5, shortfall_minor=-3, voided_minor=-2)) == []


def test_the_legs_of_a_refund_ask_for_its_amount_and_are_confirmed_when_it_is_released() -> None:
    file = order()
    refund = only(file)
    where, leg = f"refunds.{refund.refund_id}", refund.legs[0]
    assert told(given(file, legs=(replace(leg, amount_minor=999),))) == [
        (f"{where}.legs", "ask for 999, the refund is 1000")
    ]
    sent = replace(leg, state=LegState.SENT)
    assert told(given(file, legs=(sent,))) == [(f"{where}.state", "RELEASED, and not every leg is confirmed")]
    assert told(given(file, legs=(sent,), state=RefundState.PENDING_RELEASE)) == []
    replaced = replace(leg, state=LegState.REPLACED)
    assert told(given(file, legs=(replaced, leg))) == []


def test_no_more_is_asked_back_than_was_captured() -> None:
    file = order()
    assert told(replace(file, operations=())) == [("refunds", "1000 are asked back of 0 captured")]
    assert told(replace(given(file, state=RefundState.CANCELLED), operations=())) == []
    failed = replace(only(file).legs[0], state=LegState.FAILED)
    assert told(replace(given(file, legs=(failed,), state=RefundState.EXCEPTION), operations=())) == []


def test_a_checkouts_refund_has_no_lines_and_is_sound_for_all_that() -> None:
    desk = Desk()
    starts(desk)
    pays(desk, PaymentKind.CAPTURED, 400)
    desk.send(
        c.RefundPayment,
        sales_channel=CHANNEL,
        checkout_id="CO-1",
        payment_ref="P1",
        amount_minor=400,
        reason="NEVER_ORDERED",
    )
    file = checkout(desk)
    assert file.refunds
    assert told(file) == []
    assert told(replace(file, operations=())) == [("refunds", "400 are asked back of 0 captured")]
