"""What the demo shows: live figures while the day goes on (on a terminal one picture that changes, else lines)."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from ordercase.simulate.verdict import Figures
from ordercase.terminal import print_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.table import Table

READABLE: Final = {
    "commerce.orders.v1": "orders placed and changed, from the shop",
    "warehouse.status.v1": "picked, packed, shipped, delivered, come back",
    "payments.events.v1": "authorised, captured, refunded, failed",
    "ordercase.commands.v1": "what agents ask for",
    "ordercase.order-states.v1": "every order as it stands, each change a version",
    "ordercase.cases.v1": "cases and tasks",
    "ordercase.cancellations.v1": "what a warehouse is asked to stop",
    "ordercase.changes.v1": "what a shop or warehouse is asked to change",
    "ordercase.returns.v1": "what will come back, and what came",
    "ordercase.refunds.v1": "refunds and appeasements with their credit notes",
    "ordercase.orders.v1": "exchange and reshipment orders for the shop",
    "ordercase.exchanges.v1": "how exchanges and reshipments go",
    "payments.requests.v1": "what a gateway is asked to pay back or let go",
    "ordercase.notices.v1": "mails to send",
    "ordercase.replies.v1": "one answer a command",
}
"""The topics worth a look, and what is on them."""
EVERY: Final = 5.0
"""Seconds between two lines where there is no terminal."""


@contextmanager
def live(seconds: float) -> "Iterator[Callable[[Figures], None]]":
    """A place that figures can be shown at, while a day of so many seconds goes on."""
    if not sys.stdout.isatty():
        yield _lines(seconds)
        return
    from rich.live import Live  # noqa: PLC0415  (only the demo on a terminal pays for it)

    with Live(refresh_per_second=4) as screen:
        yield lambda figures: screen.update(_table(figures, seconds))


def _lines(seconds: float) -> "Callable[[Figures], None]":
    last = time.monotonic()

    def show(figures: Figures) -> None:
        nonlocal last
        if time.monotonic() - last >= EVERY:
            last = time.monotonic()
            print_line(f"  {_headline(figures, seconds)}")
            sys.stdout.flush()

    return show


def _headline(figures: Figures, seconds: float) -> str:
    now = min(figures.seconds, seconds)
    wrong = f", {figures.wrong} wrong" if figures.wrong else ""
    return (
        f"second {now:.0f} of {seconds:.0f}: {figures.over} stories over{wrong}, {figures.under_way} under way,"
        f" {figures.published} records in, {figures.seen} out"
    )


def _table(figures: Figures, seconds: float) -> "Table":
    from rich.table import Table  # noqa: PLC0415  (see above)

    table = Table(title=_headline(figures, seconds), title_justify="left", box=None, padding=(0, 2))
    for name, justify in (("records", "right"), ("topic", "left"), ("what is on it", "left")):
        table.add_column(name, justify="right" if justify == "right" else "left")
    counts = {**figures.sent, **figures.came}
    for topic, words in READABLE.items():
        table.add_row(str(counts.get(topic, 0)), topic, words)
    return table
