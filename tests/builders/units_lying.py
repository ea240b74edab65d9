"""An order whose units lie where a test wants them, whatever the way there, and where they lie afterwards."""

from dataclasses import replace
from typing import Any

from domain.quantities import Bucket, Units
from domain.run import order_ref
from tests.builders.desk import CHANNEL, Desk, line


def lying(units: dict[str, int], spent: dict[str, int] | None = None, **counters: Any) -> Desk:
    """An order of one line whose units lie so; `left` and the other counters beside them."""
    desk = Desk()
    quantity = sum(units.values())
    desk.place(line(1, quantity, 1000 * quantity))
    file = desk.file()
    made = Units(
        {Bucket(name): count for name, count in units.items()},
        spent={Bucket(name): count for name, count in (spent or {}).items()},
        **counters,
    )
    desk.things[order_ref(CHANNEL, "1001")] = replace(file, lines={1: replace(file.lines[1], units=made)})
    return desk


def units_of(desk: Desk) -> Units:
    return desk.file().lines[1].units


def lie(desk: Desk) -> dict[str, int]:
    return {str(bucket): count for bucket, count in units_of(desk).buckets.items()}
