"""Avro encoders written once per schema as Python code: what fastavro writes, byte for byte, at a third of its cost.

fastavro walks the schema again for every value, comparing the names of types and validating the branches of unions on
the way. Here that walk is made once: a record becomes a function that joins the bytes of its fields. It takes the values
that our records are made of; at any other it raises, and whoever called asks fastavro, which knows the rest of Avro and
says what is wrong. `tests/unit/test_schemas_encoding.py` holds the two against each other.
"""

from collections.abc import Callable, Mapping
from datetime import date
from itertools import count
from typing import Any, Final

Encode = Callable[[Mapping[str, Any]], bytes]

NOT_TAKEN: Final = (AttributeError, LookupError, TypeError, ValueError)
"""What an encoder raises at a value that it does not take: it reads on until something does not work."""

_EPOCH: Final = date(1970, 1, 1).toordinal()

_KEPT: Final = 4096
"""How many numbers, and maps of a schema, are remembered as bytes. Then it begins anew, which costs less than choosing."""

_MORE: Final = [bytes((bits & 0x7F | 0x80, bits >> 7 | 0x80)) for bits in range(1 << 14)]
"""Fourteen bits of a number that does not end with them."""


class _Numbers(dict[int, bytes]):
    """The zigzag varints of integers of so many bits. Raises ValueError for larger ones."""

    def __init__(self, bits: int) -> None:
        super().__init__()
        self._beyond = 1 << bits - 1

    def __missing__(self, number: int) -> bytes:
        if not -self._beyond <= number < self._beyond:
            raise ValueError(f"{number} is too large")
        rest = number << 1 if number >= 0 else ~(number << 1)
        made = b""
        while rest >= 1 << 14:
            made += _MORE[rest & 0x3FFF]
            rest >>= 14
        made += bytes((rest,)) if rest < 1 << 7 else bytes((rest & 0x7F | 0x80, rest >> 7))
        if len(self) >= _KEPT:
            self.clear()
        self[number] = made
        return made


_INTS: Final = _Numbers(32)
_LONGS: Final = _Numbers(64)


def _refuse(value: object) -> bytes:
    raise TypeError(f"a {type(value).__name__} that the schema has no place for")


def encoder(parsed: Mapping[str, Any]) -> Encode:
    """The encoder of a record's schema as fastavro has parsed it: it raises one of NOT_TAKEN for what it does not take.

    Raises ValueError for what none of our schemas has: unions of others than null and one type, types within themselves,
    maps of records, fixed, bytes, floating point, logical types but dates.
    """
    writing = _Writing()
    made: Encode = writing.scope[writing.record(parsed)]
    return made


class _Writing:
    """The code of one schema while it is written.

    `scope`: what the code can name; `_types`: per named type met so far the expression of its bytes, {} for the value.
    """

    def __init__(self) -> None:
        self.scope: dict[str, Any] = {"ints": _INTS, "longs": _LONGS, "refuse": _refuse}
        self._types: dict[str, str] = {}
        self._names = map("n{}".format, count())

    def record(self, schema: Mapping[str, Any]) -> str:
        """Writes the function of a record and answers its name: all bytes in one join, when no field is a stranger."""
        parts: list[str] = []
        for field in schema["fields"]:
            name = repr(field["name"])
            value = f"record.get({name}, {self._kept(field['default'])})" if "default" in field else f"record[{name}]"
            parts += self._parts(field["type"], value)
        fields = self._kept(frozenset(field["name"] for field in schema["fields"]))
        return self._function(
            "record",
            f"if len(record) != {len(schema['fields'])} and not {fields}.issuperset(record):",
            "    refuse(record)",
            f"return b''.join(({', '.join(parts)},))",
        )

    def _function(self, parameter: str, *lines: str) -> str:
        name = next(self._names)
        text = "\n    ".join((f"def {name}({parameter}):", *lines))
        exec(text, self.scope)  # noqa: S102 - nothing of others is in it but our schemas' field names, quoted
        return name

    def _kept(self, thing: object) -> str:
        """A name under which the code finds a thing."""
        name = next(self._names)
        self.scope[name] = thing
        return name

    def _parts(self, schema: Any, value: str) -> list[str]:
        """Expressions of the bytes of a value, to be worked out in this order; only the first reads `value`, once."""
        held = next(self._names)
        kind = schema["type"] if isinstance(schema, dict) else schema
        if isinstance(schema, list):
            if len(schema) != 2 or schema[0] != "null":
                raise ValueError(f"a union of {schema}")
            given = " + ".join(self._parts(schema[1], held))
            return [f"(b'\\0' if ({held} := {value}) is None else b'\\2' + {given})"]
        if isinstance(schema, dict) and "logicalType" in schema:
            if schema["logicalType"] != "date":
                raise ValueError(f"a {schema['logicalType']}")
            return [f"ints[{value}.toordinal() - {_EPOCH}]"]
        if kind in ("int", "long"):
            return [f"({kind}s[{held}] if type({held} := {value}) is int else refuse({held}))"]
        if kind == "boolean":
            return [f"(b'\\1' if ({held} := {value}) is True else b'\\0' if {held} is False else refuse({held}))"]
        if kind == "string":
            return [f"longs[len({held} := {value}.encode())]", held]
        if kind == "array":
            item = next(self._names)
            items = f"*[{' + '.join(self._parts(schema['items'], item))} for {item} in {held}]"
            return [f"(b''.join((longs[len({held})], {items}, b'\\0')) if len({held} := {value}) else b'\\0')"]
        return [self._named(schema).format(value)]

    def _named(self, schema: Any) -> str:
        """What is written once, however often it occurs: records, enums, and maps though they have no name."""
        if isinstance(schema, str) and schema in self._types:
            return self._types[schema]
        kind = schema["type"] if isinstance(schema, dict) else None
        if kind == "map":
            return self._map(schema["values"]) + "({})"
        if kind == "enum":
            made = self._kept({symbol: _LONGS[place] for place, symbol in enumerate(schema["symbols"])}) + "[{}]"
        elif kind == "record":
            made = self.record(schema) + "({})"
        else:
            raise ValueError(f"no encoder for {schema}")
        self._types[schema["name"]] = made
        return made

    def _map(self, values: Any) -> str:
        """Writes the function of a map and answers its name. The same few maps (where the units of a line are) come again
        and again: their bytes are remembered by all that is in them."""
        if values not in ("int", "long", "string"):
            raise ValueError(f"a map of {values}")
        known = self._kept({})
        pairs = " + ".join((*self._parts("string", "key"), *self._parts(values, "item")))
        return self._function(
            "held",
            "held_now = (*held, *held.values())",
            f"if (made := {known}.get(held_now)) is None:",
            f"    items = [{pairs} for key, item in held.items()]",
            f"    if len({known}) >= {_KEPT}:",
            f"        {known}.clear()",
            f"    made = {known}[held_now] = b''.join((longs[len(held)], *items, b'\\0')) if items else b'\\0'",
            "return made",
        )
