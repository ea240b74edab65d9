"""A whole worker in memory for tests: facts and commands in, files and records out, one input after the other."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID, uuid5

from domain import commands as c
from domain import facts as f
from domain.cases import Case
from domain.handling import handle
from domain.order_file import OrderFile
from domain.policy import DEFAULT, Policies
from domain.run import case_ref, order_ref
from domain.timers import Timer, TimerDue, timers
from domain.vocabulary import (
    OrderEventKind,
    OrderStatus,
    OrderType,
    PaymentKind,
    ProductType,
    ReceiptOutcome,
    UnitStatus,
)
from domain.world import Aggregate, Effect, Outcome, Ref, Reply, Step
from tests.builders import elsewhere
from tests.builders.elsewhere import of_these_channels

_NAMES = UUID("0a6a3a4e-7d57-4f0e-8d9b-4b7d4ff7a001")
START = 1_780_000_000_000_000
MINUTE = 60_000_000
CHANNEL = elsewhere.CHANNEL
MANAGER = c.Actor(id="mia", roles=("manager",), channels=("*",))
AGENT = c.Actor(id="ann", roles=("agent",), channels=("*",))
APPROVER = c.Actor(id="abe", roles=("approver",), channels=("*",))

T = TypeVar("T")


def uid(name: object) -> str:
    """A uuid that is the same for the same name."""
    return str(uuid5(_NAMES, str(name)))


def line(number: int = 1, quantity: int = 1, total: int = 1000, **changes: Any) -> f.Line:
    """A line of goods whose total is gross, tax included, without tax lines unless `tax` (minor) at 19 % is given."""
    tax = changes.pop("tax", None)
    return f.Line(
        line_number=number,
        sku=changes.pop("sku", f"SKU-{number}"),
        product_type=changes.pop("product_type", ProductType.PHYSICAL),
        quantity=quantity,
        unit_price_minor=changes.pop("price", total // quantity),
        total_minor=total,
        taxes=() if tax is None else (f.Tax(type="VAT", rate="0.19", amount_minor=tax),),
        **changes,
    )


def shipping(number: int = 9, total: int = 500) -> f.Line:
    return line(number, 1, total, product_type=ProductType.SHIPPING, sku="SHIPPING")


def order(*lines: f.Line, order_id: str = "1001", **changes: Any) -> f.Order:
    return f.Order(
        sales_channel=CHANNEL,
        order_id=order_id,
        order_type=changes.pop("order_type", OrderType.NORMAL),
        status=changes.pop("status", OrderStatus.NEW),
        placed_at=START,
        currency=changes.pop("currency", "EUR"),
        tax_included=changes.pop("tax_included", True),
        customer=changes.pop("customer", f.Customer(customer_id="C-1", email="c1@example.org")),
        lines=lines,
        **changes,
    )


class Desk:
    """Feeds the domain one input at a time and keeps what comes out. `at` (µs) goes on a minute with each input."""

    def __init__(self, policies: Policies = DEFAULT) -> None:
        self.things: dict[Ref, Aggregate] = {}
        self.policies = self._meant = policies
        self._told = of_these_channels(policies)
        self.at = START
        self.steps: list[Step] = []
        self.waiting: list[f.Fact] = []
        self.outcomes: list[Outcome] = []
        self._sent = 0

    # the world

    def get(self, ref: Ref) -> Aggregate | None:
        return self.things.get(ref)

    def feed(self, message: Any) -> Outcome:
        self.at += MINUTE
        outcome = handle(message, self, self.in_force(), self.at)
        self.outcomes.append(outcome)
        self.things.update(outcome.changed)
        self.steps += outcome.steps
        if outcome.effect is Effect.WAITS:
            self.waiting.append(message)
        if outcome.awakens:
            again, self.waiting = self.waiting, []
            for waiter in again:
                self.feed(waiter)
        return outcome

    def in_force(self) -> Policies:
        """The policies that its inputs are handled by."""
        if self._meant is not self.policies:
            self._meant, self._told = self.policies, of_these_channels(self.policies)
        return self._told

    # the shop, the warehouse, the gateway

    def fact(self, record: Callable[..., T], /, **fields: Any) -> Any:
        self._sent += 1
        fields.setdefault("event_id", uid(f"event {self._sent}"))
        fields.setdefault("occurred_at", self.at)
        return record(**fields)

    def place(self, *lines: f.Line, captured: int | None = None, **changes: Any) -> Outcome:
        """An order with these lines; `captured` minor units by card at once."""
        placed = order(*lines, **changes)
        event = self.fact(f.OrderEvent, kind=OrderEventKind.PLACED, revision=1, order=placed)
        outcome = self.feed(event)
        if captured is not None:
            self.pays(PaymentKind.AUTHORIZED, captured, order_id=placed.order_id)
            self.pays(PaymentKind.CAPTURED, captured, order_id=placed.order_id)
        return outcome

    def shop(self, kind: OrderEventKind, revision: int, *lines: f.Line, **changes: Any) -> Outcome:
        when = {"occurred_at": changes.pop("occurred_at")} if "occurred_at" in changes else {}
        return self.feed(self.fact(f.OrderEvent, kind=kind, revision=revision, order=order(*lines, **changes), **when))

    def pays(self, kind: PaymentKind, amount: int, payment_ref: str = "P1", **fields: Any) -> Outcome:
        return self.feed(self.payment(kind, amount, payment_ref, **fields))

    def payment(self, kind: PaymentKind, amount: int, payment_ref: str = "P1", **fields: Any) -> f.PaymentEvent:
        fields.setdefault("order_id", "1001")
        fields.setdefault("currency", "EUR")
        fields.setdefault("method", "card")
        made: f.PaymentEvent = self.fact(
            f.PaymentEvent,
            sales_channel=CHANNEL,
            payment_ref=payment_ref,
            gateway="gate",
            kind=kind,
            amount_minor=amount,
            **fields,
        )
        return made

    def warehouse(
        self, status: UnitStatus, quantity: int, number: int = 1, order_id: str = "1001", **fields: Any
    ) -> Outcome:
        said = (f.StatusLine(line_number=number, quantity=quantity, status=status),)
        fields = {"sales_channel": CHANNEL, "order_id": order_id, "source_id": "W1", "lines": said, **fields}
        return self.feed(self.fact(f.LineStatus, **fields))

    def ships(self, quantity: int, number: int = 1, order_id: str = "1001", **fields: Any) -> Outcome:
        self._sent += 1
        box = f.Package(
            box_number=fields.pop("box", "1"), lines=(f.PackageLine(line_number=number, quantity=quantity),)
        )
        return self.feed(
            self.fact(
                f.Shipment,
                sales_channel=CHANNEL,
                order_id=order_id,
                shipment_id=fields.pop("shipment_id", f"S{self._sent}"),
                source_id=fields.pop("source_id", "W1"),
                packages=(box,),
                **fields,
            )
        )

    def delivers(self, quantity: int, number: int = 1, order_id: str = "1001", **fields: Any) -> Outcome:
        return self.warehouse(UnitStatus.DELIVERED, quantity, number, order_id, **fields)

    def answers(self, cancellation_id: str, *lines: tuple[int, int, int]) -> Outcome:
        said = tuple(f.CancellationAnswerLine(line_number=n, confirmed=yes, refused=no) for n, yes, no in lines)
        return self.feed(
            self.fact(
                f.CancellationAnswer,
                sales_channel=CHANNEL,
                order_id="1001",
                cancellation_id=cancellation_id,
                lines=said,
            )
        )

    def receives(self, rma: str | None, *lines: tuple[int, int, ReceiptOutcome], **fields: Any) -> Outcome:
        self._sent += 1
        fields.setdefault("receipt_id", f"R{self._sent}")
        fields.setdefault("order_id", "1001")
        said = tuple(f.ReceiptLine(line_number=n, quantity=units, outcome=outcome) for n, units, outcome in lines)
        return self.feed(self.fact(f.ReturnReceipt, sales_channel=CHANNEL, rma=rma, lines=said, **fields))

    def gateway_answers(self, kind: PaymentKind = PaymentKind.REFUNDED) -> None:
        """The gateway answers every leg that is under way, each with an operation id of its own."""
        for file in [thing for thing in self.things.values() if isinstance(thing, OrderFile)]:
            legs = [leg for refund in file.refunds.values() for leg in refund.legs if leg.state == "SENT"]
            for leg in legs:
                fields = {"operation_reference": leg.leg_id, "gateway_reference": f"G-{leg.leg_id}-{leg.attempt}"}
                self.pays(kind, leg.amount_minor, leg.payment_ref, order_id=file.order_id, **fields)

    # agents

    def send(self, record: Callable[..., T], /, actor: c.Actor = MANAGER, **fields: Any) -> Reply:
        self._sent += 1
        fields.setdefault("command_id", uid(f"command {self._sent}"))
        fields.setdefault("issued_at", self.at)
        if "case_id" not in fields or record in _ON_ORDERS:
            fields.setdefault("sales_channel", CHANNEL)
            if record is not c.RefundPayment:
                fields.setdefault("order_id", "1001")
        reply = self.feed(record(actor=actor, **fields)).reply
        assert reply is not None
        return reply

    def returns(self, *lines: tuple[int, int], **fields: Any) -> Reply:
        wanted = tuple(c.ReturnLineInput(line_number=n, quantity=units, reason="FIT") for n, units in lines)
        return self.send(c.CreateReturn, lines=wanted, comment=fields.pop("comment", "too small"), **fields)

    def cancels(self, *lines: tuple[int, int], **fields: Any) -> Reply:
        wanted = tuple(c.LineQuantity(line_number=n, quantity=units) for n, units in lines)
        return self.send(c.CancelOrder, lines=wanted, reason=fields.pop("reason", "CHANGED_MIND"), **fields)

    def appeases(self, *lines: tuple[int, int], **fields: Any) -> Reply:
        wanted = tuple(c.AppeasementLineInput(line_number=n, amount_minor=a, reason="LATE") for n, a in lines)
        return self.send(c.CreateAppeasement, lines=wanted, **fields)

    # time

    def wait(self, time: int) -> list[Timer]:
        """Lets `time` (µs) pass: every timer that comes due fires at its time. Answers those that fired, in order."""
        end = self.at + time
        fired: list[Timer] = []
        while True:
            due = min((t for thing in self.things.values() for t in timers(thing, self.in_force())),
                      key=lambda t: t.due_at, default=None)  # fmt: skip
            if due is None or due.due_at > end:
                self.at = end
                return fired
            self.at = max(self.at, due.due_at) - MINUTE
            self.feed(TimerDue(due))
            fired.append(due)
            if len(fired) > 1000:
                raise AssertionError(f"{due} fires for ever")

    # what there is

    def file(self, order_id: str = "1001") -> OrderFile:
        found = self.things[order_ref(CHANNEL, order_id)]
        assert isinstance(found, OrderFile)
        return found

    def case(self, case_id: str) -> Case:
        found = self.things[case_ref(case_id)]
        assert isinstance(found, Case)
        return found

    def buckets(self, number: int = 1, order_id: str = "1001") -> Mapping[str, int]:
        """The buckets that have units."""
        return {name: units for name, units in self.file(order_id).lines[number].units.public().items() if units}

    def events(self, kind: type[T]) -> list[T]:
        return [step.event for step in self.steps if isinstance(step.event, kind)]


_ON_ORDERS = {
    c.ChangeOrder, c.WithdrawOrderChange,
    c.CancelOrder, c.CreateReturn, c.ApproveReturn, c.DenyReturn, c.CancelReturn, c.DecideReturnLine, c.ApproveRefund,
    c.CancelRefund, c.RetryRefund, c.ReleaseRefundOffline, c.RetryVoid, c.CreateAppeasement, c.CreateExchange,
    c.CancelExchange, c.CreateReshipment, c.CancelReshipment,
}  # fmt: skip


def with_policy(policies: Policies, section: str, **changes: Any) -> Policies:
    """The same policies with one section of the default channel changed."""
    part = replace(getattr(policies.default, section), **changes)
    return replace(policies, default=replace(policies.default, **{section: part}))
