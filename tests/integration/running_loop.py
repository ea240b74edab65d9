"""A loop over the embedded broker in a thread of its own, and the outside that sends to it and looks what became of it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from confluent_kafka import Producer

from consumers.client import consumer_settings
from consumers.faults import Stop
from consumers.loop import Loop
from ordercase.embedded_broker import EmbeddedBroker
from schemas.topics import INBOUND
from storage.connections import connect
from tests.integration.counting_rules import TOPIC_OF, body, counting_rules

NOW_AND_THEN = 0.02


class Shop:
    """The outside: sends messages, looks at what became of them."""

    def __init__(self, broker: EmbeddedBroker, url: str) -> None:
        self.url = url
        self.properties = {"bootstrap.servers": broker.bootstrap_servers, "log_level": "3"}
        self.producer = Producer({**self.properties, "partitioner": "murmur2_random"})
        for topic in INBOUND:
            broker.make_topic(topic)

    def send(self, what: str, order: str = "shop:1", mark: str = "", *, key: str | None = None, **more: Any) -> None:
        """`key`: None: the order's."""
        self.producer.produce(TOPIC_OF[what], body(what, order, mark, **more), key or order)

    def flush(self) -> None:
        assert self.producer.flush(10) == 0

    def connect(self) -> psycopg.Connection[Any]:
        return connect(self.url, "test")

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            return connection.execute(query, values or None).fetchall()

    def one(self, query: str, *values: Any) -> Any:
        return self.rows(query, *values)[0][0]

    def marks(self, order: str = "shop:1") -> list[str]:
        query = "SELECT document::json -> 'parcels' FROM orders WHERE order_key = %s"
        found = self.rows(query, order)
        return list(found[0][0] or []) if found else []


def until(holds: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "did not come true in time"
        time.sleep(NOW_AND_THEN)


class Running:
    """A loop in a thread. `died` is what it raised."""

    def __init__(self, shop: Shop, group_id: str, **more: Any) -> None:
        rules = more.pop("rules", None) or counting_rules()
        settings = consumer_settings(shop.properties, group_id=group_id, client_id="test")
        self.loop = Loop({**settings, "session.timeout.ms": 6000}, shop.connect, rules, group_id, **more)
        self.stop = threading.Event()
        self.died: BaseException | None = None
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            self.loop.run(self.stop)
        except BaseException as error:
            self.died = error
            if not isinstance(error, Stop):
                raise

    def end(self) -> float:
        """Seconds that stopping took."""
        started = time.monotonic()
        self.stop.set()
        self.thread.join(30)
        assert not self.thread.is_alive()
        return time.monotonic() - started


@contextmanager
def running(shop: Shop, group_id: str, **more: Any) -> Iterator[Running]:
    it = Running(shop, group_id, **more)
    it.thread.start()
    try:
        yield it
    finally:
        it.end()
