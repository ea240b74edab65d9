"""Orders as a list: found by what an agent knows of them, and exported."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, exists, func, or_, select

from storage.order_rows import compact, digits
from storage.queries import criteria, paging
from storage.tables import orders, post_sales

_O = orders.c

COLUMNS: Final[Mapping[str, ColumnElement[Any]]] = {
    "order_id": _O.order_id,
    "placed": _O.placed_at,
    "channel": _O.sales_channel,
    "store": _O.store,
    "first_name": _O.first_name,
    "last_name": _O.last_name,
    "email": _O.email,
    "phone": _O.phone,
    "address": _O.address_text,
    "postcode": _O.postcode,
    "requested_to": _O.sources,
    "status": _O.status,
    "shop_status": _O.shop_status,
    "order_type": _O.order_type,
    "total": _O.total_minor,
    "currency": _O.currency,
    "captured": _O.captured_minor,
    "refunded": _O.refunded_minor,
    "due": _O.due_minor,
    "attention": _O.attention,
    "updated": _O.updated_at,
}
"""What a list or an export may show: times in µs, amounts in minor units, `requested_to` and `attention` lists."""

SORTS: Final[Mapping[str, ColumnElement[Any]]] = {
    "placed": _O.placed_at,
    "updated": _O.updated_at,
    "order_id": _O.order_id,
    "channel": _O.sales_channel,
    "status": func.coalesce(_O.status, ""),
    "last_name": func.coalesce(_O.last_name, ""),
    "total": func.coalesce(_O.total_minor, 0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for; None does not matter. Ids are exact, with `*` at the end "begins with"; other texts are found
    anywhere, without regard to case. `since` and `until` are µs, both included. `criteria` is an expression in JSON."""

    order_id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    since: int | None = None
    until: int | None = None
    channel: str | None = None
    address: str | None = None
    postcode: str | None = None
    phone: str | None = None
    requested_to: str | None = None
    status: str | None = None
    account: str | None = None
    sku: str | None = None
    rma: str | None = None
    credit_note: str | None = None
    criteria: str | None = None


def found(connection: Connection, search: Search, sort: str, limit: int, after: str | None) -> paging.Page:
    """A page of orders, every column of COLUMNS. Raises BadPage, BadCriteria."""
    return paging.page(connection, _select(search, tuple(COLUMNS)), _sort(sort), limit, after)


def exported(connection: Connection, search: Search, sort: str, columns: tuple[str, ...]) -> Iterator[paging.Record]:
    """Every order found, these columns and its currency. Raises BadPage, BadCriteria."""
    return paging.stream(connection, _select(search, tuple(dict.fromkeys((*columns, "currency")))), _sort(sort))


def _sort(text: str) -> paging.Sort:
    return paging.sort_of(text, SORTS, _O.order_key)


def _select(search: Search, columns: tuple[str, ...]) -> Select[Any]:
    shown = [COLUMNS[name].label(name) for name in columns]
    wanted = [FILTERS[name](value) for name in FILTERS if (value := getattr(search, name)) is not None]
    return select(*shown).where(_O.known, *wanted)


def _id(column: ColumnElement[Any]) -> Callable[[str], ColumnElement[bool]]:
    def fits(value: str) -> ColumnElement[bool]:
        if value.endswith("*"):
            return column.startswith(value.removesuffix("*"), autoescape=True)
        return column == value

    return fits


def _part(column: ColumnElement[Any]) -> Callable[[str], ColumnElement[bool]]:
    return lambda value: func.lower(column).contains(value.lower(), autoescape=True)


def _of_post_sales(column: ColumnElement[Any]) -> Callable[[str], ColumnElement[bool]]:
    about = or_(post_sales.c.order_key == _O.order_key, post_sales.c.for_order_key == _O.order_key)
    return lambda value: exists().where(column == value, about)


def _subscriber(phone: str) -> str:
    """The digits without a leading 0, so that a number is found with and without its country's code."""
    return (digits(phone) or phone).lstrip("0")


FILTERS: Final[Mapping[str, Callable[[Any], ColumnElement[bool]]]] = {
    "order_id": _id(_O.order_id),
    "first_name": _part(_O.first_name),
    "last_name": _part(_O.last_name),
    "email": _part(_O.email),
    "since": lambda value: _O.placed_at >= value,
    "until": lambda value: _O.placed_at <= value,
    "channel": _id(_O.sales_channel),
    "address": _part(_O.address_text),
    "postcode": lambda value: _O.postcode == compact(value),
    "phone": lambda value: _O.phone.endswith(_subscriber(value)),
    "requested_to": lambda value: _O.sources.contains([value]),
    "status": lambda value: _O.status == value.upper(),
    "account": lambda value: or_(_O.account_id == value, (_O.account_id.is_(None)) & (_O.customer_id == value)),
    "sku": lambda value: _O.skus.contains([value]),
    "rma": _of_post_sales(post_sales.c.rma),
    "credit_note": _of_post_sales(post_sales.c.credit_note),
    "criteria": criteria.clause,
}
"""Field of Search → the clause that a value means."""
