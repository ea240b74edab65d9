"""What a timer brings about, if its reason still holds: time-outs, expiry, reminders, breaches (domain.md 4–8, 10)."""

from collections.abc import Callable, Iterator
from typing import Final

from domain.cancellations import CancellationTimedOut, VoidUnanswered
from domain.case_clock import BREACHED
from domain.case_events import CaseAttentionRaised, CaseClosed, CaseReminded
from domain.cases import Case
from domain.changes import ChangeTimedOut
from domain.concerns import TIMED
from domain.exchanges import ExchangeOverdue
from domain.order_events import AttentionRaised, ConcernRaised, UnitsMoved
from domain.order_file import OrderFile
from domain.quantities import Bucket, Move, take
from domain.refunds import LegUnanswered
from domain.reshipments import ReshipmentCompleted
from domain.return_requests import let_go
from domain.returns import ReturnExpired
from domain.run import Run
from domain.timers import Timer, timers
from domain.vocabulary import AcceptedBy, RefundState
from domain.world import Kind

B = Bucket
Rule = Callable[[Timer, Run], Iterator[object]]


def _order(timer: Timer, run: Run) -> OrderFile:
    return run.order(timer.ref)


def _cancellation(timer: Timer, run: Run) -> Iterator[object]:
    """No answer: the units go on as if nobody had asked; a late answer still counts."""
    file = _order(timer, run)
    moves: list[Move] = []
    for line in file.cancellations[timer.entity_id].lines:
        units = file.lines[line.line_number].units
        moves += take(units, line.line_number, B.RECEIVED, line.waiting, B.CANCEL_ASKED)[0]
    if moves:
        yield UnitsMoved(tuple(moves))
    yield CancellationTimedOut(timer.entity_id)


def _change(timer: Timer, _run: Run) -> Iterator[object]:
    yield ChangeTimedOut(timer.entity_id)


def _refund_leg(timer: Timer, run: Run) -> Iterator[object]:
    for refund in run.holder(timer.ref).refunds.values():
        if any(leg.leg_id == timer.entity_id for leg in refund.legs):
            yield LegUnanswered(refund.refund_id, timer.entity_id)


def _void_leg(timer: Timer, run: Run) -> Iterator[object]:
    for cancellation in _order(timer, run).cancellations.values():
        if any(leg.leg_id == timer.entity_id for leg in cancellation.voids):
            yield VoidUnanswered(cancellation.cancellation_id, timer.entity_id)


def _return(timer: Timer, run: Run) -> Iterator[object]:
    """Expired when no money was sent to a gateway; else a person must look for the goods."""
    file = _order(timer, run)
    found = file.returns[timer.entity_id]
    refunds = run.root(file).refunds
    unsent = (RefundState.REQUESTED, RefundState.CANCELLED)
    if all(refunds[refund_id].state in unsent for refund_id in found.refund_ids):
        yield ReturnExpired(found.return_id)
        yield from let_go(file, found)
    else:
        yield AttentionRaised("overdue", f"the goods of {found.rma} have not come back in time", found.return_id)


def _exchange(timer: Timer, run: Run) -> Iterator[object]:
    yield ExchangeOverdue(timer.entity_id)
    return_id = _order(timer, run).exchanges[timer.entity_id].return_id or ""
    yield AttentionRaised("overdue", "the originals of an exchange have not come back in time", return_id)


def _take_back(timer: Timer, run: Run) -> Iterator[object]:
    return_id = _order(timer, run).reshipments[timer.entity_id].return_id or ""
    yield AttentionRaised("overdue", "the goods that a reshipment replaces have not come back in time", return_id)


def _reshipment(timer: Timer, _run: Run) -> Iterator[object]:
    yield ReshipmentCompleted(timer.entity_id)


def _standstill(timer: Timer, run: Run) -> Iterator[object]:
    yield ConcernRaised(timer.name, TIMED[timer.name](_order(timer, run)))


def _sla(timer: Timer, _run: Run) -> Iterator[object]:
    yield CaseAttentionRaised(timer.ref.key, BREACHED)


def _reminder(timer: Timer, _run: Run) -> Iterator[object]:
    yield CaseReminded(timer.ref.key)


def _close(timer: Timer, _run: Run) -> Iterator[object]:
    yield CaseClosed(timer.ref.key, AcceptedBy.AUTOMATIC)


RULES: Final[dict[str, Rule]] = {
    "cancellation": _cancellation,
    "change": _change,
    "refund_leg": _refund_leg,
    "void_leg": _void_leg,
    "return": _return,
    "exchange": _exchange,
    "take_back": _take_back,
    "reshipment": _reshipment,
    "not_shipped": _standstill,
    "declined": _standstill,
    "sla": _sla,
    "reminder": _reminder,
    "close": _close,
}
"""Timer name → what it brings about. Every name that domain.timers hands out is here."""


def fired(timer: Timer, run: Run) -> Iterator[object]:
    """The events of a timer that is due; none when the thing does not want it any more, or at another time."""
    thing: OrderFile | Case | object = run.case(timer.ref.key) if timer.ref.kind is Kind.CASE else run.holder(timer.ref)
    if thing is not None and timer in timers(thing, run.policies):  # type: ignore[arg-type]
        yield from RULES[timer.name](timer, run)
