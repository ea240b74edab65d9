"""Bytes on the wire to facts and commands of the domain, and records to bytes. The hot path of every input."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final, Protocol

from fastavro import parse_schema, schemaless_reader, schemaless_writer

from schemas import lint
from schemas.catalogue import RecordSchema, by_fingerprint, schema_of
from schemas.edge import Invalid, edge_of
from schemas.edge_checks import check_together
from schemas.encoding import NOT_TAKEN, Encode, encoder
from schemas.framing import Frame, confluent_prefix, fingerprint, frame, single_object_prefix
from schemas.guarded import guarded, without_timestamps
from schemas.keys import gone, key_mistake
from schemas.refusal import InvalidCommand, Undecodable
from schemas.topics import COMMANDS, TOPICS, short_name

MAX_SCHEMA_TEXT: Final = 256 * 1024


class Registry(Protocol):
    """What the codec needs of a schema registry."""

    def writer_schema(self, topic: str, schema_id: int) -> tuple[str, str]:
        """(record, schema text) of an id of the topic's own subjects. Raises Undecodable, RegistryUnavailable."""
        ...

    def schema_id(self, topic: str, record: str) -> int:
        """The id under which our schema of the record is registered. Raises NotRegistered, RegistryUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class _Reading:
    """How to read bodies of one writer's schema. `reader` None: the writer's schema is ours."""

    record: str
    writer: Any
    reader: Any


@dataclass(frozen=True, slots=True)
class _Writing:
    """How to write values of one record: the framing, our own encoder, and the schema for what that does not take."""

    prefix: bytes
    encode: Encode
    writer: Any


class Codec:
    """Reads and writes values in both framings; without a registry it writes single objects.

    Not safe for use from several threads at once. What it learnt of schemas it keeps for ever.
    """

    def __init__(self, registry: Registry | None = None) -> None:
        self._registry = registry
        self._readings: dict[tuple[str, int | bytes | None], _Reading] = {}
        self._writings: dict[tuple[str, str], _Writing] = {}

    def decode(self, topic: str, key: bytes | None, value: bytes | None) -> Any:
        """The fact or command (a dataclass of domain.facts or domain.commands) in a message of an inbound topic.

        Raises Undecodable (park it), InvalidCommand (answer it), RegistryUnavailable (try again later).
        """
        if value is None:
            return gone(topic, key)
        record, raw = self.read(topic, value)
        model = edge_of(record)
        if topic == COMMANDS:
            return model.to_domain(_checked_command(record, key, raw))
        try:
            checked = model.check(raw)
            check_together(record, checked)
        except Invalid as invalid:
            raise Undecodable("invalid_value", f"{record}: {invalid.mistakes[0].sentence}") from None
        mistake = key_mistake(record, key, checked)
        if mistake is not None:
            raise Undecodable("key_mismatch", mistake)
        return model.to_domain(checked)

    def read(self, topic: str, value: bytes) -> tuple[str, dict[str, Any]]:
        """(record, its fields) of a message of any topic, as Avro says it: times in µs, symbols as text.

        Raises Undecodable and RegistryUnavailable; nothing but the Avro schema has been checked.
        """
        limit = TOPICS[topic].max_bytes
        if len(value) > limit:
            raise Undecodable("too_large", f"{len(value)} bytes on {topic}, which takes at most {limit}.")
        framed = frame(value)
        known = framed.fingerprint if framed.schema_id is None else framed.schema_id
        reading = self._readings.get((topic, known))
        if reading is None:
            reading = self._readings[topic, known] = self._reading(topic, framed)
        return reading.record, _body(reading, value, framed.body)

    def _reading(self, topic: str, framed: Frame) -> _Reading:
        if framed.schema_id is None:
            ours = by_fingerprint(topic).get(framed.fingerprint or b"")
            if ours is None:
                shown = (framed.fingerprint or b"").hex()
                raise Undecodable("schema_unknown", f"The fingerprint {shown} is of no schema of {topic}.")
            return _Reading(ours.record, ours.reader, None)
        if self._registry is None:
            raise Undecodable(
                "schema_unresolvable",
                f"The value names schema {framed.schema_id} of a registry; ORDERCASE_SCHEMA_REGISTRY_URL is not set.",
            )
        name, text = self._registry.writer_schema(topic, framed.schema_id)
        record = short_name(name)
        if record not in TOPICS[topic].records:
            raise Undecodable("unknown_record", f"{record} does not belong on {topic}.")
        return _foreign(schema_of(record), text)

    def encode(self, topic: str, record: str, value: Mapping[str, Any]) -> bytes:
        """The framed value of a record. Times are int µs, dates `date`; missing fields take defaults.

        Raises ValueError for a field too many or without a value, TypeError for a value of another type, KeyError for a
        record that is not the topic's.
        """
        writing = self._writings.get((topic, record))
        if writing is None:
            writing = self._writings[topic, record] = self._writing(topic, schema_of(record))
        try:
            return writing.prefix + writing.encode(value)
        except NOT_TAKEN:
            body = BytesIO()
            body.write(writing.prefix)
            schemaless_writer(body, writing.writer, value, strict_allow_default=True)
            return body.getvalue()

    def _writing(self, topic: str, schema: RecordSchema) -> _Writing:
        if schema.record not in TOPICS[topic].records:
            raise KeyError(f"{schema.record} does not belong on {topic}")
        if self._registry is None:
            prefix = single_object_prefix(schema.schema)
        else:
            prefix = confluent_prefix(self._registry.schema_id(topic, schema.record))
        return _Writing(prefix, encoder(schema.writer), schema.writer)


def _body(reading: _Reading, value: bytes, start: int) -> dict[str, Any]:
    stream = BytesIO(value)
    stream.seek(start)
    try:
        raw: Any = schemaless_reader(stream, reading.writer, reading.reader)
    except Exception as error:
        raise Undecodable(
            "undecodable", f"The bytes are no {reading.record} of their schema ({type(error).__name__})."
        ) from error
    if stream.tell() != len(value):
        over = len(value) - stream.tell()
        raise Undecodable("undecodable", f"{over} bytes are left over after the {reading.record}.")
    made: dict[str, Any] = raw
    return made


def _foreign(ours: RecordSchema, text: str) -> _Reading:
    """How to read what somebody wrote with a schema of a registry: as ours, or resolved to ours once it is found safe."""
    if len(text) > MAX_SCHEMA_TEXT:
        raise Undecodable("schema_refused", f"A schema of {len(text)} characters; {MAX_SCHEMA_TEXT} are the most.")
    try:
        schema = json.loads(text)
    except (ValueError, RecursionError):
        raise Undecodable("schema_refused", "The registered schema is no JSON that can be read.") from None
    mistakes = lint.writer_schema(schema) or lint.same_meaning(schema, ours.schema)
    if mistakes:
        raise Undecodable("schema_refused", f"The writer's schema of {ours.record}: {mistakes[0]}.")
    try:
        if fingerprint(schema) == ours.fingerprint:
            return _Reading(ours.record, ours.reader, None)
        return _Reading(ours.record, guarded(parse_schema(without_timestamps(schema))), ours.writer)
    except Exception as error:
        raise Undecodable(
            "schema_refused", f"The writer's schema of {ours.record} cannot be read ({type(error).__name__})."
        ) from error


def _checked_command(record: str, key: bytes | None, raw: dict[str, Any]) -> dict[str, Any]:
    try:
        checked = edge_of(record).check(raw)
        check_together(record, checked)
    except Invalid as invalid:
        raise InvalidCommand(raw["command_id"], invalid.mistakes[0].sentence, dry_run=raw["dry_run"]) from None
    mistake = key_mistake(record, key, checked)
    if mistake is not None:
        raise InvalidCommand(raw["command_id"], mistake, dry_run=raw["dry_run"])
    return checked
