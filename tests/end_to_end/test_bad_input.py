"""What cannot be applied is put away alone: with its reason, in the order of its key, and nothing else is held up."""

import json
from typing import Any
from uuid import uuid4

import pytest

from schemas.catalogue import schema_of
from schemas.topics import COMMANDS, DEAD_LETTERS, NOTICES, ORDER_STATES, ORDERS, PAYMENT_REQUESTS, REPLIES, STOCK
from tests.end_to_end.crew import crew, settled
from tests.end_to_end.outside import Reader
from tests.end_to_end.sending import Sender, command, framed, order_event
from tests.integration.processes import Shell
from tests.real.kafka import Kafka

ORDER_EVENT = "commerce.OrderEvent"
GARBAGE = b"\x93NUMPY"


def parked(shell: Shell) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = shell("parked", "list", "--json").json
    return rows


def ids(rows: list[dict[str, Any]], order_id: str) -> list[str]:
    """Of what is parked of an order, in its order."""
    return [str(row["id"]) for row in rows if row["key"] == f"web:{order_id}"]


def order(shell: Shell, order_id: str) -> dict[str, Any]:
    shown: dict[str, Any] = shell("orders", "show", f"web:{order_id}", "--json").json
    return shown


def revisions(shell: Shell, order_id: str) -> list[int]:
    """Of the shop's events that were applied, as the history tells."""
    told = order(shell, order_id)["history"]
    return [entry["data"]["revision"] for entry in told if entry["event"] == "OrderSeen"]


@pytest.fixture(name="newer")
def _newer() -> dict[str, Any]:
    """The schema of a shop that is ahead: one more field, which nobody needs. No registry has it yet."""
    schema: dict[str, Any] = json.loads(schema_of(ORDER_EVENT).text)
    field = {"name": f"till_{uuid4().hex}", "type": ["null", "string"], "default": None, "doc": "Where it was sold."}
    schema["fields"].append(field)
    return schema


@pytest.fixture(name="mistakes")
def _mistakes(shell: Shell, sender: Sender, newer: dict[str, Any]) -> None:
    """Three orders, each with its mistake first and what is right behind it, and one without a mistake."""
    sender.send_raw(ORDERS, "web:garbage", GARBAGE)
    schema_id = sender.register("elsewhere-ordercase.commerce.OrderEvent", newer)
    sender.send_raw(ORDERS, "web:stranger", framed(schema_id, newer, order_event("stranger")))
    sender.send(ORDERS, ORDER_EVENT, "web:sum", order_event("sum", total_minor=3999))
    for order_id in ("garbage", "stranger", "sum", "fine"):
        sender.send(ORDERS, ORDER_EVENT, f"web:{order_id}", order_event(order_id, revision=2))
        sender.send(ORDERS, ORDER_EVENT, f"web:{order_id}", order_event(order_id, revision=3, kind="UPDATED"))


def test_mistakes_are_put_away_with_what_is_behind_them(
    shell: Shell, sender: Sender, reader: Reader, newer: dict[str, Any], mistakes: None
) -> None:
    with crew(shell, 1):
        settled(shell)
        rows = parked(shell)
        assert sorted((row["key"], row["reason"]) for row in rows if not row["behind"]) == [
            ("web:garbage", "undecodable"),
            ("web:stranger", "schema_unknown"),
            ("web:sum", "invalid_value"),
        ]
        assert [len(ids(rows, order_id)) for order_id in ("garbage", "stranger", "sum", "fine")] == [3, 3, 3, 0]
        assert revisions(shell, "fine") == [2, 3]
        unknown = shell("orders", "show", "web:sum", "--json")
        assert (unknown.status, unknown.json["error"]) == (1, "unknown_order")

        # Only the first of a key can go, and only with a reason; then those behind it go on in their order.
        head, *behind = ids(rows, "garbage")
        assert shell("parked", "discard", behind[0], "--reason", "in the way").status == 1
        assert shell("parked", "discard", head, "--reason", "no message at all").status == 0
        assert shell("parked", "replay", behind[0]).status == 0
        assert revisions(shell, "garbage") == [2, 3]

        # What the registry did not know it knows now: the same message goes through, and those behind it.
        sender.register(f"{ORDERS}-ordercase.{ORDER_EVENT}", newer)
        assert shell("parked", "replay", ids(rows, "stranger")[0]).status == 0
        assert revisions(shell, "stranger") == [1, 2, 3]

        # What is wrong in itself stays wrong, and keeps its place.
        assert shell("parked", "replay", ids(rows, "sum")[0]).status == 1
        assert [row["key"] for row in parked(shell)] == ["web:sum"] * 3
        settled(shell)
    first = [one.key for one in reader.published([ORDER_STATES]) if one.value["version"] == 1]
    assert sorted(first) == ["web:fine", "web:garbage", "web:stranger"]
    letters = reader.published([DEAD_LETTERS])
    assert len(letters) == len(rows)
    (letter,) = [one for one in letters if one.headers["ordercase_reason"] == "undecodable"]
    assert (letter.key, letter.raw) == ("web:garbage", GARBAGE)
    (row,) = [row for row in rows if row["reason"] == "undecodable"]
    place = (ORDERS, str(row["partition"]), str(row["offset"]), "VALUE_CONVERTER")
    assert (
        tuple(letter.headers[f"__connect.errors.{name}"] for name in ("topic", "partition", "offset", "stage")) == place
    )
    assert letter.headers["__connect.errors.exception.class.name"]
    assert letter.headers["__connect.errors.exception.message"]


def test_a_refused_command_is_answered_and_changes_nothing(shell: Shell, sender: Sender, reader: Reader) -> None:
    with crew(shell, 1):
        sender.send(ORDERS, ORDER_EVENT, "web:1", order_event("1"))
        settled(shell)
        before, head = order(shell, "1"), settled(shell)
        about = {"sales_channel": "web", "order_id": "1", "reason": "changed mind"}
        refused = {
            "quantity_not_available": command(**about, lines=[{"line_number": 1, "quantity": 3}]),
            "invalid_command": command(**about, lines=[{"line_number": 1, "quantity": 0}]),
            "unknown_order": command(**about | {"order_id": "2"}),
        }
        for sent in refused.values():
            sender.send(COMMANDS, "commands.CancelOrder", f"web:{sent['order_id']}", sent)
        twice = refused["invalid_command"]
        sender.send(COMMANDS, "commands.CancelOrder", "web:1", twice)
        # Bytes that are no command have nobody to answer.
        sender.send_raw(COMMANDS, "web:1", b"cancel it!")
        settled(shell)
        after = order(shell, "1")
        assert (after["version"], after["lines"], after["post_sales"]) == (before["version"], before["lines"], [])
        assert [(row["topic"], row["reason"]) for row in parked(shell)] == [(COMMANDS, "undecodable")]
        assert settled(shell) == head + 5
    answers = reader.published([REPLIES])
    codes = [(one.value["status"], one.value["code"]) for one in answers]
    assert sorted(codes) == sorted([("REJECTED", code) for code in (*refused, "invalid_command")])
    assert len({one.raw for one in answers if one.key == twice["command_id"]}) == 1
    assert reader.published([NOTICES, PAYMENT_REQUESTS]) == []


def test_what_is_wrong_around_the_worker_is_said_before_it_starts(shell: Shell, kafka: Kafka) -> None:
    wrong = shell(
        "run", BATCH_SIZE="0", GROUP_ID="a b", TOPIC__PARTITIONS="3", KAFKA__ISOLATION_LEVEL="read_uncommitted"
    )
    assert wrong.status == 2
    for name in ("ORDERCASE_BATCH_SIZE", "ORDERCASE_GROUP_ID", "ORDERCASE_TOPIC__PARTITIONS", "isolation.level"):
        assert name in wrong.err
    admin = kafka.admin()  # kept in a name: its answers come only while it lives
    for future in admin.delete_topics([STOCK]).values():
        future.result(30)
    missing = shell("run")
    assert missing.status == 4
    assert STOCK in missing.err
    assert ORDERS not in missing.err
