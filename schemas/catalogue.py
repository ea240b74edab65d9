"""The project's own schemas: the .avsc files of the package, read once, with fingerprints, ready to write with."""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from fastavro import parse_schema

from schemas.framing import fingerprint
from schemas.guarded import guarded, without_timestamps
from schemas.topics import TOPICS, full_name, short_name

FOLDER: Final = "avro"
RECORDS: Final = tuple(record for topic in TOPICS.values() for record in topic.records)


@dataclass(frozen=True, slots=True, eq=False)
class RecordSchema:
    """One top-level record. `record` is the contract's name, `text` the file as shipped, `schema` its JSON.

    `reader` and `writer` are for fastavro: times are plain µs (int) in both, and `reader` refuses negative indexes.
    """

    record: str
    text: str
    schema: dict[str, Any]
    fingerprint: bytes
    reader: Any
    writer: Any

    @property
    def full_name(self) -> str:
        return full_name(self.record)


@cache
def schema_of(record: str) -> RecordSchema:
    """The schema of a record, by its contract name or full name. Raises KeyError when there is none."""
    name = short_name(record)
    if name not in RECORDS:
        raise KeyError(record)
    text = resources.files(__package__).joinpath(FOLDER, f"{full_name(name)}.avsc").read_text(encoding="utf-8")
    schema = json.loads(text)
    parsed = parse_schema(without_timestamps(schema))
    return RecordSchema(
        record=name,
        text=text,
        schema=schema,
        fingerprint=fingerprint(schema),
        reader=guarded(parsed),
        writer=parsed,
    )


@cache
def by_fingerprint(topic: str) -> dict[bytes, RecordSchema]:
    """The schemas of a topic's records by their fingerprints."""
    return {schema.fingerprint: schema for schema in map(schema_of, TOPICS[topic].records)}


def everything() -> tuple[RecordSchema, ...]:
    """Every top-level record of the contract."""
    return tuple(schema_of(record) for record in RECORDS)


def named_types(schema: Any) -> dict[str, Any]:
    """Every record and enum in a schema by its full name, outermost first."""
    found: dict[str, Any] = {}

    def walk(node: Any, namespace: str) -> None:
        if isinstance(node, list):
            for branch in node:
                walk(branch, namespace)
        elif isinstance(node, dict):
            name = node.get("name")
            if isinstance(name, str) and node.get("type") in ("record", "enum", "fixed"):
                namespace = node.get("namespace", namespace)
                found[name if "." in name else f"{namespace}.{name}"] = node
            for field in node.get("fields", ()):
                walk(field["type"], namespace)
            for part in ("items", "values"):
                walk(node.get(part), namespace)

    walk(schema, "")
    return found
