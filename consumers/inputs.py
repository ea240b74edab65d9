"""A message from Kafka as the loop handles it: decoded, or with what is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from operator import methodcaller
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

LARGEST_KEPT: Final = 4 * 1024 * 1024
"""Bytes of a value that are kept of a larger one: more than any topic takes, so that it stays too large, and less than a
dead letter can carry. A broker measures a compressed batch; what comes out of it may be a thousand times as much.
"""

LONGEST_KEY: Final = 2_000
"""Bytes that are kept of a key. No id that the contract allows makes a longer one, and PostgreSQL's indexes take none."""

_ASKED_FOR_HEADERS: Final = methodcaller("headers")
"""Not `raw.headers()`: the client answers and fails at the same time, which Python overlooks where it calls a method
directly, and stumbles over anywhere later. A call from C is looked at.
"""

NEVER_BLOCKING: Final = frozenset({"key_mismatch"})
"""Reasons under which a parked message says nothing about the others of its key."""


@dataclass(slots=True)
class Input:
    """`content`: the fact or command, None when there is a `fault` or an `answer` (the refusal of an
    invalid command, `occurred_at` not set yet).

    `identity` None: nothing tells a repetition (a dry run, a product, a stock level). `digest` is of the value without
    its framing, as hex. `parked_id`: it is parked and comes again. `alone`: what it awakens is parked, since together
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
        if message.value is not None and len(message.value) > LARGEST_KEPT:
            message = replace(message, value=message.value[:LARGEST_KEPT])
        return Input(message, fault=Fault(error.reason, error.sentence, type(error).__name__))
    except InvalidCommand as error:
        return _invalid(message, error)
    return Input(message, content, identity=_identity(message.topic, content), digest=digest(message.value))


def put_aside(message: AsReceived, parked_id: int = 0) -> Input:
    """A message that somebody parks, or has parked, before it was read: not decoded, so that it cannot kill the process.

    `parked_id`: it is parked already under this id, and was told to who reads dead letters.
    """
    fault = Fault("put_aside", "Put aside by hand before it was read.", "PutAside")
    return Input(message, fault=fault, parked_id=parked_id)


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
    texts = tuple((_text(name.encode()), _text(value or b"")) for name, value in _headers(raw))
    key: bytes | None = raw.key()
    if key is not None and len(key) > LONGEST_KEY:
        key = key[:LONGEST_KEY]
    return AsReceived(topic, partition, offset, key, raw.value(), texts)


def _headers(raw: Any) -> Sequence[tuple[str, bytes | None]]:
    """None where the name of one is no UTF-8, which the client cannot hand out: nothing that we do depends on them."""
    try:
        headers: Sequence[tuple[str, bytes | None]] = _ASKED_FOR_HEADERS(raw) or ()
    except (UnicodeDecodeError, SystemError):
        # The client keeps a list with a hole in it, and the process dies when the hole is looked at.
        raw.set_headers([])
        return ()
    return headers


def _text(octets: bytes) -> str:
    """What PostgreSQL can keep as text."""
    return octets.decode(errors="replace").replace("\0", "")
