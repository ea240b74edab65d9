"""The database roles and what each may do: nothing that it has no need for.

They are group roles without login: `GRANT ordercase_worker TO <the login that runs the worker>`. Where the owner of
the database may not create roles everything works without them, and `doctor` says which are missing.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import Connection, Table, text
from sqlalchemy.exc import DBAPIError

from storage import tables as t

MIGRATOR, WORKER, CONSOLE, READER = "ordercase_migrator", "ordercase_worker", "ordercase_console", "ordercase_reader"
ROLES: Final = (MIGRATOR, WORKER, CONSOLE, READER)

APPENDED: Final = frozenset({t.history, t.parked_audit, t.conflicts, t.commands, t.policy_versions})
"""What the worker adds to and never changes."""

DELETED_FROM: Final = frozenset({
    t.waiting, t.parked, t.outbox, t.inbox, t.commands, t.case_lines, t.order_lines, t.timers,
})  # fmt: skip
"""What the worker takes rows out of: messages that went their way, answers that nobody asks for
again, lines that a person or a shop took back, timers that came due."""

READ: Final = frozenset({t.erasures})
"""What the worker only looks at. Whoever erases persons rewrites history, answers and messages: the migrator."""

RAW: Final = frozenset({t.inbox, t.outbox, t.waiting, t.parked, t.commands, t.erasures})
"""Messages as they came or go: persons, addresses and payments of everybody; and whose were erased."""

PERSONAL: Final = frozenset({
    "document", "data", "words", "actor_name", "account_name", "first_name", "last_name", "email", "phone", "postcode",
    "address_text", "short_description",
})  # fmt: skip
"""Columns that reports have no need for."""


def _worker() -> Iterable[tuple[str, Table, str]]:
    for table in t.metadata.sorted_tables:
        rights = "SELECT, INSERT" if table in APPENDED else "SELECT, INSERT, UPDATE"
        yield WORKER, table, "SELECT" if table in READ else rights + (", DELETE" if table in DELETED_FROM else "")


def _readers() -> Iterable[tuple[str, Table, str]]:
    for table in t.metadata.sorted_tables:
        if table not in RAW:
            yield CONSOLE, table, "SELECT"
            columns = ", ".join(f'"{column.name}"' for column in table.columns if column.name not in PERSONAL)
            yield READER, table, f"SELECT ({columns})"
    hidden = {"key", "value", "headers"}
    for table in (t.waiting, t.parked):
        columns = ", ".join(f'"{column.name}"' for column in table.columns if column.name not in hidden)
        yield CONSOLE, table, f"SELECT ({columns})"
    yield CONSOLE, t.commands, "SELECT"


def apply(connection: Connection) -> list[str]:
    """Creates the roles and gives them their rights. Answers, in sentences, what could not be done; never fails for it.

    Does nothing but report where a right is lacking. The caller commits.
    """
    undone = []
    for role in missing(connection):
        undone += _try(connection, f"CREATE ROLE {role} NOLOGIN", f"role {role} is missing and could not be created")
    there = set(ROLES) - set(missing(connection))
    for role in sorted(there):
        undone += _try(connection, f"GRANT USAGE ON SCHEMA public TO {role}", f"{role} may not use the schema")
    if MIGRATOR in there:
        undone += _own(connection)
    # Which version the tables have: everybody looks before anything else.
    grants: Mapping[str, list[str]] = {role: [f"GRANT SELECT ON alembic_version TO {role}"] for role in there}
    for role, table, rights in (*_worker(), *_readers()):
        if role in there:
            grants[role].append(f'GRANT {rights} ON "{table.name}" TO {role}')
    for role, statements in sorted(grants.items()):
        undone += _try(connection, "; ".join(statements) or "SELECT 1", f"{role} could not be given its rights")
    return undone


def missing(connection: Connection) -> list[str]:
    """The roles that do not exist on this server."""
    rows = connection.execute(text("SELECT rolname FROM pg_roles WHERE rolname = ANY(:names)"), {"names": list(ROLES)})
    found = set(rows.scalars())
    return [role for role in ROLES if role not in found]


def lacking(connection: Connection) -> list[str]:
    """What a worker does and this login may not: `INSERT history`, one a table and right. Members inherit their roles'."""
    asked = [{"name": table.name, "right": right} for _, table, rights in _worker() for right in rights.split(", ")]
    ask = text("SELECT has_table_privilege(current_user, quote_ident(:name), :right)")
    return [f"{one['right']} {one['name']}" for one in asked if not connection.execute(ask, one).scalar()]


def login(connection: Connection) -> str:
    """Who this connection is."""
    return str(connection.execute(text("SELECT current_user")).scalar())


def _own(connection: Connection) -> list[str]:
    """Whoever is a member of the migrator may migrate: the tables are its own."""
    names = [table.name for table in t.metadata.sorted_tables] + ["alembic_version"]
    names += [f"inbox_{number}" for number in range(t.INBOX_PARTITIONS)]
    statements = [
        f"GRANT {MIGRATOR} TO CURRENT_USER",
        f"GRANT CREATE ON SCHEMA public TO {MIGRATOR}",
        *(f'ALTER TABLE "{name}" OWNER TO {MIGRATOR}' for name in names),
    ]
    return _try(connection, "; ".join(statements), f"the tables could not be given to {MIGRATOR}")


def _try(connection: Connection, statement: str, sentence: str) -> list[str]:
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(statement)
    except DBAPIError as error:
        return [f"{sentence}: {str(error.orig).splitlines()[0]}"]
    return []
