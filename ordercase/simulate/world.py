"""The loop in which all stories live: one thread, moved on by the records that the worker publishes.

A record is handed to the story whose order, case or command it names, and the story goes on as far as it can. Thousands
of stories are under way at once; there is no thread and no timer of its own for any of them.
"""

import heapq
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from random import Random
from typing import Any, Final, Protocol

from ordercase.simulate import audit
from ordercase.simulate.basket import Market, Value
from ordercase.simulate.clock import Clock
from ordercase.simulate.seen import REPLY, Record
from ordercase.simulate.shop import announce
from ordercase.simulate.stories import Plot
from ordercase.simulate.story import Cast, Story
from ordercase.simulate.verdict import Ending, Figures, Verdict

PATIENCE: Final = 120.0
"""Seconds without any news after which a story is given up: workers may be killed and started again meanwhile."""
NOBODY: Final = 60.0
"""Seconds without anything for anybody, from the start, after which there is no worker."""
IN_FLIGHT: Final = 300
QUIET: Final = 1.0
"""Seconds of silence at the end, for what should not come any more."""
LATE: Final = 0.3
TWICE: Final = 0.2
"""With chaos: the share of messages that come late, and that come twice."""
MADE_FROM: Final = re.compile(r"(.*?\d)(?:[ER]\d*)+")
"""The order that an exchange or reshipment order was made from: `1001E2R` from `1001`."""


class Line(Protocol):
    """The way to Kafka and back."""

    def send(self, topic: str, record: str, key: str, value: Value) -> None: ...

    def receive(self, seconds: float) -> list[Record]: ...


class World:
    """Plays stories until each has come to its end. `watch` is told the figures about four times a second.

    `exactly_once`: an event that comes twice makes its story wrong; without transactions it may, after a crash.
    """

    def __init__(self, line: Line, *, prefix: str, seed: int, chaos: bool = False, exactly_once: bool = False,
                 patience: float = PATIENCE, clock: Clock | None = None,
                 in_flight: int = IN_FLIGHT, quiet: float = QUIET, watch: Callable[[Figures], None] = lambda _: None) -> None:  # fmt: skip
        self.line, self.prefix, self.seed, self.chaos, self.exactly_once = line, prefix, seed, chaos, exactly_once
        self.patience, self.in_flight, self.quiet, self.watch = patience, in_flight, quiet, watch
        self.clock = clock or Clock()
        self.stories: list[Story] = []
        self.sent: Counter[str] = Counter()
        self.came: Counter[str] = Counter()
        self.over = self.wrong = 0
        self._chance = Random(f"{seed}:chaos")  # noqa: S311 - the same seed must do the same
        self._open: dict[Story, float] = {}
        self._by_identity: dict[str, Story] = {}
        self._timers: list[tuple[float, int, Story, Callable[[], None]]] = []
        self._ready: dict[tuple[Story, str], float] = {}
        self._tick, self._began, self._watched = count(), self.clock.monotonic(), 0.0
        self._supplied: set[Market] = set()

    # What stories ask for

    def publish(self, story: Story, topic: str, record: str, key: str, value: Value) -> None:
        if not self.chaos:
            self._send(topic, record, key, value)
            return
        now = self.clock.monotonic()
        due = max(now, self._ready.get((story, topic), 0.0))
        if self._chance.random() < LATE:
            due = max(due, now + self._chance.random() / 2)
        self._ready[story, topic] = due

        def send() -> None:
            self._send(topic, record, key, value)

        self._at(due, story, send)
        if self._chance.random() < TWICE:
            self._at(due + self._chance.random(), story, send)

    def later(self, story: Story, seconds: float, act: Callable[[], None]) -> None:
        self._at(self.clock.monotonic() + seconds, story, act)

    def knows(self, story: Story, identity: str) -> None:
        self._by_identity[identity] = story

    def now(self) -> int:
        return self.clock.now()

    def _send(self, topic: str, record: str, key: str, value: Value) -> None:
        self.sent[topic] += 1
        self.line.send(topic, record, key, value)

    def _at(self, due: float, story: Story, act: Callable[[], None]) -> None:
        heapq.heappush(self._timers, (due, next(self._tick), story, act))

    # The loop

    def play(self, plots: Sequence[Plot], rate: float | None = None) -> Verdict:
        """Tells these stories; `rate` starts that many a second, else as many as may be under way at once.

        May be called again: the orders go on counting, and the verdict is over this call's stories.
        """
        self._began = self.clock.monotonic()
        before, started = len(self.stories), time.monotonic()
        self._supply({market for plot in plots for market in plot.channels})
        left = list(reversed(plots))
        while left or self._open or self._timers:
            while left and self._may_start(len(plots) - len(left), rate):
                self._start(left.pop())
            self._turn(len(plots))
            if not self.came and self._open and self.clock.monotonic() - self._began > min(NOBODY, self.patience):
                self._give_up(self._open)
                break
        self._wait_for_silence()
        self.watch(self.figures(len(plots)))
        return self._verdict(self.stories[before:], left, time.monotonic() - started)

    def _supply(self, markets: set[Market]) -> None:
        """Products, stock and warehouses of channels that have not been told of yet."""
        new = sorted(markets - self._supplied, key=lambda market: market.channel)
        if new:
            announce(self._send, self.now(), new)
        self._supplied |= markets

    def _may_start(self, started: int, rate: float | None) -> bool:
        if rate is None:
            return len(self._open) < self.in_flight
        return started <= (self.clock.monotonic() - self._began) * rate

    def _start(self, plot: Plot) -> None:
        number = len(self.stories)
        chance = Random(f"{self.seed}:{number}")  # noqa: S311 - the same seed must tell the same story
        basket, methods = plot.cast(chance)
        order_id = f"{self.prefix}{1001 + number}"
        story = Story(Cast(number, plot.name, self.prefix, order_id, chance, basket, methods), self, plot.script)
        self.stories.append(story)
        self._open[story] = self.clock.monotonic()
        self._step(story)

    def _turn(self, stories: int) -> None:
        """Takes what has come, does what is due, gives up what is stuck."""
        now = self.clock.monotonic()
        nap = self.clock.nap
        wait = min(nap, max(0.0, self._timers[0][0] - now)) if self._timers else nap
        for story in self._taken(self.line.receive(wait)):
            self._step(story)
        now = self.clock.monotonic()
        while self._timers and self._timers[0][0] <= now:
            _, _, story, act = heapq.heappop(self._timers)
            act()
            self._step(story)
        if now - self._watched > 0.25:
            self._watched = now
            self._give_up_the_stuck(now)
            self.watch(self.figures(stories))

    def _taken(self, records: Iterable[Record]) -> Iterable[Story]:
        """Hands out records; the stories that got any, each once."""
        touched: dict[Story, None] = {}
        for record in records:
            story = self._story_of(record)
            if story is not None:
                self.came[record.topic] += 1
                story.take(record)
                touched[story] = None
        return touched

    def _story_of(self, record: Record) -> Story | None:
        return next((story for name in _identities(record) if (story := self._by_identity.get(name))), None)

    def _step(self, story: Story) -> None:
        if story not in self._open:
            return
        self._open[story] = self.clock.monotonic()
        if story.step():
            self._end(story)

    def _end(self, story: Story) -> None:
        del self._open[story]
        self.over += 1
        self.wrong += bool(story.wrongs or story.seen.wrongs)

    def _give_up_the_stuck(self, now: float) -> None:
        self._give_up(story for story, since in self._open.items() if now - since > self.patience)

    def _give_up(self, stories: Iterable[Story]) -> None:
        for story in list(stories):
            story.give_up(self.clock.monotonic() - self._open[story])
            self._end(story)

    def _wait_for_silence(self) -> None:
        """What comes after the end of a story may still make it wrong: a second refund, a parked message."""
        last = self.clock.monotonic()
        for _ in range(1000):
            if list(self._taken(self.line.receive(0.1))):
                last = self.clock.monotonic()
            elif self.clock.monotonic() - last >= self.quiet:
                return

    # What came of it

    def figures(self, stories: int) -> Figures:
        return Figures(stories=stories, over=self.over, wrong=self.wrong, under_way=len(self._open),
                       sent=dict(self.sent), came=dict(self.came), seconds=self.clock.monotonic() - self._began)  # fmt: skip

    def _verdict(self, stories: Sequence[Story], never_begun: Iterable[Plot], seconds: float) -> Verdict:
        unbooked = audit.wrongs(stories)
        endings = [
            Ending(s.name, s.order_id, s.sentence, (*s.final_wrongs(self.exactly_once), *unbooked.get(s, ())))
            for s in stories
        ]
        why = "it was not begun, because to the stories before it nothing came back at all"
        endings += [Ending(plot.name, "", plot.name, (why,)) for plot in never_begun]
        return Verdict(tuple(endings), self.sent.total(), self.came.total(), sum(s.seen.repeated for s in stories),
                       seconds, audit.books(stories))  # fmt: skip


def _identities(record: Record) -> Iterable[str]:
    """The names under which a story may know what this record is about, the most telling first."""
    value: dict[str, Any] = record.value
    if record.name == REPLY:
        yield value["command_id"]
        return
    about = value.get("order", value)
    orders = [about.get("order_id"), about.get("original_order_id"), *value.get("orders", ())]
    for order_id in [order_id for order_id in orders if order_id] or [record.key.rpartition(":")[2]]:
        yield order_id
        made_from = MADE_FROM.fullmatch(order_id)
        if made_from:
            yield made_from[1]
    for name in ("case_id", "checkout_id"):
        if value.get(name):
            yield value[name]
