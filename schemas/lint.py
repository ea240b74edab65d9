"""What a registry's checks let pass: the rules for our own schemas, for a stranger's, and for changes between two.

Each function answers with sentences, one a mistake, that name the place; none means it is good.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

MAX_DEPTH: Final = 32
MAX_NODES: Final = 5_000
PRIMITIVES: Final = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
LOGICAL_TYPES: Final = frozenset({"timestamp-micros", "date"})
"""The only ones that the contract uses. Others, decimals first of all, can cost seconds or change what a number means."""

_FIELD_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_TYPE_NAME: Final = re.compile(r"[A-Z][A-Za-z0-9]*")
_SYMBOL: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SUFFIXES: Final = {"_at": {"type": "long", "logicalType": "timestamp-micros"}, "_minor": "long",
                    "_date": {"type": "int", "logicalType": "date"}}  # fmt: skip
_META: Final = ("logicalType", "precision", "scale", "size")
_NO_SCHEMA: Final = (KeyError, TypeError, AttributeError, IndexError, ValueError, RecursionError)
"""What walking over a stranger's JSON raises where it is not what a schema is."""


def own_schema(schema: Any) -> list[str]:
    """Our style: a doc on everything, names, suffixes that say the unit, defaults, enums with UNKNOWN first."""
    found = []
    for node, where in _named(schema, ""):
        kind, name = node["type"], node["name"]
        if not node.get("doc", "").strip():
            found.append(f"{where}: the {kind} has no doc")
        if not _TYPE_NAME.fullmatch(name):
            found.append(f"{where}: {name} is no type name like OrderEvent")
        if kind == "enum":
            found.extend(_own_enum(node, where))
        for field in node.get("fields", ()):
            found.extend(_own_field(field, f"{where}.{field['name']}"))
    return found


def _own_enum(node: dict[str, Any], where: str) -> Iterator[str]:
    if node["symbols"][0] != "UNKNOWN" or node.get("default") != "UNKNOWN":
        yield f"{where}: UNKNOWN must be the first symbol and the default"
    for symbol in node["symbols"]:
        if not _SYMBOL.fullmatch(symbol):
            yield f"{where}: {symbol} is no symbol"


def _own_field(field: dict[str, Any], where: str) -> Iterator[str]:
    kind = field["type"]
    if not field.get("doc", "").strip():
        yield f"{where}: the field has no doc"
    if not _FIELD_NAME.fullmatch(field["name"]):
        yield f"{where}: {field['name']} is no field name like order_id"
    if isinstance(kind, list):
        if len(kind) != 2 or kind[0] != "null" or field.get("default", "") is not None:
            yield f'{where}: optional is ["null", T] with the default null'
        kind = kind[-1]
    elif isinstance(kind, dict) and kind["type"] in ("array", "map"):
        empty: list[Any] | dict[str, Any] = [] if kind["type"] == "array" else {}
        if field.get("default") != empty:
            yield f"{where}: an {kind['type']} is empty by default"
    elif isinstance(kind, dict) and kind["type"] == "enum" and field.get("default") != "UNKNOWN":
        yield f"{where}: an enum is UNKNOWN by default"
    for suffix, wanted in _SUFFIXES.items():
        if field["name"].endswith(suffix) and kind != wanted:
            yield f"{where}: a name that ends in {suffix} has the type {wanted}"


def writer_schema(schema: Any) -> list[str]:
    """What makes a stranger's schema unsafe to read with. Never recurses deeper than it allows, whatever it is given."""
    safety = _Safety()
    try:
        safety.walk(schema, "", "schema", 1)
    except _NO_SCHEMA as error:
        safety.found.append(f"schema: not an Avro schema ({type(error).__name__})")
    return safety.found


class _Safety:
    """One walk over a stranger's schema. `known`: least width of each named type, -1 while it is being described."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.known: dict[str, int] = {}
        self.nodes = 0

    def walk(self, node: Any, namespace: str, where: str, depth: int) -> None:
        self.nodes += 1
        if depth > MAX_DEPTH:
            self.found.append(f"{where}: nested deeper than {MAX_DEPTH}")
        elif self.nodes > MAX_NODES:
            if self.nodes == MAX_NODES + 1:
                self.found.append(f"{where}: more than {MAX_NODES} types and fields")
        elif isinstance(node, list):
            for branch in node:
                self.walk(branch, namespace, where, depth + 1)
        elif isinstance(node, str):
            if node not in PRIMITIVES and self.known.get(_full(node, namespace), -1) < 0:
                self.found.append(f"{where}: {node} is recursive or not known")
        else:
            self._described(node, namespace, where, depth)

    def _described(self, node: dict[str, Any], namespace: str, where: str, depth: int) -> None:
        kind, logical = node["type"], node.get("logicalType")
        if logical is not None and logical not in LOGICAL_TYPES:
            self.found.append(f"{where}: the logical type {logical} is none of {', '.join(sorted(LOGICAL_TYPES))}")
        if kind in ("record", "enum", "fixed"):
            name = _full(node["name"], node.get("namespace", namespace))
            inner = name.rpartition(".")[0]
            self.known[name] = -1
            for field in node.get("fields", ()):
                self.walk(field["type"], inner, f"{where}.{field['name']}", depth + 1)
            self.known[name] = _width(node, inner, self.known)
        elif kind in ("array", "map"):
            part = node["items"] if kind == "array" else node["values"]
            self.walk(part, namespace, f"{where}[]", depth + 1)
            if depth < MAX_DEPTH and _width(part, namespace, self.known) == 0:
                self.found.append(f"{where}: {kind} of items without a byte: a few bytes could claim millions of them")
        elif not isinstance(kind, str) or kind not in PRIMITIVES:
            self.walk(kind, namespace, where, depth + 1)


def _full(name: str, namespace: str) -> str:
    return name if "." in name or not namespace else f"{namespace}.{name}"


def _width(node: Any, namespace: str, known: dict[str, int]) -> int:
    """The least number of bytes that a value takes, 1 standing for all above 0."""
    if isinstance(node, list):
        return 1
    if isinstance(node, str):
        if node in PRIMITIVES:
            return int(node != "null")
        return max(0, known.get(_full(node, namespace), 0))
    kind = node["type"]
    if kind == "record":
        return max((_width(field["type"], namespace, known) for field in node["fields"]), default=0)
    if kind == "fixed":
        return int(node["size"] > 0)
    return 1 if kind in ("enum", "array", "map") else _width(kind, namespace, known)


def change(old: Any, new: Any) -> list[str]:
    """What a registry's compatibility check lets pass between two versions of a schema and must not happen.

    A logical type, unit or scale never changes, and no field loses its default.
    """
    olds, news = dict(_by_name(old)), dict(_by_name(new))
    found = []
    for name in olds.keys() & news.keys():
        before = {field["name"]: field for field in olds[name].get("fields", ())}
        after = {field["name"]: field for field in news[name].get("fields", ())}
        for field in sorted(before.keys() & after.keys()):
            where = f"{name}.{field}"
            if _meaning(before[field]["type"]) != _meaning(after[field]["type"]):
                found.append(f"{where}: its logical type, unit or scale has changed")
            if "default" in before[field] and "default" not in after[field]:
                found.append(f"{where}: has lost its default")
    return found


def same_meaning(writer: Any, reader: Any) -> list[str]:
    """Whether what the writer wrote means the same to the reader: fields whose logical type or scale differs.

    The writer's may be any JSON.
    """
    try:
        return [sentence for sentence in change(writer, reader) if "lost" not in sentence]
    except _NO_SCHEMA as error:
        return [f"schema: not an Avro schema ({type(error).__name__})"]


def _meaning(kind: Any) -> Any:
    """The logical type and scale of a field's type, through unions, arrays and maps; nothing of plain types."""
    if isinstance(kind, list):
        return [meaning for branch in kind if (meaning := _meaning(branch))]
    if not isinstance(kind, dict):
        return None
    if kind["type"] in ("array", "map"):
        return _meaning(kind.get("items", kind.get("values")))
    own = tuple((key, kind[key]) for key in _META if key in kind and kind["type"] not in ("record", "enum"))
    return [own] if own else None


def _named(schema: Any, where: str) -> Iterator[tuple[dict[str, Any], str]]:
    if isinstance(schema, list):
        for branch in schema:
            yield from _named(branch, where)
    elif isinstance(schema, dict):
        if "name" in schema:
            where = f"{where}.{schema['name']}".lstrip(".")
            yield schema, where
        for field in schema.get("fields", ()):
            yield from _named(field["type"], f"{where}.{field['name']}")
        yield from _named(schema.get("items", schema.get("values")), where)


def _by_name(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for node, _ in _named(schema, ""):
        yield node["name"].rpartition(".")[2], node
