"""A customer is erased from a real database: every text and every byte of it is looked through afterwards."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from consumers.erasing import Erasing, Report, still_to_publish
from schemas.topics import ORDER_STATES
from storage import outbox
from storage.tables import metadata
from tests.integration.erased_customer import CHANNEL, MARK, Told, a_life, places, publish_all
from tests.integration.stored_worker import GROUP, StoredWorker

OTHER = "Fremd"


@pytest.fixture(name="worker")
def _worker(database_url: str) -> Iterator[StoredWorker]:
    with StoredWorker(database_url) as worker:
        yield worker


HELD = frozenset({
    "cases", "checkouts", "commands", "history", "interactions", "notices", "order_search", "orders", "outbox", "parked", "post_sales", "tasks",
    "waiting",
})  # fmt: skip
NOBODYS = frozenset({
    "case_lines", "conflicts", "counters", "erasures", "inbox", "input_position", "legs", "order_lines", "outbox_head",
    "parked_audit", "policy_versions", "products", "relay_position", "sources", "stock", "timers",
})  # fmt: skip


def test_every_table_is_known_to_hold_persons_or_not() -> None:
    """A new table fails here until somebody has thought about what an erasure must do with it."""
    assert set(metadata.tables) == HELD | NOBODYS


def erasing(worker: StoredWorker, customer: str = "C-4711") -> Erasing:
    return Erasing(worker.connect, worker.rules, GROUP, worker.codec, CHANNEL, customer)


def everything(worker: StoredWorker, order_id: str) -> list[Any]:
    """What is stored of an order and around it."""
    key = f"{CHANNEL}:{order_id}"
    found = worker.rows("SELECT to_jsonb(o) FROM orders o WHERE order_key = %s", key)
    found += worker.rows("SELECT to_jsonb(s) FROM order_search s WHERE order_key = %s", key)
    found += worker.rows("SELECT to_jsonb(h) FROM history h WHERE entity_key = %s ORDER BY id", key)
    found += worker.rows("SELECT to_jsonb(c) FROM cases c WHERE orders @> ARRAY[%s]", key)
    return found + worker.rows("SELECT to_jsonb(n) FROM notices n WHERE order_id = %s ORDER BY notice_id", order_id)


def test_nothing_of_the_customer_is_left_and_nothing_of_another_is_touched(worker: StoredWorker) -> None:
    told, other = Told(worker), Told(worker, "C-4712", OTHER)
    a_life(other, "2001", "co-2")
    a_life(told, "1001", "co-1")
    told.order("1002")
    told.on_order("AddComment", "1002", public=False)
    worker.receive()
    publish_all(worker)
    before = places(worker, MARK)
    assert {
        "orders.document", "order_search.email", "order_search.address_text", "checkouts.document", "cases.document",
        "cases.short_description", "tasks.short_description", "interactions.document", "notices.document",
        "post_sales.document", "history.data", "history.words", "history.actor_name", "outbox.value", "waiting.value",
        "parked.value",
    } <= before  # fmt: skip
    assert "parked" in worker.rows("SELECT attention FROM orders WHERE order_id = '1001'")[0][0]
    theirs = everything(worker, "2001")
    assert len(theirs) > 20

    report = erasing(worker).run()

    assert places(worker, MARK) == set()
    assert not places(worker, "C-4711")
    assert everything(worker, "2001") == theirs
    assert report.things["order"] >= 2
    assert (report.unpublished, still_to_publish(worker.connect, report)) == (0, False)
    assert worker.rows("SELECT action, reason FROM parked_audit") == [("discarded", "erased")] * 3
    assert "parked" not in worker.rows("SELECT attention FROM orders WHERE order_id = '1001'")[0][0]
    assert worker.rows("SELECT count(*) FROM waiting") == [(2,)], "the other's too"
    assert OTHER.lower() in str(worker.rows("SELECT value FROM parked")).lower()


def test_the_states_that_it_publishes_are_the_next_ones_and_hold_nobody(worker: StoredWorker) -> None:
    told = Told(worker)
    a_life(told, "1001", "co-1")
    versions = dict(worker.rows("SELECT order_key, version FROM orders"))
    erasing(worker).run()
    news = worker.receive()
    records = {record.name for record in news}
    assert {
        "postsales.OrderStateChanged",
        "cases.CaseChanged",
        "postsales.ReturnChanged",
        "cases.TaskChanged",
    } <= records
    assert MARK not in str(news)
    states = {record.key: record.value for record in news if record.topic == ORDER_STATES}
    told_of = [(record.key, record.value["version"]) for record in news if record.topic == ORDER_STATES]
    assert told_of
    for key, version in told_of:
        versions[key] += 1
        assert version == versions[key], "without a hole"
    assert {value["previous_state"] == value["state"] for value in states.values()} == {True}
    stored = dict(worker.rows("SELECT order_key, version FROM orders"))
    assert all(stored[key] == value["version"] for key, value in states.items())


def test_what_comes_of_the_customer_later_comes_in_without_the_person(worker: StoredWorker) -> None:
    told = Told(worker)
    a_life(told, "1001", "co-1")
    erasing(worker).run()
    worker.receive()
    worker.rows("DELETE FROM outbox WHERE seq <= (SELECT seq FROM outbox_head)")
    told.order("1001", revision=7)
    told.order("1005")
    told.checkout("co-5")
    told.paid("AUTHORIZATION_FAILED", 4000, order_id="1005")
    told.paid("CAPTURE_FAILED", 4000, checkout_id="co-5")
    told.parcel("1005", "b-9", 2)
    told.status("1001", 1, 1, "DECLINED")
    worker.receive()
    assert places(worker, MARK) == set()
    assert worker.rows("SELECT customer_id, email, account_id FROM order_search WHERE order_id = '1005'") == [
        ("", None, "")
    ]
    assert worker.rows("SELECT status FROM orders WHERE order_id = '1005'") == [("PARTIALLY_COMPLETE",)]
    (document,) = worker.rows("SELECT document FROM orders WHERE order_id = '1001'")[0]
    assert json.loads(document)["revision"] == 7


def test_a_message_that_waited_is_applied_when_its_line_comes_and_names_nobody(worker: StoredWorker) -> None:
    told = Told(worker)
    told.order("1001")
    told.status("1001", 2, 1, "RECEIVED")
    worker.receive()
    erasing(worker).run()
    assert places(worker, MARK) == set()
    order = Told(worker, "C-4711")
    order.order("1001", revision=2)
    two = order.worker._queue.pop()
    raw = worker.codec.read(two.topic, two.value or b"")[1]
    raw["order"]["lines"].append({**raw["order"]["lines"][0], "line_number": 2})
    raw["event_id"] = "7f1c2f6e-0000-4000-8000-000000000009"
    worker.send(two.topic, "commerce.OrderEvent", "web:1001", raw)
    worker.receive()
    assert worker.rows("SELECT received FROM order_lines WHERE line_number = 2") == [(1,)]
    assert worker.rows("SELECT count(*) FROM waiting") == [(0,)]
    assert places(worker, MARK) <= {"outbox.value"}


def test_one_that_was_stopped_half_way_goes_on_where_it_was(worker: StoredWorker) -> None:
    told = Told(worker)
    for number in range(5):
        told.order(f"10{number}")
        told.on_order("AddComment", f"10{number}", public=False)
    worker.receive()
    publish_all(worker)

    def stop(done: int, of: int) -> None:
        assert of == 5
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        erasing(worker).run(stop)
    assert "orders.document" in places(worker, MARK)
    assert worker.rows("SELECT outbox_head FROM erasures") == [(None,)]
    again = erasing(worker).run()
    assert again.things == {"order": 3}
    assert places(worker, MARK) == set()
    assert erasing(worker).run().things == {}
    assert worker.rows("SELECT count(*) FROM history WHERE event = 'PersonErased'") == [(5,)]


def test_what_is_not_published_yet_goes_its_way_and_is_waited_for(worker: StoredWorker) -> None:
    told = Told(worker)
    a_life(told, "1001", "co-1")
    head = worker.rows("SELECT seq FROM outbox_head")[0][0]
    report = erasing(worker).run()
    assert report.unpublished > 10
    assert worker.rows("SELECT count(*) FROM outbox WHERE seq <= %s", head) == [(head,)], "no hole"
    assert still_to_publish(worker.connect, report)
    assert still_to_publish(worker.connect, erasing(worker).run()), "the next one still knows"
    publish_all(worker)
    with worker.connect() as connection:
        outbox.delete_before(connection, outbox.head(connection))
    assert not still_to_publish(worker.connect, report)
    assert places(worker, MARK) == set()


def test_the_row_that_the_relay_asks_for_at_its_start_stays_without_what_it_said(worker: StoredWorker) -> None:
    told = Told(worker)
    told.order("1001")
    told.on_order("AddComment", "1001", public=False)
    worker.receive()
    publish_all(worker)
    with worker.connect() as connection:
        position, event_id = outbox.mirror(connection, GROUP) or (0, None)
        erasing(worker).run()
        row = outbox.at(connection, position - 1)
    assert row is not None
    assert (row.event_id, row.value) == (event_id, None)


def test_it_may_run_beside_a_worker_that_hears_of_the_same_customer_all_the_time(worker: StoredWorker) -> None:
    told = Told(worker)
    for number in range(20):
        told.order(f"10{number}")
    worker.receive()
    publish_all(worker)
    done = threading.Event()
    reports: list[Report] = []

    def erase() -> None:
        try:
            reports.append(erasing(worker).run())
        finally:
            done.set()

    thread = threading.Thread(target=erase)
    thread.start()
    revision = 2
    while not done.is_set() or revision < 4:
        for number in range(20):
            told.order(f"10{number}", revision=revision)
            told.on_order("CancelOrder", f"10{number}", lines=[], force=True, reason="CODE")
        told.order(f"new-{revision}")
        worker.receive()
        revision += 1
    thread.join()
    assert len(reports) == 1, "it came to its end"
    worker.receive()
    publish_all(worker)
    with worker.connect() as connection:
        outbox.delete_before(connection, outbox.head(connection) + 1)
    assert places(worker, MARK) == set()
    assert worker.rows("SELECT count(*) FROM parked") == [(0,)]
