"""A message as it came, without what is a person's: for those that are kept raw."""

from collections.abc import Callable
from typing import Final

from domain.persons import without_named_fields
from schemas.codec import Codec
from schemas.refusal import RegistryUnavailable, Undecodable

_PLAIN: Final = Codec()


def bare_with(codec: Codec) -> Callable[[str, bytes], bytes]:
    """(topic, value) → the value without a person; the very same where it held none, or cannot be read.

    `codec` reads what the worker reads. What is written again is framed as a single object, which every worker takes.
    """

    def bare(topic: str, value: bytes) -> bytes:
        try:
            record, raw = codec.read(topic, value)
        except (Undecodable, RegistryUnavailable):
            return value
        without = without_named_fields(raw)
        return value if without == raw else _PLAIN.encode(topic, record, without)

    return bare


def as_avro(text: str) -> bytes:
    """A string as Avro writes it: its length, zigzag and seven bits a byte, then its bytes."""
    octets = text.encode()
    size, made = len(octets) << 1, bytearray()
    while size > 0x7F:
        made.append(size & 0x7F | 0x80)
        size >>= 7
    made.append(size)
    return bytes(made) + octets
