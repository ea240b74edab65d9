"""A message from Kafka as the loop handles it: decoded, or with what is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

from consumers.rules import Decode
from domain.commands import Command
from domain.facts import Fact
from domain.world import Reply
from schemas.outbound import answer_to
from schemas.refusal import InvalidCommand, Undecodable
from schemas.topics import COMMANDS
from storage.inbox import Identity
from storage.messages import AsReceived
from storage.parking import Fault

NEVER_BLOCKING: Final = frozenset({"key_mismatch"})
"""Reasons under which a parked message says nothing about the others of its key."""


@dataclass(slots=True)
class Input:
    """`content`: the fact or command, None when there is a `fault` or an `answer` (the refusal of an
    invalid command, `occurred_at` not set yet).

    `identity` None: nothing tells a repetition (a dry run, a product, a stock level). `digest` is of the value without
    its framing, as hex. `parked_id`: it is parked and tried again. `alone`: what it awakens is parked, since together
    with it PostgreSQL refused it.
    """

    message: AsReceived
    content: Any = None
    fault: Fault | None = None
    answer: Reply | None = None
    identity: Identity | None = None
    digest: str = ""
    parked_id: int = 0
    alone: bool = False

    @property
    def is_command(self) -> bool:
        return self.message.topic == COMMANDS


def read(decode: Decode, message: AsReceived) -> Input:
    """Decodes a message. Raises RegistryUnavailable; anything else that is wrong with it becomes its fault."""
    try:
        content = decode(message.topic, message.key, message.value)
    except Undecodable as error:
        return Input(message, fault=Fault(error.reason, error.sentence, type(error).__name__))
    except InvalidCommand as error:
        return _invalid(message, error)
    return Input(message, content, identity=_identity(message.topic, content), digest=digest(message.value))


def put_aside(message: AsReceived) -> Input:
    """A message that somebody parked before it was read: not decoded, so that it cannot kill the process again."""
    return Input(message, fault=Fault("put_aside", "Put aside by hand before it was read.", "PutAside"))


def digest(value: bytes | None) -> str:
    """Tells contents apart, whatever they are framed in (confluent: 5 bytes, single object: 10)."""
    framing = 5 if value is not None and value[:1] == b"\0" else 10
    return blake2b((value or b"")[framing:], digest_size=16).hexdigest()


def _identity(topic: str, content: Any) -> Identity | None:
    if isinstance(content, Command):
        return None if content.dry_run else (topic, content.command_id)
    return (topic, content.event_id) if isinstance(content, Fact) else None


def _invalid(message: AsReceived, error: InvalidCommand) -> Input:
    remembered = not error.dry_run and _is_uuid(error.command_id)
    identity = (message.topic, error.command_id) if remembered else None
    return Input(message, answer=answer_to(error, 0), identity=identity, digest=digest(message.value))


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def as_received(raw: Any) -> AsReceived:
    """A confluent_kafka.Message as a value. Raises ValueError for an event of the client that is no message."""
    topic, partition, offset = raw.topic(), raw.partition(), raw.offset()
    if topic is None or partition is None or offset is None:
        raise ValueError("a message without topic, partition or offset")
    headers: Sequence[tuple[str, bytes | None]] = raw.headers() or ()
    texts = tuple((name, (value or b"").decode(errors="replace").replace("\0", "")) for name, value in headers)
    return AsReceived(topic, partition, offset, raw.key(), raw.value(), texts)
