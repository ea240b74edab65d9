"""The database's roles, each tried at everything that it must not do, as a login that is a member of it."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql

from ordercase.doctor import Colour, _database_rights
from storage import roles, tables
from storage.connections import engine

EVERY_RIGHT = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
DENIED = psycopg.errors.InsufficientPrivilege

DEEDS = (
    "CREATE TABLE mine (a int)",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE SCHEMA s",
    "CREATE ROLE r",
    "ALTER TABLE orders ADD COLUMN a int",
    "ALTER TABLE orders DISABLE TRIGGER ALL",
    "DROP TABLE orders",
    "DROP INDEX order_search_by_account",
    "TRUNCATE history",
    "UPDATE alembic_version SET version_num = 'x'",
    "COPY history TO PROGRAM 'cat'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT rolpassword FROM pg_authid",
    "SET ROLE ordercase_migrator",
    "ALTER SYSTEM SET fsync = off",
)
"""What no role but the migrator may do, and most of it not even that one."""


@contextmanager
def login(url: str, role: str) -> Iterator[psycopg.Connection]:
    """A connection that can do no more than the role: no way back to the owner's."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("SET SESSION AUTHORIZATION {}").format(sql.Identifier(role)))
        yield connection


@pytest.mark.parametrize("role", [roles.WORKER, roles.CONSOLE, roles.READER])
def test_nobody_but_the_migrator_touches_the_shape_or_the_server(database_url: str, role: str) -> None:
    with login(database_url, role) as connection:
        for deed in DEEDS:
            with pytest.raises(DENIED):
                connection.execute(deed)
        connection.execute("SELECT version_num FROM alembic_version")


def test_each_role_has_on_each_table_the_rights_that_were_meant_and_no_other(database_url: str) -> None:
    meant = {(role, table.name): rights for role, table, rights in (*roles._worker(), *roles._readers())}
    with psycopg.connect(database_url) as connection:
        for role in (roles.WORKER, roles.CONSOLE, roles.READER):
            for table in tables.metadata.sorted_tables:
                rights = meant.get((role, table.name), "")
                whole = set() if "(" in rights else set(rights.split(", ")) - {""}
                found = {
                    right
                    for right in EVERY_RIGHT
                    if (connection.execute("SELECT has_table_privilege(%s, %s, %s)", (role, table.name, right)).fetchone() or (0,))[0]
                }  # fmt: skip
                assert found == whole, (role, table.name)


def test_a_reader_is_shown_no_personal_column_and_a_console_no_raw_bytes(database_url: str) -> None:
    with login(database_url, roles.READER) as connection:
        for table in tables.metadata.sorted_tables:
            for column in table.columns:
                if column.name in roles.PERSONAL or table in roles.RAW:
                    with pytest.raises(DENIED):
                        connection.execute(
                            sql.SQL("SELECT {} FROM {}").format(sql.Identifier(column.name), sql.Identifier(table.name))
                        )
    with login(database_url, roles.CONSOLE) as connection:
        for refused in ("SELECT value FROM parked", "SELECT key FROM waiting", "SELECT value FROM outbox",
                        "SELECT customer FROM erasures", "INSERT INTO counters (series) VALUES ('x')",
                        "UPDATE orders SET status = ''", "DELETE FROM parked"):  # fmt: skip
            with pytest.raises(DENIED):
                connection.execute(refused)


def test_doctor_names_every_right_that_a_login_lacks_and_the_grant(database_url: str) -> None:
    with engine(database_url, "test", pool=False).connect() as connection:
        assert _database_rights(connection).colour is Colour.GREEN
        connection.exec_driver_sql(f"SET SESSION AUTHORIZATION {roles.WORKER}")
        assert _database_rights(connection).colour is Colour.GREEN
    with engine(database_url, "test", pool=False).connect() as connection:
        connection.exec_driver_sql(f"SET SESSION AUTHORIZATION {roles.READER}")
        found = _database_rights(connection)
        assert found.colour is Colour.RED
        assert {"INSERT history", "UPDATE orders", "DELETE timers"} <= set(
            found.says.removeprefix("a worker could not ").split(", ")
        )
        assert found.mend.startswith('GRANT ordercase_worker TO "ordercase_reader"')
