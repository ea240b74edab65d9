"""The broker that librdkafka carries takes and gives messages, and ends with its object."""

from confluent_kafka import Consumer, Producer

from ordercase.embedded_broker import PARTITIONS, EmbeddedBroker


def test_a_message_goes_through(embedded_broker: EmbeddedBroker) -> None:
    servers = embedded_broker.bootstrap_servers
    embedded_broker.make_topic("greetings")
    producer = Producer({"bootstrap.servers": servers})
    producer.produce("greetings", b"hello", b"world")
    assert producer.flush(10) == 0
    assert len(producer.list_topics("greetings", timeout=10).topics["greetings"].partitions) == PARTITIONS
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "g", "auto.offset.reset": "earliest"})
    consumer.subscribe(["greetings"])
    (message,) = consumer.consume(1, 20)
    consumer.close()
    assert (message.key(), message.value(), message.error()) == (b"world", b"hello", None)


def test_two_brokers_do_not_know_each_other() -> None:
    with EmbeddedBroker() as one, EmbeddedBroker() as other:
        one.make_topic("mine")
        assert one.bootstrap_servers != other.bootstrap_servers
        assert "mine" not in Producer({"bootstrap.servers": other.bootstrap_servers}).list_topics(timeout=10).topics
