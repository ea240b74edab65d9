"""Changes, exchanges and reshipments on their ways, for remedies.py: brought where they are by what really brings them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from domain import commands as c
from domain import facts as f
from domain.policy import DAY, DEFAULT
from domain.vocabulary import ChangeField, ReceiptOutcome, Verdict
from tests.builders.desk import CHANNEL, Desk, line, with_policy


@dataclass
class Found:
    """A desk, and where on its order the remedy is."""

    desk: Desk
    group: str

    @property
    def thing(self) -> Any:
        return next(iter(getattr(self.desk.file(), self.group).values()))

    @property
    def id(self) -> str:
        return str(next(iter(getattr(self.desk.file(), self.group))))


# Changes: another address and another method


def change(*answers: bool) -> Callable[[], Found]:
    def make() -> Found:
        desk = Desk()
        desk.place(line(1, 1, 1000))
        away = f.Address(name="Ada", street="2 Lane", city="Port", country="DE")
        wish: dict[str, Any] = {"shipping_address": away, "shipping_method": "EXPRESS"}
        assert desk.send(c.ChangeOrder, reason="MOVED", **wish).accepted
        found = Found(desk, "changes")
        fields = (ChangeField.ADDRESS, ChangeField.SHIPPING_METHOD)
        said = tuple(
            f.ChangeAnswerField(field=field, confirmed=yes) for field, yes in zip(fields, answers, strict=False)
        )
        if said:
            desk.feed(
                desk.fact(f.ChangeAnswer, sales_channel=CHANNEL, order_id="1001", change_id=found.id, answers=said)
            )
        return found

    return make


def change_later(*, withdrawn: bool) -> Found:
    found = change()()
    if withdrawn:
        assert found.desk.send(c.WithdrawOrderChange, change_id=found.id).accepted
    else:
        found.desk.wait(2 * DAY)
    return found


# Exchanges: one shirt for a larger one


def exchange(mode: str = "ADVANCE", *, auto: bool = True) -> Found:
    policies = with_policy(with_policy(DEFAULT, "exchanges", mode=mode), "returns", auto_approve=auto)
    desk = Desk(policies)
    desk.place(line(1, 1, 1000, sku="SHIRT-M", parent_sku="SHIRT"), captured=1000)
    desk.ships(1)
    for sku in ("SHIRT-M", "SHIRT-L"):
        desk.feed(f.Product(sku=sku, parent_sku="SHIRT", sellable=True, updated_at=desk.at))
    desk.feed(f.StockLevel(sales_channel=CHANNEL, sku="SHIRT-L", available=5, updated_at=desk.at))
    wish = c.ExchangeLineInput(line_number=1, quantity=1, new_sku="SHIRT-L", reason="FIT")
    assert desk.send(c.CreateExchange, lines=(wish,)).accepted
    return Found(desk, "exchanges")


def exchanged(*, shipped: bool = False, back: bool = False, late: bool = False) -> Callable[[], Found]:
    def make() -> Found:
        found = exchange()
        if late:
            found.desk.wait(31 * DAY)
        if shipped:
            found.desk.ships(1, 1, "1001E")
        if back:
            found.desk.receives(next(iter(found.desk.file().returns.values())).rma, (1, 1, ReceiptOutcome.GOOD))
        return found

    return make


def exchange_denied() -> Found:
    found = exchange(auto=False)
    found.desk.send(c.DenyReturn, return_id=next(iter(found.desk.file().returns)), reason="worn")
    return found


def exchange_cancelled() -> Found:
    found = exchange()
    assert found.desk.send(c.CancelExchange, exchange_id=found.id).accepted
    return found


def converted() -> Found:
    found = exchange("HOLD")
    back = next(iter(found.desk.file().returns.values()))
    found.desk.receives(back.rma, (1, 1, ReceiptOutcome.DAMAGED))
    found.desk.send(c.DecideReturnLine, return_id=back.return_id, line_number=1, verdict=Verdict.REJECT)
    return found


# Reshipments: a lost unit again


def reshipment(*, shipped: bool = False, arrived: bool = False, cancelled: bool = False) -> Callable[[], Found]:
    def make() -> Found:
        desk = Desk()
        desk.place(line(1, 1, 1000), captured=1000)
        desk.ships(1)
        wish = c.ReshipmentLineInput(line_number=1, quantity=1, reason="LOST")
        assert desk.send(c.CreateReshipment, lines=(wish,)).accepted
        found = Found(desk, "reshipments")
        if shipped:
            desk.ships(1, 1, "1001R")
        if arrived:
            desk.delivers(1, 1, "1001R")
        if cancelled:
            assert desk.send(c.CancelReshipment, reshipment_id=found.id).accepted
        return found

    return make
