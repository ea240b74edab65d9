"""`ordercase migrate`: brings the database to this version's shape."""

from typing import Annotated

from alembic.util.exc import CommandError
from cyclopts import Parameter
from psycopg import OperationalError as DriverError
from sqlalchemy.exc import DBAPIError

from ordercase import database, logs, settings, terminal
from ordercase.commands.options import Json
from ordercase.errors import Exit, environment
from storage import migrate as shape


def migrate(*, check: Annotated[bool, Parameter(negative="")] = False, json: Json = False) -> int:
    """Runs what is missing; with --check only says how far the database is (exit 1 when it is behind).

    A later version's database that says that this version may still work on it is not behind.
    """
    read = settings.load()
    logs.configure(read.log_level, read.log_format)
    try:
        found = shape.shape(read.database)
        current, needed = found.has, found.needed
        undone = [] if check else shape.upgrade(read.database)
    except DriverError as error:
        raise database.unreachable(error) from None
    except DBAPIError as error:
        raise database.in_words(error) or error from None
    except CommandError as error:
        raise environment(
            "database_newer",
            f"The database has a shape that this version does not know: {error}. Use a newer ordercase.",
        ) from None
    for sentence in undone:
        terminal.say(f"Without it everything works, with fewer walls: {sentence}.")
    now = current if check else needed
    fits = found.fits if check else True
    if json:
        terminal.print_json({"version": now, "needed": needed, "before": current})
    elif found.newer:
        may = "may" if fits else "may not"
        terminal.print_line(f"The database is at {current}, newer than {needed}; this version {may} work on it.")
    elif now != needed:
        terminal.print_line(
            f"The database is at {current or 'nothing'}, this version needs {needed}: `ordercase migrate`."
        )
    else:
        terminal.print_line(
            f"The database is at {needed}." if current == needed else f"{current or 'nothing'} → {needed}."
        )
    return Exit.DONE if fits else Exit.REFUSED
