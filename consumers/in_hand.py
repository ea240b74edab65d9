"""What the loop has fetched and not written yet."""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field

from consumers.assignment import End
from consumers.inputs import Input
from consumers.intake import Fetched
from storage.positions import Partition


@dataclass(slots=True)
class InHand:
    """`parts`: what is still to be written of the present batch. `ahead`: the batch after it, when it was fetched already.

    `ends`: partitions of which, with all of `parts`, everything was read; to be told with the positions.
    """

    parts: deque[list[Input]] = field(default_factory=deque)
    ahead: Fetched | None = None
    ends: dict[Partition, End] = field(default_factory=dict)

    def let_go(self, names: Collection[Partition]) -> None:
        """Drops all of partitions that are not this worker's any more.

        They may come back, from where the last written message was: what is still in hand of them by then would look
        like the next, and everything between would be passed over.
        """
        self.parts = deque(_without(part, names) for part in self.parts)
        if self.ahead is not None:
            self.ahead.inputs = _without(self.ahead.inputs, names)
            self.ahead.ends = {name: end for name, end in self.ahead.ends.items() if name not in names}
        for name in names:
            self.ends.pop(name, None)


def _without(inputs: list[Input], names: Collection[Partition]) -> list[Input]:
    return [one for one in inputs if (one.message.topic, one.message.partition) not in names]
