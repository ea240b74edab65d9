"""What all outbound records share: how they begin, how parts of the state become rows, and the message around them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any, Final

import msgspec

from domain.actors import ActorRef
from domain.making import quickly_made
from domain.world import Step
from schemas.catalogue import everything, named_types
from schemas.topics import TOPIC_OF, full_name

Value = dict[str, Any]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@quickly_made
@dataclass(frozen=True, slots=True)
class Outbound:
    """One message to publish. `record` is the contract's name, `value` ready for `Codec.encode`, `event_id` a uuid."""

    topic: str
    key: str
    record: str
    value: Value
    headers: tuple[tuple[str, str], ...]
    event_id: str


@lru_cache(maxsize=64)
def instant(micros: int) -> str:
    """µs since 1970 UTC as RFC 3339 text."""
    return (_EPOCH + timedelta(microseconds=micros)).isoformat().replace("+00:00", "Z")


def outbound(
    record: str, key: str, subject: str, value: Value, *, event_id: str, cause_id: str, group_id: str
) -> Outbound:
    """The message of a record, with the CloudEvents headers of contract.md 1. `subject` is the entity's id."""
    headers = (
        ("ce_specversion", "1.0"),
        ("ce_id", event_id),
        ("ce_source", f"/ordercase/{group_id}"),
        ("ce_type", full_name(record)),
        ("ce_time", instant(value["occurred_at"])),
        ("ce_subject", subject),
        ("ce_correlationid", cause_id),
        ("ce_causationid", cause_id),
        ("content-type", "application/avro"),
    )
    return Outbound(TOPIC_OF[record], key, record, value, headers, event_id)


@cache
def names(record: str) -> tuple[str, ...]:
    """The fields of a record of the contract, nested ones too, in their order."""
    return tuple(field["name"] for field in _types()[full_name(record)]["fields"])


@cache
def _types() -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for schema in everything():
        found |= named_types(schema.schema)
    return found


def plain(part: Any) -> Any:
    """A dataclass of the domain, and all within, as dictionaries and lists; dates stay dates. None stays None."""
    return msgspec.to_builtins(part, builtin_types=(date,))


@cache
def _getter(fields: tuple[str, ...]) -> Any:
    return attrgetter(*fields)


def row(record: str, part: Any, **others: Any) -> Value:
    """A nested record from attributes of the same names; `others` are the fields that have no such attribute."""
    fields = tuple(name for name in names(record) if name not in others)
    return dict(zip(fields, _getter(fields)(part), strict=True)) | others


def rows(record: str, parts: Iterable[Any]) -> list[Value]:
    """Nested records whose fields are all attributes of the parts."""
    return [row(record, part) for part in parts]


def actor(ref: ActorRef) -> Value:
    """Who did it, as cases.ActorRef."""
    return {"id": ref.id, "name": ref.name, "kind": ref.kind}


def beginning(step: Step, before: Any, after: Any) -> Value:
    """How every record of `cases` and `postsales` begins. `before` None: the entity is new with this step."""
    return {
        **cause(step),
        "version": after.version,
        "previous_state": before.state if before is not None else None,
        "state": after.state,
        "created_at": after.created_at,
        "created_by": actor(after.created_by),
    }


def cause(step: Step) -> Value:
    """Event id, time, cause and actor: all that a record about no state begins with."""
    if not step.event_id:
        raise ValueError(f"a step of {type(step.event).__name__} on {step.ref.kind} {step.ref.key} has no event id")
    return {
        "event_id": step.event_id,
        "occurred_at": step.stamp.at,
        "cause_id": step.stamp.cause_id,
        "actor": actor(step.stamp.actor),
    }
