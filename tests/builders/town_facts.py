"""What shops, warehouses, gateways and notifiers of the town say: true or not, in time or late, about what is there."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from domain import facts as f
from domain.checkouts import CheckoutFile
from domain.order_file import OrderFile
from domain.reference_data import Notice
from domain.vocabulary import (
    ChangeField,
    CheckoutKind,
    LegState,
    NoticeStatus,
    OrderEventKind,
    OrderStatus,
    PaymentKind,
    ReceiptOutcome,
    UnitStatus,
)
from tests.builders.invariants import legs_of
from tests.builders.town import CHECKOUTS, ORDERS, SKUS, SOURCES, Town, added

K = PaymentKind
Fact = Callable[..., Any]
"""What makes a fact of a town; some may be told of which order."""
STATUSES: Final = tuple(status for status in OrderStatus if status is not OrderStatus.UNKNOWN)
WORDS: Final = tuple(status for status in UnitStatus if status is not UnitStatus.UNKNOWN)
OUTCOMES: Final = tuple(outcome for outcome in ReceiptOutcome if outcome is not ReceiptOutcome.UNKNOWN)


def _place(order: f.Order | OrderFile | CheckoutFile) -> dict[str, Any]:
    if isinstance(order, CheckoutFile):
        return {"sales_channel": order.sales_channel, "checkout_id": order.checkout_id}
    return {"sales_channel": order.sales_channel, "order_id": order.order_id}


def placed(town: Town, order: f.Order | None = None) -> Any:
    """One of the town's orders, for the first time or again."""
    return town.fact(f.OrderEvent, kind=OrderEventKind.PLACED, revision=1, order=order or town.one(ORDERS))


def paid_in_full(town: Town, order: f.Order | None = None) -> Any:
    """The whole of an order, authorised or captured, by one of three payments."""
    order = order or town.one(ORDERS)
    total = sum(line.total_minor for line in order.lines) - order.order_discount_minor
    return _said(town, _place(order), town.one((K.AUTHORIZED, K.CAPTURED, K.CAPTURED)), total, order.currency)


def paid_in_part(town: Town) -> Any:
    order = town.one(ORDERS)
    kind = town.one((K.AUTHORIZED, K.CAPTURED, K.CAPTURED, K.CAPTURE_FAILED, K.AUTHORIZATION_FAILED, K.VOIDED))
    return _said(town, _place(order), kind, town.number(1, 2000), order.currency)


def gateway_word(town: Town) -> Any:
    """Anything that a gateway may say, of any currency, whether it names an operation or not."""
    order = town.one(ORDERS)
    kind = town.one([kind for kind in K if kind is not K.UNKNOWN])
    currency = "XAF" if town.rarely() else order.currency
    reference = town.one((None, "G-1", "G-2"))
    return _said(town, _place(order), kind, town.one((1, 100, 500, 5661)), currency, gateway_reference=reference)


def paid_for_checkout(town: Town) -> Any:
    channel, checkout_id = town.one(CHECKOUTS)
    place = {"sales_channel": channel, "checkout_id": checkout_id}
    kind = town.one((K.CAPTURED, K.CAPTURED, K.AUTHORIZED, K.AUTHORIZATION_FAILED, K.CHARGED_BACK))
    return _said(town, place, kind, town.one((1000, 5661)), "EUR")


def _said(town: Town, place: dict[str, Any], kind: PaymentKind, amount: int, currency: str, **more: Any) -> Any:
    payment_ref = town.one(("P1", "P1", "P2", "P3"))
    method = "card" if payment_ref == "P1" else "wallet"
    return town.fact(f.PaymentEvent, payment_ref=payment_ref, gateway="gate", method=method, kind=kind,
                     amount_minor=amount, currency=currency, **place, **more)  # fmt: skip


def gateway_answer(town: Town) -> Any:
    """An answer to something that was asked of a gateway: yes, no, or no after all; by our key or by its own id only."""
    asked = [(file, leg) for file in town.money for leg in legs_of(file)]
    if not asked:
        return None
    waiting = [pair for pair in asked if pair[1].state in (LegState.SENT, LegState.UNANSWERED)]
    file, leg = town.one(asked if town.rarely() or not waiting else waiting)
    voids = any(leg in cancellation.voids for cancellation in file.cancellations.values())
    kinds = (K.VOIDED, K.VOID_FAILED) if voids else (K.REFUNDED, K.REFUNDED, K.REFUND_FAILED, K.REFUND_REVERSED)
    return town.fact(
        f.PaymentEvent,
        **_place(file),
        payment_ref=leg.payment_ref,
        gateway=leg.gateway,
        method=leg.method,
        kind=town.one(kinds),
        amount_minor=leg.amount_minor - 1 if town.rarely() and leg.amount_minor > 1 else leg.amount_minor,
        currency=file.currency,
        operation_reference=None if town.rarely() else leg.leg_id,
        gateway_reference=None if town.rarely() else f"G-{leg.leg_id}",
    )


def shop_word(town: Town) -> Any:
    """Another word of the shop about an order that it placed: status, address, a further line, cancelled; maybe late."""
    known = [file for file in town.orders if file.order is not None]
    if not known:
        return None
    file = town.one(known)
    lines = tuple(line.sold for line in file.lines.values())
    if town.rarely():
        lines = (replace(lines[0], total_minor=lines[0].total_minor + 1), *lines[1:])
    if town.rarely() and not file.root_id:
        lines = (*lines, added(20 + len(lines), lines[0].line_number))
    kind = OrderEventKind.CANCELLED if town.rarely() else OrderEventKind.UPDATED
    order = replace(file.facts, lines=lines, status=town.one(STATUSES), shipping_method=town.one((None, "EXPRESS")))
    revision = max(1, file.revision + town.one((1, 1, 1, 0, -1)))
    return town.fact(f.OrderEvent, kind=kind, revision=revision, order=order)


def checkout_word(town: Town) -> Any:
    channel, checkout_id = town.one(CHECKOUTS)
    order = ORDERS[0]
    return town.fact(
        f.CheckoutEvent,
        kind=town.one([kind for kind in CheckoutKind if kind is not CheckoutKind.UNKNOWN]),
        revision=town.number(1, 4),
        sales_channel=channel,
        checkout_id=checkout_id,
        account_id="ACME",
        currency="EUR",
        customer=order.customer,
        lines=order.lines,
    )


def _some_order(town: Town) -> f.Order | OrderFile:
    """An order that is there, or one that may come."""
    return town.one(ORDERS) if town.rarely() or not town.orders else town.one(town.orders)


def _numbers(order: f.Order | OrderFile) -> list[tuple[int, int]]:
    if isinstance(order, OrderFile):
        return [(number, line.sold.quantity) for number, line in order.lines.items()]
    return [(line.line_number, line.quantity) for line in order.lines]


def line_status(town: Town) -> Any:
    order = _some_order(town)
    lines = tuple(
        f.StatusLine(line_number=number, quantity=town.number(1, quantity + town.rarely()), status=town.one(WORDS))
        for number, quantity in town.some(_numbers(order))
    )
    return town.fact(f.LineStatus, **_place(order), source_id=town.one(SOURCES), lines=lines)


def shipped(town: Town) -> Any:
    """A parcel; its number may be one that was sent before."""
    order = _some_order(town)
    lines = tuple(
        f.PackageLine(line_number=number, quantity=town.number(1, quantity))
        for number, quantity in town.some(_numbers(order))
    )
    box = f.Package(box_number=str(town.number(1, 6)), lines=lines)
    return town.fact(f.Shipment, **_place(order), shipment_id=town.one(("S1", "S2")), source_id=town.one(SOURCES),
                     packages=(box,))  # fmt: skip


def whole_order_shipped(town: Town, order: f.Order | None = None) -> Any:
    chosen = order or _some_order(town)
    lines = tuple(f.PackageLine(line_number=number, quantity=quantity) for number, quantity in _numbers(chosen))
    return town.fact(f.Shipment, **_place(chosen), shipment_id=town.name("whole"), source_id="W1",
                     packages=(f.Package(box_number="1", lines=lines),))  # fmt: skip


def whole_order_received(town: Town, order: f.Order | None = None) -> Any:
    return _all_of_it(town, UnitStatus.RECEIVED, order)


def whole_order_delivered(town: Town, order: f.Order | None = None) -> Any:
    return _all_of_it(town, UnitStatus.DELIVERED, order)


def _all_of_it(town: Town, status: UnitStatus, order: f.Order | None) -> Any:
    chosen = order or _some_order(town)
    lines = tuple(
        f.StatusLine(line_number=number, quantity=quantity, status=status) for number, quantity in _numbers(chosen)
    )
    return town.fact(f.LineStatus, **_place(chosen), source_id="W1", lines=lines)


def cancellation_answer(town: Town) -> Any:
    asked = [(file, made) for file in town.orders for made in file.cancellations.values()]
    if not asked:
        return None
    file, made = town.one(asked)
    lines = tuple(
        f.CancellationAnswerLine(line_number=line.line_number, confirmed=town.number(0, line.asked + town.rarely()),
                                 refused=town.number(0, line.asked))
        for line in made.lines
    )  # fmt: skip
    cancellation_id = town.name("nobody") if town.rarely() else made.cancellation_id
    return town.fact(f.CancellationAnswer, **_place(file), cancellation_id=cancellation_id, lines=lines)


def change_answer(town: Town) -> Any:
    asked = [(file, made) for file in town.orders for made in file.changes.values()]
    if not asked:
        return None
    file, made = town.one(asked)
    answers = tuple(
        f.ChangeAnswerField(field=field.field, line_number=field.line_number, confirmed=bool(town.number(0, 1)),
                            approved_quantity=field.requested_quantity if field.field is ChangeField.QUANTITY else None)
        for field in town.some(made.fields)
    )  # fmt: skip
    kind = town.one((f.ChangeAnswer, f.WarehouseChangeAnswer))
    return town.fact(
        kind, **_place(file), change_id=town.name("x") if town.rarely() else made.change_id, answers=answers
    )


def goods_came_back(town: Town) -> Any:
    """Goods of a return, in parts, more or fewer, whole or broken; or goods that nobody announced."""
    known = town.orders
    if not known:
        return None
    open_returns = [(file, made) for file in known for made in file.returns.values()]
    file, made = (town.one(known), None) if town.rarely() or not open_returns else town.one(open_returns)
    numbers = [(line.line_number, line.quantity) for line in made.lines] if made else _numbers(file)
    lines = tuple(
        f.ReceiptLine(
            line_number=None if town.rarely() else number,
            sku=file.lines[number].sold.sku,
            quantity=town.number(1, quantity + town.rarely()),
            outcome=town.one((ReceiptOutcome.GOOD, *OUTCOMES)),
        )
        for number, quantity in town.some(numbers)
    )
    return town.fact(f.ReturnReceipt, **_place(file), receipt_id="R0" if town.rarely() else town.name("receipt"),
                     rma=made.rma if made else None, source_id=town.one(SOURCES), lines=lines,
                     complete=bool(town.number(0, 1)))  # fmt: skip


def product_word(town: Town) -> Any:
    sku = town.one(SKUS)
    if town.rarely():
        return f.ProductGone(sku=sku)
    return f.Product(sku=sku, parent_sku=sku.partition("-")[0], sellable=not town.rarely(), updated_at=town.happened())


def stock_word(town: Town) -> Any:
    place = {"sales_channel": town.one(("web-de", "web-us")), "sku": town.one(SKUS)}
    if town.rarely():
        return f.StockUnknown(**place)
    return f.StockLevel(**place, available=town.number(0, 9), updated_at=town.happened())


def source_word(town: Town) -> Any:
    if town.rarely():
        return f.SourceGone(source_id=town.one(SOURCES))
    return f.Source(source_id=town.one(SOURCES), accepts_returns=not town.rarely(), updated_at=town.happened())


def mail_word(town: Town) -> Any:
    asked = town.worker.all_of(Notice)
    notice_id = town.one(asked).notice_id if asked else town.name("notice")
    return town.fact(f.NoticeReceipt, notice_id=notice_id, status=town.one((NoticeStatus.SENT, NoticeStatus.FAILED)))


SHOP: Final[tuple[Fact, ...]] = (placed, shop_word, checkout_word)
MONEY: Final[tuple[Fact, ...]] = (paid_in_full, paid_in_part, gateway_word, paid_for_checkout)
WAREHOUSE: Final[tuple[Fact, ...]] = (line_status, shipped, whole_order_received, whole_order_delivered)
STAGES: Final[tuple[Fact, ...]] = (whole_order_received, whole_order_shipped, whole_order_delivered)
"""How far an order may be."""
GOODS: Final[tuple[Fact, ...]] = (product_word, stock_word, source_word)
