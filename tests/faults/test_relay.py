"""The relay on a real Kafka: every event once and in order for who reads what is committed, whatever dies meanwhile."""

import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from confluent_kafka import Consumer, Message, Producer, TopicPartition

from producers.client import producer_settings
from producers.relay import Relay, RelayState
from schemas.topics import ORDER_STATES, OUTBOX_POSITION
from storage import outbox
from storage.connections import connect
from tests.real.kafka import Kafka, RealKafka
from tests.real.outbox_rows import (
    TOPICS,
    add_events,
    check_each_once_in_order,
    event_id,
    published_to,
    running,
    start_process,
    wait_for,
)
from tests.real.reading import read_all


@pytest.fixture(name="servers")
def _servers(kafka: Kafka) -> str:
    kafka.create_topics(TOPICS, partitions=3)
    kafka.create_topics([OUTBOX_POSITION], partitions=1)
    return kafka.bootstrap_servers


def relay_of(url: str, servers: str, group_id: str) -> Relay:
    return Relay(database_url=url, kafka={"bootstrap.servers": servers}, group_id=group_id, topics=TOPICS)


def everything(servers: str) -> dict[str, list[Message]]:
    return {topic: read_all(servers, topic) for topic in TOPICS}


def committed(servers: str, group_id: str) -> TopicPartition:
    consumer = Consumer({"bootstrap.servers": servers, "group.id": f"{group_id}-relay", "log_level": 3})
    (answer,) = consumer.committed([TopicPartition(OUTBOX_POSITION, 0)], timeout=10)
    consumer.close()
    return answer


def test_each_event_once_in_order_and_the_position_says_so(servers: str, database_url: str, group_id: str) -> None:
    add_events(database_url, 1, 500)
    with running(relay_of(database_url, servers, group_id)) as relay:
        wait_for(lambda: relay.position == 501)
        add_events(database_url, 501, 100)
        relay.wake()
        wait_for(lambda: relay.position == 601)
        assert relay.state is RelayState.PUBLISHING
    check_each_once_in_order(everything(servers), 600)
    answer = committed(servers, group_id)
    assert (answer.offset, answer.metadata) == (601, event_id(600))
    assert published_to(database_url, group_id) == 601


def test_the_position_is_committed_before_there_is_any_event(servers: str, database_url: str, group_id: str) -> None:
    """So that a missing offset always means a lost one, and an idle relay's does not expire."""
    with running(relay_of(database_url, servers, group_id)) as relay:
        wait_for(lambda: relay.state is RelayState.PUBLISHING)
    answer = committed(servers, group_id)
    assert (answer.offset, answer.metadata or "") == (1, "")


def test_kill_9_of_the_relay_loses_and_repeats_nothing(servers: str, database_url: str, group_id: str) -> None:
    seed, count = 20, 6_000
    chance = random.Random(seed)
    process = start_process(database_url, servers, group_id)
    try:
        for first in range(1, count, 1000):
            add_events(database_url, first, 1000)
            time.sleep(chance.uniform(0.3, 1.5))  # the moment of death is the point: no state is waited for
            process.kill()
            process.wait()
            process = start_process(database_url, servers, group_id)
        wait_for(lambda: published_to(database_url, group_id) == count + 1)
    finally:
        process.kill()
        process.wait()
    check_each_once_in_order(everything(servers), count)


def test_a_zombie_relay_is_fenced(servers: str, database_url: str, group_id: str) -> None:
    """It stands still past its session, another takes over, and it wakes with a transaction in its hands."""
    process = start_process(database_url, servers, group_id)
    try:
        add_events(database_url, 1, 200)
        wait_for(lambda: published_to(database_url, group_id) > 1)
        process.send_signal(signal.SIGSTOP)
        add_events(database_url, 201, 200)
        began = time.monotonic()
        with running(relay_of(database_url, servers, group_id)) as relay:
            wait_for(lambda: relay.position == 401)
            assert time.monotonic() - began < 30
            process.send_signal(signal.SIGCONT)
            add_events(database_url, 401, 200)
            wait_for(lambda: relay.position == 601)
            assert process.poll() is None  # it stands by
    finally:
        process.kill()
        process.wait()
    check_each_once_in_order(everything(servers), 600)


def test_two_at_once_do_not_repeat_anything(servers: str, database_url: str, group_id: str) -> None:
    """The lock only chooses: a second relay that begins without it (here over a copy of nothing) fences the first."""
    add_events(database_url, 1, 100)
    with running(relay_of(database_url, servers, group_id)) as relay:
        wait_for(lambda: relay.position == 101)
        thief = Producer(
            producer_settings({"bootstrap.servers": servers}, client_id="thief", transactional_id=f"{group_id}-relay")
        )
        thief.init_transactions(10)
        add_events(database_url, 101, 100)
        wait_for(lambda: relay.position == 201)
        assert relay.restarts >= 1
    check_each_once_in_order(everything(servers), 200)


def test_an_aborted_transaction_leaves_the_position_and_no_event(
    servers: str, database_url: str, group_id: str
) -> None:
    add_events(database_url, 1, 10)
    with running(relay_of(database_url, servers, group_id)) as relay:
        wait_for(lambda: relay.position == 11)
    producer = Producer(
        producer_settings({"bootstrap.servers": servers}, client_id="dying", transactional_id=f"{group_id}-relay")
    )
    reader = Consumer({"bootstrap.servers": servers, "group.id": f"{group_id}-relay"})
    producer.init_transactions(10)
    producer.begin_transaction()
    producer.produce(ORDER_STATES, b"999", b"k0", headers=[("ce_id", event_id(999))])
    offset = TopicPartition(OUTBOX_POSITION, 0, 999, event_id(999))
    producer.send_offsets_to_transaction([offset], reader.consumer_group_metadata(), 10)
    producer.flush(10)
    producer.abort_transaction(10)
    reader.close()
    assert committed(servers, group_id).offset == 11
    add_events(database_url, 11, 10)
    with running(relay_of(database_url, servers, group_id)) as relay:
        wait_for(lambda: relay.position == 21)
    check_each_once_in_order(everything(servers), 20)
    uncommitted = read_all(servers, ORDER_STATES, isolation="read_uncommitted")
    assert b"999" in [message.value() for message in uncommitted]


def test_an_offset_that_stays_unstable(servers: str, database_url: str, group_id: str) -> None:
    """As a broker leaves it that lost a commit's marker: known by what was acknowledged, or by nobody."""
    add_events(database_url, 1, 10)
    with running(relay_of(database_url, servers, group_id)) as relay:
        wait_for(lambda: relay.position == 11)
    with connect(database_url, "test") as connection:
        outbox.save_mirror(connection, group_id, 11, event_id(10))
    with open_transaction(servers, group_id, 16):
        add_events(database_url, 11, 10)
        with running(relay_of(database_url, servers, group_id)) as relay:
            wait_for(lambda: relay.alarm is not None)
        assert relay.alarm is not None
        assert relay.alarm.code == "relay_position_unstable"
        with connect(database_url, "test") as connection:
            outbox.save_mirror(connection, group_id, 16, event_id(15))
        with running(relay_of(database_url, servers, group_id)) as relay:
            wait_for(lambda: relay.position == 21)
    published = [int(message.value() or b"") for found in everything(servers).values() for message in found]
    assert sorted(published) == [*range(1, 11), *range(16, 21)]


@contextmanager
def open_transaction(servers: str, group_id: str, position: int) -> Iterator[None]:
    """A transaction of nobody's that carries the position and is neither committed nor aborted."""
    settings = producer_settings(
        {"bootstrap.servers": servers}, client_id="nobody", transactional_id=f"{group_id}-nobody"
    )
    producer = Producer({**settings, "transaction.timeout.ms": 120_000})
    reader = Consumer({"bootstrap.servers": servers, "group.id": f"{group_id}-relay"})
    producer.init_transactions(10)
    producer.begin_transaction()
    offset = TopicPartition(OUTBOX_POSITION, 0, position, event_id(position - 1))
    producer.send_offsets_to_transaction([offset], reader.consumer_group_metadata(), 10)
    try:
        yield
    finally:
        producer.abort_transaction(10)
        reader.close()


def test_the_stand_by_takes_over_within_seconds(servers: str, database_url: str, group_id: str) -> None:
    process = start_process(database_url, servers, group_id)
    try:
        add_events(database_url, 1, 10)
        wait_for(lambda: published_to(database_url, group_id) == 11)
        with running(relay_of(database_url, servers, group_id)) as relay:
            wait_for(lambda: relay.state is RelayState.STANDING_BY)
            process.kill()
            began = time.monotonic()
            add_events(database_url, 11, 10)
            wait_for(lambda: relay.position == 21)
            assert time.monotonic() - began < 10
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        ("DELETE FROM outbox WHERE seq = 11", "relay_hole"),
        ("UPDATE outbox SET event_id = gen_random_uuid() WHERE seq = 10", "relay_event_differs"),
        ("UPDATE outbox_head SET seq = 4", "relay_position_ahead"),
    ],
)
def test_a_database_that_is_not_the_one_published_from_stops_it(
    servers: str, database_url: str, group_id: str, damage: str, code: str
) -> None:
    add_events(database_url, 1, 10)
    with running(relay_of(database_url, servers, group_id)) as relay:
        wait_for(lambda: relay.position == 11)
    add_events(database_url, 11, 5)
    with connect(database_url, "test") as connection:
        connection.execute(damage)
    with running(relay_of(database_url, servers, group_id)) as relay:
        wait_for(lambda: relay.alarm is not None)
    assert relay.alarm is not None
    assert relay.alarm.code == code
    assert len([message for found in everything(servers).values() for message in found]) == 10


def test_a_lost_offset_stops_it(servers: str, database_url: str, group_id: str, kafka: Kafka) -> None:
    add_events(database_url, 1, 10)
    with running(relay_of(database_url, servers, group_id)) as relay:
        wait_for(lambda: relay.position == 11)
    admin = kafka.admin()
    for future in admin.delete_consumer_groups([f"{group_id}-relay"]).values():
        future.result(10)
    with running(relay_of(database_url, servers, group_id)) as relay:
        wait_for(lambda: relay.alarm is not None)
    assert relay.alarm is not None
    assert relay.alarm.code == "relay_position_lost"


def test_a_missing_topic_stops_it_and_is_named(kafka: Kafka, database_url: str, group_id: str) -> None:
    kafka.create_topics([OUTBOX_POSITION], partitions=1)
    with running(relay_of(database_url, kafka.bootstrap_servers, group_id)) as relay:
        wait_for(lambda: relay.alarm is not None)
    assert relay.alarm is not None
    assert relay.alarm.code == "topic_missing"
    assert ORDER_STATES in relay.alarm.sentence


def test_a_broker_that_stops_dies_and_freezes(own_kafka: RealKafka, database_url: str, group_id: str) -> None:
    """Each time it goes on by itself; Kafka's own console consumer, another client, sees each event once too."""
    servers = own_kafka.kafka.bootstrap_servers
    own_kafka.kafka.create_topics(TOPICS, partitions=3)
    own_kafka.kafka.create_topics([OUTBOX_POSITION], partitions=1)
    with running(relay_of(database_url, servers, group_id)) as relay:
        add_events(database_url, 1, 100)
        wait_for(lambda: relay.position == 101)
        own_kafka.kill9()
        add_events(database_url, 101, 100)
        own_kafka.start()
        wait_for(lambda: relay.position == 201)
        own_kafka.pause()
        add_events(database_url, 201, 100)
        time.sleep(3)
        own_kafka.resume()
        wait_for(lambda: relay.position == 301, 90)
        own_kafka.pause()
        add_events(database_url, 301, 1)
        time.sleep(1)
        stopping = time.monotonic()
    assert time.monotonic() - stopping < 10, "a broker that does not answer holds up the end"
    own_kafka.resume()
    with running(relay_of(database_url, servers, group_id)) as relay:
        wait_for(lambda: relay.position == 302)
    check_each_once_in_order(everything(servers), 301)
    printed = [line.split("\t") for topic in TOPICS for line in own_kafka.console_consumer(topic)]
    assert sorted(int(value) for _, value in printed) == list(range(1, 302))


def test_lost_sessions_of_postgresql_are_waited_out(servers: str, database_url: str, group_id: str) -> None:
    with running(relay_of(database_url, servers, group_id)) as relay:
        add_events(database_url, 1, 50)
        wait_for(lambda: relay.position == 51)
        with connect(database_url, "test") as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ordercase-relay'"
                " AND datname = current_database()"
            )
            add_events(database_url, 51, 50)
        wait_for(lambda: relay.position == 101)
    check_each_once_in_order(everything(servers), 100)
