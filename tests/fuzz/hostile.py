"""One hostile message a number: the same seed and number make the same message, on any machine."""

from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any, Final

from schemas.catalogue import schema_of
from schemas.codec import Registry
from schemas.framing import SINGLE_OBJECT, confluent_prefix
from schemas.keys import key_of
from schemas.refusal import NotRegistered, RegistryUnavailable, Undecodable
from schemas.topics import INBOUND, TOPICS
from tests.builders.wire import valid
from tests.fuzz.strangers import stranger
from tests.fuzz.tokens import Token, joined, malformed, tokens_of, well_formed

RECORDS: Final = tuple((topic, record) for topic in INBOUND for record in TOPICS[topic].records)
EVERY: Final = tuple((topic.name, record) for topic in TOPICS.values() for record in topic.records)
IDS: Final = {pair: number for number, pair in enumerate(EVERY, 1)}
STRANGER: Final = 100_000
"""The id under which the in-memory registry keeps the one schema of somebody else."""

Headers = list[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class Hostile:
    """A message as Kafka hands it over. `registry`: what the worker would ask; None: it has none. `way`: how it was made."""

    way: str
    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers
    registry: Registry | None


class InMemory:
    """A registry with our schemas and perhaps one stranger's; or one that is away. Ids are looked up as the real one does."""

    def __init__(self, record: str = "", text: str = "", *, away: bool = False) -> None:
        self._record, self._text, self._away = record, text, away

    def schema_id(self, topic: str, record: str) -> int:
        if (topic, record) not in IDS:
            raise NotRegistered(record)
        return IDS[topic, record]

    def writer_schema(self, topic: str, schema_id: int) -> tuple[str, str]:
        if self._away:
            raise RegistryUnavailable("away")
        if schema_id == STRANGER and self._record:
            return self._record, self._text
        for (owner, record), known in IDS.items():
            if known == schema_id and owner == topic:
                return record, schema_of(record).text
        raise Undecodable("schema_unknown", f"The registry has no schema {schema_id} under a subject of {topic}.")


HONEST: Final = InMemory()
AWAY: Final = InMemory(away=True)


@cache
def _tokens(record: str) -> tuple[Token, ...]:
    return tuple(tokens_of(schema_of(record).schema, valid(record)))


@cache
def _key(record: str) -> bytes:
    return key_of(record, valid(record)).encode()


def hostile(seed: int, number: int) -> Hostile:
    """The message of this number."""
    chance = Random(f"{seed}:{number}")
    topic, record = chance.choice(RECORDS)
    way = chance.choices(WAYS, WEIGHTS)[0]
    registry: Registry | None = HONEST if chance.random() < 0.5 else None
    value: bytes | None
    if way == "stranger":
        registry = InMemory(record, stranger(schema_of(record), chance))
        value = confluent_prefix(STRANGER) + _body(record, chance)
    elif way == "framing":
        value = _framing(topic, record, chance)
        registry = AWAY if registry and chance.random() < 0.1 else registry
    elif way == "null":
        value = None
    else:
        prefix = _prefix(topic, record, known=registry is not None)
        value = _MADE[way](prefix, record, chance)
    key = _key(record) if way in ("meant", "malformed") and chance.random() < 0.9 else _hostile_key(record, chance)
    return Hostile(way, topic, key, value, _headers(chance), registry)


def _prefix(topic: str, record: str, *, known: bool) -> bytes:
    return confluent_prefix(IDS[topic, record]) if known else _fingerprinted(record)


def _fingerprinted(record: str) -> bytes:
    return SINGLE_OBJECT + schema_of(record).fingerprint


def _changed(record: str, chance: Random, change: Any, most: int) -> list[Token]:
    tokens = list(_tokens(record))
    for _ in range(chance.randint(1, most)):
        place = chance.randrange(len(tokens))
        tokens[place] = change(tokens[place], chance)
    return tokens


def _body(record: str, chance: Random) -> bytes:
    change = chance.choice((well_formed, malformed))
    return joined(_changed(record, chance, change, 2))


def _meant(prefix: bytes, record: str, chance: Random) -> bytes:
    return prefix + joined(_changed(record, chance, well_formed, 4))


def _malformed(prefix: bytes, record: str, chance: Random) -> bytes:
    return prefix + joined(_changed(record, chance, malformed, 2))


def _bytes(prefix: bytes, record: str, chance: Random) -> bytes:
    """An honest value with bytes flipped, cut, doubled, put in or added."""
    made = bytearray(prefix + joined(_tokens(record)))
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(made) + 1)
        match chance.randrange(5):
            case 0:
                made[place : place + 1] = chance.randbytes(1)
            case 1:
                del made[place:]
            case 2:
                made[place:place] = made[place : place + chance.randint(1, 40)]
            case 3:
                made[place:place] = chance.randbytes(chance.randint(1, 20))
            case _:
                del made[place : place + chance.randint(1, 10)]
    return bytes(made)


def _noise(prefix: bytes, record: str, chance: Random) -> bytes:
    start = chance.choice((prefix, prefix, b"", prefix[:3], b"\0", b"\xc3\x01"))
    fill = chance.choice((b"", b"\0", b"\x02", b"\xff", b"\x80"))
    size = chance.choice((0, 1, 4, 10, 60, 300, 2_000))
    return start + (fill * size if fill else chance.randbytes(size))


def _giant(prefix: bytes, record: str, chance: Random) -> bytes:
    """Up to the topic's limit of whatever unfolds most, or ten times as much as any topic takes."""
    limit = next(TOPICS[topic].max_bytes for topic, name in RECORDS if name == record)
    size = chance.choice((limit, limit, limit + 1, 10_000_000))
    tokens = list(_tokens(record))
    places = [n for n, token in enumerate(tokens) if token.kind in ("text", "count")]
    place = chance.choice(places)
    before = prefix + joined(tokens[:place])
    if tokens[place].kind == "text":
        room = max(0, size - len(before) - len(joined(tokens[place + 1 :])) - 4)
        return before + Token("text", b"x" * room).written() + joined(tokens[place + 1 :])
    room = max(1, size - len(before) - 20)
    item = chance.choice((b"\0", b"\x02", b"\x02x"))
    return (before + Token("count", room // len(item)).written() + item * (room // len(item)))[:size]


def _framing(topic: str, record: str, chance: Random) -> bytes:
    """Ids and fingerprints of other topics, unknown and negative ones, and no framing at all."""
    other_topic, other = chance.choice(EVERY)
    body = joined(_tokens(chance.choice((record, other))))
    ids = (0, IDS[other_topic, other], STRANGER, 2**31 - 1, 2**31, 2**32 - 1, chance.getrandbits(32))
    prefix = chance.choice((
        confluent_prefix(chance.choice(ids)),
        _fingerprinted(other),
        b"\xc3\x01" + chance.randbytes(8),
        b"\xc3\x02" + _fingerprinted(record)[2:],
        chance.randbytes(5),
        b"",
        b"\0\0\0",
        b"PK\x03\x04",
        b"\x1f\x8b\x08\x00",
        b'{"event_id": "',
    ))  # fmt: skip
    return prefix + body


def _hostile_key(record: str, chance: Random) -> bytes | None:
    right = _key(record)
    keys = (None, b"", b"\0", b"\xff\xfe", b":", b"web:", right + b"\0", right.upper(), b"k" * 300_000, right, right,
            chance.randbytes(8), b"\xed\xa0\x80:x", "wéb:é".encode(), b"a:b:c")  # fmt: skip
    return chance.choice(keys)


def _headers(chance: Random) -> Headers:
    if chance.random() < 0.95:
        return []
    names = ("", "traceparent", "ce_id", "__connect.errors.topic", "ordercase_reason", "\0", "x" * 10_000, "\u202e")
    values = (None, b"", b"\0", b"\xff" * 20, b"x" * 5_000, b"00-0-0-0", chance.randbytes(30))
    return [(chance.choice(names), chance.choice(values)) for _ in range(chance.choice((1, 1, 3, 3, 3, 100)))]


_MADE: Final = {"meant": _meant, "malformed": _malformed, "bytes": _bytes, "noise": _noise, "giant": _giant}
WAYS: Final = (*_MADE, "framing", "stranger", "null")
WEIGHTS: Final = (300, 300, 120, 100, 3, 80, 80, 17)
