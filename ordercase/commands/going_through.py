"""What keeps a command from going through all that is stored, as a sentence and an exit status."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from consumers.faults import Poison, Stop, TryAgain
from ordercase import database
from ordercase.errors import environment, refused
from storage.documents import DocumentBroken


@contextmanager
def in_words(leads: str) -> Iterator[None]:
    """Raises UserError. `leads`: what it is that PostgreSQL may refuse what comes of."""
    try:
        yield
    except TryAgain as error:
        raise environment("try_again", f"Not everything is done: {error.what}. Call it again; it goes on.") from None
    except Poison as error:
        raise refused("refused_by_database", f"PostgreSQL refuses what {leads} leads to: {error}.") from None
    except Stop as error:
        raise environment(error.code, f"{error} It needs the rights of ordercase_migrator.") from None
    except DocumentBroken as error:
        raise database.newer(error) from None
    except psycopg.Error as error:
        raise database.driver_in_words(error) from None
