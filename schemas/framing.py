"""The two framings of a value: a registry's schema id, or a fingerprint of the schema itself (contract.md 1)."""

import struct
from dataclasses import dataclass
from typing import Any, Final

from fastavro.schema import fingerprint as canonical_fingerprint
from fastavro.schema import to_parsing_canonical_form

from schemas.refusal import Undecodable

CONFLUENT: Final = b"\x00"
SINGLE_OBJECT: Final = b"\xc3\x01"
CONFLUENT_LENGTH: Final = 5
SINGLE_OBJECT_LENGTH: Final = 10


def fingerprint(schema: Any) -> bytes:
    """CRC-64-AVRO of a schema (JSON as Python values) as it stands on the wire: `"int"` gives 8f5c393f1ad57572.

    It is taken over the Parsing Canonical Form, which knows nothing of logical types, defaults and docs.
    """
    return bytes.fromhex(canonical_fingerprint(to_parsing_canonical_form(schema), "CRC-64-AVRO"))


def confluent_prefix(schema_id: int) -> bytes:
    """0x00 and the id, big endian."""
    return CONFLUENT + struct.pack(">I", schema_id)


def single_object_prefix(schema: Any) -> bytes:
    """C3 01 and the schema's fingerprint."""
    return SINGLE_OBJECT + fingerprint(schema)


@dataclass(frozen=True, slots=True)
class Frame:
    """How a value is framed. Exactly one of `schema_id` and `fingerprint` is set; the Avro body begins at `body`."""

    schema_id: int | None
    fingerprint: bytes | None
    body: int


def frame(value: bytes) -> Frame:
    """Reads the framing of a value. Raises Undecodable when it is neither of the two."""
    if value[:1] == CONFLUENT and len(value) >= CONFLUENT_LENGTH:
        return Frame(struct.unpack_from(">I", value, 1)[0], None, CONFLUENT_LENGTH)
    if value[:2] == SINGLE_OBJECT and len(value) >= SINGLE_OBJECT_LENGTH:
        return Frame(None, value[2:SINGLE_OBJECT_LENGTH], SINGLE_OBJECT_LENGTH)
    raise Undecodable(
        "undecodable",
        f"{len(value)} bytes that begin with {value[:2].hex() or 'nothing'}; expected is 00 and a schema id, "
        "or c301 and a fingerprint, and then Avro",
    )
