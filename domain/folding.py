"""A thing made again from its history alone: the proof that nothing changes a state but what is written down (domain.md 14).

The history keeps every event of orders, checkouts and cases but one: that the published state of an order moved, which
follows from what the input before it changed, by the rule that published it. So it is found out again here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, cast

from domain import cases, checkouts, order_evolve
from domain.actors import Stamp
from domain.case_changes import CHANGES
from domain.cases import Case, CaseOpened, TaskAdded, TaskAssigned, TaskCancelled, TaskCompleted, TaskErased
from domain.checkouts import CheckoutFile
from domain.machine import ImpossibleStep
from domain.order_events import NoticeAnswered, NoticeAsked, OrderStateMoved
from domain.order_file import OrderFile
from domain.orders import state_differs, status
from domain.quantities import LedgerBroken
from domain.world import Kind, Ref, Step

Folded = OrderFile | CheckoutFile | Case

KINDS: Final = (Kind.CHECKOUT, Kind.ORDER, Kind.CASE)
"""What has a history."""

_TOLD: Final = (NoticeAsked, NoticeAnswered)
"""What stands in a case's history and changes nothing of the case."""

EVENTS: Final[dict[str, type[Any]]] = {
    event.__name__: event
    for event in (
        *order_evolve.EVOLVE, *checkouts.EVOLVE_CHECKOUT, *CHANGES, CaseOpened, TaskAdded, TaskAssigned, TaskCompleted,
        TaskCancelled, TaskErased, *_TOLD,
    )
}  # fmt: skip
"""Every event that a history may hold, by the name that it is kept under."""


class CannotFold(Exception):
    """An entry does not follow from those before it: one is missing, or was changed. `place` counts entries from 0.

    Its text holds no personal data.
    """

    def __init__(self, place: int, event: object, why: str) -> None:
        super().__init__(f"entry {place + 1} ({type(event).__name__}): {why}")
        self.place = place


@dataclass(frozen=True, slots=True)
class Written:
    """One entry of a history as it is kept: what happened, and when, by whom and why it was recorded."""

    event: Any
    stamp: Stamp


def fold(ref: Ref, history: Iterable[Written]) -> Iterator[Step]:
    """The steps that the entries of one thing stand for, in their order; the last one's `after` is the thing.

    An order's steps have the moves of its published state among them, where they were made: at the end of each input.
    Raises CannotFold.
    """
    now: Folded | None = None
    place = 0
    for _, entries in groupby(history, key=lambda entry: entry.stamp.cause_id):
        before = now
        stamp = None
        for entry in entries:
            stamp = entry.stamp
            if not isinstance(entry.event, OrderStateMoved):
                step = Step(ref, entry.event, now, _after(ref, now, entry, place), stamp)
                now = cast("Folded", step.after)
                yield step
            place += 1
        if stamp is not None and isinstance(now, OrderFile) and _moved(before, now):
            was = status(before) if isinstance(before, OrderFile) and before.known else None
            event = OrderStateMoved(was)
            step = Step(ref, event, now, order_evolve.evolve(now, event, stamp), stamp)
            now = cast("Folded", step.after)
            yield step


def _moved(before: Folded | None, now: OrderFile) -> bool:
    if not now.known:
        return False
    return not isinstance(before, OrderFile) or not before.known or state_differs(before, now)


def _after(ref: Ref, now: Folded | None, entry: Written, place: int) -> Folded:
    channel, _, name = ref.key.partition(":")
    try:
        if ref.kind is Kind.ORDER:
            file = cast("OrderFile", now or OrderFile(sales_channel=channel, order_id=name))
            return order_evolve.evolve(file, entry.event, entry.stamp)
        if ref.kind is Kind.CHECKOUT:
            checkout = cast("CheckoutFile", now or CheckoutFile(sales_channel=channel, checkout_id=name))
            return checkouts.evolve(checkout, entry.event, entry.stamp)
        if isinstance(entry.event, _TOLD):
            return cast("Case", now)
        return cases.evolve(cast("Case | None", now), entry.event, entry.stamp)
    except Exception as error:
        # whatever a rule makes of a history that is not whole
        why = str(error) if isinstance(error, ImpossibleStep | LedgerBroken) else type(error).__name__
        raise CannotFold(place, entry.event, why) from error
