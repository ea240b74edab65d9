"""Every command of the contract, as agents, customers and machines of the town send it: right, wrong, or only tried."""

from datetime import date
from typing import Any, Final

from domain import commands as c
from domain.cases import Case
from domain.facts import Address
from domain.order_file import OrderFile
from domain.quantities import Bucket
from domain.vocabulary import (
    Verdict,
)
from tests.builders.town import CHECKOUTS, MAX, MIA, OTHERS, SKUS, SOURCES, Make, Town
from tests.builders.town_case_commands import ON_CASES
from tests.builders.town_ending import open_things

OUTSIDE: Final = (Bucket.DELIVERED, Bucket.SHIPPED)
REASONS: Final = ("LOST", "DAMAGED", "FIT", "")
ELSEWHERE: Final = Address(name="Eve", street="Side 2", city="Wien", country="AT")


def command(town: Town, kind: type[c.Command]) -> c.Command:
    """One command of this kind, about something that is there or, rarely, that is not."""
    fields = MAKE[kind](town)
    actor = town.one(OTHERS) if town.rarely() else town.one((MIA, MAX))
    return kind(
        command_id=town.name("command"),
        issued_at=town.happened(),
        actor=actor,
        dry_run=town.rarely(),
        expected_version=town.number(1, 4) if town.rarely() else None,
        **fields,
    )


# Where


def _home(town: Town, file: OrderFile | None) -> dict[str, Any]:
    """The order, and often the case that it is done for."""
    place: dict[str, Any] = {"sales_channel": "web-de", "order_id": "9999"}
    if file is not None:
        place = {"sales_channel": file.sales_channel, "order_id": file.order_id}
    cases = town.worker.all_of(Case)
    if cases and town.number(0, 2) == 2:
        case = town.one(cases)
        fitting = [line.case_line_id for line in case.lines.values() if file and line.order_id == file.order_id]
        place |= {"case_id": case.case_id, "case_line_id": town.one(fitting) if fitting else None}
    return place


def _with_units(town: Town, file: OrderFile | None, *buckets: Bucket) -> list[tuple[int, int]]:
    """Some lines with a quantity each, most often of those with units in these buckets; at times more than there are, or
    of a line that is not there."""
    if file is None or town.rarely():
        return [(town.number(1, 9), 1)]
    able = [number for number, line in file.lines.items() if line.units.at(*buckets)]
    numbers = list(file.lines) if town.rarely() or not able else able
    most = {number: file.lines[number].units.at(*buckets) or file.lines[number].sold.quantity for number in numbers}
    return [(number, town.number(1, most[number] + town.rarely())) for number in town.some(numbers)]


# On orders


def _plain_lines(town: Town) -> dict[str, Any]:
    file = town.some_order()
    lines = tuple(c.LineQuantity(line_number=n, quantity=units) for n, units in _with_units(town, file))
    return {**_home(town, file), "lines": () if town.number(0, 2) == 2 else lines, "reason": "CHANGED_MIND",
            "force": town.rarely()}  # fmt: skip


def _change(town: Town) -> dict[str, Any]:
    file = town.some_order()
    lines = tuple(
        c.ChangeLine(line_number=n, new_quantity=town.one((None, units, units + 1)),
                     delivery_date=town.one((None, date(2026, 6, 1))))
        for n, units in _with_units(town, file)
    )  # fmt: skip
    return {**_home(town, file), "lines": lines if town.number(0, 1) else (), "reason": "MOVED",
            "shipping_address": town.one((None, ELSEWHERE)), "shipping_method": town.one((None, "EXPRESS"))}  # fmt: skip


def _return(town: Town) -> dict[str, Any]:
    file = town.some_order()
    lines = tuple(
        c.ReturnLineInput(line_number=n, quantity=units, reason="FIT",
                          return_to_source=town.one(SOURCES) if town.rarely() else None)
        for n, units in _with_units(town, file, *OUTSIDE)
    )  # fmt: skip
    return {**_home(town, file), "lines": lines, "comment": " " if town.rarely() else "too small"}


def _appeasement(town: Town) -> dict[str, Any]:
    file = town.some_order()
    lines = tuple(
        c.AppeasementLineInput(line_number=n, amount_minor=town.one((1, 10, 37, 333, 2000)), reason="LATE")
        for n, _ in _with_units(town, file)
    )
    return {**_home(town, file), "lines": lines, "amount_includes_tax": bool(town.number(0, 1))}


def _exchange(town: Town) -> dict[str, Any]:
    file = town.some_order()
    lines = tuple(
        c.ExchangeLineInput(line_number=n, quantity=units, new_sku=town.one(SKUS), reason="FIT")
        for n, units in _with_units(town, file, *OUTSIDE)[:1]
    )
    return {**_home(town, file), "lines": lines, "new_shipping_address": town.one((None, ELSEWHERE))}


def _reshipment(town: Town) -> dict[str, Any]:
    file = town.some_order()
    lines = tuple(
        c.ReshipmentLineInput(line_number=n, quantity=units, reason=town.one(REASONS))
        for n, units in _with_units(town, file, *OUTSIDE)
    )
    return {**_home(town, file), "lines": lines, "take_back": bool(town.number(0, 1))}


def _on(remedies: str, name: str, **more: Any) -> Make:
    """A command on one of an order's remedies, of an order that has some where there is one."""

    def make(town: Town) -> dict[str, Any]:
        able = [file for file in town.orders if getattr(file, remedies)]
        file = town.one(able) if able else town.some_order()
        known = list(getattr(file, remedies)) if file else []
        still_open = [key for what, key, _ in open_things(file) if what == remedies] if file else []
        known = known if town.rarely() else still_open or known
        chosen = {key: value(town) if callable(value) else value for key, value in more.items()}
        return {**_home(town, file), name: town.some_id(known), **chosen}

    return make


def _decide_line(town: Town) -> dict[str, Any]:
    able = [(file, made) for file in town.orders for made in file.returns.values()]
    waiting = [(file, made) for file, made in able if any(line.undecided for line in made.lines)]
    if not able:
        return {**_home(town, None), "return_id": town.name("x"), "line_number": 1, "verdict": Verdict.ACCEPT}
    file, made = town.one(waiting or able)
    verdict = town.one((Verdict.ACCEPT, Verdict.REJECT, Verdict.ACCEPT_PART))
    return {**_home(town, file), "return_id": made.return_id, "line_number": town.one(made.lines).line_number,
            "verdict": verdict, "percent": town.one((None, 50, 99)) if verdict is Verdict.ACCEPT_PART else None}  # fmt: skip


def _on_refund(town: Town, **more: Any) -> dict[str, Any]:
    """A refund of an order or of a checkout."""
    files = [file for file in town.money if file.refunds]
    if not files:
        return {"sales_channel": "web-de", "order_id": "1001", "refund_id": town.name("x"), **more}
    file = town.one(files)
    return {
        "sales_channel": file.sales_channel,
        "order_id": file.order_id if isinstance(file, OrderFile) else None,
        "checkout_id": None if isinstance(file, OrderFile) else file.checkout_id,
        "refund_id": town.some_id(list(file.refunds)),
        **more,
    }


def _refund_payment(town: Town) -> dict[str, Any]:
    channel, checkout_id = town.one(CHECKOUTS)
    return {"sales_channel": channel, "checkout_id": checkout_id, "payment_ref": town.one(("P1", "P2")),
            "amount_minor": town.one((1, 500, 1000, 0)), "reason": "ABANDONED"}  # fmt: skip


MAKE: Final[dict[type[c.Command], Make]] = {
    **ON_CASES,
    c.CancelOrder: _plain_lines,
    c.ChangeOrder: _change,
    c.WithdrawOrderChange: _on("changes", "change_id"),
    c.CreateReturn: _return,
    c.ApproveReturn: _on("returns", "return_id"),
    c.DenyReturn: _on("returns", "return_id", reason="worn"),
    c.CancelReturn: _on("returns", "return_id"),
    c.DecideReturnLine: _decide_line,
    c.ApproveRefund: _on_refund,
    c.CancelRefund: _on_refund,
    c.RetryRefund: _on_refund,
    c.ReleaseRefundOffline: lambda town: _on_refund(town, reference="cash 7"),
    c.RetryVoid: _on("cancellations", "cancellation_id"),
    c.CreateAppeasement: _appeasement,
    c.RefundPayment: _refund_payment,
    c.CreateExchange: _exchange,
    c.CancelExchange: _on("exchanges", "exchange_id"),
    c.CreateReshipment: _reshipment,
    c.CancelReshipment: _on("reshipments", "reshipment_id"),
}
"""Every command of the contract → what a sender of the town puts into it."""
