"""Orders and cases put straight into the tables, as the worker writes them, for tests of what is read."""

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, create_engine, insert
from sqlalchemy.pool import NullPool

from domain.actors import SYSTEM, ActorRef
from domain.case_file import Case, CaseLine
from domain.facts import Address, Customer, Line, Order
from domain.money import Amounts, Worth
from domain.order_file import OrderFile, OrderLine
from domain.payments import Operation
from domain.quantities import Bucket, Units
from domain.vocabulary import (
    ActorKind,
    CaseLineState,
    CaseOrigin,
    CaseScope,
    CaseState,
    ContactChannel,
    OrderStatus,
    OrderType,
    PaymentKind,
    ProductType,
)
from storage import tables
from storage.documents import to_json
from storage.order_rows import line_rows, order_row, search_rows
from storage.queries import reading

DAY = 86_400_000_000
PLACED = 1_790_000_000_000_000
"""2026-09-21T14:13:20Z."""

AGENT = ActorRef("anna", ActorKind.AGENT, "Anna")


def asking(url: str) -> Callable[[Callable[[Connection], Any]], Any]:
    """Runs a question on a snapshot of its own."""

    def ask(question: Callable[[Connection], Any]) -> Any:
        with reading.snapshot(reading.engine(url)) as connection:
            return question(connection)

    return ask


class Stored:
    """Writes rows of a database; `orders` are complete by themselves, `add` takes any row."""

    def __init__(self, url: str) -> None:
        self.engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool)

    def add(self, table: Table, **row: Any) -> None:
        plain = {
            name: bytes(value).decode() if isinstance(value, msgspec.Raw) else value for name, value in row.items()
        }
        with self.engine.begin() as connection:
            connection.execute(insert(table), plain)

    def order(self, order_id: str = "1001", channel: str = "shop-eu", **more: Any) -> OrderFile:
        file = order_file(order_id, channel, **more)
        self.add(tables.orders, **order_row(file, (), PLACED + DAY))
        for row in search_rows(file, None, ("wh-2",)):
            self.add(tables.order_search, **row)
        for row in line_rows(file, None):
            self.add(tables.order_lines, **{str(name): value for name, value in row.items()})
        return file

    def history(self, entity: str, key: str, event: str, data: object, **more: Any) -> None:
        row = {"entity_kind": entity, "entity_key": key, "event": event, "data": to_json(data).decode(), "kind": "status",
               "words": f"{event}.", "happened_at": PLACED, "recorded_at": PLACED, "actor_id": "wh-1",
               "actor_kind": "WAREHOUSE", "actor_name": None, "cause_id": "7f1c2f6e-0000-4000-8000-000000000001"}  # fmt: skip
        self.add(tables.history, **{**row, **more})

    def case(self, number: int, **more: Any) -> Case:
        case = a_case(number, **more)
        names = ("case_id", "case_number", "version", "state", "service", "scope", "sales_channel", "account_id",
                 "order_id", "checkout_id", "assignee", "priority", "sla_state", "sla_due_at", "short_description",
                 "opened_because", "resolution_code", "created_at", "submitted_at", "resolved_at", "closed_at")  # fmt: skip
        self.add(
            tables.cases,
            **{name: getattr(case, name) for name in names},
            document=to_json(case).decode(),
            contact_channel=case.channel,
            group_name=case.group,
            orders=[f"{case.sales_channel}:{order}" for order in case.orders],
            needs_attention=bool(case.attention),
            attention=list(case.attention),
            updated_at=case.created_at,
        )
        for line in case.lines.values():
            self.add(tables.case_lines, case_line_id=line.case_line_id, case_id=case.case_id, number=line.number,
                     order_key=None, line_number=line.line_number, state=line.state, assignee=None)  # fmt: skip
        return case


def order_file(order_id: str, channel: str, **header: Any) -> OrderFile:
    """Two shirts for 39.90 EUR, one of them shipped; authorised and captured."""
    line = Line(line_number=1, sku="SHIRT-M", product_type=ProductType.PHYSICAL, quantity=2, unit_price_minor=1995,
                total_minor=3990, source_id="wh-1")  # fmt: skip
    value = Amounts(3990)
    units = Units({Bucket.SHIPPED: 1, Bucket.RECEIVED: 1}, left=1)
    operations = [
        Operation(event_id=f"{kind}-{order_id}", occurred_at=PLACED, payment_ref="pay-1", gateway="psp", method="card",
                  kind=kind, amount_minor=3990, currency="EUR", gateway_reference=f"{kind}-1")
        for kind in (PaymentKind.AUTHORIZED, PaymentKind.CAPTURED)
    ]  # fmt: skip
    given = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.org", "phone": "+44 170 123-45"}
    given |= {name: header.pop(name) for name in list(given) if name in header}
    order = Order(**{
        "sales_channel": channel,
        "order_id": order_id,
        "order_type": OrderType.NORMAL,
        "status": OrderStatus.LOGISTICS,
        "placed_at": PLACED,
        "currency": "EUR",
        "tax_included": True,
        "account_id": "acc-1",
        "customer": Customer(customer_id="cust-1", **given),
        "shipping_address": Address(name="Ada", street="12 Main St", city="London", postcode="n1 9gu", country="GB"),
        **header,
    })  # fmt: skip
    return OrderFile(
        sales_channel=channel,
        order_id=order_id,
        order=order,
        version=4,
        lines={1: OrderLine(sold=line, units=units, value=value, worth=Worth(value, 2))},
        operations=tuple(operations),
        attention=("line_changed",) if header.get("status") is OrderStatus.ERROR else (),
    )


def a_case(number: int, **more: Any) -> Case:
    case_id = f"00000000-0000-4000-8000-{number:012d}"
    line = CaseLine(case_line_id=f"11111111-0000-4000-8000-{number:012d}", number=1, state=CaseLineState.NEW,
                    order_id="1001", line_number=1)  # fmt: skip
    return Case(**{
        "case_id": case_id,
        "case_number": f"CASE{number:07d}",
        "state": CaseState.NEW,
        "version": 2,
        "created_at": PLACED + number,
        "created_by": SYSTEM,
        "sales_channel": "shop-eu",
        "service": "RETURN",
        "scope": CaseScope.SPECIFIC_LINES,
        "origin": CaseOrigin.ORDER,
        "channel": ContactChannel.PHONE,
        "account_id": "acc-1",
        "order_id": "1001",
        "short_description": f"Case {number}",
        "lines": {line.case_line_id: line},
        **more,
    })  # fmt: skip
