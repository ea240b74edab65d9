"""An order that is paid and delivered, for the goods that come back, and the person who decides about them."""

from typing import Any

from domain import commands as c
from domain.policy import DEFAULT, Policies
from domain.vocabulary import Verdict
from domain.world import Reply
from tests.builders.desk import Desk, line, with_policy
from tests.builders.readings import newest_return

AT_RECEIVED = with_policy(DEFAULT, "refunds", at="RECEIVED")
ASKED = with_policy(DEFAULT, "returns", auto_approve=False)


def sold(policies: Policies = DEFAULT, quantity: int = 3, **fields: Any) -> Desk:
    """An order of one line, 1000 each, paid and delivered."""
    desk = Desk(policies)
    desk.place(line(1, quantity, 1000 * quantity, **fields), captured=1000 * quantity)
    desk.ships(quantity)
    desk.delivers(quantity)
    return desk


def decides(desk: Desk, verdict: Verdict, **fields: Any) -> Reply:
    fields = {"return_id": newest_return(desk).return_id, "line_number": 1, **fields}
    return desk.send(c.DecideReturnLine, verdict=verdict, **fields)
