"""An order, checkout or case without its person: the state, its history, and what is published of it."""

import dataclasses
from typing import Any

import pytest

from domain import facts as f
from domain.actors import SYSTEM, Stamp
from domain.erasure import Erased, erase
from domain.facts import Customer
from domain.folding import Folded, Written, fold
from domain.handling import handle
from domain.history import entries
from domain.order_file import OrderFile
from domain.persons import without_person
from domain.policy import DEFAULT
from domain.vocabulary import PaymentKind, UnitStatus
from domain.world import Effect, Outcome, Ref
from ordercase.simulate.stories import PLOTS
from schemas.codec import Codec
from schemas.outbound import project
from tests.builders.day import Day, a_day

AT = 1_900_000_000_000_000
ERASING = Stamp(AT, SYSTEM, "7f1c2f6e-0000-4000-8000-000000000001")


@pytest.fixture(scope="module", name="things")
def _things() -> Day:
    return a_day()


@pytest.fixture(scope="module", name="done")
def _done(things: Day) -> dict[Ref, Erased]:
    done = {ref: erase(ref, thing, history, ERASING) for ref, (thing, history) in things.items()}
    return {ref: one for ref, one in done.items() if one is not None}


def whole_history(one: Erased) -> list[Written]:
    added = [
        Written(entry.data, dataclasses.replace(ERASING, happened_at=entry.happened_at))
        for step in one.steps
        for entry in entries(step)
    ]
    return [entry.entry for entry in one.entries] + added


def test_nothing_of_a_person_is_left_in_the_state_or_in_any_entry(things: Day, done: dict[Ref, Erased]) -> None:
    """Every customer of the simulator has one first name, e-mail and street that are looked for in all there is."""
    assert len(done) > len(PLOTS)
    for ref, one in done.items():
        thing = things[ref][0]
        text = repr((one.after, one.entries, one.steps))
        customer = thing.order.customer if isinstance(thing, OrderFile) and thing.order else None
        for name in ("email", "customer_id", "phone") if customer else ():
            assert not getattr(customer, name) or repr(getattr(customer, name)) not in text, (ref, name)
        assert "Long Street" not in text


def test_the_history_afterwards_still_folds_to_the_state(done: dict[Ref, Erased]) -> None:
    for ref, one in done.items():
        *_, last = fold(ref, whole_history(one))
        assert last.after == one.after


def test_money_units_and_states_are_what_they_were(things: Day, done: dict[Ref, Erased]) -> None:
    for ref, one in done.items():
        before = things[ref][0]
        if isinstance(before, OrderFile):
            assert isinstance(one.after, OrderFile)
            assert {n: line.units for n, line in one.after.lines.items()} == {
                n: line.units for n, line in before.lines.items()
            }
            assert {key: (r.state, r.amount_minor) for key, r in one.after.refunds.items()} == {
                key: (r.state, r.amount_minor) for key, r in before.refunds.items()
            }


def test_a_second_erasure_has_nothing_to_do(done: dict[Ref, Erased]) -> None:
    assert [ref for ref, one in done.items() if erase(ref, one.after, whole_history(one), ERASING)] == []


def test_every_version_that_it_makes_is_published_and_is_the_next(things: Day, done: dict[Ref, Erased]) -> None:
    codec = Codec()
    published: set[str] = set()
    for ref, one in done.items():
        for out in project(Outcome(effect=Effect.APPLIED, changed={}, steps=one.steps), "test"):
            codec.encode(out.topic, out.record, out.value)
            published.add(out.record)
            before: Any = things[ref][0]
            if out.record == "postsales.OrderStateChanged":
                assert out.value["version"] == before.version + 1
                assert out.value["previous_state"] == out.value["state"]
            if out.record == "postsales.ReturnChanged":
                assert out.value["version"] == before.returns[out.value["return_id"]].version + 1
    assert {"postsales.OrderStateChanged", "postsales.ReturnChanged", "cases.CaseChanged"} <= published


def test_a_state_that_its_history_never_led_to_is_blanked_all_the_same(things: Day) -> None:
    ref, (thing, history) = next((r, t) for r, t in things.items() if isinstance(t[0], OrderFile) and t[0].lines)
    assert isinstance(thing, OrderFile)
    changed = dataclasses.replace(thing, revision=thing.revision + 7)
    one = erase(ref, changed, history[1:], ERASING)
    assert one is not None
    assert isinstance(one.after, OrderFile)
    assert one.after.revision == changed.revision
    assert without_person(one.after) is one.after


class OneThing:
    def __init__(self, ref: Ref, thing: Folded) -> None:
        self.ref, self.thing = ref, thing

    def get(self, ref: Ref) -> Any:
        return self.thing if ref == self.ref else None


def test_what_warehouse_and_gateway_still_say_of_an_erased_order_comes_in_without_persons(
    things: Day, done: dict[Ref, Erased]
) -> None:
    ref, one = next((r, e) for r, e in done.items() if isinstance(e.after, OrderFile) and e.after.lines)
    assert isinstance(one.after, OrderFile)
    channel, order_id = one.after.sales_channel, one.after.order_id
    said = f.LineStatus(event_id="7f1c2f6e-0000-4000-8000-000000000002", occurred_at=AT, sales_channel=channel, order_id=order_id,
                        lines=(f.StatusLine(line_number=1, quantity=1, status=UnitStatus.ONHOLD, reason="Ada rang us"),))  # fmt: skip
    paid = f.PaymentEvent(event_id="7f1c2f6e-0000-4000-8000-000000000003", occurred_at=AT, sales_channel=channel, order_id=order_id,
                          payment_ref="pay-9", gateway="psp", method="card", kind=PaymentKind.CAPTURE_FAILED, amount_minor=1,
                          currency=one.after.currency, reason="EXPIRED", response="Ada Lovelace has no funds")  # fmt: skip
    for fact in (said, paid):
        kept = repr(handle(fact, OneThing(ref, one.after), DEFAULT, AT).steps)
        assert "Ada" not in kept
        assert "Ada" in repr(handle(fact, OneThing(ref, things[ref][0]), DEFAULT, AT).steps)
    assert "EXPIRED" in kept
    assert one.after.facts.customer == Customer(customer_id="", type=one.after.facts.customer.type)
