"""A history makes again every step that the worker made, and says at which entry it stops making sense (domain.md 14)."""

import pytest

from domain import commands as c
from domain.folding import CannotFold, Written, fold
from domain.order_events import NoticeAsked, OrderSeen, OrderStateMoved, UnitsMoved
from domain.orders import status
from domain.vocabulary import OrderEventKind, PaymentKind
from domain.world import Ref, Step
from tests.builders.case_on_order import submitted_case
from tests.builders.checkouts import pays, starts
from tests.builders.desk import CHANNEL, Desk, line


@pytest.fixture(scope="module", name="desk")
def _desk() -> Desk:
    """An order whose units went out and came back, of which the shop also said something old; a case on it; a checkout whose
    money went back."""
    desk = Desk()
    desk.place(line(1, 2, 2000), captured=2000)
    desk.shop(OrderEventKind.PLACED, 0, line(1, 2, 2000))
    submitted_case(desk)
    desk.ships(2)
    desk.returns((1, 1))
    desk.gateway_answers()
    starts(desk)
    pays(desk, PaymentKind.CAPTURED, 1000, payment_ref="P1")
    desk.send(
        c.RefundPayment,
        sales_channel=CHANNEL,
        checkout_id="CO-1",
        payment_ref="P1",
        amount_minor=100,
        reason="NEVER_ORDERED",
    )
    return desk


def made(desk: Desk, ref: Ref) -> list[Step]:
    return [step for step in desk.steps if step.ref == ref]


def written(desk: Desk, ref: Ref) -> list[Written]:
    """What is kept of it: everything but that the published state moved."""
    return [Written(s.event, s.stamp) for s in made(desk, ref) if not isinstance(s.event, OrderStateMoved)]


@pytest.mark.parametrize("kind", ["order", "case", "checkout"])
def test_a_history_makes_again_each_step_that_the_worker_made(desk: Desk, kind: str) -> None:
    [ref] = [ref for ref in desk.things if ref.kind == kind]
    again = list(fold(ref, written(desk, ref)))
    assert [(s.ref, s.event, s.after, s.stamp) for s in again] == [
        (s.ref, s.event, s.after, s.stamp) for s in made(desk, ref)
    ]
    assert [s.before for s in again] == [None, *(s.after for s in again[:-1])]
    assert len(again) > 2


def test_each_move_of_the_published_state_names_the_one_before(desk: Desk) -> None:
    [ref] = [ref for ref in desk.things if ref.kind == "order"]
    moves = [step for step in fold(ref, written(desk, ref)) if isinstance(step.event, OrderStateMoved)]
    assert len(moves) > 3
    was = None
    for step in moves:
        assert isinstance(step.event, OrderStateMoved)
        assert step.event.previous_status == was
        was = status(step.after)  # type: ignore[arg-type]


def test_moves_that_were_kept_are_found_out_again_and_not_made_twice(desk: Desk) -> None:
    [ref] = [ref for ref in desk.things if ref.kind == "order"]
    kept = [Written(step.event, step.stamp) for step in made(desk, ref)]
    assert list(fold(ref, kept)) == list(fold(ref, written(desk, ref)))


@pytest.mark.parametrize("before", [0, 3])
def test_what_does_not_follow_is_told_with_its_place_its_name_and_why(before: int) -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), captured=1000)
    desk.appeases((1, 100), amount_includes_tax=True)
    [ref] = [ref for ref in desk.things if ref.kind == "order"]
    history = written(desk, ref)
    sent = next(entry for entry in history if type(entry.event).__name__ == "RefundSent")
    with pytest.raises(CannotFold) as caught:
        list(fold(ref, [*history[:before], sent, sent]))
    assert caught.value.place == before
    assert str(caught.value) == f"entry {before + 1} (RefundSent): RefundSent of a refund that does not exist"


def test_what_no_rule_speaks_of_is_told_by_the_kind_of_the_error_alone(desk: Desk) -> None:
    [ref] = [ref for ref in desk.things if ref.kind == "order"]
    moved = next(entry for entry in written(desk, ref) if isinstance(entry.event, UnitsMoved))
    with pytest.raises(CannotFold) as caught:
        list(fold(ref, [moved]))
    assert (caught.value.place, str(caught.value)) == (0, "entry 1 (UnitsMoved): KeyError")


def test_a_step_that_no_machine_has_is_told_in_the_machines_words(desk: Desk) -> None:
    [ref] = [ref for ref in desk.things if ref.kind == "order"]
    history = written(desk, ref)
    place = next(n for n, entry in enumerate(history) if type(entry.event).__name__ == "LegConfirmed")
    with pytest.raises(CannotFold) as caught:
        list(fold(ref, [*history[: place + 1], history[place]]))
    assert caught.value.place == place + 1
    assert str(caught.value) == f"entry {place + 2} (LegConfirmed): LegConfirmed while RELEASED"


def test_a_mail_that_a_case_asked_for_changes_nothing_of_the_case(desk: Desk) -> None:
    [ref] = [ref for ref in desk.things if ref.kind == "case"]
    history = written(desk, ref)
    asked = [entry for entry in history if isinstance(entry.event, NoticeAsked)]
    assert asked
    *_, last = fold(ref, [entry for entry in history if entry not in asked])
    assert last.after == desk.things[ref]


def test_an_empty_history_is_nothing(desk: Desk) -> None:
    assert all(list(fold(ref, [])) == [] for ref in desk.things)
    assert isinstance(written(desk, next(r for r in desk.things if r.kind == "order"))[0].event, OrderSeen)
