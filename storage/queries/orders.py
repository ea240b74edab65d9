"""Orders as a list: found by what an agent knows of them, and exported."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, exists, func, or_, select

from storage.order_rows import compact, digits
from storage.queries import criteria, paging
from storage.tables import order_search, orders, post_sales

_O, _S = orders.c, order_search.c

COLUMNS: Final[Mapping[str, ColumnElement[Any]]] = {
    "order_id": _S.order_id,
    "placed": _S.placed_at,
    "channel": _S.sales_channel,
    "store": _S.store,
    "first_name": _S.first_name,
    "last_name": _S.last_name,
    "email": _S.email,
    "phone": _S.phone,
    "address": _S.address_text,
    "postcode": _S.postcode,
    "requested_to": _S.sources,
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
    "placed": _S.placed_at,
    "updated": _O.updated_at,
    "order_id": _S.order_id,
    "channel": _S.sales_channel,
    "status": func.coalesce(_O.status, ""),
    "last_name": func.coalesce(_S.last_name, ""),
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
    return paging.page(connection, _select(search, tuple(COLUMNS)), _sort(sort, search), limit, after)


def exported(connection: Connection, search: Search, sort: str, columns: tuple[str, ...]) -> Iterator[paging.Record]:
    """Every order found, these columns and its currency. Raises BadPage, BadCriteria."""
    return paging.stream(connection, _select(search, tuple(dict.fromkeys((*columns, "currency")))), _sort(sort, search))


def _placed(search: Search) -> ColumnElement[int]:
    """When an order was placed: of the two tables that know it, the one that has it in one index with what is looked for."""
    return _S.placed_at if search.status is None else _O.placed_at


def _sort(text: str, search: Search) -> paging.Sort:
    return paging.sort_of(text, {**SORTS, "placed": _placed(search)}, _S.order_key)


def _select(search: Search, columns: tuple[str, ...]) -> Select[Any]:
    shown = [COLUMNS[name].label(name) for name in columns]
    wanted = [FILTERS[name](value) for name in FILTERS if (value := getattr(search, name)) is not None]
    if search.since is not None:
        wanted.append(_placed(search) >= search.since)
    if search.until is not None:
        wanted.append(_placed(search) <= search.until)
    both = orders.join(order_search, _O.order_key == _S.order_key)
    return select(*shown).select_from(both).where(_O.known, *wanted)


def _id(column: ColumnElement[Any]) -> Callable[[str], ColumnElement[bool]]:
    def fits(value: str) -> ColumnElement[bool]:
        if value.endswith("*"):
            return column.startswith(value.removesuffix("*"), autoescape=True)
        return column == value

    return fits


def _part(column: ColumnElement[Any]) -> Callable[[str], ColumnElement[bool]]:
    return lambda value: func.lower(column).contains(value.lower(), autoescape=True)


def _of_post_sales(column: ColumnElement[Any]) -> Callable[[str], ColumnElement[bool]]:
    about = or_(post_sales.c.order_key == _S.order_key, post_sales.c.for_order_key == _S.order_key)
    return lambda value: exists().where(column == value, about)


def _subscriber(phone: str) -> str:
    """The digits without a leading 0, so that a number is found with and without its country's code."""
    return (digits(phone) or phone).lstrip("0")


FILTERS: Final[Mapping[str, Callable[[Any], ColumnElement[bool]]]] = {
    "order_id": _id(_S.order_id),
    "first_name": _part(_S.first_name),
    "last_name": _part(_S.last_name),
    "email": _part(_S.email),
    "channel": _id(_S.sales_channel),
    "address": _part(_S.address_text),
    "postcode": lambda value: _S.postcode == compact(value),
    "phone": lambda value: _S.phone.endswith(_subscriber(value)),
    "requested_to": lambda value: _S.sources.contains([value]),
    "status": lambda value: _O.status == value.upper(),
    "account": lambda value: or_(_S.account_id == value, (_S.account_id.is_(None)) & (_S.customer_id == value)),
    "sku": lambda value: _S.skus.contains([value]),
    "rma": _of_post_sales(post_sales.c.rma),
    "credit_note": _of_post_sales(post_sales.c.credit_note),
    "criteria": criteria.clause,
}
"""Field of Search → the clause that a value means; the times are `_placed`."""
