"""No personal data and no secret in what a worker lets out beside the values of its events: logs, keys, headers, metrics,
the words of replies, the list of what is parked, and what commands say on a terminal.

Everything that shop, gateway, warehouse and people can say of a customer is said with a mark in every field that may hold
a person; then the same once more with every kind of mistake.
"""

import json
import logging
from dataclasses import replace
from io import StringIO
from typing import Any, Final

import pytest
import structlog
from prometheus_client import generate_latest

from domain import handling
from domain.commands import AddComment
from ordercase import logs
from ordercase.embedded_broker import EmbeddedBroker
from ordercase.metrics import Metrics
from schemas.codec import Codec
from schemas.topics import DEAD_LETTERS, ORDERS, REPLIES
from storage.connections import engine
from storage.queries import messages
from tests.builders.wire import valid
from tests.integration.erased_customer import MARK, Told
from tests.integration.processes import Shell
from tests.integration.running_loop import Shop, running, until
from tests.integration.stored_worker import real_rules

CODEC: Final = Codec()
KEY: Final = "web:some order_id"
MARKS: Final = (MARK, MARK.lower(), MARK.encode().hex())
MISTAKES: Final = 6


class ToKafka:
    """Takes what is told of a customer to the broker."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.sent = shop, 0

    def send(self, topic: str, record: str, key: str, value: dict[str, Any]) -> None:
        self.send_raw(topic, key, CODEC.encode(topic, record, value))

    def send_raw(self, topic: str, key: str, value: bytes) -> None:
        self.shop.producer.produce(topic, value, key)
        self.sent += 1


def tell(line: ToKafka) -> None:
    """What is right, of every record that may name a person."""
    told = Told(line)  # type: ignore[arg-type]
    told.say("commerce.OrderEvent", KEY, kind="PLACED", status_reason="as said")
    told.say("commerce.CheckoutEvent", "web:some checkout_id")
    told.say("payments.PaymentEvent", KEY, kind="CAPTURED")
    told.say("warehouse.Shipment", KEY)
    told.say("warehouse.ReturnReceipt", KEY)
    for name in ("OpenCase", "RecordInteraction", "AddComment", "CreateReturn", "CancelOrder", "CreateAppeasement",
                 "ChangeOrder", "RequestInformation", "ResolveCase", "AddTask", "CloseCase", "ReleaseRefundOffline"):  # fmt: skip
        record = f"commands.{name}"
        value = valid(record)
        about_case = name in {"OpenCase", "RequestInformation", "ResolveCase", "AddTask", "CloseCase"}
        key = value["case_id"] if about_case else value["interaction_id"] if name == "RecordInteraction" else KEY
        told.say(record, key)
        told.say(record, "under a key that is wrong")


def mistake(line: ToKafka) -> None:
    """What is wrong, with the mark in it: MISTAKES of them are parked."""
    line.send_raw(ORDERS, KEY, f"garbage of {MARK}".encode())
    line.send_raw(ORDERS, "web:2", b"\xc3\x01" + bytes(8) + MARK.encode() * 4)
    told = Told(line, "C-2")  # type: ignore[arg-type]
    order = valid("commerce.OrderEvent")["order"]
    wrong = order | {"order_id": "3", "lines": [order["lines"][0] | {"total_minor": 1}]}
    told.say("commerce.OrderEvent", "web:3", order=wrong)
    told.say("payments.PaymentEvent", "web:another key")
    long = valid("commerce.OrderEvent", event_id="00000000-0000-4000-8000-000000000098")
    long["order"] |= {"order_id": "4", "customer": order["customer"] | {"email": MARK * 1_000}}
    line.send(ORDERS, "commerce.OrderEvent", "web:4", long)
    value = valid("commerce.OrderEvent", event_id="00000000-0000-4000-8000-000000000099")
    value["order"] |= {"order_id": "nul", "account_name": f"{MARK}\0"}
    line.send(ORDERS, "commerce.OrderEvent", "web:nul", value)


@pytest.fixture(name="written")
def _written() -> Any:
    """Everything that is logged, ours and the libraries', as `ordercase run` writes it, at the loudest level."""
    heard = StringIO()
    root, before = logging.getLogger(), list(logging.getLogger().handlers)
    level = root.level
    logs.configure("debug", "json")
    for handler in root.handlers:
        handler.setStream(heard)  # type: ignore[attr-defined]
    yield heard
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def test_marks_in_every_field_that_may_hold_a_person_stay_in_values_and_tables(
    embedded_broker: EmbeddedBroker, database_url: str, group_id: str, written: StringIO
) -> None:
    shop = Shop(embedded_broker, database_url)
    line, metrics = ToKafka(shop), Metrics("test")
    tell(line)
    mistake(line)
    shop.flush()
    with running(shop, group_id, rules=real_rules(), observer=metrics) as it:
        read = "SELECT coalesce(sum(next_offset), 0) FROM input_position"
        until(lambda: it.died is not None or shop.one(read) == line.sent, 60)
        assert it.died is None
    rows = shop.rows("SELECT topic, key, value, headers FROM outbox ORDER BY seq")
    assert any(MARK.encode() in value for _, _, value, _ in rows)  # the mark is really there, where it belongs
    assert shop.one("SELECT count(*) FROM parked WHERE NOT behind") >= MISTAKES
    assert sum(topic == DEAD_LETTERS for topic, *_ in rows) >= MISTAKES
    assert sum(topic == REPLIES for topic, *_ in rows) >= 20

    clean("a log line", written.getvalue())
    assert "poison" in written.getvalue()
    clean("the metrics", generate_latest(metrics.registry).decode())
    for topic, key, value, headers in rows:
        clean(f"a key of {topic}", (key or b"").decode(errors="replace"))
        clean(f"a header of {topic}", headers)
        if topic == REPLIES:
            clean("the words of a reply", str(CODEC.read(REPLIES, value)[1]["message"]))
    with engine(database_url, "test", pool=False).connect() as connection:
        listed = messages.parked_list(connection, topic=None, reason=None, limit=1_000)
    clean("the list of what is parked", json.dumps(listed, default=str))
    clean("why it is parked", json.dumps(shop.rows("SELECT sentence, reason, error_class FROM parked")))


def test_a_rule_that_breaks_with_a_person_in_its_words_tells_nobody(
    embedded_broker: EmbeddedBroker, database_url: str, group_id: str, written: StringIO
) -> None:
    def breaks(message: Any, *rest: Any) -> Any:
        if type(message) is AddComment:
            raise RuntimeError(f"cannot cope with {MARK}")
        return handling.handle(message, *rest)

    shop = Shop(embedded_broker, database_url)
    line = ToKafka(shop)
    Told(line).say("commands.AddComment", KEY)  # type: ignore[arg-type]
    shop.flush()
    with running(shop, group_id, rules=replace(real_rules(), handle=breaks)) as it:
        until(lambda: it.died is not None or shop.one("SELECT count(*) FROM parked") == 1)
        assert it.died is None
    assert "a rule broke" in written.getvalue()
    clean("a log line", written.getvalue())
    clean("why it is parked", json.dumps(shop.rows("SELECT sentence, reason, error_class FROM parked")))
    clean("a header", json.dumps(shop.rows("SELECT headers FROM outbox")))


SECRET: Final = "s3cr3t-of-nobody"


@pytest.mark.parametrize("command", [("config", "show"), ("migrate",), ("parked", "list"), ("run",), ("doctor",)])
def test_no_command_says_a_secret_when_it_fails(tmp_path: Any, command: tuple[str, ...]) -> None:
    kafka = {} if command == ("doctor",) else {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9"}  # it would wait for it
    shell = Shell(
        tmp_path, **kafka, DATABASE_URL=f"postgresql://u:{SECRET}@127.0.0.1:9/x?sslpassword={SECRET}",
        KAFKA__SECURITY_PROTOCOL="SASL_PLAINTEXT",
        KAFKA__SASL_MECHANISM="PLAIN", KAFKA__SASL_USERNAME="u", KAFKA__SASL_PASSWORD=SECRET,
        KAFKA__SSL_KEY_PASSWORD=SECRET, SCHEMA_REGISTRY_URL="http://127.0.0.1:9", SCHEMA_REGISTRY_USER="u",
        SCHEMA_REGISTRY_PASSWORD=SECRET, LOG_LEVEL="debug",
    )  # fmt: skip
    ended = shell(*command)
    assert ended.out + ended.err
    assert SECRET not in ended.out + ended.err
    assert (ended.status == 0) == (command == ("config", "show"))


def clean(what: str, text: str) -> None:
    """Fails with the place at which a mark leaves."""
    for mark in MARKS:
        at = text.find(mark)
        assert at < 0, f"{what} tells of a person: …{text[max(0, at - 120) : at + 60]}…"
