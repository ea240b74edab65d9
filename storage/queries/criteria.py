"""Search expressions: `{"exp": "ge", "args": [{"exp": "field", "args": [{"value": "origin_date"}]}, {"value": …}]}`.

Read strictly and turned into one WHERE clause with bound values only.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, String, and_, false, func, not_, or_
from sqlalchemy.dialects.postgresql import ARRAY

from storage.queries import times
from storage.tables import order_search, orders

TIMES: Final = frozenset({"origin_date", "placed_at", "updated_at"})
FIELDS: Final[Mapping[str, ColumnElement[Any]]] = {
    "origin_date": order_search.c.placed_at,
    "placed_at": order_search.c.placed_at,
    "updated_at": orders.c.updated_at,
    **{
        name: orders.c[name]
        for name in (
            "order_type", "status", "shop_status", "currency", "total_minor", "captured_minor", "refunded_minor",
            "due_minor", "needs_attention",
        )
    },
    **{
        name: order_search.c[name]
        for name in (
            "order_id", "sales_channel", "store", "account_id", "account_name", "customer_id", "first_name", "last_name",
            "email", "phone", "postcode", "shipping_method", "language", "checkout_id", "original_order_id",
        )
    },
    "sku": order_search.c.skus,
    "source": order_search.c.sources,
}  # fmt: skip
"""Names that an expression may use. `sku` and `source` hold many values: `eq` and `in` ask whether one of them is it."""

DEPTH: Final = 20
PARTS: Final = 500

COMPARE: Final[Mapping[str, Callable[[Any, Any], ColumnElement[bool]]]] = {
    "eq": lambda column, value: column == value,
    "ne": lambda column, value: column.is_distinct_from(value),
    "gt": lambda column, value: column > value,
    "ge": lambda column, value: column >= value,
    "lt": lambda column, value: column < value,
    "le": lambda column, value: column <= value,
}


class BadCriteria(Exception):
    """An expression that is not understood. The message says where and what is expected."""


def clause(text: str) -> ColumnElement[bool]:
    """The WHERE clause that an expression in JSON means. Raises BadCriteria."""
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        raise BadCriteria('the criteria are not JSON, such as {"exp":"eq","args":[…]}') from None
    return _Reading().expression(parsed, 0)


class _Reading:
    """One pass over an expression, counting its parts."""

    def __init__(self) -> None:
        self._parts = 0

    def expression(self, node: object, depth: int) -> ColumnElement[bool]:
        self._parts += 1
        if depth > DEPTH or self._parts > PARTS:
            raise BadCriteria(f"the criteria are too large; at most {PARTS} parts, {DEPTH} deep")
        exp, args = _call(node)
        if exp in {"and", "or"}:
            if not args:
                raise BadCriteria(f'"{exp}" needs at least one expression in its args')
            parts = [self.expression(arg, depth + 1) for arg in args]
            return and_(*parts) if exp == "and" else or_(*parts)
        if exp == "not":
            if len(args) != 1:
                raise BadCriteria('"not" needs exactly one expression in its args')
            # an unknown value is not what was asked for, so it does fit the opposite
            return not_(func.coalesce(self.expression(args[0], depth + 1), false()))
        if len(args) < 2:
            raise BadCriteria(f'"{exp}" needs a field and a value in its args')
        name, column = _field(args[0])
        values = [_value(arg, name, column) for arg in _flat(args[1:])]
        return _comparison(exp, name, column, values)


def _call(node: object) -> tuple[str, list[Any]]:
    known = ", ".join([*COMPARE, "like", "in", "and", "or", "not"])
    if not isinstance(node, dict) or not isinstance(node.get("args"), list) or not isinstance(node.get("exp"), str):
        raise BadCriteria('each expression is an object {"exp": …, "args": […]}')
    if node["exp"] not in known.split(", "):
        raise BadCriteria(f"{node['exp']!r} is no operator; there are {known}")
    return node["exp"], node["args"]


def _field(node: object) -> tuple[str, ColumnElement[Any]]:
    shape = '{"exp":"field","args":[{"value":"origin_date"}]}'
    if not isinstance(node, dict) or node.get("exp") != "field":
        raise BadCriteria(f"the first argument of a comparison is a field, {shape}")
    args = node.get("args")
    name = args[0].get("value") if isinstance(args, list) and len(args) == 1 and isinstance(args[0], dict) else None
    if not isinstance(name, str) or name not in FIELDS:
        raise BadCriteria(f"{name!r} is no field; there are {', '.join(FIELDS)}")
    return name, FIELDS[name]


def _flat(args: list[Any]) -> list[dict[str, Any]]:
    """Values, whether each is an argument of its own or one argument holds a list of them."""
    flat = []
    for arg in args:
        if not isinstance(arg, dict) or "value" not in arg:
            raise BadCriteria('a value is an object {"value": …}')
        many = arg["value"] if isinstance(arg["value"], list) else [arg["value"]]
        flat += [{**arg, "value": one} for one in many]
    return flat


def _value(arg: dict[str, Any], name: str, column: ColumnElement[Any]) -> Any:
    value, kind = arg["value"], arg.get("type")
    if name in TIMES:
        return _time(value)
    if kind == "datetime":
        raise BadCriteria(f"{name} is not a time")
    wanted: type = str if isinstance(column.type, (String, ARRAY)) else column.type.python_type
    if type(value) is not wanted or not _storable(value):
        raise BadCriteria(f"{name} is compared with a {wanted.__name__}, not with {value!r}")
    return value


def _storable(value: object) -> bool:
    """Whether PostgreSQL can take the value at all: no NUL, no half of a surrogate pair, no more than 64 bits."""
    if isinstance(value, str):
        return "\x00" not in value and not any("\ud800" <= sign <= "\udfff" for sign in value)
    return not isinstance(value, int) or abs(value) <= times.LARGEST


def _time(value: object) -> int:
    try:
        return times.since(value) if isinstance(value, str) else _no_time(value)
    except ValueError:
        return _no_time(value)


def _no_time(value: object) -> int:
    raise BadCriteria(f"{value!r} is no time; write it like 2017-01-01T00:00:00+00:00")


def _comparison(exp: str, name: str, column: ColumnElement[Any], values: list[Any]) -> ColumnElement[bool]:
    if exp == "in":
        return column.overlap(values) if isinstance(column.type, ARRAY) else column.in_(values)
    if len(values) != 1:
        raise BadCriteria(f'"{exp}" takes one value, not {len(values)}')
    if isinstance(column.type, ARRAY):
        if exp not in {"eq", "ne"}:
            raise BadCriteria(f"{name} holds many values: ask for it with eq, ne or in")
        has: ColumnElement[bool] = column.contains(values)
        return has if exp == "eq" else not_(has)
    if exp == "like":
        if not isinstance(column.type, String):
            raise BadCriteria(f"{name} is no text, so it has no likeness")
        return column.ilike(values[0])
    return COMPARE[exp](column, values[0])
