"""Numbers of cases, returns and credit notes: given once, in order, and nobody waits for another's transaction."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from consumers.batch import BatchWriter
from consumers.rules import Rules
from domain.order_file import OrderFile
from domain.reference_data import Counter
from domain.world import Kind, Outcome, Ref, World
from storage import numbers
from storage.numbers import STRETCH
from tests.integration.batches import GROUP, Batches
from tests.integration.counting_rules import counting_rules, handle, refs

RMA = Ref(Kind.COUNTER, "rma")


def _numbered(message: Any, world: World, *rest: Any, many: int = 1) -> Outcome:
    """Whatever marks an order gets as many numbers."""
    outcome = handle(message, world, *rest)
    files = {ref: file for ref, file in outcome.changed.items() if isinstance(file, OrderFile)}
    last = world.get(RMA)
    assert isinstance(last, Counter)
    given = [f"RMA-{last.last + n}" for n in range(1, many + 1)]
    changed = {ref: replace(file, parcels=(*file.parcels, *given)) for ref, file in files.items()}
    return replace(outcome, changed={**outcome.changed, **changed, RMA: Counter(series="rma", last=last.last + many)})


def numbering(many: int = 1, *, named: bool = True) -> Rules:
    """`named`: an input says beforehand that it takes a number; else the rules find out in the middle."""
    asked = (lambda message: (*refs(message), RMA)) if named else refs
    return replace(counting_rules(handle=partial(_numbered, many=many)), refs=asked)


@pytest.fixture(name="batches")
def _batches(database_url: str) -> Iterator[Batches]:
    with Batches(database_url, numbering()) as batches:
        yield batches


def given(batches: Batches, order: str) -> list[str]:
    return [mark for mark in batches.marks(order) if mark.startswith("RMA-")]


def last(batches: Batches) -> int:
    return int(batches.rows("SELECT last FROM counters WHERE series = 'rma'")[0][0])


@pytest.mark.parametrize("named", [True, False], ids=["named", "found out"])
def test_numbers_follow_each_other_over_batches_and_stretches(database_url: str, named: bool) -> None:
    with Batches(database_url, numbering(30, named=named)) as batches:
        for n in range(5):
            batches.run(batches.sent("order", f"shop:{n}"), batches.sent("order", f"shop:1{n}"))
        names = [name for n in range(5) for order in (f"shop:{n}", f"shop:1{n}") for name in given(batches, order)]
    assert names == [f"RMA-{n}" for n in range(1, 301)]


def test_more_than_a_stretch_in_one_batch_is_drawn_at_once(database_url: str) -> None:
    with Batches(database_url, numbering(3 * STRETCH)) as batches:
        batches.run(batches.sent("order"))
        assert given(batches, "shop:1")[-1] == f"RMA-{3 * STRETCH}"
        assert last(batches) >= 3 * STRETCH


def test_a_worker_that_ends_gives_back_what_it_did_not_give(batches: Batches) -> None:
    batches.run(batches.sent("order"))
    assert last(batches) == STRETCH
    batches.writer.close()
    assert last(batches) == 1


def test_what_others_drew_since_stays_theirs(batches: Batches) -> None:
    batches.run(batches.sent("order"))
    with closing(BatchWriter(batches.connect, batches.rules, GROUP)) as other:
        mine, batches.writer = batches.writer, other
        batches.run(batches.sent("order", "shop:2"))
        mine.close()
        assert last(batches) == 2 * STRETCH
        batches.run(batches.sent("order", "shop:3"))
    assert [given(batches, f"shop:{n}") for n in (1, 2, 3)] == [
        ["RMA-1"],
        [f"RMA-{STRETCH + 1}"],
        [f"RMA-{STRETCH + 2}"],
    ]


def test_what_is_low_is_not_filled_up_over_what_others_drew(database_url: str) -> None:
    with Batches(database_url, numbering(STRETCH - 5)) as batches:
        batches.run(batches.sent("order"))
        with batches.connect() as other:
            numbers.of(other).lacks([RMA])
            numbers.of(other).draw(other)
        batches.run(batches.sent("order", "shop:2"))
        assert given(batches, "shop:2")[0] == f"RMA-{2 * STRETCH + 1}"


def test_what_a_batch_did_not_keep_is_given_by_the_next(batches: Batches) -> None:
    batches.run(batches.sent("order"), batches.sent("order", "shop:2"))
    with pytest.raises(RuntimeError):
        batches.writer.in_transaction(_breaks)
    batches.run(batches.sent("order", "shop:3"))
    assert given(batches, "shop:3") == ["RMA-3"]


def _breaks(connection: Any) -> Any:
    numbers.of(connection).use({RMA: Counter(series="rma", last=9)})
    raise RuntimeError


def test_what_may_have_been_given_is_never_given_again(batches: Batches) -> None:
    batches.run(batches.sent("order"))
    second = batches.sent("order", "shop:2")
    with pytest.raises(KeyboardInterrupt):
        batches.run(second, meanwhile=_ends)
    # the COMMIT was under way, and went through
    batches.expected[second.topic] += 1
    batches.run(batches.sent("order", "shop:3"))
    assert given(batches, "shop:2") == ["RMA-2"]
    assert given(batches, "shop:3") == [f"RMA-{STRETCH + 1}"]


def _ends() -> None:
    raise KeyboardInterrupt


def test_nobody_waits_for_the_number_of_an_open_transaction(batches: Batches) -> None:
    batches.run(batches.sent("order"))
    with batches.connect() as other:
        other.execute("SET lock_timeout = '200ms'")
        done = []

        def draws(connection: Any) -> tuple[None, Any]:
            connection.execute("BEGIN")
            numbers.of(connection).use({RMA: Counter(series="rma", last=2)})
            theirs = numbers.of(other)
            theirs.lacks([RMA])
            theirs.draw(other)
            done.append(theirs.counters()[RMA].last)
            return None, lambda: None

        batches.writer.in_transaction(draws)
    assert done == [STRETCH]


def test_a_series_begins_after_what_was_told_of_it(batches: Batches) -> None:
    with batches.connect() as connection:
        series = numbers.of(connection)
        series.lacks([RMA])
        series.draw(connection)
        assert series.use({RMA: Counter(series="rma", last=5 * STRETCH)}) == {RMA}
        series.draw(connection)
        assert series.use({RMA: Counter(series="rma", last=5 * STRETCH)}) == frozenset()
