"""Times as people write them, as the µs since 1970 UTC that are stored."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
LARGEST: Final = 2**63 - 1
"""What a bigint column can hold."""


def since(text: str) -> int:
    """An ISO 8601 date or time (UTC when it names no zone); a bare date is its first instant. Raises ValueError."""
    time = datetime.fromisoformat(text)
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return (aware - EPOCH) // timedelta(microseconds=1)


def until(text: str) -> int:
    """The same as the last µs that is meant: a bare date is the whole day. Raises ValueError."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return since(text)
    return since(day.isoformat()) + 86_400_000_000 - 1
