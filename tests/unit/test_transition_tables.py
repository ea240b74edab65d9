"""Every transition table of the domain, whole: each state with each event leads where the table says, or cannot be."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args

import pytest

import domain
from domain import cancellations, case_changes, cases, changes, exchanges, refunds, reshipments, returns
from domain.actors import SYSTEM, Stamp
from domain.case_events import CaseEvent, TaskEvent
from domain.machine import ImpossibleStep, Table, may, step
from domain.vocabulary import (
    CancellationState,
    CaseLineState,
    CaseState,
    ExchangeState,
    OrderChangeState,
    RefundState,
    ReshipmentState,
    ReturnState,
    TaskState,
)
from tests.builders.remedies import GIVEN


@dataclass(frozen=True)
class Machine:
    """A table with its states, its events and the states that nothing leads out of."""

    module: str
    name: str
    table: Table[Any]
    states: type[StrEnum]
    events: tuple[type[Any], ...]
    terminal: frozenset[StrEnum]


R, F, X = ReturnState, RefundState, ExchangeState
_LINE_EVENTS = tuple(dict.fromkeys(event for _, event in case_changes.LINE_NEXT))
MACHINES = [
    Machine("cases", "CASE_NEXT", cases.CASE_NEXT, CaseState, get_args(CaseEvent),
            frozenset({CaseState.CLOSED, CaseState.CANCELLED})),
    Machine("case_changes", "LINE_NEXT", case_changes.LINE_NEXT, CaseLineState, _LINE_EVENTS,
            frozenset({CaseLineState.CANCELLED})),
    Machine("case_changes", "TASK_NEXT", case_changes.TASK_NEXT, TaskState, get_args(TaskEvent),
            frozenset({TaskState.DONE, TaskState.CANCELLED})),
    Machine("cancellations", "NEXT", cancellations.NEXT, CancellationState, get_args(cancellations.CancellationEvent),
            frozenset(cancellations.ENDED)),
    Machine("changes", "NEXT", changes.NEXT, OrderChangeState, get_args(changes.ChangeEvent),
            frozenset({OrderChangeState.CONFIRMED, OrderChangeState.PARTLY_CONFIRMED, OrderChangeState.REFUSED,
                       OrderChangeState.WITHDRAWN})),
    Machine("returns", "NEXT", returns.NEXT, R, get_args(returns.ReturnEvent),
            frozenset({R.DENIED, R.CANCELLED, R.EXPIRED, R.SETTLED})),
    Machine("refunds", "NEXT", refunds.NEXT, F, get_args(refunds.RefundEvent),
            frozenset({F.CANCELLED, F.RELEASED_OFFLINE})),
    Machine("exchanges", "NEXT", exchanges.NEXT, X, get_args(exchanges.ExchangeEvent),
            frozenset({X.DENIED, X.COMPLETED, X.CANCELLED, X.CONVERTED_TO_REFUND})),
    Machine("reshipments", "NEXT", reshipments.NEXT, ReshipmentState, get_args(reshipments.ReshipmentEvent),
            frozenset({ReshipmentState.COMPLETED, ReshipmentState.CANCELLED})),
]  # fmt: skip


def states(machine: Machine) -> list[StrEnum | None]:
    """Every state that a thing may be in, and not being there."""
    return [None, *(state for state in machine.states if state.name != "UNKNOWN")]


PAIRS = [
    pytest.param(machine, state, event, id=f"{machine.states.__name__}-{state}-{event.__name__}")
    for machine in MACHINES
    for state in states(machine)
    for event in machine.events
]


@pytest.mark.parametrize(("machine", "state", "event"), PAIRS)
def test_a_state_with_an_event_leads_where_the_table_says_or_cannot_be(
    machine: Machine, state: StrEnum | None, event: type[Any]
) -> None:
    happened = object.__new__(event)
    allowed = machine.table.get((state, event))
    assert may(machine.table, state, event) is (allowed is not None)
    if allowed is None:
        with pytest.raises(ImpossibleStep):
            step(machine.table, state, happened)
        return
    if not isinstance(allowed, tuple):
        assert step(machine.table, state, happened) is allowed
        return
    for to in machine.states:
        if to in allowed:
            assert step(machine.table, state, happened, to) is to
        else:
            with pytest.raises(ImpossibleStep):
                step(machine.table, state, happened, to)


def tables_in_the_source() -> Iterator[tuple[str, str]]:
    """(module, name) of everything in the domain that is declared to be a Table."""
    for info in pkgutil.iter_modules(domain.__path__):
        source = Path(importlib.import_module(f"domain.{info.name}").__file__ or "").read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.AnnAssign) and "Table[" in ast.unparse(node.annotation):
                yield info.name, ast.unparse(node.target)


def test_no_table_is_left_out_here() -> None:
    assert sorted((machine.module, machine.name) for machine in MACHINES) == sorted(tables_in_the_source())


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.states.__name__)
def test_every_event_has_a_place_in_its_table_and_every_state_but_the_terminal_ones_a_way_out(machine: Machine) -> None:
    assert {event for _, event in machine.table} == set(machine.events)
    ways: dict[Any, set[Any]] = {}
    for (state, _), targets in machine.table.items():
        ways.setdefault(state, set()).update(targets if isinstance(targets, tuple) else (targets,))
    for now in states(machine):
        assert (not ways.get(now, set()) - {now}) == (now in machine.terminal), now
    assert set().union(*ways.values()) == {state for state in states(machine) if state is not None}


# The folds of the remedies, which go by these tables

EVOLVE: dict[type[StrEnum], Any] = {
    CancellationState: cancellations.evolve,
    OrderChangeState: lambda thing, event, _stamp: changes.evolve(thing, event),
    R: returns.evolve,
    F: refunds.evolve,
    X: lambda thing, event, _stamp: exchanges.evolve(thing, event),
    ReshipmentState: reshipments.evolve,
}
STAMP = Stamp(1, SYSTEM, "cause")


def happening(event: type[Any], thing: Any) -> Any:
    """An event of this kind about this thing."""
    first = thing.lines[0] if hasattr(thing, "lines") else None
    known = {
        "confirmed": ((first.line_number, 1),) if first else (),
        "lines": () if event is cancellations.CancellationAnswered else getattr(thing, "lines", ()),
        "line": first,
        "fields": getattr(thing, "fields", ()),
        "whole": True,
        "complete": True,
        "leg_id": thing.legs[0].leg_id if getattr(thing, "legs", ()) else "leg",
        "leg_ids": (),
        "units": (),
        "settlement": "REFUND",
    }
    whole = {"return": "made", "refund": "refund", "exchange": "exchange", "reshipment": "reshipment"}
    named = dict.fromkeys((*whole.values(), "cancellation", "change"), thing)
    values = {**named, **known}
    needed = [field.name for field in fields(event) if field.name in values or field.default is MISSING]
    return event(**{name: values.get(name, "x") for name in needed})


FOLDS = [param for param in PAIRS if param.values[0].states in EVOLVE]  # type: ignore[union-attr]


@pytest.mark.parametrize(("machine", "state", "event"), FOLDS)
def test_the_fold_of_a_remedy_goes_by_its_table(machine: Machine, state: StrEnum | None, event: type[Any]) -> None:
    given = GIVEN[machine.states]
    example = next(iter(given.values()))().thing
    thing = None if state is None else replace(example, state=state)
    allowed = machine.table.get((state, event))
    if allowed is None:
        with pytest.raises(ImpossibleStep):
            EVOLVE[machine.states](thing, happening(event, example), STAMP)
        return
    after = EVOLVE[machine.states](thing, happening(event, example), STAMP)
    if thing is not None:
        assert after.state in (allowed if isinstance(allowed, tuple) else (allowed,))
        assert after.version == thing.version + 1
