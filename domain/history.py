"""What is written down of every change: when, who, what in words and in data (domain.md 13). Nothing is ever removed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from domain import cancellations as ca
from domain import exchanges as ex
from domain import order_events as e
from domain import refunds as rf
from domain import reshipments as rs
from domain import returns as rt
from domain.actors import ActorRef
from domain.case_history import case_words
from domain.cases import Case, CaseCommented
from domain.checkouts import CheckoutCaseLinked, CheckoutJoined, CheckoutSeen
from domain.making import quickly_made
from domain.money import in_words
from domain.order_file import OrderFile
from domain.orders import status
from domain.quantities import Move
from domain.world import Ref, Step


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`entity` is the order or case whose history it is; `kind` one of status, warehouse, payment, notice, post-sales,
    comment, case; `data` the domain event itself, from which the state can be folded again. Times in µs UTC."""

    entity: Ref
    happened_at: int
    recorded_at: int
    actor: ActorRef
    kind: str
    words: str
    data: object
    cause_id: str


def _moves(moves: tuple[Move, ...]) -> str:
    return "; ".join(f"line {m.line_number}: {m.quantity} {m.source} → {m.target}" for m in moves) or "counted"


def _said(event: e.WarehouseSaid) -> str:
    return "; ".join([f"line {word.line_number}: {word.quantity} {word.status}" for word in event.words])


def _parcel(event: e.ParcelSent) -> str:
    package = event.package
    lines = ", ".join(f"{line.quantity} of line {line.line_number}" for line in package.lines)
    parts = [f"box {package.box_number} of shipment {event.shipment_id}: {lines}"]
    parts += [f"carrier {package.carrier}"] if package.carrier else []
    parts += [f"tracking {package.tracking_number}"] if package.tracking_number else []
    parts += ["again, nothing moved"] if event.repeated else []
    return ", ".join(parts)


def _payment(event: e.PaymentHeard) -> str:
    op = event.operation
    words = f"{op.kind} {in_words(op.amount_minor, op.currency)} on payment {op.payment_ref} ({op.method})"
    return f"{words}; recorded, not counted: {event.recorded_only}" if event.recorded_only else words


def _asked(event: e.LegsSent) -> str:
    return "; ".join(f"asked {leg.gateway} for {event.kind} of {leg.amount_minor} on payment {leg.payment_ref}, attempt {leg.attempt}" for leg, _ in event.legs)  # fmt: skip


def _notice(event: e.NoticeAsked) -> str:
    if event.recipient is None:
        return f"{event.kind} could not be sent: no e-mail is known"
    return f"{event.kind} sent again" if event.resent_of else f"{event.kind} asked for"


_WORDS: Final[dict[type[Any], tuple[str, Callable[[Any], str]]]] = {
    CheckoutSeen: ("status", lambda ev: f"the shop said checkout {ev.checkout.kind}"),
    CheckoutJoined: ("status", lambda ev: f"it became order {ev.order_id}"),
    CheckoutCaseLinked: ("case", lambda _: "a case was opened on it"),
    e.OrderSeen: ("status", lambda ev: f"the shop said {ev.kind}, revision {ev.revision}, status {ev.order.status}"),
    e.StaleRevision: ("status", lambda ev: f"{ev.kind} with revision {ev.revision} came late; it changed nothing"),
    e.WarehouseSaid: ("warehouse", _said),
    e.ParcelSent: ("warehouse", _parcel),
    e.UnitsMoved: ("warehouse", lambda ev: _moves(ev.moves)),
    e.UnitsSpent: ("post-sales", lambda ev: "; ".join(f"line {n}: {u} {b} replaced" for n, b, u in ev.spent)),
    e.ReceiptSeen: ("warehouse", lambda ev: ev.words),
    e.WorthSpent: ("payment", lambda ev: "; ".join(f"line {n}: worth of {u} units spent" for n, u in ev.units)),
    e.WorthReturned: (
        "payment",
        lambda ev: "; ".join(f"line {n}: {u} units worth something again" for n, u in ev.units),
    ),
    e.WorthRebased: ("payment", lambda _: "what is left of the line was spread anew"),
    e.PaymentHeard: ("payment", _payment),
    e.LegsSent: ("payment", _asked),
    e.FollowOrderMade: ("post-sales", lambda ev: f"made for order {ev.order.original_order_id}, free of charge"),
    e.FollowOrderReleased: ("post-sales", lambda ev: f"released: the goods of order {ev.original_order_id} are back"),
    e.FollowOrderWithdrawn: ("post-sales", lambda ev: f"withdrawn: {ev.reason or 'no reason given'}"),
    e.AttentionRaised: ("status", lambda ev: f"needs attention ({ev.code}): {ev.why}"),
    e.AttentionCleared: ("status", lambda ev: f"attention cleared: {', '.join(ev.codes)}"),
    e.ConcernRaised: ("status", lambda ev: f"needs a person: {ev.because}"),
    e.ConcernOpened: ("case", lambda ev: f"a case stands for it: {ev.because}"),
    e.ConcernHealed: ("case", lambda ev: f"healed: {ev.because}"),
    e.PersonErased: ("status", lambda _: "personal data erased"),
    e.RemedyErased: ("post-sales", lambda ev: f"personal data of {ev.entity_type} {ev.entity_id} erased"),
    e.OrderCommented: ("comment", lambda ev: ev.text),
    e.NoticeAsked: ("notice", _notice),
    e.NoticeAnswered: ("notice", lambda ev: f"{ev.kind}: {ev.status}"),
}

_REMEDY: Final[dict[type[Any], Callable[[Any], str]]] = {
    ca.CancellationAnswered: lambda ev: "cancellation: " + ", ".join(
        f"line {n}: {c} stopped, {r} refused" for n, c, r, _ in ev.lines),
    ca.CancellationAskedWarehouse: lambda _: "cancellation asked of the warehouse",
    ex.ExchangeOrderMade: lambda ev: f"exchange order {ev.new_order_id} made",
    ex.ExchangeWaits: lambda ev: f"exchange order {ev.new_order_id} made, on hold until the goods are back",
    rs.ReshipmentOrderMade: lambda ev: f"reshipment order {ev.new_order_id} made",
    rf.RefundRequested: lambda ev: f"{ev.refund.refund_type} refund of {in_words(ev.refund.amount_minor, ev.refund.currency)} planned",
    rt.ReturnRequested: lambda ev: f"return {ev.made.rma} asked for: {ev.made.comment or 'goods came unannounced'}",
}  # fmt: skip


def _spoken(name: str) -> str:
    """`ReturnLineDecided` as "return line decided"."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()


def _told(step: Step) -> tuple[str, str] | None:
    """The kind and the words of a step's entry; None for one that says nothing that another entry does not."""
    event = step.event
    known = _WORDS.get(type(event))
    if known is not None:
        return known[0], known[1](event)
    if isinstance(event, e.OrderStateMoved):
        return _status_moved(step, event)
    if isinstance(event, e.Noted):
        return event.kind, event.words
    if isinstance(step.after, Case):
        before = step.before if isinstance(step.before, Case) else None
        words = case_words(event, before, step.after)  # type: ignore[arg-type]
        return "comment" if isinstance(event, CaseCommented) else "case", words
    told = _REMEDY.get(type(event))
    return "post-sales", told(event) if told else _spoken(type(event).__name__)


def _status_moved(step: Step, event: e.OrderStateMoved) -> tuple[str, str] | None:
    """Only where the status became another one: that anything else was published is told by what changed it."""
    now = status(step.after) if isinstance(step.after, OrderFile) else None
    if now is None or now == event.previous_status:
        return None
    return "status", f"{event.previous_status} → {now}" if event.previous_status else f"first known as {now}"


def entries(step: Step) -> tuple[Entry, ...]:
    """The history entries of one step; it happened when the outside world said so, else when we recorded it."""
    told = _told(step)
    if told is None:
        return ()
    stamp = step.stamp
    made = Entry(
        entity=step.ref,
        happened_at=stamp.happened_at or stamp.at,
        recorded_at=stamp.at,
        actor=stamp.actor,
        kind=told[0],
        words=told[1],
        data=step.event,
        cause_id=stamp.cause_id,
    )
    return (made,)
