"""How it is known that the past has been read: where each partition ended at some time, and that reading is past that.

The client says of itself only once that a partition was read to its end, and never while it is read under load. So the
ends are asked for when somebody needs to know (timekeeper), and kept until they are reached.
"""

from collections.abc import Callable, Collection, Mapping

from confluent_kafka import Consumer

from consumers import topic_state
from consumers.assignment import Assignment, End
from storage.positions import Partition, Position


def read_until(known: Mapping[Partition, Position], inbound: Collection[Partition]) -> int | None:
    """Everything that was in the inbound partitions at this time (µs) has been read; None: not even that is known.

    A partition that a later start of Kafka's metadata brings is among `known` as soon as somebody reads it.
    """
    topics = {topic for topic, _ in inbound}
    names = {*inbound, *(name for name in known if name[0] in topics)}
    times = [known[name].caught_up_at if name in known else None for name in names]
    return min((at for at in times if at is not None), default=None) if None not in times else None


class CaughtUp:
    """Asks for the ends of this worker's partitions. In the loop's thread."""

    def __init__(self, assignment: Assignment, clock: Callable[[], int]) -> None:
        self._assignment = assignment
        self._clock = clock
        self._asked: dict[Partition, End] = {}

    def reached(self, consumer: Consumer, known: Mapping[Partition, Position], until: int) -> dict[Partition, End]:
        """Partitions of this worker that were behind `until` (µs), with an end that they had lately and that is read.

        An end is asked for again only when the last one is reached: under load a later one would never be. What is held
        back, or left alone, is not caught up whatever its end. Raises TryAgain.
        """
        here = self._assignment
        behind = {name for name in here.expected.keys() - here.held if not _is_past(known.get(name), until)}
        self._asked = {name: end for name, end in self._asked.items() if name in behind}
        new = behind - self._asked.keys()
        if new:
            at = self._clock()
            self._asked |= {name: End(end, at) for name, end in topic_state.ends_of(consumer, new).items()}
        done = {name: end for name, end in self._asked.items() if here.expected[name] >= end.offset}
        for name in done:
            del self._asked[name]
        return done


def _is_past(position: Position | None, until: int) -> bool:
    return position is not None and position.caught_up_at is not None and position.caught_up_at >= until
