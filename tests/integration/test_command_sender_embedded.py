"""Sending a command works against the broker that librdkafka carries, too."""

import pytest

from ordercase.embedded_broker import EmbeddedBroker
from producers.commands import CommandSender, NoAnswer
from schemas.codec import Codec
from schemas.topics import COMMANDS, REPLIES
from tests.real.reading import read_all


def test_a_command_arrives_and_nobody_answers(embedded_broker: EmbeddedBroker) -> None:
    cancel = {
        "command_id": "11111111-1111-4111-8111-111111111111",
        "issued_at": 1_700_000_000_000_000,
        "actor": {"id": "cli", "name": None, "roles": ["manager"], "channels": ["*"], "accounts": []},
        "sales_channel": "WEB",
        "order_id": "1007",
        "reason": "changed mind",
    }
    servers = embedded_broker.bootstrap_servers
    embedded_broker.make_topic(REPLIES)
    with CommandSender({"bootstrap.servers": servers}, Codec()) as sender, pytest.raises(NoAnswer):
        sender.send("CancelOrder", cancel, timeout=0.5)
    (message,) = read_all(servers, COMMANDS)
    assert message.key() == b"WEB:1007"
