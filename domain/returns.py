"""A return: announced, approved, received in parts, decided unit by unit, settled (domain.md 6)."""

from dataclasses import dataclass
from typing import Any, Final

from domain.actors import ActorRef, Stamp
from domain.copying import replace
from domain.machine import ImpossibleStep, Table, step
from domain.quantities import Bucket
from domain.vocabulary import ReceiptOutcome, ReturnDecision, ReturnSettlement, ReturnState, ReturnTransport


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnLine:
    """Units of one line on their way back.

    `held` says from which buckets they came. good … lost count what a warehouse found; accepted, accepted_part,
    rejected what was decided, in units. `paid` units have spent their worth, `part_paid` of them were accepted in part;
    `parts` are the others accepted in part, as (percent, units), which are to be paid yet. `percent` is the last verdict's.
    `replaced` units did not come back, and an E or R order stands for them all the same. `gone` units were accepted though
    they are lost; `recovered` ones had been accepted as gone before, so that their money is paid.
    """

    line_number: int
    sku: str
    quantity: int
    reason: str
    held: tuple[tuple[Bucket, int], ...] = ()
    source_id: str | None = None
    transport: ReturnTransport = ReturnTransport.ANNOUNCED
    decision: ReturnDecision = ReturnDecision.PENDING
    settlement: ReturnSettlement = ReturnSettlement.REFUND
    good: int = 0
    damaged: int = 0
    wrong: int = 0
    short: int = 0
    lost: int = 0
    accepted: int = 0
    accepted_part: int = 0
    rejected: int = 0
    percent: int | None = None
    paid: int = 0
    part_paid: int = 0
    parts: tuple[tuple[int, int], ...] = ()
    replaced: int = 0
    gone: int = 0
    recovered: int = 0
    undecided: tuple[tuple[ReceiptOutcome, int], ...] = ()

    @property
    def received(self) -> int:
        """Units with an outcome."""
        return self.good + self.damaged + self.wrong + self.short + self.lost

    @property
    def decided(self) -> int:
        return self.accepted + self.accepted_part + self.rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """`asked_by` is the actor that four eyes compare; `order_id` the order it was made on (E and R orders too)."""

    return_id: str
    rma: str
    state: ReturnState
    version: int
    created_at: int
    created_by: ActorRef
    asked_by: str
    comment: str
    lines: tuple[ReturnLine, ...]
    source_id: str | None = None
    blind: bool = False
    reason: str | None = None
    refund_ids: tuple[str, ...] = ()
    exchange_id: str | None = None
    reshipment_id: str | None = None
    case_id: str | None = None
    case_line_id: str | None = None
    fee_taken: bool = False
    refunded_at_approval: bool = False
    policy_version: str = ""


@dataclass(frozen=True, slots=True)
class ReturnRequested:
    return_id: str
    made: Return


@dataclass(frozen=True, slots=True)
class ReturnApproved:
    return_id: str


@dataclass(frozen=True, slots=True)
class ReturnDenied:
    return_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReturnCancelled:
    return_id: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class ReturnExpired:
    return_id: str


@dataclass(frozen=True, slots=True)
class ReturnReceived:
    """A receipt was counted: `lines` are the whole lines after it; `complete` when nothing more is to come."""

    return_id: str
    receipt_id: str
    lines: tuple[ReturnLine, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class ReturnLineDecided:
    """A person, or the policy, decided the units that waited: `line` is the whole line after it."""

    return_id: str
    line: ReturnLine


@dataclass(frozen=True, slots=True)
class ReturnRefunded:
    """A refund covers units of these lines: (line number, units), those accepted in part and not paid yet among them."""

    return_id: str
    refund_id: str | None
    units: tuple[tuple[int, int], ...]
    fee_taken: bool = False
    at_approval: bool = False


@dataclass(frozen=True, slots=True)
class ReturnSettlementChanged:
    return_id: str
    settlement: ReturnSettlement


@dataclass(frozen=True, slots=True)
class ReturnSettled:
    return_id: str


ReturnEvent = (
    ReturnRequested | ReturnApproved | ReturnDenied | ReturnCancelled | ReturnExpired | ReturnReceived
    | ReturnLineDecided | ReturnRefunded | ReturnSettlementChanged | ReturnSettled
)  # fmt: skip

_S = ReturnState
_OPEN = (_S.APPROVED, _S.PARTLY_RECEIVED, _S.RECEIVED)

NEXT: Final[Table[ReturnState]] = {
    (None, ReturnRequested): _S.REQUESTED,
    (_S.REQUESTED, ReturnApproved): _S.APPROVED,
    (_S.REQUESTED, ReturnDenied): _S.DENIED,
    (_S.REQUESTED, ReturnCancelled): _S.CANCELLED,
    (_S.REQUESTED, ReturnExpired): _S.EXPIRED,
    (_S.APPROVED, ReturnCancelled): _S.CANCELLED,
    (_S.APPROVED, ReturnExpired): _S.EXPIRED,
    (_S.APPROVED, ReturnReceived): (_S.PARTLY_RECEIVED, _S.RECEIVED),
    (_S.PARTLY_RECEIVED, ReturnReceived): (_S.PARTLY_RECEIVED, _S.RECEIVED),
    (_S.RECEIVED, ReturnSettled): _S.SETTLED,
    (_S.APPROVED, ReturnLineDecided): (_S.APPROVED, _S.RECEIVED),
    (_S.PARTLY_RECEIVED, ReturnLineDecided): (_S.PARTLY_RECEIVED, _S.RECEIVED),
    (_S.RECEIVED, ReturnLineDecided): _S.RECEIVED,
    **{(state, event): state for state in _OPEN
       for event in (ReturnRefunded, ReturnSettlementChanged)},
    (_S.REQUESTED, ReturnSettlementChanged): _S.REQUESTED,
    (_S.SETTLED, ReturnRefunded): _S.SETTLED,
}  # fmt: skip


def _with_line(lines: tuple[ReturnLine, ...], changed: ReturnLine) -> tuple[ReturnLine, ...]:
    return tuple(changed if line.line_number == changed.line_number else line for line in lines)


def _paid(line: ReturnLine, units: int) -> ReturnLine:
    """The line after a refund that covers `units` of it: everything that was accepted in part is among them."""
    if not units:
        return line
    in_part = sum(count for _, count in line.parts)
    return replace(line, paid=line.paid + units, part_paid=line.part_paid + in_part, parts=())


def all_in(lines: tuple[ReturnLine, ...]) -> bool:
    """Every announced unit has an outcome."""
    return all(line.received >= line.quantity for line in lines)


def evolve(current: Return | None, event: ReturnEvent, _stamp: Stamp) -> Return:
    """The return after `event`, its version one higher. Raises ImpossibleStep outside the table."""
    if isinstance(event, ReturnRequested):
        step(NEXT, current.state if current else None, event)
        return event.made
    if current is None:
        raise ImpossibleStep(f"{type(event).__name__} of a return that does not exist")
    changes: dict[str, Any] = {}
    to: ReturnState | None = None
    match event:
        case ReturnDenied(_, reason) | ReturnCancelled(_, reason):
            changes["reason"] = reason
        case ReturnReceived(_, _, lines, complete):
            changes["lines"] = lines
            to = _S.RECEIVED if complete or all_in(lines) else _S.PARTLY_RECEIVED
        case ReturnLineDecided(_, line):
            changes["lines"] = lines = _with_line(current.lines, line)
            to = _S.RECEIVED if all_in(lines) else current.state
        case ReturnRefunded(_, refund_id, units, fee_taken, at_approval):
            paid = dict(units)
            changes["lines"] = tuple(_paid(line, paid.get(line.line_number, 0)) for line in current.lines)
            changes["refund_ids"] = (*current.refund_ids, refund_id) if refund_id else current.refund_ids
            changes["fee_taken"] = current.fee_taken or fee_taken
            changes["refunded_at_approval"] = current.refunded_at_approval or at_approval
        case ReturnSettlementChanged(_, settlement):
            changes["lines"] = tuple(replace(line, settlement=settlement) for line in current.lines)
        case ReturnApproved() | ReturnExpired() | ReturnSettled():
            pass
    state = step(NEXT, current.state, event, to)
    return replace(current, state=state, version=current.version + 1, **changes)
