"""The circuit breaker: when much of a topic fails alike something is broken for all of it, and nothing is parked."""

from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from typing import Final

from consumers.decided import Decided
from consumers.faults import Stop
from consumers.inputs import Input

WINDOW: Final = 200
"""So many of a topic's last messages are judged."""

ENOUGH: Final = 50
"""With fewer messages than this seen, what fails is taken for single bad ones."""

SHARE: Final = 0.5
"""More than this share failing alike stops the worker."""


class Breaker:
    """Remembers per topic what became of the last messages."""

    def __init__(self) -> None:
        self._windows: defaultdict[str, deque[str]] = defaultdict(lambda: deque(maxlen=WINDOW))

    def judge(self, inputs: Sequence[Input], done: Decided) -> None:
        """Raises Stop, before anything is written, when a batch would make too many of a topic's messages fail alike."""
        for topic, news in self._news(inputs, done).items():
            window = [*self._windows[topic], *news][-WINDOW:]
            reason, count = Counter(window).most_common(1)[0]
            if reason and len(window) >= ENOUGH and count > SHARE * len(window):
                raise Stop(
                    "circuit_open",
                    f"{count} of the last {len(window)} messages of {topic} fail with {reason}. That is no single bad"
                    " message: nothing of this batch was parked or moved. Find what changed (a producer, a schema, this"
                    " program), put it right, and start again.",
                )

    def learn(self, inputs: Sequence[Input], done: Decided) -> None:
        """Takes in a batch that was committed."""
        for topic, news in self._news(inputs, done).items():
            self._windows[topic].extend(news)

    def _news(self, inputs: Sequence[Input], done: Decided) -> dict[str, list[str]]:
        seen = Counter(one.message.topic for one in inputs)
        failed: defaultdict[str, list[str]] = defaultdict(list)
        for topic, reason in done.failed:
            failed[topic].append(reason)
        return {topic: [""] * max(0, count - len(failed[topic])) + failed[topic] for topic, count in seen.items()}
