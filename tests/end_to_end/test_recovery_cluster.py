"""A new Kafka cluster under the same database: what was read is not applied again, what is published goes on densely.

Everything is carried over but what could not be read, so that offsets mean other messages on the new cluster.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer

from schemas.topics import INBOUND, ORDER_STATES, ORDERS
from tests.builders.verdicts import wrongs
from tests.end_to_end.crew import crew, play, settled
from tests.end_to_end.outside import Reader
from tests.end_to_end.recovering import one, seam, until, unverified
from tests.end_to_end.sending import Sender, order_event
from tests.integration.processes import Shell
from tests.real.kafka import Kafka, RealKafka
from tests.real.reading import read_all
from tests.real.registry import Registry

ORDERCOUNT = int(os.environ.get("ORDERCASE_TEST_RECOVERY_ORDERS") or 8)
POISON = "web:poison"
SEED = 13


@pytest.fixture(name="other_kafka")
def _other_kafka(kafka: Kafka, tmp_path: Path) -> Iterator[Kafka]:
    """A second cluster; `kafka` first, so that where none can be had the test is skipped for that."""
    del kafka
    second = RealKafka(tmp_path / "other-kafka")
    try:
        yield second.start()
    finally:
        second.close()


def carried_over(servers: str, to: str) -> int:
    """Copies what is readable of every inbound topic to its namesake, as a mirror does; how many messages that were."""
    producer = Producer({"bootstrap.servers": to, "linger.ms": 5, "log_level": 3})
    copied = 0
    for message in read_all(servers, *INBOUND):
        if message.key() == POISON.encode():
            continue
        place = message.topic() or "", message.value(), message.key(), message.partition() or 0
        producer.produce(*place, timestamp=message.timestamp()[1])
        copied += 1
        producer.poll(0)
    assert producer.flush(20) == 0
    return copied


def test_a_new_cluster_goes_on_where_the_old_one_ended(
    shell: Shell, reader: Reader, sender: Sender, kafka: Kafka, other_kafka: Kafka, registry: Registry
) -> None:
    known = order_event("known")
    sender.send(ORDERS, "commerce.OrderEvent", "web:known", known)
    sender.send_raw(ORDERS, POISON, b"\x00nothing that anybody could read")
    with crew(shell, 1) as workers:
        assert wrongs(play(shell, orders=ORDERCOUNT, seed=SEED, prefix="old-")) == []
        settled(shell)
        assert workers.workers.pop().stop()[0] == 0
    parked = shell("parked", "list", "--json").json
    assert [row["key"] for row in parked] == [POISON]
    before = reader.published()
    exported = shell("orders", "export", "--format", "jsonl").out

    moved = Shell(shell.folder, **{**shell.settings, "KAFKA_BOOTSTRAP_SERVERS": other_kafka.bootstrap_servers})
    assert moved("topics", "apply").status == 0
    copied = carried_over(kafka.bootstrap_servers, other_kafka.bootstrap_servers)
    refused = moved("run", HTTP_PORT="0")
    assert refused.status == 1
    assert "[relay_position_lost]" in refused.err or "[topic_recreated]" in refused.err, refused.err
    assert "ordercase rebuild --from-topics" in refused.err
    done = moved("rebuild", "--from-topics", "--json")
    assert done.status == 0, done.err
    report = done.json
    assert report["read"] == copied
    assert sorted(report["anew"]) == sorted(INBOUND)
    assert report["relay"] == {"published": None, "known": len(before) + 1, "from": len(before) + 1, "again": 0}
    assert moved("orders", "export", "--format", "jsonl").out == exported, "nothing is applied twice"
    rows = moved("parked", "list", "--json").json
    assert [(row["key"], row["offset"] < 0) for row in rows] == [(POISON, True)], "out of the way of new offsets"

    there = Reader(other_kafka.bootstrap_servers, registry.url)
    with crew(moved, 1):
        assert wrongs(play(moved, orders=ORDERCOUNT, seed=SEED, prefix="new-")) == []
        update = known | {"event_id": order_event("other")["event_id"], "kind": "UPDATED", "revision": 2}
        update["order"] = known["order"] | {"status": "RECEIVED"}
        Sender(other_kafka.bootstrap_servers, registry.url).send(ORDERS, "commerce.OrderEvent", "web:known", update)
        until(lambda: one(moved, "SELECT shop_status FROM orders WHERE order_key = 'web:known'") == "RECEIVED", "news")
        head = settled(moved)
    after = there.published()
    assert len(before) + len(after) == head, "the numbers go on without a hole"
    repeated, unlike = seam([*before, *after])
    assert (repeated, unlike) == (0, [])
    versions = [record.value["version"] for record in (*before, *after)
                if record.topic == ORDER_STATES and record.key == "web:known"]  # fmt: skip
    assert versions == list(range(1, len(versions) + 1))
    assert len(versions) > 1
    assert unverified(moved) == []
