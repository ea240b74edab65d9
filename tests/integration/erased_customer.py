"""A customer of whom everything is known that can be: a marker in every field that may hold a person, everywhere."""

from typing import Any, Final
from uuid import NAMESPACE_OID, uuid5

from schemas.topics import TOPIC_OF
from storage import outbox
from tests.builders.wire import valid
from tests.integration.stored_worker import GROUP, StoredWorker

CHANNEL: Final = "web"
MARK: Final = "Geheim"
PERSONAL: Final = frozenset({
    "account_id", "account_name", "first_name", "last_name", "name", "email", "phone", "street", "city", "region", "postcode",
    "reason", "status_reason", "failure_reason", "response", "comment", "condition", "tracking_link", "tracking_number",
    "summary", "short_description", "description", "question", "answer", "notes", "note", "text", "recipient", "reference",
    "resolution_code", "colour",
})  # fmt: skip
"""Contract fields that may hold a person's data, or words that a person typed; `colour` is an attribute of the shop's."""


class Told:
    """Sends what shop, warehouse, gateway, notifier and people say of a customer; every personal field holds `mark`."""

    def __init__(self, worker: StoredWorker, customer: str = "C-4711", mark: str = MARK) -> None:
        self.worker, self.customer, self.mark = worker, customer, mark
        self._ids = 0

    def id(self) -> str:
        self._ids += 1
        return str(uuid5(NAMESPACE_OID, f"{self.customer} {self._ids}"))

    def say(self, record: str, key: str, **fields: Any) -> str:
        """Sends a record with every optional field set; answers its id."""
        known = valid(record)
        value = self._marked(known | {field: fields[field] for field in fields if field in known}, set(fields))
        name = "command_id" if record.startswith("commands.") else "event_id"
        value[name] = self.id()
        if name == "command_id":
            value |= {"dry_run": False, "expected_version": None}
            value["actor"] = fields.get("actor", self.agent)
        self.worker.send(TOPIC_OF[record], record, key, value)
        return str(value[name])

    @property
    def agent(self) -> dict[str, Any]:
        return {"id": "anna", "name": "Anna", "roles": ["manager"], "channels": ["*"], "accounts": []}

    @property
    def buyer(self) -> dict[str, Any]:
        account = f"{self.mark}-account_id"
        return {"id": f"{self.mark}-id", "name": f"{self.mark}-name", "roles": ["customer"], "channels": ["*"],
                "accounts": [account]}  # fmt: skip

    def _marked(self, value: Any, given: set[str] = frozenset()) -> Any:  # type: ignore[assignment]
        if isinstance(value, dict):
            return {
                name: f"{self.mark}-{name}"
                if name in PERSONAL and isinstance(part, str) and name not in given
                else self._marked(part)
                for name, part in value.items()
            }
        return [self._marked(part) for part in value] if isinstance(value, list) else value

    def order(self, order_id: str, revision: int = 1, **fields: Any) -> None:
        line = valid("commerce.OrderEvent")["order"]["lines"][0] | {
            "line_number": 1, "original_line_number": None, "parent_line_number": None, "sku": "SHIRT-M", "parent_sku": "SHIRT",
            "product_type": "PHYSICAL", "quantity": 4, "unit_price_minor": 1000, "total_minor": 4000, "final_sale": False,
            "taxes": [], "shipping_id": None,
        }  # fmt: skip
        order = valid("commerce.OrderEvent")["order"] | {
            "sales_channel": CHANNEL, "order_id": order_id, "order_type": "NORMAL", "original_order_id": None,
            "checkout_id": None, "status": "NEW", "order_discount_minor": 0, "shippings": [], "lines": [line],
            "payments": [], "tax_included": True, "test": False, **fields,
        }  # fmt: skip
        order["customer"] = {**order["customer"], "customer_id": self.customer}
        self.say("commerce.OrderEvent", f"{CHANNEL}:{order_id}", kind="PLACED" if revision == 1 else "UPDATED",
                 revision=revision, order=self._marked(order))  # fmt: skip

    def checkout(self, checkout_id: str, revision: int = 1, order_id: str | None = None) -> None:
        customer = {**valid("commerce.CheckoutEvent")["customer"], "customer_id": self.customer}
        self.say("commerce.CheckoutEvent", f"{CHANNEL}:{checkout_id}", kind="STARTED", revision=revision, lines=[],
                 sales_channel=CHANNEL, checkout_id=checkout_id, order_id=order_id, customer=self._marked(customer))  # fmt: skip

    def paid(self, kind: str, amount: int, **where: Any) -> None:
        key = where.get("order_id") or where["checkout_id"]
        fields = {
            "order_id": None,
            "checkout_id": None,
            "operation_reference": None,
            "gateway_reference": None,
            **where,
        }
        self.say("payments.PaymentEvent", f"{CHANNEL}:{key}", sales_channel=CHANNEL, payment_ref=f"pay-{key}",
                 kind=kind, amount_minor=amount, currency="EUR", **fields)  # fmt: skip

    def status(self, order_id: str, line: int, quantity: int, status: str) -> None:
        said = {"line_number": line, "quantity": quantity, "status": status, "reason": f"{self.mark}-reason"}
        self.say(
            "warehouse.LineStatus", f"{CHANNEL}:{order_id}", sales_channel=CHANNEL, order_id=order_id, lines=[said]
        )

    def parcel(self, order_id: str, box: str, quantity: int) -> None:
        package = valid("warehouse.Shipment")["packages"][0]
        package |= {"box_number": box, "lines": [{"line_number": 1, "quantity": quantity}]}
        self.say("warehouse.Shipment", f"{CHANNEL}:{order_id}", sales_channel=CHANNEL, order_id=order_id,
                 shipment_id="s-1", packages=[self._marked(package)])  # fmt: skip

    def does(self, command: str, key: str, **fields: Any) -> str:
        return self.say(f"commands.{command}", key, **fields)

    def on_order(self, command: str, order_id: str, **fields: Any) -> str:
        named = {"sales_channel": CHANNEL, "order_id": order_id, "case_id": None, "case_line_id": None}
        return self.does(command, f"{CHANNEL}:{order_id}", **{**named, **fields})


def a_life(told: Told, order_id: str, checkout_id: str) -> str:
    """Everything that can happen to a customer's order in one go; answers the id of the case."""
    told.checkout(checkout_id)
    told.paid("AUTHORIZED", 4000, checkout_id=checkout_id)
    told.order(order_id)
    told.order(order_id, revision=2, checkout_id=checkout_id)
    told.paid("CAPTURED", 4000, order_id=order_id)
    told.paid("REFUND_FAILED", 10, order_id=order_id)
    told.status(order_id, 1, 1, "ONHOLD")
    told.parcel(order_id, "b-1", 3)
    told.status(order_id, 1, 1, "LOST")
    told.worker.receive()
    case_id = _case(told, order_id)
    _remedies(told, order_id, case_id)
    _leftovers(told, order_id)
    told.worker.receive()
    return case_id


def _case(told: Told, order_id: str) -> str:
    case_id, line_id, talk = told.id(), told.id(), told.id()
    contact = told._marked(valid("commands.OpenCase")["contact"]) | {"language": "de"}
    told.does("RecordInteraction", talk, interaction_id=talk, sales_channel=CHANNEL, channel="PHONE", contact=contact,
              account_id=f"{told.mark}-account_id", order_id=order_id, checkout_id=None)  # fmt: skip
    request = valid("commands.OpenCase")["lines"][0]["request"]
    request |= {"kind": "ADDRESS", "requested_quantity": None, "requested_price_minor": None}
    line = {"case_line_id": line_id, "order_id": order_id, "line_number": 1, "request": told._marked(request)}
    told.does("OpenCase", case_id, case_id=case_id, service="RETURN", scope="SPECIFIC_LINES", sales_channel=CHANNEL,
              account_id=f"{told.mark}-account_id", order_id=order_id, checkout_id=None, channel="WEB", contact=contact,
              origin="ORDER", interaction_id=None, lines=[line], actor=told.buyer)  # fmt: skip
    told.does("SubmitCase", case_id, case_id=case_id)
    told.does("AssignCase", case_id, case_id=case_id, assignee="anna", group=None)
    told.does("RequestInformation", case_id, case_id=case_id, case_line_ids=[])
    told.does("InformationReceived", case_id, case_id=case_id, case_line_ids=[], actor=told.buyer)
    told.does("AddComment", case_id, case_id=case_id, sales_channel=None, order_id=None, public=True, actor=told.buyer)
    told.does("AddTask", case_id, case_id=case_id, case_line_id=line_id, assignee="anna", group=None)
    told.does("EditCase", case_id, case_id=case_id, contact=contact, channel=None, priority=None)
    return case_id


def _remedies(told: Told, order_id: str, case_id: str) -> None:
    told.on_order("AddComment", order_id, public=True)
    told.on_order("CreateReturn", order_id, lines=[
        {"line_number": 1, "quantity": 1, "reason": f"{told.mark} typed this", "return_to_source": None}])  # fmt: skip
    told.on_order("CreateReshipment", order_id, take_back=False, shipping_method=None, lines=[
        {"line_number": 1, "quantity": 1, "reason": "LOST"}])  # fmt: skip
    told.on_order("CreateReshipment", order_id, take_back=False, lines=[
        {"line_number": 1, "quantity": 1, "reason": f"{told.mark} typed this"}])  # fmt: skip
    told.on_order("CreateAppeasement", order_id, amount_includes_tax=True, lines=[
        {"line_number": 1, "amount_minor": 100, "reason": f"{told.mark} was cross"}])  # fmt: skip
    told.on_order("CancelOrder", order_id, lines=[{"line_number": 1, "quantity": 1}], force=True)
    told.worker.receive()
    mails = "SELECT notice_id, case_id FROM notices WHERE document LIKE %s"
    for notice_id, notice_case in told.worker.rows(mails, f"%{told.mark}%"):
        told.say("notifications.NoticeReceipt", notice_case or f"{CHANNEL}:{order_id}", notice_id=notice_id, status="FAILED")  # fmt: skip
    told.does("ResolveCase", case_id, case_id=case_id, outcome="ACCEPTED")


def _leftovers(told: Told, order_id: str) -> None:
    """What waits for a line, what nobody can read, and an order that is wrong and so was never known."""
    told.status(order_id, 9, 1, "RECEIVED")
    told.order(f"{order_id}-wrong", order_discount_minor=9_999_999)
    told.worker.send_raw("commerce.orders.v1", f"{CHANNEL}:{order_id}", b"\xc3\x01" + bytes(8) + told.mark.encode())
    told.worker.send_raw("payments.events.v1", f"{CHANNEL}:{order_id}", b"\xc3\x01" + bytes(8) + told.mark.encode())


def publish_all(worker: StoredWorker) -> None:
    """As if the relay had published everything there is."""
    with worker.connect() as connection:
        head = outbox.head(connection)
        row = outbox.at(connection, head)
        outbox.save_mirror(connection, GROUP, head + 1, row.event_id if row else None)


def places(worker: StoredWorker, mark: str) -> set[str]:
    """Every table and column of the database that holds the mark, in text, in bytes or in a list."""
    found = set()
    names = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    with worker.connect() as connection:
        for (table,) in connection.execute(names).fetchall():
            cursor = connection.execute(f'SELECT * FROM "{table}"')
            columns = [column.name for column in cursor.description or ()]
            for row in cursor:
                for column, cell in zip(columns, row, strict=True):
                    text = bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode()
                    if mark.lower().encode() in text.lower():
                        found.add(f"{table}.{column}")
    return found
