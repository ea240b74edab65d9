"""A command goes out under its key, and its own reply comes back; without a worker there is a clear end."""

import threading
import time
from collections.abc import Callable

import pytest
from confluent_kafka import Consumer, Producer

from producers.commands import CommandSender, NoAnswer
from schemas.codec import Codec
from schemas.topics import COMMANDS, REPLIES
from tests.real.kafka import Kafka
from tests.real.reading import read_all

ACTOR = {"id": "cli", "name": None, "roles": ["manager"], "channels": ["*"], "accounts": []}
COMMAND_ID = "11111111-1111-4111-8111-111111111111"
CANCEL = {
    "command_id": COMMAND_ID,
    "issued_at": 1_700_000_000_000_000,
    "actor": ACTOR,
    "sales_channel": "WEB",
    "order_id": "1007",
    "reason": "changed mind",
}


@pytest.fixture(name="servers")
def _servers(kafka: Kafka) -> str:
    kafka.create_topics([COMMANDS, REPLIES], partitions=3)
    return kafka.bootstrap_servers


def in_thread(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def answer_one(servers: str, codec: Codec) -> None:
    """What a worker does, as far as a sender sees it; another command's reply goes first."""
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "answers", "auto.offset.reset": "earliest"})
    consumer.subscribe([COMMANDS])
    producer = Producer({"bootstrap.servers": servers})
    (message,) = consumer.consume(1, 30)
    record, fields = codec.read(COMMANDS, message.value() or b"")
    assert record == "commands.CancelOrder"
    for command_id in ("another", fields["command_id"]):
        reply = {"command_id": command_id, "occurred_at": 1, "status": "ACCEPTED", "message": "done", "dry_run": False}
        producer.produce(REPLIES, codec.encode(REPLIES, "replies.CommandResult", reply), command_id.encode())
    producer.flush(10)
    consumer.close()


def test_the_reply_to_this_command_is_waited_for(servers: str) -> None:
    worker = in_thread(lambda: answer_one(servers, Codec()))
    with CommandSender({"bootstrap.servers": servers}, Codec()) as sender:
        reply = sender.send("CancelOrder", CANCEL)
    worker.join()
    assert (reply["command_id"], reply["status"], reply["code"]) == (COMMAND_ID, "ACCEPTED", None)
    (sent,) = read_all(servers, COMMANDS)
    assert sent.key() == b"WEB:1007"


def test_no_reply_in_time_says_what_that_means(servers: str) -> None:
    with CommandSender({"bootstrap.servers": servers}, Codec()) as sender:
        began = time.monotonic()
        with pytest.raises(NoAnswer, match=COMMAND_ID):
            sender.send("CancelOrder", CANCEL, timeout=0.5)
        assert time.monotonic() - began < 10
