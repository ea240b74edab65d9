"""What the simulator holds against every record that comes, and how it compares."""

from typing import Any

import pytest

from ordercase.simulate.seen import Record, Seen, differences


def order_state(version: int, previous: str | None, state: str, **more: Any) -> Record:
    line = {"line_number": 1, "quantity": 2, "buckets": {"open": 2}}
    value = {"event_id": f"e{version}", "version": version, "previous_state": previous, "state": state, "status": state,
             "sales_channel": "web", "order_id": "1", "lines": [line]} | more  # fmt: skip
    return Record("ordercase.order-states.v1", "web:1", "postsales.OrderStateChanged", value)


def refund(**more: Any) -> Record:
    line = {"line_number": 1, "net_minor": 84, "tax_minor": 16, "gross_minor": 100, "taxes": [{"amount_minor": 16}]}
    value = {"event_id": "e", "version": 1, "previous_state": None, "state": "REQUESTED", "refund_id": "r",
             "amount_minor": 100, "fee_minor": 0, "shortfall_minor": 0, "voided_minor": 0, "lines": [line],
             "legs": [{"amount_minor": 100, "state": "SENT"}]} | more  # fmt: skip
    return Record("ordercase.refunds.v1", "web:1", "postsales.RefundChanged", value)


def wrongs(*records: Record) -> list[str]:
    seen = Seen()
    for record in records:
        seen.take(record)
    return seen.wrongs


def test_a_dense_history_is_right() -> None:
    assert (
        wrongs(order_state(1, None, "NEW"), order_state(2, "NEW", "RECEIVED"), order_state(3, "RECEIVED", "RECEIVED"))
        == []
    )


def test_the_states_are_kept_without_repeats() -> None:
    seen = Seen()
    for record in (order_state(1, None, "NEW"), order_state(2, "NEW", "NEW"), order_state(3, "NEW", "COMPLETE")):
        seen.take(record)
    order = seen.order("web", "1")
    assert order is not None
    assert (order.states, order.version) == (["NEW", "COMPLETE"], 3)


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ([order_state(1, None, "NEW"), order_state(3, "NEW", "NEW")], "came after version 1"),
        ([order_state(2, None, "NEW")], "came after version 0"),
        ([order_state(1, None, "NEW"), order_state(2, "RECEIVED", "NEW")], "but it was NEW"),
        ([order_state(1, None, "NEW", status="RECEIVED")], "is not the status"),
        ([order_state(1, None, "NEW", lines=[{"line_number": 1, "quantity": 2, "buckets": {"open": 1}}])], "not its 2 units"),
        ([refund(amount_minor=90, legs=[{"amount_minor": 90, "state": "SENT"}])], "is not the lines'"),
        ([refund(legs=[{"amount_minor": 60, "state": "SENT"}])], "the legs sum to 60"),
    ],
)  # fmt: skip
def test_what_breaks_a_promise_is_named(records: list[Record], words: str) -> None:
    found = wrongs(*records)
    assert found
    assert any(words in wrong for wrong in found), found


def test_an_event_that_comes_again_is_counted_and_changes_nothing() -> None:
    seen = Seen()
    assert seen.take(order_state(1, None, "NEW"))
    assert not seen.take(order_state(1, None, "NEW"))
    assert (seen.repeated, seen.wrongs) == (1, [])


def test_a_command_answered_again_must_get_the_same_answer() -> None:
    def reply(code: str | None) -> Record:
        value = {"command_id": "c", "status": "REJECTED", "code": code, "dry_run": False}
        return Record("ordercase.replies.v1", "c", "replies.CommandResult", value)

    assert wrongs(reply("not_shipped"), reply("not_shipped")) == []
    assert len(wrongs(reply("not_shipped"), reply("wrong_state"))) == 1


def test_headers_must_name_the_event() -> None:
    named = order_state(1, None, "NEW")
    wrong = Record(named.topic, named.key, named.name, named.value, {"ce_id": "other", "ce_type": "x"})
    assert len(wrongs(wrong)) == 1


def test_differences_look_at_what_is_wanted_only() -> None:
    have = {"state": "NEW", "lines": [{"line_number": 1, "buckets": {"open": 2}}], "more": 1}
    assert differences(have, {"state": "NEW", "lines": {1: {"buckets": {"open": 2, "lost": 0}}}}) == []
    assert differences(have, {"lines": {1: {"buckets": {"open": 1}}}}) == ["lines.1.buckets.open is 2, not 1"]
    assert differences(have, {"lines": {2: {"buckets": {}}}}) == ["lines.2 is None"]
    assert differences([1, 2], [1]) == [" has 2 entries, not 1"]
