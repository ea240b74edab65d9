"""What must be looked up before an input is handled, and what follows from a thing that is loaded (architecture.md 2)."""

from typing import Any

import pytest

from domain import commands as c
from domain import facts as f
from domain.handling import Message, refs, related
from domain.policy import DEFAULT
from domain.run import case_ref, checkout_ref, order_ref
from domain.timers import Timer, TimerDue
from domain.vocabulary import (
    CaseOrigin,
    CaseScope,
    ContactChannel,
    OrderEventKind,
    PaymentKind,
    ReceiptOutcome,
    UnitStatus,
)
from domain.world import Kind, Ref
from tests.builders.desk import CHANNEL, MANAGER, START, Desk, line, order, uid, with_policy

CASE, CASE_LINE = uid("case"), uid("case line")
ORDER, CHECKOUT = order_ref(CHANNEL, "1001"), checkout_ref(CHANNEL, "CO-1")


def fact(record: Any, **fields: Any) -> Any:
    return record(event_id=uid("event"), occurred_at=START, **fields)


def on_order(record: Any, **fields: Any) -> Any:
    return fact(record, sales_channel=CHANNEL, order_id="1001", **fields)


def command(record: Any, **fields: Any) -> Any:
    return record(command_id=uid("command"), issued_at=START, actor=MANAGER, **fields)


def payment(kind: PaymentKind, **fields: Any) -> Any:
    money = {"payment_ref": "P1", "gateway": "g", "method": "card", "amount_minor": 1, "currency": "EUR"}
    return fact(f.PaymentEvent, sales_channel=CHANNEL, kind=kind, **money, **fields)


def on_1001(record: Any, **fields: Any) -> Any:
    return command(record, sales_channel=CHANNEL, order_id="1001", **fields)


NEWS = {"kind": OrderEventKind.PLACED, "revision": 1}
WISH = c.ExchangeLineInput(line_number=1, quantity=1, new_sku="BLUE", reason="COLOUR")
CREDIT, RMA, CASE_NUMBER = (
    Ref(Kind.COUNTER, f"credit_note:{CHANNEL}"),
    Ref(Kind.COUNTER, "rma"),
    Ref(Kind.COUNTER, "case"),
)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (fact(f.OrderEvent, order=order(line()), **NEWS), {ORDER}),
        (fact(f.OrderEvent, order=order(line(), checkout_id="CO-1"), **NEWS), {ORDER, CHECKOUT}),
        (payment(PaymentKind.CAPTURED, order_id="1001"), {ORDER}),
        (payment(PaymentKind.CAPTURED, checkout_id="CO-1"), {CHECKOUT}),
        (payment(PaymentKind.REFUNDED, order_id="1001", checkout_id="CO-1"), {ORDER, CHECKOUT, CREDIT}),
        (on_order(f.LineStatus, source_id="W1", lines=(f.StatusLine(line_number=1, quantity=1, status=UnitStatus.LOST),)), {ORDER}),
        (fact(f.NoticeReceipt, notice_id=uid("n"), status="SENT"), {Ref(Kind.NOTICE, uid("n"))}),
        (f.Product(sku="S", updated_at=START, sellable=True), {Ref(Kind.PRODUCT, "S")}),
        (f.ProductGone(sku="S"), {Ref(Kind.PRODUCT, "S")}),
        (f.StockLevel(sales_channel=CHANNEL, sku="S", available=1, updated_at=START), {Ref(Kind.STOCK, f"{CHANNEL}:S")}),
        (f.StockUnknown(sales_channel=CHANNEL, sku="S"), {Ref(Kind.STOCK, f"{CHANNEL}:S")}),
        (f.Source(source_id="W", name="W", accepts_returns=True, updated_at=START), {Ref(Kind.SOURCE, "W")}),
        (f.SourceGone(source_id="W"), {Ref(Kind.SOURCE, "W")}),
        (TimerDue(Timer(ORDER, "not_shipped", "", START)), {ORDER}),
        (on_1001(c.CancelOrder, reason="X"), {ORDER}),
        (on_1001(c.CancelOrder, reason="X", case_id=CASE), {ORDER, case_ref(CASE)}),
        (on_1001(c.CreateReturn, comment="x"), {ORDER, RMA}),
        (on_1001(c.CreateReshipment), {ORDER}),
        (on_1001(c.CreateReshipment, take_back=True), {ORDER, RMA}),
        (on_1001(c.CreateExchange, lines=(WISH,)), {ORDER, RMA, Ref(Kind.PRODUCT, "BLUE"), Ref(Kind.STOCK, f"{CHANNEL}:BLUE")}),
        (on_1001(c.ReleaseRefundOffline, refund_id=uid("r"), reference="x"), {ORDER, CREDIT}),
        (command(c.RetryRefund, sales_channel=CHANNEL, checkout_id="CO-1", refund_id=uid("r")), {CHECKOUT}),
        (command(c.SubmitCase, case_id=CASE), {case_ref(CASE)}),
        (command(c.ResendNotice, notice_id=uid("n")), {Ref(Kind.NOTICE, uid("n"))}),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_an_input_names_what_it_needs(message: Message, expected: set[Ref]) -> None:
    assert set(refs(message)) == expected
    assert len(refs(message)) == len(expected)


def test_a_case_names_all_its_orders_its_checkout_its_interaction_and_its_number() -> None:
    lines = tuple(c.CaseLineInput(case_line_id=uid(n), order_id=n) for n in ("1001", "1002"))
    opened = command(
        c.OpenCase,
        case_id=CASE,
        service="RETURN",
        scope=CaseScope.MULTIPLE_ORDERS,
        sales_channel=CHANNEL,
        checkout_id="CO-1",
        interaction_id=uid("call"),
        channel=ContactChannel.PHONE,
        origin=CaseOrigin.LIST,
        short_description="x",
        lines=(*lines, c.CaseLineInput(case_line_id=uid("3"))),
    )
    assert set(refs(opened)) == {
        case_ref(CASE), ORDER, order_ref(CHANNEL, "1002"), CHECKOUT, CASE_NUMBER, Ref(Kind.INTERACTION, uid("call")),
    }  # fmt: skip
    contact = {"channel": ContactChannel.PHONE, "contact": c.Contact(), "summary": "x"}
    call = command(c.RecordInteraction, interaction_id=uid("call"), sales_channel=CHANNEL, **contact)
    assert refs(call) == (Ref(Kind.INTERACTION, uid("call")),)


# What follows from a thing


def shop(**exchanges: Any) -> Desk:
    desk = Desk(with_policy(DEFAULT, "exchanges", **exchanges))
    for sku in ("SKU-1", "BLUE"):
        desk.feed(f.Product(sku=sku, parent_sku="SHIRT", sellable=True, updated_at=desk.at))
    desk.feed(f.StockLevel(sales_channel=CHANNEL, sku="BLUE", available=9, updated_at=desk.at))
    desk.place(line(1, 4, 4000, parent_sku="SHIRT"), captured=4000)
    desk.ships(4)
    return desk


def orders(desk: Desk, order_id: str = "1001") -> set[str]:
    return {ref.key.partition(":")[2] for ref in related(desk.file(order_id)) if ref.kind is Kind.ORDER}


def test_an_order_names_the_orders_that_follow_from_it_while_they_are_open() -> None:
    desk = shop()
    assert orders(desk) == set()
    desk.send(c.CreateExchange, lines=(WISH,))
    desk.send(c.CreateReshipment, lines=(c.ReshipmentLineInput(line_number=1, quantity=1, reason="LOST"),))
    assert orders(desk) == {"1001E", "1001R"}
    assert orders(desk, "1001E") == orders(desk, "1001R") == {"1001"}
    desk.send(c.CancelExchange, exchange_id=next(iter(desk.file().exchanges)))
    assert orders(desk) == {"1001R"}
    desk.send(c.CancelReshipment, reshipment_id=next(iter(desk.file().reshipments)))
    assert orders(desk) == set()


def test_an_exchange_of_an_exchange_names_its_parent_and_its_root() -> None:
    desk = shop()
    desk.send(c.CreateExchange, lines=(WISH,))
    desk.ships(1, order_id="1001E")
    desk.feed(f.Product(sku="GREEN", parent_sku="SHIRT", sellable=True, updated_at=desk.at))
    desk.feed(f.StockLevel(sales_channel=CHANNEL, sku="GREEN", available=9, updated_at=desk.at))
    again = c.ExchangeLineInput(line_number=1, quantity=1, new_sku="GREEN", reason="COLOUR")
    assert desk.send(c.CreateExchange, lines=(again,), order_id="1001E").accepted
    assert orders(desk, "1001EE") == {"1001", "1001E"}


def test_the_order_that_pays_names_the_one_that_it_pays_for() -> None:
    desk = shop()
    desk.send(c.CreateExchange, lines=(WISH,))
    desk.ships(1, order_id="1001E")
    desk.receives("RMA-1", (1, 1, ReceiptOutcome.GOOD))
    assert orders(desk) == set()
    assert desk.returns((1, 1), order_id="1001E").accepted
    assert [refund.for_order_id for refund in desk.file().refunds.values()] == ["1001E"]
    assert orders(desk) == {"1001E"}


def open_case(desk: Desk, **fields: Any) -> None:
    about = {"scope": CaseScope.SPECIFIC_LINES, "order_id": "1001", **fields}
    lines = (
        c.CaseLineInput(
            case_line_id=CASE_LINE, order_id=about["order_id"], line_number=1 if about["order_id"] else None
        ),
    )
    reply = desk.send(
        c.OpenCase,
        case_id=CASE,
        service="RETURN",
        sales_channel=CHANNEL,
        channel=ContactChannel.PHONE,
        origin=CaseOrigin.ORDER,
        short_description="x",
        lines=lines,
        **about,
    )
    assert reply.accepted, reply.message
    assert desk.send(c.SubmitCase, case_id=CASE).accepted


def test_orders_and_cases_name_each_other() -> None:
    desk = shop()
    open_case(desk)
    assert related(desk.case(CASE)) == (ORDER,)
    assert related(desk.file()) == ()
    tie = {"case_id": CASE, "case_line_id": CASE_LINE}
    desk.appeases((1, 10), **tie)
    desk.returns((1, 1), **tie)
    assert related(desk.file()) == (case_ref(CASE),)
    desk.pays(PaymentKind.CAPTURE_FAILED, 5, "P2")
    [concern] = desk.file().concerns.values()
    assert related(desk.file()) == (case_ref(concern), case_ref(CASE))


def test_checkouts_orders_and_cases_name_each_other() -> None:
    desk = Desk()
    desk.pays(PaymentKind.CAPTURED, 1000, order_id=None, checkout_id="CO-1")
    assert related(desk.things[CHECKOUT]) == ()
    open_case(desk, scope=CaseScope.CHECKOUT, order_id=None, checkout_id="CO-1")
    assert related(desk.case(CASE)) == (CHECKOUT,)
    assert related(desk.things[CHECKOUT]) == (case_ref(CASE),)
    desk.place(line(1, 1, 1000), checkout_id="CO-1")
    assert related(desk.things[CHECKOUT]) == (ORDER, case_ref(CASE))
    assert related(desk.case(CASE)) == (CHECKOUT, ORDER)
