"""Orders that are paid, for the money that goes back."""

from domain import facts as f
from domain.policy import DEFAULT, Policies
from tests.builders.desk import Desk, line


def paid(policies: Policies = DEFAULT, *lines: f.Line, captured: int = 4000) -> Desk:
    """An order, all paid and shipped."""
    desk = Desk(policies)
    lines = lines or (line(1, 2, 4000),)
    desk.place(*lines, captured=captured)
    for sold in lines:
        if sold.sku != "SHIPPING":
            desk.ships(sold.quantity, sold.line_number)
    return desk


def appeased(amount: int = 1000) -> Desk:
    """An order of 4000 paid by P1, with an appeasement on its way."""
    desk = Desk()
    desk.place(line(1, 1, 4000), captured=4000)
    desk.appeases((1, amount), amount_includes_tax=True)
    return desk
