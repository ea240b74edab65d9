"""What the loop does when partitions are given to it is safe, whatever else Kafka's client has to tell in the same call."""

import subprocess
import sys
import textwrap

from ordercase.embedded_broker import EmbeddedBroker
from schemas.topics import INBOUND

SCRIPT = textwrap.dedent("""
    import sys
    from functools import partial

    from confluent_kafka import Consumer

    from consumers import topic_state
    from consumers.assignment import Assignment
    from consumers.client import consumer_settings
    from consumers.observer import Silent
    from schemas.topics import INBOUND
    from storage.connections import connect

    servers, url, group_id = sys.argv[1:]
    told = []
    properties = consumer_settings({"bootstrap.servers": servers}, group_id=group_id, client_id="test")
    properties |= {"statistics.interval.ms": 20, "fetch.wait.max.ms": 100}
    here = Assignment(partial(connect, url, "test"), group_id, partial(topic_state.look, properties, INBOUND), Silent())
    consumer = Consumer(properties | {"stats_cb": told.append})
    consumer.subscribe(list(INBOUND), on_assign=here.on_assign, on_revoke=here.on_revoke, on_lost=here.on_lost)
    for _ in range(8):
        before = here.joined, len(told)
        consumer.consume(1000, 3.0)
        if here.joined:
            # In one and the same call: the partitions, and then statistics.
            assert not before[0] and len(told) > before[1], (before, len(told))
            break
    assert here.joined and here.failure is None, here.failure
    consumer.close()
    print("safe")
""")


def test_callbacks_may_follow_each_other_in_one_call(
    embedded_broker: EmbeddedBroker, database_url: str, group_id: str
) -> None:
    """In a process of its own: the client would end it by an assertion."""
    for topic in INBOUND:
        embedded_broker.make_topic(topic)
    arguments = [sys.executable, "-c", SCRIPT, embedded_broker.bootstrap_servers, database_url, group_id]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["safe"]), done.stderr
