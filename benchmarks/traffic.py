"""What shops, warehouses, gateways and agents publish on an ordinary day, as values, from a seed."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Final
from uuid import UUID, uuid5

from ordercase.simulate.basket import MARKETS, Basket, fill
from schemas.topics import COMMANDS, ORDERS, PAYMENT_EVENTS, WAREHOUSE_STATUS

NAMESPACE: Final = UUID("5c2f1f62-9a2c-4d0e-8e36-0d2f5d2b5a10")
ACTOR: Final = {"id": "agent-7", "name": "Agent", "roles": ["manager"], "channels": ["*"], "accounts": []}

# Of a thousand orders: how many are cancelled before shipping, come back, get money back, get a case.
CANCELLED, RETURNED, APPEASED, CASES = 40, 50, 20, 30
STRIDE: Final = 150
"""Orders placed between two steps of one order: a day's steps of many orders lie between each other."""


@dataclass(frozen=True, slots=True)
class Message:
    """One record to publish. `message_id` is its event or command id, which its effects carry as their cause."""

    topic: str
    key: str
    record: str
    value: dict[str, Any]
    message_id: str


class Day:
    """One order's day. Times in µs UTC; ids follow from the run's name and the order's number alone."""

    def __init__(self, run: str, number: int, chance: Random, at: int) -> None:
        self._basket: Basket = fill(chance, MARKETS[number % len(MARKETS)])
        self._order_id = f"{run}-{number}"
        self._chance, self._at, self._made = chance, at, 0

    @property
    def _key(self) -> str:
        return f"{self._basket.market.channel}:{self._order_id}"

    @property
    def _named(self) -> dict[str, Any]:
        return {"sales_channel": self._basket.market.channel, "order_id": self._order_id}

    def _id(self) -> str:
        self._made += 1
        return str(uuid5(NAMESPACE, f"{self._order_id}:{self._made}"))

    def _fact(self, topic: str, record: str, value: dict[str, Any]) -> Message:
        event_id = self._id()
        head = {"event_id": event_id, "occurred_at": self._at + self._made}
        return Message(topic, self._key, record, head | value, event_id)

    def _command(self, name: str, value: dict[str, Any], key: str | None = None) -> Message:
        command_id = self._id()
        head = {"command_id": command_id, "issued_at": self._at + self._made, "actor": ACTOR, "dry_run": False}
        return Message(COMMANDS, key or self._key, f"commands.{name}", head | value, command_id)

    def messages(self) -> Iterator[Message]:
        """In the order in which the world would tell them."""
        fate = self._chance.randrange(1000)
        yield self.placed()
        yield self._paid("AUTHORIZED", "A")
        yield self._status("RECEIVED")
        if fate < CANCELLED:
            yield self._command("CancelOrder", self._named | {"lines": [], "reason": "CHANGED_MIND", "force": False})
            return
        yield self._status("PICKED")
        yield self._shipped()
        yield self._paid("CAPTURED", "C")
        yield self._status("DELIVERED")
        yield from self._afterwards(fate - CANCELLED)

    def _afterwards(self, fate: int) -> Iterator[Message]:
        item = self._basket.physical[0]
        if fate < RETURNED:
            line = {"line_number": item.number, "quantity": 1, "reason": "TOO_SMALL"}
            yield self._command("CreateReturn", self._named | {"lines": [line], "comment": "does not fit"})
        elif fate < RETURNED + APPEASED:
            line = {"line_number": item.number, "amount_minor": max(1, item.total // 20), "reason": "LATE"}
            yield self._command(
                "CreateAppeasement", self._named | {"lines": [line], "amount_includes_tax": True, "comment": "sorry"}
            )
        elif fate < RETURNED + APPEASED + CASES:
            yield self._case(item.number)

    def placed(self) -> Message:
        """The order itself: always answered by an OrderStateChanged."""
        market = self._basket.market
        address = {"name": "A. Customer", "street": "1 Long Street", "city": "Springfield", "postcode": "12345",
                   "country": market.country}  # fmt: skip
        order = self._named | {
            "order_type": "NORMAL", "account_id": f"ACC-{self._chance.randrange(500)}", "status": "NEW",
            "placed_at": self._at, "currency": market.currency, "tax_included": market.tax_included,
            "language": market.language, "billing_address": address, "shipping_address": address,
            "customer": {"customer_id": f"C-{self._chance.randrange(2000)}", "first_name": "A.",
                         "last_name": "Customer", "email": "customer@example.com", "phone": "+1 555 0100"},
            "shipping_method": "standard", "order_discount_minor": self._basket.order_discount,
            "lines": [item.record() for item in self._basket.items],
            "payments": [{"payment_ref": self._payment, "gateway": "acme-pay", "method": "card",
                          "amount_minor": self._basket.total}],
        }  # fmt: skip
        return self._fact(ORDERS, "commerce.OrderEvent", {"kind": "PLACED", "revision": 1, "order": order})

    @property
    def _payment(self) -> str:
        return f"{self._order_id}-P1"

    def _paid(self, kind: str, operation: str) -> Message:
        payment = {"payment_ref": self._payment, "gateway": "acme-pay", "method": "card", "kind": kind,
                   "amount_minor": self._basket.total, "currency": self._basket.market.currency,
                   "gateway_reference": f"{self._payment}-{operation}"}  # fmt: skip
        return self._fact(PAYMENT_EVENTS, "payments.PaymentEvent", self._named | payment)

    def _status(self, status: str) -> Message:
        lines = [{"line_number": n, "quantity": q, "status": status} for n, q in self._basket.units().items()]
        return self._fact(WAREHOUSE_STATUS, "warehouse.LineStatus", self._named | {"source_id": "WH-1", "lines": lines})

    def _shipped(self) -> Message:
        lines = [{"line_number": n, "quantity": q} for n, q in self._basket.units().items()]
        package = {"box_number": "1", "carrier": "ACME", "tracking_number": f"T-{self._order_id}", "lines": lines}
        shipment = {"shipment_id": f"S-{self._order_id}", "source_id": "WH-1", "packages": [package]}
        return self._fact(WAREHOUSE_STATUS, "warehouse.Shipment", self._named | shipment)

    def _case(self, line_number: int) -> Message:
        case_id, line_id = (str(uuid5(NAMESPACE, f"{self._order_id}:{kind}")) for kind in ("case", "line"))
        line = {"case_line_id": line_id, "order_id": self._order_id, "line_number": line_number}
        value = {"case_id": case_id, "service": "INQUIRY", "scope": "SPECIFIC_LINES", "channel": "PHONE",
                 "origin": "ORDER", "priority": 3, "short_description": "where is it", "lines": [line]}  # fmt: skip
        return self._command("OpenCase", self._named | value, key=case_id)


def traffic(run: str, seed: int, events: int, at: int) -> list[Message]:
    """At least `events` messages of whole orders, interleaved as on a day; `run` keeps ids of several runs apart."""
    chance = Random(seed)
    slots: list[tuple[float, Message]] = []
    number = 0
    while len(slots) < events:
        number += 1
        steps = Day(run, number, chance, at).messages()
        slots += [(number + STRIDE * (step + chance.random() / 2), message) for step, message in enumerate(steps)]
    return [message for _, message in sorted(slots, key=lambda slot: slot[0])]


def placements(run: str, seed: int, count: int, at: int) -> list[Message]:
    """`count` new orders and nothing else: each is an input whose effect is seen."""
    chance = Random(seed)
    return [Day(run, number, chance, at).placed() for number in range(1, count + 1)]
