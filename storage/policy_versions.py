"""Every policy that was ever in force, and since when: remedies name the version that they began under."""

from typing import Any

import psycopg


def keep(connection: psycopg.Connection[Any], version: str, text: str, at: int) -> bool:
    """Keeps a policy that is in force from `at` (µs) on; False when it was known already. `text` as in the file."""
    kept = connection.execute(
        "INSERT INTO policy_versions (version, text, since_at) VALUES (%s, %s, %s) ON CONFLICT (version) DO NOTHING",
        (version, text, at),
    )
    return kept.rowcount == 1
