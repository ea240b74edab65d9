"""A topic that is deleted while it is read is named at once; it is not waited for as a broker that does not answer is."""

import pytest

from consumers import topic_state
from consumers.client import consumer_settings
from consumers.faults import MissingTopic
from tests.real.kafka import Kafka


def test_a_topic_that_is_gone_is_named(kafka: Kafka, group_id: str) -> None:
    kafka.create_topics(["here"], partitions=1)
    properties = consumer_settings({"bootstrap.servers": kafka.bootstrap_servers}, group_id=group_id, client_id="test")
    with pytest.raises(MissingTopic, match="no topic gone") as raised:
        topic_state.look(properties, ["gone", "here"], [("here", 0)])
    assert raised.value.names == ("gone",)
    ids, ends = topic_state.look(properties, ["here"], [("here", 0)])
    assert ids["here"]
    assert ends == {("here", 0): (0, 0)}
