"""When the relay may go on, and when it must stop: the position against the outbox."""

from dataclasses import dataclass

import pytest

from producers.position import Position, RelayAlarm, check_dense, verified


@dataclass(frozen=True)
class Kept:
    seq: int
    event_id: str


def test_a_group_that_never_published_begins_at_the_first_row() -> None:
    assert verified(None, head=7, before=None, published_before=False) == Position(1, "")


def test_it_goes_on_where_kafka_says_when_the_row_before_is_the_same_event() -> None:
    found = Position(5, "event-4")
    assert verified(found, head=9, before=Kept(4, "event-4"), published_before=True) == found


def test_at_the_beginning_there_is_no_row_before_to_compare() -> None:
    assert verified(Position(1, ""), head=0, before=None, published_before=True) == Position(1, "")


@pytest.mark.parametrize(
    ("found", "head", "before", "code"),
    [
        (None, 3, None, "relay_position_lost"),
        (Position(6, "event-5"), 4, None, "relay_position_ahead"),
        (Position(5, "event-4"), 4, Kept(4, "another"), "relay_event_differs"),
        (Position(5, "event-4"), 4, None, "relay_event_differs"),
    ],
)
def test_it_stops_when_the_outbox_is_not_the_one_it_published_from(
    found: Position | None, head: int, before: Kept | None, code: str
) -> None:
    with pytest.raises(RelayAlarm) as raised:
        verified(found, head=head, before=before, published_before=True)
    assert raised.value.code == code


@pytest.mark.parametrize("seqs", [[4, 5], [3, 5], [3, 4, 6], []])
def test_a_hole_stops_it(seqs: list[int]) -> None:
    with pytest.raises(RelayAlarm) as raised:
        check_dense(Position(3, "event-2"), seqs, 6)
    assert raised.value.code == "relay_hole"


def test_dense_rows_and_nothing_new_are_no_hole() -> None:
    check_dense(Position(3, "event-2"), [3, 4, 5], 6)
    check_dense(Position(3, "event-2"), [], 2)
