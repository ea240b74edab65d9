"""What an erasure adds to a history and takes out of it: the thing first, then each part that lost something (5a)."""

from dataclasses import replace

import pytest

from domain import commands as c
from domain.actors import SYSTEM, Stamp
from domain.cases import Case, CaseErased, TaskErased
from domain.checkouts import CheckoutFile
from domain.erasure import Erased, erase, is_erased
from domain.folding import Written
from domain.history import entries
from domain.order_events import OrderStateMoved, PersonErased, RemedyErased
from domain.order_file import OrderFile
from domain.orders import status
from domain.vocabulary import EntityType, PaymentKind
from domain.world import Ref, Step
from tests.builders.case_on_order import CASE, LINE, submitted_case
from tests.builders.checkouts import pays, starts
from tests.builders.desk import Desk, line

ERASING = Stamp(1_900_000_000_000_000, SYSTEM, "7f1c2f6e-0000-4000-8000-000000000001")


@pytest.fixture(scope="module", name="desk")
def _desk() -> Desk:
    """An order with a return that has somebody's words and a cancellation without any, a case with two tasks (one with
    words), a checkout."""
    desk = Desk()
    desk.place(line(1, 2, 2000), captured=2000)
    submitted_case(desk)
    for words in ("Ask Ada", None):
        desk.send(c.AddTask, case_id=CASE, case_line_id=LINE, short_description="check", description=words)
    desk.cancels((1, 1))
    desk.ships(1)
    desk.returns((1, 1), comment="Ada has no room")
    starts(desk)
    pays(desk, PaymentKind.CAPTURED, 1000, payment_ref="P1")
    return desk


def ref_of(desk: Desk, kind: str) -> Ref:
    [ref] = [ref for ref in desk.things if ref.kind == kind]
    return ref


def made(desk: Desk, ref: Ref) -> list[Step]:
    return [step for step in desk.steps if step.ref == ref]


def history(desk: Desk, ref: Ref) -> list[Written]:
    return [Written(step.event, step.stamp) for step in made(desk, ref)]


def erased(desk: Desk, kind: str) -> Erased:
    ref = ref_of(desk, kind)
    thing = desk.things[ref]
    assert isinstance(thing, OrderFile | CheckoutFile | Case)
    found = erase(ref, thing, history(desk, ref), ERASING)
    assert found is not None
    return found


def test_an_order_says_its_next_version_first_then_each_remedy_that_lost_words(desk: Desk) -> None:
    file = desk.file()
    [spoken], [silent] = file.returns.values(), file.cancellations.values()
    found = erased(desk, "order")
    events = [step.event for step in found.steps]
    assert events[0] == PersonErased(file.version + 1, status(file))
    assert RemedyErased(EntityType.RETURN, spoken.return_id) in events
    assert RemedyErased(EntityType.CANCELLATION, silent.cancellation_id) not in events
    assert isinstance(found.after, OrderFile)
    assert (found.after.version, found.after.returns[spoken.return_id].version) == (
        file.version + 1,
        spoken.version + 1,
    )
    assert found.after.returns[spoken.return_id].comment == ""
    assert found.after.cancellations == file.cancellations
    assert {step.stamp for step in found.steps} == {ERASING}
    assert len({step.event_id for step in found.steps} - {""}) == len(found.steps)


def test_a_case_says_itself_then_each_task_that_lost_words(desk: Desk) -> None:
    spoken, silent = desk.case(CASE).tasks.values()
    found = erased(desk, "case")
    after = found.after
    assert isinstance(after, Case)
    words_lost = [
        task.task_id for task in (spoken, silent) if after.tasks[task.task_id].description != task.description
    ]
    assert words_lost == [spoken.task_id]
    assert found.steps[0].event == CaseErased(CASE)
    assert TaskErased(CASE, spoken.task_id) in [step.event for step in found.steps]


def test_a_checkout_has_no_version_to_say(desk: Desk) -> None:
    found = erased(desk, "checkout")
    assert [step.event for step in found.steps] == [PersonErased(0)]


@pytest.mark.parametrize("kind", ["order", "case", "checkout"])
def test_each_entry_has_the_words_of_its_blanked_step_and_a_moved_state_has_none(desk: Desk, kind: str) -> None:
    ref = ref_of(desk, kind)
    found = erased(desk, kind)
    before = made(desk, ref)
    assert [type(one.entry.event) for one in found.entries] == [type(step.event) for step in before]
    for one, step in zip(found.entries, before, strict=True):
        assert one.entry.stamp.cause_id == step.stamp.cause_id
        if isinstance(step.event, OrderStateMoved):
            assert one.words is None
        elif one.entry.event == step.event:
            assert one.words == entries(step)[0].words
        else:
            assert one.words is not None
            assert "Ada" not in one.words


def test_where_the_history_leads_elsewhere_each_entry_loses_its_words(desk: Desk) -> None:
    ref = ref_of(desk, "order")
    found = erase(ref, desk.file(), history(desk, ref)[1:], ERASING)
    assert found is not None
    assert {one.words for one in found.entries} == {""}
    changed = replace(desk.file(), revision=99)
    kept = erase(ref, changed, history(desk, ref), ERASING)
    assert kept is not None
    assert isinstance(kept.after, OrderFile)
    assert kept.after.revision == 99


@pytest.mark.parametrize("kind", ["order", "checkout"])
def test_a_thing_is_erased_when_its_customer_has_no_id_any_more(desk: Desk, kind: str) -> None:
    thing, after = desk.things[ref_of(desk, kind)], erased(desk, kind).after
    assert (is_erased(thing), is_erased(after)) == (False, True)


def test_what_the_shop_has_not_spoken_of_is_not_erased() -> None:
    assert not is_erased(None)
    assert not is_erased(OrderFile(sales_channel="web-de", order_id="1"))
    assert not is_erased(CheckoutFile(sales_channel="web-de", checkout_id="1"))
