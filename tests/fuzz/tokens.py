"""Avro written piece by piece, so that single pieces can be replaced by what no honest writer would put there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any, Final

from schemas.catalogue import named_types

EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a value: `kind` is union, enum, count, end, number, flag or text; `value` what it holds.

    `sizes`: how many branches a union or symbols an enum has.
    """

    kind: str
    value: int | bytes
    sizes: int = 0

    def written(self) -> bytes:
        if isinstance(self.value, bytes):
            return varint(len(self.value)) + self.value if self.kind == "text" else self.value
        return bytes([self.value & 255]) if self.kind == "flag" else varint(self.value)


def varint(number: int) -> bytes:
    """A zig-zag number as Avro writes it; also of numbers that do not fit into 64 bits."""
    left = (number << 1) if number >= 0 else ((-number << 1) - 1)
    out = bytearray()
    while left > 127:
        out.append(left & 127 | 128)
        left >>= 7
    out.append(left)
    return bytes(out)


def tokens_of(schema: Any, value: Any) -> list[Token]:
    """A value in the pieces of its schema (JSON with named types described where they are first used)."""
    return list(_tokens(schema, value, named_types(schema)))


def _tokens(kind: Any, value: Any, types: Mapping[str, Any]) -> Iterator[Token]:
    if isinstance(kind, list):
        branch = kind.index("null") if value is None else next(i for i, one in enumerate(kind) if one != "null")
        yield Token("union", branch, len(kind))
        yield from _tokens(kind[branch], value, types)
    elif isinstance(kind, str):
        yield from _tokens(types[kind], value, types) if kind in types else _plain(kind, value)
    elif kind["type"] == "record":
        for field in kind["fields"]:
            yield from _tokens(field["type"], value[field["name"]], types)
    elif kind["type"] == "enum":
        yield Token("enum", kind["symbols"].index(value), len(kind["symbols"]))
    elif kind["type"] == "array":
        yield from _block(len(value))
        for item in value:
            yield from _tokens(kind["items"], item, types)
        yield Token("end", 0)
    elif kind["type"] == "map":
        yield from _block(len(value))
        for name, item in value.items():
            yield Token("text", name.encode())
            yield from _tokens(kind["values"], item, types)
        yield Token("end", 0)
    else:
        yield from _tokens(kind["type"], value, types)


def _block(length: int) -> Iterator[Token]:
    if length:
        yield Token("count", length)


def _plain(kind: str, value: Any) -> Iterator[Token]:
    if kind == "string":
        yield Token("text", value.encode())
    elif kind == "boolean":
        yield Token("flag", int(value))
    elif kind != "null":
        yield Token("number", (value - EPOCH).days if isinstance(value, date) else int(value))


MIN, MAX = -(2**63), 2**63 - 1
NUMBERS: Final = (
    0, 1, -1, 2, 9, 10, 99, 100, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 10**15, 10**15 + 1, -(10**15), MIN, MAX,
    MIN + 1, -62_135_596_800_000_000, -62_135_596_800_000_001, 253_402_300_799_999_999, 253_402_300_800_000_000,
    -719_162, -719_163, 2_932_896, 2_932_897, 1_790_000_000_000_000,
)  # fmt: skip
"""Limits of the types and of ours: the first and last µs and day of the years 0001 to 9999 among them."""

TEXTS: Final = (
    b"", b"\0", b"a\0b", b" ", b"\n", b":", b"web:", b"a:b", b"*", b"NaN", b"inf", b"-inf", b"1e999999", b"0.19", b"-0",
    b"0.1" + b"0" * 3_900, b"9" * 4_000, b"4111 1111 1111 1111", b"4111111111111111" * 200, b"UNKNOWN", b"EUR", b"eur",
    b"00000000-0000-4000-8000-000000000007", b"\xf0\x9f\xa7\xa5" * 50, b"\xe2\x80\xae\xe2\x80\x8f", b"\xef\xbb\xbf",
    b"\xef\xbf\xbf", b"\xcc\x81" * 900, b"'; DROP TABLE orders; --", b"{{7*7}}${7*7}<script>", b"../../etc/passwd",
    b"%s%n%x", b"x" * 200, b"x" * 201, b"x" * 4_000, b"x" * 4_001, b"x" * 100_001, b"\x1b[31m", b"-1", b"manager",
)  # fmt: skip
BAD_UTF8: Final = (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"abc\xe2\x82", b"\x80" * 40)
COUNTS: Final = (-1, -2, -(2**31), 2**31, 2**40, 2**62, MIN, MAX, 3, 1000, 100_000)
INDEXES: Final = (-1, -2, -3, -128, 7, 50, 2**31, 2**32, 2**40, MIN, MAX)
LENGTHS: Final = (-1, -2, MIN, MAX, 2**31, 2**31 - 1, 2**32, 1_000_000)
OVERLONG: Final = (b"\x80" * 9 + b"\x02", b"\x80" * 10 + b"\x01", b"\x80" * 2_000 + b"\x01", b"\xff" * 20, b"\x80\x00")


def well_formed(token: Token, chance: Random) -> Token:
    """Another value of the same kind, which Avro can hold: whether it can be meant is the edge's to say."""
    if token.kind == "text":
        return Token("text", chance.choice(TEXTS))
    if token.kind == "number":
        near = int(token.value) + chance.choice((-1, 1, 10, -10))
        return Token("number", chance.choice((*NUMBERS, near, chance.getrandbits(40))))
    if token.kind == "flag":
        return Token("flag", 1 - int(token.value))
    if token.kind == "enum":
        return Token("enum", chance.randrange(token.sizes), token.sizes)
    return token


def malformed(token: Token, chance: Random) -> Token:
    """What Avro does not allow there, or only just."""
    raw = _malformed(token, chance)
    return Token("raw", raw)


def _malformed(token: Token, chance: Random) -> bytes:
    if chance.random() < 0.1:
        return chance.choice(OVERLONG)
    if token.kind in ("union", "enum"):
        return varint(chance.choice((*INDEXES, token.sizes, token.sizes + 1)))
    if token.kind == "count":
        return _block_of(int(token.value), chance)
    if token.kind == "end":
        return varint(chance.choice((1, -1, *COUNTS)))
    if token.kind == "flag":
        return bytes([chance.choice((2, 3, 127, 255))])
    if token.kind == "text":
        text = bytes(token.value) if isinstance(token.value, bytes) else b""
        if chance.random() < 0.5:
            return Token("text", chance.choice(BAD_UTF8)).written()
        return varint(chance.choice((*LENGTHS, len(text) + 1, max(0, len(text) - 1)))) + text
    return varint(chance.choice((2**63, -(2**63) - 1, 2**64, 2**70, -(2**200))))


def _block_of(count: int, chance: Random) -> bytes:
    """The count of an array's or map's block: too many, too few, or negative with a size of its own, right or not."""
    wrong = chance.choice(COUNTS)
    if wrong < 0 or chance.random() < 0.2:
        return varint(-count if chance.random() < 0.5 else -abs(wrong)) + varint(chance.choice((*LENGTHS, 0, 5)))
    return varint(wrong)


def joined(tokens: Sequence[Token]) -> bytes:
    return b"".join(token.written() for token in tokens)
