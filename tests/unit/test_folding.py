"""A state folded from its history is the stored state, whatever happened; and a history that is not whole says so."""

import pytest

from domain.folding import KINDS, CannotFold, Folded, Written, fold
from domain.order_events import OrderSeen, PaymentHeard, UnitsMoved, WarehouseSaid
from domain.refunds import LegConfirmed, RefundRequested
from domain.returns import ReturnRequested
from domain.world import Kind, Ref
from tests.builders.day import a_day

Histories = tuple[dict[Ref, Folded], dict[Ref, list[Written]]]


@pytest.fixture(scope="module", name="day")
def _day() -> Histories:
    found = a_day()
    return {ref: one[0] for ref, one in found.items()}, {ref: one[1] for ref, one in found.items()}


def last(ref: Ref, history: list[Written]) -> object:
    *_, step = fold(ref, history)
    return step.after


def test_the_fold_of_every_history_is_the_state_that_was_kept(day: Histories) -> None:
    things, histories = day
    assert {ref.kind for ref in things} == set(KINDS)
    assert [ref for ref, thing in things.items() if last(ref, histories[ref]) != thing] == []


def test_an_entry_that_is_missing_shows(day: Histories) -> None:
    """Whatever moved units or money, or a remedy: what was taken back later (a worry that healed) need not show."""
    things, histories = day
    told = (PaymentHeard, WarehouseSaid, UnitsMoved, ReturnRequested, RefundRequested, LegConfirmed)
    tried = set()
    for ref, thing in [(ref, thing) for ref, thing in things.items() if ref.kind is Kind.ORDER][:25]:
        for gone, entry in enumerate(histories[ref]):
            if isinstance(entry.event, told):
                tried.add(type(entry.event))
                assert not leads_to(thing, ref, histories[ref][:gone] + histories[ref][gone + 1 :]), entry.event
    assert tried == set(told)


def leads_to(thing: object, ref: Ref, history: list[Written]) -> bool:
    try:
        return last(ref, history) == thing
    except CannotFold:
        return False


def test_a_history_that_begins_in_the_middle_says_at_which_entry_it_stops_making_sense(day: Histories) -> None:
    _, histories = day
    ref, history = next((r, h) for r, h in histories.items() if isinstance(h[0].event, OrderSeen) and len(h) > 4)
    with pytest.raises(CannotFold, match=r"entry \d+ \(\w+\): "):
        last(ref, [one for one in history if not isinstance(one.event, OrderSeen)])
