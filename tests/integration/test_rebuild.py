"""Stored things are made again from their histories: to the row, and only where that is safe."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from domain.folding import KINDS
from ordercase import verify
from ordercase.rebuild import Rebuilding, Report
from ordercase.simulate.stories import PLOTS, chosen
from ordercase.simulate.world import World
from ordercase.verify import Wrong
from storage import verifying
from tests.integration.stored_worker import GROUP, StoredWorker

TABLES = (
    "orders",
    "order_search",
    "order_lines",
    "checkouts",
    "cases",
    "case_lines",
    "tasks",
    "post_sales",
    "legs",
    "timers",
)


@pytest.fixture(name="worker")
def _worker(database_url: str) -> Iterator[StoredWorker]:
    with StoredWorker(database_url) as worker:
        World(worker, prefix="T", seed=5, patience=30, quiet=0).play(chosen(Random(5), len(PLOTS))[::3])
        yield worker


def rebuilt(worker: StoredWorker, **more: Any) -> Report:
    return Rebuilding(worker.connect, worker.rules, GROUP, **more).run()


def rows(worker: StoredWorker) -> dict[str, list[Any]]:
    return {
        table: worker.rows(f"SELECT to_jsonb(t) - 'updated_at' FROM {table} t ORDER BY to_jsonb(t)::text")
        for table in TABLES
    }


def wrongs(worker: StoredWorker) -> list[Wrong]:
    with verifying.reader(worker.url) as connection:
        found: list[Any] = [one for kind in KINDS for one in verify.things(connection, kind, lambda _: None)]
    return [one for one in found if isinstance(one, Wrong)]


def test_what_was_lost_or_changed_by_hand_is_what_it_was_again(worker: StoredWorker) -> None:
    """Whole tables of things, rows of reports, search columns, timers, and documents that nobody can read."""
    before = {name: sorted(map(str, found)) for name, found in rows(worker).items()}
    assert all(before.values())
    head = worker.rows("SELECT seq FROM outbox_head")
    first = "WHERE order_key IN (SELECT min(order_key) FROM orders WHERE known)"
    worker.rows(f"UPDATE orders SET captured_minor = 0 {first}")
    worker.rows(f"UPDATE order_search SET email = 'x' {first}")
    worker.rows("UPDATE orders SET document = '{}' WHERE order_key = (SELECT max(order_key) FROM orders)")
    worker.rows("UPDATE checkouts SET document = replace(document, '\"revision\":1', '\"revision\":0')")
    worker.rows("DELETE FROM cases")
    for table in ("order_lines", "post_sales", "legs", "tasks", "case_lines"):
        worker.rows(f"DELETE FROM {table}")
    assert rebuilt(worker, dry_run=True).mended
    assert wrongs(worker)
    report = rebuilt(worker)
    assert report.left == []
    assert wrongs(worker) == []
    after = {name: sorted(map(str, found)) for name, found in rows(worker).items()}
    assert {name for name in TABLES if after[name] != before[name]} <= {"timers"}, "old timers may be there again"
    assert worker.rows("SELECT seq FROM outbox_head") == head, "nothing is published"
    assert rebuilt(worker).mended == []


def test_what_a_history_does_not_safely_lead_to_is_left_and_named(worker: StoredWorker) -> None:
    pick = "SELECT entity_key FROM history WHERE event = 'PaymentHeard' AND entity_kind = 'order' ORDER BY 1 LIMIT 1"
    (key,) = worker.rows(pick)[0]
    before = worker.rows("SELECT document FROM orders WHERE order_key = %s", key)
    worker.rows(
        "DELETE FROM history WHERE entity_key = %s AND id > (SELECT min(id) FROM history WHERE entity_key = %s)",
        key,
        key,
    )
    report = rebuilt(worker)
    assert [(ref.key, why.split(",")[0]) for ref, why in report.left] == [(key, "its history leads to version 1 only")]
    assert worker.rows("SELECT document FROM orders WHERE order_key = %s", key) == before
    worker.rows("DELETE FROM history WHERE entity_key = %s", key)
    assert [why for _, why in rebuilt(worker).left] == ["it has no history"]
