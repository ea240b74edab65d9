"""Schemas made ready for reading bytes of strangers with fastavro.

fastavro looks branches of unions and symbols of enums up in Python lists, so that an index of -1 reads the last one
without a word. A re-encoding of every value would find that out and cost as much as the decoding. Instead the lists
are replaced by lists whose look-up is a dictionary's: the same speed, and any index that is not there, below 0 too,
is a KeyError. `tests/unit/schemas/test_schemas_hostile.py` holds this against the fastavro that is installed.
"""

from typing import Any, Final

_NO_LENGTH: Final = ().__len__
"""Answers 0: the C code adds the length to a negative index before it looks it up, which must leave it negative."""


def _strict_list(items: list[Any]) -> list[Any]:
    kind = type("StrictList", (list,), {"__getitem__": dict(enumerate(items)).__getitem__, "__len__": _NO_LENGTH})
    made: list[Any] = kind(items)
    return made


def guarded(parsed: Any) -> Any:
    """A copy of a schema parsed by fastavro that refuses indexes outside 0 … n - 1, as a writer's schema for reading.

    Good for reading only, and never parsed again. A type named several times stays one object.
    """
    done: dict[int, Any] = {}

    def record(node: dict[str, Any]) -> dict[str, Any]:
        copy: dict[str, Any] = {}
        done[id(node)] = copy
        for key, part in node.items():
            if key == "symbols":
                copy[key] = _strict_list(part)
            elif key == "fields":
                copy[key] = [{**field, "type": walk(field["type"])} for field in part]
            elif key == "__named_schemas":
                copy[key] = {name: walk(named) for name, named in part.items()}
            else:
                copy[key] = walk(part) if key in ("type", "items", "values") else part
        return copy

    def walk(node: Any) -> Any:
        if id(node) in done:
            return done[id(node)]
        if isinstance(node, list):
            return _strict_list([walk(branch) for branch in node])
        return record(node) if isinstance(node, dict) else node

    return walk(parsed)


def without_timestamps(schema: Any) -> Any:
    """A copy of a schema (JSON) whose `timestamp-micros` are plain longs: the domain's own times, nothing to convert."""
    if isinstance(schema, list):
        return [without_timestamps(branch) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") == "long" and schema.get("logicalType") == "timestamp-micros":
        return "long"
    copy = dict(schema)
    for key in ("type", "items", "values"):
        if key in copy:
            copy[key] = without_timestamps(copy[key])
    if "fields" in copy:
        copy["fields"] = [{**field, "type": without_timestamps(field["type"])} for field in copy["fields"]]
    return copy
