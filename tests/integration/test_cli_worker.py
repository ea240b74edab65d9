"""The worker as a process on a real Kafka and PostgreSQL: set up, run, asked, stopped; and what it says when it cannot."""

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Message, Producer

from schemas.codec import Codec
from schemas.topics import PAYMENT_EVENTS
from storage.queries import progress, reading
from tests.integration.processes import Shell
from tests.real.kafka import Kafka


@pytest.fixture(name="shell")
def _shell(kafka: Kafka, database_url: str, group_id: str, tmp_path: Path) -> Shell:
    return Shell(tmp_path, DATABASE_URL=database_url, KAFKA_BOOTSTRAP_SERVERS=kafka.bootstrap_servers,
                 GROUP_ID=group_id, TOPICS__PARTITIONS="2")  # fmt: skip


def test_topics_are_planned_made_and_then_left_alone(shell: Shell) -> None:
    before = shell("topics", "plan", "--json")
    assert before.status == 1
    assert {row["action"] for row in before.json} == {"create"}
    assert shell("topics", "apply").status == 0
    after = shell("topics", "plan", "--json")
    assert after.status == 0
    assert {row["action"] for row in after.json} == {"none"}
    other = shell("topics", "plan", "--json", TOPICS__PARTITIONS="3")
    assert {row["action"] for row in other.json} == {"tell", "none"}


def test_a_missing_topic_ends_the_worker_with_4_and_its_name(shell: Shell) -> None:
    done = shell("run")
    assert done.status == 4
    assert "[missing_topic]" in done.err
    assert "commerce.orders.v1" in done.err
    assert "ordercase topics apply" in done.err


def test_a_command_is_sent_answered_and_its_effect_shown(shell: Shell, tmp_path: Path) -> None:
    assert shell("topics", "apply").status == 0
    comment = {"type": "AddComment", "sales_channel": "shop-eu", "order_id": "1", "text": "Hello"}
    interaction = {"type": "RecordInteraction", "interaction_id": "3f0c6a52-5a3e-4a50-9a9c-0f6b6a6a0001",
                   "sales_channel": "shop-eu", "channel": "PHONE", "contact": {"name": "Ada"}, "summary": "Called.",
                   "account_id": "c-1"}  # fmt: skip
    (tmp_path / "refused.json").write_text(json.dumps(comment))
    (tmp_path / "both.json").write_text(json.dumps([interaction, comment]))
    (tmp_path / "good.json").write_text(json.dumps([interaction]))
    nobody = shell("send", "refused.json", "--timeout", "1", "--json")
    assert (nobody.status, nobody.json["error"]) == (3, "no_answer")
    with shell.worker() as worker:
        worker.wait_ready()
        refused = shell("send", "refused.json", "--json")
        assert (refused.status, refused.json["status"], refused.json["code"]) == (1, "REJECTED", "unknown_order")
        both = shell("send", "both.json", "--json")
        assert both.status == 1
        assert [reply["status"] for reply in both.json] == ["ACCEPTED", "REJECTED"]
        again = shell("send", "both.json")
        assert again.status == 1
        assert "already_exists" in again.out
        status, metrics = worker.page("/metrics")
        assert status == 200
        assert 'ordercase_outcomes_total{outcome="refused"}' in metrics
        assert "ordercase_outbox_pending 0.0" in metrics
        assert 'ordercase_consumer_lag_records{partition="0",topic="commerce.orders.v1"} 0.0' in metrics
        assert "Ada" not in metrics
        assert worker.page("/health/live")[0] == 200
        assert worker.page("/nothing")[0] == 404
        erased = shell("erase", "--channel", "shop-eu", "--customer", "c-1", "--json")
        assert (erased.status, erased.json["erased"]) == (0, {"interaction": 1})
        healthy = shell("doctor", "--verify", "--json")
        assert healthy.status == 0, healthy.out
        says = {row["what"]: row["says"] for row in healthy.json}
        assert says["verify orders"] == "0 compared, no difference"
        assert says["verify read positions"] == "no difference"
        status, seconds = worker.stop()
        assert status == 0, worker.log
        assert seconds < 10
        assert "Ada" not in worker.log
    bad = dict(comment, nope=1)
    (tmp_path / "bad.json").write_text(json.dumps([bad, {"type": "Nope"}]))
    done = shell("send", "bad.json")
    assert done.status == 2
    assert "command 1: " in done.err
    assert "command 2: " in done.err


@pytest.mark.parametrize("only", ["--consumers-only", "--relay-only"])
def test_half_a_worker_is_ready_and_stops_on_ctrl_c(shell: Shell, only: str) -> None:
    assert shell("topics", "apply").status == 0
    with shell.worker(only) as worker:
        worker.wait_ready()
        _, page = worker.page("/health/ready")
        assert list(json.loads(page)["checks"]) == [only.removeprefix("--").removesuffix("-only")]
        assert worker.stop(signal.SIGINT)[0] == 0, worker.log


def test_the_policy_in_force_is_kept_with_its_beginning(shell: Shell, database_url: str, tmp_path: Path) -> None:
    assert shell("topics", "apply").status == 0
    (tmp_path / "policy.toml").write_text("[default.returns]\nwindow_days = 14\n")
    for settings in ({}, {"POLICY_FILE": "policy.toml"}, {"POLICY_FILE": "policy.toml"}):
        with shell.worker("--relay-only", **settings) as worker:
            worker.wait_ready()
            assert worker.stop()[0] == 0, worker.log
    with reading.snapshot(reading.engine(database_url)) as connection:
        versions = [version for version, _ in progress.policies(connection)]
    assert len(versions) == 2
    assert versions[0] == "default"
    (tmp_path / "policy.toml").write_text("[default.returns]\nwindow_dayz = 14\n")
    wrong = shell("run", POLICY_FILE="policy.toml")
    assert wrong.status == 2
    assert "policy.toml:2" in wrong.err


def test_a_worker_without_half_of_itself_is_a_mistake(shell: Shell) -> None:
    assert shell("run", "--consumers-only", "--relay-only").status == 2


def test_a_port_that_is_taken_is_said(shell: Shell) -> None:
    assert shell("topics", "apply").status == 0
    with shell.worker() as worker:
        worker.wait_ready()
        done = shell("run", HTTP_PORT=str(worker.port))
        assert done.status == 4
        assert "[port_taken]" in done.err


def test_doctor_names_what_mends_each_red_line(shell: Shell) -> None:
    done = shell("doctor", "--json")
    assert done.status == 1
    red = {row["what"]: row["mend"] for row in done.json if row["colour"] == "red"}
    assert red["topics"] == "ordercase topics apply"


def test_a_kafka_that_does_not_answer_ends_with_4(shell: Shell) -> None:
    done = shell("topics", "plan", "--json", KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:9")
    assert (done.status, done.json["error"]) == (4, "kafka_unreachable")


def test_a_property_that_kafka_does_not_know_ends_with_2(shell: Shell) -> None:
    done = shell("run", KAFKA__SECURTY_PROTOCOL="SSL")
    assert done.status == 2
    assert "securty.protocol" in done.err


def payment(order_id: str) -> dict[str, object]:
    return {"event_id": str(uuid4()), "occurred_at": 1_790_000_000_000_000, "sales_channel": "shop-eu",
            "order_id": order_id, "payment_ref": "p", "gateway": "psp", "method": "card", "kind": "AUTHORIZED",
            "amount_minor": 100, "currency": "EUR"}  # fmt: skip


def test_parked_messages_are_tried_again_discarded_and_put_aside(shell: Shell, kafka: Kafka) -> None:
    assert shell("topics", "apply").status == 0
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers, "partitioner": "murmur2_random"})
    good = Codec().encode(PAYMENT_EVENTS, "payments.PaymentEvent", payment("1"))
    with shell.worker() as worker:
        worker.wait_ready()
        for value in (b"garbage", good):
            producer.produce(PAYMENT_EVENTS, value, b"shop-eu:1")
        producer.flush(10)
        rows = until(lambda: shell("parked", "list", "--json").json, lambda found: len(found) == 2)
        assert [(row["reason"], row["behind"]) for row in rows] == [("undecodable", False), ("behind", True)]
        first, second = (str(row["id"]) for row in rows)
        again = shell("parked", "replay", "--all", "--json")
        assert (again.status, again.json[0]["left"], again.json[0]["reason"]) == (
            1, [int(first), int(second)], "undecodable",
        )  # fmt: skip
        early = shell("parked", "replay", second, "--json")
        assert (early.status, early.json[0]["reason"]) == (1, "not_first")
        assert shell("parked", "discard", first).status == 2
        assert shell("parked", "discard", first, "--reason", "sent by mistake", "--json").json["id"] == int(first)
        assert shell("parked", "discard", first, "--reason", "again").status == 1
        through = shell("parked", "replay", second, "--json")
        assert (through.status, through.json[0]["gone"]) == (0, [int(second)])
        assert shell("parked", "list", "--json").json == []
        waiting = shell("waiting", "list", "--json").json
        assert [(row["topic"], row["waits_key"]) for row in waiting] == [(PAYMENT_EVENTS, "shop-eu:1")]
        unknown = shell("orders", "show", "shop-eu:1", "--json")
        assert (unknown.status, unknown.json) == (1, {"error": "unknown_order", "waiting": 1})
        assert worker.stop()[0] == 0, worker.log
    put: list[Message] = []
    producer.produce(PAYMENT_EVENTS, b"killer", b"shop-eu:2", on_delivery=lambda _error, message: put.append(message))
    producer.flush(10)
    (where,) = put
    place = (PAYMENT_EVENTS, str(where.partition()), str(where.offset()))
    aside = shell("parked", "add", *place, "--json")
    assert aside.status == 0
    assert shell("parked", "add", PAYMENT_EVENTS, place[1], "0").status == 1
    with shell.worker() as worker:
        worker.wait_ready()
        (row,) = shell("parked", "list", "--json").json
        assert (row["id"], row["reason"], row["offset"]) == (aside.json["id"], "put_aside", where.offset())
        assert worker.stop()[0] == 0, worker.log


def until(ask: Callable[[], Any], good: Callable[[Any], bool], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not good(found := ask()):
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    return found
