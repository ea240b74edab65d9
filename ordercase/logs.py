"""Logs: one line an outcome on stderr, as JSON or for a terminal, and never a person or a secret in it.

Only fields of an allow-list are written. A field that is not on it is left out and its name listed under `withheld`, so
that who adds a log line sees it. Exceptions appear as class and place, not as message: drivers put values into theirs.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Final

import structlog
from structlog.typing import Processor

ALLOWED: Final = frozenset((
    "event", "level", "timestamp", "logger", "withheld", "error", "error_class", "error_code", "where", "sqlstate",
    "status", "topic", "partition", "partitions", "offset", "first_offset", "next_offset", "expected_offset",
    "group", "group_id", "member", "count", "size", "batch", "inputs", "records", "events", "rows", "bytes",
    "limit", "total", "left", "seconds", "wait_seconds", "due_seconds", "attempt", "delay", "effect", "outcome",
    "reason", "code", "stage", "kind", "record", "schema_id", "fingerprint", "subject", "position", "head", "seq",
    "event_id", "message_id", "command_id", "cause_id", "transactional_id", "pid", "database", "broker", "brokers",
    "registry", "profile", "version", "policy_version", "migration", "host", "port", "path", "url", "entity",
    "entity_kind", "state", "lag", "parked", "waiting", "pending", "signal", "thread", "part", "sentence", "orders",
    "stories", "seed", "rate", "phase",
))  # fmt: skip
"""What a log line may carry. No keys, no names, no addresses, no free text of messages."""


def configure(level: str = "info", form: str | None = None) -> None:
    """Sets up structlog and the standard library's logging, ours and librdkafka's, on stderr.

    `form` "console" or "json"; None: console on a terminal, else json.
    """
    console = form == "console" or (form is None and sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        exceptions_as_places,
        only_allowed,
    ]
    last: Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()) if console else structlog.processors.JSONRenderer()
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("sqlalchemy", "alembic", "httpx", "httpx2", "httpcore", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # What it warns of comes beside an error that it raises, with the server's words in it, which may name a person.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def kafka_logger() -> logging.Logger:
    """Where librdkafka's own log goes: give it to a client as `logger`."""
    return logging.getLogger("librdkafka")


def only_allowed(_logger: object, _method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keeps the fields of the allow-list; names the others in `withheld`."""
    kept = {name: value for name, value in fields.items() if name in ALLOWED or name.startswith("_")}
    withheld = sorted(set(fields) - set(kept))
    return {**kept, "withheld": withheld} if withheld else kept


def exceptions_as_places(_logger: object, _method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception as its class and the place it came from, without its message."""
    given = fields.pop("exc_info", None)
    if not given:
        return fields
    error = given if isinstance(given, BaseException) else sys.exc_info()[1]
    if isinstance(given, tuple):
        error = given[1]
    if error is not None:
        fields["error_class"] = type(error).__name__
        fields["where"] = place(error)
        sqlstate = getattr(error, "sqlstate", None) or getattr(getattr(error, "orig", None), "sqlstate", None)
        if sqlstate:
            fields["sqlstate"] = sqlstate
    return fields


def place(error: BaseException, frames: int = 4) -> str:
    """The last frames of a traceback, innermost first: "loop.py:120 in _write < loop.py:80 in run"."""
    stack = traceback.extract_tb(error.__traceback__)[-frames:]
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in reversed(stack))
