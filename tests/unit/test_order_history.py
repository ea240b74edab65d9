"""What the history of an order says of each thing that happened: its kind, and the facts in its words (domain.md 13)."""

from typing import Any

import pytest

from domain import commands as c
from domain import facts as f
from domain.actors import ActorRef
from domain.history import Entry, entries
from domain.order_events import NoticeAsked
from domain.policy import DEFAULT
from domain.run import order_ref
from domain.vocabulary import (  # fmt: skip
    ActorKind,
    NoticeStatus,
    OrderEventKind,
    OrderStatus,
    PaymentKind,
    ReceiptOutcome,
    UnitStatus,
)
from tests.builders.desk import AGENT, CHANNEL, START, Desk, line, with_policy

K = PaymentKind


def told(desk: Desk, order_id: str = "1001") -> list[Entry]:
    made = [entry for step in desk.steps for entry in entries(step)]
    return [entry for entry in made if entry.entity == order_ref(CHANNEL, order_id)]


def named(desk: Desk, kind: str, *facts: str) -> list[Entry]:
    """The entries of this kind that name all these facts."""
    return [entry for entry in told(desk) if entry.kind == kind and all(fact in entry.words for fact in facts)]


def says(desk: Desk, kind: str, *facts: str) -> bool:
    """Whether just one entry of this kind names all these facts; where not, the whole history is told."""
    found = len(named(desk, kind, *facts))
    assert found == 1, [(entry.kind, entry.words) for entry in told(desk)]
    return found == 1


def the_entry(desk: Desk, kind: str, *facts: str) -> Entry:
    assert says(desk, kind, *facts)
    return named(desk, kind, *facts)[0]


def sold(*, captured: int | None = 2000, **fields: Any) -> Desk:
    desk = Desk()
    desk.place(line(1, 2, 2000, **fields), captured=captured)
    return desk


def test_an_entry_says_when_it_happened_when_it_was_recorded_who_and_why() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000))
    event = desk.fact(f.LineStatus, sales_channel=CHANNEL, order_id="1001", source_id="W1", occurred_at=START + 3,
                      lines=(f.StatusLine(line_number=1, quantity=1, status=UnitStatus.RECEIVED),))  # fmt: skip
    desk.feed(event)
    entry = the_entry(desk, "warehouse", "line 1: 1 RECEIVED")
    assert (entry.happened_at, entry.recorded_at, entry.cause_id) == (START + 3, desk.at, event.event_id)
    assert entry.actor == ActorRef("W1", ActorKind.WAREHOUSE)
    assert any(entry.data is step.event for step in desk.steps)
    desk.cancels((1, 1), actor=AGENT)
    asked = the_entry(desk, "post-sales", "asked of the warehouse")
    assert (asked.happened_at, asked.recorded_at, asked.actor.id) == (desk.at, desk.at, "ann")


def test_the_shops_word_and_the_status_that_came_of_it() -> None:
    desk = sold()
    assert says(desk, "status", "PLACED", "revision 1", "NEW")
    assert says(desk, "status", "first known as NEW")
    desk.shop(OrderEventKind.UPDATED, 3, line(1, 2, 2000), status=OrderStatus.ONHOLD)
    assert says(desk, "status", "NEW → ONHOLD")
    desk.shop(OrderEventKind.UPDATED, 2, line(1, 2, 2000))
    assert says(desk, "status", "UPDATED", "revision 2", "late")
    before = len([entry for entry in told(desk) if "→" in entry.words])
    desk.pays(K.REFUNDED, 1)
    assert len([entry for entry in told(desk) if "→" in entry.words]) == before


@pytest.mark.parametrize(
    ("kind", "amount", "currency", "words"),
    [
        (K.CAPTURED, 1995, "EUR", "CAPTURED 19.95 EUR on payment P1 (card)"),
        (K.REFUND_FAILED, 5, "EUR", "REFUND_FAILED 0.05 EUR on payment P1 (card)"),
        (K.CAPTURED, 1995, "USD", "CAPTURED 19.95 USD on payment P1 (card); recorded, not counted: other_currency"),
    ],
)
def test_what_a_gateway_said(kind: PaymentKind, amount: int, currency: str, words: str) -> None:
    desk = sold(captured=None)
    desk.pays(kind, amount, currency=currency)
    assert [entry.words for entry in told(desk) if entry.kind == "payment"] == [words]


def test_a_parcel_with_all_that_is_known_of_it_and_a_second_time() -> None:
    desk = sold()
    lines = (f.PackageLine(line_number=1, quantity=1),)
    full = f.Package(box_number="7", carrier="DHL", tracking_number="00340", lines=lines)
    named = {"sales_channel": CHANNEL, "order_id": "1001", "source_id": "W1"}
    desk.feed(desk.fact(f.Shipment, shipment_id="S-1", packages=(full,), **named))
    sent = the_entry(desk, "warehouse", "box 7 of shipment S-1: 1 of line 1", "carrier DHL", "tracking 00340")
    assert "again" not in sent.words
    desk.feed(desk.fact(f.Shipment, shipment_id="S-1", packages=(full,), **named))
    assert says(desk, "warehouse", "box 7 of shipment S-1", "again, nothing moved")
    desk.ships(1, shipment_id="S-2", box="8")
    bare = the_entry(desk, "warehouse", "box 8 of shipment S-2: 1 of line 1")
    assert "carrier" not in bare.words
    assert "tracking" not in bare.words


def test_what_was_asked_of_the_gateway_and_how_often() -> None:
    desk = sold()
    desk.appeases((1, 500), amount_includes_tax=True)
    assert says(desk, "post-sales", "APPEASEMENT refund of 5.00 EUR planned")
    assert says(desk, "payment", "asked gate for REFUND of 500 on payment P1, attempt 1")
    desk.gateway_answers(K.REFUND_FAILED)
    desk.send(c.RetryRefund, refund_id=next(iter(desk.file().refunds)))
    assert says(desk, "payment", "asked gate for REFUND of 500 on payment P1, attempt 2")


def test_a_mail_that_was_asked_for_that_could_not_be_and_that_went_out() -> None:
    desk = sold()
    desk.cancels((1, 2))
    assert says(desk, "notice", "ORDER_CANCELLED asked for")
    notice_id = desk.events(NoticeAsked)[0].notice_id
    desk.send(c.ResendNotice, notice_id=notice_id, order_id="1001")
    assert says(desk, "notice", "ORDER_CANCELLED sent again")
    desk.feed(desk.fact(f.NoticeReceipt, notice_id=notice_id, status=NoticeStatus.SENT))
    assert says(desk, "notice", "ORDER_CANCELLED: SENT")
    nobody = Desk()
    nobody.place(line(1, 1, 1000), customer=f.Customer(customer_id="C-1"))
    nobody.cancels((1, 1))
    assert says(nobody, "notice", "ORDER_CANCELLED could not be sent")


def test_a_return_from_its_request_to_its_end() -> None:
    desk = sold()
    desk.ships(2)
    desk.returns((1, 1), comment="too small")
    assert says(desk, "post-sales", "return RMA-1 asked for: too small")
    assert says(desk, "post-sales", "return approved")
    assert says(desk, "payment", "line 1: worth of 1 units spent")
    desk.receives("RMA-1", (1, 1, ReceiptOutcome.GOOD))
    assert says(desk, "warehouse", "goods arrived for RMA-1")
    desk.receives(None, (1, 1, ReceiptOutcome.GOOD))
    assert says(desk, "post-sales", "return RMA-2 asked for: goods came unannounced")


def test_answers_of_a_warehouse_line_by_line() -> None:
    desk = sold()
    desk.warehouse(UnitStatus.RECEIVED, 2)
    desk.cancels((1, 2))
    desk.answers(next(iter(desk.file().cancellations)), (1, 1, 1))
    assert says(desk, "post-sales", "cancellation: line 1: 1 stopped, 1 refused")


def test_orders_that_follow_are_named_in_both() -> None:
    desk = sold()
    desk.ships(2)
    again = (c.ReshipmentLineInput(line_number=1, quantity=1, reason="LOST"),)
    desk.send(c.CreateReshipment, lines=again)
    assert says(desk, "post-sales", "reshipment order 1001R made")
    assert says(desk, "post-sales", "line 1: 1 shipped replaced")
    assert any("made for order 1001" in entry.words for entry in told(desk, "1001R"))
    desk.send(c.CancelReshipment, reshipment_id=next(iter(desk.file().reshipments)))
    assert any(entry.words.startswith("withdrawn: ") for entry in told(desk, "1001R"))


def test_a_held_exchange_says_what_it_waits_for() -> None:
    desk = Desk(with_policy(DEFAULT, "exchanges", mode="HOLD"))
    for sku in ("SKU-1", "BLUE"):
        desk.feed(f.Product(sku=sku, parent_sku="SHIRT", sellable=True, updated_at=desk.at))
    desk.feed(f.StockLevel(sales_channel=CHANNEL, sku="BLUE", available=9, updated_at=desk.at))
    desk.place(line(1, 1, 1000, parent_sku="SHIRT"), captured=1000)
    desk.ships(1)
    wish = c.ExchangeLineInput(line_number=1, quantity=1, new_sku="BLUE", reason="COLOUR")
    desk.send(c.CreateExchange, lines=(wish,))
    assert says(desk, "post-sales", "exchange order 1001E made", "hold")
    desk.receives("RMA-1", (1, 1, ReceiptOutcome.GOOD))
    assert any("released" in entry.words and "1001" in entry.words for entry in told(desk, "1001E"))


def test_comments_concerns_and_attention() -> None:
    desk = sold()
    desk.send(c.AddComment, sales_channel=CHANNEL, order_id="1001", text="called")
    assert says(desk, "comment", "called")
    desk.pays(K.CAPTURE_FAILED, 10, "P2")
    assert says(desk, "case", "a case stands for it: capture_failed")
    desk.pays(K.CAPTURED, 10, currency="USD")
    assert says(desk, "status", "needs attention (other_currency)")
    desk.send(c.ClearAttention, sales_channel=CHANNEL, order_id="1001")
    assert says(desk, "status", "attention cleared: other_currency")


def test_an_entry_of_a_case_says_the_state_that_it_came_to() -> None:
    desk = sold()
    desk.pays(K.CAPTURE_FAILED, 10, "P2")
    [case_id] = desk.file().concerns.values()
    desk.send(c.AssignCase, case_id=case_id, assignee="ann")
    made = [entry for step in desk.steps for entry in entries(step) if entry.entity.key == case_id]
    assert {entry.kind for entry in made} == {"case"}
    assert "opened by itself (capture_failed) as NEW, 1 lines" in made[0].words
    assert made[-1].words == "Case assigned to ann. The case is WORK_IN_PROGRESS now."
    desk.send(c.AddComment, case_id=case_id, text="we look into it")
    [said] = [entry for step in desk.steps for entry in entries(step) if entry.kind == "comment"]
    assert said.words == "Internal comment: we look into it."
