"""Where each unit of an order line is: the quantity ledger (domain.md 2). The only change is a move."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from domain.copying import replace
from domain.making import quickly_made


class Bucket(StrEnum):
    """Every unit of a line is in exactly one of these. The four stages together are the contract's `at_warehouse`."""

    OPEN = "open"
    CANCEL_ASKED = "cancel_asked"
    CANCELLED = "cancelled"
    RECEIVED = "received"
    ONHOLD = "onhold"
    PICKED = "picked"
    PACKED = "packed"
    DECLINED = "declined"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    LOST = "lost"
    RETURN_ANNOUNCED = "return_announced"
    BACK_GOOD = "back_good"
    BACK_DAMAGED = "back_damaged"
    RETURN_REJECTED = "return_rejected"


STAGES: Final = (Bucket.RECEIVED, Bucket.ONHOLD, Bucket.PICKED, Bucket.PACKED)
"""At the warehouse, lowest first."""

LEFT_THE_HOUSE: Final = (Bucket.SHIPPED, Bucket.DELIVERED, Bucket.LOST, Bucket.RETURN_ANNOUNCED,
                         Bucket.BACK_GOOD, Bucket.BACK_DAMAGED, Bucket.RETURN_REJECTED)  # fmt: skip

PUBLIC: Final = ("open", "cancel_asked", "cancelled", "at_warehouse", "declined", "shipped", "delivered", "lost",
                 "return_announced", "back_good", "back_damaged", "return_rejected")  # fmt: skip
"""The bucket names of the contract, in its order."""


_NOWHERE: Final = dict.fromkeys(PUBLIC, 0)
_PUBLIC_NAME: Final = {bucket: "at_warehouse" if bucket in STAGES else bucket.value for bucket in Bucket}


@quickly_made
@dataclass(frozen=True, slots=True)
class Move:
    """`quantity` units of a line went from one bucket to another."""

    line_number: int
    source: Bucket
    target: Bucket
    quantity: int


@quickly_made
@dataclass(frozen=True, slots=True)
class Told:
    """One thing that the ledger of a line was told: `place` orders them by when they happened (µs), then by what told it.

    `kind`: a warehouse's status, SHIPPED, SHOP_CANCELLED, or MOVES for what a remedy of ours moved.
    """

    at: int
    cause_id: str
    kind: str
    quantity: int = 0
    source: str = ""
    moves: tuple[Move, ...] = ()

    @property
    def place(self) -> tuple[int, str]:
        return self.at, self.cause_id


@quickly_made
@dataclass(frozen=True, slots=True)
class Units:
    """The units of one line. `buckets` holds only what is > 0; its values always sum to the line's quantity.

    `left`, `arrived`, `implied` are the counters beside the buckets; `spent` counts, per bucket, units that an R order
    replaced (no other remedy may take them); `shop_cancelled` those in `cancelled` that only the shop's CANCELLED put
    there; `shipped_by` who shipped how many, first shipper first; `shipments` and `deliveries` (µs, units) for windows;
    `warehouse_word` the last status a warehouse said; `declined_at` (µs) since when units are declined.
    `told` is everything the ledger was told, in the order it happened; `settled`: the oldest of it was let go, so what
    comes late is taken as if it happened now.
    """

    buckets: dict[Bucket, int]
    left: int = 0
    arrived: int = 0
    implied: int = 0
    spent: dict[Bucket, int] = field(default_factory=dict)
    shop_cancelled: int = 0
    shipped_by: dict[str, int] = field(default_factory=dict)
    shipments: tuple[tuple[int, int], ...] = ()
    deliveries: tuple[tuple[int, int], ...] = ()
    warehouse_word: str | None = None
    declined_at: int | None = None
    told: tuple[Told, ...] = ()
    settled: bool = False

    def at(self, *buckets: Bucket) -> int:
        """Units in these buckets together."""
        found = self.buckets.get
        units = 0
        for bucket in buckets:
            units += found(bucket, 0)
        return units

    def free(self, bucket: Bucket) -> int:
        """Units in a bucket that no reshipment has spent."""
        return self.buckets.get(bucket, 0) - self.spent.get(bucket, 0)

    @property
    def quantity(self) -> int:
        return sum(self.buckets.values())

    def public(self) -> dict[str, int]:
        """The buckets by the contract's names, every name present."""
        found = _NOWHERE.copy()
        for bucket, quantity in self.buckets.items():
            found[_PUBLIC_NAME[bucket]] += quantity
        return found


class LedgerBroken(Exception):
    """A move that would take more units than a bucket has. A bug in a rule."""


def moved(units: Units, move: Move) -> Units:
    """The ledger after one move. Raises LedgerBroken when the source has fewer units."""
    have = units.buckets.get(move.source, 0)
    if move.quantity <= 0 or have < move.quantity:
        raise LedgerBroken(f"line {move.line_number}: {move.quantity} from {move.source}, which has {have}")
    buckets = dict(units.buckets)
    buckets[move.source] = have - move.quantity
    if not buckets[move.source]:
        del buckets[move.source]
    buckets[move.target] = buckets.get(move.target, 0) + move.quantity
    return replace(units, buckets=buckets)


def take(units: Units, line_number: int, target: Bucket, quantity: int, *sources: Bucket) -> tuple[list[Move], int]:
    """Moves of up to `quantity` units into `target`, from `sources` in their order, and how many could not be found."""
    moves = []
    for source in sources:
        found = min(quantity, units.buckets.get(source, 0))
        if found > 0:
            moves.append(Move(line_number, source, target, found))
            quantity -= found
    return moves, quantity
