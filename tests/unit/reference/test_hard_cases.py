"""The hardest cases, each told whole."""

from typing import Any

import pytest

from domain import commands as c
from domain import facts as f
from domain.orders import snapshot
from domain.policy import DAY, DEFAULT
from domain.vocabulary import (
    CancellationState,
    PaymentKind,
    ProductType,
    ReceiptOutcome,
    RefundState,
    ReturnDecision,
    ReturnSettlement,
    ReturnState,
    UnitStatus,
    Verdict,
)
from domain.world import Effect
from schemas.codec import Codec
from schemas.framing import single_object_prefix
from schemas.keys import key_of
from schemas.refusal import InvalidCommand, Undecodable
from schemas.topics import TOPIC_OF
from tests.builders.desk import CHANNEL, Desk, line, with_policy
from tests.builders.readings import amounts, newest_return, refunds
from tests.builders.wire import valid
from tests.unit.reference.reading import all_legs, confirms, delivered, legs, unanswered

K = PaymentKind
GOOD, DAMAGED, WRONG = ReceiptOutcome.GOOD, ReceiptOutcome.DAMAGED, ReceiptOutcome.WRONG_ITEM


@pytest.mark.parametrize("shipment_first", [True, False])
def test_H1_three_of_five_are_asked_two_are_stopped_three_leave_and_two_are_paid(shipment_first: bool) -> None:
    desk = Desk()
    desk.place(line(1, 5, 5000), captured=5000)
    desk.warehouse(UnitStatus.RECEIVED, 5)
    desk.cancels((1, 3))
    [asked] = desk.file().cancellations.values()
    if shipment_first:
        desk.ships(3)
        desk.answers(asked.cancellation_id, (1, 2, 1))
    else:
        desk.answers(asked.cancellation_id, (1, 2, 1))
        desk.ships(3)
    desk.answers(asked.cancellation_id, (1, 2, 1))
    [ended] = desk.file().cancellations.values()
    assert ended.state is CancellationState.PARTLY_CONFIRMED
    assert (ended.lines[0].confirmed, ended.lines[0].refused) == (2, 1)
    assert desk.buckets() == {"cancelled": 2, "shipped": 3}
    assert amounts(desk) == [2000]


def test_H2_the_gateway_paid_in_silence_and_its_word_comes_before_the_retry() -> None:
    desk = unanswered()
    [leg] = all_legs(desk)
    confirms(desk, leg, gateway_reference="G-1")
    assert refunds(desk)[0].state is RefundState.RELEASED
    assert desk.send(c.RetryRefund, refund_id=refunds(desk)[0].refund_id).code == "wrong_state"
    assert snapshot(desk.file()).refunded == 1000


def test_H2_the_word_comes_after_the_retry_which_is_answered_as_refunded_already() -> None:
    """A gateway that knows the key answers the retry with the refund that it made: the same key, the same operation."""
    desk = unanswered()
    [leg] = all_legs(desk)
    desk.send(c.RetryRefund, refund_id=refunds(desk)[0].refund_id)
    confirms(desk, leg, gateway_reference="G-1")
    confirms(desk, leg, gateway_reference="G-1", response="already refunded")
    assert refunds(desk)[0].state is RefundState.RELEASED
    assert snapshot(desk.file()).refunded == 1000
    assert [again.leg_id for again in all_legs(desk)] == [leg.leg_id]


def test_H5_good_damaged_and_wrong_and_a_blind_parcel_a_week_later() -> None:
    policies = with_policy(with_policy(DEFAULT, "refunds", at="RECEIVED"), "returns", damaged="accept")
    desk = delivered(line(1, 3, 3000), desk=Desk(policies))
    desk.returns((1, 3))
    first = newest_return(desk)
    desk.receives(first.rma, (1, 1, GOOD), (1, 1, DAMAGED), (1, 1, WRONG))
    assert newest_return(desk).lines[0].decision is ReturnDecision.NEEDS_PERSON
    assert amounts(desk) == [2000]
    desk.send(c.DecideReturnLine, return_id=first.return_id, line_number=1, verdict=Verdict.REJECT)
    assert desk.buckets() == {"delivered": 1, "back_good": 1, "back_damaged": 1}
    desk.wait(7 * DAY)
    desk.receives(None, (1, 1, GOOD))
    assert (newest_return(desk).blind, newest_return(desk).lines[0].quantity, newest_return(desk).lines[0].reason) == (
        True,
        1,
        "BLIND",
    )
    assert desk.buckets() == {"back_good": 2, "back_damaged": 1}
    assert amounts(desk) == [2000, 1000]


def test_H7_a_return_of_an_exchange_of_an_exchange_pays_the_first_unit_from_the_first_order() -> None:
    desk = Desk()
    for sku, parent in (("RED", "SHIRT"), ("BLUE", "SHIRT")):
        desk.feed(f.Product(sku=sku, parent_sku=parent, sellable=True, updated_at=desk.at))
        desk.feed(f.StockLevel(sales_channel=CHANNEL, sku=sku, available=5, updated_at=desk.at))
    delivered(line(1, 2, 4001, sku="RED", parent_sku="SHIRT"), desk=desk)
    for order_id, new_sku in (("1001", "BLUE"), ("1001E", "RED")):
        wish = c.ExchangeLineInput(line_number=1, quantity=1, new_sku=new_sku, reason="COLOUR")
        assert desk.send(c.CreateExchange, lines=(wish,), order_id=order_id).accepted
        desk.receives(newest_return(desk, order_id).rma, (1, 1, GOOD), order_id=order_id)
        desk.ships(1, order_id=f"{order_id}E")
    assert desk.file("1001EE").root_id == "1001"
    assert desk.returns((1, 1), order_id="1001EE").accepted
    [refund] = refunds(desk)
    assert (refund.order_id, refund.for_order_id, refund.amount_minor) == ("1001", "1001EE", 2001)
    assert (refund.lines[0].line_number, refund.lines[0].sku) == (1, "RED")
    desk.returns((1, 1))
    assert amounts(desk) == [2001, 2000]


def test_H8_the_first_parcel_arrives_after_all_and_one_of_the_two_comes_back() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), captured=1000)
    desk.ships(1)
    desk.warehouse(UnitStatus.LOST, 1)
    wish = c.ReshipmentLineInput(line_number=1, quantity=1, reason="LOST")
    assert desk.send(c.CreateReshipment, lines=(wish,)).accepted
    desk.ships(1, order_id="1001R")
    desk.delivers(1, order_id="1001R")
    desk.delivers(1)
    assert desk.buckets() == {"delivered": 1}
    assert "first_parcel_arrived" in desk.file().attention
    assert desk.returns((1, 1)).code == "quantity_not_available"
    assert desk.returns((1, 1), order_id="1001R").accepted
    assert amounts(desk) == [1000]
    desk.receives(None, (1, 1, GOOD))
    assert amounts(desk) == [1000]


def test_H11_a_refund_over_three_captures_of_which_one_is_charged_back() -> None:
    one_payment, three_payments = delivered(line(1, 3, 3000), captured=0), delivered(line(1, 3, 3000), captured=0)
    for n in (1, 2, 3):
        one_payment.pays(K.CAPTURED, 1000, "P1", gateway_reference=f"C-{n}")
        three_payments.pays(K.CAPTURED, 1000, f"P{n}")
    one_payment.pays(K.CHARGED_BACK, 1000, "P1", gateway_reference="B-1")
    three_payments.pays(K.CHARGED_BACK, 1000, "P2", gateway_reference="B-1")
    for desk, taken in ((one_payment, [("P1", 2000)]), (three_payments, [("P3", 1000), ("P1", 1000)])):
        desk.returns((1, 3))
        assert legs(desk) == taken
        assert (refunds(desk)[0].amount_minor, refunds(desk)[0].shortfall_minor) == (2000, 1000)
        assert "charged_back" in desk.file().concerns


def test_H12_a_part_of_a_kit_and_later_the_rest_sum_to_the_price_of_the_kit() -> None:
    """The kit is a bundle line of price 0 with the lines of its parts, and its saving is a discount on the order."""
    bundle = line(1, 1, 0, product_type=ProductType.BUNDLE, sku="KIT")
    parts = [
        line(n, units, total, parent_line_number=1) for n, units, total in ((2, 1, 9999), (3, 3, 4999), (4, 2, 3333))
    ]
    desk = Desk()
    desk.place(bundle, *parts, order_discount_minor=1372, captured=16959)
    for part in parts:
        desk.ships(part.quantity, part.line_number)
    desk.returns((3, 1))
    desk.returns((2, 1), (3, 1))
    desk.returns((3, 1), (4, 2))
    assert sum(amounts(desk)) == 16959
    assert snapshot(desk.file()).left == 0


def test_H14_a_line_worth_nothing_is_returnable_without_a_refund() -> None:
    gift, all_off = line(1, 1, 0), line(2, 2, 0, price=500, discount_minor=1000, tax=0)
    desk = delivered(gift, all_off, line(3, 1, 1000))
    assert desk.returns((1, 1), (2, 2)).accepted
    desk.receives(newest_return(desk).rma, (1, 1, GOOD), (2, 2, GOOD))
    found = {(made.decision, made.settlement) for made in newest_return(desk).lines}
    assert found == {(ReturnDecision.ACCEPTED, ReturnSettlement.NONE)}
    assert newest_return(desk).state is ReturnState.SETTLED
    assert amounts(desk) == []


WINDOW = with_policy(DEFAULT, "returns", window=14 * DAY)


def test_H16_the_window_is_judged_when_the_return_is_asked_for() -> None:
    desk = delivered(line(1, 3, 3000), desk=Desk(WINDOW))
    desk.wait(13 * DAY)
    assert desk.returns((1, 1)).accepted
    sent_in_time = desk.at
    desk.wait(7 * DAY)
    desk.receives(newest_return(desk).rma, (1, 1, GOOD))
    assert newest_return(desk).lines[0].decision is ReturnDecision.ACCEPTED
    assert desk.returns((1, 1)).code == "return_window_over"
    assert desk.returns((1, 1), issued_at=sent_in_time).accepted


def test_H16_a_clock_that_is_ahead_takes_nothing_from_the_customer() -> None:
    desk = delivered(line(1, 2, 2000), desk=Desk(WINDOW))
    desk.wait(13 * DAY)
    assert desk.returns((1, 1), issued_at=desk.at + 2 * DAY).accepted


def test_H16_without_a_delivery_the_window_starts_some_days_after_the_parcel_left() -> None:
    desk = Desk(WINDOW)
    desk.place(line(1, 2, 2000), captured=2000)
    desk.ships(2)
    desk.wait(18 * DAY)
    assert desk.returns((1, 1)).accepted
    desk.wait(2 * DAY)
    assert desk.returns((1, 1)).code == "return_window_over"


POISON = [
    ("payments.PaymentEvent", {"amount_minor": -8}),
    ("payments.PaymentEvent", {"amount_minor": 0}),
    ("payments.PaymentEvent", {"kind": "UNKNOWN"}),
    ("payments.PaymentEvent", {"currency": "euro"}),
    ("warehouse.LineStatus", {"lines": [{"line_number": 1, "quantity": 0, "status": "LOST", "reason": None}]}),
    ("warehouse.LineStatus", {"lines": [{"line_number": 1, "quantity": -1, "status": "LOST", "reason": None}]}),
    ("commands.CreateReturn", {"lines": [
        {"line_number": 1, "quantity": 0, "reason": "FIT", "return_to_source": None}]}),
]  # fmt: skip


@pytest.mark.parametrize(("record", "wrong"), POISON)
def test_H17_nonsense_is_named_and_goes_no_further(record: str, wrong: dict[str, Any]) -> None:
    value = valid(record, **wrong)
    topic = TOPIC_OF[record]
    raw = Codec().encode(topic, record, value)
    with pytest.raises((Undecodable, InvalidCommand)) as refused:
        Codec().decode(topic, key_of(record, value).encode(), raw)
    assert next(iter(wrong)) in str(refused.value)


def test_H17_an_amount_written_as_text_is_no_amount() -> None:
    """A writer whose amount is the text "12,30" writes another schema than ours."""
    schema = {"type": "record", "name": "PaymentEvent", "namespace": "ordercase.payments",
              "fields": [{"name": "amount_minor", "type": "string"}]}  # fmt: skip
    body = single_object_prefix(schema) + b"\x0a12,30"
    with pytest.raises(Undecodable) as refused:
        Codec().decode(TOPIC_OF["payments.PaymentEvent"], b"web:1001", body)
    assert refused.value.reason == "schema_unknown"


def test_H17_another_currency_is_recorded_and_left_out_and_an_unknown_line_waits() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000))
    desk.pays(K.CAPTURED, 1000, currency="USD")
    assert (snapshot(desk.file()).captured, desk.file().attention) == (0, ("other_currency",))
    assert desk.warehouse(UnitStatus.PICKED, 1, number=7).effect is Effect.WAITS
    assert desk.buckets() == {"open": 1}
