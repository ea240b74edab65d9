"""The ledger of one line by itself: what cannot move, what is told late, what is made again (domain.md 2, 10)."""

from dataclasses import replace

import pytest

from domain.ledger import REMEMBERED, after, difference, is_late, remade, told
from domain.order_events import UnitsMoved
from domain.quantities import PUBLIC, Bucket, LedgerBroken, Move, Told, Units, moved, take

B = Bucket


def units(**buckets: int) -> Units:
    return Units({Bucket(name): count for name, count in buckets.items()})


def word(at: int, cause: str = "c", kind: str = "PICKED") -> Told:
    return Told(at, cause, kind, 1)


def test_every_bucket_of_the_contract_is_told_and_the_stages_together_are_at_warehouse() -> None:
    public = units(open=1, received=2, onhold=3, picked=4, packed=5, lost=6).public()
    assert tuple(public) == PUBLIC
    assert {name: count for name, count in public.items() if count} == {"open": 1, "at_warehouse": 14, "lost": 6}
    assert public["cancelled"] == 0


@pytest.mark.parametrize("quantity", [0, -1, 3])
def test_a_bucket_does_not_give_what_it_has_not(quantity: int) -> None:
    with pytest.raises(LedgerBroken, match=f"^line 7: {quantity} from open, which has 2$"):
        moved(units(open=2), Move(7, B.OPEN, B.LOST, quantity))
    with pytest.raises(LedgerBroken, match="from shipped, which has 0"):
        moved(units(open=2), Move(7, B.SHIPPED, B.LOST, 1))


def test_a_bucket_may_give_all_that_it_has_and_is_gone_then() -> None:
    assert moved(units(open=2, lost=1), Move(1, B.OPEN, B.LOST, 2)).buckets == {B.LOST: 3}
    assert moved(units(open=2), Move(1, B.OPEN, B.LOST, 1)).buckets == {B.OPEN: 1, B.LOST: 1}


def test_units_are_taken_from_the_first_source_first_and_what_is_missing_is_said() -> None:
    moves, missing = take(units(open=2, declined=3), 4, B.CANCELLED, 9, B.DECLINED, B.OPEN, B.LOST)
    assert moves == [Move(4, B.DECLINED, B.CANCELLED, 3), Move(4, B.OPEN, B.CANCELLED, 2)]
    assert missing == 4


def test_an_event_changes_only_the_line_it_speaks_of() -> None:
    event = UnitsMoved(
        (Move(1, B.OPEN, B.SHIPPED, 2), Move(2, B.OPEN, B.LOST, 1)),
        left=((1, 2), (2, 1)),
        arrived=((1, 1),),
        implied=((2, 1),),
        shop_cancelled=((1, -1),),
        shipped=((1, 2, "W1", 50), (2, 1, "W2", 60)),
        delivered=((1, 1, 70), (2, 1, 80)),
    )
    one = after(units(open=3), 1, event, 99)
    assert one.buckets == {B.OPEN: 1, B.SHIPPED: 2}
    assert (one.left, one.arrived, one.implied, one.shop_cancelled) == (2, 1, 0, -1)
    assert (one.shipped_by, one.shipments, one.deliveries) == ({"W1": 2}, ((50, 2),), ((70, 1),))
    again = after(one, 1, UnitsMoved((), shipped=((1, 1, "W1", 90), (1, 1, "W3", 95)), delivered=((1, 2, 96),)), 99)
    assert again.shipped_by == {"W1": 3, "W3": 1}
    assert again.shipments == ((50, 2), (90, 1), (95, 1))
    assert again.deliveries == ((70, 1), (96, 2))


def test_a_line_knows_since_when_units_are_declined_and_forgets_it_when_none_is() -> None:
    declined = after(units(open=2), 1, UnitsMoved((Move(1, B.OPEN, B.DECLINED, 1),)), 50)
    assert declined.declined_at == 50
    more = after(declined, 1, UnitsMoved((Move(1, B.OPEN, B.DECLINED, 1),)), 70)
    assert more.declined_at == 50
    part = after(more, 1, UnitsMoved((Move(1, B.DECLINED, B.OPEN, 1),)), 80)
    assert part.declined_at == 50
    none = after(part, 1, UnitsMoved((Move(1, B.DECLINED, B.OPEN, 1),)), 90)
    assert none.declined_at is None
    assert after(none, 1, UnitsMoved((Move(1, B.OPEN, B.LOST, 1),)), 95).declined_at is None


def test_what_a_line_is_told_stands_in_the_order_it_happened() -> None:
    line = told(told(told(units(open=1), word(20)), word(10)), word(20, "b"))
    assert [one.place for one in line.told] == [(10, "c"), (20, "b"), (20, "c")]
    assert line.settled is False


def test_a_line_remembers_so_much_and_is_settled_from_the_first_that_it_lets_go() -> None:
    line = units(open=1)
    for at in range(REMEMBERED):
        line = told(line, word(at))
    assert (len(line.told), line.settled) == (REMEMBERED, False)
    line = told(line, word(REMEMBERED))
    assert (len(line.told), line.told[0].at, line.settled) == (REMEMBERED, 1, True)
    assert told(replace(line, told=line.told[:3]), word(99)).settled is True


def test_only_what_happened_before_something_known_is_late() -> None:
    line = told(units(open=1), word(20))
    assert is_late(line, word(19))
    assert not is_late(line, word(20))
    assert not is_late(line, word(21))
    assert not is_late(units(open=1), word(0))
    assert not is_late(replace(line, settled=True), word(19))
    assert not is_late(replace(line, spent={B.SHIPPED: 1}), word(19))


def test_a_move_made_again_takes_its_units_from_where_they_were() -> None:
    assert remade(units(open=2, declined=1), Move(1, B.OPEN, B.CANCELLED, 2)).buckets == {B.DECLINED: 1, B.CANCELLED: 2}


@pytest.mark.parametrize(
    ("lie", "move", "end"),
    [
        ({"picked": 2}, Move(1, B.OPEN, B.CANCELLED, 2), {B.CANCELLED: 2}),
        ({"open": 1, "picked": 2}, Move(1, B.OPEN, B.CANCELLED, 2), {B.PICKED: 1, B.CANCELLED: 2}),
        ({"received": 1, "declined": 1}, Move(1, B.PACKED, B.CANCELLED, 2), {B.CANCELLED: 2}),
        ({"delivered": 2}, Move(1, B.SHIPPED, B.RETURN_ANNOUNCED, 2), {B.RETURN_ANNOUNCED: 2}),
        ({"shipped": 1, "lost": 2}, Move(1, B.DELIVERED, B.RETURN_ANNOUNCED, 2), {B.LOST: 1, B.RETURN_ANNOUNCED: 2}),
        ({"return_announced": 2}, Move(1, B.RETURN_ANNOUNCED, B.BACK_GOOD, 2), {B.BACK_GOOD: 2}),
        ({"open": 1, "cancel_asked": 1}, Move(1, B.OPEN, B.CANCEL_ASKED, 1), {B.CANCEL_ASKED: 2}),
    ],
)
def test_a_move_made_again_takes_them_from_the_same_side_of_the_door(
    lie: dict[str, int], move: Move, end: dict[Bucket, int]
) -> None:
    assert remade(units(**lie), move).buckets == end


@pytest.mark.parametrize(
    ("lie", "move"),
    [
        ({"shipped": 2}, Move(3, B.OPEN, B.CANCELLED, 2)),
        ({"open": 1, "shipped": 1}, Move(3, B.OPEN, B.CANCELLED, 2)),
        ({"open": 2}, Move(3, B.SHIPPED, B.RETURN_ANNOUNCED, 2)),
        ({"open": 2}, Move(3, B.RETURN_ANNOUNCED, B.BACK_GOOD, 2)),
        ({"cancel_asked": 1}, Move(3, B.OPEN, B.CANCEL_ASKED, 2)),
    ],
)
def test_a_move_that_the_other_side_of_the_door_forbids_is_not_made_again(lie: dict[str, int], move: Move) -> None:
    said = f"^line 3: 2 from {move.source} cannot be taken again$"
    with pytest.raises(LedgerBroken, match=said):
        remade(units(**lie), move)


def test_the_difference_of_two_states_leads_from_one_to_the_other() -> None:
    before = replace(units(open=5, received=1, lost=1), left=1)
    now = replace(units(received=3, shipped=2, lost=1, declined=1), left=3, arrived=1, implied=2)
    change = difference(8, before, now)
    assert change.moves == (
        Move(8, B.OPEN, B.RECEIVED, 2),
        Move(8, B.OPEN, B.DECLINED, 1),
        Move(8, B.OPEN, B.SHIPPED, 2),
    )
    assert (change.left, change.arrived, change.implied, change.shop_cancelled) == (((8, 2),), ((8, 1),), ((8, 2),), ())
    assert change.fact
    assert after(before, 8, change, 0).buckets == now.buckets


def test_the_difference_takes_from_several_buckets_for_one() -> None:
    change = difference(1, units(open=1, received=2, declined=1), units(packed=3, open=1))
    assert change.moves == (Move(1, B.RECEIVED, B.PACKED, 2), Move(1, B.DECLINED, B.PACKED, 1))
    nothing = difference(1, units(open=1), units(open=1))
    assert nothing == UnitsMoved((), fact=True)
