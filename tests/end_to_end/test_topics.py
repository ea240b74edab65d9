"""Topics are made once, as the contract says, and those of others are left alone."""

from producers.topics import Action, Difference, TopicAdmin, TopicPlan, wanted
from schemas.topics import CASES, COMMANDS, DEAD_LETTERS, ORDERS, OUTBOX_POSITION, PRODUCTS, REFUNDS, TOPICS
from tests.real.kafka import Kafka

WANTED = wanted(partitions=3, replication=-1, retention_days=7)


def by_name(plans: list[TopicPlan]) -> dict[str, TopicPlan]:
    return {plan.name: plan for plan in plans}


def test_apply_makes_all_and_then_nothing_is_to_do(kafka: Kafka) -> None:
    admin = TopicAdmin({"bootstrap.servers": kafka.bootstrap_servers})
    assert {plan.action for plan in admin.plan(WANTED)} == {Action.CREATE}
    assert {plan.action for plan in admin.apply(WANTED)} == {Action.CREATE}
    assert {plan.action for plan in admin.plan(WANTED)} == {Action.NONE}
    assert {plan.action for plan in admin.apply(WANTED)} == {Action.NONE}
    there = kafka.admin().list_topics(timeout=10).topics
    assert set(TOPICS) <= set(there)
    assert {name: len(there[name].partitions) for name in (CASES, PRODUCTS, OUTBOX_POSITION)} == {
        CASES: 3,
        PRODUCTS: 3,
        OUTBOX_POSITION: 1,
    }


def test_what_others_own_is_told_and_ours_is_mended(kafka: Kafka) -> None:
    kafka.create_topics([ORDERS, PRODUCTS], partitions=2)
    kafka.create_topics([REFUNDS], partitions=3, config={"retention.ms": "1000", "max.message.bytes": "2097152"})
    kafka.create_topics([CASES], partitions=2, config={"retention.ms": "604800000", "max.message.bytes": "2097152"})
    admin = TopicAdmin({"bootstrap.servers": kafka.bootstrap_servers})
    plans = by_name(admin.plan(WANTED))
    assert plans[ORDERS] == TopicPlan(ORDERS, "in", Action.TELL, (Difference("partitions", "2", "3"),))
    assert plans[PRODUCTS].action is Action.TELL
    assert Difference("cleanup.policy", "delete", "compact") in plans[PRODUCTS].differences
    assert plans[REFUNDS] == TopicPlan(
        REFUNDS, "out", Action.CHANGE, (Difference("retention.ms", "1000", "604800000"),)
    )
    assert plans[CASES] == TopicPlan(CASES, "out", Action.TELL, (Difference("partitions", "2", "3"),))
    admin.apply(WANTED)
    after = by_name(admin.plan(WANTED))
    assert after[REFUNDS].action is Action.NONE
    assert after[PRODUCTS] == plans[PRODUCTS]
    assert len(kafka.admin().list_topics(timeout=10).topics[CASES].partitions) == 2
    assert after[COMMANDS].action is after[DEAD_LETTERS].action is Action.NONE
