"""One batch, one transaction: what becomes of messages, over a real PostgreSQL and a counting stand-in for the rules."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from consumers.attempt import Caps
from consumers.faults import CapReached, Fenced, Poison, Stop, TryAgain
from consumers.inputs import read
from storage.positions import Move
from tests.integration.batches import GROUP, Batches
from tests.integration.counting_rules import Registry, counting_rules

NAME = "11111111-1111-4111-8111-111111111111"


@pytest.fixture(name="batches")
def _batches(database_url: str) -> Iterator[Batches]:
    with Batches(database_url) as batches:
        yield batches


def test_a_batch_is_applied_in_order_and_published_in_that_order(batches: Batches) -> None:
    batches.run(batches.sent("order", mark="placed"), *(batches.sent("status", mark=f"s{n}") for n in range(3)))
    assert batches.marks() == ["placed", "s0", "s1", "s2"]
    assert [value["mark"] for _, value in batches.published()] == ["placed", "s0", "s1", "s2"]
    assert batches.rows("SELECT count(*) FROM history") == [(4,)]
    assert batches.rows("SELECT topic, next_offset FROM input_position WHERE next_offset > 0 ORDER BY topic") == [
        ("commerce.orders.v1", 1),
        ("warehouse.status.v1", 3),
    ]


def test_a_repeated_message_has_no_effect_in_the_same_batch_nor_later(batches: Batches) -> None:
    order, status = batches.sent("order", mark="placed"), batches.sent("status", mark="s", name=NAME)
    batches.run(order, status, batches.again(status))
    done = batches.run(batches.again(status), batches.again(order))
    assert batches.marks() == ["placed", "s"]
    assert done.decided.counts["repeated"] == 2
    assert batches.rows("SELECT count(*) FROM conflicts") == [(0,)]


def test_the_same_id_with_other_content_is_recorded_and_has_no_effect(batches: Batches) -> None:
    batches.run(batches.sent("order", mark="placed"), batches.sent("status", mark="first", name=NAME))
    batches.run(batches.sent("status", mark="second", name=NAME))
    assert batches.marks() == ["placed", "first"]
    assert batches.rows('SELECT topic, "offset", message_id::text FROM conflicts') == [("warehouse.status.v1", 1, NAME)]


def test_an_event_of_an_unknown_order_waits_and_is_applied_in_order_when_it_comes(batches: Batches) -> None:
    batches.run(batches.sent("status", mark="a"), batches.sent("status", mark="b"))
    assert batches.waiting() == [0, 1]
    assert batches.rows("SELECT known FROM orders") == [(False,)]
    batches.run(
        batches.sent("status", mark="c"), batches.sent("order", mark="placed"), batches.sent("status", mark="d")
    )
    assert batches.marks() == ["placed", "a", "b", "c", "d"]
    assert batches.waiting() == []


def test_what_waits_for_a_line_holds_back_what_comes_behind_it_but_not_the_order(batches: Batches) -> None:
    batches.run(batches.sent("order", mark="placed"), batches.sent("status", mark="line"))
    batches.run(batches.sent("status", mark="behind"))
    assert (batches.marks(), batches.waiting()) == (["placed"], [0, 1])
    batches.run(batches.sent("order", mark="changed", revision=2))
    assert (batches.marks(), batches.waiting()) == (["placed", "changed"], [0, 1])
    batches.run(batches.sent("order", mark="line!", revision=3))
    assert batches.marks() == ["placed", "changed", "line!", "line", "behind"]
    assert batches.waiting() == []


def test_what_waited_and_cannot_be_is_parked_with_what_waited_behind_it(batches: Batches) -> None:
    batches.run(batches.sent("status", mark="broken"), batches.sent("status", mark="next"))
    batches.run(batches.sent("order", mark="placed"))
    assert batches.marks() == ["placed"]
    assert batches.parked() == [(0, "rule_broken", False), (1, "behind", True)]
    assert batches.waiting() == []


def test_what_breaks_a_rule_is_parked_with_those_behind_it_and_nothing_else(batches: Batches) -> None:
    reason = "rule_broken"
    batches.run(batches.sent("order", mark="placed"), batches.sent("order", "shop:2", "other"))
    batches.run(batches.sent("status", mark="broken"), batches.sent("status", mark="next"))
    batches.run(batches.sent("status", mark="later"), batches.sent("status", "shop:2", "goes on"))
    assert batches.parked() == [(0, reason, False), (1, "behind", True), (2, "behind", True)]
    assert (batches.marks(), batches.marks("shop:2")) == (["placed"], ["other", "goes on"])
    assert [value for topic, value in batches.published() if "dead" in topic] == [reason, "behind", "behind"]


def test_an_undecodable_message_blocks_its_raw_key_and_a_wrong_key_blocks_nothing(batches: Batches) -> None:
    batches.run(batches.sent("order", mark="placed"), batches.sent("garbage", reason="key_mismatch"))
    batches.run(batches.sent("status", mark="goes on"), batches.sent("garbage"), batches.sent("status", mark="stays"))
    assert batches.marks() == ["placed", "goes on"]
    assert batches.parked() == [(0, "key_mismatch", False), (2, "undecodable", False), (3, "behind", True)]


def test_messages_without_a_key_park_singly(batches: Batches) -> None:
    batches.run(batches.sent("garbage", key=None), batches.sent("garbage", key=None))
    assert batches.parked() == [(0, "undecodable", False), (1, "undecodable", False)]


def test_a_repeated_command_is_answered_again_with_the_same_answer(batches: Batches) -> None:
    batches.run(batches.sent("order", mark="placed"))
    comment = batches.sent("comment", mark="hello")
    batches.run(comment, batches.again(comment))
    batches.run(batches.again(comment))
    replies = [value for topic, value in batches.published() if topic == "ordercase.replies.v1"]
    assert len(replies) == 3
    assert replies[0] == replies[1] == replies[2]
    assert batches.marks() == ["placed", "hello"]


def test_a_dry_run_is_not_remembered_and_the_real_command_may_carry_its_id(batches: Batches) -> None:
    batches.run(batches.sent("order", mark="placed"), batches.sent("comment", name=NAME, dry=True))
    assert batches.rows("SELECT count(*) FROM commands") == [(0,)]
    batches.run(batches.sent("comment", name=NAME))
    assert batches.marks() == ["placed", "hello"]


def test_a_command_about_an_unknown_order_is_answered_at_once(batches: Batches) -> None:
    batches.run(batches.sent("comment", "shop:404"))
    assert [value["code"] for _, value in batches.published()] == ["unknown_order"]
    assert batches.rows("SELECT count(*) FROM orders") == [(0,)]


def test_a_command_that_cannot_be_meant_is_answered_and_remembered(batches: Batches) -> None:
    invalid = batches.sent("invalid")
    batches.run(invalid)
    batches.run(batches.again(invalid))
    replies = [value for _, value in batches.published()]
    assert [reply["code"] for reply in replies] == ["invalid_command"] * 2
    assert replies[0] == replies[1]
    assert replies[0]["at"] > 0


def test_an_answer_says_that_something_of_the_order_is_parked(batches: Batches) -> None:
    batches.run(batches.sent("order"), batches.sent("status", mark="broken"))
    batches.run(batches.sent("comment"))
    (reply,) = [value for topic, value in batches.published() if topic == "ordercase.replies.v1"]
    assert "ordercase parked list" in reply["message"]


def test_what_the_rules_find_that_they_need_is_locked_and_the_batch_begun_again(batches: Batches) -> None:
    batches.run(*(batches.sent("order", f"shop:{n}", "placed") for n in range(5)))
    batches.run(batches.sent("status", "shop:3", "also:shop:1"), batches.sent("status", "shop:0", "also:shop:4"))
    assert batches.marks("shop:1") == ["placed", "from shop:3"]
    assert batches.marks("shop:4") == ["placed", "from shop:0"]
    assert batches.marks("shop:3") == ["placed", "also:shop:1"]


def test_reference_data_is_kept_without_an_inbox(batches: Batches) -> None:
    batches.run(batches.sent("stock", "shop:A", available=3), batches.sent("stock", "shop:A", available=2))
    assert batches.rows("SELECT stock_key, available FROM stock") == [("shop:A", 2)]
    assert batches.rows("SELECT count(*) FROM inbox") == [(0,)]


def test_whoever_is_not_where_it_believes_to_be_writes_nothing(batches: Batches) -> None:
    batches.run(batches.sent("order", mark="placed"))
    batches.expected["warehouse.status.v1"] = 7
    with pytest.raises(Fenced):
        batches.run(batches.sent("status", mark="s"))
    assert batches.marks() == ["placed"]
    assert batches.rows("SELECT count(*) FROM inbox") == [(1,)]


def test_what_postgresql_refuses_is_poison_and_leaves_nothing(batches: Batches) -> None:
    batches.run(batches.sent("order", mark="placed"))
    with pytest.raises(Poison):
        batches.run(batches.sent("status", mark="s"), batches.sent("status", mark="nul"))
    assert batches.marks() == ["placed"]
    assert len(batches.published()) == 1


def test_what_waited_and_is_refused_by_postgresql_does_not_take_the_order_with_it(batches: Batches) -> None:
    batches.run(batches.sent("status", mark="nul"), batches.sent("status", mark="next"))
    order = read(batches.rules.decode, batches.sent("order", mark="placed"))
    with pytest.raises(Poison):
        batches.writer.carry_out([order], batches.moves([order]))
    alone = replace(order, alone=True)
    batches.writer.carry_out([alone], batches.moves([alone]))
    assert batches.marks() == ["placed"]
    assert batches.parked() == [(0, "refused_by_database", False), (1, "behind", True)]


def test_too_many_parked_under_one_key_stops_their_partition_with_nothing_written(database_url: str) -> None:
    with Batches(database_url, caps=Caps(per_key=2, total=100)) as batches:
        batches.run(batches.sent("garbage"), batches.sent("garbage"))
        with pytest.raises(CapReached) as caught:
            batches.run(batches.sent("garbage"))
        assert caught.value.partitions == {("warehouse.status.v1", 0)}
        assert len(batches.parked()) == 2


def test_when_much_of_a_topic_fails_alike_nothing_is_parked(batches: Batches) -> None:
    with pytest.raises(Stop, match=r"100 of the last 100 messages of warehouse\.status\.v1") as caught:
        batches.run(*(batches.sent("garbage", f"shop:{n}") for n in range(100)))
    assert caught.value.code == "circuit_open"
    assert batches.parked() == []


def test_single_bad_messages_do_not_open_the_circuit(batches: Batches) -> None:
    batches.run(*(batches.sent("order", f"shop:{n}") for n in range(100)))
    batches.run(*(batches.sent("status" if n % 3 else "garbage", f"shop:{n}", "s") for n in range(100)))
    assert len(batches.parked()) == 34


def test_a_registry_that_is_away_lets_the_batch_be_tried_again(database_url: str) -> None:
    registry = Registry()
    with Batches(database_url, counting_rules(registry)) as batches:
        batches.run(batches.sent("status", mark="early"))
        order = read(batches.rules.decode, batches.sent("order", mark="placed"))
        registry.away = True
        with pytest.raises(TryAgain):
            batches.writer.carry_out([order], batches.moves([order]))
        registry.away = False
        batches.writer.carry_out([order], batches.moves([order]))
        assert batches.marks() == ["placed", "early"]


def test_the_outbox_keeps_keys_values_and_headers_byte_for_byte(batches: Batches) -> None:
    value = bytes(range(256))
    batches.run(batches.sent("garbage", key=b"\xff\x00k"))
    with batches.connect() as connection:
        connection.execute("UPDATE parked SET value = %s", (value,))
        row = connection.execute("SELECT key, headers FROM outbox").fetchone()
    assert row is not None
    assert row[0] == b"\xff\x00k"
    assert dict(json.loads(row[1]))["__connect.errors.offset"] == "0"


def test_only_positions_move_when_there_is_nothing_else(batches: Batches) -> None:
    batches.writer.carry_out([], [Move("commerce.orders.v1", 0, 0, 5, 1_790_000_000_000_000)])
    assert batches.rows("SELECT next_offset, caught_up_at FROM input_position WHERE topic = 'commerce.orders.v1'") == [
        (5, 1_790_000_000_000_000)
    ]
    assert GROUP == "test"
