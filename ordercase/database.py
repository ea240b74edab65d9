"""The database for commands that read: one snapshot, and what can go wrong in words and with an exit status."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from ordercase.errors import UserError, environment, no_answer, usage
from ordercase.settings import Settings
from storage.documents import DocumentBroken
from storage.queries import reading
from storage.queries.criteria import BadCriteria
from storage.queries.paging import BadPage

BEHIND: Final = frozenset({"42P01", "42703", "3F000"})
"""SQLSTATEs of a table, column or schema that does not exist."""

TIMED_OUT: Final = "57014"
NOT_ALLOWED: Final = "42501"


@contextmanager
def snapshot(settings: Settings) -> Iterator[Connection]:
    """A read-only connection whose statements all see the same state. Raises UserError for what a person can mend."""
    engine = reading.engine(settings.database)
    try:
        with reading.snapshot(engine) as connection:
            yield connection
    except BadPage as error:
        raise usage("bad_page", f"{error}.") from None
    except BadCriteria as error:
        raise usage("bad_criteria", f"{error}.") from None
    except DocumentBroken as error:
        raise newer(error) from None
    except DBAPIError as error:
        known = in_words(error)
        if known is None:
            raise
        raise known from None


def newer(error: DocumentBroken) -> UserError:
    """What is stored was written by another version than the one that reads it."""
    return environment("document_broken", f"{error}; was it written by a newer version of ordercase?")


def in_words(error: DBAPIError) -> UserError | None:
    """What a database error means to who typed the command; None when it is a mistake of ours."""
    sqlstate = getattr(error.orig, "sqlstate", None)
    if isinstance(error, ProgrammingError) and sqlstate in BEHIND:
        return behind()
    if sqlstate == NOT_ALLOWED:
        return _not_allowed(error.orig)
    if sqlstate == TIMED_OUT:
        return no_answer("database_slow", "The database took too long; narrow the search, for example by --from.")
    if isinstance(error, OperationalError):
        return unreachable(error.orig)
    return None


def driver_in_words(error: psycopg.Error) -> UserError:
    """What an error of the driver itself means to who typed the command."""
    if error.sqlstate in BEHIND:
        return behind()
    if error.sqlstate == NOT_ALLOWED:
        return _not_allowed(error)
    return unreachable(error)


def behind() -> UserError:
    return environment(
        "database_behind", "The database does not have the shape of this version. Run `ordercase migrate`."
    )


def _not_allowed(error: BaseException | None) -> UserError:
    reason = str(error).splitlines()[0]
    return environment("database_role", f"The database role may not do this: {reason}. See `ordercase doctor`.")


def unreachable(error: BaseException | None) -> UserError:
    """No connection could be made, or it was lost. libpq's words name host, port, user and database, never a password."""
    reason = str(error).strip().splitlines()[0] if str(error).strip() else "no connection"
    return environment(
        "database_unreachable", f"PostgreSQL cannot be reached: {reason}. Check ORDERCASE_DATABASE_URL and the server."
    )
