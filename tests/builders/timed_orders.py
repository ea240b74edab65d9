"""Times that differ from each other, so that a timer's time tells which one it was, and what an order is due."""

from typing import Any

from domain import commands as c
from domain.policy import DEFAULT, Policies
from domain.run import order_ref
from domain.timers import timers
from tests.builders.desk import CHANNEL, MINUTE, Desk, with_policy

HOUR = 60 * MINUTE
ANSWER = 5 * HOUR


def policies(**sections: dict[str, Any]) -> Policies:
    """Times that differ from each other; some sections changed further."""
    times: dict[str, dict[str, Any]] = {
        "cancel": {"answer": 2 * HOUR},
        "changes": {"answer": 3 * HOUR},
        "returns": {"expire": 4 * HOUR},
        "refunds": {"answer": ANSWER},
        "exchanges": {"overdue": 6 * HOUR},
        "reshipments": {"complete": 7 * HOUR},
        "cases": {"not_shipped": 800 * HOUR, "declined": 9 * HOUR},
    }
    made = DEFAULT
    for section, changes in times.items():
        made = with_policy(made, section, **changes, **sections.get(section, {}))
    return made


def due(desk: Desk, order_id: str = "1001") -> dict[tuple[str, str], int]:
    """The order's timers: (name, of what) → when."""
    made = timers(desk.file(order_id), desk.in_force())
    assert {timer.ref for timer in made} <= {order_ref(CHANNEL, order_id)}
    return {(timer.name, timer.entity_id): timer.due_at for timer in made}


def exchanges(desk: Desk) -> None:
    wish = c.ExchangeLineInput(line_number=1, quantity=1, new_sku="BLUE", reason="COLOUR")
    assert desk.send(c.CreateExchange, lines=(wish,)).accepted
