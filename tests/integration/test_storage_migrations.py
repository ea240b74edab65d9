"""The migrations make what `storage.tables` says, once, and need no superuser."""

import threading
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg import sql
from sqlalchemy import text

from storage import migrate, roles, tables
from storage.connections import engine
from storage.tables.of_messages import PURGED

GENERATED = ("inbox_",)


def test_the_database_has_the_tables_that_the_program_knows(database_url: str) -> None:
    with engine(database_url, "test", pool=False).connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_server_default": True,
                "include_name": lambda name, kind, _: kind != "table" or not str(name).startswith(GENERATED),
            },
        )
        assert compare_metadata(context, tables.metadata) == []


def test_checks_and_storage_parameters_are_there(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        checks = {row[0] for row in connection.execute("SELECT conname FROM pg_constraint WHERE contype = 'c'")}
        options: dict[str, list[str]] = dict(
            connection.execute("SELECT relname, reloptions FROM pg_class WHERE reloptions IS NOT NULL").fetchall()
        )
    assert {"no_bucket_is_negative", "every_unit_is_somewhere", "a_leg_asks_for_money", "one_head"} <= checks
    assert options["orders"] == ["toast_tuple_target=8160"]
    for name in ("commands", *(f"inbox_{number}" for number in range(tables.INBOX_PARTITIONS))):
        assert options[name] == [f"{key}={value}" for key, value in PURGED.items()]


def test_migrating_says_how_far_it_is_and_can_be_done_again(empty_database_url: str) -> None:
    assert migrate.is_current(empty_database_url) == (None, "0001")
    migrate.upgrade(empty_database_url)
    assert migrate.is_current(empty_database_url) == ("0001", "0001")
    migrate.upgrade(empty_database_url)


def test_two_that_migrate_at_once_do_not_meet(empty_database_url: str) -> None:
    troubles: list[BaseException] = []

    def work() -> None:
        try:
            migrate.upgrade(empty_database_url)
        except Exception as error:
            troubles.append(error)
            raise

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    assert migrate.is_current(empty_database_url) == ("0001", "0001")


@pytest.fixture(name="plain_owner")
def _plain_owner(empty_database_url: str) -> Iterator[str]:
    """A URL of the same database as an owner without any other right."""
    name, word = f"owner_{uuid4().hex[:8]}", uuid4().hex
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN NOCREATEROLE PASSWORD {}").format(sql.Identifier(name), sql.Literal(word))
        )
        base = connection.info
        connection.execute(
            sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(base.dbname), sql.Identifier(name))
        )
        url = f"postgresql://{name}:{word}@{base.host}:{base.port}/{base.dbname}"
        owner = base.user
    yield url
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute(sql.SQL("REASSIGN OWNED BY {} TO {}").format(sql.Identifier(name), sql.Identifier(owner)))
        connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(name)))
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def test_an_owner_without_further_rights_can_migrate_and_hears_what_was_left_out(plain_owner: str) -> None:
    undone = migrate.upgrade(plain_owner)
    assert migrate.is_current(plain_owner) == ("0001", "0001")
    # On a server where the roles exist already the grants work; only what needs the roles' own rights does not.
    assert undone
    assert all(any(role in sentence for role in roles.ROLES) for sentence in undone)


def test_the_worker_may_write_and_neither_alter_nor_rewrite_history(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("SET ROLE ordercase_worker")
        connection.execute("INSERT INTO counters (series) VALUES ('case')")
        connection.execute("UPDATE outbox_head SET seq = seq + 1")
        connection.execute("SELECT customer FROM erasures")
        for refused in (
            "DELETE FROM history",
            "UPDATE history SET words = ''",
            "CREATE TABLE mine (a int)",
            "DROP TABLE orders",
            "DELETE FROM orders",
            "INSERT INTO erasures (customer, since_at) VALUES ('x', 0)",
            "UPDATE commands SET reply = ''",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(refused)
        connection.rollback()


def test_readers_see_no_person_and_no_message(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("SET ROLE ordercase_reader")
        connection.execute("SELECT order_key, status, total_minor FROM orders")
        connection.execute("SELECT order_key, customer_id, skus, sources FROM order_search")
        for refused in ("SELECT email FROM order_search", "SELECT document FROM orders", "SELECT * FROM outbox"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(refused)
        connection.execute("SET ROLE ordercase_console")
        connection.execute("SELECT id, topic, reason FROM parked")
        for refused in ("SELECT value FROM parked", "INSERT INTO counters (series) VALUES ('x')"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(refused)
        connection.rollback()


def test_doctor_hears_which_roles_are_missing(database_url: str) -> None:
    with engine(database_url, "test", pool=False).connect() as connection:
        assert roles.missing(connection) == []
        assert connection.execute(text("SELECT 1")).scalar() == 1
