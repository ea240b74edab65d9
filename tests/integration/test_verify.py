"""What is stored is compared with its history: a day of stories is clean, and whatever somebody changed by hand is named."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import psycopg
import pytest

from consumers.erasing import Erasing
from domain.folding import KINDS
from domain.world import Kind
from ordercase import verify
from ordercase.simulate.stories import PLOTS, chosen
from ordercase.simulate.world import World
from ordercase.verify import Wrong
from storage import verifying
from tests.integration.erased_customer import Told, a_life
from tests.integration.stored_worker import GROUP, StoredWorker
from tests.real.postgres import Postgres


@pytest.fixture(scope="module", name="day")
def _day(postgres: Postgres, migrated_template: str) -> Iterator[StoredWorker]:
    """Every story there is, in one database for all tests here; each takes back what it changes."""
    with postgres.database(migrated_template) as url, StoredWorker(url) as worker:
        world = World(worker, prefix="T", seed=1, chaos=True, in_flight=100, patience=30, quiet=0)
        assert world.play(chosen(Random(1), len(PLOTS))).wrong == 0
        yield worker


def compared(connection: psycopg.Connection[Any], kinds: Iterable[Kind] = KINDS) -> list[Wrong]:
    found: list[Any] = [one for kind in kinds for one in verify.things(connection, kind, lambda _: None)]
    found += [*verify.histories(connection), *verify.outbox(connection, GROUP)]
    return [one for one in found if isinstance(one, Wrong)]


def wrongs(worker: StoredWorker) -> list[Wrong]:
    with verifying.reader(worker.url) as connection:
        return compared(connection)


@contextmanager
def by_hand(worker: StoredWorker, *statements: str, kinds: Iterable[Kind] = (Kind.ORDER,)) -> Iterator[list[Wrong]]:
    """What is found after these statements, which are taken back. `kinds`: what is looked at, to be quick."""
    with worker.connect() as connection, connection.transaction(force_rollback=True):
        for statement in statements:
            assert connection.execute(statement).rowcount == 1, statement
        yield compared(connection, kinds)


def looked_at(worker: StoredWorker) -> int:
    with verifying.reader(worker.url) as connection:
        return sum(
            one for kind in KINDS for one in verify.things(connection, kind, lambda _: None) if isinstance(one, int)
        )


def test_a_day_of_stories_is_clean(day: StoredWorker) -> None:
    assert wrongs(day) == []
    counted = "SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM cases) + (SELECT count(*) FROM checkouts)"
    assert looked_at(day) == day.rows(counted)[0][0] > len(PLOTS)


# What somebody did by hand: (table, the change, what is said of it).
CHANGES = {
    "a bucket": (
        "orders",
        'document = regexp_replace(document, \'"buckets":\\{"(\\w+)":(\\d)\', \'"buckets":{"\\1":9\')',
        r"the buckets hold \d+ units of",
    ),
    "a version": ("orders", "document = replace(document, '\"version\":', '\"version\":1')", "version is 1"),
    "a status": (
        "orders",
        "document = replace(document, '\"shop_confirmed\":true', '\"shop_confirmed\":false')",
        "shop_confirmed is False; its history leads to True",
    ),
    "an address": (
        "orders",
        'document = replace(document, \'"street":"\', \'"street":"Other Street\')',
        r"street is \(a person's\); its history leads to \(a person's\)",
    ),
    "a search column": (
        "order_search",
        "email = 'else@example.org'",
        r"column email is \(a person's\); the document says",
    ),
    "an amount searched": ("orders", "captured_minor = captured_minor + 7", "column captured_minor is"),
    "what is locked with it": ("cases", "related = '[]'", "column related does not name"),
    "a case": ("cases", "document = replace(document, '\"priority\":', '\"priority\":7')", "priority is 7"),
    "a line of a report": ("order_lines", "value_minor = value_minor + 1", r"order_lines \d column value_minor is"),
    "a remedy of a report": ("post_sales", "state = 'DENIED'", "column state is DENIED; the document says"),
    "a leg": ("legs", "amount_minor = amount_minor + 1", "column amount_minor is"),
    "a document that nobody can read": ("orders", "document = '{\"nonsense\": 1}'", "cannot be read"),
    "an entry that nobody can read": ("history", "data = '[]'", "cannot be read"),
    "an amount in the history": (
        "history",
        "data = regexp_replace(data, '\"amount_minor\":(\\d)', '\"amount_minor\":1\\1')",
        "its history leads to",
    ),
    "a checkout": ("checkouts", "document = replace(document, '\"revision\":', '\"revision\":9')", "revision is 9"),
}
CHOSEN = {
    "orders": ("order_key", "known AND status <> 'NEW' AND captured_minor > 0 AND document LIKE '%\"street\":\"%'"),
    "cases": ("case_id", "related <> '[]'"),
    "order_search": ("order_key", "email IS NOT NULL"),
    "order_lines": ("order_key", "value_minor > 0"),
    "post_sales": ("entity_id", "state <> 'DENIED'"),
    "legs": ("leg_id", "amount_minor > 0"),
    "history": ("id", "event = 'PaymentHeard' AND data LIKE '%CAPTURED%' AND entity_kind = 'order'"),
    "checkouts": ("checkout_key", "document IS NOT NULL"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_by_hand_is_found_and_named(day: StoredWorker, change: str) -> None:
    table, to, says = CHANGES[change]
    key, which = CHOSEN[table]
    chosen_row = f"ctid = (SELECT ctid FROM {table} WHERE {which} ORDER BY {key} LIMIT 1)"
    kinds = {"cases": (Kind.CASE,), "checkouts": (Kind.CHECKOUT,)}.get(table, (Kind.CHECKOUT, Kind.ORDER))
    with by_hand(day, f"UPDATE {table} SET {to} WHERE {chosen_row}", kinds=kinds) as found:
        assert any(re.search(says, one.says) for one in found), found
        assert len({one.what for one in found}) == 1, "nothing else is blamed"
        assert "@" not in str(found)
        assert "Other Street" not in str(found)


DELETED = {
    "an entry": ("history", "id", "event = 'WarehouseSaid'", "its history leads to|does not hold together"),
    "a line of a report": ("order_lines", "order_key", "true", "is missing"),
    "a search row": ("order_search", "order_key", "email IS NOT NULL", "order_search is missing"),
    "a remedy of a report": ("post_sales", "entity_id", "true", "is missing"),
    "an order": ("orders", "order_key", "known", "it has a history and is not there"),
}


@pytest.mark.parametrize("what", DELETED)
def test_what_was_deleted_by_hand_is_found_and_named(day: StoredWorker, what: str) -> None:
    table, key, which, says = DELETED[what]
    chosen_row = f"ctid = (SELECT ctid FROM {table} WHERE {which} ORDER BY {key} LIMIT 1)"
    with by_hand(day, f"DELETE FROM {table} WHERE {chosen_row}", kinds=KINDS) as found:
        assert any(re.search(says, one.says) for one in found), found
        assert len({one.what for one in found}) == 1, "nothing else is blamed"


def test_a_hole_in_the_outbox_is_found_unless_it_was_published(day: StoredWorker) -> None:
    gone = "DELETE FROM outbox WHERE seq = 3"
    relay = f"INSERT INTO relay_position (group_id, position, updated_at) VALUES ('{GROUP}', 5, 0)"
    with by_hand(day, gone, kinds=()) as (found,):
        assert found.what == "outbox"
    with by_hand(day, gone, relay, kinds=()) as nothing:
        assert nothing == []
    with by_hand(day, relay, "UPDATE relay_position SET position = 1000000000", kinds=()) as (found,):
        assert "published up to 999999999" in found.says


def test_nobody_can_have_read_what_was_never_there() -> None:
    read = {("a", 0): 5, ("a", 1): 6, ("b", 0): 1, ("c", 0): 2}
    ends = {("a", 0): (0, 5), ("a", 1): (0, 5), ("c", 0): (3, 9)}
    assert [one.says for one in verify.inputs(read, ends)] == [
        "a 1 was read to 6, its log ends at 5",
        "b 0 was read to 1 and does not exist",
        "c 0 is to be read from 2, its log begins at 3",
    ]


def test_an_erased_customer_leaves_everything_as_it_can_be(database_url: str) -> None:
    with StoredWorker(database_url) as worker:
        told = Told(worker)
        a_life(told, "1001", "co-1")
        assert wrongs(worker) == []
        Erasing(worker.connect, worker.rules, GROUP, worker.codec, "web", "C-4711").run()
        assert wrongs(worker) == []
        told.order("1001", revision=9)
        told.paid("CAPTURED", 1, order_id="1001", gateway_reference="another")
        worker.receive()
        assert wrongs(worker) == []
        worker.rows("UPDATE orders SET document = replace(document, '\"revision\":9', '\"revision\":8') WHERE known")
        assert "revision is 8; its history leads to 9" in str(wrongs(worker))
