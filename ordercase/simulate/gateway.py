"""The gateway: authorises and captures, answers payment requests, and keeps its own books of what it really moved.

It books by what it says itself, never by what it is told: its books are the other side against which the worker's are held.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ordercase.simulate.basket import Value

if TYPE_CHECKING:
    from ordercase.simulate.story import Story

EVENTS: Final = "payments.events.v1"


BOOKED: Final = {
    "AUTHORIZED": ("authorised", 1),
    "CAPTURED": ("captured", 1),
    "VOIDED": ("voided", 1),
    "REFUNDED": ("refunded", 1),
    "REFUND_REVERSED": ("refunded", -1),
    "CHARGED_BACK": ("charged_back", 1),
    "CHARGEBACK_WON": ("charged_back", -1),
}
"""What moves money, into which account and which way; a failure moves none."""


@dataclass(slots=True)
class Payment:
    """One way in which the customer paid, and what has happened to the money. `by_hand`: refunded without a request."""

    reference: str
    gateway: str
    method: str
    amount: int
    authorised: int = 0
    captured: int = 0
    voided: int = 0
    refunded: int = 0
    charged_back: int = 0
    by_hand: int = 0
    turn: int = 0
    """Rises with each capture of the order: who was captured last pays back first."""

    def book(self, kind: str, amount: int, *, asked: bool) -> None:
        account, sign = BOOKED.get(kind, ("", 0))
        if account:
            setattr(self, account, getattr(self, account) + sign * amount)
        if account == "refunded" and not asked:
            self.by_hand += sign * amount

    @property
    def left(self) -> int:
        """What the gateway could still pay back."""
        return self.captured - self.refunded - self.charged_back


@dataclass(slots=True)
class Operation:
    """One request by its operation_reference: asked how often, whether it was carried out, whether nothing was said yet."""

    kind: str
    amount: int
    reference: str
    payment: str
    attempt: int
    done: bool = False
    silent: bool = True


class Gateway:
    """One story's gateway. `answers`: what to say to the next requests, "ok" or "fail" or "silent"; then "ok".

    `by_transfer`: what people paid back outside the gateway. A silent request is answered by `speaks`, or never.
    """

    def __init__(self, story: "Story", methods: Iterable[tuple[str, int]]) -> None:
        self.story = story
        self.payments = [
            Payment(f"{story.order_id}-P{n}", "acme-pay", method, amount)
            for n, (method, amount) in enumerate(methods, start=1)
        ]
        self.operations: dict[str, Operation] = {}
        self.answers: deque[str] = deque()
        self.names_operation = True
        self.by_transfer = 0
        self._captures = 0

    @property
    def captured(self) -> int:
        return sum(payment.captured for payment in self.payments)

    @property
    def refunded(self) -> int:
        return sum(payment.refunded for payment in self.payments)

    @property
    def given_back(self) -> int:
        """What the customer has again, whichever way."""
        return self.refunded + self.by_transfer

    @property
    def charged_back(self) -> int:
        return sum(payment.charged_back for payment in self.payments)

    @property
    def unanswered(self) -> int:
        """What refunds were asked for and nothing was said about."""
        return sum(op.amount for op in self.operations.values() if op.kind == "REFUND" and op.silent)

    def shown(self) -> list[Value]:
        """The payments as an order shows them."""
        return [{"payment_ref": p.reference, "gateway": p.gateway, "method": p.method, "amount_minor": p.amount}
                for p in self.payments]  # fmt: skip

    def captures(self) -> list[tuple[str, str, int]]:
        """(payment_ref, method, what is left), the oldest capture first."""
        taken = sorted((p for p in self.payments if p.captured), key=lambda payment: payment.turn)
        return [(p.reference, p.method, p.left) for p in taken]

    def authorises(self) -> None:
        for payment in self.payments:
            self.tells(payment, "AUTHORIZED", payment.amount)

    def takes(self) -> None:
        """Captures every payment."""
        for payment in self.payments:
            self.takes_one(payment)

    def takes_one(self, payment: Payment, less: int = 0) -> None:
        """Captures one payment; `less` of it is never taken."""
        self.tells(payment, "CAPTURED", payment.amount - less)

    def takes_back(self, operation_reference: str) -> None:
        """The bank did not take a refund in: the money is here again, under the key it went out with."""
        operation = self.operations[operation_reference]
        payment = self._payment(operation)
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

    def speaks(self, answer: str = "ok") -> None:
        """Answers at last what it was silent about."""
        for operation in [op for op in self.operations.values() if op.silent]:
            self._answer(self._payment(operation), operation, answer)

    def pays_by_transfer(self) -> int:
        """People pay outside the gateway what it was silent about or could not do: it never will. Returns how much."""
        given = 0
        for operation in [op for op in self.operations.values() if op.kind == "REFUND" and not op.done]:
            operation.done, operation.silent = True, False
            given += operation.amount
        self.by_transfer += given
        return given

    def _payment(self, operation: Operation) -> Payment:
        return next(payment for payment in self.payments if payment.reference == operation.payment)

    def _answer(self, payment: Payment, operation: Operation, answer: str) -> None:
        operation.silent = False
        refund = operation.kind == "REFUND"
        if answer == "fail":
            kind, reason = ("REFUND_FAILED" if refund else "VOID_FAILED"), "the bank said no"
            self.tells(payment, kind, operation.amount, operation_reference=operation.reference, reason=reason)
            return
        operation.done = True
        named = {"operation_reference": operation.reference} if self.names_operation else {}
        own = f"G-{operation.reference[:13]}"
        self.tells(
            payment, "REFUNDED" if refund else "VOIDED", operation.amount, asked=True, gateway_reference=own, **named
        )

    def tells(self, payment: Payment, kind: str, amount: int, *, asked: bool = False, **more: str) -> None:
        """Books and says one payment event, of the order or, as long as there is none, of its checkout.

        `asked`: it answers a request, whether or not it names it.
        """
        story = self.story
        if kind == "CAPTURED":
            self._captures += 1
            payment.turn = self._captures
        payment.book(kind, amount, asked=asked or "operation_reference" in more)
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
    left = payment.left
    if request["kind"] == "VOID":
        left = payment.authorised - payment.captured - payment.voided
    if amount > left:
        yield f"only {left} is left of {payment.reference}"
