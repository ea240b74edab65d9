"""Cancellations: of what nobody has touched, of what a warehouse has, and of what is on its way already."""

from ordercase.simulate.basket import in_words
from ordercase.simulate.stories.returns import sent_back
from ordercase.simulate.stories.steps import (
    CANCELLATION,
    REFUND,
    delivered,
    ends,
    lines_of,
    named,
    owed,
    paid,
    released,
    shipped,
    told_amount,
)
from ordercase.simulate.story import Script, Story

WHY = "changed my mind"
ASKED = ("REQUESTED", "ASKED_WAREHOUSE")


def _went(s: Story, cancellation_id: str, *way: str) -> None:
    entity = s.seen.entity(CANCELLATION, cancellation_id)
    if entity and tuple(entity.states) != way:
        s.wrong(f"the cancellation went {entity.states}, not {list(way)}")


def _cancelled(s: Story, units: dict[int, int], *way: str) -> Script[str]:
    """The agent cancels these units, which the worker confirms at once; returns the cancellation's id."""
    reply = yield from s.agent.does("CancelOrder", lines=lines_of(units), reason=WHY)
    lines = {number: {"asked": quantity, "confirmed": quantity, "refused": 0} for number, quantity in units.items()}
    yield from s.shows(CANCELLATION, reply["entity_id"], state="CONFIRMED", lines=lines, reason=WHY, forced=False)
    _went(s, reply["entity_id"], *(way or ("REQUESTED", "CONFIRMED")))
    return str(reply["entity_id"])


def whole_order(s: Story) -> Script[None]:
    """Paid, not yet sent: everything is cancelled and every cent comes back."""
    yield from paid(s)
    units = {item.number: item.quantity for item in s.basket.items}
    due = owed(s, units)
    reply = yield from s.agent.does("CancelOrder", lines=[], reason=WHY)
    cancellation = yield from s.shows(CANCELLATION, reply["entity_id"], state="CONFIRMED", voids=[])
    s.tell("cancelled as a whole")
    refund = yield from released(s, due, kind="CANCELLATION", cancellation_id=cancellation["cancellation_id"])
    yield from s.shows(CANCELLATION, reply["entity_id"], refund_ids=[refund["refund_id"]])
    if s.gateway.refunded != s.basket.total:
        s.wrong(f"{s.gateway.refunded} of {s.basket.total} came back")
    buckets = {number: {"cancelled": quantity} for number, quantity in units.items()}
    yield from ends(s, "CANCELLED", buckets, "ORDER_CANCELLED", "REFUND_RELEASED")
    told_amount(s, "REFUND_RELEASED", due.amount)


def one_by_one(s: Story) -> Script[None]:
    """One unit is cancelled, the others are delivered and then come back: in the end every cent is returned."""
    yield from paid(s)
    units = s.basket.units()
    due = owed(s, {1: 1})
    cancellation_id = yield from _cancelled(s, {1: 1})
    s.tell(f"{named(s, {1: 1})} cancelled")
    yield from released(s, due, kind="CANCELLATION", cancellation_id=cancellation_id)
    rest = units | {1: units[1] - 1}
    yield from delivered(s, rest)
    s.tell(f"the rest returned ({sum(rest.values())})")
    yield from sent_back(s, rest)
    if s.gateway.refunded != s.basket.total:
        s.wrong(f"{s.gateway.refunded} of {s.basket.total} came back")
    buckets = {number: {"back_good": quantity} for number, quantity in rest.items()}
    buckets[1]["cancelled"] = 1
    yield from ends(s, "COMPLETE", buckets, "ORDER_LINES_CANCELLED", "REFUND_RELEASED", "RETURN_APPROVED",
                    "REFUND_RELEASED", "RETURN_RECEIVED")  # fmt: skip


def let_go(s: Story) -> Script[None]:
    """Part captured, part only authorised, everything cancelled: the one is refunded, the other voided."""
    gift, card = s.gateway.payments
    yield from _half_paid(s)
    reply = yield from s.agent.does("CancelOrder", lines=[], reason=WHY)
    voids = [{"payment_ref": card.reference, "amount_minor": card.amount, "state": "CONFIRMED", "attempt": 1}]
    yield from s.shows(CANCELLATION, reply["entity_id"], state="CONFIRMED", voids=voids)
    refund = yield from s.only(REFUND, state="RELEASED", cancellation_id=reply["entity_id"])
    s.check("refund of the captured part", refund.latest, {
        "amount_minor": gift.amount, "voided_minor": card.amount, "shortfall_minor": 0,
        "legs": [{"payment_ref": gift.reference, "amount_minor": gift.amount}],
    })  # fmt: skip
    s.tell("cancelled as a whole", f"refund {in_words(gift.amount, s.market.currency)} released",
           f"{in_words(card.amount, s.market.currency)} let go")  # fmt: skip
    yield from ends(s, "CANCELLED", {1: {"cancelled": s.basket.item(1).quantity}}, "ORDER_CANCELLED",
                    "REFUND_RELEASED", money=False)  # fmt: skip


def let_go_in_part(s: Story) -> Script[None]:
    """One unit is cancelled before the card was charged: its price is voided, and the rest charged when it ships."""
    _, card = s.gateway.payments
    yield from _half_paid(s)
    units = s.basket.units()
    part = s.books.worth({1: 1})[0]
    cancellation_id = yield from _cancelled(s, {1: 1})
    voids = [{"payment_ref": card.reference, "amount_minor": part.gross, "state": "CONFIRMED"}]
    yield from s.shows(CANCELLATION, cancellation_id, voids=voids, refund_ids=[])
    s.tell(f"{named(s, {1: 1})} cancelled", f"{in_words(part.gross, s.market.currency)} let go")
    yield from shipped(s, units | {1: units[1] - 1})
    s.gateway.takes_one(card, less=part.gross)
    buckets = {number: {"shipped": quantity} for number, quantity in units.items()}
    buckets[1] = {"shipped": units[1] - 1, "cancelled": 1}
    yield from ends(s, "COMPLETE", buckets, "ORDER_LINES_CANCELLED", money=False)


def _half_paid(s: Story) -> Script[None]:
    """The gift card is charged, the credit card only authorised; what is seen of the one comes after the other."""
    gift, card = s.gateway.payments
    s.shop.place()
    s.gateway.authorises()
    s.gateway.takes_one(gift)
    yield from s.order_shows(captured_minor=gift.amount, due_minor=card.amount)


def warehouse_agrees(s: Story) -> Script[None]:
    """The warehouse has everything and can still stop one unit."""
    yield from _asked_of_warehouse(s, confirmed=1)


def warehouse_refuses(s: Story) -> Script[None]:
    """The warehouse has everything and cannot stop it any more."""
    yield from _asked_of_warehouse(s, confirmed=0)


def warehouse_agrees_in_part(s: Story) -> Script[None]:
    """Two units are asked for, one can be stopped."""
    yield from _asked_of_warehouse(s, asked=2, confirmed=1)


def _asked_of_warehouse(s: Story, *, confirmed: int, asked: int = 1) -> Script[None]:
    yield from paid(s)
    units = s.basket.units()
    s.warehouse.says("RECEIVED", units)
    yield from s.order_shows(status="RECEIVED", lines={n: {"buckets": {"at_warehouse": q}} for n, q in units.items()})
    reply = yield from s.agent.does("CancelOrder", lines=lines_of({1: asked}), reason=WHY)
    asking = yield from s.shows(CANCELLATION, reply["entity_id"], state="ASKED_WAREHOUSE", lines={1: {"asked": asked}})
    yield from s.order_shows(lines={1: {"buckets": {"cancel_asked": asked}}})
    due = owed(s, {1: confirmed}) if confirmed else None
    s.warehouse.answers(asking, {1: confirmed})
    end = "REFUSED" if not confirmed else "CONFIRMED" if confirmed == asked else "PARTLY_CONFIRMED"
    yield from s.shows(CANCELLATION, reply["entity_id"], state=end,
                       lines={1: {"confirmed": confirmed, "refused": asked - confirmed}})  # fmt: skip
    _went(s, reply["entity_id"], *ASKED, end)
    s.tell(f"cancellation of {named(s, {1: asked})} at the warehouse: {end.replace('_', ' ').lower()}")
    notices = ["ORDER_LINES_CANCELLED", "REFUND_RELEASED"] if due else ["CANCELLATION_REFUSED"]
    if due:
        yield from released(s, due, kind="CANCELLATION", cancellation_id=reply["entity_id"])
    rest = units | {1: units[1] - confirmed}
    yield from shipped(s, {n: q for n, q in rest.items() if q}, "delivered")
    buckets = {number: {"delivered": quantity} for number, quantity in rest.items()}
    buckets[1]["cancelled"] = confirmed
    cases = {} if confirmed else {"cancellation_refused": "NEW"}
    yield from ends(s, "COMPLETE", buckets, *notices, cases=cases)


def some_open(s: Story) -> Script[None]:
    """Line 1 is at the warehouse, line 2 with nobody yet: the one is asked for, the other cancelled at once."""
    yield from paid(s)
    units = s.basket.units()
    s.warehouse.says("RECEIVED", {1: units[1]})
    yield from s.order_shows(lines={1: {"buckets": {"at_warehouse": units[1]}}})
    due = owed(s, {item.number: item.quantity for item in s.basket.items})
    reply = yield from s.agent.does("CancelOrder", lines=[], reason=WHY)
    asking = yield from s.shows(CANCELLATION, reply["entity_id"], state="ASKED_WAREHOUSE",
                                lines={1: {"confirmed": 0}, 2: {"confirmed": units[2]}})  # fmt: skip
    s.warehouse.answers(asking, {1: units[1]})
    yield from s.shows(CANCELLATION, reply["entity_id"], state="CONFIRMED")
    s.tell("cancelled as a whole, in part at the warehouse")
    yield from released(s, due, kind="CANCELLATION", cancellation_id=reply["entity_id"])
    buckets = {number: {"cancelled": quantity} for number, quantity in units.items()}
    yield from ends(s, "CANCELLED", buckets, "ORDER_CANCELLED", "REFUND_RELEASED")


def parcel_was_faster(s: Story) -> Script[None]:
    """While the warehouse is asked, the parcel leaves: the shipment wins, and no money moves."""
    yield from paid(s)
    units = s.basket.units()
    s.warehouse.says("RECEIVED", units)
    yield from s.order_shows(status="RECEIVED", lines={n: {"buckets": {"at_warehouse": q}} for n, q in units.items()})
    reply = yield from s.agent.does("CancelOrder", lines=lines_of({1: units[1]}), reason=WHY)
    asking = yield from s.shows(CANCELLATION, reply["entity_id"], state="ASKED_WAREHOUSE")
    s.warehouse.ships(units)
    yield from s.shows(CANCELLATION, reply["entity_id"], state="REFUSED",
                       lines={1: {"confirmed": 0, "refused": units[1]}})  # fmt: skip
    _went(s, reply["entity_id"], *ASKED, "REFUSED")
    s.warehouse.refuses_late(asking, {1: units[1]})
    s.warehouse.says("DELIVERED", units)
    s.tell(f"cancellation of {named(s, {1: units[1]})} came after the parcel")
    buckets = {number: {"delivered": quantity} for number, quantity in units.items()}
    yield from ends(s, "COMPLETE", buckets, "CANCELLATION_REFUSED", cases={"cancellation_refused": "NEW"})
