"""Looking at what a login may do disturbs nobody who is at work; the rest is in tests/end_to_end/test_secured.py."""

from confluent_kafka import Producer

from producers import rights
from producers.client import producer_settings
from tests.real.kafka import Kafka


def test_asking_about_the_relays_transactional_id_does_not_fence_it_off(kafka: Kafka, group_id: str) -> None:
    kafka.create_topics(["said"], partitions=1)
    properties = {"bootstrap.servers": kafka.bootstrap_servers}
    relay = Producer(producer_settings(properties, client_id="relay", transactional_id=f"{group_id}-relay"))
    relay.init_transactions(30)
    relay.begin_transaction()
    relay.produce("said", b"before")
    assert rights.lacking(properties, group_id) == []
    relay.produce("said", b"after")
    relay.commit_transaction(30)
