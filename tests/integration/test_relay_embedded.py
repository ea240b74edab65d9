"""The relay's at-least-once profile: what a broker without transactions gets."""

from confluent_kafka import Message

from ordercase.embedded_broker import EmbeddedBroker
from producers.relay import Relay
from storage import outbox
from storage.connections import connect
from tests.real.outbox_rows import TOPICS, add_events, check_each_once_in_order, published_to, running, wait_for
from tests.real.reading import read_all


def everything(broker: EmbeddedBroker) -> dict[str, list[Message]]:
    return {topic: read_all(broker.bootstrap_servers, topic, isolation="read_uncommitted") for topic in TOPICS}


def relay_of(url: str, broker: EmbeddedBroker) -> Relay:
    kafka = {"bootstrap.servers": broker.bootstrap_servers}
    return Relay(database_url=url, kafka=kafka, group_id="g", transactional=False, topics=TOPICS)


def test_all_rows_go_out_in_order_over_a_restart(database_url: str, embedded_broker: EmbeddedBroker) -> None:
    add_events(database_url, 1, 300)
    with running(relay_of(database_url, embedded_broker)):
        wait_for(lambda: published_to(database_url, "g") == 301)
    with running(relay_of(database_url, embedded_broker)) as relay:
        add_events(database_url, 301, 50)
        relay.wake()
        wait_for(lambda: published_to(database_url, "g") == 351)
    check_each_once_in_order(everything(embedded_broker), 350)


def test_published_rows_are_deleted_but_the_last(database_url: str, embedded_broker: EmbeddedBroker) -> None:
    add_events(database_url, 1, 40)

    def rows() -> list[int]:
        with connect(database_url, "test") as connection:
            return [row.seq for row in outbox.read(connection, 0, 100)]

    with running(relay_of(database_url, embedded_broker)):
        wait_for(lambda: rows() == [40])


def test_a_hole_is_an_alarm(database_url: str, embedded_broker: EmbeddedBroker) -> None:
    add_events(database_url, 1, 10)
    with connect(database_url, "test") as connection:
        connection.execute("DELETE FROM outbox WHERE seq = 4")
    with running(relay_of(database_url, embedded_broker)) as relay:
        wait_for(lambda: relay.alarm is not None)
    assert relay.alarm is not None
    assert relay.alarm.code == "relay_hole"
