"""Parked messages as they go to `ordercase.dead-letters.v1`: the original bytes, the reason in headers."""

from typing import Final
from uuid import UUID, uuid5

from schemas.topics import DEAD_LETTERS
from storage.messages import AsReceived
from storage.outbox import Message
from storage.parking import Fault

_NAMESPACE: Final = UUID("7f0bb3c4-5a3b-5c1e-9d4d-6a0f5b1f3c11")
_CONVERTER: Final = frozenset({"Undecodable", "PutAside"})


def dead_letter(group_id: str, message: AsReceived, fault: Fault) -> Message:
    """The export of a parked message. Its id derives from where the message came from, so a second one is recognised."""
    place = f"{group_id}|{message.topic}|{message.partition}|{message.offset}|{fault.reason}"
    stage = "VALUE_CONVERTER" if fault.error_class in _CONVERTER else "TASK_PUT"
    headers = (
        ("__connect.errors.topic", message.topic),
        ("__connect.errors.partition", str(message.partition)),
        ("__connect.errors.offset", str(message.offset)),
        ("__connect.errors.stage", stage),
        ("__connect.errors.exception.class.name", fault.error_class),
        ("__connect.errors.exception.message", fault.sentence),
        ("ordercase_reason", fault.reason),
    )
    return Message(str(uuid5(_NAMESPACE, place)), DEAD_LETTERS, message.key, message.value, headers)
