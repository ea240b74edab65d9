"""The gateway: authorises and captures, answers payment requests, and keeps its own sum of what it really paid back."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ordercase.simulate.basket import Value

if TYPE_CHECKING:
    from ordercase.simulate.story import Story

EVENTS: Final = "payments.events.v1"


@dataclass(slots=True)
class Payment:
    """One way in which the customer paid, and what has happened to the money."""

    reference: str
    gateway: str
    method: str
    amount: int
    authorised: int = 0
    captured: int = 0
    voided: int = 0
    refunded: int = 0


@dataclass(slots=True)
class Operation:
    """One request by its operation_reference: asked how often, and whether it was carried out."""

    kind: str
    amount: int
    reference: str
    payment: str
    attempt: int
    done: bool = False


class Gateway:
    """One story's gateway. `answers`: what to say to the next requests, "ok" or "fail" or "silent"; then "ok"."""

    def __init__(self, story: "Story", methods: Iterable[tuple[str, int]]) -> None:
        self.story = story
        self.payments = [
            Payment(f"{story.order_id}-P{n}", "acme-pay", method, amount)
            for n, (method, amount) in enumerate(methods, start=1)
        ]
        self.operations: dict[str, Operation] = {}
        self.answers: deque[str] = deque()
        self.names_operation = True

    @property
    def captured(self) -> int:
        return sum(payment.captured for payment in self.payments)

    @property
    def refunded(self) -> int:
        return sum(payment.refunded for payment in self.payments)

    @property
    def voided(self) -> int:
        return sum(payment.voided for payment in self.payments)

    def shown(self) -> list[Value]:
        """The payments as an order shows them."""
        return [{"payment_ref": p.reference, "gateway": p.gateway, "method": p.method, "amount_minor": p.amount}
                for p in self.payments]  # fmt: skip

    def captures(self) -> list[tuple[str, str, int]]:
        """(payment_ref, method, what is left), the oldest capture first."""
        return [(p.reference, p.method, p.captured - p.refunded) for p in self.payments if p.captured]

    def authorises(self) -> None:
        for payment in self.payments:
            payment.authorised += payment.amount
            self.tells(payment, "AUTHORIZED", payment.amount)

    def takes(self) -> None:
        """Captures every payment."""
        for payment in self.payments:
            self.takes_one(payment)

    def takes_one(self, payment: Payment, less: int = 0) -> None:
        """Captures one payment; `less` of it is never taken."""
        payment.captured += payment.amount - less
        self.tells(payment, "CAPTURED", payment.amount - less)

    def takes_back(self, operation_reference: str) -> None:
        """The bank did not take a refund in: the money is here again, under the key it went out with."""
        operation = self.operations[operation_reference]
        payment = next(p for p in self.payments if p.reference == operation.payment)
        payment.refunded -= operation.amount
        self.tells(payment, "REFUND_REVERSED", operation.amount, operation_reference=operation_reference)

    def asked(self, request: Value) -> None:
        """A payment request came: checked against our own books, then answered."""
        reference = request["operation_reference"]
        known = self.operations.get(reference)
        payment = next((p for p in self.payments if p.reference == request["payment_ref"]), None)
        for problem in _problems(request, known, payment):
            self.story.wrong(f"payment request {request['kind']} {request['amount_minor']}: {problem}")
        if payment is None or (known and known.done):
            return
        operation = Operation(
            request["kind"], request["amount_minor"], reference, payment.reference, request["attempt"]
        )
        self.operations[reference] = operation
        answer = self.answers.popleft() if self.answers else "ok"
        if answer != "silent":
            self.story.soon(lambda: self._answer(payment, operation, answer))

    def _answer(self, payment: Payment, operation: Operation, answer: str) -> None:
        refund = operation.kind == "REFUND"
        if answer == "fail":
            kind, reason = ("REFUND_FAILED" if refund else "VOID_FAILED"), "the bank said no"
            self.tells(payment, kind, operation.amount, operation_reference=operation.reference, reason=reason)
            return
        operation.done = True
        if refund:
            payment.refunded += operation.amount
        else:
            payment.voided += operation.amount
        named = {"operation_reference": operation.reference} if self.names_operation else {}
        own = f"G-{operation.reference[:13]}"
        self.tells(payment, "REFUNDED" if refund else "VOIDED", operation.amount, gateway_reference=own, **named)

    def tells(self, payment: Payment, kind: str, amount: int, **more: str) -> None:
        """One payment event, of the order or, as long as there is none, of its checkout."""
        story = self.story
        named = {"checkout_id": story.checkout_id} if story.checkout_id else {"order_id": story.order_id}
        event = {"sales_channel": story.market.channel, "payment_ref": payment.reference, "gateway": payment.gateway,
                 "method": payment.method, "kind": kind, "amount_minor": amount, "currency": story.market.currency,
                 "response": "0"} | named | more  # fmt: skip
        if "gateway_reference" not in more and "operation_reference" not in more:
            event["gateway_reference"] = f"{payment.reference}-{kind}"
        story.fact(EVENTS, "payments.PaymentEvent", story.checkout_id or story.order_id, event)


def _problems(request: Value, known: Operation | None, payment: Payment | None) -> Iterable[str]:
    amount, attempt = request["amount_minor"], request["attempt"]
    if payment is None:
        yield f"there is no payment {request['payment_ref']}"
        return
    if amount <= 0:
        yield "it asks for nothing"
    if (request["gateway"], request["method"]) != (payment.gateway, payment.method):
        yield f"it names {request['gateway']} {request['method']}"
    if known is None and attempt != 1:
        yield f"the first request is attempt {attempt}"
    if known is not None and known.done:
        yield f"operation {known.reference} was carried out already"
    elif known is not None and (attempt, amount) != (known.attempt + 1, known.amount):
        yield f"operation {known.reference} came again as attempt {attempt} over {amount}"
    left = payment.captured - payment.refunded
    if request["kind"] == "VOID":
        left = payment.authorised - payment.captured - payment.voided
    if amount > left:
        yield f"only {left} is left of {payment.reference}"
