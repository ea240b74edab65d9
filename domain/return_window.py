"""Which units may still be returned: each has a time of its own, from its delivery, else from its shipment (domain.md 6)."""

from collections.abc import Iterator
from typing import Final

from domain.order_file import OrderFile, OrderLine
from domain.policy import ReturnPolicy
from domain.quantities import Bucket
from domain.vocabulary import ReturnState

CLOCK_SLACK: Final = 5 * 60 * 1_000_000
"""A command dated further ahead of our own time than this (µs) counts as sent now (domain.md 6)."""

_NOTHING_CAME: Final = (ReturnState.DENIED, ReturnState.CANCELLED, ReturnState.EXPIRED)

Clocks = list[tuple[int, int]]
"""(µs at which the time of units begins, how many), oldest first."""


WITH_CUSTOMER: Final = (Bucket.SHIPPED, Bucket.DELIVERED)


def in_time(
    file: OrderFile, line: OrderLine, policy: ReturnPolicy, issued_at: int, now: int, *, lost: bool = False
) -> int:
    """How many of the line's free units with the customer (`lost`: of the lost ones too) may still be returned, for a command
    issued, or a parcel received, at `issued_at`.

    Units are alike, so it is counted who must have taken which: a return that was asked for took the oldest units that
    were in time then, one that nobody had announced the oldest of all, anything else the oldest of the rest.
    """
    free = free_units(line, lost=lost)
    if not policy.window:
        return free
    left = _clocks(line, policy.transit)
    for found in file.returns.values():
        units = sum(item.quantity for item in found.lines if item.line_number == line.sold.line_number)
        if units and found.state not in _NOTHING_CAME:
            left = _without(left, units, 0 if found.blind else found.created_at - policy.window)
    known = sum(count for _, count in left)
    left = _without(left, known - free, 0) if known > free else left
    asked_at = now if issued_at > now + CLOCK_SLACK else issued_at
    unknown = max(0, free - known)
    return unknown + sum(count for start, count in left if start >= asked_at - policy.window)


def free_units(line: OrderLine, *, lost: bool = False) -> int:
    """Units that the customer has or will have, and that no other remedy took."""
    return sum(line.units.free(bucket) for bucket in (*WITH_CUSTOMER, *((Bucket.LOST,) if lost else ())))


def _clocks(line: OrderLine, transit: int) -> Clocks:
    """Deliveries, then the parcels that nobody has heard the arrival of: the first parcels arrive first."""
    delivered = sorted(line.units.deliveries)
    arrived = sum(count for _, count in delivered)
    parcels = _without(sorted(line.units.shipments), arrived, 0)
    return sorted((*delivered, *((at + transit, count) for at, count in parcels)))


def _without(clocks: Clocks, units: int, since: int) -> Clocks:
    """What is left when `units` are taken: the oldest of those that began at `since` or later, else the oldest of all."""
    after = dict(enumerate(clocks))
    for place in (*_places(clocks, since), *range(len(clocks))):
        start, count = after[place]
        part = min(units, count)
        after[place] = (start, count - part)
        units -= part
    return [clock for clock in after.values() if clock[1]]


def _places(clocks: Clocks, since: int) -> Iterator[int]:
    return (place for place, (start, _) in enumerate(clocks) if start >= since)
