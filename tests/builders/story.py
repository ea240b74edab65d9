"""A whole story of one order, told through the domain in memory, with all that goes out of it."""

from typing import Any, Final
from uuid import UUID

from domain import commands as c
from domain import facts as f
from domain.handling import handle
from domain.order_file import OrderFile
from domain.policy import DEFAULT
from domain.vocabulary import (
    CaseOrigin,
    CaseScope,
    ContactChannel,
    OrderEventKind,
    OrderStatus,
    OrderType,
    PaymentKind,
    ProductType,
    ReceiptOutcome,
    RequestedChangeKind,
)
from domain.world import Aggregate, Kind, Ref
from schemas.outbound import Outbound, project

AT: Final = 1_790_000_000_000_000
WHO: Final = c.Actor(id="ann", name="Ann", roles=("manager",), channels=("*",))
CASE: Final = "c0000000-0000-4000-8000-000000000001"
CASE_LINE: Final = "c0000000-0000-4000-8000-000000000002"
ORDER: Final = Ref(Kind.ORDER, "web:1001")


class Shop:
    """A world in memory: takes messages, keeps what changed, and collects what goes out."""

    def __init__(self) -> None:
        self.things: dict[Ref, Aggregate] = {}
        self.out: list[Outbound] = []
        self._ids = 0

    def get(self, ref: Ref) -> Aggregate | None:
        return self.things.get(ref)

    def id(self) -> str:
        self._ids += 1
        return str(UUID(int=self._ids, version=4))

    def take(self, message: Any) -> list[Outbound]:
        outcome = handle(message, self, DEFAULT, AT + self._ids)
        self.things.update(outcome.changed)
        made = project(outcome, "ordercase")
        self.out += made
        return made

    def fact(self, kind: Any, /, **fields: Any) -> list[Outbound]:
        order = {} if kind is f.OrderEvent else {"sales_channel": "web", "order_id": "1001"}
        return self.take(kind(event_id=self.id(), occurred_at=AT, **order, **fields))

    def command(self, kind: Any, /, **fields: Any) -> list[Outbound]:
        if issubclass(kind, c.OrderCommand):
            fields = {"sales_channel": "web", "order_id": "1001"} | fields
        return self.take(kind(command_id=self.id(), issued_at=AT, actor=WHO, **fields))

    @property
    def order(self) -> OrderFile:
        found = self.things[ORDER]
        assert isinstance(found, OrderFile)
        return found

    def paid(self, kind: PaymentKind, amount: int, **fields: Any) -> list[Outbound]:
        return self.fact(f.PaymentEvent, payment_ref="p1", gateway="bank", method="card", kind=kind,
                         amount_minor=amount, currency="EUR", **fields)  # fmt: skip


def sold(number: int) -> f.Line:
    return f.Line(line_number=number, sku=f"SHIRT-{number}", parent_sku="SHIRT", product_type=ProductType.PHYSICAL,
                  quantity=2, unit_price_minor=1995, total_minor=3990, source_id="WH",
                  taxes=(f.Tax(type="VAT", rate="0.19", amount_minor=637),))  # fmt: skip


HOME: Final = f.Address(name="Ann Lee", street="Main 1", city="Berlin", country="DE")
SALE: Final = f.Order(sales_channel="web", order_id="1001", order_type=OrderType.NORMAL, status=OrderStatus.NEW,
                      placed_at=AT, currency="EUR", tax_included=True, shipping_address=HOME,
                      customer=f.Customer(customer_id="C1", email="ann@example.com"),
                      lines=(sold(1), sold(2), sold(3)))  # fmt: skip


def ordered() -> Shop:
    shop = Shop()
    shop.fact(f.OrderEvent, kind=OrderEventKind.PLACED, revision=1, order=SALE)
    shop.paid(PaymentKind.AUTHORIZED, 11970)
    shop.paid(PaymentKind.CAPTURED, 11970)
    return shop


def told() -> Shop:
    """Order, case with a task, cancellation, shipment, return, refund, exchange called back, reshipment, appeasement."""
    shop = ordered()
    wish = c.ChangeRequest(kind=RequestedChangeKind.OTHER)
    lines = (c.CaseLineInput(case_line_id=CASE_LINE, order_id="1001", line_number=1, request=wish),)
    shop.command(c.OpenCase, case_id=CASE, service="RETURN", scope=CaseScope.SPECIFIC_LINES, sales_channel="web",
                 order_id="1001", channel=ContactChannel.PHONE, origin=CaseOrigin.ORDER,
                 short_description="Too small", lines=lines)  # fmt: skip
    shop.command(c.SubmitCase, case_id=CASE)
    shop.command(c.AssignCase, case_id=CASE, assignee="ann")
    shop.command(c.AddTask, case_id=CASE, case_line_id=CASE_LINE, short_description="Call back")
    shop.command(c.CancelOrder, lines=(c.LineQuantity(line_number=3, quantity=1),), reason="CHANGED_MIND")
    boxed = tuple(f.PackageLine(line_number=number, quantity=2) for number in (1, 2))
    shop.fact(f.Shipment, shipment_id="s1", source_id="WH", packages=(f.Package(box_number="1", lines=boxed),))
    back = (c.ReturnLineInput(line_number=1, quantity=1, reason="TOO_SMALL"),)
    shop.command(c.CreateReturn, case_id=CASE, case_line_id=CASE_LINE, lines=back, comment="too small")
    for refund in shop.order.refunds.values():
        for leg in refund.legs:
            shop.paid(
                PaymentKind.REFUNDED, leg.amount_minor, operation_reference=leg.leg_id, gateway_reference=leg.leg_id
            )
    came = (f.ReceiptLine(line_number=1, quantity=1, outcome=ReceiptOutcome.GOOD),)
    rma = next(iter(shop.order.returns.values())).rma
    shop.fact(f.ReturnReceipt, receipt_id="r1", rma=rma, source_id="WH", lines=came, complete=True)
    shop.take(f.Product(sku="SHIRT-L", parent_sku="SHIRT", sellable=True, updated_at=AT))
    shop.take(f.StockLevel(sales_channel="web", sku="SHIRT-L", available=5, updated_at=AT))
    larger = (c.ExchangeLineInput(line_number=2, quantity=1, new_sku="SHIRT-L", reason="TOO_SMALL"),)
    shop.command(c.CreateExchange, lines=larger)
    shop.command(c.CancelExchange, exchange_id=next(iter(shop.order.exchanges)), reason="changed mind")
    again = (c.ReshipmentLineInput(line_number=2, quantity=1, reason="LOST"),)
    shop.command(c.CreateReshipment, lines=again)
    gift = (c.AppeasementLineInput(line_number=1, amount_minor=100, reason="SORRY"),)
    shop.command(c.CreateAppeasement, lines=gift, amount_includes_tax=True)
    return shop
