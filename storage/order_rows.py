"""An order file as the rows that searches, queues and reports read. Pure; nothing here decides anything."""

from collections.abc import Iterable, Iterator
from typing import Final

from domain import orders as view
from domain.checkouts import CheckoutFile
from domain.facts import Address
from domain.memo import once
from domain.order_file import OrderFile, OrderLine, order_key
from domain.vocabulary import LegState
from storage.documents import raw, to_json
from storage.recordset import Row
from storage.tables import BUCKETS

_FIELDS: Final = ("placed_at", "store", "account_id", "account_name", "shipping_method", "language", "checkout_id",
                  "original_order_id")  # fmt: skip
_PERSON: Final = ("customer_id", "first_name", "last_name", "email")


def order_row(file: OrderFile, related: Iterable[str], at: int) -> Row:
    """The row of `orders`."""
    row: Row = {
        "order_key": file.key,
        "sales_channel": file.sales_channel,
        "order_id": file.order_id,
        "known": file.known,
        "version": file.version,
        "document": raw(to_json(file)),
        "related": raw(to_json(list(related))),
        "needs_attention": bool(file.attention),
        "attention": file.attention,
        "updated_at": at,
    }
    return row if file.order is None else row | _header(file)


def search_rows(file: OrderFile, before: OrderFile | None, said: Iterable[str] = ()) -> Iterator[Row]:
    """The row of `order_search`. An order that is found by the very same as before has no row here.

    `said`: warehouses that spoke of the order, beside those that its lines name.
    """
    if before is not None and _is_found_alike(before, file) and _has_all(before, {*said, *_sources(file, before)}):
        return
    yield {
        "order_key": file.key,
        "sales_channel": file.sales_channel,
        "order_id": file.order_id,
        "root_key": order_key(file.sales_channel, file.root_id) if file.root_id else None,
        "skus": _skus(file),
        "sources": sorted({*said, *_sources(file)}),
        **_words(file),
    }


def _is_found_alike(before: OrderFile, file: OrderFile) -> bool:
    """Whether all but the warehouses is the same. What is the very same is not looked at again: nearly always all of it."""
    if file.root_id != before.root_id or (file.order is not before.order and _words(file) != _words(before)):
        return False
    was = before.lines
    alike = [number in was and line.sold is was[number].sold for number, line in file.lines.items()]
    return (len(alike) == len(was) and all(alike)) or _skus(file) == _skus(before)


def _skus(file: OrderFile) -> list[str]:
    return sorted({line.sold.sku for line in file.lines.values()})


def _sources(file: OrderFile, before: OrderFile | None = None) -> set[str]:
    """The warehouses that the lines name: the one that a line was sold from, and those that spoke of it.

    With `before`: of lines that are not the very same as then.
    """
    found: set[str] = set()
    for number, line in file.lines.items():
        if before is None or before.lines.get(number) is not line:
            found.update(_sources_of(line))
    return found


def _has_all(file: OrderFile, sources: set[str]) -> bool:
    """Whether the lines name all of these warehouses. Nearly always the first line does."""
    for line in file.lines.values():
        if not sources:
            break
        sources = sources - _sources_of(line)
    return not sources


def _sources_of(line: OrderLine) -> set[str]:
    named = (line.sold.source_id, *line.units.shipped_by, *[told.source for told in line.units.told])
    return {source for source in named if source}


@once("order")
def _words(file: OrderFile) -> Row:
    """What people search in the shop's own words about the order."""
    if file.order is None:
        return {}
    order = file.facts
    addresses = [a for a in (order.shipping_address, order.billing_address, *(s.address for s in order.shippings)) if a]
    return {
        **{name: getattr(order, name) for name in _FIELDS},
        **{name: getattr(order.customer, name) for name in _PERSON},
        "phone": digits(order.customer.phone or next((a.phone for a in addresses if a.phone), None)),
        "postcode": compact(next((a.postcode for a in addresses if a.postcode), None)),
        "address_text": " | ".join(dict.fromkeys(_in_words(address) for address in addresses)) or None,
    }


def _header(file: OrderFile) -> Row:
    order, snapshot = file.facts, view.snapshot(file)
    return {
        "order_type": order.order_type,
        "shop_status": order.status,
        "placed_at": order.placed_at,
        "currency": order.currency,
        "status": view.status(file),
        "total_minor": snapshot.order_total,
        "captured_minor": snapshot.captured,
        "refunded_minor": snapshot.refunded,
        "due_minor": snapshot.due,
    }


def digits(phone: str | None) -> str | None:
    """A phone number as it is searched: its digits."""
    return "".join(filter(str.isdigit, phone)) or None if phone else None


def compact(postcode: str | None) -> str | None:
    """A postcode as it is searched: upper case without spaces."""
    return postcode.replace(" ", "").upper() or None if postcode else None


def _in_words(address: Address) -> str:
    parts = (address.name, address.street, address.city, address.region, address.postcode, address.country)
    return " ".join(part for part in parts if part).lower()


NO_UNITS: Final = dict.fromkeys(BUCKETS, 0)
"""What a row of `order_lines` means where it names no bucket."""


def line_rows(file: OrderFile, before: OrderFile | None) -> Iterator[Row]:
    """Rows of `order_lines`. A line reads differently when it, or a refund, changed; else it has no row here.

    A row names the buckets that hold units; a line has units in one or two of them.
    """
    refunds_moved = before is None or before.refunds is not file.refunds
    changed = [
        number
        for number, line in file.lines.items()
        if refunds_moved or before is None or before.lines.get(number) is not line
    ]
    if not changed:
        return
    live = view.given_by_line(file)
    confirmed = view.given_by_line(file, (LegState.CONFIRMED,))
    for number in changed:
        line = file.lines[number]
        yield {
            "order_key": file.key,
            "line_number": number,
            "sku": line.sold.sku,
            "quantity": line.units.quantity,
            **{bucket.value: count for bucket, count in line.units.buckets.items()},
            "value_minor": line.value.gross,
            "refunded_minor": confirmed.get(number, 0),
            "left_minor": max(0, line.value.gross - live.get(number, 0)),
            "status": view.line_status(line),
        }


def checkout_row(file: CheckoutFile, related: list[str], at: int) -> Row:
    """The row of `checkouts`."""
    return {
        "checkout_key": file.key,
        "sales_channel": file.sales_channel,
        "checkout_id": file.checkout_id,
        "document": raw(to_json(file)),
        "related": raw(to_json(related)),
        "kind": file.kind,
        "account_id": file.account,
        "customer_id": file.customer and file.customer.customer_id,
        "order_id": file.order_id,
        "currency": file.currency or None,
        "total_minor": file.total_minor,
        "updated_at": at,
    }
