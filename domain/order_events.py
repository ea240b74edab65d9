"""What can happen to an order file beside the steps of its remedies: the shop's word, units, money, attention, notices."""

from dataclasses import dataclass

from domain.facts import Order, Package
from domain.making import quickly_made
from domain.money import Amounts
from domain.payments import Operation
from domain.quantities import Move
from domain.refunds import Leg
from domain.vocabulary import EntityType, NoticeKind, NoticeStatus, OrderEventKind


@dataclass(frozen=True, slots=True)
class OrderSeen:
    """The shop's word about its order: kind, revision, the whole order. The first one freezes lines and prices."""

    kind: OrderEventKind
    revision: int
    order: Order


@dataclass(frozen=True, slots=True)
class StaleRevision:
    """An older or repeated word of the shop: recorded, no effect."""

    kind: OrderEventKind
    revision: int


@dataclass(frozen=True, slots=True)
class ParcelSent:
    """A box left the house; `repeated`: it was known, only its tracking is replaced."""

    shipment_id: str
    package: Package
    source_id: str | None = None
    repeated: bool = False

    @property
    def parcel(self) -> str:
        """How a parcel is known: its shipment and its box."""
        return f"{self.shipment_id}|{self.package.box_number}"


@quickly_made
@dataclass(frozen=True, slots=True)
class UnitsMoved:
    """Moves of the quantity ledger, all with one cause. Counters beside the buckets come with them.

    `left`, `arrived`, `implied`, `shop_cancelled` are changes (may be negative) per line number; `shipped` (line, units,
    source, µs) and `delivered` (line, units, µs) keep who and when. `fact`: they follow from what shop or warehouse said,
    not from a remedy.
    """

    moves: tuple[Move, ...]
    left: tuple[tuple[int, int], ...] = ()
    arrived: tuple[tuple[int, int], ...] = ()
    implied: tuple[tuple[int, int], ...] = ()
    shop_cancelled: tuple[tuple[int, int], ...] = ()
    shipped: tuple[tuple[int, int, str, int], ...] = ()
    delivered: tuple[tuple[int, int, int], ...] = ()
    fact: bool = False

    @property
    def lines(self) -> tuple[int, ...]:
        """The numbers of the lines that it speaks of."""
        numbers = [move.line_number for move in self.moves]
        for rows in (self.left, self.arrived, self.implied, self.shop_cancelled, self.shipped, self.delivered):
            numbers += [row[0] for row in rows]
        return tuple(dict.fromkeys(numbers))

    def of(self, line_number: int) -> tuple[Move, ...]:
        return tuple(move for move in self.moves if move.line_number == line_number)


@quickly_made
@dataclass(frozen=True, slots=True)
class LineWord:
    """What a warehouse said of one line: how many of its units have which status (SHIPPED: they are in a parcel)."""

    line_number: int
    quantity: int
    status: str
    source_id: str | None = None
    reason: str | None = None


@quickly_made
@dataclass(frozen=True, slots=True)
class WarehouseSaid:
    """A warehouse's word about lines, each named once, and the moves of the ledger that follow from it.

    `at` (µs) is when it happened, `cause_id` the id of the fact.
    """

    words: tuple[LineWord, ...]
    moved: UnitsMoved
    at: int
    cause_id: str

    @property
    def moves(self) -> tuple[Move, ...]:
        return self.moved.moves

    @property
    def source_id(self) -> str | None:
        """The warehouse that spoke."""
        return self.words[0].source_id if self.words else None


@dataclass(frozen=True, slots=True)
class UnitsSpent:
    """A reshipment replaces units where they lie, or (negative) gives them back: (line number, bucket, units)."""

    spent: tuple[tuple[int, str, int], ...]


@dataclass(frozen=True, slots=True)
class WorthSpent:
    """Units of these lines gave their worth to a refund or void: (line number, units); `cancelled`: by a cancellation."""

    units: tuple[tuple[int, int], ...]
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class WorthReturned:
    """Units of these lines stay with the customer after all and are worth something again: (line number, units).

    `gave`: what they had given, per line, where a refund tells; what is left of the line is then spread anew.
    """

    units: tuple[tuple[int, int], ...]
    gave: tuple[tuple[int, Amounts], ...] = ()


@dataclass(frozen=True, slots=True)
class WorthRebased:
    """An appeasement of these lines began, failed or ended: (line number, all live appeasements of the line)."""

    appeased: tuple[tuple[int, Amounts], ...]


@dataclass(frozen=True, slots=True)
class ReceiptSeen:
    """A warehouse's receipt of returned goods, whatever came of it; a second one with its id changes nothing."""

    receipt_id: str
    rma: str | None
    source_id: str | None
    words: str


@dataclass(frozen=True, slots=True)
class PaymentHeard:
    """The gateway's word. `recorded_only`: kept and shown, not counted, with the attention code that says why."""

    operation: Operation
    recorded_only: str | None = None


@dataclass(frozen=True, slots=True)
class FollowOrderMade:
    """This order is an E or R order that a remedy of its original has just made (published as …OrderCreated)."""

    order: Order
    root_id: str
    exchange_id: str | None = None
    reshipment_id: str | None = None
    hold: bool = False


@dataclass(frozen=True, slots=True)
class FollowOrderReleased:
    """The goods are back: the E order may ship."""

    original_order_id: str
    exchange_id: str


@dataclass(frozen=True, slots=True)
class FollowOrderWithdrawn:
    """The E or R order shall not ship any more."""

    original_order_id: str
    exchange_id: str | None = None
    reshipment_id: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class AttentionRaised:
    """`about`: the return whose goods are late, with code `overdue`; that is told once."""

    code: str
    why: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class AttentionCleared:
    codes: tuple[str, ...]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class ConcernRaised:
    """Something happened, or did not happen in time, that a person should look at: a case is opened for it."""

    because: str
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ConcernOpened:
    """The case that stands for a concern now."""

    because: str
    case_id: str


@dataclass(frozen=True, slots=True)
class ConcernHealed:
    because: str


@dataclass(frozen=True, slots=True)
class OrderCommented:
    text: str
    public: bool
    comment_id: str


@dataclass(frozen=True, slots=True)
class Noted:
    """A fact that changed nothing, kept in the history: `kind` is the history's, `words` say what and why."""

    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class OrderStateMoved:
    """The published state of the order became another one: its version has risen. At most one an input."""

    previous_status: str | None


@dataclass(frozen=True, slots=True)
class PersonErased:
    """What is a person's was taken out of the order (or checkout) and out of everything before this in its history.

    `version` is the order's after it: what earlier versions differed by may be gone. 0 for a checkout, which has none.
    """

    version: int
    previous_status: str | None = None


@dataclass(frozen=True, slots=True)
class RemedyErased:
    """What is a person's was taken out of a remedy; a version of its own that changes no state."""

    entity_type: EntityType
    entity_id: str


@dataclass(frozen=True, slots=True)
class LegsSent:
    """Legs that go to their gateways now: one payment request each, (leg, request's event id)."""

    legs: tuple[tuple[Leg, str], ...]
    kind: str
    order_id: str | None = None
    checkout_id: str | None = None
    refund_id: str | None = None
    cancellation_id: str | None = None
    return_id: str | None = None


@dataclass(frozen=True, slots=True)
class NoticeAsked:
    """A mail to somebody is asked for. `recipient` None: nobody is known, nothing is published, history says so."""

    notice_id: str
    kind: NoticeKind
    recipient: str | None
    language: str
    facts: dict[str, str]
    order_id: str | None = None
    case_id: str | None = None
    test: bool = False
    resent_of: str | None = None


@dataclass(frozen=True, slots=True)
class NoticeAnswered:
    """The notifier says whether the mail went out."""

    notice_id: str
    kind: NoticeKind
    status: NoticeStatus
    reason: str | None = None
