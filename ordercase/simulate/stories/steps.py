"""What many stories have in common: how an order gets to the customer, and how money comes back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ordercase.simulate.basket import Value, in_words
from ordercase.simulate.books import Part, legs
from ordercase.simulate.seen import Entity
from ordercase.simulate.story import Script, Story

CANCELLATION: Final = "postsales.CancellationChanged"
CHANGE: Final = "postsales.OrderChangeChanged"
RETURN: Final = "postsales.ReturnChanged"
REFUND: Final = "postsales.RefundChanged"
EXCHANGE: Final = "postsales.ExchangeChanged"
RESHIPMENT: Final = "postsales.ReshipmentChanged"
CASE: Final = "cases.CaseChanged"
TASK: Final = "cases.TaskChanged"

AT_ONCE: Final = ("REQUESTED", "PENDING_RELEASE", "RELEASED")
"""The way of a refund that nothing disturbs."""

NO_CASES: Final[Mapping[str, str]] = {}

Units = Mapping[int, int]
"""Line number → units."""


@dataclass(frozen=True, slots=True)
class Owed:
    """What must come back: the worth per line, less a fee and what nobody has any more, and which payment gives how much."""

    parts: tuple[Part, ...]
    legs: tuple[tuple[str, int], ...]
    fee: int = 0
    shortfall: int = 0

    @property
    def amount(self) -> int:
        return sum(part.gross for part in self.parts) - self.fee - self.shortfall


def paid(s: Story) -> Script[None]:
    """The order is placed and its money captured, and the worker knows."""
    s.shop.place()
    s.gateway.authorises()
    s.gateway.takes()
    yield from s.order_shows(captured_minor=s.basket.total, order_total_minor=s.basket.total, due_minor=0)


def authorised(s: Story) -> Script[None]:
    """The order is placed and its money promised, nothing charged; the worker knows of both, which are its versions 1 and 2."""
    s.shop.place()
    s.gateway.authorises()
    yield from s.order_shows(due_minor=s.basket.total)
    yield from s.until(
        "both the order and its authorisation",
        lambda: (order := s.seen.order(s.market.channel, s.order_id)) and order.version > len(s.gateway.payments),
    )


def shipped(s: Story, units: Units | None = None, bucket: str = "shipped") -> Script[None]:
    """These units (all goods by default) have left the house."""
    units = units or s.basket.units()
    for status in ("RECEIVED", "PICKED", "PACKED"):
        s.warehouse.says(status, units)
    s.warehouse.ships(units)
    if bucket == "delivered":
        s.warehouse.says("DELIVERED", units)
    yield from s.order_shows(lines={n: {"buckets": {bucket: q}} for n, q in units.items()})


def in_warehouse(s: Story) -> Script[None]:
    """A warehouse has all goods and has not begun with them."""
    units = s.basket.units()
    s.warehouse.says("RECEIVED", units)
    yield from s.order_shows(status="RECEIVED", lines={n: {"buckets": {"at_warehouse": q}} for n, q in units.items()})


def delivered(s: Story, units: Units | None = None) -> Script[None]:
    """These units (all goods by default) are at the customer's, paid for."""
    if not s.shop.orders:
        yield from paid(s)
    yield from shipped(s, units, "delivered")


def owed(s: Story, units: Units) -> Owed:
    """Spends the worth of these units in the books; call it before the worker is told, while the payments are as they are."""
    return owed_for(s, s.books.worth(units))


def owed_for(s: Story, parts: list[Part], fee: int = 0) -> Owed:
    amount = sum(part.gross for part in parts) - fee
    short = max(0, amount - sum(left for _, _, left in s.gateway.captures()))
    return Owed(tuple(parts), tuple(legs(amount - short, s.gateway.captures())), fee, short)


def released(s: Story, due: Owed, *, kind: str, way: tuple[str, ...] = AT_ONCE, **cause: object) -> Script[Value]:
    """Waits until this money is released, checks the refund to the cent, and books it. `cause`: fields that identify it."""
    refund = yield from s.only(REFUND, state="RELEASED", **cause)
    value = refund.latest
    s.check(f"refund of {kind}", value, {
        "refund_type": kind,
        "amount_minor": due.amount,
        "currency": s.market.currency,
        "shipping_minor": sum(part.gross for part in due.parts if not s.basket.item(part.number).physical),
        "fee_minor": due.fee, "shortfall_minor": due.shortfall, "voided_minor": 0,
        "lines": {part.number: part.shown() for part in due.parts},
        "legs": [{"payment_ref": ref, "amount_minor": amount, "state": "CONFIRMED"} for ref, amount in due.legs],
        "sales_channel": s.market.channel, "order_id": s.order_id,
    })  # fmt: skip
    if {line["line_number"] for line in value["lines"]} != {part.number for part in due.parts}:
        s.wrong(f"refund of {kind}: its lines are {value['lines']}")
    if tuple(refund.states) != way:
        s.wrong(f"refund of {kind}: it went {refund.states}, not {list(way)}")
    if not re.fullmatch(rf"{s.market.channel}-CN-\d{{8}}", value["credit_note_number"] or ""):
        s.wrong(f"refund of {kind}: its credit note is {value['credit_note_number']}")
    s.books.refund(due.parts)
    s.tell(f"refund {in_words(due.amount, s.market.currency)} released")
    return value


def told_amount(s: Story, kind: str, amount: int) -> None:
    """A notice of this kind names this amount, in words and in minor units."""
    facts = [notice["facts"] for notice in s.seen.notices if notice["kind"] == kind]
    wanted = {"amount": in_words(amount, s.market.currency), "amount_minor": str(amount)}
    if not any(all(fact.get(name) == value for name, value in wanted.items()) for fact in facts):
        s.wrong(f"no notice {kind} names {wanted}: {facts}")


def ends(s: Story, status: str, buckets: Mapping[int, Mapping[str, int]], *notices: str,
         money: bool = True, cases: Mapping[str, str] = NO_CASES, **more: object) -> Script[None]:  # fmt: skip
    """The end of every story: the order's state, its units, its money to the cent, and the notices, no more and no less.

    `money` False leaves the lines' amounts out (where part of the money was let go instead of given back). `cases`: the
    cases that opened by themselves, why, and the state each is in; any other is wrong.
    """
    lines: dict[int, Value] = {number: {"buckets": dict(units)} for number, units in buckets.items()}
    if money:
        for number, amounts in s.books.expected_lines().items():
            lines[number] = lines.get(number, {}) | amounts
    wanted: Value = {
        "status": status,
        "captured_minor": s.gateway.captured,
        "refunded_minor": s.gateway.given_back,
        "pending_minor": 0,
        "charged_back_minor": s.gateway.charged_back,
        "due_minor": 0,
        "order_total_minor": s.basket.total,
        "needs_attention": False,
        "attention": [],
        "lines": lines,
    } | more
    yield from s.order_shows(**wanted)
    yield from s.notices_are(*notices)
    for because, state in cases.items():
        yield from opened(s, because, state)
        s.tell("a case opened by itself" + (" and healed" if state == "RESOLVED" else ", for a person to look at"))
    others = {entity.latest["opened_because"] for entity in s.seen.all(CASE)} - set(cases) - {None}
    if others:
        s.wrong(f"cases opened by themselves that nobody expected: {', '.join(sorted(others))}")


def at_the_door(s: Story) -> dict[int, dict[str, int]]:
    """Every unit is with the customer."""
    return {number: {"delivered": quantity} for number, quantity in s.basket.units().items()}


def one_back(s: Story, bucket: str = "back_good") -> dict[int, dict[str, int]]:
    """Every unit is with the customer, but one of line 1 came back."""
    buckets = at_the_door(s)
    buckets[1] = {"delivered": buckets[1]["delivered"] - 1, bucket: 1}
    return buckets


def opened(s: Story, because: str, state: str = "NEW") -> Script[Entity]:
    """Waits for the case that opened by itself because of this, in this state; RESOLVED: it healed."""
    case = yield from s.only(CASE, opened_because=because, state=state)
    s.check(f"case {because}", case.latest, {"service": "DISPUTE", "channel": "SYSTEM", "origin": "SYSTEM", "priority": 2,
                                             "order_id": s.order_id, "account_id": s.account})  # fmt: skip
    if case.states[0] != "NEW":
        s.wrong(f"case {because}: it began as {case.states[0]}")
    if state == "RESOLVED":
        s.check(f"case {because}", case.latest["resolution_code"], "HEALED")
        if {line["state"] for line in case.latest["lines"]} != {"RESOLVED_ACCEPTED"}:
            s.wrong(f"case {because}: healed with the lines {case.latest['lines']}")
    return case


def lines_of(units: Units, **more: object) -> list[Value]:
    """As the lines of a command."""
    return [{"line_number": number, "quantity": quantity} | more for number, quantity in sorted(units.items())]


def named(s: Story, units: Units) -> str:
    """`1 of 2 shirts and 1 mug`."""
    words = []
    for number, quantity in sorted(units.items()):
        item = s.basket.item(number)
        part = f"{quantity} of {item.name(item.quantity)}" if quantity < item.quantity else item.name(quantity)
        words.append(part)
    return " and ".join(words)
