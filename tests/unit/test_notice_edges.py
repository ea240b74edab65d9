"""To whom a mail goes, in which language, about what, and under which id (domain.md 13a; contract.md 4)."""

from typing import Any

import pytest

from domain import commands as c
from domain import facts as f
from domain.identity import Ids, uuid5
from domain.order_events import LegsSent, NoticeAsked
from domain.policy import DEFAULT
from domain.reference_data import Notice
from domain.rights import has_right
from domain.vocabulary import CaseOrigin, CaseScope, ContactChannel, EntityType, NoticeKind, PaymentKind, ReceiptOutcome
from domain.world import Kind, Ref
from tests.builders.desk import CHANNEL, Desk, line, uid, with_policy

CASE, LINE = uid("case"), uid("case line")


def placed(contact: c.Contact | None = None, **fields: Any) -> Desk:
    """An order of two lines with a submitted case on the first."""
    desk = Desk(with_policy(DEFAULT, "notices", internal_recipient="us@example.org"))
    desk.place(line(1, 2, 2000), line(2, 1, 500), captured=2500, **fields)
    wish = c.CaseLineInput(case_line_id=LINE, order_id="1001", line_number=1)
    named: dict[str, Any] = {"service": "RETURN", "scope": CaseScope.SPECIFIC_LINES, "sales_channel": CHANNEL}
    told: dict[str, Any] = {"channel": ContactChannel.PHONE, "origin": CaseOrigin.ORDER, "short_description": "x"}
    reply = desk.send(c.OpenCase, case_id=CASE, order_id="1001", contact=contact, lines=(wish,), **named, **told)
    assert reply.accepted
    assert desk.send(c.SubmitCase, case_id=CASE).accepted
    return desk


def asked(desk: Desk, kind: NoticeKind) -> NoticeAsked:
    [found] = [notice for notice in desk.events(NoticeAsked) if notice.kind is kind]
    return found


KIND = NoticeKind


@pytest.mark.parametrize(
    ("contact", "recipient", "language"),
    [
        (None, "c1@example.org", "de"),
        (c.Contact(email="ann@example.org", language="fr"), "ann@example.org", "fr"),
        (c.Contact(email="ann@example.org"), "ann@example.org", "de"),
        (c.Contact(phone="110", language="fr"), "c1@example.org", "de"),
    ],
)
def test_a_mail_goes_to_the_cases_contact_if_there_is_one_to_be_written_to(
    contact: c.Contact | None, recipient: str, language: str
) -> None:
    desk = placed(contact, language="de", test=True)
    desk.cancels((1, 1), (2, 1), case_id=CASE, case_line_id=LINE)
    made = asked(desk, KIND.ORDER_LINES_CANCELLED)
    assert (made.recipient, made.language, made.case_id, made.order_id) == (recipient, language, CASE, "1001")
    assert (made.facts["lines"], made.facts["order_id"], made.test) == ("1 × SKU-1, 1 × SKU-2", "1001", True)
    kept = desk.get(Ref(Kind.NOTICE, made.notice_id))
    assert kept == Notice(
        notice_id=made.notice_id,
        kind=made.kind,
        recipient=recipient,
        language=language,
        sales_channel=CHANNEL,
        facts=made.facts,
        order_id="1001",
        case_id=CASE,
        test=True,
    )


def test_without_a_case_it_goes_to_the_orders_customer() -> None:
    desk = placed(c.Contact(email="ann@example.org"))
    desk.cancels((1, 1))
    made = asked(desk, KIND.ORDER_LINES_CANCELLED)
    assert (made.recipient, made.case_id, made.test) == ("c1@example.org", None, False)


def test_our_own_people_are_told_of_each_broken_refund_once_a_state() -> None:
    desk = placed()
    desk.appeases((1, 500), amount_includes_tax=True)
    desk.gateway_answers(PaymentKind.REFUND_FAILED)
    made = asked(desk, KIND.REFUND_FAILED_INTERNAL)
    assert (made.recipient, made.facts["reason"], made.facts["amount"]) == ("us@example.org", "EXCEPTION", "5.00 EUR")
    assert "lines" not in made.facts
    desk.send(c.RetryRefund, refund_id=next(iter(desk.file().refunds)))
    desk.gateway_answers()
    [leg] = next(iter(desk.file().refunds.values())).legs
    desk.pays(PaymentKind.REFUND_REVERSED, 500, gateway_reference=leg.gateway_reference)
    told = [notice.facts["reason"] for notice in desk.events(NoticeAsked) if notice.kind is KIND.REFUND_FAILED_INTERNAL]
    assert told == ["EXCEPTION", "REVERSED"]


def test_a_refund_for_an_exchanged_item_names_the_return_that_brought_it_back() -> None:
    desk = placed()
    for sku in ("SKU-1", "BLUE"):
        desk.feed(f.Product(sku=sku, parent_sku="SHIRT", sellable=True, updated_at=desk.at))
    desk.feed(f.StockLevel(sales_channel=CHANNEL, sku="BLUE", available=9, updated_at=desk.at))
    desk.ships(2)
    wish = c.ExchangeLineInput(line_number=1, quantity=1, new_sku="BLUE", reason="COLOUR")
    assert desk.send(c.CreateExchange, lines=(wish,)).accepted
    desk.ships(1, order_id="1001E")
    desk.receives("RMA-1", (1, 1, ReceiptOutcome.GOOD))
    assert desk.returns((1, 1), order_id="1001E").accepted
    desk.gateway_answers()
    made = asked(desk, KIND.REFUND_RELEASED)
    assert (made.facts["rma"], made.facts["lines"], made.order_id) == ("RMA-2", "1 × BLUE", "1001")


# Ids


def test_ids_are_derived_from_their_cause_and_counted_by_kind() -> None:
    cause, other = uid("cause"), uid("other")
    ids = Ids(cause)
    made = [ids.new(EntityType.RETURN), ids.new(EntityType.RETURN), ids.new("leg"), ids.event("e"), ids.event("e")]
    assert len(set(made)) == 5
    again = Ids(cause)
    assert again.new("leg") == made[2]
    assert [again.new(EntityType.RETURN), again.new(EntityType.RETURN)] == made[:2]
    assert Ids(other).new(EntityType.RETURN) != made[0]
    assert made[1] == uuid5(bytes.fromhex(cause.replace("-", "")), "return:1")
    assert made[3] == uuid5(bytes.fromhex(cause.replace("-", "")), "event:e:0")


def test_each_payment_request_has_an_id_of_its_own_leg() -> None:
    desk = Desk()
    desk.place(line(1, 1, 3000))
    desk.pays(PaymentKind.CAPTURED, 1000, "P1")
    desk.pays(PaymentKind.CAPTURED, 2000, "P2")
    reply = desk.appeases((1, 3000), amount_includes_tax=True)
    [sent] = desk.events(LegsSent)
    ids = Ids(reply.command_id)
    assert [event_id for _, event_id in sent.legs] == [ids.event(leg.leg_id) for leg, _ in sent.legs]
    assert (sent.kind, sent.refund_id, sent.order_id, sent.checkout_id) == (
        "REFUND",
        next(iter(desk.file().refunds)),
        "1001",
        None,
    )


@pytest.mark.parametrize(
    ("right", "roles", "given"),
    [
        ("cases.work", ("one",), True),
        ("cases.view", ("one",), False),
        ("cases.view", ("area",), True),
        ("casesx.view", ("area",), False),
        ("orders.cancel", ("area",), False),
        ("orders.cancel", ("all",), True),
        ("orders.cancel", ("area", "all"), True),
        ("orders.cancel", ("nobody",), False),
        ("orders.cancel", (), False),
    ],
)
def test_a_role_gives_a_right_an_area_or_all(right: str, roles: tuple[str, ...], given: bool) -> None:
    table = {"one": ("cases.work",), "area": ("cases.*",), "all": ("*",)}
    assert has_right(right, roles, table) is given
