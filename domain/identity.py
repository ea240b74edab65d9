"""Ids derived from their cause, so that whatever is done twice is recognisable (contract.md 4)."""

from hashlib import sha1

from domain.vocabulary import EntityType


def uuid5(namespace: bytes, name: str) -> str:
    """RFC 9562's version 5 of a namespace (16 bytes) and a name, as text: what uuid.uuid5 gives, at a fifth of its cost."""
    digest = bytearray(sha1(namespace + name.encode(), usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def octets(uuid: str) -> bytes:
    """The 16 bytes of a uuid as text, without what uuid.UUID understands beside. Raises ValueError for any other text."""
    digits = uuid.replace("-", "")
    found = bytes.fromhex(digits)
    if len(digits) != 32 or len(found) != 16:  # it overlooks blanks
        raise ValueError(f"{uuid!r} is no uuid")
    return found


class Ids:
    """Hands out the ids of everything new that one cause makes: uuid5(cause, "<entity_type>:<n>"), n from 0.

    One instance serves one handling of one input; the same input handled again gets the same ids.
    """

    def __init__(self, cause_id: str) -> None:
        self.cause_id = cause_id
        self._cause = octets(cause_id)
        self._made: dict[str, int] = {}

    def _next(self, name: str) -> str:
        n = self._made.get(name, 0)
        self._made[name] = n + 1
        return uuid5(self._cause, f"{name}:{n}")

    def new(self, entity_type: EntityType | str) -> str:
        """The id of the next new entity of this type ("leg" for legs, which are no entities of the contract)."""
        return self._next(str(entity_type))

    def event(self, entity_id: str) -> str:
        """The id of the next outbound event about this entity."""
        return self._next(f"event:{entity_id}")
