"""Cases as a list, as a sheet, as a report; messages that wait or are parked; how far the worker is."""

from typing import Any

import pytest

from domain.vocabulary import CaseState, SlaState
from storage import tables
from storage.queries import case_report, cases, messages, one_case, progress
from storage.queries.case_report import waiting_time
from tests.integration.stored import DAY, PLACED, Stored, asking

HOUR = 3_600_000_000


@pytest.fixture(name="stored")
def _stored(database_url: str) -> Stored:
    return Stored(database_url)


@pytest.fixture(name="ask")
def _ask(database_url: str) -> Any:
    return asking(database_url)


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({}, [2, 1, 3]),
        ({"number": "case0000002"}, [2]),
        ({"state": "Work in progress"}, [2]),
        ({"state": "Solution Proposed"}, [3]),
        ({"service": "DISPUTE"}, [3]),
        ({"account": "acc-2"}, [2]),
        ({"order": "1001"}, [2, 1, 3]),
        ({"order": "shop-eu:1001"}, [2, 1, 3]),
        ({"order": "1002"}, []),
        ({"assignee": "anna"}, [2]),
        ({"assignee": "none"}, [1, 3]),
        ({"group": "returns"}, [3]),
        ({"priority": 1}, [3]),
        ({"sla": "breached"}, [2]),
        ({"sales_channel": "shop-us"}, []),
        ({"contact_channel": "phone"}, [2, 1, 3]),
        ({"attention": True}, [2]),
        ({"attention": False}, [1, 3]),
        ({"since": PLACED + 2}, [2, 3]),
        ({"until": PLACED + 2}, [2, 1]),
    ],
)
def test_each_filter_finds_what_it_means(ask: Any, stored: Stored, wanted: dict[str, Any], numbers: list[int]) -> None:
    stored.case(1)
    stored.case(2, state=CaseState.WORK_IN_PROGRESS, assignee="anna", account_id="acc-2", attention=("overdue",),
                sla_state=SlaState.BREACHED)  # fmt: skip
    stored.case(3, state=CaseState.RESOLVED, service="DISPUTE", group="returns", priority=1)
    page = ask(lambda connection: cases.found(connection, cases.Search(**wanted), "attention", 100, None))
    assert [row["case_number"] for row in page.rows] == [f"CASE{number:07d}" for number in numbers]


@pytest.mark.parametrize("sort", [sign + name for name in cases.SORTS for sign in ("", "-")])
def test_pages_cover_every_case_once_in_every_sort(ask: Any, stored: Stored, sort: str) -> None:
    for number in range(1, 22):
        stored.case(number, priority=number % 3, sla_due_at=None if number % 2 else PLACED + number)
    seen: list[str] = []
    after = None
    while True:
        page = ask(lambda connection, at=after: cases.found(connection, cases.Search(), sort, 10, at))
        seen += [row["case_number"] for row in page.rows]
        after = page.after
        if after is None:
            break
    assert sorted(seen) == [f"CASE{number:07d}" for number in range(1, 22)]


def test_a_row_counts_its_lines(ask: Any, stored: Stored) -> None:
    stored.case(1)
    (row,) = ask(lambda connection: cases.found(connection, cases.Search(), "number", 10, None)).rows
    assert (row["lines_done"], row["lines"], row["orders"]) == (0, 1, ["shop-eu:1001"])


@pytest.mark.parametrize("name", ["CASE0000001", "case0000001", "00000000-0000-4000-8000-000000000001"])
def test_a_case_is_shown_by_id_or_number(ask: Any, stored: Stored, name: str) -> None:
    case = stored.case(1)
    said = {"kind": "comment", "actor_name": "Anna"}
    stored.history("case", case.case_id, "CaseCommented", {"text": "Hello", "public": True}, **said)
    shown = ask(lambda connection: one_case.shown(connection, name))
    assert shown["case_number"] == "CASE0000001"
    assert shown["orders"] == ["1001"]
    assert shown["lines"][0]["case_line_number"] == "CASE0000001-1"
    assert shown["comments"][0]["text"] == "Hello"
    assert shown["created_at"] == "2026-09-21T14:13:20.000001Z"


def test_a_case_that_nobody_knows(ask: Any) -> None:
    with pytest.raises(one_case.UnknownCase):
        ask(lambda connection: one_case.shown(connection, "CASE0000009"))


def test_a_sheet_has_every_field_of_the_published_record(ask: Any, stored: Stored) -> None:
    from schemas.catalogue import schema_of

    stored.case(1)
    shown = ask(lambda connection: one_case.shown(connection, "CASE0000001"))
    fields = {field["name"]: field for field in schema_of("cases.CaseChanged").schema["fields"]}
    assert set(fields) <= set(shown)
    line = {field["name"] for field in fields["lines"]["type"]["items"]["fields"]}
    assert set(shown["lines"][0]) == line


def test_the_report_counts_and_takes_waiting_out(ask: Any, stored: Stored) -> None:
    done = {"state": CaseState.RESOLVED, "submitted_at": PLACED}
    stored.case(1, **done, resolved_at=PLACED + 10 * HOUR)
    waited = stored.case(2, **done, resolved_at=PLACED + 10 * HOUR, sla_state=SlaState.BREACHED)
    stored.case(3, service="DISPUTE")
    stored.case(4, **done, resolved_at=PLACED + 30 * DAY, closed_at=PLACED + 30 * DAY)
    for hour, event in ((1, "InformationRequested"), (4, "InformationArrived")):
        stored.history("case", waited.case_id, event, {"case_line_ids": []}, recorded_at=PLACED + hour * HOUR)
    stored.history("case", waited.case_id, "InformationRequested", {"case_line_ids": ["one"]}, recorded_at=PLACED)
    tallies = ask(lambda connection: case_report.report(connection, "service", PLACED, PLACED + 20 * DAY))
    assert list(tallies) == ["DISPUTE", "RETURN"]
    returns = tallies["RETURN"]
    assert (returns.opened, returns.resolved, returns.closed, returns.breached) == (3, 2, 0, 1)
    assert sorted(returns.handled) == [7 * HOUR, 10 * HOUR]
    assert returns.median_seconds == 8.5 * 3600
    assert returns.ninetieth_seconds == 10 * 3600
    assert (tallies["DISPUTE"].opened, tallies["DISPUTE"].median_seconds) == (1, None)


@pytest.mark.parametrize(
    ("events", "waited"),
    [
        ([], 0),
        ([(2, True), (5, False)], 3),
        ([(2, True), (3, True), (5, False)], 3),
        ([(2, False)], 0),
        ([(8, True)], 2),
        ([(-5, True), (1, False)], 1),
        ([(2, True), (3, False), (4, True), (20, False)], 7),
    ],
)
def test_waiting_time(events: list[tuple[int, bool]], waited: int) -> None:
    assert waiting_time(events, 0, 10) == waited


def test_messages_that_wait_or_are_parked_are_listed(ask: Any, stored: Stored) -> None:
    place = {"topic": "payments.events.v1", "partition": 2, "value": b"x", "since": PLACED}
    stored.add(tables.parked, **place, offset=7, key=b"\xffbad", reason="undecodable", sentence="s", error_class="E")
    stored.add(
        tables.parked, **place, offset=8, key=b"shop:1", reason="behind", sentence="s", error_class="E", behind=True
    )
    stored.add(tables.waiting, **place, offset=9, key=None, waits_kind="order", waits_key="shop:1")
    parked = ask(lambda connection: messages.parked_list(connection, topic=None, reason=None, limit=10))
    assert [list(row) for row in parked] == [
        ["id", "topic", "partition", "offset", "key", "reason", "since", "behind"]
    ] * 2
    assert [(row["offset"], row["key"], row["behind"]) for row in parked] == [
        (7, "\\xffbad", False),
        (8, "shop:1", True),
    ]
    assert len(ask(lambda connection: messages.parked_list(connection, topic="x", reason=None, limit=10))) == 0
    assert len(ask(lambda connection: messages.parked_list(connection, topic=None, reason="behind", limit=10))) == 1
    waiting = ask(lambda connection: messages.waiting_list(connection, topic=None, order="shop:1", limit=10))
    assert [(row["offset"], row["key"], row["waits_key"]) for row in waiting] == [(9, None, "shop:1")]
    assert ask(messages.totals) == {"waiting": (1, PLACED), "parked": (2, PLACED)}
    assert ask(lambda connection: messages.parked_one(connection, parked[0]["id"]))["value"] == b"x"
    assert ask(lambda connection: messages.parked_one(connection, 999)) is None


def test_how_far_the_worker_is(ask: Any, stored: Stored) -> None:
    empty = ask(lambda connection: progress.outbox_of(connection, "g"))
    assert (empty.head, empty.position, empty.pending, empty.oldest_at) == (0, None, 0, None)
    event = "00000000-0000-4000-8000-000000000001"
    with stored.engine.begin() as connection:
        connection.execute(tables.outbox_head.update().values(seq=3))
    for seq in (2, 3):
        stored.add(tables.outbox, seq=seq, event_id=event, topic="t", headers="[]", recorded_at=PLACED + seq)
    stored.add(tables.relay_position, group_id="g", position=3, updated_at=PLACED)
    stored.add(tables.input_position, group_id="g", topic="t", partition=1, next_offset=5)
    stored.add(tables.input_position, group_id="other", topic="t", partition=1, next_offset=9)
    behind = ask(lambda connection: progress.outbox_of(connection, "g"))
    assert (behind.head, behind.position, behind.pending, behind.oldest_at) == (3, 3, 1, PLACED + 3)
    assert ask(lambda connection: progress.positions(connection, "g")) == {("t", 1): 5}
    version, clock = ask(progress.server)
    assert version >= 160_000
    assert clock > PLACED
