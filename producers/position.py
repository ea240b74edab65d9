"""Where the relay is in the outbox, and what must hold before it may go on from there. Pure."""

from dataclasses import dataclass
from typing import Final, Protocol

BEGINNING: Final = 1
"""The number of the first row that there ever was."""


class RelayAlarm(Exception):
    """Publishing must stop until somebody has looked: going on would lose or repeat events.

    `code` is stable; the sentence says what is wrong, why it stops, and what to do.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Position:
    """`next`: the number of the row to publish next; `event_id`: that of the row before it, "" at the beginning."""

    next: int = BEGINNING
    event_id: str = ""


class Row(Protocol):
    """What is asked of a row here."""

    @property
    def seq(self) -> int: ...
    @property
    def event_id(self) -> str: ...


def verified(found: Position | None, *, head: int, before: Row | None, published_before: bool) -> Position:
    """The position to go on from. Raises RelayAlarm when the outbox is not the one that the position was made with.

    `found`: what was committed, None: nothing; `head`: the last number given; `before`: the row before the position;
    `published_before`: whether the database knows that this group has published.
    """
    if found is None:
        if published_before:
            raise RelayAlarm(
                "relay_position_lost",
                "Kafka has no position of this group, yet this outbox was published from: the offset expired, its topic"
                " was made anew, or this is another cluster. Stop every worker, then `ordercase rebuild --from-topics`"
                " goes on from the position that the database knows (deploy/recovery.md)",
            )
        return Position()
    if found.next > head + 1:
        raise RelayAlarm(
            "relay_position_ahead",
            f"event {found.next - 1} is published, but the outbox ends at {head}: the database has lost commits, or is"
            " another one. Restore the newest copy there is; then, with every worker stopped, `ordercase rebuild"
            " --from-topics` reads again what it lacks (deploy/recovery.md)",
        )
    if found.next > BEGINNING and (before is None or before.event_id != found.event_id):
        shown = "no longer there" if before is None else f"event {before.event_id}"
        raise RelayAlarm(
            "relay_event_differs",
            f"row {found.next - 1} was published as event {found.event_id} and is {shown}: the database has lost"
            " commits, or is another one. Restore the newest copy there is; then, with every worker stopped, `ordercase"
            " rebuild --from-topics` reads again what it lacks (deploy/recovery.md)",
        )
    return found


def check_dense(position: Position, seqs: list[int], head: int) -> None:
    """Raises RelayAlarm when the rows that were read are not exactly position, position + 1, …"""
    for expected, seq in enumerate(seqs, start=position.next):
        if seq != expected:
            raise hole(expected, f"row {seq} comes next")
    if not seqs and head >= position.next:
        raise hole(position.next, f"the head says {head} and no row is there")


def hole(expected: int, sight: str) -> RelayAlarm:
    """What stops the relay where a row is missing; `sight` says what there is instead."""
    return RelayAlarm(
        "relay_hole",
        f"row {expected} of the outbox is missing: {sight}. Nothing after it is published, for the order and the"
        " completeness of events is promised. Find out who deleted it; restore it from a copy",
    )
