"""What the state machines share: a table of steps, and the one way to take a step.

A table maps (state, event type) to the state, or the states, that the step may lead to; state None is "not there yet".
Where several are possible the machine says which (it derives the state from its parts) and the table is the check.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar

State = TypeVar("State", bound=StrEnum)

Table = Mapping[tuple[State | None, type[Any]], State | tuple[State, ...]]


class ImpossibleStep(Exception):
    """An event that its machine's table does not allow in the present state. A bug in a rule, never a user's mistake."""


def step(table: Table[State], state: State | None, event: object, to: State | None = None) -> State:
    """The state after `event`; `to` chooses among several. Raises ImpossibleStep for a pair outside the table."""
    allowed = table.get((state, type(event)))
    if allowed is None:
        raise ImpossibleStep(f"{type(event).__name__} while {state}")
    if not isinstance(allowed, tuple):
        return allowed
    chosen = state if to is None else to
    if chosen is None or chosen not in allowed:
        raise ImpossibleStep(f"{type(event).__name__} while {state} may not lead to {chosen}")
    return chosen


def may(table: Table[State], state: State | None, event: type[Any]) -> bool:
    """Whether the table has a step for this kind of event in this state."""
    return (state, event) in table


def diagram(table: Table[State], start: str = "[*]") -> str:
    """The table as a mermaid state diagram, one arrow a pair; the README holds it and a test compares."""
    lines: Final = ["stateDiagram-v2"]
    for (source, event), targets in table.items():
        for target in targets if isinstance(targets, tuple) else (targets,):
            if source != target:
                lines.append(f"    {source or start} --> {target}: {event.__name__}")
    return "\n".join(lines)
