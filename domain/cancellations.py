"""A cancellation by quantity: at once where nobody has the units, asked of the warehouse where it has (domain.md 5)."""

from dataclasses import dataclass
from typing import Any, Final

from domain.actors import ActorRef, Stamp
from domain.copying import replace
from domain.machine import ImpossibleStep, Table, step
from domain.refunds import Leg
from domain.vocabulary import CancellationState, LegState


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
    """`shipped` on a line: refused units that a shipment decided and no answer of the warehouse has covered yet."""

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
    """Units that a warehouse's answer, or a shipment (`shipped`), decided: (line number, confirmed, refused, reason).

    `covered`: refused units of the answer that a shipment had counted before, per line; not in `lines` again.
    """

    cancellation_id: str
    lines: tuple[tuple[int, int, int, str | None], ...]
    shipped: bool = False
    covered: tuple[tuple[int, int], ...] = ()


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


@dataclass(frozen=True, slots=True)
class VoidUnanswered:
    cancellation_id: str
    leg_id: str


CancellationEvent = (
    CancellationRequested | CancellationAskedWarehouse | CancellationConfirmed | CancellationAnswered
    | CancellationTimedOut | CancellationRefundLinked | VoidsSent | VoidConfirmed | VoidFailed | VoidUnanswered
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
       for event in (CancellationRefundLinked, VoidsSent, VoidConfirmed, VoidFailed, VoidUnanswered)},
}  # fmt: skip


def _counted(lines: tuple[CancellationLine, ...], event: CancellationAnswered) -> tuple[CancellationLine, ...]:
    """The lines after an answer. A refusal that a shipment made first is not counted a second time."""
    covered = dict(event.covered)
    answers = {number: (confirmed, refused, reason) for number, confirmed, refused, reason in event.lines}
    after = []
    for line in lines:
        confirmed, refused, reason = answers.get(line.line_number, (0, 0, None))
        after.append(
            replace(
                line,
                confirmed=line.confirmed + confirmed,
                refused=line.refused + refused,
                shipped=line.shipped + (refused if event.shipped else 0) - covered.get(line.line_number, 0),
                reason=reason or line.reason,
            )
        )
    return tuple(after)


def _confirmed(
    lines: tuple[CancellationLine, ...], confirmed: tuple[tuple[int, int], ...]
) -> tuple[CancellationLine, ...]:
    units = dict(confirmed)
    return tuple(replace(line, confirmed=line.confirmed + units.get(line.line_number, 0)) for line in lines)


def end_state(lines: tuple[CancellationLine, ...], waiting: CancellationState) -> CancellationState:
    """What the lines amount to; `waiting` while a unit has no answer yet."""
    if any(line.waiting for line in lines):
        return waiting
    if not any(line.confirmed for line in lines):
        return CancellationState.REFUSED
    return CancellationState.PARTLY_CONFIRMED if any(line.refused for line in lines) else CancellationState.CONFIRMED


def _with_leg(cancellation: Cancellation, leg_id: str, **changes: Any) -> tuple[Leg, ...]:
    return tuple(replace(leg, **changes) if leg.leg_id == leg_id else leg for leg in cancellation.voids)


def evolve(current: Cancellation | None, event: CancellationEvent, stamp: Stamp) -> Cancellation:
    """The cancellation after `event`, its version one higher. Raises ImpossibleStep outside the table."""
    if isinstance(event, CancellationRequested):
        step(NEXT, current.state if current else None, event)
        return event.cancellation
    if current is None:
        raise ImpossibleStep(f"{type(event).__name__} of a cancellation that does not exist")
    changes: dict[str, Any] = {}
    to: CancellationState | None = None
    match event:
        case CancellationAskedWarehouse(_, confirmed):
            changes["lines"] = _confirmed(current.lines, confirmed)
        case CancellationConfirmed(_, confirmed):
            changes["lines"] = lines = _confirmed(current.lines, confirmed)
            to = end_state(lines, _S.CONFIRMED)
        case CancellationAnswered():
            changes["lines"] = lines = _counted(current.lines, event)
            to = end_state(lines, current.state)
        case CancellationRefundLinked(_, refund_id):
            changes["refund_ids"] = (*current.refund_ids, refund_id)
        case VoidsSent(_, legs, again):
            sent = tuple(
                replace(leg, state=LegState.SENT, attempt=leg.attempt + 1, sent_at=stamp.at)
                if leg.leg_id in again
                else leg
                for leg in current.voids
            )
            new = tuple(replace(leg, state=LegState.SENT, attempt=1, sent_at=stamp.at) for leg in legs)
            changes["voids"] = sent + new
        case VoidConfirmed(_, leg_id, reference):
            changes["voids"] = _with_leg(current, leg_id, state=LegState.CONFIRMED, gateway_reference=reference)
        case VoidFailed(_, leg_id, reason):
            changes["voids"] = _with_leg(current, leg_id, state=LegState.FAILED, reason=reason)
        case VoidUnanswered(_, leg_id):
            changes["voids"] = _with_leg(current, leg_id, state=LegState.UNANSWERED)
        case CancellationTimedOut():
            pass
    state = step(NEXT, current.state, event, to)
    return replace(current, state=state, version=current.version + 1, **changes)
