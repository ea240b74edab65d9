"""Aggregates and events to JSON text and back. Decoders are made once per class; a document that does not fit fails.

Dataclasses need nothing for it: dicts keyed by line numbers or enums, dates and nested tuples come back as they were.
What a class gained since a document was written gets its default; what it lost is left out.
"""

from collections.abc import Hashable
from functools import cache
from typing import Any, Final, TypeVar, cast

import msgspec

T = TypeVar("T")

_encode: Final = msgspec.json.Encoder().encode


class DocumentBroken(Exception):
    """A stored document is not what this version of the program expects: a newer one wrote it, or somebody's hand."""


def to_json(value: object) -> bytes:
    """`value` (dataclasses, enums, dates, tuples, dicts, plain values) as JSON, UTF-8. Raises TypeError for others."""
    return _encode(value)


def from_json(kind: type[T], text: str | bytes) -> T:
    """The value of this type. Raises DocumentBroken, saying where it does not fit; never says what stands there."""
    try:
        value: T = _decoder(cast("Hashable", kind)).decode(text)
    except msgspec.MsgspecError as error:
        raise DocumentBroken(f"a stored {getattr(kind, '__name__', kind)} cannot be read: {error}") from None
    return value


@cache
def _decoder(kind: Hashable) -> Any:
    return msgspec.json.Decoder(kind)


def raw(text: bytes) -> Any:
    """JSON that is put into other JSON as it is, neither parsed nor escaped."""
    return msgspec.Raw(text)
