"""What can go wrong with a batch, named for what the loop does next.

TryAgain       the same batch, after a pause: nothing is wrong with it (connection, deadlock, registry away)
CommitUnknown  the reply to COMMIT is lost: ask `input_position` what became of it, then go on or try again
Fenced         somebody else has one of the partitions: nothing was written, let them go and join again
Poison         a message in the batch cannot be written: halve the batch until it stands alone, park it
CapReached     too much is parked already: leave the partition alone for a while, with an alarm
Stop           a person has to look: the process ends with the sentence
"""

from collections.abc import Collection
from typing import Final

import psycopg

from schemas.refusal import RegistryUnavailable
from storage.positions import Partition


class TryAgain(Exception):
    """Nothing was written; the same batch will do later. `what` is a short name for logs and metrics."""

    def __init__(self, what: str, sqlstate: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.sqlstate = sqlstate


class CommitUnknown(TryAgain):
    """The connection broke while COMMIT was under way."""


class Fenced(Exception):
    """The positions are not where this worker left them. Nothing was written."""


class Poison(Exception):
    """The database refused what a message leads to. Nothing was written. `error_class` for its dead letter."""

    def __init__(self, error_class: str, sqlstate: str | None) -> None:
        super().__init__(f"{error_class} ({sqlstate})")
        self.error_class = error_class
        self.sqlstate = sqlstate


class CapReached(Exception):
    """One more parked message would be too many. Nothing was written."""

    def __init__(self, partitions: Collection[Partition], sentence: str) -> None:
        super().__init__(sentence)
        self.partitions = frozenset(partitions)
        self.sentence = sentence


class Stop(Exception):
    """The loop must not go on. `code` is stable; the text says what, which, why, and what to do."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class MissingTopic(Stop):
    """An inbound topic does not exist."""

    def __init__(self, names: Collection[str]) -> None:
        listed = ", ".join(sorted(names))
        super().__init__(
            "missing_topic", f"The broker has no topic {listed}. Create what is missing: ordercase topics apply"
        )
        self.names = tuple(sorted(names))


_TRANSIENT: Final = ("08", "40", "53", "57", "58")
_TRANSIENT_STATES: Final = frozenset({"55P03", "25P03", "25P04", "25006"})
_POISON: Final = ("22", "23", "54")
"""Data that PostgreSQL does not take, that breaks a rule of a table, or is too long for an index."""


def of_database(error: psycopg.Error, *, committing: bool = False, broken: bool = False) -> Exception:
    """The fault that an error of PostgreSQL means. `committing`: COMMIT had been sent; `broken`: no connection left."""
    state = error.sqlstate
    if broken or (state is None and isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)):
        kind = CommitUnknown if committing else TryAgain
        return kind("no connection to PostgreSQL", state)
    if state is not None and (state[:2] in _TRANSIENT or state in _TRANSIENT_STATES):
        return TryAgain(f"PostgreSQL: {type(error).__name__}", state)
    if state is not None and state[:2] in _POISON:
        return Poison(type(error).__name__, state)
    return Stop(
        "database_unusable",
        f"PostgreSQL refuses the work itself: {type(error).__name__} ({state}). Is the database migrated"
        " (ordercase migrate --check), and may this role write (ordercase doctor)?",
    )


def of_registry(_error: RegistryUnavailable) -> TryAgain:
    return TryAgain("the schema registry does not answer")
