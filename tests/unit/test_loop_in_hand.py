"""A partition that goes away takes along what was fetched of it: it may come back further behind, and nothing is skipped."""

from collections import deque
from collections.abc import Collection
from typing import Any

import pytest
from confluent_kafka import TopicPartition

from consumers.assignment import Assignment, End
from consumers.in_hand import InHand
from consumers.inputs import Input
from consumers.intake import Fetched
from consumers.observer import Silent
from schemas.topics import ORDERS, PRODUCTS
from storage.messages import AsReceived
from storage.positions import Partition

GOES, STAYS = (ORDERS, 0), (PRODUCTS, 1)


def fetched(name: Partition, *offsets: int) -> list[Input]:
    return [Input(AsReceived(*name, offset, b"key", None)) for offset in offsets]


def places(inputs: Collection[Input]) -> list[tuple[str, int]]:
    return [(one.message.topic, one.message.offset) for one in inputs]


class Client:
    """A client whose partitions go."""

    def __init__(self) -> None:
        self.did: list[str] = []

    def incremental_unassign(self, taken: list[TopicPartition]) -> None:
        assert taken
        self.did.append("gave back some")

    def unassign(self) -> None:
        self.did.append("gave back all")


@pytest.fixture(name="hand")
def _hand() -> InHand:
    return InHand(
        parts=deque([fetched(GOES, 5, 6) + fetched(STAYS, 3), fetched(GOES, 7)]),
        ahead=Fetched(fetched(STAYS, 4) + fetched(GOES, 8), {GOES: End(9, 1), STAYS: End(5, 1)}),
        ends={GOES: End(8, 1), STAYS: End(4, 1)},
    )


def assignment(hand: InHand, *, incremental: bool = True) -> Assignment:
    def nobody(*_: Any) -> Any:
        raise AssertionError("nothing is to be asked")

    made = Assignment(nobody, "group", nobody, Silent(), incremental=incremental)
    made.expected = {GOES: 5, STAYS: 3}
    made.let_go = hand.let_go
    return made


def left(hand: InHand) -> tuple[list[Any], list[Any], set[Partition]]:
    """What is in hand still: the parts of the batch, what was fetched ahead, the partitions whose ends are known."""
    assert hand.ahead is not None
    assert hand.ahead.ends.keys() == hand.ends.keys()
    return [places(part) for part in hand.parts], places(hand.ahead.inputs), set(hand.ends)


WHAT_STAYS = ([[(PRODUCTS, 3)], []], [(PRODUCTS, 4)], {STAYS})


def test_what_is_revoked_is_dropped_from_all_that_is_in_hand(hand: InHand) -> None:
    client: Any = Client()
    assignment(hand).on_revoke(client, [TopicPartition(*GOES)])
    assert left(hand) == WHAT_STAYS


@pytest.mark.parametrize(("incremental", "did"), [(True, "gave back some"), (False, "gave back all")])
def test_partitions_are_given_back_in_the_way_that_the_group_hands_them_over(
    hand: InHand, incremental: bool, did: str
) -> None:
    client: Any = Client()
    assignment(hand, incremental=incremental).on_revoke(client, [TopicPartition(*GOES)])
    assert client.did == [did]


def test_so_is_what_is_lost(hand: InHand) -> None:
    client: Any = Client()
    assignment(hand).on_lost(client, [TopicPartition(*GOES)])
    assert left(hand) == WHAT_STAYS


def test_so_is_what_is_left_alone_for_a_while(hand: InHand) -> None:
    here = assignment(hand)
    here.set_aside(GOES)
    assert left(hand) == WHAT_STAYS
    assert here.take_back(GOES) == 5
    # The end that was seen then must not move the position past what is to come again.
    assert [(move.topic, move.next) for move in here.moves([], hand.ends)] == [(PRODUCTS, 4)]


def test_nothing_in_hand_is_nothing_to_drop() -> None:
    hand = InHand()
    hand.let_go({GOES})
    assert (hand.parts, hand.ahead, hand.ends) == (deque(), None, {})
