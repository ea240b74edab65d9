"""Times as people write them, as the µs since 1970 UTC that are stored."""

from collections.abc import Mapping
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


def iso(micros: int | None) -> str | None:
    """Stored µs as ISO 8601 UTC: "2026-11-21T10:00:00Z", with micros when there are any. None stays None."""
    if micros is None:
        return None
    time = EPOCH + timedelta(microseconds=micros)
    text = time.strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{time.microsecond:06d}Z" if time.microsecond else f"{text}Z"


def with_iso(value: object) -> object:
    """Nested dicts and lists with every number under a name that ends in `_at` as ISO 8601 UTC."""
    if isinstance(value, Mapping):
        return {
            name: iso(part) if name.endswith("_at") and type(part) is int else with_iso(part)
            for name, part in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [with_iso(part) for part in value]
    return value
