"""Every policy that was ever in force, and since when: remedies name the version that they began under."""

from dataclasses import dataclass
from typing import Any, Final

import psycopg

Connection = psycopg.Connection[Any]

LOCK: Final = 4_027_131_003
"""Of several workers that start at once one writes down the policy, and moves what it moves."""

_NOW: Final = "SELECT version FROM policy_versions ORDER BY since_at DESC LIMIT 1"
_KEEP: Final = "INSERT INTO policy_versions (version, text, since_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
_ALL: Final = "SELECT DISTINCT ON (version) version, text FROM policy_versions ORDER BY version, since_at"


@dataclass(frozen=True, slots=True)
class Kept:
    """A policy by its version, and the text of its file; "" for the defaults."""

    version: str
    text: str


def take_effect(connection: Connection, kept: Kept, at: int) -> str | None:
    """Keeps that a policy is in force from `at` (µs) on; the version that was until then, None when it is the same.

    In the caller's transaction, which nobody else has meanwhile. The first policy of all follows itself.
    """
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
    row = connection.execute(_NOW).fetchone()
    if row is not None and row[0] == kept.version:
        return None
    connection.execute(_KEEP, (kept.version, kept.text, at))
    return kept.version if row is None else str(row[0])


def read(connection: Connection) -> list[Kept]:
    """All that were ever in force, each once."""
    return [Kept(*row) for row in connection.execute(_ALL)]
