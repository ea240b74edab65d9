"""Commands as people write them, JSON with ISO times and names, made into what Avro takes (`ordercase send`)."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from schemas.catalogue import named_types, schema_of
from schemas.keys import key_of
from schemas.topics import COMMANDS, TOPICS

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PLAIN: Final = {"string": str, "boolean": bool, "int": int, "long": int}
_KINDS: Final = {"string": "text", "boolean": "true or false", "int": "a whole number", "long": "a whole number"}
_BITS: Final = {"int": 31, "long": 63}

CLI_ACTOR: Final = {"id": "cli", "name": None, "roles": ["manager"], "channels": ["*"], "accounts": []}
NAMES: Final = tuple(record.removeprefix("commands.") for record in TOPICS[COMMANDS].records)


class CommandMistake(Exception):
    """A command as written that cannot be sent; the sentence names the field, what stands there, what is expected."""


@dataclass(frozen=True, slots=True)
class WrittenCommand:
    """A command ready to be sent: `record` on the commands topic under `key`, `value` for `Codec.encode`."""

    record: str
    key: str
    value: dict[str, Any]

    @property
    def command_id(self) -> str:
        return str(self.value["command_id"])


def read_command(written: Any, now: int) -> WrittenCommand:
    """A command from its JSON object {"type": "CreateReturn", …}; `now` (µs) is filled in as issued_at.

    command_id, issued_at and actor (`cli`, manager, every channel) are filled in where they are missing, fields with
    a default too. Times may be ISO 8601 with an offset, or µs. What the values mean is not checked here: the worker
    answers that. Raises CommandMistake.
    """
    if not isinstance(written, Mapping):
        raise CommandMistake(f'A command is a JSON object with a "type", not {type(written).__name__}.')
    record = f"commands.{_type_name(written)}"
    schema = schema_of(record).schema
    given = {"command_id": str(uuid4()), "issued_at": now, "actor": CLI_ACTOR} | dict(written)
    del given["type"]
    value = _Reader(named_types(schema)).record(schema, given, "")
    try:
        key = key_of(record, value)
    except IndexError:
        raise CommandMistake(f"{written['type']} names neither an order, a checkout nor a case.") from None
    return WrittenCommand(record, key, value)


def _type_name(written: Mapping[str, Any]) -> str:
    name = written.get("type")
    if name in NAMES:
        return str(name)
    if name is None:
        raise CommandMistake(f"type: is missing; it says which command this is, one of {', '.join(NAMES)}.")
    raise CommandMistake(f"type: there is no command {name!r}{_nearest(str(name), NAMES)}.")


def _nearest(name: str, names: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, names, n=1)
    return f"; the nearest is {near[0]}" if near else f"; there are {', '.join(names)}"


class _Reader:
    """Walks a JSON value along its schema. `types`: named types of the schema by full name."""

    def __init__(self, types: Mapping[str, Any]) -> None:
        self._types = types

    def record(self, schema: Mapping[str, Any], written: Any, where: str) -> dict[str, Any]:
        if not isinstance(written, Mapping):
            raise _mistake(where, written, "an object")
        names = tuple(field["name"] for field in schema["fields"])
        for name in written:
            if name not in names:
                raise CommandMistake(f"{_inside(where, name)}: there is no such field{_nearest(str(name), names)}.")
        made = {}
        for field in schema["fields"]:
            name = field["name"]
            if name in written:
                made[name] = self.value(field["type"], written[name], _inside(where, name))
            elif "default" in field:
                made[name] = field["default"]
            else:
                raise CommandMistake(f"{_inside(where, name)}: is missing. {field['doc']}")
        return made

    def value(self, kind: Any, written: Any, where: str) -> Any:
        if isinstance(kind, list):
            return None if written is None else self.value(kind[1], written, where)
        if isinstance(kind, str):
            return (
                self._plain(kind, written, where) if kind in _PLAIN else self.value(self._types[kind], written, where)
            )
        if kind.get("logicalType") == "timestamp-micros":
            return _instant(written, where)
        if kind.get("logicalType") == "date":
            return _day(written, where)
        return self._nested(kind, written, where)

    def _nested(self, kind: Mapping[str, Any], written: Any, where: str) -> Any:
        if kind["type"] == "record":
            return self.record(kind, written, where)
        if kind["type"] == "enum":
            if written not in kind["symbols"][1:]:
                raise _mistake(where, written, f"one of {', '.join(kind['symbols'][1:])}")
            return written
        if kind["type"] == "array":
            if not isinstance(written, list):
                raise _mistake(where, written, "a list")
            return [self.value(kind["items"], part, f"{where}[{n}]") for n, part in enumerate(written)]
        if not isinstance(written, Mapping):
            raise _mistake(where, written, "an object")
        return {str(name): self.value(kind["values"], part, _inside(where, name)) for name, part in written.items()}

    @staticmethod
    def _plain(kind: str, written: Any, where: str) -> Any:
        wanted = _PLAIN[kind]
        if not isinstance(written, wanted) or (wanted is int and isinstance(written, bool)):
            raise _mistake(where, written, _KINDS[kind])
        if kind in _BITS and not -(2 ** _BITS[kind]) <= written < 2 ** _BITS[kind]:
            raise _mistake(where, written, f"a whole number of at most {_BITS[kind]} bits")
        if isinstance(written, str) and any("\ud800" <= letter <= "\udfff" for letter in written):
            raise _mistake(where, written, "text without halves of characters")
        return written


def _instant(written: Any, where: str) -> int:
    if isinstance(written, int) and not isinstance(written, bool):
        return written
    try:
        moment = datetime.fromisoformat(written)
    except (TypeError, ValueError):
        raise _mistake(where, written, "a time such as 2026-05-31T12:00:00Z, or µs since 1970") from None
    if moment.tzinfo is None:
        raise _mistake(where, written, "a time that ends in Z or an offset such as +02:00")
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _day(written: Any, where: str) -> date:
    try:
        return date.fromisoformat(written)
    except (TypeError, ValueError):
        raise _mistake(where, written, "a day such as 2026-05-31") from None


def _inside(where: str, name: object) -> str:
    return f"{where}.{name}" if where else str(name)


def _mistake(where: str, written: Any, wanted: str) -> CommandMistake:
    shown = repr(written)
    return CommandMistake(f"{where or 'the command'}: {shown[:60]} stands there; expected is {wanted}.")
