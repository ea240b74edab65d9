"""Parked messages tried again, discarded, put aside: in the order of their key, through the same way as a batch."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import create_engine

from consumers import parked_replay, parking
from consumers.batch import BatchWriter
from consumers.parked_replay import Replayed
from consumers.parking import CannotPark
from consumers.rules import Rules
from domain.world import Outcome
from storage.queries.messages import parked_heads
from tests.integration.batches import GROUP, Batches
from tests.integration.counted_statements import counted, counting
from tests.integration.counting_rules import counting_rules, decode, handle


@pytest.fixture(name="batches")
def _batches(database_url: str) -> Iterator[Batches]:
    with Batches(database_url) as batches:
        yield batches


def _mended(message: Any, *rest: Any) -> Outcome:
    """The rules after somebody mended what was wrong: what was broken is fine now, all but what is still broken."""
    if getattr(message, "source_id", "") == "broken":
        message = replace(message, source_id="mended")
    return handle(message, *rest)


MENDED = counting_rules(handle=_mended)


def all_but(left: str, becomes: str = "broken still") -> Rules:
    """Rules under which what was broken is fine, all but the one with this mark."""

    def handled(message: Any, *rest: Any) -> Outcome:
        mark = getattr(message, "source_id", "")
        if mark.startswith("broken"):
            message = replace(message, source_id=becomes if mark == left else "mended")
        return handle(message, *rest)

    return counting_rules(handle=handled)


def _readable(topic: str, key: bytes | None, value: bytes | None) -> Any:
    found = decode(topic, key, (value or b"").replace(b'"garbage"', b'"status"'))
    return replace(found, source_id="mended") if getattr(found, "source_id", "").startswith("broken") else found


READABLE = replace(counting_rules(), decode=_readable)
"""What was garbage is a status now."""


def _ids(batches: Batches) -> list[int]:
    return [row[0] for row in batches.rows("SELECT id FROM parked ORDER BY id")]


def _audit(batches: Batches) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in batches.rows("SELECT action, by FROM parked_audit ORDER BY id")]


def test_a_mended_head_goes_through_with_all_behind_it_in_order(batches: Batches) -> None:
    batches.run(batches.sent("order", mark="placed"), batches.sent("status", mark="broken"))
    batches.run(*(batches.sent("status", mark=f"s{n}") for n in range(4)))
    (done,) = parked_replay.replay(batches.connect, MENDED, GROUP, _ids(batches)[:1], "anna")
    assert (len(done.gone), done.left, done.fault) == (5, (), None)
    assert batches.marks() == ["placed", "mended", "s0", "s1", "s2", "s3"]
    assert batches.parked() == []
    assert _audit(batches) == [("replayed", "anna")] * 5
    batches.run(batches.sent("status", mark="goes on"))
    assert batches.marks()[-1] == "goes on"


def test_more_than_fit_into_one_transaction_are_replayed_too(batches: Batches, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parked_replay, "AT_ONCE", 2)
    batches.run(batches.sent("order", mark="placed"), batches.sent("status", mark="broken"))
    batches.run(*(batches.sent("status", mark=f"s{n}") for n in range(4)))
    (done,) = parked_replay.replay(batches.connect, MENDED, GROUP, _ids(batches)[:1], "anna")
    assert len(done.gone) == 5
    assert batches.marks() == ["placed", "mended", "s0", "s1", "s2", "s3"]


def test_one_bad_message_among_thousands_is_found_by_halves_and_holds_up_only_those_behind_it(
    batches: Batches, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches.run(batches.sent("order", mark="placed"), batches.sent("status", mark="broken"))
    for start in range(0, 2_000, 500):
        batches.run(*(batches.sent("status", mark="nul" if start + n == 1_234 else "s") for n in range(500)))
    transactions = _counted(monkeypatch)
    (done,) = parked_replay.replay(batches.connect, MENDED, GROUP, _ids(batches)[:1], "anna")
    assert (len(done.gone), len(done.left)) == (1_235, 1)
    assert done.fault is not None
    assert done.fault.reason == "refused_by_database"
    assert len(batches.marks()) == 1_236
    assert len(transactions) < 20
    assert _audit(batches) == [("replayed", "anna")] * 1_235


def _park_under_many_keys(batches: Batches, keys: int, what: str = "garbage") -> None:
    """Under each key one that cannot be applied and one behind it; beside them twice as many that are right."""
    batches.run(batches.sent("order", "shop:fine"))
    for start in range(0, keys, 60):
        numbers = range(start, min(start + 60, keys))
        batches.run(*(batches.sent("order", f"shop:{n}", mark="placed") for n in numbers))
        batches.run(*(batches.sent(what, f"shop:{n}", mark=f"broken {n}") for n in numbers),
                    *(batches.sent("status", "shop:fine") for _ in range(2 * len(numbers))))  # fmt: skip
        batches.run(*(batches.sent("status", f"shop:{n}", mark="behind") for n in numbers))


def _counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    transactions: list[str] = []
    in_transaction = BatchWriter.in_transaction

    def counted(self: BatchWriter, *given: Any) -> Any:
        transactions.append("")
        return in_transaction(self, *given)

    monkeypatch.setattr(BatchWriter, "in_transaction", counted)
    return transactions


def _heads(batches: Batches) -> list[int]:
    return [row[0] for row in batches.rows("SELECT id FROM parked WHERE NOT behind ORDER BY id")]


def test_thousands_under_as_many_keys_go_in_a_few_transactions(
    batches: Batches, monkeypatch: pytest.MonkeyPatch
) -> None:
    _park_under_many_keys(batches, 1_200)
    transactions = _counted(monkeypatch)
    done = parked_replay.replay(batches.connect, READABLE, GROUP, _heads(batches), "anna")
    assert (len(done), {len(one.gone) for one in done}, {one.left for one in done}) == (1_200, {2}, {()})
    assert batches.marks("shop:1199") == ["placed", "mended", "behind"]
    assert batches.parked() == []
    assert _audit(batches) == [("replayed", "anna")] * 2_400
    assert len(transactions) == 5


def test_as_many_statements_for_two_keys_as_for_fifty(batches: Batches) -> None:
    def statements(keys: int) -> int:
        heads = _heads(batches)[:keys]
        connect = partial(counting, batches.url)
        return counted(lambda: parked_replay.replay(connect, READABLE, GROUP, heads, "anna"))

    _park_under_many_keys(batches, 54)
    statements(2)
    assert statements(2) == statements(50)


def test_among_many_keys_one_that_fails_again_stays_and_no_other(batches: Batches) -> None:
    _park_under_many_keys(batches, 5, "status")
    done = parked_replay.replay(batches.connect, all_but("broken 2"), GROUP, _heads(batches), "anna")
    assert [len(one.gone) for one in done] == [2, 2, 0, 2, 2]
    assert done[2].fault is not None
    assert [(reason, behind) for _, reason, behind in batches.parked()] == [("rule_broken", False), ("behind", True)]
    assert batches.marks("shop:3") == ["placed", "mended", "behind"]


def test_among_many_keys_one_that_cannot_be_written_stays_and_no_other(batches: Batches) -> None:
    _park_under_many_keys(batches, 5, "status")
    done = parked_replay.replay(batches.connect, all_but("broken 2", "nul"), GROUP, _heads(batches), "anna")
    assert [len(one.gone) for one in done] == [2, 2, 0, 2, 2]
    assert done[2].fault is not None
    assert done[2].fault.reason == "refused_by_database"
    assert len(batches.parked()) == 2


def test_a_key_with_too_much_for_the_others_goes_alone(batches: Batches, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parked_replay, "AT_ONCE", 3)
    _park_under_many_keys(batches, 4)
    batches.run(*(batches.sent("status", "shop:2", mark=f"s{n}") for n in range(5)))
    parked_replay.replay(batches.connect, READABLE, GROUP, _heads(batches), "anna")
    assert batches.marks("shop:2") == ["placed", "mended", "behind", "s0", "s1", "s2", "s3", "s4"]
    assert batches.parked() == []


def test_of_many_keys_too_only_the_first_can_be_tried(batches: Batches) -> None:
    _park_under_many_keys(batches, 2)
    behind = [row[0] for row in batches.rows("SELECT id FROM parked WHERE behind ORDER BY id")]
    with pytest.raises(CannotPark) as caught:
        parked_replay.replay(batches.connect, READABLE, GROUP, behind, "anna")
    assert caught.value.code == "not_first"
    assert len(batches.parked()) == 4


def test_who_cannot_be_tried_is_said_also_among_those_that_can(batches: Batches) -> None:
    _park_under_many_keys(batches, 3)
    heads = _heads(batches)
    (behind,) = batches.rows("SELECT min(id) FROM parked WHERE behind")[0]
    refused: list[int] = []

    def alone(number: int) -> Replayed:
        refused.append(number)
        return Replayed((), (number,), None)

    wanted = [behind + 1, 404, *heads[:1], *heads[2:]]
    with parked_replay.replaying(batches.connect, READABLE, GROUP, "anna") as again:
        done = list(again.each(wanted, alone))
    assert refused == [behind + 1, 404]
    assert sorted(one.gone[0] for one in done if one.gone) == [heads[0], heads[2]]


def test_a_key_with_too_much_for_the_others_is_tried_wherever_it_is_named(
    batches: Batches, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parked_replay, "AT_ONCE", 3)
    _park_under_many_keys(batches, 2)
    batches.run(*(batches.sent("status", "shop:1", mark=f"s{n}") for n in range(5)))
    small, big = _heads(batches)
    with parked_replay.replaying(batches.connect, READABLE, GROUP, "anna") as again:
        done = list(again.each([big, small], again.key))
    assert sorted(len(one.gone) for one in done) == [2, 7]
    assert batches.parked() == []


def test_one_bad_key_among_many_is_found_by_halves(batches: Batches, monkeypatch: pytest.MonkeyPatch) -> None:
    _park_under_many_keys(batches, 64, "status")
    transactions = _counted(monkeypatch)
    done = parked_replay.replay(batches.connect, all_but("broken 40", "nul"), GROUP, _heads(batches), "anna")
    assert sum(len(one.gone) for one in done) == 126
    assert len(batches.parked()) == 2
    assert len(transactions) < 24


def test_the_first_of_a_key_is_who_was_sent_first(batches: Batches) -> None:
    """A message that was put aside before it was read is parked before those that come before it."""
    batches.run(batches.sent("order", mark="placed"))
    first, later = batches.sent("garbage", mark="broken"), batches.sent("garbage", mark="broken")
    batches.run(first)
    batches.run(later)
    batches.rows('UPDATE parked SET "offset" = 101 - "offset" RETURNING id')
    by_offset = [row[0] for row in batches.rows('SELECT id FROM parked ORDER BY "offset"')]
    engine = create_engine("postgresql+psycopg://", creator=batches.connect)
    with engine.connect() as connection:
        assert parked_heads(connection, topic=None, reason=None) == by_offset[:1]
    engine.dispose()


def test_what_blocks_nobody_does_not_pass_what_is_parked_before_it_under_its_key(batches: Batches) -> None:
    batches.run(batches.sent("order", mark="placed"))
    batches.run(batches.sent("garbage", mark="broken"))
    batches.run(batches.sent("garbage", mark="broken", reason="key_mismatch"))
    head, mismatch = _ids(batches)
    (done,) = parked_replay.replay(batches.connect, READABLE, GROUP, [mismatch], "anna")
    assert done.left == (mismatch,)
    assert batches.marks() == ["placed"]
    assert [row[0] for row in batches.rows("SELECT id FROM parked ORDER BY id")] == [head, mismatch]


def test_what_blocks_nobody_goes_with_the_others(batches: Batches, monkeypatch: pytest.MonkeyPatch) -> None:
    _park_under_many_keys(batches, 3)
    batches.run(batches.sent("garbage", "shop:1", key=None))
    transactions = _counted(monkeypatch)
    done = parked_replay.replay(batches.connect, READABLE, GROUP, _heads(batches), "anna")
    assert [len(one.gone) for one in done] == [2, 2, 2, 1]
    assert len(transactions) == 1


def test_what_still_cannot_be_stays_with_those_behind_it(batches: Batches) -> None:
    batches.run(
        batches.sent("order", mark="placed"), batches.sent("status", mark="broken"), batches.sent("status", mark="s")
    )
    (done,) = parked_replay.replay(batches.connect, batches.rules, GROUP, _ids(batches), "anna")
    assert done.gone == ()
    assert len(done.left) == 2
    assert done.fault is not None
    assert done.fault.reason == "rule_broken"
    assert batches.parked() == [(0, "rule_broken", False), (1, "behind", True)]
    assert batches.marks() == ["placed"]


def test_the_first_that_fails_again_becomes_the_head(batches: Batches) -> None:
    batches.run(batches.sent("order", mark="placed"), batches.sent("status", mark="broken"))
    batches.run(
        batches.sent("status", mark="s"), batches.sent("status", mark="broken still"), batches.sent("status", mark="t")
    )
    (done,) = parked_replay.replay(batches.connect, MENDED, GROUP, _ids(batches)[:1], "anna")
    assert len(done.gone) == 2
    assert batches.parked() == [(2, "rule_broken", False), (3, "behind", True)]
    assert batches.marks() == ["placed", "mended", "s"]


def test_only_the_first_of_a_key_can_be_tried_or_discarded(batches: Batches) -> None:
    batches.run(batches.sent("order"), batches.sent("status", mark="broken"), batches.sent("status", mark="s"))
    head, behind = _ids(batches)
    for attempt in (
        lambda: parked_replay.replay(batches.connect, batches.rules, GROUP, [behind], "anna"),
        lambda: parking.discard(batches.connect, batches.rules, GROUP, behind, "no use", "anna"),
    ):
        with pytest.raises(CannotPark) as caught:
            attempt()
        assert caught.value.code == "not_first"
    with pytest.raises(CannotPark, match="Say why"):
        parking.discard(batches.connect, batches.rules, GROUP, head, "  ", "anna")
    with pytest.raises(CannotPark) as unknown:
        parking.discard(batches.connect, batches.rules, GROUP, 404, "gone", "anna")
    assert unknown.value.code == "not_parked"


def test_after_a_discard_the_next_goes_through(batches: Batches) -> None:
    batches.run(
        batches.sent("order", mark="placed"), batches.sent("status", mark="broken"), batches.sent("status", mark="s")
    )
    head, behind = _ids(batches)
    parking.discard(batches.connect, batches.rules, GROUP, head, "sent by mistake", "anna")
    parked_replay.replay(batches.connect, batches.rules, GROUP, [behind], "bert")
    assert batches.marks() == ["placed", "s"]
    assert _audit(batches) == [("discarded", "anna"), ("replayed", "bert")]


def test_a_parked_message_that_came_twice_is_applied_once(batches: Batches) -> None:
    order, bad = batches.sent("order", mark="placed"), batches.sent("status", mark="broken")
    batches.run(order, bad)
    batches.run(batches.again(bad))
    parked_replay.replay(batches.connect, MENDED, GROUP, _ids(batches)[:1], "anna")
    assert batches.marks() == ["placed", "mended"]


def test_a_replayed_message_that_has_to_wait_waits(batches: Batches) -> None:
    batches.run(batches.sent("garbage"), batches.sent("status", mark="s"))
    head, behind = _ids(batches)
    parking.discard(batches.connect, batches.rules, GROUP, head, "garbage", "anna")
    parked_replay.replay(batches.connect, batches.rules, GROUP, [behind], "anna")
    assert batches.waiting() == [1]
    batches.run(batches.sent("order", mark="placed"))
    assert batches.marks() == ["placed", "s"]


def test_poison_behind_a_head_stays_and_what_was_before_it_goes(batches: Batches) -> None:
    batches.run(batches.sent("order", mark="placed"), batches.sent("status", mark="broken"))
    batches.run(batches.sent("status", mark="s"), batches.sent("status", mark="nul"))
    (done,) = parked_replay.replay(batches.connect, MENDED, GROUP, _ids(batches)[:1], "anna")
    assert batches.marks() == ["placed", "mended", "s"]
    assert [offset for offset, _, _ in batches.parked()] == [2]
    assert done.fault is not None
    assert done.fault.reason == "refused_by_database"
