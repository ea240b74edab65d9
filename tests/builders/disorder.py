"""Whole stories of facts for an order, told in any order, twice in parts; and what must come out the same (domain.md 10).

Facts only: what people and the system decide depends on what they knew when they did.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from hypothesis import strategies as st

from domain import facts as f
from domain.order_file import OrderFile
from domain.orders import line_status, snapshot, status
from domain.vocabulary import OrderEventKind, OrderStatus, PaymentKind, UnitStatus
from domain.world import Aggregate, Ref
from tests.builders.desk import MINUTE, START, uid
from tests.builders.town import ORDERS, added

K = PaymentKind
ORDER: Final = ORDERS[0]
PLACE: Final[dict[str, Any]] = {"sales_channel": ORDER.sales_channel, "order_id": ORDER.order_id}
NUMBERS: Final = {line.line_number: line.quantity for line in ORDER.lines if line.quantity > 1}
WORDS: Final = [status for status in UnitStatus if status is not UnitStatus.UNKNOWN]
SHOP: Final = (OrderStatus.RECEIVED, OrderStatus.ONHOLD, OrderStatus.APPROVED, OrderStatus.COMPLETE)


def _said(what: str, number: int, units: int, place: int) -> f.Fact:
    """The fact that happened at this place of the story."""
    when: dict[str, Any] = {"event_id": uid(f"disorder {place}"), "occurred_at": START + place * MINUTE}
    units = min(units, NUMBERS[number])
    if what == "SHIPPED":
        box = f.Package(box_number="1", lines=(f.PackageLine(line_number=number, quantity=units),))
        return f.Shipment(**PLACE, **when, shipment_id=f"S{place}", source_id="W1", packages=(box,))
    said = f.StatusLine(line_number=number, quantity=units, status=UnitStatus(what))
    return f.LineStatus(**PLACE, **when, source_id="W1", lines=(said,))


def _paid(kind: PaymentKind, named: int, amount: int, place: int) -> f.PaymentEvent:
    """A word of the gateway; it names its operation, and the order, its checkout, or both."""
    homes = ({"order_id": ORDER.order_id}, {"checkout_id": ORDER.checkout_id},
             {"order_id": ORDER.order_id, "checkout_id": ORDER.checkout_id})  # fmt: skip
    home: dict[str, Any] = homes[named % 3]
    return f.PaymentEvent(
        event_id=uid(f"disorder {place}"),
        occurred_at=START + place * MINUTE,
        sales_channel=ORDER.sales_channel,
        payment_ref=f"P{named % 2}",
        gateway="gate",
        method="card",
        kind=kind,
        amount_minor=amount,
        currency="EUR",
        gateway_reference=None if named == 5 else f"G{named}",
        **home,
    )


def _shop(revision: int, kind: OrderEventKind, shop_status: OrderStatus, place: int) -> f.OrderEvent:
    """The shop's word: the whole order, from the second revision on with a further line."""
    lines = ORDER.lines if revision == 1 else (*ORDER.lines, added(20, 1))
    return f.OrderEvent(
        event_id=uid(f"disorder {place}"),
        occurred_at=START + place * MINUTE,
        kind=kind,
        revision=revision,
        order=replace(ORDER, lines=lines, status=shop_status),
    )


@st.composite
def stories(draw: st.DrawFn) -> list[f.Fact]:
    """What happened, in the order in which it did. The shop's cancellation, where there is one, is its last word."""
    units = st.tuples(
        st.sampled_from(["SHIPPED", "SHIPPED", *WORDS]), st.sampled_from(list(NUMBERS)), st.integers(1, 3)
    )
    money = st.tuples(
        st.sampled_from([k for k in K if k is not K.UNKNOWN]), st.integers(0, 5), st.sampled_from([500, 900])
    )
    told: list[Any] = draw(st.lists(units | money, min_size=1, max_size=9))
    words = draw(st.lists(st.sampled_from(SHOP), max_size=2))
    cancelled = draw(st.booleans())
    at = sorted(draw(st.lists(st.integers(1, 99), min_size=len(words), max_size=len(words), unique=True)))
    story: list[f.Fact] = [_shop(1, OrderEventKind.PLACED, OrderStatus.NEW, 0)]
    for place, one in enumerate(told, 1):
        what, number, units = one
        if isinstance(what, PaymentKind):
            story.append(_paid(what, number, units, place * 10 + 5))
        else:
            story.append(_said(what, number, units, place * 10 + 5))
    for revision, (word, place) in enumerate(zip(words, at, strict=True), 2):
        last = cancelled and revision == len(words) + 1
        kind = OrderEventKind.CANCELLED if last else OrderEventKind.UPDATED
        story.append(_shop(revision, kind, word, place * 10))
    return sorted(story, key=lambda fact: fact.occurred_at)


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[f.Fact], list[f.Fact]]:
    """A story, and how it arrives: in any order, some of it twice."""
    story = draw(stories())
    again = draw(st.lists(st.sampled_from(story), max_size=4))
    return story, draw(st.permutations([*story, *again]))


def seen_of(file: OrderFile) -> dict[str, Any]:
    """What must be the same: the order's status, per line its status and buckets, and the fold of the payments."""
    return {
        "status": status(file),
        "lines": {n: (line_status(line), line.units.public()) for n, line in sorted(file.lines.items())},
        "payments": snapshot(file).payments,
    }


def seen(things: Mapping[Ref, Aggregate]) -> dict[str, Any]:
    """`seen_of` each order that is known, by its key."""
    return {file.key: seen_of(file) for file in things.values() if isinstance(file, OrderFile) and file.known}
