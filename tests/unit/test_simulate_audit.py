"""The gateway's books against the worker's: what is not in both to the cent is named, order by order."""

from collections.abc import Callable
from typing import Any

import pytest

from ordercase.simulate.basket import MARKETS
from ordercase.simulate.seen import Record
from ordercase.simulate.stories import PLOTS
from ordercase.simulate.verdict import Verdict
from ordercase.simulate.world import World
from tests.builders.memory_worker import MemoryWorker, MovedClock

Value = dict[str, Any]
LAST = 10**9


class LyingWorker(MemoryWorker):
    """A worker whose rules are right and whose records of one name are changed on their way out."""

    def __init__(self, name: str, lie: Callable[[Value], None]) -> None:
        super().__init__(clock=MovedClock())
        self._name, self._lie = name, lie

    def receive(self, seconds: float) -> list[Record]:
        records = super().receive(seconds)
        for record in records:
            if record.name == self._name:
                self._lie(record.value)
        return records


def played(worker: MemoryWorker, story: str, times: int = 1) -> Verdict:
    (plot,) = (plot for plot in PLOTS if plot.name == story)
    world = World(worker, prefix="T", seed=3, patience=LAST, quiet=0, clock=worker.clock)
    return world.play([plot] * times)


def said(verdict: Verdict) -> str:
    return " | ".join(wrong for ending in verdict.details for wrong in ending.wrongs)


def one_cent_more(name: str) -> Callable[[Value], None]:
    def lie(value: Value) -> None:
        value[name] += 1

    return lie


def test_the_books_agree_when_nobody_lies() -> None:
    verdict = played(MemoryWorker(clock=MovedClock()), "returns.some_of_it", 8)
    assert said(verdict) == ""
    assert sum(sums.orders for sums in verdict.books) == 8
    assert all(sums.agree and sums.gateway.refunded and "says the same" in sums.sentence for sums in verdict.books)
    assert {sums.currency for sums in verdict.books} <= {market.currency for market in MARKETS}


@pytest.mark.parametrize("name", ["captured", "refunded", "charged_back"])
def test_a_cent_too_much_on_the_order_is_named(name: str) -> None:
    worker = LyingWorker("postsales.OrderStateChanged", one_cent_more(f"{name}_minor"))
    verdict = played(worker, "troubles.charged_back_and_won")
    assert f"the gateway's books: {name} " in said(verdict)
    assert not any(sums.agree for sums in verdict.books)


def test_money_that_is_pending_for_ever_is_named() -> None:
    verdict = played(LyingWorker("postsales.OrderStateChanged", one_cent_more("pending_minor")), "deliveries.plain")
    assert "the gateway owes answers about 0, but 1 is pending" in said(verdict)


def test_a_confirmed_leg_that_the_gateway_never_paid_is_named() -> None:
    def lie(value: Value) -> None:
        if value["state"] == "RELEASED":
            value["legs"][0]["amount_minor"] += 1

    verdict = played(LyingWorker("postsales.RefundChanged", lie), "returns.some_of_it")
    assert "refunded on request, but the legs say" in said(verdict)


def test_a_refund_that_is_called_released_and_was_not_is_named() -> None:
    def lie(value: Value) -> None:
        value["state"] = "RELEASED" if value["state"] == "EXCEPTION" else value["state"]

    verdict = played(LyingWorker("postsales.RefundChanged", lie), "refunds.failed_then_paid")
    assert "went back on request, but refunds of" in said(verdict)


def test_a_credit_note_that_two_refunds_have_is_named_on_both() -> None:
    def lie(value: Value) -> None:
        if value["credit_note_number"]:
            value["credit_note_number"] = f"{value['sales_channel']}-CN-00000001"

    verdict = played(LyingWorker("postsales.RefundChanged", lie), "returns.some_of_it", 9)
    twice = [ending for ending in verdict.details if "is on" in " ".join(ending.wrongs)]
    assert len(twice) > 1


def test_a_void_that_the_gateway_never_made_is_named() -> None:
    def lie(value: Value) -> None:
        for leg in value["voids"]:
            leg["amount_minor"] += 1

    verdict = played(LyingWorker("postsales.CancellationChanged", lie), "cancellations.let_go")
    assert "voided, but the legs say" in said(verdict)
