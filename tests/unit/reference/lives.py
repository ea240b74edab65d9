"""Random lives of an order: facts and commands in any order, many of them refused, with what is true after each."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from domain import commands as c
from domain import facts as f
from domain.order_file import OrderFile
from domain.policy import DAY, DEFAULT, AutoRelease, Policies
from domain.vocabulary import LegState, PaymentKind, ReceiptOutcome, UnitStatus, Verdict
from domain.world import Step
from tests.builders.desk import CHANNEL, Desk, line, shipping, with_policy

K = PaymentKind
APPROVED_ALL: Final = AutoRelease()
BY_HAND: Final = AutoRelease(return_=False, cancellation=False, appeasement=False)


@dataclass(frozen=True, slots=True)
class Life:
    """`files`: every order of the story after each input. `charged_back`: a bank took money back in it."""

    desk: Desk
    files: tuple[OrderFile, ...]
    policies: Policies

    @property
    def steps(self) -> list[Step]:
        return [step for step in self.desk.steps if isinstance(step.after, OrderFile)]

    @property
    def charged_back(self) -> bool:
        return any(op.kind is K.CHARGED_BACK for file in self.files[-3:] for op in file.operations)


def _policies(rng: Random) -> Policies:
    made = with_policy(
        DEFAULT,
        "refunds",
        at=rng.choice(["APPROVED", "RECEIVED"]),
        auto_release=rng.choice([APPROVED_ALL, APPROVED_ALL, BY_HAND]),
        leg_order=rng.choice([("same_method", "newest"), ("oldest",), ("largest",)]),
    )
    made = with_policy(
        made,
        "returns",
        damaged=rng.choice(["person", "accept", "reject", "part:50"]),
        restocking_fee=rng.choice([{}, {"EUR": 150}]),
        self_approval=True,
        auto_approve=rng.random() < 0.8,
    )
    made = with_policy(made, "exchanges", mode=rng.choice(["ADVANCE", "HOLD"]))
    return with_policy(made, "cancel", direct_at_warehouse=rng.random() < 0.3)


class _Story:
    """One order of two lines of goods and one of shipping, with what can happen to it."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.policies = _policies(rng)
        self.desk = desk = Desk(self.policies)
        for sku in ("RED", "BLUE"):
            desk.feed(f.Product(sku=sku, parent_sku="SHIRT", sellable=True, updated_at=desk.at))
            desk.feed(f.StockLevel(sales_channel=CHANNEL, sku=sku, available=3, updated_at=desk.at))
        first, second = rng.randint(3, 7), rng.randint(2, 4)
        totals = rng.randint(0, 5000), rng.randint(1, 3000)
        discount = rng.choice([0, rng.randint(0, sum(totals))])
        goods = (
            line(1, first, totals[0], sku="RED", parent_sku="SHIRT", tax=totals[0] * 19 // 119),
            line(2, second, totals[1], sku="HAT", tax=totals[1] * 7 // 107),
            shipping(9, 490),
        )
        desk.place(*goods, order_discount_minor=discount)
        total = sum(totals) + 490 - discount
        self.pay(K.AUTHORIZED, total, "P1")
        for ref, part in (("P1", total - total // 3), ("P2", total // 3)):
            self.pay(K.CAPTURED, part, ref, gateway_reference=f"C-{ref}")
        for number, units in ((1, first), (2, second)):
            if rng.random() < 0.8:
                desk.ships(rng.randint(1, units - 1), number)

    def pay(self, kind: K, amount: int, ref: str, **fields: Any) -> None:
        if amount > 0:
            self.desk.pays(kind, amount, ref, **fields)

    def number(self) -> int:
        return self.rng.choice([1, 1, 1, 2])

    def units(self) -> int:
        return self.rng.choice([1, 1, 1, 2, 3])

    def order_id(self) -> str:
        """Mostly the first order, now and then one that it made."""
        known = [thing.order_id for thing in self.desk.things.values() if isinstance(thing, OrderFile)]
        return self.rng.choice([*known, *["1001"] * 6])

    def any_of(self, things: dict[str, Any]) -> Any:
        return self.rng.choice(list(things.values())) if things else None

    def warehouse(self) -> None:
        word = self.rng.choice(list(UnitStatus)[1:])
        order_id = self.order_id()
        number = self.number() if order_id == "1001" else 1
        self.desk.warehouse(word, self.units(), number, order_id)

    def ships(self) -> None:
        order_id = self.order_id()
        self.desk.ships(self.units(), self.number() if order_id == "1001" else 1, order_id)

    def cancels(self) -> None:
        self.desk.cancels((self.number(), self.units()), force=self.rng.random() < 0.6)

    def answers(self) -> None:
        if found := self.any_of(self.desk.file().cancellations):
            lines = [(item.line_number, *self.rng.choice([(1, 0), (0, 1), (1, 1)])) for item in found.lines]
            self.desk.answers(found.cancellation_id, *lines)

    def returns(self) -> None:
        order_id = self.order_id()
        self.desk.returns((self.number() if order_id == "1001" else 1, self.units()), order_id=order_id)

    def receives(self) -> None:
        order_id = self.order_id()
        found = self.any_of(self.desk.file(order_id).returns)
        rma = found.rma if found and self.rng.random() < 0.8 else None
        number = found.lines[0].line_number if found else 1
        outcome = self.rng.choice(list(ReceiptOutcome)[1:])
        complete = self.rng.random() < 0.3
        self.desk.receives(rma, (number, self.units(), outcome), order_id=order_id, complete=complete)

    def on_return(self) -> None:
        order_id = self.order_id()
        if found := self.any_of(self.desk.file(order_id).returns):
            fields: dict[str, Any] = {"return_id": found.return_id, "order_id": order_id}
            act = self.rng.choice([c.ApproveReturn, c.DenyReturn, c.CancelReturn, c.DecideReturnLine])
            if act is c.DenyReturn:
                fields["reason"] = "worn"
            if act is c.DecideReturnLine:
                verdict = self.rng.choice([Verdict.ACCEPT, Verdict.REJECT, Verdict.ACCEPT_PART])
                percent = 30 if verdict is Verdict.ACCEPT_PART else None
                fields |= {"line_number": found.lines[0].line_number, "verdict": verdict, "percent": percent}
            self.desk.send(act, **fields)

    def appeases(self) -> None:
        amount = self.rng.randint(1, 900)
        self.desk.appeases((self.rng.choice([1, 2, 9]), amount), amount_includes_tax=self.rng.random() < 0.5)

    def on_refund(self) -> None:
        if found := self.any_of(self.desk.file().refunds):
            act = self.rng.choice([c.ApproveRefund, c.CancelRefund, c.RetryRefund, c.ReleaseRefundOffline])
            fields = {"reference": "cash"} if act is c.ReleaseRefundOffline else {}
            self.desk.send(act, refund_id=found.refund_id, **fields)  # type: ignore[arg-type]

    def gateway(self) -> None:
        """The gateway answers one leg: paid, refused, or paid and then taken back."""
        legs = [leg for refund in self.desk.file().refunds.values() for leg in refund.legs]
        open_ = [leg for leg in legs if leg.state in (LegState.SENT, LegState.UNANSWERED)]
        paid = [leg for leg in legs if leg.state is LegState.CONFIRMED]
        if open_:
            leg, kind = self.rng.choice(open_), self.rng.choice([K.REFUNDED, K.REFUNDED, K.REFUND_FAILED])
        elif paid:
            leg, kind = self.rng.choice(paid), K.REFUND_REVERSED
        else:
            return
        reference = leg.gateway_reference or f"G-{leg.leg_id}-{leg.attempt}"
        self.pay(kind, leg.amount_minor, leg.payment_ref, operation_reference=leg.leg_id, gateway_reference=reference)

    def bank(self) -> None:
        if self.rng.random() < 0.2:
            self.pay(K.CHARGED_BACK, 100, "P1", gateway_reference="B-1")

    def exchanges(self) -> None:
        wish = c.ExchangeLineInput(line_number=1, quantity=self.units(), new_sku="BLUE", reason="COLOUR")
        self.desk.send(c.CreateExchange, lines=(wish,))

    def reships(self) -> None:
        wish = c.ReshipmentLineInput(line_number=self.number(), quantity=self.units(), reason="LOST")
        self.desk.send(c.CreateReshipment, lines=(wish,), take_back=self.rng.random() < 0.3)

    def calls_back(self) -> None:
        file = self.desk.file()
        if found := self.any_of(file.exchanges):
            self.desk.send(c.CancelExchange, exchange_id=found.exchange_id)
        if again := self.any_of(file.reshipments):
            self.desk.send(c.CancelReshipment, reshipment_id=again.reshipment_id)

    def waits(self) -> None:
        self.desk.wait(self.rng.choice([1, 2, 31]) * DAY)

    def acts(self) -> list[Callable[[], None]]:
        """What may happen next; what happens often stands more often."""
        often = [self.warehouse, self.ships, self.ships, self.returns, self.returns, self.receives, self.receives]
        money = [self.gateway, self.gateway, self.gateway, self.appeases, self.on_refund, self.bank]
        return [*often, *money, self.on_return, self.on_return, self.cancels, self.cancels, self.answers,
                self.exchanges, self.reships, self.calls_back, self.waits]  # fmt: skip


def live(seed: int, length: int) -> Life:
    """One life of `length` inputs, the same for the same seed."""
    rng = Random(seed)
    story = _Story(rng)
    files: list[OrderFile] = []
    for _ in range(length):
        rng.choice(story.acts())()
        changed = story.desk.outcomes[-1].changed.values()
        files += [thing for thing in changed if isinstance(thing, OrderFile)]
    files += [thing for thing in story.desk.things.values() if isinstance(thing, OrderFile)]
    return Life(story.desk, tuple(files), story.policies)
