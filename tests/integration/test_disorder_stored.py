"""The same through PostgreSQL: the batches, what waits in its table, what is read back and folded on (domain.md 10)."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from itertools import count
from typing import Any, Final

import msgspec
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from consumers.batch import BatchWriter
from consumers.inputs import read
from domain import facts as f
from domain.order_file import OrderFile, order_key
from domain.policy import DEFAULT
from ordercase.settings import Settings
from ordercase.wiring import rules
from schemas.codec import Codec
from schemas.topics import TOPIC_OF
from storage import positions
from storage.connections import connect
from storage.documents import from_json
from storage.messages import AsReceived
from storage.positions import Move, Position
from tests.builders.desk import uid
from tests.builders.disorder import arrivals, seen_of
from tests.builders.town import spoken

GROUP: Final = "disorder"
RECORD: Final[dict[type[f.Fact], str]] = {
    f.OrderEvent: "commerce.OrderEvent",
    f.LineStatus: "warehouse.LineStatus",
    f.Shipment: "warehouse.Shipment",
    f.PaymentEvent: "payments.PaymentEvent",
}


class Stored:
    """Carries facts out in batches over one database, each from its topic's only partition."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._rules = rules(Settings(database_url=SecretStr(url)), DEFAULT, None)
        self._codec = Codec()
        self.writer = BatchWriter(lambda: connect(url, "test"), self._rules, GROUP)
        self._next: Counter[str] = Counter()
        topics = {TOPIC_OF[record] for record in RECORD.values()}
        with connect(url, "test") as connection:
            positions.create(connection, GROUP, {(topic, 0): Position("", 0, 0, None) for topic in topics})

    def take(self, facts: list[f.Fact]) -> None:
        """One batch of these, in this order."""
        began = dict(self._next)
        inputs = [read(self._rules.decode, self._sent(fact)) for fact in facts]
        moves = [Move(topic, 0, began.get(topic, 0), after) for topic, after in sorted(self._next.items())
                 if after != began.get(topic, 0)]  # fmt: skip
        done = self.writer.carry_out(inputs, moves, lambda: None)
        assert not done.decided.failed, facts

    def _sent(self, fact: f.Fact) -> AsReceived:
        record = RECORD[type(fact)]
        value = msgspec.to_builtins(fact, builtin_types=(date,))
        about = value.get("order", value)
        key = order_key(about["sales_channel"], about["order_id"] or about["checkout_id"])
        topic = TOPIC_OF[record]
        offset = self._next[topic]
        self._next[topic] += 1
        return AsReceived(topic, 0, offset, key.encode(), self._codec.encode(topic, record, value))

    def order(self, key: str) -> OrderFile:
        with connect(self._url, "test") as connection:
            found = connection.execute("SELECT document FROM orders WHERE order_key = %s", (key,)).fetchone()
            waiting = connection.execute("SELECT count(*) FROM waiting").fetchone()
        assert found is not None
        assert waiting == (0,)
        return from_json(OrderFile, found[0])


@contextmanager
def stored(url: str) -> Iterator[Stored]:
    made = Stored(url)
    try:
        yield made
    finally:
        made.writer.close()


def about(fact: Any, n: int) -> Any:
    """The same fact about the n-th order, with an id of its own."""
    fact = replace(fact, event_id=uid(f"{fact.event_id} {n}"))
    if isinstance(fact, f.OrderEvent):
        return replace(fact, order=replace(fact.order, order_id=f"D{n}", checkout_id=f"K{n}"))
    named: dict[str, Any] = {"order_id": f"D{n}" if fact.order_id else None}
    if isinstance(fact, f.PaymentEvent):
        named["checkout_id"] = f"K{n}" if fact.checkout_id else None
    return replace(fact, **named)


def test_a_story_ends_the_same_in_the_database_in_whatever_order_and_batches_it_comes(database_url: str) -> None:
    numbers = count(1)

    @settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], database=None, derandomize=True)
    @given(arrivals(), st.integers(1, 6))
    def ends_the_same(story: tuple[list[f.Fact], list[f.Fact]], size: int) -> None:
        ends = []
        for facts in story:
            n = next(numbers)
            told = [about(fact, n) for fact in facts]
            for fact in told:
                note(spoken(fact))
            for start in range(0, len(told), size):
                database.take(told[start : start + size])
            ends.append(seen_of(database.order(order_key("web-de", f"D{n}"))))
        assert ends[0] == ends[1]

    with stored(database_url) as database:
        ends_the_same()
