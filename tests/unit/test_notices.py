"""Mails about orders and checkouts: each asked for once, to whom, with what is known (domain.md 13a)."""

from collections.abc import Callable
from typing import Any

import pytest

from domain import commands as c
from domain import facts as f
from domain.order_events import NoticeAsked
from domain.policy import DAY, DEFAULT
from domain.vocabulary import (
    ChangeField,
    CheckoutKind,
    NoticeKind,
    OrderEventKind,
    PaymentKind,
    ReceiptOutcome,
    UnitStatus,
    Verdict,
)
from schemas.outbound import project
from tests.builders.desk import APPROVER, CHANNEL, MANAGER, Desk, line, with_policy

GOOD = ReceiptOutcome.GOOD
OURS = "desk@shop.example"
KIND = NoticeKind


def notices(desk: Desk, *kinds: NoticeKind) -> list[NoticeAsked]:
    return [asked for asked in desk.events(NoticeAsked) if not kinds or asked.kind in kinds]


def shipped(desk: Desk, quantity: int = 2) -> Desk:
    desk.place(line(1, quantity, 2000, sku="RED", parent_sku="SHIRT"), captured=2000)
    desk.ships(quantity)
    return desk


def returned(desk: Desk, units: int = 1) -> Any:
    desk.returns((1, units))
    return list(desk.file().returns.values())[-1]


def cancelled(desk: Desk, units: int) -> None:
    desk.place(line(1, 2, 2000, sku="RED"))
    desk.cancels((1, units), reason="MIND")


def refused(desk: Desk) -> None:
    desk.place(line(1, 2, 2000, sku="RED"))
    desk.warehouse(UnitStatus.RECEIVED, 2)
    made = desk.cancels((1, 2), reason="MIND")
    desk.answers(made.entity_id or "", (1, 0, 2))


def changed(desk: Desk, *, confirmed: bool) -> None:
    desk.place(line(1))
    made = desk.send(c.ChangeOrder, shipping_method="express", reason="HURRY")
    said = f.ChangeAnswerField(field=ChangeField.SHIPPING_METHOD, confirmed=confirmed)
    fields = {"sales_channel": CHANNEL, "order_id": "1001", "change_id": made.entity_id, "answers": (said,)}
    desk.feed(desk.fact(f.ChangeAnswer, **fields))


def denied(desk: Desk) -> None:
    desk.policies = with_policy(DEFAULT, "returns", auto_approve=False)
    found = returned(shipped(desk))
    desk.send(c.DenyReturn, APPROVER, return_id=found.return_id, reason="WORN")


def received(desk: Desk) -> None:
    desk.policies = with_policy(DEFAULT, "refunds", at="RECEIVED")
    desk.receives(returned(shipped(desk)).rma, (1, 1, GOOD))


def released(desk: Desk) -> None:
    returned(shipped(desk))
    desk.gateway_answers()


def appeased(desk: Desk) -> None:
    shipped(desk).appeases((1, 500))
    desk.gateway_answers()


def failed(desk: Desk) -> None:
    returned(shipped(desk))
    desk.gateway_answers(PaymentKind.REFUND_FAILED)


def exchanged(desk: Desk) -> None:
    shipped(desk)
    desk.feed(f.Product(sku="BLUE", parent_sku="SHIRT", sellable=True, updated_at=desk.at))
    desk.feed(f.StockLevel(sales_channel=CHANNEL, sku="BLUE", available=5, updated_at=desk.at))
    wish = c.ExchangeLineInput(line_number=1, quantity=1, new_sku="BLUE", reason="COLOUR")
    assert desk.send(c.CreateExchange, lines=(wish,)).accepted


def reshipped(desk: Desk) -> None:
    wish = c.ReshipmentLineInput(line_number=1, quantity=1, reason="LOST")
    shipped(desk).send(c.CreateReshipment, lines=(wish,))


AMOUNT = {"amount": "10.00 EUR", "amount_minor": "1000"}
TABLE: dict[NoticeKind, tuple[Callable[[Desk], None], dict[str, str]]] = {
    KIND.ORDER_CANCELLED: (lambda desk: cancelled(desk, 2), {"reason": "MIND", "lines": "2 × RED"}),
    KIND.ORDER_LINES_CANCELLED: (lambda desk: cancelled(desk, 1), {"reason": "MIND", "lines": "1 × RED"}),
    KIND.CANCELLATION_REFUSED: (refused, {"reason": "MIND"}),
    KIND.CHANGE_CONFIRMED: (lambda desk: changed(desk, confirmed=True), {"reason": "HURRY"}),
    KIND.CHANGE_REFUSED: (lambda desk: changed(desk, confirmed=False), {"reason": "HURRY"}),
    KIND.RETURN_APPROVED: (lambda desk: returned(shipped(desk)), {"rma": "RMA-1", "lines": "1 × RED"}),
    KIND.RETURN_DENIED: (denied, {"rma": "RMA-1", "lines": "1 × RED", "reason": "WORN"}),
    KIND.RETURN_RECEIVED: (received, {"rma": "RMA-1", "lines": "1 × RED"}),
    KIND.REFUND_RELEASED: (
        released,
        {"rma": "RMA-1", "lines": "1 × RED", "credit_note_number": f"{CHANNEL}-CN-00000001", **AMOUNT},
    ),
    KIND.APPEASEMENT_RELEASED: (
        appeased,
        {"credit_note_number": f"{CHANNEL}-CN-00000001", "amount": "5.00 EUR", "amount_minor": "500"},
    ),
    KIND.REFUND_FAILED_INTERNAL: (failed, {"lines": "1 × RED", "reason": "EXCEPTION", **AMOUNT}),
    KIND.EXCHANGE_CREATED: (exchanged, {"new_order_id": "1001E", "rma": "RMA-1", "lines": "1 × BLUE"}),
    KIND.RESHIPMENT_CREATED: (reshipped, {"new_order_id": "1001R", "lines": "1 × RED"}),
}
"""Kind → how it comes about, and its facts beside the order's id."""


@pytest.mark.parametrize("kind", TABLE)
def test_each_mail_is_asked_for_once_with_its_facts(kind: NoticeKind) -> None:
    bring_about, facts = TABLE[kind]
    desk = Desk(with_policy(DEFAULT, "notices", internal_recipient=OURS))
    bring_about(desk)
    (asked,) = notices(desk, kind)
    assert asked.facts == {"order_id": "1001", **facts}
    assert asked.recipient == (OURS if kind is KIND.REFUND_FAILED_INTERNAL else "c1@example.org")
    assert (asked.order_id, asked.language) == ("1001", "en")
    desk.wait(DAY)
    assert len(notices(desk, kind)) == 1


def test_every_kind_of_mail_about_an_order_is_in_the_table() -> None:
    of_cases = {kind for kind in KIND if kind.startswith(("CASE_", "INFORMATION_"))}
    assert set(TABLE) == set(KIND) - of_cases - {KIND.UNKNOWN}


def test_a_mail_that_the_policy_switches_off_is_not_asked_for() -> None:
    desk = Desk(with_policy(DEFAULT, "notices", off=("REFUND_RELEASED",)))
    released(desk)
    assert [asked.kind for asked in notices(desk)] == [KIND.RETURN_APPROVED]


def test_a_dry_run_asks_for_no_mail() -> None:
    desk = shipped(Desk())
    assert desk.returns((1, 1), dry_run=True).accepted
    assert notices(desk) == []


def test_without_an_address_nothing_is_published_and_history_says_so() -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000), customer=f.Customer(customer_id="C-1"))
    desk.cancels((1, 2))
    outcome = desk.outcomes[-1]
    (asked,) = notices(desk)
    assert (asked.kind, asked.recipient) == (KIND.ORDER_CANCELLED, None)
    assert "notifications.NoticeRequested" not in [record.record for record in project(outcome, "g")]


def test_the_shop_cancelling_its_own_order_mails_nobody() -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000))
    desk.shop(OrderEventKind.CANCELLED, 2, line(1, 2, 2000))
    assert notices(desk) == []


def test_a_return_that_was_only_written_off_was_not_received() -> None:
    desk = Desk()
    exchanged(desk)
    desk.ships(1, order_id="1001E")
    desk.wait(31 * DAY)
    (found,) = desk.file().returns.values()
    desk.send(c.DecideReturnLine, APPROVER, return_id=found.return_id, line_number=1, verdict=Verdict.ACCEPT)
    assert notices(desk, KIND.RETURN_RECEIVED) == []


# Checkouts


def checkout_refund(desk: Desk, answer: PaymentKind) -> None:
    desk.pays(PaymentKind.CAPTURED, 1000, order_id=None, checkout_id="CO-1")
    fields = {"sales_channel": CHANNEL, "checkout_id": "CO-1", "payment_ref": "P1", "reason": "NEVER_ORDERED"}
    desk.send(c.RefundPayment, MANAGER, amount_minor=1000, **fields)
    (leg,) = [
        leg
        for thing in desk.things.values()
        for refund in getattr(thing, "refunds", {}).values()
        for leg in refund.legs
    ]
    desk.pays(answer, 1000, order_id=None, checkout_id="CO-1", operation_reference=leg.leg_id)


def checkout_says(desk: Desk, revision: int, email: str | None) -> None:
    said = {"kind": CheckoutKind.FAILED, "revision": revision, "sales_channel": CHANNEL, "checkout_id": "CO-1"}
    customer = f.Customer(customer_id="C-1", email=email)
    desk.feed(desk.fact(f.CheckoutEvent, currency="EUR", customer=customer, lines=(line(1),), **said))


def test_a_customer_who_is_known_only_later_is_told_then_and_once() -> None:
    desk = Desk()
    checkout_refund(desk, PaymentKind.REFUNDED)
    assert [asked.recipient for asked in notices(desk)] == [None]
    checkout_says(desk, 1, None)
    checkout_says(desk, 2, "ada@example.org")
    checkout_says(desk, 3, "ada@example.org")
    told = notices(desk, KIND.REFUND_RELEASED)
    assert [(asked.recipient, asked.language) for asked in told] == [(None, "en"), ("ada@example.org", "en")]
    assert told[1].facts == {"checkout_id": "CO-1", "credit_note_number": f"{CHANNEL}-CN-00000001", **AMOUNT}


def test_a_refund_of_a_checkout_that_fails_is_told_to_our_own_people() -> None:
    desk = Desk(with_policy(DEFAULT, "notices", internal_recipient=OURS))
    checkout_refund(desk, PaymentKind.REFUND_FAILED)
    (asked,) = notices(desk)
    assert (asked.kind, asked.recipient) == (KIND.REFUND_FAILED_INTERNAL, OURS)
    assert asked.facts == {"checkout_id": "CO-1", "reason": "EXCEPTION", **AMOUNT}


def test_a_refund_of_a_checkout_that_nobody_answers_is_told_to_our_own_people() -> None:
    desk = Desk(with_policy(DEFAULT, "notices", internal_recipient=OURS))
    desk.pays(PaymentKind.CAPTURED, 1000, order_id=None, checkout_id="CO-1")
    fields = {"sales_channel": CHANNEL, "checkout_id": "CO-1", "payment_ref": "P1", "reason": "NEVER_ORDERED"}
    desk.send(c.RefundPayment, MANAGER, amount_minor=1000, **fields)
    desk.wait(2 * DAY)
    assert [asked.kind for asked in notices(desk)] == [KIND.REFUND_FAILED_INTERNAL]
