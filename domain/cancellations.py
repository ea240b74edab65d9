"""A cancellation by quantity: at once where nobody has the units, asked of the warehouse where it has (domain.md 5)."""

from dataclasses import dataclass
from typing import Final

from domain.actors import ActorRef
from domain.machine import Table
from domain.refunds import Leg
from domain.vocabulary import CancellationState


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationLine:
    """asked = confirmed + refused + what the warehouse still owes an answer for."""

    line_number: int
    asked: int
    confirmed: int = 0
    refused: int = 0
    shipped: int = 0
    source_id: str | None = None
    reason: str | None = None

    @property
    def waiting(self) -> int:
        return max(0, self.asked - self.confirmed - self.refused)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """`shipped` on a line: refused units that a shipment decided before the warehouse answered for them."""

    cancellation_id: str
    state: CancellationState
    version: int
    created_at: int
    created_by: ActorRef
    asked_by: str
    lines: tuple[CancellationLine, ...]
    reason: str
    forced: bool = False
    refund_ids: tuple[str, ...] = ()
    voids: tuple[Leg, ...] = ()
    case_id: str | None = None
    case_line_id: str | None = None
    policy_version: str = ""


@dataclass(frozen=True, slots=True)
class CancellationRequested:
    cancellation_id: str
    cancellation: Cancellation


@dataclass(frozen=True, slots=True)
class CancellationAskedWarehouse:
    """The warehouse must say; `confirmed` (line number, units) were open and are cancelled already."""

    cancellation_id: str
    confirmed: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class CancellationConfirmed:
    """Every unit was cancelled at once: nobody had to be asked, or the shop cancelled the order itself."""

    cancellation_id: str
    confirmed: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class CancellationAnswered:
    """Units that a warehouse's answer, or a shipment (`shipped`), decided: (line number, confirmed, refused, reason)."""

    cancellation_id: str
    lines: tuple[tuple[int, int, int, str | None], ...]
    shipped: bool = False


@dataclass(frozen=True, slots=True)
class CancellationTimedOut:
    cancellation_id: str


@dataclass(frozen=True, slots=True)
class CancellationRefundLinked:
    cancellation_id: str
    refund_id: str


@dataclass(frozen=True, slots=True)
class VoidsSent:
    """Authorised money is asked to be let go: new legs, or `again` those with these ids with their keys."""

    cancellation_id: str
    legs: tuple[Leg, ...] = ()
    again: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VoidConfirmed:
    cancellation_id: str
    leg_id: str
    gateway_reference: str | None


@dataclass(frozen=True, slots=True)
class VoidFailed:
    cancellation_id: str
    leg_id: str
    reason: str | None


CancellationEvent = (
    CancellationRequested | CancellationAskedWarehouse | CancellationConfirmed | CancellationAnswered
    | CancellationTimedOut | CancellationRefundLinked | VoidsSent | VoidConfirmed | VoidFailed
)  # fmt: skip

_S = CancellationState
ENDED: Final = (_S.CONFIRMED, _S.PARTLY_CONFIRMED, _S.REFUSED)

NEXT: Final[Table[CancellationState]] = {
    (None, CancellationRequested): _S.REQUESTED,
    (_S.REQUESTED, CancellationConfirmed): _S.CONFIRMED,
    (_S.REQUESTED, CancellationAskedWarehouse): _S.ASKED_WAREHOUSE,
    (_S.ASKED_WAREHOUSE, CancellationAnswered): (_S.ASKED_WAREHOUSE, *ENDED),
    (_S.ASKED_WAREHOUSE, CancellationConfirmed): (_S.CONFIRMED, _S.PARTLY_CONFIRMED),
    (_S.ASKED_WAREHOUSE, CancellationTimedOut): _S.TIMED_OUT,
    (_S.TIMED_OUT, CancellationAnswered): (_S.TIMED_OUT, *ENDED),
    (_S.TIMED_OUT, CancellationConfirmed): (_S.CONFIRMED, _S.PARTLY_CONFIRMED),
    **{(state, event): state for state in (*ENDED, _S.TIMED_OUT)
       for event in (CancellationRefundLinked, VoidsSent, VoidConfirmed, VoidFailed)},
}  # fmt: skip
