"""Cancellations unit by unit: what is asked, what is refused, what the warehouse's answers decide (domain.md 5)."""

import pytest

from domain.actors import ActorRef
from domain.cancellations import Cancellation, CancellationLine
from domain.identity import Ids
from domain.order_events import AttentionRaised, Noted
from domain.vocabulary import ActorKind, CancellationState, UnitStatus
from tests.builders.desk import AGENT, Desk, line, shipping, uid
from tests.builders.readings import amounts, newest_cancellation
from tests.builders.refused import refuses
from tests.builders.units_at_warehouse import placed

S = CancellationState


# Asking


def test_the_record_of_a_cancellation_tells_what_was_asked_by_whom_and_why() -> None:
    desk = placed(3, at_warehouse=1)
    reply = desk.cancels((1, 3), actor=AGENT, reason="TOO_LATE")
    assert newest_cancellation(desk) == Cancellation(
        cancellation_id=Ids(reply.command_id).new("cancellation"),
        state=S.ASKED_WAREHOUSE,
        version=2,
        created_at=desk.at,
        created_by=ActorRef("ann", ActorKind.AGENT),
        asked_by="ann",
        lines=(CancellationLine(line_number=1, asked=3, confirmed=2, source_id="W1"),),
        reason="TOO_LATE",
        policy_version="default",
    )
    assert desk.buckets() == {"cancelled": 2, "cancel_asked": 1}
    assert reply.entity_id == newest_cancellation(desk).cancellation_id
    assert "ASKED_WAREHOUSE" in reply.message


def test_force_is_kept_in_the_record() -> None:
    desk = placed(2)
    desk.warehouse(UnitStatus.PACKED, 1)
    assert desk.cancels((1, 1)).code == "not_cancellable"
    assert desk.cancels((1, 1), force=True).accepted
    assert (newest_cancellation(desk).forced, newest_cancellation(desk).state) == (True, S.CONFIRMED)


def test_units_of_several_lines_are_cancelled_or_asked_for_together() -> None:
    desk = placed(2, 2, at_warehouse=1)
    desk.cancels((1, 2), (2, 2))
    assert [desk.buckets(number) for number in (1, 2)] == [{"cancelled": 1, "cancel_asked": 1}] * 2
    assert [(found.line_number, found.confirmed, found.waiting) for found in newest_cancellation(desk).lines] == [
        (1, 1, 1),
        (2, 1, 1),
    ]


def test_with_the_switch_units_at_the_warehouse_are_cancelled_at_once() -> None:
    desk = placed(2, at_warehouse=1, direct_at_warehouse=True)
    desk.cancels((1, 2))
    assert (newest_cancellation(desk).state, desk.buckets()) == (S.CONFIRMED, {"cancelled": 2})


def test_no_line_named_means_all_that_can_be() -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000), line(2, 1, 500), shipping(9, 300), captured=2800)
    desk.ships(1)
    desk.warehouse(UnitStatus.DECLINED, 1, 2)
    assert desk.cancels(force=True).accepted
    assert [(found.line_number, found.asked) for found in newest_cancellation(desk).lines] == [(1, 1), (2, 1), (9, 1)]
    declined = Desk()
    declined.place(line(1, 2, 2000), line(2, 1, 500), captured=2500)
    declined.ships(1)
    declined.warehouse(UnitStatus.DECLINED, 1, 2)
    assert declined.cancels().accepted
    assert [(found.line_number, found.asked) for found in newest_cancellation(declined).lines] == [(2, 1)]


def test_a_cancellation_is_refused_with_what_is_there() -> None:
    desk = placed(3, at_warehouse=2, reasons=("CHANGED_MIND", "TOO_LATE"))
    assert refuses(desk.cancels((1, 1), reason="MOOD"), "reason_not_allowed", "MOOD", "cancel.reasons", "TOO_LATE")
    assert refuses(desk.cancels((1, 4)), "quantity_not_available", "line 1", "3", "4")
    assert refuses(desk.cancels((7, 1)), "unknown_line", "1001", "line 7")
    assert refuses(desk.cancels((1, 1), (1, 1)), "invalid_command", "line 1")
    desk.cancels((1, 2))
    assert desk.buckets() == {"cancelled": 1, "cancel_asked": 1, "at_warehouse": 1}
    assert refuses(desk.cancels((1, 2)), "already_held", "line 1", "1")
    assert refuses(desk.cancels((1, 3)), "quantity_not_available", "line 1", "1", "3")
    assert desk.cancels((1, 1)).accepted
    assert refuses(desk.cancels(), "quantity_not_available", "1001")


def test_an_order_that_went_too_far_says_which_status_it_has_and_which_would_do() -> None:
    desk = placed(2)
    desk.ships(1)
    assert refuses(desk.cancels((1, 1)), "not_cancellable", "1001", "PARTIALLY_COMPLETE", "NEW, RECEIVED, ONHOLD")
    assert desk.cancels().code == "not_cancellable"


# Answers


def test_an_answer_in_parts_keeps_each_lines_numbers_apart() -> None:
    desk = placed(2, 2, at_warehouse=2)
    desk.cancels((1, 2), (2, 2))
    asked = newest_cancellation(desk).cancellation_id
    desk.answers(asked, (1, 1, 0))
    assert [(found.confirmed, found.refused) for found in newest_cancellation(desk).lines] == [(1, 0), (0, 0)]
    desk.answers(asked, (1, 0, 1), (2, 1, 0))
    assert newest_cancellation(desk).state is S.ASKED_WAREHOUSE
    desk.answers(asked, (2, 0, 1))
    assert [(found.confirmed, found.refused) for found in newest_cancellation(desk).lines] == [(1, 1), (1, 1)]
    assert newest_cancellation(desk).state is S.PARTLY_CONFIRMED
    assert [desk.buckets(number) for number in (1, 2)] == [{"cancelled": 1, "at_warehouse": 1}] * 2
    assert amounts(desk) == [2000]


def test_an_answer_about_an_unknown_cancellation_needs_attention_and_changes_nothing() -> None:
    desk = placed(1)
    other = uid("other")
    desk.answers(other, (1, 1, 0))
    assert desk.file().attention == ("unknown_reference",)
    [note] = [noted for noted in desk.events(Noted) if noted.kind == "warehouse"]
    [raised] = desk.events(AttentionRaised)
    assert other in note.words
    assert raised.why == note.words
    assert desk.buckets() == {"open": 1}


@pytest.mark.parametrize(("confirmed", "attention"), [(0, ()), (1, ("fact_conflict",))])
def test_an_answer_to_what_has_ended_changes_nothing_and_is_a_conflict_when_it_confirms(
    confirmed: int, attention: tuple[str, ...]
) -> None:
    desk = placed(1, at_warehouse=1)
    desk.cancels((1, 1))
    asked = newest_cancellation(desk).cancellation_id
    desk.answers(asked, (1, 0, 1))
    before = newest_cancellation(desk)
    assert before.state is S.REFUSED
    desk.answers(asked, (1, confirmed, 1 - confirmed))
    assert (newest_cancellation(desk), desk.file().attention) == (before, attention)
    assert any(noted.kind == "warehouse" and "REFUSED" in noted.words for noted in desk.events(Noted))


@pytest.mark.parametrize(
    ("said", "conflict"),
    [
        (((1, 2, 0),), False),
        (((1, 1, 1),), False),
        (((1, 3, 0),), True),
        (((1, 0, 3),), True),
        (((1, 2, 1),), True),
        (((5, 1, 0), (1, 2, 0)), True),
    ],
)
def test_an_answer_for_more_than_was_asked_is_capped_and_a_conflict(
    said: tuple[tuple[int, int, int], ...], conflict: bool
) -> None:
    desk = placed(2, at_warehouse=2)
    desk.cancels((1, 2))
    desk.answers(newest_cancellation(desk).cancellation_id, *said)
    [found] = newest_cancellation(desk).lines
    assert found.confirmed + found.refused == 2
    assert newest_cancellation(desk).state in (S.CONFIRMED, S.PARTLY_CONFIRMED, S.REFUSED)
    assert desk.file().attention == (("fact_conflict",) if conflict else ())
    notes = [
        noted.words for noted in desk.events(Noted) if noted.kind == "warehouse" and f"line {said[0][0]}" in noted.words
    ]
    assert bool(notes) is conflict
    assert sum(desk.buckets().values()) == 2


def test_the_reason_of_a_refusal_is_kept_by_line() -> None:
    desk = placed(1, 1, at_warehouse=1)
    desk.cancels((1, 1), (2, 1))
    desk.ships(1)
    first, second = newest_cancellation(desk).lines
    assert (first.refused, first.shipped, second.refused, second.shipped) == (1, 1, 0, 0)
    assert first.reason is not None
    assert second.reason is None
