"""Log lines: fields of an allow-list only, exceptions as places, everybody's log in one form."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from ordercase import logs


@pytest.fixture(name="lines")
def _lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The log so far, parsed."""
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    logs.configure("info", "json")
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    structlog.reset_defaults()
    root.handlers[:] = before
    root.setLevel(level)


def test_a_field_that_is_not_allowed_is_named_and_left_out(lines: Any) -> None:
    structlog.get_logger("x").info("assigned", topic="t", partition=3, email="ada@example.org", key="shop-eu:1")
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "assigned", "level": "info", "topic": "t", "partition": 3, "withheld": ["email", "key"]}


def test_an_exception_is_its_class_and_place_without_its_message(lines: Any) -> None:
    try:
        int("ada@example.org")
    except ValueError:
        structlog.get_logger("x").exception("failed")
    (line,) = lines()
    assert line["error_class"] == "ValueError"
    assert "test_cli_logs.py" in line["where"]
    assert "ada" not in json.dumps(line)


def test_the_state_of_a_database_error_is_kept(lines: Any) -> None:
    import psycopg

    structlog.get_logger("x").error("failed", exc_info=psycopg.errors.UniqueViolation("ada"))
    (line,) = lines()
    assert line["sqlstate"] == "23505"


def test_the_clients_own_log_comes_in_the_same_form(lines: Any) -> None:
    logs.kafka_logger().warning("FAIL [thrd:broker]: %s", "connection refused")
    logging.getLogger("sqlalchemy.engine").info("SELECT something")
    (line,) = lines()
    assert (line["logger"], line["level"]) == ("librdkafka", "warning")
    assert "connection refused" in line["event"]


def test_what_is_below_the_level_is_not_written(lines: Any) -> None:
    structlog.get_logger("x").debug("too much")
    assert lines() == []
