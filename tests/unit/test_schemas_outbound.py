"""What goes out: a whole story told through the domain, each of its records written, read and looked at."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final
from uuid import UUID, uuid5

import pytest

from domain import commands as c
from domain.actors import SYSTEM, ActorRef, Stamp
from domain.order_events import LegsSent, NoticeAsked, OrderStateMoved
from domain.refunds import Leg
from domain.vocabulary import EntityType, NoticeKind
from domain.world import Aggregate, Effect, Outcome, Preview, PreviewLine, Reply, Step
from schemas.codec import Codec
from schemas.outbound import Outbound, answer_to, project, reply_message
from schemas.refusal import InvalidCommand
from schemas.topics import OUTBOUND, TOPICS
from tests.builders.story import AT, CASE, ORDER, Shop, ordered, told

CODEC: Final = Codec()


@pytest.fixture(name="story", scope="module")
def _story() -> Shop:
    return told()


def of(shop: Shop, record: str) -> list[Outbound]:
    return [message for message in shop.out if message.record == record]


IDS = {
    "cases.CaseChanged": "case_id",
    "cases.TaskChanged": "task_id",
    "postsales.OrderStateChanged": "order_id",
    "postsales.CancellationChanged": "cancellation_id",
    "postsales.ReturnChanged": "return_id",
    "postsales.RefundChanged": "refund_id",
    "postsales.ExchangeChanged": "exchange_id",
    "postsales.ReshipmentChanged": "reshipment_id",
}


def test_every_record_can_be_written_and_read(story: Shop) -> None:
    for message in story.out:
        assert message.record in TOPICS[message.topic].records
        assert message.topic in OUTBOUND
        record, value = CODEC.read(message.topic, CODEC.encode(message.topic, message.record, message.value))
        assert record == message.record
        assert value.keys() >= message.value.keys()


def test_the_story_has_every_record_of_the_main_flows(story: Shop) -> None:
    assert {message.record for message in story.out} == {
        *IDS, "payments.PaymentRequest", "notifications.NoticeRequested", "replies.CommandResult",
        "postsales.ExchangeOrderCreated", "postsales.ReshipmentOrderCreated", "postsales.OrderWithdrawn",
    }  # fmt: skip


def by_entity(shop: Shop) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    found: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for message in shop.out:
        if message.record in IDS:
            found[message.record, message.value[IDS[message.record]]].append(message.value)
    for (record, entity), values in found.items():
        yield f"{record} {entity}", values


def test_versions_have_no_hole_and_states_follow_each_other(story: Shop) -> None:
    for entity, values in by_entity(story):
        assert [value["version"] for value in values] == list(range(1, len(values) + 1)), entity
        states = [None, *(value["state"] for value in values)]
        assert [value["previous_state"] for value in values] == states[:-1], entity
        assert len({value["created_at"] for value in values}) == 1, entity


def test_no_two_events_have_the_same_id(story: Shop) -> None:
    ids = [message.event_id for message in story.out]
    assert len(ids) == len(set(ids))
    assert all(UUID(event_id).version == 5 for event_id in ids)


def test_the_same_story_gives_the_same_messages(story: Shop) -> None:
    assert told().out == story.out


def test_headers_are_cloud_events_without_a_person(story: Shop) -> None:
    refund = of(story, "postsales.RefundChanged")[0]
    headers = dict(refund.headers)
    assert headers == {
        "ce_specversion": "1.0",
        "ce_id": refund.event_id,
        "ce_source": "/ordercase/ordercase",
        "ce_type": "ordercase.postsales.RefundChanged",
        "ce_time": headers["ce_time"],
        "ce_subject": refund.value["refund_id"],
        "ce_correlationid": refund.value["cause_id"],
        "ce_causationid": refund.value["cause_id"],
        "content-type": "application/avro",
    }
    assert headers["ce_time"].startswith("2026-09-21T")
    assert headers["ce_time"].endswith("Z")
    assert not [pair for message in story.out for pair in message.headers if "ann@example.com" in pair[1]]


def test_keys(story: Shop) -> None:
    keys = {(message.record, message.key) for message in story.out if message.record != "replies.CommandResult"}
    assert {key for record, key in keys if record.startswith("cases.")} == {CASE}
    assert {key for record, key in keys if record == "postsales.ExchangeOrderCreated"} == {"web:1001E"}
    assert {key for record, key in keys if record == "postsales.OrderStateChanged"} == {
        "web:1001",
        "web:1001E",
        "web:1001R",
    }
    remedies = (
        "CancellationChanged",
        "ReturnChanged",
        "RefundChanged",
        "ExchangeChanged",
        "ReshipmentChanged",
        "PaymentRequest",
    )
    assert {key for record, key in keys if record.endswith(remedies)} == {"web:1001"}


def test_a_request_follows_the_record_of_its_refund(story: Shop) -> None:
    for request in of(story, "payments.PaymentRequest"):
        refund = story.out[story.out.index(request) - 1]
        assert refund.record == "postsales.RefundChanged"
        (leg,) = refund.value["legs"]
        assert (leg["leg_id"], leg["state"], leg["attempt"]) == (request.value["operation_reference"], "SENT", 1)
        assert request.value["amount_minor"] == leg["amount_minor"] == refund.value["amount_minor"]
        assert request.value["attempt"] == 1
        assert (request.value["kind"], request.value["method"], request.value["currency"]) == ("REFUND", "card", "EUR")


def test_a_refund_in_full(story: Shop) -> None:
    value = of(story, "postsales.RefundChanged")[-1].value
    assert value["refund_type"] == "APPEASEMENT"
    (line,) = value["lines"]
    assert line["net_minor"] + line["tax_minor"] == line["gross_minor"] == value["amount_minor"] == 100
    assert sum(tax["amount_minor"] for tax in line["taxes"]) == line["tax_minor"]
    assert value["order_id"] == "1001"
    assert value["for_order_id"] is None


def test_the_state_of_an_order_in_full(story: Shop) -> None:
    value = [message.value for message in of(story, "postsales.OrderStateChanged") if message.key == "web:1001"][-1]
    assert (value["state"], value["status"], value["shop_status"]) == (
        "PARTIALLY_COMPLETE",
        "PARTIALLY_COMPLETE",
        "NEW",
    )
    assert (value["order_total_minor"], value["captured_minor"]) == (11970, 11970)
    assert value["pending_minor"] == 100
    first = value["lines"][0]
    assert sum(first["buckets"].values()) == first["quantity"] == 2
    assert first["buckets"]["back_good"] == 1
    assert (first["value_minor"], first["refunded_minor"], first["left_minor"]) == (3990, 1995, 1895)


def test_a_case_in_full(story: Shop) -> None:
    value = [message.value for message in of(story, "cases.CaseChanged")][-1]
    assert value["case_number"] == "CASE0000001"
    assert value["orders"] == ["1001"]
    (line,) = value["lines"]
    assert line["case_line_number"] == "CASE0000001-1"
    assert line["request"]["kind"] == "OTHER"
    assert [action["entity_type"] for action in line["actions"]] == [EntityType.RETURN, EntityType.REFUND]
    task = of(story, "cases.TaskChanged")[0].value
    assert (task["task_number"], task["case_id"], task["state"]) == ("CASE0000001-1-T1", CASE, "OPEN")


def test_an_exchange_order_is_whole_and_free(story: Shop) -> None:
    value = of(story, "postsales.ExchangeOrderCreated")[0].value
    order = value["order"]
    assert (order["order_id"], order["order_type"], order["original_order_id"]) == ("1001E", "EXCHANGE", "1001")
    assert [(line["line_number"], line["sku"], line["total_minor"]) for line in order["lines"]] == [(1, "SHIRT-L", 0)]
    withdrawn = of(story, "postsales.OrderWithdrawn")[0].value
    assert (withdrawn["order_id"], withdrawn["original_order_id"]) == ("1001E", "1001")
    assert withdrawn["exchange_id"] == value["exchange_id"]


def test_the_reply_comes_last_and_names_what_was_made() -> None:
    made = ordered().command(c.CancelOrder, lines=(c.LineQuantity(line_number=3, quantity=1),), reason="X")
    reply = made[-1]
    assert (reply.record, reply.key) == ("replies.CommandResult", reply.value["command_id"])
    assert (reply.value["status"], reply.value["entity_type"]) == ("ACCEPTED", "cancellation")
    assert reply.value["entity_id"] == made[0].value["cancellation_id"]
    assert reply.event_id == str(uuid5(UUID(reply.key), f"event:{reply.key}:0"))


def test_a_preview_is_written() -> None:
    preview = Preview(state="REQUESTED", amount_minor=1995, currency="EUR", lines=(PreviewLine(line_number=1, quantity=1),),
                      legs=(("p1", 1995),), left_minor=5)  # fmt: skip
    reply = Reply(command_id="0" * 36, accepted=True, message="would", dry_run=True, preview=preview, occurred_at=AT)
    message = reply_message(reply, "g")
    _, value = CODEC.read(message.topic, CODEC.encode(message.topic, message.record, message.value))
    assert value["preview"]["legs"] == [{"payment_ref": "p1", "amount_minor": 1995}]
    assert value["preview"]["lines"][0]["available"] is None


def test_a_command_that_cannot_be_meant_is_answered_under_its_id_whatever_it_is() -> None:
    reply = answer_to(InvalidCommand("no-uuid", "command_id: no uuid", dry_run=True), AT)
    message = reply_message(reply, "g")
    assert (message.key, message.value["code"], message.value["dry_run"]) == ("no-uuid", "invalid_command", True)
    assert message == reply_message(reply, "g")
    assert UUID(message.event_id)


STAMP: Final = Stamp(AT, ActorRef("bank", SYSTEM.kind), "e0000000-0000-4000-8000-000000000001")


def outcome(event: object, after: Aggregate, event_id: str = "") -> Outcome:
    return Outcome(effect=Effect.APPLIED, steps=(Step(ORDER, event, after, after, STAMP, event_id),), changed={})


def test_a_notice_that_nobody_can_get_is_not_published() -> None:
    asked = NoticeAsked("n1", NoticeKind.RETURN_APPROVED, None, "en", {}, order_id="1001")
    shop = ordered()
    assert project(outcome(asked, shop.order, "e1"), "g") == []
    (message,) = project(outcome(replace(asked, recipient="ann@example.com"), shop.order, "e1"), "g")
    assert (message.key, message.value["recipient"], message.event_id) == ("web:1001", "ann@example.com", "e1")


def test_a_void_and_a_checkouts_request() -> None:
    leg = Leg(leg_id="l1", payment_ref="p1", gateway="bank", method="card", amount_minor=5, attempt=1)
    shop = ordered()
    (void,) = project(outcome(LegsSent(((leg, "e1"),), "VOID", order_id="1001", cancellation_id="x"), shop.order), "g")
    assert (void.key, void.value["kind"], void.value["cancellation_id"]) == ("web:1001", "VOID", "x")
    (refund,) = project(outcome(LegsSent(((leg, "e1"),), "REFUND", checkout_id="K1", refund_id="y"), shop.order), "g")
    assert (refund.key, refund.value["order_id"], refund.event_id) == ("web:K1", None, "e1")


def test_a_step_without_an_id_for_its_record_is_a_bug() -> None:
    with pytest.raises(ValueError, match="OrderStateMoved on order web:1001 has no event id"):
        project(outcome(OrderStateMoved(None), ordered().order), "g")


def test_an_event_for_nobody_outside_makes_no_record() -> None:
    assert project(outcome(object(), ordered().order), "g") == []
