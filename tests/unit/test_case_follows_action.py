"""How a case line follows the action done for it until the world has done it: state, whom it waits for, attention (domain.md 4)."""

from collections.abc import Callable
from typing import Any

import pytest

from domain import commands as c
from domain.policy import DEFAULT, AutoRelease
from domain.vocabulary import (
    EntityType,
    PaymentKind,
    ReceiptOutcome,
    RequestedChangeKind,
    UnitStatus,
    Verdict,
)
from tests.builders.case_on_order import (
    ACCEPTED,
    CASE,
    DENIED,
    LINE,
    OPEN,
    PARTIAL,
    TIE,
    Seen,
    case_in_progress,
    seen,
    story,
)
from tests.builders.desk import Desk, with_policy
from tests.builders.readings import first

K = PaymentKind
DAY = 24 * 3_600_000_000


def actions(made: Desk) -> list[tuple[str, str]]:
    return [(str(action.entity_type), action.state) for action in made.case(CASE).lines[LINE].actions]


def leg(made: Desk) -> str:
    return str(first(made.file().refunds).legs[0].leg_id)


def says(kind: PaymentKind, amount: int) -> Callable[[Desk], Any]:
    return lambda made: made.pays(kind, amount, operation_reference=leg(made))


def test_an_appeasement() -> None:
    made = case_in_progress()
    assert story(
        made,
        lambda d: d.appeases((1, 500), **TIE),
        says(K.REFUND_FAILED, 500),
        lambda d: d.send(c.RetryRefund, refund_id=first(d.file().refunds).refund_id),
        says(K.REFUNDED, 500),
    ) == [(OPEN, "GATEWAY", ()), (OPEN, None, PARTIAL), (OPEN, "GATEWAY", PARTIAL), (ACCEPTED, None, ())]
    assert actions(made) == [("refund", "RELEASED")]


def test_an_appeasement_paid_by_hand_and_one_that_came_back() -> None:
    by_hand = lambda d: d.send(c.ReleaseRefundOffline, refund_id=first(d.file().refunds).refund_id, reference="cash")  # noqa: E731
    begun = (lambda d: d.appeases((1, 500), **TIE), says(K.REFUND_FAILED, 500))
    assert story(case_in_progress(), *begun, by_hand)[-1] == (ACCEPTED, None, ())


def test_a_price_asked_for_is_approved_as_what_the_appeasement_brought_about() -> None:
    made = case_in_progress(request=c.ChangeRequest(kind=RequestedChangeKind.PRICE, requested_price_minor=800))
    story(made, lambda d: d.appeases((1, 400), amount_includes_tax=True, **TIE))
    assert made.case(CASE).lines[LINE].request.approved_price_minor is None  # type: ignore[union-attr]
    story(made, lambda d: d.gateway_answers())
    assert made.case(CASE).lines[LINE].request.approved_price_minor == 800  # type: ignore[union-attr]


def test_a_cancellation_counts_when_its_money_is_back() -> None:
    made = case_in_progress(shipped=False)
    assert story(made, lambda d: d.cancels((1, 2), **TIE), lambda d: d.gateway_answers()) == [
        (OPEN, "GATEWAY", ()),
        (ACCEPTED, None, ()),
    ]
    assert actions(made) == [("cancellation", "CONFIRMED"), ("refund", "RELEASED")]


@pytest.mark.parametrize(
    ("yes", "no", "expected"),
    [(2, 0, (OPEN, "GATEWAY", ())), (0, 2, (DENIED, None, ())), (1, 1, (OPEN, "GATEWAY", PARTIAL))],
)
def test_a_cancellation_that_the_warehouse_answers(yes: int, no: int, expected: Seen) -> None:
    made = case_in_progress(shipped=False)
    made.warehouse(UnitStatus.RECEIVED, 2)
    assert story(
        made,
        lambda d: d.cancels((1, 2), **TIE),
        lambda d: d.answers(first(d.file().cancellations).cancellation_id, (1, yes, no)),
    ) == [(OPEN, "WAREHOUSE", ()), expected]


def test_a_cancellation_that_nobody_answers_needs_a_person() -> None:
    made = case_in_progress(shipped=False)
    made.warehouse(UnitStatus.RECEIVED, 2)
    told = story(made, lambda d: d.cancels((1, 2), **TIE), lambda d: d.wait(DAY))
    assert told[-1][:2] == (OPEN, None)
    assert "action_partial" in told[-1][2]


def test_a_cancellation_waits_for_its_voids_too() -> None:
    for answer, expected in ((K.VOIDED, (ACCEPTED, None, ())), (K.VOID_FAILED, (OPEN, None, PARTIAL))):
        made = case_in_progress(shipped=False)
        made.pays(K.AUTHORIZED, 500, "P2")
        made.cancels((1, 2), **TIE)
        made.gateway_answers()
        assert seen(made)[0] == OPEN
        [void] = first(made.file().cancellations).voids
        made.pays(answer, void.amount_minor, void.payment_ref, operation_reference=void.leg_id)
        assert seen(made) == expected


def test_a_cancellation_whose_refund_somebody_cancelled_needs_a_person() -> None:
    made = case_in_progress(
        with_policy(DEFAULT, "refunds", auto_release=AutoRelease(cancellation=False)), shipped=False
    )
    told = story(
        made,
        lambda d: d.cancels((1, 2), **TIE),
        lambda d: d.send(c.CancelRefund, refund_id=first(d.file().refunds).refund_id),
    )
    assert told == [(OPEN, None, ()), (OPEN, None, PARTIAL)]


def test_a_return_counts_when_it_is_settled() -> None:
    made = case_in_progress()
    good = (1, 1, ReceiptOutcome.GOOD)
    assert story(
        made,
        lambda d: d.returns((1, 1), **TIE),
        lambda d: d.gateway_answers(),
        lambda d: d.receives("RMA-1", good),
    ) == [(OPEN, "WAREHOUSE", ()), (OPEN, "WAREHOUSE", ()), (ACCEPTED, None, ())]
    assert sorted(actions(made)) == [("refund", "RELEASED"), ("return", "SETTLED")]


def test_a_return_that_is_denied_and_one_that_waits_for_a_person() -> None:
    made = case_in_progress(with_policy(DEFAULT, "returns", auto_approve=False))
    assert story(
        made,
        lambda d: d.returns((1, 1), **TIE),
        lambda d: d.send(c.DenyReturn, return_id=first(d.file().returns).return_id, reason="worn"),
    ) == [(OPEN, None, ()), (DENIED, None, ())]
    judged = case_in_progress(with_policy(DEFAULT, "refunds", at="RECEIVED"))
    assert story(
        judged,
        lambda d: d.returns((1, 1), **TIE),
        lambda d: d.receives("RMA-1", (1, 1, ReceiptOutcome.DAMAGED)),
        lambda d: d.send(
            c.DecideReturnLine, return_id=first(d.file().returns).return_id, line_number=1, verdict=Verdict.REJECT
        ),
    ) == [(OPEN, "WAREHOUSE", ()), (OPEN, None, ()), (ACCEPTED, None, ())]


def exchanges(made: Desk) -> Any:
    wish = c.ExchangeLineInput(line_number=1, quantity=1, new_sku="BLUE", reason="COLOUR")
    return made.send(c.CreateExchange, lines=(wish,), **TIE)


def test_an_exchange_counts_when_it_is_complete_and_its_return_is_a_part_of_it() -> None:
    made = case_in_progress()
    assert story(
        made,
        exchanges,
        lambda d: d.ships(1, order_id="1001E"),
        lambda d: d.receives("RMA-1", (1, 1, ReceiptOutcome.GOOD)),
    ) == [(OPEN, "WAREHOUSE", ()), (OPEN, "WAREHOUSE", ()), (ACCEPTED, None, ())]
    assert actions(made) == [("exchange", "COMPLETED")]


def test_an_exchange_that_is_denied_or_becomes_a_refund() -> None:
    denied = case_in_progress(with_policy(DEFAULT, "returns", auto_approve=False))
    assert story(
        denied,
        exchanges,
        lambda d: d.send(c.DenyReturn, return_id=first(d.file().returns).return_id, reason="worn"),
    ) == [(OPEN, None, ()), (DENIED, None, ())]
    held = case_in_progress(with_policy(with_policy(DEFAULT, "exchanges", mode="HOLD"), "returns", damaged="reject"))
    told = story(held, exchanges, lambda d: d.receives("RMA-1", (1, 1, ReceiptOutcome.DAMAGED)))
    assert told == [(OPEN, "WAREHOUSE", ()), (OPEN, None, PARTIAL)]


def test_a_reshipment_counts_when_it_has_arrived() -> None:
    made = case_in_progress()
    again = (c.ReshipmentLineInput(line_number=1, quantity=1, reason="LOST"),)
    assert story(
        made,
        lambda d: d.send(c.CreateReshipment, lines=again, **TIE),
        lambda d: d.ships(1, order_id="1001R"),
        lambda d: d.delivers(1, order_id="1001R"),
    ) == [(OPEN, "WAREHOUSE", ()), (OPEN, "WAREHOUSE", ()), (ACCEPTED, None, ())]
    off = case_in_progress()
    off.send(c.CreateReshipment, lines=again, **TIE)
    off.send(c.CancelReshipment, reshipment_id=first(off.file().reshipments).reshipment_id)
    assert seen(off) == (OPEN, None, ())


def test_without_auto_resolve_a_line_is_left_to_people() -> None:
    made = case_in_progress(with_policy(DEFAULT, "cases", auto_resolve_lines=False))
    told = story(made, lambda d: d.appeases((1, 500), **TIE), lambda d: d.gateway_answers())
    assert told == [(OPEN, "GATEWAY", ()), (OPEN, None, ())]
    assert actions(made) == [(str(EntityType.REFUND), "RELEASED")]


def test_a_person_clears_the_attention_that_is_named_and_no_other() -> None:
    made = case_in_progress(shipped=False)
    made.warehouse(UnitStatus.RECEIVED, 2)
    made.cancels((1, 2), **TIE)
    made.wait(DAY)
    assert set(made.case(CASE).attention) == {"sla_breached", "action_partial"}
    assert made.send(c.ClearAttention, case_id=CASE, attention=("sla_breached",)).accepted
    assert made.case(CASE).attention == ("action_partial",)
