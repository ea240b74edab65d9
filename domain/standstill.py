"""An order of which a message could not be applied: a person must look at it until that is mended (domain.md 4, 10)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from domain.order_events import AttentionCleared, AttentionRaised
from domain.run import Run
from domain.world import Ref

PARKED: Final = "parked"
"""The attention code."""


@dataclass(frozen=True, slots=True)
class StandsStill:
    """What is known of an order is behind, or (`parked` False) is up to date again. `cause_id` is a uuid."""

    order: Ref
    parked: bool
    cause_id: str


def told(message: StandsStill, run: Run) -> Iterator[object]:
    """Nothing for an order that nobody knows yet, and nothing twice."""
    file = run.order(message.order)
    if file.known and message.parked and PARKED not in file.attention:
        yield AttentionRaised(PARKED, "a message about it could not be applied; see what is parked")
    if not message.parked and PARKED in file.attention:
        yield AttentionCleared((PARKED,))
