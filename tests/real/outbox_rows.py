"""Rows in the outbox, as batches leave them, and relays that publish them in threads or processes of their own."""

import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import NAMESPACE_OID, uuid5

from confluent_kafka import Message

from producers.relay import Relay
from schemas.topics import CASES, ORDER_STATES
from storage import outbox
from storage.connections import connect

TOPICS = (ORDER_STATES, CASES)
KEYS = 5

RELAY_PROCESS = """
import sys, threading
from producers.relay import Relay
url, servers, group = sys.argv[1:4]
Relay(database_url=url, kafka={"bootstrap.servers": servers}, group_id=group, topics=sys.argv[4:]).run(threading.Event())
"""


def event_id(n: int) -> str:
    return str(uuid5(NAMESPACE_OID, str(n)))


def add_events(url: str, first: int, count: int, batch: int = 100) -> None:
    """Events `first` … in transactions of `batch`: on two topics, over KEYS keys, the value says the number."""
    with connect(url, "test") as connection:
        for start in range(first, first + count, batch):
            numbers = range(start, min(start + batch, first + count))
            with connection.transaction():
                outbox.append(connection, [_message(n) for n in numbers], 0)


def _message(n: int) -> outbox.Message:
    key = f"k{n % KEYS}".encode()
    return outbox.Message(event_id(n), TOPICS[n % len(TOPICS)], key, str(n).encode(), (("ce_id", event_id(n)),))


def start_process(url: str, servers: str, group_id: str) -> subprocess.Popen[bytes]:
    """A relay in a process of its own, to be killed."""
    return subprocess.Popen([sys.executable, "-c", RELAY_PROCESS, url, servers, group_id, *TOPICS])


@contextmanager
def running(relay: Relay) -> Iterator[Relay]:
    """The relay in a thread; stopped at the end. What it raises is in `relay.alarm`."""
    stop = threading.Event()
    thread = threading.Thread(target=_run, args=(relay, stop))
    thread.start()
    try:
        yield relay
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


def _run(relay: Relay, stop: threading.Event) -> None:
    from producers.position import RelayAlarm

    try:
        relay.run(stop)
    except RelayAlarm:
        assert relay.alarm is not None


def wait_for(what: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


def published_to(url: str, group_id: str) -> int:
    """The relay's position as PostgreSQL has it; 0 before the first."""
    with connect(url, "test") as connection:
        kept = outbox.mirror(connection, group_id)
    return kept[0] if kept else 0


def check_each_once_in_order(messages: dict[str, list[Message]], count: int) -> None:
    """Every event 1 … count on its topic exactly once, in order within its partition, with its id in the header."""
    seen: list[int] = []
    for topic, found in messages.items():
        last: dict[int, int] = {}
        for message in found:
            n = int(message.value() or b"")
            assert TOPICS[n % len(TOPICS)] == topic
            assert n > last.get(message.partition() or 0, 0), f"{n} after {last}"
            last[message.partition() or 0] = n
            assert dict(message.headers() or [])["ce_id"] == event_id(n).encode()
            seen.append(n)
    assert sorted(set(range(1, count + 1)) - set(seen)) == [], "missing"
    assert sorted(n for n, times in Counter(seen).items() if times > 1) == [], "repeated"
    assert len(seen) == count
