"""The way to a schema registry (Confluent's interface): ids of our schemas, schemas of strangers' ids, registration.

The worker looks up and never registers; `ordercase schemas register` does, under `<topic>-<record full name>`.
"""

import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Self, TypeVar

import httpx2
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from schemas import lint
from schemas.catalogue import RecordSchema, schema_of
from schemas.refusal import NotRegistered, RegistryUnavailable, Undecodable
from schemas.topics import TOPICS, full_name, subject

T = TypeVar("T")

TIMEOUT_SECONDS: Final = 5
UNKNOWN_SECONDS: Final = 30
"""For so long an id that the registry does not know is not asked for again."""
MOST_UNKNOWN: Final = 1_000

_NO: Final = frozenset({400, 404, 409, 422})
"""Not found, not taken, or no question that it can answer: asking again gives the same. An id on the wire is anybody's
choice, and must not make the worker wait for an answer that never comes.
"""
_NOT_YOU: Final = frozenset({401, 403})

BIGGEST_ID: Final = 2**31 - 1
"""Registries count with a signed int; on the wire there may be more."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What the registry and our lint say of one of our schemas; `problems` empty: it may be registered (or is)."""

    subject: str
    registered: bool
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Registered:
    subject: str
    schema_id: int


class Registry:
    """Not safe for use from several threads at once. Ids and schemas that were found are kept for ever."""

    def __init__(self, url: str, user: str | None = None, password: str | None = None) -> None:
        settings: dict[str, Any] = {
            "url": url, "timeout": TIMEOUT_SECONDS, "max.retries": 1, "retries.wait.ms": 100, "retries.max.wait.ms": 500,
        }  # fmt: skip
        if user:
            settings["basic.auth.user.info"] = f"{user}:{password or ''}"
        self._client = SchemaRegistryClient(settings)
        self._ids: dict[tuple[str, str], int] = {}
        self._unknown: dict[tuple[str, int], float] = {}

    def close(self) -> None:
        """Lets the connections go; `with` does the same."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def schema_id(self, topic: str, record: str) -> int:
        """The id under which our present schema of the record is registered for the topic.

        Raises NotRegistered and RegistryUnavailable.
        """
        known = self._ids.get((topic, record))
        if known is None:
            ours = schema_of(record)
            found = self._look_up(subject(topic, record), ours.text)
            if found is None:
                raise NotRegistered(
                    f"{subject(topic, record)} does not hold this version's schema; run: ordercase schemas register"
                )
            known = self._ids[topic, record] = found
        return known

    def writer_schema(self, topic: str, schema_id: int) -> tuple[str, str]:
        """(record, schema text) of an id that stands under one of the topic's own subjects.

        One that schema_id has found before is not asked for. Raises Undecodable `schema_unknown` for any other id,
        RegistryUnavailable when nobody answers.
        """
        for ours in TOPICS[topic].records:
            if self._ids.get((topic, ours)) == schema_id:
                return ours, schema_of(ours).text
        until = self._unknown.get((topic, schema_id), 0.0)
        if schema_id <= BIGGEST_ID and until < time.monotonic():
            found = self._asked(lambda: self._client.get_schema(schema_id))
            text = "" if found is None else str(found.schema_str)
            record = _record_of(topic, text)
            if record is not None and self._look_up(subject(topic, record), text) is not None:
                return record, text
            self._remember_unknown(topic, schema_id)
        raise Undecodable("schema_unknown", f"The registry has no schema {schema_id} under a subject of {topic}.")

    def _remember_unknown(self, topic: str, schema_id: int) -> None:
        if len(self._unknown) >= MOST_UNKNOWN:
            self._unknown.clear()
        self._unknown[topic, schema_id] = time.monotonic() + UNKNOWN_SECONDS

    def check(self) -> list[Checked]:
        """What would keep each of our schemas from being registered: incompatible, or changed in a way nobody may."""
        return [self._checked(topic, schema_of(record)) for topic, record in _all()]

    def _checked(self, topic: str, ours: RecordSchema) -> Checked:
        name = subject(topic, ours.record)
        if self._look_up(name, ours.text) is not None:
            return Checked(name, registered=True, problems=())
        problems = []
        for version in self._asked(lambda: self._client.get_versions(name)) or ():
            before = self._asked(lambda version=version: self._client.get_version(name, version))  # type: ignore[misc]
            if before is not None:
                problems += lint.change(json.loads(str(before.schema.schema_str)), ours.schema)
        compatible = self._asked(lambda: self._client.test_compatibility_all_versions(name, _schema(ours.text)))
        if compatible is False:
            problems.append(f"not compatible with what is registered ({TOPICS[topic].compatibility} is asked for)")
        return Checked(name, registered=False, problems=tuple(dict.fromkeys(problems)))

    def register_all(self) -> list[Registered]:
        """Registers every schema of every topic with its compatibility level; what is there already stays.

        Raises ValueError naming every schema that may not be registered (then nothing is), and RegistryUnavailable.
        """
        wrong = [f"{checked.subject}: {problem}" for checked in self.check() for problem in checked.problems]
        if wrong:
            raise ValueError("; ".join(wrong))
        return [self._register(topic, schema_of(record)) for topic, record in _all()]

    def _register(self, topic: str, ours: RecordSchema) -> Registered:
        name, level = subject(topic, ours.record), TOPICS[topic].compatibility
        schema_id = self._asked(lambda: self._client.register_schema(name, _schema(ours.text)))
        if schema_id is None:
            # Refused, or registered a moment ago: by somebody else, or by this very question, whose answer was lost.
            schema_id = self._look_up(name, ours.text)
        if schema_id is None:
            raise ValueError(f"{name}: the registry did not take the schema")
        if self._asked(lambda: self._client.set_compatibility(name, level)) is None:
            raise ValueError(f"{name}: the registry did not take the compatibility level {level}")
        self._ids[topic, ours.record] = schema_id
        return Registered(name, schema_id)

    def _look_up(self, name: str, text: str) -> int | None:
        """The id of a schema under a subject, None when it is not there."""
        found = self._asked(lambda: self._client.lookup_schema(name, _schema(text)))
        return None if found is None or found.schema_id is None else found.schema_id

    @staticmethod
    def _asked(question: Callable[[], T]) -> T | None:
        """The registry's answer, None for "no". Raises RegistryUnavailable for everything that may pass."""
        try:
            return question()
        except SchemaRegistryError as error:
            if error.http_status_code in _NO:
                return None
            if error.http_status_code in _NOT_YOU:
                raise RegistryUnavailable(
                    f"The schema registry refuses the login ({error.http_status_code}); see"
                    " ORDERCASE_SCHEMA_REGISTRY_USER and _PASSWORD."
                ) from error
            raise RegistryUnavailable(f"The schema registry answered {error.http_status_code}.") from error
        except (httpx2.HTTPError, OSError) as error:
            if (why := _unsafe(error)) is not None:
                raise RegistryUnavailable(
                    f"No safe connection to the schema registry: {why}; SSL_CERT_FILE names an authority of your own."
                ) from error
            raise RegistryUnavailable(f"The schema registry did not answer ({type(error).__name__}).") from error
        except Exception as error:
            # The client takes the answer apart without looking: what it stumbles over depends on what it was sent.
            raise RegistryUnavailable(f"The schema registry answers nonsense ({type(error).__name__}).") from error


def _unsafe(error: BaseException | None) -> str | None:
    """What TLS says of the connection, wherever in what led to the error; None when it was something else."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted ({error.verify_message})"
        if isinstance(error, ssl.SSLError):
            return f"TLS ends with {error.reason or type(error).__name__}"
        error = error.__cause__ or error.__context__
    return None


def _schema(text: str) -> Schema:
    return Schema(text, "AVRO")


def _all() -> list[tuple[str, str]]:
    return [(topic.name, record) for topic in TOPICS.values() for record in topic.records]


def _record_of(topic: str, text: str) -> str | None:
    """Which of the topic's records a schema describes, by its full name."""
    try:
        schema = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(schema, dict):
        return None
    name, namespace = str(schema.get("name", "")), schema.get("namespace")
    full = f"{namespace}.{name}" if namespace and "." not in name else name
    return next((record for record in TOPICS[topic].records if full_name(record) == full), None)
