"""Connections whose statements are counted."""

from collections.abc import Callable
from typing import Any

import psycopg

from storage.connections import connect


class CountingCursor(psycopg.Cursor[Any]):
    count = 0

    def execute(self, *args: Any, **more: Any) -> Any:
        CountingCursor.count += 1
        return super().execute(*args, **more)


def counting(url: str) -> psycopg.Connection[Any]:
    connection = connect(url, "test")
    connection.cursor_factory = CountingCursor
    return connection


def counted(work: Callable[[], object]) -> int:
    """How many statements this work takes."""
    CountingCursor.count = 0
    work()
    return CountingCursor.count
